/**
 * Arithmetic on sums of terms: what a sum, a product, a quotient and a function of them do to degrees. The property test holds it to the gradients of
 * real numbers.
 */
import {
  type AxisRow,
  addExponents,
  axis,
  broadcast,
  type Exponents,
  exponentsOf,
  isScalar,
  row,
  scalarRow,
  scaleExponents,
  takeAxis,
  unknownRow,
} from './axes.ts';
import {
  type Coefficient,
  type DivisorKind,
  degreeOf,
  degreesOf,
  either,
  isConstant,
  isNumberLike,
  isPlainNumber,
  keysOf,
  MOST_STEPS,
  mapTerms,
  numberOf,
  type Operation,
  type Place,
  type Sum,
  shortNumber,
  standing,
  step,
  sum,
  type Term,
  union,
} from './term.ts';

/** More terms than this are no longer told apart. */
const MOST_TERMS = 24;

/** Terms that have not been reduced yet and differ in nothing that matters are one tensor, not several losses. */
export const isRaw = (t: Term): boolean =>
  t.operations.length === 0 && t.unknown === null && Object.keys(t.summed).length === 0 && t.over.length === 0;

function unite(a: Term, b: Term): Term {
  return {
    ...a,
    theta: either(a.theta, b.theta),
    examples: either(a.examples, b.examples),
    value: a.value === 'shifts' || b.value === 'shifts' ? 'shifts' : 'scales',
    selected: union(a.selected, b.selected),
    assumed: union(a.assumed, b.assumed),
    // What was done to labels and weights, which are not trained, is no step of the loss.
    operations:
      a.theta !== 'no' && b.theta === 'no'
        ? a.operations
        : b.theta !== 'no' && a.theta === 'no'
          ? b.operations
          : union(a.operations, b.operations),
    trace: union(a.trace, b.trace).slice(0, MOST_STEPS),
    range: a.range.end > a.range.start ? a.range : b.range,
    batch: a.batch ?? b.batch,
    counts: a.counts === b.counts ? a.counts : null,
  };
}

/** The row of two values together. A reduced scalar beside something of unknown shape stays a scalar. */
function commonRow(a: Sum, b: Sum): AxisRow {
  const reduced = (s: Sum) => isScalar(s.row) && s.terms.some((t) => t.operations.length > 0);
  if (reduced(a) && b.row.guessed) return a.row;
  return reduced(b) && a.row.guessed ? b.row : broadcast(a.row, b.row);
}

export function add(a: Sum, b: Sum, sign: 1 | -1 = 1): Sum {
  const second = sign === 1 ? b : negate(b);
  const folded = foldNumbers(a, second, sign);
  if (folded) return folded;
  const r = commonRow(a, b);
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
  const [p, q] = [numberOf(a), numberOf(b)];
  if (x.over.length > 0)
    return sum([{ ...x, coefficient: null, size: p === null || q === null ? null : p + q }], a.row);
  const text = `${x.coefficient?.text ?? '1'} ${sign === 1 ? '+' : '−'} ${(y.coefficient?.text ?? '1').replace(/^[-−]/, '')}`;
  return sum([{ ...x, coefficient: { value: p === null || q === null ? null : p + q, text } }], a.row);
}

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

export const negate = (s: Sum): Sum =>
  mapTerms(s, (t) => ({ ...t, coefficient: multiplyCoefficients(t.coefficient, { value: -1, text: '−1' }) }));

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

const inverseCoefficient = (c: Coefficient | null): Coefficient | null =>
  c === null
    ? null
    : c.value === null || c.value === 0
      ? { value: null, text: `1/${c.text}` }
      : { value: 1 / c.value, text: shortNumber(1 / c.value) };

/** 1 for a number that has no size in it. */
const sizeNumber = (t: Term): number | null => (t.over.length === 0 ? 1 : t.size);
const product = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a * b);

/** f · g: degrees add, if whatever is differentiated has a partner that scales. */
function multiplyTerms(a: Term, b: Term): Term {
  const united = isConstant(b) ? { ...a } : isConstant(a) ? { ...b } : unite(a, b);
  const shiftMatters = (x: Term, y: Term) => x.value === 'shifts' && y.theta !== 'no';
  const unknown =
    a.unknown ??
    b.unknown ??
    (shiftMatters(a, b) || shiftMatters(b, a)
      ? 'a value that shifts with the batch is multiplied by a trained one'
      : null);
  return {
    ...united,
    coefficient: multiplyCoefficients(a.coefficient, b.coefficient),
    size: isConstant(a) && isConstant(b) ? product(sizeNumber(a), sizeNumber(b)) : null,
    summed: addExponents(a.summed, b.summed),
    over: [...a.over, ...b.over],
    counts: isConstant(a)
      ? b.counts
      : isConstant(b)
        ? a.counts
        : a.counts && b.counts
          ? a.counts === 'mask' && b.counts === 'mask'
            ? 'mask'
            : 'weights'
          : null,
    unknown,
  };
}

