/** What an experiment is told, and the arms that follow from it. */
import { linearScalingFactor, rescaled, type TrainingSettings } from '../core/advice.ts';
import { type NetworkName, networks } from './program/networks.ts';
import { type OptimizerName, optimizers } from './program/optimizers.ts';

export const reductionNames = ['sum', 'mean', 'max'] as const;
export type ReductionName = (typeof reductionNames)[number];

export const networkNames = Object.keys(networks) as readonly NetworkName[];
export const optimizerNames = Object.keys(optimizers) as readonly OptimizerName[];

export interface Settings extends TrainingSettings {
  readonly network: NetworkName;
  readonly reductions: readonly ReductionName[];
  readonly batchSize: number;
  readonly optimizer: OptimizerName;
  /** Whether the arms of other reductions get the settings that take the same steps: λ₁ = λ₂/B, and what moves with it. */
  readonly matchUpdates: boolean;
  /** Whose settings the numbers are, where updates are matched. */
  readonly reference: 'sum' | 'mean';
  /** k > 1 trains each reduction a second time at k times the batch, its rate by the Linear Scaling Rule; 1 does not. */
  readonly batchFactor: number;
  /** Batches of `batchSize` that are trained on. */
  readonly steps: number;
  readonly seed: number;
  /** Held-out examples are evaluated at the first step, at each multiple of this, and at the end. */
  readonly evaluateEvery: number;
  /** The laws are measured at the first step, at each multiple of this, and at the end. */
  readonly measureEvery: number;
}

/** One of the trainings that run side by side. */
export interface Arm extends TrainingSettings {
  /** `mean`, `sum`, `max`; `mean × 2` at twice the batch. */
  readonly name: string;
  readonly reduction: ReductionName;
  /** How many batches of the experiment make one of this arm. */
  readonly batchFactor: number;
  readonly batchSize: number;
}

/** Degree of the data term in the batch size. */
const DEGREE: Readonly<Record<ReductionName, number>> = { sum: 1, mean: 0, max: 0 };

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
