/** What only TensorFlow 1 has: graph collections, `tf.losses`, `tf.train`, `tf.layers`, slim and the rest of `tf.contrib`. */
import {
  apply,
  define,
  elementwise,
  layer,
  mean,
  method,
  metric,
  none,
  optimizer,
  report,
  sink,
  sum,
  transparent,
  under,
  words,
} from './entries.ts';
import type { Effect, Entry, Framework, LossEntry, OptimizerEntry } from './schema.ts';

const tf = (text: string) => under('tensorflow', text);
const train = (text: string) => under('tensorflow.train', text);

// ── Losses ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** By the constants of `tf.losses.Reduction` and by the strings that they stand for. */
const weightedReduction: LossEntry['reduction'] = {
  parameter: 'reduction',
  default: 'SUM_BY_NONZERO_WEIGHTS',
  values: {
    NONE: none,
    SUM: sum,
    MEAN: mean('weights'),
    SUM_OVER_BATCH_SIZE: mean('elements'),
    SUM_OVER_NONZERO_WEIGHTS: mean('nonzero-weights'),
    SUM_BY_NONZERO_WEIGHTS: mean('nonzero-weights'),
    none,
    weighted_sum: sum,
    weighted_mean: mean('weights'),
    weighted_sum_over_batch_size: mean('elements'),
    weighted_sum_by_nonzero_weights: mean('nonzero-weights'),
  },
};

const weighted = (name: string, parameters: string, axes: string, details: Partial<LossEntry> = {}): LossEntry => ({
  effect: 'loss',
  names: under('tensorflow.losses', name),
  form: 'function',
  parameters: words(parameters),
  axes,
  reduction: weightedReduction,
  weights: 'weights',
  collection: 'losses',
  evidence: 'executed',
  ...details,
});

/** Its ancestor in `tf.contrib.losses`: the prediction comes first and there is no choice of reduction. */
const contributed = (name: string, parameters: string, axes: string): LossEntry => ({
  effect: 'loss',
  names: under('tensorflow.contrib.losses', name),
  form: 'function',
  parameters: words(parameters),
  axes,
  reduction: { parameter: null, default: 'mean', values: { mean: mean('nonzero-weights') } },
  weights: 'weights',
  collection: 'losses',
  evidence: 'source-read',
});

const labelled = 'labels: B *S, predictions: B *S -> B *S';

const losses: readonly LossEntry[] = [
  weighted('absolute_difference', 'labels predictions weights scope loss_collection reduction', labelled),
  weighted('mean_squared_error', 'labels predictions weights scope loss_collection reduction', labelled),
  weighted('huber_loss', 'labels predictions weights delta scope loss_collection reduction', labelled),
  weighted('log_loss', 'labels predictions weights epsilon scope loss_collection reduction', labelled),
  weighted('hinge_loss', 'labels logits weights scope loss_collection reduction', 'labels: B *S, logits: B *S -> B *S'),
  weighted(
    'sigmoid_cross_entropy',
    'multi_class_labels logits weights label_smoothing scope loss_collection reduction',
    'multi_class_labels: B *S, logits: B *S -> B *S',
  ),
  weighted(
    'softmax_cross_entropy',
    'onehot_labels logits weights label_smoothing scope loss_collection reduction',
    'onehot_labels: B *S C, logits: B *S C -> B *S',
  ),
  weighted(
    'sparse_softmax_cross_entropy',
    'labels logits weights scope loss_collection reduction',
    'labels: B *S, logits: B *S C -> B *S',
  ),
  weighted(
    'cosine_distance',
    'labels predictions axis weights scope loss_collection reduction dim',
    'labels: B *S C, predictions: B *S C -> B *S',
    { synonyms: { dim: 'axis' } },
  ),
  weighted('compute_weighted_loss', 'losses weights scope loss_collection reduction', 'losses: B *S -> B *S'),
  weighted(
    'mean_pairwise_squared_error',
    'labels predictions weights scope loss_collection',
    'labels: B C, predictions: B C -> B',
    {
      reduction: { parameter: null, default: 'sum', values: { sum } },
      // Executed eagerly, its divisor counts the elements of the whole batch; in a graph, those of one example. Nothing may rest on either.
      exampleDependsOnBatch: true,
      note: 'In a graph it adds up over the batch; executed eagerly it divides by numbers of pairs that are counted over the whole batch.',
    },
  ),
  contributed(
    'absolute_difference mean_squared_error log_loss mean_pairwise_squared_error',
    'predictions labels weights scope',
    'predictions: B *S, labels: B *S -> B *S',
  ),
  contributed(
    'sigmoid_cross_entropy',
    'logits multi_class_labels weights label_smoothing scope',
    'logits: B *S, multi_class_labels: B *S -> B *S',
  ),
  contributed(
    'softmax_cross_entropy',
    'logits onehot_labels weights label_smoothing scope',
    'logits: B *S C, onehot_labels: B *S C -> B *S',
  ),
  contributed('sparse_softmax_cross_entropy', 'logits labels weights scope', 'logits: B *S C, labels: B *S -> B *S'),
  contributed('hinge_loss', 'logits labels weights scope', 'logits: B *S, labels: B *S -> B *S'),
  contributed(
    'cosine_distance',
    'predictions labels axis weights scope',
    'predictions: B *S C, labels: B *S C -> B *S',
  ),
];

