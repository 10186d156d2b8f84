/** The arguments of a call by the parameter names of a catalogue entry. */
import type { Parameters, Synonyms } from '../catalogue/schema.ts';
import { isNumberLike, numberOf } from '../degree/term.ts';
import type { CallArguments, NamedValue, Value } from './values.ts';

export interface Bound {
  get(name: string): NamedValue | null;
  /** Arguments that no parameter takes, in order. */
  readonly rest: readonly NamedValue[];
  /** Given by `*args` or `**kwargs` perhaps: an absent argument may still be there. */
  readonly spread: boolean;
}

/** Positional arguments in order, keywords by name; in JavaScript a lone options object counts as keywords. */
export function bindTo(
  entry: { readonly parameters: Parameters; readonly synonyms?: Synonyms },
  args: CallArguments,
): Bound {
  const { parameters, synonyms } = entry;
  const star = parameters.indexOf('*');
  const order = star < 0 ? parameters : parameters.slice(0, star);
  const found = new Map<string, NamedValue>([...args.named].map(([name, a]) => [synonyms?.[name] ?? name, a]));
  const rest: NamedValue[] = [];
  args.positional.forEach((a, i) => {
    const name = order[i];
    const options =
      a.value.kind === 'record' &&
      a.value.type === null &&
      (name === undefined || name === 'args' || name === 'config' || name === 'options');
    if (options && a.value.kind === 'record')
      for (const [k, value] of a.value.fields)
        found.set(synonyms?.[k] ?? k, { value, range: rangeOf(value) ?? a.range });
    else if (name === undefined) rest.push(a);
    else if (!(a.value.kind === 'nothing')) found.set(name, a);
  });
  return { get: (name) => found.get(name) ?? null, rest, spread: args.spread };
}

/** Where a value in an options object was written, as far as it is known. */
function rangeOf(value: Value): NamedValue['range'] | null {
  if (value.kind === 'sum') {
    const range = value.terms[0]?.range;
    return range && range.end > range.start ? range : null;
  }
  return value.kind === 'text' || value.kind === 'optimizer' || value.kind === 'loss-object' ? value.range : null;
}

/** The axes that an argument names: null where it is missing or None, `unknown` where it cannot be read. */
export function axesArgument(value: Value | null): readonly number[] | null | 'unknown' {
  if (value === null || value.kind === 'nothing') return null;
  if (value.kind === 'sum' && isNumberLike(value)) {
    const n = numberOf(value);
    return n === null ? 'unknown' : [n];
  }
  if (value.kind !== 'sequence') return 'unknown';
  const numbers = value.items.map((i) => (i.kind === 'sum' ? numberOf(i) : null));
  return numbers.every((n): n is number => n !== null) ? numbers : 'unknown';
}

export const isTrue = (value: Value | null): boolean => value?.kind === 'truth' && value.value;
export const isFalse = (value: Value | null): boolean => value?.kind === 'truth' && !value.value;

export function textArgument(value: Value | null): string | null {
  return value?.kind === 'text' ? value.value : null;
}

/** A constant's own name, without the path to it: `tf.Reduction.SUM` is `SUM`. */
export function constantName(value: Value | null): string | null {
  if (value === null) return null;
  if (value.kind === 'text') return value.value;
  if (value.kind === 'api' || value.kind === 'unknown') return value.name.split('.').at(-1) ?? null;
  if (value.kind === 'method') return value.name;
  return null;
}
