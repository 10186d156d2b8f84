/** Keras 2 and 3. `tf.keras` and the older spellings are aliases of `keras`; where the versions differ only in a default's name, both names are known. */
import {
  along,
  apply,
  arithmetic,
  define,
  detach,
  elementwise,
  fixed,
  guard,
  layer,
  mask,
  mean,
  method,
  metric,
  none,
  optimizer,
  pick,
  reducer,
  sink,
  sum,
  transparent,
  under,
  words,
} from './entries.ts';
import type { Entry, Framework, LossEntry, OptimizerEntry } from './schema.ts';

// ── Losses ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const kerasReduction: LossEntry['reduction'] = {
  parameter: 'reduction',
  default: 'sum_over_batch_size',
  values: {
    sum_over_batch_size: mean('elements'),
    // Keras 2's default; in a loss of its own it is the same as the one above.
    auto: mean('elements'),
    mean: mean('elements'),
    mean_with_sample_weight: mean('weights'),
    sum,
    none,
    None: none,
  },
};

interface KerasLoss {
  readonly className: string;
  /** The function's names, in `keras.losses` and, as they were once used, in `keras.metrics`. */
  readonly functions?: string;
  /** Further strings that `compile` takes. */
  readonly strings?: string;
  readonly axes: string;
  readonly inner?: 'mean';
  /** Parameters of the constructor; the reduction is among them. */
  readonly construct?: string;
  /** Parameters of the function behind target and output. */
  readonly then?: string;
  readonly details?: Partial<LossEntry>;
}

/** A loss class reduces; the function of the same loss gives one number an example (or token). `compile` takes the mean of either. */
function kerasLoss({
  className,
  functions = '',
  strings = '',
  axes,
  inner,
  construct = 'reduction name dtype',
  then = '',
  details = {},
}: KerasLoss): LossEntry[] {
  const { reduction = kerasReduction, ...rest } = details;
  const shared = {
    effect: 'loss',
    axes,
    evidence: 'executed',
    ...(inner === undefined ? {} : { inner }),
    ...rest,
  } as const;
  const asClass: LossEntry = {
    ...shared,
    // `tf.losses` of TensorFlow 2 is the same module.
    names: under(['keras.losses', 'tensorflow.losses'], className),
    strings: [className, ...words(functions), ...words(strings)],
    form: 'class',
    parameters: words(construct),
    call: words('y_true y_pred sample_weight'),
    reduction,
    weights: 'sample_weight',
  };
  const asFunction: LossEntry = {
    ...shared,
    names: under(['keras.losses', 'keras.metrics', 'tensorflow.losses'], `${functions} ${strings}`),
    form: 'function',
    parameters: words(`y_true y_pred ${then}`),
    reduction: fixed('none', none),
  };
  return functions === '' ? [asClass] : [asClass, asFunction];
}

const features = 'y_true: B *S F, y_pred: B *S F -> B *S';
const classes = 'y_true: B *S C, y_pred: B *S C -> B *S';
const smoothed = 'from_logits label_smoothing axis reduction name dtype';
/** Overlap losses look at the whole batch at once, so that their reduction has nothing left to reduce. */
const overlap: Partial<LossEntry> = {
  reduction: {
    parameter: 'reduction',
    default: 'sum_over_batch_size',
    values: Object.fromEntries(Object.keys(kerasReduction.values).map((key) => [key, none])),
  },
  exampleDependsOnBatch: true,
  note: 'It is one ratio over the whole batch; `reduction` changes nothing unless `axis` is given.',
};

