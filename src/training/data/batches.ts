/**
 * How examples become batches. Everything follows from (seed, epoch, example), never from what was asked before, so
 * that a saved run goes on exactly where it stopped.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { type Examples, IMAGE_BYTES, IMAGE_SIZE, PLANE } from './examples.ts';
import { generatorFor } from './random.ts';

export interface Batch {
  /** The pass over all examples that the batch belongs to; 0 is the first. */
  readonly epoch: number;
  /** Which examples, by their place in the set. */
  readonly indices: Uint32Array;
}

export interface BatchOrder {
  readonly stepsPerEpoch: number;
  /** The batch of a step; 0 is the first. */
  batchAt(step: number): Batch;
}

/** What the random numbers of a seed are for: the first part of each generator's key. */
const SHUFFLE = 1;
const CROP = 2;

/**
 * The order in which `count` examples are seen: each epoch is a new permutation of all of them. The last batch of an
 * epoch is smaller where `count` is no multiple of `batchSize`.
 *
 * @throws RangeError where a batch would be empty.
 */
export function batchOrder(count: number, batchSize: number, seed: number): BatchOrder {
  if (!(Number.isInteger(count) && count > 0 && Number.isInteger(batchSize) && batchSize > 0)) {
    throw new RangeError(`There are no batches of ${batchSize} from ${count} examples.`);
  }
  const stepsPerEpoch = Math.ceil(count / batchSize);
  let shuffled = { epoch: -1, order: new Uint32Array() };
  return {
    stepsPerEpoch,
    batchAt(step) {
      const epoch = Math.floor(step / stepsPerEpoch);
      if (shuffled.epoch !== epoch) shuffled = { epoch, order: permutation(count, seed, epoch) };
      const start = (step % stepsPerEpoch) * batchSize;
      return { epoch, indices: shuffled.order.slice(start, start + batchSize) };
    },
  };
}

/** Fisher and Yates's shuffle. */
function permutation(count: number, seed: number, epoch: number): Uint32Array<ArrayBuffer> {
  const random = generatorFor(SHUFFLE, seed, epoch);
  const order = Uint32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = uniformInt(random, 0, i);
    const moved = order[i] as number;
    order[i] = order[j] as number;
    order[j] = moved;
  }
  return order;
}

/**
 * What a network sees of an image: all of it, or 24×24 pixels of it, as in TensorFlow's CIFAR-10 tutorial. For training
 * the tutorial takes a random part and mirrors half of them, otherwise it takes the middle. Its random brightness and
 * contrast are left out: the standardisation that follows takes them away again, but for what was cut off at 0 and 255.
 */
export type View =
  | { readonly crop: 32 }
  | { readonly crop: 24; readonly augment: { readonly seed: number; readonly epoch: number } | null };

/** Numbers of one image under a view. */
export const viewLength = (view: View): number => view.crop * view.crop * 3;

/**
 * Writes images to `target`, of shape [indices.length, crop, crop, 3], each standardised as by
 * `tf.image.per_image_standardization`: (x − mean) / max(deviation, 1 / √N) over the N numbers of the image.
 *
 * @throws RangeError where `target` is too short.
 */
export function fillBatch(examples: Examples, indices: ArrayLike<number>, view: View, target: Float32Array): void {
  const numbers = viewLength(view);
  if (target.length < indices.length * numbers) {
    throw new RangeError(`${indices.length} images need ${indices.length * numbers} numbers, not ${target.length}.`);
  }
  for (let i = 0; i < indices.length; i++) {
    const index = indices[i] as number;
    const part = partOf(view, index);
    standardise(examples.pixels, index * IMAGE_BYTES, part, scaleOf(examples, index, part), target, i * numbers);
  }
}

/** A square of an image, mirrored left to right or not. */
interface Part {
  readonly top: number;
  readonly left: number;
  readonly size: number;
  readonly mirrored: boolean;
}

const WHOLE: Part = { top: 0, left: 0, size: IMAGE_SIZE, mirrored: false };
const MIDDLE: Part = { top: 4, left: 4, size: 24, mirrored: false };

function partOf(view: View, index: number): Part {
  if (view.crop === IMAGE_SIZE) return WHOLE;
  if (!view.augment) return MIDDLE;
  const random = generatorFor(CROP, view.augment.seed, view.augment.epoch, index);
  const free = IMAGE_SIZE - view.crop;
  return {
    top: uniformInt(random, 0, free),
    left: uniformInt(random, 0, free),
    size: view.crop,
    mirrored: uniformInt(random, 0, 1) === 1,
  };
}

/** The standardised number of a byte is byte × factor + shift. */
interface Scale {
  readonly factor: number;
  readonly shift: number;
}

/** Factors and shifts of the whole images of a set, one after the other: they are the same in every epoch. */
const wholeScales = new WeakMap<Examples, Float64Array>();

function scaleOf(examples: Examples, index: number, part: Part): Scale {
  if (part !== WHOLE) return measure(examples.pixels, index * IMAGE_BYTES, part);
  let scales = wholeScales.get(examples);
  if (!scales) {
    scales = new Float64Array(2 * examples.count);
    for (let i = 0; i < examples.count; i++) {
      const { factor, shift } = measure(examples.pixels, i * IMAGE_BYTES, WHOLE);
      scales[2 * i] = factor;
      scales[2 * i + 1] = shift;
    }
    wholeScales.set(examples, scales);
  }
  return { factor: scales[2 * index] as number, shift: scales[2 * index + 1] as number };
}

/** The sums are of integers and below 2⁵³, so that the variance has no rounding error but its last one. */
function measure(pixels: Uint8Array, image: number, { top, left, size }: Part): Scale {
  let sum = 0;
  let squares = 0;
  for (let plane = 0; plane < 3; plane++) {
    for (let row = top; row < top + size; row++) {
      const start = image + plane * PLANE + row * IMAGE_SIZE + left;
      for (let at = start; at < start + size; at++) {
        const byte = pixels[at] as number;
        sum += byte;
        squares += byte * byte;
      }
    }
  }
  const n = 3 * size * size;
  const deviation = Math.sqrt(n * squares - sum * sum) / n;
  const factor = 1 / Math.max(deviation, 1 / Math.sqrt(n));
  return { factor, shift: (-sum / n) * factor };
}

function standardise(
  pixels: Uint8Array,
  image: number,
  { top, left, size, mirrored }: Part,
  { factor, shift }: Scale,
  target: Float32Array,
  start: number,
): void {
  const step = mirrored ? -1 : 1;
  let out = start;
  for (let row = top; row < top + size; row++) {
    let at = image + row * IMAGE_SIZE + (mirrored ? left + size - 1 : left);
    for (const end = out + 3 * size; out < end; out += 3, at += step) {
      target[out] = (pixels[at] as number) * factor + shift;
      target[out + 1] = (pixels[at + PLANE] as number) * factor + shift;
      target[out + 2] = (pixels[at + 2 * PLANE] as number) * factor + shift;
    }
  }
}
