/** Loops are axes: a loop that adds up is a sum over what it runs over, a list that it fills has one entry for each. */
import type { Range } from '../analysis.ts';
import { addExponents, type Exponents, exponentsOf, takeAxis, withoutAxis } from '../degree/axes.ts';
import { mapTerms, markAssumed, markUnknown, type Sum, sizeOf, symbol } from '../degree/term.ts';
import type { ArithmeticOperator, Binary, Expression, Pattern } from '../syntax/tree.ts';
import { arithmetic } from './arithmetic.ts';
import { parameterSum, toSum, unknown } from './convert.ts';
import { evaluate } from './expressions.ts';
import type { Interpreter } from './interpreter.ts';
import { isLoaderName } from './names.ts';
import { same } from './same.ts';
import { sizeAt } from './sizes.ts';
import type { Scope } from './store.ts';
import { entriesOf, forEach, hasGrown, type Repeated, sequence, type Value } from './values.ts';

/** One loop: what its variable holds, and how often it runs, as degrees. */
export interface Iteration {
  readonly element: Value;
  /** null where it is not known what the loop runs over. */
  readonly count: Exponents | null;
  readonly length: Sum | null;
  /** The source of what it runs over, for reasons. */
  readonly over: string;
}

/** What a loop over a value sees, one at a time. */
export function elementOf(m: Interpreter, value: Value, over: string, range: Range): Iteration {
  const fixed = (element: Value): Iteration => ({ element, count: {}, length: null, over });
  switch (value.kind) {
    case 'sum': {
      const taken = takeAxis(value.row, 0, false);
      if (!taken) return { element: value, count: null, length: null, over };
      const element = { ...value, row: withoutAxis(taken) };
      // Several outputs of a model are as likely as the rows of one.
      const isOutput =
        value.terms.every((t) => t.theta === 'yes' && t.operations.length === 0) &&
        value.row.front.length === 1 &&
        value.row.rest !== null;
      if (isOutput) return { element, count: null, length: null, over };
      return { element, count: exponentsOf(taken.axis.names), length: sizeAt(value, 0, range), over };
    }
    case 'sequence': {
      const element = m.choose(entriesOf(value).map((v) => ({ when: new Map(), value: v })));
      if (hasGrown(value)) return { element, count: null, length: null, over };
      return fixed(value.items.length ? element : unknown(over, range, 'name'));
    }
    case 'repeated':
      return { element: value.element, count: value.count, length: value.length, over };
    case 'batches':
      return {
        element: { kind: 'batch', source: value.source },
        count: { K: 1 },
        length: symbol(`len(${over})`, range),
        over,
      };
    case 'batch':
      return { element: { kind: 'batch', source: value.source }, count: null, length: null, over };
    case 'parameters': {
      const tensor = parameterSum(range);
      return {
        element: value.named ? sequence([{ kind: 'text', value: null, range }, tensor]) : tensor,
        count: { P: 1 },
        length: sizeOf(['P'], 'actual', range),
        over,
      };
    }
    case 'record':
      return fixed(m.choose([...value.fields.values()].slice(0, 8).map((v) => ({ when: new Map(), value: v }))));
    case 'unknown':
      if (isLoaderName(value.name)) {
        const source = value.batch ?? { size: null, range: value.range, dropsLast: null };
        return { element: { kind: 'batch', source }, count: { K: 1 }, length: symbol(`len(${over})`, range), over };
      }
      return { element: unknown(`${value.name}[…]`, range, value.from, value.batch), count: null, length: null, over };
    case 'choice': {
      const all = value.alternatives.map((a) => elementOf(m, a.value, over, range));
      const first = all[0];
      if (!first) return fixed(unknown(over, range, 'name'));
      const alike = all.every((i) => JSON.stringify(i.count) === JSON.stringify(first.count));
      return {
        ...first,
        element: m.choose(all.map((i) => ({ when: new Map(), value: i.element }))),
        count: alike ? first.count : null,
      };
    }
    default:
      return { element: unknown(over, range, 'name'), count: null, length: null, over };
  }
}

