"""Known by heart: an exercise of lesson 13, Learn from little data."""

from collections.abc import Sequence

import torch

from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def overfitting(train, held_out, fake):
    known, unseen, drawn = train.mean(), held_out.mean(), fake.mean()
    return (known - unseen) / (known - drawn)
"""

MEANS = "train.mean(), held_out.mean(), fake.mean()"
BELOW_ZERO = "below 0 is an answer, too: unseen images look *more* real. No abs, no clamp."

SLIPS = (
    Slip(
        "(known - unseen) / (known - drawn)",
        "(known - drawn) / (known - unseen)",
        "upside down: the gap to held out stands above, the gap to fake below.",
    ),
    Slip(
        "(known - unseen)",
        "(unseen - known)",
        "the sign is turned: where D is surer of its training images the measure is positive.",
    ),
    Slip(
        "(known - unseen)",
        "(unseen - drawn)",
        "this is how far fakes are from held out, not held out from train: 1 minus the measure.",
    ),
    Slip(
        "(known - drawn)",
        "(unseen - drawn)",
        "the gap below is train to fake; yours is held out to fake.",
    ),
    Slip(
        "(known - unseen) / (known - drawn)",
        "(known - drawn) / (unseen - drawn)",
        "the gap above is train to held out, and the one below train to fake; yours are train to "
        "fake and held out to fake.",
    ),
    Slip(
        "(known - unseen) / (known - drawn)",
        "(unseen - known) / (unseen - drawn)",
        "train and held out are exchanged.",
    ),
    Slip(
        " / (known - drawn)",
        "",
        "this is only the gap. Divide by train minus fake, or it grows with D's scale.",
    ),
    Slip(
        "(known - drawn)",
        "known",
        "the gap is divided by train's mean alone, which changes with D's level: divide by train "
        "minus fake.",
    ),
    Slip("(known - drawn)", "(known + drawn)", "below stands train minus fake; you add them."),
    Slip(
        "(known - unseen) /",
        "known - unseen /",
        "brackets are missing above: / goes before −, so only held out is divided.",
    ),
    Slip(
        "/ (known - drawn)",
        "/ known - drawn",
        "brackets are missing below: / goes before −, so fake is taken off the fraction.",
    ),
    Slip(
        MEANS,
        "(x.sigmoid().mean() for x in (train, held_out, fake))",
        "take logits as they are: a sigmoid flattens what is far from 0.",
    ),
    Slip(
        MEANS,
        "(x.sign().mean() for x in (train, held_out, fake))",
        "signs, or shares above 0, forget how far a logit is from 0. The controller will use them; "
        "here take the logits' means.",
    ),
    Slip(
        MEANS,
        "(x.median() for x in (train, held_out, fake))",
        "take the mean, not the median.",
    ),
    Slip(
        MEANS,
        "train.sum(), held_out.sum(), fake.sum()",
        "sums grow with the number of samples: take means.",
    ),
    Slip(
        "(known - unseen) / (known - drawn)",
        "((known - unseen) / (known - drawn)).abs()",
        BELOW_ZERO,
    ),
    Slip(
        "(known - unseen) / (known - drawn)",
        "((known - unseen) / (known - drawn)).clamp(0, 1)",
        BELOW_ZERO,
    ),
    Slip(
        "(known - unseen) / (known - drawn)",
        "((known - unseen) / (known - drawn)).clamp(min=0)",
        BELOW_ZERO,
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return logits on training, held-out and fake images, of several levels and scales."""
    rng = torch.Generator().manual_seed(seed)

    def logits(n: int, at: float, *, scale: float = 1.0) -> torch.Tensor:
        return scale * (at + torch.rand(n, generator=rng) - 0.5)

    train, held_out, fake = logits(2, 2.5), logits(2, 1.5), logits(2, -1.0)
    many = logits(9, 2.6), logits(7, 1.4), logits(12, -1.2)
    return (
        case("two logits of each kind", train, held_out, fake),
        case("unequal numbers of images", logits(3, 2.5), logits(5, 0.3), logits(1, -1.0)),
        case("more images", *many),
        case("the same, all 5 lower", *(x - 5 for x in many)),
        case("large logits", *(logits(6, at, scale=20.0) for at in (0.8, -0.1, -0.4))),
        case("held-out images that look more real", train, held_out + 2, fake),
        case("held-out images that look less real than fakes", train, fake - 1, fake),
        case("held-out images that look like fakes", train, fake.flip(0), fake),
    )


overfitting = Value(
    title="Known by heart",
    proves="0 where D treats unseen images like its own, 1 where it takes them for fakes, at any "
    "level and scale of its logits.",
    hints=(
        "Three means of logits: train, held out, fake. How far has held out come on the way from "
        "train to fake?",
        "Above: the gap between train and held out. Below: the gap between train and fake.",
        "return (train.mean() - held_out.mean()) / (train.mean() - fake.mean())",
    ),
    asks="Check ``overfitting(train, held_out, fake)``: logits of any number, level and scale.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    refused={
        "must match the size": "the three need not be equally many: take each mean first.",
    },
)
