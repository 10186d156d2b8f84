/**
 * The types of the catalogue. A framework is a table of these: data only, one file a framework. The interpreter in `interpreter/` knows the effects named
 * here and no framework; whoever adds a framework writes a table and changes nothing else.
 *
 * Names are qualified by the module that users import (`torch.nn.functional.cross_entropy`), after the aliases of the framework were applied. A
 * parameter list is the positional order, keyword-only parameters after a `*`.
 */

import type { ReductionOptions } from '../degree/reduction.ts';

/** How an API was checked: by running the framework, or only by reading its source or documentation. Shown in hovers where not executed. */
export type Evidence = 'executed' | 'source-read';

/** Parameter names in positional order; those after `'*'` are keyword only. JavaScript option objects count as keywords. */
export type Parameters = readonly string[];

/** Other keywords for a parameter: `{ axis: 'dim' }` where torch takes both. */
export type Synonyms = Readonly<Record<string, string>>;

/** What a method or a property belongs to. `batches` is a source of batches (a data loader, `tf.data.Dataset`). */
export type Receiver = 'tensor' | 'optimizer' | 'tape' | 'model' | 'batches' | 'any';

/** What the sum is divided by. `elements`: every element of the per-element loss; the others as their names say. */
export type Denominator =
  | 'elements'
  /** Only the first axis (`batchmean`). */
  | 'batch'
  /** The sum of the weights; without weights it is the number of elements. */
  | 'weights'
  /** The number of weights that are not zero; without weights the number of elements. */
  | 'nonzero-weights'
  /** Targets that are not ignored, weighted by class where class weights are given. */
  | 'valid-targets'
  /** Each example by its own length, then the batch (CTC). */
  | 'characters';

/** What a loss does with its per-element values. */
export type LossReduction =
  | { readonly operation: 'none' }
  | { readonly operation: 'sum' }
  | { readonly operation: 'max' }
  | { readonly operation: 'mean'; readonly denominator: Denominator };

/** One loss: a function, or a class that is constructed and then called. */
export interface LossEntry {
  readonly effect: 'loss';
  /** The first name is the one that users see. */
  readonly names: readonly string[];
  readonly form: 'function' | 'class';
  /** Strings by which `compile(loss=…)` and its like name this loss. */
  readonly strings?: readonly string[];
  /** Of the function, or of the constructor. */
  readonly parameters: Parameters;
  readonly synonyms?: Synonyms;
  /** Of the call of a constructed loss: `['input', 'target']`. */
  readonly call?: Parameters;
  /**
   * Axes of the inputs, of the per-element values and of what is reduced before any reduction argument is looked at, in the manner of einops:
   * `'input: B C *S, target: B *S -> B *S'`. Letters are axis names (B batch, T time, F features, Z latent, C classes); `*S` is any number of further
   * axes. An axis that is missing on the right was reduced inside, by `inner`.
   */
  readonly axes: string;
  /** How the axes that are missing on the right were reduced; `sum` where it is not said. Classes are never compared. */
  readonly inner?: 'sum' | 'mean';
  readonly reduction: {
    /** The argument that chooses; null where the loss has no choice. */
    readonly parameter: string | null;
    /** The key of `values` that holds where the argument is missing. */
    readonly default: string;
    /** By the argument's value (`None` and `null` as `'None'`, where they are a choice): a string (`'mean'`), or the qualified name of a constant (`tf.losses.Reduction.SUM`, `tf.Reduction.SUM`) without its path: `'SUM'`. */
    readonly values: Readonly<Record<string, LossReduction>>;
    /** torch's `size_average` and `reduce`: False in the first means sum, in the second none; any string is true. */
    readonly legacy?: { readonly average: string; readonly reduce: string };
  };
  /** The argument with per-example or per-class weights. */
  readonly weights?: string;
  /** The argument that names targets to leave out (`ignore_index`): with it, what is divided by is a count. */
  readonly ignored?: string;
  /** The argument with a number to divide by in place of the batch's own size (`global_batch_size`). */
  readonly divisor?: string;
  /** The graph collection that the result is added to (TF1's `tf.losses`). */
  readonly collection?: string;
  /** The loss of an example depends on the others of its batch (contrastive and batch-normalised losses). */
  readonly exampleDependsOnBatch?: boolean;
  readonly evidence: Evidence;
  /** A surprise worth saying in the hover, as one sentence. */
  readonly note?: string;
}

