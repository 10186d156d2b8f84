// What both launchers prepare: the bundled suite, and throw-away folders that no test can harm anything in.

import { cpSync, globSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import esbuild from 'esbuild';
import { type Profile, quietSettings, writeSettings } from '../../scripts/lib/code-server.ts';
import { cacheFolder, root } from '../../scripts/lib/toolchain.mjs';

export interface Sandbox {
  /** A copy of examples/. */
  readonly workspace: string;
  readonly profile: Profile;
  readonly resultFile: string;
  remove(): void;
}

/** Bundles test/vscode/suite and returns the file that VS Code is to call. */
export async function bundleSuite(): Promise<string> {
  // Inside the repository, so that mocha is found in its node_modules.
  const outdir = path.join(cacheFolder, 'vscode-suite');
  rmSync(outdir, { recursive: true, force: true });
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: globSync('test/vscode/suite/{index,*.test}.ts', { cwd: root }),
    outdir,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    external: ['vscode', 'mocha'],
    sourcemap: 'inline',
    logLevel: 'warning',
  });
  return path.join(outdir, 'index.cjs');
}

export function makeSandbox(): Sandbox {
  const folder = mkdtempSync(path.join(tmpdir(), 'loss-lens-vscode-'));
  const profile = { userData: path.join(folder, 'user-data'), extensions: path.join(folder, 'extensions') };
  const workspace = path.join(folder, 'examples');
  mkdirSync(profile.extensions, { recursive: true });
  writeSettings(profile, { ...quietSettings, 'git.enabled': false });
  cpSync(path.join(root, 'examples'), workspace, { recursive: true });
  return {
    workspace,
    profile,
    resultFile: path.join(folder, 'result.json'),
    remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}
