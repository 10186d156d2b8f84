/** Softmax regression in plain loops and float64. */
import { fillBatch } from '../../../src/training/data/batches.ts';
import type { Examples } from '../../../src/training/data/examples.ts';

/** For each example its loss, and the class that is found most likely. */
export function classified(
  examples: Examples,
  indices: readonly number[],
  weights: Float32Array,
  biases: Float32Array,
): { readonly loss: number; readonly found: number; readonly label: number }[] {
  const images = new Float32Array(indices.length * 3072);
  fillBatch(examples, indices, { crop: 32 }, images);
  return indices.map((index, n) => {
    const logits = Array.from(biases, (bias, k) => {
      let logit = bias;
      for (let i = 0; i < 3072; i++) logit += images[n * 3072 + i]! * weights[i * 10 + k]!;
      return logit;
    });
    const largest = Math.max(...logits);
    const label = examples.labels[index]!;
    const all = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
    return { loss: Math.log(all) + largest - logits[label]!, found: logits.indexOf(largest), label };
  });
}
