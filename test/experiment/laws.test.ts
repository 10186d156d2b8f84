import assert from 'node:assert/strict';
import { armsOf } from '../../src/experiment/arms.ts';
import { allHold, type Evidence, judge, type Measurement } from '../../src/experiment/laws.ts';
import type { Law, Settings } from '../../src/protocol.ts';
import { LAWS } from '../../src/protocol.ts';
import { someSettings } from '../training/support/settings.ts';

/** A measurement by which every law holds: gradients of norm 24, 3 and 5 under a penalty of norm 12. */
function measurement(step: number, changes: Partial<Measurement> = {}): Measurement {
  return {
    step,
    arm: 'mean',
    batchSize: 8,
    batch: {
      'loss/sum': 16,
      'loss/mean': 2,
      'loss/max': 4,
      'gradient/sum': 24,
      'gradient/mean': 3,
      'gradient/max': 5,
      'gradient/sum-mean mismatch': 0,
      'gradient/penalty': 12,
    },
    half: {
      'loss/sum': 8,
      'loss/mean': 2,
      'loss/max': 4,
      'gradient/sum': 12,
      'gradient/mean': 3,
      'gradient/max': 5,
      'gradient/sum-mean mismatch': 0,
      'gradient/penalty': 12,
    },
    twice: {
      'loss/sum': 16,
      'loss/mean': 2,
      'loss/max': 4,
      'gradient/sum': 24,
      'gradient/mean': 3,
      'gradient/max': 5,
      'gradient/sum-mean mismatch': 0,
      'gradient/penalty': 12,
    },
    selected: {
      'loss/sum': 4,
      'loss/mean': 4,
      'loss/max': 4,
      'gradient/sum': 5,
      'gradient/mean': 5,
      'gradient/max': 5,
      'gradient/sum-mean mismatch': 0,
      'gradient/penalty': 12,
    },
    largestDifference: 0,
    ...changes,
  };
}

const good = measurement(10);
const inBatch = (numbers: Measurement['batch']) => measurement(10, { batch: { ...good.batch, ...numbers } });
const inTwice = (numbers: Measurement['batch']) => measurement(10, { twice: { ...good.twice, ...numbers } });

/** Held-out losses of each arm, with the examples that it has seen. */
const evaluation = (step: number, arms: Readonly<Record<string, readonly [loss: number, examples: number]>>) => ({
  step,
  arms: Object.entries(arms).map(([arm, [loss, examples]]) => ({
    arm,
    loss,
    examples,
    accuracy: 0.5,
    classAccuracy: [],
  })),
});
const alike = evaluation(10, { sum: [2, 80], mean: [2, 80], 'sum × 2': [2.1, 80], 'mean × 2': [1.9, 80] });

const all = { weightDecay: 0.5, matchUpdates: true, batchFactor: 2 } as const;

interface Situation {
  readonly settings?: Partial<Settings>;
  readonly measurements?: readonly Measurement[];
  readonly evaluations?: Evidence['evaluations'];
  readonly schedule?: Evidence['schedule'];
}

function laws(situation: Situation = {}): Record<Law['law'], Law> {
  const settings = someSettings({ ...all, ...situation.settings });
  const { batchSize } = settings;
  const { schedule = { stepsPerEpoch: 5, lastBatchSize: batchSize } } = situation;
  const { measurements = [good], evaluations = [alike] } = situation;
  const rows = judge({ settings, arms: armsOf(settings), schedule, measurements, evaluations });
  assert.deepEqual(
    rows.map(({ law }) => law),
    LAWS,
  );
  for (const { title, predicted, measured, note } of rows) {
    const text = [title, predicted, measured ?? '', note].join(' | ');
    assert.doesNotMatch(text, /undefined|null|NaN ?%|NaN .*of the gradient|\de[+-]?\d* %/, text);
  }
  return Object.fromEntries(rows.map((row) => [row.law, row])) as Record<Law['law'], Law>;
}

const verdicts = (rows: Record<Law['law'], Law>) => LAWS.map((law) => rows[law].holds);

