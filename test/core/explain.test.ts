import assert from 'node:assert/strict';
import { reductionWords } from '../../src/core/explain/words.ts';
import { explain, Lines, lensTitle, subjectAt, toMarkdown } from '../../src/core/explain.ts';
import {
  adadelta,
  adam,
  analysis,
  batchSize,
  decay,
  loss,
  mean,
  meanAdvice,
  noAdvice,
  placeOf,
  sgd,
  site,
  source,
  term,
} from './explain-fixtures.ts';

describe('the code lens', () => {
  const unknown = term({ kind: 'unknown', degrees: {}, reason: 'criterion comes from another file' });
  const cases: [name: string, input: Parameters<typeof loss>[0], title: string][] = [
    ['a sum, SGD', {}, 'Σ over the batch · gradient ∝ B · SGD 0.002 at B=128 acts as 0.256 on a mean'],
    [
      'a sum with weight decay',
      { terms: [term(), decay], balanceMovesWithBatch: true },
      'Σ over the batch · gradient ∝ B · SGD 0.002 at B=128 acts as 0.256 on a mean · weight decay’s share falls as B grows',
    ],
    [
      'a sum, SGD, no batch size known',
      { batchSize: null, advice: noAdvice },
      'Σ over the batch · gradient ∝ B · SGD 0.002 acts as 0.002 × B on a mean',
    ],
    [
      'a sum, SGD, no number known',
      { batchSize: null, advice: noAdvice, optimizer: { ...sgd, learningRate: null } },
      'Σ over the batch · gradient ∝ B · SGD’s learning rate acts × B on a mean',
    ],
    ['a sum, Adam', { optimizer: adam, advice: noAdvice }, 'Σ over the batch · gradient ∝ B · Adam divides it out'],
    [
      'a mean, SGD',
      { terms: [mean], advice: meanAdvice },
      'mean over the batch · SGD 0.002 at B=128 becomes 0.004 at B=256',
    ],
    [
      'a mean at an assumed batch size',
      { terms: [mean], advice: meanAdvice, batchSize: { ...batchSize, kind: 'assumed', origin: 'assumed' } },
      'mean over the batch · SGD 0.002 at B=128 (assumed) becomes 0.004 at B=256',
    ],
    [
      'a mean, SGD, no number known',
      { terms: [mean], advice: noAdvice, batchSize: null },
      'mean over the batch · learning rate × k when the batch grows × k',
    ],
    [
      'a mean, Adam',
      { terms: [mean], optimizer: adam, advice: noAdvice },
      'mean over the batch · Adam: no exact rule for a larger batch',
    ],
    [
      'an optimiser that cannot be converted',
      { optimizer: { ...sgd, name: 'RAdam', family: 'other', notConvertible: 'it switches' }, advice: noAdvice },
      'Σ over the batch · gradient ∝ B · RAdam: no factor converts its settings',
    ],
    [
      'a returned loss',
      { terms: [mean], sink: 'return', assumed: ['nothing trains it here'], optimizer: null, advice: noAdvice },
      'assumed: mean over the batch · with SGD, learning rate × k when the batch grows × k',
    ],
    [
      'a maximum',
      { terms: [term({ reduction: 'max', degrees: { B: 0 }, selection: true })], advice: noAdvice },
      'max over the batch · only the selected examples get a gradient',
    ],
    [
      'a sum over features averaged over the batch',
      { terms: [term({ reduction: 'sum-then-mean', over: ['F', 'B'], degrees: { F: 1, B: 0 } })], advice: meanAdvice },
      'Σ over features, mean over the batch · SGD 0.002 at B=128 becomes 0.004 at B=256',
    ],
    [
      'a nominal divisor',
      { terms: [term({ nominal: true, degrees: { B: 0 } })], advice: meanAdvice },
      'scaled to degree 0 in the batch · a smaller batch takes a smaller step',
    ],
    [
      'a mean multiplied by a nominal size',
      { terms: [term({ reduction: 'mean', nominal: true, degrees: { B: 1 } })] },
      'mean over the batch × batch size · gradient ∝ B · SGD 0.002 at B=128 acts as 0.256 on a mean',
    ],
    [
      'an optimiser of the SGD family with an epsilon in its step',
      { terms: [mean], optimizer: adadelta, advice: noAdvice },
      'mean over the batch',
    ],
    [
      'terms that grow apart',
      { terms: [term(), mean], balanceMovesWithBatch: true, advice: noAdvice },
      'terms grow apart: B and 1 · their balance moves with the batch',
    ],
    [
      'an unknown loss',
      { terms: [unknown], advice: noAdvice },
      'cannot tell how this loss is reduced: criterion comes from another file',
    ],
    [
      'a loss with an unknown term',
      { terms: [mean, unknown], advice: meanAdvice },
      'mean over the batch · SGD 0.002 at B=128 becomes 0.004 at B=256 · one term cannot be told',
    ],
    [
      'a penalty',
      { terms: [decay], advice: noAdvice },
      'a penalty on the weights alone · the batch size does not matter',
    ],
    [
      'a loss by branch',
      {
        alternatives: [
          { condition: 'if args.sum', terms: [term()] },
          { condition: 'unless args.sum', terms: [mean] },
        ],
        advice: noAdvice,
      },
      'Σ over the batch if args.sum, otherwise mean over the batch',
    ],
  ];
  for (const [name, input, title] of cases) {
    it(`says it for ${name}`, () => assert.equal(lensTitle(loss(input)), title));
  }
});

