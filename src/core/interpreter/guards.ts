/** Guards and choices between two values: clamp, maximum, where. */
import type { Range } from '../analysis.ts';
import { collapse, elementwise } from '../degree/algebra.ts';
import { broadcast, scalarRow } from '../degree/axes.ts';
import { markUnknown, numberOf, type Sum, sum } from '../degree/term.ts';
import { mask, pairwise } from './arithmetic.ts';
import type { CallSite } from './calls.ts';
import { toSum } from './convert.ts';
import type { Interpreter } from './interpreter.ts';
import { type CallArguments, nothing, type Value } from './values.ts';

/** max(x, c), clamp: a constant on the other side guards; two tensors are chosen between. */
export function guard(m: Interpreter, args: CallArguments, site: CallSite): Value {
  const values = [...args.positional, ...args.named.values()].filter(
    (a) => a.value.kind !== 'nothing' && a.value.kind !== 'truth' && a.value.kind !== 'text',
  );
  const [first, ...others] = values;
  if (!first) return nothing;
  return others.reduce<Value>(
    (result, other) =>
      pairwise(m, result, other.value, (a, b) => {
        const [x, y] = [toSum(m, a, first.range), toSum(m, b, other.range)];
        return clampSum(x, y, site.place.text);
      }),
    first.value,
  );
}

export function clampSum(x: Sum, y: Sum, text: string): Sum {
  const [a, b] = [numberOf(x), numberOf(y)];
  const plain = (s: Sum) => s.terms.every((t) => t.theta === 'no' && t.examples === 'no' && t.over.length === 0);
  // max(n, 1) keeps what is divided by; clamp of a trained value by a constant is one more function of it.
  if (plain(y) && x.terms.every((t) => t.theta === 'no'))
    return b !== null && b > 1 && x.terms.some((t) => t.over.length > 0 || Object.keys(t.summed).length > 0)
      ? markUnknown(x, `\`${text}\` holds the size at a constant`)
      : x;
  if (plain(x) && y.terms.every((t) => t.theta === 'no')) return clampSum(y, x, text);
  if (plain(y)) return b === 0 ? elementwise(x, 1, 'clamp') : elementwise(x, null, 'clamp');
  if (plain(x)) return a === 0 ? elementwise(y, 1, 'clamp') : elementwise(y, null, 'clamp');
  return collapse(sum([...x.terms, ...y.terms], broadcast(x.row, y.row)), 'a choice between two values');
}

export function select(
  m: Interpreter,
  condition: Value | null,
  then: Value | null,
  otherwise: Value | null,
  range: Range,
): Value {
  if (!then || !otherwise) return condition && condition.kind === 'sum' ? mask(condition, condition, range) : nothing;
  return pairwise(m, then, otherwise, (a, b) => {
    const [x, y] = [toSum(m, a, range), toSum(m, b, range)];
    const shape = condition && condition.kind === 'sum' ? condition.row : scalarRow;
    const both = collapse(sum([...x.terms, ...y.terms], broadcast(x.row, y.row)), 'a choice between two values');
    return sum(both.terms, broadcast(both.row, shape));
  });
}
