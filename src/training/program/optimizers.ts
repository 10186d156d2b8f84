/** The optimisers, each as the step that it takes from a gradient and what it remembers. */
import type { OptimizerName } from '../../protocol.ts';
import { add, affine, divide, input, multiply, scalar, square, squareRoot } from './operations.ts';
import type { Value } from './value.ts';

export interface Optimizer {
  readonly title: string;
  /** What is remembered for each weight, in its shape, and starts at zero. */
  readonly slots: readonly string[];
  /** Scalars that are fed with each update, from the number of updates so far, this one included. */
  corrections(update: number): Readonly<Record<string, number>>;
  /** The step that is subtracted from the weights, and the slots after it. */
  step(
    gradient: Value,
    slots: readonly Value[],
    rates: Rates,
  ): { readonly step: Value; readonly slots: readonly Value[] };
}

export interface Rates {
  readonly learningRate: number;
  /** What Adam adds to the root of the second moment. */
  readonly epsilon: number;
}

export const MOMENTUM = 0.9;
const BETA1 = 0.9;
const BETA2 = 0.999;

const sgd: Optimizer = {
  title: 'SGD',
  slots: [],
  corrections: () => ({}),
  step: (gradient, _slots, { learningRate }) => ({ step: affine(gradient, learningRate), slots: [] }),
};

/** v ← 0.9 v + g, w ← w − λ v, as `torch.optim.SGD` and `tf.train.MomentumOptimizer`. */
const momentum: Optimizer = {
  title: 'SGD with momentum 0.9',
  slots: ['velocity'],
  corrections: () => ({}),
  step(gradient, [before], { learningRate }) {
    const velocity = before ? add(affine(before, MOMENTUM), gradient) : gradient;
    return { step: affine(velocity, learningRate), slots: [velocity] };
  },
};

/**
 * Kingma & Ba 2015, algorithm 1: λ m̂ / (√v̂ + ε). The corrections of the first steps are taken out of the tensors into two scalars: with
 * c = √(1 − β₂ᵗ), the step is λ c / (1 − β₁ᵗ) · m / (√v + ε c).
 */
const adam: Optimizer = {
  title: 'Adam',
  slots: ['first moment', 'second moment'],
  corrections(update) {
    const root = Math.sqrt(1 - BETA2 ** update);
    return { 'adam/rate': root / (1 - BETA1 ** update), 'adam/epsilon': root };
  },
  step(gradient, [m, v], { learningRate, epsilon }) {
    if (!m || !v) throw new RangeError('Adam remembers two moments.');
    const first = add(affine(m, BETA1), affine(gradient, 1 - BETA1));
    const second = add(affine(v, BETA2), affine(square(gradient), 1 - BETA2));
    const rate = multiply(scalar(learningRate), input('adam/rate', []));
    const floor = multiply(scalar(epsilon), input('adam/epsilon', []));
    return { step: multiply(divide(first, add(squareRoot(second), floor)), rate), slots: [first, second] };
  },
};

export const optimizers: Readonly<Record<OptimizerName, Optimizer>> = { sgd, momentum, adam };
