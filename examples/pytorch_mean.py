# Look at: a mean holds its balance with the weight decay at every batch size; only the rate follows the batch (Linear Scaling Rule).
"""CIFAR-10 with a small residual network, the mean loss and settings from the command line."""
import argparse

import torch
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

parser = argparse.ArgumentParser(description='Train on CIFAR-10.')
parser.add_argument('--batch-size', type=int, default=256)
parser.add_argument('--epochs', type=int, default=90)
parser.add_argument('--lr', type=float, default=0.1)
parser.add_argument('--momentum', type=float, default=0.9)
parser.add_argument('--weight-decay', type=float, default=1e-4)


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, padding=1, bias=False),
            nn.BatchNorm2d(width),
        )

    def forward(self, x):
        return torch.relu(x + self.body(x))


class Net(nn.Module):
    def __init__(self, width=32, classes=10):
        super().__init__()
        self.stem = nn.Conv2d(3, width, 3, stride=2, padding=1)
        self.blocks = nn.Sequential(*[Block(width) for _ in range(4)])
        self.head = nn.Linear(width, classes)

    def forward(self, x):
        features = self.blocks(self.stem(x))
        return self.head(features.mean(dim=(2, 3)))


class Trainer:
    def __init__(self, args):
        self.args = args
        self.device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
        self.model = Net().to(self.device)
        self.criterion = nn.CrossEntropyLoss()
        self.optimizer = torch.optim.SGD(
            self.model.parameters(), args.lr, momentum=args.momentum, weight_decay=args.weight_decay)
        train_set = datasets.CIFAR10('data', train=True, download=True, transform=transforms.ToTensor())
        self.loader = DataLoader(train_set, batch_size=args.batch_size, shuffle=True, drop_last=True)

    def train_epoch(self):
        self.model.train()
        for images, target in self.loader:
            images, target = images.to(self.device), target.to(self.device)
            output = self.model(images)
            loss = self.criterion(output, target)
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
        return loss.item()


def main():
    args = parser.parse_args()
    trainer = Trainer(args)
    for epoch in range(args.epochs):
        print(epoch, trainer.train_epoch())


if __name__ == '__main__':
    main()