describe('the laws', () => {
  it('all hold where all numbers are as predicted', () => {
    const rows = laws();
    assert.deepEqual(new Set(verdicts(rows)), new Set([true]));
    assert.ok(allHold(Object.values(rows)));
    assert.deepEqual(
      LAWS.map((law) => [rows[law].measured, rows[law].deviation]),
      [
        ['8.000', 0],
        ['8.000', 0],
        ['sum 1.000, mean 0.000, max 0.000', 0],
        ['1.000', 0],
        ['sum ÷ 2.000, mean ÷ 1.000', 0],
        ['0, to step 10', 0],
        ['sum 2.000 and 2.100, mean 2.000 and 1.900', 0.050000000000000044],
      ],
    );
  });

  it('stand there before anything is measured, undecided', () => {
    const rows = laws({ measurements: [], evaluations: [] });
    assert.deepEqual(new Set(verdicts(rows)), new Set([null]));
    assert.ok(Object.values(rows).every(({ measured, deviation }) => measured === null && deviation === null));
    assert.equal(rows['loss-ratio'].predicted, '8');
    assert.ok(allHold(Object.values(rows)));
  });

  const wrong: readonly (readonly [string, Law['law'], Measurement])[] = [
    ['the sum of losses is not B times the mean', 'loss-ratio', inBatch({ 'loss/sum': 16.001 })],
    ['the gradient of the sum is not B times as long', 'gradient-ratio', inBatch({ 'gradient/sum': 24.1 })],
    [
      'the gradients are of the right length in different directions',
      'gradient-ratio',
      inBatch({ 'gradient/sum-mean mismatch': 0.1 }),
    ],
    ['the gradient of a sum does not grow with the batch', 'batch-degree', inTwice({ 'gradient/sum': 12 })],
    ['the gradient of a mean grows with the batch', 'batch-degree', inTwice({ 'gradient/mean': 6 })],
    ['the gradient of a maximum grows with the batch', 'batch-degree', inTwice({ 'gradient/max': 6 })],
    [
      'the gradient of the maximum is not that of the selected example',
      'selected-gradient',
      inBatch({ 'gradient/max': 5.1 }),
    ],
    ['the share of the penalty does not shrink as it should', 'penalty-share', inTwice({ 'gradient/penalty': 13 })],
    ['matched weights differ in their last bit', 'matched-weights', measurement(10, { largestDifference: 1e-9 })],
  ];
  for (const [what, law, measured] of wrong) {
    it(`fail where ${what}`, () => {
      const rows = laws({ measurements: [measured] });
      assert.equal(rows[law].holds, false);
      assert.ok(rows[law].deviation! > rows[law].limit!);
      assert.ok(!allHold(Object.values(rows)));
    });
  }

  it('fail for good when they failed once, and tell the last number', () => {
    const rows = laws({ measurements: [measurement(1), inBatch({ 'loss/sum': 17 }), measurement(20)] });
    const { holds, measured, deviation } = rows['loss-ratio'];
    assert.deepEqual({ holds, measured, deviation }, { holds: false, measured: '8.000', deviation: 0.0625 });
  });

  it('do not hold where a number is none', () => {
    const none = (numbers: Measurement['batch']) =>
      Object.fromEntries(Object.keys(numbers).map((name) => [name, Number.NaN]));
    const nothing = measurement(10, {
      batch: none(good.batch),
      half: none(good.half),
      twice: none(good.twice),
      largestDifference: Number.NaN,
    });
    const rows = laws({
      measurements: [measurement(1), nothing],
      evaluations: [evaluation(10, { mean: [2, 80], 'mean × 2': [Number.NaN, 80] })],
    });
    assert.deepEqual(new Set(verdicts(rows)), new Set([false]));
    assert.ok(Object.values(rows).every(({ deviation }) => Number.isNaN(deviation)));
  });

  it('allow for the rounding of float32, and for no more', () => {
    const off = (part: number) =>
      laws({ measurements: [inBatch({ 'loss/sum': 16 * (1 + part) })] })['loss-ratio'].holds;
    assert.deepEqual([off(1e-6), off(1e-4)], [true, false]);
  });

  it('predict the size of the batch that was measured', () => {
    const ragged = measurement(5, {
      batchSize: 3,
      batch: { ...good.batch, 'loss/sum': 6, 'gradient/sum': 9 },
    });
    const rows = laws({ measurements: [measurement(1), ragged] });
    assert.equal(rows['loss-ratio'].predicted, '3');
    assert.equal(rows['gradient-ratio'].predicted, '3');
    assert.deepEqual(new Set(verdicts(rows)), new Set([true]));
  });
});

describe('the share of the penalty', () => {
  const share = (settings: Partial<Settings>, measurements = [good]) =>
    laws({ settings, measurements })['penalty-share'];

  it('is told of sum and mean in percent', () => {
    // 0.5 · 12 of 24 and of 3
    assert.match(
      share({}).note,
      /a penalty with β = 0\.5 is 25 % of the gradient of a sum and 200 % of that of a mean\./,
    );
  });

  it('is not told where it is no number', () => {
    const none = { 'gradient/sum': Number.NaN, 'gradient/mean': Number.NaN };
    const nothing = measurement(10, { batch: { ...good.batch, ...none }, half: { ...good.half, ...none } });
    const { note, holds } = share({}, [nothing]);
    assert.doesNotMatch(note, /NaN/);
    assert.equal(holds, false);
  });

  it('is not tested without a penalty in the loss, and the note says why', () => {
    const [none, decoupled] = [share({ weightDecay: 0 }), share({ decay: 'decoupled' })];
    assert.match(none.note, /^Not tested: there is no penalty/);
    assert.match(decoupled.note, /^Not tested: a decoupled decay is no part of the loss/);
    assert.deepEqual([none.holds, none.measured, decoupled.holds, decoupled.measured], [null, null, null, null]);
  });
});

