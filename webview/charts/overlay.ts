/**
 * What moves over a chart without its being drawn again: labels at the lines' ends, the cursor and the values that it
 * meets.
 */
import { withThousands } from '../../src/experiment/curves-charts.ts';
import { type Label, NAME_OFFSET, SAMPLE, type Scene } from './shapes.ts';

export interface Overlay {
  /** `x` is the cursor's place; null without one. */
  show(scene: Scene, labels: readonly Label[], x: number | null): void;
  remove(): void;
}

const SVG = 'http://www.w3.org/2000/svg';

export function createOverlay(place: HTMLElement): Overlay {
  const layer = element('div', 'chart-overlay');
  // The chart's summary and table say the same.
  layer.setAttribute('aria-hidden', 'true');
  const line = element('div', 'chart-cursor');
  const position = element('div', 'chart-position');
  layer.append(line, position);
  place.append(layer);
  const labels = new Map<string, LabelElements>();
  line.hidden = true;
  position.hidden = true;

  return {
    show({ curves, along, frame }, shown, x) {
      const visible = x !== null && x >= frame.left - 0.5 && x <= frame.left + frame.width + 0.5;
      line.hidden = !visible;
      position.hidden = !visible;
      if (x !== null && visible) {
        move(line, x, frame.top);
        line.style.height = `${frame.height}px`;
        const at = frame.x.min + ((x - frame.left) / frame.width) * (frame.x.max - frame.x.min);
        setText(position, along === 'seconds' ? at.toFixed(1) : withThousands(curves.lastStep ? Math.round(at) : 0));
        move(position, x, frame.top + frame.height + 4);
      }
      const keys = new Set(shown.map(keyOf));
      for (const [key, { label, dot }] of labels) {
        if (keys.has(key)) continue;
        label.remove();
        dot.remove();
        labels.delete(key);
      }
      for (const one of shown) {
        let elements = labels.get(keyOf(one));
        if (!elements) {
          elements = createLabel(one);
          labels.set(keyOf(one), elements);
          layer.append(elements.label, elements.dot);
        }
        setText(elements.value, one.value);
        move(elements.label, one.x, one.y);
        elements.dot.hidden = !visible;
        if (visible) move(elements.dot, one.point.x, one.point.y);
      }
    },
    remove: () => layer.remove(),
  };
}

interface LabelElements {
  readonly label: HTMLElement;
  readonly value: HTMLElement;
  readonly dot: HTMLElement;
}

const keyOf = ({ arms }: Label): string => arms.join('\n');

function createLabel({ name, styles }: Label): LabelElements {
  const label = element('div', 'chart-label');
  const words = element('span', 'chart-name');
  const value = element('b', 'chart-value');
  const dot = element('div', `chart-dot chart-${styles.at(-1)?.ink}`);
  dot.hidden = true;
  words.textContent = name;
  label.append(sampleOf(styles), words, value);
  return { label, value, dot };
}

function sampleOf(styles: Label['styles']): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('width', String(NAME_OFFSET));
  svg.setAttribute('height', '8');
  for (const { ink, dash, width, cap } of styles) {
    const path = document.createElementNS(SVG, 'path');
    path.setAttribute('d', `M0 4H${SAMPLE}`);
    path.setAttribute('class', `chart-${ink}`);
    path.setAttribute('stroke-width', String(width));
    path.setAttribute('stroke-linecap', cap);
    if (dash.length > 0) path.setAttribute('stroke-dasharray', dash.join(' '));
    svg.append(path);
  }
  return svg;
}

function element(name: string, className: string): HTMLElement {
  const created = document.createElement(name);
  created.className = className;
  return created;
}

/** An element that is told what it says already is laid out for nothing. */
function setText(of: HTMLElement, text: string): void {
  if (of.textContent !== text) of.textContent = text;
}

function move(of: HTMLElement, x: number, y: number): void {
  of.style.transform = `translate(${x.toFixed(1)}px, ${y.toFixed(1)}px)`;
}
