/** The events of a training as what the charts draw, say and tabulate: step by step, in bounded memory. */
import type { Arm, Evaluated, Started, Step, TrainingEvent } from '../protocol.ts';
import {
  CHART,
  CHARTS,
  type ChartName,
  formatValue,
  isEvaluationChart,
  type StepChart,
  threeDigits,
  valueOfEvaluation,
  valueOfStep,
  withThousands,
} from './curves-charts.ts';
import { createRows, type Rows } from './curves-rows.ts';
import { createSmoothTrack, createTrack, nearest, type Point, type Track } from './curves-track.ts';

export type XAxis = 'step' | 'examples' | 'seconds';

/** What a chart draws of one arm. */
export interface Curve {
  readonly arm: string;
  /** Measured values, all finite; of long runs the extremes. */
  readonly points: readonly Point[];
  /** Their means of nine steps; null where the chart draws none. */
  readonly smooth: readonly Point[] | null;
  /** The step at which the arm's numbers stopped being finite; null while they are. */
  readonly divergedAt: number | null;
}

/** How many times the sum's norm is the mean's, at the first step, where both have the same weights. */
export interface Bracket {
  readonly ratio: number;
  readonly step: number;
  readonly mean: Point;
  readonly sum: Point;
}

export interface ChartData {
  /** In the order of the arms; those without a value as yet are not among them. */
  readonly curves: readonly Curve[];
  /** Arms whose values are all equal, in groups of two and more. */
  readonly equal: readonly (readonly string[])[];
  readonly bracket: Bracket | null;
}

export interface Table {
  readonly arms: readonly string[];
  readonly rows: readonly {
    readonly step: number;
    /** Of each arm, as it is written: a dash where it has no value at this step. */
    readonly values: readonly string[];
  }[];
}

export interface Curves {
  /** In one piece or in many, of a run that goes on or of a saved one. Another run's `started` begins anew. */
  add(event: TrainingEvent): void;
  /** Calls back after each event that changed something, until the returned function is called. */
  onChange(listener: () => void): () => void;
  readonly started: Started | null;
  readonly arms: readonly string[];
  arm(name: string): Arm | undefined;
  /** The last step that was trained; 0 before. */
  readonly lastStep: number;
  /** The end of an axis: where the run will end, as far as that is known. */
  extent(x: XAxis): number;
  data(chart: ChartName): ChartData;
  /** The measured values nearest to a step, of each arm that has one there. */
  valuesAt(chart: ChartName, step: number): readonly { readonly arm: string; readonly point: Point }[];
  /** Where a step stands on an axis, and back. */
  positionOf(step: number, x: XAxis): number;
  stepAt(position: number, x: XAxis): number;
  /** The chart in words. */
  summary(chart: ChartName): string;
  /** At most fifty rows, with the first and the last. */
  table(chart: ChartName): Table;
}

interface Line {
  readonly measured: Track;
  readonly smooth: Track | null;
  ended: boolean;
}

interface ArmState {
  readonly arm: Arm;
  readonly lines: Readonly<Record<ChartName, Line>>;
  examples: number;
  divergedAt: number | null;
}

/** All that is kept of one run. */
interface Run {
  readonly started: Started;
  readonly arms: Map<string, ArmState>;
  /** Where the steps stand on the axes. */
  readonly clock: Track;
  readonly stepRows: Rows<Step>;
  readonly evaluationRows: Rows<Evaluated>;
  /** Pairs of arms of which all values were equal so far, by chart. */
  readonly equal: Record<ChartName, readonly (readonly [string, string])[]>;
  readonly brackets: Partial<Record<ChartName, Bracket>>;
  lastStep: number;
  /** Of the arm that was trained on most. */
  examples: number;
  secondsLeft: number;
  finished: boolean;
}

const STEP_CHARTS = CHARTS.filter((chart): chart is StepChart => !isEvaluationChart(chart));
const EVALUATION_CHARTS = CHARTS.filter(isEvaluationChart);

/** Where theory says that the ratio is exact, on the same weights. */
const BRACKETED: readonly ChartName[] = ['gradientNorm', 'updateNorm'];

