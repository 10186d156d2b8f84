import assert from 'node:assert/strict';
import { armsOf } from '../../src/experiment/arms.ts';
import type { Arm, OptimizerName, Settings } from '../../src/protocol.ts';
import { someSettings } from '../training/support/settings.ts';

/** The settings of each arm, in one line: rate, decay, clip, ε. */
function lines(settings: Partial<Settings>): Record<string, string> {
  const arms = armsOf(someSettings(settings));
  const line = ({ learningRate, weightDecay, clipNorm, epsilon }: Arm) =>
    `λ ${learningRate}, decay ${weightDecay}, clip ${clipNorm}, ε ${epsilon}`;
  return Object.fromEntries(arms.map((arm) => [arm.name, line(arm)]));
}

/** Numbers that stay exact when they are multiplied by the batch size 8 or divided by it. */
const given = { batchSize: 8, learningRate: 0.5, weightDecay: 0.25, clipNorm: 2, epsilon: 0.125 } as const;
const asGiven = 'λ 0.5, decay 0.25, clip 2, ε 0.125';

describe('the arms of an experiment', () => {
  it('are one for each reduction, in the order of the settings, with the settings as they are', () => {
    assert.deepEqual(armsOf(someSettings({ reductions: ['max', 'sum'], weightDecay: 0.1, decay: 'decoupled' })), [
      {
        name: 'max',
        reduction: 'max',
        batchFactor: 1,
        batchSize: 8,
        learningRate: 0.01,
        weightDecay: 0.1,
        decay: 'decoupled',
        clipNorm: null,
        epsilon: 1e-8,
      },
      {
        name: 'sum',
        reduction: 'sum',
        batchFactor: 1,
        batchSize: 8,
        learningRate: 0.01,
        weightDecay: 0.1,
        decay: 'decoupled',
        clipNorm: null,
        epsilon: 1e-8,
      },
    ]);
  });

  const matched: readonly (readonly [
    OptimizerName,
    Settings['decay'],
    Settings['reference'],
    Record<string, string>,
  ])[] = [
    ['sgd', 'coupled', 'mean', { sum: 'λ 0.0625, decay 2, clip 16, ε 1', mean: asGiven, max: asGiven }],
    ['momentum', 'coupled', 'mean', { sum: 'λ 0.0625, decay 2, clip 16, ε 1', mean: asGiven, max: asGiven }],
    ['adam', 'coupled', 'mean', { sum: 'λ 0.5, decay 2, clip 16, ε 1', mean: asGiven, max: asGiven }],
    ['sgd', 'decoupled', 'mean', { sum: 'λ 0.0625, decay 2, clip 16, ε 1', mean: asGiven, max: asGiven }],
    ['adam', 'decoupled', 'mean', { sum: 'λ 0.5, decay 0.25, clip 16, ε 1', mean: asGiven, max: asGiven }],
    ['sgd', 'coupled', 'sum', { sum: asGiven, mean: 'λ 4, decay 0.03125, clip 0.25, ε 0.015625', max: asGiven }],
    ['adam', 'decoupled', 'sum', { sum: asGiven, mean: 'λ 0.5, decay 0.25, clip 0.25, ε 0.015625', max: asGiven }],
  ];
  for (const [optimizer, decay, reference, expected] of matched) {
    it(`are matched to the ${reference} under ${optimizer} with ${decay} decay`, () => {
      assert.deepEqual(lines({ ...given, optimizer, decay, reference, matchUpdates: true }), expected);
    });
  }

  it('stay without a clip where there is none', () => {
    assert.equal(lines({ ...given, clipNorm: null, matchUpdates: true }).sum, 'λ 0.0625, decay 2, clip null, ε 1');
  });

  it('come a second time at a larger batch, the rate of a mean multiplied by k and that of a sum kept', () => {
    const arms = armsOf(someSettings({ ...given, batchFactor: 4 }));
    assert.deepEqual(
      arms.map(({ name, batchFactor, batchSize, learningRate }) => [name, batchFactor, batchSize, learningRate]),
      [
        ['sum', 1, 8, 0.5],
        ['mean', 1, 8, 0.5],
        ['max', 1, 8, 0.5],
        ['sum × 4', 4, 32, 0.5],
        ['mean × 4', 4, 32, 2],
        ['max × 4', 4, 32, 0.5],
      ],
    );
    const [, mean, , , larger] = arms;
    assert.deepEqual({ ...larger, name: 'mean', batchFactor: 1, batchSize: 8, learningRate: 0.5 }, mean);
  });

  it('keep the rate of Adam at a larger batch', () => {
    const arms = armsOf(someSettings({ ...given, optimizer: 'adam', batchFactor: 2 }));
    assert.deepEqual(new Set(arms.map(({ learningRate }) => learningRate)), new Set([0.5]));
  });

  it('have matched rates at a larger batch too', () => {
    const arms = armsOf(someSettings({ ...given, matchUpdates: true, batchFactor: 2 }));
    const rates = Object.fromEntries(arms.map(({ name, learningRate }) => [name, learningRate]));
    assert.equal(rates['mean × 2'], 1);
    assert.equal(rates['sum × 2'], 1 / 16);
  });
});
