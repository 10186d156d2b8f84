/** All six charts on one page, as a picture or as a vector drawing. */
import type { Curves, XAxis } from '../../src/experiment/curves.ts';
import { CHART, type ChartName } from '../../src/experiment/curves-charts.ts';
import { measureIn, paint } from './canvas.ts';
import { frameOf } from './geometry.ts';
import { noteOf, sixCharts } from './notes.ts';
import {
  axisShapes,
  labelShapes,
  labelsOf,
  linesOf,
  type Measure,
  marginFor,
  noteShapes,
  type Scene,
  type Shape,
  sample,
  shapesOfLine,
} from './shapes.ts';
import { styleOf } from './style.ts';
import { type Group, svgOf } from './svg.ts';
import { readTheme } from './theme.ts';

export interface PageOptions {
  readonly title: string;
  /** Lines below the title: the arms' settings, the finding. */
  readonly lines: readonly string[];
  readonly along: XAxis;
  /** The charts in front. */
  readonly first?: readonly ChartName[];
}

const PAGE = { width: 1040, padding: 32, gap: 32, columns: 2 } as const;
const CELL = {
  width: (PAGE.width - 2 * PAGE.padding - PAGE.gap) / PAGE.columns,
  title: 22,
  plot: 190,
  gap: 24,
} as const;
const LINE = 20;
/** Device pixels to one of the page's, for print and for sharp displays. */
const SCALE = 2;

/** The charts as SVG, with text as text, in the colours of the page's theme. */
export function toSvg(curves: Curves, options: PageOptions): string {
  const theme = readTheme();
  const { groups, height } = pageOf(curves, options, measureIn(theme));
  return svgOf(groups, { width: PAGE.width, height }, options.title, theme);
}

/** The charts as a PNG at twice the page's size. Rejects where the browser has no memory for it. */
export async function toPng(curves: Curves, options: PageOptions): Promise<Blob> {
  const theme = readTheme();
  const { groups, height } = pageOf(curves, options, measureIn(theme));
  const canvas = document.createElement('canvas');
  canvas.width = SCALE * PAGE.width;
  canvas.height = SCALE * height;
  const context = canvas.getContext('2d');
  if (!context) throw new Error('The picture could not be drawn: this page has no canvas. Export an SVG instead.');
  context.scale(SCALE, SCALE);
  context.fillStyle = theme.background;
  context.fillRect(0, 0, PAGE.width, height);
  for (const { x, y, clip, shapes } of groups) {
    context.save();
    context.translate(x, y);
    if (clip) {
      context.beginPath();
      context.rect(clip.x, clip.y, clip.width, clip.height);
      context.clip();
    }
    paint(context, shapes, theme);
    context.restore();
  }
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => {
      if (blob) resolve(blob);
      else reject(new Error('The picture could not be written. Export an SVG instead.'));
    }, 'image/png');
  });
}

function pageOf(curves: Curves, options: PageOptions, measure: Measure): { groups: Group[]; height: number } {
  const { title, lines, along } = options;
  const charts = sixCharts(options.first ?? []);
  const heading: Shape[] = [
    { shape: 'text', text: title, x: 0, y: 0, size: 20, colour: 'foreground' },
    ...lines
      .flatMap((line) => wrap(line, PAGE.width - 2 * PAGE.padding, measure))
      .map((text, i): Shape => ({ shape: 'text', text, x: 0, y: LINE * (i + 1) + 6, size: 12, colour: 'quiet' })),
  ];
  const legendTop = PAGE.padding + 16 + LINE * heading.length + 8;
  const chartsTop = legendTop + LINE;
  const room = { width: CELL.width, height: CELL.plot, right: marginFor(curves, measure) };
  const cells = charts.flatMap((chart, i): Group[] => {
    const data = curves.data(chart);
    const frame = frameOf(chart, data, along, { min: 0, max: curves.extent(along) }, room);
    const scene: Scene = { curves, chart, data, along, frame };
    const x = PAGE.padding + (i % PAGE.columns) * (CELL.width + PAGE.gap);
    const y = chartsTop + Math.floor(i / PAGE.columns) * (CELL.title + CELL.plot + CELL.gap);
    const { left, top, width, height } = frame;
    const body = { x, y: y + CELL.title };
    const name: Shape = {
      shape: 'text',
      text: CHART[chart].title,
      x,
      y: y + 13,
      size: 12,
      colour: 'foreground',
      bold: true,
    };
    const note: Shape = {
      shape: 'text',
      text: noteOf(scene),
      x: x + measure(`${CHART[chart].title}  `, 12, true),
      y: y + 13,
      size: 11,
      colour: 'quiet',
    };
    return [
      { x: 0, y: 0, shapes: [name, note] },
      { ...body, shapes: axisShapes(frame) },
      {
        ...body,
        clip: { x: left, y: top - 2, width: width + 1, height: height + 3 },
        shapes: linesOf(scene, SCALE).flatMap(shapesOfLine),
      },
      { ...body, shapes: [...noteShapes(scene, measure), ...labelShapes(labelsOf(scene, null), measure)] },
    ];
  });
  const rows = Math.ceil(charts.length / PAGE.columns);
  return {
    groups: [
      { x: PAGE.padding, y: PAGE.padding + 16, shapes: heading },
      { x: PAGE.padding, y: legendTop, shapes: legendShapes(curves, along, measure) },
      ...cells,
    ],
    height: chartsTop + rows * (CELL.title + CELL.plot + CELL.gap) - CELL.gap + PAGE.padding,
  };
}

const AXIS_WORDS: Readonly<Record<XAxis, string>> = {
  step: 'horizontal: steps',
  examples: 'horizontal: examples',
  seconds: 'horizontal: seconds of training',
};

function legendShapes(curves: Curves, along: XAxis, measure: Measure): Shape[] {
  const text = { shape: 'text', y: 4, size: 12, colour: 'foreground' } as const;
  const shapes: Shape[] = [];
  let x = 0;
  for (const name of curves.arms) {
    const arm = curves.arm(name);
    if (!arm) continue;
    shapes.push(sample(styleOf(arm), x, 0, 26), { ...text, text: name, x: x + 32 });
    x += 32 + measure(name, 12, false) + 18;
  }
  const meaning = `line: mean of 9 steps · faint: every step · ${AXIS_WORDS[along]}`;
  return [...shapes, { ...text, text: meaning, x, size: 11, colour: 'quiet' }];
}

function wrap(text: string, width: number, measure: Measure): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line ? `${line} ${word}` : word;
    if (line && measure(longer, 12, false) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return line ? [...lines, line] : lines;
}
