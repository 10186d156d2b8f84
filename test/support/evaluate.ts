/** What a loss is in numbers, with its gradient. */

import type { Dual, Tensor } from './dual.ts';
import * as dual from './dual.ts';
import type { Elementwise, Expression, Reducer } from './expression.ts';

const FEATURES = 2;

/** A batch with the parameters that meet it. */
export interface Batch {
  /** The weights of a linear model, FEATURES × FEATURES. */
  readonly weights: readonly number[];
  /** The inputs and the targets, row by row. */
  readonly x: readonly (readonly number[])[];
  readonly y: readonly (readonly number[])[];
  readonly labels: readonly number[];
  readonly mask: readonly number[];
  readonly weight: readonly number[];
  /** Every number that stands for the batch size. */
  readonly nominal: number;
}

/** Numbers that look random and always are the same (Numerical Recipes' generator). */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export function randomBatch(seed: number, examples = 4): Batch {
  const random = randomNumbers(seed);
  const row = (low: number, high: number) => Array.from({ length: FEATURES }, () => low + (high - low) * random());
  const list = <T>(make: (i: number) => T) => Array.from({ length: examples }, (_, i) => make(i));
  return {
    weights: [...row(-1, 1), ...row(-1, 1)],
    x: list(() => row(-1, 1)),
    y: list(() => row(0.1, 0.9)),
    labels: list(() => Math.floor(random() * FEATURES)),
    mask: list((i) => (i < 2 || random() < 0.5 ? 1 : 0)),
    weight: list(() => 0.5 + random()),
    nominal: examples,
  };
}

export function repeatBatch(batch: Batch, k: number): Batch {
  const times = <T>(rows: readonly T[]): T[] => Array.from({ length: k }, () => rows).flat();
  return {
    weights: batch.weights,
    x: times(batch.x),
    y: times(batch.y),
    labels: times(batch.labels),
    mask: times(batch.mask),
    weight: times(batch.weight),
    nominal: batch.nominal * k,
  };
}

const MAPS: Readonly<Record<Elementwise, (a: Dual) => Dual>> = {
  log: dual.log,
  log1p: (a) => dual.log(dual.add(a, dual.plain(1))),
  exp: dual.exp,
  tanh: (a) => dual.chain(a, Math.tanh(a.value), 1 - Math.tanh(a.value) ** 2),
  abs: dual.abs,
  relu: (a) => (a.value > 0 ? a : dual.plain(0)),
  sqrt: (a) => dual.power(a, 0.5),
  square: (a) => dual.power(a, 2),
  cube: (a) => dual.power(a, 3),
};

const REDUCERS: Readonly<Record<Reducer, (of: readonly Dual[]) => Dual>> = {
  sum: dual.sum,
  mean: dual.mean,
  max: dual.max,
  min: dual.min,
  logsumexp: dual.logsumexp,
  norm: (of) => dual.norm(of, 2),
  deviation: (of) => deviation(of, of.length),
  'sample deviation': (of) => deviation(of, of.length - 1),
};

function deviation(of: readonly Dual[], divisor: number): Dual {
  const center = dual.mean(of);
  const squares = of.map((a) => dual.power(dual.subtract(a, center), 2));
  return dual.power(dual.divide(dual.sum(squares), dual.plain(divisor)), 0.5);
}

const clip = (a: Dual): Dual => (a.value < 0.2 ? dual.plain(0.2) : a.value > 1.5 ? dual.plain(1.5) : a);

const OPERATORS = { '+': dual.add, '-': dual.subtract, '*': dual.multiply, '/': dual.divide };

