/** Expressions as the source text of a small training program, in each framework. */
import { axesOf, type Expression, partsOf } from './expression.ts';

export interface Target {
  readonly name: string;
  /** Where the program would be stored: its extension is its language. */
  readonly path: string;
  /** Whether the framework can say the expression. */
  can(e: Expression): boolean;
  program(terms: readonly Expression[], style: Style): string;
}

/** Made of numbers only: Python's or JavaScript's arithmetic, not the framework's. */
const isPlain = (e: Expression): boolean =>
  e.is === 'number' ||
  e.is === 'size' ||
  (e.is === 'map' && isPlain(e.of)) ||
  (e.is === 'binary' && isPlain(e.left) && isPlain(e.right));

const bug = (e: Expression): never => {
  throw new Error(`${e.is} is not written in programs`);
};

/** How the terms come together. */
export const STYLES = ['sum', 'update', 'list', 'function'] as const;
export type Style = (typeof STYLES)[number];

/** Python: `term_1 = …`, `term_2 = …`, and a loss of them. */
function python(terms: readonly string[], style: Style, indent: number, addList: string): string {
  const names = terms.map((_, i) => `term_${i + 1}`);
  const [first = '', ...others] = names;
  const joined = {
    sum: [`loss = ${names.join(' + ')}`],
    update: [`loss = ${first}`, ...others.map((name) => `loss += ${name}`)],
    list: [`losses = [${names.join(', ')}]`, `loss = ${addList}(losses)`],
    function: ['def add(a, b):', '    return a + b', `loss = ${names.reduce((a, b) => `add(${a}, ${b})`)}`],
  }[style];
  const lines = [...terms.map((term, i) => `${names[i]} = ${term}`), ...joined];
  return lines.map((line) => ' '.repeat(indent) + line).join('\n');
}

/** JavaScript: the same. */
function javascript(terms: readonly string[], style: Style, indent: number): string {
  const names = terms.map((_, i) => `term_${i + 1}`);
  const [first = '', ...others] = names;
  const joined = {
    sum: [`const loss = ${names.reduce((a, b) => `tf.add(${a}, ${b})`)};`],
    update: [`let loss = ${first};`, ...others.map((name) => `loss = loss.add(${name});`)],
    list: [`const losses = [${names.join(', ')}];`, 'const loss = tf.addN(losses);'],
    function: ['const add = (a, b) => a.add(b);', `const loss = ${names.reduce((a, b) => `add(${a}, ${b})`)};`],
  }[style];
  const lines = [...terms.map((term, i) => `const ${names[i]} = ${term};`), ...joined];
  return lines.map((line) => ' '.repeat(indent) + line).join('\n');
}

const TORCH_LOSSES = {
  squared: 'mse_loss(pred, y',
  absolute: 'l1_loss(pred, y',
  binary: 'binary_cross_entropy_with_logits(pred, y',
  classes: 'cross_entropy(pred, labels',
};

