import assert from 'node:assert/strict';
import { armsOf } from '../../src/experiment/arms.ts';
import { defaultSettings } from '../../src/experiment/defaults.ts';
import { equivalents } from '../../src/experiment/equivalents.ts';
import type { Settings } from '../../src/protocol.ts';

const settings = (over: Partial<Settings> = {}): Settings => ({ ...defaultSettings(), ...over });
const table = (over: Partial<Settings> = {}) =>
  equivalents(settings(over)).settings.map((row) => [row.setting, row.given, row.factor, row.equivalent]);

describe('the same training with the other reduction', () => {
  it('gives a mean the rate of the sum times the batch size, and divides the penalty, with exact literals', () => {
    assert.deepEqual(table({ reference: 'sum', learningRate: 0.002 }), [
      ['learning rate', '0.002', '× 128', '0.256'],
      ['penalty', '0.0005', '÷ 128', '3.90625e-6'],
    ]);
  });

  it('gives a sum the rate of the mean divided by the batch size', () => {
    assert.deepEqual(table({ reference: 'mean', batchSize: 100, weightDecay: 0, clipNorm: 1 }), [
      ['learning rate', '0.05', '÷ 100', '0.0005'],
      ['clip norm', '1', '× 100', '100'],
    ]);
  });

  it('leaves the rate of Adam, and moves its epsilon', () => {
    assert.deepEqual(table({ reference: 'sum', optimizer: 'adam', learningRate: 0.001 }), [
      ['learning rate', '0.001', 'stays', '0.001'],
      ['penalty', '0.0005', '÷ 128', '3.90625e-6'],
      ['epsilon', '1e-8', '÷ 128', '7.8125e-11'],
    ]);
  });

  it('leaves the decoupled decay of Adam, which goes with the rate', () => {
    assert.deepEqual(table({ optimizer: 'adam', decay: 'decoupled' })[1], [
      'weight decay',
      '0.0005',
      'stays',
      '0.0005',
    ]);
  });

  it('gives the numbers that the experiment trains with', () => {
    for (const reference of ['sum', 'mean'] as const) {
      for (const optimizer of ['sgd', 'momentum', 'adam'] as const) {
        const own = settings({ reference, optimizer, clipNorm: 3, matchUpdates: true, reductions: ['sum', 'mean'] });
        const { other, settings: rows } = equivalents(own);
        const arm = armsOf(own).find(({ name }) => name === other)!;
        const trained = { 'learning rate': arm.learningRate, penalty: arm.weightDecay, 'clip norm': arm.clipNorm };
        for (const [setting, value] of Object.entries(trained)) {
          assert.equal(Number(rows.find((row) => row.setting === setting)?.equivalent), value);
        }
      }
    }
  });

  it('says where the two are not the same after all', () => {
    assert.match(equivalents(settings()).notes.join(' '), /smaller last batch/);
    assert.doesNotMatch(equivalents(settings()).notes.join(' '), /power of two/);
    assert.match(equivalents(settings({ batchSize: 100 })).notes.join(' '), /100 is no power of two/);
    assert.match(equivalents(settings({ optimizer: 'adam' })).notes.join(' '), /learning rate stays/);
    assert.deepEqual(equivalents(settings({ batchSize: 1 })).notes, [
      'With one example in a batch, sum and mean are the same.',
    ]);
  });
});
