"""Known by heart: an exercise of lesson 13, Learn from little data."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong, a_float, exercise, near


@exercise(
    title="Known by heart",
    proves="0 where D treats unseen images like its own, 1 where it takes them for fakes, at any "
    "level and scale of its logits.",
    hints=(
        "Three means of logits: train, held out, fake. How far has held out come on the way from "
        "train to fake?",
        "Above: the gap between train and held out. Below: the gap between train and fake.",
        "return (train.mean() - held_out.mean()) / (train.mean() - fake.mean())",
    ),
)
def overfitting(answer: Callable) -> None:
    """Check ``overfitting(train, held_out, fake)``: logits of any number, level and scale."""
    with torch.random.fork_rng(devices=[]):
        for scale, level, sizes in ((1.0, 0.0, (40, 30, 50)), (8.0, -3.0, (5, 7, 1))):
            logits = [
                scale * (torch.randn(n) + at) + level
                for n, at in zip(sizes, (2.5, 1.6, -1.0), strict=True)
            ]
            _check_measure(answer, *logits)
        _check_measure(answer, torch.randn(40) + 1, torch.randn(30) + 2, torch.randn(50) - 3)


def _check_measure(answer: Callable, train: Tensor, held_out: Tensor, fake: Tensor) -> None:
    t, v, g = (float(x.mean()) for x in (train, held_out, fake))
    try:
        got = a_float(answer(train, held_out, fake), "the measure")
    except RuntimeError as error:
        if "must match the size" in str(error):
            raise Wrong("the three need not be equally many: take each mean first.") from error
        raise
    right = (t - v) / (t - g)
    if near(got, right):
        return
    if right < 0 and (near(got, -right) or near(got, 0.0)):
        raise Wrong("below 0 is an answer, too: unseen images look *more* real. No abs, no clamp.")
    p = [float(x.sigmoid().mean()) for x in (train, held_out, fake)]
    s = [float(x.sign().mean()) for x in (train, held_out, fake)]
    m = [float(x.median()) for x in (train, held_out, fake)]
    added = [float(x.sum()) for x in (train, held_out, fake)]

    def of(a: Sequence[float]) -> float:
        return (a[0] - a[1]) / (a[0] - a[2]) if a[0] != a[2] else torch.nan

    mistakes = {
        "upside down: the gap to held out stands above, the gap to fake below.": 1 / right,
        "the sign is turned: where D is surer of its training images the measure is positive.": (
            -right
        ),
        "this is how far fakes are from held out, not held out from train: 1 minus the measure.": (
            1 - right
        ),
        "the gap below is train to fake; yours is held out to fake.": (t - v) / (v - g),
        "the gap above is train to held out; yours is train to fake.": (t - g) / (v - g),
        "this is only the gap. Divide by train minus fake, or it grows with D's scale.": t - v,
        "train and held out are exchanged.": (v - t) / (v - g),
        "take logits as they are: a sigmoid flattens what is far from 0.": of(p),
        "signs are what the controller will use; here take the logits' means.": of(s),
        "take the mean, not the median.": of(m),
        "sums grow with the number of samples: take means.": of(added),
    }
    for said, value in mistakes.items():
        if near(got, value):
            raise Wrong(said)
    raise Wrong(f"for means of {t:.2f}, {v:.2f} and {g:.2f} it is {right:.3f}; you say {got:.3f}.")
