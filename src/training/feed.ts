/** Examples as the tensors that programs are fed with. */
import { fillBatch, type View, viewLength } from './data/batches.ts';
import type { Examples } from './data/examples.ts';
import type { Tensor } from './executors/executor.ts';
import type { Network } from './program/networks.ts';

export interface Feed {
  /** Training examples as they are seen in an epoch. */
  training(examples: Examples, indices: ArrayLike<number>, epoch: number): Batch;
  /** Examples as they are evaluated. */
  evaluation(examples: Examples, indices: ArrayLike<number>): Batch;
}

/** The tensors are valid until the next batch is asked for: their memory is used again. */
export interface Batch {
  readonly images: Tensor;
  readonly labels: Tensor;
}

export function feedOf({ imageSize }: Network, seed: number): Feed {
  let memory = new Float32Array();
  const fill = (examples: Examples, indices: ArrayLike<number>, view: View): Batch => {
    const count = indices.length;
    const numbers = count * viewLength(view);
    if (memory.length < numbers) memory = new Float32Array(numbers);
    const images = memory.subarray(0, numbers);
    fillBatch(examples, indices, view, images);
    const labels = Int32Array.from({ length: count }, (_, i) => examples.labels[indices[i] ?? -1] ?? 0);
    return {
      images: { shape: [count, imageSize, imageSize, 3], numbers: images },
      labels: { shape: [count], numbers: labels },
    };
  };
  const view = (augment: { seed: number; epoch: number } | null): View =>
    imageSize === 24 ? { crop: 24, augment } : { crop: 32 };
  return {
    training: (examples, indices, epoch) => fill(examples, indices, view({ seed, epoch })),
    evaluation: (examples, indices) => fill(examples, indices, view(null)),
  };
}

export const scalarTensor = (x: number): Tensor => ({ shape: [], numbers: Float32Array.of(x) });
