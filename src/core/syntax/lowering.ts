import type { Argument, Expression, Pattern, Range, SequencePattern, Statement, SyntaxProblem } from './tree.ts';

/** What the lowering of one file carries along. */
export interface Lowering {
  readonly text: string;
  readonly problems: SyntaxProblem[];
  /** How many nested nodes are being lowered right now. */
  depth: number;
}

/** No person nests as deep; a generated file that does must not overflow the stack, here or in who walks the tree. */
const MAX_DEPTH = 400;

/** Runs `lower` one level deeper, or gives up on what is at `range` where that is too deep. */
export function deeper<T>(cx: Lowering, range: Range, lower: () => T, givenUp: (range: Range) => T): T {
  if (cx.depth >= MAX_DEPTH) {
    cx.problems.push({ range, message: 'This is nested too deeply to be read.' });
    return givenUp(range);
  }
  cx.depth += 1;
  const result = lower();
  cx.depth -= 1;
  return result;
}

export function opaque(range: Range, children: readonly Expression[] = []): Expression {
  return { kind: 'opaque', children, range };
}

/** A pattern that binds nothing: it stands for what cannot be assigned to. */
export function nothing(range: Range): SequencePattern {
  return { kind: 'sequence-pattern', elements: [], rest: null, range };
}

export function evaluated(expression: Expression): Statement {
  return { kind: 'expression', expression, range: expression.range };
}

/** An assignment of an unknown value, made of `children`. */
export function bound(target: Pattern, children: readonly Expression[] = []): Statement {
  const { range } = target;
  return { kind: 'assign', targets: [target], operator: null, value: opaque(range, children), annotation: null, range };
}

export function positional(value: Expression): Argument {
  return { name: null, spread: null, value, range: value.range };
}
