/** Losses of the catalogue: what their reduction argument makes of their per-element values. */
import type { AxisName } from '../analysis.ts';
import type { Denominator, LossEntry, LossReduction } from '../catalogue/schema.ts';
import { collapse, multiply } from '../degree/algebra.ts';
import {
  type Axis,
  type AxisRow,
  addExponents,
  axesOf,
  axis,
  exponentsOf,
  row,
  scalarRow,
  unknownRow,
} from '../degree/axes.ts';
import {
  type DivisorKind,
  degreeOf,
  either,
  isNumberLike,
  mapTerms,
  type Place,
  type Sum,
  step,
  sum,
  type Term,
  term,
  withOperation,
} from '../degree/term.ts';
import { type Bound, bindTo, constantName, isFalse } from './arguments.ts';
import { batchOf, toSum } from './convert.ts';
import type { Interpreter } from './interpreter.ts';
import { same } from './same.ts';
import { type CallArguments, forEach, nothing, type Value } from './values.ts';

/**
 * The loss of its inputs.
 * @param settings arguments of the constructor, or of the function itself
 * @param args arguments of the call (the same for a function)
 */
export function applyLoss(
  m: Interpreter,
  entry: LossEntry,
  settings: CallArguments,
  args: CallArguments,
  place: Place,
): Value {
  const chosen = bindTo(entry, settings);
  const inputs = entry.form === 'class' ? bindTo({ parameters: entry.call ?? [] }, args) : chosen;
  return forEach(
    reductionArgument(entry, chosen),
    (value) => {
      const reduction = reductionFor(entry, value, chosen);
      const result = oneLoss(m, entry, reduction, chosen, inputs, place);
      if (entry.collection) m.collections.add(entry.collection, result);
      return result;
    },
    same,
  );
}

function reductionArgument(entry: LossEntry, chosen: Bound): Value {
  const { parameter } = entry.reduction;
  return (parameter === null ? null : chosen.get(parameter)?.value) ?? nothing;
}

/** What the arguments choose, or why that cannot be told. */
function reductionFor(entry: LossEntry, value: Value, chosen: Bound): LossReduction | string {
  const { legacy, values, parameter } = entry.reduction;
  const otherwise = values[entry.reduction.default] ?? { operation: 'none' };
  if (legacy) {
    // The old flags win over `reduction`; a string in their place is only something true.
    const [average, reduce] = [chosen.get(legacy.average)?.value ?? null, chosen.get(legacy.reduce)?.value ?? null];
    if (isFalse(reduce)) return values.none ?? otherwise;
    if (isFalse(average)) return values.sum ?? otherwise;
    if (average !== null && average.kind !== 'nothing')
      return average.kind === 'truth' || average.kind === 'text'
        ? (values.mean ?? otherwise)
        : `\`${legacy.average}\` is not written here`;
  }
  if (value.kind === 'nothing' && parameter !== null && chosen.get(parameter) && values.None) return values.None;
  if (value.kind === 'nothing')
    return chosen.spread && parameter !== null && entry.form === 'class'
      ? `\`${parameter}\` may be among the arguments that are passed on`
      : otherwise;
  const key = constantName(value);
  const found = key === null ? undefined : (values[key] ?? values[key.toLowerCase()] ?? values[key.toUpperCase()]);
  return found ?? `the value of \`${parameter ?? 'reduction'}\` is not written here`;
}

function oneLoss(
  m: Interpreter,
  entry: LossEntry,
  reduction: LossReduction | string,
  chosen: Bound,
  inputs: Bound,
  place: Place,
): Sum {
  const element = perElement(m, entry, inputs, place);
  const weights = entry.weights ? (chosen.get(entry.weights) ?? inputs.get(entry.weights)) : null;
  const w = weights ? toSum(m, weights.value, weights.range) : null;
  // A scalar weight only scales the loss; weights of examples or classes can be what it is divided by.
  const scaled = w && isNumberLike(w) ? multiply(element, w) : element;
  const api = entry.names[0] ?? 'loss';
  const over = axesOf(element.row);
  if (typeof reduction === 'string') {
    return m.record.observe(
      withOperation(
        sum(
          scaled.terms.map((t) => ({ ...t, unknown: t.unknown ?? reduction })),
          unknownRow,
        ),
        { word: 'other', over, divisor: null, api, kind: 'loss' },
        place,
      ),
    );
  }
  const denominator =
    reduction.operation === 'mean'
      ? denominatorOf(entry, reduction.denominator, w !== null && !isNumberLike(w), chosen)
      : 'actual';
  return m.record.observe(reduced(scaled, reduction, denominator, api, place));
}

