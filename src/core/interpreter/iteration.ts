/** What loops run over: ranges, zips, enumerations and maps as lists. */
import type { Range } from '../analysis.ts';
import { constant, degreesOf, type Sum, symbol } from '../degree/term.ts';
import { type CallSite, callValue } from './calls.ts';
import { toSum } from './convert.ts';
import type { Interpreter } from './interpreter.ts';
import { elementOf, type Iteration } from './loops.ts';
import { type CallArguments, nothing, sequence, type Value } from './values.ts';

/** What a loop over it sees, as a list. */
export function iterate(
  m: Interpreter,
  how: 'range' | 'zip' | 'enumerate' | 'map',
  args: CallArguments,
  site: CallSite,
): Value {
  const { range } = site;
  const loopOver = (a: { readonly value: Value; readonly range: Range }) =>
    elementOf(m, a.value, m.textOf(a.range, 40), a.range);
  const repeated = (element: Value, i: { readonly count: Iteration['count']; readonly length: Sum | null }): Value => ({
    kind: 'repeated',
    element,
    count: i.count,
    length: i.length,
  });
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
      if (first.value.kind === 'sequence')
        return sequence(first.value.items.map((v, i) => sequence([constant(i, range), v])));
      const i = loopOver(first);
      return repeated(sequence([symbol('index', range), i.element]), i);
    }
    case 'zip': {
      const lists = args.positional.map((a) => a.value);
      const shortest = Math.min(
        ...lists.map((v) => (v.kind === 'sequence' ? v.items.length : Number.POSITIVE_INFINITY)),
      );
      if (lists.length && Number.isFinite(shortest) && lists.every((v) => v.kind === 'sequence')) {
        return sequence(
          Array.from({ length: shortest }, (_, i) =>
            sequence(lists.map((v) => (v.kind === 'sequence' ? (v.items[i] ?? nothing) : nothing))),
          ),
        );
      }
      const all = args.positional.map(loopOver);
      // All run together: what one of them is known to run over, the others do too.
      const fixed = all.find((i, at) => lists[at]?.kind === 'sequence' && i.count !== null);
      const known =
        fixed ??
        all.find((i) => i.count !== null && Object.keys(i.count).length > 0) ??
        all.find((i) => i.count !== null) ??
        all[0];
      return repeated(sequence(all.map((i) => i.element)), known ?? { count: null, length: null });
    }
    case 'map': {
      const [f, list] = args.positional;
      if (!f || !list) return nothing;
      const one = (value: Value) =>
        callValue(m, f.value, { positional: [{ value, range: list.range }], named: new Map(), spread: false }, site);
      if (list.value.kind === 'sequence') return sequence(list.value.items.slice(0, 8).map(one));
      const i = loopOver(list);
      return repeated(one(i.element), i);
    }
  }
}