const losses: readonly LossEntry[] = [
  ...kerasLoss({
    className: 'MeanSquaredError',
    functions: 'mean_squared_error',
    strings: 'mse MSE',
    axes: features,
    inner: 'mean',
  }),
  ...kerasLoss({
    className: 'MeanAbsoluteError',
    functions: 'mean_absolute_error',
    strings: 'mae MAE',
    axes: features,
    inner: 'mean',
  }),
  ...kerasLoss({
    className: 'MeanAbsolutePercentageError',
    functions: 'mean_absolute_percentage_error',
    strings: 'mape MAPE',
    axes: features,
    inner: 'mean',
  }),
  ...kerasLoss({
    className: 'MeanSquaredLogarithmicError',
    functions: 'mean_squared_logarithmic_error',
    strings: 'msle MSLE',
    axes: features,
    inner: 'mean',
  }),
  ...kerasLoss({ className: 'LogCosh', functions: 'log_cosh', strings: 'logcosh', axes: features, inner: 'mean' }),
  ...kerasLoss({
    className: 'Huber',
    functions: 'huber',
    strings: 'huber_loss',
    axes: features,
    inner: 'mean',
    construct: 'delta reduction name dtype',
    then: 'delta',
  }),
  ...kerasLoss({ className: 'Poisson', functions: 'poisson', axes: features, inner: 'mean' }),
  ...kerasLoss({
    className: 'BinaryCrossentropy',
    functions: 'binary_crossentropy',
    strings: 'bce BCE',
    axes: features,
    inner: 'mean',
    construct: smoothed,
    then: 'from_logits label_smoothing axis',
  }),
  ...kerasLoss({
    className: 'BinaryFocalCrossentropy',
    functions: 'binary_focal_crossentropy',
    axes: features,
    inner: 'mean',
    construct: `apply_class_balancing alpha gamma ${smoothed}`,
    then: 'apply_class_balancing alpha gamma from_logits label_smoothing axis',
  }),
  ...kerasLoss({
    className: 'CategoricalCrossentropy',
    functions: 'categorical_crossentropy',
    strings: 'cce',
    axes: classes,
    construct: smoothed,
    then: 'from_logits label_smoothing axis',
  }),
  ...kerasLoss({
    className: 'CategoricalFocalCrossentropy',
    functions: 'categorical_focal_crossentropy',
    axes: classes,
    construct: `alpha gamma ${smoothed}`,
    then: 'alpha gamma from_logits label_smoothing axis',
  }),
  ...kerasLoss({
    className: 'SparseCategoricalCrossentropy',
    functions: 'sparse_categorical_crossentropy',
    axes: 'y_true: B *S, y_pred: B *S C -> B *S',
    construct: 'from_logits ignore_class reduction axis name dtype',
    then: 'from_logits ignore_class axis',
    details: {
      ignored: 'ignore_class',
      reduction: {
        ...kerasReduction,
        values: { ...kerasReduction.values, sum_over_batch_size: mean('valid-targets'), auto: mean('valid-targets') },
      },
    },
  }),
  ...kerasLoss({
    className: 'KLDivergence',
    functions: 'kl_divergence',
    strings: 'kld KLD kullback_leibler_divergence',
    axes: classes,
  }),
  ...kerasLoss({ className: 'Hinge', functions: 'hinge', axes: features, inner: 'mean' }),
  ...kerasLoss({ className: 'SquaredHinge', functions: 'squared_hinge', axes: features, inner: 'mean' }),
  ...kerasLoss({ className: 'CategoricalHinge', functions: 'categorical_hinge', axes: classes }),
  ...kerasLoss({
    className: 'CosineSimilarity',
    functions: 'cosine_similarity',
    strings: 'cosine_proximity',
    axes: classes,
    construct: 'axis reduction name dtype',
    then: 'axis',
  }),
  ...kerasLoss({
    className: 'CategoricalGeneralizedCrossEntropy',
    functions: 'categorical_generalized_cross_entropy',
    axes: 'y_true: B, y_pred: B C -> B',
    construct: 'q reduction name dtype',
    then: 'q',
  }),
  ...kerasLoss({
    className: 'Dice',
    functions: 'dice',
    axes: 'y_true: B *S, y_pred: B *S -> ',
    inner: 'mean',
    construct: 'reduction name axis dtype',
    then: 'axis',
    details: overlap,
  }),
  ...kerasLoss({
    className: 'Tversky',
    functions: 'tversky',
    axes: 'y_true: B *S, y_pred: B *S -> ',
    inner: 'mean',
    construct: 'alpha beta reduction name axis dtype',
    then: 'alpha beta axis',
    details: overlap,
  }),
  ...kerasLoss({
    className: 'CTC',
    functions: 'ctc',
    axes: 'y_true: B T, y_pred: B T C -> B',
    details: { evidence: 'source-read' },
  }),
  ...kerasLoss({
    className: 'Circle',
    functions: 'circle',
    axes: 'y_true: B, y_pred: B C -> B',
    construct: 'gamma margin remove_diagonal reduction name dtype',
    details: { evidence: 'source-read', exampleDependsOnBatch: true },
  }),
];

