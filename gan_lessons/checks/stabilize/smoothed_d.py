"""One-sided smoothing: an exercise of lesson 12, Stabilize the game."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from gan_lessons.checks.exercise import Wrong, ask, exercise, one_number


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
    loss = one_number(ask(answer, *logits, target), "the loss")
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
    got = one_number(ask(answer, r, f, target), "the loss").detach()
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
        (0, 0, 0, 0): "the loss is flat where D is sure: there is a sigmoid in it, on top of the "
        "one that softplus holds already. Logits go in as they are.",
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
