/**
 * The value of the abstract interpreter: a sum of terms. Each term knows how it scales when every example of the batch is repeated (its degree), what
 * it depends on, and how it was made. See docs/how-it-knows.md for the algebra; the property test holds it to the gradients of real numbers.
 */
import type { AxisName, Range, TraceStep } from '../analysis.ts';
import {
  type Axis,
  type AxisRow,
  addExponents,
  axesOf,
  axis,
  broadcast,
  type Exponents,
  exponentsOf,
  hasAxis,
  isScalar,
  row,
  scalarRow,
  scaleExponents,
  showRow,
  takeAxis,
} from './axes.ts';

export type Certainty = 'yes' | 'no' | 'maybe';

export const either = (a: Certainty, b: Certainty): Certainty => (a === 'yes' || b === 'yes' ? 'yes' : a === 'maybe' || b === 'maybe' ? 'maybe' : 'no');

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
  /** False for a division: it belongs to the reduction before it and makes no site alone. */
  readonly makesSite: boolean;
}

/** Where the examples come from, so that a loss knows its own batch size. */
export interface BatchSource {
  readonly size: Sum | null;
  readonly range: Range;
  readonly dropsLast: boolean | null;
}

export interface Term {
  readonly coefficient: Coefficient | null;
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
  readonly origin: 'constant' | 'argument-default';
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
}

const NOWHERE: Range = { start: 0, end: 0 };
/** More terms than this are no longer told apart. */
const MOST_TERMS = 24;
const MOST_STEPS = 16;

