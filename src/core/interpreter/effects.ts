/** The effects that the catalogue names, on values. */
import type { Range } from '../analysis.ts';
import type { FunctionEntry, ReducerEntry } from '../catalogue/schema.ts';
import { add, addExponentsOf, elementwise } from '../degree/algebra.ts';
import { axesOf, axis, batchRow, row, scalarRow, type unitAxis, unknownRow } from '../degree/axes.ts';
import { alongAxis } from '../degree/reduction.ts';
import {
  constant,
  detached,
  mapTerms,
  markUnknown,
  numberOf,
  type Sum,
  single,
  sizeOf,
  sum,
  symbol,
  unknownSum,
} from '../degree/term.ts';
import { bindTo, constantName, isTrue, textArgument } from './arguments.ts';
import { arithmetic, mask, pairwise } from './arithmetic.ts';
import { applyModel, type CallSite, callValue } from './calls.ts';
import { batchOf, outputSum, parameterSum, readAs, sumOfRepeated, toSum, unknown } from './convert.ts';
import { emptyArguments, valuesOf } from './functions.ts';
import { guard, select } from './guards.ts';
import { chosenBy } from './indexing.ts';
import type { Interpreter } from './interpreter.ts';
import { iterate } from './iteration.ts';
import { einsum, join, reshape, transposed } from './layout.ts';
import { elementOf } from './loops.ts';
import { applyReducer, halfSquare } from './reducers.ts';
import { same } from './same.ts';
import { lengthOf, sizeAt } from './sizes.ts';
import { type CallArguments, forEach, nothing, sequence, type Value } from './values.ts';

