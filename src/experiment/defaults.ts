/** What an experiment is told where nobody says otherwise. */
import type { NetworkName, Settings } from '../protocol.ts';

/** The tutorial's network has the penalty of the tutorial; softmax regression needs none. */
const WEIGHT_DECAY: Readonly<Record<NetworkName, number>> = { light: 0.0005, tutorial: 0.004, softmax: 0 };

export function defaultSettings(network: NetworkName = 'light'): Settings {
  return {
    network,
    reductions: ['sum', 'mean', 'max'],
    batchSize: 128,
    learningRate: 0.05,
    optimizer: 'sgd',
    weightDecay: WEIGHT_DECAY[network],
    decay: 'coupled',
    clipNorm: null,
    epsilon: 1e-8,
    matchUpdates: false,
    reference: 'mean',
    batchFactor: 1,
    steps: 300,
    seed: 1,
    evaluateEvery: 25,
    measureEvery: 50,
  };
}
