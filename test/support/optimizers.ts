/** Optimisers in float64 and a small training, so that the dimension table can be held to what it promises: the same weights. */
import type { Clip, LossTerm, Optimizer, OptimizerFamily, Rate } from '../../src/core/analysis.ts';
import { randomNumbers } from './evaluate.ts';

/** Under the names that conversions give them; what is missing is not part of the training. */
export interface Settings {
  readonly 'learning rate': number;
  readonly epsilon?: number;
  readonly 'initial accumulator'?: number;
  readonly 'weight decay (coupled)'?: number;
  readonly 'weight decay (decoupled)'?: number;
  readonly 'weight decay (independent)'?: number;
  readonly 'clip by norm'?: number;
  readonly 'clip by value'?: number;
  readonly 'coefficient of the penalty'?: number;
}

/** What one weight remembers from step to step: from its gradient to how far it goes down. */
type Weight = (gradient: number) => number;

export interface NumericOptimizer {
  readonly name: string;
  readonly family: OptimizerFamily;
  /** A learning rate that gets somewhere in the training below. */
  readonly rate: number;
  /** Where its ε stands; null where it has none. */
  readonly epsilon: 'outside-root' | 'inside-root' | null;
  readonly accumulates: boolean;
  /** The optimisers of the catalogue that work like this. */
  readonly like: readonly string[];
  readonly start: (settings: { rate: number; epsilon: number; accumulator: number }) => Weight;
}

const plain = { family: 'sgd', rate: 0.05, epsilon: null, accumulates: false } as const;
const adaptive = { family: 'adam', rate: 0.03, epsilon: 'outside-root', accumulates: false } as const;

