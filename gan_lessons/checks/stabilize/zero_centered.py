"""Zero-centered penalties: an exercise of lesson 12, Stabilize the game."""

from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong, ask, exercise, near, one_number
from gan_lessons.checks.known import KnownSlope

BIAS = 0.3  # of D: its logits have a level that no slope may depend on
REFUSED = {  # what PyTorch says of a broken answer, and what that means here
    "does not require grad": "PyTorch says that a tensor does not require grad: it records only "
    "what it is asked to. Samples are data, so ask: x = real.detach().requires_grad_(), before D "
    "sees x.",
    "not have been used in the graph": "you ask for the gradient with respect to a tensor that D "
    "never saw: it must be the very x that went into D.",
    "grad can be implicitly created only for scalar outputs": "autograd takes the gradient of one "
    "number, and D returns one per sample: take D(x).sum().",
}


@exercise(
    title="Zero-centered penalties",
    proves="both are γ/2 times the mean squared length of D's slope, on logits, over all numbers "
    "of a sample, each on its own batch; they train D and never reach G.",
    hints=(
        "As in lesson 11: x must require a gradient, and torch.autograd.grad(D(x).sum(), x, "
        "create_graph=True) returns a tuple with D's slopes. Here x is the batch itself.",
        "Per sample: square every number of the slope and add them up, slope.flatten(1).square()"
        ".sum(1). Over the batch: the mean. In front: gamma / 2. No root, no 1, no sigmoid.",
        "x = real.detach().requires_grad_(); (slope,) = torch.autograd.grad(D(x).sum(), x, "
        "create_graph=True); return gamma / 2 * slope.flatten(1).square().sum(1).mean(). "
        "R2 is the same with fake in place of real.",
    ),
)
def zero_centered(my_r1: Callable, my_r2: Callable) -> str | None:
    """Check ``r1(D, real, fake, gamma)`` and ``r2(D, real, fake, gamma)``.

    On a D whose slope is known everywhere: the value for points and images, any batch size; its
    gradient reaches D's weights, is finite where D is flat, and never reaches G.
    """
    remarks = []
    with torch.random.fork_rng(devices=[]):
        for name, answer, mine in (("R1", my_r1, 0), ("R2", my_r2, 1)):
            for shape in ((6, 3), (5, 3, 4, 2), (1, 2), (4, 1, 3, 3)):
                remarks.append(_check_penalty(answer, name, mine, shape))
            _check_flat(answer, name)
    return next((remark for remark in remarks if remark), None)


def _squares(D: KnownSlope, x: Tensor) -> Tensor:
    return (D.weight.detach() * x).flatten(1).square()  # (B, numbers)


def _check_penalty(answer: Callable, name: str, mine: int, shape: tuple[int, ...]) -> str | None:
    gamma = 0.2 + 3 * float(torch.rand(()))
    D = KnownSlope(torch.randn(shape[1:]), bias=BIAS)
    batches = 1.5 * torch.randn(shape), torch.randn(shape)
    shift = torch.zeros(shape[1:], requires_grad=True)  # stands for G: fake = G's output
    handed = batches[0].clone(), batches[1].clone() + shift
    got = one_number(ask(answer, D, *handed, gamma, refused=REFUSED), name)
    if any(p.grad is not None for p in D.parameters()):
        raise Wrong(
            f"{name} leaves gradients in D's weights: backward() writes into every leaf. "
            "torch.autograd.grad only returns the one you ask for."
        )
    if any(not torch.equal(a, b) for a, b in zip(handed, batches, strict=True)):
        raise Wrong(f"{name} changes the batch itself. Compute with a new tensor.")
    x, value = batches[mine], float(got.detach())
    right = gamma / 2 * _squares(D, x).sum(1).mean()
    if not near(value, float(right), share=1e-3):
        raise Wrong(f"{name}: {_name_value(value, D, batches, mine, gamma)}")
    if not got.requires_grad:
        raise Wrong(
            f"{name} has the right value and no effect: it carries no gradient to D's weights. "
            "create_graph=True is missing, or the slope is detached."
        )
    (expected,) = torch.autograd.grad(
        gamma / 2 * (D.weight * x).flatten(1).square().sum(1).mean(), D.weight
    )
    got.backward()
    if D.weight.grad is None or (D.weight.grad - expected).abs().max() > 1e-3 * (
        1e-3 + expected.abs().max()
    ):
        raise Wrong(
            f"{name} has the right value, but its gradient at D's weights is another one: a part "
            "of it is detached."
        )
    if shift.grad is not None and shift.grad.any():
        raise Wrong(
            f"{name} reaches G through the fake batch: G would learn to please the penalty. "
            "Detach the batch before you take the slope at it."
        )
    if handed[0].requires_grad:
        return "One thing to know: the real batch itself requires a gradient now; detach() first."
    return None