/** A function that reduces axes of its input. */
export interface ReducerEntry {
  readonly effect: 'reduce';
  readonly names: readonly string[];
  /** Method names on tensors; the receiver is the input and `parameters` starts with it all the same. */
  readonly methods?: readonly string[];
  readonly operation:
    | ReductionOptions['operation']
    | 'top-k'
    /** ½ Σ x² over all axes (`tf.nn.l2_loss`). */
    | 'half-square-sum'
    /** Σ |x|ᵖ wⁿ / Σ w over axes (`average`). */
    | 'weighted-mean';
  readonly parameters: Parameters;
  readonly synonyms?: Synonyms;
  readonly input: string;
  readonly axis?: string;
  readonly keepDims?: string;
  /** For `norm`: the argument with the order p, and p where it is missing. */
  readonly order?: { readonly parameter: string; readonly default: number };
  /** For `top-k`: how many. */
  readonly count?: string;
  /** For `weighted-mean`. */
  readonly weights?: string;
  /** Variance and deviation: whether the divisor is n − 1 where nothing is said (torch: true). */
  readonly unbiased?: boolean;
  /** `max` and `min` over an axis give a pair (values, indices) in torch. */
  readonly pairWithAxis?: boolean;
  readonly evidence: Evidence;
}

/** What a function does with its inputs. */
export type Effect =
  /**
   * f(x) for each element. `degree` p means f(c·x) = cᵖ·f(x) for c > 0 (abs 1, square 2, sqrt ½, sign 0); null where f is not homogeneous (exp, tanh);
   * `log` where a factor of x only shifts the value.
   */
  | { readonly effect: 'elementwise'; readonly degree: number | null | 'log' }
  /** x ↦ xᵖ with p an argument. */
  | { readonly effect: 'power'; readonly exponent: string }
  /**
   * Looks along one axis and keeps it: softmax (its entries shrink as the axis grows), its logarithm (which shifts), a running sum or product (which
   * scales in no fixed way).
   */
  | { readonly effect: 'along'; readonly how: 'softmax' | 'log-softmax' | 'cumulate'; readonly axis: string }
  /** The first input, unchanged as far as degrees go: casts, devices, identity, jit, checkpoint, contiguous, gradient scaling. */
  | { readonly effect: 'transparent' }
  /** The first input without its dependence on the parameters: detach, stop_gradient, item, numpy, dataSync. */
  | { readonly effect: 'detach' }
  /** Binary arithmetic by name: `torch.add`, `tf.multiply`, `.div()`. `reversed` where the receiver is the right side. */
  | {
      readonly effect: 'arithmetic';
      readonly operator: '+' | '-' | '*' | '/' | '**' | '@';
      /** The result is taken to this power (`squared_difference`). */
      readonly power?: number;
    }
  /** max(x, c), clamp: a guard when the other side is a constant; elementwise choice otherwise. */
  | {
      readonly effect: 'guard';
      /** On a gradient it is a clip, with the threshold in this argument (`clip_by_value`). */
      readonly clip?: { readonly type: 'norm' | 'value'; readonly threshold: string };
    }
  /** where(condition, a, b). */
  | { readonly effect: 'select'; readonly condition: string; readonly then: string; readonly otherwise: string }
  /** A comparison or a test: 0 or 1, of degree 0, without a gradient. */
  | { readonly effect: 'mask' }
  /** The sum of a list of tensors, or of all arguments (`add_n`, `math.accumulate_n`, `sum()` of Python). */
  | { readonly effect: 'add-list' }
  /** The shape as a sequence (`tf.shape(x)`, `x.shape`, `x.size()`); with an axis argument the size itself. */
  | { readonly effect: 'shape'; readonly axis?: string }
  /** The number of all elements. */
  | { readonly effect: 'element-count' }
  /** The number of entries along the first axis, or of a list (`len`). */
  | { readonly effect: 'length' }
  /** Changes the arrangement of the axes. */
  | {
      readonly effect: 'reshape';
      readonly how: 'reshape' | 'flatten' | 'squeeze' | 'unsqueeze' | 'transpose' | 'permute' | 'expand' | 'repeat';
      /** The argument with axes or the new shape; null where they are the remaining positional arguments. */
      readonly argument: string | null;
    }
  /** Stacks (a new axis) or concatenates (along an axis) a list of tensors. */
  | { readonly effect: 'join'; readonly how: 'stack' | 'concat'; readonly list: string; readonly axis?: string }
  /** Picks elements: gather, index_select, boolean_mask, masked_select (which merges axes). */
  | { readonly effect: 'pick'; readonly how: 'gather' | 'mask' }
  /** einsum with its equation as first argument. */
  | { readonly effect: 'einsum' }
  /** A constant tensor whose values the file does not tell (zeros, ones, random, arange); `value` where it is known. */
  | { readonly effect: 'constant'; readonly value?: number | 'first-argument' }
  /** One trainable parameter (`tf.get_variable`, `tf.Variable`, `nn.Parameter`, `tf.variable`). */
  | { readonly effect: 'parameter'; readonly regularizer?: string }
  /** A list of trainable parameters (`tf.trainable_variables()`, `model.parameters()`, `model.trainableWeights`). */
  | { readonly effect: 'parameters'; readonly named?: boolean }
  /** A feed of examples (`tf.placeholder`, `keras.Input`): a tensor that depends on the examples. */
  | { readonly effect: 'examples'; readonly shape?: string }
  /** Builds a layer or a model: called, it maps examples to outputs example by example. */
  | { readonly effect: 'layer'; readonly weightDecay?: readonly string[] }
  /** Applies layers at once (`tf.nn.conv2d(x, w)`, `F.linear`, `tf.layers.dense`): depends on θ and keeps the batch axis. */
  | {
      readonly effect: 'apply';
      /** Arguments with a regulariser of the layer's own parameters. */
      readonly weightDecay?: readonly string[];
    }
  /** A function of parameters that becomes a penalty when called (`l2_regularizer(scale)`, `keras.regularizers.L2(l2)`). */
  | { readonly effect: 'regularizer'; readonly scale: string; readonly default: number | null; readonly half: boolean }
  /** TF1 collections. `get` also stands for `tf.losses.get_losses()`, with `collection` fixed. */
  | { readonly effect: 'collect'; readonly name: string | null; readonly value: string; readonly collection?: string }
  | {
      readonly effect: 'collected';
      readonly name: string | null;
      readonly collection?: string;
      readonly total?: boolean;
    }
  /** A batch size that belongs to the data: `DataLoader(batch_size=)`, `dataset.batch(n)`, `tf.train.shuffle_batch(batch_size=)`. */
  | {
      readonly effect: 'batches';
      readonly size: string;
      readonly default: number | null;
      /** An argument that decides about the batches in place of the size (`batch_sampler`). */
      readonly instead?: string;
      /** The argument that drops a smaller last batch, and what holds without it. */
      readonly dropLast?: string;
      readonly dropLastDefault?: boolean;
      /** The argument that keeps a smaller last batch (`smallLastBatch` of TensorFlow.js). */
      readonly keepLast?: string;
      /** The call gives one batch itself and not a source of them (the queues of TensorFlow 1). */
      readonly one?: boolean;
    }
  /** Limits the gradient before the step. */
  | { readonly effect: 'clip'; readonly type: 'norm' | 'value'; readonly threshold: string }
  /** A learning-rate schedule: the rate is not one number. `initial` is the argument with the base rate, if it has one. */
  | { readonly effect: 'schedule'; readonly initial: string | null; readonly optimizer?: string }
  /** A command-line flag with a default (`tf.app.flags.DEFINE_integer`). */
  | {
      readonly effect: 'flag';
      readonly name: string;
      readonly default: string;
      /** Further arguments with a name (`'-b', '--batch-size'`, `dest=`): one without dashes wins, then the first with two, then the first. */
      readonly also?: readonly string[];
    }
  /** The object that holds the flags (`tf.app.flags.FLAGS`, the result of `parse_args()`). */
  | {
      readonly effect: 'flags';
      /** They come as the first of a pair (`parse_known_args`). */
      readonly pair?: boolean;
    }
  /** What loops run over: `range(n)`, `zip(a, b)`, `enumerate(x)`, `map(f, x)`. */
  | { readonly effect: 'iterate'; readonly how: 'range' | 'zip' | 'enumerate' | 'map' }
  /** Sets entries of a batch against each other (`cdist`, `outer`): how its result grows is not followed. */
  | { readonly effect: 'pairs' }
  /** One entry of an iterable: `next(iterator)`, `iterator.get_next()`. */
  | { readonly effect: 'next' }
  /** Calls its function argument with each entry (`dataset.forEachAsync`). */
  | { readonly effect: 'for-each'; readonly function: string }
  /** Gives its arguments back as they came, the receiver of a method aside: one as it is, several as a tuple (`accelerator.prepare`). */
  | { readonly effect: 'give-back' }
  /** Binds arguments of a function in advance (`functools.partial`). */
  | { readonly effect: 'partial'; readonly target: string }
  /** Calls its function argument at once and gives its result (`tf.tidy`, `tf.cond` without its condition). */
  | { readonly effect: 'call-function'; readonly function: string }
  /** Wraps a function or a module and gives it back (`tf.function`, `jax.jit`, `torch.compile`, `DataParallel`). */
  | { readonly effect: 'wrap'; readonly target: string }
  /** Only reports a value: summaries, logs, `print`, `wandb.log`. What flows only here is a metric. */
  | { readonly effect: 'report' }
  /** Gives no gradient inside (`torch.no_grad`). */
  | { readonly effect: 'no-gradient' }
  /** A metric object or function; its result is never trained on. */
  | { readonly effect: 'metric' }
  /** A gradient tape (`tf.GradientTape`). */
  | { readonly effect: 'tape' };

