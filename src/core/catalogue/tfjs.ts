/** TensorFlow.js: tensors and their chained methods, `tf.losses`, `tf.train`, and the models of its layers. */
import {
  along,
  apply,
  arithmetic,
  define,
  detach,
  elementwise,
  fixed,
  guard,
  mask,
  mean,
  method,
  none,
  optimizer,
  pick,
  reducer,
  report,
  sink,
  sum,
  transparent,
  under,
  words,
} from './entries.ts';
import type { Entry, Framework, FunctionEntry, LossEntry, OptimizerEntry, ReducerEntry } from './schema.ts';

const MODULE = '@tensorflow/tfjs';
const tf = (text: string) => under(MODULE, text);

// ── Losses ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const weightedReduction: LossEntry['reduction'] = {
  parameter: 'reduction',
  default: 'SUM_BY_NONZERO_WEIGHTS',
  values: { NONE: none, MEAN: mean('weights'), SUM: sum, SUM_BY_NONZERO_WEIGHTS: mean('nonzero-weights') },
};

/** A function of `tf.losses`. */
const weighted = (name: string, parameters: string, axes: string, note?: string): LossEntry => ({
  effect: 'loss',
  names: under(`${MODULE}.losses`, name),
  form: 'function',
  parameters: words(parameters),
  axes,
  reduction: weightedReduction,
  weights: 'weights',
  evidence: 'executed',
  ...(note === undefined ? {} : { note }),
});

const labelled = 'labels: B *S, predictions: B *S -> B *S';

/** What `compile` knows by a string: the mean over everything, whatever is averaged inside. */
const byString = (text: string, axes: string, details: Partial<LossEntry> = {}): LossEntry => ({
  effect: 'loss',
  names: [text],
  strings: [text],
  form: 'class',
  parameters: [],
  call: words('yTrue yPred'),
  axes,
  reduction: fixed('mean', mean('elements')),
  evidence: 'executed',
  ...details,
});

/** A function of `tf.metrics`: one number an example. */
const perExample = (name: string, axes: string, inner: 'mean' | 'sum'): LossEntry => ({
  effect: 'loss',
  names: under(`${MODULE}.metrics`, name),
  form: 'function',
  parameters: words('yTrue yPred'),
  axes,
  inner,
  reduction: fixed('none', none),
  evidence: 'executed',
});

const features = 'yTrue: B *S F, yPred: B *S F -> B *S';
const classes = 'yTrue: B *S C, yPred: B *S C -> B *S';

const losses: readonly LossEntry[] = [
  weighted('absoluteDifference', 'labels predictions weights reduction', labelled),
  weighted('meanSquaredError', 'labels predictions weights reduction', labelled),
  weighted(
    'huberLoss',
    'labels predictions weights delta reduction',
    labelled,
    'A reduction given as the fourth argument lands in `delta`; the reduction is the fifth.',
  ),
  weighted('logLoss', 'labels predictions weights epsilon reduction', labelled),
  weighted('hingeLoss', 'labels predictions weights reduction', labelled),
  weighted(
    'sigmoidCrossEntropy',
    'multiClassLabels logits weights labelSmoothing reduction',
    'multiClassLabels: B *S, logits: B *S -> B *S',
  ),
  weighted(
    'softmaxCrossEntropy',
    'onehotLabels logits weights labelSmoothing reduction',
    'onehotLabels: B *S C, logits: B *S C -> B *S',
  ),
  weighted(
    'cosineDistance',
    'labels predictions axis weights reduction',
    'labels: B *S C, predictions: B *S C -> B *S',
  ),
  weighted('computeWeightedLoss', 'losses weights reduction', 'losses: B *S -> B *S'),
  ...words(
    'meanSquaredError meanAbsoluteError meanAbsolutePercentageError meanSquaredLogarithmicError squaredHinge hinge logcosh binaryCrossentropy poisson',
  ).map((text) => byString(text, features, { inner: 'mean' })),
  ...words('categoricalHinge categoricalCrossentropy kullbackLeiblerDivergence cosineProximity').map((text) =>
    byString(text, classes),
  ),
  byString('sparseCategoricalCrossentropy', 'yTrue: B *S, yPred: B *S C -> B *S'),
  perExample('meanSquaredError MSE mse', features, 'mean'),
  perExample('meanAbsoluteError', features, 'mean'),
  perExample('meanAbsolutePercentageError MAPE mape', features, 'mean'),
  perExample('binaryCrossentropy', features, 'mean'),
  perExample('categoricalCrossentropy', classes, 'sum'),
  perExample('cosineProximity', classes, 'sum'),
];

