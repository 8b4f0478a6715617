"""Fool a D that draws straight lines: an exercise of lesson 02, Play the minimax game."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Property, Slip, Table

RIGHT = """
real = [-1.0, 1.0]
fake = [-3.0, 3.0]
"""

BOTH = "real = [-1.0, 1.0]\nfake = [-3.0, 3.0]"
LEANS = (
    "This D leans to the side where your real points lie on average: take that side from it, and "
    "keep the lists different."
)
FAR = "W₁ has to be 1 or more: let the fakes travel further."
MOST = 1_000  # numbers in a list
NEARLY = 1e-6  # what the best D of this kind may win

SLIPS = (
    Slip("[-3.0, 3.0]", "[-1.0, 1.0]", FAR),
    Slip("[-3.0, 3.0]", "[1.0, -1.0]", FAR),
    Slip("[-3.0, 3.0]", "[-1.8, 1.8]", FAR),
    Slip("[-3.0, 3.0]", "[3.0, 5.0]", LEANS),
    Slip("[-3.0, 3.0]", "[-3.0, 4.0]", LEANS),
    Slip("[-1.0, 1.0]", "[-1.0, 1.1]", LEANS),
    Slip(BOTH, "real = [-2.0, 0.0, 1.0]\nfake = [-9.0, 0.0, 2.0]", LEANS),
    Slip("[-3.0, 3.0]", "[-3.0, 0.0, 3.0]", "give as many fake numbers as real ones"),
    Slip("[-3.0, 3.0]", "[-math.inf, math.inf]", "not finite: every point needs a place"),
    Slip("[-3.0, 3.0]", "[[-3.0, 3.0]]", "should be a plain list of numbers"),
    Slip("[-3.0, 3.0]", "3.0", "should be a plain list of numbers"),
    Slip(BOTH, "real = []\nfake = []", "give from 1 to 1,000 numbers"),
)


def make(real: Sequence[float], fake: Sequence[float]) -> tuple[Tensor, Tensor]:
    """Return both lists as tensors in float64."""
    made = []
    for name, points in (("real", real), ("fake", fake)):
        try:
            made.append(torch.as_tensor(points).detach().to("cpu", torch.float64))
        except (TypeError, ValueError, RuntimeError) as error:
            raise Wrong(f"my_{name} should be a plain list of numbers, such as [1, 2].") from error
    return tuple(made)


def best_line(real: Tensor, fake: Tensor) -> tuple[float, float, float]:
    """Return a and b of the best logit a + b·x, and its loss; b ends where D is very sure.

    The loss is convex in (a, b): Newton's steps, halved until they pay, find the lowest place.
    Lesson 02.
    """
    middle, scale = torch.cat([real, fake]).mean(), torch.cat([real, fake]).std().clamp_min(1e-12)
    x = torch.cat([real, fake]).sub(middle) / scale
    ones = torch.ones_like(x)
    sign = torch.cat([torch.ones_like(real), -torch.ones_like(fake)])
    columns = torch.stack([ones, x], dim=1)  # (2N, 2)
    at = torch.zeros(2, dtype=torch.float64)

    def loss(at: Tensor) -> float:
        return float(softplus(-sign * (columns @ at)).sum() / len(real))

    for _ in range(30):
        wrong = torch.sigmoid(-sign * (columns @ at))
        slope = -(columns * (sign * wrong)[:, None]).sum(0) / len(real)
        weight = wrong * (1 - wrong) / len(real)
        bend = (columns * weight[:, None]).mT @ columns
        step = torch.linalg.solve(bend + 1e-9 * torch.eye(2, dtype=torch.float64), slope)
        share = 1.0
        while loss(at - share * step) > loss(at) and share > 1e-6:
            share /= 2
        at = at - share * step
        if at.abs().max() > 30:
            break
    b = float(at[1] / scale)
    return float(at[0]) - b * float(middle), b, loss(at)


def _two_lists_of_numbers(real: Tensor, fake: Tensor) -> str | None:
    for name, points in (("real", real), ("fake", fake)):
        if points.ndim != 1:
            return f"my_{name} should be a plain list of numbers, such as [1, 2]."
        if not 1 <= len(points) <= MOST:
            return f"my_{name} has {len(points):,} numbers: give from 1 to 1,000 numbers."
        if not points.isfinite().all():
            return f"my_{name} holds a number that is not finite: every point needs a place."
    if len(real) != len(fake):
        return (
            f"give as many fake numbers as real ones: here are {len(real):,} real and "
            f"{len(fake):,} fake ones."
        )
    return None


def _they_differ(real: Tensor, fake: Tensor) -> str | None:
    apart = float((real.sort().values - fake.sort().values).abs().mean())
    if apart < 1 - 1e-6:
        return (
            f"your two lists have W₁ = {apart:.3g}. {FAR} (The order in a list does not count: "
            "shuffled, it is the same list.)"
        )
    return None


def _a_line_sees_nothing(real: Tensor, fake: Tensor) -> str | None:
    a, b, loss = best_line(real, fake)
    if loss < 2 * math.log(2) - NEARLY:
        return (
            f"the logit {a:.3g} {b:+.3g}·x gets a loss of {loss:.7f}, below 2 ln 2 = 1.3862944. "
            f"{LEANS}"
        )
    return None


blind = Property(
    title="Fool a D that draws straight lines",
    proves="the loss is convex in a and b and flat at a = b = 0, so D = ½ is the best of its "
    "kind: 2 ln 2, though W₁ is 1 or more.",
    hints=(
        "At a = b = 0 the loss is 2 ln 2. It is convex in a and b, so that is its lowest place "
        "as soon as both of its slopes are 0 there. Compute them.",
        "The slope by a is 0 for any lists. The slope by b, at a = b = 0, is half the mean of the "
        "fake numbers minus half the mean of the real ones.",
        "my_real, my_fake = [-1.0, 1.0], [-3.0, 3.0]: equal means, and each fake has to travel 2.",
    ),
    asks="Check for two lists with W₁ of 1 or more that no logit a + b·x tells apart.",
    table=Table(RIGHT, SLIPS),
    make=make,
    facts=(_two_lists_of_numbers, _they_differ, _a_line_sees_nothing),
)
