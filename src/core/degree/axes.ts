/**
 * Which axes a tensor still has. A row knows axes at both ends and may have an open middle: `[B, …]` is what most code lets us know.
 */
import type { AxisName } from '../analysis.ts';

/** One axis. Flattening gives it several names; an axis of size one (`keepdim`, `unsqueeze`) has none. */
export interface Axis {
  readonly names: readonly AxisName[];
  /** Only some of its entries are left, those that a mask chose. */
  readonly partial?: true;
}

export interface AxisRow {
  readonly front: readonly Axis[];
  /** What the axes in the open middle are called; null where the row is known to its end. */
  readonly rest: AxisName | null;
  readonly back: readonly Axis[];
  /** Nothing is known about the axes, not even whether the batch is among them. */
  readonly uncertain?: true;
  /** One example: the batch axis was taken out by an index or a loop. */
  readonly single?: true;
  /** The row of something of which only the name is known: beside a scalar loss it may be a scalar too. */
  readonly guessed?: true;
}

/** How much of each axis went into a value: 1 for a sum over it, ½ for a norm. */
export type Exponents = Readonly<Partial<Record<AxisName, number>>>;

export const axis = (...names: AxisName[]): Axis => ({ names });
export const unitAxis: Axis = { names: [] };

export const row = (front: readonly Axis[], rest: AxisName | null = null, back: readonly Axis[] = []): AxisRow => ({
  front,
  rest,
  back,
});

export const scalarRow: AxisRow = row([]);
/** Examples in front and nothing known behind them. */
export const batchRow: AxisRow = row([axis('B')], 'I');
export const guessedRow: AxisRow = { ...batchRow, guessed: true };
/** The row of a value that cannot be followed. */
export const unknownRow: AxisRow = { ...row([], 'I'), uncertain: true };
export const parameterRow: AxisRow = row([], 'P');

/** No axis is left: a value that was derived to be a scalar. */
export const isScalar = (r: AxisRow): boolean => r.front.length === 0 && r.rest === null && r.back.length === 0;

export function axesOf(r: AxisRow): AxisName[] {
  const names = [...r.front, ...r.back].flatMap((a) => a.names);
  if (r.rest !== null) names.push(r.rest);
  return [...new Set(names)];
}

/** A row from which an axis was taken: of a batch, one example is left. */
export const withoutAxis = (taken: Taken): AxisRow =>
  taken.axis.names.includes('B') ? { ...taken.row, single: true } : taken.row;

/** How often each axis stands in a row: a matrix of all pairs of examples has the batch twice. */
export function countAxes(r: AxisRow): Exponents {
  const all = [...r.front, ...r.back].flatMap((a) => [...a.names]);
  if (r.rest !== null) all.push(r.rest);
  return countNames(all);
}

/** Inner axes share one name, so that their number says nothing. */
export const countNames = (names: readonly AxisName[]): Exponents =>
  names.reduce<Exponents>((e, n) => (n === 'I' && e.I ? e : addExponents(e, { [n]: 1 })), {});

export const hasAxis = (r: AxisRow, name: AxisName): boolean => axesOf(r).includes(name);

/** The row after one axis was taken out, and what that axis is called. `guessed` says that the position could not be known. */
export interface Taken {
  readonly row: AxisRow;
  readonly axis: Axis;
  readonly guessed: boolean;
}

/**
 * Takes out the axis at a position (negative from the end). In an open row a position beyond the known axes is one of the middle; a negative one may
 * be any of them, and is taken for an inner axis. Gives null where the row has no such axis.
 */
