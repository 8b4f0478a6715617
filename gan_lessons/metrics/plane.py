"""How good are samples whose truth is known? Introduced in lesson 04.

High quality: within 3 sigma of a mode's center. A perfect sampler of a 2-D mixture reaches
1 - exp(-9/2) = 98.9 %, so that is the ceiling to print beside any figure.
"""

import math

import torch
from torch import Tensor

HIGH_QUALITY_CEILING = 1 - math.exp(-4.5)  # P(|Gaussian in the plane| <= 3 sigma)


def high_quality_hits(samples: Tensor, centers: Tensor, sigma: float) -> Tensor:
    """Count, for each mode, the samples that are nearest to it and within 3 sigma of it.

    Args:
        samples: (N, 2) points; centers: (K, 2) of the modes; sigma: each mode's deviation.

    Returns:
        (K,) whole numbers. Source: Srivastava et al. 2017, VEEGAN. Lesson 04.
    """
    distance, nearest = torch.cdist(samples, centers).min(dim=1)  # (N,)
    return nearest[distance <= 3 * sigma].bincount(minlength=len(centers))


def high_quality_share(samples: Tensor, centers: Tensor, sigma: float) -> float:
    """Return the share of samples within 3 sigma of a mode, 0 … 1. Lesson 04."""
    return float(high_quality_hits(samples, centers, sigma).sum() / len(samples))


def modes_covered(samples: Tensor, centers: Tensor, sigma: float, *, share: float = 0.2) -> int:
    """Return how many modes have at least ``share`` of the samples they should have.

    A fair share is N / K; only high-quality samples count. ``share=0.2`` is the strict count, the
    default of this course; the papers ask for a single sample (``share=0``).
    Source: Lin et al. 2018, PacGAN, for the count of one. Lesson 04.
    """
    hits = high_quality_hits(samples, centers, sigma)
    needed = max(1, share * len(samples) / len(centers))
    return int((hits >= needed).sum())


def energy_distance(real: Tensor, fake: Tensor) -> float:
    """Return how far two samples are apart: 2·E|x − y| − E|x − x'| − E|y − y'|, at least 0.

    Zero only for equal distributions; needs no modes, so it reads any cloud. The estimate leaves
    out each point's distance to itself (unbiased), so for equal distributions it scatters around 0
    and may be slightly negative.

    Args:
        real: (N, d) points; fake: (M, d) points, N and M at least 2.

    Source: Székely and Rizzo 2013, Energy statistics, equation 2.1. Lesson 04.
    """
    n, m = len(real), len(fake)
    between = torch.cdist(real, fake).mean()
    within_real = torch.cdist(real, real).sum() / (n * (n - 1))
    within_fake = torch.cdist(fake, fake).sum() / (m * (m - 1))
    return float(2 * between - within_real - within_fake)
