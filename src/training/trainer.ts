/** Trains all arms of an experiment in lock-step: the same initial weights, the same batches in the same order. */

import { armsOf } from '../experiment/arms.ts';
import { judge } from '../experiment/laws.ts';
import type {
  Arm,
  BackendName,
  Diverged,
  Evaluated,
  Law,
  Measured,
  SavedRun,
  Settings,
  Started,
  State,
  Step,
  StepOfArm,
} from '../protocol.ts';
import { startClock } from './clock.ts';
import type { DataSet } from './data/examples.ts';
import { divergence, hasDiverged } from './divergence.ts';
import type { Backend, Executor } from './executors/executor.ts';
import { feedOf, scalarTensor } from './feed.ts';
import { initialWeights } from './initial-weights.ts';
import { evaluateHeldOut, measure } from './measuring.ts';
import { networks } from './program/networks.ts';
import { optimizers } from './program/optimizers.ts';
import {
  COMPARE,
  DIFFERENCES,
  experimentProgram,
  METRICS,
  metricNames,
  type Pair,
  selectedOutput,
  startingNumbers,
  stepFunction,
} from './program/training.ts';
import { sizeOf } from './program/value.ts';
import { scheduleOf, type Update } from './schedule.ts';
import { decodeVariables, encodeVariables, requireSameData } from './state.ts';

export interface Experiment {
  readonly settings: Settings;
  readonly data: DataSet;
  readonly backend: Backend;
  readonly passedOver: readonly { readonly name: BackendName; readonly reason: string }[];
  /** Of Loss Lens. */
  readonly version: string;
  /** A run of the same settings, but for the number of steps, that goes on. */
  readonly continues: SavedRun | null;
}

export type StepEvent = Step | Evaluated | Measured | Diverged;

export interface Training {
  readonly started: Started;
  readonly finished: 'completed' | 'all diverged' | null;
  /** Steps that were trained, those of a continued run included. */
  readonly step: number;
  /** Trains one step. */
  advance(): Promise<readonly StepEvent[]>;
  laws(): readonly Law[];
  /** What a saved run needs to go on exactly. */
  state(): State;
  dispose(): void;
}

