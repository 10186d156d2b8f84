/** What a comparison takes over from a user's file. The values of the examples were read from the files by hand. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Loss, Range } from '../../src/core/analysis.ts';
import { type Comparison, comparisonOf } from '../../src/core/compare.ts';
import { analyzeText } from '../support/analyze.ts';
import { adadelta, adam, batchSize, decay, loss, mean, sgd, term } from './explain-fixtures.ts';

type Settings = Omit<Comparison, 'range' | 'notes'>;

/** Each setting that was found, as `value, line, source`, with `default` where a launch may override it. */
function foundIn(comparison: Comparison, source: string): Record<string, string> {
  const { range: _range, notes: _notes, ...settings } = comparison;
  return Object.fromEntries(
    Object.entries(settings satisfies Settings).flatMap(([name, found]) => {
      if (!found) return [];
      const { value, range, isDefault } = found;
      return [[name, `${value}, ${placeIn(source, range)}${isDefault ? ', default' : ''}`]];
    }),
  );
}

function placeIn(source: string, { start, end }: Range): string {
  const line = source.slice(0, start).split('\n').length;
  return `${line}, ${source.slice(start, end).replace(/\s+/g, ' ')}`;
}

async function comparisonsOf(source: string, file: string): Promise<(Comparison | null)[]> {
  return (await analyzeText(source, file)).losses.map(comparisonOf);
}

interface Expected {
  readonly found: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
}

const l2 = '‘tf.nn.l2_loss(weights)’';

