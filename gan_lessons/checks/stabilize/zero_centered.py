"""Checks of lesson 12, Stabilize the game: what pulls D's slope to 0, and unsure labels."""

import warnings
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.checks.exercise import Wrong, exercise

REFUSED = {  # what PyTorch says of a broken answer, and what that means here
    "does not require grad": "PyTorch says that a tensor does not require grad: it records only "
    "what it is asked to. Samples are data, so ask: x = real.detach().requires_grad_(), before D "
    "sees x.",
    "not have been used in the graph": "you ask for the gradient with respect to a tensor that D "
    "never saw: it must be the very x that went into D.",
    "grad can be implicitly created only for scalar outputs": "autograd takes the gradient of one "
    "number, and D returns one per sample: take D(x).sum().",
}


def _ask(answer: Callable, *args: object) -> object:
    """Call the answer; what PyTorch refuses becomes a diagnosis, what it warns of is let pass."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return answer(*args)
    except RuntimeError as error:
        for said, meaning in REFUSED.items():
            if said in str(error):
                raise Wrong(meaning) from error
        raise


def _scalar(value: object, what: str) -> Tensor:
    if not isinstance(value, Tensor):
        raise Wrong(f"{what} should be a tensor, but {type(value).__name__} came back.")
    if value.numel() != 1:
        raise Wrong(f"{what} should be one number, but has shape {tuple(value.shape)}.")
    return value.reshape(())


def _close(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-6 + 1e-3 * abs(b)


# -- zero-centered penalties -----------------------------------------------------------------


class _Known(nn.Module):
    """D(x) = Σ w·x²/2 + b, whose slope is w·x. It remembers what it saw."""

    def __init__(self, weight: Tensor, bias: float = 0.3):
        super().__init__()
        self.weight, self.bias = nn.Parameter(weight), nn.Parameter(torch.tensor(bias))
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(x.detach())
        return (self.weight * x.square()).flatten(1).sum(1) / 2 + self.bias


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


def _squares(D: _Known, x: Tensor) -> Tensor:
    return (D.weight.detach() * x).flatten(1).square()  # (B, numbers)


def _check_penalty(answer: Callable, name: str, mine: int, shape: tuple[int, ...]) -> str | None:
    gamma = 0.2 + 3 * float(torch.rand(()))
    D = _Known(torch.randn(shape[1:]))
    batches = 1.5 * torch.randn(shape), torch.randn(shape)
    shift = torch.zeros(shape[1:], requires_grad=True)  # stands for G: fake = G's output
    handed = batches[0].clone(), batches[1].clone() + shift
    got = _scalar(_ask(answer, D, *handed, gamma), name)
    if any(p.grad is not None for p in D.parameters()):
        raise Wrong(
            f"{name} leaves gradients in D's weights: backward() writes into every leaf. "
            "torch.autograd.grad only returns the one you ask for."
        )
    if any(not torch.equal(a, b) for a, b in zip(handed, batches, strict=True)):
        raise Wrong(f"{name} changes the batch itself. Compute with a new tensor.")
    x, value = batches[mine], float(got.detach())
    right = gamma / 2 * _squares(D, x).sum(1).mean()
    if not _close(value, float(right)):
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
    value: float, D: _Known, batches: tuple[Tensor, Tensor], mine: int, gamma: float
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
        if _close(value, float(candidate)):
            return said
    seen = torch.cat([s.flatten(1) for s in D.seen[:-1]] or [torch.empty(0, size)])
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
    D = _Known(torch.zeros(2))
    batch = torch.randn(4, 2)
    got = _scalar(_ask(answer, D, batch, batch + 1, 1.0), name)
    if float(got.detach()) != 0:
        raise Wrong(f"{name} of a flat D is {float(got.detach()):.3g}, not 0.")
    got.backward()
    if not D.weight.grad.isfinite().all():
        raise Wrong(
            f"{name} gives a NaN where D is flat: a root has an infinite slope at 0. Square and "
            "add; no root is needed."
        )


# -- one-sided smoothing ---------------------------------------------------------------------


@exercise(
    title="One-sided smoothing",
    proves="the best D is target · p/(p + q): real samples are real with that probability only, "
    "fakes stay fakes; finite where D is sure.",
    hints=(
        "A real sample now has two labels at once: real with weight target, fake with weight "
        "1 − target. What does each cost at logit t? softplus(-t) and softplus(t).",
        "Real side: target · softplus(-real_logits) + (1 − target) · softplus(real_logits), the "
        "mean of it. Fake side: as always, softplus(fake_logits).mean().",
        "real = target * F.softplus(-real_logits) + (1 - target) * F.softplus(real_logits); "
        "return real.mean() + F.softplus(fake_logits).mean()",
    ),
)
def smoothed_d(answer: Callable) -> None:
    """Check ``smoothed_d(real_logits, fake_logits, target)`` by its pulls on single logits.

    At a logit of ±60 a cross entropy pulls with its plain weights, so four numbers name the loss:
    how much a real and a fake sample count as real and as fake.
    """
    with torch.random.fork_rng(devices=[]):
        for target in (0.9, 0.75, 1.0):
            _check_smoothing(answer, target)


def _pulls(answer: Callable, side: int, logit: float, target: float) -> float:
    """Return the loss's slope at one logit of one side, times the batch size."""
    logits = [torch.zeros(3), torch.zeros(3)]
    logits[side][1] = logit
    logits[side].requires_grad_()
    loss = _scalar(_ask(answer, *logits, target), "the loss")
    if not loss.requires_grad:
        side_is = ("real", "fake")[side]
        raise Wrong(f"the loss does not depend on the {side_is} logits, or is detached from them.")
    (grad,) = torch.autograd.grad(loss, logits[side], allow_unused=True, materialize_grads=True)
    return 3 * float(grad[1])


