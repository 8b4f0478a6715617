"""A D whose slope is known everywhere: what penalties are measured on. Introduced in lesson 11."""

import torch
from torch import Tensor, nn
from torch.func import debug_unwrap


class KnownSlope(nn.Module):
    """D(x) = Σ w·xᵖ/p + b, whose slope is w·xᵖ⁻¹. It remembers what it saw.

    Args:
        weight: w, of the shape of one sample. power: p. bias: b; without it there is none.

    Attributes:
        seen: the batches it was called with, (B, …), as they came.
        asked: for each of them whether D's slope can be asked for there.
    """

    def __init__(self, weight: Tensor, power: int = 2, bias: float | None = None):
        super().__init__()
        self.weight, self.power = nn.Parameter(weight), power
        self.bias = None if bias is None else nn.Parameter(torch.tensor(bias))
        self.seen: list[Tensor] = []
        self.asked: list[bool] = []

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits (B,) of samples (B, …)."""
        inside = debug_unwrap(x, recurse=True)  # of torch.func's tensors
        self.seen.append(inside)
        self.asked.append(x.requires_grad or inside is not x)
        logits = (self.weight * x**self.power).flatten(1).sum(1) / self.power
        return logits if self.bias is None else logits + self.bias

    def points(self) -> Tensor:
        """Return all points that it saw, one a row, (N, numbers of a sample). Lesson 11."""
        return torch.cat([x.detach().reshape(-1, self.weight.numel()) for x in self.seen])

    def looked_beside(self, *batches: Tensor) -> bool:
        """Say whether it saw a point that is no sample of these batches. Lesson 12."""
        known = torch.cat([batch.flatten(1) for batch in batches]).to(self.points())
        off = torch.cdist(self.points(), known, compute_mode="donot_use_mm_for_euclid_dist")
        return bool((off.amin(1) > 1e-4).any())
