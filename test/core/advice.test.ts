/** The dimension table, held to what it promises: whoever trains with the converted settings gets the same weights. */
import assert from 'node:assert/strict';
import { advise, conversions, noAdvice } from '../../src/core/advice.ts';
import type { Advice, BatchSize, Clip, LossTerm, Optimizer } from '../../src/core/analysis.ts';
import { lookup } from '../../src/core/catalogue/index.ts';
import {
  BATCH_SIZE,
  type NumericOptimizer,
  OPTIMIZERS,
  optimizerOf,
  rateOf,
  type Settings,
  situationOf,
  termOf,
  train,
} from '../support/optimizers.ts';

/** From a mean to a sum, back, and by what degrees, accumulation and replicas may bring. */
const SCALES = [BATCH_SIZE, 1 / BATCH_SIZE, 3, 1 / 4];
const DIMENSIONS = [-1, 0, 1, 2];

/** Large enough for a wrong dimension of any of them to show. */
const baseOf = ({ rate, epsilon, accumulates }: NumericOptimizer): Settings => ({
  'learning rate': rate,
  ...(epsilon ? { epsilon: 0.01 } : {}),
  ...(accumulates ? { 'initial accumulator': 0.1 } : {}),
});

const VARIANTS: Readonly<Record<string, Partial<Settings>>> = {
  alone: {},
  'with coupled weight decay': { 'weight decay (coupled)': 0.05 },
  'with decoupled weight decay': { 'weight decay (decoupled)': 0.05 },
  'with independent weight decay': { 'weight decay (independent)': 0.01 },
  'clipped by norm': { 'clip by norm': 0.25 },
  'clipped by value': { 'clip by value': 0.15 },
  'with a penalty': { 'coefficient of the penalty': 0.05 },
  'with a penalty and weight decay, clipped': {
    'coefficient of the penalty': 0.05,
    'weight decay (coupled)': 0.05,
    'clip by norm': 0.3,
  },
};

describe('conversions', () => {
  for (const name of ['torch.optim.RAdam', 'keras.optimizers.Ftrl', 'tensorflow.train.RMSPropOptimizer']) {
    it(`are refused for ${name}, which says why`, () => {
      const entry = lookup('python', name);
      assert.ok(entry?.effect === 'optimizer' && entry.notConvertible);
      const optimizer = { ...optimizerOf(entry.family, 0.1), notConvertible: entry.notConvertible };
      assert.deepEqual(conversions({ optimizer, clip: null, terms: [termOf({})] }, 128), []);
      assert.ok(adviceOn({ optimizer }).notes.includes(entry.notConvertible));
    });
  }

  for (const optimizer of OPTIMIZERS) {
    describe(optimizer.name, () => {
      for (const [variant, more] of Object.entries(VARIANTS)) {
        const settings = { ...baseOf(optimizer), ...more };

        it(`${variant}: trains the same`, () => {
          const { weights, bites } = train(optimizer, settings, 1);
          if (/clipped/.test(variant)) assert.ok(bites >= 10 && bites <= 24, `the clip bites in ${bites} steps`);
          for (const s of SCALES) {
            const difference = relativeDifference(
              weights,
              train(optimizer, converted(optimizer, settings, s), s).weights,
            );
            assert.ok(difference < 1e-9, `gradient × ${s}: differs by ${difference}`);
          }
        });

        it(`${variant}: by no other dimension`, () => {
          const { weights } = train(optimizer, settings, 1);
          for (const s of SCALES) {
            for (const { setting, now, factor } of conversions(situationOf(optimizer, settings), s)) {
              for (const n of DIMENSIONS.filter((n) => Math.abs(s ** n - factor) > 1e-6)) {
                const wrong = { ...converted(optimizer, settings, s), [setting]: now! * s ** n };
                const difference = relativeDifference(weights, train(optimizer, wrong, s).weights);
                assert.ok(!(difference < 1e-4), `gradient × ${s}, ${setting} × ${s}^${n}: differs by ${difference}`);
              }
            }
          }
        });
      }

      it('is filed so in the catalogue', () => {
        for (const name of optimizer.like) {
          const entry = lookup('python', name);
          assert.ok(entry?.effect === 'optimizer', name);
          assert.equal(entry.family, optimizer.family, name);
          assert.equal(entry.epsilon?.place ?? null, optimizer.epsilon, name);
        }
      });
    });
  }
});

