"""Small one way, large the other: an exercise of lesson 01, Measure the gap."""

import math
from collections.abc import Sequence

import torch

from gan_lessons.checks.distances.histograms import kl_of, near
from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="Small one way, large the other",
    proves="q hardly misses anything of p, yet it invents what p calls almost impossible: KL "
    "depends on who weighs.",
    hints=(
        "KL(q‖p) is large where q has mass and p has almost none. KL(p‖q) does not mind: there "
        "its weight p is tiny.",
        "Give p a bin with almost nothing, say 1e-8, and q a tenth of its mass in that bin.",
        "my_p = [1 - 1e-8, 1e-8, 0] and my_q = [0.92, 0.08, 0]; compute both divergences.",
    ),
)
def lopsided(p: Sequence[float], q: Sequence[float]) -> None:
    """Check for two histograms of three bins: KL(p‖q) < 0.1 and 1 < KL(q‖p) < ∞."""
    p, q = (torch.as_tensor(shares, dtype=torch.float64) for shares in (p, q))
    if p.shape != (3,) or q.shape != (3,):
        raise Wrong("give three probabilities in each of the two lists.")
    for name, shares in (("p", p), ("q", q)):
        if (shares < 0).any():
            raise Wrong(f"{name} has a negative probability.")
        if not near(float(shares.sum()), 1):
            raise Wrong(f"{name} adds up to {float(shares.sum()):.4f}; probabilities add up to 1.")
    forth, back = kl_of(p, q), kl_of(q, p)
    seen = f"KL(p‖q) = {forth:.3f}, KL(q‖p) = {back:.3f}"
    if forth > 1 and back < 0.1:
        raise Wrong(f"{seen}: the right idea with p and q exchanged.")
    if back == math.inf:
        raise Wrong(f"{seen}: it must stay finite, so p may be tiny but not 0 where q is not.")
    if forth >= 0.1:
        raise Wrong(f"{seen}: the first must be below 0.1. Take mass out of q's strange bin.")
    if back <= 1:
        raise Wrong(f"{seen}: the second must exceed 1. Make p's rare bin rarer still.")