export function multiply(a: Sum, b: Sum): Sum {
  const r = commonRow(a, b);
  const [x, y] =
    a.terms.length * b.terms.length > MOST_TERMS ? [collapse(a, 'a product'), collapse(b, 'a product')] : [a, b];
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
    ? { ...standing(place, 'divide'), word: 'divide', over: keysOf(exponents), divisor: kind, kind: 'division' }
    : null;
  const inverse: Term = {
    ...divisor,
    coefficient: inverseCoefficient(divisor.coefficient),
    size: divisor.size === null ? null : 1 / divisor.size,
    summed: {},
    over: changes ? [{ exponents, kind }] : [],
    operations: [],
    trace: [],
    counts: null,
    unknown:
      divisor.unknown ??
      (divisor.value === 'shifts' ? 'it is divided by a value that shifts with the batch' : null) ??
      hiddenSize(a, b, place),
  };
  const result = multiply(a, sum([inverse], b.row));
  return operation ? withDivision(result, operation, place) : result;
}

/** A reduced loss divided by something that nobody reduced: a size that this file does not show, as a rule. */
function hiddenSize(a: Sum, b: Sum, place: Place): string | null {
  const reduced = isScalar(a.row) && a.terms.some((t) => t.operations.some((o) => o.over.includes('B')));
  const raw = !isScalar(b.row) && b.terms.every((t) => t.operations.length === 0 && !isConstant(t));
  return reduced && raw ? `what \`${place.text}\` divides by is not shown in this file` : null;
}

/** a · b, at a place: a factor of 1/B is a division. */
export function scale(a: Sum, b: Sum, place: Place): Sum {
  const result = multiply(a, b);
  const [t] = (isNumberLike(b) ? b : isNumberLike(a) ? a : sum([], a.row)).terms;
  const exponents = t ? scaleExponents(degreesOf(t), -1) : {};
  if (!t || !Object.values(exponents).some((e) => e > 0)) return result;
  const operation: Operation = {
    ...standing(place, 'divide'),
    word: 'divide',
    over: keysOf(exponents),
    divisor: divisorKind(t),
    kind: 'division',
  };
  return withDivision(result, operation, place);
}

/** A division is a step of what was reduced before; alone it reduces nothing. */
const withDivision = (s: Sum, operation: Operation, place: Place): Sum =>
  mapTerms(s, (t) =>
    step({ ...t, operations: t.operations.length ? [...t.operations, operation] : t.operations }, s.row, place),
  );

function divisorKind(t: Term): DivisorKind {
  if (t.over.some((o) => o.kind === 'nominal')) return 'nominal';
  if (t.counts === 'mask') return 'count';
  if (t.counts === 'weights') return 'weights';
  if (isConstant(t)) return 'actual';
  // A sum over the examples that is not trained weighs or counts them, whatever it is called.
  return t.theta === 'no' && t.operations.length > 0 ? 'weights' : 'computed';
}

/** f(x) with f(c·x) = cᵖ·f(x). */
export function power(s: Sum, p: number): Sum {
  const [only] = s.terms;
  if (p === 1 && s.terms.length === 1) return s;
  if (s.terms.length === 1 && only && isPlainNumber(only) && only.coefficient?.value != null) {
    const value = only.coefficient.value ** p;
    return sum([{ ...only, coefficient: { value, text: shortNumber(value) } }], s.row);
  }
  const whole = collapse(s, 'a power of a sum');
  return mapTerms(whole, (t) => ({
    ...t,
    coefficient:
      t.coefficient?.value != null && t.coefficient.value > 0
        ? { value: t.coefficient.value ** p, text: shortNumber(t.coefficient.value ** p) }
        : null,
    size: t.size === null ? null : t.size ** p,
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

/** A contraction over one axis of both sides: `x @ w` sums over the last axis of x and the last but one of w. */
export function contract(a: Sum, b: Sum, place: Place): Sum {
  const left = takeAxis(a.row, -1, false);
  const isVector = b.row.rest === null && b.row.front.length + b.row.back.length < 2;
  const right = takeAxis(b.row, isVector ? -1 : -2, false);
  const known = [left, right].find((t) => t && !t.guessed && t.axis.names.includes('B')) ?? left;
  const names = known && !known.guessed && known.axis.names.length ? known.axis.names : ['I' as const];
  const last = isVector
    ? []
    : [b.row.back.at(-1) ?? (b.row.rest === null ? b.row.front.at(-1) : undefined) ?? axis('I')];
  const kept = left?.row ?? unknownRow;
  // A weight's own axes are features of the result.
  const added = last.map((x) => (x.names.includes('P') ? axis('I') : x));
  // In an open row the last axis may be the batch itself; against a weight it is a feature.
  const untold = left?.guessed === true && b.terms.some((t) => t.examples === 'yes') && !names.includes('B');
  const r = untold
    ? unknownRow
    : kept.rest === null
      ? row([...kept.front, ...kept.back, ...added])
      : row(
          kept.front,
          kept.rest,
          added.filter((x) => x.names.includes('B')),
        );
  const product = multiply(
    sum(collapse(a, 'a product').terms, scalarRow),
    sum(collapse(b, 'a product').terms, scalarRow),
  );
  return mapTerms(sum(product.terms, r), (t) =>
    step(
      {
        ...t,
        summed: addExponents(t.summed, exponentsOf(names)),
        unknown: t.unknown ?? (untold ? 'over which axis it is multiplied is not known' : null),
      },
      r,
      place,
    ),
  );
}

/** Added up as often as something is repeated. */
export const addExponentsOf = (s: Sum, count: Exponents): Sum =>
  mapTerms(s, (t) => ({ ...t, summed: addExponents(t.summed, count) }));
