/** What the operations of programs mean, in plain loops and float64. Only those that losses are made of, not their gradients. */
import type { OperationName, Value } from '../../../src/training/program/value.ts';

export interface Numbers {
  readonly shape: readonly number[];
  readonly numbers: readonly number[];
}

type Meaning = (operands: readonly Numbers[], value: Value) => Numbers;

const like = ({ shape }: Numbers, numbers: readonly number[]): Numbers => ({ shape, numbers });
const scalar = (x: number): Numbers => ({ shape: [], numbers: [x] });
const sum = (numbers: readonly number[]): number => numbers.reduce((total, x) => total + x, 0);
const range = (length: number): number[] => Array.from({ length }, (_, i) => i);

const elementwise =
  (combine: (a: number, b: number) => number): Meaning =>
  ([a, b]) =>
    like(
      a!,
      a!.numbers.map((x, i) => combine(x, b!.numbers[b!.numbers.length === 1 ? 0 : i]!)),
    );

/** The numbers of images [b, h, w, c], and a default beyond their borders. */
function pixels({ shape: [, h = 0, w = 0, c = 0], numbers }: Numbers, beyond: number) {
  return (n: number, y: number, x: number, channel: number): number =>
    y < 0 || x < 0 || y >= h || x >= w ? beyond : numbers[((n * h + y) * w + x) * c + channel]!;
}

const meanings: Partial<Record<OperationName, Meaning>> = {
  add: elementwise((a, b) => a + b),
  multiply: elementwise((a, b) => a * b),
  affine([x], v) {
    const { by, plus } = v.attributes as { by: number; plus: number };
    return like(
      x!,
      x!.numbers.map((each) => each * by + plus),
    );
  },
  matrixProduct([a, b]) {
    const [[m = 0, k = 0], [, n = 0]] = [a!.shape, b!.shape];
    const at = (i: number, j: number) => sum(range(k).map((l) => a!.numbers[i * k + l]! * b!.numbers[l * n + j]!));
    return { shape: [m, n], numbers: range(m).flatMap((i) => range(n).map((j) => at(i, j))) };
  },
  addBias: ([x, bias]) =>
    like(
      x!,
      x!.numbers.map((each, i) => each + bias!.numbers[i % bias!.numbers.length]!),
    ),
  reshape([x], v) {
    const known = v.shape.reduce<number>((product, size) => product * (size ?? 1), 1);
    return { shape: v.shape.map((size) => size ?? x!.numbers.length / known), numbers: x!.numbers };
  },
  relu: ([x]) =>
    like(
      x!,
      x!.numbers.map((each) => Math.max(0, each)),
    ),
  convolution([images, filters]) {
    const [b = 0, h = 0, w = 0] = images!.shape;
    const [kh = 0, kw = 0, c = 0, d = 0] = filters!.shape;
    const pixel = pixels(images!, 0);
    const at = (n: number, y: number, x: number, o: number) =>
      sum(
        range(kh * kw * c).map((i) => {
          const [row, column, channel] = [Math.floor(i / (kw * c)), Math.floor(i / c) % kw, i % c];
          return pixel(n, y + row - (kh - 1) / 2, x + column - (kw - 1) / 2, channel) * filters!.numbers[i * d + o]!;
        }),
      );
    return everywhere([b, h, w, d], at);
  },
  maxPool([images], v) {
    const { size, stride } = v.attributes as { size: number; stride: number };
    const [b = 0, h = 0, w = 0, c = 0] = images!.shape;
    const [rows, columns] = [Math.ceil(h / stride), Math.ceil(w / stride)];
    // As TensorFlow pads for SAME: where it is an odd number, the larger half stands at the end.
    const before = (length: number, pooled: number) =>
      Math.floor(Math.max(0, (pooled - 1) * stride + size - length) / 2);
    const pixel = pixels(images!, Number.NEGATIVE_INFINITY);
    return everywhere([b, rows, columns, c], (n, y, x, channel) => {
      const [top, left] = [y * stride - before(h, rows), x * stride - before(w, columns)];
      return Math.max(
        ...range(size * size).map((i) => pixel(n, top + Math.floor(i / size), left + (i % size), channel)),
      );
    });
  },
  crossEntropy([logits, classes]) {
    const [b = 0, c = 0] = logits!.shape;
    const numbers = range(b).map((i) => {
      const row = logits!.numbers.slice(i * c, (i + 1) * c);
      return Math.log(sum(row.map(Math.exp))) - row[classes!.numbers[i]!]!;
    });
    return { shape: [b], numbers };
  },
  batchSum: ([x]) => scalar(sum(x!.numbers)),
  batchMean: ([x]) => scalar(sum(x!.numbers) / x!.numbers.length),
  batchMax: ([x]) => scalar(Math.max(...x!.numbers)),
  halfSquaredNorm: ([x]) => scalar(sum(x!.numbers.map((each) => each ** 2)) / 2),
};

function everywhere(
  shape: readonly [number, number, number, number],
  at: (...place: [number, number, number, number]) => number,
): Numbers {
  const [b, h, w, c] = shape;
  const numbers = range(b * h * w * c).map((i) =>
    at(Math.floor(i / (h * w * c)), Math.floor(i / (w * c)) % h, Math.floor(i / c) % w, i % c),
  );
  return { shape, numbers };
}

/** The numbers of a value, where its inputs and variables have these. */
export function evaluate(v: Value, given: ReadonlyMap<string, Numbers>): Numbers {
  const known = new Map<Value, Numbers>();
  const numbersOf = (each: Value): Numbers => {
    const before = known.get(each);
    if (before) return before;
    const numbers =
      each.operation === 'input' || each.operation === 'variable'
        ? given.get(each.attributes.name)!
        : meanings[each.operation]!(each.operands.map(numbersOf), each);
    known.set(each, numbers);
    return numbers;
  };
  return numbersOf(v);
}
