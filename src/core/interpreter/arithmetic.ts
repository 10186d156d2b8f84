/** Operators on values: numbers and tensors by the algebra, lists and texts as the languages do. */
import type { Range } from '../analysis.ts';
import { add, collapse, contract, divide, power, scale } from '../degree/algebra.ts';
import { broadcast } from '../degree/axes.ts';
import { mapTerms, markUnknown, numberOf, type Sum, single } from '../degree/term.ts';
import type { ArithmeticOperator } from '../syntax/tree.ts';
import { batchOf, toSum, unknown } from './convert.ts';
import type { Interpreter } from './interpreter.ts';
import { type Alternative, alternativesOf, nothing, sequence, type Value } from './values.ts';

/** Applies f to every pair of alternatives that can hold together. */
export function pairwise(m: Interpreter, a: Value, b: Value, f: (x: Value, y: Value) => Value): Value {
  if (a.kind !== 'choice' && b.kind !== 'choice') return f(a, b);
  const results: Alternative[] = [];
  for (const x of alternativesOf(a)) {
    for (const y of alternativesOf(b)) {
      if ([...x.when].some(([text, holds]) => y.when.has(text) && y.when.get(text) !== holds)) continue;
      results.push({ when: new Map([...x.when, ...y.when]), value: f(x.value, y.value) });
    }
  }
  return results.length ? m.choose(results) : nothing;
}

export function arithmetic(m: Interpreter, operator: ArithmeticOperator, a: Value, b: Value, range: Range): Value {
  return pairwise(m, a, b, (x, y) => operate(m, operator, x, y, range));
}

function operate(m: Interpreter, operator: ArithmeticOperator, a: Value, b: Value, range: Range): Value {
  if (a.kind === 'text' || b.kind === 'text')
    return {
      kind: 'text',
      value:
        a.kind === 'text' && b.kind === 'text' && operator === '+' && a.value !== null && b.value !== null
          ? a.value + b.value
          : null,
      range,
    };
  if (operator === '+' && a.kind === 'sequence' && b.kind === 'sequence') return sequence([...a.items, ...b.items]);
  if (
    operator === '+' &&
    (a.kind === 'repeated' || b.kind === 'repeated') &&
    (a.kind === 'sequence' || b.kind === 'sequence')
  )
    return a.kind === 'repeated' ? a : b;
  if (operator === '*' && a.kind === 'sequence' && b.kind === 'sum')
    return { kind: 'repeated', element: a.items[0] ?? nothing, count: {}, length: b };
  // Nothing plus a loss is the loss: `total = None` before a loop is a common start.
  if (a.kind === 'nothing') return b;
  if (b.kind === 'nothing') return a;
  if (a.kind === 'parameters' || b.kind === 'parameters') return a.kind === 'parameters' ? a : b;
  if (a.kind === 'gradients' || b.kind === 'gradients') return a.kind === 'gradients' ? a : b;
  // Two unknown things make an unknown thing, unless one of them is used as a number elsewhere.
  if (a.kind === 'unknown' && b.kind === 'unknown' && a.from === 'import' && b.from === 'import')
    return unknown(m.textOf(range), range, 'import', batchOf(a) ?? batchOf(b));
  return onSums(m, operator, toSum(m, a, range), toSum(m, b, range), range);
}

export function onSums(m: Interpreter, operator: ArithmeticOperator, a: Sum, b: Sum, range: Range): Sum {
  const place = m.place(range);
  switch (operator) {
    case '+':
      return add(a, b);
    case '-':
      return add(a, b, -1);
    case '*':
      return m.record.observe(scale(a, b, place));
    case '/':
      m.record.divisor(b, place.statement);
      return m.record.observe(divide(a, b, place));
    case '//': {
      const [x, y] = [numberOf(a), numberOf(b)];
      const quotient = divide(a, b, place);
      if (x === null || y === null || y === 0) return quotient;
      return mapTerms(quotient, (t) => ({
        ...t,
        ...(t.over.length
          ? { coefficient: null, size: Math.floor(x / y) }
          : { coefficient: { value: Math.floor(x / y), text: String(Math.floor(x / y)) } }),
      }));
    }
    case '**': {
      const p = numberOf(b);
      if (p !== null) return power(a, p);
      return markUnknown(collapse(a, 'a power'), 'the exponent is not written here');
    }
    case '@':
      return contract(a, b, place);
    case '%':
    case '<<':
    case '>>':
      return single({ range, coefficient: { value: null, text: m.textOf(range, 24) } });
    case '&':
    case '|':
    case '^':
      return mask(a, b, range);
  }
}

/** 0 or 1 for each element: what a comparison gives. */
export function mask(a: Sum, b: Sum, range: Range): Sum {
  const terms = [...a.terms, ...b.terms];
  const examples = terms.some((t) => t.examples === 'yes')
    ? 'yes'
    : terms.some((t) => t.examples === 'maybe')
      ? 'maybe'
      : 'no';
  const batch = terms.find((t) => t.batch)?.batch ?? null;
  return single({ range, theta: 'no', examples, counts: 'mask', batch }, broadcast(a.row, b.row));
}
