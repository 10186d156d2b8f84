import * as tfjs from '@tensorflow/tfjs-core';
import type { Arm, OptimizerName, ReductionName } from '../../../src/protocol.ts';
import { NETWORKS, OPTIMIZERS, REDUCTIONS } from '../../../src/protocol.ts';
import type { Backend, Tensor } from '../../../src/training/executors/executor.ts';
import { type Network, networks } from '../../../src/training/program/networks.ts';
import { optimizers } from '../../../src/training/program/optimizers.ts';
import {
  COMPARE,
  EVALUATE,
  experimentProgram,
  MEASURE,
  METRICS,
  startingNumbers,
  stepFunction,
} from '../../../src/training/program/training.ts';
import { referenceOf } from '../support/autodiff.ts';
import { cpu, needNative, tensorflow, wasm } from '../support/backends.ts';
import { assertClose, someBatch, someWeights, tensor } from '../support/numbers.ts';

const STEPS = 3;
const scalar = (x: number): Tensor => tensor(Float32Array.of(x), []);

const RATES: Readonly<Record<ReductionName, number>> = { sum: 0.002, mean: 0.01, max: 0.005 };

/** Where decay and clipping stand in an arm. The clip is far below the first gradients of all networks, so that it bites. */
const variants = {
  coupled: { weightDecay: 0.1, decay: 'coupled', clipNorm: null },
  decoupled: { weightDecay: 0.1, decay: 'decoupled', clipNorm: null },
  clipped: { weightDecay: 0.01, decay: 'coupled', clipNorm: 0.5 },
} as const;
const VARIANTS = ['coupled', 'decoupled', 'clipped'] as const;

/** ε is large enough to hide what the first step of Adam would make of gradients that are nothing but rounding. */
const arm = (reduction: ReductionName, variant: (typeof VARIANTS)[number]): Arm => ({
  name: `${reduction} ${variant}`,
  reduction,
  batchFactor: 1,
  batchSize: 4,
  learningRate: RATES[reduction],
  epsilon: 1e-3,
  ...variants[variant],
});

/** Each reduction with each variant; of the tutorial's network, which is large, one variant each, another one for each optimiser. */
function armsFor(network: Network, optimizer: OptimizerName): Arm[] {
  const turn = OPTIMIZERS.indexOf(optimizer);
  return REDUCTIONS.flatMap((reduction, i) =>
    network.name === 'tutorial'
      ? [arm(reduction, VARIANTS[(i + turn) % 3] ?? 'coupled')]
      : VARIANTS.map((variant) => arm(reduction, variant)),
  );
}

/** Everything that a backend calculates in some steps, by a name that says what it is. */
async function trained(backend: Backend, network: Network, optimizer: OptimizerName, arms: readonly Arm[]) {
  // These two differ so much that their difference has digits to compare.
  const pairs = [{ first: arms[0]?.name ?? '', second: arms.at(-1)?.name ?? '' }];
  const executor = await backend.compile(experimentProgram(network, optimizers[optimizer], arms, { pairs }));
  executor.write(startingNumbers(network, optimizers[optimizer], arms, someWeights(network)));
  const numbers = new Map<string, ArrayLike<number>>();
  const keep = (outputs: Readonly<Record<string, ArrayLike<number>>>, when: string) => {
    for (const [name, output] of Object.entries(outputs)) numbers.set(`${name} ${when}`, output);
  };
  for (let step = 1; step <= STEPS; step++) {
    const corrections = Object.entries(optimizers[optimizer].corrections(step));
    const batch = someBatch(network, step === STEPS ? 3 : 4, step);
    const { [METRICS]: metrics = [], ...selected } = executor.run(stepFunction(1), {
      ...batch,
      ...Object.fromEntries(corrections.map(([name, x]) => [name, scalar(x)])),
    });
    keep(selected, `at step ${step}`);
    // One by one, as each metric has a size of its own.
    for (let i = 0; i < metrics.length; i++) numbers.set(`metric ${i} at step ${step}`, [metrics[i] ?? Number.NaN]);
  }
  const batch = someBatch(network, 4, STEPS + 1);
  keep(executor.run(EVALUATE, batch), 'at the end');
  const { measurements = [], selected = [] } = executor.run(MEASURE, { ...batch, batchSize: scalar(4) });
  keep(
    { selected, losses: Array.from(measurements).slice(0, 3), gradients: Array.from(measurements).slice(3, 6) },
    'measured',
  );
  keep({ penalty: Array.from(measurements).slice(7) }, 'measured');
  keep(executor.run(COMPARE, {}), 'compared');
  for (const [name, weights] of executor.read()) numbers.set(name, weights);
  executor.dispose();
  return numbers;
}

describe('the executors', function () {
  this.timeout(120_000);
  for (const name of NETWORKS) {
    for (const optimizer of OPTIMIZERS) {
      const network = networks[name];
      const title = `agree on the ${network.title} under ${optimizers[optimizer].title}, for each reduction`;
      it(`${title}, with decay in the loss, decoupled decay and clipping`, async function () {
        const arms = armsFor(network, optimizer);
        const others = name === 'softmax' ? [wasm, ...(tensorflow ? [tensorflow] : [])] : [needNative(this).backend];
        const expected = await trained(name === 'softmax' ? cpu : wasm, network, optimizer, arms);
        for (const other of others) {
          const actual = await trained(other, network, optimizer, arms);
          for (const [what, numbers] of expected) {
            assertClose(actual.get(what) ?? [], numbers, 1e-4, `${other.name}: ${what}`);
          }
        }
      });
    }
  }
});

describe('an optimiser', function () {
  this.timeout(60_000);
  const network = networks.softmax;
  const rate = 0.002;
  const theirs = {
    sgd: () => tfjs.train.sgd(rate),
    momentum: () => tfjs.train.momentum(rate, 0.9),
    adam: () => tfjs.train.adam(rate, 0.9, 0.999, 1e-3),
  };
  for (const optimizer of OPTIMIZERS) {
    it(`takes the steps of TensorFlow.js's own: ${optimizers[optimizer].title}`, async () => {
      const single: Arm = { ...arm('mean', 'coupled'), learningRate: rate, weightDecay: 0 };
      const executor = await cpu.compile(experimentProgram(network, optimizers[optimizer], [single]));
      executor.write(startingNumbers(network, optimizers[optimizer], [single], someWeights(network)));
      const reference = referenceOf(tfjs, network, someWeights(network));
      const own = theirs[optimizer]();
      for (let step = 1; step <= 5; step++) {
        const batch = someBatch(network, 4, step);
        const corrections = Object.entries(optimizers[optimizer].corrections(step));
        executor.run(stepFunction(1), {
          ...batch,
          ...Object.fromEntries(corrections.map(([name, x]) => [name, scalar(x)])),
        });
        reference.step(own, 'mean', batch);
      }
      const numbers = executor.read();
      for (const [name, expected] of reference.weights()) {
        assertClose(numbers.get(`${single.name}/${name}`) ?? [], expected, 1e-5, name);
      }
      own.dispose();
      reference.dispose();
      executor.dispose();
    });
  }
});
