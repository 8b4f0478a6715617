"""Jensen–Shannon divergence: an exercise of lesson 01, Measure the gap."""

import math
from collections.abc import Sequence

from gan_lessons.checks.distances.histograms import (
    EACH_BIN,
    EMPTY,
    IN_BITS,
    bins,
    histograms,
    no_nan,
)
from gan_lessons.checks.exercise import Wrong, near
from gan_lessons.checks.grader import Answer, Case, Slip, Table, Value, case
from gan_lessons.checks.seen import Seen

RIGHT = """
def js(p, q):
    m = (p + q) / 2
    return (_kl(p, m) + _kl(q, m)) / 2


def _kl(p, q):
    terms = torch.xlogy(p, p) - torch.xlogy(p, q)
    return terms.sum()
"""

SLIPS = (
    Slip("terms.sum()", "terms.sum() / math.log(2)", IN_BITS),
    Slip(
        "(_kl(p, m) + _kl(q, m)) / 2",
        "(_kl(p, q) + _kl(q, p)) / 2",
        "the mixture is missing: this is the mean of KL(p‖q) and KL(q‖p), which is ∞ as soon as a "
        "bin is empty in one of them. Compare each with m = (p + q) / 2.",
    ),
    Slip(
        "(_kl(p, m) + _kl(q, m)) / 2",
        "_kl(p, q) + _kl(q, p)",
        "the mixture is missing, and the half: each of p and q is compared with m.",
    ),
    Slip(
        "(_kl(p, m) + _kl(q, m)) / 2",
        "(_kl(m, p) + _kl(m, q)) / 2",
        "the arguments are exchanged: this is the mean of KL(m‖p) and KL(m‖q), which is ∞ as soon "
        "as a bin is empty in one of them. p and q weigh: KL(p‖m), KL(q‖m).",
    ),
    Slip(
        "(_kl(p, m) + _kl(q, m)) / 2",
        "_kl(p, m) + _kl(q, m)",
        "you add the two KL divergences; JS is their mean.",
    ),
    Slip(
        "(_kl(p, m) + _kl(q, m)) / 2",
        "(_kl(p, m) + _kl(q, m)).sqrt() / 2**0.5",
        "this is the root of JS, called the Jensen–Shannon *distance* (some libraries return it). "
        "Leave the root out.",
    ),
    Slip(
        "(_kl(p, m) + _kl(q, m)) / 2",
        "_kl(p, m)",
        "only KL(p‖m) is there: JS is symmetric, so q needs its own half.",
    ),
    Slip(
        "(_kl(p, m) + _kl(q, m)) / 2",
        "_kl(q, m)",
        "only KL(q‖m) is there: JS is symmetric, so p needs its own half.",
    ),
    Slip("m) + _kl", "m) - _kl", "KL(q‖m) is taken off: JS is the mean of the two, so add them."),
    Slip(
        "(_kl(p, m) + _kl(q, m)) / 2",
        "torch.maximum(_kl(p, m), _kl(q, m))",
        "this is the larger of KL(p‖m) and KL(q‖m); JS is their mean.",
    ),
    Slip(
        "(_kl(p, m) + _kl(q, m)) / 2",
        "(p - q).abs().sum() / 2",
        "this is the total variation. JS is the mean of KL(p‖m) and KL(q‖m).",
    ),
    Slip(
        "(_kl(p, m) + _kl(q, m)) / 2",
        "_kl(p, q)",
        "this is KL(p‖q), which is not symmetric. JS compares p and q with m = (p + q) / 2, each "
        "in its own KL.",
    ),
    Slip(
        "m = (p + q) / 2",
        "m = p + q",
        "m = p + q adds up to 2: it needs the half to be a distribution.",
    ),
    Slip(
        "m = (p + q) / 2",
        "m = (p * q).sqrt()",
        "m = √(p · q) is empty as soon as one of them is, and no distribution: take the mean, "
        "(p + q) / 2.",
    ),
    Slip("(p + q) / 2", "p + q / 2", "m = p + q / 2 halves q alone: brackets, (p + q) / 2."),
    Slip(
        "terms.sum()",
        "terms.mean()",
        "KL is a mean over the bins here. Its first argument is a weight already: take the sum.",
    ),
    Slip("return terms.sum()", "return terms", EACH_BIN),
    Slip("torch.xlogy(p, p) - torch.xlogy(p, q)", "p * (p / q).log()", EMPTY),
    Slip(
        "torch.xlogy(p, p) - torch.xlogy(p, q)",
        "-torch.xlogy(p, q)",
        "the cross entropy −Σ p ln m stands where KL should. What p costs by itself, −Σ p ln p, "
        "goes off.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return histograms, the first ones small; the last ones share no bin."""
    a, b, c = histograms(seed, 4, 4, 7)
    return (
        case("two histograms of three bins", bins(0.5, 0.3, 0.2), bins(0.2, 0.2, 0.6)),
        case("two of four bins", a, b),
        case("seven bins", c, c.flip(0)),
        case("equal histograms", a, a.clone()),
        case("a bin that is empty in p", bins(0.5, 0.5, 0), bins(0.2, 0.2, 0.6)),
        case("a bin that is empty in q", bins(0.2, 0.3, 0.5), bins(0, 0.4, 0.6)),
        case("two that share no bin", bins(1, 0), bins(0, 1)),
        case("two of four bins that share none", bins(0.5, 0.5, 0, 0), bins(0, 0, 0.25, 0.75)),
    )


def signs(parts: Answer, cases: Sequence[Case]) -> None:
    """Name an eps: almost right, but off the bound ln 2 for histograms that never meet."""
    found = js.all_of(parts, cases)
    pairs = zip(found, js.known(RIGHT, cases), strict=True)
    if not all(isinstance(mine, Seen) and near_enough(mine, true) for mine, true in pairs):
        return
    apart = float(found[-1].parts[0])
    seen = f"two distributions that share no bin get {apart:.6f}"
    if apart > math.log(2) + 1e-6:
        raise Wrong(
            f"{seen}. JS never exceeds ln 2 = 0.693147: an eps in the logarithm breaks that bound."
        )
    if apart < math.log(2) - 1e-6:
        raise Wrong(
            f"{seen} instead of ln 2 = 0.693147. An eps that is added to p or q lets them meet."
        )


def near_enough(mine: Seen, true: Seen) -> bool:
    """Say whether a result is the right one but for an eps. Lesson 01."""
    return near(float(mine.parts[0]), float(true.parts[0]), share=5e-3, least=1e-3)


js = Value(
    title="Jensen–Shannon divergence",
    proves="symmetric, and right for empty bins, too.",
    hints=(
        "Make the mixture m = (p + q) / 2 first. p and q are each compared with m, not with "
        "each other.",
        "JS is the mean of two KL divergences: KL(p‖m) and KL(q‖m).",
        "m = (p + q) / 2; return (my_kl(p, m) + my_kl(q, m)) / 2. m is 0 only where both are, so "
        "no eps is needed.",
    ),
    asks="Check ``js(p, q)`` in nats for two histograms (K,) that each add up to 1.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    remark=no_nan,
    signs=signs,
    share=1e-6,
)
