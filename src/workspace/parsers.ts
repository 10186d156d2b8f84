import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Parser } from '../core/syntax/parser.ts';
import type { Language } from '../core/syntax/tree.ts';

const loaded = new Map<() => Promise<Parser>, Promise<Parser>>();

/** The parser of a language, made on first use: TypeScript's weighs 4 MB and must not delay who reads Python only. */
export function loadParser(language: Language): Promise<Parser> {
  const load = language === 'python' ? loadPython : loadTypeScript;
  const parser = loaded.get(load) ?? load();
  loaded.set(load, parser);
  return parser;
}

async function loadPython(): Promise<Parser> {
  const { createPythonParser } = await import('../core/syntax/python.ts');
  const [runtime, grammar] = await Promise.all([
    readWasm('tree-sitter.wasm', 'web-tree-sitter/web-tree-sitter.wasm'),
    readWasm('tree-sitter-python.wasm', '@vscode/tree-sitter-wasm/wasm/tree-sitter-python.wasm'),
  ]);
  return createPythonParser({ runtime, grammar });
}

async function loadTypeScript(): Promise<Parser> {
  const { createTypeScriptParser } = await import('../core/syntax/typescript.ts');
  return createTypeScriptParser();
}

/** The build puts the file beside the bundle; when run from source it is taken from the package. */
function readWasm(bundledName: string, packagePath: string): Promise<Uint8Array> {
  const bundled = fileURLToPath(new URL(bundledName, import.meta.url));
  return readFile(existsSync(bundled) ? bundled : fileURLToPath(import.meta.resolve(packagePath)));
}
