/** The charts: what each draws of an arm's step or evaluation, in which words and numbers. */
import type { Evaluated, StepOfArm } from '../protocol.ts';

export const CHARTS = [
  'loss',
  'gradientNorm',
  'updateNorm',
  'weightNorm',
  'accuracy',
  'penaltyShare',
  'worstClass',
] as const;
export type ChartName = (typeof CHARTS)[number];

export interface Chart {
  readonly title: string;
  /** Beside the title: unit, scale. */
  readonly note: string;
  readonly logarithmic: boolean;
  /** Whether steps scatter so much that their mean is drawn over them. */
  readonly noisy: boolean;
  /** What its values are counted in after a number, where the title does not say it. */
  readonly unit: string;
  /** What it shows, in one sentence. */
  readonly meaning: string;
}

export const CHART: Readonly<Record<ChartName, Chart>> = {
  loss: {
    title: 'Loss per example',
    note: 'on the batch',
    logarithmic: false,
    noisy: true,
    unit: '',
    meaning: 'The mean of the per-example losses, whatever the arm is trained on.',
  },
  gradientNorm: {
    title: 'Gradient norm',
    note: 'log',
    logarithmic: true,
    noisy: true,
    unit: '',
    meaning: 'The length of the gradient, penalty included, before clipping.',
  },
  updateNorm: {
    title: 'Update norm ‖ΔW‖',
    note: 'log',
    logarithmic: true,
    noisy: true,
    unit: '',
    meaning: 'How far a step moves the weights.',
  },
  weightNorm: {
    title: 'Weight norm ‖W‖',
    note: '',
    logarithmic: false,
    noisy: false,
    unit: '',
    meaning: 'The length of all weights together.',
  },
  accuracy: {
    title: 'Held-out accuracy',
    note: '%',
    logarithmic: false,
    noisy: false,
    unit: ' %',
    meaning: 'How many of the examples that are not trained on it gets right.',
  },
  penaltyShare: {
    title: 'Penalty ÷ data gradient',
    note: '%, log',
    logarithmic: true,
    noisy: true,
    unit: ' %',
    meaning: 'How much the penalty counts in the gradient, against the data.',
  },
  worstClass: {
    title: 'Worst class’s accuracy',
    note: '%, held-out',
    logarithmic: false,
    noisy: false,
    unit: ' %',
    meaning: 'How many held-out examples it gets right of the class that it does worst on.',
  },
};

export type EvaluationChart = 'accuracy' | 'worstClass';
export type StepChart = Exclude<ChartName, EvaluationChart>;

export const isEvaluationChart = (chart: ChartName): chart is EvaluationChart =>
  chart === 'accuracy' || chart === 'worstClass';

/** What a chart draws of a step of an arm, in the chart's unit. */
export const valueOfStep: Readonly<Record<StepChart, (step: StepOfArm) => number>> = {
  loss: (step) => step.loss,
  gradientNorm: (step) => step.gradientNorm,
  updateNorm: (step) => step.updateNorm,
  weightNorm: (step) => step.weightNorm,
  // An arm without a penalty has none of it, also where its data gradient has vanished.
  penaltyShare: (step) =>
    step.penaltyGradientNorm === 0 ? 0 : (100 * step.penaltyGradientNorm) / step.dataGradientNorm,
};

/** What a chart draws of an evaluation of an arm, in per cent; null where no class has a held-out example. */
export const valueOfEvaluation: Readonly<
  Record<EvaluationChart, (evaluated: Evaluated['arms'][number]) => number | null>
> = {
  accuracy: ({ accuracy }) => 100 * accuracy,
  worstClass({ classAccuracy }) {
    const known = classAccuracy.filter((accuracy) => accuracy !== null);
    return known.length === 0 ? null : 100 * Math.min(...known);
  },
};

/** A value in the words of its chart: three significant digits, one decimal for the accuracy's per cents. */
export function formatValue(chart: ChartName, value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return isEvaluationChart(chart) ? value.toFixed(1) : threeDigits(value);
}

/** 0, 0.00207, 0.370, 68.4, 1,280, 3.91e-6. */
export function threeDigits(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 999_500) return value.toExponential(2).replace('e+', 'e');
  if (size >= 999.5) return withThousands(Number(value.toPrecision(3)));
  return value.toPrecision(3);
}

/** 51,200: the page's language is English, whatever the reader's is. */
export function withThousands(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
}
