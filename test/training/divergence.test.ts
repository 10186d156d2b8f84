import assert from 'node:assert/strict';
import { armsOf } from '../../src/experiment/arms.ts';
import type { Settings, StepOfArm } from '../../src/protocol.ts';
import { divergence, hasDiverged } from '../../src/training/divergence.ts';
import { someSettings } from './support/settings.ts';

const step: StepOfArm = {
  arm: 'mean',
  loss: 2.3,
  objective: 2.3,
  dataGradientNorm: 1,
  penaltyGradientNorm: 0,
  gradientNorm: 1,
  updateNorm: 0.1,
  weightNorm: 5,
  examples: 8,
};

function sentences(settings: Partial<Settings>): Record<string, string> {
  const all = someSettings({ batchSize: 128, learningRate: 0.05, ...settings });
  return Object.fromEntries(armsOf(all).map((arm) => [arm.name, divergence(arm, 7, all.optimizer)]));
}

describe('an arm', () => {
  it('goes on while its loss, gradient, step and weights are finite', () => {
    assert.equal(hasDiverged(step), false);
    assert.equal(hasDiverged({ ...step, loss: 1e30 }), false);
  });

  for (const what of ['loss', 'gradientNorm', 'updateNorm', 'weightNorm'] as const) {
    it(`has ended when its ${what} is infinite or no number`, () => {
      for (const x of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        assert.equal(hasDiverged({ ...step, [what]: x }), true);
      }
    });
  }
});

describe('the sentence of an arm that diverged', () => {
  it('tells of a sum which rate of a mean it has', () => {
    const { sum } = sentences({});
    assert.equal(sum, 'sum diverged at step 7: its step is that of a mean with learning rate 6.4.');
    const { 'sum × 2': larger } = sentences({ batchFactor: 2 });
    assert.equal(larger, 'sum × 2 diverged at step 7: its step is that of a mean with learning rate 12.8.');
  });

  it('rounds the product', () => {
    const { sum } = sentences({ learningRate: 0.07, batchSize: 3 });
    assert.match(sum!, /learning rate 0\.21\.$/);
  });

  it('tells of a maximum that it follows one example', () => {
    const { max } = sentences({});
    assert.match(max!, /^max diverged at step 7: each step follows the one example of the largest loss, .* 0\.05 /);
  });

  it('tells of a mean, and of a sum under Adam, that the rate is too large', () => {
    assert.equal(sentences({}).mean, 'mean diverged at step 7: learning rate 0.05 is too large for it.');
    assert.equal(
      sentences({ optimizer: 'adam' }).sum,
      'sum diverged at step 7: learning rate 0.05 is too large for it.',
    );
  });
});