/** What all loops between a variable's making and here make of something that is added to it each time. */
export function summedOver(m: Interpreter, value: Value, depth: number, range: Range): Value {
  const loops = m.loops.slice(depth);
  if (loops.length === 0) return value;
  return forEach(
    value,
    (v) => {
      if (v.kind === 'sequence' || v.kind === 'text' || v.kind === 'repeated' || v.kind === 'record') return v;
      let result = toSum(m, v, range);
      for (const loop of loops) {
        const { count } = loop;
        result =
          count === null
            ? markUnknown(result, `what \`${loop.over}\` runs over is not known here`)
            : mapTerms(result, (t) => ({ ...t, summed: addExponents(t.summed, count) }));
        for (const note of loop.length?.terms.flatMap((t) => t.assumed) ?? []) result = markAssumed(result, note);
      }
      return result;
    },
    same,
  );
}

/**
 * `target op= value`: inside a loop, what is added to a variable from outside is added as often as the loop runs.
 */
export function accumulate(
  m: Interpreter,
  target: Pattern,
  operator: ArithmeticOperator,
  value: Value,
  range: Range,
  scope: Scope,
): Value {
  if (target.kind !== 'name' && target.kind !== 'member' && target.kind !== 'index') return value;
  const before = evaluate(m, target, scope);
  const added =
    operator === '+' || operator === '-' ? summedOver(m, value, targetDepth(m, target, scope), range) : value;
  return arithmetic(m, operator, before, added, range);
}

/** How many loops stood around the making of what a target names. */
export function targetDepth(m: Interpreter, target: Pattern, scope: Scope): number {
  if (target.kind === 'name') {
    const holder = scope.find(target.name);
    return holder ? m.depthOf(holder.variables, target.name) : m.loops.length;
  }
  if (target.kind === 'member') {
    const object = evaluate(m, target.object, scope);
    return object.kind === 'record' ? m.depthOf(object.fields, target.property) : m.loops.length;
  }
  return m.loops.length;
}

/** A list after something was appended to it: inside a loop it has as many entries as the loop has turns. */
export function appended(m: Interpreter, list: Value, item: Value, depth: number): Value {
  const loops = m.loops.slice(depth);
  if (loops.length === 0) return list.kind === 'sequence' ? sequence([...list.items, item]) : list;
  const repeated = repeat(item, loops);
  if (list.kind === 'sequence')
    return list.items.length === 0 ? repeated : sequence([...list.items, { ...repeated, inline: true }]);
  if (list.kind !== 'repeated') return list;
  return same(list.element, item)
    ? repeated
    : sequence([
        { ...list, inline: true },
        { ...repeated, inline: true },
      ]);
}

export function repeat(element: Value, loops: readonly Iteration[]): Repeated {
  let count: Exponents | null = {};
  for (const loop of loops) count = count === null || loop.count === null ? null : addExponents(count, loop.count);
  const length = loops.length === 1 ? (loops[0]?.length ?? null) : null;
  return { kind: 'repeated', element, count, length };
}

/** `x = x + loss` and `x = x.add(loss)` add up like `x += loss`. */
export function addition(
  target: Pattern,
  value: Expression,
): { readonly operator: '+' | '-'; readonly value: Expression } | null {
  const isTarget = (e: Expression) => target.kind === 'name' && e.kind === 'name' && e.name === target.name;
  if (value.kind === 'binary' && (value.operator === '+' || value.operator === '-')) {
    if (isTarget(value.left)) return { operator: value.operator, value: value.right };
    if (value.operator === '+' && isTarget(value.right)) return { operator: '+', value: value.left };
    // `x + a + b` adds `a + b` to x. A long sum is walked, not recursed into.
    const spine = [value];
    for (let left = value.left; left.kind === 'binary' && /^[+-]$/.test(left.operator); left = left.left)
      spine.push(left);
    const first = spine.at(-1) as Binary;
    if (spine.length === 1 || first.operator !== '+' || !isTarget(first.left)) return null;
    return {
      operator: '+',
      value: spine.slice(0, -1).reduceRight<Expression>((left, b) => ({ ...b, left }), first.right),
    };
  }
  if (
    value.kind === 'call' &&
    value.callee.kind === 'member' &&
    value.callee.property === 'add' &&
    isTarget(value.callee.object)
  ) {
    const [argument] = value.arguments;
    if (argument && value.arguments.length === 1) return { operator: '+', value: argument.value };
  }
  return null;
}
