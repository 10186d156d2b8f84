/**
 * What the core says about one document: plain, serialisable data in the editor's terms. The language server, the command line and the rules all
 * read this and nothing else.
 */
import type { Language, Range, SyntaxProblem } from './syntax/tree.ts';

export type { Language, Range, SyntaxProblem } from './syntax/tree.ts';

/**
 * B batch, T tokens or time, F features or pixels, Z latent units, C classes; K accumulated micro-batches, N replicas. `P` is every axis of a
 * parameter tensor, `I` an inner axis of which only is known that it is not the batch.
 */
export type AxisName = 'B' | 'T' | 'F' | 'Z' | 'C' | 'K' | 'N' | 'P' | 'I';

/** The operation over the axes named beside it; `none` only where nothing is reduced. */
export type Reduction =
  | 'sum'
  | 'mean'
  | 'max'
  | 'none'
  | 'weighted-mean'
  | 'token-mean'
  | 'sum-then-mean'
  | 'mean-then-sum'
  | 'other'
  | 'unknown';

export type Role = 'data-loss' | 'penalty' | 'metric' | 'other';

/** The degree of the gradient in each axis that matters (zero degrees are listed where the axis was reduced). */
export type Degrees = Readonly<Partial<Record<AxisName, number>>>;

/** One step of a derivation: what stands in the source, and what it makes of the value, as one short line. */
export interface TraceStep {
  readonly range: Range;
  readonly text: string;
  /** The value after the step, e.g. `[B, C]`, `[B]`, `degree 1 in B`. */
  readonly result: string;
}

/** A reduction in the source: the outermost reducing expression, or a loss object where it is constructed. */
export interface Site {
  readonly range: Range;
  /** The qualified name of what reduces: `torch.nn.functional.cross_entropy`, `Tensor.mean`. */
  readonly api: string;
  readonly reduction: Reduction;
  readonly over: readonly AxisName[];
  readonly role: Role;
  readonly degrees: Degrees;
  /** What was assumed, in words; empty where nothing was. */
  readonly assumed: readonly string[];
  /** Other reductions that this site may have, by the branch or the argument that decides. */
  readonly alternatives: readonly Reduction[];
  /** Why it cannot be told, where the reduction is unknown. */
  readonly reason?: string;
  readonly trace: readonly TraceStep[];
}

/** A number or a name with the place that it was read from. */
export interface Setting<T> {
  readonly value: T;
  /** Where it stands; null where it is the framework's own default. */
  readonly where: Range | null;
  /**
   * `constant`: written in the source. `argument-default`: the default of a flag or an argument that a launch may override. `framework-default`: not
   * written, the library's. `assumed`: from the user's settings.
   */
  readonly origin: 'constant' | 'argument-default' | 'framework-default' | 'assumed';
  /** The source text, e.g. `args.batch_size`. */
  readonly text: string;
}

/** A number that cannot be told has a value of null and says why in `text`. */
export type Rate = Setting<number | null>;

/** How the step depends on the gradient's scale: the rows of the dimension table that advice.ts works with. */
export type OptimizerFamily = 'sgd' | 'adam' | 'other';

export interface Optimizer {
  /** As users write it: `SGD`, `Adam`, `tf.train.MomentumOptimizer`. */
  readonly name: string;
  readonly family: OptimizerFamily;
  readonly where: Range;
  readonly learningRate: Rate | null;
  /** null where one number holds for the whole training; otherwise the schedule's name. */
  readonly schedule: string | null;
  readonly momentum: Rate | null;
  readonly weightDecay: (Rate & { readonly coupling: 'coupled' | 'decoupled' | 'independent' }) | null;
  readonly epsilon: (Rate & { readonly place: 'outside-root' | 'inside-root' }) | null;
  readonly initialAccumulator: Rate | null;
  /** Why no constant factor converts its settings (RAdam, FTRL, …); null where one does. */
  readonly notConvertible: string | null;
}

export interface Clip {
  readonly type: 'norm' | 'value';
  readonly threshold: Rate;
}

/** One term of a loss that is trained on. */
export interface LossTerm {
  readonly kind: 'data' | 'penalty' | 'unknown';
  readonly range: Range;
  /** As the source writes it, shortened. */
  readonly text: string;
  readonly reduction: Reduction;
  readonly over: readonly AxisName[];
  readonly degrees: Degrees;
  /** The number or the name that multiplies it: `0.004`, `beta`, `0.5 · wd`; null where it is 1. */
  readonly coefficient: { readonly value: number | null; readonly text: string } | null;
  /** Divided by a number that only stands for the batch size: degree 1 where the actual batch differs. */
  readonly nominal: boolean;
  /** The gradient reaches only selected examples (max, min, top-k). */
  readonly selection: boolean;
  /** Set where the term is an optimiser's coupled weight decay and stands in no expression. */
  readonly fromOptimizer: boolean;
  readonly assumed: readonly string[];
  /** Why the degrees cannot be told, where kind is unknown or an axis is missing. */
  readonly reason?: string;
  readonly trace: readonly TraceStep[];
}

