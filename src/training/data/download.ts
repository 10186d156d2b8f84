/** The official archive of CIFAR-10, fetched on the user's word: checked, unpacked, and resumed where it was cut off. */
import { createHash } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { CIFAR10_FOLDER } from './cifar10.ts';
import { DataError } from './examples.ts';
import { REQUIRED_FILES, STAGING, UNPACKED_BYTES, unpackCifar10 } from './unpack.ts';

/** The archive that https://www.cs.toronto.edu/~kriz/cifar.html offers as "CIFAR-10 binary version". */
export const CIFAR10_ARCHIVE = {
  url: 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
  bytes: 170_052_171,
  sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9dddda3db29a59bca1dd',
} as const;

/** What a user can do whom we cannot help, for messages. */
const BY_HAND = `unpack ${path.posix.basename(CIFAR10_ARCHIVE.url)} from elsewhere and name its folder`;

export interface Progress {
  /** Bytes of the archive that are here, those of earlier attempts included. */
  readonly bytes: number;
  readonly total: number;
  /** The mean since this attempt began. */
  readonly bytesPerSecond: number;
}

export interface DownloadOptions {
  /** Where the archive and then the data are put; made if need be. */
  readonly folder: string;
  /** Stops the download; what is here is kept, and the next one goes on from there. */
  readonly signal?: AbortSignal | undefined;
  /** Called a few times a second. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly url?: string;
  readonly bytes?: number;
  /** In hexadecimal. */
  readonly sha256?: string;
  /** After so long without a byte the download fails. */
  readonly stallSeconds?: number;
}

interface Download {
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly stallSeconds: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
  /** The archive, as far as it is here. */
  readonly part: string;
}

/**
 * The user's folder for our data: `LOSS_LENS_DATA` where it is set, otherwise where the platform keeps the data of
 * programs.
 */
export function cifar10Folder(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
  home = homedir(),
): string {
  if (env.LOSS_LENS_DATA) return env.LOSS_LENS_DATA;
  if (platform === 'win32') {
    return path.win32.join(env.LOCALAPPDATA || path.win32.join(home, 'AppData', 'Local'), 'loss-lens');
  }
  if (platform === 'darwin') return path.posix.join(home, 'Library', 'Application Support', 'loss-lens');
  // The XDG base directory specification has relative paths ignored.
  const xdg = env.XDG_DATA_HOME?.startsWith('/') ? env.XDG_DATA_HOME : path.posix.join(home, '.local', 'share');
  return path.posix.join(xdg, 'loss-lens');
}

/** The archive, as far as it is here. */
const PART = 'cifar-10-binary.tar.gz.part';

/** Removes what `downloadCifar10` made in a folder, whole or in part, and says whether there was any. */
export async function removeCifar10(folder: string): Promise<boolean> {
  let any = false;
  for (const name of [CIFAR10_FOLDER, STAGING, PART]) {
    const place = path.join(folder, name);
    const there = await stat(place).then(
      () => true,
      () => false,
    );
    any ||= there;
    if (there) await rm(place, { recursive: true });
  }
  return any;
}

/** Whether `downloadCifar10` to this folder would have nothing to do. */
export async function hasCifar10(folder: string): Promise<boolean> {
  const sizes = REQUIRED_FILES.map((name) => sizeOf(path.join(folder, CIFAR10_FOLDER, name)));
  return (await Promise.all(sizes)).every((size) => size > 0);
}

/**
 * Downloads and unpacks CIFAR-10, unless it is there, and returns the folder for `loadCifar10`. The archive grows in
 * `cifar-10-binary.tar.gz.part`; the data appear under their name when they are complete.
 *
 * @throws DataError with what happened and what to do; the signal's reason where it is aborted.
 */
