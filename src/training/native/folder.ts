/** The folder that the native backend is installed into: where it is, what is in it, who may change it. */
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from './processes.ts';

/** Why the native backend could not be installed or removed; the message is all that the user needs to read. */
export class NativeProblem extends Error {}

/** What is installed; written into the folder as its last file. */
export interface Installation {
  /** The version of @tensorflow/tfjs-node. */
  readonly tfjsNode: string;
  /** The version of the TensorFlow library, as it says itself. */
  readonly tensorflow: string;
  /** Whether tfjs-node's own set-up worked, or TensorFlow comes out of a wheel of the Python package index. */
  readonly way: 'ordinary' | 'wheel';
  /** Where the compiled code between Node and TensorFlow comes from: tfjs-node, our package, or this machine's compiler. */
  readonly addon: 'downloaded' | 'shipped' | 'compiled';
  /** Identifies all that it was installed from: another recipe needs another installation. */
  readonly recipe: string;
  /** Files, relative to the folder, without which it cannot load. */
  readonly files: readonly string[];
}

const STAMP = 'installed.json';

/**
 * Where the native backend of the command line lies: `LOSS_LENS_NATIVE`, or the user's data folder of the platform
 * (XDG Base Directory Specification on Linux).
 */
export function defaultNativeFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.LOSS_LENS_NATIVE) return path.resolve(env.LOSS_LENS_NATIVE);
  return path.join(dataHome(env), 'loss-lens', 'native');
}

function dataHome(env: NodeJS.ProcessEnv): string {
  if (process.platform === 'win32') return env.LOCALAPPDATA ?? path.join(homedir(), 'AppData', 'Local');
  if (process.platform === 'darwin') return path.join(homedir(), 'Library', 'Application Support');
  // The specification asks to ignore relative paths.
  const { XDG_DATA_HOME: given = '' } = env;
  return path.isAbsolute(given) ? given : path.join(homedir(), '.local', 'share');
}

/** What is installed in a folder; null where nothing is, or not all of it any more. Does not load it. */
export function nativeStatus(folder: string): Installation | null {
  const installation = readStamp(folder);
  return installation?.files.every((file) => existsSync(path.join(folder, file))) ? installation : null;
}

function readStamp(folder: string): Installation | null {
  try {
    const stamp: unknown = JSON.parse(readFileSync(path.join(folder, STAMP), 'utf8'));
    return isInstallation(stamp) ? stamp : null;
  } catch {
    return null;
  }
}

function isInstallation(value: unknown): value is Installation {
  if (typeof value !== 'object' || value === null) return false;
  const { tfjsNode, tensorflow, way, addon, recipe, files } = value as Record<keyof Installation, unknown>;
  return (
    [tfjsNode, tensorflow, recipe].every((field) => typeof field === 'string') &&
    ['ordinary', 'wheel'].includes(String(way)) &&
    ['downloaded', 'shipped', 'compiled'].includes(String(addon)) &&
    Array.isArray(files) &&
    files.every((file) => typeof file === 'string')
  );
}

/** Completes a staging folder and gives it the final name, in the place of an earlier installation. */
export async function putInPlace(staging: string, folder: string, installation: Installation): Promise<void> {
  await writeFile(path.join(staging, STAMP), `${JSON.stringify(installation, null, 2)}\n`);
  const earlier = siblingOf(folder, 'old');
  const replaces = existsSync(folder);
  if (replaces) await rename(folder, earlier);
  await rename(staging, folder);
  if (replaces) await removeTree(earlier);
}

/**
 * Removes the native backend from a folder, with what a killed set-up has left beside it.
 *
 * @returns whether there was one
 * @throws NativeProblem where the folder holds something else, is being set up, or cannot be removed
 */
