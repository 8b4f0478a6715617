"""One step of the power iteration: an exercise of lesson 11, Tame the critic."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from gan_lessons.checks.exercise import Wrong, as_tensor, one_number
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

CALLS = 20  # each made with the u that the call before returned

RIGHT = """
def power_step(weight, u):
    W = weight.flatten(1)
    with torch.no_grad():
        v = F.normalize(W.T @ u, dim=0)
        new = F.normalize(W @ v, dim=0)
    sigma = new @ W @ v
    return sigma, new
"""

EXACT = """
def power_step(weight, u):
    W = weight.flatten(1)
    left, _, right = torch.linalg.svd(W.detach(), full_matrices=False)
    return left[:, 0] @ W @ right[0], left[:, 0]
"""

CONV = (
    "it fails for a convolution's weight, (8, 3, 2, 2). Make it a matrix first, one row per output "
    "channel: weight.flatten(1)."
)
V = "F.normalize(W.T @ u, dim=0)"
U = "F.normalize(W @ v, dim=0)"
SIGMA = "new @ W @ v"
LENGTH = "the new u should have length 1: normalize it, or it grows or shrinks with every call."
ANEW = (
    "u is not kept: every call starts anew from the same vector and stays as rough as the first. "
    "Start from the u that you are given and return the new one."
)
ONE_AXIS = "u and v are vectors, they have one axis: F.normalize(…, dim=0)."
ORDER = "the order is sigma first, then the new u."
HANDED_V = "you hand back v. The next call starts from the new u, which is along Wv."
NO_GRADIENT = (
    "sigma carries no gradient to the weight: training would take it for a constant. Only u and v "
    "belong under torch.no_grad()."
)
ON_THE_GRAPH = (
    "the new u still hangs on the graph, so each training step would drag along all steps before "
    "it. u is memory: find u and v under torch.no_grad()."
)
ALONG = "shapes do not fit: v is along Wᵀu, one number a column, and the new u along Wv."

SLIPS = (
    Slip("weight.flatten(1)", "weight", CONV),
    Slip("weight.flatten(1)", "weight.reshape(-1, weight.shape[-1])", CONV),
    Slip("weight.flatten(1)", "weight if weight.ndim == 2 else weight[:, :, 0, 0]", CONV),
    Slip("weight.flatten(1)", "weight if weight.ndim == 2 else weight.sum((2, 3))", CONV),
    Slip("weight.flatten(1)", "weight.detach().flatten(1)", NO_GRADIENT),
    Slip("torch.no_grad()", "torch.enable_grad()", ON_THE_GRAPH),
    Slip(V, "F.normalize(W.T @ torch.ones_like(u), dim=0)", ANEW),
    Slip("return sigma, new", "return sigma, u", ANEW),
    Slip(V, "F.normalize(W @ u, dim=0)", ALONG),
    Slip(V, "F.normalize(u @ W.T, dim=0)", ALONG),
    Slip(U, "F.normalize(W.T @ v, dim=0)", ALONG),
    Slip(
        V,
        "W.T @ u",
        "v is not scaled to length 1, so sigma comes back squared. F.normalize(…, dim=0).",
    ),
    Slip(U, "W @ v", LENGTH),
    Slip(
        U,
        "F.normalize(W @ v, p=1, dim=0)",
        "the new u is scaled by its 1-norm: its *length*, the root of the sum of squares, is 1.",
    ),
    Slip(
        U,
        "W @ v / (W @ v).abs().amax()",
        "the new u is scaled by its largest number: its *length* is 1. F.normalize(…, dim=0).",
    ),
    Slip(V, "F.normalize(W.T @ u)", ONE_AXIS),
    Slip(
        SIGMA,
        "new @ W @ W.T @ new",
        "sigma came back squared: σ = u·Wv needs W once, or a root.",
    ),
    Slip(SIGMA, "1 / (new @ W @ v)", "one divided by sigma came back."),
    Slip(SIGMA, "-new @ W @ v", "sigma came back with a minus."),
    Slip(
        SIGMA,
        "W.norm()",
        "this is the root of the sum of all squares (the Frobenius norm): it counts all singular "
        "values, not the largest.",
    ),
    Slip(
        SIGMA,
        "torch.linalg.svdvals(W).sum()",
        "this is the sum of all singular values, not the largest.",
    ),
    Slip(
        SIGMA,
        "torch.linalg.svdvals(W)[-1]",
        "this is the smallest singular value, the least stretch. The largest is asked.",
    ),
    Slip(
        SIGMA,
        "W.abs().max()",
        "this is the largest entry of the weight, not its largest stretch.",
    ),
    Slip(
        SIGMA,
        "W.abs().sum(1).max()",
        "this is the largest sum of a row, another norm of a matrix: σ is the largest stretch of a "
        "vector's length.",
    ),
    Slip(SIGMA, "W @ v", "sigma is a vector here, along the new u: take its length, or u · Wv."),
    Slip(
        SIGMA,
        "weight / (new @ W @ v)",
        "the divided weight came back. Return sigma itself; who asks for it divides.",
    ),
    Slip("return sigma, new", "return sigma, v", HANDED_V),
    Slip("return sigma, new", "return new, sigma", ORDER),
    Slip(
        "return sigma, new",
        "return sigma",
        "two things should come back: sigma, and the new u for the next call.",
    ),
)


def _once(step: Callable, weight: Tensor, u: Tensor) -> tuple[Tensor, Tensor]:
    """Call the step once and look at the shapes of what comes back."""
    rows, columns = weight.flatten(1).shape
    try:
        got = step(weight, u)
    except (RuntimeError, IndexError) as error:
        if weight.ndim > 2 and not isinstance(error, NotImplementedError):
            raise Wrong(CONV) from error
        raise
    if not (isinstance(got, tuple | list) and len(got) == 2):
        raise Wrong("two things should come back: sigma, and the new u for the next call.")
    if any(part is None for part in got):
        raise Wrong("sigma and the new u should be tensors: look at what you return.")
    sigma, new = (as_tensor(part, what) for part, what in zip(got, ("sigma", "u"), strict=True))
    if weight.ndim > 2 and (sigma.numel() != 1 or new.shape != (rows,)):
        raise Wrong(CONV)
    if sigma.shape == (rows,) and new.numel() == 1:
        raise Wrong(ORDER)
    if new.shape != (rows,) and new.shape == (columns,):
        raise Wrong(HANDED_V)
    if new.shape != (rows,):
        raise Wrong(f"the new u should have {rows} numbers, one per row of the weight.")
    return one_number(sigma, "sigma"), new


def observe(step: Callable, weight: Tensor, u: Tensor) -> tuple:
    """Call the step 20 times; return sigma and its gradient at the end, and how u and sigma are.

    Where u points at the end may differ in sign, and no two ways to get there need be alike.
    Lesson 11.
    """
    weight, kept = weight.requires_grad_(), u.clone()
    first, new = _once(step, weight, u)
    again = _once(step, weight, kept.clone())[1]
    if not torch.allclose(new, again.to(new)):
        raise Wrong(
            f"u is not kept: the same u gives another result each time, so {CALLS} calls are no "
            "better than one. Start from the u that you are given."
        )
    for _ in range(CALLS - 1):
        sigma, new = _once(step, weight, new.detach())
    if not sigma.requires_grad:
        raise Wrong(NO_GRADIENT)
    (slope,) = torch.autograd.grad(sigma, weight)
    top = torch.linalg.matrix_norm(weight.detach().flatten(1), 2)
    return (
        sigma,
        slope,
        "u has length 1" if abs(float(new.detach().norm()) - 1) < 1e-3 else "u has another length",
        "u is on the graph" if new.requires_grad else "u is free of the graph",
        "exact at once"
        if abs(float(first.detach() - top)) < 1e-5 * top
        else "better with each call",
    )


def cases(seed: int) -> Sequence[Case]:
    """Return weights with the singular values 3, 3 · 0.7, 3 · 0.7² … and a u to start from."""
    rng = torch.Generator().manual_seed(seed)

    def weight(rows: int, columns: int) -> Tensor:
        values = 3 * 0.7 ** torch.arange(min(rows, columns), dtype=torch.float64)
        sides = (torch.randn(n, n, generator=rng).double() for n in (rows, columns))
        left, right = (torch.linalg.qr(side)[0][:, : len(values)] for side in sides)
        return ((left * values) @ right.T).float()

    def start(rows: int) -> Tensor:
        return F.normalize(torch.randn(rows, generator=rng), dim=0)

    return (
        case("a weight of 2 x 3", weight(2, 3), start(2)),
        case("a weight of 8 x 12", weight(8, 12), start(8)),
        case("a weight of 12 x 8", weight(12, 8), start(12)),
        case("a square weight", weight(9, 9), start(9)),
        case("a convolution's weight", weight(8, 12).reshape(8, 3, 2, 2), start(8)),
    )


def _what_is_off(parts: tuple[Callable, ...], asked: Sequence[Case]) -> None:
    """Raise with the first thing that is not as it should be: u, its start, sigma, its gradient."""
    right = power_step.known(RIGHT, asked)
    for one, true in zip(asked, right, strict=True):
        mine = power_step.ask(parts, one)
        sigma, top = float(mine.parts[0]), float(true.parts[0])
        if mine.parts[2] != true.parts[2]:
            raise Wrong(LENGTH)
        if mine.parts[3] != true.parts[3]:
            raise Wrong(ON_THE_GRAPH)
        if not power_step.alike(mine.only(1), true.only(1)):
            if one.label == asked[-1].label:
                raise Wrong(
                    f"right for matrices, but for a convolution's weight (8, 3, 2, 2) sigma is "
                    f"{sigma:.3f} and not {top:.3f}: weight.flatten(1), one row per output channel."
                )
            weight, u = one.args
            other = F.normalize(u.flip(0) + torch.arange(len(u)), dim=0)
            ends = [_once(parts[0], weight, start.clone())[1] for start in (u, other)]
            if torch.allclose(*ends) or torch.allclose(ends[0].abs(), u.abs()):
                raise Wrong(ANEW)
            raise Wrong(
                f"after {CALLS} calls sigma is {sigma:.3f} for {one.label}, and the largest "
                f"singular value is {top:.3f}. v is along Wᵀu, the new u along Wv, sigma = u · Wv."
            )
        if not power_step.alike(mine.only(2), true.only(2)):
            raise Wrong(
                "sigma is right, but its gradient is not u vᵀ: leave sigma = u · Wv as it is."
            )


power_step = Value(
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
    asks="Check ``power_step(weight, u)`` -> (sigma, u), called 20 times, against the SVD.",
    table=Table(
        RIGHT,
        SLIPS,
        also={EXACT: "You do far more than one step per call: exact, and slower than it need be."},
    ),
    cases=cases,
    observe=observe,
    refused={
        "size mismatch": ALONG,
        "shapes cannot be multiplied": ALONG,
        "inconsistent tensor size": ALONG,
        "square matrices": "eigenvalues are those of square matrices, and a weight need not be "
        "square. The largest *singular* value is asked: v along Wᵀu, the new u along Wv.",
        "out of range": ONE_AXIS,
    },
    signs=_what_is_off,
    share=1e-3,
    least=1e-3,
)
