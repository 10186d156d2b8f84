/** The program of an experiment: what one step, one evaluation and one measurement calculate for all arms together. */
import type { Arm, ReductionName } from '../../protocol.ts';
import { gradientsOf } from './gradient.ts';
import type { Network } from './networks.ts';
import {
  add,
  affine,
  crossEntropy,
  divide,
  halfSquaredNorm,
  indexOfLargest,
  input,
  integerInput,
  largestDifference,
  maximum,
  multiply,
  norm,
  pack,
  reductions,
  scalar,
  subtract,
  total,
  variable,
} from './operations.ts';
import type { Optimizer } from './optimizers.ts';
import { type Program, type ProgramFunction, sizeOf, type Value, type Variable } from './value.ts';

/** What a step says of each arm, in the order of the vector that it returns; all but the loss are 0 where metrics are off. */
export const metricNames = [
  /** Mean of the per-example losses before the step: the same quantity whatever the arm is trained on. */
  'loss',
  /** The data term as the arm reduces it. */
  'objective',
  /** ‖∇ data‖ */
  'dataGradientNorm',
  /** ‖β ∇R‖, of the penalty as it stands in the loss; 0 where the decay is decoupled. */
  'penaltyGradientNorm',
  /** ‖∇ data + β ∇R‖ before clipping */
  'gradientNorm',
  /** ‖ΔW‖ */
  'updateNorm',
  /** ‖W‖ after the step */
  'weightNorm',
] as const;
export type MetricName = (typeof metricNames)[number];

/** What a measurement says, at the weights of one arm and on one batch, each by a backward pass of its own. */
export const measurementNames = [
  'loss/sum',
  'loss/mean',
  'loss/max',
  'gradient/sum',
  'gradient/mean',
  'gradient/max',
  /** ‖∇sum − B ∇mean‖, B being fed. */
  'gradient/sum-mean mismatch',
  /** ‖∇R‖ of R = ½‖w‖² over the penalised weights. */
  'gradient/penalty',
] as const;
export type MeasurementName = (typeof measurementNames)[number];

// The functions of the program, and their outputs.
export const stepFunction = (batchFactor: number): string => `step ${batchFactor}`;
export const EVALUATE = 'evaluate';
export const MEASURE = 'measure';
export const COMPARE = 'compare';
export const METRICS = 'metrics';
export const MEASUREMENTS = 'measurements';
export const SELECTED = 'selected';
export const DIFFERENCES = 'differences';
export const selectedOutput = (arm: string): string => `selected ${arm}`;
export const lossesOutput = (arm: string): string => `losses ${arm}`;
export const classesOutput = (arm: string): string => `classes ${arm}`;

/** The largest difference of weights between two arms. */
export interface Pair {
  readonly first: string;
  readonly second: string;
}

export interface ProgramOptions {
  readonly pairs?: readonly Pair[];
  /** The arm at whose weights the laws are measured; the first one by default. */
  readonly reference?: Arm | undefined;
  readonly metrics?: boolean;
}

/**
 * All that an executor needs for an experiment:
 *
 * - `step k` for the arms that take k batches at once: images, labels and the optimiser's corrections → `metrics` [arms · 7] and, for an arm that is
 *   trained on the maximum, `selected ARM`, the index of the example in the batch; it updates the weights.
 * - `evaluate`: images and labels → `losses ARM` and `classes ARM`, one for each example.
 * - `measure`: images, labels, batchSize → `measurements` at the weights of the reference arm, and `selected`, the example of the largest loss.
 * - `compare`: → `differences`, max |W − W′| for each pair.
 */
export function experimentProgram(
  network: Network,
  optimizer: Optimizer,
  arms: readonly Arm[],
  { pairs = [], reference = arms[0], metrics = true }: ProgramOptions = {},
): Program {
  const factors = [...new Set(arms.map(({ batchFactor }) => batchFactor))];
  return {
    variables: arms.flatMap((arm) => variablesOf(network, optimizer, arm)),
    functions: {
      ...Object.fromEntries(
        factors.map((factor) => [
          stepFunction(factor),
          step(
            network,
            optimizer,
            arms.filter(({ batchFactor }) => batchFactor === factor),
            metrics,
          ),
        ]),
      ),
      ...(arms.length > 0 ? { [EVALUATE]: evaluation(network, arms) } : {}),
      ...(reference ? { [MEASURE]: measurement(network, reference) } : {}),
      ...(pairs.length > 0 ? { [COMPARE]: comparison(network, pairs) } : {}),
    },
  };
}

