"""D's loss: an exercise of lesson 02, Play the minimax game."""

from collections.abc import Sequence

from gan_lessons.checks.grader import Answer, Case, Slip, Table, Value
from gan_lessons.checks.minimax.logits import (
    CHANGED,
    LOG_OF_MEAN,
    ROUNDED,
    SUM,
    logits,
    where_d_is_sure,
)
from gan_lessons.checks.sure import FLAT, NOT_FINITE

RIGHT = """
def d_loss(real_logits, fake_logits):
    real_part = F.softplus(-real_logits)
    fake_part = F.softplus(fake_logits)
    return real_part.mean() + fake_part.mean()
"""

BOTH = "real_part = F.softplus(-real_logits)\n    fake_part = F.softplus(fake_logits)"
ONE_FOR_ALL = "one loss for both players: the term -ln D(fake) is G's. D would be told that "
DETACHED = (
    "no gradient reaches {0}_logits, so D learns nothing from {0} samples: no .detach() here. What "
    "a loop detaches is G's *samples*, never D's logits."
)

SLIPS = (
    Slip(
        BOTH,
        "real_part = 0.9 * F.softplus(-real_logits) + 0.1 * F.softplus(real_logits)\n"
        "    fake_part = F.softplus(fake_logits)",
        "real samples have the label 0.9: that is one-sided smoothing, another game (lesson 12), "
        "whose best D is 0.9 p/(p + q). Here real is 1 and fake is 0.",
    ),
    Slip(
        "real_part.mean() + fake_part.mean()",
        "-real_part.mean() - fake_part.mean()",
        "this is V itself: D raises V, but an optimizer lowers what it gets, so min and max are "
        "exchanged and D would help G. The loss is -V.",
    ),
    Slip(
        "F.softplus(fake_logits)",
        "F.softplus(fake_logits) + F.softplus(-fake_logits)",
        ONE_FOR_ALL + "fakes are fake and, in the same breath, that they are real.",
    ),
    Slip(
        "F.softplus(fake_logits)",
        "F.softplus(-fake_logits)",
        ONE_FOR_ALL + "the fakes are real: label 0 never occurs.",
    ),
    Slip(
        "F.softplus(-real_logits)",
        "F.softplus(real_logits)",
        "real samples get label 0 as well: D would be told that everything is fake. -ln σ(t) is "
        "softplus(-t).",
    ),
    Slip(
        BOTH,
        "real_part = F.softplus(real_logits)\n    fake_part = F.softplus(-fake_logits)",
        "the labels are exchanged: this calls real samples fake.",
    ),
    Slip(
        BOTH,
        "real_part = F.softplus(-real_logits.sigmoid())\n"
        "    fake_part = F.softplus(fake_logits.sigmoid())",
        "a sigmoid too many: these are logits already, and softplus does the sigmoid's work. "
        "Squeezed into 0 … 1, D can never be sure.",
    ),
    Slip(
        BOTH,
        "real_part = F.binary_cross_entropy(real_logits.sigmoid(), torch.ones_like(real_logits))\n"
        "    fake_part = F.binary_cross_entropy(\n"
        "        fake_logits.sigmoid(), torch.zeros_like(fake_logits))",
        "a sigmoid, then binary_cross_entropy: the sigmoid rounds to 0 and 1, and the slope is 0 "
        "where D errs most. binary_cross_entropy_with_logits, or softplus, takes the logits.",
    ),
    Slip(
        BOTH,
        "real_part = -real_logits.sigmoid().log()\n"
        "    fake_part = -(1 - fake_logits.sigmoid()).log()",
        ROUNDED,
    ),
    Slip(
        BOTH,
        "real_part = (1 + (-real_logits).exp()).log()\n"
        "    fake_part = (1 + fake_logits.exp()).log()",
        NOT_FINITE,
    ),
    Slip(
        BOTH,
        "real_part = -(real_logits.sigmoid() + 1e-8).log()\n"
        "    fake_part = -(1 - fake_logits.sigmoid() + 1e-8).log()",
        FLAT,
    ),
    Slip("real_part.mean() + fake_part.mean()", "real_part.sum() + fake_part.sum()", SUM),
    Slip("real_part.mean()", "real_part.sum()", SUM),
    Slip("fake_part.mean()", "fake_part.sum()", SUM),
    Slip(
        "real_part.mean() + fake_part.mean()",
        "(real_part.mean() + fake_part.mean()) / 2",
        "this is half of it: real and fake samples have an expectation each. Two means, added, not "
        "averaged.",
    ),
    Slip(
        "real_part.mean() + fake_part.mean()",
        "real_part.mean()",
        "only the real samples count: D would say real to everything.",
    ),
    Slip(
        "real_part.mean() + fake_part.mean()",
        "fake_part.mean()",
        "only the fake samples count: D would say fake to everything.",
    ),
    Slip(
        "real_part.mean() + fake_part.mean()",
        "real_part.mean() - fake_part.mean()",
        "the fake samples' term is taken off: D would be rewarded for taking fakes for real. The "
        "two terms are added.",
    ),
    Slip(
        "real_part.mean() + fake_part.mean()",
        "fake_part.mean() - real_part.mean()",
        "the real samples' term is taken off: D would be rewarded for taking real samples for "
        "fake. The two terms are added.",
    ),
    Slip(
        "real_part.mean() + fake_part.mean()",
        "(real_part.mean() + fake_part.mean()) / math.log(2)",
        "you measure in bits: use the natural logarithm.",
    ),
    Slip(
        "real_part.mean() + fake_part.mean()",
        "real_part + fake_part",
        "one number for each pair of samples comes back, and a loss is one number: take the mean.",
    ),
    Slip(
        "real_part.mean() + fake_part.mean()",
        "(real_part.mean() + fake_part.mean()).detach()",
        "the loss has lost its gradient: return a tensor from which backward() can start, with no "
        ".detach(), .item() or float() on the way.",
    ),
    Slip(
        "real_part.mean() + fake_part.mean()",
        "(real_part.mean() + fake_part.mean()).detach().requires_grad_()",
        "the slope is 0 by every logit: the loss is cut off from them, and requires_grad on a new "
        "tensor brings nothing back. Return what torch computes from the logits.",
    ),
    Slip("F.softplus(fake_logits)", "F.softplus(fake_logits.detach())", DETACHED.format("fake")),
    Slip("F.softplus(-real_logits)", "F.softplus(-real_logits.detach())", DETACHED.format("real")),
    Slip(
        BOTH,
        "real_part = (1 - real_logits).relu()\n    fake_part = (1 + fake_logits).relu()",
        "this is the hinge loss, which is flat beyond a logit of 1. -V has logarithms: softplus.",
    ),
    Slip(
        BOTH,
        "real_part = (1 - real_logits).square()\n    fake_part = fake_logits.square()",
        "squares of logits are another game's loss. -V has logarithms of probabilities: softplus.",
    ),
    Slip(
        BOTH,
        "real_part = -real_logits\n    fake_part = fake_logits",
        "the logits themselves are added up, without a bound. -V has logarithms of probabilities: "
        "softplus.",
    ),
    Slip(
        BOTH,
        "real_part = -real_logits.sigmoid()\n    fake_part = fake_logits.sigmoid()",
        "the logarithm is missing: these are probabilities. -ln σ(t) is softplus(-t).",
    ),
    Slip(
        BOTH,
        "real_part = -real_logits.log()\n    fake_part = -(1 - fake_logits).log()",
        "the logarithm of a logit: logits are no probabilities, and many are negative. -ln σ(t) is "
        "softplus(-t).",
    ),
    Slip(
        BOTH,
        "real_part = F.softplus(-real_logits.mean())\n"
        "    fake_part = F.softplus(fake_logits.mean())",
        LOG_OF_MEAN,
    ),
    Slip(
        BOTH,
        "real_part = -F.logsigmoid(real_logits.sigmoid().mean().logit())\n"
        "    fake_part = -F.logsigmoid((1 - fake_logits.sigmoid()).mean().logit())",
        LOG_OF_MEAN,
    ),
)


def signs(parts: Answer, cases: Sequence[Case]) -> None:
    """Name what only large logits show."""
    where_d_is_sure(d_loss, parts, cases)


d_loss = Value(
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
    asks="Check ``d_loss(real_logits, fake_logits)`` for logits (B,) each: value and slope.",
    table=Table(RIGHT, SLIPS),
    cases=logits,
    slopes=(0, 1),
    refused=CHANGED,
    signs=signs,
)
