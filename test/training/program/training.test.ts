import assert from 'node:assert/strict';
import type { Arm, OptimizerName, ReductionName } from '../../../src/protocol.ts';
import { OPTIMIZERS, REDUCTIONS } from '../../../src/protocol.ts';
import type { Tensor } from '../../../src/training/executors/executor.ts';
import { optimizers } from '../../../src/training/program/optimizers.ts';
import {
  experimentProgram,
  MEASURE,
  METRICS,
  type MetricName,
  measurementNames,
  metricNames,
  selectedOutput,
  startingNumbers,
  stepFunction,
} from '../../../src/training/program/training.ts';
import { cpu } from '../support/backends.ts';
import { assertClose, someBatch, someWeights, tensor } from '../support/numbers.ts';
import { tiny } from '../support/tiny.ts';

const scalar = (x: number): Tensor => tensor(Float32Array.of(x), []);
const norm = (...all: readonly (readonly number[])[]): number =>
  Math.sqrt(all.flat().reduce((sum, x) => sum + x * x, 0));

/** The four pixels that the network sees of each image. */
function seen(images: Tensor): number[][] {
  const size = 32 * 32 * 3;
  return Array.from({ length: images.shape[0]! }, (_, n) =>
    [0, 16].flatMap((y) =>
      [0, 16].flatMap((x) => [0, 1, 2].map((c) => images.numbers[n * size + (y * 32 + x) * 3 + c]!)),
    ),
  );
}

interface Weights {
  readonly matrix: readonly number[];
  readonly biases: readonly number[];
}

/** Per-example losses and the gradient of their reduction, for the softmax regression, in float64. */
function losses(
  { matrix, biases }: Weights,
  { images, labels }: ReturnType<typeof someBatch>,
  reduction: ReductionName,
) {
  const inputs = seen(images);
  const probabilities = inputs.map((x) => {
    const powers = biases.map((b, k) => Math.exp(x.reduce((sum, each, i) => sum + each * matrix[i * 10 + k]!, b)));
    const all = powers.reduce((sum, p) => sum + p, 0);
    return powers.map((p) => p / all);
  });
  const perExample = probabilities.map((p, n) => -Math.log(p[labels.numbers[n]!]!));
  const largest = perExample.indexOf(Math.max(...perExample));
  const share = (n: number) => ({ sum: 1, mean: 1 / inputs.length, max: n === largest ? 1 : 0 })[reduction];
  const atLogits = probabilities.map((p, n) =>
    p.map((each, k) => share(n) * (each - (labels.numbers[n] === k ? 1 : 0))),
  );
  const total = (term: (n: number) => number) => inputs.reduce((sum, _, n) => sum + term(n), 0);
  return {
    mean: total((n) => perExample[n]! / inputs.length),
    objective: total((n) => share(n) * perExample[n]!),
    largest,
    gradient: {
      matrix: matrix.map((_, i) => total((n) => inputs[n]![Math.floor(i / 10)]! * atLogits[n]![i % 10]!)),
      biases: biases.map((_, k) => total((n) => atLogits[n]![k]!)),
    },
  };
}

/** The optimisers as their papers write them: from each number's gradients so far, the last one at the end, to its step. */
const steps: Readonly<Record<OptimizerName, (gradients: readonly number[], arm: Arm) => number>> = {
  sgd: (gradients, { learningRate }) => learningRate * gradients.at(-1)!,
  momentum: (gradients, { learningRate }) => learningRate * gradients.reduce((velocity, g) => 0.9 * velocity + g, 0),
  adam(gradients, { learningRate, epsilon }) {
    const [m, v] = gradients.reduce(([m, v], g) => [0.9 * m! + 0.1 * g, 0.999 * v! + 0.001 * g * g], [0, 0]);
    const t = gradients.length;
    return (learningRate * (m! / (1 - 0.9 ** t))) / (Math.sqrt(v! / (1 - 0.999 ** t)) + epsilon);
  },
};

/** Trains in plain loops: the metrics of each step, and the weights after the last one. */
function trainedByHand(
  arm: Arm,
  optimizer: OptimizerName,
  start: Weights,
  batches: readonly ReturnType<typeof someBatch>[],
) {
  let weights = start;
  const past: Weights[] = [];
  const metrics = batches.map((batch): Record<MetricName, number> => {
    const { mean, objective, gradient } = losses(weights, batch, arm.reduction);
    const penalty = weights.matrix.map((w) => (arm.decay === 'coupled' ? arm.weightDecay * w : 0));
    const whole = gradient.matrix.map((g, i) => g + penalty[i]!);
    const gradientNorm = norm(whole, gradient.biases);
    const factor = arm.clipNorm === null ? 1 : Math.min(1, arm.clipNorm / gradientNorm);
    past.push({ matrix: whole.map((g) => g * factor), biases: gradient.biases.map((g) => g * factor) });
    const decay = arm.decay === 'decoupled' ? arm.learningRate * arm.weightDecay : 0;
    const step = (name: keyof Weights, i: number) =>
      steps[optimizer](
        past.map((each) => each[name][i]!),
        arm,
      );
    const matrixSteps = weights.matrix.map((w, i) => step('matrix', i) + decay * w);
    const biasSteps = weights.biases.map((_, i) => step('biases', i));
    weights = {
      matrix: weights.matrix.map((w, i) => w - matrixSteps[i]!),
      biases: weights.biases.map((b, i) => b - biasSteps[i]!),
    };
    return {
      loss: mean,
      objective,
      dataGradientNorm: norm(gradient.matrix, gradient.biases),
      penaltyGradientNorm: norm(penalty),
      gradientNorm,
      updateNorm: norm(matrixSteps, biasSteps),
      weightNorm: norm(weights.matrix, weights.biases),
    };
  });
  return { metrics, weights };
}

