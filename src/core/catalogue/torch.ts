/** PyTorch, with the parts of torchvision, Lightning, Accelerate and Transformers that stand between a torch loss and its step. */
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
  type ReducerDetails,
  reducer,
  report,
  sink,
  sum,
  transparent,
  under,
  words,
} from './entries.ts';
import type {
  Denominator,
  Entry,
  Framework,
  FunctionEntry,
  LossEntry,
  OptimizerEntry,
  ReducerEntry,
} from './schema.ts';

const functional = 'torch.nn.functional';

// ── Losses ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

interface TorchLoss {
  readonly axes: string;
  /** Parameters of the class's constructor. */
  readonly construct: string;
  /** Parameters of the function after its inputs; those of the class where it is not said. */
  readonly then?: string;
  readonly denominator?: Denominator;
  /** The denominator of the function, where it takes weights that the class does not. */
  readonly functionDenominator?: Denominator;
  readonly weights?: string;
  readonly details?: Partial<LossEntry>;
}

/** A loss as a class and as a function: the same reduction, other arguments. */
function torchLoss(classNames: string, functionName: string, loss: TorchLoss): LossEntry[] {
  const inputs =
    loss.axes
      .split('->')[0]
      ?.split(',')
      .map((part) => part.split(':')[0]?.trim() ?? '') ?? [];
  const entry = (form: LossEntry['form'], names: readonly string[], list: readonly string[]): LossEntry => {
    const denominator = (form === 'function' ? loss.functionDenominator : undefined) ?? loss.denominator ?? 'elements';
    const weights = ['weight', ...(loss.weights ? [loss.weights] : [])].find((w) => list.includes(w));
    return {
      effect: 'loss',
      names,
      form,
      parameters: list,
      axes: loss.axes,
      reduction: {
        parameter: 'reduction',
        default: 'mean',
        values: { none, sum, mean: mean(denominator) },
        ...(list.includes('size_average') ? { legacy: { average: 'size_average', reduce: 'reduce' } } : {}),
      },
      ...(weights === undefined ? {} : { weights }),
      ...(list.includes('ignore_index') ? { ignored: 'ignore_index' } : {}),
      evidence: 'executed',
      ...(form === 'class' ? { call: inputs } : {}),
      ...loss.details,
    };
  };
  return [
    entry('class', under('torch.nn', classNames), words(loss.construct)),
    entry('function', under(functional, functionName), [...inputs, ...words(loss.then ?? loss.construct)]),
  ];
}

const OLD = 'size_average reduce reduction';
const elementwiseAxes = 'input: B *S, target: B *S -> B *S';
const positionalString =
  'A string given by position lands in `size_average`, where any string is true: `MSELoss("sum")` is a mean.';

