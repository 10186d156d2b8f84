/** Subscripts: taking lists, batches and tensors apart. */
import type { Range } from '../analysis.ts';
import { type AxisRow, axesOf, hasAxis, row, takeAxis, unitAxis, withoutAxis } from '../degree/axes.ts';
import {
  either,
  isNumberLike,
  mapTerms,
  markAssumed,
  markUnknown,
  numberOf,
  type Sum,
  sizeOf,
  sum,
} from '../degree/term.ts';
import type { Index } from '../syntax/tree.ts';
import { batchOf, examplesSum, readAs, toSum, unknown, unknownField } from './convert.ts';
import { evaluate } from './expressions.ts';
import type { Interpreter } from './interpreter.ts';
import { same } from './same.ts';
import { sizeAt } from './sizes.ts';
import type { Scope } from './store.ts';
import { forEach, sequence, type Value } from './values.ts';

export function index(m: Interpreter, e: Index, scope: Scope): Value {
  const object = evaluate(m, e.object, scope);
  const indices = e.indices.map((i) => {
    if (i.kind === 'ellipsis') return { kind: 'ellipsis' as const };
    if (i.kind !== 'slice') return { kind: 'value' as const, value: evaluate(m, i, scope) };
    const bounds = [i.lower, i.upper, i.step].map((b) => (b ? evaluate(m, b, scope) : null));
    return {
      kind: 'slice' as const,
      whole: !bounds[0] && !bounds[1],
      lower: bounds[0] ?? null,
      upper: bounds[1] ?? null,
    };
  });
  return forEach(object, (v) => indexed(m, v, indices, e.range), same);
}

type Subscript =
  | { readonly kind: 'ellipsis' }
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'slice'; readonly whole: boolean; readonly lower: Value | null; readonly upper: Value | null };

function indexed(m: Interpreter, v: Value, indices: readonly Subscript[], range: Range): Value {
  const [first] = indices;
  if (!first) return v;
  const key = first.kind === 'value' ? first.value : null;
  const position = key?.kind === 'sum' && isNumberLike(key) ? numberOf(key) : null;
  switch (v.kind) {
    case 'sequence': {
      if (position !== null) return v.items.at(position) ?? unknown(m.textOf(range), range, 'name');
      if (first.kind === 'slice') {
        const bound = (b: Value | null) => (b?.kind === 'sum' ? (numberOf(b) ?? undefined) : undefined);
        return sequence(v.items.slice(bound(first.lower), bound(first.upper)));
      }
      return v.items.length
        ? m.choose(v.items.map((value) => ({ when: new Map(), value })))
        : unknown(m.textOf(range), range, 'name');
    }
    case 'repeated':
      return first.kind === 'slice' ? v : v.element;
    case 'record': {
      const field =
        key?.kind === 'text' && key.value !== null ? key.value : position !== null ? String(position) : null;
      const found =
        (field === null ? undefined : v.fields.get(field)) ??
        (position === null || v.open ? undefined : [...v.fields.values()].at(position));
      if (found && field !== null) return readAs(m, field, found, range);
      return field === null
        ? unknown(m.textOf(range), range, 'name')
        : readAs(m, field, unknown(`${v.name}.${field}`, range, v.open ? 'config' : 'name'), range);
    }
    case 'shape':
      return position === null ? sizeOf([], 'actual', range) : sizeAt(v.of, position, range);
    case 'batch':
      // `batch[0]`, `batch['x']` take the batch apart; `batch[:, 1]` indexes a tensor.
      return indices.length === 1 && first.kind === 'value'
        ? v
        : indexTensor(m, examplesSum(range, v.source), indices, range);
    case 'unknown': {
      const isKey = indices.length === 1 && first.kind === 'value' && (key?.kind === 'text' || position !== null);
      if (!isKey)
        return v.from === 'import' || v.from === 'config'
          ? unknown(m.textOf(range), range, v.from, v.batch)
          : indexTensor(m, toSum(m, v, range), indices, range);
      const field = key?.kind === 'text' && key.value !== null ? key.value : String(position);
      return readAs(m, field, unknownField(v, field, range), range);
    }
    case 'sum': {
      // `outputs[0]` of a model takes its first output, not its first example.
      const isOutput =
        v.terms.every((t) => t.theta === 'yes' && t.examples !== 'no' && t.operations.length === 0) &&
        v.row.rest !== null &&
        v.row.front.length === 1;
      return isOutput && indices.length === 1 && position !== null ? v : indexTensor(m, v, indices, range);
    }
    default:
      return key?.kind === 'text' || position !== null ? unknown(m.textOf(range), range, 'name', batchOf(v)) : v;
  }
}

