"""python bench/training_pytorch.py TASK-FOLDER

PyTorch, eager, as a contender. Images and filters are channels-last, as the batches are, so that nothing is copied into another order.
"""

import sys

import torch
import torch.nn.functional as F

from turns import Task, serve


def conv(x, weights, biases):
    return F.relu(F.conv2d(x, weights, biases, padding="same"))


def dense(x, weights, biases):
    return torch.addmm(biases, x, weights)


def flatten(x):
    """In the order of TensorFlow: rows, columns, channels."""
    return x.permute(0, 2, 3, 1).reshape(x.shape[0], -1)


def light(x, w1, b1, w2, b2, w3, b3, w4, b4):
    x = F.max_pool2d(conv(x, w1, b1), 2)
    x = F.max_pool2d(conv(x, w2, b2), 2)
    return dense(F.relu(dense(flatten(x), w3, b3)), w4, b4)


def tutorial(x, w1, b1, w2, b2, w3, b3, w4, b4, w5, b5):
    x = norm(pool(conv(x, w1, b1)))
    x = pool(norm(conv(x, w2, b2)))
    x = F.relu(dense(flatten(x), w3, b3))
    return dense(F.relu(dense(x, w4, b4)), w5, b5)


def pool(x):
    """The windows of TensorFlow's "SAME": an even side is padded at its end alone."""
    return F.max_pool2d(x, 3, stride=2, ceil_mode=True)


def norm(x):
    """PyTorch divides its alpha by the nine channels of a sum."""
    return F.local_response_norm(x, 9, alpha=0.001, beta=0.75, k=1.0)


def to_torch(array):
    """Filters [height, width, inputs, outputs] become [outputs, inputs, height, width] in the order of channels last; all others stay."""
    tensor = torch.from_numpy(array.copy())
    if tensor.ndim == 4:
        return tensor.permute(3, 2, 0, 1).contiguous(memory_format=torch.channels_last)
    return tensor


def main():
    task = Task(sys.argv[1])
    parameters = [to_torch(w).requires_grad_() for w in task.weights]
    logits = {"light": light, "tutorial": tutorial}[task.network]
    optimizer = torch.optim.SGD(parameters, lr=task.learning_rate)

    def step(images, labels):
        x = torch.from_numpy(images).permute(0, 3, 1, 2)
        loss = F.cross_entropy(logits(x, *parameters), torch.from_numpy(labels).long())
        objective = loss
        if task.weight_decay != 0:
            penalty = sum(parameters[i].square().sum() for i in task.penalized) / 2
            objective = loss + task.weight_decay * penalty
        optimizer.zero_grad()
        objective.backward()
        optimizer.step()
        return loss.item()

    def rewind():
        with torch.no_grad():
            for parameter, start in zip(parameters, task.weights):
                parameter.copy_(to_torch(start))

    serve(
        task,
        versions={"torch": torch.__version__},
        rewind=rewind,
        step=step,
        weights=lambda: [parameter.detach().numpy() for parameter in parameters],
    )


main()