def _check_smoothing(answer: Callable, target: float) -> None:
    real = -_pulls(answer, 0, -60.0, target), _pulls(answer, 0, 60.0, target)
    fake = -_pulls(answer, 1, -60.0, target), _pulls(answer, 1, 60.0, target)
    found = torch.tensor([*real, *fake])  # real as real, real as fake, fake as real, fake as fake
    if not found.isfinite().all():
        raise Wrong(
            "the loss breaks where D is sure: a logarithm of a rounded sigmoid. Write it with "
            "softplus on logits."
        )
    t, rest = target, 1 - target
    right = torch.tensor([t, rest, 0, 1.0])
    if not torch.allclose(found, right, atol=2e-3):
        raise Wrong(_name_weights(found, t, rest))
    r, f = torch.randn(2, 50) * 3
    value = t * F.softplus(-r).mean() + rest * F.softplus(r).mean() + F.softplus(f).mean()
    got = _scalar(_ask(answer, r, f, target), "the loss").detach()
    if not torch.allclose(got, value, atol=1e-4):
        raise Wrong(
            f"the weights are right, but the loss of 50 samples is {float(got):.3f}, not "
            f"{float(value):.3f}: it should be softplus on logits, the mean over each batch."
        )


def _name_weights(found: Tensor, t: float, rest: float) -> str:
    """Say what the four weights mean; the targets of the check are not only 0.9."""
    named = {
        (t, rest, rest, t): "both sides are smoothed. Then the best D is (target·p + (1 − "
        "target)·q)/(p + q): where q is large and p is 0 it still says 'perhaps', and G is paid "
        "for staying there. Fakes keep their label 0.",
        (1, 0, rest, t): "the fakes are smoothed, not the real samples. Then D never calls a fake "
        "surely fake, and that rewards G where no data are.",
        (t, 0, 0, 1): "only the log D term is scaled: a real sample counts less, but still as "
        "surely real. Then the best D is target·p/(target·p + q), which still reaches 1. The rest "
        "of its weight, 1 − target, belongs to log(1 − D).",
        (t, 0, 0, t): "the loss is only scaled: the best D is still p/(p + q).",
        (0, 1, t, rest): "the labels are exchanged: real samples are pulled down and fakes up.",
        (0, 1, 1, 0): "the labels are exchanged, without any smoothing.",
        (rest, t, 0, 1): "target and 1 − target are exchanged: real samples count as real with 1 "
        "− target only.",
        (1, 0, 0, 1): "nothing is smoothed: this is the plain cross entropy, whatever the target.",
        (t, rest, 1, 0): "G's side of the fakes: D raises what it says of them.",
        (t, rest, 0, 0): "the fakes do not count: D's loss has two sides.",
        (1, rest, 0, 1): "a real sample counts 1 as real and the rest as fake, more than once in "
        "all: the two weights add up to 1.",
        (0.9, 0.1, 0, 1): "0.9 is written into the loss: use the target you are given.",
        (
            0,
            0,
            0,
            0,
        ): "the loss is flat where D is sure: there is a sigmoid in it, on top of the one "
        "that softplus holds already. Logits go in as they are.",
        (-t, -rest, 0, -1): "the sign is turned: D lowers its loss, so it has no minus in front.",
    }
    for weights, said in named.items():
        right = torch.tensor([float(w) for w in weights])
        if torch.allclose(found, right, atol=2e-3):
            return said
    for factor, more in ((3.0, "the batch adds up: take the mean."), (0.5, "the loss is halved.")):
        if torch.allclose(found, factor * torch.tensor([t, rest, 0, 1.0]), atol=6e-3):
            return more
    numbers = [f"{float(w):.2f}" for w in found]
    return (
        f"as measured, a real sample counts {numbers[0]} as real and {numbers[1]} as fake, a fake "
        f"one {numbers[2]} and {numbers[3]}; with target {t} it should be {t}, {rest:.2f}, 0 and 1."
    )
