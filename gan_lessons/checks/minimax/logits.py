"""Losses on a few logits: what lesson 02's checks share."""

import math
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gan_lessons.checks.exercise import Wrong, near

LN2 = math.log(2)
REAL = torch.tensor([1.3, -0.4, 2.2, 0.7])
FAKE = torch.tensor([-0.9, 0.8, -1.7, 0.3, -0.2, 1.1])  # another number of samples

LOG_OF_MEAN = (
    "E[log], not log E: take the logarithm for each sample, and the mean comes last. The logarithm "
    "of a mean hardly notices the few samples that D is sure of."
)


def loss_of(answer: Callable, real: Tensor, fake: Tensor) -> Tensor:
    """Return what the learner's loss gives; say so where it is not one number."""
    found = answer(real, fake)
    if not isinstance(found, Tensor):
        raise Wrong("return a tensor, so that backward() can start from it: no .item(), no float.")
    if found.numel() != 1:
        raise Wrong(f"you return {found.numel()} numbers; a loss is one number. Take the mean.")
    return found


def name(found: float, named: tuple[tuple[float, str], ...]) -> None:
    """Raise the diagnosis whose value was found, if any. Lesson 02."""
    for value, diagnosis in named:
        if near(found, value):
            raise Wrong(diagnosis)


def slope_at(answer: Callable, logit: float) -> float:
    """Return the derivative of G's loss with respect to the logit of one fake sample."""
    fake = torch.tensor([logit], requires_grad=True)
    loss = loss_of(answer, REAL, fake)
    if not loss.requires_grad:
        raise Wrong("the loss has lost its gradient: no .detach() and no .item() on the way.")
    return float(torch.autograd.grad(loss, fake)[0])


def check_g(answer: Callable, right: Callable, named: tuple[tuple[float, str], ...]) -> None:
    """What both of G's losses share: value, independence of the real logits, gradient, range."""
    found = loss_of(answer, REAL, FAKE).item()
    other = loss_of(answer, REAL + 1, FAKE).item()
    if not near(found, other):
        raise Wrong(
            "your value changes with the real logits. G cannot change D(real): that term has no "
            "gradient for G and makes the number you watch unreadable. Leave it out."
        )
    name(found, named)
    if not near(found, right(FAKE).mean().item()):
        raise Wrong(
            f"on a few random logits you get {found:.4f}, not {right(FAKE).mean().item():.4f}."
        )
    if slope_at(answer, 1.0) >= 0:
        raise Wrong("the slope is not negative: going down must raise D(fake).")
    for t in (150.0, -150.0):
        found = loss_of(answer, REAL, torch.tensor([t])).item()
        if not math.isclose(found, right(torch.tensor(t)).item(), rel_tol=1e-3, abs_tol=1e-3):
            raise Wrong(
                f"at a fake logit of {t:+.0f} you get {found:.1f}: the logarithm of a probability "
                "that is rounded to 0, or an eps. Use softplus on the logits."
            )


def likely_values() -> dict[str, float]:
    """Return the four things that are taken for one another, on the fake logits."""
    return {
        "saturating": -softplus(FAKE).mean().item(),
        "D's term": softplus(FAKE).mean().item(),
        "non-saturating": softplus(-FAKE).mean().item(),
        "ln D": -softplus(-FAKE).mean().item(),
    }