// ── Reducers and functions of tensors ───────────────────────────────────────────────────────────────────────────────────────────

/** Nearly every function is a chained method too. */
const both = (text: string) => ({ methods: text });
const over = { axis: 'axis', keepDims: 'keepDims' };

const reducers: readonly ReducerEntry[] = [
  reducer('sum', tf('sum'), 'x axis keepDims', { ...over, ...both('sum') }),
  reducer('mean', tf('mean'), 'x axis keepDims', { ...over, ...both('mean') }),
  reducer('max', tf('max'), 'x axis keepDims', { ...over, ...both('max') }),
  reducer('min', tf('min'), 'x axis keepDims', { ...over, ...both('min') }),
  reducer('product', tf('prod'), 'x axis keepDims', { ...over, ...both('prod') }),
  reducer('logsumexp', tf('logSumExp'), 'x axis keepDims', { ...over, ...both('logSumExp') }),
  reducer('norm', tf('norm'), 'x ord axis keepDims', {
    ...over,
    ...both('norm'),
    order: { parameter: 'ord', default: 2 },
  }),
  reducer('argument', tf('argMax argMin'), 'x axis', { axis: 'axis', ...both('argMax argMin') }),
  reducer('top-k', tf('topk'), 'x k sorted', { count: 'k', ...both('topk') }),
];

const map = (degree: number | null | 'log', text: string): FunctionEntry => elementwise(degree, tf(text), text);
const operator = (name: '+' | '-' | '*' | '/' | '**' | '@', text: string): FunctionEntry =>
  define(arithmetic(name), tf(text), 'a b', both(text));
const reshape = (
  how: 'reshape' | 'flatten' | 'squeeze' | 'unsqueeze' | 'permute' | 'repeat',
  argument: string | null,
  text: string,
  parameters: string,
): FunctionEntry => define({ effect: 'reshape', how, argument }, tf(text), parameters, both(text));