const losses: readonly LossEntry[] = [
  ...torchLoss('L1Loss', 'l1_loss', {
    axes: elementwiseAxes,
    construct: OLD,
    then: `${OLD} weight`,
    functionDenominator: 'weights',
    details: { note: positionalString },
  }),
  ...torchLoss('MSELoss', 'mse_loss', {
    axes: elementwiseAxes,
    construct: OLD,
    then: `${OLD} weight`,
    functionDenominator: 'weights',
    details: { note: positionalString },
  }),
  ...torchLoss('SmoothL1Loss', 'smooth_l1_loss', { axes: elementwiseAxes, construct: `${OLD} beta` }),
  ...torchLoss('HuberLoss', 'huber_loss', {
    axes: elementwiseAxes,
    construct: 'reduction delta',
    then: 'reduction delta weight',
    functionDenominator: 'weights',
  }),
  ...torchLoss('CrossEntropyLoss', 'cross_entropy', {
    axes: 'input: B C *S, target: B *S -> B *S',
    construct: 'weight size_average ignore_index reduce reduction label_smoothing',
    denominator: 'valid-targets',
    details: {
      note: 'With class weights the mean divides by the sum of the weights of the targets, and not by their number; with class probabilities as targets it divides by their number.',
    },
  }),
  ...torchLoss('NLLLoss NLLLoss2d', 'nll_loss', {
    axes: 'input: B C *S, target: B *S -> B *S',
    construct: 'weight size_average ignore_index reduce reduction',
    denominator: 'valid-targets',
    details: { note: 'With class weights the mean divides by the sum of the weights of the targets.' },
  }),
  ...torchLoss('BCELoss', 'binary_cross_entropy', {
    axes: elementwiseAxes,
    construct: 'weight size_average reduce reduction',
    details: { note: 'Weights scale the elements and do not change what the mean divides by.' },
  }),
  ...torchLoss('BCEWithLogitsLoss', 'binary_cross_entropy_with_logits', {
    axes: elementwiseAxes,
    construct: 'weight size_average reduce reduction pos_weight',
    details: { note: 'Weights scale the elements and do not change what the mean divides by.' },
  }),
  ...torchLoss('KLDivLoss', 'kl_div', {
    axes: elementwiseAxes,
    construct: `${OLD} log_target`,
    details: {
      reduction: {
        parameter: 'reduction',
        default: 'mean',
        values: { none, sum, mean: mean('elements'), batchmean: mean('batch') },
        legacy: { average: 'size_average', reduce: 'reduce' },
      },
      note: 'Its mean divides by the classes too; `batchmean` divides by the batch alone and is the divergence.',
    },
  }),
  ...torchLoss('PoissonNLLLoss', 'poisson_nll_loss', {
    axes: elementwiseAxes,
    construct: 'log_input full size_average eps reduce reduction',
  }),
  ...torchLoss('GaussianNLLLoss', 'gaussian_nll_loss', {
    axes: 'input: B *S, target: B *S, var: B *S -> B *S',
    construct: '* full eps reduction',
    then: 'full eps reduction',
  }),
  ...torchLoss('HingeEmbeddingLoss', 'hinge_embedding_loss', { axes: elementwiseAxes, construct: `margin ${OLD}` }),
  ...torchLoss('SoftMarginLoss', 'soft_margin_loss', { axes: elementwiseAxes, construct: OLD }),
  ...torchLoss('MultiLabelSoftMarginLoss', 'multilabel_soft_margin_loss', {
    axes: 'input: B C, target: B C -> B',
    construct: 'weight size_average reduce reduction',
    details: { note: 'The classes are averaged first, under every reduction.' },
  }),
  ...torchLoss('MultiMarginLoss', 'multi_margin_loss', {
    axes: 'input: B C, target: B -> B',
    construct: 'p margin weight size_average reduce reduction',
  }),
  ...torchLoss('MultiLabelMarginLoss', 'multilabel_margin_loss', {
    axes: 'input: B C, target: B C -> B',
    construct: OLD,
  }),
  ...torchLoss('MarginRankingLoss', 'margin_ranking_loss', {
    axes: 'input1: B *S, input2: B *S, target: B *S -> B *S',
    construct: `margin ${OLD}`,
  }),
  ...torchLoss('CosineEmbeddingLoss', 'cosine_embedding_loss', {
    axes: 'input1: B C, input2: B C, target: B -> B',
    construct: `margin ${OLD}`,
  }),
  ...torchLoss('TripletMarginLoss', 'triplet_margin_loss', {
    axes: 'anchor: B C, positive: B C, negative: B C -> B',
    construct: `margin p eps swap ${OLD}`,
  }),
  ...torchLoss('TripletMarginWithDistanceLoss', 'triplet_margin_with_distance_loss', {
    axes: 'anchor: B C, positive: B C, negative: B C -> B',
    construct: '* distance_function margin swap reduction',
  }),
  ...torchLoss('CTCLoss', 'ctc_loss', {
    axes: 'log_probs: T B C, targets: B *S, input_lengths: B, target_lengths: B -> B',
    construct: 'blank reduction zero_infinity',
    denominator: 'characters',
    details: { note: 'Its mean divides each example by the length of its own target first.' },
  }),
  {
    effect: 'loss',
    names: ['torch.nn.AdaptiveLogSoftmaxWithLoss'],
    form: 'class',
    parameters: words('in_features n_classes cutoffs div_value head_bias device dtype'),
    call: words('input target'),
    axes: 'input: B C, target: B -> B',
    reduction: fixed('mean', mean('elements')),
    evidence: 'executed',
    note: 'It gives a pair; its field `loss` is the mean over the batch and cannot be changed.',
  },
  {
    effect: 'loss',
    names: under(functional, 'linear_cross_entropy'),
    form: 'function',
    parameters: words('input linear_weight target linear_bias * weight ignore_index label_smoothing reduction'),
    axes: 'input: B *S C, target: B *S -> B *S',
    reduction: { parameter: 'reduction', default: 'mean', values: { none, sum, mean: mean('valid-targets') } },
    weights: 'weight',
    ignored: 'ignore_index',
    evidence: 'executed',
  },
  {
    effect: 'loss',
    names: under(['torchvision.ops', 'torchvision.ops.focal_loss'], 'sigmoid_focal_loss'),
    form: 'function',
    parameters: words('inputs targets alpha gamma reduction'),
    axes: 'inputs: B *S, targets: B *S -> B *S',
    reduction: { parameter: 'reduction', default: 'none', values: { none, sum, mean: mean('elements') } },
    evidence: 'source-read',
  },
];

