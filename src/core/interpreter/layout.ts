/** Where axes end up: reshaping, transposing, joining and einsum. */
import type { FunctionEntry } from '../catalogue/schema.ts';
import { collapse } from '../degree/algebra.ts';
import {
  type AxisRow,
  axesOf,
  axis,
  batchRow,
  isScalar,
  row,
  scalarRow,
  takeAxis,
  unitAxis,
  unknownRow,
} from '../degree/axes.ts';
import { constant, mapTerms, markUnknown, numberOf, type Sum, sum } from '../degree/term.ts';
import { axesArgument, type Bound, textArgument } from './arguments.ts';
import { onSums } from './arithmetic.ts';
import type { CallSite } from './calls.ts';
import { grownEntries, toSum } from './convert.ts';
import type { Interpreter } from './interpreter.ts';
import { same } from './same.ts';
import { type CallArguments, forEach, nothing, sequence, type Value } from './values.ts';

export function reshape(
  m: Interpreter,
  entry: Extract<FunctionEntry, { effect: 'reshape' }>,
  args: CallArguments,
  bound: Bound,
  first: Value,
  site: CallSite,
): Value {
  const given = entry.argument === null ? args.positional.slice(1).map((a) => a.value) : [];
  const named = entry.argument === null ? null : (bound.get(entry.argument)?.value ?? null);
  const list =
    named ?? (given.length === 1 && given[0]?.kind === 'sequence' ? given[0] : given.length ? sequence(given) : null);
  return forEach(
    first,
    (v) => {
      if (v.kind === 'sequence' || v.kind === 'repeated' || v.kind === 'record') return v;
      const s = toSum(m, v, site.range);
      return sum(s.terms, reshapedRow(s.row, entry.how, list));
    },
    same,
  );
}

/** The axes in reverse order, as `x.T` has them. */
export const transposed = (s: Sum): Sum => sum(s.terms, reshapedRow(s.row, 'transpose', null));

/** Where the axes end up, as far as the arguments tell. */
function reshapedRow(
  r: AxisRow,
  how: Extract<FunctionEntry, { effect: 'reshape' }>['how'],
  argument: Value | null,
): AxisRow {
  const known = [...r.front, ...r.back];
  switch (how) {
    case 'flatten': {
      const start =
        argument?.kind === 'sequence' && argument.items[0]?.kind === 'sum'
          ? numberOf(argument.items[0])
          : argument?.kind === 'sum'
            ? numberOf(argument)
            : 0;
      if (start !== null && start > 0 && r.front.length) return row([...r.front.slice(0, 1), axis('F')]);
      return row([{ names: axesOf(r) }]);
    }
    case 'squeeze':
      if (r.rest !== null) return r;
      return row(known.filter((a) => a.names.length > 0));
    case 'unsqueeze': {
      const at =
        argument?.kind === 'sum'
          ? numberOf(argument)
          : argument?.kind === 'sequence' && argument.items[0]?.kind === 'sum'
            ? numberOf(argument.items[0])
            : null;
      if (at === 0) return row([unitAxis, ...r.front], r.rest, r.back);
      if (at === null || at < 0)
        return r.rest === null ? row([...known, unitAxis]) : row(r.front, r.rest, [...r.back, unitAxis]);
      return row([...r.front.slice(0, at), unitAxis, ...r.front.slice(at)], r.rest, r.back);
    }
    case 'transpose':
    case 'permute': {
      const order = axesArgument(argument);
      if (order === null && r.rest === null) return row([...known].reverse());
      if (order === null) return row([...r.back].reverse(), r.rest, [...r.front].reverse());
      if (order === 'unknown') return r;
      if (how === 'transpose' && order.length === 2) return swapped(r, order[0] as number, order[1] as number);
      const axes = order.map((p) => known[p] ?? axis('I'));
      return r.rest === null && axes.length !== known.length ? r : row(axes);
    }
    case 'expand':
    case 'repeat':
      return r;
    case 'reshape':
      return argument === null ? r : laidOut(r, argument);
  }
}

function swapped(r: AxisRow, a: number, b: number): AxisRow {
  const all = [...r.front, ...r.back];
  if (r.rest === null) {
    const [x, y] = [a < 0 ? all.length + a : a, b < 0 ? all.length + b : b];
    return row(all.map((axis_, i) => (i === x ? (all[y] ?? axis_) : i === y ? (all[x] ?? axis_) : axis_)));
  }
  // A swap that leaves the first axis alone leaves the batch in front; one that moves it puts it where it was told.
  if (a !== 0 && b !== 0) return r;
  const other = a === 0 ? b : a;
  const [first, ...rest] = r.front;
  if (!first) return r;
  if (other > 0) return row([...Array.from({ length: other }, (_, i) => rest[i] ?? axis('I')), first], r.rest, r.back);
  return row([axis('I'), ...rest], r.rest, [...r.back.slice(0, Math.max(0, r.back.length - 1)), first]);
}

