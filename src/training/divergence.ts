/** An arm whose numbers are no longer finite has ended; that is a result, and has a reason. */
import { number } from '../core/explain/words.ts';
import { DEGREE, optimizerFamily } from '../experiment/arms.ts';
import type { Arm, OptimizerName, StepOfArm } from '../protocol.ts';

export const hasDiverged = ({ loss, gradientNorm, updateNorm, weightNorm }: StepOfArm): boolean =>
  ![loss, gradientNorm, updateNorm, weightNorm].every(Number.isFinite);

/** What happened, in whole sentences with the arm's own numbers. */
export function divergence(arm: Arm, step: number, optimizer: OptimizerName): string {
  const { name, reduction, batchSize, learningRate } = arm;
  const start = `${name} diverged at step ${step}: `;
  if (DEGREE[reduction] === 1 && optimizerFamily(optimizer) === 'sgd') {
    const rate = number(learningRate * batchSize);
    const penalty = arm.decay === 'coupled' && arm.weightDecay !== 0 ? ` and the penalty ÷ ${batchSize}` : '';
    return `${start}its step is that of a mean with learning rate ${rate}${penalty}.`;
  }
  if (reduction === 'max') {
    return `${start}each step follows the one example of the largest loss, and learning rate ${number(learningRate)} is too large for its gradient.`;
  }
  return `${start}learning rate ${number(learningRate)} is too large for it.`;
}
