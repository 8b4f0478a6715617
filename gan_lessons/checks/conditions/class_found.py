"""Did I get the class: an exercise of lesson 14, Ask for what you want."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def class_found(G, read, z, x, y, c):
    classes = read(G(z, y, c))[0]
    return (classes == y).float().mean()
"""
READ = "read(G(z, y, c))[0]"
BODY = "classes = read(G(z, y, c))[0]\n    return (classes == y)"
HITS = "(classes == y).float().mean()"
UNPAIRED = (
    "orders and pictures are not paired: picture i was drawn for y[i], so compare it with y[i]."
)

SLIPS = (
    Slip(
        READ,
        "read(x)[0]",
        "this is how well the reader reads the *real* pictures x, whatever G draws: read what G "
        "draws of the orders.",
    ),
    Slip(
        "classes == y",
        "classes == read(x)[0]",
        "you compare with what is read off the real pictures x: the order is y itself, and a "
        "reader's mistakes on x are none of G's.",
    ),
    Slip(READ, "read(G(z, y.flip(0), c))[0]", UNPAIRED),
    Slip(READ, "read(G(z, y.roll(1), c))[0]", UNPAIRED),
    Slip("classes == y", "classes == y.flip(0)", UNPAIRED),
    Slip(
        "classes == y",
        "classes.sort().values == y.sort().values",
        "sorting forgets who asked: classes are found equally often, and perhaps by the wrong "
        "orders. Compare picture i with y[i].",
    ),
    Slip(
        READ,
        "read(G(z, y, torch.zeros_like(c)))[0]",
        "the factors are forgotten: orders ask for them, too, and a slanted 7 is harder to draw.",
    ),
    Slip(
        READ,
        "read(G(z[:1].expand_as(z), y, c))[0]",
        "every order gets the same noise: hand on z as it is.",
    ),
    Slip(
        READ,
        "read(G(torch.zeros_like(z), y, c))[0]",
        "every order gets the noise 0: hand on z as it is.",
    ),
    Slip(
        READ,
        "read(G(z, y, c.flip(1)))[0]",
        "slant and thickness are exchanged on the way to G: hand on c as it is.",
    ),
    Slip(
        READ,
        "read(G(z, y, read(x)[1]))[0]",
        "the factors are what is *read* off the real pictures x. The orders are c itself: a "
        "reader's mistakes on x are none of G's.",
    ),
    Slip(
        BODY,
        "_asked = read(x)[0]\n    return (read(G(z, _asked, c))[0] == _asked)",
        "the orders are the classes that are *read* off the real pictures x. The order is y "
        "itself: a reader's mistakes on x are none of G's.",
    ),
    Slip(
        HITS,
        "((classes == y) & ((read(G(z, y, c))[1] - c).abs() < 0.5).all(1)).float().mean()",
        "the factors count as well: a 7 that was asked for and came is a hit here, however it "
        "leans. The share of the classes alone is asked.",
    ),
    Slip(
        HITS,
        "((read(G(z, y, c))[1] - c).abs() < 0.5).all(1).float().mean()",
        "the factors decide here, and the class is not looked at: compare the classes with y.",
    ),
    Slip(
        HITS,
        "(classes == y).all().float()",
        "one picture that fails makes it 0: the share is asked, the mean of the hits.",
    ),
    Slip(
        HITS,
        "(classes == y).float().mean() / (read(x)[0] == y).float().mean()",
        "it is divided by the share that the reader reads right on real pictures. Compare the two "
        "afterwards; the share itself is asked.",
    ),
    Slip(
        HITS,
        "(classes == y)[read(x)[0] == y].float().mean()",
        "only the orders of those pictures x count that the reader reads right: every order "
        "counts, x is not needed.",
    ),
    Slip(
        HITS,
        "(classes == y)[:10].float().mean()",
        "only the first ten orders count.",
    ),
    Slip(
        HITS,
        "(classes[:-1] == y[1:]).float().mean()",
        UNPAIRED,
    ),
    Slip(
        HITS,
        "(classes == y).float().sum() / 10",
        "it is divided by 10, the number of classes: the share of the *orders* is asked.",
    ),
    Slip(
        HITS,
        "(classes == y).float().sum() / 4000",
        "it is divided by 4,000, the lesson's own number of orders: divide by how many came.",
    ),
    Slip(
        HITS, "(classes == y).float().sum()", "this is a number of pictures: their share is asked."
    ),
    Slip(HITS, "(classes != y).float().mean()", "this is the share of mistakes: 1 minus it."),
    Slip(
        HITS,
        "(classes - y).abs().float().mean()",
        "classes are names: how far their numbers are apart says nothing.",
    ),
    Slip(
        HITS,
        "torch.stack([(classes == y)[y == k].float().mean() for k in y.unique()]).mean()",
        "this is the mean over classes, each counted alike: the share of the *orders* is asked.",
    ),
)


