/** Methods of the languages' own lists, dictionaries and functions. */
import type { Range } from '../analysis.ts';
import { addExponentsOf } from '../degree/algebra.ts';
import type { CallSite } from './calls.ts';
import { unknown } from './convert.ts';
import { evaluate } from './expressions.ts';
import { callClosure } from './functions.ts';
import type { Interpreter } from './interpreter.ts';
import { appended, targetDepth } from './loops.ts';
import { type CallArguments, type Closure, nothing, type RecordValue, sequence, type Value } from './values.ts';

export function listMethod(
  m: Interpreter,
  list: Value,
  name: string,
  args: CallArguments,
  site: CallSite,
): Value | null {
  const [first] = args.positional;
  switch (name) {
    case 'append':
    case 'push': {
      if (!first || !site.receiver) return nothing;
      const target = site.receiver;
      const depth =
        target.kind === 'name' || target.kind === 'member' ? targetDepth(m, target, site.scope) : m.loops.length;
      const grown = appended(m, list, first.value, depth);
      if (target.kind === 'name') {
        const holder = site.scope.find(target.name);
        if (holder) m.store.write(holder.variables, target.name, grown);
      } else if (target.kind === 'member') {
        const object = evaluate(m, target.object, site.scope);
        if (object.kind === 'record') m.store.write(object.fields, target.property, grown);
      }
      return nothing;
    }
    case 'extend':
    case 'concat': {
      if (list.kind !== 'sequence' || first?.value.kind !== 'sequence') return name === 'concat' ? list : nothing;
      const joined = sequence([...list.items, ...first.value.items]);
      if (name === 'extend' && site.receiver?.kind === 'name') {
        const holder = site.scope.find(site.receiver.name);
        if (holder) m.store.write(holder.variables, site.receiver.name, joined);
      }
      return joined;
    }
    case 'map': {
      const f = first?.value;
      if (f?.kind !== 'closure') return null;
      const one = (v: Value) =>
        callClosure(
          m,
          f,
          { positional: [{ value: v, range: site.range }], named: new Map(), spread: false },
          site.range,
        );
      return list.kind === 'sequence'
        ? sequence(list.items.slice(0, 8).map(one))
        : list.kind === 'repeated'
          ? { ...list, element: one(list.element) }
          : null;
    }
    case 'reduce': {
      // `terms.reduce((a, b) => a.add(b))`: folds the known entries one by one.
      const f = first?.value;
      if (f?.kind !== 'closure') return null;
      const start = args.positional[1]?.value;
      if (list.kind === 'repeated') {
        // One turn of the fold, as often as the list has entries.
        m.loops.push({ element: list.element, count: list.count, length: list.length, over: site.place.text });
        const value = callClosure(
          m,
          f,
          {
            positional: [start ?? nothing, list.element].map((v) => ({ value: v, range: site.range })),
            named: new Map(),
            spread: false,
          },
          site.range,
        );
        m.loops.pop();
        return value.kind === 'sum' && list.count !== null ? addExponentsOf(value, list.count) : null;
      }
      if (list.kind !== 'sequence' || list.items.length === 0) return null;
      const rest = start ? list.items : list.items.slice(1);
      return rest.reduce<Value>(
        (a, b) =>
          callClosure(
            m,
            f,
            { positional: [a, b].map((value) => ({ value, range: site.range })), named: new Map(), spread: false },
            site.range,
          ),
        start ?? (list.items[0] as Value),
      );
    }
    case 'forEach': {
      const f = first?.value;
      if (f?.kind === 'closure' && list.kind === 'sequence')
        for (const item of list.items.slice(0, 8))
          callClosure(
            m,
            f,
            { positional: [{ value: item, range: site.range }], named: new Map(), spread: false },
            site.range,
          );
      return nothing;
    }
    default:
      return null;
  }
}

export function dictMethod(
  m: Interpreter,
  record: RecordValue,
  name: string,
  args: CallArguments,
  range: Range,
): Value | null {
  const values = [...record.fields];
  switch (name) {
    case 'values':
      return sequence(values.map(([, v]) => v));
    case 'keys':
      return sequence(values.map(([k]) => ({ kind: 'text', value: k, range })));
    case 'items':
      return sequence(values.map(([k, v]) => sequence([{ kind: 'text', value: k, range }, v])));
    case 'get':
    case 'pop': {
      const key = args.positional[0]?.value;
      const found = key?.kind === 'text' && key.value !== null ? record.fields.get(key.value) : undefined;
      return (
        found ??
        args.positional[1]?.value ??
        (record.open
          ? unknown(`${record.name}.${m.textOf(args.positional[0]?.range ?? range, 24)}`, range, 'config')
          : nothing)
      );
    }
    case 'update': {
      const other = args.positional[0]?.value;
      if (other?.kind === 'record') for (const [k, v] of other.fields) m.store.write(record.fields, k, v);
      for (const [k, a] of args.named) m.store.write(record.fields, k, a.value);
      return nothing;
    }
    default:
      return null;
  }
}

/** `f.call(this, …)`, `f.apply(…)`, `f.bind(…)`. */
export function functionMethod(
  m: Interpreter,
  f: Closure,
  name: string,
  args: CallArguments,
  site: CallSite,
): Value | null {
  if (m.language === 'python') return null;
  const rest = { ...args, positional: args.positional.slice(1) };
  if (name === 'call') return callClosure(m, f, rest, site.range);
  if (name === 'bind') return { ...f, bound: { positional: rest.positional.map((a) => a.value), named: new Map() } };
  return null;
}
