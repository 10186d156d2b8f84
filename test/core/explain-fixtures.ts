/** Analyses written by hand, so that the words are tested without the interpreter. */
import type { Advice, Analysis, BatchSize, Loss, LossTerm, Optimizer, Range, Site } from '../../src/core/analysis.ts';

export const source = `BATCH_SIZE = 128
optimizer = torch.optim.SGD(net.parameters(), lr=0.002, weight_decay=5e-4)
loss = F.cross_entropy(net(x), y, reduction='sum')
loss.backward()
`;

/** The place of a piece of the source. */
export function placeOf(piece: string): Range {
  const start = source.indexOf(piece);
  if (start < 0) throw new Error(`not in the source: ${piece}`);
  return { start, end: start + piece.length };
}

const call = placeOf("F.cross_entropy(net(x), y, reduction='sum')");

export function term(over: Partial<LossTerm> = {}): LossTerm {
  return {
    kind: 'data',
    range: call,
    text: "F.cross_entropy(net(x), y, reduction='sum')",
    reduction: 'sum',
    over: ['B'],
    degrees: { B: 1 },
    coefficient: null,
    nominal: false,
    selection: false,
    fromOptimizer: false,
    assumed: [],
    trace: [
      { range: placeOf('net(x)'), text: 'one row of scores per example', result: '[B, C]' },
      { range: call, text: "reduction='sum' adds up the examples", result: 'degree 1 in B' },
    ],
    ...over,
  };
}

export const mean = term({ reduction: 'mean', degrees: { B: 0 } });

export const decay = term({
  kind: 'penalty',
  range: placeOf('weight_decay=5e-4'),
  text: 'weight_decay=5e-4',
  over: ['P'],
  degrees: { B: 0 },
  coefficient: { value: 0.0005, text: '5e-4' },
  fromOptimizer: true,
  trace: [],
});

export const batchSize: BatchSize = {
  value: 128,
  kind: 'nominal',
  where: placeOf('128'),
  origin: 'constant',
  text: 'BATCH_SIZE',
  raggedLastBatch: true,
};

const where = placeOf('torch.optim.SGD');

export const sgd: Optimizer = {
  name: 'torch.optim.SGD',
  family: 'sgd',
  where,
  learningRate: { value: 0.002, where: placeOf('0.002'), origin: 'constant', text: '0.002' },
  schedule: 'constant',
  momentum: { value: 0, where: null, origin: 'framework-default', text: '0' },
  weightDecay: {
    value: 0.0005,
    where: placeOf('5e-4'),
    origin: 'constant',
    text: '5e-4',
    coupling: 'coupled',
  },
  epsilon: null,
  initialAccumulator: null,
  notConvertible: null,
};

export const adam: Optimizer = { ...sgd, name: 'torch.optim.Adam', family: 'adam', weightDecay: null };

export const adadelta: Optimizer = {
  ...sgd,
  name: 'torch.optim.Adadelta',
  weightDecay: null,
  epsilon: { value: 1e-6, where: null, origin: 'framework-default', text: '1e-6', place: 'inside-root' },
};

export const noAdvice: Advice = {
  equivalentMeanLearningRate: null,
  equivalentSumLearningRate: null,
  learningRateAtDoubleBatch: null,
  toMean: [],
  toSum: [],
  scaling: [],
  notes: [],
};

export const sumAdvice: Advice = {
  ...noAdvice,
  equivalentMeanLearningRate: 0.256,
  learningRateAtDoubleBatch: 0.002,
  toMean: [
    { setting: 'learning rate', now: 0.002, factor: 128, after: 0.256, exact: true, rule: '' },
    { setting: 'weight decay', now: 0.0005, factor: 1 / 128, after: 3.90625e-6, exact: true, rule: '' },
  ],
  scaling: [0.5, 2].map((k) => ({
    k,
    batchSize: 128 * k,
    gradientFactor: k,
    learningRate: 0.002,
    learningRateFactor: 1,
    heuristics: [],
    penaltyFactor: k,
  })),
  notes: ['The first step is that of a mean until a clip bites.'],
};

export const meanAdvice: Advice = {
  ...noAdvice,
  learningRateAtDoubleBatch: 0.004,
  scaling: [
    {
      k: 2,
      batchSize: 256,
      gradientFactor: 1,
      learningRate: 0.004,
      learningRateFactor: 2,
      heuristics: [],
      penaltyFactor: 1,
    },
  ],
};

/** A cross-entropy summed over 128 examples and trained by SGD with weight decay. */
export function loss(over: Partial<Loss> = {}): Loss {
  return {
    range: call,
    sink: 'backward',
    sinkRange: placeOf('loss.backward()'),
    framework: 'torch',
    assumed: [],
    terms: [term()],
    alternatives: [],
    balanceMovesWithBatch: null,
    batchSize,
    optimizer: sgd,
    clip: null,
    advice: sumAdvice,
    ...over,
  };
}

export function site(over: Partial<Site> = {}): Site {
  return {
    range: call,
    api: 'torch.nn.functional.cross_entropy',
    reduction: 'sum',
    over: ['B'],
    role: 'data-loss',
    degrees: { B: 1 },
    assumed: [],
    alternatives: [],
    trace: [],
    ...over,
  };
}

export function analysis(over: Partial<Analysis> = {}): Analysis {
  return { language: 'python', problems: [], sites: [], losses: [], findings: [], ...over };
}