/** For each loss of a file, in order; null where it cannot be compared. */
const EXAMPLES: Readonly<Record<string, readonly (Expected | null)[]>> = {
  'pytorch_sum.py': [
    {
      found: {
        reduction: "sum, 33, F.cross_entropy(net(x), y, reduction='sum')",
        batchSize: '128, 10, 128',
        learningRate: '0.002, 27, 0.002',
        optimizer: 'sgd, 27, torch.optim.SGD(net.parameters(), lr=0.002, weight_decay=5e-4)',
        weightDecay: '0.0005, 27, 5e-4',
        decay: 'coupled, 27, 5e-4',
      },
      notes: [],
    },
  ],
  'pytorch_mean.py': [
    {
      found: {
        reduction: 'mean, 61, self.criterion(output, target)',
        batchSize: '256, 11, 256, default',
        learningRate: '0.1, 13, 0.1, default',
        optimizer:
          'momentum, 51, torch.optim.SGD( self.model.parameters(), args.lr, momentum=args.momentum, weight_decay=args.weight_decay), default',
        weightDecay: '0.0001, 15, 1e-4, default',
        decay: 'coupled, 15, 1e-4',
      },
      notes: [],
    },
  ],
  'pytorch_vae.py': [
    {
      found: {
        batchSize: '128, 9, 128',
        learningRate: '0.001, 39, 1e-3',
        optimizer: 'adam, 39, torch.optim.Adam(model.parameters(), lr=1e-3)',
        weightDecay: '0, 39, torch.optim.Adam(model.parameters(), lr=1e-3)',
        epsilon: '1e-8, 39, torch.optim.Adam(model.parameters(), lr=1e-3)',
      },
      notes: [
        'The terms of the loss are reduced differently: mean over all elements and sum over all elements.',
        'The loss has a further term, ‘torch.sum(1 + log_var - mu.pow(2) - log_var.exp())’, which is not trained here.',
      ],
    },
  ],
  'pytorch_worst_case.py': [
    null,
    {
      found: {
        reduction: 'max, 27, torch.amax(per_example, dim=0)',
        batchSize: '128, 9, 128',
        learningRate: '0.01, 24, 0.01',
        optimizer: 'sgd, 24, torch.optim.SGD(model.parameters(), lr=0.01)',
        weightDecay: '0, 24, torch.optim.SGD(model.parameters(), lr=0.01)',
      },
      notes: [],
    },
  ],
  'tf1_cifar10.py': [
    {
      found: {
        reduction: "mean, 96, tf.reduce_mean(cross_entropy, name='cross_entropy')",
        batchSize: '128, 13, 128, default',
        learningRate: '0.1, 25, 0.1',
        optimizer: 'sgd, 120, tf.train.GradientDescentOptimizer(lr)',
        weightDecay: '0.004, 53, tf.nn.l2_loss(var)',
        decay: 'coupled, 53, tf.nn.l2_loss(var)',
      },
      notes: ['The learning rate starts at 0.1 and follows exponential_decay in your file; here it stays.'],
    },
  ],
  'tf1_l2.py': [
    {
      found: {
        reduction: 'mean, 29, tf.reduce_mean(loss + beta * tf.nn.l2_loss(weights))',
        batchSize: '100, 7, 100',
        learningRate: '0.5, 30, 0.5',
        optimizer: 'sgd, 30, tf.train.GradientDescentOptimizer(0.5)',
        weightDecay: '0.01, 29, tf.nn.l2_loss(weights)',
        decay: 'coupled, 29, tf.nn.l2_loss(weights)',
      },
      notes: [],
    },
    {
      found: {
        reduction: 'sum, 32, tf.reduce_sum(loss + beta * tf.nn.l2_loss(weights))',
        batchSize: '100, 7, 100',
        learningRate: '0.005, 33, 0.005',
        optimizer: 'sgd, 33, tf.train.GradientDescentOptimizer(0.005)',
        weightDecay: '1, 32, tf.nn.l2_loss(weights)',
        decay: 'coupled, 32, tf.nn.l2_loss(weights)',
      },
      notes: [`The penalty ${l2} is taken as β·½‖w‖² with a β of 1: 0.01 × 100, for it grows with B.`],
    },
  ],
  'keras_custom_loss.py': [
    {
      found: {
        reduction:
          'mean, 34, model.compile(optimizer=keras.optimizers.SGD(learning_rate=1e-4, momentum=0.9), loss=charbonnier)',
        batchSize: '64, 7, 64',
        learningRate: '0.0001, 34, 1e-4',
        optimizer: 'momentum, 34, keras.optimizers.SGD(learning_rate=1e-4, momentum=0.9)',
        weightDecay: '0.0002, 21, keras.regularizers.L2(1e-4)',
        decay: 'coupled, 21, keras.regularizers.L2(1e-4)',
      },
      notes: [
        'The loss of an example is reduced over inner axes in your file; here it is one cross-entropy.',
        'The penalty ‘keras.regularizers.L2(1e-4)’ is taken as β·½‖w‖² with a β of 0.0002: 0.0001 × 2.',
      ],
    },
  ],
  'tfjs_train.ts': [
    {
      found: {
        reduction: 'sum, 44, tf.losses.softmaxCrossEntropy(ys, model.logits(xs), undefined, 0, tf.Reduction.SUM)',
        batchSize: '128, 4, 128',
        learningRate: '0.001, 5, 0.001',
        optimizer: 'sgd, 34, tf.train.sgd(LEARNING_RATE)',
        weightDecay: '0.05, 28, sum()',
        decay: 'coupled, 28, sum()',
      },
      notes: [
        'The penalty ‘this.hidden.square().sum()’ is taken as β·½‖w‖² with a β of 0.05: 0.025 × 2.',
        'The penalty ‘this.output.square().sum()’ is taken as β·½‖w‖² with a β of 0.05: 0.025 × 2.',
      ],
    },
  ],
  'tfjs_worst_case.js': [
    {
      found: {
        reduction: 'max, 33, tf.max(errors(model, xs, ys))',
        batchSize: '64, 4, 64',
        learningRate: '0.01, 26, 0.01',
        optimizer: 'momentum, 26, tf.train.momentum(0.01, 0.9)',
        weightDecay: '0, 26, tf.train.momentum(0.01, 0.9)',
      },
      notes: [],
    },
    null,
  ],
};

