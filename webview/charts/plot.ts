/** One chart on the page: uPlot draws its axes and lines, and elements over it show the labels and the cursor. */
import uPlot from 'uplot';
import { fontOf, paint, trace } from './canvas.ts';
import { MARGIN, toX } from './geometry.ts';
import { createOverlay } from './overlay.ts';
import { AXIS, type DrawnLine, GRID, labelsOf, linesOf, type Measure, noteShapes, type Scene } from './shapes.ts';
import type { Theme } from './style.ts';

export interface Pointing {
  /** A place on the horizontal axis; null when the pointer has left. */
  point(position: number | null): void;
  zoom(from: number, to: number): void;
  reset(): void;
}

export interface Plot {
  /** Draws everything. */
  draw(scene: Scene, theme: Theme, measure: Measure, right: number): void;
  /** Moves the cursor and the labels of what was drawn. */
  point(cursor: number | null): void;
  remove(): void;
}

export function createPlot(place: HTMLElement, pointing: Pointing): Plot {
  const overlay = createOverlay(place);
  let built: { key: string; chart: uPlot; size: string } | null = null;
  /** What uPlot's callbacks read. */
  let shown: { scene: Scene; theme: Theme; measure: Measure; lines: readonly DrawnLine[] } | null = null;
  let cursor: number | null = null;

  function build(scene: Scene, theme: Theme, right: number): uPlot {
    const color = (strength: number) => () =>
      `color-mix(in srgb, ${shown?.theme.foreground} ${100 * strength}%, transparent)`;
    const quiet = (): string => shown?.theme.quiet ?? '';
    const font = fontOf(theme, 11, false);
    const ratio = devicePixelRatio;
    const series = linesOf(scene, ratio).map(
      ({ style, faint }, i): uPlot.Series => ({
        stroke: () => shown?.theme[style.ink] ?? '',
        width: faint ? 1 : style.width,
        alpha: faint ? 0.3 : 1,
        dash: faint ? [] : style.dash.map((length) => length * ratio),
        cap: style.cap,
        points: { show: false },
        paths() {
          const stroke = new Path2D();
          for (const way of shown?.lines[i]?.ways ?? []) trace(stroke, way, ratio);
          return { stroke, fill: null, clip: null, flags: 0 };
        },
      }),
    );
    const ticksOf = (axis: 'x' | 'y') => ({
      splits: () => shown?.scene.frame[axis].ticks.map(({ at }) => at) ?? [],
      filter: (_: uPlot, splits: number[]) => splits,
      values: () => shown?.scene.frame[axis].ticks.map(({ text }) => text) ?? [],
    });
    const rangeOf = (axis: 'x' | 'y') => (): [number, number] => {
      const { min = 0, max = 1 } = shown?.scene.frame[axis] ?? {};
      return [min, max > min ? max : min + 1];
    };
    return new uPlot(
      {
        ...sizeOf(place),
        padding: [MARGIN.top, right, 0, 0],
        legend: { show: false },
        cursor: {
          x: false,
          y: false,
          points: { show: false },
          drag: { x: true, y: false, setScale: false, dist: 5 },
          bind: {
            dblclick: () => () => {
              pointing.reset();
              return null;
            },
          },
        },
        scales: {
          x: { time: false, range: rangeOf('x') },
          y: { distr: scene.frame.y.logarithmic ? 3 : 1, range: rangeOf('y') },
        },
        axes: [
          {
            ...ticksOf('x'),
            size: MARGIN.bottom,
            gap: 3,
            font,
            stroke: quiet,
            grid: { show: false },
            ticks: { size: 3, width: 1, stroke: color(AXIS) },
            border: { show: true, width: 1, stroke: color(AXIS) },
          },
          {
            ...ticksOf('y'),
            size: MARGIN.left,
            gap: 6,
            font,
            stroke: quiet,
            grid: { width: 1, stroke: color(GRID) },
            ticks: { show: false },
          },
        ],
        series: [{}, ...(series.length > 0 ? series : [{ show: false }])],
        hooks: {
          setCursor: [
            (chart) => {
              const { left = -1 } = chart.cursor;
              pointing.point(left < 0 ? null : chart.posToVal(left, 'x'));
            },
          ],
          setSelect: [
            (chart) => {
              const { left, width } = chart.select;
              if (width <= 0) return;
              pointing.zoom(chart.posToVal(left, 'x'), chart.posToVal(left + width, 'x'));
              chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            },
          ],
          draw: [
            ({ ctx }) => {
              if (!shown) return;
              ctx.save();
              ctx.scale(ratio, ratio);
              paint(ctx, noteShapes(shown.scene, shown.measure), shown.theme);
              ctx.restore();
            },
          ],
        },
      },
      dataOf(scene, series.length),
      place,
    );
  }

  function point(at: number | null): void {
    cursor = at;
    if (!shown) return;
    const { scene } = shown;
    const x = at === null ? null : toX(scene.frame, scene.curves.positionOf(at, scene.along));
    overlay.show(scene, labelsOf(scene, at), x);
  }

  return {
    draw(scene, theme, measure, right) {
      shown = { scene, theme, measure, lines: linesOf(scene, devicePixelRatio) };
      const arms = scene.data.curves.map(({ arm }) => arm).join('\n');
      const key = [arms, scene.frame.y.logarithmic, right, devicePixelRatio, theme.fontFamily].join('\n');
      const size = JSON.stringify(sizeOf(place));
      if (built?.key !== key) {
        built?.chart.destroy();
        built = { key, size, chart: build(scene, theme, right) };
      } else {
        const { chart } = built;
        if (built.size !== size) chart.setSize(sizeOf(place));
        built.size = size;
        chart.setData(dataOf(scene, shown.lines.length), false);
        chart.batch(() => chart.setScale('x', { min: scene.frame.x.min, max: scene.frame.x.max }));
      }
      point(cursor);
    },
    point,
    remove() {
      built?.chart.destroy();
      overlay.remove();
    },
  };
}

const sizeOf = ({ clientWidth, clientHeight }: HTMLElement) => ({ width: clientWidth, height: clientHeight });

/** Lines have their own points; uPlot is told where they begin and end, and that every scale has a value. */
function dataOf({ frame }: Scene, lines: number): uPlot.AlignedData {
  const { min, max } = frame.x;
  return [
    [min, max > min ? max : min + 1],
    ...Array.from({ length: Math.max(1, lines) }, () => [1, 1]),
  ] as uPlot.AlignedData;
}
