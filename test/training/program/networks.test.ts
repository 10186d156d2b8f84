import assert from 'node:assert/strict';
import * as tfjs from '@tensorflow/tfjs-core';
import { NETWORKS, REDUCTIONS } from '../../../src/protocol.ts';
import { gradientsOf } from '../../../src/training/program/gradient.ts';
import { networks } from '../../../src/training/program/networks.ts';
import { crossEntropy, input, integerInput, reductions, variable } from '../../../src/training/program/operations.ts';
import type { Program } from '../../../src/training/program/value.ts';
import { referenceOf } from '../support/autodiff.ts';
import { cpu, native, tensorflow, wasm } from '../support/backends.ts';
import { assertClose, someBatch, someWeights } from '../support/numbers.ts';

/** A function for each reduction that returns the gradient of every weight. */
function gradientProgram(network: (typeof networks)['light']): Program {
  const size = network.imageSize;
  const weights = network.weights.map(({ name, shape }) => variable(name, shape));
  const logits = network.logits(input('images', [null, size, size, 3]), weights);
  const perExample = crossEntropy(logits, integerInput('labels', [null]));
  const functions = REDUCTIONS.map((reduction) => {
    const gradients = gradientsOf(reductions[reduction](perExample), weights);
    const outputs = Object.fromEntries(network.weights.map(({ name }, i) => [name, gradients[i]!]));
    return [reduction, { outputs, assignments: new Map() }];
  });
  return { variables: network.weights, functions: Object.fromEntries(functions) };
}

describe('the gradient', function () {
  this.timeout(60_000);
  for (const name of NETWORKS) {
    const network = networks[name];
    it(`of the ${network.title} is that of TensorFlow.js's own differentiation, for each reduction`, async () => {
      // Plain JavaScript is the only other backend that differentiates convolutions, and takes half a second for an image.
      const batch = someBatch(network, tensorflow || name === 'softmax' ? 6 : 2, 11);
      const start = someWeights(network);
      const executor = await (tensorflow ?? wasm).compile(gradientProgram(network));
      executor.write(start);
      const actual = REDUCTIONS.map((reduction) => executor.run(reduction, batch));
      executor.dispose();
      if (!native) await tfjs.setBackend(cpu.name);
      const reference = referenceOf(native ?? tfjs, network, start);
      REDUCTIONS.forEach((reduction, i) => {
        for (const [weights, expected] of reference.gradients(reduction, batch)) {
          assertClose(actual[i]![weights]!, expected, 1e-5, `${reduction}: ${weights}`);
        }
      });
      reference.dispose();
    });
  }

  it('of a maximum is shared by examples that tie', async () => {
    const network = networks.softmax;
    const { images, labels } = someBatch(network, 3, 5);
    const first = { images: images.numbers.subarray(0, 3072), label: labels.numbers[0]! };
    const repeated = (times: number) => ({
      images: {
        shape: [times, 32, 32, 3],
        numbers: Float32Array.from({ length: times * 3072 }, (_, i) => first.images[i % 3072]!),
      },
      labels: { shape: [times], numbers: new Int32Array(times).fill(first.label) },
    });
    for (const backend of tensorflow ? [cpu, wasm, tensorflow] : [cpu, wasm]) {
      const executor = await backend.compile(gradientProgram(network));
      executor.write(someWeights(network));
      const [once, thrice] = [executor.run('max', repeated(1)), executor.run('max', repeated(3))];
      executor.dispose();
      for (const { name } of network.weights) assertClose(thrice[name]!, once[name]!, 1e-6, `${backend.name}: ${name}`);
    }
  });
});

describe('the networks', () => {
  it('have as many parameters as their papers say', () => {
    const parameters = NETWORKS.map((name) =>
      networks[name].weights.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0),
    );
    // light: 448 + 4,640 + 131,136 + 650; tutorial: 4,864 + 102,464 + 885,120 + 73,920 + 1,930; softmax: 30,720 + 10
    assert.deepEqual(Object.fromEntries(NETWORKS.map((name, i) => [name, parameters[i]])), {
      light: 136_874,
      tutorial: 1_068_298,
      softmax: 30_730,
    });
  });

  it('have a penalty on weights and never on biases; the tutorial on its two dense layers alone', () => {
    const penalized = (name: (typeof NETWORKS)[number]) =>
      networks[name].weights.filter((weights) => weights.penalized).map((weights) => weights.name);
    assert.deepEqual(penalized('softmax'), ['classes/weights']);
    assert.deepEqual(
      penalized('light'),
      ['convolution1', 'convolution2', 'dense', 'classes'].map((x) => `${x}/weights`),
    );
    assert.deepEqual(penalized('tutorial'), ['local3/weights', 'local4/weights']);
  });
});
