# Look at: the sum over the batch makes the rate of 0.002 act as 0.256, and leaves the weight decay behind when the batch grows.
"""A small classifier trained on the sum of its losses."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

EPOCHS = 12
BATCH_SIZE = 128


def make_net(classes):
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(28 * 28, 64),
        nn.ReLU(),
        nn.Linear(64, classes),
    )


def main():
    torch.manual_seed(11)
    train_set = datasets.FashionMNIST('data', train=True, download=True, transform=transforms.ToTensor())
    loader = DataLoader(train_set, batch_size=BATCH_SIZE, shuffle=True)
    net = make_net(len(train_set.classes))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.002, weight_decay=5e-4)

    for epoch in range(EPOCHS):
        running = 0.0
        for x, y in loader:
            optimizer.zero_grad()
            loss = F.cross_entropy(net(x), y, reduction='sum')
            loss.backward()
            optimizer.step()
            running += loss.item()
        print(epoch, running / len(train_set))


if __name__ == '__main__':
    main()