// ── Collections, flags, feeds ───────────────────────────────────────────────────────────────────────────────────────────────────

const PENALTIES = 'regularization_losses';
const lossModules = ['tensorflow.losses', 'tensorflow.contrib.losses'];

const graph: readonly Entry[] = [
  define(
    { effect: 'collect', name: 'name', value: 'value' },
    tf('add_to_collection add_to_collections'),
    'name value',
    {
      synonyms: { names: 'name' },
    },
  ),
  define({ effect: 'collected', name: 'key' }, tf('get_collection get_collection_ref'), 'key scope'),
  define(
    { effect: 'collect', name: 'loss_collection', value: 'loss', collection: 'losses' },
    under(lossModules, 'add_loss'),
    'loss loss_collection',
  ),
  define(
    { effect: 'collected', name: 'loss_collection', collection: 'losses' },
    under(lossModules, 'get_losses'),
    'scope loss_collection',
  ),
  define(
    { effect: 'collected', name: null, collection: PENALTIES },
    under(lossModules, 'get_regularization_losses'),
    'scope',
  ),
  define(
    { effect: 'collected', name: null, collection: PENALTIES, total: true },
    under(lossModules, 'get_regularization_loss'),
    'scope name',
  ),
  define(
    { effect: 'collected', name: null, collection: 'losses', total: true },
    under(lossModules, 'get_total_loss'),
    'add_regularization_losses name',
  ),
  define(
    { effect: 'flag', name: 'name', default: 'default' },
    under(
      'tensorflow.app.flags',
      'DEFINE_integer DEFINE_float DEFINE_string DEFINE_bool DEFINE_boolean DEFINE_enum DEFINE_list',
    ),
    'name default help',
    {
      synonyms: { flag_name: 'name', default_value: 'default', docstring: 'help' },
    },
  ),
  define({ effect: 'flags' }, ['tensorflow.app.flags.FLAGS'], ''),
  define({ effect: 'examples', shape: 'shape' }, tf('placeholder'), 'dtype shape name'),
  define({ effect: 'examples', shape: 'shape' }, tf('placeholder_with_default'), 'input shape name'),
  define(
    { effect: 'parameter', regularizer: 'regularizer' },
    [...tf('get_variable'), ...under('tensorflow.contrib.framework', 'model_variable variable')],
    'name shape dtype initializer regularizer trainable',
  ),
  define({ effect: 'parameters' }, tf('trainable_variables global_variables all_variables model_variables'), 'scope'),
  define(
    { effect: 'parameters' },
    [
      ...under('tensorflow.contrib.framework', 'get_trainable_variables get_variables get_model_variables'),
      ...under('tensorflow.contrib.slim', 'get_trainable_variables get_variables get_model_variables'),
    ],
    'scope',
  ),
  define(
    { effect: 'batches', size: 'batch_size', default: null, dropLastDefault: true, one: true },
    train('batch batch_join'),
    'tensors batch_size num_threads',
    { synonyms: { tensors_list: 'tensors' } },
  ),
  define(
    { effect: 'batches', size: 'batch_size', default: null, dropLastDefault: true, one: true },
    train('shuffle_batch shuffle_batch_join'),
    'tensors batch_size capacity min_after_dequeue',
    { synonyms: { tensors_list: 'tensors' } },
  ),
];