function torch(e: Expression): string {
  switch (e.is) {
    case 'elements':
      return e.loss === 'squared'
        ? '((pred - y) ** 2)'
        : e.loss === 'absolute'
          ? '(pred - y).abs()'
          : `F.${TORCH_LOSSES.binary}, reduction='none')`;
    case 'examples':
      return `F.${TORCH_LOSSES.classes}, reduction='none')`;
    case 'criterion':
      return `F.${TORCH_LOSSES[e.loss]}${e.reduction === 'mean' ? '' : ", reduction='sum'"})`;
    case 'input':
      return e.name;
    case 'penalty':
      return {
        squares: 'model.weight.pow(2).sum()',
        absolute: 'model.weight.abs().sum()',
        length: 'model.weight.norm()',
      }[e.form];
    case 'number':
      return String(e.value);
    case 'size':
      return {
        actual: 'x.shape[0]',
        targets: 'len(y)',
        nominal: 'BATCH_SIZE',
        elements: 'pred.numel()',
        columns: 'pred.shape[1]',
      }[e.form];
    case 'count':
      return '(mask > 0).sum()';
    case 'clipped':
      return `${torch(e.of)}.clamp(0.2, 1.5)`;
    case 'softmax':
      return `torch.softmax(${torch(e.of)}, dim=${e.axis})`;
    case 'map':
      if (e.f === 'square' || e.f === 'cube') return `${torch(e.of)}.pow(${e.f === 'square' ? 2 : 3})`;
      return isPlain(e.of) ? `${torch(e.of)} ** 0.5` : `torch.${e.f}(${torch(e.of)})`;
    case 'guard':
      return e.form === 'plus' ? `(${torch(e.of)} + 1e-8)` : `${torch(e.of)}.clamp(min=1e-8)`;
    case 'detach':
      return `${torch(e.of)}.detach()`;
    case 'column':
      return `${torch(e.of)}.unsqueeze(1)`;
    case 'picked':
      return `${torch(e.of)}[mask > 0]`;
    case 'zeroed':
      return `${torch(e.of)}.masked_fill(mask == 0, 0.0)`;
    case 'flat':
      return `${torch(e.of)}.reshape(-1)`;
    case 'pairs':
      return `(${torch(e.of)} @ ${torch(e.of)}.T)`;
    case 'dot':
      return `(${torch(e.left)} @ ${torch(e.right)})`;
    case 'stack':
      return `torch.stack([${torch(e.left)}, ${torch(e.right)}])`;
    case 'concat':
      return `torch.cat([${torch(e.left)}, ${torch(e.right)}])`;
    case 'hardest':
      if (e.by === 'index') return `${torch(e.of)}[torch.topk(${torch(e.of)}, ${e.count}).indices]`;
      return `${torch(e.of)}.topk(${e.count}).values`;
    case 'reduce': {
      const keep = e.keep ? ', keepdim=True' : '';
      if (e.how === 'logsumexp') return `torch.logsumexp(${torch(e.of)}, dim=${e.axis ?? '(0, 1)'}${keep})`;
      if (e.how === 'deviation' || e.how === 'sample deviation') {
        const axis = e.axis === null ? '' : `dim=${e.axis}${keep}, `;
        return `${torch(e.of)}.std(${axis}unbiased=${e.how === 'deviation' ? 'False' : 'True'})`;
      }
      if (e.axis === null) return `${torch(e.of)}.${e.how}()`;
      const method = { sum: 'sum', mean: 'mean', max: 'amax', min: 'amin', norm: 'norm' }[e.how];
      return `${torch(e.of)}.${method}(dim=${e.axis}${keep})`;
    }
    case 'binary':
      return `(${torch(e.left)} ${e.operator} ${torch(e.right)})`;
    case 'repeated':
      return bug(e);
  }
}

const pytorch: Target = {
  name: 'PyTorch',
  path: 'train.py',
  can: () => true,
  program: (terms, style) => `import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader

BATCH_SIZE = 128


def train(dataset):
    model = nn.Linear(2, 2, bias=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y, labels, mask, weight in DataLoader(dataset, batch_size=BATCH_SIZE, drop_last=True):
        pred = model(x)
${python(terms.map(torch), style, 8, 'sum')}
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
`,
};

const TF1_LOSSES = {
  squared: 'mean_squared_error(y, pred',
  absolute: 'absolute_difference(y, pred',
  binary: 'sigmoid_cross_entropy(y, pred',
  classes: 'sparse_softmax_cross_entropy(labels, pred',
};

