"""Histograms, and the KL divergence of two: what lesson 01's checks share."""

from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.seen import flat


def histograms(seed: int, *sizes: int) -> list[Tensor]:
    """Return random histograms, float64 (K,) each, no bin empty. Lesson 01."""
    rng = torch.Generator().manual_seed(seed)
    raw = [0.1 + torch.rand(size, generator=rng, dtype=torch.float64) for size in sizes]
    return [(x / x.sum()) for x in raw]


def bins(*shares: float) -> Tensor:
    """Return a histogram, (K,) in float64. Lesson 01."""
    return torch.tensor(shares, dtype=torch.float64)


def no_nan(answer: Callable) -> None:
    """Refuse a right answer that gives NaN where a bin is empty in both histograms. Lesson 01."""
    found = flat(answer(bins(0.5, 0.5, 0, 0), bins(0.2, 0.2, 0.6, 0)))
    if found.parts[0].isnan().any():
        raise Wrong(BOTH_EMPTY)


def kl_of(p: Tensor, q: Tensor) -> float:
    """Return KL(p‖q) in nats; an empty bin of p adds nothing. Lesson 01."""
    return float((torch.xlogy(p, p) - torch.xlogy(p, q)).sum())


EMPTY = "an empty bin gives 0 · ln 0, which a computer calls NaN. Its part of the sum is 0."
BOTH_EMPTY = (
    "where a bin is empty in both you get NaN: a fraction is 0/0 there, and F.kl_div takes 0 times "
    "the −∞ of a logarithm. Leave out the bins where the first argument of KL is 0."
)
EACH_BIN = "one number for each bin comes back, and one in all is asked: add them up."
IN_BITS = "you measure in bits: use the natural logarithm, torch.log, not log2."