export const OPTIMIZERS: readonly NumericOptimizer[] = [
  {
    ...plain,
    name: 'SGD',
    rate: 0.5,
    like: ['torch.optim.SGD', 'keras.optimizers.SGD', 'tensorflow.train.GradientDescentOptimizer'],
    start:
      ({ rate }) =>
      (g) =>
        rate * g,
  },
  {
    ...plain,
    name: 'momentum',
    like: ['torch.optim.SGD', 'tensorflow.train.MomentumOptimizer'],
    start: ({ rate }) => {
      let velocity = 0;
      return (g) => {
        velocity = 0.9 * velocity + g;
        return rate * velocity;
      };
    },
  },
  {
    ...plain,
    name: 'Nesterov',
    like: ['torch.optim.SGD', 'keras.optimizers.SGD'],
    start: ({ rate }) => {
      let velocity = 0;
      return (g) => {
        velocity = 0.9 * velocity + g;
        return rate * (g + 0.9 * velocity);
      };
    },
  },
  {
    ...plain,
    name: 'Adadelta',
    rate: 0.5,
    epsilon: 'inside-root',
    like: ['torch.optim.Adadelta', 'keras.optimizers.Adadelta', 'tensorflow.train.AdadeltaOptimizer'],
    start: ({ rate, epsilon }) => {
      let [squares, steps] = [0, 0];
      return (g) => {
        squares = 0.9 * squares + 0.1 * g ** 2;
        const step = (g * Math.sqrt(steps + epsilon)) / Math.sqrt(squares + epsilon);
        steps = 0.9 * steps + 0.1 * step ** 2;
        return rate * step;
      };
    },
  },
  {
    ...adaptive,
    name: 'Adam',
    like: ['torch.optim.Adam', 'torch.optim.AdamW', 'keras.optimizers.Adam', 'tensorflow.train.AdamOptimizer'],
    start: ({ rate, epsilon }) => {
      let [t, mean, squares] = [0, 0, 0];
      return (g) => {
        t++;
        mean = 0.9 * mean + 0.1 * g;
        squares = 0.99 * squares + 0.01 * g ** 2;
        return (rate * (mean / (1 - 0.9 ** t))) / (Math.sqrt(squares / (1 - 0.99 ** t)) + epsilon);
      };
    },
  },
  {
    ...adaptive,
    name: 'NAdam',
    like: ['torch.optim.NAdam', 'keras.optimizers.Nadam'],
    start: ({ rate, epsilon }) => {
      let [t, mean, squares, product] = [0, 0, 0, 1];
      const momentum = (at: number) => 0.9 * (1 - 0.5 * 0.96 ** (at * 0.004));
      return (g) => {
        t++;
        product *= momentum(t);
        mean = 0.9 * mean + 0.1 * g;
        squares = 0.99 * squares + 0.01 * g ** 2;
        const ahead =
          (momentum(t + 1) * mean) / (1 - product * momentum(t + 1)) + ((1 - momentum(t)) * g) / (1 - product);
        return (rate * ahead) / (Math.sqrt(squares / (1 - 0.99 ** t)) + epsilon);
      };
    },
  },
  {
    ...adaptive,
    name: 'Adamax',
    like: ['torch.optim.Adamax', 'keras.optimizers.Adamax'],
    start: ({ rate, epsilon }) => {
      let [t, mean, largest] = [0, 0, 0];
      return (g) => {
        t++;
        mean = 0.9 * mean + 0.1 * g;
        largest = Math.max(0.9 * largest, Math.abs(g) + epsilon);
        return ((rate / (1 - 0.9 ** t)) * mean) / largest;
      };
    },
  },
  {
    ...adaptive,
    name: 'RMSprop',
    like: ['torch.optim.RMSprop'],
    start: ({ rate, epsilon }) => {
      let squares = 0;
      return (g) => {
        squares = 0.9 * squares + 0.1 * g ** 2;
        return (rate * g) / (Math.sqrt(squares) + epsilon);
      };
    },
  },
  {
    ...adaptive,
    name: 'RMSprop with ε inside the root, centred, with momentum',
    epsilon: 'inside-root',
    like: ['keras.optimizers.RMSprop'],
    start: ({ rate, epsilon }) => {
      let [mean, squares, velocity] = [0, 0, 0];
      return (g) => {
        mean = 0.9 * mean + 0.1 * g;
        squares = 0.9 * squares + 0.1 * g ** 2;
        velocity = 0.8 * velocity + (rate * g) / Math.sqrt(squares - mean ** 2 + epsilon);
        return velocity;
      };
    },
  },
  {
    ...adaptive,
    name: 'Adagrad',
    rate: 0.2,
    accumulates: true,
    like: ['torch.optim.Adagrad'],
    start: ({ rate, epsilon, accumulator }) => {
      let squares = accumulator;
      return (g) => {
        squares += g ** 2;
        return (rate * g) / (Math.sqrt(squares) + epsilon);
      };
    },
  },
  {
    ...adaptive,
    name: 'Adagrad with ε inside the root',
    rate: 0.2,
    epsilon: 'inside-root',
    accumulates: true,
    like: ['keras.optimizers.Adagrad'],
    start: ({ rate, epsilon, accumulator }) => {
      let squares = accumulator;
      return (g) => {
        squares += g ** 2;
        return (rate * g) / Math.sqrt(squares + epsilon);
      };
    },
  },
];

export const BATCH_SIZE = 50;
const STEPS = 30;

interface Example {
  readonly x: readonly number[];
  readonly y: number;
}

const random = randomNumbers(1);
const START = [0.4, -0.7, 0.2, 0.9];
const BATCHES: readonly (readonly Example[])[] = Array.from({ length: STEPS }, () => {
  // Batches that lie apart keep the gradient from settling, so that a clip bites on some of them to the end.
  const center = 4 * random() - 2;
  return Array.from({ length: BATCH_SIZE }, () => ({
    x: START.map(() => 2 * random() - 1 + center / 2),
    y: center * random(),
  }));
});

/** The gradient of (tanh(w·x) − y)², summed over the batch. */
function gradientOfSum(weights: readonly number[], batch: readonly Example[]): number[] {
  const gradient = weights.map(() => 0);
  for (const { x, y } of batch) {
    const output = Math.tanh(weights.reduce((sum, w, i) => sum + w * x[i]!, 0));
    for (const i of gradient.keys()) gradient[i]! += 2 * (output - y) * (1 - output ** 2) * x[i]!;
  }
  return gradient;
}

