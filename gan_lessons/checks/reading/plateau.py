"""The plateau of a collapsed generator: an exercise of lesson 05, Read a GAN."""

import math
from collections.abc import Callable, Sequence

from gan_lessons.checks.exercise import Wrong, a_float, near
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def plateau(found, modes):
    real, fake = 1 / modes, 1 / found
    return -math.log(real / (real + fake))
"""

SLIPS = (
    Slip(
        "-math.log(real / (real + fake))",
        "math.log(fake / real)",
        "this is ln(K/k): minus the logit, or −ln of k/K in D's place. D says p / (p + q), and G "
        "pays minus its logarithm.",
    ),
    Slip(
        "real / (real + fake)",
        "fake / (real + fake)",
        "this falls when G collapses: p and q are exchanged, or 1 − D stands where D should. The "
        "real share p stands above.",
    ),
    Slip(
        "math.log(",
        "math.log2(",
        "this is a logarithm to base 2; the losses use the natural one.",
    ),
    Slip(
        "math.log(",
        "math.log10(",
        "this is a logarithm to base 10; the losses use the natural one.",
    ),
    Slip(
        "-math.log(real / (real + fake))",
        "real / (real + fake)",
        "this is D's probability. G's loss is minus its logarithm.",
    ),
    Slip("-math.log", "math.log", "the sign is turned: the loss is *minus* the logarithm."),
    Slip(
        "-math.log(real / (real + fake))",
        "math.log(2)",
        "ln 2 is what G pays when it holds every mode, and only then.",
    ),
    Slip(
        "-math.log(real / (real + fake))",
        "2 * math.log(2)",
        "2·ln 2 is D's loss when it knows nothing. The question is G's loss.",
    ),
    Slip(
        "-math.log(real / (real + fake))",
        "-math.log(real / (real + fake)) - math.log(fake / (real + fake))",
        "this is D's loss at such a mode, −ln D − ln(1 − D). G pays the first term alone.",
    ),
    Slip(
        "real / (real + fake)",
        "real",
        "this is −ln p, and p is no probability of D's: D says p / (p + q).",
    ),
    Slip(
        "real / (real + fake)",
        "fake",
        "this is −ln q, and q is no probability of D's: D says p / (p + q).",
    ),
    Slip(
        "1 / found",
        "1 - 1 / modes",
        "q is not 1 − p: G puts 1/k of its samples on each of its k modes.",
    ),
    Slip(
        "real / (real + fake)",
        "(real + fake) / real",
        "D's fraction is upside down, which turns the sign: D says p / (p + q).",
    ),
    Slip(
        "real / (real + fake)",
        "real / (real + fake) / 2",
        "D's probability is halved: D says p / (p + q), nothing else.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return how many of how many modes are held, the plain cases first."""
    return (
        case("all of 8 modes", 8, 8),
        case("one of 8 modes", 1, 8),
        case("2 of 8 modes", 2, 8),
        case("5 of 25 modes", 5, 25),
        case("3 of some more", 3, 11 + seed),
    )


def _what_d_says(parts: tuple[Callable], cases: Sequence[Case]) -> None:
    """Raise what the best D says in the first case whose loss is wrong."""
    for one in cases:
        found, modes = one.args
        loss, best = a_float(parts[0](found, modes), "G's loss"), found / (found + modes)
        if not near(loss, -math.log(best)):
            raise Wrong(
                f"for {found} of {modes} modes you get {loss:.4g}: the best D says {best:.3f} "
                "there. What does G pay?"
            )


plateau = Value(
    title="The plateau of a collapsed generator",
    proves="G's loss tells how many of K modes it holds, if D is at its best: ln(1 + K/k).",
    hints=(
        "At one of the k modes that G holds: what share of the real samples is there, and what "
        "share of the fake ones? The best D's probability is p / (p + q).",
        "p = 1/K and q = 1/k, so D says k / (K + k) to every fake sample.",
        "G's loss is minus the logarithm of that probability.",
    ),
    asks="Check ``plateau(found, modes)``: G's loss with k of K modes and the best D, ln(1 + K/k).",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    signs=_what_d_says,
)
