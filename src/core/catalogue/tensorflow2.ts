/** TensorFlow: the functions that its versions share, and what only the second has. Keras has a table of its own. */
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
  none,
  pick,
  type ReducerDetails,
  reducer,
  report,
  sink,
  transparent,
  under,
  words,
} from './entries.ts';
import type { Entry, Framework, LossEntry, ReducerEntry } from './schema.ts';

const tf = (text: string) => under('tensorflow', text);
const nn = (text: string) => under('tensorflow.nn', text);

// ── Losses and reducers ─────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A function of `tf.nn`: one number an example or an element, reduced by the caller. */
const perExample = (name: string, parameters: string, axes: string, details: Partial<LossEntry> = {}): LossEntry => ({
  effect: 'loss',
  names: nn(name),
  form: 'function',
  parameters: words(parameters),
  axes,
  reduction: fixed('none', none),
  evidence: 'executed',
  ...details,
});

const dim = { synonyms: { dim: 'axis' } };

const losses: readonly LossEntry[] = [
  perExample(
    'softmax_cross_entropy_with_logits softmax_cross_entropy_with_logits_v2',
    'labels logits axis name',
    'labels: B *S C, logits: B *S C -> B *S',
    dim,
  ),
  perExample('sparse_softmax_cross_entropy_with_logits', 'labels logits name', 'labels: B *S, logits: B *S C -> B *S'),
  perExample('sigmoid_cross_entropy_with_logits', 'labels logits name', 'labels: B *S, logits: B *S -> B *S', {
    synonyms: { targets: 'labels' },
  }),
  perExample(
    'weighted_cross_entropy_with_logits',
    'labels logits pos_weight name',
    'labels: B *S, logits: B *S -> B *S',
    { synonyms: { targets: 'labels' } },
  ),
  perExample('log_poisson_loss', 'targets log_input compute_full_loss name', 'targets: B *S, log_input: B *S -> B *S'),
  perExample(
    'nce_loss',
    'weights biases labels inputs num_sampled num_classes num_true',
    'labels: B T, inputs: B C -> B',
  ),
  perExample(
    'sampled_softmax_loss',
    'weights biases labels inputs num_sampled num_classes num_true',
    'labels: B T, inputs: B C -> B',
  ),
  perExample(
    'ctc_loss',
    'labels logits label_length logit_length logits_time_major unique blank_index name',
    'logits: T B C -> B',
    { synonyms: { inputs: 'logits' } },
  ),
  {
    effect: 'loss',
    names: nn('compute_average_loss'),
    form: 'function',
    parameters: words('per_example_loss sample_weight global_batch_size'),
    axes: 'per_example_loss: B *S -> B *S',
    reduction: fixed('mean', mean('batch')),
    weights: 'sample_weight',
    divisor: 'global_batch_size',
    evidence: 'executed',
    note: 'With `global_batch_size` given it is a sum divided by that number, whatever the batch holds.',
  },
];

const tfReducer = (operation: ReducerEntry['operation'], text: string, details: ReducerDetails = {}): ReducerEntry =>
  reducer(operation, tf(text), 'input_tensor axis keepdims name', {
    axis: 'axis',
    keepDims: 'keepdims',
    synonyms: { reduction_indices: 'axis', keep_dims: 'keepdims' },
    ...details,
  });

