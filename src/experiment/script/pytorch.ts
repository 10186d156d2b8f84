/** The experiment as a PyTorch program. */
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

/** A Python program for PyTorch 2.0 or later that repeats the experiment outside of the editor. */
export function pytorchScript(started: Started): string {
  const { settings } = started;
  const used = usedBy(started);
  return program(
    lines(
      docstring(started, 'Python 3.9, NumPy, PyTorch 2.0, and torchvision for its download of CIFAR-10'),
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
      'import torch',
      'import torch.nn.functional as F',
      'from torch import Tensor, nn',
      '',
      'Examples = tuple[np.ndarray, np.ndarray]',
      'Batch = tuple[int, np.ndarray, np.ndarray]',
      '',
      constants(started),
    ),
    armTable(started),
    network(settings),
    truncatedNormal,
    initialNetwork,
    when(used.penalty || used.decay, penalizedWeights).join(''),
    when(used.penalty, penalty).join(''),
    losses,
    reduce(used),
    gradientNorm,
    train(started),
    accuracy(settings),
    printFirstRatio(started),
    batches(started),
    when(settings.network === 'tutorial', randomParts).join(''),
    standardize,
    loadData([
      '    from torchvision.datasets import CIFAR10',
      '',
      '    sets = [CIFAR10("data", train=train, download=True) for train in (True, False)]',
      '    train, held_out = [(s.data.transpose(0, 3, 1, 2), np.array(s.targets)) for s in sets]',
      '    return train, held_out',
    ]),
    readBinary,
    synthetic,
    main,
  );
}

const NETWORKS: Readonly<Record<NetworkName, readonly string[]>> = {
  softmax: ['nn.Flatten(),', 'nn.Linear(32 * 32 * 3, CLASSES),'],
  light: [
    'nn.Conv2d(3, 16, 3, padding=1),',
    'nn.ReLU(),',
    'nn.MaxPool2d(2),',
    'nn.Conv2d(16, 32, 3, padding=1),',
    'nn.ReLU(),',
    'nn.MaxPool2d(2),',
    'nn.Flatten(),',
    'nn.Linear(8 * 8 * 32, 64),',
    'nn.ReLU(),',
    'nn.Linear(64, CLASSES),',
  ],
  tutorial: [
    'nn.Conv2d(3, 64, 5, padding=2),',
    'nn.ReLU(),',
    'nn.MaxPool2d(3, stride=2, ceil_mode=True),',
    'nn.LocalResponseNorm(9, alpha=0.001, beta=0.75, k=1.0),',
    'nn.Conv2d(64, 64, 5, padding=2),',
    'nn.ReLU(),',
    'nn.LocalResponseNorm(9, alpha=0.001, beta=0.75, k=1.0),',
    'nn.MaxPool2d(3, stride=2, ceil_mode=True),',
    'nn.Flatten(),',
    'nn.Linear(6 * 6 * 64, 384),',
    'nn.ReLU(),',
    'nn.Linear(384, 192),',
    'nn.ReLU(),',
    'nn.Linear(192, CLASSES),',
  ],
};

const network = ({ network: name }: Settings): string =>
  lines(
    'def build_network() -> nn.Sequential:',
    '    return nn.Sequential(',
    NETWORKS[name].map((layer) => `        ${layer}`),
    '    )',
    '',
    '',
    'def weighted_layers(network: nn.Sequential) -> list[nn.Module]:',
    '    return [layer for layer in network if isinstance(layer, (nn.Conv2d, nn.Linear))]',
  );

const initialNetwork = `
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
`;

const penalizedWeights = `
def penalized_weights(network: nn.Sequential) -> list[Tensor]:
    layers = zip(weighted_layers(network), LAYERS)
    return [layer.weight for layer, (_, _, penalized) in layers if penalized]
`;

const penalty = `
def penalty(network: nn.Sequential) -> Tensor:
    """½‖w‖², of which the gradient is w."""
    return 0.5 * sum(weight.square().sum() for weight in penalized_weights(network))
`;