// ── Reducers ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** torch takes NumPy's keywords in place of its own. */
const numpyNames = { axis: 'dim', keepdims: 'keepdim', a: 'input', x: 'input' };
const overDim = { axis: 'dim', keepDims: 'keepdim', synonyms: numpyNames };
/** A reducer that is a function and a method of the same name. */
const torchReducer = (
  operation: ReducerEntry['operation'],
  text: string,
  parameters: string,
  details: ReducerDetails = {},
): ReducerEntry => reducer(operation, under('torch', text), parameters, { ...overDim, ...details, methods: text });

const reducers: readonly ReducerEntry[] = [
  torchReducer('sum', 'sum nansum', 'input dim keepdim * dtype'),
  torchReducer('mean', 'mean nanmean', 'input dim keepdim * dtype'),
  torchReducer('max', 'max', 'input dim keepdim', { pairWithAxis: true }),
  torchReducer('min', 'min', 'input dim keepdim', { pairWithAxis: true }),
  torchReducer('max', 'amax', 'input dim keepdim'),
  torchReducer('min', 'amin', 'input dim keepdim'),
  torchReducer('median', 'median nanmedian mode', 'input dim keepdim', { pairWithAxis: true }),
  torchReducer('median', 'quantile nanquantile', 'input q dim keepdim'),
  torchReducer('product', 'prod', 'input dim keepdim'),
  torchReducer('variance', 'var', 'input dim unbiased keepdim * correction', { unbiased: true }),
  torchReducer('deviation', 'std', 'input dim unbiased keepdim * correction', { unbiased: true }),
  torchReducer('logsumexp', 'logsumexp', 'input dim keepdim'),
  torchReducer('count-nonzero', 'count_nonzero', 'input dim'),
  torchReducer('argument', 'argmax argmin', 'input dim keepdim'),
  torchReducer('norm', 'norm', 'input p dim keepdim', { order: { parameter: 'p', default: 2 } }),
  reducer('norm', under('torch.linalg', 'norm vector_norm matrix_norm'), 'x ord dim keepdim', {
    ...overDim,
    synonyms: { axis: 'dim', keepdims: 'keepdim', A: 'x', input: 'x' },
    order: { parameter: 'ord', default: 2 },
  }),
  reducer('top-k', ['torch.topk'], 'input k dim largest sorted', { axis: 'dim', count: 'k', methods: 'topk' }),
];

// ── Functions of tensors ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** A function that is also a method, and a method that works in place. */
const both = (degree: number | null | 'log', text: string): FunctionEntry =>
  elementwise(
    degree,
    under(['torch', 'torch.special'], text),
    `${text} ${words(text)
      .map((w) => `${w}_`)
      .join(' ')}`,
    'input',
  );

const activation = (degree: number | null, text: string): FunctionEntry =>
  elementwise(degree, under(functional, text), '', 'input');

const operator = (name: '+' | '-' | '*' | '/' | '**' | '@', text: string, inPlace = ''): FunctionEntry =>
  define(arithmetic(name), under('torch', text), 'input other', { methods: `${text} ${inPlace}` });

const reshape = (
  how: 'reshape' | 'flatten' | 'squeeze' | 'unsqueeze' | 'transpose' | 'permute' | 'expand' | 'repeat',
  argument: string | null,
  names: string,
  methods: string,
  parameters = 'input',
): FunctionEntry =>
  define({ effect: 'reshape', how, argument }, under('torch', names), parameters, {
    methods,
    synonyms: { axis: 'dim' },
  });

