"""Zero-centered penalties: an exercise of lesson 12, Stabilize the game."""

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong, one_number
from gan_lessons.checks.grader import Case, Slip, Table, Value, case
from gan_lessons.checks.known import KnownSlope

RIGHT = """
def r1(D, real, fake, gamma):
    return _penalty(D, real, fake, gamma)

def r2(D, real, fake, gamma):
    return _penalty(D, fake, real, gamma)

def _penalty(D, x, other, gamma):
    x = x.detach().requires_grad_()
    (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    squares = slope.flatten(1).square().sum(1)
    return gamma / 2 * squares.mean()
"""

BIAS = 0.3  # of D: its logits have a level that no slope may depend on
BATCH = "x = x.detach().requires_grad_()"
SLOPE = "(slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)"
SQUARES = "slope.flatten(1).square().sum(1)"
MEAN = "squares.mean()"
ELSEWHERE = (
    "its slope is taken somewhere else, not at the samples themselves. Only lesson 11's penalty "
    "goes between real and fake."
)
NOT_ASKED = (
    "PyTorch says that a tensor does not require grad: it records only what it is asked to. "
    "Samples are data, so ask: x = real.detach().requires_grad_(), before D sees x, and no "
    "torch.no_grad() around D."
)
NEVER_SEEN = (
    "you ask for the gradient with respect to a tensor that D never saw, or that was told so only "
    "after D had seen it: first x.requires_grad_(), then D(x) of the very same x."
)
ONE_NUMBER = (
    "autograd takes the gradient of one number, and D returns one per sample: take D(x).sum()."
)
NO_EFFECT = (
    "the right value and no effect: it carries no gradient to D's weights. create_graph=True is "
    "missing, or the slope is detached."
)
HALF = (
    "the right value, but its gradient at D's weights is another one: a part of it is detached. "
    "Detach the batch, and nothing after it."
)
NAN = "a NaN where D is flat: a root has an infinite slope at 0. Square and add; no root is needed."
LEFT = (
    "it leaves gradients in D's weights: backward() writes into every leaf. torch.autograd.grad "
    "only returns the one you ask for."
)
REACHES_G = (
    "it reaches G through the fake batch: G would learn to please the penalty. Detach the batch "
    "before you take the slope at it."
)
BOTH = "it looks at both batches: R1 looks at the real one, R2 at the fakes. Write one at a time."

SLIPS = (
    Slip(
        BATCH,
        "x = other.detach().requires_grad_()",
        "it is taken at the other batch: R1 looks at the real one, R2 at the fakes.",
    ),
    Slip(
        "_penalty(D, real, fake, gamma)",
        "_penalty(D, real, fake, gamma) + _penalty(D, fake, real, gamma)",
        BOTH,
    ),
    Slip(
        "_penalty(D, fake, real, gamma)",
        "_penalty(D, fake, real, gamma) + _penalty(D, real, fake, gamma)",
        BOTH,
    ),
    Slip(BATCH, "x = torch.cat([x, other]).detach().requires_grad_()", BOTH),
    Slip(BATCH, "x = ((x + other) / 2).detach().requires_grad_()", ELSEWHERE),
    Slip(
        "D(x).sum()",
        "D(x).sigmoid().sum()",
        "it is taken on probabilities: a sigmoid flattens D where it is sure, and the penalty with "
        "it. Take the slope of the logits.",
    ),
    Slip(
        "D(x).sum()",
        "F.softplus(-D(x)).sum()",
        "it is the slope of the loss, not of D's logits: where D is right it vanishes.",
    ),
    Slip(
        "D(x).sum()",
        "F.softplus(D(x)).sum()",
        "it is the slope of D's loss on fakes, not of its logits.",
    ),
    Slip(
        SLOPE,
        "slope = torch.cat([g.reshape(1, -1) for g in torch.autograd.grad(\n"
        "        D(x).sum(), list(D.parameters()), create_graph=True)], dim=1)",
        "it is the slope by D's weights. A penalty of this lesson looks at the slope by the "
        "*input*: torch.autograd.grad(…, x, …).",
    ),
    Slip("gamma / 2", "gamma", "the half is missing: γ/2, not γ."),
    Slip("gamma / 2", "gamma / 4", "the half counts twice: γ/2, not γ/4."),
    Slip("gamma / 2", "0.5", "γ does not count: the penalty has its strength from you."),
    Slip("gamma / 2", "1.0", "neither γ nor the half counts."),
    Slip("gamma / 2", "gamma**2 / 2", "γ counts twice."),
    Slip("gamma / 2", "1 / (2 * gamma)", "γ stands below the line: it multiplies."),
    Slip("gamma / 2", "-gamma / 2", "it has a minus in front: D would be paid for being steep."),
    Slip(SQUARES, "slope.flatten(1).norm(dim=1)", "the slope's length is not squared."),
    Slip(
        SQUARES,
        "slope.flatten(1).square().sum(1).square()",
        "the squared length is squared once more.",
    ),
    Slip(
        f"squares = {SQUARES}\n    return gamma / 2 * {MEAN}",
        "lengths = slope.flatten(1).norm(dim=1)\n    return gamma / 2 * lengths.mean().square()",
        "the mean length is squared; take the mean of the squares.",
    ),
    Slip(
        SQUARES,
        "(slope.flatten(1).norm(dim=1) - 1).square()",
        "it pulls the slope to 1, as lesson 11's penalty does. Here the goal is 0.",
    ),
    Slip(
        "D(x).sum()",
        "D(x).mean()",
        "D(x).mean() divides every slope by the batch size: take D(x).sum().",
    ),
    Slip(
        SQUARES,
        "slope.flatten(1).sum(1).square()",
        "the slope's numbers are added up before the square: they cancel.",
    ),
    Slip(
        SQUARES,
        "slope.flatten(1).mean(0).square().sum()",
        "the slopes of the batch are averaged before the square: they cancel.",
    ),
    Slip(
        SQUARES,
        "slope.flatten(1).abs().sum(1)",
        "absolute values for squares: that is the 1-norm.",
    ),
    Slip(
        SQUARES,
        "slope.flatten(1).abs().sum(1).square()",
        "the 1-norm is squared: square each number first, then add.",
    ),
    Slip(
        SQUARES,
        "slope.flatten(1).square().amax(1)",
        "the largest number of the slope stands for its length: square all of them and add.",
    ),
    Slip(MEAN, "squares.sum()", "the batch adds up: take the mean over samples."),
    Slip(
        SQUARES,
        "slope.flatten(1).square().mean(1)",
        "it is the mean over a sample's numbers: the same γ would then mean less for larger "
        "pictures. Add them up, then take the mean over the batch.",
    ),
    Slip(
        SQUARES,
        "slope.square().sum(1)",
        "it adds up the channels only and takes the mean over the pixels: flatten(1) first.",
    ),
    Slip(
        SQUARES,
        "slope.square().sum(-1)",
        "it adds up the last axis only and takes the mean over the others: flatten(1) first.",
    ),
    Slip(
        SQUARES,
        "slope.flatten(1).square().sum(1).sqrt().square()",
        NAN,
    ),
    Slip("create_graph=True", "create_graph=False", NO_EFFECT),
    Slip(SQUARES, "(slope * slope.detach()).flatten(1).sum(1)", HALF),
    Slip(BATCH, "x = x.detach()", NOT_ASKED),
    Slip(BATCH, "x = x.requires_grad_()", REACHES_G),
    Slip("D(x).sum()", "D(x.clone().detach().requires_grad_()).sum()", NEVER_SEEN),
    Slip("D(x).sum()", "D(x)", ONE_NUMBER),
    Slip(SLOPE, "D(x).sum().backward(create_graph=True)\n    slope = x.grad", LEFT),
)


