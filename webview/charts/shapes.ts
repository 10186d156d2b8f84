/** A chart as lines and words, which a canvas paints and a vector drawing lists. Without a browser. */
import type { ChartData, Curves, XAxis } from '../../src/experiment/curves.ts';
import { formatRatio } from '../../src/experiment/curves.ts';
import { CHARTS, type ChartName, formatValue, withThousands } from '../../src/experiment/curves-charts.ts';
import { nearest } from '../../src/experiment/curves-track.ts';
import { type Frame, keepApart, middle, toX, toY, wayOf } from './geometry.ts';
import { type ArmStyle, styleOf, type Theme } from './style.ts';

export type Colour = Exclude<keyof Theme, 'fontFamily'>;

export interface LineShape {
  readonly shape: 'line';
  /** Pairs x, y. */
  readonly way: readonly number[];
  readonly colour: Colour;
  readonly width: number;
  readonly dash?: readonly number[];
  readonly cap?: 'butt' | 'round';
  readonly opacity?: number;
}

export interface TextShape {
  readonly shape: 'text';
  readonly text: string;
  readonly x: number;
  /** Of the baseline. */
  readonly y: number;
  readonly size: number;
  readonly colour: Colour;
  readonly bold?: boolean;
  readonly anchor?: 'start' | 'middle' | 'end';
  /** Whether the background is drawn around it, because lines pass under it. */
  readonly halo?: boolean;
}

export type Shape = LineShape | TextShape;

/** The width of a text in the page's font, in CSS pixels. */
export type Measure = (text: string, size: number, bold: boolean) => number;

/** What a chart is drawn from. */
export interface Scene {
  readonly curves: Curves;
  readonly chart: ChartName;
  readonly data: ChartData;
  readonly along: XAxis;
  readonly frame: Frame;
}

export const GRID = 0.11;
export const AXIS = 0.34;
const FAINT = 0.3;

export interface DrawnLine {
  readonly arm: string;
  readonly style: ArmStyle;
  readonly ways: readonly (readonly number[])[];
  readonly faint: boolean;
}

/**
 * Every measured step faint, then what is read: mean first and dashes over it, so that both show where lines coincide.
 */
export function linesOf({ curves, data, along, frame }: Scene, columns: number): DrawnLine[] {
  const drawn = data.curves.flatMap((curve) => {
    const arm = curves.arm(curve.arm);
    return arm ? [{ curve, style: styleOf(arm), solid: arm.reduction === 'mean' }] : [];
  });
  const ordered = [...drawn.filter(({ solid }) => solid), ...drawn.filter(({ solid }) => !solid)];
  return [
    ...ordered.flatMap(({ curve, style }) =>
      curve.smooth ? [{ arm: curve.arm, style, faint: true, ways: wayOf(curve.points, along, frame, columns) }] : [],
    ),
    ...ordered.map(({ curve, style }) => ({
      arm: curve.arm,
      style,
      faint: false,
      ways: curve.smooth ? wayOf(curve.smooth, along, frame, 0.5, middle) : wayOf(curve.points, along, frame, columns),
    })),
  ];
}

export const shapesOfLine = ({ style, ways, faint }: DrawnLine): LineShape[] =>
  ways.map((way) =>
    faint
      ? { shape: 'line', way, colour: style.ink, width: 1, opacity: FAINT }
      : { shape: 'line', way, colour: style.ink, width: style.width, dash: style.dash, cap: style.cap },
  );

export function axisShapes({ left, top, width, height, x, y }: Frame): Shape[] {
  const frame = { left, top, width, height, x, y };
  const bottom = top + height;
  const line = (way: readonly number[], opacity: number): LineShape => {
    return { shape: 'line', way, colour: 'foreground', width: 1, opacity };
  };
  const text = { shape: 'text', size: 11, colour: 'quiet' } as const;
  return [
    ...y.ticks.flatMap(({ at, text: words }): Shape[] => {
      const height = toY(frame, at);
      return [
        line([left, height, left + width, height], GRID),
        { ...text, text: words, x: left - 6, y: height + 4, anchor: 'end' },
      ];
    }),
    line([left, bottom, left + width, bottom], AXIS),
    ...x.ticks.flatMap(({ at, text: words }): Shape[] => {
      const place = toX(frame, at);
      return [
        line([place, bottom, place, bottom + 3], AXIS),
        { ...text, text: words, x: place, y: bottom + 16, anchor: 'middle' },
      ];
    }),
  ];
}

/** The bracket between mean and sum at the first step, and a cross where an arm diverged. */
export function noteShapes(scene: Scene, measure: Measure): Shape[] {
  return [...bracketShapes(scene, measure), ...divergenceShapes(scene, measure)];
}

function bracketShapes({ data, along, frame }: Scene, measure: Measure): Shape[] {
  const { bracket } = data;
  if (!bracket || Math.abs(bracket.ratio - 1) < 0.01 || bracket.mean[along] < frame.x.min) return [];
  const heights = [toY(frame, bracket.mean.value), toY(frame, bracket.sum.value)];
  const low = Math.max(...heights) - 1.5;
  const high = Math.max(frame.top, Math.min(...heights)) + 1.5;
  const x = toX(frame, bracket.mean[along]) + 5;
  const text = `${formatRatio(bracket.ratio)} at step ${bracket.step}`;
  // The labels at the ends of the lines come first.
  const end = Math.max(...data.curves.map(({ points }) => toX(frame, points.at(-1)?.[along] ?? 0)));
  if (low - high < 40 || low > frame.top + frame.height || end < x + 12 + measure(text, 11, false)) return [];
  const line = (way: readonly number[]): LineShape => ({ shape: 'line', way, colour: 'quiet', width: 1 });
  return [
    line([x, high, x, low]),
    line([x - 3, high, x + 3, high]),
    line([x - 3, low, x + 3, low]),
    { shape: 'text', text, x: x + 6, y: low - 9, size: 11, colour: 'foreground', halo: true },
  ];
}