const functions: readonly Entry[] = [
  map(
    null,
    'exp expm1 log1p sigmoid tanh sin cos tan asin acos atan sinh cosh asinh acosh atanh erf floor ceil round softplus',
  ),
  along('softmax', tf('softmax'), 'logits dim', 'dim', 'softmax'),
  along('log-softmax', tf('logSoftmax'), 'logits axis', 'axis', 'logSoftmax'),
  along('cumulate', tf('cumsum cumprod'), 'x axis', 'axis', 'cumsum cumprod'),
  map(null, 'logSigmoid elu selu relu6 mod atan2 localResponseNormalization'),
  map('log', 'log'),
  map(1, 'abs neg relu leakyRelu pad mirrorPad reverse maxPool avgPool pool'),
  map(2, 'square'),
  map(0.5, 'sqrt'),
  map(-0.5, 'rsqrt'),
  map(-1, 'reciprocal'),
  map(0, 'sign'),
  elementwise(1, tf('dropout pad1d pad2d pad3d pad4d maxPool3d avgPool3d')),
  elementwise(1, [], 'resizeBilinear resizeNearestNeighbor'),
  operator('+', 'add'),
  operator('-', 'sub'),
  define({ effect: 'arithmetic', operator: '-', power: 2 }, tf('squaredDifference'), 'a b', both('squaredDifference')),
  operator('*', 'mul'),
  operator('/', 'div divNoNan floorDiv'),
  operator('@', 'matMul dot'),
  define(arithmetic('*'), tf('outerProduct'), 'a b'),
  define({ effect: 'power', exponent: 'exp' }, tf('pow'), 'base exp', both('pow')),
  define(guard, tf('maximum minimum clipByValue'), 'x min max', both('maximum minimum clipByValue')),
  define({ effect: 'select', condition: 'condition', then: 'a', otherwise: 'b' }, tf('where'), 'condition a b'),
  // `a.where(condition, b)`
  method({ effect: 'select', condition: 'condition', then: 'a', otherwise: 'b' }, 'where', 'a condition b'),
  define(
    mask,
    tf(
      'equal notEqual less lessEqual greater greaterEqual logicalAnd logicalOr logicalNot logicalXor isNaN isInf isFinite any all',
    ),
    'a b',
    {
      ...both(
        'equal notEqual less lessEqual greater greaterEqual logicalAnd logicalOr logicalNot logicalXor isNaN isInf isFinite any all',
      ),
    },
  ),
  define({ effect: 'add-list' }, tf('addN'), 'tensors'),
  define({ effect: 'shape' }, [], 'x', { properties: 'shape' }),
  define({ effect: 'element-count' }, [], 'x', { properties: 'size' }),
  define({ effect: 'constant' }, [], 'x', { properties: 'rank dtype' }),
  reshape('reshape', 'shape', 'reshape', 'x shape'),
  method({ effect: 'reshape', how: 'flatten', argument: null }, 'flatten as1D', 'x'),
  method({ effect: 'reshape', how: 'reshape', argument: null }, 'as2D as3D as4D', 'x'),
  reshape('squeeze', 'axis', 'squeeze', 'x axis'),
  reshape('unsqueeze', 'axis', 'expandDims', 'x axis'),
  reshape('permute', 'perm', 'transpose', 'x perm'),
  reshape('repeat', null, 'tile broadcastTo', 'x reps'),
  define({ effect: 'reshape', how: 'unsqueeze', argument: null }, tf('oneHot'), 'indices depth', both('oneHot')),
  define({ effect: 'join', how: 'stack', list: 'tensors', axis: 'axis' }, tf('stack'), 'tensors axis'),
  define(
    { effect: 'join', how: 'concat', list: 'tensors', axis: 'axis' },
    tf('concat concat1d concat2d concat3d concat4d'),
    'tensors axis',
  ),
  define(
    pick,
    tf('gather slice slice1d slice2d split unstack gatherND stridedSlice'),
    'x indices axis',
    both('gather slice split unstack stridedSlice'),
  ),
  define({ effect: 'pick', how: 'mask' }, tf('booleanMaskAsync'), 'tensor mask axis'),
  define({ effect: 'einsum' }, tf('einsum'), 'equation tensors'),
  define(transparent, tf('cast clone keep print'), 'x', {
    methods: 'cast clone toFloat toInt toBool asType asScalar reshapeAs',
  }),
  define(detach, [], 'x', { methods: 'dataSync arraySync data array bufferSync buffer' }),
  define(
    { effect: 'constant', value: 'first-argument' },
    tf('scalar tensor tensor1d tensor2d tensor3d tensor4d'),
    'value',
  ),
  define({ effect: 'constant', value: 0 }, tf('zeros zerosLike'), 'shape', { methods: 'zerosLike' }),
  define({ effect: 'constant', value: 1 }, tf('ones onesLike'), 'shape', { methods: 'onesLike' }),
  define(
    { effect: 'constant' },
    tf('fill range linspace eye randomNormal randomUniform truncatedNormal multinomial'),
    'shape',
  ),
];

// ── Parameters, layers, data ────────────────────────────────────────────────────────────────────────────────────────────────────

const regularizers = words(
  'kernelRegularizer biasRegularizer embeddingsRegularizer recurrentRegularizer depthwiseRegularizer pointwiseRegularizer',
);

