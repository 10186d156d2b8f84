import assert from 'node:assert/strict';
import fc from 'fast-check';
import { gradientsOf } from '../../../src/training/program/gradient.ts';
import {
  add,
  addBias,
  affine,
  convolution,
  crossEntropy,
  divide,
  flatten,
  halfSquaredNorm,
  input,
  integerInput,
  matrixProduct,
  maxPool,
  multiply,
  reductions,
  relu,
  reshape,
  scalar,
  square,
  total,
  variable,
} from '../../../src/training/program/operations.ts';
import type { Program, Value, Variable } from '../../../src/training/program/value.ts';
import { backends } from '../support/backends.ts';
import { evaluate, type Numbers } from '../support/interpreter.ts';
import { assertClose, someNumbers, tensor } from '../support/numbers.ts';

const BATCH = 2;
const labels = Int32Array.of(2, 0);
const variables: readonly Variable[] = [
  { name: 'images', shape: [BATCH, 5, 4, 2] },
  { name: 'filters', shape: [3, 3, 2, 2] },
  { name: 'wide filters', shape: [1, 5, 2, 2] },
  { name: 'colours', shape: [2] },
  { name: 'matrix', shape: [3, 3] },
  { name: 'bias', shape: [3] },
  { name: 'dense 40', shape: [40, 3] },
  { name: 'dense 12', shape: [12, 3] },
  { name: 'dense 8', shape: [8, 3] },
];
const [images, filters, wideFilters, colours, matrix, bias] = variables.map(({ name, shape }) =>
  variable(name, shape),
) as [Value, Value, Value, Value, Value, Value];

type Layer = (x: Value, earlier: Value) => Value;
const onAnything: Record<string, Layer> = {
  relu: (x) => relu(x),
  add: (x, earlier) => add(x, earlier),
  multiply: (x, earlier) => affine(multiply(x, earlier), 0.3),
  scale: (x) => affine(x, -0.7, 0.2),
  shift: (x) => affine(x, 1, 0.3),
};
const onImages: Record<string, Layer> = {
  ...onAnything,
  convolution: (x) => convolution(x, filters),
  'wide convolution': (x) => convolution(x, wideFilters),
  addBias: (x) => addBias(x, colours),
};
const onMatrices: Record<string, Layer> = {
  ...onAnything,
  matrixProduct: (x) => matrixProduct(x, matrix),
  addBias: (x) => addBias(x, bias),
  reshape: (x) => reshape(add(reshape(x, [3, BATCH]), reshape(x, [3, BATCH])), [null, 3]),
};
/** [2, 5, 4, 2] to a matrix [2, n] */
const pools: Record<string, (x: Value) => Value> = {
  'no pool': (x) => x,
  halves: (x) => maxPool(x, { size: 2, stride: 2 }),
  overlapping: (x) => maxPool(x, { size: 3, stride: 2 }),
  'every third': (x) => maxPool(x, { size: 2, stride: 3 }),
};
const dense: Record<number, Value> = Object.fromEntries(
  variables.slice(6).map(({ name, shape }) => [shape[0], variable(name, shape)]),
);

const layersOf = (table: Record<string, Layer>) =>
  fc.array(fc.tuple(fc.constantFrom(...Object.keys(table)), fc.nat(10)), { maxLength: 4 });

/** How a random loss is built, in words. */
const plans = fc.record({
  onImages: layersOf(onImages),
  rectified: fc.boolean(),
  pool: fc.constantFrom(...Object.keys(pools)),
  onMatrices: layersOf(onMatrices),
  reduction: fc.constantFrom('sum', 'mean', 'max'),
  penalty: fc.boolean(),
  seed: fc.integer({ min: 1, max: 1e6 }),
});
type Plan = typeof plans extends fc.Arbitrary<infer T> ? T : never;

function stack(start: Value, layers: Plan['onImages'], table: Record<string, Layer>): Value {
  const all = [start];
  for (const [name, back] of layers) all.push(table[name]!(all.at(-1)!, all[back % all.length]!));
  return all.at(-1)!;
}

function lossOf(plan: Plan): Value {
  const last = stack(images, plan.onImages, onImages);
  const flat = flatten(pools[plan.pool]!(plan.rectified ? relu(last) : last));
  const logits = stack(matrixProduct(flat, dense[flat.shape[1]!]!), plan.onMatrices, onMatrices);
  const perExample = crossEntropy(logits, integerInput('labels', [BATCH]));
  const data = reductions[plan.reduction as 'sum'](perExample);
  return plan.penalty
    ? total([data, affine(halfSquaredNorm(logits), 0.1), affine(halfSquaredNorm(images), 0.01)])
    : data;
}

/** Small, so that no relu and no maximum changes sides within it. */
const WIDTH = 1e-8;