function reduced(s: Sum, reduction: LossReduction, kind: DivisorKind, api: string, place: Place): Sum {
  const over = axesOf(s.row);
  const closed = (change: (t: Term) => Term): Sum => sum(s.terms.map(change), scalarRow);
  const summed = (t: Term): Term => ({ ...t, summed: addExponents(t.summed, exponentsOf(over)) });
  const op = (word: 'sum' | 'mean' | 'max' | 'none', axes: readonly AxisName[], divisor: DivisorKind | null) => ({
    word,
    over: axes,
    divisor,
    api,
    kind: 'loss' as const,
  });
  switch (reduction.operation) {
    case 'none':
      return withOperation(s, op('none', [], null), place);
    case 'sum':
      return withOperation(closed(summed), op('sum', over, null), place);
    case 'max':
      return withOperation(
        closed((t) => ({ ...t, selected: [...new Set([...t.selected, ...over])] })),
        op('max', over, null),
        place,
      );
    case 'mean': {
      if (reduction.denominator === 'batch') {
        const inner = over.filter((n) => n !== 'B');
        const batchOnly = closed((t) => ({ ...summed(t), over: [...t.over, { exponents: { B: 1 }, kind }] }));
        return withOperation(
          inner.length ? withOperation(batchOnly, op('sum', inner, null), place) : batchOnly,
          op('mean', ['B'], kind),
          place,
        );
      }
      return withOperation(
        closed((t) => ({ ...summed(t), over: [...t.over, { exponents: exponentsOf(over), kind }] })),
        op('mean', over, kind),
        place,
      );
    }
  }
}

/** What a mean divides by, with the weights and arguments at hand. */
function denominatorOf(entry: LossEntry, denominator: Denominator, weighted: boolean, chosen: Bound): DivisorKind {
  // A number that is given for the batch size stands for it, whatever the batch holds.
  if (entry.divisor && chosen.get(entry.divisor)) return 'nominal';
  switch (denominator) {
    case 'weights':
      return weighted ? 'weights' : 'actual';
    case 'nonzero-weights':
      return weighted ? 'count' : 'actual';
    case 'valid-targets':
      return weighted ? 'weights' : entry.ignored && chosen.get(entry.ignored) ? 'count' : 'actual';
    default:
      return 'actual';
  }
}

interface Signature {
  readonly inputs: readonly { readonly name: string; readonly axes: readonly string[] }[];
  readonly output: readonly string[];
}

const signatures = new WeakMap<LossEntry, Signature>();

/** `'input: B C *S, target: B *S -> B *S'`, taken apart. */
export function signatureOf(entry: LossEntry): Signature {
  const known = signatures.get(entry);
  if (known) return known;
  const [left = '', right = ''] = entry.axes.split('->');
  const words = (s: string) => s.trim().split(/\s+/).filter(Boolean);
  const signature = {
    inputs: left.split(',').map((part) => {
      const [name = '', axes = ''] = part.split(':');
      return { name: name.trim(), axes: words(axes) };
    }),
    output: words(right),
  };
  signatures.set(entry, signature);
  return signature;
}

