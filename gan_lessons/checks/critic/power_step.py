"""One step of the power iteration: an exercise of lesson 11, Tame the critic."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from gan_lessons.checks.exercise import Wrong, ask, exercise, named, one_number

VECTORS = {"out of range": "u and v are vectors, they have one axis: F.normalize(…, dim=0)."}
CALLS = 20  # each made with the u that the call before returned


def _matrix(shape: tuple[int, int], ratio: float = 0.7) -> Tensor:
    """Return a random matrix with singular values 3, 3·ratio, 3·ratio², …"""
    values = 3 * ratio ** torch.arange(min(shape), dtype=torch.float64)
    left, right = (torch.linalg.qr(torch.randn(n, n).double())[0] for n in shape)
    return (left[:, : len(values)] * values) @ right[:, : len(values)].T


def _unit(n: int) -> Tensor:
    return F.normalize(torch.randn(n).double(), dim=0)


def _call(answer: Callable, weight: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    """Call the answer once and look at the shapes of what comes back."""
    rows, columns = weight.flatten(1).shape
    conv = (
        f"it fails for a convolution's weight, {tuple(weight.shape)}. Make it a matrix first, one "
        "row per output channel: weight.flatten(1)."
    )
    try:
        got = ask(answer, weight, u.clone(), refused=VECTORS)
    except (NotImplementedError, Wrong):
        raise
    except (RuntimeError, IndexError) as error:
        plain = f"shapes do not fit: {error}. v is along Wᵀu, and the new u along Wv."
        raise Wrong(conv if weight.ndim > 2 else plain) from error
    if not (isinstance(got, tuple | list) and len(got) == 2):
        raise Wrong("two things should come back: sigma, and the new u for the next call.")
    if any(part is None for part in got):
        raise Wrong("sigma and the new u should be tensors: look at what you return.")
    sigma, new = (torch.as_tensor(part) for part in got)
    if weight.ndim > 2 and (sigma.numel() != 1 or new.shape != (rows,)):
        raise Wrong(conv)
    if sigma.shape == (rows,) and new.numel() == 1:
        raise Wrong("the order is sigma first, then the new u.")
    if new.shape != (rows,) and new.shape == (columns,):
        raise Wrong("you hand back v. The next call starts from the new u, which is along Wv.")
    if new.shape != (rows,):
        raise Wrong(f"the new u should have {rows} numbers, one per row of the weight.")
    return one_number(sigma, "sigma"), new


@exercise(
    title="One step of the power iteration",
    proves=f"after {CALLS} calls sigma is within 1 % of the largest singular value, for matrices "
    "and convolutions, and its gradient trains the weight.",
    hints=(
        "Three lines: v from Wᵀu, the new u from Wv, both scaled to length 1 with F.normalize(…, "
        "dim=0); then sigma = u · Wv.",
        "A convolution's weight has four axes: W = weight.flatten(1) first. The two vectors are "
        "found under torch.no_grad(), sigma outside of it.",
        "W = weight.flatten(1); with torch.no_grad(): v = F.normalize(W.T @ u, dim=0); u = "
        "F.normalize(W @ v, dim=0). Then return u @ W @ v, u.",
    ),
)
def power_step(answer: Callable) -> str | None:
    """Check ``power_step(weight, u)`` -> (sigma, u), called 20 times, against the SVD.

    The second singular value is 0.7 times the first. Shapes (8, 12), (12, 8) and (8, 3, 2, 2).
    """
    with torch.random.fork_rng(devices=[]):
        for shape in ((8, 12), (12, 8), (9, 9)):
            _check_sigma(answer, _matrix(shape))
        conv = _matrix((8, 12)).reshape(8, 3, 2, 2)
        _check_sigma(answer, conv)
        _check_gradient(answer, _matrix((8, 12)))
        sigma, _ = _call(answer, _matrix((12, 12), 0.95), _unit(12))
        if abs(float(sigma) - 3) < 1e-6:
            return "You do far more than one step per call: exact, and slower than it need be."
    return None


def _check_sigma(answer: Callable, weight: Tensor) -> None:
    W, first = weight.flatten(1), _unit(len(weight))
    kept, u, norms = weight.clone(), first, []
    for _ in range(CALLS):
        sigma, u = _call(answer, weight, u.detach())
        norms.append(float(u.detach().norm()))
    if not torch.equal(weight, kept):
        raise Wrong("the weight itself is changed: only measure it.")
    if any(abs(norm - 1) > 1e-3 for norm in norms):
        raise Wrong(
            f"the new u has length {norms[-1]:.3g}, not 1: normalize it, or it grows or shrinks "
            "with every call."
        )
    values = torch.linalg.svdvals(W)
    top, value = float(values[0]), float(sigma.detach())
    if abs(value - top) <= 0.01 * top:
        return
    spread = {
        "sigma came back squared: σ = u·Wv needs W once, or a root.": top**2,
        "one divided by sigma came back.": 1 / top,
        "sigma came back with a minus.": -top,
        "this is the root of the sum of all squares (the Frobenius norm): it counts all singular "
        "values, not the largest.": float(W.norm()),
        "this is the sum of all singular values, not the largest.": float(values.sum()),
        "this is the largest entry of the weight, not its largest stretch.": float(W.abs().max()),
    }
    if name := named(value, spread):
        raise Wrong(name)
    if weight.ndim > 2:
        raise Wrong(
            f"right for matrices, but for a convolution's weight {tuple(weight.shape)} sigma is "
            f"{value:.3f} and not {top:.3f}: weight.flatten(1), one row per output channel."
        )
    again = [_call(answer, weight, start.detach()) for start in (first, first, u)]
    if not torch.allclose(again[0][1], again[1][1]):
        raise Wrong(
            f"u is not kept: the same u gives another result each time, so {CALLS} calls are no "
            "better than one. Start from the u that you are given."
        )
    if torch.allclose(again[0][1], again[2][1]) or torch.allclose(u.abs(), first.abs()):
        raise Wrong(
            "u is not kept: every call starts anew from the same vector and stays as rough as the "
            "first. Start from the u that you are given and return the new one."
        )
    raise Wrong(
        f"after {CALLS} calls sigma is {value:.3f}, and the largest singular value is "
        f"{top:.3f}. v is along Wᵀu, the new u along Wv, sigma = u · Wv."
    )


def _check_gradient(answer: Callable, weight: Tensor) -> None:
    """dσ/dW = u vᵀ at the top singular vectors, which count as constants."""
    u = _unit(len(weight))
    for _ in range(CALLS):
        weight = weight.detach().requires_grad_()
        sigma, u = _call(answer, weight, u.detach())
    if not sigma.requires_grad:
        raise Wrong(
            "sigma carries no gradient to the weight: training would take it for a constant. Only "
            "u and v belong under torch.no_grad()."
        )
    if u.requires_grad:
        raise Wrong(
            "the new u still hangs on the graph, so each training step would drag along all "
            "steps before it. Find u and v under torch.no_grad()."
        )
    left, _, right = torch.linalg.svd(weight.detach())
    (grad,) = torch.autograd.grad(sigma, weight)
    if (grad - torch.outer(left[:, 0], right[0])).abs().max() > 0.02:
        raise Wrong("sigma is right, but its gradient is not u vᵀ: leave sigma = u · Wv as it is.")
