"""The half-life of the average: an exercise of lesson 04, Train your first GAN."""

import math
from collections.abc import Callable

from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="The half-life of the average",
    proves="after that many steps an old weight's share is one half.",
    hints=(
        "After one step the share of an old weight is decay. After two steps it is decay squared. "
        "After n steps?",
        "Solve decay ** n = 1/2 for n: take the logarithm of both sides.",
        "n = log(1/2) / log(decay).",
    ),
)
def half_life(answer: Callable) -> None:
    """Check ``half_life(decay)``: the number of steps after which decay ** n is one half."""
    for decay in (0.999, 0.9, 0.5):
        n, right = float(answer(decay)), math.log(0.5) / math.log(decay)
        if math.isclose(n, right, rel_tol=1e-3) or n in (round(right), math.ceil(right)):
            continue
        if math.isclose(n, -right, rel_tol=1e-3):
            raise Wrong(f"you get {n:.1f} steps for a decay of {decay}: the sign is turned.")
        if any(math.isclose(n, m, rel_tol=1e-3) for m in (1 / (1 - decay), -1 / math.log(decay))):
            raise Wrong(
                f"{n:.0f} steps is the usual rule of thumb for how long the average remembers "
                "(a share of 1/e is left), not the time until one half is left."
            )
        if math.isclose(n, 0.5 / (1 - decay), rel_tol=1e-3):
            raise Wrong("the share does not fall by one amount each step, but by one factor.")
        if 0 < n < 1:
            raise Wrong(f"{n:.3g} is a share; the question is after how many steps it is one half.")
        raise Wrong(
            f"for a decay of {decay} you get {n:.4g} steps; by then a share of "
            f"{decay ** min(max(n, 0), 1e6):.3f} is left of an old weight, not one half."
        )
