"""The critical γ: an exercise of lesson 03, Watch the game move."""

import math
from collections.abc import Callable

from gan_lessons.checks.exercise import Wrong, exercise
from gan_lessons.checks.motion.roots import roots


@exercise(
    title="The critical γ",
    proves="below it the game circles in, above it nothing turns; its eigenvalues meet there.",
    hints=(
        "λ = −γ/2 ± sqrt(γ²/4 − slope²). When is there no imaginary part?",
        "The root is real once γ²/4 is at least slope².",
        "Solve γ²/4 = slope² for γ > 0: γ/2 = slope.",
    ),
)
def critical_gamma(answer: Callable) -> None:
    """Check ``critical_gamma(slope)``: the least γ at which the eigenvalues are real."""
    given = {slope: float(answer(slope)) for slope in (0.5, 1.0, 2.0)}
    mistakes = {
        "constant": (lambda s: 1.0, "1 is the GAN's value. For a WGAN slope is 1: use it."),
        "half": (lambda s: s, "half of it: it is γ/2 that must reach the slope, not γ."),
        "no root": (
            lambda s: 4 * s * s,
            "this is γ², not γ: from γ²/4 = slope² take the root on both sides.",
        ),
        "least": (
            lambda s: 0.0,
            "at γ = 0 the game circles for ever. That γ > 0 is enough to come to rest is true; "
            "asked is where the turning ends.",
        ),
    }
    for wrong, diagnosis in mistakes.values():
        if all(math.isclose(g, wrong(s), abs_tol=1e-3) for s, g in given.items()):
            raise Wrong(diagnosis)
    for slope, gamma in given.items():
        if math.isclose(gamma, 2 * slope, rel_tol=1e-3):
            continue
        value = roots(slope, gamma)[0]
        if abs(value.imag) > 1e-9:
            raise Wrong(
                f"for slope = {slope:g} you say γ = {gamma:.3g}, but there λ = {value.real:.3g} ± "
                f"{abs(value.imag):.3g}i: the game still turns."
            )
        raise Wrong(
            f"for slope = {slope:g} you say γ = {gamma:.3g}: nothing turns there, but already at "
            f"{0.99 * gamma:.3g} nothing does. Asked is the least such γ."
        )
