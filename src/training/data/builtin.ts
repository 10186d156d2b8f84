/**
 * Ten classes of drawings in the format of CIFAR-10, so that a first run needs no network and still shows something.
 * Colours, sizes, places, rotations and what else lies in the picture say nothing about the class: only the shape does.
 *
 * Every byte is decided by integers, + − × ÷ and square roots, which IEEE 754 rounds exactly: the same seed gives the
 * same bytes on every platform. (sin, cos, exp and pow may differ in the last bit from one engine to the next.)
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { CLASSES, checksum, type DataSet, type Examples, IMAGE_BYTES, IMAGE_SIZE, PLANE } from './examples.ts';
import { generatorFor } from './random.ts';

/**
 * A shape about the origin, of radius 1 or so: the distance of a point to its outline, negative inside. A bound from
 * below is enough far away from the outline.
 */
type Shape = (x: number, y: number) => number;

const length = (x: number, y: number) => Math.sqrt(x * x + y * y);

const disc: Shape = (x, y) => length(x, y) - 0.95;

const ring: Shape = (x, y) => Math.abs(length(x, y) - 0.72) - 0.23;

const square: Shape = (x, y) => Math.max(Math.abs(x), Math.abs(y)) - 0.8;

const HALF_SQRT_3 = 0.866025403784;
const triangle: Shape = (x, y) => Math.max(y, HALF_SQRT_3 * Math.abs(x) - 0.5 * y) - 0.58;

const cross: Shape = (x, y) => {
  const a = Math.abs(x);
  const b = Math.abs(y);
  return Math.min(Math.max(a - 0.27, b - 1), Math.max(a - 1, b - 0.27));
};

/** The cosine and sine of 36 degrees: a tenth of the star lies between a point and the inner corner beside it. */
const COS_36 = 0.809016994375;
const SIN_36 = 0.587785252292;
/** How far the points and the inner corners are from the middle. */
const POINT = 1.1;
const CORNER = 0.48;
/** From the upper point to the corner beside it. */
const EDGE_X = CORNER * SIN_36;
const EDGE_Y = CORNER * COS_36 - POINT;
const EDGE = length(EDGE_X, EDGE_Y);

/** Mirrors fold the plane into the tenth that holds the upper point, where one edge bounds the star. */
const star: Shape = (x, y) => {
  const a = Math.abs(x);
  const first = 2 * Math.max(COS_36 * a + SIN_36 * y, 0);
  const b = a - first * COS_36;
  const c = first * SIN_36 - y;
  const second = 2 * Math.max(-COS_36 * b - SIN_36 * c, 0);
  return ((c + second * SIN_36 - POINT) * EDGE_X - Math.abs(b + second * COS_36) * EDGE_Y) / EDGE;
};

const moon: Shape = (x, y) => Math.max(length(x, y) - 0.98, 0.82 - length(x - 0.5, y));

/** A square that stands on a corner, and a disc on each of its upper edges. */
const heart: Shape = (x, y) => {
  const a = Math.abs(x);
  const b = y - 0.1;
  return Math.min((a + Math.abs(b)) * Math.SQRT1_2 - 0.6, length(a - 0.424, b + 0.424) - 0.6);
};

/** Bands of width 2 that repeat after 4. */
const stripes: Shape = (x) => Math.abs(x - 4 * Math.floor(x / 4) - 2) - 1;

/** Where one of two crossing bands lies, but not both. */
const checkerboard: Shape = (x, y) => {
  const a = stripes(x, y);
  const b = stripes(y, x);
  return Math.max(Math.min(a, b), -Math.max(a, b));
};

interface Class {
  readonly name: string;
  readonly shape: Shape;
  /** Farther from the origin there is nothing of the shape, the soft edges of its corners included. */
  readonly reach: number;
  /** Least and greatest length, in pixels, of what is 1 in the shape's own coordinates. */
  readonly scale: readonly [number, number];
}

