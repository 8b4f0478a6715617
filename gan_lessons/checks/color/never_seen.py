"""Pairs that never occur: an exercise of lesson 08, Paint in color."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def never_seen(fake, real):
    equal = fake[:, None] == real[None]
    known = equal.all(dim=2).any(dim=1)
    return (~known).float().mean()
"""

SLIPS = (
    Slip(
        "equal.all(dim=2).any(dim=1)",
        "equal.any(dim=1).all(dim=1)",
        "you compare the two columns one by one: a palette occurs and a ground occurs, but perhaps "
        "not together. Compare pairs.",
    ),
    Slip(
        "equal.all(dim=2)",
        "equal.any(dim=2)",
        "one number in common is taken for an equal pair, as `pair in real` does. Both must be.",
    ),
    Slip("equal.all(dim=2)", "equal[:, :, 0]", "only the palettes are compared: compare pairs."),
    Slip("equal.all(dim=2)", "equal[:, :, 1]", "only the grounds are compared: compare pairs."),
    Slip(
        "fake[:, None] == real[None]",
        "(fake.sum(1)[:, None] == real.sum(1))[:, :, None]",
        "(1, 2) counts as seen where only (2, 1) and (0, 3) occur: a sum does not tell them apart.",
    ),
    Slip(
        "fake[:, None] == real[None]",
        "fake.sort(dim=1).values[:, None] == real.sort(dim=1).values",
        "(1, 2) counts as seen where only (2, 1) occurs: a sorted pair, or a set, does not tell "
        "them apart. The order matters.",
    ),
    Slip(
        "fake[:, None] == real[None]",
        "(fake.prod(1)[:, None] == real.prod(1))[:, :, None]",
        "a product does not tell (1, 2) from (2, 1), and all pairs with a 0 are one: compare "
        "pairs, or take 100 * palette + ground.",
    ),
    Slip(
        "fake[:, None] == real[None]",
        "((fake * torch.tensor([10, 1])).sum(1)[:, None] == (real * torch.tensor([10, 1])).sum(1))"
        "[:, :, None]",
        "10 * palette + ground is one number for (0, 12) and (1, 2): take a factor larger than "
        "every ground, 100 will do.",
    ),
    Slip(
        "equal = fake",
        "fake = fake.unique(dim=0)\n    equal = fake",
        "you count different pairs, not samples: a pair that was painted three times counts three "
        "times.",
    ),
    Slip(
        ".any(dim=1)",
        ".any(dim=0)",
        "that is the share of *real* pairs that no fake has: exchange the two.",
    ),
    Slip("(~known)", "known", "that is the share that *was* seen: 1 minus it is asked, or ~."),
    Slip(".mean()", ".sum()", "that is a number of samples, not a share: divide by their number."),
    Slip(
        ".float().mean()",
        ".float().sum() / len(real)",
        "the number of fakes is divided by the number of *real* samples: divide by that of the "
        "fakes.",
    ),
    Slip(
        ".float().mean()",
        ".float()",
        "one answer for each sample comes back, and one share is asked: take the mean.",
    ),
    Slip(
        "(~known).float().mean()",
        "100 * (~known).float().mean()",
        "that is in percent: a share lies in 0 … 1.",
    ),
    Slip(
        "known = equal.all(dim=2).any(dim=1)",
        "known = torch.zeros(len(fake), dtype=torch.bool)",
        "no pair counts as seen, though some are: tensors in a set or as keys are compared by "
        "identity, not by their numbers. Take tuple(pair.tolist()).",
    ),
    Slip(
        "known = equal.all(dim=2).any(dim=1)",
        "n = min(len(fake), len(real))\n    known = (fake[:n] == real[:n]).all(dim=1)",
        "each fake pair is compared with the real one in the same place only: compare it with all.",
    ),
    Slip(
        "(~known).float().mean()",
        "(~known).any().float()",
        "any says whether there is such a sample at all: the share of them is asked.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return pairs of whole numbers from 0 to 12, few of them first."""
    rng = torch.Generator().manual_seed(seed)
    real = [[0, 1], [0, 1], [1, 0], [2, 3], [3, 2], [4, 4], [5, 0]]
    fake = [[0, 1], [0, 0], [0, 0], [0, 0], [2, 2], [2, 2], [1, 0], [3, 2]]

    def pairs(*numbers: Sequence[int]) -> Tensor:
        return torch.tensor(numbers)

    def some(count: int, below: int) -> Tensor:
        return torch.randint(below, (count, 2), generator=rng)

    return (
        case("pairs turned round", pairs([1, 2], [0, 3]), pairs([2, 1], [0, 3])),
        case("pairs that all occur", pairs([2, 1], [0, 3]), pairs([0, 3], [4, 4], [2, 1])),
        case("the same sum", pairs([1, 4], [2, 3], [2, 2]), pairs([2, 3], [4, 0], [5, 1])),
        case("columns that occur, but not together", pairs([1, 2], [3, 4]), pairs([1, 4], [3, 4])),
        case("two digits", pairs([0, 12], [2, 2], [1, 2]), pairs([1, 2], [11, 12], [2, 12])),
        case("numbers that run together", pairs([1, 12], [0, 12]), pairs([11, 2], [1, 0])),
        case("samples that come twice", pairs(*fake), pairs(*real)),
        case("twelve samples among thirty", some(12, 7), some(30, 7)),
        case("thirty among nine", some(30, 4), some(9, 4)),
    )


never_seen = Value(
    title="Pairs that never occur",
    proves="each sample counts by its pair, whatever the order or number of the samples.",
    hints=(
        "Turn each pair into one number: 100 * palette + ground is different for different pairs.",
        "torch.isin(a, b) says for each element of a whether it occurs anywhere in b.",
        "code = 100 * pairs[:, 0] + pairs[:, 1] for both; then (~torch.isin(fake_code, real_code))"
        ".float().mean().",
    ),
    asks="Check ``never_seen(fake, real)``: the share of fake pairs (N, 2) that no real pair has.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    refused={
        "must match the size": "the pairs are compared one by one, and there are not as many fake "
        "as real ones: ask for each fake pair whether it occurs anywhere among the real.",
        "unhashable": "lists cannot stand in a set: make each pair a tuple.",
    },
)
