"""Train the same network on the same batches, its losses reduced by sum and mean.

Written by Loss Lens 0.1.0.
Requires Python 3.9, NumPy and TensorFlow 2.15.

The arms, their settings and the distribution of the initial weights are those of the
experiment in the editor. NumPy draws other random numbers from the seed, so the curves
are alike, and not equal to the last digit.
"""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import tensorflow as tf

Examples = tuple[np.ndarray, np.ndarray]
Batch = tuple[int, np.ndarray, np.ndarray]

SEED = 1
BATCH_SIZE = 128
STEPS = 300
IMAGE_SIZE = 24
CLASSES = 10
# Of each layer: the standard deviation of its weights, its bias, and whether it is penalised.
LAYERS = [
    (0.05, 0.0, False),
    (0.05, 0.1, False),
    (0.04, 0.1, True),
    (0.04, 0.1, True),
    (1 / 192, 0.0, False),
]
# Filters are [height, width, inputs, outputs], matrices [inputs, outputs].
SHAPES = [(5, 5, 3, 64), (5, 5, 64, 64), (2304, 384), (384, 192), (192, 10)]


@dataclass(frozen=True)
class Arm:
    name: str
    reduction: str
    learning_rate: float
    weight_decay: float  # The coefficient of ½‖w‖² in the loss.
    clip_norm: float
    epsilon: float
    batch_factor: int = 1  # How many batches make one of this arm.


ARMS = [
    Arm(
        "sum",
        "sum",
        learning_rate=0.001,
        weight_decay=0.512,
        clip_norm=128.0,
        epsilon=1.28e-6,
    ),
    Arm(
        "mean",
        "mean",
        learning_rate=0.001,
        weight_decay=0.004,
        clip_norm=1.0,
        epsilon=1e-8,
    ),
    Arm(
        "sum × 2",
        "sum",
        learning_rate=0.001,
        weight_decay=0.512,
        clip_norm=128.0,
        epsilon=1.28e-6,
        batch_factor=2,
    ),
    Arm(
        "mean × 2",
        "mean",
        learning_rate=0.001,
        weight_decay=0.004,
        clip_norm=1.0,
        epsilon=1e-8,
        batch_factor=2,
    ),
]


def logits(images: tf.Tensor, weights: list[tf.Variable]) -> tf.Tensor:
    w1, b1, w2, b2, w3, b3, w4, b4, w5, b5 = weights
    x = tf.nn.relu(tf.nn.conv2d(images, w1, 1, "SAME") + b1)
    x = tf.nn.max_pool2d(x, 3, 2, "SAME")
    x = tf.nn.local_response_normalization(x, 4, bias=1.0, alpha=0.001 / 9, beta=0.75)
    x = tf.nn.relu(tf.nn.conv2d(x, w2, 1, "SAME") + b2)
    x = tf.nn.local_response_normalization(x, 4, bias=1.0, alpha=0.001 / 9, beta=0.75)
    x = tf.nn.max_pool2d(x, 3, 2, "SAME")
    x = tf.nn.relu(tf.reshape(x, [-1, 2304]) @ w3 + b3)
    x = tf.nn.relu(x @ w4 + b4)
    return x @ w5 + b5


def truncated_normal(
    rng: np.random.Generator, shape: tuple[int, ...], deviation: float
) -> np.ndarray:
    """Normal numbers, drawn again where they are beyond two standard deviations."""
    numbers = rng.standard_normal(shape)
    while (outside := np.abs(numbers) > 2).any():
        numbers[outside] = rng.standard_normal(np.count_nonzero(outside))
    return (numbers * deviation).astype(np.float32)


def initial_weights() -> list[tf.Variable]:
    """Weights and biases of each layer, which are the same for all arms."""
    rng = np.random.default_rng(SEED)
    weights = []
    for shape, (deviation, bias, _) in zip(SHAPES, LAYERS):
        weights.append(tf.Variable(truncated_normal(rng, shape, deviation)))
        weights.append(tf.Variable(tf.fill([shape[-1]], bias)))
    return weights


def penalized_weights(weights: list[tf.Variable]) -> list[tf.Variable]:
    """Biases are not penalised."""
    layers = zip(weights[::2], LAYERS)
    return [weight for weight, (_, _, penalized) in layers if penalized]


def penalty(weights: list[tf.Variable]) -> tf.Tensor:
    """½‖w‖², of which the gradient is w."""
    return tf.add_n([tf.nn.l2_loss(weight) for weight in penalized_weights(weights)])


def per_example_losses(
    weights: list[tf.Variable], images: tf.Tensor, labels: tf.Tensor
) -> tf.Tensor:
    return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits(images, weights))


def reduce(losses: tf.Tensor, reduction: str) -> tf.Tensor:
    if reduction == "sum":
        return tf.reduce_sum(losses)
    return tf.reduce_mean(losses)