export async function downloadCifar10({
  folder,
  signal = new AbortController().signal,
  onProgress = () => {},
  url = CIFAR10_ARCHIVE.url,
  bytes = CIFAR10_ARCHIVE.bytes,
  sha256 = CIFAR10_ARCHIVE.sha256,
  stallSeconds = 30,
}: DownloadOptions): Promise<string> {
  const data = path.join(folder, CIFAR10_FOLDER);
  if (await hasCifar10(folder)) return data;
  const part = path.join(folder, PART);
  try {
    signal.throwIfAborted();
    await mkdir(folder, { recursive: true });
    if ((await sizeOf(data)) >= 0) {
      throw new DataError(`${data} is there but not complete: move it away, or name another folder.`);
    }
    const lock = await takeLock(path.join(folder, 'cifar-10.lock'));
    try {
      await fetchArchive({ url, bytes, sha256, stallSeconds, signal, onProgress, part });
      await checkArchive(part, sha256, signal);
      await unpackCifar10(part, folder, signal);
      await rm(part);
    } finally {
      await rm(lock, { force: true });
    }
    return data;
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof DataError ? error : refused(error as NodeJS.ErrnoException, folder);
  }
}

/** −1 where there is nothing. */
async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => -1,
  );
}

/** Keeps other processes from writing to the same files. A lock whose process has ended counts for nothing. */
async function takeLock(file: string): Promise<string> {
  const held = await writeFile(file, `${process.pid}`, { flag: 'wx' }).then(
    () => false,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return true;
      throw error;
    },
  );
  if (!held) return file;
  const owner = Number(await readFile(file, 'utf8').catch(() => '0'));
  if (isRunning(owner)) {
    throw new DataError(
      `CIFAR-10 is being downloaded to this folder by process ${owner}: wait for it, or remove ${file} if it is not.`,
    );
  }
  await rm(file, { force: true });
  return takeLock(file);
}

