// The native backend of this checkout, and the compiled addon for its package.

import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { type Installation, NativeProblem, nativeStatus, removeNative } from '../../src/training/native/folder.ts';
import { type InstallOptions, installNative } from '../../src/training/native/install.ts';
import { atTheEnd } from './processes.mjs';
import { cacheFolder, MissingPrerequisite, root } from './toolchain.mjs';

/** Not in node_modules: the installation may fail where its hosts cannot be reached, and `npm ci` must not. */
export const nativeFolder = path.join(cacheFolder, 'native');

/** Installs into .cache/, says every phase in one line, and ends what it started when we are ended. */
export async function install(
  options: Omit<InstallOptions, 'signal' | 'onProgress'>,
  say: (line: string) => void,
): Promise<Installation> {
  const ending = new AbortController();
  let said = '';
  const onProgress: InstallOptions['onProgress'] = ({ message }) => {
    if (message !== said) say(`${message} ...`);
    said = message;
  };
  const installing = installNative({ ...options, signal: ending.signal, onProgress });
  const forget = atTheEnd(async () => {
    ending.abort();
    await installing.catch(() => {});
  });
  return installing.finally(forget);
}

/** Installs the native backend of the checkout where that is possible, and says why where it is not: nothing depends on it. */
export async function setUpNative(say: (line: string) => void): Promise<void> {
  try {
    if (!nativeStatus(nativeFolder)) say('Setting up the native training backend (a minute or less) ...');
    await install({ folder: nativeFolder }, say);
  } catch (error) {
    if (!(error instanceof NativeProblem)) throw error;
    say(`There is no native training backend; what needs it is skipped, or slower. ${error.message}`);
  }
}

/** The addon that the package for Linux on x64 ships; compiled once for the sources that it comes from. */
export async function compiledAddon(say: (line: string) => void): Promise<string> {
  const hash = createHash('sha256');
  for (const source of [
    'native/package-lock.json',
    'src/training/native/platforms.ts',
    'src/training/native/install.ts',
  ]) {
    hash.update(readFileSync(path.join(root, source)));
  }
  const addon = path.join(cacheFolder, 'addon', `${hash.digest('hex').slice(0, 16)}.node`);
  if (existsSync(addon)) return addon;
  say('Compiling the addon of the native training backend (a minute or less) ...');
  const folder = path.join(cacheFolder, 'addon', 'native');
  try {
    const { files } = await install({ folder, ways: ['wheel'], addon: null }, say);
    const built = files.find((file) => file.endsWith('.node'));
    mkdirSync(path.dirname(addon), { recursive: true });
    copyFileSync(path.join(folder, built ?? ''), `${addon}.new`);
    renameSync(`${addon}.new`, addon);
    await removeNative(folder);
  } catch (error) {
    if (!(error instanceof NativeProblem)) throw error;
    throw new MissingPrerequisite(`The package needs its compiled addon. ${error.message}`);
  }
  return addon;
}
