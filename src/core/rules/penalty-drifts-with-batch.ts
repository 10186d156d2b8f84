import type { Loss, LossTerm } from '../analysis.ts';
import type { Rule } from './rule.ts';

export const penaltyDriftsWithBatch: Rule = {
  name: 'penalty-drifts-with-batch',
  summary:
    'Terms of one loss scale differently with the batch size, so their balance moves when the batch size is changed.',
  why: 'A sum over the batch grows with the number of examples; a penalty on the weights, or a mean, does not. Twice the batch then halves the share of the penalty without a line of it being edited. Use the same reduction for all terms, or let the coefficient move with the batch size.',
  defaultSeverity: 'information',
  check: ({ losses }) => losses.flatMap(driftOf),
};

function driftOf(loss: Loss) {
  // No finding rests on an assumption.
  if (loss.balanceMovesWithBatch !== true || loss.assumed.length > 0 || loss.alternatives.length > 0) return [];
  const known = loss.terms.filter((t) => t.assumed.length === 0);
  const grows = known.reduce<LossTerm | null>(
    (a, t) => (t.kind === 'data' && degree(t) > (a ? degree(a) : Number.NEGATIVE_INFINITY) ? t : a),
    null,
  );
  const stays =
    grows &&
    (known.find((t) => t.kind === 'penalty' && degree(t) < degree(grows)) ??
      known.find((t) => degree(t) < degree(grows)));
  if (!grows || !stays) return [];
  const what = stays.fromOptimizer
    ? `the optimiser’s weight decay (${stays.coefficient?.text ?? 'its default'})`
    : `‘${stays.text}’`;
  const share = 2 ** (degree(grows) - degree(stays));
  const effect = share === 2 ? 'halves its share' : `divides its share by ${Number(share.toPrecision(3))}`;
  return [
    {
      range: grows.range,
      message: `This term grows with the batch size faster than ${what}: twice the batch ${effect}.`,
      related: [
        {
          range: stays.range,
          message: stays.fromOptimizer ? 'The weight decay is set here.' : 'The term that falls behind.',
        },
      ],
      fixes: [],
    },
  ];
}

const degree = (t: LossTerm): number => t.degrees.B ?? 0;
