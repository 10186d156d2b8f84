# Look at: the gradient of a maximum reaches one example, that of the hardest 16 reaches 16 examples however large the batch is.
"""Training for the worst case: first on the hardest 16 examples of each batch, then on the hardest one alone."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

BATCH_SIZE = 128
HARDEST = 16


def train_on_hardest(model, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
    for x, y in loader:
        per_example = F.cross_entropy(model(x), y, reduction='none')
        loss = per_example.topk(HARDEST).values.mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def train_on_worst(model, loader):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    for x, y in loader:
        per_example = F.cross_entropy(model(x), y, reduction='none')
        loss = torch.amax(per_example, dim=0)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def main():
    train_set = datasets.MNIST('data', train=True, download=True, transform=transforms.ToTensor())
    loader = DataLoader(train_set, batch_size=BATCH_SIZE, shuffle=True, drop_last=True)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 100), nn.ReLU(), nn.Linear(100, 10))
    for _ in range(5):
        train_on_hardest(model, loader)
    train_on_worst(model, loader)


if __name__ == '__main__':
    main()
