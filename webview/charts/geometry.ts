/** Where values stand in a chart: ranges, ticks, the way of a line, and labels that keep apart. Without a browser. */
import type { ChartData, Curve, XAxis } from '../../src/experiment/curves.ts';
import { CHART, type ChartName, isEvaluationChart, withThousands } from '../../src/experiment/curves-charts.ts';
import type { Point } from '../../src/experiment/curves-track.ts';

export interface Tick {
  readonly at: number;
  readonly text: string;
}

export interface Axis {
  readonly min: number;
  readonly max: number;
  readonly logarithmic: boolean;
  readonly ticks: readonly Tick[];
}

/** A chart's plotting area in its cell, in CSS pixels, and its axes. */
export interface Frame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly x: Axis;
  readonly y: Axis;
}

/** What surrounds the plotting area; the right margin is as wide as the labels. */
export const MARGIN = { left: 40, top: 8, bottom: 20 } as const;

export interface Room {
  readonly width: number;
  readonly height: number;
  readonly right: number;
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

export function frameOf(chart: ChartName, data: ChartData, along: XAxis, range: Range, room: Room): Frame {
  const width = Math.max(40, room.width - MARGIN.left - room.right);
  const height = Math.max(40, room.height - MARGIN.top - MARGIN.bottom);
  const x = { ...range, logarithmic: false, ticks: xTicks(range, along, width) };
  return { left: MARGIN.left, top: MARGIN.top, width, height, x, y: yAxis(chart, data, along, range, height) };
}

export const toX = ({ left, width, x }: Frame, value: number): number =>
  left + (width * (value - x.min)) / (x.max - x.min || 1);

export const toY = ({ top, height, y }: Frame, value: number): number => {
  const [at, min, max] = y.logarithmic ? [value, y.min, y.max].map(Math.log10) : [value, y.min, y.max];
  return top + height * (1 - ((at ?? 0) - (min ?? 0)) / ((max ?? 1) - (min ?? 0) || 1));
};

/** How many times a value may be another's before a linear axis shows only one of them. */
const MOST_APART = 20;

function yAxis(chart: ChartName, data: ChartData, along: XAxis, range: Range, height: number): Axis {
  if (data.curves.length === 0) return { min: 1, max: 2, logarithmic: CHART[chart].logarithmic, ticks: [] };
  if (isEvaluationChart(chart))
    return { min: 0, max: 100, logarithmic: false, ticks: [0, 25, 50, 75, 100].map(plainTick) };
  // An arm that diverged leaves the range to the others.
  const sound = data.curves.filter(({ divergedAt }) => divergedAt === null);
  const measured = sound.length > 0 ? sound : data.curves;
  const logarithmic = CHART[chart].logarithmic || farApart(measured, sound.length > 0);
  const values: number[] = [];
  for (const { points } of measured) {
    for (const point of points) {
      if (point[along] >= range.min && point[along] <= range.max) values.push(point.value);
    }
  }
  if (logarithmic) {
    const diverged = data.curves
      .filter((curve) => !measured.includes(curve))
      .map(({ points }) => points[0]?.value ?? 0);
    return logarithmicAxis([...values, ...diverged].filter((value) => value > 0));
  }
  return linearAxis(values, chart === 'loss', height);
}

function farApart(curves: readonly Curve[], sound: boolean): boolean {
  const highest = curves.map(({ points }) => points.reduce((most, { value }) => Math.max(most, value), 0));
  const least = Math.min(...(sound ? highest : curves.map(({ points }) => points[0]?.value ?? 0)));
  return least > 0 && Math.max(...highest) > MOST_APART * least;
}

function linearAxis(values: readonly number[], fromZero: boolean, height: number): Axis {
  const low = values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
  const high = values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
  if (values.length === 0) return { min: 0, max: 1, logarithmic: false, ticks: [] };
  const span = Math.max(high - low, high * 0.05) || 1;
  const min = fromZero ? Math.min(0, low) : low - 0.12 * span;
  const max = fromZero ? high + 0.06 * (high - min || 1) : high + 0.12 * span;
  return { min, max, logarithmic: false, ticks: evenly(min, max, Math.max(2, height / 36)).map(plainTick) };
}

/** At least this many decades, so that a line that scatters a little does not fill the chart. */
const DECADES = 1.2;

function logarithmicAxis(values: readonly number[]): Axis {
  if (values.length === 0) return { min: 1, max: 10, logarithmic: true, ticks: [] };
  let low = Math.log10(values.reduce((least, value) => Math.min(least, value)));
  let high = Math.log10(values.reduce((most, value) => Math.max(most, value)));
  const padding = Math.max(0.08, 0.06 * (high - low), (DECADES - (high - low)) / 2);
  low -= padding;
  high += padding;
  const each = Math.max(1, Math.ceil((high - low) / 5));
  const decades = wholeNumbers(low, high).filter((exponent) => exponent % each === 0);
  const finer = wholeNumbers(low - 1, high).flatMap((exponent) => [1, 2, 5].map((digit) => digit * 10 ** exponent));
  const ticks = decades.length >= 2 ? decades.map((exponent) => 10 ** exponent) : finer;
  const margin = 0.02 * (high - low);
  const shown = ticks.filter((at) => Math.log10(at) >= low + margin && Math.log10(at) <= high - margin);
  return { min: 10 ** low, max: 10 ** high, logarithmic: true, ticks: shown.map(plainTick) };
}

const wholeNumbers = (low: number, high: number): number[] =>
  Array.from({ length: Math.max(0, Math.floor(high) - Math.ceil(low) + 1) }, (_, i) => Math.ceil(low) + i);

function xTicks({ min, max }: Range, along: XAxis, width: number): Tick[] {
  if (!(max > min)) return [];
  const ticks = evenly(min, max, Math.max(2, Math.min(6, width / 60)), along === 'seconds' ? 0 : 1);
  const thousands = ticks.some((at) => at >= 10_000) && ticks.every((at) => at % 100 === 0);
  return ticks.map((at) => ({
    at,
    text: !thousands ? plainTick(at).text : at >= 1e6 ? `${at / 1e6}M` : at === 0 ? '0' : `${at / 1000}k`,
  }));
}

/** The multiples of 1, 2 or 5 times a power of ten in a range, about `count` of them. */
function evenly(min: number, max: number, count: number, smallest = 0): number[] {
  const rough = (max - min) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(smallest, ([1, 2, 5].find((digit) => digit * power >= rough) ?? 10) * power);
  const first = Math.ceil(min / step - 1e-9);
  const last = Math.floor(max / step + 1e-9);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function plainTick(at: number): Tick {
  const size = Math.abs(at);
  if (size !== 0 && (size >= 1e4 || size < 0.0009)) return { at, text: scientific(at) };
  return { at, text: size >= 1000 ? withThousands(at) : String(Number(at.toPrecision(6))) };
}

/** 10⁻⁶, 2·10⁷ */
function scientific(value: number): string {
  const [digits, exponent = ''] = value.toExponential().split('e');
  const raised = exponent.replace('+', '').replace(/./g, (sign) => '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'['-0123456789'.indexOf(sign)] ?? '');
  return digits === '1' ? `10${raised}` : `${digits}·10${raised}`;
}

/** Beyond the edge of the plotting area a line's direction is all that is seen of it. */
const BEYOND = 400;

/**
 * The way of a line as pairs x, y, one list for each unbroken piece; a logarithmic axis breaks it where a value is not
 * above 0. Each column of `columns` a pixel keeps what `reduced` keeps of it: its first, lowest, highest and last
 * point, so that no spike is lost, or the middle of many.
 */
export function wayOf(
  points: readonly Point[],
  along: XAxis,
  frame: Frame,
  columns = 1,
  reduced = outline,
): number[][] {
  const pieces: number[][] = [];
  let piece: number[] = [];
  let column = Number.NaN;
  let open: Place[] = [];
  const closeColumn = (): void => {
    for (const { x, y } of reduced(open)) piece.push(x, y);
    open = [];
  };
  const closePiece = (): void => {
    closeColumn();
    if (piece.length > 0) pieces.push(piece);
    piece = [];
  };
  points.forEach((point, i) => {
    const next = points[i + 1];
    const previous = points[i - 1];
    if (next && next[along] < frame.x.min) return;
    if (previous && previous[along] > frame.x.max) return;
    if (frame.y.logarithmic && !(point.value > 0)) {
      closePiece();
      return;
    }
    const x = toX(frame, point[along]);
    const y = Math.max(frame.top - BEYOND, Math.min(frame.top + frame.height + BEYOND, toY(frame, point.value)));
    const at = Math.floor(x * columns);
    if (at !== column) closeColumn();
    column = at;
    open.push({ x, y });
  });
  closePiece();
  // A single point is drawn as a short line.
  return pieces.map((way) =>
    way.length === 2 ? [(way[0] ?? 0) - 1.5, way[1] ?? 0, (way[0] ?? 0) + 1.5, way[1] ?? 0] : way,
  );
}

export interface Place {
  readonly x: number;
  readonly y: number;
}

export function outline(places: readonly Place[]): readonly Place[] {
  if (places.length <= 4) return places;
  let low = 0;
  let high = 0;
  places.forEach(({ y }, i) => {
    if (y < (places[low]?.y ?? y)) low = i;
    if (y > (places[high]?.y ?? y)) high = i;
  });
  return places.filter((_, i) => i === 0 || i === low || i === high || i === places.length - 1);
}

/**
 * Where a line of means goes through a column of many points: its dashes stay legible, and the spikes are drawn beside
 * it.
 */
export function middle(places: readonly Place[]): readonly Place[] {
  if (places.length <= 4) return places;
  const mean = (of: (place: Place) => number): number =>
    places.reduce((sum, place) => sum + of(place), 0) / places.length;
  return [{ x: mean(({ x }) => x), y: mean(({ y }) => y) }];
}

/**
 * Moves heights apart until none is closer than `gap` to the next, and none leaves the range, where there is room for
 * all. They keep their order from top to bottom.
 */
export function keepApart(heights: readonly number[], gap: number, min: number, max: number): number[] {
  const order = heights.map((_, i) => i).sort((a, b) => (heights[a] ?? 0) - (heights[b] ?? 0) || a - b);
  const placed = [...heights];
  let lowest = min - gap;
  for (const i of order) {
    lowest = Math.max(lowest + gap, Math.min(max, heights[i] ?? min));
    placed[i] = lowest;
  }
  let highest = max + gap;
  for (const i of order.toReversed()) {
    highest = Math.min(highest - gap, placed[i] ?? max);
    placed[i] = highest;
  }
  return placed;
}