describe('the weights of matched arms', () => {
  const matched = (
    settings: Partial<Settings>,
    differences: readonly (readonly [number, number | null])[],
    schedule?: Evidence['schedule'],
  ) =>
    laws({
      settings,
      measurements: differences.map(([step, largestDifference]) => measurement(step, { largestDifference })),
      ...(schedule ? { schedule } : {}),
    })['matched-weights'];

  it('are not compared unless there are a sum and a mean with matched updates', () => {
    for (const settings of [
      { matchUpdates: false },
      { reductions: ['sum', 'max'] },
      { reductions: ['mean'] },
    ] as const) {
      const { holds, measured, note } = matched(settings as Partial<Settings>, [[1, null]]);
      assert.deepEqual([holds, measured], [null, null]);
      assert.match(note, /^Not tested: it takes a sum and a mean with matched updates\.$/);
    }
  });

  it('are to be equal to the last bit at every step where B is a power of two', () => {
    const { holds, limit, note } = matched({}, [
      [1, 0],
      [500, 0],
    ]);
    assert.deepEqual([holds, limit], [true, 0]);
    assert.match(note, /power of two/);
    assert.equal(
      matched({}, [
        [1, 0],
        [500, 1e-9],
      ]).holds,
      false,
    );
  });

  it('may differ by rounding where it is none, and are judged at the first step', () => {
    const rows = matched({ batchSize: 12 }, [
      [1, 1e-7],
      [500, 0.3],
    ]);
    assert.deepEqual([rows.holds, rows.measured, rows.deviation], [true, '1.0e-7, to step 1', 1e-7]);
    assert.match(rows.note, /B = 12 is no power of two/);
    assert.match(rows.note, /At step 500 the largest difference was 3\.0e-1\./);
    assert.equal(matched({ batchSize: 12 }, [[1, 1e-3]]).holds, false);
    assert.equal(matched({ batchSize: 12 }, [[50, 1e-7]]).holds, null);
  });

  it('are judged until the first smaller batch, for which the rate is another', () => {
    const schedule = { stepsPerEpoch: 5, lastBatchSize: 3 };
    const judged = matched(
      {},
      [
        [1, 0],
        [4, 0],
        [5, 0.1],
      ],
      schedule,
    );
    assert.deepEqual([judged.holds, judged.measured], [true, '0, to step 4']);
    assert.match(judged.note, /Since step 5 batches of 3 examples .* At step 5 the largest difference was 1\.0e-1\./);
    assert.equal(matched({}, [[4, 0.1]], schedule).holds, false);
    assert.doesNotMatch(matched({}, [[4, 0]], schedule).note, /Since step/);
    assert.equal(matched({}, [[5, 0.1]], schedule).holds, null);
  });

  it('are compared while both arms go on', () => {
    const { holds, measured } = matched({}, [
      [1, 0],
      [10, null],
    ]);
    assert.deepEqual([holds, measured], [true, '0, to step 1']);
  });

  it('have a title of their own under Adam, whose ε moves along', () => {
    assert.match(matched({ optimizer: 'adam' }, [[1, 0]]).title, /^ε₁ = B ε₂/);
    assert.match(matched({}, [[1, 0]]).title, /^λ₁ = λ₂ \/ B/);
  });
});

describe('the Linear Scaling Rule', () => {
  const scaling = (evaluations: Evidence['evaluations'], settings: Partial<Settings> = {}) =>
    laws({ evaluations, settings })['linear-scaling'];

  it('holds within a tenth of the loss, and is a rule of thumb: it may fail without anything being wrong', () => {
    const rows = laws({ evaluations: [evaluation(10, { mean: [2, 80], 'mean × 2': [2.3, 80] })] });
    assert.equal(rows['linear-scaling'].holds, false);
    assert.equal(rows['linear-scaling'].heuristic, true);
    assert.ok(allHold(Object.values(rows)));
  });

  it('compares arms that have seen the same examples, at the last evaluation where there are any', () => {
    const between = evaluation(11, { mean: [1, 88], 'mean × 2': [9, 80] });
    const { holds, measured } = scaling([alike, between]);
    assert.deepEqual([holds, measured], [true, 'sum 2.000 and 2.100, mean 2.000 and 1.900']);
    assert.equal(scaling([between]).holds, null);
  });

  it('says nothing of maxima, and of arms that have ended', () => {
    const rows = scaling([evaluation(10, { max: [2, 80], 'max × 2': [9, 80], mean: [2, 80] })]);
    assert.deepEqual([rows.holds, rows.measured], [null, null]);
  });

  it('is not tested without a second batch', () => {
    assert.match(scaling([], { batchFactor: 1 }).note, /^Not tested: it takes a second, larger batch\.$/);
  });

  it('tells by what the rates were multiplied', () => {
    assert.match(scaling([], { batchFactor: 4 }).note, /mean was multiplied by 4, that of a sum by 1/);
    assert.match(scaling([], { optimizer: 'adam' }).note, /For Adam no exact law is known/);
  });
});