function divergenceShapes({ chart, data, along, frame }: Scene, measure: Measure): Shape[] {
  const { left, top, width, height } = frame;
  const gone = data.curves.flatMap(({ arm, points, divergedAt }) => {
    const last = points.at(-1);
    return divergedAt !== null && last && last[along] >= frame.x.min && last[along] <= frame.x.max
      ? [{ arm, divergedAt, last }]
      : [];
  });
  const places = keepApart(
    gone.map(({ last }) => (frame.y.logarithmic && !(last.value > 0) ? top + height : toY(frame, last.value))),
    14,
    top + 5,
    top + height - 6,
  );
  return gone.flatMap(({ arm, divergedAt, last }, i): Shape[] => {
    const x = Math.max(left + 7, toX(frame, last[along]));
    const y = places[i] ?? top;
    const text = chart === 'loss' ? `${arm} diverged at step ${withThousands(divergedAt)}` : arm;
    const fits = x + 9 + measure(text, 11, false) <= left + width + 60;
    const cross = { shape: 'line', colour: 'red', width: 2 } as const;
    return [
      { ...cross, way: [x - 4, y - 4, x + 4, y + 4] },
      { ...cross, way: [x - 4, y + 4, x + 4, y - 4] },
      {
        shape: 'text',
        text,
        x: fits ? x + 9 : x - 9,
        y: y + 4,
        anchor: fits ? 'start' : 'end',
        size: 11,
        colour: 'foreground',
        halo: true,
      },
    ];
  });
}

export interface Label {
  /** One arm, or several whose values are all equal. */
  readonly arms: readonly string[];
  readonly styles: readonly ArmStyle[];
  readonly name: string;
  readonly value: string;
  /** Of its dash's left end. */
  readonly x: number;
  readonly y: number;
  /** Where its value stands. */
  readonly point: { readonly x: number; readonly y: number };
}

const LABEL_GAP = 15;
export const SAMPLE = 12;
/** From the end of the lines to the sample, and from its start to the name. */
const LABEL_OFFSET = 6;
export const NAME_OFFSET = SAMPLE + 5;

/**
 * Labels at the ends of the lines, with the values at the cursor; without one, the last values of the arms that go on.
 */
export function labelsOf({ curves, chart, data, along, frame }: Scene, cursor: number | null): Label[] {
  const { left, top, width, height } = frame;
  const visible = data.curves.filter(({ divergedAt }) => cursor !== null || divergedAt === null);
  const end = Math.max(left, ...visible.map(({ points }) => toX(frame, points.at(-1)?.[along] ?? 0)));
  const x = Math.min(left + width, end) + LABEL_OFFSET;
  const atCursor = cursor === null ? null : curves.valuesAt(chart, cursor);
  const found = visible.flatMap((curve) => {
    const arm = curves.arm(curve.arm);
    const point = atCursor
      ? atCursor.find((one) => one.arm === curve.arm)?.point
      : nearest(curve.points, Math.min(frame.x.max, curve.points.at(-1)?.[along] ?? 0), along);
    return arm && point ? [{ arm, point }] : [];
  });
  const labels = found.flatMap((first): Label[] => {
    const same = data.equal.find((names) => names.includes(first.arm.name)) ?? [];
    const members = found.filter((one) => one === first || same.includes(one.arm.name));
    if (members[0] !== first) return [];
    const shown = !frame.y.logarithmic || first.point.value > 0;
    const y = shown ? toY(frame, first.point.value) : top + height;
    return [
      {
        arms: members.map(({ arm }) => arm.name),
        styles: members.map(({ arm }) => styleOf(arm)),
        name: members.map(({ arm }) => arm.name).join(' = '),
        value: formatValue(chart, first.point.value),
        x,
        y,
        point: { x: toX(frame, first.point[along]), y },
      },
    ];
  });
  const heights = keepApart(
    labels.map(({ y }) => y),
    LABEL_GAP,
    top + 2,
    top + height - 2,
  );
  return labels.map((label, i) => ({ ...label, y: heights[i] ?? label.y }));
}

export function labelShapes(labels: readonly Label[], measure: Measure): Shape[] {
  return labels.flatMap(({ styles, name, value, x, y }): Shape[] => {
    const words = { shape: 'text', y: y + 4, size: 12, colour: 'foreground', halo: true } as const;
    return [
      ...styles.map((style) => sample(style, x, y)),
      { ...words, text: name, x: x + NAME_OFFSET },
      { ...words, text: value, x: x + NAME_OFFSET + measure(`${name} `, 12, false), bold: true },
    ];
  });
}

export const sample = ({ ink, width, dash, cap }: ArmStyle, x: number, y: number, length = SAMPLE): LineShape => ({
  shape: 'line',
  way: [x, y, x + length, y],
  colour: ink,
  width,
  dash,
  cap,
});

/** The right margin that holds all labels, whatever their values, so that the time axes of all charts line up. */
export function marginFor(curves: Curves, measure: Measure): number {
  const equal = CHARTS.flatMap((chart) => curves.data(chart).equal.map((arms) => arms.join(' = ')));
  const widest = Math.max(0, ...[...curves.arms, ...equal].map((name) => measure(`${name} `, 12, false)));
  return curves.arms.length === 0
    ? 24
    : Math.ceil(LABEL_OFFSET + NAME_OFFSET + widest + measure('0.00000', 12, true)) + 3;
}
