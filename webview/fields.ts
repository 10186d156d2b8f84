/** The settings that the panel lets the user change: their names, their kinds, and where a value came from. */
import { defaultSettings } from '../src/experiment/defaults.ts';
import { type CompareRequest, type Draft, LIMITS, type Settings } from '../src/protocol.ts';

export interface NumberField {
  readonly name: keyof Settings;
  readonly label: string;
  readonly integer: boolean;
  /** The smallest value; excluded where zero makes no sense. */
  readonly least: number;
  readonly leastExcluded: boolean;
  /** The largest value. */
  readonly most: number;
  /** Whether it may be left empty. */
  readonly optional: boolean;
  readonly hint: string;
}

const number = (name: keyof Settings, label: string, hint: string, more: Partial<NumberField> = {}): NumberField => ({
  name,
  label,
  integer: false,
  least: 0,
  leastExcluded: true,
  most: Number.MAX_VALUE,
  optional: false,
  hint,
  ...more,
});

const integer = { integer: true, least: 1, leastExcluded: false, most: Number.MAX_SAFE_INTEGER } as const;

export const numberFields = {
  batchSize: number('batchSize', 'Batch size', 'Examples in each step.', {
    ...integer,
    most: LIMITS.batchSize,
  }),
  learningRate: number('learningRate', 'Learning rate', 'What the step is multiplied by.'),
  weightDecay: number('weightDecay', 'Penalty (L2)', 'β of the penalty β·½‖w‖² in the loss, or the weight decay.', {
    leastExcluded: false,
  }),
  steps: number('steps', 'Steps', 'Batches to train on.', { ...integer, most: LIMITS.steps }),
  clipNorm: number('clipNorm', 'Clip by norm', 'The largest norm of the gradient; empty for none.', { optional: true }),
  epsilon: number('epsilon', 'Epsilon', 'What Adam adds to the root of the second moment.'),
  seed: number('seed', 'Seed', 'The same seed gives the same numbers.', {
    ...integer,
    least: 0,
    most: LIMITS.seed,
  }),
  evaluateEvery: number(
    'evaluateEvery',
    'Evaluate every',
    'Steps between two looks at the held-out examples.',
    integer,
  ),
  measureEvery: number('measureEvery', 'Measure every', 'Steps between two measurements of the laws.', integer),
} as const;

/** The number that a text means for a field; otherwise what is wrong with it, in a sentence. */
export function parseField(field: NumberField, text: string): { value: number | null } | { problem: string } {
  const trimmed = text.trim();
  if (trimmed === '') return field.optional ? { value: null } : { problem: `${field.label} needs a number.` };
  const value = Number(trimmed);
  if (!Number.isFinite(value)) return { problem: `${field.label} needs a number, and this is none.` };
  if (field.integer && !Number.isInteger(value)) return { problem: `${field.label} is a whole number.` };
  if (value < field.least || (field.leastExcluded && value === field.least)) {
    return { problem: `${field.label} is ${field.leastExcluded ? 'above' : 'at least'} ${field.least}.` };
  }
  if (value > field.most) return { problem: `${field.label} is at most ${field.most.toLocaleString('en-US')}.` };
  return { value };
}

export type Origin =
  | { readonly kind: 'default' }
  | { readonly kind: 'found'; readonly place: CompareRequest['place']; readonly isDefault: boolean }
  | { readonly kind: 'edited'; readonly before: string | null; readonly place: CompareRequest['place'] | null };

/** Where the value of a setting comes from. */
export function originOf(name: keyof Settings, draft: Draft, request: CompareRequest | null): Origin {
  const found = foundIn(request, name);
  if (draft.edited.includes(name)) {
    return { kind: 'edited', before: found ? String(found.value) : null, place: found?.place ?? null };
  }
  return found ? { kind: 'found', place: found.place, isDefault: found.isDefault } : { kind: 'default' };
}

/** What the setting was before the user changed it here. */
export function originalValue(
  name: keyof Settings,
  draft: Draft,
  request: CompareRequest | null,
): Settings[keyof Settings] {
  return foundIn(request, name)?.value ?? defaultSettings(draft.settings.network)[name];
}

function foundIn(request: CompareRequest | null, name: keyof Settings) {
  if (!request) return null;
  switch (name) {
    case 'batchSize':
    case 'learningRate':
    case 'optimizer':
    case 'weightDecay':
    case 'decay':
    case 'clipNorm':
    case 'epsilon':
      return request[name];
    default:
      return null;
  }
}
