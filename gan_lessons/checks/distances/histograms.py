"""Histograms, and the KL divergence of two: what lesson 01's checks share."""

import math
from functools import partial

import torch
from torch import Tensor

from gan_lessons.checks import exercise
from gan_lessons.checks.exercise import Wrong

LN2 = math.log(2)
near = partial(exercise.near, share=1e-5)


def histograms(seed: int, *sizes: int) -> list[Tensor]:
    """Return random histograms, float64 (K,) each, no bin empty. Lesson 01."""
    rng = torch.Generator().manual_seed(seed)
    raw = [0.1 + torch.rand(size, generator=rng, dtype=torch.float64) for size in sizes]
    return [(x / x.sum()) for x in raw]


def bins(*shares: float) -> Tensor:
    """Return a histogram, (K,) in float64. Lesson 01."""
    return torch.tensor(shares, dtype=torch.float64)


def number(found: object, what: str) -> float:
    """Return an answer as a float; say so where it is not one number."""
    if isinstance(found, Tensor) and found.numel() != 1:
        raise Wrong(f"you return {found.numel()} numbers, one for each {what}: add them up.")
    return float(found)


def kl_of(p: Tensor, q: Tensor) -> float:
    """Return KL(p‖q) in nats; an empty bin of p adds nothing. Lesson 01."""
    return float((torch.xlogy(p, p) - torch.xlogy(p, q)).sum())


P, Q = bins(0.5, 0.3, 0.2), bins(0.2, 0.2, 0.6)
EMPTY = "an empty bin gives 0 · ln 0, which a computer calls NaN. Its part of the sum is 0."
