"""Read an ablation: an exercise of lesson 12, Stabilize the game."""

from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons import metrics
from gan_lessons.checks.exercise import Wrong, ask, exercise

REFUSED = {  # what PyTorch says of a broken answer, and what that means here
    "with two bool tensors": "PyTorch does not subtract one yes-or-no tensor from another: make "
    "numbers of them first, (low > 0).int() - (high < 0).int().",
}


@exercise(
    title="Read an ablation",
    proves="a row is better or worse only if the interval of its differences, seed by seed, leaves "
    "out 0; everything else is undecided, and so is a row with a broken run.",
    hints=(
        "Row by row and seed by seed: scores[1:] - scores[:1] has one difference per seed, (rows, "
        "seeds). metrics.over_seeds gives low end, mean and high end of their interval.",
        "Better, +1, if the whole interval lies above 0: low > 0. Worse, −1, if it lies below: "
        "high < 0. All else 0. Comparisons with NaN are False, so a broken run gives 0 by itself.",
        "low, mean, high = metrics.over_seeds(scores[1:] - scores[:1]); return (low > 0).int() - "
        "(high < 0).int()",
    ),
)
def verdicts(answer: Callable) -> None:
    """Check ``verdicts(scores)``: (rows, seeds) -> one of −1, 0, +1 for each row but the first.

    On many made-up tables; what comes back is compared with what the usual mistakes give.
    """
    with torch.random.fork_rng(devices=[]):
        for seeds in (5, 3, 8):
            _check_verdicts(answer, _table(seeds))
        _check_broken(answer)


def _table(seeds: int, rows: int = 300) -> Tensor:
    """Return scores of which some rows differ clearly and many nearly; seeds differ a lot.

    Rows on the very edge, where the digits of Student's number decide, are left out.
    """
    luck, effect = torch.randn(seeds), 2 * torch.randn(rows, 1)
    spread = 0.2 + 1.5 * torch.rand(rows, 1)
    effect[0], spread[0] = 0, 0.7
    scores = 2 + luck + effect + spread * torch.randn(rows, seeds)
    low, mean, high = metrics.over_seeds(scores - scores[:1])
    edge = (2 * mean / (high - low)).abs()  # 1: the interval ends at 0
    edge[0] = 0
    return scores[(edge - 1).abs() > 0.02]


def _signs(low: Tensor, high: Tensor) -> Tensor:
    return (low > 0).long() - (high < 0).long()


def _right(scores: Tensor) -> Tensor:
    low, _, high = metrics.over_seeds(scores[1:] - scores[:1])
    return _signs(low, high)


def _mistakes(scores: Tensor) -> dict[str, Tensor]:
    """Return for each diagnosis the verdicts that such an answer gives."""
    n, gaps = scores.shape[1], scores[1:] - scores[:1]
    t, mean, std = metrics.STUDENT[min(n, 10) - 2], gaps.mean(1), gaps.std(1)
    low, _, high = metrics.over_seeds(scores)
    ends = [mean - t * std / n**0.5, mean + t * std / n**0.5]
    pooled = t * ((scores[1:].var(1) + scores[0].var()) / n) ** 0.5
    free = metrics.STUDENT[min(2 * n - 1, 10) - 2] / t * pooled  # more degrees of freedom
    steps = scores.diff(dim=0)
    best = scores[:1] - scores[1:]
    unpaired = "the seeds are pooled: you compare two means with the spread of each. All rows had "
    unpaired += "the same seeds, so take the differences seed by seed first; what a seed does to "
    unpaired += "all rows then drops out."
    z = 1.96 * std / n**0.5
    tight = t * gaps.std(1, unbiased=False) / n**0.5
    return {
        unpaired: _signs(mean - pooled, mean + pooled),
        unpaired + " ": _signs(mean - free, mean + free),
        "you ask whether two intervals overlap. That is no test: they may overlap where every seed "
        "says the same. Take the interval of the differences.": _signs(
            low[1:] - high[0], high[1:] - low[0]
        ),
        "you ask whether one mean lies in the other's interval. Take the interval of the "
        "differences, seed by seed.": _signs(
            low[1:] - scores[0].mean(), high[1:] - scores[0].mean()
        ),
        "you go by the means alone: any two runs differ by something. It takes the "
        "interval.": mean.sign().long(),
        "you use 1.96, as if there were many seeds. With few the interval is wider: "
        "metrics.over_seeds knows Student's numbers.": _signs(mean - z, mean + z),
        "the standard deviation divides by n; over so few seeds that is too small, and n − 1 is "
        "right.": _signs(mean - tight, mean + tight),
        "the root of n is missing: the mean of n differences is surer than one of them.": _signs(
            mean - t * std, mean + t * std
        ),
        "you take mean ± one deviation, which is no interval of 95 %.": _signs(
            mean - std, mean + std
        ),
        "you take mean ± two deviations: that is where single runs lie. Of interest is where the "
        "mean lies.": _signs(mean - 2 * std, mean + 2 * std),
        "you take mean ± one standard error, which covers the truth in two of three cases "
        "only.": _signs(mean - std / n**0.5, mean + std / n**0.5),
        "you ask for all seeds to agree. That is strict with many seeds and loose with three; take "
        "the interval.": _signs(gaps.amin(1), gaps.amax(1)),
        "you go by the best seed of each row: that is how to make any row win.": (
            scores[1:].amax(1) - scores[0].amax()
        )
        .sign()
        .long(),
        "you go by one seed.": gaps[:, 0].sign().long(),
        "you go by the medians alone; it takes an interval.": (
            scores[1:].median(1).values - scores[0].median()
        )
        .sign()
        .long(),
        "better and worse are exchanged: +1 says that the row has the larger scores.": _signs(
            *(metrics.over_seeds(best)[i] for i in (0, 2))
        ),
        "you compare each row with the row before it; all are compared with row 0.": _signs(
            *(metrics.over_seeds(steps)[i] for i in (0, 2))
        ),
        "you ask for the rows that are clearly better only: a row that is clearly worse is −1.": (
            ends[0] > 0
        ).long(),
        "you mark clear differences, but not their direction: +1 better, −1 worse.": _signs(
            *ends
        ).abs(),
        "you ask whether the interval contains 0: +1 there should be 0.": (
            (ends[0] <= 0) & (ends[1] >= 0)
        ).long(),
        "the sign tells whether a row's own scores differ from 0. Subtract row 0.": _signs(
            low[1:], high[1:]
        ),
    }