const reducers: readonly ReducerEntry[] = [
  tfReducer('sum', 'reduce_sum'),
  tfReducer('mean', 'reduce_mean'),
  tfReducer('max', 'reduce_max'),
  tfReducer('min', 'reduce_min'),
  tfReducer('product', 'reduce_prod'),
  tfReducer('logsumexp', 'reduce_logsumexp'),
  tfReducer('variance', 'reduce_variance', { unbiased: false }),
  tfReducer('deviation', 'reduce_std', { unbiased: false }),
  tfReducer('norm', 'reduce_euclidean_norm', { order: { parameter: 'ord', default: 2 } }),
  reducer('norm', tf('norm'), 'tensor ord axis keepdims name', {
    axis: 'axis',
    keepDims: 'keepdims',
    synonyms: { keep_dims: 'keepdims' },
    order: { parameter: 'ord', default: 2 },
  }),
  reducer('norm', tf('global_norm'), 't_list name', { order: { parameter: 'ord', default: 2 } }),
  reducer('half-square-sum', nn('l2_loss'), 't name'),
  // Divided by the number of replicas, which is a matter of the training loop.
  reducer('sum', nn('scale_regularization_loss'), 'regularization_loss'),
  reducer('count-nonzero', tf('count_nonzero'), 'input axis keepdims', {
    axis: 'axis',
    keepDims: 'keepdims',
    synonyms: { input_tensor: 'input', reduction_indices: 'axis', keep_dims: 'keepdims' },
  }),
  reducer('argument', tf('argmax argmin arg_max arg_min'), 'input axis', {
    axis: 'axis',
    synonyms: { dimension: 'axis' },
  }),
  reducer('top-k', [...tf('top_k'), ...nn('top_k')], 'input k sorted', { count: 'k' }),
];

// ── Functions ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

