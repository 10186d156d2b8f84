/** The questions that an experiment can answer: each sets what its answer takes and leaves the user's other numbers alone. */
import { listWords, number } from '../core/explain/words.ts';
import type { Law, PresetName, ReductionName, Settings } from '../protocol.ts';
import { armsOf, optimizerFamily } from './arms.ts';
import type { ChartName } from './curves-charts.ts';
import { equivalents } from './equivalents.ts';

export interface Preset {
  readonly name: PresetName;
  /** In two or three words. */
  readonly tab: string;
  readonly question: string;
  /** One sentence with the numbers of the experiment's settings. */
  readonly lookFor: (settings: Settings) => string;
  /** The settings that answer the question; where it needs other numbers than the user's, `notes` says so. */
  readonly apply: (settings: Settings) => Settings;
  /** Whole sentences: what `apply` changes of the user's numbers, and what else is known before the run. */
  readonly notes: (settings: Settings) => readonly string[];
  /** To look at first, the most telling one in front. */
  readonly charts: readonly ChartName[];
  /** The laws that it is about; the others are measured along with it where they can be. */
  readonly laws: readonly Law['law'][];
}

/** Where the question is about a penalty and there is none. */
const PENALTY = 0.0005;

const pair = (settings: Settings): Settings => ({ ...settings, reductions: ['sum', 'mean'], matchUpdates: true });

const sameRate: Preset = {
  name: 'same-rate',
  tab: 'Same rate',
  question: 'At the same rate, how differently do sum and mean train?',
  lookFor(settings) {
    const { batchSize, learningRate, optimizer, clipNorm } = settings;
    const rate = number(learningRate);
    if (optimizerFamily(optimizer) === 'adam') {
      return `Sum’s gradient starts ${batchSize} times as long as mean’s, but Adam divides by its size: at rate ${rate} both should train alike.`;
    }
    if (clipNorm !== null) {
      return `Sum’s gradient starts ${batchSize} times as long as mean’s, until it is clipped to ${number(clipNorm)}: from there on both should take steps of the same length.`;
    }
    return `Sum’s gradient starts ${batchSize} times as long as mean’s, so at rate ${rate} sum should train like a mean at ${number(learningRate * batchSize)}.`;
  },
  apply: (settings) => ({ ...settings, reductions: ['sum', 'mean', 'max'], matchUpdates: false, batchFactor: 1 }),
  notes: () => [],
  charts: ['loss', 'gradientNorm', 'updateNorm', 'accuracy'],
  laws: ['loss-ratio', 'gradient-ratio', 'batch-degree'],
};

const matched: Preset = {
  name: 'matched',
  tab: 'Matched updates',
  question: 'Divide sum’s rate by the batch size: do sum and mean become one?',
  lookFor: (settings) =>
    `${movedWords(settings)}, sum and mean should draw one curve in every chart but the gradient’s.`,
  apply: (settings) => ({ ...pair(settings), batchFactor: 1 }),
  notes: () => [],
  charts: ['loss', 'accuracy', 'weightNorm', 'gradientNorm'],
  laws: ['matched-weights'],
};

const doubleBatch: Preset = {
  name: 'double-batch',
  tab: 'Double the batch',
  question: 'Twice the batch: whose learning rate has to move?',
  lookFor(settings) {
    const larger = armsOf(doubleBatch.apply(settings)).filter(({ batchFactor }) => batchFactor > 1);
    const rate = (reduction: ReductionName) =>
      number(larger.find((arm) => arm.reduction === reduction)?.learningRate ?? settings.learningRate);
    const { batchSize } = settings;
    if (optimizerFamily(settings.optimizer) === 'adam') {
      return `No exact law is known for Adam, so sum and mean keep rate ${rate('mean')} at ${2 * batchSize} examples a batch: see how far that carries.`;
    }
    return `At ${2 * batchSize} examples a batch mean should need twice the rate, ${rate('mean')}, and sum should keep its ${rate('sum')}: after the same examples they should stand where they stand at ${batchSize}.`;
  },
  apply: (settings) => ({ ...pair(settings), batchFactor: 2 }),
  notes: () => [],
  charts: ['accuracy', 'loss', 'updateNorm', 'gradientNorm'],
  laws: ['linear-scaling'],
};

const penaltyDrifts: Preset = {
  name: 'penalty-drifts',
  tab: 'Penalty drifts',
  question: 'Change the batch size: does the penalty keep its weight?',
  lookFor: ({ batchSize }) =>
    `From ${batchSize} to ${2 * batchSize} examples a batch the penalty should lose half of its share in sum’s gradient, and keep its share in mean’s.`,
  apply: (settings) => ({
    ...pair(settings),
    batchFactor: 2,
    weightDecay: settings.weightDecay || PENALTY,
    decay: 'coupled',
  }),
  notes: ({ weightDecay, decay }) => [
    ...(weightDecay === 0
      ? [`There is no penalty in these settings, and this takes one: ${number(PENALTY)} is tried.`]
      : []),
    ...(weightDecay !== 0 && decay === 'decoupled'
      ? [`A decoupled decay is no part of the loss: ${number(weightDecay)} is tried as a penalty in it.`]
      : []),
  ],
  charts: ['penaltyShare', 'weightNorm', 'loss', 'accuracy'],
  laws: ['penalty-share'],
};

const worstCase: Preset = {
  name: 'worst-case',
  tab: 'Worst case',
  question: 'Train on each batch’s worst example: who gains, and who pays?',
  lookFor: ({ batchSize }) =>
    `Max follows the one worst of ${batchSize} examples, which is least wrong where all classes get the same probability: see whether it ever leaves that, and how it does on the worst class.`,
  apply: (settings) => ({ ...settings, reductions: ['mean', 'max'], matchUpdates: false, batchFactor: 1 }),
  // Tried with the light network, seed 1.
  notes: () => [
    'On the built-in drawings max was no better than guessing with batches of 128, at SGD rates from 0.0001 to 0.05.',
    'With batches of 2 and rate 0.01 it got there: 85 % after 3,000 steps.',
  ],
  charts: ['worstClass', 'accuracy', 'loss', 'gradientNorm'],
  laws: ['selected-gradient'],
};

export const presets: Readonly<Record<PresetName, Preset>> = {
  'same-rate': sameRate,
  matched,
  'double-batch': doubleBatch,
  'penalty-drifts': penaltyDrifts,
  'worst-case': worstCase,
};

/** The question that a run answers, by its settings: a saved run does not say which one it was started for. */
export function presetOf({ reductions, matchUpdates, batchFactor }: Settings): PresetName {
  if (batchFactor > 1) return 'double-batch';
  if (matchUpdates) return 'matched';
  return reductions.includes('max') && !reductions.includes('sum') ? 'worst-case' : 'same-rate';
}

/** What moves where updates are matched: `With sum’s learning rate ÷ 128 and penalty × 128`. */
export function movedWords(settings: Settings): string {
  const { other, settings: all } = equivalents(settings);
  const moved = all.filter(({ factor }) => factor !== 'stays').map(({ setting, factor }) => `${setting} ${factor}`);
  return moved.length > 0 ? `With ${other}’s ${listWords(moved)}` : 'With the same settings';
}
