"""Distributions in the plane, where the truth is known and a picture shows everything.

Introduced in lesson 04. Every function draws ``n`` points from an own source of randomness, so the
same seed gives the same points whatever was drawn before.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from gan_lessons.data.dataset import Dataset
from gan_lessons.errors import SettingError
from gan_lessons.runtime import generator

LICENSE = "CC0, made on the spot"


def _mixture(centers: Tensor, *, sigma: float, n: int, seed: int, name: str) -> Dataset:
    """Draw n points from Gaussians of equal weight at the given centers (K, 2)."""
    rng = generator(seed)
    y = torch.randint(len(centers), (n,), generator=rng)
    x = centers[y] + sigma * torch.randn(n, 2, generator=rng)  # (n, 2)
    return Dataset(x=x, y=y, name=name, license=LICENSE, centers=centers, sigma=sigma)


def ring(
    n: int = 50_000, *, modes: int = 8, radius: float = 2.0, sigma: float = 0.02, seed: int = 0
) -> Dataset:
    """Return Gaussians of equal weight on a circle: the field's first test for mode collapse.

    Args:
        n: number of points.
        modes: number of Gaussians; ``radius`` is that of the circle of their centers.
        sigma: standard deviation of each, in the units of the plane.

    Source: Metz et al. 2017, Unrolled GANs (8 modes, radius 2, sigma .02). Lesson 04.
    """
    angle = 2 * math.pi * torch.arange(modes) / modes
    centers = radius * torch.stack([angle.cos(), angle.sin()], dim=1)  # (modes, 2)
    return _mixture(centers, sigma=sigma, n=n, seed=seed, name=f"ring of {modes}")


def grid(
    n: int = 50_000, *, side: int = 5, spacing: float = 2.0, sigma: float = 0.05, seed: int = 0
) -> Dataset:
    """Return ``side`` x ``side`` Gaussians of equal weight on a square grid around the origin.

    Source: Lin et al. 2018, PacGAN (25 modes at {-4, -2, 0, 2, 4}², sigma .05). Lesson 04.
    """
    ticks = spacing * (torch.arange(side) - (side - 1) / 2)
    centers = torch.cartesian_prod(ticks, ticks)  # (side², 2)
    return _mixture(centers, sigma=sigma, n=n, seed=seed, name=f"grid of {side * side}")


def moons(n: int = 50_000, *, sigma: float = 0.08, seed: int = 0) -> Dataset:
    """Return two interleaved half circles of radius 1 with Gaussian noise. Lesson 04."""
    rng = generator(seed)
    y = torch.randint(2, (n,), generator=rng)
    angle = math.pi * torch.rand(n, generator=rng)
    upper = torch.stack([angle.cos() - 0.5, angle.sin() - 0.25], dim=1)
    lower = torch.stack([0.5 - angle.cos(), 0.25 - angle.sin()], dim=1)
    x = torch.where((y == 0)[:, None], upper, lower) + sigma * torch.randn(n, 2, generator=rng)
    return Dataset(x=x, y=y, name="two moons", license=LICENSE)


def spiral(n: int = 50_000, *, turns: float = 1.5, sigma: float = 0.05, seed: int = 0) -> Dataset:
    """Return one arm that winds outward from radius .4 to radius 2, with Gaussian noise.

    The points lie evenly along the arm's angle; there are no modes, so quality is read with the
    energy distance. Lesson 04.
    """
    rng = generator(seed)
    t = torch.rand(n, generator=rng)
    angle, radius = 2 * math.pi * turns * t, 0.4 + 1.6 * t
    x = torch.stack([radius * angle.cos(), radius * angle.sin()], dim=1)
    x = x + sigma * torch.randn(n, 2, generator=rng)
    return Dataset(x=x, y=torch.zeros(n, dtype=torch.long), name="spiral", license=LICENSE)


def drawn(
    corners: Tensor | Sequence, n: int = 50_000, *, sigma: float = 0.05, seed: int = 0
) -> Dataset:
    """Return points along lines that the learner draws by hand.

    Args:
        corners: (K, 2) corners of a line in the order they are drawn, K >= 2; or a list of such
            lines, between which the pen is lifted. An A::

                data.drawn([[(-1, -1), (0, 1), (1, -1)], [(-0.5, 0), (0.5, 0)]])

    Returns:
        x (n, 2), spread evenly along the lines; y the number of the straight piece a point is on,
        counted through all lines.

    Raises:
        SettingError: a line has fewer than two corners, or all in one place.

    Introduced in lesson 04.
    """
    lines = [_line(line) for line in (corners if _has_lines(corners) else [corners])]
    start = torch.cat([line[:-1] for line in lines])
    step = torch.cat([line.diff(dim=0) for line in lines])
    rng = generator(seed)
    piece = torch.multinomial(step.norm(dim=1), n, replacement=True, generator=rng)  # (n,)
    t = torch.rand(n, 1, generator=rng)
    x = start[piece] + t * step[piece]
    x = x + sigma * torch.randn(n, 2, generator=rng)
    return Dataset(x=x, y=piece, name="your drawing", license="yours")


def _has_lines(corners: Tensor | Sequence) -> bool:
    """Say whether this is a list of lines, each a list of corners."""
    try:
        return len(corners) > 0 and all(len(line) > 0 and len(line[0]) > 0 for line in corners)
    except TypeError:  # a number has no length
        return False


def _line(corners: Tensor | Sequence) -> Tensor:
    """Return the corners of one line, float32 (K, 2)."""
    try:
        line = torch.as_tensor(corners, dtype=torch.float32)
    except (TypeError, ValueError, RuntimeError):  # corners of different lengths, words
        line = torch.empty(0)
    whole = line.ndim == 2 and len(line) >= 2 and line.shape[1] == 2 and line.isfinite().all()
    if not whole or line.diff(dim=0).norm(dim=1).sum() <= 0:
        raise SettingError(
            f"A line needs at least two different corners (x, y); got {str(corners)[:60]}.",
            "Nothing was drawn or changed.",
            "Pass a list such as [(-1, 0), (0, 1), (1, 0)], or a list of such lists.",
        )
    return line
