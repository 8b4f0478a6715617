"""Wasserstein-1 by sorting: an exercise of lesson 01, Measure the gap."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def w1(x, y):
    a, b = x.sort().values, y.sort().values
    return (a - b).abs().mean()
"""

PLACES = (
    "the places of the sorted points are compared, not the points: torch.sort returns values and "
    "indices, and you want .values."
)

SLIPS = (
    Slip(
        "(a - b).abs().mean()",
        "(a - b).mean().abs()",
        "this is the difference of the means: plus and minus cancel before you take the absolute "
        "value. It is 0 for distributions of different spread.",
    ),
    Slip(
        ".abs()",
        "",
        "the absolute value is missing: plus and minus cancel, and the difference of the means is "
        "left.",
    ),
    Slip(
        "x.sort().values, y.sort().values",
        "x, y",
        "you pair the points in the order in which they came. Shuffling a sample must not change "
        "the distance: sort both.",
    ),
    Slip("y.sort().values", "y", "only x is sorted; y needs it as well."),
    Slip("x.sort().values", "x", "only y is sorted; x needs it as well."),
    Slip(
        "y.sort()",
        "y.sort(descending=True)",
        "smallest goes to largest: sort both in the same direction.",
    ),
    Slip(
        "x.sort().values, y.sort().values",
        "x.unique(), y.unique()",
        "a point that comes twice counts once: unique throws the repeats away. Each point carries "
        "1/N to its place; sort keeps them all.",
    ),
    Slip(
        ".mean()",
        ".sum()",
        "you add up the costs: take the mean, so that each point weighs 1/N.",
    ),
    Slip(
        ".abs().mean()",
        ".square().mean().sqrt()",
        "this is Wasserstein-2, the root of the mean square. W1 is the mean absolute distance.",
    ),
    Slip(
        ".abs()",
        ".square()",
        "you square the distances; W1 takes their absolute value.",
    ),
    Slip(
        "(a - b).abs().mean()",
        "(x[:, None] - y).abs().mean()",
        "you average over all pairs. Each point goes to one place only: pair them off.",
    ),
    Slip(
        "(a - b).abs().mean()",
        "(x[:, None] - y).abs().amin(1).mean()",
        "each point of x goes to the nearest of y, so that some of y are met twice and others "
        "never. Pair them off, one to one.",
    ),
    Slip(
        "(a - b).abs().mean()",
        "(x[:, None] - y).abs().amin(0).mean()",
        "each point of y goes to the nearest of x, so that some of x are met twice and others "
        "never. Pair them off, one to one.",
    ),
    Slip("x.sort().values, y.sort().values", "x.argsort().double(), y.argsort().double()", PLACES),
    Slip(".abs().mean()", ".abs().max()", "this is the longest way of all; W1 is their mean."),
    Slip(".abs().mean()", ".abs()", "one cost for each pair comes back: take their mean."),
    Slip(
        "(a - b).abs().mean()",
        "(a - b).abs().mean() / 2",
        "half the cost: no ½ stands here. Each pair's way counts once, in full.",
    ),
    Slip(
        "x.sort().values, y.sort().values",
        "x.sort().values - x.mean(), y.sort().values - y.mean()",
        "the means are taken off, and with them the way from one to the other. Compare the points "
        "as they are.",
    ),
    Slip(
        "x.sort().values, y.sort().values",
        "x.abs().sort().values, y.abs().sort().values",
        "the points are sorted by their size without the sign. Left of 0 is another place than "
        "right of it: take no absolute value before the difference.",
    ),
)


def points(*places: float) -> Tensor:
    """Return points on a line, (N,) in float64. Lesson 01."""
    return torch.tensor(places, dtype=torch.float64)


def cases(seed: int) -> Sequence[Case]:
    """Return samples (N,) of equal size, from one point to seven, which have 5,040 pairings."""
    rng = torch.Generator().manual_seed(seed)
    x, y = (torch.randn(7, generator=rng, dtype=torch.float64) for _ in range(2))
    return (
        case("one point each", x[:1], y[:1]),
        case("two points each", points(2, -3), points(1, 4)),
        case("a narrow and a wide sample", points(1, -1, 1, -1), points(-3, -3, 3, 3)),
        case("points that come twice, and more often", points(0, 0, 0, 1), points(0, 1, 1, 1)),
        case("seven points each", x, 0.5 + 2 * y),
        case("the same seven, shuffled", x, x.roll(3)),
    )


w1 = Value(
    title="Wasserstein-1 of two samples",
    proves="your cost is that of the cheapest of all 5,040 ways to pair seven points, and it sees "
    "a difference in spread.",
    hints=(
        "Which point of x should go to which of y? On a line a cheapest plan needs no two "
        "paths that cross.",
        "Smallest to smallest, second to second: sort both. torch.sort returns values and "
        "indices; you want .values.",
        "return (x.sort().values - y.sort().values).abs().mean().",
    ),
    asks="Check ``w1(x, y)`` for two samples (N,) of equal size: the cost of the cheapest pairing.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    terms=lambda x, y: (x.sort().values - y.sort().values).abs(),
    refused={"return_types.sort": "torch.sort returns values and indices; you want .values."},
)
