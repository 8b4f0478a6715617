"""An order as a row: an exercise of lesson 14, Ask for what you want."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gan_lessons.checks.exercise import speak
from gan_lessons.checks.grader import Answer, Case, Slip, Table, Value, case

RIGHT = """
def as_row(y, c):
    name = F.one_hot(y, 10)
    return torch.cat([name, c], 1)
"""
NAME = "F.one_hot(y, 10)"
ROW = "torch.cat([name, c], 1)"
AN_AMOUNT = (
    "the class enters as an amount: 7 is not seven times 1. Make it one-hot, ten numbers of which "
    "one is 1."
)

SLIPS = (
    Slip(
        NAME,
        "F.one_hot(y)",
        "without the number of classes one_hot makes as many columns as the largest class of "
        "*this* batch needs: F.one_hot(y, 10).",
    ),
    Slip(NAME, "y[:, None].float()", AN_AMOUNT),
    Slip(NAME, "y[:, None] * F.one_hot(y, 10)", AN_AMOUNT),
    Slip(NAME, "y[:, None].expand(-1, 10)", AN_AMOUNT),
    Slip(
        NAME,
        "(torch.arange(10)[:, None] == y).float().reshape(len(y), 10)",
        "the one-hot numbers run over the wrong axis: classes down and samples across, then cut "
        "into rows anew. Row i must hold the 1 of sample i at place y[i].",
    ),
    Slip(
        NAME,
        "F.one_hot(y + 1, 11)[:, :10]",
        "the 1 stands one place too far: classes count from 0.",
    ),
    Slip(
        NAME,
        "F.one_hot((y + 1) % 10, 10)",
        "the 1 stands one place too far: classes count from 0.",
    ),
    Slip(NAME, "F.one_hot(9 - y, 10)", "the classes are counted backward: class 0 comes first."),
    Slip(
        NAME,
        "F.one_hot(y, 10).float().softmax(1)",
        "a softmax of one-hot numbers is no longer one-hot: 0.23 and 0.085 for 1 and 0.",
    ),
    Slip(
        NAME,
        "torch.zeros(len(y), 10).index_fill(1, y, 1.0)",
        "every row gets the 1s of all classes of the batch, as by row[:, y] = 1. Row i has a 1 at "
        "y[i] alone: row[torch.arange(len(y)), y] = 1, or F.one_hot.",
    ),
    Slip(NAME, "2 * F.one_hot(y, 10) - 1", "the other nine places hold -1 where one-hot has 0."),
    Slip(
        NAME,
        "F.one_hot(torch.arange(len(y)) % 10, 10)",
        "the 1 stands at the number of the row, whatever its class: at place y[i].",
    ),
    Slip(
        ROW,
        "torch.cat([name, c.long()], 1)",
        "the factors are cut to whole numbers: leave c as it is.",
    ),
    Slip(
        ROW,
        "torch.cat([name, c.mean(0).expand(len(y), -1)], 1)",
        "all rows get the mean factors of the batch: row i holds c[i].",
    ),
    Slip(
        ROW,
        "torch.cat([name, (c - c.mean(0)) / c.std(0)], 1)",
        "the factors are standardized once more, over this batch: they are in units of their "
        "spread already, and one order has no spread.",
    ),
    Slip(NAME, "10 * F.one_hot(y, 10)", "the number at the class's place is not 1."),
    Slip(
        NAME, "1 - F.one_hot(y, 10)", "0 and 1 are exchanged: the class that is meant gets the 1."
    ),
    Slip(
        NAME,
        "F.one_hot(y.flip(0), 10)",
        "a sample gets the class of another one: row i holds the 1 of sample i, at place y[i].",
    ),
    Slip(ROW, "torch.cat([c, name], 1)", "the factors come first: the class first, then factors."),
    Slip(ROW, "name.float()", "the factors are missing: append c."),
    Slip(ROW, "c", "the class is missing: one-hot first, then c."),
    Slip(
        ROW,
        "torch.cat([name, c], 0)",
        "cat along dimension 0 would put rows below rows: join the columns, dimension 1.",
    ),
    Slip(
        ROW,
        "torch.cat([name, c.flip(1)], 1)",
        "the factors come in reverse order: as they stand in c.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return classes and factors; no size is that of another but in one case."""
    rng = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=rng)

    return (
        case("one order", torch.tensor([3]), normal(1, 2)),
        case("two orders", torch.tensor([0, 9]), normal(2, 2)),
        case("a batch without a nine", torch.tensor([4, 1, 7]), normal(3, 2)),
        case("ten orders", torch.randperm(10, generator=rng), normal(10, 2)),
        case("seven orders", torch.randint(10, (7,), generator=rng), normal(7, 1)),
        case("three factors", torch.tensor([2, 2, 8, 5, 0]), normal(5, 3)),
    )


class Row(Value):
    """The exercise; rows that no network takes are right, and others train with the course's."""

    def yours(self, otherwise: Callable) -> Answer | Callable:
        """As :meth:`Exercise.yours`, for networks of float32. Lesson 14."""
        if self.right is not None:
            row = self.right[0](torch.tensor([3]), torch.zeros(1, 2))
            kind = getattr(row, "dtype", type(row).__name__)
            if not isinstance(row, Tensor) or kind != torch.float32:
                speak(
                    f"▶ {self.title}: yours is right, but its rows are {kind}, which no network "
                    "here takes (c is torch.float32): the course's own runs."
                )
                return otherwise
        return super().yours(otherwise)


as_row = Row(
    title="An order as a row",
    proves="each row says its own class by a 1 among ten numbers, then its own factors.",
    hints=(
        "F.one_hot makes the ten numbers of each class; torch.cat joins tensors along a dimension.",
        "Tell one_hot that there are ten classes: a batch without a nine has ten, too. Rows stay "
        "rows, so join along dimension 1.",
        "return torch.cat([F.one_hot(y, 10), c], 1)",
    ),
    asks="Check ``as_row(y, c)`` on batches of several sizes.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    refused={
        "is out of bounds for dimension 0": "y is taken for the number of a row. It is a place "
        "within a row, dimension 1: scatter_(1, …), or row[torch.arange(len(y)), y] = 1.",
        "stack expects each tensor": "torch.stack makes a new axis of equal parts; torch.cat joins "
        "columns, dimension 1.",
        "Class values must be non-negative": "classes count from 0: nothing is to be taken off y.",
        "Sizes of tensors must match except in dimension 0": "cat along dimension 0 would put rows "
        "below rows: join the columns, dimension 1.",
        "Tensors must have same number of dimensions": "tensors that are joined need equally many "
        "axes: y is (B,), and F.one_hot(y, 10) is (B, 10), as c is (B, k).",
    },
)