/** @throws Error in whole sentences where a saved run cannot go on with these data */
export async function startTraining(experiment: Experiment): Promise<Training> {
  const { settings, data, backend, continues } = experiment;
  if (continues) requireSameData(continues, data);
  const network = networks[settings.network];
  const optimizer = optimizers[settings.optimizer];
  const allArms = armsOf(settings);
  const factors = [...new Set(allArms.map(({ batchFactor }) => batchFactor))];
  const schedule = scheduleOf(data.train.count, settings.batchSize, settings.seed, factors);
  const feed = feedOf(network, settings.seed);
  const past = continues?.events ?? [];
  const evidence = {
    settings,
    arms: allArms,
    schedule,
    measurements: past.filter((event) => event.event === 'measured'),
    evaluations: past.filter((event) => event.event === 'evaluated'),
  };
  const after = continues?.state.step ?? 0;
  const secondsBefore = past.findLast((event) => event.event === 'step')?.seconds ?? 0;
  const clock = startClock(settings.steps, after, secondsBefore);

  const compile = async (going: readonly Arm[], numbers: ReadonlyMap<string, Float32Array>): Promise<Executor> => {
    const options = { pairs: pairsOf(going), reference: referenceOf(going) };
    const compiled = await backend.compile(experimentProgram(network, optimizer, going, options));
    compiled.write(numbers);
    return compiled;
  };
  let step = after;
  let arms = continues ? allArms.filter(({ name }) => continues.state.arms.includes(name)) : allArms;
  let executor = await compile(
    arms,
    continues
      ? decodeVariables(continues.state)
      : startingNumbers(network, optimizer, arms, initialWeights(network, settings.seed)),
  );

  const isDue = (every: number): boolean => step % every === 0 || step === settings.steps;

  const train = (update: Update): StepOfArm[] => {
    const group = arms.filter(({ batchFactor }) => batchFactor === update.batchFactor);
    if (group.length === 0) return [];
    const corrections = Object.entries(optimizer.corrections(update.number));
    const outputs = executor.run(stepFunction(update.batchFactor), {
      ...feed.training(data.train, update.indices, update.epoch),
      ...Object.fromEntries(corrections.map(([name, x]) => [name, scalarTensor(x)])),
    });
    return group.map(({ name }, i) => {
      const selected = outputs[selectedOutput(name)]?.[0];
      return {
        arm: name,
        examples: update.examples,
        ...metricsAt(outputs[METRICS] ?? [], i),
        ...(selected === undefined ? {} : { selected: update.indices[selected] ?? 0 }),
      };
    });
  };

  /** Arms that ended leave the program, so that they cost no more time. */
  const end = async (lost: readonly Arm[]): Promise<void> => {
    arms = arms.filter((arm) => !lost.includes(arm));
    const numbers = executor.read();
    executor.dispose();
    executor = await compile(arms, numbers);
  };

  return {
    started: {
      event: 'started',
      version: experiment.version,
      settings,
      arms: allArms,
      data: {
        kind: data.kind,
        name: data.name,
        classes: [...data.classes],
        train: data.train.count,
        heldOut: data.heldOut.count,
        checksum: data.checksum,
      },
      backend: { name: backend.name, versions: { ...backend.versions }, passedOver: [...experiment.passedOver] },
      parameters: network.weights.reduce((total, { shape }) => total + sizeOf(shape), 0),
      after,
    },
    get finished() {
      if (arms.length === 0) return 'all diverged';
      return step >= settings.steps ? 'completed' : null;
    },
    get step() {
      return step;
    },

    async advance() {
      clock.begin();
      step += 1;
      const updates = schedule.updatesAt(step);
      const [first] = updates;
      if (!first) throw new RangeError('Arms that take one batch are updated at every step.');
      const reference = referenceOf(arms);
      const measured =
        reference && (step === 1 || isDue(settings.measureEvery))
          ? measure(executor, feed, data.train, first.indices, first.epoch)
          : null;

      const results = clock.train(first.indices.length, () => updates.flatMap(train));
      const events: StepEvent[] = [
        { event: 'step', step, epoch: first.epoch + 1, ...clock.times(step), arms: results },
      ];

      const lost = arms.filter(({ name }) => results.some((result) => result.arm === name && hasDiverged(result)));
      // What overflowed says nothing of the laws.
      if (measured && reference && !lost.includes(reference)) {
        const compared = pairsOf(arms.filter((arm) => !lost.includes(arm))).length > 0;
        const differences = compared ? executor.run(COMPARE, {})[DIFFERENCES] : undefined;
        const event = {
          event: 'measured',
          step,
          arm: reference.name,
          ...measured,
          largestDifference: differences?.[0] ?? null,
        } as const;
        evidence.measurements.push({ ...event, laws: [] });
        events.push({ ...event, laws: judge(evidence) });
      }

      for (const arm of lost) {
        events.push({ event: 'diverged', step, arm: arm.name, message: divergence(arm, step, settings.optimizer) });
      }
      if (lost.length > 0) await end(lost);

      if (arms.length > 0 && isDue(settings.evaluateEvery)) {
        const evaluated: Evaluated = {
          event: 'evaluated',
          step,
          arms: evaluateHeldOut(executor, feed, data, arms).map((result, i) => ({
            ...result,
            examples: schedule.examplesSeen(step, arms[i]?.batchFactor ?? 1),
          })),
        };
        evidence.evaluations.push(evaluated);
        events.push(evaluated);
      }
      clock.end();
      return events;
    },

    laws: () => judge(evidence),
    state: () => ({ step, arms: arms.map(({ name }) => name), variables: encodeVariables(executor.read()) }),
    dispose: () => executor.dispose(),
  };
}

/** The laws are measured at the weights of the mean while it goes on, so that a run with a diverging sum still tells of them. */
function referenceOf(arms: readonly Arm[]): Arm | undefined {
  return arms.find(({ name }) => name === 'mean') ?? arms[0];
}

/** Whose weights are compared: those of a sum and of a mean at the same batch size. */
function pairsOf(arms: readonly Arm[]): Pair[] {
  const goesOn = (reduction: string) => arms.some(({ name }) => name === reduction);
  return goesOn('sum') && goesOn('mean') ? [{ first: 'sum', second: 'mean' }] : [];
}

/** The metrics of the i-th arm of a step. */
function metricsAt(metrics: ArrayLike<number>, i: number): Record<(typeof metricNames)[number], number> {
  const at = (name: (typeof metricNames)[number]) => metrics[i * metricNames.length + metricNames.indexOf(name)];
  return Object.fromEntries(metricNames.map((name) => [name, at(name) ?? Number.NaN])) as Record<
    (typeof metricNames)[number],
    number
  >;
}
