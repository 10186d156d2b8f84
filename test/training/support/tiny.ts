/** A network for tests that look at something else than networks: it sees 12 numbers of each image. */
import type { Network } from '../../../src/training/program/networks.ts';
import { addBias, flatten, matrixProduct, maxPool } from '../../../src/training/program/operations.ts';

export const tiny: Network = {
  name: 'tiny',
  title: 'softmax regression of four pixels',
  imageSize: 32,
  weights: [
    { name: 'matrix', shape: [12, 10], start: { deviation: 0.1 }, penalized: true },
    { name: 'biases', shape: [10], start: { everywhere: 0.1 }, penalized: false },
  ],
  logits: (images, [w, b]) => addBias(matrixProduct(flatten(maxPool(images, { size: 1, stride: 16 })), w!), b!),
};
