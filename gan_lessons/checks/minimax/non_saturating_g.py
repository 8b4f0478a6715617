"""The non-saturating loss: an exercise of lesson 02, Play the minimax game."""

from collections.abc import Callable

from torch.nn.functional import softplus

from gan_lessons.checks.exercise import exercise
from gan_lessons.checks.minimax.logits import FAKE, LOG_OF_MEAN, check_g, likely_values


@exercise(
    title="The non-saturating loss",
    proves="the slope is -σ(-t): almost -1 at a logit of -10, and flat only where G has won.",
    hints=(
        "G wants D(fake) near 1: make -ln D(fake) small.",
        "-ln σ(t) = softplus(-t).",
        "return F.softplus(-fake_logits).mean()",
    ),
)
def non_saturating_g(answer: Callable) -> None:
    """Check ``non_saturating_g(real_logits, fake_logits)``: -E ln D(fake), to be minimized."""
    values = likely_values()
    named = (
        (
            values["ln D"],
            "the objective is inverted: whoever minimizes ln D(fake) drives D(fake) to 0. The "
            "minus is missing.",
        ),
        (
            values["saturating"],
            "this is ln(1 - D(fake)), the saturating loss: its slope at a logit of -10 is -4.5e-5.",
        ),
        (
            values["D's term"],
            "this is -ln(1 - D(fake)), D's part of the game: lowering it lowers D(fake).",
        ),
        (-FAKE.sigmoid().mean().log().item(), LOG_OF_MEAN),
        (softplus(-FAKE.mean()).item(), LOG_OF_MEAN),
        (6 * values["non-saturating"], "you add up over the samples: take the mean."),
    )
    check_g(answer, lambda t: softplus(-t), named)