/** What the backend and `keras.ops` call cross-entropy: one number an example or an element. */
const backendLoss = (name: string, parameters: string, axes: string): LossEntry => ({
  effect: 'loss',
  names: under(['keras.backend', 'keras.ops'], name),
  form: 'function',
  parameters: words(parameters),
  axes,
  reduction: fixed('none', none),
  evidence: 'source-read',
});

const backendLosses: readonly LossEntry[] = [
  backendLoss('binary_crossentropy', 'target output from_logits', 'target: B *S, output: B *S -> B *S'),
  backendLoss('categorical_crossentropy', 'target output from_logits axis', 'target: B *S C, output: B *S C -> B *S'),
  backendLoss(
    'sparse_categorical_crossentropy',
    'target output from_logits axis',
    'target: B *S, output: B *S C -> B *S',
  ),
];

// ── The backend and keras.ops ───────────────────────────────────────────────────────────────────────────────────────────────────

const ops = (text: string) => under(['keras.ops', 'keras.backend'], text);
const overAxis = { axis: 'axis', keepDims: 'keepdims' };

const functions: readonly Entry[] = [
  reducer('sum', ops('sum'), 'x axis keepdims', overAxis),
  reducer('mean', ops('mean'), 'x axis keepdims', overAxis),
  reducer('max', ops('max amax'), 'x axis keepdims', overAxis),
  reducer('min', ops('min amin'), 'x axis keepdims', overAxis),
  reducer('product', ops('prod'), 'x axis keepdims', overAxis),
  reducer('variance', ops('var'), 'x axis keepdims', { ...overAxis, unbiased: false }),
  reducer('deviation', ops('std'), 'x axis keepdims', { ...overAxis, unbiased: false }),
  reducer('logsumexp', ops('logsumexp'), 'x axis keepdims', overAxis),
  reducer('argument', ops('argmax argmin'), 'x axis', { axis: 'axis' }),
  reducer('count-nonzero', ops('count_nonzero'), 'x axis', { axis: 'axis' }),
  reducer('norm', under('keras.ops', 'norm'), 'x ord axis keepdims', {
    ...overAxis,
    order: { parameter: 'ord', default: 2 },
  }),
  reducer('weighted-mean', under('keras.ops', 'average'), 'x axis weights', { axis: 'axis', weights: 'weights' }),
  reducer('top-k', under('keras.ops', 'top_k'), 'x k sorted', { count: 'k' }),
  elementwise(
    null,
    ops(
      'exp expm1 log1p sigmoid tanh sin cos softplus softsign elu selu gelu silu swish hard_sigmoid round floor ceil l2_normalize normalize',
    ),
  ),
  along('softmax', [...ops('softmax'), ...under('keras.activations', 'softmax')], 'x axis', 'axis'),
  along('log-softmax', ops('log_softmax'), 'x axis', 'axis'),
  along('cumulate', ops('cumsum cumprod'), 'x axis', 'axis'),
  elementwise('log', ops('log')),
  elementwise(1, ops('abs absolute relu leaky_relu negative dropout')),
  elementwise(2, ops('square')),
  elementwise(0.5, ops('sqrt')),
  elementwise(-0.5, ops('rsqrt')),
  elementwise(-1, ops('reciprocal')),
  elementwise(0, ops('sign')),
  elementwise(1, under('keras.activations', 'relu leaky_relu')),
  elementwise(
    null,
    under('keras.activations', 'sigmoid tanh softplus softsign elu selu gelu swish silu linear exponential'),
  ),
  define(arithmetic('+'), ops('add bias_add'), 'x1 x2'),
  define(arithmetic('-'), ops('subtract'), 'x1 x2'),
  define(arithmetic('*'), ops('multiply'), 'x1 x2'),
  define(arithmetic('/'), ops('divide true_divide divide_no_nan'), 'x1 x2'),
  define(arithmetic('@'), ops('dot matmul'), 'x1 x2'),
  define(apply, ops('batch_dot conv1d conv2d conv conv_transpose depthwise_conv separable_conv'), 'x y'),
  define({ effect: 'power', exponent: 'a' }, ['keras.backend.pow'], 'x a'),
  define({ effect: 'power', exponent: 'x2' }, under('keras.ops', 'power'), 'x1 x2'),
  define(guard, ops('maximum minimum clip'), 'x min_value max_value'),
  define(
    { effect: 'select', condition: 'condition', then: 'x1', otherwise: 'x2' },
    ops('switch where'),
    'condition x1 x2',
  ),
  define(
    mask,
    ops('equal not_equal less less_equal greater greater_equal logical_and logical_or logical_not any all isnan'),
    'x1 x2',
  ),
  define({ effect: 'shape' }, ops('shape int_shape'), 'x'),
  define({ effect: 'element-count' }, ops('size'), 'x'),
  define({ effect: 'reshape', how: 'reshape', argument: 'shape' }, ops('reshape'), 'x shape', {
    synonyms: { newshape: 'shape' },
  }),
  define({ effect: 'reshape', how: 'flatten', argument: null }, ops('flatten ravel'), 'x'),
  // The batch stays in front.
  define({ effect: 'reshape', how: 'flatten', argument: 'start' }, ops('batch_flatten'), 'x start'),
  define({ effect: 'reshape', how: 'squeeze', argument: 'axis' }, ops('squeeze'), 'x axis'),
  define({ effect: 'reshape', how: 'unsqueeze', argument: 'axis' }, ops('expand_dims'), 'x axis'),
  define({ effect: 'reshape', how: 'permute', argument: 'axes' }, ops('transpose'), 'x axes'),
  define({ effect: 'reshape', how: 'permute', argument: 'pattern' }, ops('permute_dimensions'), 'x pattern'),
  define({ effect: 'reshape', how: 'repeat', argument: null }, ops('repeat tile broadcast_to repeat_elements'), 'x n'),
  define(
    { effect: 'reshape', how: 'unsqueeze', argument: null },
    [...ops('one_hot'), ...under('keras.utils', 'to_categorical')],
    'x num_classes',
  ),
  define({ effect: 'join', how: 'stack', list: 'x', axis: 'axis' }, ops('stack'), 'x axis'),
  define(
    { effect: 'join', how: 'concat', list: 'x', axis: 'axis' },
    [...ops('concatenate'), ...under('keras.layers', 'concatenate')],
    'x axis',
    { synonyms: { xs: 'x', tensors: 'x', inputs: 'x' } },
  ),
  define({ effect: 'add-list' }, under('keras.layers', 'add'), 'inputs'),
  define(pick, ops('gather take take_along_axis slice split unstack'), 'x indices axis'),
  define(detach, ops('stop_gradient get_value convert_to_numpy'), 'x'),
  define(transparent, ops('cast identity convert_to_tensor cast_to_floatx print_tensor'), 'x'),
  define({ effect: 'einsum' }, under('keras.ops', 'einsum'), 'subscripts operands'),
  define({ effect: 'constant', value: 'first-argument' }, ops('constant'), 'value'),
  define({ effect: 'constant', value: 0 }, ops('zeros zeros_like'), 'shape'),
  define({ effect: 'constant', value: 1 }, ops('ones ones_like'), 'shape'),
  define({ effect: 'constant' }, ops('epsilon random_normal random_uniform arange eye floatx ndim'), 'shape'),
];