/** What every variable starts from: all arms from the same weights, and what optimisers remember from zero. */
export function startingNumbers(
  network: Network,
  optimizer: Optimizer,
  arms: readonly Arm[],
  weights: ReadonlyMap<string, Float32Array>,
): Map<string, Float32Array> {
  const zero = ({ shape }: Variable) => new Float32Array(sizeOf(shape));
  const numbers = new Map<string, Float32Array>(
    arms.flatMap((arm) => variablesOf(network, optimizer, arm)).map((v) => [v.name, zero(v)] as const),
  );
  for (const { name } of arms) for (const [weight, start] of weights) numbers.set(weightName(name, weight), start);
  return numbers;
}

const weightName = (arm: string, weight: string): string => `${arm}/${weight}`;

const slotName = (arm: string, weight: string, slot: string): string => `${arm}/${weight}/${slot}`;

function variablesOf(network: Network, optimizer: Optimizer, { name }: Arm): Variable[] {
  return network.weights.flatMap((weight) => [
    { name: weightName(name, weight.name), shape: weight.shape },
    ...optimizer.slots.map((slot) => ({ name: slotName(name, weight.name, slot), shape: weight.shape })),
  ]);
}

interface Batch {
  readonly images: Value;
  readonly labels: Value;
}

const batchOf = ({ imageSize }: Network): Batch => ({
  images: input('images', [null, imageSize, imageSize, 3]),
  labels: integerInput('labels', [null]),
});

const weightsOf = (network: Network, arm: string): Value[] =>
  network.weights.map(({ name, shape }) => variable(weightName(arm, name), shape));

/** R = Σ ½‖w‖² over the penalised weights, and those weights. */
function penaltyOf(
  network: Network,
  weights: readonly Value[],
): { readonly penalized: readonly Value[]; readonly penalty: Value } {
  const penalized = weights.filter((_, i) => network.weights[i]?.penalized);
  return { penalized, penalty: total(penalized.map(halfSquaredNorm)) };
}

function step(network: Network, optimizer: Optimizer, arms: readonly Arm[], metrics: boolean): ProgramFunction {
  const batch = batchOf(network);
  const results = arms.map((arm) => armStep(network, optimizer, arm, batch, metrics));
  return {
    outputs: {
      [METRICS]: pack(results.flatMap((result) => result.metrics)),
      ...Object.assign({}, ...results.map(({ selected }) => selected)),
    },
    assignments: new Map(results.flatMap(({ assignments }) => assignments)),
  };
}

function armStep(network: Network, optimizer: Optimizer, arm: Arm, { images, labels }: Batch, metrics: boolean) {
  const weights = weightsOf(network, arm.name);
  const perExample = crossEntropy(network.logits(images, weights), labels);
  const objective = reductions[arm.reduction](perExample);
  const data = gradientsOf(objective, weights);
  const penalties = penaltyGradients(network, arm, weights);
  const gradients = data.map((gradient, i) => plus(gradient, penalties[i]));
  const gradientNorm = metrics || arm.clipNorm !== null ? norm(gradients) : null;
  const clipped = arm.clipNorm === null || !gradientNorm ? gradients : clip(gradients, gradientNorm, arm.clipNorm);

  const assignments: [string, Value][] = [];
  const steps: Value[] = [];
  const updated: Value[] = [];
  network.weights.forEach(({ name, shape, penalized }, i) => {
    const [weight, gradient] = [weights[i], clipped[i]];
    if (!weight || !gradient) throw new RangeError('Each weight has a gradient.');
    const before = optimizer.slots.map((slot) => variable(slotName(arm.name, name, slot), shape));
    const { step, slots } = optimizer.step(gradient, before, arm);
    // Loshchilov & Hutter 2019 as PyTorch writes it: the decay is multiplied by the learning rate.
    const decays = arm.decay === 'decoupled' && arm.weightDecay !== 0 && penalized;
    const whole = decays ? add(step, affine(weight, arm.learningRate * arm.weightDecay)) : step;
    const after = subtract(weight, whole);
    steps.push(whole);
    updated.push(after);
    assignments.push([weightName(arm.name, name), after]);
    optimizer.slots.forEach((slot, s) => {
      const after = slots[s];
      if (after) assignments.push([slotName(arm.name, name, slot), after]);
    });
  });

  const present = penalties.filter((p) => p !== null);
  const none = scalar(0);
  const loss = reductions.mean(perExample);
  const measured = metrics && gradientNorm;
  const byName: Record<MetricName, Value> = {
    loss,
    objective: measured ? objective : none,
    dataGradientNorm: measured ? (present.length > 0 ? norm(data) : gradientNorm) : none,
    penaltyGradientNorm: measured && present.length > 0 ? norm(present) : none,
    gradientNorm: measured ? gradientNorm : none,
    updateNorm: measured ? norm(steps) : none,
    weightNorm: measured ? norm(updated) : none,
  };
  return {
    assignments,
    metrics: metricNames.map((name) => byName[name]),
    selected: arm.reduction === 'max' ? { [selectedOutput(arm.name)]: indexOfLargest(perExample) } : {},
  };
}

