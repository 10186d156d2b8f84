/**
 * The dimension table: what each hyper-parameter is in units of the gradient. Where the gradient is multiplied by s, a hyper-parameter of dimension n
 * must be multiplied by sⁿ, and training is the same. Every number that is shown comes from here.
 *
 * The table is tested by training both sides in float64: see test/core/advice.test.ts. The Linear Scaling Rule is Goyal et al. 2017
 * (arXiv:1706.02677), √k for adaptive optimisers Malladi et al. 2022 (arXiv:2205.10287).
 */
import type { Advice, BatchSize, Clip, Conversion, LossTerm, Optimizer, ScalingRow } from './analysis.ts';

/** Dimension of the learning rate by family; null where no constant factor converts it. */
const LEARNING_RATE_DIMENSION = { sgd: -1, adam: 0, other: null } as const;

/** Dimensions of the settings that do not depend on the family of the optimiser. */
const DIMENSION = {
  coupledDecay: 1,
  independentDecay: 0,
  epsilonOutsideRoot: 1,
  epsilonInsideRoot: 2,
  initialAccumulator: 2,
  clip: 1,
  penalty: 1,
} as const;

const BATCH_FACTORS = [0.5, 2, 4, 8] as const;

interface Situation {
  readonly terms: readonly LossTerm[];
  readonly batchSize: BatchSize | null;
  readonly optimizer: Optimizer | null;
  readonly clip: Clip | null;
}

export const noAdvice: Advice = {
  equivalentMeanLearningRate: null,
  equivalentSumLearningRate: null,
  learningRateAtDoubleBatch: null,
  toMean: [],
  toSum: [],
  scaling: [],
  notes: [],
};

/** The degree in B of all data terms, where they agree and are known. */
export function dataDegree(terms: readonly LossTerm[]): number | null {
  const data = terms.filter((t) => t.kind === 'data');
  const degree = data[0]?.degrees.B;
  if (degree === undefined || terms.some((t) => t.kind === 'unknown')) return null;
  return data.every((t) => t.degrees.B === degree) ? degree : null;
}

/** Everything about numbers that a loss with these settings allows to say. */
export function advise(s: Situation): Advice {
  const degree = dataDegree(s.terms);
  if (degree === null) return noAdvice;
  const data = s.terms.filter((t) => t.kind === 'data');
  const selection = data.some((t) => t.selection);
  const b = s.batchSize?.value ?? null;
  const rate = s.optimizer?.learningRate?.value ?? null;
  const isSum = degree === 1 && data.every(countsExamplesAlike);
  const isMean = degree === 0 && data.every(countsExamplesAlike);
  const equivalent = (factor: number) =>
    takesStepsOfGradient(s.optimizer) && rate !== null ? exact(rate * factor) : null;
  return {
    equivalentMeanLearningRate: isSum && b !== null ? equivalent(b) : null,
    equivalentSumLearningRate: isMean && b !== null ? equivalent(1 / b) : null,
    learningRateAtDoubleBatch:
      !selection && (degree === 0 || degree === 1) ? equivalent(linearScalingFactor(degree, 2)) : null,
    toMean: isSum && b !== null ? conversions(s, 1 / b) : [],
    toSum: isMean && b !== null ? conversions(s, b) : [],
    scaling: BATCH_FACTORS.map((k) => scalingRow(s, degree, k, selection)),
    notes: notes(s, degree, selection),
  };
}

/**
 * Whether every example of the batch counts by the same factor, so that the sum over the batch is B times the mean. A weighted mean is divided by its
 * weights and a mean of tokens by their number, both of which change from batch to batch; `logsumexp` weighs the examples by their losses.
 */
const countsExamplesAlike = (t: LossTerm): boolean =>
  t.over.includes('B') && !t.selection && !['weighted-mean', 'token-mean', 'other'].includes(t.reduction);

/** Whether the step is the gradient times the learning rate. Adadelta is not of that kind: its rate has the same dimension only as long as ε moves along. */
const takesStepsOfGradient = (optimizer: Optimizer | null): boolean =>
  optimizer?.family === 'sgd' && optimizer.notConvertible === null && optimizer.epsilon === null;

/** Multiplies each hyper-parameter by sⁿ: the same training when the gradient is multiplied by s. Empty where one of them has no dimension. */
export function conversions(situation: Pick<Situation, 'optimizer' | 'clip' | 'terms'>, s: number): Conversion[] {
  const { optimizer, clip, terms } = situation;
  if (!optimizer || optimizer.notConvertible !== null) return [];
  const n = LEARNING_RATE_DIMENSION[optimizer.family];
  if (n === null) return [];
  const convert = (setting: string, now: number | null, dimension: number): Conversion => ({
    setting,
    now,
    factor: s ** dimension,
    after: now === null ? null : exact(now * s ** dimension),
    exact: true,
    rule: `dimension ${dimension === -1 ? '−1' : dimension}`,
  });
  const rows = [convert('learning rate', optimizer.learningRate?.value ?? null, n)];
  const decay = optimizer.weightDecay;
  if (decay && decay.value !== 0) {
    const { coupledDecay, independentDecay } = DIMENSION;
    const dimension = { coupled: coupledDecay, decoupled: -n, independent: independentDecay }[decay.coupling];
    rows.push(convert(`weight decay (${decay.coupling})`, decay.value, dimension));
  }
  if (optimizer.epsilon) {
    const { epsilonInsideRoot, epsilonOutsideRoot } = DIMENSION;
    const dimension = optimizer.epsilon.place === 'inside-root' ? epsilonInsideRoot : epsilonOutsideRoot;
    rows.push(convert('epsilon', optimizer.epsilon.value, dimension));
  }
  if (optimizer.initialAccumulator && optimizer.initialAccumulator.value !== 0)
    rows.push(convert('initial accumulator', optimizer.initialAccumulator.value, DIMENSION.initialAccumulator));
  if (clip) rows.push(convert(`clip by ${clip.type}`, clip.threshold.value, DIMENSION.clip));
  for (const t of terms) {
    if (t.kind === 'penalty' && !t.fromOptimizer && t.degrees.B === 0 && !isInsideReduction(t, terms))
      rows.push(convert(`coefficient of ${t.text}`, t.coefficient ? t.coefficient.value : 1, DIMENSION.penalty));
  }
  return rows;
}

