import type { Rule } from './rule.ts';

export const meanDividedByBatch: Rule = {
  name: 'mean-divided-by-batch',
  summary: 'A mean over the batch is divided by the batch size once more, so its gradient falls as the batch grows.',
  why: 'The mean already divides by the number of examples. Divided again, the gradient is 1/B of a mean: at batch size 128 the learning rate acts as one 128 times smaller, and changing the batch size changes it again. Take the sum, or drop the division.',
  defaultSeverity: 'warning',
  check: ({ losses }) =>
    losses
      .filter((loss) => loss.assumed.length === 0)
      .flatMap((loss) =>
        loss.terms
          .filter(
            (t) =>
              t.kind === 'data' &&
              t.assumed.length === 0 &&
              (t.degrees.B ?? 0) <= -1 &&
              /mean/.test(t.reduction) &&
              t.over.includes('B'),
          )
          .map((t) => ({
            range: t.range,
            message:
              'This mean over the batch is divided by the batch size again: its gradient falls as the batch grows.',
            related: [],
            fixes: [],
          })),
      ),
};