function tf1(e: Expression): string {
  switch (e.is) {
    case 'elements':
      return {
        squared: 'tf.square(pred - y)',
        absolute: 'tf.abs(pred - y)',
        binary: 'tf.nn.sigmoid_cross_entropy_with_logits(labels=y, logits=pred)',
      }[e.loss];
    case 'examples':
      return 'tf.nn.sparse_softmax_cross_entropy_with_logits(labels=labels, logits=pred)';
    case 'criterion':
      return `tf.losses.${TF1_LOSSES[e.loss]}${e.reduction === 'mean' ? '' : ', reduction=tf.losses.Reduction.SUM'})`;
    case 'input':
      return e.name;
    case 'penalty':
      return { squares: 'tf.nn.l2_loss(w)', absolute: 'tf.reduce_sum(tf.abs(w))', length: 'tf.norm(w)' }[e.form];
    case 'number':
      return String(e.value);
    case 'size':
      return {
        actual: 'tf.cast(tf.shape(x)[0], tf.float32)',
        targets: 'tf.to_float(tf.shape(y)[0])',
        nominal: 'BATCH_SIZE',
        elements: 'tf.cast(tf.size(pred), tf.float32)',
        columns: 'tf.cast(tf.shape(pred)[1], tf.float32)',
      }[e.form];
    case 'count':
      return 'tf.reduce_sum(tf.cast(mask > 0, tf.float32))';
    case 'clipped':
      return `tf.clip_by_value(${tf1(e.of)}, 0.2, 1.5)`;
    case 'softmax':
      return `tf.nn.softmax(${tf1(e.of)}, axis=${e.axis})`;
    case 'map':
      if (e.f === 'cube') return `tf.pow(${tf1(e.of)}, 3)`;
      return isPlain(e.of) ? `${tf1(e.of)} ** 0.5` : `tf.${e.f === 'relu' ? 'nn.relu' : e.f}(${tf1(e.of)})`;
    case 'guard':
      return e.form === 'plus' ? `(${tf1(e.of)} + 1e-8)` : `tf.maximum(${tf1(e.of)}, 1e-8)`;
    case 'detach':
      return `tf.stop_gradient(${tf1(e.of)})`;
    case 'column':
      return `tf.expand_dims(${tf1(e.of)}, 1)`;
    case 'picked':
      return `tf.boolean_mask(${tf1(e.of)}, mask > 0)`;
    case 'zeroed':
      return `tf.where(mask > 0, ${tf1(e.of)}, tf.zeros_like(mask))`;
    case 'flat':
      return `tf.reshape(${tf1(e.of)}, [-1])`;
    case 'pairs':
      return `tf.matmul(${tf1(e.of)}, ${tf1(e.of)}, transpose_b=True)`;
    case 'dot':
      return `tf.tensordot(${tf1(e.left)}, ${tf1(e.right)}, 1)`;
    case 'stack':
      return `tf.stack([${tf1(e.left)}, ${tf1(e.right)}])`;
    case 'concat':
      return `tf.concat([${tf1(e.left)}, ${tf1(e.right)}], axis=0)`;
    case 'hardest':
      if (e.by === 'index') return `tf.gather(${tf1(e.of)}, tf.nn.top_k(${tf1(e.of)}, ${e.count}).indices)`;
      return `tf.nn.top_k(${tf1(e.of)}, ${e.count}).values`;
    case 'reduce': {
      const axis = e.axis === null ? '' : `, axis=${e.axis}${e.keep ? ', keepdims=True' : ''}`;
      return `tf.${e.how === 'norm' ? 'norm' : `reduce_${e.how}`}(${tf1(e.of)}${axis})`;
    }
    case 'binary':
      return `(${tf1(e.left)} ${e.operator} ${tf1(e.right)})`;
    case 'repeated':
      return bug(e);
  }
}

/** TensorFlow 1 and TensorFlow.js have moments instead, which is another spelling of the same. */
const hasNoDeviation = (e: Expression): boolean =>
  !(e.is === 'reduce' && (e.how === 'deviation' || e.how === 'sample deviation')) && partsOf(e).every(hasNoDeviation);

const tensorflow: Target = {
  name: 'TensorFlow 1',
  path: 'train.py',
  can: hasNoDeviation,
  program: (terms, style) => `import tensorflow as tf

BATCH_SIZE = 128


def train(dataset):
  x, y, labels, mask, weight = dataset.batch(BATCH_SIZE, drop_remainder=True).make_one_shot_iterator().get_next()
  w = tf.get_variable('w', [2, 2])
  pred = tf.matmul(x, w)
${python(terms.map(tf1), style, 2, 'tf.add_n')}
  return tf.train.GradientDescentOptimizer(0.1).minimize(loss)
`,
};

const TFJS_LOSSES = {
  squared: ['meanSquaredError(y, pred, undefined', ''],
  absolute: ['absoluteDifference(y, pred, undefined', ''],
  binary: ['sigmoidCrossEntropy(y, pred, undefined', ', 0'],
  classes: ['softmaxCrossEntropy(labels, pred, undefined', ', 0'],
} as const;
const TFJS_OPERATORS = { '+': 'add', '-': 'sub', '*': 'mul', '/': 'div' };

function tfjsLoss(loss: keyof typeof TFJS_LOSSES, reduction: 'sum' | 'mean' | 'none'): string {
  const [call, smoothing] = TFJS_LOSSES[loss];
  if (reduction === 'mean') return `tf.losses.${call.replace(', undefined', '')})`;
  return `tf.losses.${call}${smoothing}, tf.Reduction.${reduction.toUpperCase()})`;
}