/** A loss that is trained on: one for each sink, or a returned loss with no sink in sight (then `assumed` says so). */
export interface Loss {
  /** Where the lens stands: the expression that makes the trained loss. */
  readonly range: Range;
  /** What differentiates it: `backward`, `minimize`, `compile`, …, or `return`. */
  readonly sink: string;
  readonly sinkRange: Range;
  readonly framework: string;
  readonly assumed: readonly string[];
  readonly terms: readonly LossTerm[];
  /** Several losses by branch: each alternative's terms; empty where there is one. */
  readonly alternatives: readonly { readonly condition: string; readonly terms: readonly LossTerm[] }[];
  /** Whether the balance of the terms moves with B; null where it cannot be told. */
  readonly balanceMovesWithBatch: boolean | null;
  readonly batchSize: BatchSize | null;
  readonly optimizer: Optimizer | null;
  readonly clip: Clip | null;
  readonly advice: Advice;
}

export interface BatchSize {
  readonly value: number | null;
  /** `actual`: read from a shape; `nominal`: a setting. */
  readonly kind: 'actual' | 'nominal' | 'assumed';
  readonly where: Range | null;
  readonly origin: Setting<number>['origin'];
  readonly text: string;
  /** Whether the last batch of an epoch may be smaller. */
  readonly raggedLastBatch: boolean | null;
}

/** A hyper-parameter now and after a change, both exact unless `exact` is false (then `rule` names the heuristic). */
export interface Conversion {
  readonly setting: string;
  readonly now: number | null;
  readonly factor: number;
  readonly after: number | null;
  readonly exact: boolean;
  readonly rule: string;
}

/** The scaling table for one new batch size, k = newBatchSize / batchSize. */
export interface ScalingRow {
  readonly k: number;
  readonly batchSize: number | null;
  /** The gradient of each data term is multiplied by this, k^d. */
  readonly gradientFactor: number;
  /** The learning rate that the Linear Scaling Rule asks for; null where it does not apply. */
  readonly learningRate: number | null;
  readonly learningRateFactor: number | null;
  /** Heuristics for the Adam family: k and √k. */
  readonly heuristics: readonly {
    readonly name: string;
    readonly factor: number;
    readonly learningRate: number | null;
  }[];
  /** What a coupled penalty's coefficient must become to keep the balance; 1 where it holds. */
  readonly penaltyFactor: number | null;
}

export interface Advice {
  /** For a loss summed over the batch, SGD family: the rate on a mean that takes the same step; null where it cannot be told or does not apply. */
  readonly equivalentMeanLearningRate: number | null;
  /** For a mean, SGD family: the rate on a sum that takes the same step. */
  readonly equivalentSumLearningRate: number | null;
  /** The rate at twice the batch by the Linear Scaling Rule; null for the Adam family, where no exact law holds. */
  readonly learningRateAtDoubleBatch: number | null;
  /** Everything that moves when the other reduction is used, so that training is the same; empty where it cannot be told. */
  readonly toMean: readonly Conversion[];
  readonly toSum: readonly Conversion[];
  readonly scaling: readonly ScalingRow[];
  /** Sentences that belong beside the numbers: why Adam stays, what a clip changes, why no recipe exists. */
  readonly notes: readonly string[];
}

export type Severity = 'information' | 'warning' | 'error';

export interface Fix {
  readonly title: string;
  /** `unsafe` changes training and is never part of fix-all. */
  readonly safety: 'safe' | 'unsafe';
  readonly edits: readonly { readonly range: Range; readonly text: string }[];
}

export interface Finding {
  readonly rule: string;
  readonly range: Range;
  readonly severity: Severity;
  readonly message: string;
  readonly related: readonly { readonly range: Range; readonly message: string }[];
  readonly fixes: readonly Fix[];
}

export interface Analysis {
  readonly language: Language;
  readonly problems: readonly SyntaxProblem[];
  readonly sites: readonly Site[];
  readonly losses: readonly Loss[];
  readonly findings: readonly Finding[];
  /** Set where the analysis stopped before the end of the file, and why. */
  readonly incomplete?: string;
}

export interface AnalyzeDocument {
  readonly text: string;
  readonly language: Language;
  /** Used for its extension (.tsx, .jsx) and to recognise test files; never opened. */
  readonly path: string;
}

export interface AnalyzeOptions {
  /** Batch size to show numbers with when none is found; null shows symbols. */
  readonly assumedBatchSize: number | null;
  /** Severity of each rule, `off` silences it; a rule not named keeps its default. */
  readonly severities: Readonly<Record<string, Severity | 'off'>>;
}
