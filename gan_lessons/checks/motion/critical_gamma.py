"""The critical γ: an exercise of lesson 03, Watch the game move."""

import math
from collections.abc import Callable, Sequence

from gan_lessons.checks.exercise import Wrong, a_float, near
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def critical_gamma(spin):
    return 2 * spin
"""

SLIPS = (
    Slip("2 * spin", "1.0", "1 is right for a spin of 1/2 alone. spin is an argument: use it."),
    Slip("2 * spin", "2.0", "2 is right for a spin of 1 alone. spin is an argument: use it."),
    Slip("2 * spin", "spin", "half of it: it is γ/2 that must reach the spin, not γ."),
    Slip(
        "2 * spin",
        "spin / 2",
        "a quarter of it: γ/2 = spin is solved for γ by doubling, not by halving.",
    ),
    Slip(
        "2 * spin",
        "4 * spin**2",
        "this is γ², not γ: from γ²/4 = spin² take the root on both sides.",
    ),
    Slip(
        "2 * spin",
        "4 * spin",
        "twice too much: of γ² = 4·spin² the root is taken of the 4, too.",
    ),
    Slip(
        "2 * spin",
        "2 * spin**2",
        "spin is squared still: of γ² = 4·spin² the root is taken of spin², too.",
    ),
    Slip(
        "2 * spin",
        "2 * math.sqrt(spin)",
        "spin is not squared under your root: solve γ²/4 = spin², not γ²/4 = spin.",
    ),
    Slip("2 * spin", "spin**2", "λ has γ²/4 and spin² under one root: solve γ²/4 = spin²."),
    Slip(
        "2 * spin",
        "-2 * spin",
        "of the two solutions of γ² = 4·spin² take the positive one: a negative γ would reward D "
        "for its slope.",
    ),
    Slip(
        "2 * spin",
        "0.0",
        "at γ = 0 the game circles for ever. That γ > 0 is enough to come to rest is true; asked "
        "is where the turning ends.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return a WGAN's spin, a GAN's, and two more."""
    return (
        case("spin 1", 1.0),
        case("spin 1/2", 0.5),
        case("spin 2", 2.0),
        case("another spin", 0.7 + 0.1 * seed),
    )


def _still_turns(parts: tuple[Callable], cases: Sequence[Case]) -> None:
    """Raise what happens at the γ that was given."""
    for one in cases:
        (spin,) = one.args
        gamma = a_float(parts[0](spin), "γ")
        if near(gamma, 2 * spin) or not math.isfinite(gamma):
            continue
        if abs(gamma) < 2 * spin:
            turning = math.sqrt(spin**2 - gamma**2 / 4)
            raise Wrong(
                f"for spin = {spin:g} you say γ = {gamma:.3g}, but there λ = {-gamma / 2:.3g} ± "
                f"{turning:.3g}i: the game still turns."
            )
        if gamma > 0:
            raise Wrong(
                f"for spin = {spin:g} you say γ = {gamma:.3g}: nothing turns there, but already "
                f"at {(gamma + 2 * spin) / 2:.3g} nothing does. Asked is the least such γ."
            )


critical_gamma = Value(
    title="The critical γ",
    proves="below it the game circles in, above it nothing turns; its eigenvalues meet there.",
    hints=(
        "The eigenvalues add up to −γ and multiply to spin², so λ² + γλ + spin² = 0. When are the "
        "solutions of such an equation complex?",
        "λ = −γ/2 ± sqrt(γ²/4 − spin²): the root is real once γ²/4 is at least spin².",
        "Solve γ²/4 = spin² for γ > 0: γ/2 = spin, so γ = 2 * spin.",
    ),
    asks="Check ``critical_gamma(spin)``: the least γ at which the eigenvalues are real.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    signs=_still_turns,
)