const functions: readonly Entry[] = [
  elementwise(
    null,
    tf('exp expm1 log1p sigmoid tanh sin cos tan asin acos atan sinh cosh asinh acosh atanh erf erfc lgamma digamma'),
  ),
  along('softmax', [...tf('softmax'), ...nn('softmax softmax_v2')], 'logits axis', 'axis'),
  along('log-softmax', [...tf('log_softmax'), ...nn('log_softmax')], 'logits axis', 'axis'),
  along('cumulate', tf('cumsum cumprod'), 'x axis', 'axis'),
  elementwise(null, tf('floor ceil round rint softplus log_sigmoid l2_normalize ')),
  elementwise(null, nn('sigmoid tanh softplus softsign elu selu gelu swish silu relu6 crelu log_sigmoid')),
  elementwise(null, nn('l2_normalize local_response_normalization lrn ')),
  elementwise('log', tf('log')),
  elementwise(1, [...tf('abs negative neg pad reverse relu'), ...nn('relu leaky_relu dropout')]),
  elementwise(
    1,
    nn('max_pool max_pool1d max_pool2d max_pool3d avg_pool avg_pool1d avg_pool2d avg_pool3d pool max_pool_with_argmax'),
  ),
  elementwise(2, tf('square')),
  elementwise(0.5, tf('sqrt')),
  elementwise(-0.5, tf('rsqrt')),
  elementwise(-1, tf('reciprocal inv')),
  elementwise(0, tf('sign')),
  define({ effect: 'power', exponent: 'y' }, tf('pow'), 'x y'),
  define(arithmetic('+'), [...tf('add'), ...nn('bias_add')], 'x y'),
  define(arithmetic('-'), tf('subtract sub'), 'x y'),
  define({ effect: 'arithmetic', operator: '-', power: 2 }, tf('squared_difference'), 'x y'),
  define(arithmetic('*'), tf('multiply mul multiply_no_nan scalar_mul'), 'x y'),
  define(arithmetic('/'), tf('divide div truediv realdiv div_no_nan divide_no_nan floordiv'), 'x y'),
  define(
    arithmetic('@'),
    tf('matmul batch_matmul matvec sparse_tensor_dense_matmul sparse.sparse_dense_matmul'),
    'a b',
  ),
  define(arithmetic('@'), tf('tensordot'), 'a b axes'),
  define(guard, tf('maximum minimum'), 'x y'),
  define(
    { effect: 'guard', clip: { type: 'value', threshold: 'clip_value_max' } },
    tf('clip_by_value'),
    't clip_value_min clip_value_max',
  ),
  define(
    { effect: 'clip', type: 'norm', threshold: 'clip_norm' },
    tf('clip_by_norm clip_by_average_norm'),
    't clip_norm axes',
  ),
  define(
    { effect: 'clip', type: 'norm', threshold: 'clip_norm' },
    tf('clip_by_global_norm'),
    't_list clip_norm use_norm',
  ),
  define(
    { effect: 'select', condition: 'condition', then: 'x', otherwise: 'y' },
    tf('where where_v2 select'),
    'condition x y',
  ),
  define({ effect: 'call-function', function: 'true_fn' }, tf('cond'), 'pred true_fn false_fn', {
    synonyms: { fn1: 'true_fn', fn2: 'false_fn' },
  }),
  define(
    mask,
    tf('equal not_equal less less_equal greater greater_equal logical_and logical_or logical_not logical_xor'),
    'x y',
  ),
  define(mask, tf('is_nan is_inf is_finite sequence_mask reduce_any reduce_all'), 'x y'),
  define(mask, [...nn('in_top_k'), ...tf('in_top_k')], 'targets predictions k'),
  define({ effect: 'add-list' }, tf('add_n accumulate_n'), 'inputs name'),
  define({ effect: 'shape' }, tf('shape shape_v2'), 'input name', { methods: 'get_shape', properties: 'shape' }),
  define({ effect: 'element-count' }, tf('size'), 'input'),
  define({ effect: 'constant' }, tf('rank'), 'input'),
  define(transparent, [], 'shape', { methods: 'as_list', properties: 'value values' }),
  define({ effect: 'reshape', how: 'reshape', argument: 'shape' }, tf('reshape'), 'tensor shape'),
  define({ effect: 'reshape', how: 'squeeze', argument: 'axis' }, tf('squeeze'), 'input axis name', {
    synonyms: { squeeze_dims: 'axis' },
  }),
  define({ effect: 'reshape', how: 'unsqueeze', argument: 'axis' }, tf('expand_dims'), 'input axis name', {
    synonyms: { dim: 'axis' },
  }),
  define({ effect: 'reshape', how: 'permute', argument: 'perm' }, tf('transpose'), 'a perm'),
  define({ effect: 'reshape', how: 'repeat', argument: null }, tf('tile repeat broadcast_to'), 'input multiples'),
  define({ effect: 'reshape', how: 'unsqueeze', argument: null }, tf('one_hot'), 'indices depth'),
  define(
    { effect: 'join', how: 'stack', list: 'values', axis: 'axis' },
    tf('stack pack parallel_stack'),
    'values axis',
  ),
  define({ effect: 'join', how: 'concat', list: 'values', axis: 'axis' }, tf('concat'), 'values axis'),
  define(
    pick,
    tf('gather gather_nd batch_gather slice strided_slice unstack split sort dynamic_partition'),
    'params indices',
  ),
  define({ effect: 'apply' }, nn('embedding_lookup embedding_lookup_sparse'), 'params ids', { input: 'ids' }),
  define({ effect: 'pick', how: 'mask' }, tf('boolean_mask'), 'tensor mask axis'),
  define(detach, tf('argsort stop_gradient'), 'input', { methods: 'numpy' }),
  define({ effect: 'einsum' }, tf('einsum'), 'equation inputs'),
  define(
    transparent,
    tf('identity cast to_float to_double to_int32 to_int64 saturate_cast convert_to_tensor ensure_shape bitcast'),
    'x',
    {
      synonyms: { input: 'x', value: 'x' },
    },
  ),
  define(transparent, tf('check_numerics verify_tensor_all_finite Print tuple grad_pass_through'), 'tensor'),
  define({ effect: 'constant', value: 'first-argument' }, tf('constant'), 'value'),
  define({ effect: 'constant', value: 0 }, tf('zeros zeros_like'), 'shape'),
  define({ effect: 'constant', value: 1 }, tf('ones ones_like'), 'shape'),
  define(
    { effect: 'constant' },
    tf('fill range linspace eye random_normal random_uniform truncated_normal no_op constant_initializer pi'),
    'dims',
  ),
  define({ effect: 'parameter' }, tf('Variable'), 'initial_value trainable'),
  define({ effect: 'parameters' }, [], 'model', {
    on: 'model',
    properties: 'trainable_variables trainable_weights variables weights',
    methods: 'trainable_parameters',
  }),
  define(
    apply,
    nn(
      'conv1d conv2d conv3d conv2d_transpose conv2d_backprop_input depthwise_conv2d depthwise_conv2d_native separable_conv2d convolution atrous_conv2d',
    ),
    'input filters',
  ),
  define(
    apply,
    nn(
      'batch_normalization fused_batch_norm batch_norm_with_global_normalization xw_plus_b relu_layer dynamic_rnn bidirectional_dynamic_rnn static_rnn rnn space_to_depth depth_to_space',
    ),
    'x',
  ),
  // One number for a pair of images, or for one.
  define(apply, under('tensorflow.image', 'ssim ssim_multiscale psnr total_variation'), 'img1 img2'),
  define(
    { effect: 'wrap', target: 'func' },
    tf('function recompute_grad custom_gradient autograph.experimental.do_not_convert contrib.eager.defun'),
    'func',
  ),
  define(report, tf('print'), ''),
  sink({ names: tf('gradients') }, 'ys xs grad_ys name', {
    loss: 'ys',
    withRespectTo: 'xs',
    form: 'value',
    optimizer: null,
    implicitReduction: 'sum',
  }),
  define({ effect: 'tape' }, tf('GradientTape contrib.eager.GradientTape'), 'persistent'),
  sink({ method: { names: ['gradient'], on: 'tape' } }, 'target sources output_gradients', {
    loss: 'target',
    withRespectTo: 'sources',
    form: 'value',
    optimizer: null,
    implicitReduction: 'sum',
  }),
  method(transparent, 'get_scaled_loss', 'optimizer loss', { on: 'optimizer', input: 'loss' }),
  method(transparent, 'get_unscaled_gradients', 'optimizer gradients', { on: 'optimizer', input: 'gradients' }),
  define(
    { effect: 'wrap', target: 'optimizer' },
    [
      'tensorflow.train.experimental.enable_mixed_precision_graph_rewrite',
      'horovod.tensorflow.DistributedOptimizer',
      'horovod.tensorflow.keras.DistributedOptimizer',
      'horovod.keras.DistributedOptimizer',
    ],
    'optimizer',
  ),
  define({ effect: 'wrap', target: 'tape' }, ['horovod.tensorflow.DistributedGradientTape'], 'tape'),
];

