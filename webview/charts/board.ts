/** The six charts together: one cursor, one zoom, one theme, one repaint. */
import type { Curves, XAxis } from '../../src/experiment/curves.ts';
import type { ChartName } from '../../src/experiment/curves-charts.ts';
import { measureIn } from './canvas.ts';
import { frameOf, type Range } from './geometry.ts';
import { noteOf } from './notes.ts';
import { createPainter } from './painter.ts';
import { createPlot, type Plot } from './plot.ts';
import { marginFor } from './shapes.ts';
import { onThemeChange, readTheme } from './theme.ts';

export interface Board {
  /** Draws a chart in an element, until the returned function is called. */
  attach(chart: ChartName, place: HTMLElement): () => void;
  setAxis(along: XAxis): void;
  /** The step that the cursor is at; null without a cursor. */
  readonly cursor: number | null;
  /** What is zoomed to follows the cursor. */
  moveCursor(step: number | null): void;
  /** The steps that are shown; null where all are. */
  readonly zoom: Range | null;
  setZoom(steps: Range | null): void;
  /** What stands beside a chart's title. */
  note(chart: ChartName): string;
  /** Calls back when the cursor, the zoom or a note has changed, until the returned function is called. */
  onChange(listener: () => void): () => void;
  remove(): void;
}

/** Six charts leave the editor most of the time of the thread that draws both. */
const SHARE = 0.12;

/** Charts further out of sight than one screen are not drawn. */
const NEAR: IntersectionObserverInit = { rootMargin: '100% 0px' };

interface Attached {
  readonly place: HTMLElement;
  readonly plot: Plot;
  visible: boolean;
  note: string | null;
}

export function createBoard(curves: Curves): Board {
  const charts = new Map<ChartName, Attached>();
  const listeners = new Set<() => void>();
  let along: XAxis = 'step';
  let cursor: number | null = null;
  let zoom: Range | null = null;
  let theme = readTheme();
  let measure = measureIn(theme);

  const tell = (): void => {
    for (const listener of listeners) listener();
  };
  const drawing = createPainter(draw, { share: SHARE });
  const pointing = createPainter(
    () => {
      for (const { plot, visible } of charts.values()) if (visible) plot.point(cursor);
      tell();
    },
    { share: 0.5 },
  );

  function range(): Range {
    if (!zoom) return { min: 0, max: niceEnd(curves.extent(along), along) };
    return { min: curves.positionOf(zoom.min, along), max: curves.positionOf(zoom.max, along) };
  }

  function draw(): void {
    const right = marginFor(curves, measure);
    let changed = false;
    for (const [chart, attached] of charts) {
      const { place, plot, visible, note } = attached;
      const { clientWidth: width, clientHeight: height } = place;
      if (!visible || width === 0 || height === 0) continue;
      const data = curves.data(chart);
      const frame = frameOf(chart, data, along, range(), { width, height, right });
      plot.draw({ curves, chart, data, along, frame }, theme, measure, right);
      plot.point(cursor);
      attached.note = noteOf({ chart, frame });
      changed ||= attached.note !== note;
    }
    if (changed) tell();
  }

  function setCursor(step: number | null): void {
    cursor = step;
    pointing.request();
  }

  function moveCursor(step: number | null): void {
    setCursor(step);
    if (step !== null && zoom && (step < zoom.min || step > zoom.max)) {
      const shift = step < zoom.min ? step - zoom.min : step - zoom.max;
      zoom = { min: zoom.min + shift, max: zoom.max + shift };
      drawing.request();
    }
  }

  function setZoom(steps: Range | null): void {
    if (steps && !(steps.max - steps.min >= 2)) return;
    const all = steps && steps.min <= 1 && steps.max >= curves.lastStep;
    zoom = all ? null : steps;
    drawing.request();
    tell();
  }

  const sizes = new ResizeObserver(() => drawing.request());
  const views = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      for (const attached of charts.values()) if (attached.place === target) attached.visible = isIntersecting;
    }
    drawing.request();
  }, NEAR);
  const stopCurves = curves.onChange(() => {
    // A run that begins anew is not looked at where the one before was.
    if (curves.lastStep === 0) {
      cursor = null;
      zoom = null;
    }
    drawing.request();
  });
  const stopTheme = onThemeChange(() => {
    theme = readTheme();
    measure = measureIn(theme);
    drawing.request();
  });

  return {
    attach(chart, place) {
      const plot = createPlot(place, {
        point: (position) =>
          setCursor(position === null || curves.lastStep === 0 ? null : curves.stepAt(position, along)),
        zoom: (from, to) => setZoom({ min: curves.stepAt(from, along), max: curves.stepAt(to, along) }),
        reset: () => setZoom(null),
      });
      charts.set(chart, { place, plot, visible: false, note: null });
      sizes.observe(place);
      views.observe(place);
      return () => {
        sizes.unobserve(place);
        views.unobserve(place);
        charts.delete(chart);
        plot.remove();
      };
    },
    setAxis(next) {
      along = next;
      drawing.request();
    },
    get cursor() {
      return cursor;
    },
    moveCursor,
    get zoom() {
      return zoom;
    },
    setZoom,
    note: (chart) => charts.get(chart)?.note ?? noteOf({ chart, frame: null }),
    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    remove() {
      stopCurves();
      stopTheme();
      sizes.disconnect();
      views.disconnect();
      drawing.stop();
      pointing.stop();
    },
  };
}

/** The end of a run in seconds is an estimate that changes with each step: the axis moves by its second digit. */
function niceEnd(end: number, along: XAxis): number {
  if (along !== 'seconds' || end <= 0) return end;
  const unit = 10 ** Math.floor(Math.log10(end)) / 10;
  return Math.ceil(end / unit) * unit;
}
