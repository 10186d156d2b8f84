/** The arms that follow from the settings of an experiment. */
import { linearScalingFactor, rescaled, type TrainingSettings } from '../core/advice.ts';
import type { Arm, OptimizerName, ReductionName, Settings } from '../protocol.ts';

/** Degree of the data term in the batch size. */
export const DEGREE: Readonly<Record<ReductionName, number>> = { sum: 1, mean: 0, max: 0 };

export const optimizerFamily = (optimizer: OptimizerName): 'sgd' | 'adam' => (optimizer === 'adam' ? 'adam' : 'sgd');

/** The arms of an experiment, those at the batch size first. */
export function armsOf(settings: Settings): Arm[] {
  const { learningRate, weightDecay, decay, clipNorm, epsilon, batchSize, batchFactor } = settings;
  const family = optimizerFamily(settings.optimizer);
  const given: TrainingSettings = { learningRate, weightDecay, decay, clipNorm, epsilon };
  const matched = (reduction: ReductionName): TrainingSettings => {
    // The gradient of a maximum is that of one example: no factor turns it into a mean.
    if (!settings.matchUpdates || reduction === 'max') return given;
    return rescaled(given, family, batchSize ** (DEGREE[reduction] - DEGREE[settings.reference]));
  };
  const arms = settings.reductions.map(
    (reduction): Arm => ({ name: reduction, reduction, batchFactor: 1, batchSize, ...matched(reduction) }),
  );
  if (batchFactor === 1) return arms;
  // As users do it, only the rate moves with the batch: what that does to a penalty or a clip is part of the experiment.
  const larger = arms.map((arm): Arm => {
    // For optimisers of the Adam family no exact law is known, and the rate stays.
    const factor =
      family === 'sgd' && arm.reduction !== 'max' ? linearScalingFactor(DEGREE[arm.reduction], batchFactor) : 1;
    return {
      ...arm,
      name: `${arm.name} × ${batchFactor}`,
      batchFactor,
      batchSize: batchSize * batchFactor,
      learningRate: arm.learningRate * factor,
    };
  });
  return [...arms, ...larger];
}
