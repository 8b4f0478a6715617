"""Small one way, large the other: an exercise of lesson 01, Measure the gap."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from gan_lessons.checks.distances.histograms import kl_of
from gan_lessons.checks.exercise import Wrong, near
from gan_lessons.checks.grader import Property, Slip, Table

RIGHT = """
p = [1 - 1e-8, 1e-8, 0]
q = [0.92, 0.08, 0]
"""

SLIPS = (
    Slip(
        "p = [1 - 1e-8, 1e-8, 0]\nq = [0.92, 0.08, 0]",
        "p = [0.92, 0.08, 0]\nq = [1 - 1e-8, 1e-8, 0]",
        "the right idea with p and q exchanged",
    ),
    Slip("1 - 1e-8, 1e-8", "1, 0", "it must stay finite"),
    Slip("1 - 1e-8, 1e-8", "0.99, 0.01", "the second must exceed 1"),
    Slip("0.92, 0.08", "0.99, 0.01", "the second must exceed 1"),
    Slip("0.92, 0.08", "0.5, 0.5", "the first must be below 0.1"),
    Slip("0.92, 0.08", "1, 0", "KL(p‖q) is ∞: q must not be 0 where p is not"),
    Slip("0.92, 0.08", "1 - 1e-8, 1e-8", "equal"),
    Slip("1 - 1e-8, 1e-8", "1, 1e-4", "p adds up to 1.0001"),
    Slip("0.92, 0.08", "0.92, 0.8", "q adds up to 1.72"),
    Slip("0.92, 0.08", "1.08, -0.08", "a negative probability"),
    Slip("0.92, 0.08, 0", "0.92, 0.08", "three probabilities"),
    Slip("0.92, 0.08, 0", "92, 8, 0", "q adds up to 100"),
)


def make(p: Sequence[float], q: Sequence[float]) -> tuple[Tensor, Tensor]:
    """Return both histograms as tensors in float64."""
    try:
        return tuple(torch.as_tensor(shares, dtype=torch.float64) for shares in (p, q))
    except (TypeError, ValueError, RuntimeError) as error:
        raise Wrong("give each of p and q as a list of three numbers.") from error


def _three_probabilities_each(p: Tensor, q: Tensor) -> str | None:
    if p.shape != (3,) or q.shape != (3,):
        return "give three probabilities in each of the two lists."
    for name, shares in (("p", p), ("q", q)):
        if (shares < 0).any():
            return f"{name} has a negative probability."
        if not near(float(shares.sum()), 1, share=1e-5):
            return f"{name} adds up to {float(shares.sum()):.5g}; probabilities add up to 1."
    return None


def _small_one_way_and_large_the_other(p: Tensor, q: Tensor) -> str | None:
    forth, back = kl_of(p, q), kl_of(q, p)
    seen = f"KL(p‖q) = {forth:.3f}, KL(q‖p) = {back:.3f}"
    if torch.equal(p, q):
        return f"{seen}: p and q are equal. Move some of q's mass where p has almost none."
    if 1 < forth < math.inf and back < 0.1:
        return f"{seen}: the right idea with p and q exchanged."
    if forth == math.inf:
        return f"{seen}. KL(p‖q) is ∞: q must not be 0 where p is not."
    if back == math.inf:
        return f"{seen}: it must stay finite, so p may be tiny but not 0 where q is not."
    if forth >= 0.1:
        return f"{seen}: the first must be below 0.1. Take mass out of q's strange bin."
    if back <= 1:
        return (
            f"{seen}: the second must exceed 1. Make p's rare bin rarer still, or give q more in "
            "it (0.05)."
        )
    return None


lopsided = Property(
    title="Small one way, large the other",
    proves="q hardly misses anything of p, yet it invents what p calls almost impossible: KL "
    "depends on who weighs.",
    hints=(
        "KL(q‖p) is large where q has mass and p has almost none. KL(p‖q) does not mind: there "
        "its weight p is tiny.",
        "Give p a bin with almost nothing, say 1e-8, and q a tenth of its mass in that bin.",
        "my_p = [1 - 1e-8, 1e-8, 0] and my_q = [0.92, 0.08, 0]; compute both divergences.",
    ),
    asks="Check for two histograms of three bins: KL(p‖q) < 0.1 and 1 < KL(q‖p) < ∞.",
    table=Table(RIGHT, SLIPS),
    make=make,
    facts=(_three_probabilities_each, _small_one_way_and_large_the_other),
)