/** β ∇R for each weight of an arm whose penalty stands in the loss; null where it has none. */
function penaltyGradients(network: Network, arm: Arm, weights: readonly Value[]): (Value | null)[] {
  if (arm.decay !== 'coupled' || arm.weightDecay === 0) return weights.map(() => null);
  const { penalized, penalty } = penaltyOf(network, weights);
  const gradients = gradientsOf(affine(penalty, arm.weightDecay), penalized);
  return weights.map((weight) => gradients[penalized.indexOf(weight)] ?? null);
}

const plus = (a: Value, b: Value | null | undefined): Value => (b ? add(a, b) : a);

/** Multiplies by min(1, threshold / norm), as `tf.clip_by_global_norm`. */
function clip(gradients: readonly Value[], gradientNorm: Value, threshold: number): Value[] {
  const limit = scalar(threshold);
  const factor = divide(limit, maximum(gradientNorm, limit));
  return gradients.map((gradient) => multiply(gradient, factor));
}

function evaluation(network: Network, arms: readonly Arm[]): ProgramFunction {
  const { images, labels } = batchOf(network);
  const outputs = arms.flatMap(({ name }) => {
    const logits = network.logits(images, weightsOf(network, name));
    return [
      [lossesOutput(name), crossEntropy(logits, labels)],
      [classesOutput(name), indexOfLargest(logits)],
    ];
  });
  return { outputs: Object.fromEntries(outputs), assignments: new Map() };
}

function measurement(network: Network, arm: Arm): ProgramFunction {
  const { images, labels } = batchOf(network);
  const batchSize = input('batchSize', []);
  const weights = weightsOf(network, arm.name);
  const { penalized, penalty } = penaltyOf(network, weights);
  const perExample = crossEntropy(network.logits(images, weights), labels);
  const reduced = (reduction: ReductionName) => {
    const loss = reductions[reduction](perExample);
    return { loss, gradients: gradientsOf(loss, weights) };
  };
  const [sum, mean, max] = [reduced('sum'), reduced('mean'), reduced('max')];
  const mismatch = sum.gradients.map((gradient, i) =>
    subtract(gradient, multiply(mean.gradients[i] ?? gradient, batchSize)),
  );
  const byName: Record<MeasurementName, Value> = {
    'loss/sum': sum.loss,
    'loss/mean': mean.loss,
    'loss/max': max.loss,
    'gradient/sum': norm(sum.gradients),
    'gradient/mean': norm(mean.gradients),
    'gradient/max': norm(max.gradients),
    'gradient/sum-mean mismatch': norm(mismatch),
    'gradient/penalty': norm(gradientsOf(penalty, penalized)),
  };
  return {
    outputs: {
      [MEASUREMENTS]: pack(measurementNames.map((name) => byName[name])),
      [SELECTED]: indexOfLargest(perExample),
    },
    assignments: new Map(),
  };
}

function comparison(network: Network, pairs: readonly Pair[]): ProgramFunction {
  const differences = pairs.map(({ first, second }) => {
    const others = weightsOf(network, second);
    const each = weightsOf(network, first).map((weight, i) => largestDifference(weight, others[i] ?? weight));
    return each.reduce(maximum);
  });
  return { outputs: { [DIFFERENCES]: pack(differences) }, assignments: new Map() };
}
