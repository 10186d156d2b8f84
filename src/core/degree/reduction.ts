/** Taking axes away: sums, means, selections, norms and what they leave of a degree. */
import type { AxisName } from '../analysis.ts';
import { collapse, elementwise, power } from './algebra.ts';
import {
  type AxisRow,
  addExponents,
  axesOf,
  countAxes,
  countNames,
  type Exponents,
  isScalar,
  scalarRow,
  scaleExponents,
  takeAxis,
  unknownRow,
} from './axes.ts';
import {
  type Divisor,
  type DivisorKind,
  keysOf,
  mapTerms,
  markUnknown,
  type Operation,
  type Place,
  type Sum,
  sum,
  type Term,
  union,
  withOperation,
} from './term.ts';

export interface ReductionOptions {
  readonly operation:
    | 'sum'
    | 'mean'
    | 'max'
    | 'min'
    | 'norm'
    | 'logsumexp'
    | 'product'
    | 'median'
    | 'variance'
    | 'deviation'
    | 'count-nonzero'
    | 'argument';
  /** Positions; null closes the whole row. `unknown` where the argument cannot be told. */
  readonly axes: readonly number[] | null | 'unknown';
  readonly keepDims: boolean;
  /** Of a norm. */
  readonly order?: number;
  /** Variance and deviation divide by n − 1. */
  readonly unbiased?: boolean;
  readonly api: string;
}

/** Takes axes out of a row: the row that stays, the names that went, and whether a position had to be guessed. */
function closeAxes(
  r: AxisRow,
  axes: readonly number[] | null,
  keep: boolean,
): { row: AxisRow; counts: Exponents; guessed: boolean } {
  if (axes === null) return { row: scalarRow, counts: countAxes(r), guessed: false };
  let left = r;
  let guessed = false;
  const names: AxisName[] = [];
  // From the last to the first, so that the positions of the others stay valid.
  const order = [...axes].sort((a, b) => (a < 0 === b < 0 ? b - a : a < 0 ? -1 : 1));
  const negative = order.filter((a) => a < 0).sort((a, b) => a - b);
  for (const position of [...order.filter((a) => a >= 0), ...negative]) {
    const taken = takeAxis(left, position, keep);
    if (!taken) continue;
    left = taken.row;
    guessed ||= taken.guessed;
    names.push(...taken.axis.names);
  }
  return { row: left, counts: countNames(names), guessed };
}

