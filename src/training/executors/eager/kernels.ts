/** Each operation of a training program by the operations of TensorFlow.js, on whichever backend is set. */
import * as tf from '@tensorflow/tfjs-core';
import type { OperationName, ValueOf } from '../../program/value.ts';

type Kernel<K extends OperationName> = (operands: readonly tf.Tensor[], value: ValueOf<K>) => tf.Tensor;

/** A kernel returns a new tensor, never an operand. */
export type Kernels = { readonly [K in Exclude<OperationName, 'input' | 'variable'>]: Kernel<K> };

const CLASSES_AXIS = 1;

export const kernels: Kernels = {
  constant: (_operands, { attributes, shape }) => tf.tensor(attributes.numbers, shape as number[]),

  add: ([a, b]) => tf.add(of(a), of(b)),
  subtract: ([a, b]) => tf.sub(of(a), of(b)),
  multiply: ([a, b]) => tf.mul(of(a), of(b)),
  divide: ([a, b]) => tf.div(of(a), of(b)),
  maximum: ([a, b]) => tf.maximum(of(a), of(b)),
  square: ([x]) => tf.square(of(x)),
  squareRoot: ([x]) => tf.sqrt(of(x)),
  inverseSquareRoot: ([x]) => tf.rsqrt(of(x)),
  affine([x], { attributes: { by, plus } }) {
    const scaled = by === 1 ? of(x) : tf.mul(of(x), by);
    return plus === 0 && by !== 1 ? scaled : tf.add(scaled, plus);
  },

  matrixProduct: ([a, b], { attributes: { transposeA, transposeB } }) =>
    tf.matMul(of(a), of(b), transposeA, transposeB),
  addBias: ([x, bias]) => tf.add(of(x), of(bias)),
  addBiasGradient: ([dy]) => tf.sum(tf.reshape(of(dy), [-1, of(dy).shape.at(-1) ?? 1]), 0),
  reshape: ([x], { shape }) =>
    tf.reshape(
      of(x),
      shape.map((size) => size ?? -1),
    ),

  relu: ([x]) => tf.relu(of(x)),
  reluGradient: ([dy, y]) => tf.mul(of(dy), tf.step(of(y))),
  convolution: ([images, filters]) => tf.conv2d(of(images) as tf.Tensor4D, of(filters) as tf.Tensor4D, 1, 'same'),
  convolutionImageGradient: ([images, filters, dy]) =>
    tf
      .engine()
      .runKernel(
        tf.Conv2DBackpropInput,
        { dy: of(dy), filter: of(filters) },
        { ...convolutionAttributes, inputShape: [...of(images).shape] },
      ),
  convolutionFilterGradient: ([images, dy], { shape }) =>
    tf
      .engine()
      .runKernel(
        tf.Conv2DBackpropFilter,
        { x: of(images), dy: of(dy) },
        { ...convolutionAttributes, filterShape: shape as number[] },
      ),
  maxPool: ([images], { attributes: { size, stride } }) => tf.maxPool(of(images) as tf.Tensor4D, size, stride, 'same'),
  maxPoolGradient: ([images, pooled, dy], { attributes: { size, stride } }) =>
    tf
      .engine()
      .runKernel(
        tf.MaxPoolGrad,
        { input: of(images), output: of(pooled), dy: of(dy) },
        { filterSize: size, strides: stride, pad: 'same' },
      ),

  crossEntropy: ([logits, classes]) =>
    tf.neg(tf.sum(tf.mul(tf.logSoftmax(of(logits)), oneHot(of(logits), of(classes))), CLASSES_AXIS)),
  crossEntropyGradient: ([logits, classes, dy]) =>
    tf.mul(tf.sub(tf.softmax(of(logits)), oneHot(of(logits), of(classes))), tf.reshape(of(dy), [-1, 1])),

  batchSum: ([losses]) => tf.sum(of(losses)),
  batchMean: ([losses]) => tf.mean(of(losses)),
  batchMax: ([losses]) => tf.max(of(losses)),
  batchSumGradient: ([losses, dy]) => tf.mul(tf.onesLike(of(losses)), of(dy)),
  batchMeanGradient: ([losses, dy]) => tf.mul(tf.onesLike(of(losses)), tf.div(of(dy), of(losses).size)),
  batchMaxGradient([losses, largest, dy]) {
    const ties = tf.cast(tf.equal(of(losses), of(largest)), 'float32');
    return tf.mul(ties, tf.div(of(dy), tf.sum(ties)));
  },

  // A backend adds one number after the other: row by row, a million squares lose no digits to one large sum.
  halfSquaredNorm: ([x]) => tf.mul(tf.sum(tf.sum(tf.square(of(x)), -1)), 0.5),
  largestDifference: ([a, b]) => tf.max(tf.abs(tf.sub(of(a), of(b)))),
  pack: (operands) => tf.stack([...operands]),
  indexOfLargest: ([x]) => tf.argMax(of(x), -1),
};

const convolutionAttributes = { strides: 1, pad: 'same', dataFormat: 'NHWC' };

const oneHot = (logits: tf.Tensor, classes: tf.Tensor): tf.Tensor =>
  tf.cast(tf.oneHot(classes as tf.Tensor1D, logits.shape[CLASSES_AXIS] ?? 1), 'float32');

export function of<T>(operand: T | undefined): T {
  if (operand === undefined) throw new RangeError('An operation lacks an operand.');
  return operand;
}
