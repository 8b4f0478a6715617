"""How the two losses of a game are judged: by values and slopes on a few logits.

The base of lesson 10's checks; :func:`judge` names the known mistakes and says of an unknown one
which side it is on.
"""

from collections.abc import Callable, Sequence
from functools import partial

import torch
from torch import Tensor

from gan_lessons.checks import exercise
from gan_lessons.checks.exercise import Wrong

# Logits on both sides of every margin; no two wrong answers agree on them (a test compares).
REAL = torch.tensor([1.5, 2.6, 0.7, 2.8, -1.3])
FAKE = torch.tensor([1.1, -0.7, 0.8, -1.5, 2.4])
OTHER = torch.tensor([-2.1, 0.6, 1.9, -0.2]), torch.tensor([1.6, -0.3, 0.5, -2.4])

Loss = Callable[[Tensor, Tensor], Tensor]
Named = Sequence[tuple[Loss, str]]

near = partial(exercise.near, least=1e-5)

CONSTANT = "The constant that you add changes no slope, so it changes no step."


def usual(right: Loss) -> Named:
    """Return the mistakes that can be made with any loss, each with its diagnosis."""
    return (
        (lambda r, f: -right(r, f), "the sign is turned. An optimizer makes a loss smaller."),
        (lambda r, f: len(f) * right(r, f), "you add up over the samples: take the mean."),
        (lambda r, f: right(r, f) / 2, "this is half of it: there is no ½ here."),
        (lambda r, f: 2 * right(r, f), "this is twice of it."),
    )


def ask(answer: Loss, player: str, real: Tensor, fake: Tensor) -> Tensor:
    """Return what a learner's loss gives; say so where it is not one number with a gradient."""
    try:
        found = answer(real, fake)
    except RuntimeError as error:
        if "does not require grad" in str(error):
            raise Wrong(
                f"{player}'s loss calls backward(): leave that to the training loop and return "
                "the loss."
            ) from error
        raise
    if found is None:
        raise Wrong(f"{player}'s loss comes back as None: its return is missing.")
    if isinstance(found, tuple | list):
        raise Wrong(f"{player}'s loss has {len(found)} parts: add them up, a loss is one number.")
    if not isinstance(found, Tensor):
        raise Wrong(
            f"{player}'s loss is no tensor, so backward() cannot start from it: return what the "
            "mean gives, without .item(), float() or NumPy."
        )
    if found.numel() != 1:
        raise Wrong(
            f"{player}'s loss has {found.numel()} numbers for {len(fake)} samples; a loss is one "
            "number: take the mean."
        )
    return found.squeeze()


def slopes(answer: Loss, player: str, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
    """Return the gradients with respect to the real and to the fake logits, zeros for none."""
    logits = real.clone().requires_grad_(), fake.clone().requires_grad_()
    loss = ask(answer, player, *logits)
    if not loss.requires_grad:
        raise Wrong(
            f"{player}'s loss has lost its gradient: no .detach() and no .item() on the way."
        )
    return torch.autograd.grad(loss, logits, allow_unused=True, materialize_grads=True)


def fits(answer: Loss, right: Loss, player: str, logits: Sequence[Tensor]) -> list[bool]:
    """Say for the real and for the fake logits whether both losses have the same slopes there."""
    pairs = zip(*(slopes(f, player, *logits) for f in (answer, right)), strict=True)
    return [torch.allclose(a, b, rtol=1e-3, atol=1e-5) for a, b in pairs]


def judge(answer: Loss, player: str, right: Loss, named: Named, *, half: str = "") -> str:
    """Compare a loss with the right one by values and slopes; return a remark or nothing.

    Args:
        player: "D" or "G". named: wrong losses, each with its diagnosis. half: what to say of half
            the right loss, which is then accepted; without it that is a mistake too.

    Raises:
        Wrong: with the diagnosis.
    """
    found, expected = (f(REAL, FAKE).item() for f in (lambda *x: ask(answer, player, *x), right))
    remark, scale = "", 1.0
    if half and near(found, expected / 2):
        remark, scale = half, 0.5
    elif not near(found, expected):
        for wrong, diagnosis in (*named, *usual(right)):
            if near(found, wrong(REAL, FAKE).item()):
                raise Wrong(f"{player}'s loss: {diagnosis}")
        remark = _unknown(answer, player, right, found, expected)
    for logits in ((REAL, FAKE), OTHER):
        mine, theirs = (slopes(f, player, *logits) for f in (answer, right))
        for which, a, b in zip(("real", "fake"), mine, theirs, strict=True):
            if player == "G" and which == "real":
                continue  # G cannot move D(real), so its gradient there is nobody's business
            if b.any() and not a.any():
                raise Wrong(
                    f"{player}'s loss: no gradient reaches {which}_logits: no .detach() here. What "
                    "a loop detaches is G's *samples*, never D's logits."
                )
            if not torch.allclose(a, scale * b, rtol=1e-3, atol=1e-5):
                raise Wrong(f"{player}'s loss: the slopes at the {which} logits are not right.")
    return remark


def _unknown(answer: Loss, player: str, right: Loss, found: float, expected: float) -> str:
    """Say what can be said of a value that no known mistake gives; a mere constant is let pass."""
    of_real, of_fake = slopes(answer, player, REAL, FAKE)
    if player == "G" and of_real.any() and not of_fake.any():
        raise Wrong(
            "G's loss: it says nothing of fake_logits, and these are all that G can change."
        )
    good = fits(answer, right, player, (REAL, FAKE))
    if all(good[player == "G" :]):
        return CONSTANT
    if player == "D" and any(good):
        sides = ("real", "fake") if good[0] else ("fake", "real")
        raise Wrong(
            "D's loss: what you do with the {} samples is right, look at the {} ones. ".format(
                *sides
            )
            + f"In all you get {found:.4f}, not {expected:.4f}."
        )
    raise Wrong(
        f"{player}'s loss: on {len(REAL)} real and {len(FAKE)} fake logits you get {found:.4f}, "
        f"not {expected:.4f}."
    )
