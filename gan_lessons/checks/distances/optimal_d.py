"""The best classifier: an exercise of lesson 01, Measure the gap."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons.checks.distances.histograms import bins, near
from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="The best classifier",
    proves="p / (p + q) wherever there is something to see, ½ where there is nothing.",
    hints=(
        "At one place x, out of p + q draws, how many were real?",
        "p / (p + q). Where both are 0 that is 0/0 = NaN; no sample ever falls there, so ½ is as "
        "good as any.",
        "return torch.where(p + q > 0, p / (p + q), 0.5).",
    ),
)
def optimal_d(answer: Callable) -> None:
    """Check ``optimal_d(p, q)``: the share of real ones among the draws at each place, (K,)."""
    p, q = bins(0.2, 0.6, 0.1, 0.1, 0), bins(0.6, 0.2, 0.1, 0, 0.1)
    found = answer(p, q)
    if not isinstance(found, Tensor) or found.shape != p.shape:
        raise Wrong("return one number for each place: a tensor of the shape of p.")
    total = p + q
    right = p / total
    named = (
        (q / total, "this is q / (p + q), the probability of *fake*. D says how likely *real* is."),
        (p / q, "this is p / q, the ratio itself. A probability is p's share of the whole, p + q."),
        ((p > q).double(), "you decide for the likelier side. D gives the share of real draws."),
        (p - q, "this is a difference, not a probability: give p's share of the whole, p + q."),
    )
    for value, diagnosis in named:
        if torch.allclose(found.double(), value, atol=1e-5):
            raise Wrong(diagnosis)
    if not torch.allclose(found.double(), right, atol=1e-5):
        raise Wrong(
            f"at the first place, p = 0.2 and q = 0.6, you say {float(found[0]):.3f}; a quarter "
            "of the draws there are real."
        )
    nothing = float(answer(bins(0.5, 0, 0.5), bins(0.5, 0, 0.5))[1])
    if math.isnan(nothing):
        raise Wrong("where neither p nor q has anything you divide 0 by 0: say ½ there.")
    if not near(nothing, 0.5):
        raise Wrong(f"where neither p nor q has anything you say {nothing:g}. Nobody knows: ½.")
    rare = float(answer(bins(3e-8, 1), bins(1e-8, 1))[0])
    if not math.isclose(rare, 0.75, rel_tol=1e-3):
        raise Wrong(
            f"where p = 3e-8 and q = 1e-8 you say {rare:.3f}, not 0.75: your eps is larger than "
            "the densities. Use torch.where instead."
        )
