"""Count the modes: an exercise of lesson 04, Train your first GAN."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons import data
from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="Count the modes",
    proves="only samples within 3 sigma count, and a mode needs a fifth of its fair share.",
    hints=(
        "torch.cdist(samples, centers) gives all distances, (N, K). Which center is nearest, and "
        "how far is it?",
        "Keep the number of the nearest center only where the distance is at most 3 * sigma; count "
        "with .bincount(minlength=len(centers)).",
        "A fair share is len(samples) / len(centers). Count the modes that have at least "
        "0.2 times that.",
    ),
)
def modes_covered(answer: Callable) -> None:
    """Check ``modes_covered(samples, centers, sigma)`` on samples whose answer is known."""
    ring = data.ring(10)
    centers, sigma = ring.centers, ring.sigma

    def ask(samples: Tensor) -> float:
        return float(answer(samples, centers, sigma))

    exact = centers.repeat(100, 1)
    found = ask(exact)
    if found != 8:
        if math.isclose(found, 1.0):
            raise Wrong("for 8 full modes you return 1: a share, not a count.")
        raise Wrong(f"with 100 samples exactly at each of the 8 centers you count {found:g} modes.")
    far = exact + 10 * sigma * (torch.arange(len(exact)) % 8 > 0)[:, None]
    if ask(far) > 1:
        raise Wrong(
            "samples 10 sigma away from their nearest center still count. Nearest is not near: "
            "ask for a distance of at most 3 sigma."
        )
    edge = torch.tensor([2.5 * sigma, 0.0])
    if ask(exact + edge) != 8:
        raise Wrong("samples 2.5 sigma from a center must count: the limit is 3 sigma.")
    corner = torch.tensor([2.9 * sigma, 2.9 * sigma])
    if ask(torch.cat([centers[:1].repeat(100, 1), exact[1:] + corner])) > 1:
        raise Wrong(
            "samples at (2.9, 2.9) sigma are 4.1 sigma away but count: measure the distance, not "
            "each coordinate."
        )
    found = ask(_uneven(centers))
    if found > 5:
        raise Wrong(
            "a mode with 19 samples counts as covered, where 100 are fair. Ask for a fifth of its "
            "fair share, 0.2 * len(samples) / len(centers)."
        )
    if found < 5:
        raise Wrong("a mode with 21 samples, where 100 are fair, must count: 0.2 of 100 is enough.")
    mostly_bad = torch.cat([centers.repeat(3, 1), torch.full((8 * 97, 2), 9.0)])
    if ask(mostly_bad) > 0:
        raise Wrong("the fair share must be of *all* samples, also those far from any mode.")
    centers, sigma = data.grid(10).centers, 0.1
    found = ask(_uneven(centers) + torch.tensor([2.5 * sigma, 0.0]))
    if found != 22:
        raise Wrong(
            f"on another mixture, of 25 centers with sigma 0.1, you count {found:g} modes instead "
            "of 22: work with the sigma and the len(centers) that you are given."
        )


def _uneven(centers: Tensor) -> Tensor:
    """Return 100 samples per center on average: three centers get 19, three 21, the rest more."""
    rest = len(centers) - 6
    counts = torch.tensor([19] * 3 + [21] * 3 + [(100 * len(centers) - 120) // rest] * rest)
    return centers.repeat_interleave(counts, dim=0)
