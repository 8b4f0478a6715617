"""The networks of the course. Floor 1 of the house.

Every D returns logits of shape (B,): a probability exists only after an explicit sigmoid.
"""

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor, nn


def plane_generator(*, latent_dim: int = 2, width: int = 64) -> nn.Sequential:
    """Return an MLP from noise z (B, latent_dim) to points in the plane (B, 2). Lesson 04."""
    return nn.Sequential(
        nn.Linear(latent_dim, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, 2),  # (B, 2)
    )


def plane_discriminator(*, width: int = 64) -> nn.Sequential:
    """Return an MLP from points (B, 2) to logits (B,). Lesson 04."""
    return nn.Sequential(
        nn.Linear(2, width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, 1),  # (B, 1)
        nn.Flatten(0),  # (B,)
    )


class InstanceNoise(nn.Module):
    """A layer in front of D that blurs what it sees: adds N(0, sigma²) while training. Lesson 04.

    With both clouds blurred they overlap, so D cannot win at once and its slope reaches every mode.
    Lower ``sigma`` to 0 during the run. In eval mode nothing is added.
    Source: Sønderby et al. 2017, Amortised MAP Inference for Image Super-resolution, section 4.
    """

    def __init__(self, sigma: float = 0.0):
        super().__init__()
        self.sigma = sigma

    def forward(self, x: Tensor) -> Tensor:
        """Blur samples (B, …) of any shape. Lesson 04."""
        if not self.training:
            return x
        return x + self.sigma * torch.randn_like(x)


def image_generator(
    *, latent_dim: int = 64, shape: Sequence[int] = (1, 28, 28), width: int = 256
) -> nn.Sequential:
    """Return an MLP from noise z (B, latent_dim) to images (B, *shape) in [-1, 1]. Lesson 06."""
    return nn.Sequential(
        nn.Linear(latent_dim, width),
        nn.LeakyReLU(0.2),
        nn.Linear(width, 2 * width),
        nn.LeakyReLU(0.2),
        nn.Linear(2 * width, prod(shape)),
        nn.Tanh(),  # (B, C·H·W) in [-1, 1]
        nn.Unflatten(1, tuple(shape)),  # (B, C, H, W)
    )


def image_discriminator(*, shape: Sequence[int] = (1, 28, 28), width: int = 256) -> nn.Sequential:
    """Return an MLP from images (B, *shape) in [-1, 1] to logits (B,). Lesson 06.

    While training, dropout hides 30 % of its units, others at each look, so that no single pixel
    decides.
    """
    return nn.Sequential(
        nn.Flatten(1),  # (B, C·H·W)
        nn.Linear(prod(shape), 2 * width),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.3),
        nn.Linear(2 * width, width),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.3),
        nn.Linear(width, 1),  # (B, 1)
        nn.Flatten(0),  # (B,)
    )


@torch.no_grad()
def update_average(average: nn.Module, G: nn.Module, *, decay: float) -> None:
    """Move the averaged generator a little toward G: an exponential moving average (EMA).

    Parameters are averaged, buffers (batch norm's running statistics) are copied.

    Args:
        average: a deep copy of G, changed in place.
        decay: 0 … 1, the share that is kept; .999 remembers about 1,000 steps.

    Source: Yazıcı et al. 2019, The Unusual Effectiveness of Averaging in GAN Training, equation 1.
    Lesson 04.
    """
    for kept, new in zip(average.parameters(), G.parameters(), strict=True):
        kept.lerp_(new, 1 - decay)
    for kept, new in zip(average.buffers(), G.buffers(), strict=True):
        kept.copy_(new)