const losses = `
def per_example_losses(network: nn.Module, images: np.ndarray, labels: np.ndarray) -> Tensor:
    targets = torch.from_numpy(labels.astype(np.int64))
    return F.cross_entropy(network(torch.from_numpy(images)), targets, reduction="none")
`;

/** A sum and a mean are needed for the first ratio, whatever the arms are trained on. */
const reduce = (used: Used): string =>
  lines(
    'def reduce(losses: Tensor, reduction: str) -> Tensor:',
    '    if reduction == "sum":',
    '        return losses.sum()',
    when(used.max, '    if reduction == "max":', '        return losses.max()'),
    '    return losses.mean()',
  );

const gradientNorm = `
def gradient_norm(network: nn.Module) -> Tensor:
    norms = [torch.linalg.vector_norm(weight.grad) for weight in network.parameters()]
    return torch.linalg.vector_norm(torch.stack(norms))
`;

const OPTIMIZERS: Readonly<Record<OptimizerName, string>> = {
  sgd: 'torch.optim.SGD(network.parameters(), lr=arm.learning_rate)',
  momentum: 'torch.optim.SGD(network.parameters(), lr=arm.learning_rate, momentum=0.9)',
  adam: 'torch.optim.Adam(network.parameters(), lr=arm.learning_rate, eps=arm.epsilon)',
};

function train(started: Started): string {
  const used = usedBy(started);
  return lines(
    'def train(arm: Arm, examples: Examples, held_out: Examples, steps: int) -> None:',
    '    network = initial_network()',
    `    optimizer = ${OPTIMIZERS[started.settings.optimizer]}`,
    `    for step, images, labels in batches(examples, steps${used.larger ? ', arm.batch_factor' : ''}):`,
    '        losses = per_example_losses(network, images, labels)',
    '        loss = reduce(losses, arm.reduction)',
    when(used.penalty, '        loss = loss + arm.weight_decay * penalty(network)'),
    '        optimizer.zero_grad()',
    '        loss.backward()',
    used.clip
      ? '        norm = nn.utils.clip_grad_norm_(network.parameters(), arm.clip_norm)'
      : '        norm = gradient_norm(network)',
    when(
      used.decay,
      '        with torch.no_grad():',
      '            for weight in penalized_weights(network):',
      '                weight.mul_(1 - arm.learning_rate * arm.weight_decay)',
    ),
    '        optimizer.step()',
    '        print(f"{arm.name:9} step {step:5}  loss {losses.mean():.4g}  gradient norm {norm:.4g}")',
    '        if not math.isfinite(norm):',
    '            print(f"{arm.name} diverged at step {step}")',
    '            return',
    '    print(f"{arm.name} gets {accuracy(network, held_out):.1%} of the held-out examples right")',
  );
}

const accuracy = (settings: Settings): string => `
@torch.no_grad()
def accuracy(network: nn.Module, examples: Examples) -> float:
    images, labels = examples
    right = 0
    for start in range(0, len(images), 1000):
        part = slice(start, start + 1000)
        logits = network(torch.from_numpy(standardize(${middle(settings, 'images[part]')})))
        right += np.count_nonzero(logits.argmax(1).numpy() == labels[part])
    return right / len(images)
`;

const printFirstRatio = (started: Started): string => `
def print_first_ratio(examples: Examples) -> None:
    """‖∇L_SUM‖ / ‖∇L_AVG‖ at the same weights and on the same batch: the batch size."""
    network = initial_network()
    _, images, labels = next(batches(examples, ${usedBy(started).larger ? '1, 1' : '1'}))
    norms = []
    for reduction in ("sum", "mean"):
        network.zero_grad()
        reduce(per_example_losses(network, images, labels), reduction).backward()
        norms.append(gradient_norm(network))
    print(f"first-step gradient ratio {norms[0] / norms[1]:.3f}")
`;
