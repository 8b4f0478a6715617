"""Wasserstein-1 by sorting: an exercise of lesson 01, Measure the gap."""

from collections.abc import Callable
from itertools import permutations

import torch

from gan_lessons.checks.distances.histograms import bins, near, number
from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="Wasserstein-1 by sorting",
    proves="your cost is that of the cheapest of all 5,040 ways to pair seven points, and it sees "
    "a difference in spread.",
    hints=(
        "Which point of x should go to which of y? On a line the cheapest plan never lets two "
        "paths cross.",
        "Smallest to smallest, second to second: sort both. torch.sort returns values and "
        "indices; you want .values.",
        "return (x.sort().values - y.sort().values).abs().mean().",
    ),
)
def w1(answer: Callable) -> None:
    """Check ``w1(x, y)`` for two samples (N,) of equal size against a search over all pairings."""
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(7, generator=rng, dtype=torch.float64)
    y = 0.5 + 2 * torch.randn(7, generator=rng, dtype=torch.float64)
    pairings = torch.tensor(list(permutations(range(7))))  # (5040, 7)
    right = float((x - y[pairings]).abs().mean(1).min())
    found = number(answer(x.clone(), y.clone()), "pair")
    ordered, other = x.sort().values, y.sort().values
    named = (
        (
            abs(float(x.mean() - y.mean())),
            "this is the difference of the means: plus and minus cancel before you take the "
            "absolute value. It is 0 for distributions of different spread.",
        ),
        (
            float(x.mean() - y.mean()),
            "the absolute value is missing: plus and minus cancel, and the difference of the "
            "means is left.",
        ),
        (
            float((x - y).abs().mean()),
            "you pair the points in the order in which they came. Shuffling a sample must not "
            "change the distance: sort both.",
        ),
        (float((ordered - y).abs().mean()), "only x is sorted; y needs it as well."),
        (float((x - other).abs().mean()), "only y is sorted; x needs it as well."),
        (
            float((ordered - other.flip(0)).abs().mean()),
            "smallest goes to largest: sort both in the same direction.",
        ),
        (7 * right, "you add up the costs: take the mean, so that each point weighs 1/N."),
        (
            float((ordered - other).square().mean().sqrt()),
            "this is Wasserstein-2, the root of the mean square. W1 is the mean absolute distance.",
        ),
        (
            float((ordered - other).square().mean()),
            "you square the distances; W1 takes their absolute value.",
        ),
        (
            float((x[:, None] - y).abs().mean()),
            "you average over all pairs. Each point goes to one place only: pair them off.",
        ),
    )
    if not near(found, right):
        for value, diagnosis in named:
            if near(found, value):
                raise Wrong(diagnosis)
        raise Wrong(f"the cheapest pairing of the seven points costs {right:.4f}, not {found:.4f}.")
    narrow, wide = bins(1, -1, 1, -1), bins(-3, -3, 3, 3)
    found = float(answer(narrow, wide))
    if not near(found, 2):
        raise Wrong(f"from (1, -1, 1, -1) to (-3, -3, 3, 3) the cost is 2, not {found:.4f}.")
