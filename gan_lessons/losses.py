"""What each player minimizes, written on logits. Floor 1 of the house; introduced in lesson 04.

softplus(t) = log(1 + exp(t)), so with D = sigmoid(logit): -log D = softplus(-logit) and
-log(1 - D) = softplus(logit). No labels, no probabilities, finite at any logit.
"""

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

Loss = Callable[[Tensor, Tensor], Tensor]


def cross_entropy_d(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return D's loss: -E log D(real) - E log(1 - D(fake)).

    Args:
        real_logits: (B,) what D says of real samples, any real number.
        fake_logits: (B,) what D says of generated samples.

    Returns:
        A scalar >= 0; 2·ln 2 = 1.386 when D says nothing (all logits 0).

    Source: Goodfellow et al. 2014, equation 1, with the sign turned. Lesson 04.
    """
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def saturating_g(real_logits: Tensor | None, fake_logits: Tensor) -> Tensor:
    """Return G's side of the minimax game: E log(1 - D(fake)), to be minimized.

    Its slope vanishes where D is sure: -4.5e-5 at logit -10. ``real_logits`` is not used.
    Source: Goodfellow et al. 2014, equation 1. Lesson 02.
    """
    return -F.softplus(fake_logits).mean()


def non_saturating_g(real_logits: Tensor | None, fake_logits: Tensor) -> Tensor:
    """Return -E log D(fake): the same goal, with a slope of -1 where D is sure.

    ``real_logits`` is not used. Source: Goodfellow et al. 2014, section 3. Lesson 04.
    """
    return F.softplus(-fake_logits).mean()


@dataclass(frozen=True)
class Game:
    """A pair of losses with one signature, and whether G's step must look at D(real) at all."""

    loss_d: Loss
    loss_g: Loss
    g_needs_real: bool = False


minimax = Game(cross_entropy_d, saturating_g)
non_saturating = Game(cross_entropy_d, non_saturating_g)
