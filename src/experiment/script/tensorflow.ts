/** The experiment as a TensorFlow program. */
import type { NetworkName, OptimizerName, Settings, Started } from '../../protocol.ts';
import {
  armTable,
  batches,
  constants,
  docstring,
  lines,
  loadData,
  main,
  middle,
  program,
  randomParts,
  readBinary,
  standardize,
  synthetic,
  truncatedNormal,
  type Used,
  usedBy,
  when,
} from './python.ts';

/** A Python program for TensorFlow 2.15 or later, with Keras 2 or 3, that repeats the experiment outside of the editor. */
export function tensorflowScript(started: Started): string {
  const { settings } = started;
  const used = usedBy(started);
  return program(
    lines(
      docstring(started, 'Python 3.9, NumPy and TensorFlow 2.15'),
      '',
      'from __future__ import annotations',
      '',
      'import argparse',
      'import itertools',
      'import math',
      'from collections.abc import Iterator',
      'from dataclasses import dataclass',
      'from pathlib import Path',
      '',
      'import numpy as np',
      'import tensorflow as tf',
      '',
      'Examples = tuple[np.ndarray, np.ndarray]',
      'Batch = tuple[int, np.ndarray, np.ndarray]',
      '',
      constants(started),
      '# Filters are [height, width, inputs, outputs], matrices [inputs, outputs].',
      `SHAPES = [${SHAPES[settings.network].join(', ')}]`,
    ),
    armTable(started),
    logits(settings),
    truncatedNormal,
    initialWeights,
    when(used.penalty || used.decay, penalizedWeights).join(''),
    when(used.penalty, penalty).join(''),
    losses,
    reduce(used),
    train(started),
    accuracy(settings),
    printFirstRatio(started),
    toTensor,
    batches(started),
    when(settings.network === 'tutorial', randomParts).join(''),
    standardize,
    loadData([
      '    sets = tf.keras.datasets.cifar10.load_data()',
      '    train, held_out = [(images.transpose(0, 3, 1, 2), labels[:, 0]) for images, labels in sets]',
      '    return train, held_out',
    ]),
    readBinary,
    synthetic,
    main,
  );
}

const SHAPES: Readonly<Record<NetworkName, readonly string[]>> = {
  softmax: ['(3072, 10)'],
  light: ['(3, 3, 3, 16)', '(3, 3, 16, 32)', '(2048, 64)', '(64, 10)'],
  tutorial: ['(5, 5, 3, 64)', '(5, 5, 64, 64)', '(2304, 384)', '(384, 192)', '(192, 10)'],
};

const LRN = 'tf.nn.local_response_normalization(x, 4, bias=1.0, alpha=0.001 / 9, beta=0.75)';

const LOGITS: Readonly<Record<NetworkName, readonly string[]>> = {
  softmax: ['w, b = weights', 'return tf.reshape(images, [-1, 3072]) @ w + b'],
  light: [
    'w1, b1, w2, b2, w3, b3, w4, b4 = weights',
    'x = tf.nn.relu(tf.nn.conv2d(images, w1, 1, "SAME") + b1)',
    'x = tf.nn.max_pool2d(x, 2, 2, "SAME")',
    'x = tf.nn.relu(tf.nn.conv2d(x, w2, 1, "SAME") + b2)',
    'x = tf.nn.max_pool2d(x, 2, 2, "SAME")',
    'x = tf.nn.relu(tf.reshape(x, [-1, 2048]) @ w3 + b3)',
    'return x @ w4 + b4',
  ],
  tutorial: [
    'w1, b1, w2, b2, w3, b3, w4, b4, w5, b5 = weights',
    'x = tf.nn.relu(tf.nn.conv2d(images, w1, 1, "SAME") + b1)',
    'x = tf.nn.max_pool2d(x, 3, 2, "SAME")',
    `x = ${LRN}`,
    'x = tf.nn.relu(tf.nn.conv2d(x, w2, 1, "SAME") + b2)',
    `x = ${LRN}`,
    'x = tf.nn.max_pool2d(x, 3, 2, "SAME")',
    'x = tf.nn.relu(tf.reshape(x, [-1, 2304]) @ w3 + b3)',
    'x = tf.nn.relu(x @ w4 + b4)',
    'return x @ w5 + b5',
  ],
};

const logits = ({ network }: Settings): string =>
  lines(
    'def logits(images: tf.Tensor, weights: list[tf.Variable]) -> tf.Tensor:',
    LOGITS[network].map((line) => `    ${line}`),
  );

const initialWeights = `
def initial_weights() -> list[tf.Variable]:
    """Weights and biases of each layer, which are the same for all arms."""
    rng = np.random.default_rng(SEED)
    weights = []
    for shape, (deviation, bias, _) in zip(SHAPES, LAYERS):
        weights.append(tf.Variable(truncated_normal(rng, shape, deviation)))
        weights.append(tf.Variable(tf.fill([shape[-1]], bias)))
    return weights
`;

const penalizedWeights = `
def penalized_weights(weights: list[tf.Variable]) -> list[tf.Variable]:
    """Biases are not penalised."""
    layers = zip(weights[::2], LAYERS)
    return [weight for weight, (_, _, penalized) in layers if penalized]
`;

const penalty = `
def penalty(weights: list[tf.Variable]) -> tf.Tensor:
    """½‖w‖², of which the gradient is w."""
    return tf.add_n([tf.nn.l2_loss(weight) for weight in penalized_weights(weights)])
`;

