/** Tests: what the source decides, and what stays open. */

import { isNumberLike } from '../degree/term.ts';
import type { Compare, Logical } from '../syntax/tree.ts';
import { mask, pairwise } from './arithmetic.ts';
import { truthOf } from './assignments.ts';
import { batchOf, toSum, unknown } from './convert.ts';
import { evaluate } from './expressions.ts';
import type { Interpreter } from './interpreter.ts';
import type { Scope } from './store.ts';
import type { Value } from './values.ts';

export function logical(m: Interpreter, e: Logical, scope: Scope): Value {
  const left = evaluate(m, e.left, scope);
  const truth =
    e.operator === 'nullish'
      ? left.kind === 'nothing'
        ? false
        : left.kind === 'unknown' || left.kind === 'choice'
          ? null
          : true
      : truthOf(left);
  if (e.operator === 'and') {
    if (truth === false) return left;
    const right = evaluate(m, e.right, scope);
    return truth === true ? right : unknown(m.textOf(e.range), e.range, 'name', batchOf(right));
  }
  if (truth === true) return left;
  const right = evaluate(m, e.right, scope);
  if (truth === false) return right;
  // `x or default`: the left where it is something, the right otherwise.
  if (left.kind === 'unknown' && (right.kind === 'truth' || right.kind === 'unknown'))
    return unknown(m.textOf(e.range), e.range, 'name');
  const condition = m.textOf(e.left.range);
  return m.choose([
    { when: new Map([[condition, true]]), value: left },
    { when: new Map([[condition, false]]), value: right },
  ]);
}

export function compare(m: Interpreter, e: Compare, scope: Scope): Value {
  const [left, right] = [evaluate(m, e.left, scope), evaluate(m, e.right, scope)];
  return pairwise(m, left, right, (a, b) => {
    const known = comparison(e.operator, a, b);
    if (known !== null) return { kind: 'truth', value: known };
    const tensor = (v: Value) => v.kind === 'batch' || (v.kind === 'sum' && !isNumberLike(v));
    if ((tensor(a) || tensor(b)) && !/^(?:is|in|not in|instanceof)/.test(e.operator))
      return mask(toSum(m, a, e.left.range), toSum(m, b, e.right.range), e.range);
    return unknown(m.textOf(e.range), e.range, 'name', batchOf(a) ?? batchOf(b));
  });
}

/** A comparison whose outcome the source decides. Defaults that a launch may override decide texts (a reduction's name), not numbers. */
function comparison(operator: Compare['operator'], a: Value, b: Value): boolean | null {
  const negated = operator === '!=' || operator === 'is not';
  if (operator === '==' || operator === 'is' || negated) {
    const equal = equality(a, b);
    return equal === null ? null : equal !== negated;
  }
  if ((operator === 'in' || operator === 'not in') && a.kind === 'text' && a.value !== null && b.kind === 'sequence') {
    if (!b.items.every((i) => i.kind === 'text' && i.value !== null)) return null;
    return b.items.some((i) => i.kind === 'text' && i.value === a.value) === (operator === 'in');
  }
  return null;
}

function equality(a: Value, b: Value): boolean | null {
  if (a.kind === 'nothing' || b.kind === 'nothing') {
    const other = a.kind === 'nothing' ? b : a;
    return other.kind === 'nothing' ? true : other.kind === 'unknown' ? null : false;
  }
  if (a.kind === 'text' && b.kind === 'text') return a.value === null || b.value === null ? null : a.value === b.value;
  if (a.kind === 'truth' && b.kind === 'truth') return a.value === b.value;
  return null;
}
