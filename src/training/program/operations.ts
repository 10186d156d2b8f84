/** The operations that networks, losses and optimisers are written in. Each checks the shapes of what it is applied to. */
import { type Shape, sizeOf, type Value, value, type Window } from './value.ts';

export const input = (name: string, shape: Shape): Value => value('input', [], { name }, shape);

export const integerInput = (name: string, shape: Shape): Value => value('input', [], { name }, shape, 'int32');

export const variable = (name: string, shape: readonly number[]): Value => value('variable', [], { name }, shape);

export function constant(numbers: Float32Array, shape: readonly number[]): Value {
  require(numbers.length === sizeOf(shape), `a constant of shape ${text(shape)} needs ${sizeOf(shape)} numbers`);
  return value('constant', [], { numbers }, shape);
}

export const scalar = (x: number): Value => constant(Float32Array.of(x), []);

export const add = (a: Value, b: Value): Value => elementwise('add', a, b);
export const subtract = (a: Value, b: Value): Value => elementwise('subtract', a, b);
export const multiply = (a: Value, b: Value): Value => elementwise('multiply', a, b);
export const divide = (a: Value, b: Value): Value => elementwise('divide', a, b);
export const maximum = (a: Value, b: Value): Value => elementwise('maximum', a, b);

export const square = (x: Value): Value => value('square', [x], {}, x.shape);
export const squareRoot = (x: Value): Value => value('squareRoot', [x], {}, x.shape);
export const inverseSquareRoot = (x: Value): Value => value('inverseSquareRoot', [x], {}, x.shape);

/** x · by + plus */
export const affine = (x: Value, by: number, plus = 0): Value => value('affine', [x], { by, plus }, x.shape);

export function matrixProduct(a: Value, b: Value, { transposeA = false, transposeB = false } = {}): Value {
  const [rows, inner] = transposeA ? a.shape.toReversed() : a.shape;
  const [innerOfB, columns] = transposeB ? b.shape.toReversed() : b.shape;
  require(a.shape.length === 2 &&
    b.shape.length === 2 &&
    inner === innerOfB, `${text(a.shape)} and ${text(b.shape)} do not multiply`);
  return value('matrixProduct', [a, b], { transposeA, transposeB }, [rows ?? null, columns ?? null]);
}

export function addBias(x: Value, bias: Value): Value {
  require(bias.shape.length === 1 &&
    bias.shape[0] === x.shape.at(-1), `a bias of ${text(bias.shape)} on ${text(x.shape)}`);
  return value('addBias', [x, bias], {}, x.shape);
}

export const addBiasGradient = (dy: Value): Value => value('addBiasGradient', [dy], {}, [dy.shape.at(-1) ?? null]);

/** The same elements in another shape; an open first size takes what remains. */
export function reshape(x: Value, shape: Shape): Value {
  const [from, to] = [x.shape, shape].map((each) => (each.includes(null) ? null : sizeOf(known(each))));
  require(from === null || to === null || from === to, `${text(x.shape)} cannot take the shape ${text(shape)}`);
  return value('reshape', [x], {}, shape);
}

/** [b, ...] → [b, n] */
export const flatten = (x: Value): Value => reshape(x, [null, sizeOf(known(x.shape.slice(1)))]);

export const relu = (x: Value): Value => value('relu', [x], {}, x.shape);
export const reluGradient = (dy: Value, y: Value): Value => value('reluGradient', [dy, y], {}, y.shape);

export function convolution(images: Value, filters: Value): Value {
  const [b = null, h = null, w = null, c] = images.shape;
  const [height = 0, width = 0, channels, d = null] = known(filters.shape);
  const fit = images.shape.length === 4 && filters.shape.length === 4 && c === channels;
  require(fit, `filters ${text(filters.shape)} do not fit images ${text(images.shape)}`);
  // Then as much is added on one side as on the other, and the gradient is a convolution of the same kind.
  require(height % 2 === 1 && width % 2 === 1, `filters of an even size: ${text(filters.shape)}`);
  return value('convolution', [images, filters], {}, [b, h, w, d]);
}

export const convolutionImageGradient = (images: Value, filters: Value, dy: Value): Value =>
  value('convolutionImageGradient', [images, filters, dy], {}, images.shape);

export const convolutionFilterGradient = (images: Value, dy: Value, filterShape: Shape): Value =>
  value('convolutionFilterGradient', [images, dy], {}, filterShape);