export function takeAxis(r: AxisRow, position: number, keep: boolean): Taken | null {
  const put = (axes: readonly Axis[], at: number) =>
    keep ? axes.map((a, i) => (i === at ? unitAxis : a)) : axes.filter((_, i) => i !== at);
  const all = [...r.front, ...r.back];
  if (r.rest === null) {
    const at = position < 0 ? all.length + position : position;
    const found = all[at];
    return found ? { row: row(put(all, at)), axis: found, guessed: false } : null;
  }
  if (position >= 0 && position < r.front.length) {
    return { row: row(put(r.front, position), r.rest, r.back), axis: r.front[position] as Axis, guessed: false };
  }
  const fromBack = r.back.length + position;
  if (position < 0 && fromBack >= 0) {
    return { row: row(r.front, r.rest, put(r.back, fromBack)), axis: r.back[fromBack] as Axis, guessed: false };
  }
  // A position beyond the batch is an inner axis whatever the rank is; one counted from the end may be the batch itself.
  return { row: r, axis: axis(r.rest), guessed: position < 0 && hasAxis(r, 'B') };
}

/**
 * The row of an elementwise operation, aligned from the right as all frameworks do. Where one side is open, its middle is taken to hold what the other
 * side knows.
 */
export function broadcast(a: AxisRow, b: AxisRow): AxisRow {
  const together = aligned(a, b);
  return (a.single || b.single) && !hasAxis(together, 'B') ? { ...together, single: true } : together;
}

function aligned(a: AxisRow, b: AxisRow): AxisRow {
  if (isScalar(a)) return b;
  if (isScalar(b)) return a;
  if (a.rest === null && b.rest === null) {
    const [x, y] = [
      [...a.front, ...a.back],
      [...b.front, ...b.back],
    ];
    const length = Math.max(x.length, y.length);
    return row(Array.from({ length }, (_, i) => pair(x[i - length + x.length], y[i - length + y.length])));
  }
  // What one side is known to have, the other is taken to fit into.
  if (a.uncertain || b.uncertain)
    return a.uncertain && hasAxis(b, 'B') ? b : b.uncertain && hasAxis(a, 'B') ? a : unknownRow;
  // A parameter takes the shape of what it meets; of two open rows the one with a known batch says more.
  if (a.rest === 'P' && a.front.length === 0) return b;
  if (b.rest === 'P' && b.front.length === 0) return a;
  if (a.rest === null) return hasAxis(a, 'B') ? a : b;
  if (b.rest === null) return hasAxis(b, 'B') ? b : a;
  const back = a.back.length >= b.back.length ? a.back : b.back;
  return row(fronts(a.front, b.front), a.rest === 'P' ? b.rest : a.rest, back);
}

/** Two open rows of the same rank, as code that mixes them has them. An axis of size one against an unknown one is that unknown one. */
function fronts(a: readonly Axis[], b: readonly Axis[]): Axis[] {
  const paired = Array.from({ length: Math.max(a.length, b.length) }, (_, i) => pair(a[i], b[i]));
  const both = Math.min(a.length, b.length);
  while (paired.length > both && paired.at(-1)?.names.length === 0) paired.pop();
  return paired;
}

function pair(a: Axis | undefined, b: Axis | undefined): Axis {
  if (!a || a.names.length === 0) return b ?? unitAxis;
  if (!b || b.names.length === 0) return a;
  return a.names.includes('I') && !b.names.includes('I') ? b : a;
}

export function showRow(r: AxisRow): string {
  const show = (a: Axis) => (a.names.length ? a.names.join('·') : '1');
  return `[${[...r.front.map(show), ...(r.rest === null ? [] : ['…']), ...r.back.map(show)].join(', ')}]`;
}

export function addExponents(a: Exponents, b: Exponents, factor = 1): Exponents {
  const result: Partial<Record<AxisName, number>> = { ...a };
  for (const name of Object.keys(b) as AxisName[]) result[name] = clean((result[name] ?? 0) + factor * (b[name] ?? 0));
  return result;
}

export const scaleExponents = (a: Exponents, factor: number): Exponents => addExponents({}, a, factor);

export const exponentsOf = (names: readonly AxisName[], value = 1): Exponents =>
  Object.fromEntries(names.map((n) => [n, value]));

/** Degrees are rational with small denominators; this keeps ⅓ + ⅔ equal to 1. */
const clean = (x: number): number => Math.round(x * 1e9) / 1e9 || 0;
