"""Multilayer perceptrons that make and judge images. Introduced in lesson 06."""

from collections.abc import Sequence
from math import prod

from torch import nn


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