// ── Models and layers ───────────────────────────────────────────────────────────────────────────────────────────────────────────

const regularizers = words(
  'kernel_regularizer bias_regularizer embeddings_regularizer recurrent_regularizer depthwise_regularizer pointwise_regularizer beta_regularizer gamma_regularizer',
);
const PENALTIES = 'regularization_losses';
const regularizer = (names: string, scale: string, value: number) =>
  define({ effect: 'regularizer', scale, default: value, half: false }, under('keras.regularizers', names), scale, {
    synonyms: { l: scale },
  });

const building: readonly Entry[] = [
  define({ effect: 'examples' }, ['keras.Input', 'keras.layers.Input'], 'shape batch_size'),
  define(layer, ['keras.Model', 'keras.Sequential', 'keras.load_model', 'keras.saving.load_model'], 'inputs outputs'),
  regularizer('L2 l2', 'l2', 0.01),
  regularizer('L1 l1', 'l1', 0.01),
  define(
    { effect: 'regularizer', scale: 'l2', default: 0, half: false },
    under('keras.regularizers', 'L1L2 l1_l2'),
    'l1 l2',
  ),
  define({ effect: 'parameter' }, ['keras.Variable', 'keras.backend.variable'], 'initializer shape dtype trainable'),
  method(
    { effect: 'parameter', regularizer: 'regularizer' },
    'add_weight add_variable',
    'layer name shape dtype initializer regularizer',
    { on: 'model' },
  ),
  method({ effect: 'collect', name: null, value: 'losses', collection: PENALTIES }, 'add_loss', 'model losses', {
    on: 'model',
    input: 'losses',
  }),
  define({ effect: 'collected', name: null, collection: PENALTIES }, [], 'model', {
    on: 'model',
    properties: 'losses',
  }),
  define(
    { effect: 'batches', size: 'batch_size', default: 32, dropLastDefault: false },
    under(['keras.utils', 'keras.preprocessing'], 'image_dataset_from_directory text_dataset_from_directory'),
    'directory * batch_size',
  ),
  method(
    { effect: 'batches', size: 'batch_size', default: 32, dropLastDefault: false },
    'flow',
    'generator x y batch_size shuffle',
    { on: 'batches' },
  ),
  method(
    { effect: 'batches', size: 'batch_size', default: 32, dropLastDefault: false },
    'flow_from_directory',
    'generator directory target_size color_mode classes class_mode batch_size',
    { on: 'any' },
  ),
  method(
    { effect: 'batches', size: 'batch_size', default: 32, dropLastDefault: false },
    'flow_from_dataframe',
    'generator dataframe * batch_size',
    { on: 'any' },
  ),
];

