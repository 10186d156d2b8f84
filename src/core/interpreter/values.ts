/** What an expression can be, besides a number or a tensor: the things that code passes around on the way to a loss. */
import type { LossEntry, OptimizerEntry } from '../catalogue/schema.ts';
import type { Exponents } from '../degree/axes.ts';
import { type BatchSource, markUnknown, type Sum } from '../degree/term.ts';
import type { ClassDefinition, FunctionDefinition, Lambda, Range } from '../syntax/tree.ts';
import type { Scope } from './store.ts';

/** Which branches a value belongs to: the text of the condition and whether it held. */
export type Conditions = ReadonlyMap<string, boolean>;

export interface Alternative {
  readonly when: Conditions;
  readonly value: Value;
}

/** One of several values, by a branch or an argument that the file does not decide. */
export interface Choice {
  readonly kind: 'choice';
  readonly alternatives: readonly Alternative[];
}

export interface Text {
  readonly kind: 'text';
  readonly value: string | null;
  readonly range: Range;
}

export interface Truth {
  readonly kind: 'truth';
  readonly value: boolean;
}

export interface Nothing {
  readonly kind: 'nothing';
}

/** A list or tuple whose elements are known. `grown` says that a loop added to it, along `axis`. */
export interface Sequence {
  readonly kind: 'sequence';
  readonly items: readonly Value[];
}

/** A list of one kind of element, repeated along something: what a comprehension or a loop over a batch makes. */
export interface Repeated {
  readonly kind: 'repeated';
  readonly element: Value;
  /** How often it is repeated, as degrees: `{ B: 1 }` for one entry an example; empty where the number is fixed, null where it is not known. */
  readonly count: Exponents | null;
  /** Its number of entries; null where it is not known. */
  readonly length: Sum | null;
  /** Stands in a longer list, as so many entries of it. */
  readonly inline?: true;
}

/** Dictionaries, objects and instances of the file's own classes. Its fields live in the store, so that branches can undo them. */
export interface RecordValue {
  readonly kind: 'record';
  readonly fields: Map<string, Value>;
  readonly type: ClassValue | null;
  /** How users call it: `self`, `args`. */
  readonly name: string;
  /** An unknown field is a symbol with this record's name in front (configs) rather than nothing. */
  readonly open: boolean;
}

export interface Closure {
  readonly kind: 'closure';
  readonly node: FunctionDefinition | Lambda;
  readonly scope: Scope;
  readonly self: Value | null;
  /** Parameters that were bound in advance (`functools.partial`, decorators). */
  readonly bound: BoundArguments;
  readonly owner: ClassValue | null;
}

export interface BoundArguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

export interface ClassValue {
  readonly kind: 'class';
  readonly node: ClassDefinition;
  readonly scope: Scope;
  readonly bases: readonly Value[];
  readonly fields: Map<string, Value>;
}

/** Something of a library, by its qualified name; a method carries what it is called on. */
export interface Api {
  readonly kind: 'api';
  readonly name: string;
}

/** A method whose receiver is known and whose meaning the catalogue decides. */
export interface Method {
  readonly kind: 'method';
  readonly receiver: Value;
  readonly name: string;
  /** The name alone: where a call of it is shown. */
  readonly range: Range;
}

/** A constructed loss; calling it gives the loss of its arguments. */
export interface LossObject {
  readonly kind: 'loss-object';
  readonly entry: LossEntry;
  readonly arguments: CallArguments;
  readonly range: Range;
  readonly statement: number;
}

export interface OptimizerValue {
  readonly kind: 'optimizer';
  readonly entry: OptimizerEntry;
  readonly arguments: CallArguments;
  readonly range: Range;
  /** Filled by schedules that are made for it later. */
  readonly id: number;
}

/** A layer or a model: called, it maps examples to outputs one by one. */
export interface Model {
  readonly kind: 'model';
  readonly name: string;
}

/** All trainable parameters: iterating gives one parameter tensor after the other. */
export interface Parameters {
  readonly kind: 'parameters';
  readonly named: boolean;
}

/** A source of batches. Iterating gives what one batch holds. */
export interface Batches {
  readonly kind: 'batches';
  readonly source: BatchSource;
}

/** What one batch holds, before it is taken apart: indexing and attributes give tensors of examples. */
export interface Batch {
  readonly kind: 'batch';
  readonly source: BatchSource | null;
}

/** A penalty that waits for its parameter (`l2_regularizer(scale)`). */
export interface Regularizer {
  readonly kind: 'regularizer';
  readonly scale: Value | null;
  readonly text: string;
  readonly range: Range;
}

export interface Tape {
  readonly kind: 'tape';
}

/** The shape of a tensor, as a sequence of sizes. */
export interface Shape {
  readonly kind: 'shape';
  readonly of: Sum;
}

