"""Which method is ahead in every run: an exercise of lesson 19, Compare GAN, VAE and flow."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def ahead(a, b):
    if min(a) > max(b):
        return 1
    if max(a) < min(b):
        return -1
    return 0
"""

FIRST = "if min(a) > max(b):\n        return 1\n    if max(a) < min(b):\n        return -1"
PAIRED = (
    "it compares seed by seed. A GAN and a VAE of one seed have nothing in common, so whose seed 0 "
    "meets whose is chance: compare every run of a with every run of b."
)
RUN_BY_RUN = (
    "it compares run by run, and stops where one method has more runs than the other. Two runs of "
    "one number have nothing in common: compare every run of a with every run of b."
)
OVERLAP = (
    "two sets that overlap count as ahead: the better ends are compared, not every run with every "
    "run. The worst of one must beat the best of the other."
)

SPREADS = (
    "means and their spreads (standard deviations, or errors) decide. Of three runs a spread is "
    "hardly known; here every run is to beat every run."
)
NOT_NUMPY = (
    "a and b are tensors, of which NumPy's functions cannot take the least or the mean: a.min(), "
    "or a = np.asarray(a) first."
)

SLIPS = (
    Slip(
        FIRST,
        "n = min(len(a), len(b))\n    if (a[:n] > b[:n]).all():\n        return 1\n"
        "    if (a[:n] < b[:n]).all():\n        return -1",
        PAIRED,
    ),
    Slip(
        FIRST,
        "if a.mean() > b.mean():\n        return 1\n    if a.mean() < b.mean():\n        return -1",
        "it compares the means. Those always differ, also where runs of a lie below runs of b.",
    ),
    Slip(
        FIRST,
        "if a.median() > b.median():\n        return 1\n    if a.median() < b.median():\n"
        "        return -1",
        "it compares the medians, that is one run with one. Every run counts.",
    ),
    Slip(
        FIRST,
        "_won = (a[:, None] > b).sum() - (a[:, None] < b).sum()\n"
        "    if _won > 0:\n        return 1\n    if _won < 0:\n        return -1",
        "more than half of all pairs decide for it, and all are asked: one lost pair, and the "
        "matter is open.",
    ),
    Slip(
        FIRST,
        "return (a[:, None] > b).double().mean() - (a[:, None] < b).double().mean()",
        "a share of pairs comes back, and a verdict is asked: 1 if all pairs are won, -1 if all "
        "are lost, else 0.",
    ),
    Slip(
        FIRST,
        "return 2 * (a[:, None] > b).double().mean() - 1",
        "a share of pairs comes back, and a verdict is asked: 1 if all pairs are won, -1 if all "
        "are lost, else 0.",
    ),
    Slip(
        FIRST,
        "return a.mean() - b.mean()",
        "a difference of means comes back, and a verdict is asked: 1, -1 or 0.",
    ),
    Slip(
        FIRST,
        "if a[0] > b[0]:\n        return 1\n    if a[0] < b[0]:\n        return -1",
        "it looks at the first runs alone, or returns at the first pair. Every run of a meets "
        "every run of b before anything is said.",
    ),
    Slip(
        FIRST,
        "if a[0] > max(b):\n        return 1\n    if a[0] < min(b):\n        return -1",
        "only the first run of a is asked: every run of a has to win.",
    ),
    Slip(
        FIRST,
        "if max(a) > max(b):\n        return 1\n    if max(a) < max(b):\n        return -1",
        "it compares the best runs: whoever tries more seeds wins. Every run counts.",
    ),
    Slip(
        FIRST,
        "if min(a) > min(b):\n        return 1\n    if min(a) < min(b):\n        return -1",
        "it compares the worst runs. That the worst of a beats the worst of b is not enough: it "
        "must beat the best.",
    ),
    Slip(
        FIRST,
        "if min(a) > min(b) and max(a) > max(b):\n        return 1\n"
        "    if min(a) < min(b) and max(a) < max(b):\n        return -1",
        OVERLAP,
    ),
    Slip(
        FIRST,
        "if max(a) > min(b):\n        return 1\n    if min(a) < max(b):\n        return -1",
        "one run that wins is enough for it. Which run of a has the hardest time, and against "
        "which of b?",
    ),
    Slip(
        FIRST,
        "if min(a) > b.mean():\n        return 1\n    if max(a) < b.mean():\n        return -1",
        "the runs of a meet the mean of b. The best run of b is the one to beat.",
    ),
    Slip(
        FIRST,
        "if a.mean() > max(b):\n        return 1\n    if a.mean() < min(b):\n        return -1",
        "the mean of a meets the runs of b. The worst run of a has to win, too.",
    ),
    Slip(
        FIRST,
        "if min(a) >= max(b):\n        return 1\n    if max(a) <= min(b):\n        return -1",
        "equal runs count as a win. A tie is open: > and <, not >= and <=.",
    ),
    Slip(
        FIRST,
        "if min(a) > max(b):\n        return -1\n    if max(a) < min(b):\n        return 1",
        "the sign is turned: 1 says that a is ahead, and more is better.",
    ),
    Slip(
        FIRST,
        "if min(a) > max(b):\n        return 1",
        "it never says -1: where every run of b beats every run of a, b is ahead, and that is no "
        "open question.",
    ),
    Slip(
        FIRST,
        "if max(a) < min(b):\n        return -1",
        "it never says 1, also where every run of a beats every run of b.",
    ),
    Slip(
        "if max(a) < min(b):\n        return -1",
        "if max(a) < min(b):\n        return 1",
        "it says 1 where b is ahead as well: there it is -1.",
    ),
    Slip(
        "if max(a) < min(b):",
        "if max(a) < max(b):",
        "the way to 1 is right, the one to -1 is not: the best run of a meets the best of b there, "
        "and has to lose against the *worst*.",
    ),
    Slip(
        "if max(a) < min(b):",
        "if min(a) < min(b):",
        "the way to 1 is right, the one to -1 is not: the worst run of a meets the worst of b "
        "there. The *best* of a has to lose.",
    ),
    Slip(
        "if max(a) < min(b):",
        "if min(a) < max(b):",
        "the way to 1 is right, the one to -1 is not: one run of a that loses is enough for it. "
        "Where some win and some lose, it is open.",
    ),
    Slip(
        "if max(a) < min(b):",
        "if max(a) <= min(b):",
        "a tie counts as lost: equal runs leave it open, < and not <=.",
    ),
    Slip(
        "if min(a) > max(b):",
        "if min(a) >= max(b):",
        "a tie counts as won: equal runs leave it open, > and not >=.",
    ),
    Slip("return 0", "return -1", "it never says 0: what is neither is open."),
    Slip("return 0", "return 1", "it never says 0: what is neither is open."),
    Slip(
        FIRST,
        "_gap = a.mean() - b.mean()\n"
        "    _noise = (a.var() / len(a) + b.var() / len(b)).sqrt()\n"
        "    if _gap > 2 * _noise:\n        return 1\n"
        "    if _gap < -2 * _noise:\n        return -1",
        SPREADS,
    ),
    Slip(
        FIRST,
        "_ranks = list(zip(sorted(a), sorted(b)))\n"
        "    if all(x > y for x, y in _ranks):\n        return 1\n"
        "    if all(x < y for x, y in _ranks):\n        return -1",
        "it compares rank by rank, the worst with the worst and the best with the best. The worst "
        "run of one has to beat the *best* of the other.",
    ),
    Slip(
        FIRST,
        "if a.mean() - a.std() > b.mean() + b.std():\n        return 1\n"
        "    if a.mean() + a.std() < b.mean() - b.std():\n        return -1",
        SPREADS,
    ),
)


