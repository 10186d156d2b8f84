/** Lines that may grow without end and are kept in bounded memory, without losing an extreme value. */

/** One value of one arm, and where it stands on each of the horizontal axes. */
export interface Point {
  readonly step: number;
  /** Examples that the arm was trained on so far. */
  readonly examples: number;
  /** Spent on training so far. */
  readonly seconds: number;
  /** Finite. */
  readonly value: number;
}

export interface Track {
  /** In the order of the steps. */
  readonly points: readonly Point[];
  add(point: Point): void;
}

/** A bucket keeps its first, lowest, highest and last point. */
const PER_BUCKET = 4;
const BUCKETS = 500;

/** The most points that a track keeps. */
export const MOST_POINTS = BUCKETS * PER_BUCKET;

/**
 * A line of at most `MOST_POINTS` points, of which none is left out before there are more. Then the points are grouped
 * in buckets of equally many, and each bucket keeps its first, lowest, highest and last point. When there are too many
 * buckets, each two become one.
 */
export function createTrack(): Track {
  const points: Point[] = [];
  /** Where each bucket starts in `points`. */
  let starts: number[] = [];
  let pointsOfBucket = PER_BUCKET;
  let addedToLast = pointsOfBucket;

  function join(): void {
    const all = points.splice(0);
    const before = starts;
    starts = [];
    for (let i = 0; i < before.length; i += 2) {
      starts.push(points.length);
      points.push(...outline(all.slice(before[i], before[i + 2])));
    }
    pointsOfBucket *= 2;
  }

  return {
    points,
    add(point) {
      if (addedToLast === pointsOfBucket) {
        if (starts.length === BUCKETS) join();
        starts.push(points.length);
        addedToLast = 0;
      }
      points.push(point);
      addedToLast++;
      const start = starts.at(-1) ?? 0;
      if (points.length - start > PER_BUCKET) points.splice(dispensable(points, start), 1);
    },
  };
}

/**
 * Of the last five points, which begin at `start`, one that is neither the first, the lowest, the highest nor the last.
 */
function dispensable(points: readonly Point[], start: number): number {
  let lowest = start;
  let highest = start;
  for (let i = start + 1; i < points.length; i++) {
    const value = points[i]?.value ?? 0;
    if (value < (points[lowest]?.value ?? 0)) lowest = i;
    if (value > (points[highest]?.value ?? 0)) highest = i;
  }
  let index = start + 1;
  while (index === lowest || index === highest) index++;
  return index;
}

/** The first, lowest, highest and last of points, each once and in their order; up to four points as they are. */
function outline(points: readonly Point[]): readonly Point[] {
  if (points.length <= PER_BUCKET) return points;
  let lowest = 0;
  let highest = 0;
  points.forEach(({ value }, i) => {
    if (value < (points[lowest]?.value ?? value)) lowest = i;
    if (value > (points[highest]?.value ?? value)) highest = i;
  });
  const last = points.length - 1;
  return points.filter((_, i) => i === 0 || i === lowest || i === highest || i === last);
}

/** Points on each side of the one whose place their mean takes. */
const REACH = 4;

/**
 * The line of the means of nine points, of fewer at both ends, so that the first and the last point are the measured
 * ones. `logarithmic` takes geometric means, which are the means that are seen on a logarithmic axis.
 */
export function createSmoothTrack(logarithmic: boolean): Track {
  const track = createTrack();
  /** The last points that means are still taken of, and their values or logarithms. */
  const window: Point[] = [];
  const heights: number[] = [];
  let points: readonly Point[] | null = [];

  /** The mean around the point at `index` of the window. */
  function mean(index: number, reach: number): Point | null {
    const point = window[index];
    if (!point) return null;
    if (reach === 0) return point;
    let sum = 0;
    for (let i = index - reach; i <= index + reach; i++) sum += heights[i] ?? 0;
    const height = sum / (2 * reach + 1);
    return { ...point, value: logarithmic ? Math.exp(height) : height };
  }

  /**
   * The window begins with the first point of all while it is not full, and later no mean that begins before it is
   * asked for.
   */
  const reachAt = (index: number): number => Math.min(REACH, index, window.length - 1 - index);

  return {
    /** The last means change with each further point, so that they are no part of the track yet. */
    get points() {
      if (points) return points;
      const open = window.length <= REACH ? window.map((_, i) => i) : [-4, -3, -2, -1].map((i) => window.length + i);
      points = [...track.points, ...open.flatMap((index) => mean(index, reachAt(index)) ?? [])];
      return points;
    },
    add(point) {
      points = null;
      window.push(point);
      heights.push(logarithmic ? Math.log(point.value) : point.value);
      const settled = window.length - 1 - REACH;
      const done = settled >= 0 ? mean(settled, Math.min(REACH, settled)) : null;
      if (done) track.add(done);
      if (window.length > 2 * REACH) {
        window.shift();
        heights.shift();
      }
    },
  };
}

/** The point of a step, or of the nearest step to it; undefined without points. */
export function nearest(
  points: readonly Point[],
  at: number,
  along: 'step' | 'examples' | 'seconds',
): Point | undefined {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((points[middle]?.[along] ?? 0) < at) low = middle + 1;
    else high = middle;
  }
  const after = points[low];
  const before = points[low - 1];
  if (!after || !before) return after ?? before;
  return at - before[along] <= after[along] - at ? before : after;
}
