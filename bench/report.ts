/** What the benchmark prints: Markdown that reads well in a terminal, too. */
import { cpus, loadavg, totalmem, type } from 'node:os';
import type { Spread } from './rounds.ts';

/** What is asked of the training engine, beside what was measured. */
export interface Target {
  readonly what: string;
  readonly measured: string;
  /** "≥ 0.95×, aim 1.1×" */
  readonly demanded: string;
  readonly holds: boolean;
}

/** One part of the benchmark. */
export interface Section {
  readonly title: string;
  /** Paragraphs and tables. */
  readonly blocks: readonly string[];
  readonly targets: readonly Target[];
}

export interface Report {
  /** How it was asked for. */
  readonly command: string;
  /** By name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly loadBefore: number;
  readonly sections: readonly Section[];
}

export function markdownOf({ command, versions, loadBefore, sections }: Report): string {
  const targets = sections.flatMap((section) => section.targets);
  const [processor] = cpus();
  const load = `load average ${loadBefore.toFixed(2)} before, ${loadNow().toFixed(2)} after`;
  const memory = `${(totalmem() / 1e9).toFixed(0)} GB of memory`;
  const rows = targets.map(({ what, measured, demanded, holds }) => [what, measured, demanded, holds ? '✓' : '✗']);
  return `${[
    '# Training benchmark',
    `\`${command}\`, ${new Date().toISOString().slice(0, 10)}. Medians, with the least and the most of the rounds in brackets.`,
    `${processor?.model ?? 'Unknown processor'}, ${cpus().length} cores, ${memory}; ${type()}; ${load}.`,
    `${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
    '## Targets',
    table(['what', 'measured', 'asked for', ''], rows),
    ...sections.flatMap(({ title, blocks }) => [`## ${title}`, ...blocks]),
  ].join('\n\n')}\n`;
}

/** The first cell of a row is text, the others are aligned to the right. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((_, column) => Math.max(3, ...[header, ...rows].map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [header, rule, ...rows].map(line).join('\n');
}

/** "1.08 (1.05–1.11)" */
export const spreadText = ({ median, least, most }: Spread, digits: number): string =>
  `${median.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;

export const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

/** Processes that run or wait to run, over the last minute. */
export const loadNow = (): number => loadavg()[0] ?? 0;