/** A function, a constructor or a method with an effect. */
export type FunctionEntry = Effect & {
  readonly names: readonly string[];
  /** Method names, whose receiver is the first parameter. */
  readonly methods?: readonly string[];
  /** Properties, read without a call (`x.shape`, `x.T`). */
  readonly properties?: readonly string[];
  /** What the methods and properties belong to; tensors where it is not said. */
  readonly on?: Receiver;
  readonly parameters: Parameters;
  readonly synonyms?: Synonyms;
  /** The parameter that is acted on, where it is not the first (`scaler.scale(loss)`). */
  readonly input?: string;
};

export interface OptimizerEntry {
  readonly effect: 'optimizer';
  readonly names: readonly string[];
  /** Strings by which `compile(optimizer=…)` names it. */
  readonly strings?: readonly string[];
  /** The short name that users know: `SGD`, `Adam`. */
  readonly title: string;
  readonly parameters: Parameters;
  readonly synonyms?: Synonyms;
  /** `sgd`: the step is proportional to the gradient (learning rate of dimension −1). `adam`: it does not depend on the gradient's scale (dimension 0). */
  readonly family: 'sgd' | 'adam' | 'other';
  readonly learningRate: { readonly parameter: string; readonly default: number | null };
  readonly momentum?: { readonly parameter: string; readonly default: number };
  /** Coupled: added to the gradient. Decoupled: multiplied by the rate (AdamW). Independent: applied beside it. */
  readonly weightDecay?: {
    readonly parameter: string;
    readonly default: number;
    readonly coupling: 'coupled' | 'decoupled' | 'independent';
  };
  readonly epsilon?: {
    readonly parameter: string;
    readonly default: number | null;
    readonly place: 'outside-root' | 'inside-root';
  };
  readonly initialAccumulator?: { readonly parameter: string; readonly default: number };
  /** Clipping built into the optimiser (`clipnorm`, `global_clipnorm`, `clipvalue`). */
  readonly clips?: readonly { readonly parameter: string; readonly type: 'norm' | 'value' }[];
  /** Why its settings have no constant conversion, as a sentence. */
  readonly notConvertible?: string;
  readonly evidence: Evidence;
}

