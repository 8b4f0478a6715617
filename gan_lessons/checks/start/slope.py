"""A derivative by autograd: an exercise of lesson 00, Start here."""

import math
from collections.abc import Callable

import torch

from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="A derivative by autograd",
    proves="you can ask PyTorch for a slope.",
    hints=(
        "The slope of f at x is what backward() leaves in x.grad, if x was told to remember: "
        "torch.tensor(x, requires_grad=True).",
        "x = torch.tensor(x, requires_grad=True); y = f(x); y.backward(); then look at x.grad.",
        "Return x.grad.item().",
    ),
)
def slope(answer: Callable) -> None:
    """Check ``slope(f, x)``: the derivative of f at the float x, as a number."""
    for f, x, right, value in (
        (lambda t: t**2, 3.0, 6.0, 9.0),
        (torch.sin, 0.5, math.cos(0.5), math.sin(0.5)),
        (torch.exp, 1.0, math.e, math.e),
    ):
        found = answer(f, x)
        if found is None:
            raise Wrong("you return None: backward() returns nothing, the slope is in x.grad.")
        found = float(found)
        if math.isclose(found, right, rel_tol=2e-3):
            continue
        if math.isclose(found, value, rel_tol=1e-3):
            raise Wrong(f"at x = {x} you return {found:.3f}: that is f(x) itself, not its slope.")
        if math.isclose(found, -right, rel_tol=1e-3):
            raise Wrong("the sign of the slope is turned.")
        raise Wrong(f"at x = {x} the slope is {right:.3f}, you return {found:.3f}.")
