/**
 * Stands for parser and core: every `sum(x)` in a text is a loss and a finding, every `unknown(x)` a loss that cannot be told, and every `(` that is not
 * closed a problem.
 */
import type { Analysis, AnalyzeDocument, LossTerm } from '../../src/core/analysis.ts';
import type { Parser } from '../../src/core/syntax/parser.ts';
import { analysis, loss, noAdvice, term } from '../core/explain-fixtures.ts';

const ABOUT: Readonly<Record<string, Partial<LossTerm>>> = {
  sum: { reduction: 'sum', degrees: { B: 1 } },
  mean: { reduction: 'mean', degrees: { B: 0 } },
  unknown: { kind: 'unknown', reduction: 'unknown', degrees: {} },
};

export const fakeParser: Parser = {
  parse: () => ({ language: 'python', body: [], problems: [] }),
  forget: () => {},
};

export function fakeAnalyze({ text }: AnalyzeDocument): Analysis {
  const ranges = [...text.matchAll(/\b(sum|mean|unknown)\(\w*\)/g)].map((match) => ({
    about: ABOUT[match[1] ?? ''] ?? {},
    range: { start: match.index, end: match.index + match[0].length },
  }));
  const open = text.split('(').length - text.split(')').length;
  return analysis({
    problems: Array.from({ length: Math.max(open, 0) }, () => ({
      range: { start: text.length, end: text.length },
      message: 'not closed',
    })),
    losses: ranges.map(({ range, about }) =>
      loss({
        range,
        sinkRange: range,
        terms: [term({ range, trace: [], ...about })],
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
