"""Networks for points in the plane. Introduced in lesson 04."""

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
