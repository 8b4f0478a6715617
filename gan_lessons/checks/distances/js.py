"""Jensen–Shannon divergence: an exercise of lesson 01, Measure the gap."""

import math
from collections.abc import Callable

from torch import Tensor

from gan_lessons.checks.distances.histograms import EMPTY, LN2, P, Q, bins, kl_of, near, number
from gan_lessons.checks.exercise import Wrong, exercise


def _js(p: Tensor, q: Tensor) -> float:
    return (kl_of(p, (p + q) / 2) + kl_of(q, (p + q) / 2)) / 2


@exercise(
    title="Jensen–Shannon divergence",
    proves="symmetric, finite on empty bins, and exactly ln 2 for distributions that never meet.",
    hints=(
        "Make the mixture m = (p + q) / 2 first. p and q are each compared with m, not with "
        "each other.",
        "JS is the mean of two KL divergences: KL(p‖m) and KL(q‖m).",
        "m = (p + q) / 2; return (my_kl(p, m) + my_kl(q, m)) / 2. m is 0 only where both are, so "
        "no eps is needed.",
    ),
)
def js(answer: Callable) -> None:
    """Check ``js(p, q)`` in nats for two histograms (K,) that each add up to 1."""
    found, right, m = number(answer(P, Q), "bin"), _js(P, Q), (P + Q) / 2
    jeffreys = kl_of(P, Q) + kl_of(Q, P)
    if not math.isclose(found, right, rel_tol=5e-3):  # an eps shows better below
        named = (
            (right / LN2, "you measure in bits: use the natural logarithm, torch.log, not log2."),
            (
                jeffreys / 2,
                "the mixture is missing: this is the mean of KL(p‖q) and KL(q‖p), which is ∞ as "
                "soon as a bin is empty in one of them. Compare each with m = (p + q) / 2.",
            ),
            (
                (kl_of(m, P) + kl_of(m, Q)) / 2,
                "the arguments are exchanged: this is the mean of KL(m‖p) and KL(m‖q), which is ∞ "
                "as soon as a bin is empty in one of them. p and q weigh: KL(p‖m), KL(q‖m).",
            ),
            (jeffreys, "the mixture is missing, and the half: each of p and q is compared with m."),
            (2 * right, "you add the two KL divergences; JS is their mean."),
            (
                math.sqrt(right),
                "this is the root of JS, called the Jensen–Shannon *distance* (some libraries "
                "return it). Leave the root out.",
            ),
            (kl_of(P, m), "only KL(p‖m) is there: JS is symmetric, so q needs its own half."),
            (right - LN2, "m = p + q adds up to 2: it needs the half to be a distribution."),
        )
        for value, diagnosis in named:
            if near(found, value):
                raise Wrong(diagnosis)
        raise Wrong(
            f"for p = (0.5, 0.3, 0.2) and q = (0.2, 0.2, 0.6) you get {found:.4f}, not {right:.4f}."
        )
    for p, q in ((bins(0.5, 0.5, 0, 0), bins(0, 0, 0.5, 0.5)), (bins(1, 0), bins(0, 1))):
        found = float(answer(p, q))
        if math.isnan(found):
            raise Wrong(EMPTY)
        if found > LN2 + 1e-6:
            raise Wrong(
                f"two distributions that share no bin get {found:.6f}. JS never exceeds "
                "ln 2 = 0.693147: an eps in the logarithm breaks that bound."
            )
        if found < LN2 - 1e-6:
            raise Wrong(
                f"two distributions that share no bin get {found:.6f} instead of ln 2 = 0.693147. "
                "An eps that is added to p or q lets them meet."
            )
    if not near(found := float(answer(P, Q)), right):
        raise Wrong(f"p = (0.5, 0.3, 0.2), q = (0.2, 0.2, 0.6): {found:.6f}, not {right:.6f}.")
