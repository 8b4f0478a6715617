"""Did I get the amount: an exercise of lesson 14, Ask for what you want."""

from collections.abc import Sequence

import torch

from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def within(asked, found):
    a = asked - asked.mean(1, keepdim=True)
    f = found - found.mean(1, keepdim=True)
    return 1 - (f - a).square().sum() / a.square().sum()
"""
ASKED = "asked.mean(1, keepdim=True)"
FOUND = "found.mean(1, keepdim=True)"
MISSED = "(f - a).square().sum()"
END = "1 - (f - a).square().sum() / a.square().sum()"
SLIPS = (
    Slip(
        ASKED, "asked.mean()", "what was asked is centered over all digits: take each row's mean."
    ),
    Slip(
        FOUND,
        "found.mean()",
        "the mean over all digits is taken off: a digit that leans by itself then counts as "
        "disobedient. Take each digit's own mean, dimension 1 with keepdim=True.",
    ),
    Slip(
        FOUND,
        "found.mean(0, keepdim=True)",
        "the mean of each *place* is taken off, over the digits: that removes what was asked for. "
        "A digit is a row: dimension 1.",
    ),
    Slip(
        FOUND,
        ASKED,
        "what a digit has of its own stays in found: nothing, or only the mean of asked, is taken "
        "off. It shows in the mean of its own row of found.",
    ),
    Slip(
        "    a = asked - asked.mean(1, keepdim=True)\n    f = found - found.mean(1, keepdim=True)",
        "    a = asked - asked.mean(0, keepdim=True)\n    f = found - found.mean(0, keepdim=True)",
        "the mean of each *place* is taken off both, over the digits. A digit is a row: its own "
        "mean is over dimension 1.",
    ),
    Slip(
        "    a = asked - asked.mean(1, keepdim=True)\n    f = found - found.mean(1, keepdim=True)",
        "    a = asked - asked.mean()\n    f = found - found.mean()",
        "the mean over all digits is taken off: a digit that leans by itself then counts as "
        "disobedient. Take each digit's own mean, dimension 1 with keepdim=True.",
    ),
    Slip(
        "    f = found - found.mean(1, keepdim=True)\n"
        "    return 1 - (f - a).square().sum() / a.square().sum()",
        "    return 1 - (found - asked).square().sum() / (asked - asked.mean()).square().sum()",
        "this is R² over all digits: what a digit has of its own counts as missed. Take the mean "
        "of each row off both first.",
    ),
    Slip(FOUND, "found[:, :1]", "the first place is taken off, not the mean of the row."),
    Slip(
        "asked.mean(1, keepdim=True)\n    f = found - found.mean(1, keepdim=True)",
        "asked[:, :1]\n    f = found - found[:, :1]",
        "the first place is taken off both, not the mean of the row: one unlucky drawing then "
        "moves the whole row.",
    ),
    Slip(
        "asked.mean(1, keepdim=True)\n    f = found - found.mean(1, keepdim=True)",
        "asked.median(1, keepdim=True).values\n"
        "    f = found - found.median(1, keepdim=True).values",
        "medians are taken off: squares go with means.",
    ),
    Slip(
        ASKED,
        "0",
        "the mean of each row is taken off found alone: off asked, too, or the two are compared in "
        "different units.",
    ),
    Slip(
        ASKED,
        FOUND,
        "the mean of found is taken off both: each keeps its own.",
    ),
    Slip(
        "/ a.square().sum()",
        "/ (asked - asked.mean()).square().sum()",
        "below the line stands what varies over all digits. What a digit has of its own is taken "
        "off above and below: a.square().sum().",
    ),
    Slip(
        "    a = asked - asked.mean(1, keepdim=True)\n    f = found - found.mean(1, keepdim=True)\n"
        "    return 1 - (f - a).square().sum() / a.square().sum()",
        "    f = found - found.mean(1, keepdim=True)\n"
        "    return 1 - (f - asked).square().sum() / (asked - asked.mean()).square().sum()",
        "the mean of each row is taken off found alone: off asked, too, above and below the line.",
    ),
    Slip(
        END,
        "1 - (f - a).square().mean() / a.var()",
        "above the line a mean over all N, below it var(), which divides by N − 1: take sums, or "
        "var(unbiased=False).",
    ),
    Slip(
        END,
        "1 - (f - a).square().mean()",
        "what was asked does not divide: R² is 1 minus what is missed *over* what varies in the "
        "order.",
    ),
    Slip(
        END,
        "f.square().sum() / a.square().sum()",
        "this is how much found varies over how much asked does, whether or not the two agree.",
    ),
    Slip(
        END,
        "1 - (f - a).sum().square() / a.sum().square()",
        "all is added up before the square, and cancels: square each difference, then add.",
    ),
    Slip(
        END,
        "1 - ((f - a) / a).square().mean()",
        "each miss is divided by its own order, and an order of 0 by 0: divide the sums.",
    ),
    Slip(
        END,
        "1 - (f + a).square().sum() / a.square().sum()",
        "found and asked are added: their difference is what is missed.",
    ),
    Slip(
        END,
        "1 - (f / f.std() - a / a.std()).square().sum() / (a / a.std()).square().sum()",
        "both are scaled to one spread, so a digit that moves half as far as asked gets 1: take "
        "the mean of each row off, and divide by nothing.",
    ),
    Slip(FOUND, "0", "what a digit has of its own is still in found: take off each row's mean."),
    Slip(MISSED, "(f - a).abs().sum()", "squares are asked, above as below the line."),
    Slip(
        END,
        "1 - (f - a).abs().sum() / a.abs().sum()",
        "absolute values for squares: R² compares squares.",
    ),
    Slip(
        "/ a.square().sum()",
        "/ f.square().sum()",
        "divided by what varies in the *found*: R² is the share of what varies in the order.",
    ),
    Slip("1 - (f", "(f", "this is the share that is missed: R² is 1 minus it."),
    Slip(
        END,
        "(f * a).sum() / a.square().sum()",
        "this is the slope, how far a digit moves when 1 is asked: R² also minds how exactly.",
    ),
    Slip(
        END,
        "(f * a).sum().square() / (a.square().sum() * f.square().sum())",
        "this is the squared correlation, 1 for a digit that moves half as far as asked, or the "
        "wrong way: R² compares with the order itself.",
    ),
    Slip(
        END,
        "(f * a).sum() / (a.square().sum() * f.square().sum()).sqrt()",
        "this is the correlation, 1 for a digit that moves half as far as asked: R² compares with "
        "the order itself.",
    ),
    Slip(
        END,
        "(1 - (f - a).square().sum(1) / a.square().sum(1)).mean()",
        "this is the mean of an R² for each digit: one over all rows is asked, all that is missed "
        "over all that was asked.",
    ),
    Slip(
        END,
        "1 - (f - a).square().sum(1) / a.square().sum(1)",
        "an R² for each digit comes back: sum over all rows, too.",
    ),
    Slip(
        END,
        "1 - ((f - a).square().sum() / a.square().sum()).sqrt()",
        "a root too much: R² compares squares.",
    ),
    Slip(
        END,
        "(1 - (f - a).square().sum() / a.square().sum()).clamp(min=0)",
        "cut off at 0: a G that leans the wrong way has a negative R², and should.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return what a few digits were asked for and what was found, a digit a row."""
    rng = torch.Generator().manual_seed(seed)

    def digits(label: str, n: int, places: int, slope: float, off: float) -> Case:
        asked = torch.linspace(-1.8, 1.8, places).repeat(n, 1)
        asked = asked * (1 + torch.arange(n)[:, None] / n) + 0.3 * torch.randn(n, 1, generator=rng)
        own = 2 * torch.randn(n, 1, generator=rng)
        noise = off * torch.randn(n, places, generator=rng)
        return case(label, asked, slope * asked + own + noise)

    one = torch.tensor([[-1.0, 0.0, 1.0]]), torch.tensor([[1.0, 2.5, 3.0]])
    return (
        case("one digit with three places", *one),
        digits("digits that do exactly as asked", 3, 4, 1.0, 0.0),
        digits("digits that move half as far as asked", 4, 5, 0.5, 0.1),
        digits("digits that overdo it", 6, 4, 1.4, 0.3),
        digits("digits that lean the wrong way", 5, 6, -0.8, 0.2),
        digits("sloppy digits", 7, 8, 0.8, 0.7),
    )


within = Value(
    title="Did I get the amount?",
    proves="what a digit has of its own is no disobedience; what it misses of the order is.",
    hints=(
        "What a digit has of its own is the mean of its row, found.mean(1, keepdim=True). Take the "
        "mean of each row off both.",
        "Then 1 minus all that is missed, squared, over all that was asked, squared.",
        "a = asked - asked.mean(1, keepdim=True); f = found - found.mean(1, keepdim=True); return "
        "1 - (f - a).square().sum() / a.square().sum()",
    ),
    asks="Check ``within(asked, found)``: one R² for (digits, places).",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    least=1e-5,
    refused={
        "must match the size of tensor": "the mean of each row is (digits,), and meets the places: "
        "keepdim=True leaves it a column, (digits, 1).",
    },
)