describe('what is compared of a loss', function () {
  this.timeout(30_000);

  for (const [file, expected] of Object.entries(EXAMPLES)) {
    it(`in ${file} is what stands in it`, async () => {
      const source = readFileSync(path.join(import.meta.dirname, '../../examples', file), 'utf8');
      const comparisons = await comparisonsOf(source, file);
      assert.deepEqual(
        comparisons.map((c) => c && { found: foundIn(c, source), notes: c.notes }),
        expected,
      );
    });
  }

  /** A small PyTorch training, with other lines in their places. */
  const torch = async (lines: { loss?: string; optimizer?: string; before?: string; clip?: string } = {}) => {
    const source = `import argparse
import torch
import torch.nn.functional as F
from torch.utils.data import DataLoader
net = torch.nn.Linear(8, 4)
${lines.before ?? ''}
optimizer = torch.optim.${lines.optimizer ?? 'SGD(net.parameters(), lr=0.1)'}
for x, y in DataLoader(data, batch_size=32):
    loss = ${lines.loss ?? 'F.cross_entropy(net(x), y)'}
    loss.backward()
    ${lines.clip ?? 'pass'}
    optimizer.step()
`;
    const [only, ...others] = await comparisonsOf(source, 'train.py');
    assert.ok(only, source);
    assert.equal(others.length, 0);
    return only;
  };
  const value = <T>(found: { readonly value: T } | null) => found?.value ?? null;

  it('has a norm of clipping and the epsilon of Adam, where they are given', async () => {
    const clipped = await torch({
      optimizer: 'Adam(net.parameters(), eps=1e-6, weight_decay=0.01)',
      clip: 'torch.nn.utils.clip_grad_norm_(net.parameters(), 2.5)',
    });
    assert.equal(value(clipped.clipNorm), 2.5);
    assert.equal(value(clipped.epsilon), 1e-6);
    assert.equal(value(clipped.learningRate), 0.001);
    assert.deepEqual([value(clipped.weightDecay), value(clipped.decay)], [0.01, 'coupled']);
    assert.deepEqual(clipped.notes, []);
  });

  it('has the decoupled decay of AdamW, its own default too', async () => {
    const given = await torch({ optimizer: 'AdamW(net.parameters(), lr=3e-4)' });
    assert.deepEqual(
      [value(given.optimizer), value(given.weightDecay), value(given.decay)],
      ['adam', 0.01, 'decoupled'],
    );
  });

  it('says that another momentum is trained than that of the file', async () => {
    const { optimizer, notes } = await torch({ optimizer: 'SGD(net.parameters(), lr=0.1, momentum=0.95)' });
    assert.equal(value(optimizer), 'momentum');
    assert.deepEqual(notes, ['The momentum is 0.95 in your file and 0.9 here.']);
  });

  it('takes nothing over from an optimiser that cannot be trained', async () => {
    const { optimizer, learningRate, weightDecay, epsilon, reduction, notes } = await torch({
      optimizer: 'RMSprop(net.parameters(), lr=0.01, weight_decay=0.1)',
    });
    assert.deepEqual([optimizer, learningRate, weightDecay, epsilon], [null, null, null, null]);
    assert.equal(value(reduction), 'mean');
    assert.deepEqual(notes, [
      'RMSprop cannot be trained here, and its learning rate of 0.01 means something else to another optimiser.',
    ]);
  });

  it('says that a clip by value is not trained', async () => {
    const { clipNorm, notes } = await torch({ clip: 'torch.nn.utils.clip_grad_value_(net.parameters(), 0.5)' });
    assert.equal(clipNorm, null);
    assert.deepEqual(notes, ['Your file clips the gradient by value; here it can be clipped by its norm.']);
  });

  it('says of a number that the file does not tell how it is called', async () => {
    const { learningRate, notes } = await torch({
      before: 'lr = choose()',
      optimizer: 'SGD(net.parameters(), lr=lr)',
    });
    assert.equal(learningRate, null);
    assert.deepEqual(notes, ['The learning rate, ‘lr’, has no one number in your file.']);
  });

  for (const [written, beta] of [
    ['0.01 * net.weight.pow(2).sum()', 0.02],
    ['0.01 * torch.sum(net.weight ** 2)', 0.02],
    ['0.01 * sum((p ** 2).sum() for p in net.parameters())', 0.02],
    ['0.5 * 0.01 * torch.sum(torch.square(net.weight))', 0.01],
    ['0.01 * net.weight.pow(2).sum() / len(x)', 0.02 / 32],
    ['0.01 * net.weight.abs().sum()', null],
    ['0.01 * net.weight.pow(2).mean()', null],
    ['0.01 * net.weight.norm()', null],
    ['0.01 * (net.weight - 1).pow(2).sum()', null],
    ['0.01 * net.weight.pow(3).sum()', null],
    ['-0.01 * net.weight.pow(2).sum()', null],
    ['beta * net.weight.pow(2).sum()', null],
  ] as const) {
    it(`${beta === null ? 'has no coefficient' : `has a coefficient of ${beta}`} for ${written}`, async () => {
      const { weightDecay, decay: coupling, notes } = await torch({ loss: `F.cross_entropy(net(x), y) + ${written}` });
      assert.equal(value(weightDecay), beta);
      assert.equal(value(coupling), beta === null ? null : 'coupled');
      assert.equal(notes.length, 1);
      assert.match(notes[0] ?? '', /^The penalty ‘/);
    });
  }

  it('has no coefficient where a penalty and the optimiser’s decay meet', async () => {
    const { weightDecay, notes } = await torch({
      loss: 'F.cross_entropy(net(x), y) + 0.01 * net.weight.pow(2).sum()',
      optimizer: 'SGD(net.parameters(), lr=0.1, weight_decay=1e-4)',
    });
    assert.equal(weightDecay, null);
    assert.deepEqual(notes, [
      'Here one penalty with one coefficient can be trained; your file has ‘net.weight.pow(2).sum()’ and the optimiser’s weight decay.',
    ]);
  });

  it('says what else a loss is made of', async () => {
    const { reduction, weightDecay, notes } = await torch({
      loss: "0.5 * F.cross_entropy(net(x), y, reduction='sum') + somewhere_else(net)",
    });
    assert.equal(value(reduction), 'sum');
    assert.equal(weightDecay, null);
    assert.equal(notes[0], 'The data term is multiplied by 0.5 in your file, and not here.');
    assert.match(notes[1] ?? '', /^The loss has a further term, ‘somewhere_else\(net\)’, which is not trained here: /);
  });

  it('does not know of no penalty where weights have a factor that is not known', async () => {
    const { reduction, weightDecay, notes } = await torch({
      loss: 'F.cross_entropy(net(x), y) + factor() * net.weight.pow(2).sum()',
    });
    assert.equal(value(reduction), 'mean');
    assert.equal(weightDecay, null);
    assert.deepEqual(notes, ['The loss has a further term, ‘net.weight.pow(2).sum()’, which is not trained here.']);
  });

  it('has no reduction that depends on a branch, and what both branches share', async () => {
    const {
      reduction,
      batchSize: size,
      notes,
    } = await torch({
      loss: 'F.cross_entropy(net(x), y) if averaged else F.mse_loss(net(x), y, reduction="sum")',
    });
    assert.equal(reduction, null);
    assert.equal(value(size), 32);
    assert.ok(notes.includes('The reduction depends on a branch in your file.'), notes.join('\n'));
  });

  it('has no reduction that is neither a sum, a mean nor a maximum', async () => {
    const { reduction, notes } = await torch({ loss: 'F.cross_entropy(net(x), y) / len(x)' });
    assert.equal(reduction, null);
    assert.deepEqual(notes, [
      'The reduction of your file cannot be trained here: mean over the batch ÷ batch size, with a gradient that grows with 1/B.',
    ]);
  });
});

