"""The gradient penalty: an exercise of lesson 11, Tame the critic."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong, one_number
from gan_lessons.checks.grader import Case, Slip, Table, Value, case
from gan_lessons.checks.known import KnownSlope
from gan_lessons.checks.seen import Seen

RIGHT = """
def gradient_penalty(D, real, fake):
    alpha = torch.rand(len(real), *[1] * (real.ndim - 1))
    x = (alpha * real + (1 - alpha) * fake.detach()).requires_grad_()
    (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    length = slope.flatten(1).norm(dim=1)
    return (length - 1).square().mean()
"""

ALPHA = "torch.rand(len(real), *[1] * (real.ndim - 1))"
POINTS = "x = (alpha * real + (1 - alpha) * fake.detach()).requires_grad_()"
SLOPE = "(slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)"
LENGTH = "slope.flatten(1).norm(dim=1)"
COST = "(length - 1).square().mean()"

SHAPE = (
    "the shape of α does not fit. For images (B, C, H, W) it is (B, 1, 1, 1), for points (B, 1)."
)
NORMAL = (
    "α is drawn from N(0, 1), and x̂ leaves the line between real and fake: torch.randn is the "
    "normal distribution, torch.rand is U(0, 1)."
)
BEYOND = (
    "α lies beyond 0 or 1, and x̂ leaves the line between real and fake: draw it from U(0, 1) with "
    "torch.rand."
)
UNEVEN = "α lies between 0 and 1, but not evenly: draw it from U(0, 1) with torch.rand."
ONE_PLACE = {
    1.0: "D's slope is taken at the real samples only. x̂ lies anywhere between the two.",
    0.0: "D's slope is taken at the fakes only. x̂ lies anywhere between the two.",
    0.5: "D's slope is taken half way between only. x̂ lies anywhere between the two.",
}
OWN = (
    "every number of a sample gets its own α: x̂ then lies somewhere in a box, not on the line "
    "between real and fake. One α per sample: shape (B, 1), or (B, 1, 1, 1)."
)
SHARED = "the whole batch shares one α: draw torch.rand(len(real), …), one per sample."
ADDED = (
    "x̂ is not on the line between a real and a fake sample: x̂ = α·real + (1 − α)·fake, with "
    "nothing added."
)
ENDS = "D's slope is taken at real and fake samples only. x̂ lies between the two."
NOT_BETWEEN = (
    "x̂ is not on a line between a real and a fake sample of the batch. For images α has the shape "
    "(B, 1, 1, 1)."
)
BY_WEIGHTS = (
    "no point that D saw requires a gradient, so this is not the slope that is asked for: that of "
    "D's answer with respect to its *input* x̂, not to its weights."
)
NO_PATH = (
    "autograd finds no path from D's answer back to x̂. Call .requires_grad_() on x̂ before D sees "
    "it."
)
NEVER_SEEN = (
    "you ask for the gradient with respect to a tensor that D never saw: it must be the very x̂ "
    "that went into D."
)
NONE_BY_UNUSED = (
    "the slope is None. After torch.autograd.grad(…, allow_unused=True) that says: D never saw "
    "this tensor. After backward(): only tensors that you called .requires_grad_() on have a .grad."
)
ONE_NUMBER = (
    "autograd takes the gradient of one number, and D returns one per sample: take D(x̂).sum()."
)
A_TUPLE = "torch.autograd.grad returns a tuple: take [0], or write (slope,) = …."
FITS_IMAGES = "this length fits images only. For all: slope.flatten(1).norm(dim=1)."
LOSS = "the critic's own loss is in it: return the penalty alone."
NO_GRADIENT = (
    "the value is right, but nothing can be learned from it: create_graph=True is missing, or the "
    "slope is detached, so no gradient leads from the penalty to D's weights."
)
DETACHED = "the value is right, but its gradient is not: a part of it is detached."
NAN = (
    "where D is flat the gradient of the penalty is NaN: the root has an infinite slope at 0. Use "
    ".norm(), or add 1e-12 under the root."
)
LEFT = (
    "the call leaves gradients in D's weights, and D's step would use them. Use "
    "torch.autograd.grad(…), which hands the slope back, not backward()."
)
REACHES_G = "the penalty's gradient reaches G through the fake batch: fake.detach()."
MARKED = "real or fake require a gradient now. Only x̂ should: make it a new tensor."
BY_THE_WEIGHTS = (
    "it is the slope by D's weights. This penalty looks at the slope by the *input* x̂: "
    "torch.autograd.grad(…, x, …)."
)
FIRST = "A sample's slope has all its numbers: flatten(1) first."
INSIDE = "Take the slope of D's answer itself."

SLIPS = (
    Slip(ALPHA, "torch.randn(len(real), *[1] * (real.ndim - 1))", NORMAL),
    Slip(ALPHA, "torch.rand(())", SHARED),
    Slip(ALPHA, "torch.rand_like(real)", OWN),
    Slip(ALPHA, "torch.rand(len(real), *[1] * (real.ndim - 1)) / 2", UNEVEN),
    Slip(ALPHA, "2 * torch.rand(len(real), *[1] * (real.ndim - 1)) - 1", BEYOND),
    Slip(ALPHA, "torch.tensor(0.5)", ONE_PLACE[0.5]),
    Slip(ALPHA, "torch.rand(len(real), *[1] * (real.ndim - 1)).round()", ENDS),
    Slip(ALPHA, "torch.rand(len(real))", SHAPE),
    Slip(ALPHA, "torch.rand(len(real), 1)", NOT_BETWEEN),
    Slip(ALPHA, "torch.rand(len(real), 1, 1, 1)", SHAPE),
    Slip(POINTS, "x = real.clone().requires_grad_()", ONE_PLACE[1.0]),
    Slip(POINTS, "x = fake.detach().clone().requires_grad_()", ONE_PLACE[0.0]),
    Slip(POINTS, "x = torch.cat([real, fake.detach()]).requires_grad_()", ENDS),
    Slip(POINTS, "x = (real + 0.1 * torch.randn_like(real)).requires_grad_()", ADDED),
    Slip(
        POINTS,
        "x = (real + alpha * (real - fake.detach())).requires_grad_()",
        BEYOND,
    ),
    Slip(POINTS, "x = (alpha * real + alpha * fake.detach()).requires_grad_()", ADDED),
    Slip(POINTS, "x = real.requires_grad_()", MARKED),
    Slip("fake.detach()", "fake", REACHES_G),
    Slip(
        "+ (1 - alpha) * fake.detach()).requires_grad_()", "+ (1 - alpha) * fake.detach())", NO_PATH
    ),
    Slip("D(x).sum()", "D(x.detach().clone().requires_grad_()).sum()", NEVER_SEEN),
    Slip("D(x).sum()", "D(x)", ONE_NUMBER),
    Slip(
        "D(x).sum()",
        "D(x).mean()",
        "D(x̂).mean() divides every slope by the batch size: take D(x̂).sum().",
    ),
    Slip(
        "D(x).sum()",
        "D(x).sigmoid().sum()",
        "a sigmoid stands in front: it flattens the slope where D is sure. A critic has none. "
        + INSIDE,
    ),
    Slip("D(x).sum()", "D(x).square().sum()", "it is the slope of D's answer squared. " + INSIDE),
    Slip(
        "D(x).sum()",
        "F.softplus(-D(x)).sum()",
        "it is the slope of a loss of D, not of its answer. " + INSIDE,
    ),
    Slip(
        SLOPE,
        "slope = torch.cat([g.reshape(1, -1) for g in torch.autograd.grad(\n"
        "        D(x).sum(), list(D.parameters()), create_graph=True)], dim=1)",
        BY_THE_WEIGHTS,
    ),
    Slip(SLOPE, "D(x).sum().backward(create_graph=True)\n    slope = x.grad", LEFT),
    Slip("(slope,) =", "slope =", A_TUPLE),
    Slip("create_graph=True", "create_graph=False", NO_GRADIENT),
    Slip(
        LENGTH, "slope.norm()", "one length is taken over the whole batch: each sample has its own."
    ),
    Slip(
        LENGTH,
        "(slope.flatten(1).square().mean(1) + 1e-12).sqrt()",
        "the root of the *sum* of squares is a length; you took the mean of squares.",
    ),
    Slip(
        LENGTH,
        "slope.flatten(1).mean(1)",
        "you used the mean of the slope's numbers for its length.",
    ),
    Slip(LENGTH, "slope.flatten(1).sum(1)", "you added up the slope's numbers for its length."),
    Slip(
        LENGTH,
        "slope.flatten(1).abs().sum(1)",
        "absolute values added up are not the length: that is the 1-norm.",
    ),
    Slip(LENGTH, "slope.flatten(1).abs().amax(1)", "you took the largest number for the length."),
    Slip(
        LENGTH,
        "slope.flatten(1).square().sum(1)",
        "the square of the length is compared with 1: the root is missing.",
    ),
    Slip(LENGTH, "slope", f"every number of the slope is compared with 1. {FIRST}"),
    Slip(
        LENGTH,
        "slope.norm(dim=1)",
        f"the length is taken over the channels only, one per pixel. {FIRST}",
    ),
    Slip(LENGTH, "slope.norm(dim=-1)", f"the length is taken over the last axis only. {FIRST}"),
    Slip(
        LENGTH,
        "slope.flatten(1).norm(dim=0)",
        "the length is taken over the batch, one for each number of a sample: dim=1.",
    ),
    Slip(LENGTH, "slope.norm(dim=(1, 2, 3))", FITS_IMAGES),
    Slip(LENGTH, "slope.flatten(1).square().sum(1).sqrt()", NAN),
    Slip(
        COST,
        "(length - 1).clamp_min(0).square().mean()",
        "this is one-sided: it charges slopes above 1 only. It tames D too, and you will meet it "
        "below. Here charge every slope that is not 1.",
    ),
    Slip(
        COST,
        "(1 - length).clamp_min(0).square().mean()",
        "it charges slopes below 1 only, and leaves steep ones alone. Charge every slope that is "
        "not 1.",
    ),
    Slip(
        COST,
        "length.square().mean()",
        "this pulls the slope to 0, as R1 does. WGAN-GP pulls its length to 1.",
    ),
    Slip(
        COST,
        "(length + 1).square().mean()",
        "1 is added to the length where it should be subtracted.",
    ),
    Slip(
        COST, "(length - 1).mean()", "the square is missing: slopes below 1 would even be paid for."
    ),
    Slip(
        COST,
        "(length.square() - 1).mean()",
        "the length is squared, and not the difference: (length − 1)².",
    ),
    Slip(
        COST, "(length - 1).abs().mean()", "absolute value for square: (length − 1)² is asked for."
    ),
    Slip(
        COST,
        "(length.mean() - 1).square()",
        "you take the mean of the lengths first and square last: square per sample.",
    ),
    Slip(
        COST,
        "(length - 1).square().mean() / 2",
        "half of the penalty came back: no ½ is asked for.",
    ),
    Slip(
        COST,
        "10 * (length - 1).square().mean()",
        "10 times the penalty came back: leave its weight to the caller.",
    ),
    Slip(
        COST,
        "(length - 1).square().mean().sqrt()",
        "a root is taken of the mean: the mean of the squares is asked.",
    ),
    Slip(COST, "(length - 1).square().sum()", "the batch adds up: take the mean over the samples."),
    Slip(
        COST,
        "(D(fake.detach()) - D(real)).mean() + (length - 1).square().mean()",
        LOSS,
    ),
)


class _Drawn(Seen):
    """The penalty, and the points x̂ at which D's slope was taken."""

    def __init__(self, value: Tensor, x: Tensor):
        super().__init__([value.detach().double()])
        self.x = x


def observe(penalty: Callable, D: KnownSlope, real: Tensor, fake: Tensor, hangs: bool) -> _Drawn:
    """Return the penalty at the points that were drawn. Lesson 11.

    Args:
        hangs: whether fake still hangs on G.

    Raises:
        Wrong: x̂ is not what it should be, the gradients are not, or something is left behind.
    """
    G = torch.zeros(fake.shape[1:], requires_grad=hangs)  # fake = G's output
    made, before = fake + G, real.clone()
    value = one_number(penalty(D, real, made), "the penalty")
    for name, now, then in (("real", real, before), ("fake", made, fake)):
        if not torch.equal(now, then):
            raise Wrong(f"your code changes {name} in place. Compute x̂ as a new tensor.")
    if real.requires_grad or made.requires_grad != hangs:
        raise Wrong(MARKED)
    x = [points.detach() for points, asked in zip(D.seen, D.asked, strict=True) if asked]
    if not x:
        raise Wrong(BY_WEIGHTS)
    if any(points.ndim > real.ndim + 1 for points in x):
        raise Wrong(SHAPE)
    x = torch.cat([points.reshape(-1, D.weight.numel()) for points in x])
    if not (hangs or torch.equal(real, fake)):
        _check_points(x, real, fake)
    weight = D.weight.detach().requires_grad_()
    right = _costs(weight, D.power, x).mean()
    if not torch.allclose(value.double(), right.double(), rtol=1e-3, atol=1e-4):
        loss = (D(fake).mean() - D(real).mean()).detach()
        if loss.abs() > 1e-3 and torch.allclose(value, right + loss, rtol=1e-3, atol=1e-4):
            raise Wrong(LOSS)
        return _Drawn(value, x)
    if D.weight.grad is not None:
        raise Wrong(LEFT)
    if not value.requires_grad:
        raise Wrong(NO_GRADIENT)
    slope, *by_g = torch.autograd.grad(
        value, [D.weight, *([G] if hangs else [])], allow_unused=True, materialize_grads=True
    )
    if not slope.isfinite().all():
        raise Wrong(NAN)
    if not torch.allclose(slope, torch.autograd.grad(right, weight)[0], rtol=1e-3, atol=1e-4):
        raise Wrong(DETACHED)
    if any(grad.any() for grad in by_g):
        raise Wrong(REACHES_G)
    return _Drawn(value, x)


def _costs(weight: Tensor, power: int, x: Tensor) -> Tensor:
    """Return (length − 1)² of the known slope at each point, (N,)."""
    return ((weight.flatten() * x.flatten(1) ** (power - 1)).norm(dim=1) - 1).square()


def _check_points(x: Tensor, real: Tensor, fake: Tensor) -> None:
    """Raise where x̂ is not drawn as it should be: any real sample, any fake, α from U(0, 1)."""
    one_each = all(torch.equal(batch, batch[:1].expand_as(batch)) for batch in (real, fake))
    if len(real) == 1 or not one_each:
        if len(x) != len(real) or not _between(x, real, fake):
            raise Wrong(NOT_BETWEEN)
        return
    alpha = (x - fake[0]) / (real[0] - fake[0])  # one real point and one fake: it can be read off
    beyond = bool(((alpha < -1e-3) | (alpha > 1 + 1e-3)).any())
    if (alpha - alpha.mean(1, keepdim=True)).abs().max() > 1e-3:
        raise Wrong(ADDED if beyond else OWN)
    alpha = alpha.mean(1)
    if alpha.std() < 1e-3:
        raise Wrong(ONE_PLACE.get(round(float(alpha.mean()), 3) + 0.0, SHARED))
    if ((alpha.abs() < 1e-4) | ((alpha - 1).abs() < 1e-4)).all():
        raise Wrong(ENDS)
    if beyond:
        normal = abs(float(alpha.std()) - 1) < 0.2 and abs(float(alpha.mean())) < 0.2
        raise Wrong(NORMAL if normal else BEYOND)
    even = (torch.arange(len(alpha)) + 0.5) / len(alpha)
    if (alpha.sort().values - even).abs().max() > 0.135:  # by chance: less than 1 in 10⁶
        raise Wrong(UNEVEN)


def _between(x: Tensor, real: Tensor, fake: Tensor) -> bool:
    """Say whether each point lies on the line through some real and some fake sample."""
    fake = fake.flatten(1)[None, None]  # (1, 1, B, d)
    way = real.flatten(1)[None, :, None] - fake  # (1, B, B, d)
    off = x[:, None, None] - fake  # (B, 1, B, d)
    share = (off * way).sum(-1, keepdim=True) / way.square().sum(-1, keepdim=True)
    return bool(((off - share * way).norm(dim=-1).flatten(1).amin(1) < 1e-3).all())


def _with_the_same_points(one: Case, seen: _Drawn) -> Case:
    """Return the case in which x̂ is the same whatever α is: real and fake are both x̂."""
    D, real, _, hangs = one.args
    x = seen.x.reshape(-1, *real.shape[1:])
    return case(one.label, D, x, x.clone(), hangs)


def cases(seed: int) -> Sequence[Case]:
    """Return a D of known slope, both batches, and whether the fakes hang on G."""
    rng = torch.Generator().manual_seed(seed)

    def drawn(*shape: int) -> tuple[Tensor, Tensor]:
        spread = 0.8 if len(shape) == 2 else 0.25
        return spread * torch.randn(shape, generator=rng), spread * torch.randn(
            shape, generator=rng
        )

    def some(*shape: int, power: int = 2) -> KnownSlope:
        return KnownSlope(torch.rand(shape, generator=rng) + 0.2, power)

    ends = [torch.tensor([end]).repeat(400, 1) for end in ([2.0, -1, 0.5], [-1.0, 0.5, 3])]
    unit = KnownSlope(torch.tensor([0.6, 0.8]), 1)
    return (
        case("one real point and one fake", KnownSlope(torch.ones(3)), *ends, False),
        case("a linear D", KnownSlope(torch.tensor([3.0, 4.0]), 1), *drawn(3, 2), False),
        case("points", some(2), *drawn(64, 2), False),
        case("images", some(3, 4, 4), *drawn(4, 3, 4, 4), False),
        case("wide images", some(3, 4, 6), *drawn(5, 3, 4, 6), False),
        case("one sample", some(2), *drawn(1, 2), False),
        case("a D of slope 1", unit, *drawn(8, 2), False),
        case("a D that is flat", KnownSlope(torch.zeros(2), 1), *drawn(8, 2), False),
        case("fakes that hang on G", KnownSlope(torch.ones(2)), *drawn(8, 2), True),
    )


def _linear_first(parts: tuple[Callable, ...], asked: Sequence[Case]) -> None:
    """Raise with a D whose slope is the same everywhere, or else with the slopes at x̂."""
    for one in sorted(cases(gradient_penalty.seed), key=lambda one: one.label != "a linear D"):
        seen, D = gradient_penalty.ask(parts, one), one.args[0]
        right, mine = float(_costs(D.weight, D.power, seen.x).mean().detach()), float(seen.parts[0])
        if abs(mine - right) <= 1e-4 + 1e-3 * right:
            continue
        if one.label == "a linear D":
            raise Wrong(
                "for D(x) = 3·x₁ + 4·x₂ the slope is (3, 4) everywhere, its length is 5, and the "
                f"penalty is (5 − 1)² = 16, whatever α; you return {mine:.4g}."
            )
        raise Wrong(
            f"for {one.label} of known slopes you return {mine:.4g}, and it should be {right:.4g}: "
            "the mean over the batch of (length of the slope − 1)². For a linear D it is right."
        )


gradient_penalty = Value(
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
    asks="Check ``gradient_penalty(D, real, fake)`` on a D of known slope, given the x̂ it drew.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    observe=observe,
    terms=lambda D, real, fake, hangs: _costs(D.weight.detach(), D.power, real),
    random=True,
    given=_with_the_same_points,
    refused={
        "does not require grad": NO_PATH,
        "not have been used in the graph": NEVER_SEEN,
        "grad can be implicitly created only for scalar outputs": ONE_NUMBER,
        "must match the size": SHAPE,
        "Mismatch in shape: grad_output": "grad_outputs must have the shape of D's answer, (B,): "
        "take torch.ones_like of it, or D(x̂).sum() and no grad_outputs.",
        "'NoneType' object has no attribute": NONE_BY_UNUSED,
        "must be a 2-tuple": FITS_IMAGES,
        "out of range": "this length does not fit points. For all: slope.flatten(1).norm(dim=1).",
        "'tuple' object": A_TUPLE,
    },
    signs=_linear_first,
    share=1e-3,
    least=1e-4,
)
