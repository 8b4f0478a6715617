"""Read an ablation: an exercise of lesson 12, Stabilize the game."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gan_lessons import metrics
from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Case, Slip, Table, Value, case
from gan_lessons.checks.seen import Seen

RIGHT = """
def verdicts(scores):
    gaps = scores[1:] - scores[:1]
    n, mean = gaps.shape[1], gaps.mean(1)
    half = metrics.STUDENT[min(n, 10) - 2] * gaps.std(1) / n**0.5
    low, high = mean - half, mean + half
    return (low > 0).int() - (high < 0).int()
"""

GAPS = "scores[1:] - scores[:1]"
HALF = "metrics.STUDENT[min(n, 10) - 2] * gaps.std(1) / n**0.5"
ENDS = "low, high = mean - half, mean + half"
SAID = "(low > 0).int() - (high < 0).int()"
POOLED = (
    "the seeds are pooled: you compare two means with the spread of each. All rows had the same "
    "seeds, so take the differences seed by seed first; what a seed does to all rows then drops "
    "out."
)
OVERLAP = (
    "you ask whether two intervals overlap. That is no test: they may overlap where every seed "
    "says the same. Take the interval of the differences."
)
BROKEN = (
    "a row with a broken run (NaN) is given a verdict. It has no mean: leaving the broken run out, "
    "or calling it 0, makes a method look as good as its luckiest seeds. Undecided, 0."
)
TWO_MEANS = "(scores[1:].var(1) + scores[0].var()).sqrt()"

SLIPS = (
    Slip(HALF, f"metrics.STUDENT[min(n, 10) - 2] * {TWO_MEANS} / n**0.5", POOLED),
    Slip(HALF, f"metrics.STUDENT[min(2 * n - 1, 10) - 2] * {TWO_MEANS} / n**0.5", POOLED),
    Slip(
        ENDS,
        "each = metrics.over_seeds(scores)\n"
        "    low, high = each[0][1:] - each[2][0], each[2][1:] - each[0][0]",
        OVERLAP,
    ),
    Slip(
        GAPS,
        "scores[1:] - scores[0].mean()",
        "you ask whether one mean lies in the other's interval. Take the interval of the "
        "differences, seed by seed.",
    ),
    Slip(
        ENDS,
        "low = high = mean",
        "you go by the means alone: any two runs differ by something. It takes the interval.",
    ),
    Slip(
        "metrics.STUDENT[min(n, 10) - 2]",
        "1.96",
        "you use 1.96, as if there were many seeds. With few the interval is wider: "
        "metrics.over_seeds knows Student's numbers.",
    ),
    Slip(
        "min(n, 10) - 2",
        "min(n, 9) - 1",
        "Student's number is that of one seed more: n seeds leave n − 1 degrees of freedom, and "
        "metrics.STUDENT begins with two seeds.",
    ),
    Slip(
        "n, mean = gaps.shape[1]",
        "n, mean = len(gaps)",
        "you count the rows for n: the interval is that of the seeds.",
    ),
    Slip(
        "gaps.std(1)",
        "gaps.std(1, unbiased=False)",
        "the standard deviation divides by n; over so few seeds that is too small, and n − 1 is "
        "right.",
    ),
    Slip("gaps.std(1)", "gaps.var(1)", "the variance stands where its root should, the deviation."),
    Slip(
        "gaps.std(1)",
        "gaps.std()",
        "one deviation is taken over all rows together: each row has its own.",
    ),
    Slip(
        " / n**0.5",
        "",
        "the root of n is missing: the mean of n differences is surer than one of them.",
    ),
    Slip(
        " / n**0.5",
        " / n",
        "you divide by n: the error of a mean falls with the root of n.",
    ),
    Slip(HALF, "gaps.std(1)", "you take mean ± one deviation, which is no interval of 95 %."),
    Slip(
        HALF,
        "2 * gaps.std(1)",
        "you take mean ± two deviations: that is where single runs lie. Of interest is where the "
        "mean lies.",
    ),
    Slip(
        HALF,
        "gaps.std(1) / n**0.5",
        "you take mean ± one standard error, which covers the truth in two of three cases only.",
    ),
    Slip(
        ENDS,
        "low, high = gaps.amin(1), gaps.amax(1)",
        "you ask for all seeds to agree. That is strict with many seeds and loose with three; take "
        "the interval.",
    ),
    Slip(
        ENDS,
        "low = high = scores[1:].amax(1) - scores[0].amax()",
        "you go by the best seed of each row: that is how to make any row win.",
    ),
    Slip(ENDS, "low = high = gaps[:, 0]", "you go by one seed."),
    Slip(
        ENDS,
        "low = high = scores[1:].median(1).values - scores[0].median()",
        "you go by the medians alone; it takes an interval.",
    ),
    Slip(
        GAPS,
        "scores[:1] - scores[1:]",
        "better and worse are exchanged: +1 says that the row has the larger scores.",
    ),
    Slip(
        GAPS,
        "scores[1:] - scores[:-1]",
        "you compare each row with the row before it; all are compared with row 0.",
    ),
    Slip(
        GAPS,
        "scores[1:] - scores.mean(0)",
        "you compare each row with the mean of all rows; all are compared with row 0.",
    ),
    Slip(
        GAPS,
        "scores[1:] / scores[:1] - 1",
        "you take differences as shares of row 0: seeds on which it does badly then count most. "
        "Subtract, and do not divide.",
    ),
    Slip(
        GAPS,
        "scores[1:]",
        "the sign tells whether a row's own scores differ from 0. Subtract row 0.",
    ),
    Slip(
        GAPS,
        "scores - scores[:1]",
        "row 0 is what the others are compared with: no verdict for it, rows 1 on.",
    ),
    Slip(
        GAPS,
        "(scores - scores[:1]).T",
        "one verdict per seed came back: the mean and interval go over the seeds.",
    ),
    Slip(
        SAID,
        "(low > 0).int()",
        "you ask for the rows that are clearly better only: a row that is clearly worse is −1.",
    ),
    Slip(
        SAID,
        "(low > 0).int() + (high < 0).int()",
        "you mark clear differences, but not their direction: +1 better, −1 worse.",
    ),
    Slip(
        SAID,
        "((low <= 0) & (high >= 0)).int()",
        "you ask whether the interval contains 0: +1 there should be 0.",
    ),
    Slip(
        "(high < 0)",
        "(low < 0)",
        "a row is called worse as soon as a part of its interval lies below 0: all of it must, "
        "so it is the high end that counts.",
    ),
    Slip(
        "(low > 0)",
        "(high > 0)",
        "a row is called better as soon as a part of its interval lies above 0: all of it must, "
        "so it is the low end that counts.",
    ),
    Slip(
        SAID,
        "(low > 0) - (high < 0)",
        "PyTorch does not subtract one yes-or-no tensor from another: make numbers of them first, "
        "(low > 0).int() - (high < 0).int().",
    ),
    Slip(SAID, "mean", "you return the means. A verdict is −1, 0 or +1, and nothing between."),
    Slip(
        "n, mean = gaps.shape[1], gaps.mean(1)",
        "gaps = gaps.nan_to_num(0.0)\n    n, mean = gaps.shape[1], gaps.mean(1)",
        BROKEN,
    ),
    Slip(GAPS, "scores[1:].nan_to_num(0.0) - scores[:1]", BROKEN),
    Slip(
        ENDS,
        "kept = [metrics.over_seeds(g[g.isfinite()]) for g in gaps]\n"
        "    low, high = (torch.stack([ends[i] for ends in kept]) for i in (0, 2))",
        BROKEN,
    ),
    Slip("(low > 0)", "(~(low <= 0))", BROKEN),
    Slip("(high < 0)", "(~(high >= 0))", BROKEN),
    Slip(
        GAPS,
        "scores[1:] - scores[:1] + 0 * scores.sum()",
        "one broken run spoils the verdicts on other rows: each row for itself.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return tables of scores, (rows, seeds): small ones, large ones, and one with a broken run."""
    rng = torch.Generator().manual_seed(seed)
    row = torch.tensor
    broken = row([0.0, 9.0, 9.0, -9.0])[:, None] + torch.randn(1, 5, generator=rng)
    broken = broken + 0.1 * torch.randn(4, 5, generator=rng)
    broken[1, 2] = torch.nan
    return (
        case(
            "a row that is a little better on each seed, and one that is worse",
            row([[2.0, 5, 8], [2.9, 6.1, 9], [0.1, 3, 5.9]]),
        ),
        case(
            "a row whose larger mean comes from one seed, and one that is like row 0",
            row([[3.0, 4, 5], [3.1, 3.9, 9], [3.1, 4.1, 4.8]]),
        ),
        case("300 rows of five seeds", _table(5, rng)),
        case("300 rows of three seeds", _table(3, rng)),
        case("300 rows of eight seeds", _table(8, rng)),
        case("three rows, one with a broken run (NaN)", broken),
    )


