"""Functions (x, p) that change images: what three of lesson 13's checks share."""

from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons.checks import exercise
from gan_lessons.checks.exercise import Wrong

REFUSED = {  # what PyTorch says of a broken answer, and what that means here
    "Can't call numpy() on Tensor that requires grad": "NumPy knows no gradients: G could not "
    "learn through it. Stay in torch.",
    "being used in an in-place operation": "x itself is changed in place. Compute a new tensor.",
    "is a view of a leaf": "x itself is changed in place. Compute a new tensor.",
    "used in the backward pass": "an in-place change destroys what backward() needs. Compute a new "
    "tensor.",
}


def ask(answer: Callable, x: Tensor, p: float) -> Tensor:
    """Return answer(x, p), a tensor of the shape of x; x must be as it was."""
    before = x.detach().clone()
    out = exercise.ask(answer, x, p, refused=REFUSED)
    if not torch.equal(x.detach(), before):
        raise Wrong("x itself is changed in place. Compute a new tensor.")
    if not isinstance(out, Tensor):
        raise Wrong(f"a tensor should come back, and {type(out).__name__} did.")
    if out.shape != x.shape:
        raise Wrong(f"x has the shape {tuple(x.shape)}, your answer {tuple(out.shape)}.")
    if not out.dtype.is_floating_point:
        raise Wrong(f"the pixels are floats in [-1, 1], and {out.dtype} came back.")
    return out


def lets_gradients_through(answer: Callable, x: Tensor) -> None:
    """Raise unless a gradient can flow through the answer to x."""
    x = x.clone().requires_grad_()
    out = ask(answer, x, 1.0)
    if not out.requires_grad:
        raise Wrong(
            "no gradient flows through: in G's step G would learn nothing. No torch.no_grad(), no "
            "detach(), no way through NumPy or a new torch.tensor(…)."
        )
    (slope,) = torch.autograd.grad(out.sum(), x)
    if not slope.any():
        raise Wrong("the gradient is 0 everywhere: rounding or casting has no slope.")


def draws(answer: Callable, x: Tensor, changed: Callable[[Tensor], Tensor]) -> None:
    """Raise unless p says how many samples change, each on its own; ``changed`` marks them."""
    never, always = changed(ask(answer, x, 0.0)), changed(ask(answer, x, 1.0))
    if never.any() and not always.any():
        raise Wrong("p is inverted: with p = 1 nothing changes, with p = 0 everything does.")
    if never.any():
        raise Wrong("with p = 0 images still change: p is ignored, or one part forgets it.")
    if not always.any():
        raise Wrong("with p = 1 nothing changes.")
    full = float(always.double().mean())
    shares = [float(changed(ask(answer, x, 0.3)).double().mean()) / full for _ in range(3)]
    if all(share < 0.02 or share > 0.9 for share in shares):
        shares += [float(changed(ask(answer, x, 0.3)).any()) for _ in range(40)]
        if max(shares) < 0.02:
            raise Wrong("with p = 0.3 nothing changes at all.")
        if min(shares) > 0.9:
            raise Wrong("with p = 0.3 every image changes: p is a probability, drawn per sample.")
        raise Wrong("one coin decides for the whole batch: draw len(x) of them, compare with p.")
    share = sum(shares) / 3
    if abs(share - 0.3) > 0.08:
        raise Wrong(f"with p = 0.3 a share of {share:.2f} changes: one draw per sample, below p.")


def same_for_all(rows: Tensor) -> bool:
    """Say whether all rows, one a sample, are equal. Lesson 13."""
    return bool((rows == rows[:1]).all())
