"""Functions (x, p) that change images: what three of lesson 13's checks share.

What is asked of an answer: ``made`` is the answer, a batch x that repeats one or two images, and
what became of it with p = 1.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from gan_lessons.checks.exercise import Wrong

Answer = Callable[[Tensor, float], Tensor]

REFUSED = {  # what PyTorch says of a broken answer, and what that means here
    "Can't call numpy() on Tensor that requires grad": "NumPy knows no gradients: G could not "
    "learn through it. Stay in torch.",
    "being used in an in-place operation": "x itself is changed in place. Compute a new tensor.",
    "is a view of a leaf": "x itself is changed in place. Compute a new tensor.",
    "used in the backward pass": "an in-place change destroys what backward() needs. Compute a new "
    "tensor.",
}
SEEN = 1e-4  # a pixel that moves less has not changed


def ask(answer: Answer, x: Tensor, p: float) -> Tensor:
    """Return answer(x, p), a tensor of the shape of x; x must be as it was."""
    before = x.detach().clone()
    out = answer(x, p)
    if not torch.equal(x.detach(), before):
        raise Wrong("x itself is changed in place. Compute a new tensor.")
    if out is None:
        raise Wrong("None comes back: the return is missing.")
    if not isinstance(out, Tensor):
        raise Wrong(f"a tensor should come back, and {type(out).__name__} did.")
    if out.shape != x.shape:
        raise Wrong(f"x has the shape {tuple(x.shape)}, your answer {tuple(out.shape)}.")
    if not out.dtype.is_floating_point:
        raise Wrong(f"the pixels are floats in [-1, 1], and {out.dtype} came back.")
    return out


def looked(answer: Answer, x: Tensor) -> tuple[Answer, Tensor, Tensor]:
    """Return what the facts are asked of: the answer, x, and what becomes of x with p = 1."""
    return answer, x, ask(answer, x, 1.0).detach()


def changed(x: Tensor, out: Tensor) -> Tensor:
    """Return which samples changed, (B,)."""
    return ((out - x).abs() > SEEN).flatten(1).any(1)


def something_changes(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """With p = 1 images change."""
    if changed(x, out).any():
        return None
    if changed(x, ask(answer, x, 0.0)).any():
        return "p is inverted: with p = 1 nothing changes, with p = 0 everything does."
    return "with p = 1 nothing changes."


def any_size_will_do(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """Gray images and color images, in both formats."""
    for shape in ((1, 1, 8, 8), (3, 2, 24, 16)):
        ask(answer, torch.rand(shape) + 0.1, 1.0)
    return None


def a_gradient_passes(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """A gradient flows through the answer to x, through all of it.

    A change is linear in x but for what it adds to all pixels alike: with weights w that add up to
    0 the slope of w · T(x), times x, is w · T(x).
    """
    x = x[:40].clone().requires_grad_()
    out = ask(answer, x, 1.0)
    if not out.requires_grad:
        return (
            "no gradient flows through: in G's step G would learn nothing. No torch.no_grad(), no "
            "detach(), no way through NumPy or a new torch.tensor(…)."
        )
    weights = torch.randn_like(x)
    weights -= weights.mean((1, 2, 3), keepdim=True)
    (slope,) = torch.autograd.grad((weights * out).sum(), x, allow_unused=True)
    if slope is None or not slope.any():
        return "the gradient is 0 everywhere: rounding or casting has no slope."
    off = (slope * x - weights * out).detach().flatten(1).sum(1)
    if (off.abs() > 1e-3 * (weights * out).detach().abs().flatten(1).sum(1)).any():
        return (
            "part of the gradient is lost: not all that happens to x happens in its graph. Look "
            "for .detach(), torch.no_grad(), rounding, or a part that is made anew."
        )
    return None


def p_says_how_many_change(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """Each sample changes with probability p, on its own."""
    x = torch.rand(300, 1, 16, 16) + 0.1
    unchanged = ask(answer, x, 0.0)
    if not unchanged.any():
        return "where the coin says no, 0 comes back in place of the image: torch.where(on, …, x)."
    if changed(x, unchanged).any():
        return "with p = 0 images still change: p is ignored, or one part forgets it."
    full = float(changed(x, ask(answer, x, 1.0)).double().mean())
    if full < 0.85:
        return (
            f"with p = 1 a share of {full:.2f} changes, and all should: a draw from 0 … 1 is "
            "always below p then."
        )

    def shares(times: int) -> list[float]:
        each = [changed(x, ask(answer, x, 0.3)).double().mean() for _ in range(times)]
        return [float(share) / full for share in each]

    found = shares(3)
    if all(share < 0.02 or share > 0.9 for share in found):
        found += shares(40)
        if max(found) < 0.02:
            return "with p = 0.3 nothing changes at all."
        if min(found) > 0.9:
            return "with p = 0.3 every image changes: p is a probability, drawn per sample."
        return "one coin decides for the whole batch: draw len(x) of them, compare with p."
    share = sum(found) / 3
    if 0.38 < share < 0.57:
        return (
            f"with p = 0.3 a share of {share:.2f} changes, as with two coins an image: draw one, "
            "below p, for all that happens to it."
        )
    if abs(share - 0.7) < 0.06:
        return f"with p = 0.3 a share of {share:.2f} changes: 1 − p. A draw *below* p says yes."
    if abs(share - 0.3) > 0.08:
        return f"with p = 0.3 a share of {share:.2f} changes: one draw per sample, below p."
    return None


ALWAYS = (any_size_will_do, a_gradient_passes, p_says_how_many_change)  # the last things asked


def same_for_all(rows: Tensor) -> bool:
    """Say whether all rows, one a sample, are equal. Lesson 13."""
    return bool((rows == rows[:1]).all())


class _Count(TorchFunctionMode):
    """Counts calls of PyTorch's functions."""

    calls = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        self.calls += 1
        return func(*args, **(kwargs or {}))


def loops(answer: Answer, x: Tensor, out: Tensor) -> str | None:
    """Remark on work that is done sample by sample: more images, more calls of PyTorch."""
    calls = []
    for n in (4, 20):
        with _Count() as count:
            answer(x[:n].clone(), 1.0)
        calls.append(count.calls)
    if calls[1] - calls[0] < 16:
        return None
    return (
        "One thing is slow: it works through the samples in a loop. Draw (B, 1, 1, 1) numbers, and "
        "one line changes all of them."
    )
