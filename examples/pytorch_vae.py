# Look at: the reconstruction is a mean over the batch and the KL term a sum, so a larger batch turns the KL term up.
"""A variational autoencoder whose two terms are reduced differently."""
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

BATCH_SIZE = 128
EPOCHS = 20
beta = 0.001


class VAE(nn.Module):
    def __init__(self, hidden=400, latent=20):
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(784, hidden), nn.ReLU())
        self.mu = nn.Linear(hidden, latent)
        self.log_var = nn.Linear(hidden, latent)
        self.decode = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, 784), nn.Sigmoid())

    def forward(self, x):
        h = self.encode(x)
        mu, log_var = self.mu(h), self.log_var(h)
        z = mu + torch.exp(0.5 * log_var) * torch.randn_like(mu)
        return self.decode(z), mu, log_var


def vae_loss(x_hat, x, mu, log_var):
    reconstruction = F.binary_cross_entropy(x_hat, x)
    kl = -0.5 * torch.sum(1 + log_var - mu.pow(2) - log_var.exp())
    return reconstruction + beta * kl


def main():
    train_set = datasets.MNIST('data', train=True, download=True, transform=transforms.ToTensor())
    loader = DataLoader(train_set, batch_size=BATCH_SIZE, shuffle=True)
    model = VAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)

    for epoch in range(EPOCHS):
        for images, _ in loader:
            x = images.view(-1, 784)
            x_hat, mu, log_var = model(x)
            loss = vae_loss(x_hat, x, mu, log_var)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print(epoch, loss.item())


if __name__ == '__main__':
    main()
