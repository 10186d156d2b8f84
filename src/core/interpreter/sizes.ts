/** Sizes of axes and lengths of lists, as numbers that grow with them. */
import type { Range } from '../analysis.ts';
import { takeAxis } from '../degree/axes.ts';
import { constant, mapTerms, type Sum, single, sizeOf, symbol } from '../degree/term.ts';
import { toSum } from './convert.ts';
import type { Interpreter } from './interpreter.ts';
import { hasGrown, type Value } from './values.ts';

/** The size of the axis at a position. What was assumed about the tensor is assumed about its size. */
export function sizeAt(s: Sum, position: number, range: Range): Sum {
  const taken = takeAxis(s.row, position, false);
  const assumed = [...new Set(s.terms.flatMap((t) => t.assumed))];
  return mapTerms(sizeOf(taken?.axis.names ?? [], 'actual', range), (t) => ({ ...t, assumed }));
}

export function lengthOf(m: Interpreter, v: Value, range: Range): Value {
  switch (v.kind) {
    case 'sequence':
      return hasGrown(v) ? symbol(m.textOf(range, 24), range) : constant(v.items.length, range);
    case 'repeated':
      return (
        v.length ??
        (v.count === null
          ? symbol(m.textOf(range, 24), range)
          : single({ over: [{ exponents: negated(v.count), kind: 'actual' }], range }))
      );
    case 'record':
      return constant(v.fields.size, range);
    case 'batches':
    case 'parameters':
    case 'text':
      return symbol(`len(${m.textOf(range, 24)})`, range);
    case 'unknown':
      // The length of a loader is a number of batches; that of an unknown list is not known to be the batch size.
      return v.from === 'parameter' || v.batch !== null
        ? sizeAt(toSum(m, v, range), 0, range)
        : symbol(`len(${v.name})`, range);
    default:
      return sizeAt(toSum(m, v, range), 0, range);
  }
}

const negated = (e: Readonly<Record<string, number | undefined>>) =>
  Object.fromEntries(Object.entries(e).map(([k, v]) => [k, -(v ?? 0)]));