def _watched(which: int) -> Callable:
    """Return how R1 (0) or R2 (1) is watched: its value; its gradients are right or told."""

    def observe(r1: Callable, r2: Callable, D: KnownSlope, real: Tensor, fake: Tensor, gamma):
        G = torch.zeros(fake.shape[1:], requires_grad=True)  # stands for it: fake = G's output
        made = fake + G
        value = one_number((r1, r2)[which](D, real, made, gamma), "the penalty")
        if not torch.equal(made, fake):
            raise Wrong("your code changes the fake batch itself. Compute with a new tensor.")
        if D.weight.grad is not None:
            raise Wrong(LEFT)
        x, weight = (real, fake)[which], D.weight.detach().requires_grad_()
        right = gamma / 2 * (weight * x).flatten(1).square().sum(1).mean()
        is_right = torch.allclose(value.double(), right.double(), rtol=1e-3, atol=1e-7)
        if not is_right and D.looked_beside(real, fake):
            raise Wrong(ELSEWHERE)
        if not value.requires_grad:
            if is_right:
                raise Wrong(NO_EFFECT)
            return value
        slope, by_g = torch.autograd.grad(
            value, [D.weight, G], allow_unused=True, materialize_grads=True
        )
        if is_right and not slope.isfinite().all():
            raise Wrong(NAN)
        if is_right and not torch.allclose(
            slope, torch.autograd.grad(right, weight)[0], rtol=1e-3, atol=1e-6
        ):
            raise Wrong(HALF)
        if by_g.any():
            raise Wrong(REACHES_G)
        return value

    return observe


def cases(seed: int) -> Sequence[Case]:
    """Return a D of known slope, both batches and γ, first for R1 and then for R2."""
    rng = torch.Generator().manual_seed(seed)
    unit = KnownSlope(torch.ones(2), bias=BIAS)
    unit.__name__ = "Σ x²/2"
    flat = KnownSlope(torch.zeros(2), bias=BIAS)
    flat.__name__ = "a constant"
    one = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, -1.0]])
    found = [("one sample of two numbers", unit, *one, 2.0)]
    for label, shape in (
        ("six points", (6, 3)),
        ("images with three channels", (5, 3, 4, 2)),
        ("images with one channel", (4, 1, 3, 3)),
    ):
        D = KnownSlope(torch.randn(shape[1:], generator=rng), bias=BIAS)
        real, fake = (torch.randn(shape, generator=rng) for _ in range(2))
        found.append((label, D, 1.5 * real, fake, 0.2 + 3 * float(torch.rand((), generator=rng))))
    found.append(
        ("a D that is flat", flat, torch.randn(4, 2, generator=rng), torch.ones(4, 2), 1.0)
    )
    return [case(*one, part=part) for part in (0, 1) for one in copy.deepcopy(found)]


def _is_the_batch_marked(r1: Callable, r2: Callable) -> str | None:
    """Return a remark where R1 marks the real batch itself, as published code does."""
    real = torch.ones(1, 2)
    r1(KnownSlope(torch.ones(2)), real, torch.ones(1, 2), 1.0)
    if real.requires_grad:
        return "One thing to know: the real batch itself requires a gradient now; detach() first."
    return None


zero_centered = Value(
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
    asks="Check ``r1(D, real, fake, gamma)``, then ``r2``, on a D whose slope is known everywhere.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    called=("R1", "R2"),
    observe=(_watched(0), _watched(1)),
    refused={
        "does not require grad": NOT_ASKED,
        "not have been used in the graph": NEVER_SEEN,
        "grad can be implicitly created only for scalar outputs": ONE_NUMBER,
    },
    remark=_is_the_batch_marked,
    share=1e-3,
)
