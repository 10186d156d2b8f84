// The project's own toolchain: what package-lock.json names, and the Node that it brings.
//
// Runs on the machine's own Node, before the project's Node is installed.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { runQuietly } from './processes.mjs';

export const root = path.resolve(fileURLToPath(new URL('../..', import.meta.url)));

/** Everything large that is neither a dependency nor a bundle: code-server, profiles of the editor, test bundles. */
export const cacheFolder = path.join(root, '.cache');

/** A condition of the machine that stops us; its message is all that the user needs to read. */
export class MissingPrerequisite extends Error {}

const modules = path.join(root, 'node_modules');
const stampFile = path.join(modules, '.installed-from');

/**
 * Says so when the disk is too full to set up or to run.
 *
 * @param {number} gigabytes
 */
export function requireDiskSpace(gigabytes) {
  const { bavail, bsize } = statfsSync(root);
  const free = (bavail * bsize) / 1e9;
  if (free >= gigabytes) return;
  throw new MissingPrerequisite(
    `Loss Lens needs about ${gigabytes} GB of free disk space for ${root}, and only ${free.toFixed(1)} GB is free.`,
  );
}

/** Whether node_modules is what package-lock.json asks for. */
export function isInstalled() {
  return existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp();
}

/** Installs exactly what package-lock.json names. */
export async function install() {
  await runQuietly('npm could not install the dependencies', ...npm(['ci', '--loglevel=error']), { cwd: root });
  writeFileSync(stampFile, stamp());
}

/**
 * The command line that runs npm: the npm that runs us where there is one, else the one on PATH.
 *
 * @param {string[]} args
 * @returns {[command: string, args: string[]]}
 */
export function npm(args) {
  const script = process.env.npm_execpath;
  if (script && /npm-cli\.c?js$/.test(script)) return [process.execPath, [script, ...args]];
  return process.platform === 'win32' ? ['cmd', ['/c', 'npm', ...args]] : ['npm', args];
}

/** The environment of our own programs: the project's Node and tools come first, nothing of a surrounding VS Code leaks in. */
export function toolEnvironment() {
  const environment = { ...process.env };
  for (const name of Object.keys(environment)) {
    if (/^VSCODE_|^ELECTRON_|^NODE_OPTIONS$/.test(name)) delete environment[name];
  }
  const nodeFolder = path.dirname(projectNode());
  return { ...environment, PATH: [path.join(modules, '.bin'), nodeFolder, process.env.PATH].join(path.delimiter) };
}

/** The Node that package-lock.json brings; where none is packaged for this machine, its own Node if that is new enough. */
export function projectNode() {
  const { platform, arch } = process;
  const windows = platform === 'win32';
  const name = `${windows ? 'win' : platform}-${arch}`;
  for (const folder of [`node-${name}`, `node-bin-${name}`]) {
    const binary = path.join(modules, folder, 'bin', windows ? 'node.exe' : 'node');
    if (existsSync(binary) && spawnSync(binary, ['--version']).status === 0) return binary;
  }
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return process.execPath;
  throw new MissingPrerequisite(
    `No Node is packaged for ${platform} on ${arch}, and this one is ${process.version}: install Node 24 (https://nodejs.org) and run again.`,
  );
}

function stamp() {
  const lock = readFileSync(path.join(root, 'package-lock.json'));
  return `${createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}\n`;
}
