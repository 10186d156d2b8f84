/** The networks that are trained, each written once: its variables, how they start, and how images become logits. */
import type { NetworkName } from '../../protocol.ts';
import {
  addBias,
  affine,
  constant,
  convolution,
  flatten,
  inverseSquareRoot,
  matrixProduct,
  maxPool,
  multiply,
  relu,
  reshape,
  square,
  squareRoot,
  subtract,
} from './operations.ts';
import type { Value, Variable, Window } from './value.ts';

export const CLASSES = 10;

export interface Weights extends Variable {
  /** How it starts: normal with this standard deviation, cut at two of them; or one number everywhere. */
  readonly start: { readonly deviation: number } | { readonly everywhere: number };
  /** Whether the penalty ½‖w‖² is taken of it. */
  readonly penalized: boolean;
}

export interface Network {
  readonly name: string;
  readonly title: string;
  /** Height and width of the images that it takes: 32 is the whole image, 24 a crop. */
  readonly imageSize: 32 | 24;
  readonly weights: readonly Weights[];
  /** Images [b, s, s, 3] and the weights in their order → logits [b, 10]. */
  logits(images: Value, weights: readonly Value[]): Value;
}

/** One matrix from pixels to classes: what a network must beat. */
const softmax: Network = {
  name: 'softmax',
  title: 'softmax regression',
  imageSize: 32,
  weights: layer('classes', [32 * 32 * 3, CLASSES], 0.01),
  logits: (images, [w, b]) => denseLayer(flatten(images), w, b),
};

/** Two small convolutions and one dense layer: a laptop trains it in seconds. */
const light: Network = {
  name: 'light',
  title: 'light CNN',
  imageSize: 32,
  weights: [
    ...layer('convolution1', [3, 3, 3, 16], forRelu(3 * 3 * 3)),
    ...layer('convolution2', [3, 3, 16, 32], forRelu(3 * 3 * 16)),
    ...layer('dense', [8 * 8 * 32, 64], forRelu(8 * 8 * 32)),
    ...layer('classes', [64, CLASSES], Math.sqrt(1 / 64)),
  ],
  logits(images, [w1, b1, w2, b2, w3, b3, w4, b4]) {
    const halve: Window = { size: 2, stride: 2 };
    const first = maxPool(convolutionLayer(images, w1, b1), halve);
    const second = maxPool(convolutionLayer(first, w2, b2), halve);
    return denseLayer(relu(denseLayer(flatten(second), w3, b3)), w4, b4);
  },
};

/**
 * The network of TensorFlow's CIFAR-10 tutorial (`models/tutorials/image/cifar10`), after Krizhevsky 2012: 24×24 crops, two 5×5×64 convolutions with
 * local response normalisation, dense layers of 384 and 192. Its penalty is taken of those two dense layers alone.
 */
const tutorial: Network = {
  name: 'tutorial',
  title: 'CIFAR-10 tutorial CNN',
  imageSize: 24,
  weights: [
    ...layer('conv1', [5, 5, 3, 64], 0.05, { penalized: false }),
    ...layer('conv2', [5, 5, 64, 64], 0.05, { bias: 0.1, penalized: false }),
    ...layer('local3', [6 * 6 * 64, 384], 0.04, { bias: 0.1 }),
    ...layer('local4', [384, 192], 0.04, { bias: 0.1 }),
    ...layer('softmax_linear', [192, CLASSES], 1 / 192, { penalized: false }),
  ],
  logits(images, [w1, b1, w2, b2, w3, b3, w4, b4, w5, b5]) {
    const overlapping: Window = { size: 3, stride: 2 };
    const first = localResponseNormalization(maxPool(convolutionLayer(images, w1, b1), overlapping));
    const second = maxPool(localResponseNormalization(convolutionLayer(first, w2, b2)), overlapping);
    const local3 = relu(denseLayer(flatten(second), w3, b3));
    const local4 = relu(denseLayer(local3, w4, b4));
    return denseLayer(local4, w5, b5);
  },
};

export const networks: Readonly<Record<NetworkName, Network>> = { light, tutorial, softmax };

/** The weights of one layer, a matrix [inputs, outputs] or filters [height, width, inputs, outputs], and its biases. */
function layer(
  name: string,
  shape: readonly number[],
  deviation: number,
  { bias = 0, penalized = true } = {},
): Weights[] {
  return [
    { name: `${name}/weights`, shape, start: { deviation }, penalized },
    { name: `${name}/biases`, shape: shape.slice(-1), start: { everywhere: bias }, penalized: false },
  ];
}

/** The deviation that keeps the size of activations through a layer with relu (He et al. 2015). */
function forRelu(inputs: number): number {
  return Math.sqrt(2 / inputs);
}

const convolutionLayer = (images: Value, weights: Value | undefined, biases: Value | undefined): Value =>
  relu(addBias(convolution(images, present(weights)), present(biases)));

const denseLayer = (x: Value, weights: Value | undefined, biases: Value | undefined): Value =>
  addBias(matrixProduct(x, present(weights)), present(biases));

function present(weights: Value | undefined): Value {
  if (!weights) throw new RangeError('The network has more layers than weights.');
  return weights;
}

/** How many channels to each side count, and the tutorial's α and β; the bias is 1. */
const RADIUS = 4;
const ALPHA = 0.001 / 9;
const BETA = 0.75;

/**
 * x · (1 + α Σ x²)^−β, the sum over the neighbouring channels, as `tf.nn.lrn`. The sum is a product with a band matrix, which all backends do fast,
 * where their own gradients of this operation are the slowest part of the network.
 */
function localResponseNormalization(x: Value): Value {
  const channels = x.shape.at(-1) ?? 0;
  const rows = reshape(x, [null, channels]);
  const band = bandMatrix(channels);
  const inverseRoot = inverseSquareRoot(affine(matrixProduct(square(rows), band), 1, 1));
  const factor = multiply(inverseRoot, squareRoot(inverseRoot));
  const y = reshape(multiply(rows, factor), x.shape);
  return {
    ...y,
    derivative: {
      of: [x],
      // With s = 1 + band·x²: dx = dy·s^−β − 2β·x·bandᵀ(dy·x·s^(−β−1)), and the band is symmetric.
      gradients(dy) {
        const scaled = multiply(reshape(dy, [null, channels]), factor);
        const shares = matrixProduct(multiply(multiply(scaled, rows), square(inverseRoot)), band);
        return [reshape(subtract(scaled, affine(multiply(rows, shares), 2 * BETA)), x.shape)];
      },
    },
  };
}

function bandMatrix(channels: number): Value {
  const numbers = Float32Array.from({ length: channels * channels }, (_, i) =>
    Math.abs(Math.floor(i / channels) - (i % channels)) <= RADIUS ? ALPHA : 0,
  );
  return constant(numbers, [channels, channels]);
}