/** A penalty that is reduced together with the examples is multiplied with them: its coefficient stays. */
const isInsideReduction = (penalty: LossTerm, terms: readonly LossTerm[]): boolean =>
  terms.some(
    ({ kind, range }) =>
      kind === 'data' && penalty.trace.some((step) => step.range.start === range.start && step.range.end === range.end),
  );

/** Settings of a training whose optimiser multiplies its decoupled decay by the learning rate and adds ε outside of the root. */
export interface TrainingSettings {
  readonly learningRate: number;
  /** The coefficient of a penalty in the loss, or the optimiser's decay. */
  readonly weightDecay: number;
  readonly decay: 'coupled' | 'decoupled';
  readonly clipNorm: number | null;
  readonly epsilon: number;
}

/** The settings that train the same when the gradient of the data is multiplied by s. */
export function rescaled<T extends TrainingSettings>(settings: T, family: 'sgd' | 'adam', s: number): T {
  const n = LEARNING_RATE_DIMENSION[family];
  const decay = settings.decay === 'coupled' ? DIMENSION.coupledDecay : -n;
  return {
    ...settings,
    learningRate: settings.learningRate * s ** n,
    weightDecay: settings.weightDecay * s ** decay,
    clipNorm: settings.clipNorm === null ? null : settings.clipNorm * s ** DIMENSION.clip,
    epsilon: settings.epsilon * s ** DIMENSION.epsilonOutsideRoot,
  };
}

/** What the Linear Scaling Rule multiplies the rate of the SGD family by from B to kB, for a data term of degree d in B. */
export const linearScalingFactor = (degree: number, k: number): number => k ** (1 - degree);

function scalingRow(s: Situation, degree: number, k: number, selection: boolean): ScalingRow {
  const b = s.batchSize?.value ?? null;
  const rate = s.optimizer?.learningRate?.value ?? null;
  const family = s.optimizer?.family ?? null;
  const linear = takesStepsOfGradient(s.optimizer) && !selection ? linearScalingFactor(degree, k) : null;
  const penalty = s.terms.find((t) => t.kind === 'penalty' && t.degrees.B !== undefined);
  const heuristic = (name: string, factor: number) => ({
    name,
    factor,
    learningRate: rate === null ? null : exact(rate * factor),
  });
  return {
    k,
    batchSize: b === null ? null : b * k,
    gradientFactor: k ** degree,
    learningRate: linear === null || rate === null ? null : exact(rate * linear),
    learningRateFactor: linear,
    heuristics: family === 'adam' && !selection ? [heuristic('k', k), heuristic('√k', Math.sqrt(k))] : [],
    penaltyFactor: penalty ? k ** (degree - (penalty.degrees.B ?? 0)) : null,
  };
}

function notes(s: Situation, degree: number, selection: boolean): string[] {
  const { optimizer, clip, batchSize } = s;
  const result: string[] = [];
  if (selection)
    result.push(
      'The gradient reaches only the selected examples, so the argument of the Linear Scaling Rule does not apply.',
    );
  if (optimizer?.notConvertible) result.push(optimizer.notConvertible);
  if (optimizer?.family === 'adam') {
    result.push(
      `${optimizer.name} divides by the size of the gradient: a sum and a mean take the same steps at the same learning rate${clip ? ', until the clip bites' : ''}.`,
    );
    result.push('For a larger batch no exact law is known; k and √k are heuristics.');
  }
  if (optimizer?.family === 'sgd' && clip && degree !== 0)
    result.push('Once the clip bites, the step is the learning rate times the threshold, whatever the reduction.');
  if (
    takesStepsOfGradient(optimizer) &&
    s.terms.some((t) => t.kind === 'data' && !t.selection && t.over.includes('B') && t.over.some((a) => a !== 'B'))
  )
    result.push(
      'Numbers for a sum or a mean are for the batch alone: features, tokens and pixels stay reduced as they are.',
    );
  if (degree === 0 && s.terms.some((t) => t.nominal))
    result.push(
      'It divides by a number that stands for the batch size: where a batch is smaller than that number, the loss behaves like a sum.',
    );
  else if (degree === 1 && batchSize?.raggedLastBatch !== false)
    result.push('A smaller last batch takes a smaller step under a sum, so no constant conversion is exact for it.');
  return result;
}

/** Removes the noise of binary fractions: 0.1 · 3 is 0.3. */
const exact = (x: number): number => Number(x.toPrecision(12));