describe('the words for a reduction', () => {
  const cases: [reduced: Parameters<typeof reductionWords>[0], words: string][] = [
    [{ reduction: 'sum', over: ['F', 'B'], degrees: { F: 1, B: 1 } }, 'sum over features and the batch'],
    [{ reduction: 'sum', over: ['B'], degrees: { B: 0 } }, 'scaled to degree 0 in the batch'],
    [
      { reduction: 'sum', over: ['F', 'B'], degrees: { F: 1, B: -1 } },
      'sum over features, scaled to degree −1 in the batch',
    ],
    [{ reduction: 'sum', over: ['B'], degrees: { B: 0.5 } }, 'root of a sum over the batch'],
    [{ reduction: 'mean', over: ['B'], degrees: { B: 1 } }, 'mean over the batch × batch size'],
    [
      { reduction: 'token-mean', over: ['B', 'T'], degrees: { B: -1 } },
      'token mean over the batch and tokens ÷ batch size',
    ],
    [{ reduction: 'mean', over: ['B'], degrees: { B: 0.5 } }, 'mean over the batch × √B'],
    [{ reduction: 'other', over: ['B'], degrees: { B: 0 } }, 'averaged over the batch'],
    [{ reduction: 'other', over: ['B'], degrees: {} }, 'another reduction over the batch'],
    [{ reduction: 'other', over: ['F'], degrees: { F: 0 } }, 'another reduction over features'],
    [{ reduction: 'sum-then-mean', over: ['I', 'B'], degrees: { B: 0 } }, 'mean over the batch'],
    [{ reduction: 'mean-then-sum', over: ['I', 'B'], degrees: { B: 1 } }, 'sum over the batch'],
    [{ reduction: 'sum-then-mean', over: ['B'], degrees: { B: -1 } }, 'mean over the batch ÷ batch size'],
    [{ reduction: 'sum', over: ['I'], degrees: {} }, 'sum'],
  ];
  for (const [reduced, words] of cases) {
    it(`are ${words}`, () => assert.equal(reductionWords(reduced), words));
  }
});