const inputs: readonly Entry[] = [
  // The data sets of the tutorials: `images, labels = mnist.train.next_batch(100)`.
  method({ effect: 'batches', size: 'batch_size', default: null, one: true }, 'next_batch', 'dataset batch_size', {
    on: 'any',
  }),
  define(
    { effect: 'batches', size: 'batch_size', default: 128, dropLastDefault: false },
    under('tensorflow.estimator.inputs', 'numpy_input_fn pandas_input_fn'),
    'x y batch_size num_epochs shuffle',
  ),
  define(
    { effect: 'batches', size: 'batch_size', default: null, dropLast: 'drop_remainder', dropLastDefault: false },
    under(['tensorflow.contrib.data', 'tensorflow.data.experimental'], 'map_and_batch'),
    'map_func batch_size num_parallel_batches drop_remainder',
  ),
  define(
    { effect: 'batches', size: 'batch_size', default: null, dropLastDefault: true },
    under('tensorflow.contrib.data', 'batch_and_drop_remainder'),
    'batch_size',
  ),
];

// ── Layers ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const regularized = (...weightDecay: string[]): Effect => ({ effect: 'apply', weightDecay });
const kernels = regularized('kernel_regularizer', 'bias_regularizer');
const slimModules = ['tensorflow.contrib.slim', 'tensorflow.contrib.layers'];

const layers: readonly Entry[] = [
  define(
    kernels,
    under('tensorflow.layers', 'dense conv1d conv2d conv3d separable_conv2d conv2d_transpose conv3d_transpose'),
    'inputs * kernel_regularizer bias_regularizer activation',
  ),
  define(apply, under('tensorflow.layers', 'batch_normalization flatten'), 'inputs'),
  elementwise(
    1,
    under(
      'tensorflow.layers',
      'dropout max_pooling1d max_pooling2d max_pooling3d average_pooling1d average_pooling2d average_pooling3d',
    ),
  ),
  define(
    regularized('weights_regularizer', 'biases_regularizer'),
    under(
      slimModules,
      'conv2d convolution2d convolution conv2d_transpose conv2d_in_plane fully_connected linear relu separable_conv2d separable_convolution2d',
    ),
    'inputs * weights_regularizer biases_regularizer',
  ),
  define(
    apply,
    under(
      slimModules,
      'batch_norm layer_norm instance_norm group_norm bias_add flatten repeat stack spatial_softmax embed_sequence',
    ),
    'inputs',
  ),
  elementwise(1, under(slimModules, 'dropout max_pool2d avg_pool2d max_pool3d avg_pool3d pool unit_norm')),
  elementwise(null, under(slimModules, 'softmax')),
  define(
    { effect: 'reshape', how: 'unsqueeze', argument: null },
    under(slimModules, 'one_hot_encoding'),
    'labels num_classes',
  ),
  define(
    { effect: 'regularizer', scale: 'scale', default: null, half: true },
    under(slimModules, 'l2_regularizer'),
    'scale scope',
  ),
  define(
    { effect: 'regularizer', scale: 'scale', default: null, half: false },
    under(slimModules, 'l1_regularizer'),
    'scale scope',
  ),
  define(
    { effect: 'regularizer', scale: 'scale_l2', default: 1, half: true },
    under(slimModules, 'l1_l2_regularizer'),
    'scale_l1 scale_l2 scope',
  ),
  define(layer, under('tensorflow.contrib.layers', 'input_from_feature_columns'), ''),
];

// ── Optimisers ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const rate = (value: number | null = null) => ({ parameter: 'learning_rate', default: value });
const trainOptimizer = (
  name: string,
  family: OptimizerEntry['family'],
  parameters: string,
  details: Partial<OptimizerEntry> = {},
  defaultRate: number | null = null,
): OptimizerEntry =>
  optimizer(
    train(`${name}Optimizer`),
    { title: name === 'GradientDescent' ? 'SGD' : name, family },
    parameters.includes('use_locking') ? parameters : `${parameters} use_locking name`,
    rate(defaultRate),
    {
      evidence: 'source-read',
      ...details,
    },
  );

const proximal = 'Its proximal step shrinks by rate and penalty together; no constant factor converts both.';

