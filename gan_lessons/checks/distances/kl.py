"""KL divergence: an exercise of lesson 01, Measure the gap."""

from collections.abc import Sequence

import torch

from gan_lessons.checks.distances.histograms import EMPTY, histograms
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def kl(p, q):
    terms = p * (p / q).log()
    return terms[p > 0].sum()
"""

SLIPS = (
    Slip(
        "p * (p / q).log()",
        "q * (q / p).log()",
        "this is KL(q‖p): p weighs the logarithms, and p stands above in the fraction.",
    ),
    Slip(
        "(p / q).log()",
        "(q / p).log()",
        "the fraction is upside down: p stands above q, or the result is negative.",
    ),
    Slip(
        "p * (p / q)",
        "q * (p / q)",
        "q weighs the logarithms. Whoever draws from p meets a bin with its probability p.",
    ),
    Slip("p * (p / q)", "(p / q)", "the weights are missing: each logarithm counts p times."),
    Slip(
        ".log()",
        ".log2()",
        "you measure in bits: use the natural logarithm, torch.log, not log2.",
    ),
    Slip(
        "p * (p / q).log()",
        "-p * q.log()",
        "this is the cross entropy −Σ p ln q. What p would cost by itself, −Σ p ln p, goes off.",
    ),
    Slip("p * (p / q).log()", "p * p.log()", "q is missing: this is −1 times the entropy of p."),
    Slip("[p > 0].sum()", "[p > 0].mean()", "a sum over the bins, not their mean."),
    Slip("terms[p > 0]", "terms", EMPTY),
    Slip(
        "p * (p / q).log()",
        "q - p",
        "F.kl_div(p, q) wants a logarithm first, and the two the other way round: "
        "F.kl_div(q.log(), p, reduction='sum').",
    ),
    Slip(
        "terms[p > 0].sum()",
        "terms[(p > 0) & (q > 0)].sum()",
        "where p has mass and q none, KL is ∞. Leave out bins that p leaves empty, no others.",
    ),
    Slip(
        "(p / q).log()",
        "((p + 1e-8) / (q + 1e-8)).log()",
        "an eps hides the ∞ where q is empty and p is not. Leave it out; empty bins of p are the "
        "only ones to care for.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return histograms, the first ones small."""
    a, b, c = histograms(seed, 3, 3, 7)
    half, full = torch.tensor([0.5, 0.5, 0.0]).double(), torch.tensor([0.2, 0.2, 0.6]).double()
    return (
        case("two histograms of three bins", a, b),
        case("seven bins", c, c.flip(0)),
        case("the same two, exchanged", b, a),
        case("a bin that is empty in p", half, full),
        case("a bin that is empty in q", full, half),
        case("equal histograms", a, a.clone()),
    )


kl = Value(
    title="KL divergence",
    proves="right in nats, 0 for equal histograms, no NaN on empty bins and ∞ where q has none.",
    hints=(
        "A mean under p of the logarithm of a fraction. Which of the two stands above?",
        "Sum p · log(p / q) over the bins. Where p is 0 the term is 0: torch.xlogy knows that.",
        "return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()",
    ),
    asks="Check ``kl(p, q)`` in nats for two histograms (K,) that each add up to 1.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    terms=lambda p, q: torch.xlogy(p, p) - torch.xlogy(p, q),
)
