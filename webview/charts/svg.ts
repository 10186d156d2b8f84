/** Shapes as a vector drawing. Without a browser. */
import type { Shape } from './shapes.ts';
import type { Theme } from './style.ts';

export interface Clip {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Shapes that are moved together, and cut off outside a rectangle. */
export interface Group {
  readonly x: number;
  readonly y: number;
  readonly clip?: Clip;
  readonly shapes: readonly Shape[];
}

export function svgOf(
  groups: readonly Group[],
  size: { width: number; height: number },
  title: string,
  theme: Theme,
): string {
  const { width, height } = size;
  const clips = groups.flatMap(({ clip }, i) =>
    clip
      ? `<clipPath id="clip-${i}"><rect x="${n(clip.x)}" y="${n(clip.y)}" width="${n(clip.width)}" height="${n(clip.height)}"/></clipPath>`
      : [],
  );
  const drawn = groups.map(({ x, y, clip, shapes }, i) => {
    const cut = clip ? ` clip-path="url(#clip-${i})"` : '';
    return `<g transform="translate(${n(x)} ${n(y)})"${cut}>${shapes.map((shape) => elementOf(shape, theme)).join('')}</g>`;
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escaped(theme.fontFamily)}">`,
    `<title>${escaped(title)}</title>`,
    `<defs>${clips.join('')}</defs>`,
    `<rect width="${width}" height="${height}" fill="${escaped(theme.background)}"/>`,
    ...drawn,
    '</svg>\n',
  ].join('\n');
}

function elementOf(shape: Shape, theme: Theme): string {
  const colour = escaped(theme[shape.colour]);
  if (shape.shape === 'text') {
    const { x, y, size, bold, anchor = 'start', halo, text } = shape;
    const weight = bold ? ' font-weight="600"' : '';
    const around = halo
      ? ` paint-order="stroke" stroke="${escaped(theme.background)}" stroke-width="3" stroke-linejoin="round"`
      : '';
    return `<text x="${n(x)}" y="${n(y)}" font-size="${size}" text-anchor="${anchor}" fill="${colour}"${weight}${around}>${escaped(text)}</text>`;
  }
  const { way, width, dash = [], cap, opacity } = shape;
  const points: string[] = [];
  for (let i = 0; i < way.length; i += 2) points.push(`${n(way[i] ?? 0)} ${n(way[i + 1] ?? 0)}`);
  const dashes = dash.length > 0 ? ` stroke-dasharray="${dash.join(' ')}"` : '';
  const ends = cap === 'round' ? ' stroke-linecap="round"' : '';
  const faint = opacity === undefined ? '' : ` stroke-opacity="${opacity}"`;
  return `<path d="M${points.join('L')}" fill="none" stroke="${colour}" stroke-width="${width}" stroke-linejoin="round"${dashes}${ends}${faint}/>`;
}

const n = (length: number): string => String(Math.round(length * 10) / 10);

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
