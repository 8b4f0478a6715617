"""The non-saturating loss: an exercise of lesson 02, Play the minimax game."""

from collections.abc import Sequence

from torch.nn.functional import softplus

from gan_lessons.checks.grader import Answer, Case, Slip, Table, Value
from gan_lessons.checks.minimax.logits import (
    CHANGED,
    LOG_OF_MEAN,
    REAL_TERM,
    SQUEEZED,
    SUM,
    logits,
    where_d_is_sure,
)
from gan_lessons.checks.sure import FLAT, NOT_FINITE

RIGHT = """
def non_saturating_g(real_logits, fake_logits):
    loss = F.softplus(-fake_logits)
    return loss.mean()
"""

SLIPS = (
    Slip(
        "F.softplus(-fake_logits)",
        "-F.softplus(-fake_logits)",
        "the objective is inverted: whoever minimizes ln D(fake) drives D(fake) to 0. The minus is "
        "missing.",
    ),
    Slip(
        "F.softplus(-fake_logits)",
        "-F.softplus(fake_logits)",
        "this is ln(1 - D(fake)), the saturating loss: its slope at a logit of -10 is -4.5e-5.",
    ),
    Slip(
        "F.softplus(-fake_logits)",
        "F.softplus(fake_logits)",
        "this is -ln(1 - D(fake)), D's part of the game: lowering it lowers D(fake).",
    ),
    Slip("loss.mean()", "loss.mean() + F.softplus(real_logits).mean()", REAL_TERM),
    Slip("loss.mean()", "loss.mean() + F.softplus(-real_logits).mean()", REAL_TERM),
    Slip(
        "loss = F.softplus(-fake_logits)\n    return loss.mean()",
        "return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()",
        "this is D's loss: lowering it lowers D(fake). G wants -ln D(fake) small, and has no use "
        "for the real logits.",
    ),
    Slip(
        "F.softplus(-fake_logits)",
        "F.softplus(-real_logits)",
        "the real logits stand where the fake ones should: nothing of G is in this loss.",
    ),
    Slip("loss.mean()", "loss.sum()", SUM),
    Slip("loss.mean()", "loss", "one number for each sample comes back: take the mean."),
    Slip(
        "loss = F.softplus(-fake_logits)",
        "loss = -fake_logits.sigmoid().mean().log()",
        LOG_OF_MEAN,
    ),
    Slip("F.softplus(-fake_logits)", "F.softplus(-fake_logits.mean())", LOG_OF_MEAN),
    Slip("F.softplus(-fake_logits)", "-fake_logits.sigmoid().log()", NOT_FINITE),
    Slip("F.softplus(-fake_logits)", "(1 + (-fake_logits).exp()).log()", NOT_FINITE),
    Slip("F.softplus(-fake_logits)", "-(fake_logits.sigmoid() + 1e-8).log()", FLAT),
    Slip(
        "F.softplus(-fake_logits)",
        "F.binary_cross_entropy(fake_logits.sigmoid(), torch.ones_like(fake_logits))",
        FLAT,
    ),
    Slip("F.softplus(-fake_logits)", "F.softplus(-fake_logits.sigmoid())", SQUEEZED),
    Slip(
        "F.softplus(-fake_logits)",
        "-fake_logits.sigmoid()",
        "the logarithm is missing: this is -D(fake). -ln σ(t) is softplus(-t).",
    ),
    Slip(
        "F.softplus(-fake_logits)",
        "-fake_logits",
        "this is -t, the logit itself: its slope is -1 even where G has won. -ln σ(t) is "
        "softplus(-t).",
    ),
    Slip(
        "F.softplus(-fake_logits)",
        "-fake_logits.log()",
        "the logarithm of a logit: a logit is no probability, and may be negative. -ln σ(t) is "
        "softplus(-t).",
    ),
    Slip(
        "F.softplus(-fake_logits)",
        "(fake_logits - 1).square()",
        "this is the square of a distance, another game's loss. -ln σ(t) is softplus(-t).",
    ),
)


def signs(parts: Answer, cases: Sequence[Case]) -> None:
    """Name what only large logits show."""
    where_d_is_sure(non_saturating_g, parts, cases)


non_saturating_g = Value(
    title="The non-saturating loss",
    proves="value and slope are right, however sure D is. How steep is it at a logit of -10?",
    hints=(
        "G wants D(fake) near 1: make -ln D(fake) small.",
        "-ln σ(t) = softplus(-t).",
        "return F.softplus(-fake_logits).mean()",
    ),
    asks="Check ``non_saturating_g(real_logits, fake_logits)``: -E ln D(fake), to be minimized.",
    table=Table(RIGHT, SLIPS),
    cases=logits,
    slopes=(0, 1),
    terms=lambda real_logits, fake_logits: softplus(-fake_logits),
    refused=CHANGED,
    signs=signs,
)