export function createCurves(): Curves {
  let run: Run | null = null;
  const listeners = new Set<() => void>();

  return {
    add(event) {
      if (event.event === 'started') {
        const goesOn = run !== null && event.after > 0 && run.lastStep === event.after;
        run = goesOn && run ? goOn(run, event) : startRun(event);
      } else if (run) {
        addTo(run, event);
      }
      for (const listener of listeners) listener();
    },
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    get started() {
      return run?.started ?? null;
    },
    get arms() {
      return run ? [...run.arms.keys()] : [];
    },
    arm: (name) => run?.arms.get(name)?.arm,
    get lastStep() {
      return run?.lastStep ?? 0;
    },
    extent: (x) => (run ? extentOf(run, x) : 0),
    data: (chart) => (run ? dataOf(run, chart) : { curves: [], equal: [], bracket: null }),
    valuesAt: (chart, step) => (run ? valuesOf(run, chart, step) : []),
    positionOf(step, x) {
      const point = run && nearest(run.clock.points, step, 'step');
      return x === 'step' ? step : (point?.[x] ?? 0);
    },
    stepAt(position, x) {
      const point = run && nearest(run.clock.points, position, x);
      const step = x === 'step' ? Math.round(position) : (point?.step ?? 0);
      return Math.max(run?.clock.points[0]?.step ?? 0, Math.min(run?.lastStep ?? 0, step));
    },
    summary: (chart) => (run ? summaryOf(run, chart) : `${CHART[chart].title}: no run yet.`),
    table: (chart) => (run ? tableOf(run, chart) : { arms: [], rows: [] }),
  };
}

function startRun(started: Started): Run {
  const factor = Math.max(...started.arms.map(({ batchFactor }) => batchFactor));
  const forCharts = <T>(make: (chart: ChartName) => T): Record<ChartName, T> => ({
    loss: make('loss'),
    gradientNorm: make('gradientNorm'),
    updateNorm: make('updateNorm'),
    weightNorm: make('weightNorm'),
    accuracy: make('accuracy'),
    worstClass: make('worstClass'),
    penaltyShare: make('penaltyShare'),
  });
  const lineOf = (chart: ChartName): Line => ({
    measured: createTrack(),
    smooth: CHART[chart].noisy ? createSmoothTrack(CHART[chart].logarithmic) : null,
    ended: false,
  });
  const names = started.arms.map(({ name }) => name);
  const pairs = names.flatMap((first, i) => names.slice(i + 1).map((second) => [first, second] as const));
  return {
    started,
    arms: new Map(
      started.arms.map((arm) => [arm.name, { arm, lines: forCharts(lineOf), examples: 0, divergedAt: null }]),
    ),
    clock: createTrack(),
    // Steps in which every arm takes part, so that arms with a larger batch have values in most rows.
    stepRows: createRows(factor),
    evaluationRows: createRows(started.settings.evaluateEvery),
    equal: forCharts(() => pairs),
    examples: 0,
    brackets: {},
    lastStep: 0,
    secondsLeft: 0,
    finished: false,
  };
}

/** The same run with further steps: what was drawn stays. */
function goOn(run: Run, started: Started): Run {
  return { ...run, started, finished: false };
}

function addTo(run: Run, event: TrainingEvent): void {
  switch (event.event) {
    case 'step':
      // A run that is shown again may send steps that are already there.
      if (event.step > run.lastStep) addStep(run, event);
      break;
    case 'evaluated':
      addEvaluation(run, event);
      break;
    case 'diverged': {
      const state = run.arms.get(event.arm);
      if (state) state.divergedAt ??= event.step;
      break;
    }
    case 'finished':
      run.finished = true;
      break;
  }
}

function addStep(run: Run, event: Step): void {
  const { step, seconds, secondsLeft, arms } = event;
  run.lastStep = step;
  run.secondsLeft = secondsLeft;
  for (const { arm, examples } of arms) {
    const state = run.arms.get(arm);
    if (state) state.examples = Math.max(state.examples, examples);
    run.examples = Math.max(run.examples, examples);
  }
  run.clock.add({ step, examples: run.examples, seconds, value: step });
  for (const chart of STEP_CHARTS) addValues(run, chart, step, seconds, arms, valueOfStep[chart]);
  run.stepRows.add(event);
}

function addEvaluation(run: Run, event: Evaluated): void {
  const seconds = run.clock.points.at(-1)?.seconds ?? 0;
  for (const chart of EVALUATION_CHARTS) {
    addValues(run, chart, event.step, seconds, event.arms, valueOfEvaluation[chart]);
  }
  run.evaluationRows.add(event);
}

function addValues<T extends { readonly arm: string }>(
  run: Run,
  chart: ChartName,
  step: number,
  seconds: number,
  arms: readonly T[],
  read: (of: T) => number | null,
): void {
  for (const measured of arms) {
    const state = run.arms.get(measured.arm);
    const value = read(measured);
    if (!state || value === null) continue;
    const line = state.lines[chart];
    if (!Number.isFinite(value)) {
      line.ended = true;
      state.divergedAt ??= step;
    }
    if (line.ended || step <= (line.measured.points.at(-1)?.step ?? 0)) continue;
    const point = { step, examples: state.examples, seconds, value };
    line.measured.add(point);
    line.smooth?.add(point);
  }
  const stillEqual = run.equal[chart];
  if (stillEqual.length > 0) {
    const valueOfArm = (name: string): number | null | undefined => {
      const measured = arms.find(({ arm }) => arm === name);
      return measured && read(measured);
    };
    run.equal[chart] = stillEqual.filter(([first, second]) => Object.is(valueOfArm(first), valueOfArm(second)));
  }
  if (BRACKETED.includes(chart) && step === 1) addBracket(run, chart);
}

