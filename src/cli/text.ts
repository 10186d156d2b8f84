/** What `explain` and `check` print for people. */
import type { Finding, Loss, Severity } from '../core/analysis.ts';
import { explain, lensTitle } from '../core/explain.ts';
import type { AnalysedFile } from './report.ts';
import { type Paint, type Style, toText } from './terminal.ts';

/** Says on one line where a file stops being code of its language; nothing where it does not. */
export function problemText({ path, text, lines, analysis }: AnalysedFile): string {
  const [problem, ...others] = analysis.problems;
  if (!problem) return '';
  const { line, column } = lines.at(problem.range.start);
  const said = problem.message.replace(/\.$/, '');
  const whole = said.startsWith('The file ');
  const reason = said === 'This cannot be parsed' ? `‘${shortened(sourceLine(text, problem.range.start))}’` : said;
  const more = others.length > 0 ? ` (and in ${count(others.length, 'other place', 'other places')})` : '';
  return `${path}:${line}:${column}: ${whole ? said : `cannot be parsed here${more}: ${reason}; the rest was analysed`}\n`;
}

function shortened(line: string): string {
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

/** The losses of one file; nothing where it has none. */
export function explainText(file: AnalysedFile, paint: Paint): string {
  const { losses, incomplete } = file.analysis;
  if (losses.length === 0 && incomplete === undefined) return '';
  return [
    paint(['bold', 'underline'], file.path),
    ...(incomplete === undefined ? [] : [paint('yellow', `  ${incomplete}`)]),
    ...losses.flatMap((loss) => ['', ...lossText(loss, file, paint)]),
    '',
    '',
  ].join('\n');
}

function lossText(loss: Loss, { text, lines }: AnalysedFile, paint: Paint): string[] {
  const { line } = lines.at(loss.range.start);
  const number = String(line).padStart(5);
  const margin = ' '.repeat(number.length + 2);
  const [, ...evidence] = explain({ range: loss.range, about: loss });
  return [
    `${paint('dim', number)}  ${sourceLine(text, loss.range.start)}`,
    margin + paint('bold', lensTitle(loss)),
    '',
    ...toText(evidence, lines, paint).map((row) => (row ? margin + row : row)),
  ];
}

function sourceLine(text: string, offset: number): string {
  const start = text.lastIndexOf('\n', offset - 1) + 1;
  const end = text.indexOf('\n', offset);
  return text.slice(start, end < 0 ? text.length : end).trim();
}

const SEVERITY_STYLES: Readonly<Record<Severity, Style>> = { information: 'blue', warning: 'yellow', error: 'red' };

/** One finding in the form that editors and CI systems link: `path:line:column: severity: message [rule]`. */
export function findingText(finding: Finding, { path, lines }: AnalysedFile, paint: Paint): string {
  const at = (offset: number) => {
    const { line, column } = lines.at(offset);
    return `${path}:${line}:${column}`;
  };
  const severity = paint(SEVERITY_STYLES[finding.severity], finding.severity);
  return [
    `${paint('bold', at(finding.range.start))}: ${severity}: ${finding.message} ${paint('dim', `[${finding.rule}]`)}`,
    ...finding.related.map(({ range, message }) => `    ${paint('dim', at(range.start))}: ${message}`),
    '',
  ].join('\n');
}

export function explainSummary(files: number, losses: number): string {
  return `${count(losses, 'loss', 'losses')} in ${count(files, 'file', 'files')}`;
}

export function checkSummary(files: number, findings: number): string {
  return `${findings === 0 ? 'No findings' : count(findings, 'finding', 'findings')} in ${count(files, 'file', 'files')}`;
}

function count(number: number, one: string, many: string): string {
  return `${number} ${number === 1 ? one : many}`;
}
