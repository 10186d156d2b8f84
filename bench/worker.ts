// node bench/worker.ts TASK-FOLDER VARIANT NATIVE-FOLDER
//
// A contender of our own: VARIANT, as JSON, says which. It stays loaded between its turns and answers one line to each line that it reads (see
// contender.ts); at the end of its input it ends.

import { memory } from '@tensorflow/tfjs-core';
import { armsOf } from '../src/experiment/arms.ts';
import type { ReductionName } from '../src/protocol.ts';
import { openBackend } from '../src/training/backends.ts';
import { drawBuiltin } from '../src/training/data/builtin.ts';
import type { Backend } from '../src/training/executors/executor.ts';
import { loadNative } from '../src/training/native/load.ts';
import { linesOf } from '../src/training/process/lines.ts';
import { networks } from '../src/training/program/networks.ts';
import { optimizers } from '../src/training/program/optimizers.ts';
import {
  experimentProgram,
  METRICS,
  metricNames,
  startingNumbers,
  stepFunction,
} from '../src/training/program/training.ts';
import { decodeVariables } from '../src/training/state.ts';
import { startTraining } from '../src/training/trainer.ts';
import type { Checked, Question, Ready, Turn } from './contender.ts';
import { readTask } from './task.ts';

/** One of our own contenders. */
export interface Variant {
  readonly backend: 'tfjs-node' | 'wasm';
  readonly reductions: readonly ReductionName[];
  readonly metrics: boolean;
  /** Whether the trainer runs and each batch is drawn from the examples, in place of the bare steps on batches that are there. */
  readonly trainer: boolean;
}

interface Trainee {
  /** Back to the initial weights, where that is possible. */
  rewind(): void;
  /** Trains one step; returns the mean loss before it. */
  step(): number | Promise<number>;
  /** Of the arm that is trained on the mean. */
  weights(): Iterable<Float32Array>;
}

const [taskFolder = '', variantText = '', nativeFolder = ''] = process.argv.slice(2);
const variant = JSON.parse(variantText) as Variant;
const task = readTask(taskFolder);
const opened = await openBackend(variant.backend, nativeFolder);
const trainee = variant.trainer ? await trainerOf() : await programOf(opened.backend);

say({ versions: { ...opened.backend.versions } } satisfies Ready);
for await (const line of linesOf(process.stdin)) {
  const question = JSON.parse(line) as Question;
  say(question.ask === 'check' ? await check(question.steps) : await turn(question.warmUp, question.seconds));
}

/** The bare steps. */
async function programOf(backend: Backend): Promise<Trainee> {
  const settings = { ...task.settings, reductions: [...variant.reductions], matchUpdates: true };
  const network = networks[settings.network];
  const optimizer = optimizers[settings.optimizer];
  const arms = armsOf(settings);
  const executor = await backend.compile(experimentProgram(network, optimizer, arms, { metrics: variant.metrics }));
  const start = startingNumbers(network, optimizer, arms, task.initial);
  const lossAt = arms.findIndex(({ name }) => name === 'mean') * metricNames.length + metricNames.indexOf('loss');
  let steps = 0;
  return {
    rewind() {
      executor.write(start);
      steps = 0;
    },
    step: () => executor.run(stepFunction(1), { ...task.batch(steps++) })[METRICS]?.[lossAt] ?? Number.NaN,
    weights: () => weightsOfMean(executor.read()),
  };
}

/** A whole training, which draws its batches. It cannot go back and trains on. */
async function trainerOf(): Promise<Trainee> {
  const never = 10_000_000;
  const settings = { ...task.settings, steps: never, evaluateEvery: never, measureEvery: never };
  const training = await startTraining({ settings, data: drawBuiltin(), ...opened, version: '', continues: null });
  return {
    rewind() {},
    async step() {
      const [event] = await training.advance();
      return event?.event === 'step' ? (event.arms[0]?.loss ?? Number.NaN) : Number.NaN;
    },
    weights: () => weightsOfMean(decodeVariables(training.state())),
  };
}

function weightsOfMean(numbers: ReadonlyMap<string, Float32Array>): Float32Array[] {
  return [...numbers].filter(([name]) => name.startsWith('mean/')).map(([, weights]) => weights);
}

async function check(steps: number): Promise<Checked> {
  trainee.rewind();
  const losses: number[] = [];
  for (let i = 0; i < steps; i++) losses.push(await trainee.step());
  let squares = 0;
  for (const weights of trainee.weights()) for (const w of weights) squares += w * w;
  return { losses, weightNorm: Math.sqrt(squares) };
}

async function turn(warmUp: number, wanted: number): Promise<Turn> {
  trainee.rewind();
  for (let i = 0; i < warmUp; i++) await trainee.step();
  const cpu = process.cpuUsage();
  const start = performance.now();
  let steps = 0;
  let seconds = 0;
  while (seconds < wanted) {
    await trainee.step();
    steps += 1;
    seconds = (performance.now() - start) / 1000;
  }
  const { user, system } = process.cpuUsage(cpu);
  return { steps, seconds, cpuSeconds: (user + system) / 1e6, tensors: tensors() };
}

function tensors(): number {
  const native = variant.backend === 'tfjs-node' ? loadNative(nativeFolder) : null;
  return (native?.tf?.memory() ?? memory()).numTensors;
}

function say(answer: Ready | Checked | Turn): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
