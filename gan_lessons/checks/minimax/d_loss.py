"""D's loss: an exercise of lesson 02, Play the minimax game."""

import math
from collections.abc import Callable

import torch
from torch.nn.functional import softplus

from gan_lessons.checks.exercise import Wrong, exercise, near
from gan_lessons.checks.minimax.logits import FAKE, LN2, REAL, loss_of, name


@exercise(
    title="D's loss",
    proves="it equals binary cross entropy on random logits, is 2 ln 2 at zero, and stays finite "
    "at ±100.",
    hints=(
        "D wants V large, and optimizers make things small: the loss is -V. Write ln D and "
        "ln(1 - D) with the logit t, for which D = σ(t).",
        "-ln σ(t) = softplus(-t) and -ln(1 - σ(t)) = softplus(t). Real logits go into the first, "
        "fake ones into the second.",
        "return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
    ),
)
def d_loss(answer: Callable) -> None:
    """Check ``d_loss(real_logits, fake_logits)`` for logits (B,) and (B',)."""
    found = loss_of(answer, REAL, FAKE).item()
    up, down = softplus(-REAL).mean().item(), softplus(FAKE).mean().item()
    help_g = softplus(-FAKE).mean().item()
    if not near(found, up + down):
        squashed = softplus(-REAL.sigmoid()).mean() + softplus(FAKE.sigmoid()).mean()
        sums = softplus(-REAL).sum() + softplus(FAKE).sum()
        both = (softplus(-REAL).sum() + softplus(FAKE).sum()) / (len(REAL) + len(FAKE))
        exchanged = softplus(REAL).mean() + softplus(-FAKE).mean()
        one_for_all = "one loss for both players: the term -ln D(fake) is G's. D would be told "
        name(
            found,
            (
                (
                    -up - down,
                    "this is V itself. D raises V; an optimizer lowers what it gets, so min and "
                    "max are exchanged and D would help G. The loss is -V.",
                ),
                (
                    up + down + help_g,
                    one_for_all + "that fakes are fake and, in the same breath, that they are "
                    "real.",
                ),
                (up + help_g, one_for_all + "that the fakes are real: label 0 never occurs."),
                (
                    squashed.item(),
                    "a sigmoid too many: these are logits already, and softplus does the "
                    "sigmoid's work. Squeezed into 0 … 1, D can never be sure.",
                ),
                (exchanged.item(), "the labels are exchanged: this calls real samples fake."),
                (
                    sums.item(),
                    "you add up over the samples: take the mean, so that the loss does not depend "
                    "on the size of the batch.",
                ),
                (
                    both.item(),
                    "you average over real and fake together. Each has its own expectation: two "
                    "means, added.",
                ),
                ((up + down) / 2, "this is half of it: the two means are added, not averaged."),
                (up, "only the real samples count: D would say real to everything."),
                (down, "only the fake samples count: D would say fake to everything."),
                ((up + down) / LN2, "you measure in bits: use the natural logarithm."),
            ),
        )
        raise Wrong(
            f"on a few random logits you get {found:.4f}, not {up + down:.4f}: the mean of "
            "softplus(-real) plus the mean of softplus(fake)."
        )
    logits = REAL.clone().requires_grad_(), FAKE.clone().requires_grad_()
    loss = loss_of(answer, *logits)
    if not loss.requires_grad:
        raise Wrong("the loss has lost its gradient: no .detach() and no .item() on the way.")
    slopes = torch.autograd.grad(loss, logits, allow_unused=True)
    for which, slope in zip(("real", "fake"), slopes, strict=True):
        if slope is None or not slope.any():
            raise Wrong(
                f"no gradient reaches {which}_logits, so D learns nothing from {which} samples: "
                "no .detach() here. What a loop detaches is G's *samples*, never D's logits."
            )
    for t in (100.0, -100.0):
        found = loss_of(answer, torch.tensor([t]), torch.tensor([-t])).item()
        right = 0.0 if t > 0 else 200.0
        if not math.isfinite(found):
            raise Wrong(
                f"with a real logit of {t:+.0f} and a fake one of {-t:+.0f} you get {found}: the "
                "logarithm of a probability that is rounded to 0. softplus on logits stays finite."
            )
        if not math.isclose(found, right, rel_tol=1e-3, abs_tol=1e-3):
            raise Wrong(
                f"with a real logit of {t:+.0f} and a fake one of {-t:+.0f} you get {found:.1f}, "
                f"not {right:.0f}: an eps or a clamp in the logarithm flattens the loss where D "
                "errs most."
            )
