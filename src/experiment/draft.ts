/** What the panel proposes to train: the user's own numbers where they were found, and defaults elsewhere. */
import { type CompareRequest, type Draft, LIMITS, type SavedRun, type Settings } from '../protocol.ts';
import { defaultSettings } from './defaults.ts';
import { presetOf } from './presets.ts';

/** The settings that a request may have found in a user's file. */
export const FOUND_SETTINGS = [
  'batchSize',
  'learningRate',
  'optimizer',
  'weightDecay',
  'decay',
  'clipNorm',
  'epsilon',
] as const satisfies readonly (keyof CompareRequest & keyof Settings)[];

/** Null is a panel that was opened from nowhere in particular. */
export function draftOf(request: CompareRequest | null): Draft {
  const found = FOUND_SETTINGS.flatMap((name) => {
    const setting = request?.[name];
    if (!setting) return [];
    const { value } = setting;
    return [[name, name === 'batchSize' ? Math.min(Number(value), LIMITS.batchSize) : value]];
  });
  const reduction = request?.reduction?.value;
  return {
    preset: reduction === 'max' ? 'worst-case' : 'same-rate',
    settings: {
      ...defaultSettings(),
      ...Object.fromEntries(found),
      reference: reduction === 'sum' ? 'sum' : 'mean',
    },
    data: { kind: 'auto' },
    backend: 'auto',
    edited: [],
  };
}

/** The settings of a saved run, to train it once more. */
export function draftOfRun({ started }: SavedRun): Draft {
  const { settings, data, backend } = started;
  return {
    preset: presetOf(settings),
    settings,
    data: { kind: data.kind === 'builtin' ? 'builtin' : 'auto' },
    backend: backend.name,
    edited: [],
  };
}
