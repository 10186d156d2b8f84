// node bench/whole-training.ts ORDER
//
// Trains as a user does, in a process of its own, and prints one line when it is done: how fast, how well, and what it left in memory. ORDER, as
// JSON, says what to train.

import { memory } from '@tensorflow/tfjs-core';
import type { BackendName, Evaluated, Settings } from '../src/protocol.ts';
import { openBackend } from '../src/training/backends.ts';
import { drawBuiltin } from '../src/training/data/builtin.ts';
import { loadNative } from '../src/training/native/load.ts';
import { startTraining } from '../src/training/trainer.ts';

export interface Order {
  readonly settings: Settings;
  readonly backend: BackendName;
  readonly nativeFolder: string;
}

export interface Outcome {
  /** Since the process started, one after the other. */
  readonly secondsTo: {
    readonly main: number;
    readonly data: number;
    readonly compiled: number;
    readonly firstStep: number;
  };
  /** Of the training steps, and of everything after the program was compiled. */
  readonly trainingSeconds: number;
  readonly wholeSeconds: number;
  /** Steps that were trained, fewer than wanted where every arm diverged. */
  readonly steps: number;
  /** Held-out accuracy of each arm at the end, by name. */
  readonly accuracy: Readonly<Record<string, number>>;
  /** What the process held after a tenth of the steps, and after the last one. */
  readonly early: Held;
  readonly late: Held;
  /** The most memory that it held, in MB (10⁶ bytes). */
  readonly peakMegabytes: number;
}

export interface Held {
  /** Of TensorFlow.js. */
  readonly tensors: number;
  readonly megabytes: number;
}

const sinceStart = (): number => performance.now() / 1000;

const main = sinceStart();
const { settings, backend, nativeFolder } = JSON.parse(process.argv[2] ?? '') as Order;
const drawn = drawBuiltin();
const data = sinceStart();
const opened = await openBackend(backend, nativeFolder);
const training = await startTraining({ settings, data: drawn, ...opened, version: '', continues: null });
const compiled = sinceStart();

let firstStep = Number.NaN;
let trainingSeconds = 0;
let early: Held | undefined;
let evaluated: Evaluated | undefined;
while (!training.finished) {
  for (const event of await training.advance()) {
    if (event.event === 'step') trainingSeconds = event.seconds;
    if (event.event === 'evaluated') evaluated = event;
  }
  if (training.step === 1) firstStep = sinceStart();
  if (training.step === Math.ceil(settings.steps / 10)) early = held();
}

const outcome: Outcome = {
  secondsTo: { main, data, compiled, firstStep },
  trainingSeconds,
  wholeSeconds: sinceStart() - compiled,
  steps: training.step,
  accuracy: Object.fromEntries((evaluated?.arms ?? []).map(({ arm, accuracy }) => [arm, accuracy])),
  early: early ?? held(),
  late: held(),
  peakMegabytes: (process.resourceUsage().maxRSS * 1024) / 1e6,
};
console.log(JSON.stringify(outcome));

function held(): Held {
  const native = backend === 'tfjs-node' ? loadNative(nativeFolder) : null;
  const { numTensors } = native?.tf?.memory() ?? memory();
  return { tensors: numTensors, megabytes: process.memoryUsage.rss() / 1e6 };
}