const tensorFunctions: readonly Entry[] = [
  both(
    null,
    'exp exp2 expm1 log1p sigmoid expit tanh sinh cosh sin cos tan asin acos atan arcsin arccos arctan asinh acosh atanh',
  ),
  along(
    'softmax',
    [...under(['torch', 'torch.special', functional], 'softmax'), ...under(functional, 'softmin')],
    'input dim',
    'dim',
    'softmax',
  ),
  along('softmax', under(functional, 'gumbel_softmax'), 'logits tau hard eps dim', 'dim'),
  along('log-softmax', under(['torch', 'torch.special', functional], 'log_softmax'), 'input dim', 'dim', 'log_softmax'),
  along('cumulate', under('torch', 'cumsum cumprod logcumsumexp'), 'input dim', 'dim', 'cumsum cumprod logcumsumexp'),
  both(null, 'erf erfc erfinv logit lgamma digamma floor ceil round trunc frac sinc '),
  both('log', 'log log2 log10'),
  both(1, 'abs absolute neg negative relu nan_to_num diff fix dropout'),
  both(2, 'square'),
  both(0.5, 'sqrt'),
  both(-0.5, 'rsqrt'),
  both(-1, 'reciprocal'),
  both(0, 'sign sgn'),
  elementwise(null, under('torch', 'fmod remainder'), 'fmod remainder', 'input'),
  activation(
    1,
    'relu relu_ leaky_relu leaky_relu_ rrelu dropout dropout1d dropout2d dropout3d alpha_dropout feature_alpha_dropout',
  ),
  activation(1, 'max_pool1d max_pool2d max_pool3d avg_pool1d avg_pool2d avg_pool3d lp_pool2d interpolate upsample'),
  activation(
    1,
    'adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d pad',
  ),
  activation(
    null,
    'elu selu celu gelu silu mish softplus hardtanh hardswish hardsigmoid softsign tanh sigmoid logsigmoid relu6 glu',
  ),
  activation(null, 'normalize threshold tanhshrink hardshrink softshrink'),
  // `p.data` and `p.grad` are tensors that nothing is differentiated through.
  define(detach, ['torch.detach'], 'input', {
    methods: 'detach detach_ item tolist numpy',
    properties: 'data grad',
  }),
  operator('+', 'add', 'add_'),
  operator('-', 'sub subtract', 'sub_ subtract_'),
  operator('*', 'mul multiply', 'mul_ multiply_'),
  operator('/', 'div divide true_divide floor_divide', 'div_ divide_ true_divide_'),
  operator('@', 'matmul mm bmm mv dot vdot inner'),
  define(arithmetic('@'), ['torch.spmm', 'torch.sparse.mm'], 'input other'),
  define({ effect: 'power', exponent: 'exponent' }, ['torch.pow', 'torch.float_power'], 'input exponent', {
    methods: 'pow pow_ float_power',
  }),
  define(guard, under('torch', 'maximum minimum fmax fmin clamp clamp_min clamp_max clip'), 'input min max', {
    methods: 'maximum minimum fmax fmin clamp clamp_ clamp_min clamp_min_ clamp_max clamp_max_ clip clip_',
  }),
  define(
    { effect: 'select', condition: 'condition', then: 'input', otherwise: 'other' },
    ['torch.where'],
    'condition input other',
  ),
  // `a.where(condition, b)`
  method(
    { effect: 'select', condition: 'condition', then: 'input', otherwise: 'other' },
    'where',
    'input condition other',
  ),
  define(
    mask,
    under('torch', 'eq ne lt le gt ge greater less greater_equal less_equal not_equal equal isclose'),
    'input other',
    {
      methods: 'eq ne lt le gt ge greater less greater_equal less_equal not_equal equal isclose',
    },
  ),
  define(
    mask,
    under('torch', 'isnan isinf isfinite logical_and logical_or logical_not logical_xor any all'),
    'input other',
    {
      methods: 'isnan isinf isfinite logical_and logical_or logical_not logical_xor bool any all',
    },
  ),
  elementwise(
    1,
    under('torch', 'masked_fill tril triu diag diagonal diag_embed'),
    'masked_fill masked_fill_ tril triu diag diag_embed',
    'input',
  ),
  define({ effect: 'shape', axis: 'dim' }, [], 'input dim', { methods: 'size', properties: 'shape' }),
  define({ effect: 'element-count' }, ['torch.numel'], 'input', { methods: 'numel nelement' }),
  define({ effect: 'constant' }, [], 'input', {
    methods: 'dim ndimension get_device',
    properties: 'ndim device dtype is_cuda requires_grad',
  }),
  reshape('reshape', null, 'reshape', 'view reshape', 'input shape'),
  reshape('flatten', 'start_dim', 'flatten ravel', 'flatten ravel', 'input start_dim end_dim'),
  reshape('squeeze', 'dim', 'squeeze', 'squeeze squeeze_', 'input dim'),
  reshape('unsqueeze', 'dim', 'unsqueeze', 'unsqueeze unsqueeze_', 'input dim'),
  reshape(
    'transpose',
    null,
    'transpose swapaxes swapdims movedim moveaxis t',
    'transpose transpose_ swapaxes swapdims movedim t',
    'input dim0 dim1',
  ),
  reshape('permute', null, 'permute', 'permute', 'input dims'),
  define({ effect: 'reshape', how: 'transpose', argument: null }, [], 'input', { properties: 'T mT H mH' }),
  reshape('expand', null, 'broadcast_to', 'expand expand_as broadcast_to'),
  reshape('repeat', null, 'repeat_interleave tile', 'repeat repeat_interleave tile'),
  // A class index becomes a row over the classes: one more axis behind the others.
  define({ effect: 'reshape', how: 'unsqueeze', argument: null }, under(functional, 'one_hot'), 'input num_classes'),
  define({ effect: 'join', how: 'stack', list: 'tensors', axis: 'dim' }, ['torch.stack'], 'tensors dim'),
  define(
    { effect: 'join', how: 'concat', list: 'tensors', axis: 'dim' },
    under('torch', 'cat concat concatenate hstack vstack'),
    'tensors dim',
    {
      synonyms: { axis: 'dim' },
    },
  ),
  define(
    pick,
    under(
      'torch',
      'gather index_select take take_along_dim narrow chunk split tensor_split unbind flip roll sort select',
    ),
    'input dim index',
    {
      methods:
        'gather index_select take take_along_dim narrow chunk split tensor_split unbind flip roll sort select diagonal unfold',
    },
  ),
  define({ effect: 'pick', how: 'mask' }, under('torch', 'masked_select'), 'input mask', { methods: 'masked_select' }),
  // Positions, not values: nothing is differentiated through them.
  define(detach, under('torch', 'argsort argwhere nonzero unique bincount histc'), 'input', {
    methods: 'argsort argwhere nonzero unique',
  }),
  define({ effect: 'einsum' }, ['torch.einsum'], 'equation operands'),
  define(transparent, ['torch.clone'], 'input', {
    methods:
      'clone contiguous to cuda cpu float double half bfloat16 long int short type type_as view_as reshape_as requires_grad_ retain_grad pin_memory share_memory_ coalesce to_dense to_sparse unflatten rename',
    properties: 'values indices real',
  }),
  define(transparent, under('torch', 'as_tensor from_numpy asarray atleast_1d atleast_2d'), 'input'),
  define(
    { effect: 'constant', value: 'first-argument' },
    under('torch', 'tensor FloatTensor DoubleTensor Tensor'),
    'data',
  ),
  define(transparent, ['torch.autograd.Variable', 'torch.autograd.variable.Variable'], 'data requires_grad volatile'),
  define({ effect: 'constant', value: 0 }, under('torch', 'zeros'), 'size'),
  define({ effect: 'constant', value: 1 }, under('torch', 'ones'), 'size'),
  define({ effect: 'constant', value: 0 }, under('torch', 'zeros_like'), 'input'),
  define({ effect: 'constant', value: 1 }, under('torch', 'ones_like'), 'input'),
  define(
    { effect: 'constant' },
    under('torch', 'empty full rand randn randint randperm arange linspace logspace eye normal bernoulli multinomial'),
    'size',
  ),
  define(
    { effect: 'constant' },
    under('torch', 'full_like rand_like randn_like randint_like empty_like LongTensor manual_seed pi inf e nan device'),
    'input',
    {
      methods: 'new_zeros new_ones new_full new_tensor new_empty random_ uniform_ normal_ zero_ fill_ bernoulli_',
    },
  ),
];