describe('differentiation', function () {
  this.timeout(120_000);
  it('of random programs gives what finite differences in float64 give, on every backend', async () => {
    const property = fc.asyncProperty(plans, async (plan) => {
      const loss = lossOf(plan);
      // Divided by the root of how many are added up, so that numbers stay of one size from layer to layer.
      const numbers = new Map(
        variables.map(({ name, shape }, i) => {
          const size = Math.sqrt(i === 0 ? 1 : shape.slice(0, -1).reduce((a, b) => a * b, 1));
          const all = someNumbers(
            shape.reduce((a, b) => a * b),
            plan.seed + i,
          );
          return [name, all.map((x) => x / size)];
        }),
      );
      const given = new Map<string, Numbers>([['labels', { shape: [BATCH], numbers: [...labels] }]]);
      for (const { name, shape } of variables) given.set(name, { shape, numbers: [...numbers.get(name)!] });
      const lossWith = (changed: string, numbers: readonly number[]): number =>
        evaluate(loss, new Map(given).set(changed, { shape: given.get(changed)!.shape, numbers })).numbers[0]!;

      const used = variables.filter(({ name }) => uses(loss, name));
      const wanted = used.map(({ name }) => variableIn(loss, name));
      const outputs = Object.fromEntries(gradientsOf(loss, wanted).map((gradient, i) => [used[i]!.name, gradient]));
      const program: Program = {
        variables,
        functions: { it: { outputs: { ...outputs, loss }, assignments: new Map() } },
      };

      const expected = new Map(
        used.map(({ name }) => {
          const start = given.get(name)!.numbers;
          // A part of the elements is enough, and takes a part of the time.
          const places = start.map((_, i) => i).filter((i) => start.length < 20 || i % 5 === plan.seed % 5);
          const slopes = places.map(
            (i) =>
              (lossWith(name, start.with(i, start[i]! + WIDTH)) - lossWith(name, start.with(i, start[i]! - WIDTH))) /
              (2 * WIDTH),
          );
          return [name, { places, slopes }];
        }),
      );
      // The kernel of WebAssembly passes no gradient to a maximum that is negative; networks pool what relu has left.
      const able =
        plan.rectified || plan.pool === 'no pool' ? backends : backends.filter(({ name }) => name !== 'wasm');
      for (const backend of able) {
        const executor = await backend.compile(program);
        executor.write(numbers);
        const actual = executor.run('it', { labels: tensor(labels, [BATCH]) });
        executor.dispose();
        assertClose(actual.loss!, evaluate(loss, given).numbers, 1e-5, `${backend.name}: loss`);
        const largest = Math.max(...[...expected.values()].flatMap(({ slopes }) => slopes.map(Math.abs)));
        for (const [name, { places, slopes }] of expected) {
          places.forEach((i, at) => {
            const difference = Math.abs(actual[name]![i]! - slopes[at]!);
            assert.ok(
              difference <= 1e-4 * largest + 1e-6,
              `${backend.name}: ${name}[${i}] is ${actual[name]![i]}, not ${slopes[at]}`,
            );
          });
        }
      }
    });
    await fc.assert(property, { numRuns: 40 });
  });
});

const variableIn = (v: Value, name: string): Value => find(v, name)!;
const uses = (v: Value, name: string): boolean => find(v, name) !== undefined;

function find(v: Value, name: string): Value | undefined {
  if (v.operation === 'variable' && v.attributes.name === name) return v;
  for (const operand of v.operands) {
    const found = find(operand, name);
    if (found) return found;
  }
  return undefined;
}

describe('a gradient', () => {
  const x = variable('x', [4]);
  it('does not exist of what the loss does not depend on', () => {
    assert.throws(
      () => gradientsOf(halfSquaredNorm(x), [variable('y', [4])]),
      /RangeError: The loss does not depend on/,
    );
  });

  it('does not exist through operations that have no rule, and the operation is named', () => {
    assert.throws(
      () => gradientsOf(reductions.sum(square(x)), [x]),
      /RangeError: There is no rule to differentiate square/,
    );
    assert.throws(() => gradientsOf(reductions.sum(divide(x, x)), [x]), /no rule to differentiate divide/);
    assert.throws(() => gradientsOf(reductions.sum(multiply(x, scalar(2))), [x]), /multiply with a scalar/);
    const w = variable('w', [4, 4]);
    const transposed = matrixProduct(w, input('m', [4, 4]), { transposeA: true });
    assert.throws(() => gradientsOf(halfSquaredNorm(transposed), [w]), /a transposed matrixProduct/);
  });

  it('of a loss that is no scalar does not exist', () => {
    assert.throws(() => gradientsOf(affine(x, 2), [x]), /RangeError: .*\[4\]/);
  });
});
