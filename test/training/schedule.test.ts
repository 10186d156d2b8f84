import assert from 'node:assert/strict';
import fc from 'fast-check';
import { scheduleOf, type Update } from '../../src/training/schedule.ts';

/** Everything that the arms of a factor were given until a step. */
const given = (updates: readonly Update[], factor: number): Update[] =>
  updates.filter(({ batchFactor }) => batchFactor === factor);

const indicesOf = (updates: readonly Update[]): number[] => updates.flatMap(({ indices }) => Array.from(indices));

const situations = fc.record({
  count: fc.integer({ min: 1, max: 60 }),
  batchSize: fc.integer({ min: 1, max: 12 }),
  factor: fc.integer({ min: 1, max: 9 }),
  seed: fc.nat(1000),
  epochs: fc.integer({ min: 1, max: 3 }),
});

describe('a schedule', () => {
  it('shows every arm each example once in every epoch, and all arms the same examples whenever they meet', () => {
    fc.assert(
      fc.property(situations, ({ count, batchSize, factor, seed, epochs }) => {
        const factors = [...new Set([1, factor])];
        const schedule = scheduleOf(count, batchSize, seed, factors);
        const all = Array.from({ length: count }, (_, i) => i);
        const past: Update[] = [];
        for (let step = 1; step <= epochs * schedule.stepsPerEpoch; step++) {
          const updates = schedule.updatesAt(step);
          assert.equal(updates[0]?.batchFactor, 1);
          past.push(...updates);
          for (const { batchFactor, examples, epoch } of updates) {
            const seen = given(past, batchFactor);
            assert.equal(examples, indicesOf(seen).length);
            assert.equal(epoch, Math.floor((step - 1) / schedule.stepsPerEpoch));
          }
          for (const each of factors) {
            assert.equal(schedule.examplesSeen(step, each), indicesOf(given(past, each)).length);
          }
          if (updates.length === factors.length) {
            assert.deepEqual(indicesOf(given(past, factor)), indicesOf(given(past, 1)));
          }
        }
        for (const each of factors) {
          const updates = given(past, each);
          assert.deepEqual(
            updates.map(({ number }) => number),
            updates.map((_, i) => i + 1),
          );
          for (let epoch = 0; epoch < epochs; epoch++) {
            const ofEpoch = updates.filter((update) => update.epoch === epoch);
            assert.deepEqual(
              indicesOf(ofEpoch).sort((a, b) => a - b),
              all,
            );
            const sizes = ofEpoch.map(({ indices }) => indices.length);
            assert.ok(sizes.slice(0, -1).every((size) => size === each * batchSize));
            assert.ok(sizes.at(-1)! <= each * batchSize);
          }
        }
        assert.equal(given(past, 1).at(-1)?.indices.length, schedule.lastBatchSize);
      }),
    );
  });

  it('says the same of a step whatever was asked before', () => {
    fc.assert(
      fc.property(situations, fc.nat(100), ({ count, batchSize, factor, seed }, before) => {
        const [asked, fresh] = [0, 1].map(() => scheduleOf(count, batchSize, seed, [1, factor]));
        asked!.updatesAt(before + 1);
        assert.deepEqual(asked!.updatesAt(7), fresh!.updatesAt(7));
      }),
    );
  });

  it('ends an epoch with smaller batches, by hand', () => {
    // 22 examples in batches of 4: 4, 4, 4, 4, 4, 2; of four batches each: 16, 6.
    const schedule = scheduleOf(22, 4, 1, [1, 4]);
    const sizes = Array.from({ length: 12 }, (_, i) =>
      schedule.updatesAt(i + 1).map(({ number, indices, examples }) => [number, indices.length, examples]),
    );
    assert.equal(schedule.stepsPerEpoch, 6);
    assert.equal(schedule.lastBatchSize, 2);
    assert.deepEqual(sizes, [
      [[1, 4, 4]],
      [[2, 4, 8]],
      [[3, 4, 12]],
      [
        [4, 4, 16],
        [1, 16, 16],
      ],
      [[5, 4, 20]],
      [
        [6, 2, 22],
        [2, 6, 22],
      ],
      [[7, 4, 26]],
      [[8, 4, 30]],
      [[9, 4, 34]],
      [
        [10, 4, 38],
        [3, 16, 38],
      ],
      [[11, 4, 42]],
      [
        [12, 2, 44],
        [4, 6, 44],
      ],
    ]);
    assert.equal(schedule.examplesSeen(0, 4), 0);
    assert.equal(schedule.examplesSeen(5, 4), 16);
  });
});
