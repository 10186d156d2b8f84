/** A saved run of one step. */

import { armsOf } from '../../../src/experiment/arms.ts';
import { defaultSettings } from '../../../src/experiment/defaults.ts';
import { RUN_FORMAT, type SavedRun, type Started } from '../../../src/protocol.ts';

const settings = { ...defaultSettings('softmax'), reductions: ['mean' as const], steps: 1 };

export const started: Started = {
  event: 'started',
  version: '1.2.3',
  settings,
  arms: armsOf(settings),
  data: { kind: 'builtin', name: 'drawings', classes: ['disc'], train: 10, heldOut: 5, checksum: 'abc' },
  backend: { name: 'cpu', versions: { tfjs: '4.22.0' }, passedOver: [] },
  parameters: 30_730,
  after: 0,
};

export function stepEvent(step: number, loss = 1): Extract<SavedRun['events'][number], { event: 'step' }> {
  const norms = { dataGradientNorm: 1, penaltyGradientNorm: 0, gradientNorm: 1, updateNorm: 0.1, weightNorm: 2 };
  const arm = { arm: 'mean', loss, objective: loss, ...norms, examples: 128 * step };
  return { event: 'step', step, epoch: 1, seconds: step, examplesPerSecond: 128, secondsLeft: 0, arms: [arm] };
}

export function savedRun({ loss = 1 } = {}): SavedRun {
  return {
    format: RUN_FORMAT,
    version: 1,
    started,
    events: [stepEvent(1, loss)],
    laws: [],
    state: { step: 1, arms: ['mean'], variables: { w: Buffer.from(Float32Array.of(1, 2).buffer).toString('base64') } },
  };
}
