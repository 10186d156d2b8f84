/** The WebAssembly backend: where its files are, and kernels built of what it does fast, which are forward convolutions and plain products. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { setWasmPaths, version_wasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import type { Backend } from '../executor.ts';
import { eagerBackend } from './executor.ts';
import { kernels as general, type Kernels, of } from './kernels.ts';

/** Its three builds, of which it takes the one that the machine can run. */
export const WASM_FILES = [
  'tfjs-backend-wasm.wasm',
  'tfjs-backend-wasm-simd.wasm',
  'tfjs-backend-wasm-threaded-simd.wasm',
] as const;

export function wasmBackend(): Backend {
  setWasmPaths(`${wasmFolder()}${path.sep}`);
  return eagerBackend('wasm', { tfjs: version_wasm }, own);
}

/** Beside the bundle where there is one, else in the installed package. */
function wasmFolder(): string {
  const beside = import.meta.dirname;
  if (WASM_FILES.every((file) => existsSync(path.join(beside, file)))) return beside;
  return path.dirname(
    createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm'),
  );
}

const own: Partial<Kernels> = {
  /** dW[i, j, c, o] = Σ x[n, y + i, x + j, c] dy[n, y, x, o]: images and batch change places with channels, and dy becomes the filter. */
  convolutionFilterGradient([images, dy], { shape }) {
    const [height = 1, width = 1] = shape as number[];
    const x = tf.transpose(of(images), [3, 1, 2, 0]);
    const filter = tf.transpose(of(dy), [1, 2, 0, 3]);
    const padded = tf.pad(x, [[0, 0], around(height), around(width), [0, 0]]);
    return tf.transpose(tf.conv2d(padded as tf.Tensor4D, filter as tf.Tensor4D, 1, 'valid'), [1, 2, 0, 3]);
  },

  /** A convolution of dy with the filters turned by half a turn, their inputs and outputs exchanged. */
  convolutionImageGradient([, filters, dy]) {
    const turned = tf.transpose(tf.reverse(of(filters), [0, 1]), [0, 1, 3, 2]);
    return tf.conv2d(of(dy) as tf.Tensor4D, turned as tf.Tensor4D, 1, 'same');
  },

  /** Its own kernel takes as long as all else together; windows of two by two can be taken apart into pairs. */
  maxPoolGradient(operands, value) {
    const [images, , dy] = operands as readonly tf.Tensor4D[];
    const { size, stride } = value.attributes;
    const [, h = 0, w = 0] = of(images).shape;
    const inPairs = size === 2 && stride === 2 && h % 2 === 0 && w % 2 === 0;
    return inPairs ? pooledPairsGradient(of(images), of(dy)) : general.maxPoolGradient(operands, value);
  },

  /** Only plain products take its fast path. */
  matrixProduct([a, b], { attributes: { transposeA, transposeB } }) {
    return tf.matMul(transposeA ? tf.transpose(of(a)) : of(a), transposeB ? tf.transpose(of(b)) : of(b));
  },
};

/**
 * The gradient of a maximum of neighbours: of two rows of pixels, then of the two pixels that are left. Of equal ones the first gets all of it, as in
 * TensorFlow.
 */
function pooledPairsGradient(images: tf.Tensor4D, dy: tf.Tensor4D): tf.Tensor {
  const [n, h, w, c] = images.shape;
  const rows = pair(tf.reshape(images, [(n * h) / 2, 2, w * c]));
  const columns = pair(tf.reshape(rows.larger, [(n * h * w) / 4, 2, c]));
  const ofColumns = rows.larger.shape;
  return tf.reshape(
    rows.gradient(tf.reshape(columns.gradient(tf.reshape(dy, columns.larger.shape)), ofColumns)),
    images.shape,
  );
}

/** The larger of two along the middle axis, [p, 2, q] → [p, q], and how a gradient goes back. */
function pair(x: tf.Tensor3D): { readonly larger: tf.Tensor2D; gradient(dy: tf.Tensor2D): tf.Tensor } {
  const [p, , q] = x.shape;
  // Parts of the first axis are copied at once, those of another one row by row.
  const halves = tf.transpose(x, [1, 0, 2]);
  const half = (at: number) => tf.reshape(tf.slice(halves, [at, 0, 0], [1, p, q]), [p, q]);
  const [first, second] = [half(0), half(1)];
  // Arithmetic is many times faster here than comparing and choosing.
  const isSecond = tf.step(tf.sub(second, first));
  return {
    larger: tf.add(tf.mul(first, tf.sub(1, isSecond)), tf.mul(second, isSecond)),
    gradient(dy) {
      const toSecond = tf.mul(dy, isSecond);
      return tf.transpose(tf.stack([tf.sub(dy, toSecond), toSecond]), [1, 0, 2]);
    },
  };
}

/** The zeros on both sides that keep the size of an image under filters of an odd size. */
const around = (size: number): [number, number] => [(size - 1) / 2, (size - 1) / 2];
