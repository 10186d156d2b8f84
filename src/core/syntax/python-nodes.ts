import type { Tree } from 'web-tree-sitter';
import type { Range, SyntaxProblem } from './tree.ts';

/** A tree-sitter node as plain data. Comments are left out; tokens are kept, for some are operators or separators. */
export interface SyntaxNode {
  readonly type: string;
  readonly isNamed: boolean;
  /** The grammar's name for this child's role in its parent. */
  readonly field: string | null;
  readonly range: Range;
  readonly children: SyntaxNode[];
}

/** What tells anybody something: the problems of a binary file are countless and all the same. */
const MAX_PROBLEMS = 100;

/**
 * Reads the whole tree in one pass of a cursor, for each step of it crosses from JavaScript to WebAssembly.
 *
 * An ERROR node holds what the parser had to skip. It is moved out of the construct that it interrupts, to the end of
 * the block around it: so the lowering never meets one inside an expression, and yet the calls in it are not lost.
 */
export function readTree(tree: Tree, problems: SyntaxProblem[]): SyntaxNode {
  const { types, fields: roles } = tree.language;
  const named = types.map((_, id) => tree.language.nodeTypeIsNamed(id));
  const cursor = tree.walk();
  const ancestors: SyntaxNode[] = [];

  const read = (): SyntaxNode => {
    const id = cursor.nodeTypeId;
    const range = { start: cursor.startIndex, end: cursor.endIndex };
    const type = types[id] ?? 'ERROR';
    if (problems.length < MAX_PROBLEMS && (type === 'ERROR' || (range.start === range.end && cursor.nodeIsMissing))) {
      problems.push({
        range,
        message: type === 'ERROR' ? 'This cannot be parsed.' : `Something is missing here: ${type}.`,
      });
    }
    return { type, isNamed: named[id] ?? true, field: roles[cursor.currentFieldId] ?? null, range, children: [] };
  };

  const root = read();
  let node = root;
  for (;;) {
    if (cursor.gotoFirstChild()) {
      ancestors.push(node);
    } else {
      while (!cursor.gotoNextSibling()) {
        if (!cursor.gotoParent()) {
          cursor.delete();
          return root;
        }
        ancestors.pop();
      }
    }
    node = read();
    if (node.type !== 'comment' && node.type !== 'line_continuation') {
      const parent = node.type === 'ERROR' ? ancestors.findLast(isBlock) : ancestors.at(-1);
      parent?.children.push(node);
    }
  }
}

function isBlock(node: SyntaxNode): boolean {
  return node.type === 'module' || node.type === 'block' || node.type === 'ERROR';
}

export function field(node: SyntaxNode, name: string): SyntaxNode | undefined {
  return node.children.find((child) => child.field === name);
}

export function fields(node: SyntaxNode, name: string): SyntaxNode[] {
  return node.children.filter((child) => child.field === name);
}

export function namedChildren(node: SyntaxNode): SyntaxNode[] {
  return node.children.filter((child) => child.isNamed);
}

export function childOfType(node: SyntaxNode, type: string): SyntaxNode | undefined {
  return node.children.find((child) => child.type === type);
}