function addBracket(run: Run, chart: ChartName): void {
  const mean = run.arms.get('mean')?.lines[chart].measured.points[0];
  const sum = run.arms.get('sum')?.lines[chart].measured.points[0];
  if (!mean || !sum || !(mean.value > 0) || !(sum.value > 0)) return;
  run.brackets[chart] = { ratio: sum.value / mean.value, step: mean.step, mean, sum };
}

function extentOf(run: Run, x: XAxis): number {
  const { started, lastStep, finished } = run;
  const last = run.clock.points.at(-1);
  if (finished && last) return last[x];
  const steps = Math.max(started.after + started.settings.steps, lastStep);
  if (x === 'step') return steps;
  // Examples grow evenly with the steps, but for the last batch of an epoch.
  if (x === 'examples') return last ? (last.examples / last.step) * steps : steps * started.settings.batchSize;
  return last ? last.seconds + run.secondsLeft : 0;
}

function dataOf(run: Run, chart: ChartName): ChartData {
  const curves = [...run.arms.values()].flatMap(({ arm, lines, divergedAt }): Curve[] => {
    const { measured, smooth } = lines[chart];
    if (measured.points.length === 0) return [];
    return [{ arm: arm.name, points: measured.points, smooth: smooth?.points ?? null, divergedAt }];
  });
  return { curves, equal: equalArms(run, chart, curves), bracket: run.brackets[chart] ?? null };
}

function equalArms(run: Run, chart: ChartName, curves: readonly Curve[]): string[][] {
  const groups: string[][] = [];
  for (const { arm } of curves) {
    const group = groups.find(([first]) => run.equal[chart].some((pair) => pair[0] === first && pair[1] === arm));
    if (group) group.push(arm);
    else groups.push([arm]);
  }
  return groups.filter((group) => group.length > 1);
}

function valuesOf(run: Run, chart: ChartName, step: number): { arm: string; point: Point }[] {
  return [...run.arms.values()].flatMap(({ arm, lines, divergedAt }) => {
    const { points } = lines[chart].measured;
    const end = points.at(-1)?.step ?? 0;
    const point = divergedAt !== null && step > end ? undefined : nearest(points, step, 'step');
    return point ? [{ arm: arm.name, point }] : [];
  });
}

function summaryOf(run: Run, chart: ChartName): string {
  const { title, unit } = CHART[chart];
  const { curves, equal } = dataOf(run, chart);
  if (curves.length === 0) return `${title}: no value yet.`;
  const say = (value: number): string => formatValue(chart, value) + unit;
  const words = curves.map(({ arm, points, divergedAt }) => {
    const first = points[0]?.value ?? Number.NaN;
    const last = points.at(-1)?.value ?? Number.NaN;
    const course = points.length === 1 ? `${arm} ${say(first)}` : `${arm} from ${say(first)} to ${say(last)}`;
    return divergedAt === null ? course : `${course}, diverged at step ${withThousands(divergedAt)}`;
  });
  const steps = run.lastStep === 1 ? '1 step' : `${withThousands(run.lastStep)} steps`;
  const same = equal.map((arms) => ` All values of ${arms.join(' and ')} are equal.`).join('');
  return `${title} over ${steps}: ${words.join('; ')}.${same}`;
}

function tableOf(run: Run, chart: ChartName): Table {
  const arms = [...run.arms.keys()];
  const cell = (step: number, arm: string, value: number | null | undefined): string => {
    const divergedAt = run.arms.get(arm)?.divergedAt ?? Number.POSITIVE_INFINITY;
    if (value === undefined || value === null) return step >= divergedAt ? 'diverged' : '–';
    return Number.isFinite(value) ? formatValue(chart, value) : 'diverged';
  };
  const rowOf = <T extends { readonly arm: string }>(
    { step, arms: measured }: { readonly step: number; readonly arms: readonly T[] },
    read: (of: T) => number | null,
  ) => ({
    step,
    values: arms.map((name) => {
      const found = measured.find(({ arm }) => arm === name);
      return cell(step, name, found && read(found));
    }),
  });
  const rows = isEvaluationChart(chart)
    ? run.evaluationRows.rows.map((row) => rowOf(row, valueOfEvaluation[chart]))
    : run.stepRows.rows.map((row) => rowOf(row, valueOfStep[chart]));
  return { arms, rows };
}

/** × 128: what stands at the bracket. */
export const formatRatio = (ratio: number): string => `× ${threeDigits(ratio).replace(/\.0+$/, '')}`;