const object = (name: string, shape: Shape): Class => ({ name, shape, reach: 1.3, scale: [8, 12.5] });
const texture = (name: string, shape: Shape): Class => ({ name, shape, reach: Infinity, scale: [1.3, 2.6] });

/** A class is its place in this list. */
const classes: readonly Class[] = [
  object('disc', disc),
  object('ring', ring),
  object('square', square),
  object('triangle', triangle),
  object('cross', cross),
  object('star', star),
  object('moon', moon),
  object('heart', heart),
  texture('stripes', stripes),
  texture('checkerboard', checkerboard),
];

type Colour = readonly [red: number, green: number, blue: number];

/** Least difference in lightness, on a scale of 255, between a shape and what it lies on. */
const CONTRAST = 50;

/** How often the shape is the lighter one. */
const LIGHTER = 0.75;

/** How light a colour looks to the eye: the weights of Rec. 601. */
const lightness = ([r, g, b]: Colour) => 0.299 * r + 0.587 * g + 0.114 * b;

const between = (random: RandomGenerator, low: number, high: number) => low + (high - low) * uniformFloat64(random);

function colour(random: RandomGenerator): Colour {
  return [uniformInt(random, 20, 235), uniformInt(random, 20, 235), uniformInt(random, 20, 235)];
}

/**
 * The colours of the background and of the shape upon it. Most shapes are the lighter one: were it as often the darker,
 * no linear classifier would do better than chance, and softmax regression would have nothing to show.
 */
function colours(random: RandomGenerator): readonly [Colour, Colour] {
  for (;;) {
    const darker = colour(random);
    const lighter = colour(random);
    if (lightness(lighter) - lightness(darker) < CONTRAST) continue;
    return uniformFloat64(random) < LIGHTER ? [darker, lighter] : [lighter, darker];
  }
}

/** A direction, as its cosine and sine: any of them, equally likely. */
function direction(random: RandomGenerator): readonly [number, number] {
  for (;;) {
    const x = between(random, -1, 1);
    const y = between(random, -1, 1);
    const r = length(x, y);
    if (r > 0.1 && r <= 1) return [x / r, y / r];
  }
}

/** A direction at most `tangent`, the tangent of half an angle, away from upright. */
function tilt(random: RandomGenerator, tangent: number): readonly [number, number] {
  const t = between(random, -tangent, tangent);
  return [(1 - t * t) / (1 + t * t), (2 * t) / (1 + t * t)];
}

/** Something in the picture: a shape of one colour, brought to its place. */
interface Drawn {
  readonly shape: Shape;
  readonly reach: number;
  readonly x: number;
  readonly y: number;
  readonly scale: number;
  readonly rotation: readonly [number, number];
  readonly colour: Colour;
}

/** Blends a shape into three planes of numbers, with a soft edge one pixel wide. */
function blend(planes: Float64Array, { shape, reach, x, y, scale, rotation, colour: [r, g, b] }: Drawn): void {
  const cos = rotation[0] / scale;
  const sin = rotation[1] / scale;
  // The soft edge of a straight outline lies half a pixel outside.
  const pixels = scale * reach + 0.5;
  const right = Math.min(Math.floor(x + pixels), IMAGE_SIZE - 1);
  const bottom = Math.min(Math.floor(y + pixels), IMAGE_SIZE - 1);
  for (let row = Math.max(Math.ceil(y - pixels), 0); row <= bottom; row++) {
    for (let column = Math.max(Math.ceil(x - pixels), 0); column <= right; column++) {
      const dx = column - x;
      const dy = row - y;
      const cover = Math.min(Math.max(0.5 - scale * shape(cos * dx + sin * dy, cos * dy - sin * dx), 0), 1);
      if (cover === 0) continue;
      const at = row * IMAGE_SIZE + column;
      planes[at] = (planes[at] as number) * (1 - cover) + r * cover;
      planes[at + PLANE] = (planes[at + PLANE] as number) * (1 - cover) + g * cover;
      planes[at + 2 * PLANE] = (planes[at + 2 * PLANE] as number) * (1 - cover) + b * cover;
    }
  }
}