def _said(ahead: Callable, a: Tensor, b: Tensor) -> object:
    """Return what an answer says; where it says several things, that is told."""
    said = ahead(a, b)
    many = said if isinstance(said, Tensor | np.ndarray | list | tuple) else ()
    count = many.numel() if isinstance(many, Tensor) else np.size(many)
    if count > 1:
        raise Wrong(
            f"{count} answers come back, and one is asked: 1, -1 or 0, for both sets as a whole. "
            "Seed 0 of a does not belong to seed 0 of b: compare every run with every run."
        )
    return said


def cases(seed: int) -> Sequence[Case]:
    """Return scores of runs: apart, overlapping, interleaved, tied, of unequal numbers."""
    rng = torch.Generator().manual_seed(seed)

    def runs(*values: float) -> Tensor:
        off = 0.02 * torch.rand((), generator=rng)
        return torch.tensor(values, dtype=torch.float64) + off

    tied = torch.tensor([0.5, 0.7, 0.6], dtype=torch.float64)
    high = torch.tensor([0.9, 0.7, 0.8], dtype=torch.float64)
    return (
        case("runs that lie above", runs(0.7, 0.8, 0.75), runs(0.5, 0.4, 0.6)),
        case("runs that lie below", runs(0.2, 0.1, 0.3), runs(0.5, 0.4, 0.6)),
        case("pairs that all win, and overlap", runs(0.5, 0.6, 0.7), runs(0.4, 0.55, 0.65)),
        case("pairs that all lose, and overlap", runs(0.4, 0.55, 0.65), runs(0.5, 0.6, 0.7)),
        case("pairs that do not all win", runs(0.5, 0.7, 0.8), runs(0.6, 0.4, 0.3)),
        case("pairs that win and lose, all apart", runs(0.7, 0.9, 0.8), runs(0.6, 0.3, 0.1)),
        case("one lucky run", runs(0.3, 0.35, 0.9), runs(0.5, 0.4, 0.6)),
        case("one unlucky run", runs(0.8, 0.1, 0.9), runs(0.5, 0.4, 0.6)),
        case("one unlucky run among five", runs(0.8, 0.82, 0.81, 0.5, 0.83), runs(0.3, 0.6, 0.4)),
        case("a middle that wins, and pairs that lose", runs(0.1, 0.6, 0.65), runs(0.2, 0.5, 0.9)),
        case("first runs that tell nothing", runs(0.9, 0.3, 0.4), runs(0.2, 0.5, 0.6)),
        case("a wide one around a narrow one", runs(0.1, 0.5, 0.9), runs(0.45, 0.55, 0.52)),
        case("far apart but for a hair", runs(0.9, 0.59, 0.95, 0.92), runs(0.2, 0.65, 0.3)),
        case("a worst run that ties with a best", high, tied),
        case("a best run that ties with a worst", tied, high),
        case("three runs and five", runs(0.7, 0.8, 0.75), runs(0.5, 0.4, 0.6, 0.3, 0.65)),
    )


ahead = Value(
    title="Ahead in every run",
    proves="1 where every run of a beats every run of b, -1 where every run loses, 0 for all that "
    "is open, ties too; it needs no pairs, so the numbers of runs may differ.",
    hints=(
        "Seed 0 of one method and seed 0 of another share nothing. Which single comparison decides "
        "that *every* run of a beats *every* run of b?",
        "The hardest case for a is its worst run against the best run of b. And the mirror image "
        "of that for -1.",
        "if min(a) > max(b): return 1; if max(a) < min(b): return -1; return 0",
    ),
    asks="Check ``ahead(a, b)``: 1, -1 or 0 for two sets of scores of which more is better.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    observe=_said,
    refused={
        "argument 'dim' must be int, not NoneType": NOT_NUMPY,
        "unexpected keyword argument 'axis'": NOT_NUMPY,
        "must match the size of tensor": RUN_BY_RUN,
        "could not be broadcast together": RUN_BY_RUN,
        "out of bounds for": RUN_BY_RUN,
        "list index out of range": RUN_BY_RUN,
        "zip() argument": RUN_BY_RUN,
    },
)
