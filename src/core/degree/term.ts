/**
 * The value of the abstract interpreter: a sum of terms. Each term knows how it scales when every example of the batch is repeated (its degree), what
 * it depends on, and how it was made. See docs/how-it-knows.md for the algebra; the property test holds it to the gradients of real numbers.
 */
import type { AxisName, Range, TraceStep } from '../analysis.ts';
import {
  type AxisRow,
  addExponents,
  type Exponents,
  exponentsOf,
  hasAxis,
  isScalar,
  scalarRow,
  showRow,
} from './axes.ts';

export type Certainty = 'yes' | 'no' | 'maybe';

export const either = (a: Certainty, b: Certainty): Certainty =>
  a === 'yes' || b === 'yes' ? 'yes' : a === 'maybe' || b === 'maybe' ? 'maybe' : 'no';

/** `actual` is read from a tensor, `nominal` a setting that stands for it; `count` and `weights` are sums over the examples. */
export type DivisorKind = 'actual' | 'nominal' | 'count' | 'weights' | 'computed';

/** A divisor, or with negative exponents a factor. */
export interface Divisor {
  readonly exponents: Exponents;
  readonly kind: DivisorKind;
}

export interface Coefficient {
  /** null where a symbol is in it. */
  readonly value: number | null;
  readonly text: string;
}

/** One reducing step in the life of a term: the material for sites and for the words that name a reduction. */
export interface Operation {
  readonly range: Range;
  /** Start of the statement that the step stands in: steps of one statement make one site. */
  readonly statement: number;
  readonly api: string;
  readonly text: string;
  readonly word: 'sum' | 'mean' | 'max' | 'none' | 'divide' | 'other';
  readonly over: readonly AxisName[];
  /** What a mean or a division divides by. */
  readonly divisor: DivisorKind | null;
  /** A division belongs to the reduction before it and makes no site alone. */
  readonly kind: 'loss' | 'reduction' | 'division';
  /** Where a constructed loss was called: its site is where it was constructed, but its value is made here. */
  readonly calledAt?: Range;
}

/** Where the examples come from, so that a loss knows its own batch size. */
export interface BatchSource {
  readonly size: Sum | null;
  readonly range: Range;
  readonly dropsLast: boolean | null;
}

export interface Term {
  readonly coefficient: Coefficient | null;
  /** The number that the sizes in a constant amount to (128 for `BATCH_SIZE`), where the source gives it. It is no coefficient: it stands for the batch. */
  readonly size: number | null;
  readonly summed: Exponents;
  readonly over: readonly Divisor[];
  readonly selected: readonly AxisName[];
  readonly theta: Certainty;
  readonly examples: Certainty;
  /** `shifts`: the value grows by something that does not depend on θ (log of a sum); its gradient still scales by the degree. */
  readonly value: 'scales' | 'shifts';
  /** Why the degree cannot be told. */
  readonly unknown: string | null;
  readonly assumed: readonly string[];
  readonly operations: readonly Operation[];
  readonly trace: readonly TraceStep[];
  readonly range: Range;
  readonly batch: BatchSource | null;
  /** Whether a number is written in the source or is a default that a launch may override. */
  readonly origin: 'constant' | 'argument-default' | 'framework-default';
  /** Whether a sum of it counts (a mask) or weighs (weights), where it is known. */
  readonly counts: 'mask' | 'weights' | null;
}

/** A number or a tensor: a sum of terms over the same axes. */
export interface Sum {
  readonly kind: 'sum';
  readonly terms: readonly Term[];
  readonly row: AxisRow;
}

/** Where an operation stands, for its trace and its site. */
export interface Place {
  readonly range: Range;
  readonly statement: number;
  readonly text: string;
  readonly calledAt?: Range;
}

const NOWHERE: Range = { start: 0, end: 0 };

export const MOST_STEPS = 16;

const blank: Term = {
  coefficient: null,
  size: null,
  summed: {},
  over: [],
  selected: [],
  theta: 'no',
  examples: 'no',
  value: 'scales',
  unknown: null,
  assumed: [],
  operations: [],
  trace: [],
  range: NOWHERE,
  batch: null,
  origin: 'constant',
  counts: null,
};

export const sum = (terms: readonly Term[], r: AxisRow): Sum => ({ kind: 'sum', terms, row: r });

export const term = (fields: Partial<Term>): Term => ({ ...blank, ...fields });

export const single = (fields: Partial<Term>, r: AxisRow = scalarRow): Sum => sum([term(fields)], r);

export const constant = (value: number, range: Range = NOWHERE): Sum =>
  single({ coefficient: { value, text: String(value) }, range });

export const symbol = (text: string, range: Range, value: number | null = null): Sum =>
  single({ coefficient: { value, text }, range });

export const unknownSum = (reason: string, range: Range, r: AxisRow, fields: Partial<Term> = {}): Sum =>
  single({ theta: 'maybe', examples: 'maybe', ...fields, unknown: reason, range }, r);

