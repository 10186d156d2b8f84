/**
 * Short forms for writing tables. Most functions of an array library differ in their name alone, and a loss and its class share all but their
 * arguments; said once, they cannot drift apart.
 *
 * On axes: C also stands for the components of a vector that a loss looks at as one (a cosine, a distance). Like classes they are never compared.
 */
import type {
  Denominator,
  Effect,
  FunctionEntry,
  LossReduction,
  OptimizerEntry,
  Receiver,
  ReducerEntry,
  SinkEntry,
  Synonyms,
} from './schema.ts';

/** `'a b c'` as a list. */
export const words = (text: string): readonly string[] => (text === '' ? [] : text.trim().split(/\s+/));

/** Each word in each module: `under('torch', 'abs neg')`. */
export const under = (modules: string | readonly string[], text: string): readonly string[] =>
  [modules].flat().flatMap((module) => words(text).map((word) => `${module}.${word}`));

interface FunctionDetails {
  readonly methods?: string;
  readonly properties?: string;
  readonly on?: Receiver;
  readonly synonyms?: Synonyms;
  readonly input?: string;
}

/** A function, a method or a property with an effect; its parameters are words in positional order. */
export function define(
  effect: Effect,
  names: readonly string[],
  parameters: string,
  { methods, properties, synonyms, ...rest }: FunctionDetails = {},
): FunctionEntry {
  const list = words(parameters);
  return {
    ...effect,
    names,
    parameters: list,
    ...(synonyms === undefined ? {} : { synonyms: within(list, synonyms) }),
    ...(methods === undefined ? {} : { methods: words(methods) }),
    ...(properties === undefined ? {} : { properties: words(properties) }),
    ...rest,
  };
}

/** A method alone, of things that no qualified name constructs. */
export const method = (
  effect: Effect,
  methods: string,
  parameters: string,
  details: Omit<FunctionDetails, 'methods'> = {},
): FunctionEntry => define(effect, [], parameters, { methods, ...details });

export const elementwise = (
  degree: number | null | 'log',
  names: readonly string[],
  methods = '',
  parameters = 'x',
): FunctionEntry => define({ effect: 'elementwise', degree }, names, parameters, { methods });

/** Functions along one axis that keep it. */
export const along = (
  how: 'softmax' | 'log-softmax' | 'cumulate',
  names: readonly string[],
  parameters: string,
  axis: string,
  methods = '',
): FunctionEntry => define({ effect: 'along', how, axis }, names, parameters, { methods });

export type ReducerDetails = Partial<
  Omit<ReducerEntry, 'operation' | 'names' | 'parameters' | 'methods' | 'effect'>
> & {
  readonly methods?: string;
};

/**
 * A function that reduces its first parameter. `axis`, `keepDims` and synonyms may be those of a whole library: what this function has no parameter for
 * is left out.
 */
export function reducer(
  operation: ReducerEntry['operation'],
  names: readonly string[],
  parameters: string,
  { methods, axis, keepDims, synonyms, ...rest }: ReducerDetails = {},
): ReducerEntry {
  const list = words(parameters);
  return {
    effect: 'reduce',
    operation,
    names,
    parameters: list,
    input: list[0] ?? '',
    ...(methods === undefined ? {} : { methods: words(methods) }),
    ...(axis !== undefined && list.includes(axis) ? { axis } : {}),
    ...(keepDims !== undefined && list.includes(keepDims) ? { keepDims } : {}),
    ...(synonyms === undefined ? {} : { synonyms: within(list, synonyms) }),
    evidence: 'executed',
    ...rest,
  };
}

const within = (parameters: readonly string[], synonyms: Synonyms): Synonyms =>
  Object.fromEntries(Object.entries(synonyms).filter(([, parameter]) => parameters.includes(parameter)));

type Title = Pick<OptimizerEntry, 'title' | 'family'>;

/** An optimiser: its parameters with a star before those that are keywords, `rate` the default of the learning rate. */
export function optimizer(
  names: readonly string[],
  { title, family }: Title,
  parameters: string,
  learningRate: OptimizerEntry['learningRate'],
  details: Partial<OptimizerEntry> = {},
): OptimizerEntry {
  return {
    effect: 'optimizer',
    names,
    title,
    family,
    parameters: words(parameters),
    learningRate,
    evidence: 'executed',
    ...details,
  };
}

/** A call that differentiates a loss, by its qualified names or as a method. */
export function sink(
  called: Pick<SinkEntry, 'names' | 'method'>,
  parameters: string,
  rest: Omit<SinkEntry, 'effect' | 'names' | 'method' | 'parameters'>,
): SinkEntry {
  return { effect: 'sink', ...called, parameters: words(parameters), ...rest };
}

export const sum: LossReduction = { operation: 'sum' };
export const none: LossReduction = { operation: 'none' };
export const mean = (denominator: Denominator): LossReduction => ({ operation: 'mean', denominator });

/** A loss without a choice: what it gives is what `operation` says. */
export const fixed = (name: string, operation: LossReduction) =>
  ({ parameter: null, default: name, values: { [name]: operation } }) as const;

export const report: Effect = { effect: 'report' };
export const transparent: Effect = { effect: 'transparent' };
export const detach: Effect = { effect: 'detach' };
export const apply: Effect = { effect: 'apply' };
export const layer: Effect = { effect: 'layer' };
export const mask: Effect = { effect: 'mask' };
export const guard: Effect = { effect: 'guard' };
export const metric: Effect = { effect: 'metric' };
export const pick: Effect = { effect: 'pick', how: 'gather' };
export const arithmetic = (operator: '+' | '-' | '*' | '/' | '**' | '@'): Effect => ({
  effect: 'arithmetic',
  operator,
});
