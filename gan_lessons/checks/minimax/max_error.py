"""How far is D from D*? An exercise of lesson 02, Play the minimax game."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong, exercise, near


@exercise(
    title="How far is D from D*?",
    proves="the largest difference of probabilities, where there are samples to see.",
    hints=(
        "Compare like with like: D* = p / (p + q) is a probability, so give the logits to "
        "torch.sigmoid.",
        "seen = p + q > 0.01 keeps the places that count; index with it before you take the "
        "maximum of the absolute differences.",
        "return (logits.sigmoid() - p / (p + q)).abs()[p + q > 0.01].max()",
    ),
)
def max_error(answer: Callable) -> None:
    """Check ``max_error(logits, p, q)``: max |σ(logit) - p/(p+q)| where p + q > 0.01."""
    p = torch.tensor([0.30, 0.20, 0.10, 0.004, 0.0])
    q = torch.tensor([0.10, 0.20, 0.40, 0.001, 0.0])
    logits = torch.tensor([0.9, -0.5, -1.2, -6.0, 3.0])
    found = answer(logits, p, q)
    if isinstance(found, Tensor) and found.numel() != 1:
        raise Wrong(f"you return {found.numel()} numbers: take the largest.")
    found = float(found)
    seen, best = p + q > 0.01, p / (p + q)
    gap = logits.sigmoid() - best
    right = gap.abs()[seen].max().item()
    if math.isnan(found):
        raise Wrong("0/0: at a place where p = q = 0 you get NaN. Leave out p + q ≤ 0.01.")
    named = (
        (gap.abs()[:4].max().item(), "places where hardly a sample falls count too: keep p + q"),
        (gap.abs()[seen].mean().item(), "this is the mean; the question is the largest error."),
        (gap[seen].max().item(), "the absolute value is missing: D may be too low as well."),
        (
            (logits - best).abs()[seen].max().item(),
            "you compare logits with probabilities: give the logits to torch.sigmoid first.",
        ),
        (
            (logits - (p / q).log()).abs()[seen].max().item(),
            "you compare logits with logits, where tiny probabilities look huge: compare "
            "probabilities.",
        ),
        (
            (logits.sigmoid() - q / (p + q)).abs()[seen].max().item(),
            "you compare with q / (p + q): D* is p / (p + q).",
        ),
    )
    for value, diagnosis in named:
        if near(found, value) and not near(value, right):
            raise Wrong(diagnosis + (" > 0.01 only." if diagnosis.endswith("p + q") else ""))
    if not near(found, right):
        raise Wrong(f"on five places you get {found:.4f}, not {right:.4f}.")
    full = float(answer(torch.tensor([0.0, 9.0]), torch.tensor([0.5, 0.0]), torch.ones(2) / 2))
    if not near(full, torch.tensor(9.0).sigmoid().item()):
        raise Wrong("a place with p = 0 counts as long as q is there: ask for p + q > 0.01.")
