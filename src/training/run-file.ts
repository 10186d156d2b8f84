/** Files `*.lossrun.json`: a run that is saved, to be read again or to go on. */
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { encode, parseSavedRun, RUN_FORMAT, type SavedRun } from '../protocol.ts';
import { isAlive } from './native/processes.ts';

/** What is wrong with a file, in whole sentences: what happened and what to do. */
export class RunFileError extends Error {
  override readonly name = 'RunFileError';
}

/** More is no run: the largest, six arms of the largest network under Adam, take 110 MB of weights and 60 MB of events. */
const MOST_BYTES = 300e6;

/**
 * Writes a run. It appears under its name when all of it is on the disk, in the place of an earlier one.
 *
 * @throws RunFileError where the disk refuses
 */
export async function saveRun(file: string, run: SavedRun): Promise<void> {
  await sayingWhy(file, async () => {
    const part = partOf(file);
    try {
      const handle = await open(part, 'wx');
      try {
        await handle.writeFile(`${encode(run)}\n`);
        await handle.sync();
      } finally {
        await handle.close();
      }
      await rename(part, file);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  });
}

/**
 * Tries what saving will do, and removes what killed processes have left there.
 *
 * @throws RunFileError where a run could not be saved under this name
 */
export async function checkWritable(file: string): Promise<void> {
  await sayingWhy(file, async () => {
    if (await isFolder(file)) throw new RunFileError(`${file} is a folder: name a file in it.`);
    await removeLeftovers(file);
    const part = partOf(file);
    await (await open(part, 'wx')).close();
    await rm(part);
  });
}

/** @throws RunFileError where the file cannot be read or is no run that this version knows */
export async function readRun(file: string): Promise<SavedRun> {
  const text = await readText(file);
  try {
    return parseSavedRun(text);
  } catch (error) {
    throw new RunFileError(`${file} ${problemOf(text, error as Error)}`, { cause: error });
  }
}

function problemOf(text: string, { message }: Error): string {
  const value = jsonOf(text);
  if (value === undefined) return 'is no JSON: it is damaged, or no saved run.';
  const { format, version } = (value ?? {}) as { readonly format?: unknown; readonly version?: unknown };
  if (format !== RUN_FORMAT) return 'is no saved run of Loss Lens.';
  if (typeof version === 'number' && version > 1) {
    return `was saved by a newer Loss Lens, in version ${version} of the format: update Loss Lens.`;
  }
  return `is a damaged run: ${message}.`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readText(file: string): Promise<string> {
  try {
    const stats = await stat(file);
    if (!stats.isFile()) throw new RunFileError(`${file} is no file.`);
    if (stats.size > MOST_BYTES) {
      throw new RunFileError(`${file} has ${Math.round(stats.size / 1e6)} MB, which is too large for a run.`);
    }
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof RunFileError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = { ENOENT: 'does not exist', EACCES: 'may not be read: permission is denied' }[code ?? ''];
    throw new RunFileError(`${file} ${reason ?? `cannot be read: ${message}`}.`, { cause: error });
  }
}

/** The name under which a file is written, in the same folder, that tells which process does it. */
const partOf = (file: string): string => `${file}.${process.pid}.part`;

async function removeLeftovers(file: string): Promise<void> {
  const folder = path.dirname(file);
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${path.basename(file)}.`)) continue;
    const [, pid] = /\.(\d+)\.part$/.exec(name) ?? [];
    if (pid !== undefined && !isAlive(Number(pid))) await rm(path.join(folder, name), { force: true });
  }
}

async function isFolder(file: string): Promise<boolean> {
  return stat(file).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full. Make room there',
  EDQUOT: 'your share of the disk is used up. Make room there',
  ENOENT: 'its folder does not exist. Make it',
  ENOTDIR: 'its folder is no folder',
  EISDIR: 'it is a folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the disk is read-only',
};

/** What the disk refuses becomes a sentence. */
async function sayingWhy(file: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof RunFileError) throw error;
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new RunFileError(`The run cannot be saved to ${file}: ${REASONS[code] ?? message}, or name another file.`, {
      cause: error,
    });
  }
}
