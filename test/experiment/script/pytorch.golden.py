"""Train the same network on the same batches, its losses reduced by sum, mean and max.

Written by Loss Lens 0.1.0.
Requires Python 3.9, NumPy, PyTorch 2.0, and torchvision for its download of CIFAR-10.

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
import torch
import torch.nn.functional as F
from torch import Tensor, nn

Examples = tuple[np.ndarray, np.ndarray]
Batch = tuple[int, np.ndarray, np.ndarray]

SEED = 1
BATCH_SIZE = 128
STEPS = 300
IMAGE_SIZE = 32
CLASSES = 10
# Of each layer: the standard deviation of its weights, its bias, and whether it is penalised.
LAYERS = [
    ((2 / 27) ** 0.5, 0.0, True),
    ((2 / 144) ** 0.5, 0.0, True),
    ((2 / 2048) ** 0.5, 0.0, True),
    ((1 / 64) ** 0.5, 0.0, True),
]


@dataclass(frozen=True)
class Arm:
    name: str
    reduction: str
    learning_rate: float
    weight_decay: float  # The coefficient of ½‖w‖² in the loss.


ARMS = [
    Arm("sum", "sum", learning_rate=0.05, weight_decay=0.0005),
    Arm("mean", "mean", learning_rate=0.05, weight_decay=0.0005),
    Arm("max", "max", learning_rate=0.05, weight_decay=0.0005),
]


def build_network() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(8 * 8 * 32, 64),
        nn.ReLU(),
        nn.Linear(64, CLASSES),
    )


def weighted_layers(network: nn.Sequential) -> list[nn.Module]:
    return [layer for layer in network if isinstance(layer, (nn.Conv2d, nn.Linear))]


def truncated_normal(
    rng: np.random.Generator, shape: tuple[int, ...], deviation: float
) -> np.ndarray:
    """Normal numbers, drawn again where they are beyond two standard deviations."""
    numbers = rng.standard_normal(shape)
    while (outside := np.abs(numbers) > 2).any():
        numbers[outside] = rng.standard_normal(np.count_nonzero(outside))
    return (numbers * deviation).astype(np.float32)


def initial_network() -> nn.Sequential:
    """The network at its initial weights, which are the same for all arms."""
    network = build_network()
    rng = np.random.default_rng(SEED)
    with torch.no_grad():
        for layer, (deviation, bias, _) in zip(weighted_layers(network), LAYERS):
            numbers = truncated_normal(rng, tuple(layer.weight.shape), deviation)
            layer.weight.copy_(torch.from_numpy(numbers))
            layer.bias.fill_(bias)
    return network


def penalized_weights(network: nn.Sequential) -> list[Tensor]:
    layers = zip(weighted_layers(network), LAYERS)
    return [layer.weight for layer, (_, _, penalized) in layers if penalized]


def penalty(network: nn.Sequential) -> Tensor:
    """½‖w‖², of which the gradient is w."""
    return 0.5 * sum(weight.square().sum() for weight in penalized_weights(network))


def per_example_losses(network: nn.Module, images: np.ndarray, labels: np.ndarray) -> Tensor:
    targets = torch.from_numpy(labels.astype(np.int64))
    return F.cross_entropy(network(torch.from_numpy(images)), targets, reduction="none")


def reduce(losses: Tensor, reduction: str) -> Tensor:
    if reduction == "sum":
        return losses.sum()
    if reduction == "max":
        return losses.max()
    return losses.mean()


def gradient_norm(network: nn.Module) -> Tensor:
    norms = [torch.linalg.vector_norm(weight.grad) for weight in network.parameters()]
    return torch.linalg.vector_norm(torch.stack(norms))


def train(arm: Arm, examples: Examples, held_out: Examples, steps: int) -> None:
    network = initial_network()
    optimizer = torch.optim.SGD(network.parameters(), lr=arm.learning_rate)
    for step, images, labels in batches(examples, steps):
        losses = per_example_losses(network, images, labels)
        loss = reduce(losses, arm.reduction)
        loss = loss + arm.weight_decay * penalty(network)
        optimizer.zero_grad()
        loss.backward()
        norm = gradient_norm(network)
        optimizer.step()
        print(f"{arm.name:9} step {step:5}  loss {losses.mean():.4g}  gradient norm {norm:.4g}")
        if not math.isfinite(norm):
            print(f"{arm.name} diverged at step {step}")
            return
    print(f"{arm.name} gets {accuracy(network, held_out):.1%} of the held-out examples right")


@torch.no_grad()
def accuracy(network: nn.Module, examples: Examples) -> float:
    images, labels = examples
    right = 0
    for start in range(0, len(images), 1000):
        part = slice(start, start + 1000)
        logits = network(torch.from_numpy(standardize(images[part])))
        right += np.count_nonzero(logits.argmax(1).numpy() == labels[part])
    return right / len(images)


def print_first_ratio(examples: Examples) -> None:
    """‖∇L_SUM‖ / ‖∇L_AVG‖ at the same weights and on the same batch: the batch size."""
    network = initial_network()
    _, images, labels = next(batches(examples, 1))
    norms = []
    for reduction in ("sum", "mean"):
        network.zero_grad()
        reduce(per_example_losses(network, images, labels), reduction).backward()
        norms.append(gradient_norm(network))
    print(f"first-step gradient ratio {norms[0] / norms[1]:.3f}")


def batches(examples: Examples, steps: int) -> Iterator[Batch]:
    """Step, images and labels; the last batch of an epoch may be smaller."""
    images, labels = examples
    steps_per_epoch = math.ceil(len(images) / BATCH_SIZE)
    for epoch in itertools.count():
        order = np.random.default_rng([SEED, epoch]).permutation(len(images))
        for start in range(steps_per_epoch):
            step = epoch * steps_per_epoch + start + 1
            if step > steps:
                return
            indices = order[start * BATCH_SIZE : (start + 1) * BATCH_SIZE]
            yield step, standardize(images[indices]), labels[indices]


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
    from torchvision.datasets import CIFAR10

    sets = [CIFAR10("data", train=train, download=True) for train in (True, False)]
    train, held_out = [(s.data.transpose(0, 3, 1, 2), np.array(s.targets)) for s in sets]
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