const variants: Readonly<Record<string, Pick<Arm, 'weightDecay' | 'decay' | 'clipNorm'>>> = {
  'without decay': { weightDecay: 0, decay: 'coupled', clipNorm: null },
  'with a penalty': { weightDecay: 0.3, decay: 'coupled', clipNorm: null },
  'with decoupled decay': { weightDecay: 0.3, decay: 'decoupled', clipNorm: null },
  'with clipping that bites': { weightDecay: 0.3, decay: 'coupled', clipNorm: 0.2 },
  'with clipping that does not bite': { weightDecay: 0.3, decay: 'decoupled', clipNorm: 1e3 },
};
const BATCH = 5;
const arms: readonly Arm[] = REDUCTIONS.flatMap((reduction) =>
  Object.entries(variants).map(([variant, settings]): Arm => {
    const name = `${reduction} ${variant}`;
    return { name, reduction, batchFactor: 1, batchSize: BATCH, learningRate: 0.05, epsilon: 0.01, ...settings };
  }),
);
const startNumbers = someWeights(tiny);
const start: Weights = { matrix: [...startNumbers.get('matrix')!], biases: [...startNumbers.get('biases')!] };
const batches = [1, 2, 3].map((seed) => someBatch(tiny, seed === 3 ? BATCH - 2 : BATCH, seed));

async function trained(optimizer: OptimizerName, metrics: boolean) {
  const executor = await cpu.compile(experimentProgram(tiny, optimizers[optimizer], arms, { metrics }));
  executor.write(startingNumbers(tiny, optimizers[optimizer], arms, startNumbers));
  const outputs = batches.map((batch, i) => {
    const corrections = Object.entries(optimizers[optimizer].corrections(i + 1));
    const inputs = { ...batch, ...Object.fromEntries(corrections.map(([name, x]) => [name, scalar(x)])) };
    return executor.run(stepFunction(1), inputs);
  });
  const weights = executor.read();
  executor.dispose();
  return { outputs, weights };
}

describe('a step', function () {
  this.timeout(30_000);
  for (const optimizer of OPTIMIZERS) {
    it(`of ${optimizers[optimizer].title} moves the weights as plain loops do, and says so in its metrics`, async () => {
      const { outputs, weights } = await trained(optimizer, true);
      arms.forEach((arm, a) => {
        const expected = trainedByHand(arm, optimizer, start, batches);
        expected.metrics.forEach((metrics, step) => {
          metricNames.forEach((name, m) => {
            const actual = outputs[step]![METRICS]![a * metricNames.length + m]!;
            assertClose([actual], [metrics[name]], 1e-5, `${arm.name}, step ${step + 1}: ${name}`);
          });
        });
        assertClose(weights.get(`${arm.name}/matrix`)!, expected.weights.matrix, 1e-5, `${arm.name}: matrix`);
        assertClose(weights.get(`${arm.name}/biases`)!, expected.weights.biases, 1e-5, `${arm.name}: biases`);
      });
    });
  }

  it('names the example that the maximum selects, of an arm that is trained on it', async () => {
    const { outputs } = await trained('sgd', true);
    for (const arm of arms) {
      const selected = outputs[0]![selectedOutput(arm.name)];
      const expected = arm.reduction === 'max' ? Int32Array.of(losses(start, batches[0]!, 'max').largest) : undefined;
      assert.deepEqual(selected, expected, arm.name);
    }
  });

  it('moves the weights alike where metrics are off, and then says only the loss', async () => {
    const [on, off] = [await trained('momentum', true), await trained('momentum', false)];
    assert.deepEqual(off.weights, on.weights);
    off.outputs.forEach((outputs, step) => {
      const expected = on.outputs[step]![METRICS]!.map((x, i) => (i % metricNames.length === 0 ? x : 0));
      assert.deepEqual(outputs[METRICS], expected);
    });
  });
});

describe('a measurement', () => {
  it('holds losses, gradient norms, what sum and B times mean differ by, and the norm of the penalised weights', async () => {
    const [batch] = batches;
    const executor = await cpu.compile(experimentProgram(tiny, optimizers.sgd, arms, { reference: arms[3] }));
    executor.write(startingNumbers(tiny, optimizers.sgd, arms, startNumbers));
    const measured = (batchSize: number) => {
      const { measurements = [], selected } = executor.run(MEASURE, { ...batch!, batchSize: scalar(batchSize) });
      return { selected, numbers: Object.fromEntries(measurementNames.map((name, i) => [name, measurements[i]!])) };
    };
    const { numbers, selected } = measured(BATCH);
    for (const reduction of REDUCTIONS) {
      const { objective, gradient } = losses(start, batch!, reduction);
      assertClose([numbers[`loss/${reduction}`]!], [objective], 1e-5, `loss of ${reduction}`);
      const expected = norm(gradient.matrix, gradient.biases);
      assertClose([numbers[`gradient/${reduction}`]!], [expected], 1e-5, `gradient of ${reduction}`);
    }
    assertClose([numbers['gradient/penalty']!], [norm(start.matrix)], 1e-5, 'penalty');
    assert.ok(numbers['gradient/sum-mean mismatch']! < 1e-6);
    assert.deepEqual(selected, Int32Array.of(losses(start, batch!, 'max').largest));
    // With another number in the place of B they differ by what is missing.
    assertClose(
      [measured(BATCH - 1).numbers['gradient/sum-mean mismatch']!],
      [numbers['gradient/mean']!],
      1e-5,
      'mismatch',
    );
    executor.dispose();
  });
});