// ── Parameters, layers, wrappers ────────────────────────────────────────────────────────────────────────────────────────────────

const building: readonly Entry[] = [
  define({ effect: 'parameter' }, ['torch.nn.Parameter', 'torch.nn.UninitializedParameter'], 'data requires_grad'),
  method({ effect: 'parameters' }, 'parameters', 'model', { on: 'model' }),
  method({ effect: 'parameters', named: true }, 'named_parameters', 'model', { on: 'model' }),
  method(transparent, 'train eval cuda cpu to float half double requires_grad_ share_memory', 'model', {
    on: 'model',
  }),
  // A layer applied at once. The result is trained and keeps its rows.
  define(
    apply,
    under(
      functional,
      'linear bilinear embedding embedding_bag conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d',
    ),
    'input weight',
  ),
  define(
    apply,
    under(
      functional,
      'batch_norm layer_norm instance_norm group_norm rms_norm local_response_norm prelu grid_sample affine_grid',
    ),
    'input weight',
  ),
  define(
    apply,
    under(
      functional,
      'scaled_dot_product_attention multi_head_attention_forward pixel_shuffle pixel_unshuffle fold unfold',
    ),
    'input weight',
  ),
  // One number for a pair of rows: the rows stay, their components go.
  define(apply, under(functional, 'cosine_similarity pairwise_distance'), 'x1 x2'),
  define(
    apply,
    under('torch', 'addmm baddbmm addmv conv2d conv1d layer_norm embedding cosine_similarity pairwise_distance'),
    'input mat1 mat2',
  ),
  define(
    { effect: 'pairs' },
    [...under('torch', 'cdist pdist outer ger kron cartesian_prod combinations'), ...under(functional, 'pdist')],
    'input other',
    { methods: 'outer' },
  ),
  elementwise(null, [], 'log_prob entropy rsample cdf icdf', 'distribution'),
  method(detach, 'sample sample_n', 'distribution'),
  define(apply, ['torch.utils.checkpoint.checkpoint', 'torch.func.functional_call'], 'function args'),
  define({ effect: 'wrap', target: 'model' }, ['torch.compile', 'torch.jit.script', 'torch.jit.trace'], 'model'),
  define(
    { effect: 'wrap', target: 'module' },
    [
      'torch.nn.DataParallel',
      'torch.nn.parallel.DistributedDataParallel',
      'torch.nn.SyncBatchNorm.convert_sync_batchnorm',
      'torch.distributed.fsdp.FullyShardedDataParallel',
      'apex.parallel.DistributedDataParallel',
      'torch.nn.utils.spectral_norm',
      'torch.nn.utils.weight_norm',
    ],
    'module',
  ),
  define({ effect: 'wrap', target: 'optimizer' }, ['horovod.torch.DistributedOptimizer'], 'optimizer'),
  define({ effect: 'give-back' }, ['apex.amp.initialize', 'ipex.optimize'], 'models optimizers'),
  method({ effect: 'give-back' }, 'prepare setup setup_dataloaders', 'accelerator', { on: 'any' }),
  define({ effect: 'no-gradient' }, ['torch.no_grad', 'torch.inference_mode', 'torch.autograd.no_grad'], ''),
  method(transparent, 'scale', 'scaler outputs', { on: 'any', input: 'outputs' }),
  define(
    {
      effect: 'batches',
      size: 'batch_size',
      default: 1,
      instead: 'batch_sampler',
      dropLast: 'drop_last',
      dropLastDefault: false,
    },
    [
      'torch.utils.data.DataLoader',
      'torch.utils.data.dataloader.DataLoader',
      'torch_geometric.loader.DataLoader',
      'torch_geometric.data.DataLoader',
      'monai.data.DataLoader',
      'torchtext.data.BucketIterator',
      'torchtext.legacy.data.BucketIterator',
    ],
    'dataset batch_size shuffle sampler batch_sampler num_workers collate_fn pin_memory drop_last',
  ),
];

