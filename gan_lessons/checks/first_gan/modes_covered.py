"""Count the modes: an exercise of lesson 04, Train your first GAN."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def modes_covered(samples, centers, sigma):
    distance, nearest = torch.cdist(samples, centers).min(dim=1)
    hits = nearest[distance <= 3 * sigma].bincount(minlength=len(centers))
    fair = len(samples) / len(centers)
    return (hits >= 0.2 * fair).sum()
"""

TOO_FEW = (
    "a mode with 19 samples counts as covered, where 100 are fair. Ask for a fifth of its fair "
    "share, 0.2 * len(samples) / len(centers)."
)
TOO_MANY = "a mode with 21 samples, where 100 are fair, must count: 0.2 of 100 is enough."
NEAR = "samples 2.5 sigma from a center must count: the limit is 3 sigma."
GIVEN = "work with the sigma and the len(centers) that you are given."

SLIPS = (
    Slip(
        "[distance <= 3 * sigma]",
        "",
        "samples far away from their nearest center still count. Nearest is not near: ask for a "
        "distance of at most 3 sigma.",
    ),
    Slip("3 * sigma", "sigma", NEAR),
    Slip(
        "distance <= 3 * sigma",
        "distance**2 <= 9 * sigma",
        "sigma is not squared: the square of the distance stands against (3 sigma)², and that is "
        "9 sigma².",
    ),
    Slip("3 * sigma", "2 * sigma", NEAR),
    Slip(
        "distance <= 3 * sigma",
        "distance <= 3",
        "the limit does not change with sigma: it is 3 sigma, not 3.",
    ),
    Slip(
        "3 * sigma",
        "3 * 0.02",
        f"the limit does not change with sigma, which differs from mixture to mixture: {GIVEN}",
    ),
    Slip(
        "distance <= 3 * sigma",
        "distance**2 <= 3 * sigma",
        "squared distances stand against 3 sigma: the root is forgotten. Compare the distance "
        "itself, or its square with (3 sigma)².",
    ),
    Slip(
        "distance <= 3 * sigma",
        "distance >= 3 * sigma",
        "you count the samples that are far from every center, not those that are near one.",
    ),
    Slip(
        "torch.cdist(samples, centers)",
        "torch.cdist(samples, centers, p=torch.inf)",
        "samples at (2.9, 2.9) sigma are 4.1 sigma away but count: measure the distance, not each "
        "coordinate.",
    ),
    Slip(
        "torch.cdist(samples, centers)",
        "torch.cdist(samples, centers, p=1)",
        "samples at (1.9, 1.9) sigma are 2.7 sigma away and do not count: you add the coordinates "
        "up. Square them, add, and take the root.",
    ),
    Slip(
        ".min(dim=1)",
        ".max(dim=1)",
        "you take the farthest center of each sample: its nearest one is .min(dim=1).",
    ),
    Slip(
        ".min(dim=1)",
        ".min(dim=0)",
        "min runs over the samples here, so each center gets its nearest sample. Each sample needs "
        "its nearest center: dim=1.",
    ),
    Slip(
        "0.2 * fair",
        "1",
        "a single sample is enough for a mode to count. Ask for a fifth of its fair share, 0.2 * "
        "len(samples) / len(centers).",
    ),
    Slip("0.2 * fair", "0.1 * fair", TOO_FEW),
    Slip("0.2 * fair", "0.5 * fair", TOO_MANY),
    Slip(
        "0.2 * fair",
        "0.2 * len(samples)",
        "a fifth of *all* samples is asked of each mode. A fair share is len(samples) / "
        "len(centers): divide by the number of modes.",
    ),
    Slip(
        "hits >= 0.2",
        "hits > 0.2",
        "a mode with exactly a fifth of its fair share does not count. *At least* a fifth is >=.",
    ),
    Slip(
        "len(samples) / len(centers)",
        "hits.sum() / len(centers)",
        "the fair share must be of *all* samples, also those far from any mode.",
    ),
    Slip(
        "len(samples) / len(centers)",
        "len(samples) / 8",
        f"the ring's 8 modes stand in your fair share: {GIVEN}",
    ),
    Slip(
        "return (hits >= 0.2 * fair).sum()",
        "return (hits >= 0.2 * fair).float().mean()",
        "for modes that are all full you return 1: a share, not a count.",
    ),
    Slip(
        "(hits >= 0.2 * fair).sum()",
        "hits[hits >= 0.2 * fair].sum()",
        "you add up the samples at the modes that are covered. Count the modes: sum the mask.",
    ),
    Slip(
        "(hits >= 0.2 * fair).sum()",
        "hits >= 0.2 * fair",
        "yes or no comes back for each mode. Count them: .sum().",
    ),
    Slip(
        "(hits >= 0.2 * fair).sum()",
        "(hits < 0.2 * fair).sum()",
        "you count the modes that are *not* covered: turn the comparison round.",
    ),
)


def _cloud(centers: Tensor, counts: Sequence[int], *, away: Sequence[float] = (0.0, 0.0)) -> Tensor:
    """Return so many samples at each of some centers, each moved by ``away``."""
    return centers.repeat_interleave(torch.tensor(counts), dim=0) + torch.tensor(away)


def cases(seed: int) -> Sequence[Case]:
    """Return clouds whose count is known, the first ones small."""
    rng = torch.Generator().manual_seed(seed)
    two = torch.tensor([[0.0, 0.0], [10, 0]])
    near, far, corner, inside = [0.0, 2.5], [0.0, 3.5], [2.9, 2.9], [1.9, 1.9]
    four = torch.tensor([[0.0, 0.0], [10, 0], [0, 10], [10, 10]])
    grid = torch.cartesian_prod(torch.arange(3.0), torch.arange(3.0))
    uneven = _cloud(grid, (19, 19, 19, 21, 21, 21, 260, 260, 260), away=(0.25, 0.0))
    uneven = uneven[torch.randperm(len(uneven), generator=rng)]
    lost = torch.full((140, 2), 50.0)
    return (
        case("one sample at each of two centers", two.clone(), two, 1.0),
        case("two samples at one center and none at the other", two * 0.05, two, 1.0),
        case("samples at 2.5 and at 3.5 sigma", two + torch.tensor([near, far]), two, 1.0),
        case(
            "samples at (1.9, 1.9) and at (2.9, 2.9) sigma",
            two + torch.tensor([inside, corner]),
            two,
            1.0,
        ),
        case(
            "samples 0.25 and 0.5 away, with a sigma of 0.1",
            two + torch.tensor([[0.25, 0], [0, 0.5]]),
            two,
            0.1,
        ),
        case(
            "19, 21, 180 and 180 samples at four centers, half a sigma away",
            _cloud(four, (19, 21, 180, 180), away=(0.5, 0.0)),
            four,
            1.0,
        ),
        case(
            "1 sample at each of four centers and 140 far from all",
            torch.cat([four, lost]),
            four,
            1.0,
        ),
        case(
            "1, 1, 200 and 198 samples at four centers", _cloud(four, (1, 1, 200, 198)), four, 0.1
        ),
        case("nine centers, of which three get 19 samples where 100 are fair", uneven, grid, 0.1),
        case(
            "1, 5, 7 and 7 samples at four centers, exactly a fifth of the fair share at one",
            _cloud(four, (1, 5, 7, 7)),
            four,
            1.0,
        ),
    )


modes_covered = Value(
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
    asks="Check ``modes_covered(samples, centers, sigma)`` on samples whose answer is known.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
)