/** Where a loss is differentiated. */
export interface SinkEntry {
  readonly effect: 'sink';
  /** Qualified names, for functions (`tf.variableGrads`, `tf.gradients`). */
  readonly names?: readonly string[];
  /** Method names with what they are called on. */
  readonly method?: {
    readonly names: readonly string[];
    readonly on: 'tensor' | 'optimizer' | 'tape' | 'model' | 'any';
  };
  readonly parameters: Parameters;
  readonly synonyms?: Synonyms;
  /** The argument with the loss, `'receiver'` for `loss.backward()`; a function there is called without arguments. */
  readonly loss: string;
  /** Wrappers have a method of the same name (`accelerator.backward(loss)`): where the receiver is no tensor and this argument is given, it is the loss. */
  readonly orArgument?: string;
  /** The argument with what is differentiated by; where that is not the parameters (a gradient penalty's inputs), nothing is trained here. */
  readonly withRespectTo?: string;
  /**
   * `value`: the argument is the loss. `function`: it is a function that returns the loss. `compile`: a loss function of (target, output), a string, a
   * loss object, or a list or dictionary of them, which the framework calls itself.
   */
  readonly form: 'value' | 'function' | 'compile';
  /** The argument with the optimiser, `'receiver'`, or null where another call takes the step. */
  readonly optimizer: string | null;
  /** What the framework does with a loss that is not a scalar: a tape sums it, `compile` takes the mean, `backward` refuses. */
  readonly implicitReduction: 'sum' | 'mean' | 'none';
  /** For `compile`: the order in which the framework calls the loss function. */
  readonly callOrder?: readonly ['target', 'output'] | readonly ['output', 'target'];
}

