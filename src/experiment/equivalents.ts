/** The same training with the other reduction: what a user writes into the file when a sum becomes a mean, or a mean a sum. */
import { rescaled } from '../core/advice.ts';
import { factorWords, number } from '../core/explain/words.ts';
import type { Settings } from '../protocol.ts';
import { DEGREE, optimizerFamily } from './arms.ts';

export interface EquivalentSetting {
  readonly setting: 'learning rate' | 'penalty' | 'weight decay' | 'clip norm' | 'epsilon';
  /** With the given reduction, as it is written into code: `0.0005`. */
  readonly given: string;
  /** `÷ 128`, `× 128`, `stays`. */
  readonly factor: string;
  /** With the other one, exactly: `3.90625e-6`. */
  readonly equivalent: string;
}

export interface Equivalents {
  readonly given: Settings['reference'];
  readonly other: Settings['reference'];
  readonly batchSize: number;
  /** Only of what is set: no penalty of zero, no clip where nothing is clipped, epsilon for Adam alone. */
  readonly settings: readonly EquivalentSetting[];
  /** Whole sentences: where the two are not the same training after all. */
  readonly notes: readonly string[];
}

/** The settings of the reduction `settings.reference`, whose numbers they are, beside those that train the same with the other one. */
export function equivalents(settings: Settings): Equivalents {
  const { reference: given, batchSize } = settings;
  const other = given === 'sum' ? 'mean' : 'sum';
  const family = optimizerFamily(settings.optimizer);
  const s = batchSize ** (DEGREE[other] - DEGREE[given]);
  // A training in which each setting is 1 tells by what it is multiplied.
  const factors = rescaled({ ...settings, learningRate: 1, weightDecay: 1, clipNorm: 1, epsilon: 1 }, family, s);
  const row = (setting: EquivalentSetting['setting'], given: number, factor: number): EquivalentSetting => ({
    setting,
    given: number(given),
    factor: factorWords(factor),
    equivalent: number(given * factor),
  });
  const { learningRate, weightDecay, decay, clipNorm, epsilon } = settings;
  return {
    given,
    other,
    batchSize,
    settings: [
      row('learning rate', learningRate, factors.learningRate),
      ...(weightDecay === 0
        ? []
        : [row(decay === 'coupled' ? 'penalty' : 'weight decay', weightDecay, factors.weightDecay)]),
      ...(clipNorm === null ? [] : [row('clip norm', clipNorm, factors.clipNorm)]),
      ...(family === 'adam' ? [row('epsilon', epsilon, factors.epsilon)] : []),
    ],
    notes: notes(settings),
  };
}

function notes({ batchSize, optimizer }: Settings): string[] {
  const adam = optimizerFamily(optimizer) === 'adam';
  if (batchSize === 1) return ['With one example in a batch, sum and mean are the same.'];
  return [
    ...(adam ? ['Adam divides by the size of the gradient, so its learning rate stays.'] : []),
    adam
      ? `It holds for batches of ${batchSize}: for a smaller last batch, what moves with the batch size would need another factor.`
      : `It holds for batches of ${batchSize}: a smaller last batch takes a smaller step under a sum than under a mean.`,
    ...(Number.isInteger(Math.log2(batchSize))
      ? []
      : [`${batchSize} is no power of two, so multiplying by it rounds: the two drift apart in their last digits.`]),
  ];
}
