/** How arms are told apart, and what is taken of the editor's theme. Without a browser. */
import type { Arm, ReductionName } from '../../src/protocol.ts';

export type Ink = 'blue' | 'yellow' | 'foreground';

/** Hue is the reduction, dash is the arm. */
export interface ArmStyle {
  readonly ink: Ink;
  /** Lengths in CSS pixels; none is a solid line. */
  readonly dash: readonly number[];
  readonly width: number;
  readonly cap: 'butt' | 'round';
}

const INK: Readonly<Record<ReductionName, Ink>> = { mean: 'blue', sum: 'yellow', max: 'foreground' };

const DOTS = { dash: [0.1, 4.2], width: 2.2, cap: 'round' } as const;
const DASH_AND_DOT = { dash: [9, 3, 2, 3], width: 1.6, cap: 'butt' } as const;

const FIRST: Readonly<Record<ReductionName, Omit<ArmStyle, 'ink'>>> = {
  mean: { dash: [], width: 1.6, cap: 'butt' },
  sum: { dash: [7, 4], width: 1.8, cap: 'butt' },
  max: DOTS,
};
/** Of the arms with a larger batch. */
const SECOND: Readonly<Record<ReductionName, Omit<ArmStyle, 'ink'>>> = {
  mean: DASH_AND_DOT,
  sum: DOTS,
  max: DASH_AND_DOT,
};

export function styleOf({ reduction, batchFactor }: Arm): ArmStyle {
  return { ink: INK[reduction], ...(batchFactor === 1 ? FIRST : SECOND)[reduction] };
}

export interface Theme {
  readonly background: string;
  /** Also the third ink. */
  readonly foreground: string;
  /** Of axes and notes. */
  readonly quiet: string;
  readonly blue: string;
  readonly yellow: string;
  /** Of the mark where an arm diverged. */
  readonly red: string;
  readonly fontFamily: string;
}