// ── Optimisers and sinks ────────────────────────────────────────────────────────────────────────────────────────────────────────

const common =
  'weight_decay clipnorm clipvalue global_clipnorm use_ema ema_momentum ema_overwrite_frequency loss_scale_factor gradient_accumulation_steps name decay';
const kerasOptimizer = (
  name: string,
  family: OptimizerEntry['family'],
  parameters: string,
  rate: number,
  details: Partial<OptimizerEntry> = {},
): OptimizerEntry =>
  optimizer(
    under('keras.optimizers', name),
    { title: words(name)[0] ?? name, family },
    parameters.includes('weight_decay')
      ? `${parameters} ${common.replace('weight_decay ', '')}`
      : `${parameters} ${common}`,
    { parameter: 'learning_rate', default: rate },
    {
      strings: words(name).flatMap((n) => [n, n.toLowerCase()]),
      synonyms: { lr: 'learning_rate' },
      // Keras multiplies it by the rate, in every optimiser.
      weightDecay: { parameter: 'weight_decay', default: 0, coupling: 'decoupled' },
      clips: [
        { parameter: 'clipnorm', type: 'norm' },
        { parameter: 'global_clipnorm', type: 'norm' },
        { parameter: 'clipvalue', type: 'value' },
      ],
      evidence: 'source-read',
      ...details,
    },
  );