def _name_value(
    value: float, D: KnownSlope, batches: tuple[Tensor, Tensor], mine: int, gamma: float
) -> str:
    """Say which mistake gives this value; else what was expected."""
    x, other = batches[mine], batches[1 - mine]
    which = ("real", "fake")[mine], ("fake", "real")[mine]
    numbers = _squares(D, x)  # (B, numbers)
    per, n, size = numbers.sum(1), len(x), numbers.shape[1]
    with torch.no_grad():
        logits = D(x)
    p, q = logits.sigmoid(), (-logits).sigmoid()
    half = gamma / 2
    right, theirs = half * per.mean(), half * _squares(D, other).sum(1).mean()
    signed = (D.weight.detach() * x).flatten(1)
    pixels = size // x.shape[1] if x.ndim > 2 else 1
    candidates = {
        f"it is taken at the {which[1]} batch; {'R1' if mine == 0 else 'R2'} looks at the "
        f"{which[0]} one.": theirs,
        "it looks at both batches: that is R1 + R2. Write one at a time.": right + theirs,
        "it is taken on probabilities: a sigmoid flattens D where it is sure, and the penalty "
        "with it. Take the slope of the logits.": half * (per * (p * q).square()).mean(),
        "it is the slope of the loss, not of D's logits: where D is right it vanishes.": half
        * (per * q.square()).mean(),
        "it is the slope of D's loss on fakes, not of its logits.": half
        * (per * p.square()).mean(),
        "the half is missing: γ/2, not γ.": 2 * right,
        "the half counts twice: γ/2, not γ/4.": right / 2,
        "γ does not count: the penalty has its strength from you.": right / gamma,
        "neither γ nor the half counts.": per.mean(),
        "γ counts twice.": gamma * right,
        "it has a minus in front: D would be paid for being steep.": -right,
        "the slope's length is not squared.": half * per.sqrt().mean(),
        "the mean length is squared; take the mean of the squares.": half
        * per.sqrt().mean().square(),
        "it pulls the slope to 1, as lesson 11's penalty does. Here the goal is 0.": half
        * (per.sqrt() - 1).square().mean(),
        "D(x).mean() divides every slope by the batch size: take D(x).sum().": right / n**2,
        "the slope's numbers are added up before the square: they cancel.": half
        * signed.sum(1).square().mean(),
        "the slopes of the batch are averaged before the square: they cancel.": half
        * signed.mean(0).square().sum(),
        "absolute values for squares: that is the 1-norm.": half * signed.abs().sum(1).mean(),
        "the 1-norm is squared: square each number first, then add.": half
        * signed.abs().sum(1).square().mean(),
    }
    if n > 1:
        candidates["the batch adds up: take the mean over samples."] = right * n
    if size > 1:
        candidates[
            "it is the mean over a sample's numbers: the same γ would then mean less for larger "
            "pictures. Add them up, then take the mean over the batch."
        ] = right / size
    if pixels > 1:
        candidates[
            "it adds up the channels only and takes the mean over the pixels: flatten(1) first."
        ] = right / pixels
    for said, candidate in candidates.items():
        if near(value, float(candidate), share=1e-3):
            return said
    seen = torch.cat([s.detach().flatten(1) for s in D.seen[:-1]] or [torch.empty(0, size)])
    known = torch.cat([b.flatten(1) for b in batches])
    if len(seen) and (torch.cdist(seen, known).amin(1) > 1e-4).any():
        return (
            "its slope is taken somewhere else, not at the samples themselves. Only lesson 11's "
            "penalty goes between real and fake."
        )
    return (
        f"the value is {value:.4g}, not γ/2 · E‖∇D‖² = {float(right):.4g}. Square the slope's "
        "numbers, add them up per sample, take the mean over the batch, times γ/2."
    )


def _check_flat(answer: Callable, name: str) -> None:
    """Where D is flat the penalty is 0 and so is its gradient: no NaN."""
    D = KnownSlope(torch.zeros(2), bias=BIAS)
    batch = torch.randn(4, 2)
    got = one_number(ask(answer, D, batch, batch + 1, 1.0, refused=REFUSED), name)
    if float(got.detach()) != 0:
        raise Wrong(f"{name} of a flat D is {float(got.detach()):.3g}, not 0.")
    got.backward()
    if not D.weight.grad.isfinite().all():
        raise Wrong(
            f"{name} gives a NaN where D is flat: a root has an infinite slope at 0. Square and "
            "add; no root is needed."
        )
