/** Paints shapes on a canvas. */
import type { Measure, Shape } from './shapes.ts';
import type { Theme } from './style.ts';

/** The context is scaled so that its unit is a CSS pixel. */
export function paint(context: CanvasRenderingContext2D, shapes: readonly Shape[], theme: Theme): void {
  for (const shape of shapes) {
    context.save();
    if (shape.shape === 'line') {
      context.globalAlpha = shape.opacity ?? 1;
      context.strokeStyle = theme[shape.colour];
      context.lineWidth = shape.width;
      context.setLineDash([...(shape.dash ?? [])]);
      context.lineCap = shape.cap ?? 'butt';
      context.lineJoin = 'round';
      context.beginPath();
      trace(context, shape.way, 1);
      context.stroke();
    } else {
      context.font = fontOf(theme, shape.size, shape.bold ?? false);
      context.textBaseline = 'alphabetic';
      context.textAlign = shape.anchor === 'middle' ? 'center' : (shape.anchor ?? 'start');
      if (shape.halo) {
        context.strokeStyle = theme.background;
        context.lineWidth = 3;
        context.lineJoin = 'round';
        context.strokeText(shape.text, shape.x, shape.y);
      }
      context.fillStyle = theme[shape.colour];
      context.fillText(shape.text, shape.x, shape.y);
    }
    context.restore();
  }
}

/** Adds a way of pairs x, y to a path. */
export function trace(path: CanvasPath, way: readonly number[], scale: number): void {
  path.moveTo((way[0] ?? 0) * scale, (way[1] ?? 0) * scale);
  for (let i = 2; i < way.length; i += 2) path.lineTo((way[i] ?? 0) * scale, (way[i + 1] ?? 0) * scale);
}

export const fontOf = (theme: Theme, size: number, bold: boolean): string =>
  `${bold ? '600 ' : ''}${size}px ${theme.fontFamily}`;

export function measureIn(theme: Theme): Measure {
  const context = document.createElement('canvas').getContext('2d');
  return (text, size, bold) => {
    // Without a canvas there is no chart either; the average letter is half as wide as it is high.
    if (!context) return text.length * size * 0.5;
    context.font = fontOf(theme, size, bold);
    return context.measureText(text).width;
  };
}
