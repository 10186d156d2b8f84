import type { Settings } from '../../../src/protocol.ts';

/** Settings of a small experiment. */
export const someSettings = (settings: Partial<Settings> = {}): Settings => ({
  network: 'softmax',
  reductions: ['sum', 'mean', 'max'],
  batchSize: 8,
  learningRate: 0.01,
  optimizer: 'sgd',
  weightDecay: 0,
  decay: 'coupled',
  clipNorm: null,
  epsilon: 1e-8,
  matchUpdates: false,
  reference: 'mean',
  batchFactor: 1,
  steps: 20,
  seed: 1,
  evaluateEvery: 10,
  measureEvery: 10,
  ...settings,
});