const CENTRE = (IMAGE_SIZE - 1) / 2;
/** Tangent of half of the greatest rotation, either way, of a shape: 17 degrees. */
const TILT = 0.15;
/** Greatest distance, in pixels, of a shape from the middle, across and down. */
const OFF_CENTRE = 3.5;
/** Greatest change of a byte by noise. */
const NOISE = 12;

/** A short stroke, as something else that lies about. */
const stroke: Shape = (x, y) => length(Math.max(Math.abs(x) - 1, 0), y) - 0.35;

/** Draws one example of a class into 3072 bytes. */
function draw(random: RandomGenerator, { shape, reach, scale }: Class, planes: Float64Array, bytes: Uint8Array): void {
  const [background, front] = colours(random);
  const ramp = direction(random);
  const slope = between(random, 0, 2.2);
  for (let at = 0; at < PLANE; at++) {
    const shade = slope * (((at % IMAGE_SIZE) - CENTRE) * ramp[0] + (Math.floor(at / IMAGE_SIZE) - CENTRE) * ramp[1]);
    planes[at] = background[0] + shade;
    planes[at + PLANE] = background[1] + shade;
    planes[at + 2 * PLANE] = background[2] + shade;
  }
  for (let strokes = uniformInt(random, 1, 3); strokes > 0; strokes--) {
    blend(planes, {
      shape: stroke,
      reach: 1.35,
      x: between(random, 0, IMAGE_SIZE),
      y: between(random, 0, IMAGE_SIZE),
      scale: between(random, 1.5, 3),
      rotation: direction(random),
      colour: colour(random),
    });
  }
  blend(planes, {
    shape,
    reach,
    x: CENTRE + between(random, -OFF_CENTRE, OFF_CENTRE),
    y: CENTRE + between(random, -OFF_CENTRE, OFF_CENTRE),
    scale: between(random, scale[0], scale[1]),
    rotation: tilt(random, TILT),
    colour: front,
  });
  for (let at = 0; at < PLANE; at++) {
    // One word of 32 random bits is noise for three colours.
    const word = random.next();
    for (let plane = 0; plane < 3; plane++) {
      const noise = (((word >>> (10 * plane)) & 1023) / 511.5 - 1) * NOISE;
      bytes[at + plane * PLANE] = Math.min(
        Math.max(Math.round((planes[at + plane * PLANE] as number) + noise), 0),
        255,
      );
    }
  }
}

/** Each example has random numbers of its own, so that the first ones are the same however many are drawn. */
function drawExamples(count: number, seed: number, set: number): Examples {
  const pixels = new Uint8Array(count * IMAGE_BYTES);
  const labels = new Uint8Array(count);
  const planes = new Float64Array(IMAGE_BYTES);
  for (let i = 0; i < count; i++) {
    labels[i] = i % CLASSES;
    const bytes = pixels.subarray(i * IMAGE_BYTES, (i + 1) * IMAGE_BYTES);
    draw(generatorFor(seed, set, i), classes[i % CLASSES] as Class, planes, bytes);
  }
  return { count, pixels, labels };
}

/**
 * Draws the built-in data set: ten shapes, equally often. By default 5,120 images for training, which are 40 batches of
 * 128, and 1,280 held out. The same seed, an integer, always gives the same bytes.
 */
export function drawBuiltin({ seed = 1, train = 5120, heldOut = 1280 } = {}): DataSet {
  const sets = [drawExamples(train, seed, 0), drawExamples(heldOut, seed, 1)] as const;
  return {
    kind: 'builtin',
    name: `built-in drawings (seed ${seed})`,
    classes: classes.map(({ name }) => name),
    train: sets[0],
    heldOut: sets[1],
    checksum: checksum(...sets),
  };
}
