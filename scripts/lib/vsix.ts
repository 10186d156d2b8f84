// The packaged extension.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { runQuietly } from './processes.mjs';
import { projectNode, root, toolEnvironment } from './toolchain.mjs';

const vsce = path.join(root, 'node_modules/@vscode/vsce/vsce');

/** Packages what dist/ holds; the caller has built it. */
export async function packageExtension(vsix: string): Promise<void> {
  mkdirSync(path.dirname(vsix), { recursive: true });
  await runVsce(
    'package',
    '--no-dependencies',
    '--allow-missing-repository',
    '--no-rewrite-relative-links',
    '--out',
    vsix,
  );
}

/** The files that go into the package, relative to the root. */
export async function packagedFiles(): Promise<string[]> {
  const output = await runVsce('ls', '--no-dependencies');
  return output.split('\n').filter(Boolean);
}

/** Changes when anything that goes into the package changes. */
export async function packageDigest(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of await packagedFiles()) hash.update(`${file}\n`).update(readFileSync(path.join(root, file)));
  return hash.digest('hex');
}

function runVsce(...args: string[]): Promise<string> {
  return runQuietly(`vsce ${args[0]} failed`, projectNode(), [vsce, ...args], { cwd: root, env: toolEnvironment() });
}
