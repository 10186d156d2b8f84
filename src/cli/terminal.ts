/** Explanations as columns of text for a terminal. */
import { stripVTControlCharacters, styleText } from 'node:util';
import type { Block, Inline, Lines, Table, Words } from '../core/explain.ts';

export type Style = Parameters<typeof styleText>[0];

/** Puts a style around a text, or leaves it plain. */
export type Paint = (style: Style, text: string) => string;

/** The painter for a stream that shows colours, or does not. */
export function painter(color: boolean): Paint {
  return color ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}

/** Code in a cell longer than this is cut: the line number beside it leads to the rest. */
const MAX_CODE = 48;

/** Renders blocks as lines of text, with an empty line between them. */
export function toText(blocks: readonly Block[], lines: Lines, paint: Paint): string[] {
  const words = (pieces: Words) => pieces.map((piece) => inline(piece, lines, paint)).join('');
  return blocks.flatMap((block, i) => (i === 0 ? rows(block, words, paint) : ['', ...rows(block, words, paint)]));
}

function rows(block: Block, words: (pieces: Words) => string, paint: Paint): string[] {
  switch (block.kind) {
    case 'paragraph':
      return [words(block.words)];
    case 'list':
      return [paint('dim', block.heading), ...block.items.map((item) => `  ${words(item)}`)];
    case 'table':
      return [...columns(block, words, paint), ...(block.note ? [paint('dim', block.note)] : [])];
  }
}

function columns(table: Table, words: (pieces: Words) => string, paint: Paint): string[] {
  const head = table.columns.map(({ title }) => paint('dim', title));
  const cells = [head, ...table.rows.map((row) => row.map(words))];
  const widths = table.columns.map((_, i) => Math.max(...cells.map((row) => width(row[i] ?? ''))));
  return cells.map((row) =>
    row
      .map((cell, i) => {
        const space = ' '.repeat((widths[i] ?? 0) - width(cell));
        return table.columns[i]?.align === 'right' ? space + cell : cell + space;
      })
      .join('  ')
      .trimEnd(),
  );
}

function inline(piece: Inline, lines: Lines, paint: Paint): string {
  if (typeof piece === 'string') return piece;
  if ('code' in piece) return paint('cyan', cut(piece.code));
  if ('strong' in piece) return paint('bold', piece.strong);
  const { line } = lines.at(piece.place.start);
  return piece.bare ? String(line) : `line ${line}`;
}

function cut(code: string): string {
  const line = code.replace(/\s+/g, ' ').trim();
  return line.length > MAX_CODE ? `${line.slice(0, MAX_CODE - 1)}…` : line;
}

/** The columns that a painted text takes. */
function width(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

/** Breaks a text at its spaces into lines of at most so many columns, if no word is longer; all but the first begin with the indent. */
export function wrap(text: string, columns: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line.trim() && width(line) + 1 + width(word) > columns) {
      lines.push(line);
      line = indent + word;
    } else {
      line = line ? `${line} ${word}` : word;
    }
  }
  return [...lines, line];
}
