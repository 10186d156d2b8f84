import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tfjs from '@tensorflow/tfjs-core';
import type { Arm } from '../../../src/protocol.ts';
import { READ, savedModelOf, UNUSED, WRITE } from '../../../src/training/executors/tensorflow/saved-model.ts';
import { networks } from '../../../src/training/program/networks.ts';
import {
  add,
  affine,
  convolution,
  crossEntropy,
  halfSquaredNorm,
  indexOfLargest,
  input,
  largestDifference,
  matrixProduct,
  maxPool,
  norm,
  pack,
  reductions,
  reshape,
  total,
  variable,
} from '../../../src/training/program/operations.ts';
import { optimizers } from '../../../src/training/program/optimizers.ts';
import {
  classesOutput,
  EVALUATE,
  experimentProgram,
  lossesOutput,
  MEASURE,
  METRICS,
  selectedOutput,
  startingNumbers,
  stepFunction,
} from '../../../src/training/program/training.ts';
import type { Program } from '../../../src/training/program/value.ts';
import { backends, nativeFolder, needNative } from '../support/backends.ts';
import { someBatch, someWeights, tensor } from '../support/numbers.ts';
import { tiny } from '../support/tiny.ts';

const [a, b] = [variable('a', [2]), variable('b', [2])];
const variables = [
  { name: 'a', shape: [2] },
  { name: 'b', shape: [2] },
];
const nothing = new Map();
const numbers = (...all: number[]) => Float32Array.from(all);
const start = new Map([
  ['a', numbers(1, 2)],
  ['b', numbers(3, 4)],
]);
const vector = (...all: number[]) => tensor(numbers(...all), [all.length]);

const arm: Arm = {
  name: 'mean',
  reduction: 'mean',
  batchFactor: 1,
  batchSize: 4,
  learningRate: 0.01,
  weightDecay: 0.1,
  decay: 'coupled',
  clipNorm: 1,
  epsilon: 1e-8,
};
const arms: readonly Arm[] = [arm, { ...arm, name: 'max', reduction: 'max' }];