const outside = { parameter: 'epsilon', default: 1e-7, place: 'outside-root' } as const;
const inside = { parameter: 'epsilon', default: 1e-7, place: 'inside-root' } as const;

const optimizers: readonly OptimizerEntry[] = [
  kerasOptimizer('SGD', 'sgd', 'learning_rate momentum nesterov', 0.01, {
    momentum: { parameter: 'momentum', default: 0 },
  }),
  kerasOptimizer('Adadelta', 'sgd', 'learning_rate rho epsilon', 0.001, { epsilon: inside }),
  kerasOptimizer('Adam', 'adam', 'learning_rate beta_1 beta_2 epsilon amsgrad', 0.001, { epsilon: outside }),
  kerasOptimizer('AdamW', 'adam', 'learning_rate weight_decay beta_1 beta_2 epsilon amsgrad', 0.001, {
    epsilon: outside,
    weightDecay: { parameter: 'weight_decay', default: 0.004, coupling: 'decoupled' },
  }),
  kerasOptimizer('Adamax', 'adam', 'learning_rate beta_1 beta_2 epsilon', 0.001, { epsilon: outside }),
  kerasOptimizer('Nadam', 'adam', 'learning_rate beta_1 beta_2 epsilon', 0.001, { epsilon: outside }),
  kerasOptimizer('RMSprop', 'adam', 'learning_rate rho momentum epsilon centered', 0.001, {
    momentum: { parameter: 'momentum', default: 0 },
    epsilon: inside,
  }),
  kerasOptimizer('Adagrad', 'adam', 'learning_rate initial_accumulator_value epsilon', 0.001, {
    epsilon: inside,
    initialAccumulator: { parameter: 'initial_accumulator_value', default: 0.1 },
  }),
  kerasOptimizer(
    'Adafactor',
    'adam',
    'learning_rate beta_2_decay epsilon_1 epsilon_2 clip_threshold relative_step',
    0.001,
  ),
  kerasOptimizer('Lion', 'adam', 'learning_rate beta_1 beta_2', 0.001),
  kerasOptimizer('Lamb', 'adam', 'learning_rate beta_1 beta_2 epsilon', 0.001, { epsilon: outside }),
  kerasOptimizer(
    'Muon',
    'adam',
    'learning_rate adam_beta_1 adam_beta_2 adam_weight_decay epsilon weight_decay',
    0.001,
    {
      weightDecay: { parameter: 'weight_decay', default: 0.004, coupling: 'decoupled' },
    },
  ),
  kerasOptimizer(
    'Ftrl',
    'other',
    'learning_rate learning_rate_power initial_accumulator_value l1_regularization_strength l2_regularization_strength l2_shrinkage_regularization_strength beta',
    0.001,
    {
      notConvertible:
        'FTRL weighs its penalties against a sum over all steps; no constant factor converts its settings.',
    },
  ),
];

