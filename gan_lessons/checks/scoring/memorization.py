"""The memorization ratio: an exercise of lesson 09, Score a generator."""

from collections.abc import Sequence

import torch

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Answer, Case, Slip, Table, Value, case
from gan_lessons.checks.scoring.clouds import cloud
from gan_lessons.checks.seen import Seen

RIGHT = """
def memorization_ratio(fake, train, held_out):
    def nearest(x, y):
        return torch.cdist(x, y).amin(dim=1)

    of_fakes = nearest(fake, train).median()
    honest = nearest(held_out, train).median()
    return of_fakes / honest
"""

ALL_PAIRS = (
    "you use all pairs; a copy has one neighbor at distance 0 and all others anywhere. Take the "
    "nearest first."
)
SIZES = (
    "the three sets differ in number, so nothing can be paired off: distances between all of two "
    "sets come from torch.cdist, and each set's median is taken before you divide."
)
MEAN = "a mean follows outliers: a few far fakes would hide many copies. Take the median."
OF_FAKES, HONEST = "nearest(fake, train).median()", "nearest(held_out, train).median()"
BODY = f"{OF_FAKES}\n    honest = {HONEST}\n    return of_fakes / honest"

SLIPS = (
    Slip(
        "of_fakes / honest",
        "honest / of_fakes",
        "upside down: divide the fakes' distance by that of the held-out reals. For copies the "
        "ratio must be 0.",
    ),
    Slip(
        "torch.cdist(x, y)",
        "torch.cdist(y, x)",
        "you ask, for each training sample, how near a fake comes; copies of a few training "
        "samples go unnoticed. For each *fake*, ask how near a training sample is.",
    ),
    Slip(
        OF_FAKES,
        "nearest(train, fake).median()",
        "of the fakes you ask, for each training sample, how near one comes; copies of a few go "
        "unnoticed. For each *fake*, ask how near a training sample is.",
    ),
    Slip(
        HONEST,
        "nearest(train, held_out).median()",
        "you ask, for each training sample, how near a held-out real comes; ask for each "
        "*held-out* real how near a training sample is.",
    ),
    Slip(
        HONEST,
        "nearest(held_out, fake).median()",
        "you compare with the held-out reals' distance to the *fakes*; the measure is how near "
        "held-out reals come to the training set.",
    ),
    Slip(
        HONEST,
        "nearest(fake, held_out).median()",
        "you compare with the fakes' distance to the *held-out* reals; that changes when the fakes "
        "get worse. Compare with held-out reals against the training set.",
    ),
    Slip(
        HONEST,
        "torch.cdist(held_out, held_out).sort().values[:, 1:2].median()",
        "you compare with distances among the held-out reals; they are fewer than the training "
        "samples, so farther apart. Compare with held-out against training.",
    ),
    Slip(
        HONEST,
        "torch.cdist(train, train).sort().values[:, 1].median()",
        "you compare with distances among the training samples; how near an unseen image comes is "
        "asked: held-out against training.",
    ),
    Slip(
        HONEST,
        "nearest(train, train).median()",
        "you compare training samples with themselves: each is its own nearest neighbor, at "
        "distance 0. Compare held-out against training.",
    ),
    Slip(
        OF_FAKES,
        "nearest(fake, held_out).median()",
        "your fakes are compared with the held-out reals, and it is the *training* samples that G "
        "may have copied.",
    ),
    Slip(
        "train).median()\n    honest = nearest(held_out, train).median()",
        "train).mean()\n    honest = nearest(held_out, train).mean()",
        MEAN,
    ),
    Slip(OF_FAKES, "nearest(fake, train).mean()", MEAN),
    Slip(HONEST, "nearest(held_out, train).mean()", "a mean stands below: both are medians."),
    Slip(OF_FAKES, "nearest(fake, train).amin()", "one fake is not typical: take the median."),
    Slip(
        BODY,
        "torch.cdist(fake, train).median()\n    "
        "honest = torch.cdist(held_out, train).median()\n    return of_fakes / honest",
        ALL_PAIRS,
    ),
    Slip(
        BODY,
        "torch.cdist(fake, train).mean()\n    "
        "honest = torch.cdist(held_out, train).mean()\n    return of_fakes / honest",
        ALL_PAIRS + " And take medians.",
    ),
    Slip(
        ".amin(dim=1)",
        ".amax(dim=1)",
        "you look for the farthest training sample: amin, not amax.",
    ),
    Slip(
        ".amin(dim=1)",
        ".amin(dim=0)",
        "amin(dim=0) answers for each training sample, since they are the columns of cdist(x, "
        "train). The nearest training sample to each fake is amin(dim=1).",
    ),
    Slip(
        ".amin(dim=1)",
        ".kthvalue(2).values",
        "you take the second nearest training sample. A fake is no training sample, so the first "
        "is not itself: amin(dim=1).",
    ),
    Slip(".amin(dim=1)", ".mean(dim=1)", ALL_PAIRS + " Not a mean over all."),
    Slip(
        "torch.cdist(x, y)",
        "torch.cdist(x, y).square()",
        "the squares of the distances are compared: the ratio comes out squared. Take distances.",
    ),
    Slip(
        "torch.cdist(x, y)",
        "torch.cdist(x, y, p=1)",
        "absolute differences are added up: measure the straight distance, torch.cdist as it is.",
    ),
    Slip(
        "of_fakes / honest",
        "of_fakes",
        "the distances are not divided by those of the held-out reals, so nobody can tell whether "
        "they are small.",
    ),
    Slip("of_fakes / honest", "of_fakes - honest", "a difference for a ratio: divide."),
    Slip("of_fakes / honest", "1 - of_fakes / honest", "1 minus the ratio: copies must give 0."),
    Slip("of_fakes / honest", "of_fakes / (of_fakes + honest)", "divide by honest alone."),
)