def _table(seeds: int, rng: torch.Generator, rows: int = 300) -> Tensor:
    """Return scores of which some rows differ clearly and many nearly; seeds differ a lot.

    Rows on the very edge, where the digits of Student's number decide, are left out.
    """
    luck, effect = torch.randn(seeds, generator=rng), 2 * torch.randn(rows, 1, generator=rng)
    spread = 0.2 + 1.5 * torch.rand(rows, 1, generator=rng)
    effect[0], spread[0] = 0, 0.7
    scores = 2 + luck + effect + spread * torch.randn(rows, seeds, generator=rng)
    low, mean, high = metrics.over_seeds(scores - scores[:1])
    edge = (2 * mean / (high - low)).abs()  # 1: the interval ends at 0
    edge[0] = 0
    return scores[(edge - 1).abs() > 0.02]


def _the_first_row_that_differs(parts: tuple[Callable, ...], asked: Sequence[Case]) -> None:
    """Raise with a row that is judged wrongly: its differences, their interval, the verdict."""
    for one in asked:
        (scores,) = one.args
        low, mean, high = metrics.over_seeds(scores[1:] - scores[0])
        right = Seen([(low > 0).double() - (high < 0).double()])
        (mine,) = verdicts.ask(parts, one).arranged(right).parts
        if not torch.isin(mine, torch.tensor([-1.0, 0.0, 1.0]).double()).all():
            raise Wrong(f"a verdict is −1, 0 or +1, but other numbers came back for {one.label}.")
        for i in (mine != right.parts[0]).nonzero().flatten().tolist():
            if mean[i].isnan():
                raise Wrong(BROKEN)
            gaps = ", ".join(f"{float(x):+.2f}" for x in scores[i + 1] - scores[0])
            raise Wrong(
                f"a row whose differences from row 0 are {gaps}, seed by seed, has the interval "
                f"{float(low[i]):+.2f} to {float(high[i]):+.2f}. It should be "
                f"{int(right.parts[0][i]):+d}, and you say {int(mine[i]):+d}."
            )


verdicts = Value(
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
    asks="Check ``verdicts(scores)``: (rows, seeds) -> −1, 0 or +1 for each row but the first.",
    table=Table(RIGHT, SLIPS, uses={"metrics": metrics}),
    cases=cases,
    refused={
        "with two bool tensors": "PyTorch does not subtract one yes-or-no tensor from another: "
        "make numbers of them first, (low > 0).int() - (high < 0).int().",
        "object has no attribute 'numerator'": "Python's statistics cannot take a NaN. A row with "
        "a broken run has no mean: undecided, 0.",
    },
    signs=_the_first_row_that_differs,
)
