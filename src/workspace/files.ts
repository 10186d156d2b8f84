/** Files on the disk: which of them are training code in a language we read, and what they say. */
import type { Dirent } from 'node:fs';
import { access, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import ignore, { type Ignore } from 'ignore';
import type { Language } from '../core/analysis.ts';

const LANGUAGES: Readonly<Record<string, Language>> = {
  '.py': 'python',
  '.ts': 'typescript',
  '.tsx': 'typescript',
  '.mts': 'typescript',
  '.cts': 'typescript',
  '.js': 'javascript',
  '.jsx': 'javascript',
  '.mjs': 'javascript',
  '.cjs': 'javascript',
};

/** The extensions of all files that can be explained, for messages. */
export const supportedExtensions: readonly string[] = Object.keys(LANGUAGES);

/** The language of a file by its extension; null where it is none of ours. */
export function languageOf(file: string): Language | null {
  return LANGUAGES[path.extname(file).toLowerCase()] ?? null;
}

export interface FileProblem {
  readonly path: string;
  readonly message: string;
}

export interface FoundFile {
  /** As it was given, or below the folder that was given. */
  readonly path: string;
  /** Its path in the folder that was searched; null for a file that was named. */
  readonly within: string | null;
}

export interface FoundFiles {
  readonly files: readonly FoundFile[];
  readonly problems: readonly FileProblem[];
}

/**
 * Third-party code and caches that projects do not always name in their ignore files. Hidden folders are passed over
 * too.
 */
const PASSED_OVER = new Set(['node_modules', '__pycache__', 'venv', 'site-packages']);

/** The ignore file of one folder; its patterns are relative to that folder. */
interface Rules {
  readonly folder: string;
  readonly ignore: Ignore;
}

/**
 * Finds the files under `paths`, each path as the caller wrote it. A file that is named is always taken, a folder is
 * searched and its `.gitignore` files, and those above it up to the repository's root, are respected.
 */
export async function findFiles(paths: readonly string[], cwd: string): Promise<FoundFiles> {
  const files = new Map<string, FoundFile>();
  const problems: FileProblem[] = [];
  for (const given of paths) {
    try {
      const folder = path.resolve(cwd, given);
      if ((await stat(folder)).isDirectory()) {
        for await (const within of search(folder, '', await rulesAbove(folder), problems)) {
          const file = path.join(given, within);
          if (!files.has(file)) files.set(file, { path: file, within });
        }
      } else if (languageOf(given)) {
        files.set(given, { path: given, within: null });
      } else {
        problems.push({ path: given, message: `is not a file that can be read: ${supportedExtensions.join(' ')}` });
      }
    } catch (error) {
      problems.push({ path: given, message: describe(error) });
    }
  }
  return { files: [...files.values()], problems };
}

/** Yields the paths of the files in a folder, relative to the folder that the search began with. */
async function* search(
  folder: string,
  within: string,
  outer: readonly Rules[],
  problems: FileProblem[],
): AsyncGenerator<string> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    problems.push({ path: folder, message: describe(error) });
    return;
  }
  const rules = [...outer, ...(await rulesIn(folder))];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const child = path.join(folder, entry.name);
    // Links are not followed: what they lead to is inside the folder anyway, or not part of it.
    if (entry.isDirectory()) {
      if (entry.name.startsWith('.') || PASSED_OVER.has(entry.name) || isIgnored(rules, child, true)) continue;
      yield* search(child, path.join(within, entry.name), rules, problems);
    } else if (entry.isFile() && isCode(entry.name) && !isIgnored(rules, child, false)) {
      yield path.join(within, entry.name);
    }
  }
}

/** Declarations hold types only. */
function isCode(name: string): boolean {
  return languageOf(name) !== null && !/\.d\.[cm]?ts$/i.test(name);
}

/** The inner-most ignore file that mentions an entry decides. */
function isIgnored(rules: readonly Rules[], absolute: string, isFolder: boolean): boolean {
  for (const rule of rules.toReversed()) {
    const relative = path.relative(rule.folder, absolute).split(path.sep).join('/') + (isFolder ? '/' : '');
    const { ignored, unignored } = rule.ignore.test(relative);
    if (ignored || unignored) return ignored;
  }
  return false;
}

async function rulesIn(folder: string): Promise<Rules[]> {
  try {
    return [{ folder, ignore: ignore().add(await readFile(path.join(folder, '.gitignore'), 'utf8')) }];
  } catch {
    return [];
  }
}

/**
 * The rules that hold for a folder from outside. Who names an ignored folder wants it, so that what ignores the folder
 * itself is left out.
 */
async function rulesAbove(folder: string): Promise<Rules[]> {
  const rules: Rules[] = [];
  let current = folder;
  while (!(await exists(path.join(current, '.git')))) {
    const parent = path.dirname(current);
    if (parent === current) return [];
    rules.unshift(...(await rulesIn(parent)));
    current = parent;
  }
  return rules.filter((rule) => !isIgnored([rule], folder, true));
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

/** 5 MB of source is generated code or data, and takes seconds to read. */
const MAX_BYTES = 5 * 1024 * 1024;

export type Source = { readonly text: string; readonly encoding: 'UTF-8' | 'UTF-16' | 'Latin-1' } | SourceProblem;

export interface SourceProblem {
  readonly text: null;
  /** `unreadable` is the disk's refusal; `unsuitable` a file that is no source code of a size that we read. */
  readonly reason: 'unreadable' | 'unsuitable';
  readonly message: string;
}

/** Reads one file, or says in one clause why not. */
export async function readSource(file: string): Promise<Source> {
  try {
    const { size } = await stat(file);
    if (size > MAX_BYTES) {
      return unsuitable(`is too large to be read: ${(size / 1024 / 1024).toFixed(1)} MB, and 5 MB is the limit`);
    }
    return decode(await readFile(file));
  } catch (error) {
    return { text: null, reason: 'unreadable', message: describe(error) };
  }
}

function unsuitable(message: string): SourceProblem {
  return { text: null, reason: 'unsuitable', message };
}

/**
 * Bytes to text: UTF-16 by its byte order mark, otherwise UTF-8, or Latin-1 where it is no valid UTF-8 (Python sources
 * may say so).
 */
export function decode(bytes: Uint8Array): Source {
  const utf16 =
    bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : null;
  if (utf16) return { text: new TextDecoder(utf16).decode(bytes), encoding: 'UTF-16' };
  const start = bytes.subarray(0, 8192);
  if (start.includes(0)) {
    return unsuitable(
      looksLikeUtf16(start) ? 'looks like UTF-16 without a byte order mark: save it as UTF-8' : 'is a binary file',
    );
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), encoding: 'UTF-8' };
  } catch {
    return { text: new TextDecoder('latin1').decode(bytes), encoding: 'Latin-1' };
  }
}

/** ASCII text in UTF-16 has a zero in every other byte, always on the same side. */
function looksLikeUtf16(bytes: Uint8Array): boolean {
  const zeros = [0, 0];
  bytes.forEach((byte, i) => {
    if (byte === 0) zeros[i % 2] = (zeros[i % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  return Math.max(even, odd) > bytes.length * 0.4 && Math.min(even, odd) === 0;
}

function describe(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'does not exist';
    case 'EACCES':
    case 'EPERM':
      return 'may not be read: permission denied';
    default:
      return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}
