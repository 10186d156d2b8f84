/** CIFAR-10 from a folder, in the binary version of https://www.cs.toronto.edu/~kriz/cifar.html. */
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { CLASSES, checksum, DataError, type DataSet, type Examples, IMAGE_BYTES } from './examples.ts';

/** The folder that the archive unpacks to. */
export const CIFAR10_FOLDER = 'cifar-10-batches-bin';

/** An image in a file: its label, and its red, green and blue plane. */
export const RECORD_BYTES = 1 + IMAGE_BYTES;

const HELD_OUT = 'test_batch.bin';
const NAMES = 'batches.meta.txt';
const STANDARD_NAMES: readonly string[] = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];

/**
 * Reads every `data_batch_*.bin`, `test_batch.bin` and, if it is there, `batches.meta.txt`, from the folder or from
 * `cifar-10-batches-bin` in it.
 *
 * @throws DataError where the folder holds no such files, or what they hold is no CIFAR-10.
 */
export async function loadCifar10(folder: string): Promise<DataSet> {
  const { folder: found, files } = await findBatches(folder);
  const train = await readExamples(files.map((file) => path.join(found, file)));
  const heldOut = await readExamples([path.join(found, HELD_OUT)]);
  return {
    kind: 'cifar10',
    name: `CIFAR-10 from ${folder}`,
    classes: await readNames(path.join(found, NAMES)),
    train,
    heldOut,
    checksum: checksum(train, heldOut),
  };
}

/** Where the batches are, and the names of those to train on. */
async function findBatches(folder: string): Promise<{ readonly folder: string; readonly files: readonly string[] }> {
  const entries = await reading(folder, readdir(folder));
  const files = entries.filter((name) => /^data_batch_.*\.bin$/.test(name)).sort();
  if (files.length > 0) {
    if (entries.includes(HELD_OUT)) return { folder, files };
    throw new DataError(
      `${folder} has no ${HELD_OUT}, the images held out: put the one of CIFAR-10 beside ${files[0]}.`,
    );
  }
  if (entries.includes(CIFAR10_FOLDER)) return findBatches(path.join(folder, CIFAR10_FOLDER));
  const other = entries.find((name) =>
    /^(data_batch_\d+(\.mat)?|cifar-10-(batches-(py|mat)|python.*|matlab.*))$/.test(name),
  );
  if (other) {
    const version = other.includes('mat') ? 'Matlab' : 'Python';
    throw new DataError(
      `${folder} holds the ${version} version of CIFAR-10 (${other}), but the binary version is needed: ` +
        'cifar-10-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html, unpacked.',
    );
  }
  throw new DataError(
    `${folder} holds no CIFAR-10: no data_batch_1.bin and no ${CIFAR10_FOLDER}. ` +
      'Name the folder that cifar-10-binary.tar.gz was unpacked to.',
  );
}

/** The images of all files, one file after the other. */
async function readExamples(files: readonly string[]): Promise<Examples> {
  const counts: number[] = [];
  for (const file of files) counts.push(await countRecords(file));
  const count = counts.reduce((sum, records) => sum + records);
  const pixels = new Uint8Array(count * IMAGE_BYTES);
  const labels = new Uint8Array(count);
  let at = 0;
  for (const [i, file] of files.entries()) {
    const bytes = await reading(file, readFile(file));
    if (bytes.length !== (counts[i] as number) * RECORD_BYTES)
      throw new DataError(`${file} changed while it was read.`);
    for (let start = 0; start < bytes.length; start += RECORD_BYTES, at++) {
      const label = bytes[start] as number;
      if (label >= CLASSES) {
        throw new DataError(
          `${file} is no batch of CIFAR-10: image ${start / RECORD_BYTES} has the label ${label}, and labels are 0 to 9.`,
        );
      }
      labels[at] = label;
      pixels.set(bytes.subarray(start + 1, start + RECORD_BYTES), at * IMAGE_BYTES);
    }
  }
  return { count, pixels, labels };
}

async function countRecords(file: string): Promise<number> {
  const stats = await reading(file, stat(file));
  if (!stats.isFile()) throw new DataError(`${file} is no file.`);
  if (stats.size === 0) throw new DataError(`${file} is empty: unpack it from cifar-10-binary.tar.gz again.`);
  if (stats.size % RECORD_BYTES !== 0) {
    throw new DataError(
      `${file} is cut off or no batch of CIFAR-10: its ${stats.size} bytes are no multiple of ${RECORD_BYTES}, ` +
        'which one image takes. Unpack it from cifar-10-binary.tar.gz again.',
    );
  }
  return stats.size / RECORD_BYTES;
}

/** The names of the classes, one a line; those of CIFAR-10 where no file says otherwise. */
async function readNames(file: string): Promise<readonly string[]> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw refused(file, error);
  });
  if (text === null) return STANDARD_NAMES;
  const names = text.split('\n').flatMap((line) => line.trim() || []);
  if (names.length === CLASSES) return names;
  throw new DataError(`${file} holds ${names.length} names, and there are ten classes: put it right or remove it.`);
}

async function reading<T>(file: string, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    throw refused(file, error as NodeJS.ErrnoException);
  }
}

/** The disk's refusal to read something, as a sentence. */
function refused(file: string, error: NodeJS.ErrnoException): DataError {
  switch (error.code) {
    case 'ENOENT':
      return new DataError(`${file} does not exist.`, { cause: error });
    case 'ENOTDIR':
      return new DataError(`${file} is no folder: name the folder that holds data_batch_1.bin.`, { cause: error });
    case 'EACCES':
    case 'EPERM':
      return new DataError(`${file} may not be read: permission denied.`, { cause: error });
    default:
      return new DataError(`${file} cannot be read: ${error.message}`, { cause: error });
  }
}