/** The settings that train the same on a gradient that is s times as large; every one of them must be among the conversions. */
function converted(optimizer: NumericOptimizer, settings: Settings, s: number): Settings {
  const rows = conversions(situationOf(optimizer, settings), s);
  assert.deepEqual(rows.map((row) => row.setting).sort(), Object.keys(settings).sort());
  return { ...settings, ...Object.fromEntries(rows.map(({ setting, after }) => [setting, after])) };
}

/** NaN where a training ran away. */
function relativeDifference(a: readonly number[], b: readonly number[]): number {
  const largest = (of: readonly number[]) => Math.max(...of.map(Math.abs));
  return largest(a.map((x, i) => x - b[i]!)) / largest(a);
}

describe('advice', () => {
  for (const { title, degree, rates } of [
    { title: 'a mean', degree: 0, rates: [0.05, 0.2, 0.4, 0.8] },
    { title: 'a sum', degree: 1, rates: [0.1, 0.1, 0.1, 0.1] },
    { title: 'a root of a sum', degree: 0.5, rates: [0.0707106781187, 0.141421356237, 0.2, 0.282842712475] },
    { title: 'a mean divided by B', degree: -1, rates: [0.025, 0.4, 1.6, 6.4] },
  ]) {
    it(`scales SGD on ${title} by the Linear Scaling Rule`, () => {
      const { scaling } = adviceOn({ terms: [termOf({ degrees: { B: degree } }), penalty] });
      assert.deepEqual(
        scaling.map((row) => row.batchSize),
        [64, 256, 512, 1024],
      );
      assert.deepEqual(
        scaling.map((row) => row.learningRate),
        rates,
      );
      for (const { k, gradientFactor, learningRateFactor, penaltyFactor, heuristics } of scaling) {
        assert.equal(gradientFactor, k ** degree);
        assert.equal(learningRateFactor, k ** (1 - degree));
        assert.equal(penaltyFactor, k ** degree);
        assert.deepEqual(heuristics, []);
      }
    });
  }

  it('gives the rate of the other reduction, and of twice the batch', () => {
    assert.deepEqual(ratesOf(adviceOn({})), [null, 0.00078125, 0.2]);
    assert.deepEqual(ratesOf(adviceOn({ terms: [sum] })), [12.8, null, 0.1]);
    assert.deepEqual(ratesOf(adviceOn({ terms: [termOf({ degrees: { B: 0.5 } })] })), [null, null, null]);
  });

  it('names k and √k for Adam, as heuristics only', () => {
    const advice = adviceOn({ optimizer: optimizerOf('adam', 0.1) });
    const { scaling, notes } = advice;
    assert.deepEqual(ratesOf(advice), [null, null, null]);
    for (const { k, learningRate, learningRateFactor, heuristics } of scaling) {
      assert.deepEqual([learningRate, learningRateFactor], [null, null]);
      assert.deepEqual(
        heuristics.map(({ name, factor }) => [name, factor]),
        [
          ['k', k],
          ['√k', Math.sqrt(k)],
        ],
      );
    }
    assert.deepEqual(
      scaling[2]?.heuristics.map((h) => h.learningRate),
      [0.4, 0.2],
    );
    assert.ok(notes.some((note) => /no exact law/.test(note)));
  });

  it('gives Adadelta its conversions, and none of the rates of SGD', () => {
    const optimizer: Optimizer = {
      ...optimizerOf('sgd', 0.1),
      epsilon: { ...rateOf(1e-6), place: 'inside-root' },
    };
    const advice = adviceOn({ optimizer, terms: [sum] });
    assert.deepEqual(ratesOf(advice), [null, null, null]);
    assert.ok(advice.scaling.every((row) => row.learningRate === null));
    assert.deepEqual(
      advice.toMean.map(({ setting, after }) => [setting, after]),
      [
        ['learning rate', 12.8],
        ['epsilon', 6.103515625e-11],
      ],
    );
  });

  for (const family of ['sgd', 'adam'] as const) {
    it(`has no learning rate for a selection with ${family}`, () => {
      const terms = [termOf({ reduction: 'max', selection: true })];
      const advice = adviceOn({ terms, optimizer: optimizerOf(family, 0.1) });
      assert.deepEqual(ratesOf(advice), [null, null, null]);
      assert.deepEqual([...advice.toMean, ...advice.toSum], []);
      assert.ok(advice.scaling.every((row) => row.learningRate === null && row.heuristics.length === 0));
      assert.ok(advice.notes.some((note) => /Linear Scaling Rule does not apply/.test(note)));
    });
  }

  for (const reduction of ['weighted-mean', 'token-mean', 'other'] as const) {
    it(`has no constant factor between a sum and a reduction that is '${reduction}'`, () => {
      for (const terms of [[termOf({ reduction })], [termOf({}), termOf({ reduction })]]) {
        const advice = adviceOn({ terms });
        assert.equal(advice.equivalentSumLearningRate, null);
        assert.deepEqual(advice.toSum, []);
      }
    });
  }

  it('leaves the coefficient of a penalty that is reduced with the examples', () => {
    const range = { start: 10, end: 30 };
    const inside = { ...penalty, trace: [{ range, text: 'tf.reduce_mean(loss + l2)', result: 'scalar' }] };
    const settings = (terms: readonly LossTerm[]) => adviceOn({ terms }).toSum.map((row) => row.setting);
    assert.deepEqual(settings([termOf({ range }), inside]), ['learning rate']);
    assert.deepEqual(settings([termOf({ range }), penalty]), ['learning rate', 'coefficient of l2']);
  });

  it('says what a clip changes, where it changes something', () => {
    const clip: Clip = { type: 'norm', threshold: rateOf(1) };
    const step = (notes: readonly string[]) => notes.some((note) => /the learning rate times the threshold/.test(note));
    assert.ok(step(adviceOn({ clip, terms: [sum] }).notes));
    assert.ok(!step(adviceOn({ clip }).notes));
    assert.ok(!step(adviceOn({ terms: [sum] }).notes));
    const adam = optimizerOf('adam', 0.1);
    const bites = (notes: readonly string[]) => notes.some((note) => /until the clip bites/.test(note));
    assert.ok(bites(adviceOn({ clip, optimizer: adam }).notes));
    assert.ok(!bites(adviceOn({ optimizer: adam }).notes));
  });

  it('says what a smaller last batch does to a sum and to a nominal divisor', () => {
    const ragged = (situation: Parameters<typeof adviceOn>[0]) =>
      adviceOn(situation).notes.filter((note) => /smaller/.test(note)).length;
    assert.equal(ragged({ terms: [sum] }), 1);
    assert.equal(ragged({ terms: [sum], batchSize: { ...batchOf(128), raggedLastBatch: false } }), 0);
    assert.equal(ragged({}), 0);
    assert.equal(ragged({ terms: [termOf({ nominal: true })] }), 1);
  });

  it('has factors and no numbers where the batch size or the rate is not known', () => {
    for (const batchSize of [null, batchOf(null)]) {
      const advice = adviceOn({ batchSize });
      assert.deepEqual(ratesOf(advice), [null, null, 0.2]);
      assert.deepEqual(advice.toSum, []);
      assert.deepEqual(
        advice.scaling.map((row) => [row.batchSize, row.learningRate]),
        [0.05, 0.2, 0.4, 0.8].map((rate) => [null, rate]),
      );
    }
    const advice = adviceOn({ optimizer: optimizerOf('sgd', null) });
    assert.deepEqual(ratesOf(advice), [null, null, null]);
    assert.deepEqual(
      advice.toSum.map(({ now, factor, after }) => [now, factor, after]),
      [[null, 1 / 128, null]],
    );
    assert.deepEqual(
      advice.scaling.map((row) => [row.learningRate, row.learningRateFactor]),
      [0.5, 2, 4, 8].map((k) => [null, k]),
    );
    assert.deepEqual(adviceOn({ optimizer: null }).toSum, []);
  });

  it('is silent where a term is unknown, has no degree, or grows otherwise than another', () => {
    for (const terms of [
      [],
      [penalty],
      [termOf({}), termOf({ kind: 'unknown', degrees: {} })],
      [termOf({ degrees: {} })],
      [termOf({}), sum],
    ]) {
      assert.deepEqual(adviceOn({ terms }), noAdvice);
    }
  });
});

const sum = termOf({ reduction: 'sum', degrees: { B: 1 } });
const penalty = termOf({ kind: 'penalty', text: 'l2', reduction: 'sum', over: ['P'] });

const batchOf = (value: number | null): BatchSize => ({
  value,
  kind: 'nominal',
  where: null,
  origin: 'constant',
  text: 'BATCH_SIZE',
  raggedLastBatch: null,
});

/** Of a mean over 128 examples, trained by SGD at rate 0.1, but for what is said otherwise. */
const adviceOn = (differences: Partial<Parameters<typeof advise>[0]>) =>
  advise({
    terms: [termOf({})],
    batchSize: batchOf(128),
    optimizer: optimizerOf('sgd', 0.1),
    clip: null,
    ...differences,
  });

/** As on a mean, as on a sum, at twice the batch. */
const ratesOf = (advice: Advice) => [
  advice.equivalentMeanLearningRate,
  advice.equivalentSumLearningRate,
  advice.learningRateAtDoubleBatch,
];
