/**
 * What a training program calculates, as plain data: a graph of values, each the result of one operation on others. An executor turns it into a
 * TensorFlow graph or runs it value by value; neither knows what a network or an optimiser is.
 */

/** The sizes of a tensor; only the first may be open (null): the batch, or the batch times the positions of an image. */
export type Shape = readonly (number | null)[];

export type NumberType = 'float32' | 'int32';

/** Every operation with what it is told besides its operands. Kernels of all executors are tables over these names. */
export interface Attributes {
  /** Fed by the caller at each run. */
  input: { readonly name: string };
  /** A variable's value before the run. */
  variable: { readonly name: string };
  constant: { readonly numbers: Float32Array };

  /** Elementwise on equal shapes, or with a scalar as the second operand. */
  add: object;
  subtract: object;
  multiply: object;
  divide: object;
  maximum: object;

  square: object;
  squareRoot: object;
  /** 1 / √x */
  inverseSquareRoot: object;
  /** x · by + plus */
  affine: { readonly by: number; readonly plus: number };

  /** [m, k] · [k, n], each transposed before where asked for. */
  matrixProduct: { readonly transposeA: boolean; readonly transposeB: boolean };
  /** [..., c] + [c] */
  addBias: object;
  /** Sum over all axes but the last. */
  addBiasGradient: object;
  reshape: object;

  relu: object;
  /** Operands: dy and relu's result. */
  reluGradient: object;
  /** Images [b, h, w, c], filters [kh, kw, c, d] of odd size, stride 1, zero padding that keeps h and w. */
  convolution: object;
  /** Operands: the images (for their size), the filters, dy. */
  convolutionImageGradient: object;
  /** Operands: the images and dy; the shape of the result is that of the filters. */
  convolutionFilterGradient: object;
  /** The largest of each window; what a window covers beyond the border does not count. */
  maxPool: Window;
  /** Operands: the images, the pooled images, dy. The kernel of WebAssembly loses the gradient of maxima below 0: pool what relu has left. */
  maxPoolGradient: Window;

  /** Logits [b, c] and classes [b] → −log softmax of the class, per example [b]. */
  crossEntropy: object;
  /** Operands: logits, classes, dy [b]. */
  crossEntropyGradient: object;

  /** Per-example losses [b] → a scalar. */
  batchSum: object;
  batchMean: object;
  batchMax: object;
  /** Operands: per-example losses (for their number) and the scalar dy. */
  batchSumGradient: object;
  batchMeanGradient: object;
  /** Operands: per-example losses, their maximum, dy. Examples that tie share dy. */
  batchMaxGradient: object;

  /** Σ x² / 2 over all elements, a scalar. */
  halfSquaredNorm: object;
  /** max |a − b| over all elements, a scalar. */
  largestDifference: object;
  /** Scalars → one vector. */
  pack: object;
  /** Index of the largest along the last axis; the first one where several tie. */
  indexOfLargest: object;
}

export interface Window {
  readonly size: number;
  readonly stride: number;
}

export type OperationName = keyof Attributes;

export type Value = { readonly [K in OperationName]: ValueOf<K> }[OperationName];

export interface ValueOf<K extends OperationName> {
  readonly operation: K;
  readonly operands: readonly Value[];
  readonly attributes: Attributes[K];
  readonly shape: Shape;
  readonly type: NumberType;
  /** How to differentiate it with respect to earlier values, where that is not left to the rules of what it is made of. */
  readonly derivative?: Derivative;
}

export interface Derivative {
  readonly of: readonly Value[];
  /** From the gradient at the value to those at `of`. */
  gradients(dy: Value): readonly Value[];
}

export interface Variable {
  readonly name: string;
  readonly shape: readonly number[];
}

/** One thing that can be asked of an executor. All variables are read before any is assigned. */
export interface ProgramFunction {
  readonly outputs: Readonly<Record<string, Value>>;
  /** Variable → its value after the run. */
  readonly assignments: ReadonlyMap<string, Value>;
}

export interface Program {
  readonly variables: readonly Variable[];
  readonly functions: Readonly<Record<string, ProgramFunction>>;
}

export function value<K extends OperationName>(
  operation: K,
  operands: readonly Value[],
  attributes: Attributes[K],
  shape: Shape,
  type: NumberType = 'float32',
): Value {
  // A single name is not known here, so the compiler cannot see that this is one member of the union.
  return { operation, operands, attributes, shape, type } as ValueOf<K> as Value;
}

/** The values that some depend on, themselves included, each after what it is calculated from. */
export function inOrder(results: Iterable<Value>): Value[] {
  const order: Value[] = [];
  const seen = new Set<Value>();
  const visit = (v: Value): void => {
    if (seen.has(v)) return;
    seen.add(v);
    v.operands.forEach(visit);
    order.push(v);
  };
  for (const result of results) visit(result);
  return order;
}

/** All that a function calculates, in an order in which it can be calculated. */
export const valuesOf = ({ outputs, assignments }: ProgramFunction): Value[] =>
  inOrder([...Object.values(outputs), ...assignments.values()]);

/** The number of elements of a known shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);
