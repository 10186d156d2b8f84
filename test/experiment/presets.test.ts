import assert from 'node:assert/strict';
import { armsOf } from '../../src/experiment/arms.ts';
import { defaultSettings } from '../../src/experiment/defaults.ts';
import { presetOf, presets } from '../../src/experiment/presets.ts';
import { LAWS, PRESETS, type Settings } from '../../src/protocol.ts';

const settings = (over: Partial<Settings> = {}): Settings => ({ ...defaultSettings(), ...over });
const rates = (preset: keyof typeof presets, over: Partial<Settings> = {}) =>
  Object.fromEntries(armsOf(presets[preset].apply(settings(over))).map((arm) => [arm.name, arm.learningRate]));

describe('the presets', () => {
  it('are named as in the protocol, each with a question and one sentence of what to look for', () => {
    assert.deepEqual(Object.keys(presets), [...PRESETS]);
    for (const [name, preset] of Object.entries(presets)) {
      assert.equal(preset.name, name);
      assert.match(preset.question, /\?$/);
      for (const over of [
        {},
        { optimizer: 'adam' },
        { clipNorm: 1 },
        { reference: 'sum' },
        { batchSize: 1 },
      ] as const) {
        assert.match(preset.lookFor(settings(over)), /^[A-Z][^!]*\.$/);
      }
      assert.ok(preset.charts.length > 0);
    }
  });

  it('test every law between them', () => {
    assert.deepEqual(new Set(Object.values(presets).flatMap(({ laws }) => laws)), new Set(LAWS));
  });

  it('train sum, mean and max at the same settings', () => {
    assert.deepEqual(rates('same-rate'), { sum: 0.05, mean: 0.05, max: 0.05 });
  });

  it('divide the rate of the sum where the numbers are those of a mean', () => {
    assert.deepEqual(rates('matched', { reference: 'mean' }), { sum: 0.05 / 128, mean: 0.05 });
    assert.match(presets.matched.lookFor(settings()), /sum’s learning rate ÷ 128 and penalty × 128/);
  });

  it('multiply the rate of the mean where the numbers are those of a sum', () => {
    assert.deepEqual(rates('matched', { reference: 'sum', learningRate: 0.002 }), { sum: 0.002, mean: 0.256 });
    assert.match(
      presets.matched.lookFor(settings({ reference: 'sum' })),
      /mean’s learning rate × 128 and penalty ÷ 128/,
    );
  });

  it('double the batch by the Linear Scaling Rule: the rate of the mean doubles, that of the sum stays', () => {
    assert.deepEqual(rates('double-batch'), {
      sum: 0.05 / 128,
      mean: 0.05,
      'sum × 2': 0.05 / 128,
      'mean × 2': 0.1,
    });
  });

  it('keep a penalty that the user has, and say so where one has to be set', () => {
    const { apply, notes } = presets['penalty-drifts'];
    assert.equal(apply(settings({ weightDecay: 0.01 })).weightDecay, 0.01);
    assert.deepEqual(notes(settings({ weightDecay: 0.01 })), []);
    assert.equal(apply(settings({ weightDecay: 0 })).weightDecay, 0.0005);
    assert.match(notes(settings({ weightDecay: 0 })).join(), /0\.0005/);
  });

  it('put a decoupled decay into the loss for the question of the penalty, and say so', () => {
    const { apply, notes } = presets['penalty-drifts'];
    assert.equal(apply(settings({ decay: 'decoupled' })).decay, 'coupled');
    assert.match(notes(settings({ decay: 'decoupled' })).join(), /decoupled/);
  });

  it('leave the numbers of the user alone otherwise', () => {
    const own = settings({ batchSize: 96, learningRate: 0.3, weightDecay: 0.7, clipNorm: 2, steps: 77, seed: 9 });
    for (const { apply } of Object.values(presets)) {
      const { reductions, matchUpdates, batchFactor, ...numbers } = apply(own);
      const { reductions: _, matchUpdates: __, batchFactor: ___, ...before } = own;
      assert.deepEqual(numbers, before);
      assert.deepEqual([reductions.length > 1, batchFactor >= 1, typeof matchUpdates], [true, true, 'boolean']);
    }
  });

  it('are applied twice as once', () => {
    for (const { apply } of Object.values(presets)) {
      const once = apply(settings({ weightDecay: 0, decay: 'decoupled' }));
      assert.deepEqual(apply(once), once);
    }
  });

  it('are told from the settings of a saved run', () => {
    for (const name of ['same-rate', 'matched', 'double-batch', 'worst-case'] as const) {
      assert.equal(presetOf(presets[name].apply(settings())), name);
    }
    assert.equal(presetOf(presets['penalty-drifts'].apply(settings())), 'double-batch');
  });
});
