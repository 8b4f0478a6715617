"""The memorization ratio: an exercise of lesson 09, Score a generator."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons import metrics
from gan_lessons.checks.exercise import Wrong, exercise
from gan_lessons.checks.scoring.numbers import any_sizes, cloud, named, number, same


@exercise(
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
)
def memorization(answer: Callable) -> None:
    """Check ``memorization_ratio(fake, train, held_out)`` for features of three sizes."""
    train, held_out = cloud(60, 5, 0), cloud(31, 5, 1)
    fresh, wide, copies = cloud(41, 5, 2), 1.5 * cloud(41, 5, 4), train[:41].clone()

    def ask(fake: Tensor) -> float:
        with any_sizes(
            "with 41 fakes, 60 training and 31 held-out samples your code stops: take each set's "
            "median before you divide."
        ):
            return number(answer(fake, train, held_out), "your function")

    copied, honest = ask(copies), (ask(fresh), ask(wide))
    if math.isinf(copied) or copied > 1e3:
        raise Wrong("for copies the ratio must be 0; yours is upside down: fakes / held-out.")
    true = [metrics.memorization_ratio(fake, train, held_out) for fake in (fresh, wide)]
    if not same(honest, true):
        named(honest, *(_mistakes(f, train, held_out) for f in (fresh, wide)))
        raise Wrong(f"for new samples the ratio is {true[0]:.3f}; you return {honest[0]:.3f}.")
    if abs(copied) > 1e-3:
        raise Wrong(f"copies of training samples must give 0; you return {copied:.3f}.")
    hidden = torch.cat([train[:25], 50 + cloud(16, 5, 3)])  # 25 copies, 16 far away
    if abs(ask(hidden)) > 1e-3:
        raise Wrong("25 of 41 fakes are copies and 16 far ones hide them. Take the median.")


def _mistakes(fake: Tensor, train: Tensor, held_out: Tensor) -> dict[str, float]:
    def near(a: Tensor, b: Tensor, how: Callable = torch.median) -> float:
        return float(how(torch.cdist(a, b).amin(1)))

    own = torch.cdist(held_out, held_out).kthvalue(2).values.median()
    pairs, base = torch.cdist(fake, train), torch.cdist(held_out, train)
    ours, honest = near(fake, train), near(held_out, train)
    turned = near(train, fake) / near(train, held_out)
    means = near(fake, train, torch.mean) / near(held_out, train, torch.mean)
    farthest = float(pairs.amax(1).median() / base.amax(1).median())
    all_pairs = "you use all pairs; a copy has one neighbor at distance 0 and all others anywhere. "
    return {
        "upside down: divide the fakes' distance by that of the held-out reals.": honest / ours,
        "you ask, for each training sample, how near a fake comes; copies of a few training "
        "samples go unnoticed. For each *fake*, ask how near a training sample is.": turned,
        "you compare with the held-out reals' distance to the *fakes*; the measure is how near "
        "held-out reals come to the training set.": ours / near(held_out, fake),
        "you compare with the fakes' distance to the *held-out* reals; that changes when the fakes "
        "get worse. Compare with held-out reals against the training set.": ours
        / near(fake, held_out),
        "you compare with distances among the held-out reals; they are fewer than the training "
        "samples, so farther apart. Compare with held-out against training.": ours / float(own),
        "a mean follows outliers: 16 far fakes would hide 25 copies. Take the median.": means,
        all_pairs + "Take the nearest first.": float(pairs.median() / base.median()),
        all_pairs + "Take the nearest first, not a mean.": float(pairs.mean() / base.mean()),
        "you look for the farthest training sample: amin, not amax.": farthest,
        "the distances are not divided by those of the held-out reals, so nobody can tell whether "
        "they are small.": ours,
    }