export function maxPool(images: Value, window: Window): Value {
  const [b = null, ...rest] = images.shape;
  const [h, w, c] = known(rest);
  require(h !== undefined && w !== undefined && c !== undefined, `${text(images.shape)} are no images`);
  const pooled = (size: number) => Math.ceil(size / window.stride);
  return value('maxPool', [images], window, [b, pooled(h), pooled(w), c]);
}

export const maxPoolGradient = (images: Value, pooled: Value, dy: Value, window: Window): Value =>
  value('maxPoolGradient', [images, pooled, dy], window, images.shape);

export function crossEntropy(logits: Value, classes: Value): Value {
  const fit = logits.shape.length === 2 && classes.shape.length === 1 && classes.type === 'int32';
  require(fit, `cross-entropy takes logits [b, c] and classes [b], not ${text(logits.shape)} and ${text(classes.shape)}`);
  return value('crossEntropy', [logits, classes], {}, classes.shape);
}

export const crossEntropyGradient = (logits: Value, classes: Value, dy: Value): Value =>
  value('crossEntropyGradient', [logits, classes, dy], {}, logits.shape);

/** The three ways to reduce per-example losses [b] to the scalar that is differentiated. */
export const reductions = {
  sum: (perExample: Value): Value => value('batchSum', [vector(perExample)], {}, []),
  mean: (perExample: Value): Value => value('batchMean', [vector(perExample)], {}, []),
  max: (perExample: Value): Value => value('batchMax', [vector(perExample)], {}, []),
} as const;

function vector(x: Value): Value {
  require(x.shape.length === 1, `${text(x.shape)} is no vector of per-example losses`);
  return x;
}

export const batchSumGradient = (perExample: Value, dy: Value): Value =>
  value('batchSumGradient', [perExample, dy], {}, perExample.shape);

export const batchMeanGradient = (perExample: Value, dy: Value): Value =>
  value('batchMeanGradient', [perExample, dy], {}, perExample.shape);

export const batchMaxGradient = (perExample: Value, largest: Value, dy: Value): Value =>
  value('batchMaxGradient', [perExample, largest, dy], {}, perExample.shape);

/** Σ x² / 2, as `tf.nn.l2_loss`. */
export const halfSquaredNorm = (x: Value): Value => value('halfSquaredNorm', [x], {}, []);

/** max |a − b| */
export function largestDifference(a: Value, b: Value): Value {
  require(sameShape(a, b), `${text(a.shape)} and ${text(b.shape)} cannot be compared`);
  return value('largestDifference', [a, b], {}, []);
}

export function pack(scalars: readonly Value[]): Value {
  for (const { shape } of scalars) require(shape.length === 0, `${text(shape)} is no scalar`);
  return value('pack', scalars, {}, [scalars.length]);
}

export const indexOfLargest = (x: Value): Value => value('indexOfLargest', [x], {}, x.shape.slice(0, -1), 'int32');

/** The sum of values of one shape. */
export function total(values: readonly Value[]): Value {
  const [first, ...rest] = values;
  if (!first) throw new RangeError('a sum of no values has no shape');
  return rest.reduce(add, first);
}

/** √(Σ x²) over the elements of all values. */
export const norm = (values: readonly Value[]): Value =>
  squareRoot(affine(total(values.map((x) => halfSquaredNorm(x))), 2));

function elementwise(operation: 'add' | 'subtract' | 'multiply' | 'divide' | 'maximum', a: Value, b: Value): Value {
  require(sameShape(a, b) || b.shape.length === 0, `cannot ${operation} ${text(a.shape)} and ${text(b.shape)}`);
  return value(operation, [a, b], {}, a.shape);
}

export const sameShape = (a: Value, b: Value): boolean =>
  a.shape.length === b.shape.length && a.shape.every((size, axis) => size === b.shape[axis]);

/** A shape as it is read; a question mark stands for an open size. */
const text = (shape: Shape): string => `[${shape.map((size) => size ?? '?').join(', ')}]`;

function known(shape: Shape): number[] {
  return shape.map((size) => {
    if (size === null) throw new RangeError('only the first size of a shape may be open');
    return size;
  });
}

function require(condition: boolean, message: string): asserts condition {
  if (!condition) throw new RangeError(message);
}