/** `view(-1)`, `view(-1, C)`, `reshape(B, -1)`, `[B, T, …]`: sizes name the axes, −1 takes what is left. */
function laidOut(r: AxisRow, argument: Value): AxisRow {
  const items = argument.kind === 'sequence' ? argument.items : argument.kind === 'sum' ? [argument] : null;
  if (items === null) return argument.kind === 'shape' ? argument.of.row : unknownRow;
  const all = axesOf(r);
  const sizes = items.map((i) => {
    if (i.kind !== 'sum') return 'fixed' as const;
    const n = numberOf(i);
    if (n === -1) return 'rest' as const;
    const names = Object.keys(i.terms[0]?.over[0]?.exponents ?? {}) as ReturnType<typeof axesOf>;
    return names.length ? names : n === 1 ? ('unit' as const) : ('fixed' as const);
  });
  const named = sizes.flatMap((s) => (typeof s === 'string' ? [] : s));
  const left = all.filter((n) => !named.includes(n) && n !== 'I' && n !== 'P');
  const first = sizes[0];
  // A constant first size with −1 behind it is a batch size written as a number.
  const constantBatch = first === 'fixed' && sizes.includes('rest') && left.includes('B');
  return row(
    sizes.map((s, i) => {
      if (s === 'unit') return unitAxis;
      if (s === 'fixed')
        return i === 0 && constantBatch ? axis('B') : axis(all.includes('P') && !all.includes('B') ? 'P' : 'I');
      if (s === 'rest') {
        const names = constantBatch ? left.filter((n) => n !== 'B') : left;
        const open = r.rest !== null || all.includes('I');
        const joined = names.includes('B') && open && sizes.length === 1 ? [...names, 'I' as const] : names;
        return {
          names: joined.length ? joined : [all.includes('P') ? 'P' : 'I'],
        };
      }
      return axis(...s);
    }),
  );
}

export function join(m: Interpreter, entry: Extract<FunctionEntry, { effect: 'join' }>, bound: Bound): Value {
  const list = bound.get(entry.list);
  if (!list) return nothing;
  const at = entry.axis ? bound.get(entry.axis)?.value : null;
  const position = at?.kind === 'sum' ? (numberOf(at) ?? 0) : 0;
  return forEach(
    list.value,
    (v) => {
      if (v.kind === 'repeated' && v.count !== null && entry.how === 'stack') return toSum(m, v, list.range);
      const items = v.kind === 'sequence' ? v.items : v.kind === 'repeated' ? [v.element] : [v];
      const sums = items.map((i) => {
        if (i.kind === 'repeated' && i.inline) return grownEntries(m, i, list.range);
        return toSum(m, i.kind === 'choice' ? (i.alternatives[0]?.value ?? nothing) : i, list.range);
      });
      const head = sums[0];
      if (!head) return nothing;
      const whole = collapse({ kind: 'sum', terms: sums.flatMap((s) => s.terms), row: head.row }, 'a list of tensors');
      if (v.kind === 'repeated' && v.count === null)
        return markUnknown(whole, 'what the list runs over is not known here');
      const scalars = sums.every((s) => isScalar(s.row));
      if (scalars)
        return sum(
          sums.flatMap((s) => s.terms),
          row([axis('I')]),
        );
      if (entry.how === 'stack')
        return sum(
          whole.terms,
          position === 0 ? row([axis('I'), ...head.row.front], head.row.rest, head.row.back) : head.row,
        );
      return sum(whole.terms, head.row);
    },
    same,
  );
}

/** einsum: letters are axes; a letter that is missing on the right was summed over. */
export function einsum(m: Interpreter, args: CallArguments, site: CallSite): Value {
  const equation = textArgument(args.positional[0]?.value ?? null);
  const inputs = args.positional
    .slice(1)
    .flatMap((a) => (a.value.kind === 'sequence' ? a.value.items.map((v) => ({ value: v, range: a.range })) : [a]));
  const sums = inputs.map((a) =>
    toSum(m, a.value.kind === 'choice' ? (a.value.alternatives[0]?.value ?? nothing) : a.value, a.range),
  );
  const product = sums
    .map((s) => sum(collapse(s, 'einsum').terms, scalarRow))
    .reduce((a, b) => onSums(m, '*', a, b, site.range), constant(1));
  if (equation === null || /\.\.\./.test(equation))
    return markUnknown(sum(product.terms, batchRow), 'the equation of einsum is not written here');
  const [left = '', right = ''] = equation.replace(/\s/g, '').split('->');
  const letters = new Map<string, typeof unitAxis>();
  left.split(',').forEach((part, i) => {
    const r = sums[i]?.row ?? batchRow;
    [...part].forEach((letter, at) => {
      const taken = takeAxis(r, at, false);
      if (taken && !letters.get(letter)?.names.includes('B')) letters.set(letter, axis(...taken.axis.names));
    });
  });
  const gone = [...letters].filter(([l]) => !right.includes(l)).flatMap(([, a]) => a.names);
  const result = sum(product.terms, row([...right].map((l) => letters.get(l) ?? axis('I'))));
  return mapTerms(result, (t) => ({
    ...t,
    summed: { ...t.summed, ...Object.fromEntries(gone.map((n) => [n, (t.summed[n] ?? 0) + 1])) },
  }));
}