// ── Optimisers, clips, schedules ────────────────────────────────────────────────────────────────────────────────────────────────

type Decay = NonNullable<OptimizerEntry['weightDecay']>;
const decay = (by: number, coupling: Decay['coupling'] = 'coupled'): Decay => ({
  parameter: 'weight_decay',
  default: by,
  coupling,
});
const outside = (value: number) => ({ parameter: 'eps', default: value, place: 'outside-root' }) as const;
const torchOptimizer = (
  name: string,
  family: OptimizerEntry['family'],
  parameters: string,
  rate: number,
  details: Partial<OptimizerEntry>,
  further: readonly string[] = [],
): OptimizerEntry =>
  optimizer(
    [`torch.optim.${name}`, ...further],
    { title: name, family },
    `params ${parameters}`,
    { parameter: 'lr', default: rate },
    details,
  );

const noLineSearch =
  'Its first step is normalised by the gradient and its later ones by curvature, so that no constant factor converts its rate.';

const optimizers: readonly OptimizerEntry[] = [
  torchOptimizer(
    'SGD',
    'sgd',
    'lr momentum dampening weight_decay nesterov * maximize foreach differentiable fused',
    1e-3,
    {
      momentum: { parameter: 'momentum', default: 0 },
      weightDecay: decay(0),
    },
  ),
  torchOptimizer('ASGD', 'sgd', 'lr lambd alpha t0 weight_decay', 1e-2, { weightDecay: decay(0) }),
  torchOptimizer('Adadelta', 'sgd', 'lr rho eps weight_decay', 1, {
    weightDecay: decay(0),
    epsilon: { parameter: 'eps', default: 1e-6, place: 'inside-root' },
  }),
  torchOptimizer(
    'Adam',
    'adam',
    'lr betas eps weight_decay amsgrad * foreach maximize capturable differentiable fused decoupled_weight_decay',
    1e-3,
    {
      weightDecay: decay(0),
      epsilon: outside(1e-8),
    },
    ['apex.optimizers.FusedAdam'],
  ),
  torchOptimizer(
    'AdamW',
    'adam',
    'lr betas eps weight_decay amsgrad * maximize foreach capturable differentiable fused',
    1e-3,
    {
      weightDecay: decay(1e-2, 'decoupled'),
      epsilon: outside(1e-8),
    },
  ),
  optimizer(
    ['transformers.AdamW', 'transformers.optimization.AdamW'],
    { title: 'AdamW', family: 'adam' },
    'params lr betas eps weight_decay correct_bias',
    { parameter: 'lr', default: 1e-3 },
    {
      weightDecay: decay(0, 'decoupled'),
      epsilon: outside(1e-6),
      evidence: 'source-read',
    },
  ),
  torchOptimizer('NAdam', 'adam', 'lr betas eps weight_decay momentum_decay decoupled_weight_decay', 2e-3, {
    weightDecay: decay(0),
    epsilon: outside(1e-8),
  }),
  torchOptimizer('Adamax', 'adam', 'lr betas eps weight_decay', 2e-3, {
    weightDecay: decay(0),
    epsilon: outside(1e-8),
  }),
  torchOptimizer('SparseAdam', 'adam', 'lr betas eps', 1e-3, { epsilon: outside(1e-8), evidence: 'source-read' }),
  torchOptimizer('Adagrad', 'adam', 'lr lr_decay weight_decay initial_accumulator_value eps', 1e-2, {
    weightDecay: decay(0),
    epsilon: outside(1e-10),
    initialAccumulator: { parameter: 'initial_accumulator_value', default: 0 },
  }),
  torchOptimizer('RMSprop', 'adam', 'lr alpha eps weight_decay momentum centered', 1e-2, {
    momentum: { parameter: 'momentum', default: 0 },
    weightDecay: decay(0),
    epsilon: outside(1e-8),
  }),
  // Only the signs of the gradient count.
  torchOptimizer('Rprop', 'adam', 'lr etas step_sizes', 1e-2, {}),
  torchOptimizer('Muon', 'adam', 'lr weight_decay momentum nesterov ns_coefficients eps ns_steps adjust_lr_fn', 1e-3, {
    momentum: { parameter: 'momentum', default: 0.95 },
    weightDecay: decay(0.1, 'decoupled'),
    epsilon: outside(1e-7),
    evidence: 'source-read',
  }),
  torchOptimizer('Adafactor', 'adam', 'lr beta2_decay eps d weight_decay', 1e-2, {
    weightDecay: decay(0, 'decoupled'),
    evidence: 'source-read',
  }),
  torchOptimizer('RAdam', 'other', 'lr betas eps weight_decay decoupled_weight_decay', 1e-3, {
    weightDecay: decay(0),
    epsilon: outside(1e-8),
    notConvertible:
      'RAdam takes plain momentum steps at first and adapted steps later; no constant factor converts both.',
  }),
  torchOptimizer(
    'LBFGS',
    'other',
    'lr max_iter max_eval tolerance_grad tolerance_change history_size line_search_fn',
    1,
    {
      notConvertible: noLineSearch,
      evidence: 'source-read',
    },
  ),
];