function isRunning(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch (error) {
    // Another user's process may not be asked, but it is there.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Makes the part whole. */
async function fetchArchive(download: Download): Promise<void> {
  const { part, bytes } = download;
  const file = await open(part, constants.O_RDWR | constants.O_CREAT);
  try {
    const { size } = await file.stat();
    if (size > bytes) await file.truncate(0);
    const have = size > bytes ? 0 : size;
    if (have === bytes) return;
    await checkSpace(path.dirname(part), bytes - have + UNPACKED_BYTES);
    await receive(download, file, have);
  } finally {
    await file.close();
  }
}

async function checkSpace(folder: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < needed) {
    throw new DataError(
      `There is not enough space for CIFAR-10 in ${folder}: it takes ${megabytes(needed)}, and ` +
        `${megabytes(bavail * bsize)} are free. Make room, or name another folder.`,
    );
  }
}

/** Receives the archive from byte `have` on. */
async function receive(download: Download, file: FileHandle, have: number): Promise<void> {
  const { url, bytes, stallSeconds, part, onProgress } = download;
  const stall = new AbortController();
  const timer = setTimeout(() => stall.abort(), stallSeconds * 1000);
  let at = have;
  try {
    const response = await request(url, have, AbortSignal.any([download.signal, stall.signal]));
    at = await startOf(response, have, download);
    // A server that knows no ranges begins at the beginning.
    if (at < have) await file.truncate(at);
    const start = { at, time: performance.now() };
    let shown = Number.NEGATIVE_INFINITY;
    for await (const chunk of response.body ?? []) {
      if (at + chunk.length > bytes) throw await discard(part, `more than the ${bytes} bytes of CIFAR-10 came`);
      await writeAll(file, chunk, at);
      at += chunk.length;
      timer.refresh();
      const now = performance.now();
      if (now - shown > 200 || at === bytes) {
        shown = now;
        onProgress({
          bytes: at,
          total: bytes,
          bytesPerSecond: (1000 * (at - start.at)) / Math.max(now - start.time, 1),
        });
      }
    }
  } catch (error) {
    download.signal.throwIfAborted();
    const kept =
      at > 0
        ? `${megabytes(at)} of ${megabytes(bytes)} are kept: download again to go on from there.`
        : `Try again later, or ${BY_HAND}.`;
    if (stall.signal.aborted) throw new DataError(`${hostOf(url)} sent nothing for ${stallSeconds} s. ${kept}`);
    if (!(error instanceof TypeError)) throw error;
    // What fetch reports is in the cause.
    const cause = (error.cause ?? error) as NodeJS.ErrnoException;
    throw new DataError(`The connection to ${hostOf(url)} failed (${cause.code ?? cause.message}). ${kept}`, { cause });
  } finally {
    clearTimeout(timer);
  }
  if (at < bytes) throw await discard(part, `only ${at} of the ${bytes} bytes of CIFAR-10 came`);
}

const REDIRECTS = [301, 302, 303, 307, 308];

/** Asks for the bytes from `from` on, and follows redirections, but none that leaves an encrypted connection. */
async function request(url: string, from: number, signal: AbortSignal): Promise<Response> {
  let target = new URL(url);
  for (let hops = 0; hops < 5; hops++) {
    const response = await fetch(target, {
      redirect: 'manual',
      signal,
      // The archive's own bytes are counted, not those of an encoding that a server adds.
      headers: { 'accept-encoding': 'identity', ...(from > 0 ? { range: `bytes=${from}-` } : {}) },
    });
    if (!REDIRECTS.includes(response.status)) return response;
    await response.body?.cancel();
    const location = response.headers.get('location') ?? '';
    const next = URL.canParse(location, target.href) ? new URL(location, target) : null;
    if (next?.protocol !== 'https:' && (next?.protocol !== target.protocol || next.host !== target.host)) {
      throw new DataError(`${target.host} sends us on to "${location}", which is no safe address: try again later.`);
    }
    target = next;
  }
  throw new DataError(`${hostOf(url)} sends us on from one address to the next without end.`);
}

/**
 * The place of an answer's first byte in the archive, once its headers agree with what is expected. That a part of an
 * earlier attempt belongs to the same file is for the checksum to decide.
 */
async function startOf(response: Response, have: number, { url, bytes, part }: Download): Promise<number> {
  const host = hostOf(url);
  const length = response.headers.get('content-length');
  if (response.status === 200 || response.status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(response.headers.get('content-range') ?? '');
    const start = response.status === 206 ? Number(range?.[1]) : 0;
    const total = response.status === 206 ? range?.[2] : length;
    if (response.status === 206 && start !== have) {
      throw await discard(part, `${host} sent another part of the file than was asked for`);
    }
    if (total && total !== '*' && Number(total) !== bytes) {
      throw new DataError(`${host} offers a file of ${total} bytes, and CIFAR-10 has ${bytes}: try again later.`);
    }
    if (length && Number(length) !== bytes - start) {
      throw new DataError(`${host} offers ${length} bytes, and ${bytes - start} are missing: try again later.`);
    }
    return start;
  }
  if (response.status === 416) throw await discard(part, `${host} has no more than what is here`);
  throw new DataError(
    `${host} answered ${response.status} ${response.statusText} to ${url}: try again later, or ${BY_HAND}.`,
  );
}

/** Removes what can be of no use any more, and says so. */
async function discard(part: string, why: string): Promise<DataError> {
  await rm(part, { force: true });
  return new DataError(`This is not the archive of CIFAR-10: ${why}. It was removed; download it again.`);
}

async function checkArchive(part: string, sha256: string, signal: AbortSignal): Promise<void> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(part), hash, { signal });
  const found = hash.digest('hex');
  if (found !== sha256) throw await discard(part, `its SHA-256 is ${found}, not ${sha256}`);
}

/** A write may take fewer bytes than it is given. */
async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** The disk's refusal, as a sentence. */
function refused(error: NodeJS.ErrnoException, folder: string): DataError {
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new DataError(`The disk of ${folder} is full. Make room and download again: it goes on from there.`, {
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new DataError(`${error.path ?? folder} may not be written: name another folder.`, { cause: error });
    default:
      return new DataError(`CIFAR-10 could not be put into ${folder}: ${error.message}`, { cause: error });
  }
}

const hostOf = (url: string) => new URL(url).host;

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
