/** Numbers that carry their gradient (forward-mode differentiation), and small tensors of them. */

/** A number with its partial derivatives by each parameter. */
export interface Dual {
  readonly value: number;
  readonly gradient: readonly number[];
}

export interface Tensor {
  readonly shape: readonly number[];
  readonly data: readonly Dual[];
}

/** A number that depends on no parameter: an empty gradient stands for zeros. */
export const plain = (value: number): Dual => ({ value, gradient: [] });

export const scalar = (dual: Dual): Tensor => ({ shape: [], data: [dual] });

/** f(a) where f has this value and slope. */
export const chain = (a: Dual, value: number, slope: number): Dual => ({
  value,
  gradient: a.gradient.map((g) => slope * g),
});

/** f(a, b) where f has this value and these slopes. */
function chain2(a: Dual, b: Dual, value: number, slopeA: number, slopeB: number): Dual {
  const length = Math.max(a.gradient.length, b.gradient.length);
  const gradient = Array.from({ length }, (_, i) => slopeA * (a.gradient[i] ?? 0) + slopeB * (b.gradient[i] ?? 0));
  return { value, gradient };
}

export const add = (a: Dual, b: Dual): Dual => chain2(a, b, a.value + b.value, 1, 1);
export const subtract = (a: Dual, b: Dual): Dual => chain2(a, b, a.value - b.value, 1, -1);
export const multiply = (a: Dual, b: Dual): Dual => chain2(a, b, a.value * b.value, b.value, a.value);
export const divide = (a: Dual, b: Dual): Dual => chain2(a, b, a.value / b.value, 1 / b.value, -a.value / b.value ** 2);
export const log = (a: Dual): Dual => chain(a, Math.log(a.value), 1 / a.value);
export const exp = (a: Dual): Dual => chain(a, Math.exp(a.value), Math.exp(a.value));
export const abs = (a: Dual): Dual => chain(a, Math.abs(a.value), Math.sign(a.value));
export const power = (a: Dual, p: number): Dual => chain(a, a.value ** p, p * a.value ** (p - 1));
export const sum = (of: readonly Dual[]): Dual => of.reduce(add, plain(0));
export const mean = (of: readonly Dual[]): Dual => divide(sum(of), plain(of.length));
export const norm = (of: readonly Dual[], p: number): Dual => power(sum(of.map((a) => power(abs(a), p))), 1 / p);
export const logsumexp = (of: readonly Dual[]): Dual => log(sum(of.map(exp)));

/** Equal largest values share the gradient. */
export function max(of: readonly Dual[]): Dual {
  const largest = Math.max(...of.map((a) => a.value));
  return mean(of.filter((a) => a.value === largest));
}

export const min = (of: readonly Dual[]): Dual =>
  chain(max(of.map((a) => chain(a, -a.value, -1))), Math.min(...of.map((a) => a.value)), -1);

export const map = (a: Tensor, f: (x: Dual) => Dual): Tensor => ({ shape: a.shape, data: a.data.map(f) });

/** f of each pair of elements, with the smaller shape repeated as all frameworks do. */
export function zip(a: Tensor, b: Tensor, f: (x: Dual, y: Dual) => Dual): Tensor {
  const rank = Math.max(a.shape.length, b.shape.length);
  const shape = Array.from({ length: rank }, (_, i) => {
    const [m, n] = [a.shape[i - rank + a.shape.length] ?? 1, b.shape[i - rank + b.shape.length] ?? 1];
    if (m !== n && m !== 1 && n !== 1) throw new Error(`shapes [${a.shape}] and [${b.shape}] do not fit`);
    return Math.max(m, n);
  });
  return { shape, data: positions(shape).map((at) => f(element(a, at), element(b, at))) };
}

/** All positions of a shape, the last axis fastest. */
const positions = (shape: readonly number[]): number[][] =>
  shape.reduce<number[][]>(
    (all, size) => all.flatMap((at) => Array.from({ length: size }, (_, i) => [...at, i])),
    [[]],
  );

/** The element at a position of a shape that this tensor is repeated to. */
function element(a: Tensor, at: readonly number[]): Dual {
  const own = at.slice(at.length - a.shape.length);
  return a.data[a.shape.reduce((index, size, i) => index * size + (size === 1 ? 0 : own[i]!), 0)]!;
}

/** f over one axis, or over all. */
export function reduce(a: Tensor, axis: number | null, keep: boolean, f: (of: readonly Dual[]) => Dual): Tensor {
  if (axis === null) return scalar(f(a.data));
  const at = axis < 0 ? a.shape.length + axis : axis;
  const shape = a.shape.map((size, i) => (i === at ? 1 : size));
  const data = positions(shape).map((position) =>
    f(Array.from({ length: a.shape[at]! }, (_, i) => element(a, position.with(at, i)))),
  );
  return { shape: keep ? shape : shape.toSpliced(at, 1), data };
}

/** The rows of the first axis that a test holds for. */
export function rows(a: Tensor, keep: (row: number) => boolean): Tensor {
  const width = a.data.length / a.shape[0]!;
  const data = a.data.filter((_, i) => keep(Math.floor(i / width)));
  return { shape: [data.length / width, ...a.shape.slice(1)], data };
}