/** Takes rows, columns and masked elements out of a tensor. */
function indexTensor(m: Interpreter, s: Sum, indices: readonly Subscript[], range: Range): Sum {
  let result = s;
  let position = 0;
  for (const i of indices) {
    if (i.kind === 'ellipsis') {
      // What follows is counted from the end.
      position = indices.indexOf(i) + 1 - indices.length;
      continue;
    }
    if (i.kind === 'slice') {
      const taken = i.whole ? null : takeAxis(result.row, position, false);
      if (taken?.axis.names.includes('B')) {
        const fixed = [i.lower, i.upper].some((b) => b?.kind === 'sum' && numberOf(b) !== null);
        const chosen = result.terms.some((t) => t.selected.includes('B') || t.operations.length > 0);
        const note = `\`${m.textOf(range, 40)}\` takes a part of the batch`;
        result =
          fixed && chosen
            ? markUnknown(
                mapTerms(result, (t) => ({ ...t, selected: [...new Set([...t.selected, 'B' as const])] })),
                `${note} of a fixed size`,
              )
            : markAssumed(result, `${note} that is taken to grow with it`);
      }
      position += 1;
      continue;
    }
    const v = i.value;
    if (v.kind === 'nothing') {
      result = sum(result.terms, insertUnit(result.row, position));
      position += 1;
      continue;
    }
    const isMask = v.kind === 'sum' && v.terms.some((t) => t.counts === 'mask');
    if (isMask) return maskedSelection(result, v);
    const at = v.kind === 'sum' && isNumberLike(v) ? numberOf(v) : null;
    const isInteger = at !== null || (v.kind === 'sum' && isNumberLike(v));
    if (!isInteger) {
      if (v.kind === 'sum') result = chosenBy(result, v);
      // An index tensor keeps the axis; a pair of them (`x[range(n), y]`) picks one entry of the next axis.
      const previous = position > 0 ? takeAxis(result.row, position, false) : null;
      if (previous && indices.slice(0, indices.indexOf(i)).some((p) => p.kind === 'value'))
        result = sum(result.terms, previous.row);
      else position += 1;
      continue;
    }
    const taken = takeAxis(result.row, position, false);
    if (taken) {
      const terms = result.terms.map((t) => ({ ...t, selected: [...new Set([...t.selected, ...taken.axis.names])] }));
      result = sum(terms, withoutAxis(taken));
    }
    if (position < 0) position += 1;
  }
  return result;
}

/** What an index tensor picks is as well known as the index: of the k largest with a fixed k, nothing scales with the batch in a fixed way. */
export function chosenBy(s: Sum, index: Sum): Sum {
  const reason = index.terms.find((t) => t.unknown !== null)?.unknown ?? null;
  if (reason === null) return s;
  return mapTerms(s, (t) => ({
    ...t,
    selected: [...new Set([...t.selected, 'B' as const])],
    unknown: t.unknown ?? reason,
  }));
}

const insertUnit = (r: AxisRow, position: number): AxisRow =>
  position >= 0 && position <= r.front.length
    ? row([...r.front.slice(0, position), unitAxis, ...r.front.slice(position)], r.rest, r.back)
    : row(r.front, r.rest, [...r.back, unitAxis]);

/** `loss[mask]` lays the chosen elements in one axis; how many they are grows with the batch, and is up to the examples. */
function maskedSelection(s: Sum, by: Sum): Sum {
  const names = axesOf(hasAxis(by.row, 'B') ? by.row : s.row);
  const chosenBy = by.terms.map((t) => t.examples).reduce(either, 'no');
  return sum(
    s.terms.map((t) => ({ ...t, examples: either(t.examples, chosenBy) })),
    row([{ names, partial: true }]),
  );
}
