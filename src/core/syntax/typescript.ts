import { astConverter, type ParseSettings } from '@typescript-eslint/typescript-estree/use-at-your-own-risk';
import ts from 'typescript';
import { type Change, changeBetween } from './change.ts';
import type { Parser } from './parser.ts';
import { Recent } from './recent.ts';
import type { Language, Module, SyntaxProblem } from './tree.ts';
import { lowerTypeScript } from './typescript-statements.ts';

/** Documents whose last good tree is kept. */
const KEPT_TREES = 64;

/** What tells anybody something: the problems of a binary file are countless and all the same. */
const MAX_PROBLEMS = 100;

export function createTypeScriptParser(): Parser {
  const parsed = new Recent<{ readonly text: string; readonly module: Module }>(KEPT_TREES);

  return {
    parse(text: string, path: string): Module {
      try {
        const module = parse(text, path);
        parsed.set(path, { text, module });
        return module;
      } catch (error) {
        // TypeScript and the converter both recurse, and the converter may not expect all that a half-typed file holds.
        const reason = error instanceof RangeError ? 'it is nested too deeply' : 'its syntax tree cannot be converted';
        const problems = [{ range: { start: 0, end: 0 }, message: `The file cannot be read: ${reason}.` }];
        const last = parsed.get(path);
        const body = last ? moved(last.module.body, changeBetween(last.text, text)) : [];
        return { language: languageOf(path), body, problems };
      }
    },
    forget: (path) => parsed.delete(path),
  };
}

/** A copy of the tree, or of a part of it, in which every offset has moved along with an edit. */
function moved<Tree>(tree: Tree, change: Change): Tree {
  if (typeof tree !== 'object' || tree === null) return tree;
  if (Array.isArray(tree)) return tree.map((item) => moved(item, change)) as Tree;
  const entries = Object.entries(tree).map(([key, value]) => [
    key,
    key === 'start' || key === 'end' ? movedOffset(value, change) : moved(value, change),
  ]);
  return Object.fromEntries(entries);
}

function movedOffset(offset: number, { start, oldEnd, newEnd }: Change): number {
  return offset >= oldEnd ? offset + newEnd - oldEnd : Math.min(offset, start);
}

/** TypeScript's own list of syntax errors, which its public types leave out. */
interface ParsedFile extends ts.SourceFile {
  parseDiagnostics: ts.DiagnosticWithLocation[];
}

function parse(text: string, path: string): Module {
  const options = { languageVersion: ts.ScriptTarget.Latest, jsDocParsingMode: ts.JSDocParsingMode.ParseNone };
  const file = ts.createSourceFile(path, text, options, true, scriptKindOf(path)) as ParsedFile;
  const problems = file.parseDiagnostics.slice(0, MAX_PROBLEMS).map(
    ({ start, length, messageText }): SyntaxProblem => ({
      range: { start, end: start + length },
      message: ts.flattenDiagnosticMessageText(messageText, ' '),
    }),
  );
  // The converter refuses a file with syntax errors; TypeScript's tree is whole all the same, so it is not told.
  file.parseDiagnostics = [];
  const { estree } = astConverter(file, CONVERSION as ParseSettings, false);
  return { language: languageOf(path), body: lowerTypeScript(estree, text, problems), problems };
}

/** The settings that the converter looks at, of the many that typescript-estree's own entry fills in. */
const CONVERSION: Partial<ParseSettings> = {
  allowInvalidAST: true,
  errorOnUnknownASTType: false,
  suppressDeprecatedPropertyWarnings: true,
  // It always computes both, and takes another walk to remove them.
  loc: true,
  range: true,
  comment: false,
  tokens: null,
};

function scriptKindOf(path: string): ts.ScriptKind {
  if (/\.tsx$/i.test(path)) return ts.ScriptKind.TSX;
  return languageOf(path) === 'javascript' ? ts.ScriptKind.JSX : ts.ScriptKind.TS;
}

function languageOf(path: string): Language {
  return /\.[cm]?jsx?$/i.test(path) ? 'javascript' : 'typescript';
}