const stepping: readonly Entry[] = [
  sink({ method: { names: ['backward'], on: 'any' } }, 'gradient retain_graph create_graph', {
    loss: 'receiver',
    orArgument: 'gradient',
    form: 'value',
    optimizer: null,
    implicitReduction: 'none',
  }),
  sink({ method: { names: ['manual_backward'], on: 'any' } }, 'loss', {
    loss: 'loss',
    form: 'value',
    optimizer: null,
    implicitReduction: 'none',
  }),
  sink({ names: ['torch.autograd.backward'] }, 'tensors grad_tensors', {
    loss: 'tensors',
    form: 'value',
    optimizer: null,
    implicitReduction: 'none',
  }),
  sink({ names: ['torch.autograd.grad'] }, 'outputs inputs grad_outputs', {
    loss: 'outputs',
    withRespectTo: 'inputs',
    form: 'value',
    optimizer: null,
    implicitReduction: 'none',
  }),
  define(
    { effect: 'clip', type: 'norm', threshold: 'max_norm' },
    under(['torch.nn.utils', 'torch.nn.utils.clip_grad'], 'clip_grad_norm_ clip_grad_norm'),
    'parameters max_norm norm_type',
  ),
  define(
    { effect: 'clip', type: 'value', threshold: 'clip_value' },
    under(['torch.nn.utils', 'torch.nn.utils.clip_grad'], 'clip_grad_value_ clip_grad_value'),
    'parameters clip_value',
  ),
  method(
    { effect: 'clip', type: 'norm', threshold: 'max_norm' },
    'clip_grad_norm_ clip_grad_norm',
    'accelerator parameters max_norm',
    { on: 'any' },
  ),
  method(
    { effect: 'clip', type: 'value', threshold: 'clip_value' },
    'clip_grad_value_',
    'accelerator parameters clip_value',
    { on: 'any' },
  ),
  define(
    { effect: 'schedule', initial: null, optimizer: 'optimizer' },
    under(
      ['transformers', 'transformers.optimization'],
      'get_linear_schedule_with_warmup get_cosine_schedule_with_warmup get_constant_schedule_with_warmup get_polynomial_decay_schedule_with_warmup get_cosine_with_hard_restarts_schedule_with_warmup',
    ),
    'optimizer num_warmup_steps num_training_steps',
  ),
  define(
    { effect: 'schedule', initial: null, optimizer: 'optimizer' },
    under(['transformers', 'diffusers.optimization'], 'get_scheduler'),
    'name optimizer num_warmup_steps num_training_steps',
  ),
  method(
    report,
    'add_scalar add_scalars add_histogram add_image add_images add_text add_figure log_metric log_metrics',
    'writer',
    { on: 'any' },
  ),
  method(report, 'log log_dict', 'module', { on: 'model' }),
  define(report, ['wandb.log', 'mlflow.log_metric', 'mlflow.log_metrics', 'neptune.log_metric'], 'data'),
];

