/** JavaScript itself: its mathematics, its numbers and its console. */
import { define, detach, elementwise, guard, report, transparent, under } from './entries.ts';
import type { Framework } from './schema.ts';

const math = (text: string) => under('globals.Math', text);

export const javascript: Framework = {
  id: 'javascript',
  title: 'JavaScript',
  languages: ['typescript'],
  aliases: [],
  modules: ['globals'],
  models: [],
  entries: [
    define(guard, math('max min'), ''),
    elementwise(1, math('abs')),
    elementwise(0, math('sign')),
    elementwise(0.5, math('sqrt')),
    elementwise('log', math('log log2 log10')),
    elementwise(null, math('exp expm1 log1p floor ceil round trunc sin cos tan tanh sinh cosh atan')),
    define({ effect: 'power', exponent: 'exponent' }, math('pow'), 'base exponent'),
    define({ effect: 'constant' }, math('random PI E LN2 LN10 SQRT2'), ''),
    // A JavaScript number has no gradient.
    define(detach, under('globals', 'Number parseFloat parseInt'), 'x'),
    define(report, under('globals.console', 'log info warn error debug table'), ''),
    define(
      transparent,
      ['globals.Array.from', 'globals.Float32Array', 'globals.Float32Array.from', 'globals.structuredClone'],
      'x',
    ),
  ],
};
