"""The least γ for a step of size h: an exercise of lesson 03, Watch the game move."""

import cmath
import math
from collections.abc import Callable, Sequence

from gan_lessons.checks.exercise import Wrong, a_float, near
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def least_gamma(spin, h):
    return h * spin**2
"""

SLIPS = (
    Slip(
        "h * spin**2",
        "2 / h - h * spin**2 / 2",
        "that is the upper end, of the game in turns. The lower one is asked, of the game in which "
        "both move together.",
    ),
    Slip(
        "h * spin**2",
        "0.0",
        "that is the answer for infinitely small steps. A step of size h leaves the circle along "
        "its tangent, and the penalty must make up for that.",
    ),
    Slip(
        "h * spin**2",
        "2 * spin",
        "that is the critical γ, where the turning ends. A circle can shrink long before.",
    ),
    Slip("spin**2", "spin", "the spin must be squared: the determinant holds h²·spin²."),
    Slip("h * spin**2", "spin**2", "h is missing: smaller steps need a smaller γ."),
    Slip(
        "h * spin**2",
        "(h * spin)**2",
        "this is h·γ, not γ: divide h²·spin² < h·γ by h.",
    ),
    Slip(
        "h * spin**2",
        "spin**2 / h",
        "this grows as the steps get smaller. h²·spin² < h·γ is divided by h once: h stays above.",
    ),
    Slip(
        "h * spin**2",
        "2 / h + h * spin**2 / 2",
        "that is the other end: above it D overshoots. Asked is where the radius begins to shrink.",
    ),
    Slip(
        "h * spin**2",
        "2 / h",
        "there hγ = 2, and D overshoots. Asked is the other end, where hγ is small: ask when the "
        "determinant of I + hJ is below 1.",
    ),
    Slip(
        "h * spin**2",
        "-h * spin**2",
        "the sign is turned: 1 − hγ + h²·spin² < 1 asks for a γ *above* h·spin².",
    ),
    Slip(
        "h * spin**2",
        "math.sqrt(1 + (h * spin)**2)",
        "that is by how much a step grows without a penalty, |1 + hλ|. Put γ into it, and ask when "
        "it is below 1.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return spins and step sizes, the plain ones first."""
    return (
        case("a WGAN's spin", 1.0, 0.2),
        case("a GAN's spin", 0.5, 0.2),
        case("a larger step", 1.0, 0.4),
        case("a steep game", 2.0, 0.1),
        case("another game", 0.8, 0.11 + 0.01 * seed),
    )


def _factor(spin: float, gamma: float, h: float) -> float:
    """Return by how much the slowest direction changes in one simultaneous step."""
    root = cmath.sqrt(gamma**2 / 4 - spin**2)
    return max(abs(1 + h * (-gamma / 2 + sign * root)) for sign in (1, -1))


def _radius(parts: tuple[Callable], cases: Sequence[Case]) -> None:
    """Raise what happens to the radius at the γ that was given."""
    for one in cases:
        spin, h = one.args
        gamma = a_float(parts[0](spin, h), "γ")
        if near(gamma, h * spin**2) or not math.isfinite(gamma):
            continue
        grown = _factor(spin, gamma, h) ** 100
        where = f"for spin = {spin:g}, h = {h:g} you say γ = {gamma:.3g}"
        if grown > 1:
            raise Wrong(f"{where}, but there 100 steps multiply the radius by {grown:.3g}.")
        raise Wrong(
            f"{where}: there the radius shrinks, and with a somewhat smaller γ it still does."
        )


least_gamma = Value(
    title="The least γ for a step of size h",
    proves="below it simultaneous steps drive the players apart; above it, while hγ is small, they "
    "bring them home.",
    hints=(
        "A step multiplies by 1 + hλ. For two complex conjugates |1 + hλ|² is their product, "
        "which is the determinant of I + hJ.",
        "I + hJ = [[1, h·spin], [−h·spin, 1 − hγ]]. Write down its determinant, and ask when it "
        "is below 1.",
        "1 − hγ + h²·spin² < 1. Solve for γ and divide by h.",
    ),
    asks="Check ``least_gamma(spin, h)``: where a simultaneous step stops growing.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    signs=_radius,
)
