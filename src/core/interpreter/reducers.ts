/** Functions that take axes away, by the catalogue's words for them. */
import type { ReducerEntry } from '../catalogue/schema.ts';
import { multiply, power } from '../degree/algebra.ts';
import { type AxisRow, axis, row, takeAxis } from '../degree/axes.ts';
import { type ReductionOptions, reduce } from '../degree/reduction.ts';
import {
  degreeOf,
  detached,
  isNumberLike,
  mapTerms,
  markUnknown,
  numberOf,
  type Place,
  type Sum,
  sum,
  symbol,
} from '../degree/term.ts';
import { axesArgument, bindTo, isTrue } from './arguments.ts';
import { onSums } from './arithmetic.ts';
import type { CallSite } from './calls.ts';
import { toSum } from './convert.ts';
import { clampSum } from './guards.ts';
import type { Interpreter } from './interpreter.ts';
import { same } from './same.ts';
import { type CallArguments, forEach, nothing, type Regularizer, type Value } from './values.ts';

export function applyReducer(
  m: Interpreter,
  entry: ReducerEntry,
  name: string,
  args: CallArguments,
  site: CallSite,
): Value {
  const bound = bindTo(entry, args);
  const input = bound.get(entry.input);
  if (!input) return nothing;
  const axisValue = entry.axis ? (bound.get(entry.axis)?.value ?? null) : null;
  return forEach(
    input.value,
    (value) => {
      // A list of numbers or tensors under a name such as `max` of Python: the largest of a few terms, not of a batch.
      const s = toSum(m, value, input.range);
      return forEach(axisValue ?? nothing, (a) => reduceOne(m, entry, name, s, a, bound, site), same);
    },
    same,
  );
}

function reduceOne(
  m: Interpreter,
  entry: ReducerEntry,
  name: string,
  s: Sum,
  axisValue: Value,
  bound: ReturnType<typeof bindTo>,
  site: CallSite,
): Value {
  // torch's `max(a, b)` compares two tensors element by element.
  if (entry.pairWithAxis && axisValue.kind === 'sum' && !isNumberLike(axisValue))
    return clampSum(s, axisValue, site.place.text);
  const axes = axesArgument(axisValue);
  const keepDims = entry.keepDims ? isTrue(bound.get(entry.keepDims)?.value ?? null) : false;
  switch (entry.operation) {
    case 'half-square-sum':
      return halfSquare(m, s, null, site.place, name);
    case 'top-k':
      return topK(m, s, entry, bound, axes, site);
    case 'weighted-mean': {
      const weights = entry.weights ? bound.get(entry.weights) : null;
      if (!weights) return m.record.observe(reduce(s, { operation: 'mean', axes, keepDims, api: name }, site.place));
      const w = toSum(m, weights.value, weights.range);
      const options: ReductionOptions = { operation: 'sum', axes, keepDims, api: name };
      const top = reduce(multiply(s, w), options, site.place);
      return onSums(
        m,
        '/',
        top,
        reduce(
          mapTerms(w, (t) => ({ ...t, counts: t.counts ?? 'weights' })),
          options,
          site.place,
        ),
        site.range,
      );
    }
    default: {
      const orderValue = entry.order ? bound.get(entry.order.parameter)?.value : null;
      const order = orderOf(orderValue ?? null, entry.order?.default ?? 2);
      const options: ReductionOptions = {
        operation: entry.operation,
        axes,
        keepDims,
        api: name,
        unbiased: entry.unbiased ?? false,
        ...(order === null ? {} : { order }),
      };
      const result =
        order === null && entry.operation === 'norm'
          ? markUnknown(reduce(s, options, site.place), 'the order of the norm is not written here')
          : reduce(s, options, site.place);
      const observed = m.record.observe(result);
      return entry.pairWithAxis && axes !== null
        ? pair(observed, reduce(s, { ...options, operation: 'argument' }, site.place))
        : observed;
    }
  }
}

function orderOf(value: Value | null, otherwise: number): number | null {
  if (value === null || value.kind === 'nothing') return otherwise;
  if (value.kind === 'sum') return numberOf(value);
  if (value.kind === 'text')
    return /^fro|^euclid/.test(value.value ?? '')
      ? 2
      : /^inf/i.test(value.value ?? '')
        ? Number.POSITIVE_INFINITY
        : null;
  if (value.kind === 'api') return /\.inf$/.test(value.name) ? Number.POSITIVE_INFINITY : null;
  return null;
}

/** Σ x² over everything, with a regulariser's scale: a penalty where x is a parameter. The ½ of `l2_loss` belongs to its definition. */
export function halfSquare(
  m: Interpreter,
  s: Sum,
  regularizer: Regularizer | null,
  place: Place,
  name = regularizer?.text ?? 'l2',
): Sum {
  const squared = reduce(power(s, 2), { operation: 'sum', axes: null, keepDims: false, api: name }, place);
  if (!regularizer) return m.record.observe(squared);
  const scale = regularizer.scale
    ? toSum(m, regularizer.scale, regularizer.range)
    : symbol(regularizer.text, regularizer.range);
  return m.record.observe(multiply(scale, squared));
}

/** torch's named pair of values and their indices; it can be taken apart in order too. */
const pair = (values: Value, indices: Value): Value => ({
  kind: 'record',
  fields: new Map([
    ['values', values],
    ['indices', indices],
  ]),
  type: null,
  name: 'pair',
  open: false,
});

/**
 * The k largest. With k a part of the batch they grow with it; with a fixed k the result does not scale in any fixed way.
 */
function topK(
  m: Interpreter,
  s: Sum,
  entry: ReducerEntry,
  bound: ReturnType<typeof bindTo>,
  axes: readonly number[] | null | 'unknown',
  site: CallSite,
): Value {
  const count = entry.count ? bound.get(entry.count) : null;
  const k = count ? toSum(m, count.value, count.range) : null;
  const position = axes === null || axes === 'unknown' ? -1 : (axes[0] ?? -1);
  const overBatch = takesBatch(s.row, position);
  const grows = k !== null && k.terms.length === 1 && k.terms[0] !== undefined && degreeOf(k.terms[0], 'B') === 1;
  if (!overBatch) {
    return pair(s, detached(s));
  }
  const selected = sum(
    s.terms.map((t) => ({ ...t, selected: [...new Set([...t.selected, 'B' as const])] })),
    grows ? s.row : row([axis('I')]),
  );
  const shown = count ? m.textOf(count.range, 24) : 'k';
  const values = grows
    ? selected
    : markUnknown(
        selected,
        `a fixed number of examples (\`${shown}\`) is selected whatever the batch size is, so nothing scales with it in a fixed way`,
      );
  const traced = mapTerms(values, (t) => ({
    ...t,
    trace: [...t.trace, { range: site.range, text: site.place.text, result: `the ${shown} largest` }],
  }));
  return pair(traced, detached(traced));
}

/** Whether a position of a row is the batch; in an open row whose inner axes nobody knows, the last may be. */
function takesBatch(r: AxisRow, position: number): boolean {
  const taken = takeAxis(r, position, false);
  return (
    taken !== null && (taken.axis.names.includes('B') || (taken.guessed && r.front.length === 1 && r.back.length === 0))
  );
}
