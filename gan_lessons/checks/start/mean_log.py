"""A mean of logarithms: an exercise of lesson 00, Start here."""

from collections.abc import Sequence

import torch

from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def mean_log(p):
    return p.log().mean()
"""

PRODUCT = (
    "right for a few samples; the product of a thousand numbers below 1 is 0 in 32 bits, and its "
    "logarithm −∞. Take the logarithm of each sample first, then the mean."
)

SLIPS = (
    Slip(
        "p.log().mean()",
        "p.mean().log()",
        "that is log E[p]. The logarithm belongs inside the mean.",
    ),
    Slip("log()", "log2()", "that is with log2; this course uses the natural logarithm."),
    Slip("log()", "log10()", "that is with log10; this course uses the natural logarithm."),
    Slip("log()", "log1p()", "that is with log1p, the logarithm of 1 + p: take p.log()."),
    Slip(".mean()", ".sum()", "that is the sum; an expectation is a mean."),
    Slip("p.log()", "-p.log()", "the sign is turned: no minus stands in front of E[log p]."),
    Slip(
        "p.log()",
        "(p * p.log())",
        "each logarithm counts p times. The samples are drawn already: in a plain mean each counts "
        "once.",
    ),
    Slip(
        "p.log().mean()",
        "(p * p.log()).sum() / p.sum()",
        "each logarithm is weighed by its p. The samples are drawn already: in a plain mean each "
        "counts once.",
    ),
    Slip(
        ".mean()",
        "",
        "one logarithm for each sample comes back, and a number is asked: the mean is missing.",
    ),
    Slip("p.log()", "p", "that is E[p]: the logarithm is missing."),
    Slip(".log()", ".exp()", "that is E[exp p]: take the logarithm of each sample."),
    Slip(
        "p.log().mean()",
        "p.log().mean().exp()",
        "that is exp(E[log p]), the geometric mean: leave out the exp.",
    ),
    Slip("p.log()", "p.log().abs()", "no absolute value: E[log p] keeps its sign."),
    Slip(
        "p.log().mean()",
        "p.sum().log() / len(p)",
        "that is the logarithm of the sum, divided by N. Take the logarithm of each sample first.",
    ),
    Slip(
        "p.log().mean()",
        "p.prod().log()",
        "that is the sum of the logarithms; an expectation is a mean. And the product of many "
        "small numbers is 0 in 32 bits: logarithms first.",
    ),
    Slip("p.log().mean()", "p.prod().log() / len(p)", PRODUCT),
    Slip("p.log().mean()", "(p.prod() ** (1 / len(p))).log()", PRODUCT),
    Slip(
        "p.log().mean()",
        "p.log().mean",
        "a method is named but not called: its () are missing.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return samples (N,), the first ones few."""
    rng = torch.Generator().manual_seed(seed)
    few, more, many = (0.05 + 0.9 * torch.rand(n, generator=rng) for n in (2, 7, 1000))
    return (
        case("three samples", torch.tensor([0.1, 0.5, 0.9])),
        case("two samples", few),
        case("seven samples", more),
        case("a single sample", few[:1]),
        case("samples above 1", 0.5 + 2 * more),
        case("a thousand samples", many),
    )


mean_log = Value(
    title="A mean of logarithms",
    proves="the mean of the logarithms is not the logarithm of the mean.",
    hints=(
        "An expectation over samples is a mean: first the function of each sample, then the mean.",
        "E[log p] takes the logarithm inside: p.log().mean().",
        "return p.log().mean()",
    ),
    asks="Check ``mean_log(p)``: E[log p] over samples p (N,), by the natural logarithm.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    terms=torch.log,
    refused={
        "only one element tensors can be converted": "math.log and float() take one number: "
        "p.log() is the logarithm of each sample, and its mean comes after.",
        "must be real number, not": "math.log takes one number: p.log() is the logarithm of each "
        "sample, and its mean comes after.",
    },
)