export function evaluate(e: Expression, batch: Batch): Tensor {
  switch (e.is) {
    case 'elements':
      return elementLosses(e.loss, batch);
    case 'examples':
      return classLosses(batch);
    case 'criterion':
      return dual.reduce(
        e.loss === 'classes' ? classLosses(batch) : elementLosses(e.loss, batch),
        null,
        false,
        REDUCERS[e.reduction],
      );
    case 'input':
      return { shape: [batch.x.length], data: batch[e.name].map(dual.plain) };
    case 'penalty': {
      const weights = parameters(batch);
      if (e.form === 'length') return dual.scalar(dual.norm(weights, 2));
      return dual.scalar(dual.sum(weights.map(e.form === 'squares' ? MAPS.square : dual.abs)));
    }
    case 'number':
      return dual.scalar(dual.plain(e.value));
    case 'size': {
      const sizes = {
        actual: batch.x.length,
        targets: batch.y.length,
        nominal: batch.nominal,
        elements: batch.x.length * FEATURES,
        columns: FEATURES,
      };
      return dual.scalar(dual.plain(sizes[e.form]));
    }
    case 'count':
      return dual.scalar(dual.plain(batch.mask.reduce((a, b) => a + b)));
    case 'map':
      return dual.map(evaluate(e.of, batch), MAPS[e.f]);
    case 'clipped':
      return dual.map(evaluate(e.of, batch), clip);
    case 'softmax': {
      const exponentials = dual.map(evaluate(e.of, batch), dual.exp);
      return dual.zip(exponentials, dual.reduce(exponentials, e.axis, true, dual.sum), dual.divide);
    }
    case 'guard':
      return evaluate(e.of, batch);
    case 'detach':
      return dual.map(evaluate(e.of, batch), ({ value }) => dual.plain(value));
    case 'column': {
      const of = evaluate(e.of, batch);
      return { shape: [...of.shape, 1], data: of.data };
    }
    case 'picked':
      return dual.rows(evaluate(e.of, batch), (row) => batch.mask[row] === 1);
    case 'zeroed':
      return dual.zip(evaluate(e.of, batch), evaluate({ is: 'input', name: 'mask' }, batch), dual.multiply);
    case 'flat': {
      const { data } = evaluate(e.of, batch);
      return { shape: [data.length], data };
    }
    case 'pairs': {
      const of = evaluate(e.of, batch);
      const examples = batch.x.map((_, b) => of.data.slice(b * FEATURES, (b + 1) * FEATURES));
      const data = examples.flatMap((a) => examples.map((b) => dual.sum(a.map((_, f) => dual.multiply(a[f]!, b[f]!)))));
      return { shape: [examples.length, examples.length], data };
    }
    case 'dot':
      return dual.reduce(
        dual.zip(evaluate(e.left, batch), evaluate(e.right, batch), dual.multiply),
        null,
        false,
        dual.sum,
      );
    case 'stack':
    case 'concat': {
      const data = [e.left, e.right].flatMap((part) => evaluate(part, batch).data);
      return { shape: [data.length], data };
    }
    case 'hardest': {
      const data = evaluate(e.of, batch)
        .data.toSorted((a, b) => b.value - a.value)
        .slice(0, e.count);
      return { shape: [data.length], data };
    }
    case 'reduce':
      return dual.reduce(evaluate(e.of, batch), e.axis, e.keep, REDUCERS[e.how]);
    case 'binary':
      return dual.zip(evaluate(e.left, batch), evaluate(e.right, batch), OPERATORS[e.operator]);
    case 'repeated':
      return dual.zip(evaluate(e.of, batch), evaluate(e.like, batch), (a) => a);
  }
}

const parameters = ({ weights }: Batch): Dual[] =>
  weights.map((value, i) => ({ value, gradient: weights.map((_, j) => (i === j ? 1 : 0)) }));

/** The output of the linear model, row by row. */
function predictions(batch: Batch): Dual[][] {
  const weights = parameters(batch);
  return batch.x.map((row) =>
    Array.from({ length: FEATURES }, (_, f) =>
      dual.sum(row.map((x, i) => dual.multiply(dual.plain(x), weights[i * FEATURES + f]!))),
    ),
  );
}

function elementLosses(loss: 'squared' | 'absolute' | 'binary', batch: Batch): Tensor {
  const data = predictions(batch).flatMap((row, b) =>
    row.map((prediction, f) => {
      const target = dual.plain(batch.y[b]![f]!);
      if (loss === 'binary')
        return dual.subtract(
          dual.log(dual.add(dual.plain(1), dual.exp(prediction))),
          dual.multiply(target, prediction),
        );
      const difference = dual.subtract(prediction, target);
      return loss === 'squared' ? dual.power(difference, 2) : dual.abs(difference);
    }),
  );
  return { shape: [batch.x.length, FEATURES], data };
}

function classLosses(batch: Batch): Tensor {
  const data = predictions(batch).map((row, b) => dual.subtract(dual.logsumexp(row), row[batch.labels[b]!]!));
  return { shape: [batch.x.length], data };
}