export function applyEffect(
  m: Interpreter,
  entry: FunctionEntry | ReducerEntry,
  name: string,
  args: CallArguments,
  site: CallSite,
  receiver: Value | null,
): Value {
  if (entry.effect === 'reduce') return applyReducer(m, entry, name, args, site);
  const bound = bindTo(entry, args);
  const firstName = entry.input ?? entry.parameters.find((p) => p !== '*');
  const first = firstName === undefined ? (args.positional[0] ?? null) : bound.get(firstName);
  const { range } = site;
  const batch = () =>
    valuesOf(args)
      .map(batchOf)
      .find((b) => b !== null) ?? null;
  const onFirst = (f: (s: Sum) => Value): Value =>
    first ? forEach(first.value, (v) => f(toSum(m, v, first.range)), same) : nothing;
  const argument = (parameter: string | null | undefined): Value | null =>
    parameter ? (bound.get(parameter)?.value ?? null) : null;

  const collectPenalties = (parameters: readonly string[]): void => {
    for (const parameter of parameters) {
      const given = bound.get(parameter);
      // A regulariser may be given by its name, with its own default scale.
      const scale = given?.value.kind === 'text' ? m.vocabulary.regularizerDefault(given.value.value ?? '') : null;
      const regularizer: Value | null =
        scale !== null && given
          ? {
              kind: 'regularizer',
              scale: constant(scale, given.range),
              text: m.textOf(given.range),
              range: given.range,
            }
          : (given?.value ?? null);
      if (regularizer?.kind !== 'regularizer') continue;
      m.collections.add(
        'regularization_losses',
        halfSquare(m, parameterSum(range), regularizer, m.place(regularizer.range)),
      );
    }
  };

  switch (entry.effect) {
    case 'elementwise':
      return onFirst((s) => elementwise(s, entry.degree, name));
    case 'power': {
      const exponent = argument(entry.exponent);
      return onFirst((s) => arithmetic(m, '**', s, exponent ?? constant(2), range));
    }
    case 'along': {
      const at = argument(entry.axis);
      const position = at?.kind === 'sum' ? numberOf(at) : null;
      return onFirst((s) => alongAxis(s, entry.how, position ?? -1, name));
    }
    case 'transparent':
      return first ? first.value : nothing;
    case 'detach':
      return first
        ? forEach(
            first.value,
            (v) =>
              v.kind === 'sequence' || v.kind === 'record' || v.kind === 'batch' || v.kind === 'unknown'
                ? v
                : detached(toSum(m, v, first.range)),
            same,
          )
        : nothing;
    case 'arithmetic': {
      const second = args.positional[1] ?? [...args.named.values()][0];
      if (!first || !second) return first?.value ?? nothing;
      const raised = (v: Value) =>
        entry.power === undefined ? v : arithmetic(m, '**', v, constant(entry.power), range);
      if (entry.operator !== '@') return raised(arithmetic(m, entry.operator, first.value, second.value, range));
      const turned = (given: Value, position: number, flag: string): Value => {
        const asked = args.positional[position]?.value ?? args.named.get(flag)?.value ?? null;
        return isTrue(asked) ? forEach(given, (v) => transposed(toSum(m, v, range)), same) : given;
      };
      // `tensordot` says over how many axes; more than one is not followed.
      const axes = args.positional[2]?.value ?? args.named.get('axes')?.value ?? args.named.get('dims')?.value ?? null;
      if (axes !== null && axes.kind !== 'truth' && !(axes.kind === 'sum' && numberOf(axes) === 1)) {
        return forEach(
          first.value,
          (v) => markUnknown(toSum(m, v, range), 'over which axes it is multiplied is not followed'),
          same,
        );
      }
      return arithmetic(m, '@', turned(first.value, 2, 'transpose_a'), turned(second.value, 3, 'transpose_b'), range);
    }
    case 'guard':
      if (entry.clip && first?.value.kind === 'gradients') {
        m.record.clip({ type: entry.clip.type, threshold: bound.get(entry.clip.threshold), range });
        return first.value;
      }
      return guard(m, args, site);
    case 'select':
      return select(m, argument(entry.condition), argument(entry.then), argument(entry.otherwise), range);
    case 'mask':
      return args.positional
        .slice(0, 2)
        .map((a) =>
          toSum(m, a.value.kind === 'choice' ? (a.value.alternatives[0]?.value ?? nothing) : a.value, a.range),
        )
        .reduce((a, b) => mask(a, b, range), symbol('mask', range));
    case 'add-list':
      return addList(m, args, first?.value ?? nothing, site);
    case 'shape': {
      const at = argument(entry.axis);
      return onFirst((s) => {
        const position = at?.kind === 'sum' ? numberOf(at) : null;
        return position === null ? { kind: 'shape', of: s } : sizeAt(s, position, range);
      });
    }
    case 'element-count':
      return onFirst((s) => sizeOf(axesOf(s.row), 'actual', range));
    case 'length':
      return first ? forEach(first.value, (v) => lengthOf(m, v, first.range), same) : nothing;
    case 'reshape':
      return reshape(m, entry, args, bound, first?.value ?? nothing, site);
    case 'join':
      return join(m, entry, bound);
    case 'pick':
      return onFirst((s) => {
        if (entry.how === 'mask') return sum(s.terms, row([{ names: axesOf(s.row), partial: true }]));
        const indices = [...args.positional, ...args.named.values()].filter(
          (a) => a !== first && a.value.kind === 'sum',
        );
        return indices.reduce((picked, a) => chosenBy(picked, a.value as Sum), s);
      });
    case 'einsum':
      return einsum(m, args, site);
    case 'constant': {
      if (isTrue(args.named.get('requires_grad')?.value ?? null)) return parameterSum(range);
      const value = entry.value === 'first-argument' ? first?.value : entry.value;
      if (typeof value === 'number') return single({ coefficient: { value, text: String(value) }, range }, unknownRow);
      if (value && value !== nothing)
        return forEach(
          value,
          (v) => (v.kind === 'text' ? unknown(m.textOf(range), range, 'call') : toSum(m, v, range)),
          same,
        );
      return single({ examples: 'no', range, coefficient: { value: null, text: m.textOf(range, 24) } }, unknownRow);
    }
    case 'parameter': {
      const p = parameterSum(range);
      const regularizer = argument(entry.regularizer);
      if (regularizer?.kind === 'regularizer')
        m.collections.add('regularization_losses', halfSquare(m, p, regularizer, m.place(regularizer.range)));
      return p;
    }
    case 'parameters':
      return { kind: 'parameters', named: entry.named ?? false };
    case 'examples': {
      const shape = argument(entry.shape);
      return single(
        { theta: 'no', examples: 'yes', range, batch: batch() },
        shape?.kind === 'sequence' && shape.items.length === 1 ? row([axis('B')]) : batchRow,
      );
    }
    case 'layer':
      collectPenalties(entry.weightDecay ?? []);
      return { kind: 'model', name: m.textOf(range, 32) };
    case 'apply':
      collectPenalties(entry.weightDecay ?? []);
      return apply(m, args, site);
    case 'regularizer':
      return {
        kind: 'regularizer',
        scale: argument(entry.scale) ?? (entry.default === null ? null : constant(entry.default, range)),
        text: m.textOf(range, 32),
        range,
      };
    case 'collect': {
      const key = collectionName(argument(entry.name)) ?? entry.collection ?? null;
      const value = argument(entry.value);
      if (key !== null && value) m.collections.add(key, value);
      return value ?? nothing;
    }
    case 'collected': {
      const key = collectionName(argument(entry.name)) ?? entry.collection ?? null;
      if (key === null) return unknown(m.textOf(range), range, 'call');
      const items = m.collections.read(key);
      if (items.items.length === 0) return unknownSum(`what \`${key}\` holds is not in this file`, range, scalarRow);
      if (!entry.total) return items;
      const penalties = m.collections.read('regularization_losses');
      return addAll(m, [...items.items, ...(key === 'losses' ? penalties.items : [])], site);
    }
    case 'batches': {
      const given = bound.get(entry.size);
      const isDecidedElsewhere = entry.instead !== undefined && bound.get(entry.instead) !== null;
      const otherwise = isDecidedElsewhere
        ? symbol(entry.instead ?? '', range)
        : entry.default === null
          ? null
          : frameworkDefault(entry.default);
      const size = given?.value ?? otherwise;
      m.flags.noteBatchSize(site.expression, given);
      const drop = argument(entry.dropLast);
      const s =
        size === null || size.kind === 'choice'
          ? null
          : toSum(m, readAs(m, 'batch_size', size, given?.range ?? range), given?.range ?? range);
      const source = {
        size: s,
        range: given?.range ?? range,
        dropsLast:
          drop?.kind === 'truth'
            ? drop.value
            : isTrue(argument(entry.keepLast))
              ? false
              : (entry.dropLastDefault ?? null),
      };
      m.record.batches(source);
      return entry.one ? { kind: 'batch', source } : { kind: 'batches', source };
    }
    case 'clip':
      m.record.clip({ type: entry.type, threshold: bound.get(entry.threshold), range });
      return first?.value ?? nothing;
    case 'schedule': {
      const optimizer = argument(entry.optimizer);
      if (optimizer?.kind === 'optimizer') m.record.schedule(optimizer, name.split('.').at(-1) ?? name);
      return { kind: 'schedule', name: name.split('.').at(-1) ?? name, initial: argument(entry.initial) };
    }
    case 'flag': {
      const flag = flagName([entry.name, ...(entry.also ?? [])].map((n) => textArgument(argument(n))));
      if (flag !== null) m.flags.define(flag, argument(entry.default), bound.get(entry.default)?.range ?? range);
      return nothing;
    }
    case 'flags':
      return entry.pair ? sequence([m.flags.values, unknown('rest', range, 'call')]) : m.flags.values;
    case 'pairs':
      return onFirst((s) =>
        markUnknown(
          { ...s, row: unknownRow },
          `\`${name.split('.').at(-1)}\` sets the examples of a batch against each other`,
        ),
      );
    case 'next':
      return first ? elementOf(m, first.value, m.textOf(first.range, 40), first.range).element : nothing;
    case 'for-each': {
      const f = argument(entry.function);
      const source = receiver ?? first?.value;
      if (!f || !source) return nothing;
      const iteration = elementOf(m, source, m.textOf(range, 40), range);
      m.inLoop(iteration, () =>
        callValue(m, f, { positional: [{ value: iteration.element, range }], named: new Map(), spread: false }, site),
      );
      return nothing;
    }
    case 'give-back': {
      const given = args.positional.slice(receiver ? 1 : 0).map((a) => a.value);
      return given.length === 1 ? (given[0] ?? nothing) : sequence(given);
    }
    case 'iterate':
      return iterate(m, entry.how, args, site);
    case 'partial': {
      const target = argument(entry.target);
      const rest = args.positional.slice(1).map((a) => a.value);
      const named = new Map([...args.named].map(([k, a]) => [k, a.value] as const));
      if (target?.kind === 'closure')
        return {
          ...target,
          bound: {
            positional: [...target.bound.positional, ...rest],
            named: new Map([...target.bound.named, ...named]),
          },
        };
      return {
        kind: 'partial',
        target: target ?? nothing,
        arguments: { positional: args.positional.slice(1), named: args.named, spread: args.spread },
      };
    }
    case 'call-function': {
      const f = argument(entry.function);
      return f ? callValue(m, f, emptyArguments, site) : nothing;
    }
    case 'wrap':
      return argument(entry.target) ?? first?.value ?? nothing;
    case 'report':
      for (const v of valuesOf(args)) m.record.reported(v);
      return nothing;
    case 'no-gradient':
      return { kind: 'api', name: 'no-gradient' };
    case 'metric':
      for (const v of valuesOf(args)) m.record.reported(v);
      return { kind: 'unknown', name: 'metric', range, from: 'import', batch: null };
    case 'tape':
      return { kind: 'tape' };
  }
  return receiver ?? nothing;
}

