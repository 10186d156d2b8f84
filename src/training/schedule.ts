/** Which arms are updated at which step, and by which examples. Everything follows from the number of the step. */
import { batchOrder } from './data/batches.ts';

/** One update of the arms that take a number of batches at once. */
export interface Update {
  readonly batchFactor: number;
  /** How many updates these arms have had, this one included. */
  readonly number: number;
  readonly epoch: number;
  readonly indices: ArrayLike<number>;
  /** Examples that these arms have seen, these included. */
  readonly examples: number;
}

export interface Schedule {
  readonly stepsPerEpoch: number;
  /** Of the last batch of an epoch, which is smaller where the examples do not come out even. */
  readonly lastBatchSize: number;
  /** The updates at a step, 1 being the first; that of the arms which take one batch comes first. */
  updatesAt(step: number): readonly Update[];
  /** Examples that the arms of a factor have seen after a number of steps. */
  examplesSeen(steps: number, batchFactor: number): number;
}

/**
 * Each arm of factor k waits for k batches; what is left at the end of an epoch is one smaller batch, so that all arms have seen the same examples
 * whenever they meet.
 */
export function scheduleOf(count: number, batchSize: number, seed: number, batchFactors: readonly number[]): Schedule {
  const { stepsPerEpoch, batchAt } = batchOrder(count, batchSize, seed);

  const examplesSeen = (steps: number, batchFactor: number): number => {
    const epochs = Math.floor(steps / stepsPerEpoch);
    const within = steps % stepsPerEpoch;
    return epochs * count + (within - (within % batchFactor)) * batchSize;
  };

  const updateAt = (step: number, batchFactor: number): Update[] => {
    const epoch = Math.floor((step - 1) / stepsPerEpoch);
    const within = (step - 1) % stepsPerEpoch;
    if ((within + 1) % batchFactor !== 0 && within !== stepsPerEpoch - 1) return [];
    const waited = within % batchFactor;
    const batches = Array.from({ length: waited + 1 }, (_, i) => batchAt(step - 1 - waited + i).indices);
    return [
      {
        batchFactor,
        number: epoch * Math.ceil(stepsPerEpoch / batchFactor) + Math.floor(within / batchFactor) + 1,
        epoch,
        indices: batches.length === 1 && batches[0] ? batches[0] : batches.flatMap((batch) => [...batch]),
        examples: examplesSeen(step, batchFactor),
      },
    ];
  };

  return {
    stepsPerEpoch,
    lastBatchSize: count - (stepsPerEpoch - 1) * batchSize,
    updatesAt: (step) => batchFactors.flatMap((factor) => updateAt(step, factor)),
    examplesSeen,
  };
}