for (const backend of backends) {
  describe(`a program on ${backend.name}`, function () {
    this.timeout(60_000);
    const compiled = async (functions: Program['functions']) => {
      const executor = await backend.compile({ variables, functions });
      executor.write(start);
      return executor;
    };

    it('reads all variables before it assigns any: two variables change places', async () => {
      const assignments = new Map([
        ['a', b],
        ['b', a],
      ]);
      const executor = await compiled({ swap: { outputs: { before: a, sum: add(a, b) }, assignments } });
      const outputs = executor.run('swap', {});
      assert.deepEqual(outputs, { before: numbers(1, 2), sum: numbers(4, 6) });
      assert.deepEqual(Object.fromEntries(executor.read()), { a: numbers(3, 4), b: numbers(1, 2) });
      executor.run('swap', {});
      assert.deepEqual(Object.fromEntries(executor.read()), Object.fromEntries(start));
      executor.dispose();
    });

    it('gives one value to two variables, which then go separate ways', async () => {
      const both = affine(add(a, b), 2);
      const executor = await compiled({
        same: {
          outputs: {},
          assignments: new Map([
            ['a', both],
            ['b', both],
          ]),
        },
        one: { outputs: {}, assignments: new Map([['a', affine(a, 1, 1)]]) },
      });
      executor.run('same', {});
      executor.run('one', {});
      assert.deepEqual(Object.fromEntries(executor.read()), { a: numbers(9, 13), b: numbers(8, 12) });
      executor.dispose();
    });

    it('leaves what it returned as it was, and has no memory in common with what it was given', async () => {
      const x = input('x', [2]);
      const executor = await compiled({ it: { outputs: { a, x }, assignments: new Map([['a', add(a, x)]]) } });
      const written = new Map([...start].map(([name, all]) => [name, all.slice()]));
      executor.write(written);
      written.get('a')!.fill(0);
      const given = vector(7, 8);
      const first = executor.run('it', { x: given });
      const read = executor.read();
      given.numbers.fill(0);
      const second = executor.run('it', { x: vector(9, 9) });
      assert.deepEqual(first.a, numbers(1, 2));
      assert.deepEqual(read.get('a'), numbers(8, 10));
      assert.deepEqual(second, { a: numbers(8, 10), x: numbers(9, 9) });
      executor.dispose();
    });

    it('takes an input that is written in several places once, with batches of any size', async () => {
      const sums = total([input('x', [null]), input('x', [null])]);
      const executor = await compiled({ it: { outputs: { twice: sums }, assignments: nothing } });
      assert.deepEqual(executor.run('it', { x: vector(1, 2, 3) }).twice, numbers(2, 4, 6));
      assert.deepEqual(executor.run('it', { x: vector(5) }).twice, numbers(10));
      executor.dispose();
    });

    it('gives the first of several largest, in whole numbers', async () => {
      const outputs = { first: indexOfLargest(input('x', [null])) };
      const executor = await compiled({ it: { outputs, assignments: nothing } });
      assert.deepEqual(executor.run('it', { x: vector(1, 5, 5, 2) }).first, Int32Array.of(1));
      executor.dispose();
    });

    it('measures differences and norms over all elements', async () => {
      const outputs = { both: pack([largestDifference(a, b), norm([a, b]), halfSquaredNorm(a)]) };
      const executor = await compiled({ it: { outputs, assignments: nothing } });
      executor.write(
        new Map([
          ['a', numbers(1, -4)],
          ['b', numbers(2, 2)],
        ]),
      );
      assert.deepEqual(executor.run('it', {}).both, numbers(6, 5, 8.5));
      executor.dispose();
    });

    it('has no other functions and no variables without numbers, and says which', async () => {
      const executor = await compiled({ it: { outputs: { a }, assignments: nothing } });
      assert.throws(() => executor.run('that', {}), /RangeError: The program has no function that\./);
      assert.throws(() => executor.write(new Map([['a', numbers(1, 2)]])), /b needs 2 numbers, and none are given\./);
      const short = new Map([...start, ['b', numbers(1)]]);
      assert.throws(() => executor.write(short), /RangeError: b needs 2 numbers, and 1 are given\./);
      executor.dispose();
    });

    it('refuses inputs of another shape and inputs that are missing, and says which', async () => {
      const executor = await compiled({
        it: { outputs: { y: affine(input('x', [null, 2]), 2) }, assignments: nothing },
      });
      const given = tensor(numbers(1, 2, 3), [1, 3]);
      assert.throws(
        () => executor.run('it', { x: given }),
        /RangeError: The input x has the shape \[1, 3\], not \[\?, 2\]\./,
      );
      assert.throws(() => executor.run('it', {}), /RangeError: The input x is missing\./);
      assert.deepEqual(executor.run('it', { x: tensor(numbers(1, 2), [1, 2]) }).y, numbers(2, 4));
      executor.dispose();
    });

    it('without any function or variable is none to stumble over', async () => {
      const executor = await backend.compile({ variables: [], functions: {} });
      executor.write(new Map());
      assert.equal(executor.read().size, 0);
      executor.dispose();
    });

    it('leaves no tensor behind in 200 steps, and none at all when it is given back', async () => {
      await tfjs.setBackend(backend.name === 'tfjs-node' ? 'tensorflow' : backend.name);
      const empty = tfjs.memory().numTensors;
      const executor = await backend.compile(experimentProgram(tiny, optimizers.adam, arms));
      executor.write(startingNumbers(tiny, optimizers.adam, arms, someWeights(tiny)));
      const batch = someBatch(tiny, 32, 1);
      const one = tensor(Float32Array.of(1), []);
      const run = (step: number) => {
        executor.run(stepFunction(1), { ...batch, 'adam/rate': one, 'adam/epsilon': one });
        if (step % 20 !== 0) return;
        executor.run(MEASURE, { ...batch, batchSize: one });
        executor.run(EVALUATE, batch);
      };
      run(0);
      const before = tfjs.memory().numTensors;
      const resident = process.memoryUsage.rss();
      for (let step = 1; step <= 200; step++) run(step);
      assert.equal(tfjs.memory().numTensors, before);
      // The images alone of so many steps are 79 MB.
      assert.ok(process.memoryUsage.rss() - resident < 60e6);
      executor.dispose();
      assert.equal(tfjs.memory().numTensors, empty);
    });
  });
}