/** The per-element values, before any reduction argument is looked at. */
function perElement(m: Interpreter, entry: LossEntry, inputs: Bound, place: Place): Sum {
  const signature = signatureOf(entry);
  const given = signature.inputs.map((i) => {
    const a = inputs.get(i.name);
    return { axes: i.axes, sum: a ? alternativeSum(m, a.value, a.range) : null, value: a?.value ?? null };
  });
  const sums = given.flatMap((g) => (g.sum ? [collapse(g.sum, 'the input')] : []));
  const terms = sums.flatMap((s) => s.terms);
  const grows = terms.find((t) => t.theta !== 'no' && degreeOf(t, 'B') !== 0);
  const unknown =
    terms.find((t) => t.theta !== 'no' && t.unknown !== null)?.unknown ??
    (grows ? 'its input changes with the batch size' : null);
  const bindings = bindAxes(given);
  const isSingle = sums.some((s) => s.row.single);
  const outputRow = isSingle ? singleRow(signature.output) : outputOf(signature.output, bindings);
  const inside = [...new Set(signature.inputs.flatMap((i) => i.axes))].filter(
    (a) => !signature.output.includes(a) && !a.startsWith('*'),
  ) as AxisName[];
  const theta = terms.length === 0 ? 'maybe' : terms.map((t) => t.theta).reduce(either);
  const base = term({
    theta,
    examples: 'yes',
    unknown,
    range: place.range,
    batch: given.map((g) => (g.value ? batchOf(g.value) : null)).find((b) => b !== null) ?? null,
    summed: entry.inner === 'mean' ? {} : exponentsOf(inside),
    assumed: entry.exampleDependsOnBatch ? ['the loss of one example depends on the others in its batch'] : [],
  });
  const made = step(base, outputRow, {
    ...place,
    text: `${(entry.names[0] ?? '').split('.').at(-1)}: per ${outputRow.front.length + outputRow.back.length + (outputRow.rest ? 1 : 0) > 1 ? 'element' : 'example'}`,
  });
  const s = sum([made], outputRow);
  // What Keras averages inside, before its own reduction, is a step of its own; sums over classes are the loss itself.
  const shown = inside.filter((n) => n !== 'C' && n !== 'B');
  return entry.inner === 'mean' && shown.length
    ? withOperation(s, { word: 'mean', over: shown, divisor: 'actual', api: entry.names[0] ?? '', kind: 'loss' }, place)
    : s;
}

/** The input as one tensor; of several alternatives, the first stands for the shape. */
function alternativeSum(m: Interpreter, value: Value, range: { readonly start: number; readonly end: number }): Sum {
  const first = value.kind === 'choice' ? value.alternatives[0]?.value : value;
  const s = toSum(m, first ?? value, range);
  return mapTerms(s, (t) => t);
}

type Bindings = Map<string, readonly Axis[] | 'open'>;

/** What each letter of the signature stands for in the inputs at hand. The first axis of a loss's input is its batch, by the loss's own contract. */
function bindAxes(given: readonly { readonly axes: readonly string[]; readonly sum: Sum | null }[]): Bindings {
  const bindings: Bindings = new Map();
  for (const g of given) {
    if (!g.sum) continue;
    const r = g.sum.row;
    const closed = r.rest === null ? [...r.front, ...r.back] : null;
    const star = g.axes.findIndex((a) => a.startsWith('*'));
    if (closed === null) {
      const first = r.front[0];
      if (first && g.axes[0] && !bindings.has(g.axes[0])) bindings.set(g.axes[0], [clean(first)]);
      continue;
    }
    if (closed.length === 0) continue;
    const after = star < 0 ? 0 : g.axes.length - star - 1;
    const before = star < 0 ? g.axes.length : star;
    if (closed.length < before + after && star >= 0) continue;
    g.axes.forEach((letter, i) => {
      const old = bindings.get(letter);
      if (old && old !== 'open') return;
      if (letter.startsWith('*')) bindings.set(letter, closed.slice(before, closed.length - after).map(clean));
      else {
        const a = i < before ? closed[i] : closed[closed.length - (g.axes.length - i)];
        if (a) bindings.set(letter, [clean(a)]);
      }
    });
  }
  return bindings;
}

const clean = (a: Axis): Axis => axis(...a.names);

/** The loss of one example that was taken out of its batch: no axis of it is the batch. */
const singleRow = (output: readonly string[]): AxisRow => ({
  ...(output.length > 1 ? row([], 'I') : scalarRow),
  single: true,
});

function outputOf(output: readonly string[], bindings: Bindings): AxisRow {
  const front: Axis[] = [];
  const back: Axis[] = [];
  let rest: AxisName | null = null;
  for (const letter of output) {
    const bound = bindings.get(letter);
    const into = rest === null ? front : back;
    if (letter.startsWith('*')) {
      if (bound && bound !== 'open') into.push(...bound);
      else rest = 'I';
    } else if (letter === 'B') {
      // By its contract the first axis is the batch; flattened tokens are the batch and more.
      const names = bound && bound !== 'open' ? (bound[0]?.names ?? []) : [];
      into.push(names.includes('B') ? axis(...names) : axis('B', ...names.filter((n) => n !== 'I' && n !== 'P')));
    } else into.push(axis(letter as AxisName));
  }
  return row(front, rest, back);
}
