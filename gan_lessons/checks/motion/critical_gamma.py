"""The critical γ: an exercise of lesson 03, Watch the game move."""

import math
from collections.abc import Callable, Sequence

from gan_lessons.checks.exercise import Wrong, a_float, near
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def critical_gamma(slope):
    return 2 * slope
"""

SLIPS = (
    Slip("2 * slope", "1.0", "1 is the GAN's value. For a WGAN slope is 1: use it."),
    Slip("2 * slope", "2.0", "2 is the WGAN's value. For the GAN slope is 1/2: use it."),
    Slip("2 * slope", "slope", "half of it: it is γ/2 that must reach the slope, not γ."),
    Slip(
        "2 * slope",
        "slope / 2",
        "a quarter of it: γ/2 = slope is solved for γ by doubling, not by halving.",
    ),
    Slip(
        "2 * slope",
        "4 * slope**2",
        "this is γ², not γ: from γ²/4 = slope² take the root on both sides.",
    ),
    Slip(
        "2 * slope",
        "4 * slope",
        "twice too much: of γ² = 4·slope² the root is taken of the 4, too.",
    ),
    Slip(
        "2 * slope",
        "2 * slope**2",
        "slope is squared still: of γ² = 4·slope² the root is taken of slope², too.",
    ),
    Slip(
        "2 * slope",
        "2 * math.sqrt(slope)",
        "slope is not squared under your root: solve γ²/4 = slope², not γ²/4 = slope.",
    ),
    Slip("2 * slope", "slope**2", "λ has γ²/4 and slope² under one root: solve γ²/4 = slope²."),
    Slip(
        "2 * slope",
        "-2 * slope",
        "of the two solutions of γ² = 4·slope² take the positive one: a negative γ would reward D "
        "for its slope.",
    ),
    Slip(
        "2 * slope",
        "0.0",
        "at γ = 0 the game circles for ever. That γ > 0 is enough to come to rest is true; asked "
        "is where the turning ends.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return a WGAN's slope, a GAN's, and two more."""
    return (
        case("slope 1", 1.0),
        case("slope 1/2", 0.5),
        case("slope 2", 2.0),
        case("another slope", 0.7 + 0.1 * seed),
    )


def _still_turns(parts: tuple[Callable], cases: Sequence[Case]) -> None:
    """Raise what happens at the γ that was given."""
    for one in cases:
        (slope,) = one.args
        gamma = a_float(parts[0](slope), "γ")
        if near(gamma, 2 * slope) or not math.isfinite(gamma):
            continue
        if abs(gamma) < 2 * slope:
            turning = math.sqrt(slope**2 - gamma**2 / 4)
            raise Wrong(
                f"for slope = {slope:g} you say γ = {gamma:.3g}, but there λ = {-gamma / 2:.3g} ± "
                f"{turning:.3g}i: the game still turns."
            )
        if gamma > 0:
            raise Wrong(
                f"for slope = {slope:g} you say γ = {gamma:.3g}: nothing turns there, but already "
                f"at {(gamma + 2 * slope) / 2:.3g} nothing does. Asked is the least such γ."
            )


critical_gamma = Value(
    title="The critical γ",
    proves="below it the game circles in, above it nothing turns; its eigenvalues meet there.",
    hints=(
        "λ = −γ/2 ± sqrt(γ²/4 − slope²). When is there no imaginary part?",
        "The root is real once γ²/4 is at least slope².",
        "Solve γ²/4 = slope² for γ > 0: γ/2 = slope.",
    ),
    asks="Check ``critical_gamma(slope)``: the least γ at which the eigenvalues are real.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    signs=_still_turns,
)