const blank: Term = {
  coefficient: null,
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

export const constant = (value: number, range: Range = NOWHERE): Sum => single({ coefficient: { value, text: String(value) }, range });
export const symbol = (text: string, range: Range, value: number | null = null): Sum => single({ coefficient: { value, text }, range });
export const unknownSum = (reason: string, range: Range, r: AxisRow, fields: Partial<Term> = {}): Sum =>
  single({ theta: 'maybe', examples: 'maybe', ...fields, unknown: reason, range }, r);

/** The size of an axis: a term of degree 1 that depends on nothing. */
export function sizeOf(names: readonly AxisName[], kind: 'actual' | 'nominal', range: Range, coefficient: Coefficient | null = null): Sum {
  return single({ over: names.length ? [{ exponents: exponentsOf(names, -1), kind }] : [], range, coefficient });
}

export function degreesOf(t: Term): Exponents {
  return t.over.reduce<Exponents>((d, o) => addExponents(d, o.exponents, -1), t.summed);
}

export const degreeOf = (t: Term, name: AxisName): number => degreesOf(t)[name] ?? 0;

/** Divided by a number that only stands for the batch size. */
export const isNominal = (t: Term): boolean => t.over.reduce((n, o) => n + (o.kind === 'nominal' ? (o.exponents.B ?? 0) : 0), 0) !== 0;

const isConstant = (t: Term): boolean => t.theta === 'no' && t.examples === 'no' && t.unknown === null;
const isPlainNumber = (t: Term): boolean => isConstant(t) && t.over.length === 0 && Object.keys(t.summed).length === 0;

/** The number that a value is, where the source says it. */
export function numberOf(s: Sum): number | null {
  const [only] = s.terms;
  if (s.terms.length !== 1 || !only || !isConstant(only)) return null;
  return only.coefficient === null ? (only.over.length === 0 ? 1 : null) : only.coefficient.value;
}

/** A value made of constants, sizes and symbols only. */
export const isNumberLike = (s: Sum): boolean => s.terms.every(isConstant) && isScalar(s.row);

/** Terms that have not been reduced yet and differ in nothing that matters are one tensor, not several losses. */
const isRaw = (t: Term): boolean => t.operations.length === 0 && t.unknown === null && Object.keys(t.summed).length === 0 && t.over.length === 0;

const union = <T>(a: readonly T[], b: readonly T[]): readonly T[] => (b.length === 0 ? a : a.length === 0 ? b : [...new Set([...a, ...b])]);

function unite(a: Term, b: Term): Term {
  return {
    ...a,
    theta: either(a.theta, b.theta),
    examples: either(a.examples, b.examples),
    value: a.value === 'shifts' || b.value === 'shifts' ? 'shifts' : 'scales',
    selected: union(a.selected, b.selected),
    assumed: union(a.assumed, b.assumed),
    operations: union(a.operations, b.operations),
    trace: union(a.trace, b.trace).slice(0, MOST_STEPS),
    range: a.range.end > a.range.start ? a.range : b.range,
    batch: a.batch ?? b.batch,
    counts: a.counts === b.counts ? a.counts : null,
  };
}

export function add(a: Sum, b: Sum, sign: 1 | -1 = 1): Sum {
  const second = sign === 1 ? b : negate(b);
  const folded = foldNumbers(a, second, sign);
  if (folded) return folded;
  const r = broadcast(a.row, b.row);
  const terms: Term[] = [...a.terms];
  for (const t of second.terms) {
    // A bias or a label added to a tensor that nobody has reduced yet is part of that tensor.
    const at = isRaw(t) && !isPlainNumber(t) ? terms.findIndex((o) => isRaw(o) && !isPlainNumber(o)) : -1;
    if (at >= 0 && !isScalar(r)) terms[at] = { ...unite(terms[at] as Term, t), coefficient: null };
    else terms.push(t);
  }
  return terms.length > MOST_TERMS ? collapse(sum(terms, r), 'it has too many terms') : sum(terms, r);
}

/** Numbers of the same dimension stay numbers: 1 + 2, B + B; a guard on a size (`n + 1e-8`) leaves the size. */
function foldNumbers(a: Sum, b: Sum, sign: 1 | -1): Sum | null {
  const [x, y] = [a.terms[0], b.terms[0]];
  if (a.terms.length !== 1 || b.terms.length !== 1 || !x || !y || !isConstant(x) || !isConstant(y)) return null;
  if (!isScalar(a.row) || !isScalar(b.row)) return null;
  if (isGuard(y) && !isPlainNumber(x)) return a;
  if (isGuard(x) && !isPlainNumber(y)) return b;
  if (!sameDegrees(x, y)) return null;
  const [p, q] = [numberOf(a) ?? coefficientNumber(x), numberOf(b) ?? coefficientNumber(y)];
  const text = `${x.coefficient?.text ?? '1'} ${sign === 1 ? '+' : '−'} ${(y.coefficient?.text ?? '1').replace(/^[-−]/, '')}`;
  return sum([{ ...x, coefficient: { value: p === null || q === null ? null : p + q, text } }], a.row);
}

const coefficientNumber = (t: Term): number | null => (t.coefficient === null ? 1 : t.coefficient.value);

/** A small constant that keeps a divisor or a root away from zero. */
const isGuard = (t: Term): boolean => {
  const value = t.coefficient?.value;
  return isPlainNumber(t) && value !== null && value !== undefined && Math.abs(value) <= 1e-3;
};

function sameDegrees(a: Term, b: Term): boolean {
  const difference = addExponents(degreesOf(a), degreesOf(b), -1);
  return (['B', 'K', 'N'] as const).every((n) => !difference[n]);
}

/**
 * One term for a sum that a function that is not linear looks at as a whole. Its terms must scale alike; a guard does not count.
 * @param why what the reason says where they do not
 */
export function collapse(s: Sum, why: string): Sum {
  const terms = s.terms.length > 1 ? s.terms.filter((t) => !isGuard(t)) : s.terms;
  const [first, ...others] = terms;
  if (!first) return s;
  if (others.length === 0) return sum([first], s.row);
  const unknown = terms.find((t) => t.unknown !== null)?.unknown ?? null;
  const differ = others.some((t) => !sameDegrees(first, t));
  const shifted = terms.some((t) => t.value === 'shifts') && terms.some((t) => degreeOf(t, 'B') !== 0);
  // Of several terms the one with a history speaks for all.
  const lead = terms.find((t) => t.operations.length > 0) ?? terms.find((t) => t.theta !== 'no') ?? first;
  const united = terms.filter((t) => t !== lead).reduce(unite, lead);
  const reason = unknown ?? (differ || shifted ? `${why}, and its terms scale differently with the batch` : null);
  return sum([{ ...united, coefficient: terms.length > 1 ? null : lead.coefficient, unknown: reason }], s.row);
}

export const negate = (s: Sum): Sum => mapTerms(s, (t) => ({ ...t, coefficient: multiplyCoefficients(t.coefficient, { value: -1, text: '−1' }) }));

export const mapTerms = (s: Sum, f: (t: Term) => Term): Sum => sum(s.terms.map(f), s.row);

function multiplyCoefficients(a: Coefficient | null, b: Coefficient | null): Coefficient | null {
  if (a === null || a.value === 1) return b;
  if (b === null || b.value === 1) return a;
  if (a.value !== null && b.value !== null) {
    const value = a.value * b.value;
    return { value, text: shortNumber(value) };
  }
  if (b.value === -1) return { value: null, text: a.text.startsWith('−') ? a.text.slice(1) : `−${a.text}` };
  if (a.value === -1) return { value: null, text: b.text.startsWith('−') ? b.text.slice(1) : `−${b.text}` };
  return { value: null, text: `${a.text} · ${b.text}` };
}

export const shortNumber = (x: number): string => String(Number(x.toPrecision(6)));

const inverseCoefficient = (c: Coefficient | null): Coefficient | null =>
  c === null ? null : c.value === null || c.value === 0 ? { value: null, text: `1/${c.text}` } : { value: 1 / c.value, text: shortNumber(1 / c.value) };

/** f · g: degrees add, if whatever is differentiated has a partner that scales. */
function multiplyTerms(a: Term, b: Term): Term {
  const united = isConstant(b) ? { ...a } : isConstant(a) ? { ...b } : unite(a, b);
  const shiftMatters = (x: Term, y: Term) => x.value === 'shifts' && y.theta !== 'no';
  const unknown =
    a.unknown ?? b.unknown ?? (shiftMatters(a, b) || shiftMatters(b, a) ? 'a value that shifts with the batch is multiplied by a trained one' : null);
  return {
    ...united,
    coefficient: multiplyCoefficients(a.coefficient, b.coefficient),
    summed: addExponents(a.summed, b.summed),
    over: [...a.over, ...b.over],
    counts: isConstant(a) ? b.counts : isConstant(b) ? a.counts : a.counts && b.counts ? (a.counts === 'mask' && b.counts === 'mask' ? 'mask' : 'weights') : null,
    unknown,
  };
}

export function multiply(a: Sum, b: Sum): Sum {
  const r = broadcast(a.row, b.row);
  const [x, y] = a.terms.length * b.terms.length > MOST_TERMS ? [collapse(a, 'a product'), collapse(b, 'a product')] : [a, b];
  const merge = (s: Sum) => (s.terms.length > 1 && s.terms.every((t) => isRaw(t)) ? collapse(s, 'a product') : s);
  const [left, right] = isNumberLike(a) || isNumberLike(b) ? [x, y] : [merge(x), merge(y)];
  return sum(
    left.terms.flatMap((t) => right.terms.map((u) => multiplyTerms(t, u))),
    r,
  );
}

/** a ÷ b. A guard in the divisor keeps it; a divisor whose own terms scale differently cannot be told. */
export function divide(a: Sum, b: Sum, place: Place): Sum {
  const whole = collapse(b, 'the divisor is a sum');
  const divisor = whole.terms[0];
  if (!divisor) return a;
  const kind = divisorKind(divisor);
  const exponents = degreesOf(divisor);
  const changes = Object.values(exponents).some((e) => e !== 0);
  const operation: Operation | null = changes
    ? { ...standing(place, 'divide'), word: 'divide', over: keysOf(exponents), divisor: kind, makesSite: false }
    : null;
  const inverse: Term = {
    ...divisor,
    coefficient: inverseCoefficient(divisor.coefficient),
    summed: {},
    over: changes ? [{ exponents, kind }] : [],
    operations: [],
    trace: [],
    counts: null,
  };
  const result = multiply(a, sum([inverse], b.row));
  if (!operation) return result;
  return mapTerms(result, (t) => step({ ...t, operations: t.operations.length ? [...t.operations, operation] : t.operations }, result.row, place));
}

function divisorKind(t: Term): DivisorKind {
  if (t.over.some((o) => o.kind === 'nominal')) return 'nominal';
  if (t.counts === 'mask') return 'count';
  if (t.counts === 'weights') return 'weights';
  return isConstant(t) ? 'actual' : 'computed';
}

export const keysOf = (e: Exponents): AxisName[] => (Object.keys(e) as AxisName[]).filter((n) => e[n] !== 0);

const standing = (place: Place, api: string) => ({ range: place.range, statement: place.statement, text: place.text, api });

/** f(x) with f(c·x) = cᵖ·f(x). */
export function power(s: Sum, p: number): Sum {
  if (p === 1) return s;
  const [only] = s.terms;
  if (s.terms.length === 1 && only && isPlainNumber(only) && only.coefficient?.value != null) {
    const value = only.coefficient.value ** p;
    return sum([{ ...only, coefficient: { value, text: shortNumber(value) } }], s.row);
  }
  const whole = collapse(s, 'a power of a sum');
  return mapTerms(whole, (t) => ({
    ...t,
    coefficient: t.coefficient?.value != null && t.coefficient.value > 0 ? { value: t.coefficient.value ** p, text: shortNumber(t.coefficient.value ** p) } : null,
    summed: scaleExponents(t.summed, p),
    over: t.over.map((o) => ({ ...o, exponents: scaleExponents(o.exponents, p) })),
    unknown: t.unknown ?? (t.value === 'shifts' ? 'a power of a value that shifts with the batch' : null),
  }));
}

/** f(x) for a function that is not homogeneous: fine as long as x does not grow with the batch. `log` turns growth into a shift. */
export function elementwise(s: Sum, degree: number | null | 'log', name: string): Sum {
  if (typeof degree === 'number') return power(s, degree);
  const whole = collapse(s, `\`${name}\` of a sum`);
  return mapTerms(whole, (t) => {
    const grows = degreeOf(t, 'B') !== 0;
    const outer = degreeOf(t, 'K') !== 0 || degreeOf(t, 'N') !== 0;
    const lost = degree === 'log' ? t.value === 'shifts' : grows || outer || t.value === 'shifts';
    return {
      ...t,
      coefficient: null,
      summed: {},
      over: [],
      counts: null,
      value: degree === 'log' && grows ? 'shifts' : t.value,
      unknown: t.unknown ?? (lost ? `\`${name}\` is taken of a value that changes with the batch size` : null),
    };
  });
}

export interface ReductionOptions {
  readonly operation: 'sum' | 'mean' | 'max' | 'min' | 'norm' | 'logsumexp' | 'product' | 'median' | 'variance' | 'deviation' | 'count-nonzero' | 'argument';
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
function closeAxes(r: AxisRow, axes: readonly number[] | null, keep: boolean): { row: AxisRow; names: AxisName[]; notes: string[]; guessed: boolean } {
  const noteOf = (a: Axis) => (a.note ? [a.note] : []);
  if (axes === null) return { row: scalarRow, names: axesOf(r), notes: [...r.front, ...r.back].flatMap(noteOf), guessed: false };
  let left = r;
  let guessed = false;
  const notes: string[] = [];
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
    notes.push(...noteOf(taken.axis));
  }
  return { row: left, names: [...new Set(names)], notes, guessed };
}

export function reduce(s: Sum, options: ReductionOptions, place: Place): Sum {
  const { operation, axes } = options;
  if (axes === 'unknown') {
    return withOperation(
      sum(
        s.terms.map((t) => ({ ...t, unknown: t.unknown ?? 'the axis of the reduction is not written here' })),
        row([], 'I'),
      ),
      { word: wordOf(operation), over: axesOf(s.row), divisor: null, api: options.api },
      place,
    );
  }
  const closed = closeAxes(s.row, axes, options.keepDims);
  const noted = [...closed.notes, ...(closed.guessed ? [`the last axis in \`${place.text}\` is taken for an inner axis`] : [])];
  const over = closed.names;
  // A mean of a scalar changes nothing; a sum of one neither.
  if (over.length === 0 && isScalar(s.row)) return withOperation(s, { word: wordOf(operation), over, divisor: null, api: options.api }, place);
  const overBatch = over.includes('B');
  const apply = (terms: readonly Term[], f: (t: Term) => Term): Sum =>
    withOperation(
      sum(
        terms.map((t) => ({ ...f(t), assumed: union(t.assumed, noted) })),
        closed.row,
      ),
      { word: wordOf(operation), over, divisor: operation === 'mean' ? 'actual' : null, api: options.api },
      place,
    );
  const whole = () => collapse(s, `\`${options.api}\` of a sum`).terms;
  switch (operation) {
    case 'sum':
      return apply(s.terms, (t) => ({ ...t, summed: addExponents(t.summed, exponentsOf(over)) }));
    case 'mean':
      return apply(s.terms, (t) => ({
        ...t,
        summed: addExponents(t.summed, exponentsOf(over)),
        over: [...t.over, { exponents: exponentsOf(over), kind: 'actual' }],
      }));
    case 'max':
    case 'min':
    case 'median':
      // A term that only knows one value for all of them (a penalty inside) goes through unchanged; several data terms are chosen together.
      return apply(s.terms.filter((t) => t.examples !== 'no').length > 1 ? whole() : s.terms, (t) => ({ ...t, selected: union(t.selected, over) }));
    case 'norm': {
      const p = options.order ?? 2;
      if (p === Number.POSITIVE_INFINITY) return apply(whole(), (t) => ({ ...t, selected: union(t.selected, over) }));
      if (!(p > 0)) return apply(whole(), (t) => ({ ...t, unknown: t.unknown ?? `a norm of order ${p}` }));
      return apply(whole(), (t) => ({
        ...t,
        coefficient: null,
        summed: addExponents(t.summed, exponentsOf(over, 1 / p)),
        unknown: t.unknown ?? shifted(t, 'a norm'),
      }));
    }
    case 'logsumexp': {
      const logged = elementwise(sum(s.terms, s.row), null, options.api).terms;
      return apply(logged, (t) => ({ ...t, value: overBatch ? 'shifts' : t.value }));
    }
    case 'variance':
    case 'deviation': {
      const p = operation === 'variance' ? 2 : 1;
      const squared = power(sum(whole(), s.row), p).terms;
      const mean: Divisor = { exponents: exponentsOf(over), kind: 'actual' };
      // A variance with n − 1 follows k only to leading order; so no degree is claimed over the batch.
      const inexact = overBatch && options.unbiased === true ? 'the divisor n − 1 does not scale with the batch exactly' : null;
      return apply(squared, (t) => ({ ...t, summed: addExponents(t.summed, exponentsOf(over)), over: [...t.over, mean], unknown: t.unknown ?? shifted(t, 'a variance') ?? inexact }));
    }
    case 'count-nonzero':
      return apply(whole(), (t) => ({ ...t, theta: 'no', coefficient: null, summed: exponentsOf(over), over: [], counts: 'mask' }));
    case 'argument':
      return apply(whole(), (t) => ({ ...t, theta: 'no', coefficient: null, summed: {}, over: [], selected: union(t.selected, over) }));
    case 'product':
      return apply(whole(), (t) => ({ ...t, unknown: t.unknown ?? (overBatch ? 'a product over the batch is not homogeneous' : null) }));
  }
}

const shifted = (t: Term, what: string): string | null => (t.value === 'shifts' ? `${what} of a value that shifts with the batch` : null);

const wordOf = (operation: ReductionOptions['operation']): Operation['word'] =>
  operation === 'sum' || operation === 'mean' || operation === 'max' ? operation : 'other';

/** Adds a reducing step to every term. A penalty that is averaged over examples it does not depend on keeps its own words. */
export function withOperation(s: Sum, step_: Pick<Operation, 'word' | 'over' | 'divisor' | 'api'>, place: Place, makesSite = true): Sum {
  const operation: Operation = { ...step_, ...standing(place, step_.api), makesSite };
  return mapTerms(s, (t) =>
    isPlainNumber(t) ? t : step({ ...t, operations: [...t.operations, operation], range: t.range.end > t.range.start ? t.range : place.range }, s.row, place),
  );
}

/** Adds a line to the derivation. */
export function step(t: Term, r: AxisRow, place: Place): Term {
  const last = t.trace.at(-1);
  const result = describe(t, r);
  if (last && last.range.start === place.range.start && last.range.end === place.range.end && last.result === result) return t;
  return { ...t, trace: [...t.trace, { range: place.range, text: place.text, result }].slice(-MOST_STEPS) };
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

export const showDegree = (d: number): string => ({ '0.5': '½', '-0.5': '−½', '0.25': '¼' })[String(d)] ?? String(d).replace('-', '−');

/** The same value with a reason why its degree is not known, or with an assumption. */
export const markUnknown = (s: Sum, reason: string): Sum => mapTerms(s, (t) => ({ ...t, unknown: t.unknown ?? reason }));
export const markAssumed = (s: Sum, note: string): Sum => mapTerms(s, (t) => ({ ...t, assumed: union(t.assumed, [note]) }));

/** Without its dependence on the parameters: what `detach` and `stop_gradient` leave. */
export const detached = (s: Sum): Sum => mapTerms(s, (t) => ({ ...t, theta: 'no' }));

/** A contraction over one axis of both sides: `x @ w` sums over the last axis of x. */
export function contract(a: Sum, b: Sum, place: Place): Sum {
  const left = takeAxis(a.row, -1, false);
  const right = takeAxis(b.row, b.row.rest === null && b.row.front.length + b.row.back.length < 2 ? -1 : -2, false);
  const product = multiply(sum(collapse(a, 'a product').terms, scalarRow), sum(collapse(b, 'a product').terms, scalarRow));
  const names = left?.axis.names.length && !left.guessed ? left.axis.names : ['I' as const];
  const leftRow = left?.row ?? row([], 'I');
  const rightParts = right ? [...right.row.front, ...right.row.back].filter((x) => !x.names.includes('P')) : [];
  const r = leftRow.rest !== null ? leftRow : row([...leftRow.front, ...leftRow.back, ...(rightParts.length ? rightParts.slice(-1) : b.row.rest !== null ? [axis('I')] : [])]);
  return mapTerms(sum(product.terms, r), (t) => step({ ...t, summed: addExponents(t.summed, exponentsOf(names)) }, r, place));
}

/** Added up as often as something is repeated. */
export const addExponentsOf = (s: Sum, count: Exponents): Sum => mapTerms(s, (t) => ({ ...t, summed: addExponents(t.summed, count) }));
