"""A D whose slope is known everywhere: what penalties are measured on. Introduced in lesson 11."""

import torch
from torch import Tensor, nn


class KnownSlope(nn.Module):
    """D(x) = Σ w·xᵖ/p + b, whose slope is w·xᵖ⁻¹. It remembers what it saw.

    Args:
        weight: w, of the shape of one sample. power: p. bias: b; without it there is none.

    Attributes:
        seen: the batches it was called with, (B, …), as they came.
    """

    def __init__(self, weight: Tensor, power: int = 2, bias: float | None = None):
        super().__init__()
        self.weight, self.power = nn.Parameter(weight), power
        self.bias = None if bias is None else nn.Parameter(torch.tensor(bias))
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (B,) of samples (B, …)."""
        self.seen.append(x)
        logits = (self.weight * x**self.power).flatten(1).sum(1) / self.power
        return logits if self.bias is None else logits + self.bias
