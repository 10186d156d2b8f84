/** Numbers without a pattern, and how close others come to them. */
import assert from 'node:assert/strict';
import type { DataSet, Examples } from '../../../src/training/data/examples.ts';
import { checksum } from '../../../src/training/data/examples.ts';
import type { Tensor } from '../../../src/training/executors/executor.ts';
import { initialWeights } from '../../../src/training/initial-weights.ts';
import type { Network } from '../../../src/training/program/networks.ts';
import { sizeOf } from '../../../src/training/program/value.ts';

/** From −1 to 1, the same for the same seed (Park & Miller 1988). */
export function someNumbers(length: number, seed: number): Float32Array {
  let state = (seed % 2147483646) + 1;
  return Float32Array.from({ length }, () => {
    state = (state * 48271) % 2147483647;
    return (state / 2147483647) * 2 - 1;
  });
}

export const tensor = (numbers: Float32Array | Int32Array, shape: readonly number[]): Tensor => ({ numbers, shape });

/** Images and labels as a network takes them. */
export function someBatch({ imageSize }: Network, size: number, seed: number): { images: Tensor; labels: Tensor } {
  const shape = [size, imageSize, imageSize, 3];
  const labels = Int32Array.from(someNumbers(size, seed + 1), (x) => Math.min(9, Math.floor(5 * (x + 1))));
  return { images: tensor(someNumbers(sizeOf(shape), seed), shape), labels: tensor(labels, [size]) };
}

/** Initial weights with biases that are not all alike, so that nothing hides behind zeros. */
export function someWeights(network: Network): Map<string, Float32Array> {
  const weights = initialWeights(network, 1);
  for (const [name, numbers] of weights) {
    if (name.endsWith('/biases'))
      weights.set(
        name,
        someNumbers(numbers.length, name.length).map((x) => x / 10),
      );
  }
  return weights;
}

/** A small data set: an image is noise around the colour of its class, so that there is something to learn. */
export function someDataSet(train: number, heldOut: number): DataSet {
  const examples = (count: number, seed: number): Examples => {
    const labels = Uint8Array.from({ length: count }, (_, i) => (7 * i + seed) % 10);
    const noise = someNumbers(count * 3072, seed);
    const pixels = Uint8Array.from(noise, (x, i) => {
      const label = labels[Math.floor(i / 3072)]!;
      return 128 + 60 * x + 60 * Math.sin(label * (1 + Math.floor((i % 3072) / 256)));
    });
    return { count, pixels, labels };
  };
  const [first, second] = [examples(train, 3), examples(heldOut, 5)];
  const classes = Array.from({ length: 10 }, (_, i) => `class ${i}`);
  return { kind: 'builtin', name: 'noise', classes, train: first, heldOut: second, checksum: checksum(first, second) };
}

/** Asserts that numbers differ by no more than a part of the largest of the expected ones. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
  what: string,
): void {
  assert.equal(actual.length, expected.length, what);
  let [largest, difference] = [0, 0];
  for (let i = 0; i < expected.length; i++) {
    assert.ok(Number.isFinite(expected[i]) && Number.isFinite(actual[i]), `${what}: not finite at ${i}`);
    largest = Math.max(largest, Math.abs(expected[i]!));
    difference = Math.max(difference, Math.abs(expected[i]! - actual[i]!));
  }
  assert.ok(difference <= tolerance * largest, `${what}: off by ${difference}, where the largest is ${largest}`);
}
