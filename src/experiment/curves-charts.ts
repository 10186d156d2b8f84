/** The six charts: what each draws of an arm's step or evaluation, in which words and numbers. */
import type { Evaluated, StepOfArm } from '../protocol.ts';

export const CHARTS = ['loss', 'gradient', 'update', 'weights', 'accuracy', 'penalty'] as const;
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
}

export const CHART: Readonly<Record<ChartName, Chart>> = {
  loss: { title: 'Loss per example', note: 'on the batch', logarithmic: false, noisy: true, unit: '' },
  gradient: { title: 'Gradient norm', note: 'log', logarithmic: true, noisy: true, unit: '' },
  update: { title: 'Update norm ‖ΔW‖', note: 'log', logarithmic: true, noisy: true, unit: '' },
  weights: { title: 'Weight norm ‖W‖', note: '', logarithmic: false, noisy: false, unit: '' },
  accuracy: { title: 'Held-out accuracy', note: '%', logarithmic: false, noisy: false, unit: ' %' },
  penalty: { title: 'Penalty ÷ data gradient', note: '%, log', logarithmic: true, noisy: true, unit: ' %' },
};

export type StepChart = Exclude<ChartName, 'accuracy'>;

/** What a chart draws of a step of an arm, in the chart's unit. */
export const valueOfStep: Readonly<Record<StepChart, (step: StepOfArm) => number>> = {
  loss: (step) => step.loss,
  gradient: (step) => step.gradientNorm,
  update: (step) => step.updateNorm,
  weights: (step) => step.weightNorm,
  // An arm without a penalty has none of it, also where its data gradient has vanished.
  penalty: (step) => (step.penaltyGradientNorm === 0 ? 0 : (100 * step.penaltyGradientNorm) / step.dataGradientNorm),
};

export const valueOfEvaluation = ({ accuracy }: Evaluated['arms'][number]): number => 100 * accuracy;

/** A value in the words of its chart: three significant digits, one decimal for the accuracy's per cents. */
export function formatValue(chart: ChartName, value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return chart === 'accuracy' ? value.toFixed(1) : threeDigits(value);
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
