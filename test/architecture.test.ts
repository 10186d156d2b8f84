// The import boundaries of docs/architecture.md. What a folder of src/ may import is a table here, so the picture cannot drift.

import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';

interface Layer {
  /** Files of this layer: a path in src/ that is one of them, or a folder that holds them. */
  readonly at: string;
  /** Other layers that it may import. */
  readonly layers: readonly string[];
  /**
   * Packages and Node modules that it may import. `node:*` is all of Node but the disk, which is `node:fs`; `package.json` is our
   * own, for the version.
   */
  readonly packages: readonly string[];
}

/** The first layer that a file belongs to is the one that counts. */
const layers: readonly Layer[] = [
  {
    at: 'core/syntax',
    layers: ['core'],
    packages: ['web-tree-sitter', 'typescript', '@typescript-eslint/typescript-estree'],
  },
  { at: 'core', layers: ['core/syntax'], packages: [] },
  { at: 'workspace', layers: ['core', 'core/syntax'], packages: ['node:*', 'node:fs', 'tinyglobby', 'ignore'] },
  {
    at: 'server',
    layers: ['core', 'core/syntax', 'workspace', 'protocol.ts'],
    packages: ['node:*', 'node:fs', 'package.json', 'vscode-languageserver', 'vscode-languageserver-textdocument'],
  },
  {
    at: 'cli',
    layers: ['core', 'core/syntax', 'workspace', 'experiment', 'training', 'protocol.ts'],
    packages: ['node:*', 'node:fs', 'package.json'],
  },
  { at: 'experiment', layers: ['core', 'protocol.ts'], packages: [] },
  {
    at: 'training',
    layers: ['core', 'experiment', 'protocol.ts'],
    packages: [
      'node:*',
      'node:fs',
      'package.json',
      '@tensorflow/tfjs-core',
      '@tensorflow/tfjs-backend-cpu',
      '@tensorflow/tfjs-backend-wasm',
      'protobufjs',
      'pure-rand',
      'tar',
    ],
  },
  {
    at: 'extension',
    layers: ['core', 'experiment', 'protocol.ts'],
    packages: ['vscode', 'vscode-languageclient', 'node:*'],
  },
  { at: 'protocol.ts', layers: [], packages: ['valibot'] },
];

/** What has to exist: a boundary that guards no file cannot fail. */
const required = ['core', 'core/syntax', 'workspace', 'server', 'cli', 'experiment', 'training', 'extension'];

const root = path.resolve(import.meta.dirname, '..');
const files = globSync('src/**/*.{ts,tsx,mts,cts,js,mjs,cjs}', { cwd: root }).map((file) => file.replaceAll('\\', '/'));

describe('the architecture', () => {
  for (const at of required) {
    it(`has files in src/${at}`, () => {
      assert.ok(
        files.some((file) => layerOf(file)?.at === at),
        `src/${at} holds no source file, so its boundary guards nothing`,
      );
    });
  }

  it('keeps every import inside its boundary', () => {
    const broken = files.flatMap((file) => violations(file, readFileSync(path.join(root, file), 'utf8')));
    assert.deepEqual(broken, [], `\n${broken.join('\n')}\n`);
  });
});

describe('the core', () => {
  it('uses nothing of Node or of a browser, not even a global', function () {
    this.timeout(60_000);
    assert.deepEqual(unknownNames(globSync('src/core/**/*.ts', { cwd: root })), []);
  });

  it('would be caught using one', () => {
    const probe = path.join(mkdtempSync(path.join(tmpdir(), 'loss-lens-core-')), 'probe.ts');
    try {
      writeFileSync(probe, 'export const home = process.env.HOME; export const one = console;');
      assert.equal(unknownNames([probe]).length, 2);
    } finally {
      rmSync(path.dirname(probe), { recursive: true });
    }
  });
});

