/** Unpacks the archive of CIFAR-10, and nothing but what belongs to it. */
import { createReadStream } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser, type ReadEntry } from 'tar';
import { CIFAR10_FOLDER, RECORD_BYTES } from './cifar10.ts';
import { DataError } from './examples.ts';

const BATCH_BYTES = 10_000 * RECORD_BYTES;
const BATCHES = [1, 2, 3, 4, 5].map((i) => `data_batch_${i}.bin`).concat('test_batch.bin');
const TEXTS = ['batches.meta.txt', 'readme.html'];

/** The folder that is unpacked into, until it is complete. */
export const STAGING = `${CIFAR10_FOLDER}.unpacking`;

/** What the archive is unpacked for: without these it is of no use. */
export const REQUIRED_FILES: readonly string[] = [...BATCHES, 'batches.meta.txt'];

/** The files of the archive with the most bytes that each may have. */
const LIMITS: ReadonlyMap<string, number> = new Map([
  ...BATCHES.map((name) => [name, BATCH_BYTES] as const),
  ...TEXTS.map((name) => [name, 65_536] as const),
]);

/** What the archive takes unpacked, with room for what tar adds. */
export const UNPACKED_BYTES = BATCHES.length * BATCH_BYTES + 1_000_000;

/**
 * Unpacks `archive`, a .tar.gz, to `cifar-10-batches-bin` in `folder`, which appears when all of it is there. Files are
 * written under the names that we expect, never under a path that the archive gives; whatever else it holds is passed
 * over.
 *
 * @throws DataError where the archive is damaged or no CIFAR-10; the signal's reason where it is aborted.
 */
export async function unpackCifar10(archive: string, folder: string, signal: AbortSignal): Promise<void> {
  const staging = path.join(folder, STAGING);
  // What a killed process left.
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging);
  try {
    await extract(archive, staging, signal);
    await rename(staging, path.join(folder, CIFAR10_FOLDER));
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

/** A member is collected in memory, 31 MB at most, and written when it is complete. */
async function extract(archive: string, staging: string, signal: AbortSignal): Promise<void> {
  const refuse = (why: string) => new DataError(`${archive} is not the archive of CIFAR-10: ${why}.`);
  const problems: DataError[] = [];
  const seen = new Set<string>();
  const complete: { readonly name: string; readonly bytes: Buffer }[] = [];

  const parser = new Parser({
    strict: true,
    zstd: false,
    onReadEntry(entry) {
      const name = nameOf(entry);
      const problem = name === null ? null : seen.has(name) ? `${name} comes twice` : problemOf(name, entry);
      if (problem) problems.push(refuse(problem));
      if (name === null || problem) {
        entry.resume();
        return;
      }
      seen.add(name);
      const chunks: Buffer[] = [];
      entry.on('data', (chunk) => chunks.push(chunk));
      entry.on('end', () => complete.push({ name, bytes: Buffer.concat(chunks) }));
    },
  });
  parser.on('error', (error: Error) => problems.push(refuse(error.message)));

  /** Keeps what the parser has found so far. */
  async function keep(): Promise<void> {
    if (problems[0]) throw problems[0];
    for (const { name, bytes } of complete.splice(0)) {
      await writeFile(path.join(staging, name), bytes, { flag: 'wx', flush: true });
    }
  }

  let total = 0;
  async function read(source: AsyncIterable<Buffer>): Promise<void> {
    for await (const chunk of source) {
      // The parser would uncompress it once more, and nobody would count the bytes.
      if (total === 0 && chunk[0] === 0x1f) throw refuse('it is compressed twice');
      total += chunk.length;
      if (total > UNPACKED_BYTES) throw refuse(`it unpacks to more than ${UNPACKED_BYTES} bytes`);
      parser.write(chunk);
      await keep();
    }
    parser.end();
    await keep();
  }

  try {
    await pipeline(createReadStream(archive), createGunzip(), read, { signal });
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw code.startsWith('Z_') ? refuse(message) : error;
  }
  const missing = REQUIRED_FILES.filter((name) => !seen.has(name));
  if (missing.length > 0) throw refuse(`${missing.join(', ')} is not in it`);
}

/** Which of the expected files a member is; null for none of them. */
function nameOf(entry: ReadEntry): string | null {
  const [folder, name = '', ...rest] = entry.path.split('/');
  return folder === CIFAR10_FOLDER && rest.length === 0 && LIMITS.has(name) ? name : null;
}

/** Why a member is not the file whose name it has; null where it may be. */
function problemOf(name: string, { type, size }: ReadEntry): string | null {
  if (type !== 'File' && type !== 'OldFile') return `${name} is a ${type}`;
  if (size > (LIMITS.get(name) as number)) return `${name} has ${size} bytes`;
  if (name.endsWith('.bin') && (size === 0 || size % RECORD_BYTES !== 0)) {
    return `the ${size} bytes of ${name} are no images`;
  }
  return null;
}