describe('a comparison', () => {
  const compare = (over: Partial<Loss>) => {
    const comparison = comparisonOf(loss(over));
    assert.ok(comparison);
    return comparison;
  };

  it('takes a mean that is multiplied by the batch size for a sum', () => {
    assert.equal(compare({ terms: [{ ...mean, degrees: { B: 1 } }] }).reduction?.value, 'sum');
  });

  for (const reduction of ['weighted-mean', 'token-mean', 'other'] as const) {
    it(`has no reduction for one of the kind ${reduction}, in which examples do not count alike`, () => {
      const comparison = compare({ terms: [{ ...mean, reduction }] });
      assert.equal(comparison.reduction, null);
      assert.match(comparison.notes[0] ?? '', /^The reduction of your file cannot be trained here: /);
    });
  }

  it('does not count as found what is only assumed', () => {
    const assumed = compare({
      assumed: ['it is returned here and trained on elsewhere', 'the first axis is the batch'],
      terms: [term({ assumed: ['the first axis is the batch'] })],
      batchSize: { ...batchSize, kind: 'assumed', origin: 'assumed', value: 64 },
    });
    assert.deepEqual([assumed.reduction, assumed.batchSize], [null, null]);
    assert.deepEqual(assumed.notes, [
      'Assumed of this loss: it is returned here and trained on elsewhere.',
      'That the loss is reduced by a sum rests on an assumption: the first axis is the batch.',
      'The batch size of 64 is assumed, and was not found.',
    ]);
  });

  it('has no number that cannot be trained', () => {
    const { learningRate, batchSize: size } = compare({
      optimizer: { ...sgd, learningRate: { value: -0.1, where: null, origin: 'constant', text: '-0.1' } },
      batchSize: { ...batchSize, value: 2.5 },
    });
    assert.deepEqual([learningRate, size], [null, null]);
  });

  it('says what a penalty in a sum over the batch grows to, or that this was not found', () => {
    const penalty = term({
      kind: 'penalty',
      text: 'tf.nn.l2_loss(w)',
      degrees: { B: 1 },
      coefficient: { value: 0.01, text: 'β' },
    });
    const terms = [term(), penalty];
    const optimizer = { ...sgd, weightDecay: null };
    assert.equal(compare({ terms, optimizer }).weightDecay?.value, 1.28);
    const unknown = compare({ terms, optimizer, batchSize: null });
    assert.equal(unknown.weightDecay, null);
    assert.deepEqual(unknown.notes, [
      'The penalty ‘tf.nn.l2_loss(w)’ grows with B, and how large it is was not found.',
    ]);
  });

  it('has no decay that is not multiplied by the learning rate', () => {
    const optimizer = { ...adam, weightDecay: { ...decayOf(0.01), coupling: 'independent' as const } };
    const { weightDecay, decay: coupling, notes } = compare({ terms: [term()], optimizer });
    assert.deepEqual([weightDecay, coupling], [null, null]);
    assert.deepEqual(notes, ['A weight decay that is not multiplied by the learning rate cannot be trained here.']);
  });

  it('knows of no penalty where layers of a compiled model may have one in another file', () => {
    const optimizer = { ...sgd, weightDecay: null };
    assert.equal(compare({ terms: [term()], optimizer }).weightDecay?.value, 0);
    assert.equal(compare({ terms: [term()], optimizer, sink: 'compile' }).weightDecay, null);
  });

  it('says that outside of PyTorch a clip may be one of each variable', () => {
    const clip = { type: 'norm' as const, threshold: decayOf(1) };
    assert.deepEqual(compare({ clip }).notes, []);
    assert.deepEqual(compare({ clip, framework: 'Keras' }).notes, [
      'Here the norm of the gradient as a whole is clipped.',
    ]);
  });

  it('is in steps of one batch, of examples with one loss each', () => {
    const { notes } = compare({ terms: [term({ over: ['T', 'B'], degrees: { T: 1, B: 1, K: 1 } })] });
    assert.deepEqual(notes, [
      'The loss of an example is reduced over tokens in your file; here it is one cross-entropy.',
      'A step of your file takes several micro-batches; here it takes one batch.',
    ]);
  });

  it('takes nothing over from Adadelta, whose step has an epsilon', () => {
    assert.deepEqual(compare({ terms: [term(), decay], optimizer: adadelta }).weightDecay, null);
  });

  it('does not exist of a loss of which no data term is known', () => {
    assert.equal(comparisonOf(loss({ terms: [term({ kind: 'unknown', degrees: {} }), decay] })), null);
    assert.equal(comparisonOf(loss({ terms: [decay] })), null);
  });
});

const decayOf = (value: number) => ({ value, where: null, origin: 'constant' as const, text: String(value) });
