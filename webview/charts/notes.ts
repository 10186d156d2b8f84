/** Which charts are shown, and what stands beside their titles. Without a browser. */
import { CHART, CHARTS, type ChartName } from '../../src/experiment/curves-charts.ts';
import type { Frame } from './geometry.ts';

/** The chart's note, and that its axis is logarithmic where only the data made it so. */
export function noteOf({ chart, frame }: { readonly chart: ChartName; readonly frame: Frame | null }): string {
  const { note, logarithmic } = CHART[chart];
  return frame?.y.logarithmic && !logarithmic ? [note, 'log'].filter(Boolean).join(', ') : note;
}

/** Those that come first, and others after them until there are six. */
export const sixCharts = (first: readonly ChartName[]): readonly ChartName[] =>
  [...new Set([...first, ...CHARTS])].slice(0, 6);