class _Draws:
    """A G whose pictures hold the class that it draws and the factors that it draws it with.

    It errs in the class where z is large, with some classes more easily than with others, and in
    the factors by itself.
    """

    def __init__(self, name: str, wrong: float):
        self.__name__, self.wrong = name, wrong

    def __call__(self, z: Tensor, y: Tensor, c: Tensor) -> Tensor:
        hard = torch.where(y % 2 == 0, 0.5, -0.5)
        drawn = torch.where(z[:, 0] + c[:, 0] + hard > self.wrong, (y + 3) % 10, y)
        missed = c + 3.0 * (z[:, 1:2] > 0)
        return torch.cat([drawn[:, None].to(c.dtype), missed], 1)[:, None, None, :]  # (N, 1, 1, 3)


def _read(images: Tensor) -> tuple[Tensor, Tensor]:
    return images[:, 0, 0, 0].round().long(), images[:, 0, 0, 1:]


def _signs(parts: tuple[Callable], cases: Sequence[Case]) -> None:
    """Say whether only the numbers of each class are compared."""
    for one in cases[1:]:
        G, read, z, _, y, c = one.args
        drawn = read(G(z, y, c))[0].bincount(minlength=10)
        alike = torch.minimum(drawn, y.bincount(minlength=10)).sum() / len(y)
        if abs(float(parts[0](*one.args)) - float(alike)) > 1e-5:
            return
    raise Wrong(
        "you compare how often each class is found with how often it was asked for: a 3 that was "
        "drawn for a 5 and a 5 for a 3 then count as right. Compare picture i with y[i]."
    )


def cases(seed: int) -> Sequence[Case]:
    """Return games of orders: G, read, the noise, real pictures and what is known of them."""
    rng = torch.Generator().manual_seed(seed)

    def game(label: str, n: int, wrong: float, misread: int) -> Case:
        y = torch.randint(10, (n,), generator=rng)
        y[: n // 3] = 7  # classes are not equally frequent
        c, z = torch.randn(n, 2, generator=rng), torch.randn(n, 3, generator=rng)
        shown = y.clone()
        shown[:misread] = (shown[:misread] + 1) % 10  # what is read off the real pictures
        factors = c + 2 * torch.randn(n, 2, generator=rng)  # likewise
        x = torch.cat([shown[:, None].float(), factors], 1)[:, None, None, :]
        return case(label, _Draws("G", wrong), _read, z, x, y, c)

    return (
        game("a G that always gets the class", 12, 99.0, 2),
        game("a G that fails some orders", 30, 0.4, 3),
        game("a G that fails most orders", 25, -0.5, 1),
        game("a reader that misreads real pictures", 40, 1.0, 10),
        game("a G that fails about half of the orders", 61, 0.0, 7),
        game("a G that fails few orders", 97, 1.4, 20),
        game("a hundred orders", 100, 0.3, 30),
    )


class_found = Value(
    title="Did I get the class?",
    proves="each order is compared with the picture that was drawn for it.",
    hints=(
        "Draw the orders with G, read the pictures, compare with the classes that were asked for.",
        "The real pictures x are not needed: how well they are read says something of the reader "
        "and nothing of G.",
        "classes, _ = read(G(z, y, c)); return (classes == y).float().mean()",
    ),
    asks="Check ``class_found(G, read, z, x, y, c)`` with a G that errs and a reader that errs.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    signs=_signs,
    refused={
        "missing 1 required positional argument": "G takes three things: the noise, the classes "
        "and the factors, G(z, y, c).",
        "'bool' object has no attribute": "read returns two things, classes and factors, and a "
        "tuple is never equal to y: take the first, read(…)[0].",
        "Dimension out of range": "read returns the classes themselves, (N,): they need no argmax, "
        "and their mean no axis.",
    },
)
