/** The effects that the catalogue names, on values. */
import type { Range } from '../analysis.ts';
import type { FunctionEntry, ReducerEntry } from '../catalogue/schema.ts';
import { axesArgument, type Bound, bindTo, textArgument, constantName } from './arguments.ts';
import { arithmetic, mask, onSums, pairwise } from './arithmetic.ts';
import { type AxisRow, axesOf, axis, batchRow, broadcast, isScalar, row, scalarRow, takeAxis, unitAxis } from './axes.ts';
import { applyModel, callValue, type CallSite } from './calls.ts';
import { batchOf, outputSum, parameterSum, readAs, toSum, unknown } from './convert.ts';
import { emptyArguments, valuesOf } from './functions.ts';
import type { Interpreter } from './interpreter.ts';
import { elementOf, type Iteration } from './loops.ts';
import { applyReducer, halfSquare } from './reducers.ts';
import { same } from './same.ts';
import {
  add,
  addExponentsOf,
  collapse,
  constant,
  degreesOf,
  detached,
  elementwise,
  mapTerms,
  markUnknown,
  numberOf,
  single,
  type Sum,
  sizeOf,
  sum,
  symbol,
} from './term.ts';
import { type CallArguments, forEach, nothing, sequence, type Value } from './values.ts';

export function applyEffect(m: Interpreter, entry: FunctionEntry | ReducerEntry, name: string, args: CallArguments, site: CallSite, receiver: Value | null): Value {
  if (entry.effect === 'reduce') return applyReducer(m, entry, name, args, site);
  const bound = bindTo(entry.parameters, args);
  const firstName = entry.parameters.find((p) => p !== '*');
  const first = firstName === undefined ? (args.positional[0] ?? null) : bound.get(firstName);
  const { range } = site;
  const batch = () => valuesOf(args).map(batchOf).find((b) => b !== null) ?? null;
  const onFirst = (f: (s: Sum) => Value): Value => (first ? forEach(first.value, (v) => f(toSum(m, v, first.range)), same) : nothing);
  const argument = (parameter: string | null | undefined): Value | null => (parameter ? (bound.get(parameter)?.value ?? null) : null);

  switch (entry.effect) {
    case 'elementwise':
      return onFirst((s) => elementwise(s, entry.degree, name));
    case 'power': {
      const exponent = argument(entry.exponent);
      return onFirst((s) => arithmetic(m, '**', s, exponent ?? constant(2), range));
    }
    case 'transparent':
      return first ? first.value : nothing;
    case 'detach':
      return first ? forEach(first.value, (v) => (v.kind === 'sequence' || v.kind === 'record' || v.kind === 'batch' || v.kind === 'unknown' ? v : detached(toSum(m, v, first.range))), same) : nothing;
    case 'arithmetic': {
      const second = args.positional[1] ?? [...args.named.values()][0];
      if (!first || !second) return first?.value ?? nothing;
      return arithmetic(m, entry.operator, first.value, second.value, range);
    }
    case 'guard':
      return guard(m, args, site);
    case 'select':
      return select(m, argument(entry.condition), argument(entry.then), argument(entry.otherwise), range);
    case 'mask':
      return args.positional.slice(0, 2).map((a) => toSum(m, a.value.kind === 'choice' ? (a.value.alternatives[0]?.value ?? nothing) : a.value, a.range)).reduce((a, b) => mask(a, b, range), symbol('mask', range));
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
      return onFirst((s) => (entry.how === 'mask' ? sum(s.terms, row([{ names: axesOf(s.row) }])) : s));
    case 'einsum':
      return einsum(m, args, site);
    case 'constant': {
      const value = entry.value === 'first-argument' ? first?.value : entry.value;
      if (typeof value === 'number') return single({ coefficient: { value, text: String(value) }, range }, row([], 'I'));
      if (value && value !== nothing) return forEach(value, (v) => (v.kind === 'text' ? unknown(m.textOf(range), range, 'call') : toSum(m, v, range)), same);
      return single({ examples: 'no', range, coefficient: { value: null, text: m.textOf(range, 24) } }, row([], 'I'));
    }
    case 'parameter': {
      const p = parameterSum(range);
      const regularizer = argument(entry.regularizer);
      if (regularizer?.kind === 'regularizer') m.collect('regularization_losses', halfSquare(m, p, regularizer, site.place));
      return p;
    }
    case 'parameters':
      return { kind: 'parameters', named: entry.named ?? false };
    case 'examples': {
      const shape = argument(entry.shape);
      return single({ theta: 'no', examples: 'yes', range, batch: batch() }, shape?.kind === 'sequence' && shape.items.length === 1 ? row([axis('B')]) : batchRow);
    }
    case 'layer':
      for (const parameter of entry.weightDecay ?? []) {
        const regularizer = argument(parameter);
        if (regularizer?.kind === 'regularizer') m.collect('regularization_losses', halfSquare(m, parameterSum(range), regularizer, site.place));
      }
      return { kind: 'model', name: m.textOf(range, 32) };
    case 'apply':
      return apply(m, args, site);
    case 'regularizer':
      return { kind: 'regularizer', scale: argument(entry.scale) ?? (entry.default === null ? null : constant(entry.default, range)), text: m.textOf(range, 32), range };
    case 'collect': {
      const key = collectionName(m, argument(entry.name)) ?? entry.collection ?? null;
      const value = argument(entry.value);
      if (key !== null && value) m.collect(key, value);
      return value ?? nothing;
    }
    case 'collected': {
      const key = collectionName(m, argument(entry.name)) ?? entry.collection ?? null;
      if (key === null) return unknown(m.textOf(range), range, 'call');
      const items = m.collected(key);
      if (!entry.total) return items;
      const penalties = m.collected('regularization_losses');
      return addAll(m, [...items.items, ...(key === 'losses' ? penalties.items : [])], site);
    }
    case 'batches': {
      const size = argument(entry.size) ?? (entry.default === null ? null : constant(entry.default));
      const given = bound.get(entry.size);
      const drop = argument(entry.dropLast);
      const s = size === null || size.kind === 'choice' ? null : toSum(m, readAs(m, 'batch_size', size, given?.range ?? range), given?.range ?? range);
      const source = { size: s, range: given?.range ?? range, dropsLast: drop?.kind === 'truth' ? drop.value : (entry.dropLastDefault ?? null) };
      m.record.batches(source);
      return { kind: 'batches', source };
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
      const flag = textArgument(argument(entry.name))?.replace(/^--?/, '').replace(/-/g, '_') ?? null;
      if (flag !== null) m.defineFlag(flag, argument(entry.default), bound.get(entry.default)?.range ?? range);
      return nothing;
    }
    case 'flags':
      return m.flags;
    case 'iterate':
      return iterate(m, entry.how, args, site);
    case 'partial': {
      const target = argument(entry.target);
      const rest = args.positional.slice(1).map((a) => a.value);
      const named = new Map([...args.named].map(([k, a]) => [k, a.value] as const));
      if (target?.kind === 'closure') return { ...target, bound: { positional: [...target.bound.positional, ...rest], named: new Map([...target.bound.named, ...named]) } };
      return { kind: 'partial', target: target ?? nothing, arguments: { positional: args.positional.slice(1), named: args.named, spread: args.spread } };
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

/** A property that the catalogue knows: `x.shape`, `x.T`. null where it knows none. */
export function propertyOf(m: Interpreter, v: Value, property: string, range: Range, kind: 'tensor' | 'model' | 'unknown'): Value | null {
  const entry = m.vocabulary.propertyEntry(property, kind === 'unknown' ? 'tensor' : kind);
  if (!entry || entry.effect === 'sink' || entry.effect === 'fit' || entry.effect === 'loss' || entry.effect === 'optimizer') return null;
  // Of something unknown only its shape is read as a tensor's; other fields may be anything.
  if (kind === 'unknown' && entry.effect !== 'shape') return entry.effect === 'parameters' ? { kind: 'parameters', named: false } : null;
  const place = m.place(range);
  const site: CallSite = { range, place, expression: { kind: 'call', callee: { kind: 'name', name: property, range }, arguments: [], construct: false, range }, scope: m.globals, receiver: null };
  return applyEffect(m, entry, property, { positional: [{ value: v, range }], named: new Map(), spread: false }, site, v);
}

const collectionName = (m: Interpreter, value: Value | null): string | null => constantName(m, value)?.toLowerCase() ?? null;

function sizeAt(s: Sum, position: number, range: Range): Sum {
  const taken = takeAxis(s.row, position, false);
  const size = sizeOf(taken?.axis.names ?? [], 'actual', range);
  const note = taken?.axis.note;
  return note ? mapTerms(size, (t) => ({ ...t, assumed: [note] })) : size;
}

function lengthOf(m: Interpreter, v: Value, range: Range): Value {
  switch (v.kind) {
    case 'sequence':
      return constant(v.items.length, range);
    case 'repeated':
      return v.length ?? (v.count === null ? symbol(m.textOf(range, 24), range) : single({ over: [{ exponents: negated(v.count), kind: 'actual' }], range }));
    case 'record':
      return constant(v.fields.size, range);
    case 'batches':
    case 'parameters':
    case 'text':
      return symbol(`len(${m.textOf(range, 24)})`, range);
    case 'unknown':
      // The length of a loader is a number of batches; that of an unknown list is not known to be the batch size.
      return v.from === 'parameter' || v.batch !== null ? sizeAt(toSum(m, v, range), 0, range) : symbol(`len(${v.name})`, range);
    default:
      return sizeAt(toSum(m, v, range), 0, range);
  }
}

const negated = (e: Readonly<Record<string, number | undefined>>) => Object.fromEntries(Object.entries(e).map(([k, v]) => [k, -(v ?? 0)]));

/** max(x, c), clamp: a constant on the other side guards; two tensors are chosen between. */
function guard(m: Interpreter, args: CallArguments, site: CallSite): Value {
  const values = [...args.positional, ...args.named.values()].filter((a) => a.value.kind !== 'nothing' && a.value.kind !== 'truth' && a.value.kind !== 'text');
  const [first, ...others] = values;
  if (!first) return nothing;
  return others.reduce<Value>(
    (result, other) =>
      pairwise(m, result, other.value, (a, b) => {
        const [x, y] = [toSum(m, a, first.range), toSum(m, b, other.range)];
        return clampSum(m, x, y, site);
      }),
    first.value,
  );
}

function clampSum(m: Interpreter, x: Sum, y: Sum, site: CallSite): Sum {
  const [a, b] = [numberOf(x), numberOf(y)];
  const plain = (s: Sum) => s.terms.every((t) => t.theta === 'no' && t.examples === 'no' && t.over.length === 0);
  // max(n, 1) keeps what is divided by; clamp of a trained value by a constant is one more function of it.
  if (plain(y) && x.terms.every((t) => t.theta === 'no')) return b !== null && b > 1 && x.terms.some((t) => t.over.length > 0 || Object.keys(t.summed).length > 0) ? markUnknown(x, `\`${site.place.text}\` holds the size at a constant`) : x;
  if (plain(x) && y.terms.every((t) => t.theta === 'no')) return clampSum(m, y, x, site);
  if (plain(y)) return b === 0 ? elementwise(x, 1, 'clamp') : elementwise(x, null, 'clamp');
  if (plain(x)) return a === 0 ? elementwise(y, 1, 'clamp') : elementwise(y, null, 'clamp');
  return collapse(sum([...x.terms, ...y.terms], broadcast(x.row, y.row)), 'a choice between two values');
}

function select(m: Interpreter, condition: Value | null, then: Value | null, otherwise: Value | null, range: Range): Value {
  if (!then || !otherwise) return condition && condition.kind === 'sum' ? mask(condition, condition, range) : nothing;
  return pairwise(m, then, otherwise, (a, b) => {
    const [x, y] = [toSum(m, a, range), toSum(m, b, range)];
    const shape = condition && condition.kind === 'sum' ? condition.row : scalarRow;
    const both = collapse(sum([...x.terms, ...y.terms], broadcast(x.row, y.row)), 'a choice between two values');
    return sum(both.terms, broadcast(both.row, shape));
  });
}

/** `sum(list)`, `add_n(list)`, `add(a, b, …)`. */
function addList(m: Interpreter, args: CallArguments, first: Value, site: CallSite): Value {
  return forEach(
    first,
    (v) => {
      const start = args.positional[1]?.value;
      if (v.kind === 'sequence') return addAll(m, start ? [start, ...v.items] : v.items, site);
      if (v.kind === 'repeated') {
        const element = toSum(m, v.element, site.range);
        if (v.count === null) return markUnknown(element, 'what the list runs over is not known here');
        return addExponentsOf(element, v.count);
      }
      if (v.kind === 'record') return addAll(m, [...v.fields.values()], site);
      if (v.kind === 'unknown') return v.batch || v.from === 'parameter' ? reduceFirst(m, toSum(m, v, site.range), site) : unknown(m.textOf(site.range), site.range, 'call');
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

const toM = (m: Interpreter, v: Value, site: CallSite): Sum => toSum(m, v, site.range);

/** Layers applied at once. With a parameter among the inputs or not, the result is trained; rows stay rows. */
function apply(m: Interpreter, args: CallArguments, site: CallSite): Value {
  const first = args.positional[0] ?? [...args.named.values()][0];
  const input = first ? forEach(first.value, (v) => (v.kind === 'sum' || v.kind === 'batch' || v.kind === 'unknown' ? toSum(m, v, first.range) : v), same) : nothing;
  if (input.kind !== 'sum') return applyModel(args, site);
  const [only] = input.terms;
  const examples = only?.examples ?? 'yes';
  return sum(outputSum(site.range, batchOf(input)).terms.map((t) => ({ ...t, examples })), input.row.rest === null && input.row.front.length ? row([input.row.front[0] as typeof unitAxis], 'I') : input.row);
}

/** What a loop over it sees, as a list. */
function iterate(m: Interpreter, how: 'range' | 'zip' | 'enumerate' | 'map', args: CallArguments, site: CallSite): Value {
  const { range } = site;
  const loopOver = (a: { readonly value: Value; readonly range: Range }) => elementOf(m, a.value, m.textOf(a.range, 40), a.range);
  const repeated = (element: Value, i: { readonly count: Iteration['count']; readonly length: Sum | null }): Value => ({ kind: 'repeated', element, count: i.count, length: i.length });
  switch (how) {
    case 'range': {
      const bound = args.positional[1] ?? args.positional[0];
      const n = bound && bound.value.kind !== 'choice' ? toSum(m, bound.value, bound.range) : null;
      const [t] = n?.terms ?? [];
      const degrees = t ? degreesOf(t) : {};
      return repeated(symbol('index', range), { count: n && n.terms.length === 1 ? degrees : null, length: n });
    }
    case 'enumerate': {
      const first = args.positional[0];
      if (!first) return nothing;
      if (first.value.kind === 'sequence') return sequence(first.value.items.map((v, i) => sequence([constant(i, range), v])));
      const i = loopOver(first);
      return repeated(sequence([symbol('index', range), i.element]), i);
    }
    case 'zip': {
      const lists = args.positional.map((a) => a.value);
      const shortest = Math.min(...lists.map((v) => (v.kind === 'sequence' ? v.items.length : Number.POSITIVE_INFINITY)));
      if (lists.length && Number.isFinite(shortest) && lists.every((v) => v.kind === 'sequence')) {
        return sequence(Array.from({ length: shortest }, (_, i) => sequence(lists.map((v) => (v.kind === 'sequence' ? (v.items[i] ?? nothing) : nothing)))));
      }
      const all = args.positional.map(loopOver);
      // All run together: what one of them is known to run over, the others do too.
      const known = all.find((i) => i.count !== null && Object.keys(i.count).length > 0) ?? all.find((i) => i.count !== null) ?? all[0];
      return repeated(sequence(all.map((i) => i.element)), known ?? { count: null, length: null });
    }
    case 'map': {
      const [f, list] = args.positional;
      if (!f || !list) return nothing;
      const one = (value: Value) => callValue(m, f.value, { positional: [{ value, range: list.range }], named: new Map(), spread: false }, site);
      if (list.value.kind === 'sequence') return sequence(list.value.items.slice(0, 8).map(one));
      const i = loopOver(list);
      return repeated(one(i.element), i);
    }
  }
}

function reshape(m: Interpreter, entry: Extract<FunctionEntry, { effect: 'reshape' }>, args: CallArguments, bound: Bound, first: Value, site: CallSite): Value {
  const given = entry.argument === null ? args.positional.slice(1).map((a) => a.value) : [];
  const named = entry.argument === null ? null : (bound.get(entry.argument)?.value ?? null);
  const list = named ?? (given.length === 1 && given[0]?.kind === 'sequence' ? given[0] : given.length ? sequence(given) : null);
  return forEach(
    first,
    (v) => {
      if (v.kind === 'sequence' || v.kind === 'repeated' || v.kind === 'record') return v;
      const s = toSum(m, v, site.range);
      return sum(s.terms, reshapedRow(s.row, entry.how, list));
    },
    same,
  );
}

/** Where the axes end up, as far as the arguments tell. */
function reshapedRow(r: AxisRow, how: Extract<FunctionEntry, { effect: 'reshape' }>['how'], argument: Value | null): AxisRow {
  const known = [...r.front, ...r.back];
  switch (how) {
    case 'flatten': {
      const start = argument?.kind === 'sequence' && argument.items[0]?.kind === 'sum' ? numberOf(argument.items[0]) : argument?.kind === 'sum' ? numberOf(argument) : 0;
      if (start !== null && start > 0 && r.front.length) return row([...r.front.slice(0, 1), axis('F')]);
      return row([{ names: axesOf(r), ...noteOf(r) }]);
    }
    case 'squeeze':
      if (r.rest !== null) return r;
      return row(known.filter((a) => a.names.length > 0));
    case 'unsqueeze': {
      const at = argument?.kind === 'sum' ? numberOf(argument) : argument?.kind === 'sequence' && argument.items[0]?.kind === 'sum' ? numberOf(argument.items[0]) : null;
      if (at === 0) return row([unitAxis, ...r.front], r.rest, r.back);
      if (at === null || at < 0) return r.rest === null ? row([...known, unitAxis]) : row(r.front, r.rest, [...r.back, unitAxis]);
      return row([...r.front.slice(0, at), unitAxis, ...r.front.slice(at)], r.rest, r.back);
    }
    case 'transpose':
    case 'permute': {
      const order = axesArgument(argument);
      if (order === null && r.rest === null) return row([...known].reverse());
      if (order === null) return row([...r.back].reverse(), r.rest, [...r.front].reverse());
      if (order === 'unknown') return r;
      if (how === 'transpose' && order.length === 2) return swapped(r, order[0] as number, order[1] as number);
      const axes = order.map((p) => known[p] ?? axis('I'));
      return r.rest === null && axes.length !== known.length ? r : row(axes);
    }
    case 'expand':
    case 'repeat':
      return r;
    case 'reshape':
      return argument === null ? r : laidOut(r, argument);
  }
}

const noteOf = (r: AxisRow): { note?: string } => {
  const note = [...r.front, ...r.back].find((a) => a.note)?.note;
  return note ? { note } : {};
};

function swapped(r: AxisRow, a: number, b: number): AxisRow {
  const all = [...r.front, ...r.back];
  if (r.rest === null) {
    const [x, y] = [a < 0 ? all.length + a : a, b < 0 ? all.length + b : b];
    return row(all.map((axis_, i) => (i === x ? (all[y] ?? axis_) : i === y ? (all[x] ?? axis_) : axis_)));
  }
  // A swap that leaves the first axis alone leaves the batch in front; one that moves it puts it where it was told.
  if (a !== 0 && b !== 0) return r;
  const other = a === 0 ? b : a;
  const [first, ...rest] = r.front;
  if (!first) return r;
  if (other > 0) return row([...Array.from({ length: other }, (_, i) => rest[i] ?? axis('I')), first], r.rest, r.back);
  return row([axis('I'), ...rest], r.rest, [...r.back.slice(0, Math.max(0, r.back.length - 1)), first]);
}

/** `view(-1)`, `view(-1, C)`, `reshape(B, -1)`, `[B, T, …]`: sizes name the axes, −1 takes what is left. */
function laidOut(r: AxisRow, argument: Value): AxisRow {
  const items = argument.kind === 'sequence' ? argument.items : argument.kind === 'sum' ? [argument] : null;
  if (items === null) return argument.kind === 'shape' ? argument.of.row : row([], 'I');
  const all = axesOf(r);
  const sizes = items.map((i) => {
    if (i.kind !== 'sum') return 'fixed' as const;
    const n = numberOf(i);
    if (n === -1) return 'rest' as const;
    const names = Object.keys(i.terms[0]?.over[0]?.exponents ?? {}) as ReturnType<typeof axesOf>;
    return names.length ? names : n === 1 ? ('unit' as const) : ('fixed' as const);
  });
  const named = sizes.flatMap((s) => (typeof s === 'string' ? [] : s));
  const left = all.filter((n) => !named.includes(n) && n !== 'I' && n !== 'P');
  const first = sizes[0];
  // A constant first size with −1 behind it is a batch size written as a number.
  const constantBatch = first === 'fixed' && sizes.includes('rest') && left.includes('B');
  const note = noteOf(r);
  return row(
    sizes.map((s, i) => {
      if (s === 'unit') return unitAxis;
      if (s === 'fixed') return i === 0 && constantBatch ? { ...axis('B'), ...note } : axis(all.includes('P') && !all.includes('B') ? 'P' : 'I');
      if (s === 'rest') {
        const names = constantBatch ? left.filter((n) => n !== 'B') : left;
        const open = r.rest !== null || all.includes('I');
        const joined = names.includes('B') && open && sizes.length === 1 ? [...names, 'I' as const] : names;
        return { names: joined.length ? joined : [all.includes('P') ? 'P' : 'I'], ...(joined.includes('B') ? note : {}) };
      }
      return axis(...s);
    }),
  );
}

function join(m: Interpreter, entry: Extract<FunctionEntry, { effect: 'join' }>, bound: Bound): Value {
  const list = bound.get(entry.list);
  if (!list) return nothing;
  const at = entry.axis ? bound.get(entry.axis)?.value : null;
  const position = at?.kind === 'sum' ? (numberOf(at) ?? 0) : 0;
  return forEach(
    list.value,
    (v) => {
      if (v.kind === 'repeated' && v.count !== null && entry.how === 'stack') return toSum(m, v, list.range);
      const items = v.kind === 'sequence' ? v.items : v.kind === 'repeated' ? [v.element] : [v];
      const sums = items.map((i) => toSum(m, i.kind === 'choice' ? (i.alternatives[0]?.value ?? nothing) : i, list.range));
      const head = sums[0];
      if (!head) return nothing;
      const whole = collapse({ kind: 'sum', terms: sums.flatMap((s) => s.terms), row: head.row }, 'a list of tensors');
      if (v.kind === 'repeated' && v.count === null) return markUnknown(whole, 'what the list runs over is not known here');
      const scalars = sums.every((s) => isScalar(s.row));
      if (scalars) return sum(sums.flatMap((s) => s.terms), row([axis('I')]));
      if (entry.how === 'stack') return sum(whole.terms, position === 0 ? row([axis('I'), ...head.row.front], head.row.rest, head.row.back) : head.row);
      return sum(whole.terms, head.row);
    },
    same,
  );
}

/** einsum: letters are axes; a letter that is missing on the right was summed over. */
function einsum(m: Interpreter, args: CallArguments, site: CallSite): Value {
  const equation = textArgument(args.positional[0]?.value ?? null);
  const inputs = args.positional.slice(1).flatMap((a) => (a.value.kind === 'sequence' ? a.value.items.map((v) => ({ value: v, range: a.range })) : [a]));
  const sums = inputs.map((a) => toSum(m, a.value.kind === 'choice' ? (a.value.alternatives[0]?.value ?? nothing) : a.value, a.range));
  const product = sums.map((s) => sum(collapse(s, 'einsum').terms, scalarRow)).reduce((a, b) => onSums(m, '*', a, b, site.range), constant(1));
  if (equation === null || /\.\.\./.test(equation)) return markUnknown(sum(product.terms, batchRow), 'the equation of einsum is not written here');
  const [left = '', right = ''] = equation.replace(/\s/g, '').split('->');
  const letters = new Map<string, typeof unitAxis>();
  left.split(',').forEach((part, i) => {
    const r = sums[i]?.row ?? batchRow;
    [...part].forEach((letter, at) => {
      const taken = takeAxis(r, at, false);
      if (taken && !letters.get(letter)?.names.includes('B')) letters.set(letter, axis(...taken.axis.names));
    });
  });
  const gone = [...letters].filter(([l]) => !right.includes(l)).flatMap(([, a]) => a.names);
  const result = sum(product.terms, row([...right].map((l) => letters.get(l) ?? axis('I'))));
  return mapTerms(result, (t) => ({ ...t, summed: { ...t.summed, ...Object.fromEntries(gone.map((n) => [n, (t.summed[n] ?? 0) + 1])) } }));
}