def _call(answer: Callable, scores: Tensor) -> Tensor:
    kept = scores.clone()
    got = ask(answer, scores, refused=REFUSED)
    if not torch.equal(scores.nan_to_num(), kept.nan_to_num()):
        raise Wrong("the scores themselves are changed. Compute with new tensors.")
    if got is None:
        raise Wrong("nothing came back: return one verdict for each row but the first.")
    try:
        got = torch.as_tensor(got)
    except (TypeError, ValueError, RuntimeError) as error:
        raise Wrong(f"verdicts should be a tensor or a list, not {type(got).__name__}.") from error
    rows, seeds = scores.shape
    if got.shape == (rows,):
        raise Wrong("row 0 is what the others are compared with: no verdict for it, rows 1 on.")
    if got.shape == (seeds,):
        raise Wrong("one verdict per seed came back: the mean and interval go over the seeds.")
    if got.shape != (rows - 1,):
        raise Wrong(
            f"for {rows} rows of {seeds} seeds {rows - 1} verdicts should come back, not "
            f"{tuple(got.shape)}."
        )
    if got.is_floating_point() and got.isnan().any():
        raise Wrong("a verdict is −1, 0 or +1; NaN came back. A broken run leaves a row undecided.")
    if not torch.isin(got.double(), torch.tensor([-1.0, 0.0, 1.0]).double()).all():
        raise Wrong("a verdict is −1, 0 or +1, but other numbers came back.")
    return got.long()


def _check_verdicts(answer: Callable, scores: Tensor) -> None:
    got, right = _call(answer, scores), _right(scores)
    if torch.equal(got, right):
        return
    for said, wrong in _mistakes(scores).items():
        if torch.equal(got, wrong):
            raise Wrong(said.strip())
    off = int((got != right).nonzero()[0])
    low, mean, high = metrics.over_seeds(scores[off + 1] - scores[0])
    raise Wrong(
        f"a row whose differences have the mean {float(mean):+.2f} and the interval "
        f"{float(low):+.2f} to {float(high):+.2f} should be {int(right[off]):+d}, not "
        f"{int(got[off]):+d}."
    )


def _check_broken(answer: Callable) -> None:
    """A run that broke has no score, and a mean that leaves it out is a lie."""
    scores = torch.randn(1, 5) + torch.tensor([0.0, 9.0, 9.0, -9.0])[:, None]
    scores = scores + 0.1 * torch.randn(4, 5)
    scores[1, 2] = torch.nan
    got = _call(answer, scores)
    if got[0] != 0:
        raise Wrong(
            "a row with a broken run (NaN) is given a verdict. It has no mean: leaving the broken "
            "run out makes a method look as good as its luckiest seeds. Undecided, 0."
        )
    if got.tolist() != [0, 1, -1]:
        raise Wrong("one broken run spoils the verdicts on other rows: each row for itself.")
