/** What a loss adds up. */
import { subtract, zip } from './dual.ts';
import { type Batch, evaluate } from './evaluate.ts';
import { axesOf, binary, type Expression, number, reduce } from './expression.ts';

/**
 * The terms that an expression adds up, each of its shape: what a sum, a mean or a factor does to a sum, it does to each term.
 * @param batch tells what is the same for all examples
 */
export function termsOf(e: Expression, batch: Batch): readonly Expression[] {
  const split = (part: Expression) => termsOf(part, batch);
  switch (e.is) {
    case 'binary': {
      const [left, right] = [split(e.left), split(e.right)];
      switch (e.operator) {
        case '+':
          return [...left, ...right].map((t) => repeated(t, e));
        case '-':
          return [...left, ...right.map((t) => binary('*', number(-1), t))].map((t) => repeated(t, e));
        case '*':
          return left.flatMap((a) => right.map((b) => binary('*', a, b)));
        case '/':
          return left.map((a) => binary('/', a, e.right));
      }
      break;
    }
    case 'dot':
      return split(e.left).flatMap((left) => split(e.right).map((right) => ({ ...e, left, right })));
    case 'stack':
    case 'concat':
      return [
        ...split(e.left).map((left) => ({ ...e, left, right: repeated(number(0), e.right) })),
        ...split(e.right).map((right) => ({ ...e, left: repeated(number(0), e.left), right })),
      ];
    case 'reduce':
      if (e.how === 'sum' || e.how === 'mean') return split(e.of).map((of) => ({ ...e, of }));
      return !['max', 'min', 'logsumexp'].includes(e.how)
        ? [e]
        : shifted(e, split(e.of), (of) => isConstantAlong(of, e.axis, batch));
    case 'hardest':
      return shifted(e, split(e.of), (of) => isConstantAlong(of, 0, batch));
    case 'column':
    case 'picked':
    case 'zeroed':
    case 'flat':
    case 'detach':
    case 'repeated':
      return split(e.of).map((of) => ({ ...e, of }));
    default:
      return [e];
  }
  throw new Error(`no terms of ${e.is}`);
}

function repeated(of: Expression, like: Expression): Expression {
  return axesOf(of).join() === axesOf(like).join() ? of : { is: 'repeated', of, like };
}

/** The largest of `loss + c` is that of the loss, and c, if c is the same for all of them; so it is for `logsumexp`. */
function shifted(
  e: Extract<Expression, { is: 'reduce' | 'hardest' }>,
  terms: readonly Expression[],
  isConstant: (of: Expression) => boolean,
): readonly Expression[] {
  const varying = terms.filter((t) => !isConstant(t));
  const [lead, others] = varying.length > 0 ? [varying, terms.filter(isConstant)] : [terms.slice(0, 1), terms.slice(1)];
  return [
    { ...e, of: lead.reduce((a, b) => binary('+', a, b)) },
    ...others.map((of): Expression => (e.is === 'reduce' ? { ...e, how: 'mean', of } : { ...e, of })),
  ];
}

function isConstantAlong(e: Expression, axis: number | null, batch: Batch): boolean {
  const all = evaluate(e, batch);
  const one = evaluate(reduce('max', e, axis, true), batch);
  return zip(all, one, subtract).data.every(({ value, gradient }) => value === 0 && gradient.every((g) => g === 0));
}
