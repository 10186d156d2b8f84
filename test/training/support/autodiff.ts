/** The networks and optimisers once more, in the terms of TensorFlow.js and with its own automatic differentiation. */
import type { Optimizer, Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D, Variable } from '@tensorflow/tfjs-core';
import type { NetworkName, ReductionName } from '../../../src/protocol.ts';
import type { Tensor as Numbers } from '../../../src/training/executors/executor.ts';
import type { Network } from '../../../src/training/program/networks.ts';

export type TensorFlowJs = typeof import('@tensorflow/tfjs-core');

/** From images and weights in the order of the network to logits. */
type Logits = (tf: TensorFlowJs, images: Tensor4D, weights: readonly Tensor[]) => Tensor2D;

const networks: Readonly<Record<NetworkName, Logits>> = {
  softmax: (tf, images, [w, b]) => tf.add(tf.matMul(tf.reshape(images, [-1, 3072]), w as Tensor2D), b as Tensor1D),
  light(tf, images, [w1, b1, w2, b2, w3, b3, w4, b4]) {
    const block = (x: Tensor4D, w?: Tensor, b?: Tensor) =>
      tf.maxPool(tf.relu(tf.add(tf.conv2d(x, w as Tensor4D, 1, 'same'), b as Tensor1D)) as Tensor4D, 2, 2, 'same');
    const flat = tf.reshape(block(block(images, w1, b1), w2, b2), [images.shape[0], -1]) as Tensor2D;
    const hidden = tf.relu(tf.add(tf.matMul(flat, w3 as Tensor2D), b3 as Tensor1D));
    return tf.add(tf.matMul(hidden as Tensor2D, w4 as Tensor2D), b4 as Tensor1D);
  },
  tutorial(tf, images, [w1, b1, w2, b2, w3, b3, w4, b4, w5, b5]) {
    const convolved = (x: Tensor4D, w?: Tensor, b?: Tensor) =>
      tf.relu(tf.add(tf.conv2d(x, w as Tensor4D, 1, 'same'), b as Tensor1D)) as Tensor4D;
    const pooled = (x: Tensor4D) => tf.maxPool(x, 3, 2, 'same');
    const normalized = (x: Tensor4D) => tf.localResponseNormalization(x, 4, 1, 0.001 / 9, 0.75);
    const dense = (x: Tensor2D, w?: Tensor, b?: Tensor) =>
      tf.add(tf.matMul(x, w as Tensor2D), b as Tensor1D) as Tensor2D;
    const first = normalized(pooled(convolved(images, w1, b1)));
    const second = pooled(normalized(convolved(first, w2, b2)));
    const flat = tf.reshape(second, [images.shape[0], -1]) as Tensor2D;
    return dense(tf.relu(dense(tf.relu(dense(flat, w3, b3)), w4, b4)), w5, b5);
  },
};

/** `tf.max` gives each of several equal losses the whole gradient: there must be only one. */
const reduced = (tf: TensorFlowJs, reduction: ReductionName, losses: Tensor): Scalar => tf[reduction](losses) as Scalar;

interface Batch {
  readonly images: Numbers;
  readonly labels: Numbers;
}

export interface Reference {
  /** The gradient of the reduced losses, by the name of the weights. */
  gradients(reduction: ReductionName, batch: Batch): Map<string, Float32Array>;
  /** Takes a step with an optimiser of TensorFlow.js. */
  step(optimizer: Optimizer, reduction: ReductionName, batch: Batch): void;
  weights(): Map<string, Float32Array>;
  dispose(): void;
}

export function referenceOf(tf: TensorFlowJs, network: Network, start: ReadonlyMap<string, Float32Array>): Reference {
  const variables = network.weights.map(({ name, shape }) =>
    tf.variable(tf.tensor(start.get(name)!.slice(), [...shape]), true),
  );
  const loss =
    (reduction: ReductionName, { images, labels }: Batch) =>
    (): Scalar => {
      const logits = networks[network.name as NetworkName](
        tf,
        tf.tensor4d(images.numbers, images.shape as [number, number, number, number]),
        variables,
      );
      const classes = tf.oneHot(tf.tensor1d(labels.numbers, 'int32'), 10);
      const { NONE } = tf.Reduction;
      return reduced(tf, reduction, tf.losses.softmaxCrossEntropy(classes, logits, undefined, 0, NONE));
    };
  const named = (numbersOf: (variable: Variable, index: number) => Float32Array) =>
    new Map(network.weights.map(({ name }, i) => [name, numbersOf(variables[i]!, i)]));
  return {
    gradients(reduction, batch) {
      const { value, grads } = tf.variableGrads(loss(reduction, batch), variables);
      const numbers = named(({ name }) => grads[name]!.dataSync<'float32'>().slice());
      tf.dispose([value, grads]);
      return numbers;
    },
    step(optimizer, reduction, batch) {
      optimizer.minimize(loss(reduction, batch), false, variables);
    },
    weights: () => named((variable) => variable.dataSync<'float32'>().slice()),
    dispose: () => tf.dispose(variables),
  };
}
