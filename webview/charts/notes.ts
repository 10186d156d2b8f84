/** What stands beside the title of a chart. Without a browser. */
import { CHART, type ChartName } from '../../src/experiment/curves-charts.ts';
import type { Frame } from './geometry.ts';

/** The chart's note, and that its axis is logarithmic where only the data made it so. */
export function noteOf({ chart, frame }: { readonly chart: ChartName; readonly frame: Frame | null }): string {
  const { note, logarithmic } = CHART[chart];
  return frame?.y.logarithmic && !logarithmic ? [note, 'log'].filter(Boolean).join(', ') : note;
}