const optimizers: readonly OptimizerEntry[] = [
  trainOptimizer('GradientDescent', 'sgd', 'learning_rate'),
  optimizer(
    train('MomentumOptimizer'),
    { title: 'Momentum', family: 'sgd' },
    'learning_rate momentum use_locking name use_nesterov',
    rate(),
    {
      momentum: { parameter: 'momentum', default: 0 },
      evidence: 'source-read',
    },
  ),
  trainOptimizer(
    'Adadelta',
    'sgd',
    'learning_rate rho epsilon',
    { epsilon: { parameter: 'epsilon', default: 1e-8, place: 'inside-root' } },
    0.001,
  ),
  trainOptimizer(
    'Adam',
    'adam',
    'learning_rate beta1 beta2 epsilon',
    { epsilon: { parameter: 'epsilon', default: 1e-8, place: 'outside-root' } },
    0.001,
  ),
  trainOptimizer('Adagrad', 'adam', 'learning_rate initial_accumulator_value', {
    initialAccumulator: { parameter: 'initial_accumulator_value', default: 0.1 },
  }),
  trainOptimizer('RMSProp', 'other', 'learning_rate decay momentum epsilon use_locking centered', {
    momentum: { parameter: 'momentum', default: 0 },
    epsilon: { parameter: 'epsilon', default: 1e-10, place: 'inside-root' },
    notConvertible:
      'TensorFlow 1 starts the running average of RMSProp at one, so that no constant factor converts its first steps.',
  }),
  trainOptimizer(
    'Ftrl',
    'other',
    'learning_rate learning_rate_power initial_accumulator_value l1_regularization_strength l2_regularization_strength',
    {
      notConvertible:
        'FTRL weighs its penalties against a sum over all steps; no constant factor converts its settings.',
    },
  ),
  trainOptimizer(
    'ProximalGradientDescent',
    'other',
    'learning_rate l1_regularization_strength l2_regularization_strength',
    { notConvertible: proximal },
  ),
  trainOptimizer(
    'ProximalAdagrad',
    'other',
    'learning_rate initial_accumulator_value l1_regularization_strength l2_regularization_strength',
    { notConvertible: proximal },
  ),
  optimizer(
    ['tensorflow.contrib.opt.AdamWOptimizer'],
    { title: 'AdamW', family: 'adam' },
    'weight_decay learning_rate beta1 beta2 epsilon',
    rate(0.001),
    {
      weightDecay: { parameter: 'weight_decay', default: 0, coupling: 'independent' },
      epsilon: { parameter: 'epsilon', default: 1e-8, place: 'outside-root' },
      evidence: 'source-read',
    },
  ),
  optimizer(
    ['tensorflow.contrib.opt.MomentumWOptimizer'],
    { title: 'MomentumW', family: 'sgd' },
    'weight_decay learning_rate momentum',
    rate(),
    {
      momentum: { parameter: 'momentum', default: 0 },
      weightDecay: { parameter: 'weight_decay', default: 0, coupling: 'independent' },
      evidence: 'source-read',
    },
  ),
  optimizer(
    ['tensorflow.contrib.opt.LazyAdamOptimizer'],
    { title: 'LazyAdam', family: 'adam' },
    'learning_rate beta1 beta2 epsilon',
    rate(0.001),
    {
      epsilon: { parameter: 'epsilon', default: 1e-8, place: 'outside-root' },
      evidence: 'source-read',
    },
  ),
];

const decay = (names: string, parameters: string, initial: string | null) =>
  define({ effect: 'schedule', initial }, train(names), parameters);

