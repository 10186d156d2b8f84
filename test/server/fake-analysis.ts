/** Stands for parser and core: every `sum(x)` in a text is a loss and a finding, and every `(` that is not closed a problem. */
import type { Analysis, AnalyzeDocument } from '../../src/core/analysis.ts';
import type { Parser } from '../../src/core/syntax/parser.ts';
import { analysis, loss, noAdvice, term } from '../core/explain-fixtures.ts';

export const fakeParser: Parser = {
  parse: () => ({ language: 'python', body: [], problems: [] }),
  forget: () => {},
};

export function fakeAnalyze({ text }: AnalyzeDocument): Analysis {
  const ranges = [...text.matchAll(/\b(sum|mean)\(\w*\)/g)].map((match) => ({
    reduction: match[1] === 'sum' ? ('sum' as const) : ('mean' as const),
    range: { start: match.index, end: match.index + match[0].length },
  }));
  const open = text.split('(').length - text.split(')').length;
  return analysis({
    problems: Array.from({ length: Math.max(open, 0) }, () => ({
      range: { start: text.length, end: text.length },
      message: 'not closed',
    })),
    losses: ranges.map(({ range, reduction }) =>
      loss({
        range,
        sinkRange: range,
        terms: [term({ range, reduction, degrees: { B: reduction === 'sum' ? 1 : 0 }, trace: [] })],
        optimizer: null,
        batchSize: null,
        advice: noAdvice,
      }),
    ),
    findings: ranges.map(({ range }) => ({
      rule: 'a-rule',
      range,
      severity: 'warning',
      message: 'look at this',
      related: [{ range: { start: 0, end: 1 }, message: 'and at this' }],
      fixes: [],
    })),
  });
}