def cases(seed: int) -> Sequence[Case]:
    """Return features (M, d) of fakes, of training samples and of held-out reals.

    Fakes and held-out reals are odd in number: then all agree on what a median is.
    """
    rng = torch.Generator().manual_seed(seed)
    train, held_out, fresh = cloud(20, 3, rng), cloud(9, 3, rng), cloud(11, 3, rng)
    few = cloud(6, 1, rng)
    hidden = torch.cat([train[:7], 50 + cloud(4, 3, rng)])
    return (
        case("one fake and three held-out reals", cloud(1, 1, rng), few[:3], 1 + few[3:]),
        case(
            "three fakes and five held-out reals",
            cloud(3, 2, rng),
            cloud(6, 2, rng),
            cloud(5, 2, rng),
        ),
        case("new samples", fresh, train, held_out),
        case("fakes that scatter wider", 1.5 * fresh, train, held_out),
        case("copies of training samples", train[:11].clone(), train, held_out),
        case("seven copies and four far fakes", hidden, train, held_out),
    )


def far_ones_hide_copies(parts: Answer, asked: Sequence[Case]) -> None:
    """Raise where all is right but for copies among which a few fakes lie far off."""
    pairs = zip(memorization.all_of(parts, asked), memorization.known(RIGHT, asked), strict=True)
    *good, last = [isinstance(a, Seen) and memorization.alike(a, b) for a, b in pairs]
    if all(good) and not last:
        raise Wrong("7 of 11 fakes are copies and 4 far ones hide them. Take the median.")


memorization = Value(
    title="The memorization ratio",
    proves="copies give 0, new samples about 1, and a few far fakes do not hide the copies.",
    hints=(
        "Two numbers, each a median of distances to the nearest *training* sample: of the fakes, "
        "and of the held-out reals.",
        "torch.cdist(fake, train).amin(dim=1) is each fake's distance to its nearest training "
        "sample.",
        "return torch.cdist(fake, train).amin(1).median() / torch.cdist(held_out, train).amin(1)"
        ".median().",
    ),
    asks="Check ``memorization_ratio(fake, train, held_out)`` for features of three sizes.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    signs=far_ones_hide_copies,
    refused={"must match the size": SIZES, "broadcast": SIZES},
    share=1e-3,
    least=1e-3,
)
