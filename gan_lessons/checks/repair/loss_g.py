"""What G pays: an exercise of lesson 15, Repair and translate."""

from collections.abc import Sequence

import torch

from gan_lessons.checks.grader import Case, Slip, Table, Value, case
from gan_lessons.checks.repair.sure import LABEL, LOG_OF_LOGIT, SURE, where_d_is_sure
from gan_lessons.checks.sure import FLAT, NOT_FINITE

RIGHT = """
def loss_g(fake_logits, off, weight):
    distance = off.mean()
    critic = F.softplus(-fake_logits).mean()
    return distance + weight * critic
"""

DISTANCE = "distance = off.mean()"
CRITIC = "critic = F.softplus(-fake_logits).mean()"
RETURN = "return distance + weight * critic"

FLOWS = "nothing flows back through the critic: do not detach its logits, G learns by them."

SLIPS = (
    Slip(
        RETURN,
        "return weight * distance + critic",
        "the distance is weighed and the critic is not: λ says how much the *critic* counts, and "
        "at λ = 0 regression is left.",
    ),
    Slip(
        RETURN,
        "return (1 - weight) * distance + weight * critic",
        "1 − weight stands at the distance: it counts 1, whatever λ is (at λ = 1 it would vanish).",
    ),
    Slip(
        RETURN,
        "return weight * (distance + critic)",
        "both terms are weighed: at λ = 0 nothing would be left. λ stands at the critic's term.",
    ),
    Slip(RETURN, "return distance + critic", "the weight is missing: λ times the critic's term."),
    Slip(RETURN, "return distance + 0 * critic", "the critic is missing: add λ times its term."),
    Slip(RETURN, "return weight * critic", "the distance is missing: add off's mean."),
    Slip(
        RETURN,
        "return distance - weight * critic",
        "with this sign G is paid for being caught: it *adds* λ times −log D(fake).",
    ),
    Slip(
        RETURN,
        "return distance + critic / weight",
        "the critic's term is divided by the weight: λ multiplies it (what would λ = 0 be?).",
    ),
    Slip(RETURN, "return (distance + weight * critic) / 2", "this is half of it: a sum is asked."),
    Slip(RETURN, "return distance + weight**2 * critic", "the weight is squared: λ counts once."),
    Slip(
        DISTANCE,
        "distance = off.mean().sqrt()",
        "a root is taken of the distance: the mean of off itself is asked.",
    ),
    Slip(
        CRITIC,
        "critic = F.softplus(fake_logits).mean()",
        "this is D's loss on fakes, small where D sees through them: G wants −log D(fake), "
        "softplus of *minus* the logit.",
    ),
    Slip(
        CRITIC,
        "critic = -F.softplus(fake_logits).mean()",
        "this is the saturating side of the minimax game: no slope where D is sure (lesson 02). "
        "Take −log D(fake).",
    ),
    Slip(
        CRITIC,
        "critic = -fake_logits.mean()",
        "this is a Wasserstein critic's side, without an end: these logits play lesson 04's game, "
        "softplus(−logit).",
    ),
    Slip(
        CRITIC,
        "critic = -fake_logits.sigmoid().mean()",
        "the probability itself is taken: −log D(fake) has a slope also where D is sure.",
    ),
    Slip(
        CRITIC,
        "critic = F.softplus(-fake_logits.mean())",
        "the logits are averaged before the softplus: one patch that is caught hides among those "
        "that pass. Softplus each, then the mean.",
    ),
    Slip(
        CRITIC,
        "critic = F.softplus(-fake_logits).sum()",
        "logits of all patches are added up: more patches, another λ. Take the mean.",
    ),
    Slip(
        CRITIC,
        "critic = F.softplus(-fake_logits).sum() / len(off)",
        "patches of a picture are added up and only pictures are averaged: more patches, another "
        "λ. Take the mean of all logits' losses.",
    ),
    Slip(
        DISTANCE,
        "distance = off.sum()",
        "distances are added up over the batch: twice the batch would halve λ. Take the mean.",
    ),
    Slip(DISTANCE, "distance = off.square().mean()", "off is squared already: take its mean."),
    Slip(DISTANCE, "distance = off.sqrt().mean()", "a root is taken: off's mean as it is."),
    Slip(DISTANCE, "distance = off", "one number for the batch is asked: off's mean."),
    Slip(CRITIC, "critic = F.softplus(-fake_logits.detach()).mean()", FLOWS),
    Slip(
        DISTANCE,
        "distance = off.detach().mean()",
        "nothing flows back through the distance: do not detach off, G learns by it.",
    ),
    Slip(
        CRITIC,
        "critic = F.relu(1 - fake_logits).mean()",
        "this is a side of another game (lesson 10): here −log D(fake) is asked, softplus(−logit).",
    ),
    Slip(
        CRITIC,
        "critic = (fake_logits - 1).square().mean()",
        "this is a side of another game (lesson 10): here −log D(fake) is asked, softplus(−logit).",
    ),
    Slip(CRITIC, "critic = -fake_logits.sigmoid().log().mean()", NOT_FINITE),
    Slip(CRITIC, "critic = (1 + (-fake_logits).exp()).log().mean()", NOT_FINITE),
    Slip(CRITIC, "critic = -(fake_logits.sigmoid() + 1e-8).log().mean()", FLAT),
    Slip(CRITIC, "critic = -fake_logits.sigmoid().clamp(min=1e-7).log().mean()", FLAT),
    Slip(CRITIC, "critic = -fake_logits.log().mean()", LOG_OF_LOGIT),
    Slip(RETURN, "return -fake_logits.log().mean()", LOG_OF_LOGIT),
    Slip(RETURN, "return weight * -fake_logits.log().mean()", LOG_OF_LOGIT),
    Slip(
        CRITIC,
        "critic = F.softplus(-fake_logits.reshape(len(off), -1).mean(1)).mean()",
        "the patches of a picture are put together before the softplus: a patch that is caught "
        "hides among those that pass. Softplus each logit, then the mean.",
    ),
    Slip(
        DISTANCE,
        "distance = -off.mean()",
        "with a minus G is paid for being far from the truth: the distance is added.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return logits, distances and weights; the critic of patches has more logits than pictures."""
    rng = torch.Generator().manual_seed(seed)

    def game(label: str, logits: int, pictures: int, weight: float) -> Case:
        off = torch.rand(pictures, generator=rng) + 0.1
        return case(label, 2 * torch.randn(logits, generator=rng), off, weight)

    return (
        game("one picture, λ = 0.5", 1, 1, 0.5),
        game("three pictures, λ = 0.1", 3, 3, 0.1),
        game("λ = 0", 4, 4, 0.0),
        game("λ = 2", 4, 4, 2.0),
        game("a critic of patches", 12, 3, 0.3),
        case(
            f"{LABEL}, logits of ±{SURE:g}",
            torch.tensor([-SURE, SURE, SURE, -SURE]),
            torch.rand(2, generator=rng) + 0.1,
            0.5,
        ),
    )


loss_g = Value(
    title="What G pays",
    proves="the mean distance, and λ times −log D(fake), meaned over all logits.",
    hints=(
        "At λ = 0 regression alone is left. Which of the two terms does λ stand at?",
        "−log D(fake) is lesson 04's: a softplus of what? And how is a mean taken of several "
        "patches' losses, before or after?",
        "return off.mean() + weight * F.softplus(-fake_logits).mean()",
    ),
    asks="Check ``loss_g(fake_logits, off, weight)`` at several weights.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    slopes=(0, 1),
    signs=lambda parts, cases: where_d_is_sure(loss_g, parts, cases),
)
