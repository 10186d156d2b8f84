/** What a loss amounts to in the batch size, told once: lens and hover only put it into words. */
import type { Loss, LossTerm } from '../analysis.ts';
import { batchDegree, reductionWords } from './words.ts';

export type Verdict =
  /** Nothing can be said, and why. */
  | { readonly kind: 'unknown'; readonly reason: string }
  /** A fixed number of examples is selected: nothing scales with the batch in a fixed way, and why. */
  | { readonly kind: 'fixed-selection'; readonly reason: string }
  /** Every term is a function of the weights alone. */
  | { readonly kind: 'penalty' }
  /** The gradient reaches only selected examples. */
  | { readonly kind: 'selection'; readonly reduction: string }
  /** The data terms have different degrees. */
  | { readonly kind: 'mixed'; readonly terms: readonly LossTerm[] }
  /** All data terms have this degree. */
  | {
      readonly kind: 'uniform';
      readonly degree: number;
      /** In words: `sum over the batch`. */
      readonly reduction: string;
      /** Whether its degree is 0 only because a setting that stands for the batch size divides it. */
      readonly nominal: boolean;
      /** Whether another term's degree cannot be told. */
      readonly partlyUnknown: boolean;
    };

/** Judges the terms of one loss, or of one of its alternatives. */
export function judge(terms: readonly LossTerm[]): Verdict {
  const known = terms.filter((term) => batchDegree(term) !== null);
  const data = known.filter((term) => term.kind === 'data');
  const [first] = data;
  if (!first) {
    const unknown = terms.find((term) => batchDegree(term) === null);
    const told = known.length > 0 && !unknown;
    if (unknown?.selection) return { kind: 'fixed-selection', reason: unknown.reason ?? '' };
    return told
      ? { kind: 'penalty' }
      : { kind: 'unknown', reason: unknown?.reason ?? 'its terms are not in this file' };
  }
  const degree = batchDegree(first) ?? 0;
  if (data.some((term) => batchDegree(term) !== degree)) return { kind: 'mixed', terms: data };
  const reductions = [...new Set(data.map(reductionWords))];
  const [only] = reductions;
  const reduction = only !== undefined && reductions.length === 1 ? only : commonReduction(degree);
  if (data.every((term) => term.selection)) return { kind: 'selection', reduction };
  const nominal = degree === 0 && data.some((term) => term.nominal);
  return { kind: 'uniform', degree, reduction, nominal, partlyUnknown: known.length < terms.length };
}

/** Data terms that are reduced differently and yet grow alike. */
function commonReduction(degree: number): string {
  return degree === 1 ? 'sum over the batch' : degree === 0 ? 'mean over the batch' : 'several reductions';
}

/** The terms of a loss on every branch. */
export function allTerms({ terms, alternatives }: Loss): readonly LossTerm[] {
  return alternatives.length > 0 ? alternatives.flatMap((alternative) => alternative.terms) : terms;
}

/** The verdicts of a loss: one, or one for each branch that it may come from. */
export function verdicts(loss: Loss): Verdict[] {
  return loss.alternatives.length > 0 ? loss.alternatives.map(({ terms }) => judge(terms)) : [judge(loss.terms)];
}

/** How the share of the penalties moves when the batch grows; null where it holds or cannot be told. */
export function penaltyMove(loss: Loss): { readonly name: string; readonly verb: 'falls' | 'rises' } | null {
  if (!loss.balanceMovesWithBatch) return null;
  const data = loss.terms.find((term) => term.kind === 'data' && batchDegree(term) !== null);
  const dataDegree = data ? batchDegree(data) : null;
  if (dataDegree === null) return null;
  const moved = loss.terms.filter((term) => term.kind === 'penalty' && batchDegree(term) !== dataDegree);
  const [first] = moved;
  if (!first) return null;
  const name = moved.every((term) => term.fromOptimizer) ? 'weight decay' : 'penalty';
  return { name, verb: (batchDegree(first) ?? dataDegree) < dataDegree ? 'falls' : 'rises' };
}