/** Gradients: passed on to an optimiser, clipped on the way. */
export interface Gradients {
  readonly kind: 'gradients';
  readonly sinks: readonly number[];
}

/** A rate that a schedule changes; `initial` is where it starts. */
export interface Schedule {
  readonly kind: 'schedule';
  readonly name: string;
  readonly initial: Value | null;
}

/** Something this file does not tell; `name` is what the source calls it. */
export interface Unknown {
  readonly kind: 'unknown';
  readonly name: string;
  readonly range: Range;
  /** A parameter of a function nobody calls here, a field of a config, the result of a call, a name from elsewhere. */
  readonly from: 'parameter' | 'config' | 'call' | 'name' | 'import';
  /** A batch that flowed in, where the unknown came out of a call on examples. */
  readonly batch: BatchSource | null;
}

export interface NamedValue {
  readonly value: Value;
  readonly range: Range;
}

/** Arguments as they were evaluated; `spread` says that there may be more. */
export interface CallArguments {
  readonly positional: readonly NamedValue[];
  readonly named: ReadonlyMap<string, NamedValue>;
  readonly spread: boolean;
}

/** A library's function with some of its arguments bound. */
export interface PartialCall {
  readonly kind: 'partial';
  readonly target: Value;
  readonly arguments: CallArguments;
}

export type Value =
  | Sum
  | Choice
  | Text
  | Truth
  | Nothing
  | Sequence
  | Repeated
  | RecordValue
  | Closure
  | ClassValue
  | Api
  | Method
  | LossObject
  | OptimizerValue
  | Model
  | Parameters
  | Batches
  | Batch
  | Regularizer
  | Tape
  | Shape
  | Gradients
  | Schedule
  | PartialCall
  | Unknown;

/** The kinds of entries of a list, a repeated one once. */
export const entriesOf = (s: Sequence): readonly Value[] =>
  s.items.map((v) => (v.kind === 'repeated' && v.inline ? v.element : v));

/** Whether a list has entries that a loop added, so that its length is not written here. */
export const hasGrown = (s: Sequence): boolean => s.items.some((v) => v.kind === 'repeated' && v.inline);

export const nothing: Nothing = { kind: 'nothing' };
export const noArguments: BoundArguments = { positional: [], named: new Map() };
export const text = (value: string | null, range: Range): Text => ({ kind: 'text', value, range });
export const sequence = (items: readonly Value[]): Sequence => ({ kind: 'sequence', items });

/** How many alternatives are kept apart. */
const MOST_ALTERNATIVES = 8;

const compatible = (a: Conditions, b: Conditions): boolean =>
  [...a].every(([text, holds]) => !b.has(text) || b.get(text) === holds);

/** One choice of several values: nested choices become flat, equal values become one, impossible combinations go. */
export function choose(alternatives: readonly Alternative[], same: (a: Value, b: Value) => boolean): Value {
  const flat: Alternative[] = [];
  for (const { when, value } of alternatives) {
    const inner = value.kind === 'choice' ? value.alternatives : [{ when: new Map(), value } as Alternative];
    for (const a of inner) {
      if (!compatible(when, a.when)) continue;
      const both = new Map([...a.when, ...when]);
      const equal = flat.find((f) => same(f.value, a.value));
      if (!equal) flat.push({ when: both, value: a.value });
      else if (equal.when.size) flat[flat.indexOf(equal)] = { when: shared(equal.when, both), value: equal.value };
    }
  }
  const [only] = flat;
  if (flat.length === 1 && only) return only.value;
  if (flat.length > MOST_ALTERNATIVES && only?.value.kind === 'sum')
    return markUnknown(only.value, 'it depends on more branches than are kept apart');
  return { kind: 'choice', alternatives: flat.slice(0, MOST_ALTERNATIVES) };
}

/** What two groups of conditions agree on. */
const shared = (a: Conditions, b: Conditions): Conditions =>
  new Map([...a].filter(([text, holds]) => b.get(text) === holds));

/** The alternatives of a value that can hold under the conditions of a path. */
export function under(value: Value, path: Conditions): Value {
  if (value.kind !== 'choice' || path.size === 0) return value;
  const left = value.alternatives.filter((a) => compatible(a.when, path));
  const [only] = left;
  if (left.length === 1 && only) return only.value;
  return left.length === 0 || left.length === value.alternatives.length
    ? value
    : { kind: 'choice', alternatives: left };
}

export const alternativesOf = (value: Value): readonly Alternative[] =>
  value.kind === 'choice' ? value.alternatives : [{ when: new Map(), value }];

/** Applies f to each alternative. */
export function forEach(
  value: Value,
  f: (v: Value, when: Conditions) => Value,
  same: (a: Value, b: Value) => boolean,
): Value {
  if (value.kind !== 'choice') return f(value, new Map());
  return choose(
    value.alternatives.map((a) => ({ when: a.when, value: f(a.value, a.when) })),
    same,
  );
}
