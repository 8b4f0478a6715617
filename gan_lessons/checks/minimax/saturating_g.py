"""The saturating loss: an exercise of lesson 02, Play the minimax game."""

from collections.abc import Callable

from torch.nn.functional import softplus

from gan_lessons.checks.exercise import exercise
from gan_lessons.checks.minimax.logits import FAKE, LOG_OF_MEAN, check_g, likely_values


@exercise(
    title="The saturating loss",
    proves="the slope is -σ(t): -½ where D has no idea, -4.5e-5 at a logit of -10, where D is "
    "sure and G needs it most.",
    hints=(
        "Which part of V depends on G? Only the second one, and G wants it small as it stands.",
        "ln(1 - σ(t)) = -softplus(t).",
        "return -F.softplus(fake_logits).mean()",
    ),
)
def saturating_g(answer: Callable) -> None:
    """Check ``saturating_g(real_logits, fake_logits)``: E ln(1 - D(fake)), to be minimized."""
    values = likely_values()
    named = (
        (
            values["D's term"],
            "the sign is turned: this is D's part of the game. Lowering it lowers D(fake), and G "
            "would work for D.",
        ),
        (
            values["non-saturating"],
            "this is -ln D(fake), the non-saturating loss: the answer to the second half.",
        ),
        (
            values["ln D"],
            "the objective is inverted: whoever minimizes ln D(fake) drives D(fake) to 0.",
        ),
        ((1 - FAKE.sigmoid().mean()).log().item(), LOG_OF_MEAN),
        (-softplus(FAKE.mean()).item(), LOG_OF_MEAN),
        (6 * values["saturating"], "you add up over the samples: take the mean."),
    )
    check_g(answer, lambda t: -softplus(t), named)
