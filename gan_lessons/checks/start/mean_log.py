"""A mean of logarithms: an exercise of lesson 00, Start here."""

import math
from collections.abc import Callable

import torch

from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="A mean of logarithms",
    proves="the mean of the logarithms is not the logarithm of the mean.",
    hints=(
        "An expectation over samples is a mean: first the function of each sample, then the mean.",
        "E[log p] takes the logarithm inside: p.log().mean().",
        "return p.log().mean()",
    ),
)
def mean_log(answer: Callable) -> None:
    """Check ``mean_log(p)``: E[log p] over samples p (N,), by the natural logarithm."""
    p = torch.tensor([0.1, 0.5, 0.9])
    found, right = float(answer(p)), float(p.log().mean())
    if math.isclose(found, right, rel_tol=1e-4):
        return
    for other, text in (
        (float(p.mean().log()), "that is log E[p]. The logarithm belongs inside the mean."),
        (right / math.log(2), "that is with log2; this course uses the natural logarithm."),
        (right / math.log(10), "that is with log10; this course uses the natural logarithm."),
        (float(p.log().sum()), "that is the sum; an expectation is a mean."),
        (-right, "the sign is turned."),
    ):
        if math.isclose(found, other, rel_tol=1e-3):
            raise Wrong(f"for p = 0.1, 0.5, 0.9 you return {found:.3f}: {text}")
    raise Wrong(f"for p = 0.1, 0.5, 0.9 E[log p] is {right:.3f}, you return {found:.3f}.")
