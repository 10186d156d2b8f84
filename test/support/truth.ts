/** What repeating the batch does to a loss: the ground truth that the analysis is held to. */
import type { Dual } from './dual.ts';
import { type Batch, evaluate, repeatBatch } from './evaluate.ts';
import { type Expression, holdsExamples, holdsLosses, trains } from './expression.ts';
import { termsOf } from './terms.ts';

/** How a gradient grows when the batch is repeated: by k^degree, or by no power of k. */
export interface Growth {
  readonly degree: number | null;
}

export interface Truth {
  /** `either`: a penalty that a mask multiplies may be called a penalty or a term of the data. */
  readonly terms: readonly { readonly kind: 'data' | 'penalty' | 'either'; readonly growth: Growth }[];
  readonly whole: Growth;
}

/** What repeating the batch does to each term and to the whole; null where the numbers cannot tell (no gradient, no number). */
export function truthOf(loss: Expression, batch: Batch): Truth | null {
  const batches = [batch, repeatBatch(batch, 2), repeatBatch(batch, 3)];
  const growthOf = (e: Expression) => growth(batches.map((b) => evaluate(e, b).data[0]!));
  const whole = growthOf(loss);
  const terms = termsOf(loss, batch)
    .filter(trains)
    .map((t) => ({ kind: kindOf(t), growth: growthOf(t) }));
  const isMeasured = (t: (typeof terms)[number]): t is Truth['terms'][number] => t.growth !== null;
  return whole !== null && terms.every(isMeasured) ? { terms, whole } : null;
}

const kindOf = (e: Expression) => (holdsLosses(e) ? 'data' : holdsExamples(e) ? 'either' : 'penalty');

const SMALLEST = 1e-6;
const TOLERANCE = 1e-6;

/** @param values of the batch, of the batch twice, and three times */
function growth(values: readonly Dual[]): Growth | null {
  const gradients = values.map((v) => v.gradient);
  const sizes = gradients.map((gradient) => Math.max(...gradient.map(Math.abs)));
  if (!values.every(({ value }) => Number.isFinite(value))) return null;
  if (!sizes.every((size) => Number.isFinite(size) && size > SMALLEST && size < 1 / SMALLEST)) return null;
  const [first, second] = sizes as [number, number, number];
  const degree = Math.log2(second / first);
  const isPower = gradients.every((gradient, i) =>
    gradient.every((g, j) => Math.abs(g - (i + 1) ** degree * gradients[0]![j]!) <= TOLERANCE * sizes[i]!),
  );
  return { degree: isPower ? degree : null };
}
