/** Python itself: its builtins, the mathematics and the command lines that training code is written with. */
import {
  arithmetic,
  define,
  detach,
  elementwise,
  guard,
  method,
  metric,
  pick,
  report,
  transparent,
  under,
} from './entries.ts';
import type { Entry, Framework } from './schema.ts';

const builtins = (text: string) => under('builtins', text);

const entries: readonly Entry[] = [
  define({ effect: 'add-list' }, [...builtins('sum'), 'math.fsum'], 'iterable start'),
  define({ effect: 'length' }, builtins('len'), 'obj'),
  define(guard, builtins('max min'), ''),
  elementwise(1, [...builtins('abs'), 'math.fabs', 'operator.neg', 'operator.abs']),
  elementwise(null, [
    ...builtins('round'),
    ...under('math', 'floor ceil trunc exp expm1 log1p tanh sin cos tan atan erf gamma lgamma'),
  ]),
  elementwise('log', under('math', 'log log2 log10')),
  elementwise(0.5, ['math.sqrt', 'math.isqrt']),
  define({ effect: 'power', exponent: 'exp' }, [...builtins('pow'), 'math.pow', 'operator.pow'], 'base exp'),
  define(arithmetic('+'), ['operator.add'], 'a b'),
  define(arithmetic('-'), ['operator.sub'], 'a b'),
  define(arithmetic('*'), ['operator.mul', 'operator.matmul'], 'a b'),
  define(arithmetic('/'), ['operator.truediv'], 'a b'),
  // A Python number has no gradient.
  define(detach, builtins('float int'), 'x'),
  define({ effect: 'constant' }, under('math', 'pi e inf nan tau'), ''),
  define({ effect: 'iterate', how: 'range' }, builtins('range xrange'), 'start stop step'),
  define({ effect: 'iterate', how: 'zip' }, [...builtins('zip'), 'itertools.zip_longest'], ''),
  define({ effect: 'iterate', how: 'enumerate' }, builtins('enumerate'), 'iterable start'),
  define({ effect: 'iterate', how: 'map' }, builtins('map'), 'function iterable'),
  define({ effect: 'next' }, builtins('next'), 'iterator default'),
  define(
    transparent,
    [...builtins('iter list tuple reversed sorted'), ...under('itertools', 'cycle islice chain')],
    'iterable',
  ),
  define(transparent, ['copy.copy', 'copy.deepcopy'], 'x'),
  define(
    transparent,
    [
      'tqdm.tqdm',
      'tqdm.tqdm_notebook',
      'tqdm.auto.tqdm',
      'tqdm.notebook.tqdm',
      'tqdm.std.tqdm',
      'rich.progress.track',
      'progressbar.progressbar',
      'fastprogress.progress_bar',
      'alive_progress.alive_it',
    ],
    'iterable',
    {
      synonyms: { sequence: 'iterable' },
    },
  ),
  define(
    { effect: 'iterate', how: 'range' },
    ['tqdm.trange', 'tqdm.auto.trange', 'tqdm.notebook.trange'],
    'start stop step',
  ),
  define({ effect: 'partial', target: 'func' }, ['functools.partial'], 'func'),
  define({ effect: 'wrap', target: 'func' }, ['functools.lru_cache', 'functools.cache'], 'func'),
  define(
    report,
    [
      ...builtins('print'),
      ...under('logging', 'debug info warning error critical exception log'),
      ...under('absl.logging', 'debug info warning error log'),
    ],
    '',
  ),
  method(report, 'debug info warning warn error critical exception', 'logger', { on: 'any' }),
  method(
    { effect: 'flag', name: 'name', also: ['second', 'third', 'dest'], default: 'default' },
    'add_argument',
    'parser name second third * action nargs const default type choices required help metavar dest',
    {
      on: 'any',
    },
  ),
  method({ effect: 'flags' }, 'parse_args', 'parser', { on: 'any' }),
  method({ effect: 'flags', pair: true }, 'parse_known_args', 'parser', { on: 'any' }),
  define(
    { effect: 'flag', name: 'name', default: 'default' },
    under(
      'absl.flags',
      'DEFINE_integer DEFINE_float DEFINE_string DEFINE_bool DEFINE_boolean DEFINE_enum DEFINE_list DEFINE_multi_integer',
    ),
    'name default help',
  ),
  define({ effect: 'flags' }, ['absl.flags.FLAGS'], ''),
  define(pick, ['sklearn.model_selection.train_test_split'], 'arrays'),
];

export const python: Framework = {
  id: 'python',
  title: 'Python',
  languages: ['python'],
  aliases: [],
  modules: ['builtins', 'math', 'operator', 'itertools', 'functools', 'copy', 'tqdm', 'logging', 'absl'],
  models: [],
  entries,
  prefixes: [
    { prefix: 'sklearn.metrics.', entry: define(metric, [], '') },
    { prefix: 'scipy.special.', entry: define({ effect: 'elementwise', degree: null }, [], 'x') },
  ],
};
