"""Can a network that has seen nothing but strokes read MNIST?

    python data/make/read_mnist.py              # about a minute on one CPU core

Trains a small convolutional network on `strokes` alone and prints how many of MNIST's 10,000 test
digits it reads. MNIST is found as in the lessons: in $GAN_LESSONS_DATA/mnist, in the cache, or by a
download of 11 MB. No digit of MNIST is used in training, to choose an epoch or to set a threshold.
"""

import argparse
import datetime

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.data.real import mnist
from gan_lessons.data.strokes import IMAGES_SHA256, strokes
from gan_lessons.errors import LessonError


def network() -> nn.Sequential:
    """Two convolutions and two dense layers: (B, 1, 28, 28) to (B, 10)."""
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),  # (B, 16, 14, 14)
        *(nn.Conv2d(16, 32, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),  # (B, 32, 7, 7)
        *(nn.Flatten(), nn.Dropout(0.3), nn.Linear(32 * 7 * 7, 128), nn.ReLU()),
        *(nn.Dropout(0.3), nn.Linear(128, 10)),
    )


def augmented(x: Tensor) -> Tensor:
    """Bend a batch a little: a random affine map and a smooth random displacement."""
    spread = torch.tensor([[0.1, 0.15, 0.05], [0.1, 0.1, 0.05]])
    affine = torch.eye(2, 3) + torch.randn(len(x), 2, 3) * spread
    grid = F.affine_grid(affine, list(x.shape), align_corners=False)  # (B, 28, 28, 2)
    coarse = 0.05 * torch.randn(len(x), 2, 5, 5)
    bend = F.interpolate(coarse, size=x.shape[-2:], mode="bicubic", align_corners=True)
    return F.grid_sample(x, grid + bend.permute(0, 2, 3, 1), align_corners=False)


def train(
    x: Tensor, y: Tensor, *, epochs: int, batch_size: int = 64, label_smoothing: float = 0.05
) -> nn.Module:
    """Train the network on uint8 images (N, 1, 28, 28) and their classes (N,).

    With ``label_smoothing`` it is told never to be quite sure. Set it to 0 where its probabilities
    are to be believed.
    """
    reader = network()
    steps = epochs * (len(x) // batch_size)
    opt = torch.optim.Adam(reader.parameters())
    rate = torch.optim.lr_scheduler.OneCycleLR(opt, max_lr=4e-3, total_steps=steps)
    for _ in range(epochs):
        for picked in torch.randperm(len(x)).split(batch_size)[: len(x) // batch_size]:
            logits = reader(augmented(x[picked].float() / 255))
            loss = F.cross_entropy(logits, y[picked], label_smoothing=label_smoothing)
            opt.zero_grad()
            loss.backward()
            opt.step()
            rate.step()
    return reader.eval()


@torch.no_grad()
def accuracy(reader: nn.Module, x: Tensor, y: Tensor) -> float:
    """Share of uint8 images (N, 1, 28, 28) whose class (N,) the network names."""
    named = [reader(part.float() / 255).argmax(dim=1) for part in x.split(1_000)]
    return (torch.cat(named) == y).float().mean().item()


def main() -> None:
    parser = argparse.ArgumentParser(description="Train on strokes, read MNIST.")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--tuning", action="store_true", help="first 10,000 training digits")
    asked = parser.parse_args()
    if asked.epochs < 1:
        parser.error(f"--epochs must be at least 1, not {asked.epochs}")
    try:
        drawn, real = strokes(), mnist(train=asked.tuning)
    except LessonError as error:
        raise SystemExit(str(error)) from None
    torch.manual_seed(asked.seed)
    reader = train(drawn.x, drawn.y, epochs=asked.epochs)
    share = accuracy(reader, real.x[:10_000], real.y[:10_000])
    digits = "the first 10,000 training digits" if asked.tuning else "the 10,000 test digits"
    print(f"{share:.2%} of {digits} of MNIST, by a network trained on strokes alone")
    print(f"{datetime.date.today()}, seed {asked.seed}, {asked.epochs} epochs, images of strokes:")
    print(f"SHA-256 {IMAGES_SHA256}")


if __name__ == "__main__":
    main()