/**
 * Trains on the mean over the batch times `scale`, plus the penalty.
 * @returns the weights after the last step, and the number of steps in which the clip bit
 */
export function train(optimizer: NumericOptimizer, settings: Settings, scale: number) {
  const rate = settings['learning rate'];
  const coefficient = settings['coefficient of the penalty'] ?? 0;
  const coupled = settings['weight decay (coupled)'] ?? 0;
  const shrinks = rate * (settings['weight decay (decoupled)'] ?? 0) + (settings['weight decay (independent)'] ?? 0);
  const start = { rate, epsilon: settings.epsilon ?? 0, accumulator: settings['initial accumulator'] ?? 0 };
  const steppers = START.map(() => optimizer.start(start));
  let weights = START;
  let bites = 0;
  for (const batch of BATCHES) {
    const gradient = gradientOfSum(weights, batch).map(
      (g, i) => (scale * g) / BATCH_SIZE + coefficient * 2 * weights[i]!,
    );
    const clipped = clip(gradient, settings);
    if (clipped.some((g, i) => g !== gradient[i])) bites++;
    weights = weights.map((w, i) => w - shrinks * w - steppers[i]!(clipped[i]! + coupled * w));
  }
  return { weights, bites };
}

function clip(gradient: readonly number[], settings: Settings): readonly number[] {
  const { 'clip by norm': longest = Infinity, 'clip by value': largest = Infinity } = settings;
  const length = Math.hypot(...gradient);
  return gradient
    .map((g) => (length > longest ? (g * longest) / length : g))
    .map((g) => Math.min(Math.max(g, -largest), largest));
}

/** The same settings as an analysis states them. */
export function situationOf(optimizer: NumericOptimizer, settings: Settings) {
  const coupling = (['coupled', 'decoupled', 'independent'] as const).find((c) => settings[`weight decay (${c})`]);
  const clipType = (['norm', 'value'] as const).find((type) => settings[`clip by ${type}`]);
  const coefficient = settings['coefficient of the penalty'];
  return {
    optimizer: {
      ...optimizerOf(optimizer.family, settings['learning rate']),
      name: optimizer.name,
      epsilon: optimizer.epsilon && { ...rateOf(settings.epsilon), place: optimizer.epsilon },
      initialAccumulator: optimizer.accumulates ? rateOf(settings['initial accumulator']) : null,
      weightDecay: coupling ? { ...rateOf(settings[`weight decay (${coupling})`]), coupling } : null,
    } satisfies Optimizer,
    clip: clipType ? ({ type: clipType, threshold: rateOf(settings[`clip by ${clipType}`]) } satisfies Clip) : null,
    terms: [
      termOf({ degrees: { B: 0 } }),
      ...(coefficient === undefined
        ? []
        : [
            termOf({
              kind: 'penalty',
              text: 'the penalty',
              over: ['P'],
              degrees: { B: 0 },
              coefficient: { value: coefficient, text: String(coefficient) },
            }),
          ]),
    ],
  };
}

export const rateOf = (value: number | null = null): Rate => ({
  value,
  where: null,
  origin: 'constant',
  text: String(value),
});

/** An optimiser with a learning rate and nothing else. */
export const optimizerOf = (family: OptimizerFamily, learningRate: number | null): Optimizer => ({
  name: family,
  family,
  where: { start: 0, end: 0 },
  learningRate: rateOf(learningRate),
  schedule: null,
  momentum: null,
  weightDecay: null,
  epsilon: null,
  initialAccumulator: null,
  notConvertible: null,
});

/** A data term that is a mean over the batch, but for what is said otherwise. */
export const termOf = (differences: Partial<LossTerm>): LossTerm => ({
  kind: 'data',
  range: { start: 0, end: 0 },
  text: 'the loss',
  reduction: 'mean',
  over: ['B'],
  degrees: { B: 0 },
  coefficient: null,
  nominal: false,
  selection: false,
  fromOptimizer: false,
  assumed: [],
  trace: [],
  ...differences,
});