describe('the explanation', () => {
  const lines = new Lines(source);
  const markdown = (input: Parameters<typeof loss>[0]) =>
    toMarkdown(explain({ range: placeOf('loss'), about: loss(input) }), ({ start }) => ({
      line: lines.at(start).line,
      link: `file:///train.py#L${lines.at(start).line}`,
    })).replaceAll('&ensp;', '');

  it('goes from the answer to the evidence', () => {
    assert.equal(
      markdown({ terms: [term(), decay], balanceMovesWithBatch: true, assumed: ['axis 0 is the batch'] }),
      `**Sum over the batch.** The gradient grows with the batch size; a mean’s does not. The weight decay does not keep up: its share falls as the batch grows.

| The same training | Now | With a mean |
| :-- | --: | --: |
| learning rate | 0.002 | **0.256** × 128 |
| weight decay | 0.0005 | **3.90625e-6** ÷ 128 |

| Another batch size | Gradient | Learning rate\\* | Weight decay |
| :-- | --: | --: | --: |
| 64 | ÷ 2 | **0.002** | ÷ 2 |
| 256 | × 2 | **0.002** | × 2 |

\\* By the Linear Scaling Rule, a rule of thumb for SGD.

| Term | Is | Reduced by | Gradient ∝ | Line |
| :-- | :-- | :-- | --: | --: |
| \`F.cross_entropy(net(x), y, reduction='sum')\` | data | sum over the batch | **B** | [3](file:///train.py#L3) |
| 5e-4 · \`weight_decay=5e-4\` | penalty | the optimiser | **1** | [2](file:///train.py#L2) |

| How it was read | Value | Line |
| :-- | :-- | --: |
| one row of scores per example | \\[B, C\\] | [3](file:///train.py#L3) |
| reduction='sum' adds up the examples | degree 1 in B | [3](file:///train.py#L3) |

batch size 128 from \`BATCH_SIZE\`, [line 1](file:///train.py#L1); the last batch of an epoch may be smaller · torch.optim.SGD, [line 2](file:///train.py#L2) · learning rate 0.002, [line 2](file:///train.py#L2) · coupled weight decay 0.0005, [line 2](file:///train.py#L2)

**Assumed**

- axis 0 is the batch

**Notes**

- The first step is that of a mean until a clip bites.`,
    );
  });

  it('says that a setting divides it only where that makes the degree 0', () => {
    const reduced = (degree: number) => markdown({ terms: [term({ nominal: true, degrees: { B: degree } })] });
    assert.match(reduced(0), /It is divided by a setting/);
    assert.match(reduced(1), /The gradient grows with the batch size/);
  });

  it('shows symbols where no number is known', () => {
    const rows = meanAdvice.scaling.map((row) => ({ ...row, batchSize: null, learningRate: null }));
    assert.match(
      markdown({ terms: [mean], batchSize: null, advice: { ...meanAdvice, scaling: rows } }),
      /\| 2 B \| stays \| × 2 \|/,
    );
  });

  it('shows no other batch sizes where nothing changes with them', () => {
    const rows = meanAdvice.scaling.map((row) => ({ ...row, learningRate: null, learningRateFactor: null }));
    assert.doesNotMatch(markdown({ terms: [mean], advice: { ...meanAdvice, scaling: rows } }), /Another batch size/);
  });

  it('cannot be taken for markup, whatever the source says', () => {
    const text = 'a `b` | <img src=x> [c](command:d) **e**';
    const shown = markdown({ terms: [term({ text }), decay], assumed: [text] });
    assert.match(shown, /\| ``a `b` \\\| <img src=x> \[c\]\(command:d\) \*\*e\*\*`` \|/);
    assert.match(shown, /- a \\`b\\` \| \\<img src=x\\> \\\[c\\\]\(command:d\) \\\*\\\*e\\\*\\\*$/m);
  });

  it('says why a reduction cannot be told', () => {
    const about = site({ reduction: 'unknown', reason: 'the argument comes from the command line' });
    assert.match(
      toMarkdown(explain({ range: about.range, about }), () => ({ line: 1, link: null })),
      /^\*\*This reduction cannot be told\.\*\* The argument comes from the command line\.$/,
    );
  });
});

describe('what stands at an offset', () => {
  const { start } = placeOf('F.cross_entropy');

  it('is the loss that a reduction leads into', () => {
    const about = loss();
    assert.deepEqual(subjectAt(analysis({ sites: [site()], losses: [about] }), start), { range: about.range, about });
  });

  it('is the reduction where no loss is made of it', () => {
    const about = site({ role: 'metric' });
    const elsewhere = loss({ terms: [term({ range: placeOf('optimizer'), trace: [] })], range: placeOf('optimizer') });
    assert.equal(subjectAt(analysis({ sites: [about], losses: [elsewhere] }), start)?.about, about);
  });

  it('is the loss at its sink', () => {
    const about = loss();
    const { start: sink, end } = placeOf('loss.backward()');
    assert.deepEqual(subjectAt(analysis({ losses: [about] }), end)?.range, { start: sink, end });
  });

  it('is nothing elsewhere', () => assert.equal(subjectAt(analysis({ losses: [loss()] }), 0), null));
});

describe('lines', () => {
  it('end with any of the three line ends', () => {
    const lines = new Lines('a\r\nb\rc\nd');
    assert.deepEqual(
      [0, 1, 3, 5, 7, 99].map((offset) => lines.at(offset).line),
      [1, 1, 2, 3, 4, 4],
    );
    assert.deepEqual(lines.at(3), { line: 2, column: 1 });
  });
});
