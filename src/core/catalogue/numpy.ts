/** NumPy, and the functions that JAX has in common with it. */
import {
  along,
  arithmetic,
  define,
  detach,
  elementwise,
  guard,
  mask,
  metric,
  pick,
  reducer,
  report,
  transparent,
  under,
} from './entries.ts';
import type { Entry, Framework } from './schema.ts';

/** The array functions of a module with NumPy's names, `methods` where its arrays have them as methods too. */
export function numpyFunctions(module: string, methods: boolean): readonly Entry[] {
  const names = (text: string) => under(module, text);
  const also = (text: string) => (methods ? { methods: text } : {});
  const overAxis = { axis: 'axis', keepDims: 'keepdims' };
  const map = (degree: number | null | 'log', text: string) => elementwise(degree, names(text));
  return [
    reducer('sum', names('sum nansum'), 'a axis dtype out keepdims', { ...overAxis, ...also('sum') }),
    reducer('mean', names('mean nanmean'), 'a axis dtype out keepdims', { ...overAxis, ...also('mean') }),
    reducer('max', names('max amax nanmax'), 'a axis out keepdims', { ...overAxis, ...also('max') }),
    reducer('min', names('min amin nanmin'), 'a axis out keepdims', { ...overAxis, ...also('min') }),
    reducer('median', names('median nanmedian'), 'a axis out overwrite_input keepdims', overAxis),
    reducer('median', names('quantile percentile'), 'a q axis out overwrite_input method keepdims', overAxis),
    reducer('product', names('prod'), 'a axis dtype out keepdims', { ...overAxis, ...also('prod') }),
    reducer('variance', names('var nanvar'), 'a axis dtype out ddof keepdims', {
      ...overAxis,
      ...also('var'),
      unbiased: false,
    }),
    reducer('deviation', names('std nanstd'), 'a axis dtype out ddof keepdims', {
      ...overAxis,
      ...also('std'),
      unbiased: false,
    }),
    reducer('weighted-mean', names('average'), 'a axis weights returned keepdims', { ...overAxis, weights: 'weights' }),
    reducer('count-nonzero', names('count_nonzero'), 'a axis keepdims', overAxis),
    reducer('argument', names('argmax argmin'), 'a axis out keepdims', { ...overAxis, ...also('argmax argmin') }),
    reducer('norm', names('linalg.norm'), 'x ord axis keepdims', {
      ...overAxis,
      order: { parameter: 'ord', default: 2 },
    }),
    map(
      null,
      'exp exp2 expm1 log1p tanh sinh cosh sin cos tan arcsin arccos arctan arcsinh arccosh arctanh floor ceil round rint trunc',
    ),
    along('cumulate', names('cumsum cumprod'), 'a axis', 'axis', methods ? 'cumsum cumprod' : ''),
    map('log', 'log log2 log10'),
    map(1, 'abs absolute fabs negative nan_to_num diff'),
    map(2, 'square'),
    map(0.5, 'sqrt'),
    map(-1, 'reciprocal'),
    map(0, 'sign'),
    define(arithmetic('+'), names('add'), 'x1 x2'),
    define(arithmetic('-'), names('subtract'), 'x1 x2'),
    define(arithmetic('*'), names('multiply outer'), 'x1 x2'),
    define(arithmetic('/'), names('divide true_divide floor_divide'), 'x1 x2'),
    define(arithmetic('@'), names('matmul dot vdot inner'), 'a b', also('dot')),
    define({ effect: 'power', exponent: 'x2' }, names('power float_power'), 'x1 x2'),
    define(guard, names('maximum minimum fmax fmin clip'), 'a a_min a_max', also('clip')),
    define({ effect: 'select', condition: 'condition', then: 'x', otherwise: 'y' }, names('where'), 'condition x y'),
    define(
      mask,
      names(
        'equal not_equal less less_equal greater greater_equal isclose isnan isinf isfinite logical_and logical_or logical_not any all',
      ),
      'x1 x2',
      also('any all'),
    ),
    define({ effect: 'shape' }, names('shape'), 'a', methods ? { properties: 'shape' } : {}),
    define({ effect: 'element-count' }, names('size'), 'a', methods ? { properties: 'size' } : {}),
    define({ effect: 'reshape', how: 'reshape', argument: 'shape' }, names('reshape'), 'a shape', {
      synonyms: { newshape: 'shape' },
    }),
    ...(methods
      ? [define({ effect: 'reshape', how: 'reshape', argument: null }, [], 'a', { methods: 'reshape' })]
      : []),
    define({ effect: 'reshape', how: 'flatten', argument: null }, names('ravel'), 'a', also('ravel flatten')),
    define({ effect: 'reshape', how: 'squeeze', argument: 'axis' }, names('squeeze'), 'a axis', also('squeeze')),
    define({ effect: 'reshape', how: 'unsqueeze', argument: 'axis' }, names('expand_dims'), 'a axis'),
    define({ effect: 'reshape', how: 'permute', argument: 'axes' }, names('transpose'), 'a axes'),
    ...(methods
      ? [
          define({ effect: 'reshape', how: 'permute', argument: null }, [], 'a', {
            methods: 'transpose',
            properties: 'T',
          }),
        ]
      : []),
    define(
      { effect: 'reshape', how: 'transpose', argument: null },
      names('swapaxes moveaxis'),
      'a axis1 axis2',
      also('swapaxes'),
    ),
    define(
      { effect: 'reshape', how: 'repeat', argument: null },
      names('repeat tile broadcast_to'),
      'a',
      also('repeat'),
    ),
    define({ effect: 'join', how: 'stack', list: 'arrays', axis: 'axis' }, names('stack'), 'arrays axis'),
    define(
      { effect: 'join', how: 'concat', list: 'arrays', axis: 'axis' },
      names('concatenate concat vstack hstack'),
      'arrays axis',
    ),
    define(pick, names('take take_along_axis split array_split flip roll sort'), 'a indices axis', also('take')),
    define(detach, names('argsort nonzero unique bincount'), 'a', also('argsort nonzero')),
    define({ effect: 'einsum' }, names('einsum'), 'subscripts operands'),
    define(
      transparent,
      names('array asarray copy ascontiguousarray float32 float64 int32 int64'),
      'object',
      also('astype copy view'),
    ),
    define({ effect: 'constant', value: 0 }, names('zeros zeros_like'), 'shape'),
    define({ effect: 'constant', value: 1 }, names('ones ones_like'), 'shape'),
    define(
      { effect: 'constant' },
      names('empty full full_like arange linspace logspace eye identity pi e inf nan'),
      'shape',
    ),
  ];
}

export const numpy: Framework = {
  id: 'numpy',
  title: 'NumPy',
  languages: ['python'],
  aliases: [['tensorflow.experimental.numpy', 'numpy']],
  modules: ['numpy'],
  markers: ['numpy'],
  customaryNames: { np: 'numpy' },
  models: [],
  entries: [
    ...numpyFunctions('numpy', true),
    define(detach, [], 'a', { methods: 'tolist item' }),
    define({ effect: 'constant' }, [], 'a', { properties: 'ndim dtype' }),
    define(report, ['numpy.save', 'numpy.savez', 'numpy.savetxt'], 'file'),
  ],
  prefixes: [
    { prefix: 'numpy.random.', entry: define({ effect: 'constant' }, [], '') },
    { prefix: 'numpy.testing.', entry: define(metric, [], '') },
  ],
};
