"""The least γ for a step of size h: an exercise of lesson 03, Watch the game move."""

import math
from collections.abc import Callable

from gan_lessons.checks.exercise import Wrong, exercise
from gan_lessons.checks.motion.roots import roots


def _factor(slope: float, gamma: float, h: float) -> float:
    """Return by how much the slowest direction changes in one simultaneous step."""
    return max(abs(1 + h * root) for root in roots(slope, gamma))


@exercise(
    title="The least γ for a step of size h",
    proves="below it simultaneous steps drive the players apart; above it, while hγ is small, they "
    "bring them home.",
    hints=(
        "A step multiplies by 1 + hλ. For two complex conjugates |1 + hλ|² is their product, "
        "which is the determinant of I + hJ.",
        "I + hJ = [[1, h·slope], [−h·slope, 1 − hγ]]. Write down its determinant, and ask when it "
        "is below 1.",
        "1 − hγ + h²·slope² < 1. Solve for γ and divide by h.",
    ),
)
def least_gamma(answer: Callable) -> None:
    """Check ``least_gamma(slope, h)``: where a simultaneous step stops growing."""
    cases = ((0.5, 0.2), (1.0, 0.2), (1.0, 0.4), (2.0, 0.1))
    given = {case: float(answer(*case)) for case in cases}
    mistakes = {
        "flow": (
            lambda s, h: 0.0,
            "that is the answer for infinitely small steps. A step of size h leaves the circle "
            "along its tangent, and the penalty must make up for that.",
        ),
        "critical": (
            lambda s, h: 2 * s,
            "that is the critical γ, where the turning ends. A circle can shrink long before.",
        ),
        "no square": (
            lambda s, h: h * s,
            "the slope must be squared: the determinant holds h²·slope².",
        ),
        "h forgotten": (lambda s, h: s * s, "h is missing: smaller steps need a smaller γ."),
        "not divided": (
            lambda s, h: (h * s) ** 2,
            "this is h·γ, not γ: divide h²·slope² < h·γ by h.",
        ),
    }
    for wrong, diagnosis in mistakes.values():
        if all(math.isclose(g, wrong(*case), abs_tol=1e-4) for case, g in given.items()):
            raise Wrong(diagnosis)
    for (slope, h), gamma in given.items():
        if math.isclose(gamma, h * slope**2, rel_tol=1e-3):
            continue
        factor = _factor(slope, gamma, h) ** 100
        where = f"for slope = {slope:g}, h = {h:g} you say γ = {gamma:.3g}"
        if factor > 1:
            raise Wrong(f"{where}, but there 100 steps multiply the radius by {factor:.3g}.")
        raise Wrong(
            f"{where}: there the radius shrinks, and with a somewhat smaller γ it still does."
        )
