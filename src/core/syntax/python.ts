import { Edit, Language, type Point, type Tree, Parser as TreeSitter } from 'web-tree-sitter';
import { changeBetween } from './change.ts';
import type { Parser } from './parser.ts';
import { readTree } from './python-nodes.ts';
import { lowerPython } from './python-statements.ts';
import { Recent } from './recent.ts';
import type { Module, SyntaxProblem } from './tree.ts';

/** Documents whose last tree is kept for the next edit: a check of many files must not fill the memory with trees. */
const KEPT_TREES = 16;

/** The bytes of web-tree-sitter's own module and of the grammar's: the core reads no file. */
export interface PythonWasm {
  readonly runtime: Uint8Array;
  readonly grammar: Uint8Array;
}

export async function createPythonParser(wasm: PythonWasm): Promise<Parser> {
  await TreeSitter.init({ wasmBinary: wasm.runtime });
  const parser = new TreeSitter();
  parser.setLanguage(await Language.load(wasm.grammar));
  const parsed = new Recent<{ readonly source: string; readonly tree: Tree }>(KEPT_TREES, ({ tree }) => tree.delete());

  return {
    parse(text: string, path: string): Module {
      const source = forGrammar(text);
      const last = parsed.get(path);
      last?.tree.edit(editBetween(last.source, source));
      const tree = parser.parse(source, last?.tree);
      if (!tree) throw new Error('A parser with a language always yields a tree.');
      parsed.set(path, { source, tree });

      const problems: SyntaxProblem[] = [];
      const root = readTree(tree, problems);
      return { language: 'python', body: lowerPython(root, text, problems), problems };
    },
    forget: (path) => parsed.delete(path),
  };
}

/**
 * The text as the grammar is given it, with every offset in its place. Names and strings are read from the original
 * text, so a word may be exchanged for another of its length:
 *
 * - What only an interactive shell understands, `%matplotlib inline` and `!pip install x`, becomes a comment with all
 *   its continuation lines.
 * - The grammar takes `type(a).b = c` for the declaration of a type, and does not know the old Mac's lone CR.
 */
function forGrammar(text: string): string {
  return text
    .replace(/\r(?!\n)/g, '\n')
    .replace(SHELL_LINES, (lines) => lines.replace(/^([ \t]*)\S/gm, '$1#'))
    .replace(/^([ \t]*)type(?=[ \t]*\()/gm, '$1kind');
}

/** `%` may begin a line inside parentheses, but hardly at the margin with a word right after it; `!` only as `!=`. */
const SHELL_LINES = /^(?:%%?[a-z]|[ \t]*!(?!=)).*(?:(?<=\\\r?)\n.*)*/gim;

function editBetween(before: string, after: string): Edit {
  const { start, oldEnd, newEnd } = changeBetween(before, after);
  return new Edit({
    startIndex: start,
    oldEndIndex: oldEnd,
    newEndIndex: newEnd,
    startPosition: positionOf(after, start),
    oldEndPosition: positionOf(before, oldEnd),
    newEndPosition: positionOf(after, newEnd),
  });
}

function positionOf(text: string, index: number): Point {
  let row = 0;
  let lineStart = 0;
  for (let end = text.indexOf('\n'); end >= 0 && end < index; end = text.indexOf('\n', lineStart)) {
    row += 1;
    lineStart = end + 1;
  }
  return { row, column: index - lineStart };
}