/** The size of an axis: a term of degree 1 that depends on nothing. */
export function sizeOf(
  names: readonly AxisName[],
  kind: 'actual' | 'nominal',
  range: Range,
  size: number | null = null,
): Sum {
  return single({ over: names.length ? [{ exponents: exponentsOf(names, -1), kind }] : [], range, size });
}

export function degreesOf(t: Term): Exponents {
  return t.over.reduce<Exponents>((d, o) => addExponents(d, o.exponents, -1), t.summed);
}

export const degreeOf = (t: Term, name: AxisName): number => degreesOf(t)[name] ?? 0;

/** Divided by a number that only stands for the batch size. */
export const isNominal = (t: Term): boolean =>
  t.over.reduce((n, o) => n + (o.kind === 'nominal' ? (o.exponents.B ?? 0) : 0), 0) !== 0;

export const isConstant = (t: Term): boolean => t.theta === 'no' && t.examples === 'no' && t.unknown === null;

export const isPlainNumber = (t: Term): boolean =>
  isConstant(t) && t.over.length === 0 && Object.keys(t.summed).length === 0;

/** The number that a value is, where the source says it. */
export function numberOf(s: Sum): number | null {
  const [only] = s.terms;
  if (s.terms.length !== 1 || !only || !isConstant(only)) return null;
  const size = only.over.length === 0 ? 1 : only.size;
  const factor = only.coefficient === null ? 1 : only.coefficient.value;
  return size === null || factor === null ? null : size * factor;
}

/** A value made of constants, sizes and symbols only. */
export const isNumberLike = (s: Sum): boolean => s.terms.every(isConstant) && isScalar(s.row);

export const union = <T>(a: readonly T[], b: readonly T[]): readonly T[] =>
  b.length === 0 ? a : a.length === 0 ? b : [...new Set([...a, ...b])];

export const mapTerms = (s: Sum, f: (t: Term) => Term): Sum => sum(s.terms.map(f), s.row);

export const shortNumber = (x: number): string => String(Number(x.toPrecision(6)));

export const keysOf = (e: Exponents): AxisName[] => (Object.keys(e) as AxisName[]).filter((n) => e[n] !== 0);

export const standing = (place: Place, api: string) => ({
  range: place.range,
  statement: place.statement,
  text: place.text,
  api,
  ...(place.calledAt ? { calledAt: place.calledAt } : {}),
});

/** Where the value of a step is made. */
export const madeAt = (o: { readonly range: Range; readonly calledAt?: Range }): Range => o.calledAt ?? o.range;

/** Adds a reducing step to every term. A penalty that is averaged over examples it does not depend on keeps its own words. */
export function withOperation(
  s: Sum,
  step_: Pick<Operation, 'word' | 'over' | 'divisor' | 'api' | 'kind'>,
  place: Place,
): Sum {
  const operation: Operation = { ...step_, ...standing(place, step_.api) };
  return mapTerms(s, (t) =>
    isPlainNumber(t)
      ? t
      : step(
          {
            ...t,
            operations: [...t.operations, operation],
            range: t.range.end > t.range.start ? t.range : place.range,
          },
          s.row,
          place,
        ),
  );
}

/** Adds a line to the derivation. */
export function step(t: Term, r: AxisRow, place: Place): Term {
  const range = madeAt(place);
  const last = t.trace.at(-1);
  const result = describe(t, r);
  if (last && last.range.start === range.start && last.range.end === range.end && last.result === result) return t;
  return { ...t, trace: [...t.trace, { range, text: place.text, result }].slice(-MOST_STEPS) };
}

export function describe(t: Term, r: AxisRow): string {
  const shape = isScalar(r) ? 'scalar' : showRow(r);
  if (t.unknown !== null) return `${shape}, degree unknown`;
  const degrees = degreesOf(t);
  const shown = keysOf(degrees).filter((n) => n !== 'P' && n !== 'C' && n !== 'I');
  const parts = shown.map((n) => `degree ${showDegree(degrees[n] ?? 0)} in ${n}`);
  if (parts.length === 0 && isScalar(r) && !hasAxis(r, 'B')) parts.push('degree 0');
  return [shape, ...parts].join(', ');
}

export const showDegree = (d: number): string =>
  ({ '0.5': '½', '-0.5': '−½', '0.25': '¼' })[String(d)] ?? String(d).replace('-', '−');

/** The same value with a reason why its degree is not known, or with an assumption. */
export const markUnknown = (s: Sum, reason: string): Sum =>
  mapTerms(s, (t) => ({ ...t, unknown: t.unknown ?? reason }));

export const markAssumed = (s: Sum, note: string): Sum =>
  mapTerms(s, (t) => ({ ...t, assumed: union(t.assumed, [note]) }));

/** Without its dependence on the parameters: what `detach` and `stop_gradient` leave. */
export const detached = (s: Sum): Sum => mapTerms(s, (t) => ({ ...t, theta: 'no' }));