describe('the check of the architecture', () => {
  const cases: readonly (readonly [what: string, file: string, source: string, allowed: boolean])[] = [
    ['core imports core', 'src/core/a.ts', "import { b } from './rules/b.ts';", true],
    ['core imports Node', 'src/core/a.ts', "import path from 'node:path';", false],
    ['core imports Node by its bare name', 'src/core/a.ts', "import fs from 'fs';", false],
    ['core imports Node on first use', 'src/core/a.ts', "await import('node:fs');", false],
    ['core requires Node', 'src/core/a.ts', "const fs = require('node:fs');", false],
    ['core re-exports Node', 'src/core/a.ts', "export * from 'node:fs';", false],
    ['core imports a type of VS Code', 'src/core/a.ts', "import type { Range } from 'vscode';", false],
    ['core names a type of VS Code', 'src/core/a.ts', "let r: import('vscode').Range;", false],
    ['core imports the workspace', 'src/core/a.ts', "import { read } from '../workspace/files.ts';", false],
    ['core imports a parser', 'src/core/degree/a.ts', "import ts from 'typescript';", false],
    ['core/syntax imports a parser', 'src/core/syntax/a.ts', "import ts from 'typescript';", true],
    [
      "core/syntax imports a parser's inner module",
      'src/core/syntax/a.ts',
      "import { astConverter } from '@typescript-eslint/typescript-estree/use-at-your-own-risk';",
      true,
    ],
    ['core/syntax imports Node', 'src/core/syntax/a.ts', "import { readFileSync } from 'node:fs';", false],
    ['the workspace reads the disk', 'src/workspace/a.ts', "import { readFile } from 'node:fs/promises';", true],
    ['the workspace imports the server', 'src/workspace/a.ts', "import '../server/main.ts';", false],
    ['the server imports VS Code', 'src/server/a.ts', "import * as vscode from 'vscode';", false],
    ['the server imports the extension', 'src/server/a.ts', "import '../extension/main.ts';", false],
    ['the server imports its library', 'src/server/a.ts', "import {} from 'vscode-languageserver/node';", true],
    ['the command line imports the extension', 'src/cli/a.ts', "import '../extension/main.ts';", false],
    ['the extension imports VS Code', 'src/extension/a.ts', "import * as vscode from 'vscode';", true],
    ['the extension reads the disk', 'src/extension/a.ts', "import fs from 'node:fs';", false],
    ['the extension imports the server', 'src/extension/a.ts', "import '../server/main.ts';", false],
    ['the protocol imports valibot', 'src/protocol.ts', "import * as v from 'valibot';", true],
    ['the protocol imports core', 'src/protocol.ts', "import './core/analyze.ts';", false],
    ['the command line reads its version', 'src/cli/a.ts', "import manifest from '../../package.json';", true],
    ['the command line imports a training backend', 'src/cli/a.ts', "import '@tensorflow/tfjs-core';", false],
    ['training imports one of its backends', 'src/training/a.ts', "import '@tensorflow/tfjs-core';", true],
    ['training imports the native backend', 'src/training/a.ts', "import '@tensorflow/tfjs-node';", false],
    ['training imports the command line', 'src/training/a.ts', "import '../cli/run.ts';", false],
    ['core reads the version', 'src/core/a.ts', "import manifest from '../../package.json';", false],
    ['an import leaves src', 'src/cli/a.ts', "import '../../scripts/start.ts';", false],
    ['a file lies in no layer', 'src/utilities/a.ts', '', false],
  ];
  for (const [what, file, source, allowed] of cases) {
    it(`${allowed ? 'allows' : 'forbids'}: ${what}`, () => {
      assert.equal(violations(file, source).length === 0, allowed);
    });
  }
});

/** The names that sources use and that the language itself does not know. */
function unknownNames(sources: readonly string[]): string[] {
  const { config } = ts.readConfigFile(path.join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson({ ...config.compilerOptions, types: [] }, root);
  const program = ts.createProgram(
    sources.map((source) => path.resolve(root, source)),
    options,
  );
  return ts.getPreEmitDiagnostics(program).flatMap(({ file, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, ' ');
    return file && /^Cannot find name/.test(message) ? [`${path.relative(root, file.fileName)}: ${message}`] : [];
  });
}

/** The sentences that say which import of a file breaks which boundary. */
function violations(file: string, source: string): string[] {
  const layer = layerOf(file);
  if (layer === undefined) return [`${file} lies in no layer: add it to the table of layers, with what it may import`];
  return importsOf(source)
    .filter((specifier) => !isAllowed(layer, file, specifier))
    .map((specifier) => {
      const allowed = [...layer.layers.map((name) => `src/${name}`), ...layer.packages];
      return `${file} imports '${specifier}', but src/${layer.at} may import only itself and [${allowed.join(', ')}]`;
    });
}

function isAllowed(layer: Layer, file: string, specifier: string): boolean {
  if (specifier.startsWith('.')) {
    const imported = path.posix.join(path.posix.dirname(file), specifier);
    if (imported === 'package.json') return layer.packages.includes(imported);
    const target = layerOf(imported);
    return target !== undefined && (target === layer || layer.layers.includes(target.at));
  }
  const name = packageOf(specifier);
  if (name === 'node:fs') return layer.packages.includes('node:fs');
  return layer.packages.includes(name) || (name.startsWith('node:') && layer.packages.includes('node:*'));
}

function layerOf(file: string): Layer | undefined {
  return layers.find(({ at }) => file === `src/${at}` || file.startsWith(`src/${at}/`));
}

/** 'fs/promises' → 'node:fs', '@scope/name/inner' → '@scope/name'. */
function packageOf(specifier: string): string {
  const bare = specifier.replace(/^node:/, '');
  const name = bare
    .split('/')
    .slice(0, bare.startsWith('@') ? 2 : 1)
    .join('/');
  return specifier.startsWith('node:') || builtinModules.includes(name) ? `node:${name}` : name;
}

/** Every module that a source names: imports, re-exports, import(), import types, require(). */
function importsOf(source: string): string[] {
  const specifiers: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier);
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal);
    else if (ts.isCallExpression(node) && isImportOrRequire(node.expression)) add(node.arguments[0]);
    ts.forEachChild(node, visit);
  };
  const add = (node: ts.Node | undefined): void => {
    if (node && ts.isStringLiteralLike(node)) specifiers.push(node.text);
  };
  visit(ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest));
  return specifiers;
}

function isImportOrRequire(callee: ts.Expression): boolean {
  return callee.kind === ts.SyntaxKind.ImportKeyword || (ts.isIdentifier(callee) && callee.text === 'require');
}