const stepping: readonly Entry[] = [
  sink({ method: { names: ['minimize'], on: 'optimizer' } }, 'loss var_list tape', {
    loss: 'loss',
    form: 'function',
    optimizer: 'receiver',
    implicitReduction: 'sum',
  }),
  sink({ method: { names: ['get_gradients'], on: 'optimizer' } }, 'loss params', {
    loss: 'loss',
    form: 'value',
    optimizer: null,
    implicitReduction: 'sum',
  }),
  sink({ names: ['keras.backend.gradients'] }, 'loss variables', {
    loss: 'loss',
    withRespectTo: 'variables',
    form: 'value',
    optimizer: null,
    implicitReduction: 'sum',
  }),
  sink({ method: { names: ['compile'], on: 'model' } }, 'optimizer loss * loss_weights metrics weighted_metrics', {
    loss: 'loss',
    form: 'compile',
    optimizer: 'optimizer',
    implicitReduction: 'mean',
    callOrder: ['target', 'output'],
  }),
  {
    effect: 'fit',
    method: { names: ['fit'], on: 'model' },
    parameters: words('x y batch_size epochs verbose callbacks validation_split'),
    batchSize: { parameter: 'batch_size', default: 32 },
  },
  {
    effect: 'fit',
    method: { names: ['fit_generator', 'train_on_batch'], on: 'model' },
    parameters: words('generator y'),
    batchSize: { parameter: 'batch_size', default: null },
  },
  define(
    { effect: 'schedule', initial: null },
    ['keras.optimizers.schedules.PiecewiseConstantDecay'],
    'boundaries values name',
  ),
  define({ effect: 'wrap', target: 'optimizer' }, under('keras.mixed_precision', 'LossScaleOptimizer'), 'optimizer', {
    synonyms: { inner_optimizer: 'optimizer', opt: 'optimizer' },
  }),
];

export const keras: Framework = {
  id: 'keras',
  title: 'Keras',
  languages: ['python'],
  aliases: [
    ['tensorflow.keras', 'keras'],
    ['tensorflow.python.keras', 'keras'],
    ['tensorflow.contrib.keras', 'keras'],
    ['tensorflow.contrib.keras.python.keras', 'keras'],
    ['tf_keras', 'keras'],
    ['keras.api', 'keras'],
    ['keras_core', 'keras'],
    ['keras.src', 'keras'],
    ['keras.engine', 'keras'],
    ['keras.models', 'keras'],
    ['keras.engine.training', 'keras'],
    ['keras.objectives', 'keras.losses'],
    ['keras.losses.losses', 'keras.losses'],
    ['keras.layers.core', 'keras.layers'],
    ['keras.layers.convolutional', 'keras.layers'],
    ['keras.optimizers.legacy', 'keras.optimizers'],
    ['keras.optimizers.experimental', 'keras.optimizers'],
    ['keras.ops.numpy', 'keras.ops'],
    ['keras.ops.nn', 'keras.ops'],
    ['keras.mixed_precision.experimental', 'keras.mixed_precision'],
    ['tensorflow.optimizers', 'keras.optimizers'],
  ],
  modules: ['keras'],
  markers: ['keras', 'tf.GradientTape', '@tf.function'],
  customaryNames: { keras: 'keras' },
  models: [
    { name: 'keras.Model', call: 'call' },
    { name: 'keras.Sequential', call: 'call' },
    { name: 'keras.layers.Layer', call: 'call' },
    { name: 'keras.Layer', call: 'call' },
  ],
  lossClasses: [{ name: 'keras.losses.Loss', call: 'call' }],
  entries: [...losses, ...backendLosses, ...functions, ...building, ...optimizers, ...stepping],
  prefixes: [
    {
      prefix: 'keras.layers.',
      entry: define({ effect: 'layer', weightDecay: regularizers }, [], `* ${regularizers.join(' ')}`),
    },
    { prefix: 'keras.applications.', entry: define(layer, [], '') },
    { prefix: 'keras.metrics.', entry: define(metric, [], '') },
    { prefix: 'keras.initializers.', entry: define({ effect: 'constant' }, [], '') },
    { prefix: 'keras.random.', entry: define({ effect: 'constant' }, [], 'shape') },
    {
      prefix: 'keras.optimizers.schedules.',
      entry: define({ effect: 'schedule', initial: 'initial_learning_rate' }, [], 'initial_learning_rate'),
    },
  ],
};