export async function removeNative(folder: string): Promise<boolean> {
  const where = path.resolve(folder);
  return sayingWhy(async () => {
    if (!existsSync(path.dirname(where))) return false;
    const refuse = (pid: number): never => {
      throw new NativeProblem(`Process ${pid} is setting up ${where}. Wait until it has ended, or end it.`);
    };
    return holding(where, { signal: new AbortController().signal, onWait: refuse }, async () => {
      await refuseForeign(where);
      await removeLeftovers(where);
      if (!existsSync(where)) return false;
      // Under another name first: a removal that is cut short leaves no half of it behind that looks whole.
      const doomed = siblingOf(where, 'old');
      await rename(where, doomed);
      await removeTree(doomed);
      return true;
    });
  });
}

/** Where LOSS_LENS_NATIVE names a folder of the user's, nothing of it may be lost. */
export async function refuseForeign(folder: string): Promise<void> {
  if (!existsSync(folder) || existsSync(path.join(folder, STAMP))) return;
  if ((await readdir(folder)).length === 0) return;
  throw new NativeProblem(
    `${folder} holds something that is no native backend. Name another folder in LOSS_LENS_NATIVE, or empty this one.`,
  );
}

/** A name beside the folder, on the same disk, that tells which process uses it. */
export function siblingOf(folder: string, kind: 'staging' | 'old'): string {
  return `${folder}.${kind}-${process.pid}-${Date.now().toString(36)}`;
}

/** Removes what processes that are gone have left beside the folder. */
export async function removeLeftovers(folder: string): Promise<void> {
  const parent = path.dirname(folder);
  for (const name of await readdir(parent)) {
    if (!name.startsWith(`${path.basename(folder)}.`)) continue;
    const [, pid] = /\.(?:staging|old)-(\d+)-[0-9a-z]+$/.exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) await removeTree(path.join(parent, name));
  }
}

/** Removes a folder with all that is in it, also while somebody's last file in it is still being closed. */
export async function removeTree(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}

/** A lock whose owner has not touched it for this long is stale: its process id belongs to another program by now. */
const STALE_MS = 60_000;
const TOUCH_MS = 5000;
const POLL_MS = 100;

export interface WaitOptions {
  readonly signal: AbortSignal;
  /** Called once, with the id of the process that holds the folder. */
  readonly onWait: (pid: number) => void;
}

/** Does `work` while no other process does any on the same folder. */
export async function holding<T>(folder: string, options: WaitOptions, work: () => Promise<T>): Promise<T> {
  const file = `${folder}.lock`;
  await mkdir(path.dirname(folder), { recursive: true });
  await takeLock(file, options);
  const touch = setInterval(() => utimes(file, new Date(), new Date()).catch(() => {}), TOUCH_MS);
  touch.unref();
  try {
    return await work();
  } finally {
    clearInterval(touch);
    if ((await ownerOf(file)) === process.pid) await rm(file, { force: true });
  }
}

async function takeLock(file: string, { signal, onWait }: WaitOptions): Promise<void> {
  let told = false;
  for (;;) {
    signal.throwIfAborted();
    try {
      await writeFile(file, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const owner = await ownerOf(file);
    if (await isStale(file, owner)) {
      // Two processes may both remove it and go on: each has a staging folder of its own, and the last one stays.
      await rm(file, { force: true });
      continue;
    }
    if (owner && !told) {
      told = true;
      onWait(owner);
    }
    await sleep(POLL_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

/** The process that a lock names; 0 while it is being written, and where there is none. */
async function ownerOf(file: string): Promise<number> {
  return readFile(file, 'utf8').then(Number, () => 0);
}

async function isStale(file: string, owner: number): Promise<boolean> {
  if (owner && !isAlive(owner)) return true;
  return stat(file).then(
    ({ mtimeMs }) => Date.now() - mtimeMs > STALE_MS,
    () => false,
  );
}

/** What the disk refuses becomes a sentence. */
export async function sayingWhy<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, path: file } = error as NodeJS.ErrnoException;
    if (typeof code !== 'string' || file === undefined) throw error;
    const reason = { ENOSPC: 'the disk is full', EACCES: 'permission is denied', EROFS: 'the disk is read-only' }[code];
    throw new NativeProblem(`${file} cannot be changed: ${reason ?? (error as Error).message}.`, { cause: error });
  }
}
