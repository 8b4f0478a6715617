"""How far is D from D*? An exercise of lesson 02, Play the minimax game."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Answer, Case, Slip, Table, Value, case

RIGHT = """
def max_error(logits, p, q):
    best = p / (p + q)
    gap = (logits.sigmoid() - best).abs()
    return gap[p + q > 0.01].max()
"""

RARE = "places where hardly a sample falls count too: keep p + q > 0.01 only."
NOTHING = "0/0: at a place where p = q = 0 you get NaN. Leave out p + q ≤ 0.01."

SLIPS = (
    Slip("gap[p + q > 0.01]", "gap.nan_to_num(0)", RARE),
    Slip("p + q > 0.01", "p + q > 0", RARE),
    Slip("gap[p + q > 0.01]", "gap", NOTHING),
    Slip(
        "gap[p + q > 0.01]",
        "(gap * (p + q > 0.01))",
        "0/0: at a place where p = q = 0 the gap is NaN, and NaN · 0 is NaN. Index with the mask "
        "instead of multiplying: gap[p + q > 0.01].",
    ),
    Slip(".max()", ".mean()", "this is the mean; the question is the largest error."),
    Slip(".max()", ".min()", "this is the smallest error; the question is the largest."),
    Slip(".max()", ".sum()", "this is the sum of all errors; the question is the largest."),
    Slip(".max()", "", "one error for each place comes back: take the largest."),
    Slip(
        ".max()",
        ".argmax()",
        "argmax says at which place the largest error is; max says how large it is.",
    ),
    Slip(
        ".max()",
        ".max(0)",
        "max(0) returns a pair, the largest and its place: take .values, or max() without the 0.",
    ),
    Slip(
        "(logits.sigmoid() - best).abs()",
        "(logits.sigmoid() - best)",
        "the absolute value is missing, or comes after the maximum: D may be too low as well.",
    ),
    Slip(
        "(logits.sigmoid() - best).abs()",
        "(best - logits.sigmoid())",
        "the absolute value is missing: D may be too high as well.",
    ),
    Slip(
        ".abs()",
        ".square()",
        "this is the square of the largest error: take the absolute value in place of the square.",
    ),
    Slip(
        "logits.sigmoid() - best",
        "logits - best",
        "you compare logits with probabilities: give the logits to torch.sigmoid first.",
    ),
    Slip(
        "logits.sigmoid() - best",
        "logits - (p / q).log()",
        "you compare logits with logits, where tiny probabilities look huge: compare "
        "probabilities.",
    ),
    Slip(
        "logits.sigmoid() - best",
        "logits.sigmoid() - best.sigmoid()",
        "a sigmoid too many: p / (p + q) is a probability already.",
    ),
    Slip("best = p /", "best = q /", "you compare with q / (p + q): D* is p / (p + q)."),
    Slip("p / (p + q)", "p / q", "you compare with p / q, the ratio: D* is p / (p + q)."),
    Slip(
        "best = p / (p + q)",
        "best = 0.5",
        "you compare with ½: D* is p / (p + q), which is ½ only where p = q.",
    ),
    Slip(
        "p + q > 0.01",
        "p > 0.01",
        "a place with p = 0 counts as long as q is there: ask for p + q > 0.01.",
    ),
    Slip(
        "p + q > 0.01",
        "q > 0.01",
        "a place with q = 0 counts as long as p is there: ask for p + q > 0.01.",
    ),
    Slip(
        "p + q > 0.01",
        "(p > 0.01) & (q > 0.01)",
        "a place where only one of p and q is there counts: ask for p + q > 0.01.",
    ),
    Slip(
        "p + q > 0.01",
        "p + q < 0.01",
        "the comparison is turned: you look where hardly a sample falls. Ask for p + q > 0.01.",
    ),
    Slip(
        "p + q > 0.01",
        "p + q > 0.1",
        "places with p + q between 0.01 and 0.1 are left out: ask for p + q > 0.01.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return a network's logits with two densities at the same places, the first ones few."""
    rng = torch.Generator().manual_seed(seed)
    logits, p, q = torch.rand(3, 7, generator=rng)

    def places(label: str, logits: list, p: list, q: list) -> Case:
        return case(label, torch.tensor(logits), torch.tensor(p), torch.tensor(q))

    return (
        places("three places", [0.9, -0.5, -1.2], [0.3, 0.2, 0.1], [0.1, 0.2, 0.4]),
        places("three places, D too low", [-0.9, -0.1, 0.2], [0.3, 0.2, 0.1], [0.1, 0.2, 0.1]),
        case("seven places", 4 * logits - 2, 0.1 + p, 0.1 + q),
        places("a place with hardly a sample", [0.5, -6.0], [0.3, 0.004], [0.2, 0.001]),
        places("a place where p = q = 0", [0.5, -0.3, 3.0], [0.3, 0.2, 0.0], [0.2, 0.3, 0.0]),
        places("a place where p = 0", [0.0, 0.3, 2.0], [0.5, 0.4, 0.0], [0.5, 0.5, 0.5]),
        places("a place where q = 0", [0.0, 0.3, -2.0], [0.5, 0.4, 0.5], [0.5, 0.5, 0.0]),
        places("a place with p + q = 0.013", [0.0, 0.3, 3.0], [0.5, 0.4, 0.006], [0.5, 0.5, 0.007]),
    )


def terms(logits: Tensor, p: Tensor, q: Tensor) -> Tensor:
    """Return the errors at the places that count. Lesson 02."""
    seen = p + q > 0.01
    return (logits.sigmoid() - p / (p + q)).abs()[seen]


def signs(parts: Answer, cases: Sequence[Case]) -> None:
    """Name a NaN that stands alone."""
    pairs = zip(max_error.all_of(parts, cases), cases, strict=True)
    if any(math.isnan(seen.parts[0]) and "p = q = 0" in one.label for seen, one in pairs):
        raise Wrong(NOTHING)


max_error = Value(
    title="How far is D from D*?",
    proves="the largest difference of probabilities, where there are samples to see.",
    hints=(
        "Compare like with like: D* = p / (p + q) is a probability, so give the logits to "
        "torch.sigmoid.",
        "seen = p + q > 0.01 keeps the places that count; index with it before you take the "
        "maximum of the absolute differences.",
        "return (logits.sigmoid() - p / (p + q)).abs()[p + q > 0.01].max()",
    ),
    asks="Check ``max_error(logits, p, q)``: max |σ(logit) - p/(p+q)| where p + q > 0.01.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    terms=terms,
    signs=signs,
)
