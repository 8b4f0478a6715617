"""The plateau of a collapsed generator: an exercise of lesson 05, Read a GAN."""

import math
from collections.abc import Callable

from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="The plateau of a collapsed generator",
    proves="G's loss tells how many of K modes it holds, if D is at its best: ln(1 + K/k).",
    hints=(
        "At one of the k modes that G holds: what share of the real samples is there, and what "
        "share of the fake ones? The best D's probability is p / (p + q).",
        "p = 1/K and q = 1/k, so D says k / (K + k) to every fake sample.",
        "G's loss is minus the logarithm of that probability.",
    ),
)
def plateau(answer: Callable) -> None:
    """Check ``plateau(found, modes)``: G's loss with k of K modes and the best D, ln(1 + K/k)."""
    for found, modes in ((8, 8), (1, 8), (2, 8), (5, 25)):
        value, right = float(answer(found, modes)), math.log(1 + modes / found)
        if math.isclose(value, right, rel_tol=1e-3):
            continue
        place = f"for {found} of {modes} modes you get {value:.4g}: "
        ratio = modes / found
        named = {
            math.log(ratio): "that is minus the logit, ln(q/p). The loss is softplus of it.",
            math.log(1 + found / modes): "this falls when G collapses: p and q are exchanged.",
            right / math.log(2): "this is a logarithm to base 2; the losses use the natural one.",
            1 / (1 + ratio): "this is D's probability. G's loss is minus its logarithm.",
            math.log(2): "ln 2 is what G pays when it holds every mode, and only then.",
            2 * math.log(2): "2·ln 2 is D's loss when it knows nothing. The question is G's loss.",
        }
        for wrong, words in named.items():
            if math.isclose(value, wrong, rel_tol=1e-3, abs_tol=1e-9):
                raise Wrong(place + words)
        raise Wrong(place + f"the best D says {1 / (1 + ratio):.3f} there. What does G pay?")