const schedule: FunctionEntry = define({ effect: 'schedule', initial: null, optimizer: 'optimizer' }, [], 'optimizer');

export const torch: Framework = {
  id: 'torch',
  title: 'PyTorch',
  languages: ['python'],
  aliases: [
    ['torch.nn.modules.loss', 'torch.nn'],
    ['torch.nn.modules', 'torch.nn'],
    ['torch.nn.parameter', 'torch.nn'],
    ['torch.optim.adam', 'torch.optim'],
    ['torch.optim.adamw', 'torch.optim'],
    ['torch.optim.sgd', 'torch.optim'],
    ['torch.optim.optimizer', 'torch.optim'],
    ['torch.cuda.FloatTensor', 'torch.FloatTensor'],
    ['torch.cuda.LongTensor', 'torch.LongTensor'],
    ['lightning.pytorch', 'pytorch_lightning'],
    ['lightning', 'pytorch_lightning'],
  ],
  modules: ['torch'],
  markers: ['torch'],
  customaryNames: { torch: 'torch', nn: 'torch.nn', F: 'torch.nn.functional' },
  models: [
    { name: 'torch.nn.Module', call: 'forward' },
    { name: 'torch.nn.Sequential', call: 'forward' },
    { name: 'torch.jit.ScriptModule', call: 'forward' },
    { name: 'pytorch_lightning.LightningModule', call: 'forward' },
  ],
  lossClasses: [
    { name: 'torch.nn._Loss', call: 'forward' },
    { name: 'torch.nn._WeightedLoss', call: 'forward' },
  ],
  entries: [...losses, ...reducers, ...tensorFunctions, ...building, ...optimizers, ...stepping],
  prefixes: [
    { prefix: 'torch.nn.', entry: define(layer, [], '') },
    { prefix: `${functional}.`, entry: define(apply, [], 'input') },
    // A distribution stands for its parameters: what it says about a sample is trained through them, row by row.
    { prefix: 'torch.distributions.', entry: define(apply, [], '') },
    { prefix: 'torch.nn.init.', entry: define(transparent, [], 'tensor') },
    { prefix: 'torch.nn.utils.', entry: define(transparent, [], 'input') },
    { prefix: 'torchvision.models.', entry: define(layer, [], '') },
    { prefix: 'timm.create_model', entry: define(layer, [], '') },
    { prefix: 'torch.optim.lr_scheduler.', entry: schedule },
    { prefix: 'torchmetrics.', entry: define(metric, [], '') },
    { prefix: 'torchmetrics.functional.', entry: define(metric, [], '') },
  ],
};