describe('a program', () => {
  it('is refused where shapes do not fit, in a sentence with both', () => {
    const refused = (build: () => unknown, message: RegExp) => {
      assert.throws(build, (error: Error) => error instanceof RangeError && message.test(error.message));
    };
    const images = input('images', [null, 4, 4, 3]);
    refused(() => add(a, variable('c', [3])), /^cannot add \[2\] and \[3\]$/);
    refused(
      () => matrixProduct(input('x', [null, 3]), variable('w', [2, 3])),
      /^\[\?, 3\] and \[2, 3\] do not multiply$/,
    );
    refused(
      () => convolution(images, variable('f', [3, 3, 2, 8])),
      /^filters \[3, 3, 2, 8\] do not fit images \[\?, 4, 4, 3\]$/,
    );
    refused(() => convolution(images, variable('f', [2, 2, 3, 8])), /^filters of an even size/);
    refused(() => maxPool(input('x', [null, 3]), { size: 2, stride: 2 }), /^\[\?, 3\] are no images$/);
    refused(() => reshape(a, [3]), /^\[2\] cannot take the shape \[3\]$/);
    refused(() => reductions.mean(input('x', [null, 3])), /^\[\?, 3\] is no vector of per-example losses$/);
    refused(() => pack([a]), /^\[2\] is no scalar$/);
    refused(() => largestDifference(a, variable('c', [3])), /cannot be compared/);
    refused(() => crossEntropy(input('x', [null, 3]), input('labels', [null])), /^cross-entropy takes logits/);
    refused(() => networks.light.logits(images, [variable('w', [3, 3, 3, 16])]), /more layers than weights/);
    refused(() => total([]), /a sum of no values has no shape/);
  });
});

describe('the SavedModel of a program', () => {
  const program = experimentProgram(networks.softmax, optimizers.adam, arms, {
    pairs: [{ first: 'mean', second: 'max' }],
  });

  it('is read by the protocol buffers of tfjs-node, with a signature for each function', function () {
    needNative(this);
    const require = createRequire(path.join(nativeFolder, 'node_modules/@tensorflow/tfjs-node/package.json'));
    const messages = require('./dist/proto/api_pb.js');
    const model = messages.SavedModel.deserializeBinary(savedModelOf(program)).toObject();
    assert.equal(model.metaGraphsList.length, 1);
    const [graph] = model.metaGraphsList;
    assert.deepEqual(graph.metaInfoDef.tagsList, ['serve']);
    const shapeOf = (info: { tensorShape: { dimList: { size: number }[] } }) =>
      info.tensorShape.dimList.map(({ size }) => size);
    const table = Object.fromEntries(
      graph.signatureDefMap.map(([name, { inputsMap, outputsMap }]: [string, Record<string, [string, never][]>]) => [
        name,
        [inputsMap, outputsMap].map((infos) => Object.fromEntries(infos!.map(([key, info]) => [key, shapeOf(info)]))),
      ]),
    );
    const weights = Object.fromEntries(program.variables.map(({ name, shape }) => [name, [...shape]]));
    const batch = { images: [-1, 32, 32, 3], labels: [-1] };
    const each = (output: (arm: string) => string) => Object.fromEntries(arms.map(({ name }) => [output(name), [-1]]));
    assert.deepEqual(table, {
      [WRITE]: [weights, { done: [] }],
      [READ]: [{ [UNUSED]: [] }, weights],
      'step 1': [
        { ...batch, 'adam/rate': [], 'adam/epsilon': [] },
        { [METRICS]: [14], [selectedOutput('max')]: [] },
      ],
      evaluate: [batch, { ...each(lossesOutput), ...each(classesOutput) }],
      measure: [
        { ...batch, batchSize: [] },
        { measurements: [8], selected: [] },
      ],
      compare: [{ [UNUSED]: [] }, { differences: [1] }],
    });
    const names = graph.graphDef.nodeList.map(({ name }: { name: string }) => name);
    assert.equal(new Set(names).size, names.length);
  });

  it('is on the disk only while it is loaded', async function () {
    const { backend } = needNative(this);
    const folders = () =>
      readdirSync(tmpdir())
        .filter((name) => name.startsWith('loss-lens-graph-'))
        .sort();
    const before = folders();
    const executor = await backend.compile(program);
    assert.deepEqual(folders(), before);
    executor.dispose();
  });
});
