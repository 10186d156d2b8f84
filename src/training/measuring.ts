/** What is asked of the program beside training: the numbers behind the laws, and how well held-out examples are told apart. */

import type { Measurement } from '../experiment/laws.ts';
import type { Arm, Evaluated } from '../protocol.ts';
import { CLASSES, type DataSet, type Examples } from './data/examples.ts';
import type { Executor } from './executors/executor.ts';
import { type Feed, scalarTensor } from './feed.ts';
import {
  classesOutput,
  EVALUATE,
  lossesOutput,
  MEASURE,
  MEASUREMENTS,
  measurementNames,
  SELECTED,
} from './program/training.ts';

/** Held-out examples are evaluated in parts of this size. */
const EVALUATION_BATCH = 256;

/**
 * A batch, half of it, that half with every example twice, and the batch's one example of the largest loss, each evaluated for itself. Half of a batch,
 * twice, takes no more memory than the batch; of a single example, it is that example.
 */
export function measure(
  executor: Executor,
  feed: Feed,
  examples: Examples,
  indices: ArrayLike<number>,
  epoch: number,
): Pick<Measurement, 'batchSize' | 'batch' | 'half' | 'twice' | 'selected'> {
  const evaluate = (chosen: ArrayLike<number>) => {
    const batch = feed.training(examples, chosen, epoch);
    const outputs = executor.run(MEASURE, { ...batch, batchSize: scalarTensor(chosen.length) });
    const numbers = outputs[MEASUREMENTS] ?? [];
    return {
      numbers: Object.fromEntries(measurementNames.map((name, i) => [name, numbers[i] ?? Number.NaN])),
      selected: outputs[SELECTED]?.[0] ?? 0,
    };
  };
  const all = Array.from(indices);
  const half = all.slice(0, Math.ceil(all.length / 2));
  const batch = evaluate(all);
  return {
    batchSize: all.length,
    batch: batch.numbers,
    half: evaluate(half).numbers,
    twice: evaluate([...half, ...half]).numbers,
    selected: evaluate(all.slice(batch.selected, batch.selected + 1)).numbers,
  };
}

type EvaluatedArm = Omit<Evaluated['arms'][number], 'examples'>;

/** Losses and accuracies over all held-out examples. */
export function evaluateHeldOut(
  executor: Executor,
  feed: Feed,
  { heldOut }: DataSet,
  arms: readonly Arm[],
): EvaluatedArm[] {
  const counts = arms.map(() => ({ loss: 0, right: new Float64Array(CLASSES) }));
  const examplesOf = new Float64Array(CLASSES);
  for (let from = 0; from < heldOut.count; from += EVALUATION_BATCH) {
    const size = Math.min(EVALUATION_BATCH, heldOut.count - from);
    const outputs = executor.run(EVALUATE, { ...feed.evaluation(heldOut, range(from, size)) });
    for (let i = 0; i < size; i++) {
      const label = heldOut.labels[from + i] ?? 0;
      examplesOf[label] = (examplesOf[label] ?? 0) + 1;
      arms.forEach(({ name }, a) => {
        const count = counts[a];
        if (!count) return;
        count.loss += outputs[lossesOutput(name)]?.[i] ?? Number.NaN;
        if (outputs[classesOutput(name)]?.[i] === label) count.right[label] = (count.right[label] ?? 0) + 1;
      });
    }
  }
  return arms.map(({ name }, a) => {
    const { loss = Number.NaN, right = new Float64Array(CLASSES) } = counts[a] ?? {};
    return {
      arm: name,
      loss: loss / heldOut.count,
      accuracy: right.reduce((sum, n) => sum + n, 0) / heldOut.count,
      classAccuracy: Array.from(examplesOf, (examples, label) =>
        examples === 0 ? null : (right[label] ?? 0) / examples,
      ),
    };
  });
}

const range = (from: number, size: number): number[] => Array.from({ length: size }, (_, i) => from + i);
