/** One training task as files, so that every contender trains the same network from the same weights on the same batches. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { defaultSettings } from '../src/experiment/defaults.ts';
import type { NetworkName, Settings } from '../src/protocol.ts';
import type { DataSet } from '../src/training/data/examples.ts';
import type { Tensor } from '../src/training/executors/executor.ts';
import { type Batch, feedOf } from '../src/training/feed.ts';
import { initialWeights } from '../src/training/initial-weights.ts';
import { networks } from '../src/training/program/networks.ts';
import { sizeOf } from '../src/training/program/value.ts';
import { scheduleOf } from '../src/training/schedule.ts';

/** `task.json`, which the Python contenders read as well. */
export interface Task {
  /** One arm on the mean, by plain SGD. */
  readonly settings: Settings;
  /** Height and width of an image. */
  readonly imageSize: number;
  /** How many batches there are; contenders go round them. */
  readonly batches: number;
  /** In the order in which `weights.f32` holds their initial numbers. */
  readonly weights: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly penalized: boolean;
  }[];
}

const BATCHES = 16;
/** The tutorial's own penalty; the light network is trained without one. */
const WEIGHT_DECAY: Readonly<Record<NetworkName, number>> = { light: 0, tutorial: 0.004, softmax: 0 };

/** What the task's training is told. */
export const taskSettings = (network: NetworkName): Settings => ({
  ...defaultSettings(network),
  reductions: ['mean'],
  weightDecay: WEIGHT_DECAY[network],
});

/**
 * Writes `task.json` and, as little-endian numbers without any header, `weights.f32`, `images.f32` [batches, b, s, s, 3] and `labels.i32`
 * [batches, b]: the batches are those that a training of these settings begins with.
 */
export function writeTask(networkName: NetworkName, { train }: DataSet, folder: string): Task {
  const settings = taskSettings(networkName);
  const network = networks[networkName];
  const feed = feedOf(network, settings.seed);
  const schedule = scheduleOf(train.count, settings.batchSize, settings.seed, [1]);
  const batches = Array.from({ length: BATCHES }, (_, i) => {
    const [update] = schedule.updatesAt(i + 1);
    const { images, labels } = feed.training(train, update?.indices ?? [], update?.epoch ?? 0);
    return { images: bytesOf(images.numbers.slice()), labels: bytesOf(labels.numbers) };
  });
  const task: Task = {
    settings,
    imageSize: network.imageSize,
    batches: BATCHES,
    weights: network.weights.map(({ name, shape, penalized }) => ({ name, shape, penalized })),
  };
  const write = (name: string, content: string | Buffer) => writeFileSync(path.join(folder, name), content);
  write('task.json', JSON.stringify(task));
  write('weights.f32', Buffer.concat([...initialWeights(network, settings.seed).values()].map(bytesOf)));
  write('images.f32', Buffer.concat(batches.map(({ images }) => images)));
  write('labels.i32', Buffer.concat(batches.map(({ labels }) => labels)));
  return task;
}

export interface LoadedTask extends Task {
  /** By the name of the weights in the network. */
  readonly initial: ReadonlyMap<string, Float32Array>;
  batch(step: number): Batch;
}

export function readTask(folder: string): LoadedTask {
  const read = (name: string) => Uint8Array.from(readFileSync(path.join(folder, name))).buffer;
  const task = JSON.parse(readFileSync(path.join(folder, 'task.json'), 'utf8')) as Task;
  const { batchSize } = task.settings;
  const numbers = new Float32Array(read('weights.f32'));
  const pixels = new Float32Array(read('images.f32'));
  const classes = new Int32Array(read('labels.i32'));
  let start = 0;
  const initial = task.weights.map(({ name, shape }) => {
    const from = start;
    start += sizeOf(shape);
    return [name, numbers.subarray(from, start)] as const;
  });
  const shape = [batchSize, task.imageSize, task.imageSize, 3];
  const part = <T extends Float32Array | Int32Array>(all: T, i: number): T => {
    const size = all.length / task.batches;
    return all.subarray(i * size, (i + 1) * size) as T;
  };
  const batches = Array.from({ length: task.batches }, (_, i): Batch => {
    const images: Tensor = { shape, numbers: part(pixels, i) };
    return { images, labels: { shape: [batchSize], numbers: part(classes, i) } };
  });
  return {
    ...task,
    initial: new Map(initial),
    batch(step) {
      const found = batches[step % batches.length];
      if (!found) throw new RangeError('A task has batches.');
      return found;
    },
  };
}

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);
