/** The words that lens, hover and command line share: axes, reductions, degrees and numbers. */
import type { AxisName, Degrees, LossTerm, Reduction, Site } from '../analysis.ts';

const AXES: Readonly<Record<AxisName, string>> = {
  B: 'the batch',
  T: 'tokens',
  F: 'features',
  Z: 'latent units',
  C: 'classes',
  K: 'micro-batches',
  N: 'replicas',
  P: 'the weights',
  I: 'inner axes',
};

/** `the batch and features`. */
export function axesWords(axes: readonly AxisName[]): string {
  return listWords(axes.map((axis) => AXES[axis]));
}

/** `a, b and c`. */
export function listWords(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

type Reduced = Pick<Site, 'reduction' | 'over' | 'degrees'>;

/** What was done to the values, e.g. `sum over features, mean over the batch`. */
export function reductionWords({ reduction, over, degrees }: Reduced): string {
  // A tensor of unknown rank that is reduced at once loses whatever axes it has.
  const whole = over.includes('B') && over.includes('I');
  if (whole && ((reduction === 'sum' && degrees.B === 1) || (reduction === 'mean' && degrees.B === 0))) {
    return `${reduction} over all elements`;
  }
  // Of inner axes without a name there is nothing to say.
  const named = over.filter((axis) => axis !== 'I');
  // A batch that is divided by its size once too often was averaged as well.
  const isAveraged = (axis: AxisName) => degrees[axis] === 0 || (axis === 'B' && (degrees.B ?? 0) < 0);
  const summed = named.filter((axis) => !isAveraged(axis));
  const averaged = named.filter(isAveraged);
  switch (reduction) {
    case 'sum-then-mean':
      return inTurn(operation('sum', summed), meanWords('mean', averaged, degrees.B));
    case 'mean-then-sum':
      return inTurn(meanWords('mean', averaged, degrees.B), operation('sum', summed));
    case 'none':
      return 'not reduced';
    case 'sum':
      return sumWords(named, degrees.B);
    case 'mean':
    case 'weighted-mean':
    case 'token-mean':
      return meanWords(reduction, named, degrees.B);
    case 'other':
      return named.includes('B') && degrees.B === 0 ? 'averaged over the batch' : operation(reduction, named);
    default:
      return operation(reduction, named);
  }
}

/** A sum over the batch whose degree is not 1 went through something else: a root, or a division. */
function sumWords(over: readonly AxisName[], degree: number | undefined): string {
  if (!over.includes('B')) return operation('sum', over);
  if (degree === 0.5) return `root of a ${operation('sum', over)}`;
  if (degree === undefined || degree > 0) return operation('sum', over);
  const others = over.filter((axis) => axis !== 'B');
  const scaled = `scaled to degree ${number(degree).replace('-', '−')} in the batch`;
  return others.length > 0 ? `${operation('sum', others)}, ${scaled}` : scaled;
}

function meanWords(
  name: 'mean' | 'weighted-mean' | 'token-mean',
  over: readonly AxisName[],
  degree: number | undefined,
): string {
  return operation(name, over) + (over.includes('B') ? timesBatchSize(degree ?? 0) : '');
}

/** What a mean was multiplied with to have this degree. */
function timesBatchSize(degree: number): string {
  switch (degree) {
    case 0:
      return '';
    case 1:
      return ' × batch size';
    case -1:
      return ' ÷ batch size';
    default:
      return ` × ${power('B', degree)}`;
  }
}

const OPERATIONS: Readonly<Record<Exclude<Reduction, 'none' | 'sum-then-mean' | 'mean-then-sum'>, string>> = {
  sum: 'sum',
  mean: 'mean',
  max: 'max',
  'weighted-mean': 'weighted mean',
  'token-mean': 'token mean',
  other: 'another reduction',
  unknown: 'unknown reduction',
};

function operation(name: keyof typeof OPERATIONS, over: readonly AxisName[]): string {
  return over.length > 0 ? `${OPERATIONS[name]} over ${axesWords(over)}` : OPERATIONS[name];
}

/** Two operations in their order; one that is over nothing is left out beside one that is not. */
function inTurn(...operations: readonly [string, string]): string {
  const told = operations.filter((words) => words.includes(' over '));
  return (told.length > 0 ? told : operations).join(', ');
}

/** Axes whose size one may change and wonder what it does. */
const COMPARED: readonly AxisName[] = ['B', 'T', 'F', 'Z', 'K', 'N'];

/** What the gradient is proportional to: `B`, `B · √F`, `1`. */
export function growthWords(degrees: Degrees): string {
  const factors = COMPARED.flatMap((axis) => (degrees[axis] ? [power(axis, degrees[axis])] : []));
  return factors.join(' · ') || '1';
}

/** `B`, `√B`, `B²`, `B^1.5`, `1/B`. */
export function power(base: string, exponent: number): string {
  if (exponent < 0) return `1/${power(base, -exponent)}`;
  switch (exponent) {
    case 0:
      return '1';
    case 0.5:
      return `√${base}`;
    case 1:
      return base;
    case 2:
      return `${base}²`;
    default:
      return `${base}^${number(exponent)}`;
  }
}

/**
 * A number as it would be written into the source: exact but for the noise of floating point, with an exponent where
 * zeros would hide it.
 */
export function number(value: number): string {
  const clean = Number(value.toPrecision(12));
  const size = Math.abs(clean);
  return size !== 0 && (size < 1e-4 || size >= 1e9) ? clean.toExponential().replace('e+', 'e') : String(clean);
}

/** A number of a heuristic, where three digits say enough. */
export function roughNumber(value: number): string {
  return number(Number(value.toPrecision(3)));
}

/** `× 128`, `÷ 128`, `stays`. */
export function factorWords(factor: number): string {
  if (factor === 1) return 'stays';
  return factor > 0 && factor < 1 ? `÷ ${number(1 / factor)}` : `× ${number(factor)}`;
}

/** The last part of a qualified name: `MomentumOptimizer` of `tf.train.MomentumOptimizer`. */
export function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The degree of a term in the batch size; null where it cannot be told. */
export function batchDegree(term: LossTerm): number | null {
  if (term.kind === 'unknown') return null;
  return term.degrees.B ?? (term.reason ? null : 0);
}