const stepping: readonly Entry[] = [
  sink({ method: { names: ['minimize'], on: 'optimizer' } }, 'loss global_step var_list', {
    loss: 'loss',
    form: 'value',
    optimizer: 'receiver',
    implicitReduction: 'sum',
  }),
  sink({ method: { names: ['compute_gradients'], on: 'optimizer' } }, 'loss var_list', {
    loss: 'loss',
    form: 'value',
    optimizer: null,
    implicitReduction: 'sum',
  }),
  sink(
    { names: under(['tensorflow.contrib.slim.learning', 'tensorflow.contrib.training'], 'create_train_op') },
    'total_loss optimizer global_step',
    {
      loss: 'total_loss',
      form: 'value',
      optimizer: 'optimizer',
      implicitReduction: 'sum',
    },
  ),
  sink(
    { names: ['tensorflow.contrib.layers.optimize_loss'] },
    'loss global_step learning_rate optimizer gradient_noise_scale gradient_multipliers clip_gradients',
    {
      loss: 'loss',
      form: 'value',
      optimizer: 'optimizer',
      implicitReduction: 'sum',
    },
  ),
  decay(
    'exponential_decay natural_exp_decay inverse_time_decay polynomial_decay',
    'learning_rate global_step decay_steps decay_rate',
    'learning_rate',
  ),
  decay(
    'cosine_decay cosine_decay_restarts linear_cosine_decay noisy_linear_cosine_decay',
    'learning_rate global_step decay_steps',
    'learning_rate',
  ),
  decay('piecewise_constant piecewise_constant_decay', 'x boundaries values', null),
  define(
    { effect: 'wrap', target: 'opt' },
    [
      ...train('SyncReplicasOptimizer'),
      'tensorflow.contrib.tpu.CrossShardOptimizer',
      'tensorflow.tpu.CrossShardOptimizer',
      'tensorflow.contrib.opt.MovingAverageOptimizer',
    ],
    'opt',
  ),
  define(transparent, tf('tuple contrib.framework.nest.flatten'), 'tensors'),
  define(report, tf('assign assign_add assign_sub group'), 'ref value'),
  define(report, tf('scalar_summary histogram_summary image_summary merge_all_summaries'), 'tags values'),
  method(report, 'add_summary', 'writer summary', { on: 'any' }),
];

export const tensorflow1: Framework = {
  id: 'tensorflow1',
  title: 'TensorFlow 1',
  languages: ['python'],
  aliases: [
    ['tensorflow.compat.v1', 'tensorflow'],
    ['tensorflow.python.platform.flags', 'tensorflow.app.flags'],
    ['tensorflow.flags', 'tensorflow.app.flags'],
    ['tf_slim', 'tensorflow.contrib.slim'],
    ['tensorflow.contrib.slim.losses', 'tensorflow.contrib.losses'],
    ['tensorflow.contrib.slim.regularizers', 'tensorflow.contrib.layers'],
    ['tensorflow.contrib.losses.python.losses', 'tensorflow.contrib.losses'],
  ],
  modules: ['tensorflow'],
  markers: [
    'compat.v1',
    'tf.placeholder',
    'tf.Session',
    'tf.app.',
    'tf.flags',
    'tf.get_variable',
    'tf.variable_scope',
    'tf.add_to_collection',
    'tf.get_collection',
    'tf.trainable_variables',
    'tf.global_variables',
    'tf.contrib',
    'tf.layers.',
    'tf.estimator',
    'tf_slim',
    'tensorflow.contrib',
    'GradientDescentOptimizer',
    'MomentumOptimizer',
    'AdamOptimizer',
    'RMSPropOptimizer',
    'AdagradOptimizer',
  ],
  models: [],
  entries: [...losses, ...graph, ...inputs, ...layers, ...optimizers, ...stepping],
  prefixes: [
    { prefix: 'tensorflow.logging.', entry: define(report, [], '') },
    { prefix: 'tensorflow.metrics.', entry: define(metric, [], '') },
    { prefix: 'tensorflow.contrib.metrics.', entry: define(metric, [], '') },
    { prefix: 'tensorflow.contrib.summary.', entry: define(report, [], '') },
    // The functions have entries of their own; these are the classes.
    {
      prefix: 'tensorflow.layers.',
      entry: define(
        { effect: 'layer', weightDecay: ['kernel_regularizer', 'bias_regularizer'] },
        [],
        '* kernel_regularizer bias_regularizer',
      ),
    },
    { prefix: 'tensorflow.distributions.', entry: define(apply, [], '') },
    { prefix: 'tensorflow.contrib.distributions.', entry: define(apply, [], '') },
    { prefix: 'tensorflow_probability.distributions.', entry: define(apply, [], '') },
    { prefix: 'tensorflow.nn.rnn_cell.', entry: define(layer, [], '') },
    { prefix: 'tensorflow.contrib.rnn.', entry: define(layer, [], '') },
  ],
};
