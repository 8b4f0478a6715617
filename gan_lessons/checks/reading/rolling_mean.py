"""The rolling mean: an exercise of lesson 05, Read a GAN."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong, as_tensor
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def rolling_mean(values, window):
    if len(values) < window:
        return values[:0]
    return values.unfold(0, window, 1).mean(dim=1)
"""

SHORT = "a run that is shorter than the window has no whole window yet: return an empty tensor."
TOO_MANY = (
    "you return more means than there are whole windows, so the ends are filled up with something "
    "that is no step of the run (padding, or mode='full'). Only whole windows count: T - window + "
    "1."
)
SO_FAR = "this is the mean of everything so far: old steps never leave the window."
FILLED = (
    "you return as many means as there are values, so some windows are filled up with something "
    "that is no step of the run, or not whole. Only whole windows count: T - window + 1."
)

SLIPS = (
    Slip(".mean(dim=1)", ".sum(dim=1)", "you return sums: divide by the window."),
    Slip(
        ".mean(dim=1)",
        ".median(dim=1).values",
        "this is the median of each window, and its mean is asked.",
    ),
    Slip(
        ".mean(dim=1)",
        ".amax(dim=1)",
        "this is the largest value of each window, and its mean is asked.",
    ),
    Slip(
        ".mean(dim=1)",
        ".sum(dim=1) / (window - 1)",
        "the sum of a window is divided by window − 1: it holds window values.",
    ),
    Slip(
        ".mean(dim=1)",
        ".mean(dim=0)",
        "the mean runs over the windows, not inside them: unfold's windows are rows, so take the "
        "mean along dim=1.",
    ),
    Slip(
        ".mean(dim=1)",
        ".mean()",
        "one number comes back for the whole run. Each window has a mean of its own: dim=1.",
    ),
    Slip(".mean(dim=1)", "", "the windows themselves come back: take the mean of each, dim=1."),
    Slip(
        "values.unfold(0, window, 1).mean(dim=1)",
        "values.cumsum(0) / torch.arange(1, len(values) + 1)",
        SO_FAR,
    ),
    Slip(
        "values.unfold(0, window, 1)",
        "torch.cat([values.new_zeros(window - 1), values]).unfold(0, window, 1)",
        FILLED,
    ),
    Slip(
        "unfold(0, window, 1)",
        "unfold(0, window, window)",
        "your windows lie side by side. Let them overlap: each starts one step later.",
    ),
    Slip(
        "unfold(0, window, 1)",
        "unfold(0, window + 1, 1)",
        "your windows hold one value too many: window + 1.",
    ),
    Slip(
        "unfold(0, window, 1)",
        "unfold(0, window - 1, 1)",
        "your windows hold one value too few: window − 1.",
    ),
    Slip(
        "mean(dim=1)",
        "mean(dim=1)[:-1]",
        "the last window is missing: of T values the last one starts at T − window, so there are "
        "T − window + 1. A range ends before its end.",
    ),
    Slip(
        "mean(dim=1)",
        "mean(dim=1)[1:]",
        "the first window is missing, the one that starts at value 0.",
    ),
    Slip(
        "mean(dim=1)",
        "mean(dim=1).flip(0)",
        "the means come in reverse order: the first one belongs to the first window.",
    ),
    Slip(
        "len(values) < window",
        "len(values) <= window",
        "a run as long as the window has one whole window: only a shorter one has none.",
    ),
    Slip("return values[:0]", "raise ValueError", SHORT),
    Slip(
        "return values[:0]",
        "return values",
        "of a run that is shorter than the window its values come back as they are. It has no "
        "whole window yet: return an empty tensor.",
    ),
    Slip(
        "return values[:0]",
        "return values.mean()[None]",
        "of a run that is shorter than the window the mean of all comes back. It has no whole "
        "window yet: return an empty tensor.",
    ),
    Slip(
        "return values[:0]",
        "return values.new_zeros(1)",
        "of a run that is shorter than the window a 0 comes back, which no step has shown: return "
        "an empty tensor.",
    ),
    Slip("return values[:0]", "return None", SHORT),
)


def cases(seed: int) -> Sequence[Case]:
    """Return a run of three steps, longer ones, and ones with one window and with none."""
    rng = torch.Generator().manual_seed(seed)
    noise = torch.randn(12, generator=rng)
    return (
        case("three values and windows of two", torch.tensor([1.0, 2, 6]), 2),
        case("squares", torch.arange(10.0) ** 2, 4),
        case("12 values that go up and down", noise, 5),
        case("a run with one whole window", torch.tensor([4.0, 0, 2]), 3),
        case("a run that is shorter than the window", torch.tensor([1.0, 2, 3]), 4),
    )


def _means(rolling_mean: Callable, values: Tensor, window: int) -> Tensor | None:
    """Return the means as a tensor; say what is wrong with as many as values, or with a stop."""
    short = len(values) < window
    try:
        found = rolling_mean(values, window)
    except (RuntimeError, ValueError, IndexError, ZeroDivisionError) as error:
        if short and not isinstance(error, NotImplementedError):
            raise Wrong(SHORT) from error
        raise
    if found is None:
        if short:
            raise Wrong(SHORT)
        return None
    found = as_tensor(found, "the row of means")
    if found.ndim == 1 and len(found) > len(values):
        raise Wrong(TOO_MANY)
    if short and found.ndim == 1 and 1 < len(found) < len(values):  # np.convolve exchanges the two
        raise Wrong(SHORT)
    if found.shape == values.shape and not short and window > 1:
        so_far = values.cumsum(0) / torch.arange(1, len(values) + 1)
        raise Wrong(SO_FAR if torch.allclose(found.double(), so_far.double()) else FILLED)
    return found


rolling_mean = Value(
    title="The rolling mean",
    proves="each entry is the mean of one whole window, and a run that is shorter has none.",
    hints=(
        "How many windows of length w fit into T values, if each starts one step after the last?",
        "values.unfold(0, window, 1) gives all windows as rows, (T - window + 1, window).",
        "values.unfold(0, window, 1).mean(dim=1), and values[:0] if len(values) < window.",
    ),
    asks="Check ``rolling_mean(values, window)``: the means of all whole windows, and none of a "
    "run that is shorter.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    observe=_means,
)
