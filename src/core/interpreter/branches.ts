/** Tests that the source does not decide: both sides run, and what they leave becomes a choice. */
import type { Expression } from '../syntax/tree.ts';
import { truthOf } from './assignments.ts';
import { evaluate } from './expressions.ts';
import type { Completion, Interpreter } from './interpreter.ts';
import type { Scope } from './store.ts';
import type { Alternative, Value } from './values.ts';

/**
 * Runs the side that a test leads to, or both sides where it cannot be decided, and joins what they left.
 * @param implied receives the condition that holds from here on because the other side left the function or the loop
 */
export function branch(
  m: Interpreter,
  test: Expression,
  scope: Scope,
  then: () => Completion,
  otherwise: () => Completion,
  implied: string[] = [],
): Completion {
  const value = evaluate(m, test, scope);
  const { text, holds } = condition(m, test);
  const known = isMain(test) ? true : decided(m, value, text, holds);
  if (known !== null) return known ? then() : otherwise();
  const attempt = (way: boolean, body: () => Completion) => {
    let completion: Completion = 'normal';
    m.path.set(text, way);
    const left = m.store.attempt(() => {
      completion = body();
    });
    m.path.delete(text);
    return { left, stopped: (completion as Completion) === 'stopped' };
  };
  const first = attempt(holds, then);
  const second = attempt(!holds, otherwise);
  if (first.stopped && second.stopped) return 'stopped';
  if (first.stopped || second.stopped) {
    m.store.accept(first.stopped ? second.left : first.left);
    m.path.set(text, first.stopped ? !holds : holds);
    implied.push(text);
    return 'normal';
  }
  m.store.join(first.left, second.left, (a, b) =>
    m.choose([
      { when: new Map([[text, holds]]), value: a },
      { when: new Map([[text, !holds]]), value: b },
    ]),
  );
  return 'normal';
}

/** A test in expression position. */
export function conditional(
  m: Interpreter,
  test: Expression,
  scope: Scope,
  then: () => Value,
  otherwise: () => Value,
): Value {
  const results: Alternative[] = [];
  const { text, holds } = condition(m, test);
  const keep = (way: boolean, side: () => Value) => (): Completion => {
    results.push({ when: new Map([[text, way]]), value: side() });
    return 'normal';
  };
  branch(m, test, scope, keep(holds, then), keep(!holds, otherwise));
  const [only] = results;
  return results.length === 1 && only ? only.value : m.choose(results);
}

/** Longer conditions than this are told apart by their beginnings. */
const LONGEST = 400;

/** A test and its negation are one condition. */
function condition(m: Interpreter, test: Expression): { text: string; holds: boolean } {
  if (test.kind === 'unary' && test.operator === 'not') {
    const inner = condition(m, test.operand);
    return { text: inner.text, holds: !inner.holds };
  }
  if (test.kind === 'compare' && (test.operator === 'is not' || test.operator === '!=')) {
    const [left, right] = [m.textOf(test.left.range, LONGEST), m.textOf(test.right.range, LONGEST)];
    return { text: `${left} ${test.operator === '!=' ? '==' : 'is'} ${right}`, holds: false };
  }
  return { text: m.textOf(test.range, LONGEST), holds: true };
}

function decided(m: Interpreter, value: Value, text: string, holds: boolean): boolean | null {
  if (m.path.has(text)) return m.path.get(text) === holds;
  return m.discovering ? null : truthOf(value);
}

/** `if __name__ == '__main__'` is how the file is meant to run. */
const isMain = (test: Expression): boolean =>
  test.kind === 'compare' && test.left.kind === 'name' && test.left.name === '__name__';
