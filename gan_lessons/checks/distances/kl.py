"""KL divergence: an exercise of lesson 01, Measure the gap."""

import math
from collections.abc import Callable

from gan_lessons.checks.distances.histograms import EMPTY, LN2, P, Q, bins, kl_of, near, number
from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="KL divergence",
    proves="the closed form on histograms, 0 from an empty bin, and ∞ where q has nothing and p "
    "something.",
    hints=(
        "Add up p times the natural logarithm of p / q over the bins. The first argument weighs.",
        "p ln(p/q) = p ln p - p ln q. torch.xlogy(a, b) is a · ln b, and 0 wherever a is 0.",
        "return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(). No eps: where q = 0 < p the answer "
        "is ∞.",
    ),
)
def kl(answer: Callable) -> None:
    """Check ``kl(p, q)`` in nats for two histograms (K,) that each add up to 1."""
    found, right = number(answer(P, Q), "bin"), kl_of(P, Q)
    if not near(found, right):
        named = (
            (right / LN2, "you measure in bits: use the natural logarithm, torch.log, not log2."),
            (
                kl_of(Q, P),
                "this is KL(q‖p). The two are not the same: the first argument is the one that "
                "weighs the logarithms.",
            ),
            (-right, "the sign is turned: the logarithm is of p / q, not of q / p."),
            (right / 3, "you take the mean over the bins. p is a weight already: take the sum."),
        )
        for value, diagnosis in named:
            if near(found, value):
                raise Wrong(diagnosis)
        raise Wrong(
            f"for p = (0.5, 0.3, 0.2) and q = (0.2, 0.2, 0.6) you get {found:.4f}, not "
            f"{right:.4f}: the sum of p · ln(p / q)."
        )
    for q in (bins(0.25, 0.25, 0.5), bins(0.25, 0.75, 0)):
        found, right = float(answer(bins(0.5, 0.5, 0), q)), kl_of(bins(0.5, 0.5, 0), q)
        if math.isnan(found):
            raise Wrong(EMPTY)
        if not near(found, right):
            raise Wrong(f"with an empty bin in p you get {found:.4f}, not {right:.4f}.")
    found = float(answer(bins(0.5, 0.5), bins(1, 0)))
    if math.isnan(found):
        raise Wrong(EMPTY)
    if 1e30 < found < math.inf:
        raise Wrong(
            f"nan_to_num turns ∞ into the largest number it knows: you get {found:.3g} where q "
            "says that a bin is impossible which p fills half of the time. Leave the ∞ alone."
        )
    if found != math.inf:
        raise Wrong(
            f"q says that a bin is impossible which p fills half of the time, yet you get "
            f"{found:.3g}. KL is ∞ there; an eps or a skipped bin hides the worst mistake of all."
        )