/** A call that runs a compiled model on data, and so knows the batch size (`fit`). */
export interface FitEntry {
  readonly effect: 'fit';
  readonly method: { readonly names: readonly string[]; readonly on: 'model' };
  readonly parameters: Parameters;
  readonly batchSize: { readonly parameter: string; readonly default: number | null };
}

export type Entry = LossEntry | ReducerEntry | FunctionEntry | OptimizerEntry | SinkEntry | FitEntry;

export interface Framework {
  readonly id: string;
  /** As its users call it: `PyTorch`. */
  readonly title: string;
  readonly languages: readonly ('python' | 'typescript')[];
  /** Module prefixes that mean the same as another: `['tensorflow.compat.v1', 'tensorflow']`. The longest match is replaced, repeatedly. */
  readonly aliases: readonly (readonly [from: string, to: string])[];
  /** Module prefixes whose names belong to this framework after the aliases, e.g. `['torch']`. */
  readonly modules: readonly string[];
  /** Two frameworks may share a module (TF1 and TF2): where one of these names is used anywhere in a file, this framework's entries come first. */
  readonly markers?: readonly string[];
  /** What everybody calls its modules, for files in which a star import hides how they came there: `{ np: 'numpy' }`. */
  readonly customaryNames?: Readonly<Record<string, string>>;
  /** Classes whose subclasses are models (`torch.nn.Module`, `keras.Model`), and which method is called when an instance is. */
  readonly models: readonly { readonly name: string; readonly call: string }[];
  /** Classes whose subclasses are losses (`keras.losses.Loss`), with the method that gives per-example values. */
  readonly lossClasses?: readonly { readonly name: string; readonly call: string }[];
  readonly entries: readonly Entry[];
  /** Entries for every name that begins so and has none of its own (`torch.nn.` is full of layers); the longest prefix wins. */
  readonly prefixes?: readonly { readonly prefix: string; readonly entry: Entry }[];
}
