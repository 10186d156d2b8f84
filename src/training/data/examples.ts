/** What the networks are trained on. */
import { createHash } from 'node:crypto';

export const IMAGE_SIZE = 32;
export const CLASSES = 10;
/** The pixels of one colour, and the bytes of one image: its red, green and blue plane. */
export const PLANE = IMAGE_SIZE * IMAGE_SIZE;
export const IMAGE_BYTES = 3 * PLANE;

/** Labelled images as CIFAR-10 stores them. */
export interface Examples {
  readonly count: number;
  /** count × 3072 bytes: for each image the red, green and blue plane of 32×32, row major. */
  readonly pixels: Uint8Array;
  /** count classes, 0 to 9. */
  readonly labels: Uint8Array;
}

export interface DataSet {
  readonly kind: 'builtin' | 'cifar10';
  /** What a user reads: "built-in drawings (seed 1)", "CIFAR-10 from <folder>". */
  readonly name: string;
  /** The names of the ten classes. */
  readonly classes: readonly string[];
  readonly train: Examples;
  readonly heldOut: Examples;
  /** SHA-256 over the labels and pixels for training and held out, so that a saved run names what it saw. */
  readonly checksum: string;
}

/** SHA-256, in hexadecimal, over the number of examples, the labels and the pixels of each set in turn. */
export function checksum(...sets: readonly Examples[]): string {
  const hash = createHash('sha256');
  for (const { count, labels, pixels } of sets) hash.update(`${count}\n`).update(labels).update(pixels);
  return hash.digest('hex');
}

/** What a user can put right about data: the message says what happened and what to do. */
export class DataError extends Error {
  override readonly name = 'DataError';
}