const frameworkDefault = (value: number): Sum =>
  mapTerms(constant(value), (t) => ({ ...t, origin: 'framework-default' }));

/** Of several names of a flag the one without dashes (`dest`), then the first with two, as argparse has it. */
function flagName(names: readonly (string | null)[]): string | null {
  const given = names.filter((n) => n !== null);
  const plain = given.filter((n) => !n.startsWith('-'));
  const name = plain.at(-1) ?? given.find((n) => n.startsWith('--')) ?? given[0];
  return name?.replace(/^--?/, '').replace(/-/g, '_') ?? null;
}

/** A property that the catalogue knows: `x.shape`, `x.T`. null where it knows none. */
export function propertyOf(
  m: Interpreter,
  v: Value,
  property: string,
  range: Range,
  kind: 'tensor' | 'model' | 'unknown',
): Value | null {
  const entry = m.vocabulary.propertyEntry(property, kind === 'unknown' ? 'tensor' : kind);
  if (
    !entry ||
    entry.effect === 'sink' ||
    entry.effect === 'fit' ||
    entry.effect === 'loss' ||
    entry.effect === 'optimizer'
  )
    return null;
  // Of something unknown only its shape is read as a tensor's; other fields may be anything.
  if (kind === 'unknown' && entry.effect !== 'shape')
    return entry.effect === 'parameters' ? { kind: 'parameters', named: false } : null;
  const place = m.place(range);
  const site: CallSite = {
    range,
    place,
    expression: {
      kind: 'call',
      callee: { kind: 'name', name: property, range },
      arguments: [],
      construct: false,
      range,
    },
    scope: m.globals,
    receiver: null,
    receiverValue: null,
  };
  return applyEffect(
    m,
    entry,
    property,
    { positional: [{ value: v, range }], named: new Map(), spread: false },
    site,
    v,
  );
}