const building: readonly Entry[] = [
  define({ effect: 'parameter' }, tf('variable'), 'initialValue trainable name dtype', { methods: 'variable' }),
  define({ effect: 'parameters' }, [], 'model', {
    on: 'model',
    properties: 'trainableWeights weights',
    methods: 'getWeights',
  }),
  define({ effect: 'examples' }, tf('input'), 'config'),
  define({ effect: 'layer' }, tf('sequential model loadLayersModel loadGraphModel'), 'args'),
  define(
    apply,
    tf(
      'conv1d conv2d conv3d conv2dTranspose depthwiseConv2d separableConv2d batchNorm batchNorm2d batchNorm4d basicLSTMCell multiRNNCell',
    ),
    'x filter',
    {
      methods: 'conv1d conv2d conv2dTranspose depthwiseConv2d separableConv2d batchNorm',
    },
  ),
  define(
    { effect: 'regularizer', scale: 'l2', default: 0.01, half: false },
    under(`${MODULE}.regularizers`, 'l2'),
    'args * l2',
  ),
  define(
    { effect: 'regularizer', scale: 'l1', default: 0.01, half: false },
    under(`${MODULE}.regularizers`, 'l1'),
    'args * l1',
  ),
  define(
    { effect: 'regularizer', scale: 'l2', default: 0.01, half: false },
    under(`${MODULE}.regularizers`, 'l1l2'),
    'args * l1 l2',
  ),
  define({ effect: 'call-function', function: 'nameOrFn' }, tf('tidy profile time'), 'nameOrFn fn'),
  define({ effect: 'wrap', target: 'f' }, tf('customGrad'), 'f'),
  method(
    { effect: 'batches', size: 'batchSize', default: null, keepLast: 'smallLastBatch', dropLastDefault: false },
    'batch',
    'dataset batchSize smallLastBatch',
    { on: 'any' },
  ),
  // Not `map` and `filter`: arrays have them too, and give something else back.
  method(transparent, 'mapAsync shuffle prefetch repeat take skip', 'dataset', { on: 'batches' }),
  method({ effect: 'for-each', function: 'f' }, 'forEachAsync', 'dataset f', { on: 'any' }),
];

// ── Optimisers and sinks ────────────────────────────────────────────────────────────────────────────────────────────────────────

const rate = (value: number) => ({ parameter: 'learningRate', default: value });
/** An optimiser as `tf.train.name()`, as its class and as the strings that `compile` takes. */
const train = (
  name: string,
  title: string,
  family: OptimizerEntry['family'],
  parameters: string,
  defaultRate: number,
  details: Partial<OptimizerEntry> = {},
): OptimizerEntry =>
  optimizer(
    [`${MODULE}.train.${name}`, `${MODULE}.${title}Optimizer`],
    { title, family },
    parameters,
    rate(defaultRate),
    { strings: [name, title], ...details },
  );

const epsilon = (place: 'outside-root' | 'inside-root') => ({ parameter: 'epsilon', default: 1e-7, place });

const optimizers: readonly OptimizerEntry[] = [
  train('sgd', 'SGD', 'sgd', 'learningRate', 0.01),
  train('momentum', 'Momentum', 'sgd', 'learningRate momentum useNesterov', 0.01, {
    momentum: { parameter: 'momentum', default: 0 },
    strings: [],
  }),
  // Both of its accumulators hold the same number, so that its step is the gradient times the rate.
  train('adadelta', 'Adadelta', 'sgd', 'learningRate rho epsilon', 0.001, { strings: [] }),
  // By its string it has another rate.
  optimizer([], { title: 'Adadelta', family: 'sgd' }, 'learningRate rho epsilon', rate(1), {
    strings: ['adadelta', 'Adadelta'],
  }),
  train('adam', 'Adam', 'adam', 'learningRate beta1 beta2 epsilon', 0.001, { epsilon: epsilon('outside-root') }),
  train('adamax', 'Adamax', 'adam', 'learningRate beta1 beta2 epsilon decay', 0.002, {
    epsilon: epsilon('outside-root'),
  }),
  train('adagrad', 'Adagrad', 'adam', 'learningRate initialAccumulatorValue', 0.01, {
    initialAccumulator: { parameter: 'initialAccumulatorValue', default: 0.1 },
  }),
  train('rmsprop', 'RMSProp', 'adam', 'learningRate decay momentum epsilon centered', 0.001, {
    momentum: { parameter: 'momentum', default: 0 },
    epsilon: epsilon('inside-root'),
  }),
];