export function reduce(s: Sum, options: ReductionOptions, place: Place): Sum {
  const { operation, axes } = options;
  if (axes === 'unknown') {
    return withOperation(
      sum(
        s.terms.map((t) => ({ ...t, unknown: t.unknown ?? 'the axis of the reduction is not written here' })),
        unknownRow,
      ),
      { word: wordOf(operation), over: axesOf(s.row), divisor: null, api: options.api, kind: 'reduction' },
      place,
    );
  }
  const { uncertain } = s.row;
  // Of entries that a mask chose, a mean divides by how many they are.
  const kind: DivisorKind = [...s.row.front, ...s.row.back].some((a) => a.partial) ? 'count' : 'actual';
  const closed = closeAxes(s.row, axes, options.keepDims);
  const noted = [...(closed.guessed ? [`the last axis in \`${place.text}\` is taken for an inner axis`] : [])];
  const over = keysOf(closed.counts);
  // A mean of a scalar changes nothing; a sum of one neither.
  if (over.length === 0 && isScalar(s.row))
    return withOperation(
      s,
      { word: wordOf(operation), over, divisor: null, api: options.api, kind: 'reduction' },
      place,
    );
  const overBatch = over.includes('B');
  // How often a sum adds a value is not known where the axes are not; a mean or a selection of equal values changes nothing.
  const counts =
    uncertain && !/^(?:mean|max|min|median)$/.test(operation) ? 'the axes that are reduced are not known' : null;
  const apply = (terms: readonly Term[], f: (t: Term) => Term): Sum =>
    withOperation(
      sum(
        terms.map(f).map((t) => ({ ...t, assumed: union(t.assumed, noted), unknown: t.unknown ?? counts })),
        closed.row,
      ),
      {
        word: wordOf(operation),
        over,
        divisor: operation === 'mean' ? kind : null,
        api: options.api,
        kind: 'reduction',
      },
      place,
    );
  const whole = () => collapse(s, `\`${options.api}\` of a sum`).terms;
  switch (operation) {
    case 'sum':
      return apply(s.terms, (t) => ({ ...t, summed: addExponents(t.summed, closed.counts) }));
    case 'mean':
      return apply(s.terms, (t) => ({
        ...t,
        summed: addExponents(t.summed, closed.counts),
        over: [...t.over, { exponents: closed.counts, kind }],
      }));
    case 'max':
    case 'min':
    case 'median':
      // A term that only knows one value for all of them (a penalty inside) goes through unchanged; several data terms are chosen together.
      return apply(s.terms.filter((t) => t.examples !== 'no').length > 1 ? whole() : s.terms, (t) => ({
        ...t,
        selected: union(t.selected, over),
      }));
    case 'norm': {
      const p = options.order ?? 2;
      if (p === Number.POSITIVE_INFINITY) return apply(whole(), (t) => ({ ...t, selected: union(t.selected, over) }));
      if (!(p > 0)) return apply(whole(), (t) => ({ ...t, unknown: t.unknown ?? `a norm of order ${p}` }));
      return apply(whole(), (t) => ({
        ...t,
        coefficient: null,
        summed: addExponents(t.summed, scaleExponents(closed.counts, 1 / p)),
        unknown: t.unknown ?? shifted(t, 'a norm'),
      }));
    }
    case 'logsumexp': {
      // What is the same for all examples comes out in front: log Σ exp(l + R) = R + log Σ exp(l).
      const same = s.terms.filter((t) => t.examples === 'no');
      const varying = s.terms.filter((t) => t.examples !== 'no');
      const logged = varying.length ? elementwise(sum(varying, s.row), null, options.api).terms : [];
      return apply([...logged, ...same], (t) => ({ ...t, value: overBatch ? 'shifts' : t.value }));
    }
    case 'variance':
    case 'deviation': {
      const p = operation === 'variance' ? 2 : 1;
      const squared = power(sum(whole(), s.row), p).terms;
      const mean: Divisor = { exponents: closed.counts, kind: 'actual' };
      // A variance with n − 1 follows k only to leading order; so no degree is claimed over the batch.
      const inexact =
        overBatch && options.unbiased === true ? 'the divisor n − 1 does not scale with the batch exactly' : null;
      return apply(squared, (t) => ({
        ...t,
        summed: addExponents(t.summed, closed.counts),
        over: [...t.over, mean],
        unknown: t.unknown ?? shifted(t, 'a variance') ?? inexact,
      }));
    }
    case 'count-nonzero':
      return apply(whole(), (t) => ({
        ...t,
        theta: 'no',
        coefficient: null,
        summed: closed.counts,
        over: [],
        counts: 'mask',
      }));
    case 'argument':
      return apply(whole(), (t) => ({
        ...t,
        theta: 'no',
        coefficient: null,
        summed: {},
        over: [],
        selected: union(t.selected, over),
      }));
    case 'product':
      return apply(whole(), (t) => ({
        ...t,
        unknown: t.unknown ?? (overBatch ? 'a product over the batch is not homogeneous' : null),
      }));
  }
}

/**
 * What looks along one axis and keeps it. Of a batch repeated k times a softmax over the batch has entries of 1/k, and its logarithm is shifted by
 * log k.
 */
export function alongAxis(s: Sum, how: 'softmax' | 'log-softmax' | 'cumulate', position: number, name: string): Sum {
  const taken = takeAxis(s.row, position, false);
  const overBatch = taken?.axis.names.includes('B') ?? false;
  if (how === 'cumulate') return overBatch || s.row.uncertain ? markUnknown(s, `\`${name}\` runs over the batch`) : s;
  const result = elementwise(s, null, name);
  if (!overBatch) return result;
  return mapTerms(result, (t) =>
    how === 'softmax'
      ? { ...t, over: [...t.over, { exponents: { B: 1 }, kind: 'actual' as const }] }
      : { ...t, value: 'shifts' as const },
  );
}

const shifted = (t: Term, what: string): string | null =>
  t.value === 'shifts' ? `${what} of a value that shifts with the batch` : null;

const wordOf = (operation: ReductionOptions['operation']): Operation['word'] =>
  operation === 'sum' || operation === 'mean' || operation === 'max' ? operation : 'other';
