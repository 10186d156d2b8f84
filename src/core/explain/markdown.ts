/** Explanations as Markdown, for hovers and pages. */
import type { Range } from '../analysis.ts';
import type { Block, Inline, Table, Words } from './blocks.ts';

/**
 * How a place in the file is shown: its line, and the address of a link to it, null where links to the document do not
 * work.
 */
export interface Place {
  readonly line: number;
  readonly link: string | null;
}

/** Renders blocks; `placeOf` knows the document. */
export function toMarkdown(blocks: readonly Block[], placeOf: (range: Range) => Place): string {
  const words = (pieces: Words) => pieces.map((piece) => inline(piece, placeOf)).join('');
  return blocks.flatMap((block) => parts(block, words)).join('\n\n');
}

/** A block's paragraphs, which Markdown wants apart by an empty line. */
function parts(block: Block, words: (pieces: Words) => string): string[] {
  switch (block.kind) {
    case 'paragraph':
      return [words(block.words)];
    case 'table':
      return [table(block, words), ...(block.note ? [escaped(block.note)] : [])];
    case 'list':
      return [`**${escaped(block.heading)}**`, block.items.map((item) => `- ${words(item)}`).join('\n')];
  }
}

function table({ columns, rows }: Table, words: (pieces: Words) => string): string {
  const titles = columns.map(({ title }) => escaped(title));
  // A bar would end the cell, even in code.
  const cells = rows.map((row) => row.map((cell) => words(cell).replaceAll('|', '\\|')));
  // Hovers leave no space between columns.
  const [head, ...body] = [titles, ...cells].map((row) => `| ${row.join(' &ensp;| ')} |`);
  const alignment = columns.map(({ align }) => (align === 'right' ? '--:' : ':--'));
  return [head, `| ${alignment.join(' | ')} |`, ...body].join('\n');
}

function inline(piece: Inline, placeOf: (range: Range) => Place): string {
  if (typeof piece === 'string') return escaped(piece);
  if ('code' in piece) return code(piece.code);
  if ('strong' in piece) return piece.strong ? `**${escaped(piece.strong)}**` : '';
  const { line, link } = placeOf(piece.place);
  const label = piece.bare ? String(line) : `line ${line}`;
  return link ? `[${label}](${link})` : label;
}

/** Source code on one line, fenced by more back-ticks than stand in a row in it. */
function code(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const longest = Math.max(0, ...[...line.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

function escaped(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]<>#~$]/g, '\\$&');
}