const stepping: readonly Entry[] = [
  sink({ method: { names: ['minimize'], on: 'optimizer' } }, 'f returnCost varList', {
    loss: 'f',
    form: 'function',
    optimizer: 'receiver',
    implicitReduction: 'none',
  }),
  sink({ method: { names: ['computeGradients'], on: 'optimizer' } }, 'f varList', {
    loss: 'f',
    form: 'function',
    optimizer: null,
    implicitReduction: 'none',
  }),
  sink({ names: tf('variableGrads') }, 'f varList', {
    loss: 'f',
    form: 'function',
    optimizer: null,
    implicitReduction: 'none',
  }),
  // These differentiate a vector by adding it up.
  sink({ names: tf('grad grads valueAndGrad valueAndGrads') }, 'f', {
    loss: 'f',
    form: 'function',
    optimizer: null,
    implicitReduction: 'sum',
  }),
  sink({ method: { names: ['compile'], on: 'model' } }, 'args * optimizer loss metrics', {
    loss: 'loss',
    form: 'compile',
    optimizer: 'optimizer',
    implicitReduction: 'mean',
    callOrder: ['target', 'output'],
  }),
  {
    effect: 'fit',
    method: { names: ['fit'], on: 'model' },
    parameters: words('x y args * batchSize epochs validationSplit'),
    batchSize: { parameter: 'batchSize', default: 32 },
  },
  {
    effect: 'fit',
    method: { names: ['fitDataset', 'trainOnBatch'], on: 'model' },
    parameters: words('dataset args * batchesPerEpoch epochs'),
    batchSize: { parameter: 'batchSize', default: null },
  },
  method(report, 'print', 'x', { on: 'tensor' }),
];

export const tfjs: Framework = {
  id: 'tfjs',
  title: 'TensorFlow.js',
  languages: ['typescript'],
  aliases: [
    ['@tensorflow/tfjs-node', MODULE],
    ['@tensorflow/tfjs-node-gpu', MODULE],
    ['@tensorflow/tfjs-core', MODULE],
    ['@tensorflow/tfjs-layers', `${MODULE}.layers`],
    [`${MODULE}.layers.layers`, `${MODULE}.layers`],
    [`${MODULE}.layers.sequential`, `${MODULE}.sequential`],
    [`${MODULE}.layers.model`, `${MODULE}.model`],
    [`${MODULE}.layers.input`, `${MODULE}.input`],
    [`${MODULE}.layers.loadLayersModel`, `${MODULE}.loadLayersModel`],
    [`${MODULE}.layers.regularizers`, `${MODULE}.regularizers`],
    [`${MODULE}.layers.metrics`, `${MODULE}.metrics`],
    ['@tensorflow/tfjs-react-native', MODULE],
    // In a page with script tags.
    ['globals.tf', MODULE],
  ],
  modules: [MODULE],
  markers: ['tensorflow/tfjs', 'tf.'],
  models: [
    { name: `${MODULE}.layers.Layer`, call: 'call' },
    { name: `${MODULE}.LayersModel`, call: 'apply' },
    { name: `${MODULE}.Sequential`, call: 'apply' },
  ],
  entries: [...losses, ...reducers, ...functions, ...building, ...optimizers, ...stepping],
  prefixes: [
    {
      prefix: `${MODULE}.layers.`,
      entry: define({ effect: 'layer', weightDecay: regularizers }, [], `args * ${regularizers.join(' ')}`),
    },
    { prefix: `${MODULE}.image.`, entry: elementwise(1, []) },
    { prefix: `${MODULE}.initializers.`, entry: define({ effect: 'constant' }, [], 'args') },
  ],
};