const losses = `
def per_example_losses(
    weights: list[tf.Variable], images: tf.Tensor, labels: tf.Tensor
) -> tf.Tensor:
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits(images, weights))
`;

/** A sum and a mean are needed for the first ratio, whatever the arms are trained on. */
const reduce = (used: Used): string =>
  lines(
    'def reduce(losses: tf.Tensor, reduction: str) -> tf.Tensor:',
    '    if reduction == "sum":',
    '        return tf.reduce_sum(losses)',
    when(used.max, '    if reduction == "max":', '        return tf.reduce_max(losses)'),
    '    return tf.reduce_mean(losses)',
  );

/** What an optimiser remembers, and its step; each written out, so that it is the same with Keras 2 and 3. */
const OPTIMIZERS: Readonly<
  Record<OptimizerName, { readonly slots: readonly string[]; readonly step: readonly string[] }>
> = {
  sgd: {
    slots: [],
    step: ['for weight, gradient in zip(weights, gradients):', '    weight.assign_sub(arm.learning_rate * gradient)'],
  },
  momentum: {
    slots: ['velocities = [tf.Variable(tf.zeros_like(weight)) for weight in weights]'],
    step: [
      'for weight, gradient, velocity in zip(weights, gradients, velocities):',
      '    velocity.assign(0.9 * velocity + gradient)',
      '    weight.assign_sub(arm.learning_rate * velocity)',
    ],
  },
  adam: {
    slots: [
      'count = tf.Variable(0.0)',
      'first = [tf.Variable(tf.zeros_like(weight)) for weight in weights]',
      'second = [tf.Variable(tf.zeros_like(weight)) for weight in weights]',
    ],
    step: [
      '# Kingma and Ba 2015, algorithm 1: epsilon is added to the corrected root.',
      'count.assign_add(1.0)',
      'for weight, gradient, m, v in zip(weights, gradients, first, second):',
      '    m.assign(0.9 * m + 0.1 * gradient)',
      '    v.assign(0.999 * v + 0.001 * tf.square(gradient))',
      '    root = tf.sqrt(v / (1 - 0.999**count))',
      '    weight.assign_sub(arm.learning_rate * m / (1 - 0.9**count) / (root + arm.epsilon))',
    ],
  },
};

function train(started: Started): string {
  const used: Used = usedBy(started);
  const { slots, step } = OPTIMIZERS[started.settings.optimizer];
  const indented = (text: string): string => `        ${text}`;
  return lines(
    'def train(arm: Arm, examples: Examples, held_out: Examples, steps: int) -> None:',
    '    weights = initial_weights()',
    slots.map((slot) => `    ${slot}`),
    '',
    '    @tf.function(reduce_retracing=True)',
    '    def update(images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:',
    '        with tf.GradientTape() as tape:',
    '            losses = per_example_losses(weights, images, labels)',
    '            loss = reduce(losses, arm.reduction)',
    when(used.penalty, '            loss += arm.weight_decay * penalty(weights)'),
    '        gradients = tape.gradient(loss, weights)',
    '        norm = tf.linalg.global_norm(gradients)',
    when(used.clip, '        gradients, _ = tf.clip_by_global_norm(gradients, arm.clip_norm, norm)'),
    when(
      used.decay,
      '        for weight in penalized_weights(weights):',
      '            weight.assign_sub(arm.learning_rate * arm.weight_decay * weight)',
    ),
    step.map(indented),
    '        return tf.reduce_mean(losses), norm',
    '',
    `    for step, images, labels in batches(examples, steps${used.larger ? ', arm.batch_factor' : ''}):`,
    '        loss, norm = update(*to_tensors(images, labels))',
    '        print(f"{arm.name:9} step {step:5}  loss {loss:.4g}  gradient norm {norm:.4g}")',
    '        if not math.isfinite(norm):',
    '            print(f"{arm.name} diverged at step {step}")',
    '            return',
    '    print(f"{arm.name} gets {accuracy(weights, held_out):.1%} of the held-out examples right")',
  );
}

const accuracy = (settings: Settings): string => `
def accuracy(weights: list[tf.Variable], examples: Examples) -> float:
    right = 0
    for start in range(0, len(examples[0]), 1000):
        images, labels = (array[start : start + 1000] for array in examples)
        inputs, targets = to_tensors(standardize(${middle(settings, 'images')}), labels)
        right += tf.math.count_nonzero(tf.math.in_top_k(targets, logits(inputs, weights), 1))
    return int(right) / len(examples[0])
`;

const printFirstRatio = (started: Started): string => `
def print_first_ratio(examples: Examples) -> None:
    """‖∇L_SUM‖ / ‖∇L_AVG‖ at the same weights and on the same batch: the batch size."""
    weights = initial_weights()
    _, images, labels = next(batches(examples, ${usedBy(started).larger ? '1, 1' : '1'}))
    norms = []
    for reduction in ("sum", "mean"):
        with tf.GradientTape() as tape:
            loss = reduce(per_example_losses(weights, *to_tensors(images, labels)), reduction)
        norms.append(tf.linalg.global_norm(tape.gradient(loss, weights)))
    print(f"first-step gradient ratio {norms[0] / norms[1]:.3f}")
`;

const toTensor = `
def to_tensors(images: np.ndarray, labels: np.ndarray) -> tuple[tf.Tensor, tf.Tensor]:
    """Images in the order of TensorFlow, channels last."""
    return tf.constant(images.transpose(0, 2, 3, 1)), tf.constant(labels.astype(np.int32))
`;
