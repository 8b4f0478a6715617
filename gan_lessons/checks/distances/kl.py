"""KL divergence: an exercise of lesson 01, Measure the gap."""

import math
from collections.abc import Sequence

import torch

from gan_lessons.checks.distances.histograms import (
    EACH_BIN,
    EMPTY,
    IN_BITS,
    bins,
    histograms,
    no_nan,
)
from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Answer, Case, Slip, Table, Value, case

RIGHT = """
def kl(p, q):
    terms = p * (p / q).log()
    return terms[p > 0].sum()
"""

LARGEST = (
    "nan_to_num turns ∞ into the largest number it knows. Where q has nothing and p something KL "
    "is ∞: leave it alone."
)
HIDDEN = (
    "an eps or a skipped bin hides the worst mistake of all: q calls a bin impossible that p "
    "fills. KL is ∞ there, so leave the ∞ alone."
)

BY_TORCH = (
    "F.kl_div(p, q) takes its first argument for a logarithm, and weighs by the second one: "
    "F.kl_div(q.log(), p, reduction='sum'), of the bins with p > 0."
)

SLIPS = (
    Slip(
        "def kl(p, q)",
        "def kl(q, p)",
        "this is KL(q‖p). The two are not the same: the first argument is the one that weighs the "
        "logarithms.",
    ),
    Slip(
        "(p / q).log()",
        "(q / p).log()",
        "the sign is turned: the logarithm is of p / q, not of q / p.",
    ),
    Slip(
        "p * (p / q)",
        "q * (p / q)",
        "q weighs the logarithms. The first argument, p, is the one that weighs.",
    ),
    Slip("p * (p / q)", "(p / q)", "the weights are missing: each logarithm counts p times."),
    Slip(".log()", ".log2()", IN_BITS),
    Slip(
        "p * (p / q).log()",
        "-p * q.log()",
        "this is the cross entropy −Σ p ln q. What p costs by itself, −Σ p ln p, goes off.",
    ),
    Slip(
        "p * (p / q).log()",
        "p * p.log()",
        "this is Σ p ln p, the entropy's negative: q is missing.",
    ),
    Slip("p * (p / q).log()", "p * (p / q)", "the logarithm is missing: p · ln(p / q)."),
    Slip(
        "p * (p / q).log()",
        "p * (p - q).abs().log()",
        "a difference stands in the logarithm; its argument is the fraction p / q.",
    ),
    Slip(
        "p * (p / q).log()",
        "p * (p / q).log().abs()",
        "the absolute value does not belong here: bins with p < q pull the sum down.",
    ),
    Slip(
        "p * (p / q).log()",
        "(p - q) * (p / q).log()",
        "this is KL(p‖q) + KL(q‖p), both ways at once. Only p weighs here.",
    ),
    Slip(
        "[p > 0].sum()",
        "[p > 0].mean()",
        "you take the mean over the bins. p is a weight already: take the sum.",
    ),
    Slip(
        "terms[p > 0].sum()",
        "torch.where(p > 0, terms, 0.0).mean()",
        "you take the mean over the bins. p is a weight already: take the sum.",
    ),
    Slip("terms[p > 0].sum()", "torch.where(p > 0, terms, 0.0)", EACH_BIN),
    Slip("terms[p > 0]", "terms", EMPTY),
    Slip("terms[p > 0]", "terms.nan_to_num()", LARGEST),
    Slip(
        "terms = p * (p / q).log()\n    return terms[p > 0].sum()",
        "return F.kl_div(p, q, reduction='sum')",
        BY_TORCH,
    ),
    Slip(
        "terms = p * (p / q).log()\n    return terms[p > 0].sum()",
        "return F.kl_div(p, q)",
        BY_TORCH + " Without reduction it takes the mean over the bins.",
    ),
    Slip("terms[p > 0]", "terms[(p > 0) & (q > 0)]", HIDDEN),
    Slip("(p / q).log()", "((p + 1e-8) / (q + 1e-8)).log()", HIDDEN),
)


def cases(seed: int) -> Sequence[Case]:
    """Return histograms, the first ones small."""
    a, b, c = histograms(seed, 4, 4, 7)
    half, full = bins(0.5, 0.5, 0), bins(0.2, 0.2, 0.6)
    return (
        case("two histograms of three bins", bins(0.5, 0.3, 0.2), bins(0.2, 0.2, 0.6)),
        case("two of four bins", a, b),
        case("the same two, exchanged", b, a),
        case("seven bins", c, c.flip(0)),
        case("a bin that is empty in p", half, full),
        case("a bin that is empty in q", full, half),
        case("equal histograms", a, a.clone()),
    )


def signs(parts: Answer, cases: Sequence[Case]) -> None:
    """Name an eps, or a cut: the answer is right but where KL is ∞, and finite there."""
    pairs = zip(kl.all_of(parts, cases), kl.known(RIGHT, cases), strict=True)
    off = [(mine, true) for mine, true in pairs if not kl.alike(mine, true)]
    if all(true.parts[0] == math.inf and mine.parts[0].isfinite() for mine, true in off):
        raise Wrong(LARGEST if all(mine.parts[0] > 1e30 for mine, _ in off) else HIDDEN)


kl = Value(
    title="KL divergence",
    proves="the closed form on histograms, 0 from an empty bin, and ∞ where q has nothing and p "
    "something.",
    hints=(
        "Add up p times the natural logarithm of p / q over the bins. The first argument weighs.",
        "p ln(p/q) = p ln p - p ln q. torch.xlogy(a, b) is a · ln b, and 0 wherever a is 0.",
        "return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(). No eps: where q = 0 < p the answer "
        "is ∞.",
    ),
    asks="Check ``kl(p, q)`` in nats for two histograms (K,) that each add up to 1.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    remark=no_nan,
    terms=lambda p, q: torch.xlogy(p, p) - torch.xlogy(p, q),
    signs=signs,
)
