/** Findings as marks under the lines that they are about: `#   ^^^^ rule-name` in Python, `//  ^^^^ rule-name` elsewhere. */
import type { Finding, Language } from '../../src/core/analysis.ts';

const MARK = /^(#|\/\/) *\^+ [a-z-]+\n/gm;

export const withoutMarks = (text: string): string => text.replace(MARK, '');

/** The source with a mark for each finding; where one goes over several lines, its first is marked. */
export function withMarks(source: string, language: Language, findings: readonly Finding[]): string {
  const comment = language === 'python' ? '#' : '//';
  let offset = 0;
  const marked = source.split('\n').flatMap((line) => {
    const start = offset;
    const end = start + line.length;
    offset = end + 1;
    const here = findings.filter(({ range }) => range.start >= start && range.start <= end);
    return [
      line,
      ...here.map(({ range, rule }) => {
        const carets = '^'.repeat(Math.min(range.end, end) - range.start);
        return `${comment.padEnd(range.start - start)}${carets} ${rule}`;
      }),
    ];
  });
  return marked.join('\n');
}
