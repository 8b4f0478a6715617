"""The gradient penalty: an exercise of lesson 11, Tame the critic."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from gan_lessons.checks.exercise import Wrong, ask, exercise, named, one_number
from gan_lessons.checks.known import KnownSlope

REFUSED = {  # what PyTorch says of a broken answer, and what that means here
    "does not require grad": "autograd finds no path from D's answer back to x̂. Call "
    ".requires_grad_() on x̂ before D sees it.",
    "not have been used in the graph": "you ask for the gradient with respect to a tensor that D "
    "never saw: it must be the very x̂ that went into D.",
    "grad can be implicitly created only for scalar outputs": "autograd takes the gradient of one "
    "number, and D returns one per sample: take D(x̂).sum().",
    "must match the size": "the shape of α does not fit. For images (B, C, H, W) it is "
    "(B, 1, 1, 1), for points (B, 1).",
    "Mismatch in shape: grad_output": "grad_outputs must have the shape of D's answer, (B,): take "
    "torch.ones_like of it, or D(x̂).sum() and no grad_outputs.",
    "'NoneType' object has no attribute": "the slope is None: after backward() only a tensor on "
    "which you called .requires_grad_() has a .grad. torch.autograd.grad hands the slope back.",
    "must be a 2-tuple": "this length fits images only. For all: slope.flatten(1).norm(dim=1).",
    "out of range": "this length does not fit points. For all: slope.flatten(1).norm(dim=1).",
    "'tuple' object": "torch.autograd.grad returns a tuple: take [0], or write (slope,) = ….",
}


@exercise(
    title="The gradient penalty",
    proves="one α for each sample, the length over all of a sample's numbers, a graph that trains "
    "D and never reaches G, and no NaN where D is flat.",
    hints=(
        "Three parts: points x̂ = α·real + (1 − α)·fake with α from torch.rand, one per sample; the "
        "gradient of D at x̂ with respect to x̂; the mean of (length − 1)².",
        "torch.autograd.grad(D(x).sum(), x, create_graph=True) returns a tuple with one gradient. "
        "create_graph keeps the way back to D's weights. x must require a gradient; fake must not.",
        "α has the shape (B, 1) for points and (B, 1, 1, 1) for images: "
        "torch.rand(len(real), *[1] * (real.ndim - 1)). The length: slope.flatten(1).norm(dim=1).",
    ),
)
def gradient_penalty(answer: Callable) -> None:
    """Check ``gradient_penalty(D, real, fake)`` on critics whose slope is known everywhere.

    Verified: the points; 0 for a linear critic of slope 1, 1 for a flat one; points and images,
    any batch size; its gradient reaches D's weights, is finite at slope 0, and never reaches fake.
    """
    with torch.random.fork_rng(devices=[]):
        _check_alpha(answer)
        for shape in ((64, 2), (4, 3, 4, 4), (5, 3, 4, 6), (1, 2)):
            _check_penalty(answer, shape)
        _check_flat(answer)
        _check_reach(answer)


def _probe(answer: Callable, D: KnownSlope, real: Tensor, fake: Tensor) -> Tensor:
    """Return the penalty; both batches must be as they were."""
    before = real.clone(), fake.clone()
    got = one_number(ask(answer, D, real, fake, refused=REFUSED), "the penalty")
    if not (torch.equal(real, before[0]) and torch.equal(fake, before[1])):
        raise Wrong("the real or the fake batch itself is changed. Compute x̂ as a new tensor.")
    if real.requires_grad or fake.requires_grad:
        raise Wrong("real or fake require a gradient now. Only x̂ should: make it a new tensor.")
    return got


def _points(D: KnownSlope) -> Tensor:
    """Return the points at which the slope of D was taken, (B, d)."""
    seen = [x.detach().flatten(1) for x in D.seen if x.requires_grad]
    if not seen:
        raise Wrong(
            "no point that D saw requires a gradient, so this is not the slope that is asked for: "
            "that of D's answer with respect to its *input* x̂, not to its weights."
        )
    return torch.cat(seen)


def _check_alpha(answer: Callable) -> None:
    """All real samples are one point and all fakes another, so α can be read off x̂."""
    n, ends = 1000, (torch.tensor([2.0, -1.0, 0.5]), torch.tensor([-1.0, 0.5, 3.0]))
    D = KnownSlope(torch.ones(3))
    _probe(answer, D, *(end.repeat(n, 1) for end in ends))
    real, fake = ends
    x = _points(D)
    if x.shape[1] != 3:
        raise Wrong(f"x̂ has {x.shape[1]} numbers and a sample 3: {REFUSED['must match the size']}")
    alpha = (x - fake) / (real - fake)  # (n, 3)
    apart = float((alpha - alpha.mean(1, keepdim=True)).abs().max()) > 1e-3
    alpha = alpha.mean(1) if not apart else alpha.flatten()
    said = f"from {float(alpha.min()):.1f} to {float(alpha.max()):.1f}"
    beyond = float(alpha.min()) < -1e-3 or float(alpha.max()) > 1 + 1e-3
    if apart and beyond:
        raise Wrong(
            "x̂ is not on the line between a real and a fake sample: x̂ = α·real + (1 − α)·fake, "
            "with nothing added."
        )
    if apart:
        raise Wrong(
            "every number of a sample gets its own α: x̂ then lies somewhere in a box, not on the "
            "line between real and fake. One α per sample: shape (B, 1), or (B, 1, 1, 1)."
        )
    if float(alpha.std()) < 1e-3:
        where = {1.0: "at the real samples", 0.0: "at the fakes", 0.5: "half way between"}
        place = where.get(round(float(alpha.mean()), 3))
        if place:
            raise Wrong(f"D's slope is taken {place} only. x̂ lies anywhere between the two.")
        raise Wrong("the whole batch shares one α: draw torch.rand(len(real), …), one per sample.")
    if ((alpha.abs() < 1e-4) | ((alpha - 1).abs() < 1e-4)).all():
        raise Wrong("D's slope is taken at real and fake samples only. x̂ lies between the two.")
    if beyond:
        kind = "N(0, 1)" if abs(float(alpha.std()) - 1) < 0.15 else "another distribution"
        raise Wrong(
            f"α reaches {said}: it is drawn from {kind}, and x̂ leaves the line between real and "
            "fake. U(0, 1) is torch.rand; torch.randn is the normal distribution."
        )
    even = (torch.arange(len(alpha)) + 0.5) / len(alpha)
    if float((alpha.sort().values - even).abs().max()) > 0.085:  # by chance: less than 1 in 10⁶
        raise Wrong(f"α runs {said}, but not evenly: draw it from U(0, 1) with torch.rand.")


def _check_penalty(answer: Callable, shape: tuple[int, ...]) -> None:
    """Compare with the definition, and name the value of each known mistake."""
    D = KnownSlope(torch.rand(shape[1:]) + 0.2)
    spread = 0.8 if len(shape) == 2 else 0.25
    real, fake = spread * torch.randn(shape), spread * torch.randn(shape)
    got = _probe(answer, D, real, fake)
    x = _points(D)
    if len(x) != len(real) or not _between(x, real, fake):
        raise Wrong(
            "x̂ is not on a line between a real and a fake sample of the batch. For images α has "
            "the shape (B, 1, 1, 1)."
        )
    weight = D.weight.detach().clone().requires_grad_()
    g = weight.flatten() * x
    length = g.norm(dim=1)
    right = (length - 1).square().mean()
    value, should = float(got.detach()), float(right.detach())
    if abs(value - should) > 1e-4 + 1e-3 * should:
        wrong = _mistakes(g.detach().reshape(len(x), *shape[1:]))
        loss = float((D(fake).mean() - D(real).mean()).detach())
        wrong["the critic's own loss is in it: return the penalty alone."] = should + loss
        raise Wrong(
            named(value, wrong)
            or f"for a critic of known slope you return {value:.3f}, and it should be "
            f"{should:.3f}: the mean over the batch of (length of the slope − 1)²."
        )
    if D.weight.grad is not None:
        raise Wrong(
            "the call leaves gradients in D's weights, and D's step would use them. Use "
            "torch.autograd.grad(…), which hands the slope back, not backward()."
        )
    if not got.requires_grad:
        raise Wrong(
            "the value is right, but nothing can be learned from it: create_graph=True is "
            "missing, so no gradient leads from the penalty to D's weights."
        )
    (ours,) = torch.autograd.grad(got, D.weight)
    (known,) = torch.autograd.grad(right, weight)
    if not torch.allclose(ours, known, atol=1e-4, rtol=1e-3):
        raise Wrong("the value is right, but its gradient is not: a part of it is detached.")


def _between(x: Tensor, real: Tensor, fake: Tensor) -> bool:
    """Say whether each point lies on the line through some real and some fake sample."""
    fake = fake.flatten(1)[None, None]  # (1, 1, B, d)
    way = real.flatten(1)[None, :, None] - fake  # (1, B, B, d)
    off = x[:, None, None] - fake  # (B, 1, B, d)
    share = (off * way).sum(-1, keepdim=True) / way.square().sum(-1, keepdim=True)
    return bool(((off - share * way).norm(dim=-1).flatten(1).amin(1) < 1e-3).all())


def _mistakes(g: Tensor) -> dict[str, float]:
    """Return the value of every known mistake for slopes g, (B, …), by its diagnosis."""
    flat, n = g.flatten(1), len(g)
    length = flat.norm(dim=1)
    first = "A sample's slope has all its numbers: flatten(1) first."
    lengths = {  # what was taken for the length of a slope
        "one length is taken over the whole batch: each sample has its own.": flat.norm(),
        "the root of the *sum* of squares is a length; you took the mean of squares.": (
            flat.square().mean(1).sqrt()
        ),
        "you used the mean of the slope's numbers for its length.": flat.mean(1),
        "you added up the slope's numbers for its length.": flat.sum(1),
        "absolute values added up are not the length: that is the 1-norm.": flat.abs().sum(1),
        "you took the largest number for the length.": flat.abs().amax(1),
        "the square of the length is compared with 1: the root is missing.": length.square(),
        f"every number of the slope is compared with 1. {first}": flat,
        "D(x̂).mean() divides every slope by the batch size: take D(x̂).sum().": length / n,
        f"the length is taken over the channels only, one per pixel. {first}": g.norm(dim=1),
        f"the length is taken over the last axis only. {first}": g.norm(dim=-1),
    }
    over = length - 1
    costs = {  # what was made of the right lengths
        "this is one-sided: it charges slopes above 1 only. It tames D too, and you will meet it "
        "below. Here charge every slope that is not 1.": over.clamp_min(0).square(),
        "this pulls the slope to 0, as R1 does. WGAN-GP pulls its length to 1.": length.square(),
        "the square is missing: slopes below 1 would even be paid for.": over,
        "the length is squared, and not the difference: (length − 1)².": length.square() - 1,
        "absolute value for square: (length − 1)² is asked for.": over.abs(),
        "you take the mean of the lengths first and square last: square per sample.": (
            over.mean().square()
        ),
        "half of the penalty came back: no ½ is asked for.": over.square() / 2,
        "10 times the penalty came back: leave its weight to the caller.": 10 * over.square(),
        "the batch adds up: take the mean over the samples.": n * over.square(),
    }
    costs |= {name: (wrong - 1).square() for name, wrong in lengths.items()}
    return {name: float(cost.mean()) for name, cost in costs.items()}


def _check_flat(answer: Callable) -> None:
    """Slope 1 costs nothing, slope 0 costs 1 and has a finite gradient."""
    for shape in ((8, 2), (8, 3, 4, 4)):
        real, fake = torch.randn(shape), torch.randn(shape)
        unit = F.normalize(torch.randn(shape[1:]).flatten(), dim=0).reshape(shape[1:])
        cost = float(_probe(answer, KnownSlope(unit, 1), real, fake).detach())
        if abs(cost) > 1e-4:
            raise Wrong(f"a linear critic of slope 1 should cost nothing, but costs {cost:.3f}.")
        D = KnownSlope(torch.zeros(shape[1:]), 1)
        got = _probe(answer, D, real, fake)
        (grad,) = torch.autograd.grad(got, D.weight)
        if not (got.isfinite() and grad.isfinite().all()):
            raise Wrong(
                "where D is flat the gradient of the penalty is NaN: the root has an infinite "
                "slope at 0. Use .norm(), or add 1e-12 under the root."
            )
        cost = float(got.detach())
        if abs(cost - 1) > 1e-3:
            raise Wrong(f"a flat critic has slope 0 and should cost 1, but costs {cost:.3f}.")


def _check_reach(answer: Callable) -> None:
    """D's step must leave G alone, even if the fake batch still hangs on it."""
    D, fake = KnownSlope(torch.ones(2)), torch.randn(8, 2).requires_grad_()
    got = ask(answer, D, torch.randn(8, 2), fake, refused=REFUSED)
    (reached,) = torch.autograd.grad(got, fake, allow_unused=True)
    if reached is not None and reached.any():
        raise Wrong("the penalty's gradient reaches G through the fake batch: fake.detach().")