const data: readonly Entry[] = [
  method(
    { effect: 'batches', size: 'batch_size', default: null, dropLast: 'drop_remainder', dropLastDefault: false },
    'batch',
    'dataset batch_size drop_remainder',
    { on: 'any' },
  ),
  method(
    { effect: 'batches', size: 'batch_size', default: null, dropLast: 'drop_remainder', dropLastDefault: false },
    'padded_batch',
    'dataset batch_size padded_shapes padding_values drop_remainder',
    { on: 'any' },
  ),
  method(
    transparent,
    'map shuffle prefetch cache repeat take skip filter interleave with_options as_numpy_iterator make_one_shot_iterator make_initializable_iterator',
    'dataset',
    { on: 'batches' },
  ),
  method({ effect: 'next' }, 'get_next', 'iterator', { on: 'any' }),
  define(transparent, tf('data.make_one_shot_iterator data.make_initializable_iterator'), 'dataset'),
];

export const tensorflow2: Framework = {
  id: 'tensorflow2',
  title: 'TensorFlow',
  languages: ['python'],
  aliases: [
    ['tensorflow.compat.v2', 'tensorflow'],
    ['tensorflow.math', 'tensorflow'],
    ['tensorflow.linalg', 'tensorflow'],
    ['tensorflow.debugging', 'tensorflow'],
    ['tensorflow.random.normal', 'tensorflow.random_normal'],
    ['tensorflow.random.uniform', 'tensorflow.random_uniform'],
    ['tensorflow.random.truncated_normal', 'tensorflow.truncated_normal'],
  ],
  modules: ['tensorflow'],
  markers: ['tf.GradientTape', '@tf.function', 'tf.optimizers.', 'tf.data.Dataset', 'tf.Module'],
  customaryNames: { tf: 'tensorflow' },
  models: [{ name: 'tensorflow.Module', call: '__call__' }],
  entries: [...losses, ...reducers, ...functions, ...data],
  prefixes: [
    { prefix: 'tensorflow.summary.', entry: define(report, [], 'name') },
    { prefix: 'tensorflow.image.', entry: elementwise(null, []) },
    { prefix: 'tensorflow.random.', entry: define({ effect: 'constant' }, [], 'shape') },
    { prefix: 'tensorflow_hub.', entry: define(layer, [], '') },
  ],
};