def train(arm: Arm, examples: Examples, held_out: Examples, steps: int) -> None:
    weights = initial_weights()
    count = tf.Variable(0.0)
    first = [tf.Variable(tf.zeros_like(weight)) for weight in weights]
    second = [tf.Variable(tf.zeros_like(weight)) for weight in weights]

    @tf.function(reduce_retracing=True)
    def update(images: tf.Tensor, labels: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            losses = per_example_losses(weights, images, labels)
            loss = reduce(losses, arm.reduction)
            loss += arm.weight_decay * penalty(weights)
        gradients = tape.gradient(loss, weights)
        norm = tf.linalg.global_norm(gradients)
        gradients, _ = tf.clip_by_global_norm(gradients, arm.clip_norm, norm)
        # Kingma and Ba 2015, algorithm 1: epsilon is added to the corrected root.
        count.assign_add(1.0)
        for weight, gradient, m, v in zip(weights, gradients, first, second):
            m.assign(0.9 * m + 0.1 * gradient)
            v.assign(0.999 * v + 0.001 * tf.square(gradient))
            root = tf.sqrt(v / (1 - 0.999**count))
            weight.assign_sub(arm.learning_rate * m / (1 - 0.9**count) / (root + arm.epsilon))
        return tf.reduce_mean(losses), norm

    for step, images, labels in batches(examples, steps, arm.batch_factor):
        loss, norm = update(*to_tensors(images, labels))
        print(f"{arm.name:9} step {step:5}  loss {loss:.4g}  gradient norm {norm:.4g}")
        if not math.isfinite(norm):
            print(f"{arm.name} diverged at step {step}")
            return
    print(f"{arm.name} gets {accuracy(weights, held_out):.1%} of the held-out examples right")


def accuracy(weights: list[tf.Variable], examples: Examples) -> float:
    right = 0
    for start in range(0, len(examples[0]), 1000):
        images, labels = (array[start : start + 1000] for array in examples)
        inputs, targets = to_tensors(standardize(images[:, :, 4:28, 4:28]), labels)
        right += tf.math.count_nonzero(tf.math.in_top_k(targets, logits(inputs, weights), 1))
    return int(right) / len(examples[0])


def print_first_ratio(examples: Examples) -> None:
    """‖∇L_SUM‖ / ‖∇L_AVG‖ at the same weights and on the same batch: the batch size."""
    weights = initial_weights()
    _, images, labels = next(batches(examples, 1, 1))
    norms = []
    for reduction in ("sum", "mean"):
        with tf.GradientTape() as tape:
            loss = reduce(per_example_losses(weights, *to_tensors(images, labels)), reduction)
        norms.append(tf.linalg.global_norm(tape.gradient(loss, weights)))
    print(f"first-step gradient ratio {norms[0] / norms[1]:.3f}")


def to_tensors(images: np.ndarray, labels: np.ndarray) -> tuple[tf.Tensor, tf.Tensor]:
    """Images in the order of TensorFlow, channels last."""
    return tf.constant(images.transpose(0, 2, 3, 1)), tf.constant(labels.astype(np.int32))


def batches(examples: Examples, steps: int, factor: int) -> Iterator[Batch]:
    """Step, images and labels; a step is BATCH_SIZE examples, and factor of them make a batch."""
    images, labels = examples
    steps_per_epoch = math.ceil(len(images) / BATCH_SIZE)
    for epoch in itertools.count():
        order = np.random.default_rng([SEED, epoch]).permutation(len(images))
        for start in range(0, steps_per_epoch, factor):
            end = min(start + factor, steps_per_epoch)
            step = epoch * steps_per_epoch + end
            if step > steps:
                return
            indices = order[start * BATCH_SIZE : end * BATCH_SIZE]
            yield step, standardize(random_parts(images, indices, epoch)), labels[indices]


def random_parts(images: np.ndarray, indices: np.ndarray, epoch: int) -> np.ndarray:
    """A part of each image, the same for all arms, and half of them mirrored."""
    parts = []
    for image, index in zip(images[indices], indices):
        rng = np.random.default_rng([SEED, epoch, int(index)])
        top, left = rng.integers(0, 32 - IMAGE_SIZE, 2, endpoint=True)
        part = image[:, top : top + IMAGE_SIZE, left : left + IMAGE_SIZE]
        parts.append(part[:, :, ::-1] if rng.random() < 0.5 else part)
    return np.stack(parts)


def standardize(images: np.ndarray) -> np.ndarray:
    """Each image with mean 0 and standard deviation 1, as tf.image.per_image_standardization."""
    numbers = images.astype(np.float32)
    mean = numbers.mean((1, 2, 3), keepdims=True)
    deviation = numbers.std((1, 2, 3), keepdims=True)
    return (numbers - mean) / np.maximum(deviation, numbers[0].size ** -0.5)


def load_data(arguments: argparse.Namespace) -> tuple[Examples, Examples]:
    """The examples to train on, and those held out."""
    if arguments.synthetic:
        return synthetic(4 * BATCH_SIZE, SEED), synthetic(1000, SEED + 1)
    if arguments.data:
        train = read_binary(arguments.data, "data_batch_*.bin")
        return train, read_binary(arguments.data, "test_batch.bin")
    sets = tf.keras.datasets.cifar10.load_data()
    train, held_out = [(images.transpose(0, 3, 1, 2), labels[:, 0]) for images, labels in sets]
    return train, held_out


def read_binary(folder: Path, pattern: str) -> Examples:
    """Images [n, 3, 32, 32] and labels [n] of the binary version of CIFAR-10."""
    files = sorted(folder.glob(pattern))
    if not files:
        raise SystemExit(f"{folder} holds no {pattern}: unpack cifar-10-binary.tar.gz there.")
    records = np.concatenate([np.fromfile(file, np.uint8) for file in files]).reshape(-1, 3073)
    return records[:, 1:].reshape(-1, 3, 32, 32), records[:, 0]


def synthetic(count: int, seed: int) -> Examples:
    """Noise in the place of images: nothing can be learned of it, but every law holds."""
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, 3, 32, 32), np.uint8)
    return images, rng.integers(0, CLASSES, count).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder of data_batch_*.bin and test_batch.bin")
    parser.add_argument("--synthetic", action="store_true", help="noise, without a download")
    parser.add_argument("--steps", type=int, default=STEPS)
    arguments = parser.parse_args()
    train_examples, held_out = load_data(arguments)
    print_first_ratio(train_examples)
    for arm in ARMS:
        train(arm, train_examples, held_out, arguments.steps)


if __name__ == "__main__":
    main()