function tfjs(e: Expression): string {
  switch (e.is) {
    case 'elements':
      return { squared: 'pred.sub(y).square()', absolute: 'pred.sub(y).abs()', binary: tfjsLoss('binary', 'none') }[
        e.loss
      ];
    case 'examples':
      return tfjsLoss('classes', 'none');
    case 'criterion':
      return tfjsLoss(e.loss, e.reduction);
    case 'input':
      return e.name;
    case 'penalty':
      return { squares: 'w.square().sum()', absolute: 'w.abs().sum()', length: 'tf.norm(w)' }[e.form];
    case 'number':
      return String(e.value);
    case 'size':
      return {
        actual: 'x.shape[0]',
        targets: 'y.shape[0]',
        nominal: 'BATCH_SIZE',
        elements: 'pred.size',
        columns: 'pred.shape[1]',
      }[e.form];
    case 'count':
      return "tf.sum(tf.cast(tf.greater(mask, 0), 'float32'))";
    case 'clipped':
      return `tf.clipByValue(${tfjs(e.of)}, 0.2, 1.5)`;
    case 'softmax':
      return `tf.softmax(${tfjs(e.of)}, ${e.axis})`;
    case 'map':
      if (e.f === 'cube') return `tf.pow(${tfjs(e.of)}, 3)`;
      return `${isPlain(e.of) ? 'Math' : 'tf'}.${e.f}(${tfjs(e.of)})`;
    case 'guard':
      return `tf.${e.form === 'plus' ? 'add' : 'maximum'}(${tfjs(e.of)}, 1e-8)`;
    case 'zeroed':
      return `tf.where(tf.greater(mask, 0), ${tfjs(e.of)}, tf.zerosLike(mask))`;
    case 'flat':
      return `tf.reshape(${tfjs(e.of)}, [-1])`;
    case 'pairs':
      return `tf.matMul(${tfjs(e.of)}, ${tfjs(e.of)}, false, true)`;
    case 'dot':
      return `tf.dot(${tfjs(e.left)}, ${tfjs(e.right)})`;
    case 'stack':
      return `tf.stack([${tfjs(e.left)}, ${tfjs(e.right)}])`;
    case 'concat':
      return `tf.concat([${tfjs(e.left)}, ${tfjs(e.right)}])`;
    case 'column':
      return `tf.expandDims(${tfjs(e.of)}, 1)`;
    case 'reduce': {
      const axis = e.axis === null ? '' : `, ${e.axis}${e.keep ? ', true' : ''}`;
      if (e.how === 'norm') return `tf.norm(${tfjs(e.of)}${axis && `, 'euclidean'${axis}`})`;
      return `tf.${e.how === 'logsumexp' ? 'logSumExp' : e.how}(${tfjs(e.of)}${axis})`;
    }
    case 'binary':
      if (isPlain(e)) return `(${tfjs(e.left)} ${e.operator} ${tfjs(e.right)})`;
      return `tf.${TFJS_OPERATORS[e.operator]}(${tfjs(e.left)}, ${tfjs(e.right)})`;
    case 'detach':
    case 'picked':
    case 'hardest':
    case 'repeated':
      return bug(e);
  }
}

/** TensorFlow.js has no stop_gradient, gives no gradient through topk, masks asynchronously, and its softmax knows the last axis only. */
const canTfjs = (e: Expression): boolean =>
  hasNoDeviation(e) &&
  e.is !== 'detach' &&
  e.is !== 'picked' &&
  e.is !== 'hardest' &&
  !(e.is === 'softmax' && e.axis === 0 && axesOf(e).length > 1) &&
  partsOf(e).every(canTfjs);

const tensorflowJs: Target = {
  name: 'TensorFlow.js',
  path: 'train.js',
  can: canTfjs,
  program: (terms, style) => `import * as tf from '@tensorflow/tfjs';

const BATCH_SIZE = 128;
const w = tf.variable(tf.randomNormal([2, 2]));
const optimizer = tf.train.sgd(0.1);

export async function train(dataset) {
  await dataset.batch(BATCH_SIZE).forEachAsync(({ x, y, labels, mask, weight }) => {
    optimizer.minimize(() => {
      const pred = x.matMul(w);
${javascript(terms.map(tfjs), style, 6)}
      return loss;
    });
  });
}
`,
};

export const targets: readonly Target[] = [pytorch, tensorflow, tensorflowJs];
