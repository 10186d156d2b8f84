/** Settings as they stand in the source: a number, where it was read, and whether a launch may override it. */
import type { Optimizer, Range, Rate } from '../analysis.ts';
import { numberOf, type Sum } from '../degree/term.ts';
import { bindTo } from '../interpreter/arguments.ts';
import type { Interpreter } from '../interpreter/interpreter.ts';
import type { NamedValue, OptimizerValue, Value } from '../interpreter/values.ts';

/**
 * A setting's value.
 * @param otherwise the framework's default where nothing is given; null where it has none
 */
export function readRate(m: Interpreter, given: NamedValue | null, otherwise: number | null): Rate | null {
  if (!given || given.value.kind === 'nothing') {
    return otherwise === null
      ? null
      : { value: otherwise, where: null, origin: 'framework-default', text: String(otherwise) };
  }
  const text = m.textOf(given.range, 32);
  const s = sumIn(given.value);
  const t = s?.terms[0];
  const value = s ? numberOf(s) : null;
  const where = t && t.range.end > t.range.start && m.isInside(t.range) ? t.range : given.range;
  return { value, where, origin: t?.origin ?? 'constant', text };
}

/** The number inside a schedule is where it starts. */
function sumIn(value: Value): Sum | null {
  if (value.kind === 'sum') return value;
  if (value.kind === 'schedule' && value.initial) return sumIn(value.initial);
  return null;
}

/** An argument of an optimiser, by its parameter's name. */
export const argumentOf = (o: OptimizerValue, parameter: string): NamedValue | null =>
  bindTo(o.entry, o.arguments).get(parameter);

/** An optimiser with everything the dimension table asks about it. */
export function readOptimizer(m: Interpreter, o: OptimizerValue): Optimizer {
  const { entry } = o;
  const read = (parameter: string, otherwise: number | null) => readRate(m, argumentOf(o, parameter), otherwise);
  const rateArgument = argumentOf(o, entry.learningRate.parameter);
  const schedule =
    rateArgument?.value.kind === 'schedule' ? rateArgument.value.name : (m.record.schedules.get(o.id) ?? null);
  const decay = entry.weightDecay ? read(entry.weightDecay.parameter, entry.weightDecay.default) : null;
  const epsilon = entry.epsilon ? read(entry.epsilon.parameter, entry.epsilon.default) : null;
  const where: Range = o.range;
  const groups = groupsWithSettings(o);
  return {
    name: entry.title,
    family: entry.family,
    where,
    learningRate: read(entry.learningRate.parameter, entry.learningRate.default),
    schedule,
    momentum: entry.momentum ? read(entry.momentum.parameter, entry.momentum.default) : null,
    weightDecay: weightDecayOf(o, decay, groups),
    epsilon: epsilon && entry.epsilon ? { ...epsilon, place: entry.epsilon.place } : null,
    initialAccumulator: entry.initialAccumulator
      ? read(entry.initialAccumulator.parameter, entry.initialAccumulator.default)
      : null,
    notConvertible:
      entry.notConvertible ??
      (groups.size > 0 ? 'Its parameter groups have settings of their own, which are not followed.' : null),
  };
}

/** A decay of zero is none; one that groups of parameters have differently is there, with no one number. */
function weightDecayOf(o: OptimizerValue, decay: Rate | null, groups: ReadonlySet<string>): Optimizer['weightDecay'] {
  const { weightDecay } = o.entry;
  if (!weightDecay) return null;
  const { coupling } = weightDecay;
  if (groups.has(weightDecay.parameter))
    return { value: null, where: o.range, origin: 'constant', text: 'by group', coupling };
  return decay && decay.value !== 0 ? { ...decay, coupling } : null;
}

/** The settings that groups of parameters bring along: `[{'params': …, 'lr': 0.02}, …]`. */
function groupsWithSettings(o: OptimizerValue): ReadonlySet<string> {
  const given = o.arguments.positional[0]?.value ?? o.arguments.named.get('params')?.value;
  const groups = given?.kind === 'sequence' ? given.items.filter((v) => v.kind === 'record') : [];
  return new Set(groups.flatMap((g) => [...g.fields.keys()].filter((key) => key !== 'params')));
}