const collectionName = (value: Value | null): string | null => constantName(value)?.toLowerCase() ?? null;

/** `sum(list)`, `add_n(list)`, `add(a, b, …)`. */
function addList(m: Interpreter, args: CallArguments, first: Value, site: CallSite): Value {
  return forEach(
    first,
    (v) => {
      const start = args.positional[1]?.value;
      if (v.kind === 'sequence') return addAll(m, start ? [start, ...v.items] : v.items, site);
      if (v.kind === 'repeated') return sumOfRepeated(m, v, site.range);
      if (v.kind === 'record') return addAll(m, [...v.fields.values()], site);
      if (v.kind === 'unknown')
        return v.batch || v.from === 'parameter'
          ? reduceFirst(m, toSum(m, v, site.range), site)
          : unknown(m.textOf(site.range), site.range, 'call');
      return reduceFirst(m, toSum(m, v, site.range), site);
    },
    same,
  );
}

/** Python's `sum` of a tensor adds along its first axis. */
function reduceFirst(m: Interpreter, s: Sum, site: CallSite): Value {
  const { element, count } = elementOf(m, s, site.place.text, site.range);
  return count === null || element.kind !== 'sum' ? s : addExponentsOf(element, count);
}

function addAll(m: Interpreter, items: readonly Value[], site: CallSite): Value {
  const [head, ...rest] = items;
  if (!head) return constant(0, site.range);
  return rest.reduce<Value>((a, b) => pairwise(m, a, b, (x, y) => add(toM(m, x, site), toM(m, y, site))), head);
}

/** An entry of a list that a loop made stands for as many as the loop has turns. */
const toM = (m: Interpreter, v: Value, site: CallSite): Sum =>
  v.kind === 'repeated' && v.inline ? sumOfRepeated(m, v, site.range) : toSum(m, v, site.range);

/** Layers applied at once. With a parameter among the inputs or not, the result is trained; rows stay rows. */
function apply(m: Interpreter, args: CallArguments, site: CallSite): Value {
  const first = args.positional[0] ?? [...args.named.values()][0];
  const input = first
    ? forEach(
        first.value,
        (v) => (v.kind === 'sum' || v.kind === 'batch' || v.kind === 'unknown' ? toSum(m, v, first.range) : v),
        same,
      )
    : nothing;
  if (input.kind !== 'sum') return applyModel(args, site);
  const [only] = input.terms;
  const examples = only?.examples ?? 'yes';
  return sum(
    outputSum(site.range, batchOf(input)).terms.map((t) => ({ ...t, examples })),
    input.row.rest === null && input.row.front.length ? row([input.row.front[0] as typeof unitAxis], 'I') : input.row,
  );
}
