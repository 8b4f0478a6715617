"""The controller: an exercise of lesson 13, Learn from little data."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def controller(p, real_logits, fake_logits, target, speed):
    r = real_logits.sign().mean()
    sure = r > target
    step = speed if sure else -speed
    return min(max(p + step, 0.0), 1.0)
"""

SIGN = "real_logits.sign().mean()"
BOUNDS = "keep it between 0 and 1, as min(max(p, 0), 1) does."

SLIPS = (
    Slip(
        "r > target",
        "r < target",
        "the sign is wrong: where D is sure of its training images (r above the target), p goes "
        "up.",
    ),
    Slip("p + step", "p", "p never moves: it goes up or down by speed at each call."),
    Slip("p + step", "step", "this is the step alone: add it to p."),
    Slip(
        "p + step",
        "p * (1 + step)",
        "p is multiplied, so its steps grow with it, and from 0 it never leaves: add the speed.",
    ),
    Slip(
        "real_logits.sign()",
        "fake_logits.sign()",
        "p follows the fake logits: overfitting shows on the real ones.",
    ),
    Slip(
        SIGN,
        "(real_logits.sign().mean() - fake_logits.sign().mean()) / 2",
        "the fake logits take part in r: leave them out. Whether D knows its training images by "
        "heart shows on these alone.",
    ),
    Slip(
        SIGN,
        "real_logits.sign().mean() - fake_logits.sign().mean()",
        "the fake logits are taken off r: leave them out. Whether D knows its training images by "
        "heart shows on these alone.",
    ),
    Slip(
        SIGN,
        "(real_logits - fake_logits).sign().mean()",
        "this asks which of a real and a fake image looks more real. r is the mean of the signs of "
        "the real logits alone.",
    ),
    Slip(
        SIGN,
        "real_logits.mean()",
        "the mean of the logits decides: take each one's sign first, then the mean.",
    ),
    Slip(
        SIGN,
        "real_logits.mean().sign()",
        "this is the sign of the mean, −1 or 1: take each one's sign first, then the mean.",
    ),
    Slip(
        SIGN,
        "(real_logits > 0).float().mean()",
        "this is the share of positive logits, 0 to 1. r is the mean of their signs, −1 to 1: 0.4 "
        "for 7 positive and 3 negative ones.",
    ),
    Slip(
        SIGN,
        "real_logits.sigmoid().mean()",
        "this is D's mean probability: a logit of 0.1 and one of 5 count differently. r takes "
        "each one's sign, then the mean.",
    ),
    Slip(
        SIGN,
        "real_logits.tanh().mean()",
        "tanh counts a logit of 0.1 less than one of 5. r takes each one's sign, then the mean.",
    ),
    Slip(
        SIGN,
        "(real_logits - 0.5).sign().mean()",
        "½ is where a probability turns; a logit turns at 0. Yours counts a real logit of 0.3 as "
        "fake: take real_logits.sign().",
    ),
    Slip(
        SIGN,
        "real_logits.sign().mean().abs()",
        "where D takes its own training images for fakes r is negative, and p falls: no abs.",
    ),
    Slip("r > target", "r > 0.6", "the target is ignored: compare r with the one you are given."),
    Slip(
        "r > target",
        "r > 0",
        "p rises as soon as more real logits lie above 0 than below: the target is ignored, or a "
        "*sum* of signs is compared with it. Compare their mean with it.",
    ),
    Slip(
        "speed if sure else -speed",
        "0.01 if sure else -0.01",
        "the speed is ignored: p moves by the one you are given.",
    ),
    Slip(
        "speed if sure else -speed",
        "speed * (r - target)",
        "p moves by another amount each time, in proportion to r − target: always by speed, up or "
        "down.",
    ),
    Slip("else -speed", "else 0", "p only climbs: where r is not above the target it goes down."),
    Slip(
        "min(max(p + step, 0.0), 1.0)",
        "p + step",
        f"p leaves 0 … 1 at both ends: {BOUNDS}",
    ),
    Slip("max(p + step, 0.0)", "p + step", f"p falls below 0: {BOUNDS}"),
    Slip("min(max(p + step, 0.0), 1.0)", "max(p + step, 0.0)", f"p climbs over 1: {BOUNDS}"),
    Slip(
        "min(max(p + step, 0.0), 1.0)",
        "max(min(p + step, 0.0), 1.0)",
        "always 1: min and max are exchanged. max(p, 0) is at least 0, min(p, 1) at most 1.",
    ),
    Slip(
        "min(max(p + step, 0.0), 1.0)",
        "min(max(p, 0.0), 1.0) + step",
        "p is cut off before the step, which then leads out of 0 … 1: cut off what you return.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return p, real and fake logits, target and speed; no mean sign lies at the target."""
    rng = torch.Generator().manual_seed(seed)

    def logits(above: int, below: int) -> Tensor:
        return torch.tensor([1.0] * above + [-1.0] * below) * (
            1 + torch.rand(above + below, generator=rng)
        )

    sure, low = logits(9, 1), logits(0, 10)
    one_large = logits(1, 9).index_fill(0, torch.tensor([0]), 90.0)
    return (
        case("three logits above 0", 0.5, logits(3, 0), logits(0, 3), 0.6, 0.01),
        case("one of three above 0", 0.5, logits(1, 2), logits(0, 3), 0.6, 0.01),
        case("fakes that D takes for real", 0.5, logits(0, 3), logits(3, 0), 0.6, 0.01),
        case("real and fake above 0", 0.3, logits(3, 0), logits(3, 0), 0.6, 0.01),
        case("small logits", 0.5, torch.tensor([0.3, 0.2, 0.1]), logits(0, 3), 0.6, 0.02),
        case("logits of 0.55", 0.5, torch.full((3,), 0.55), logits(0, 3), 0.6, 0.01),
        case("a logit of 0.4", 0.5, torch.tensor([0.4, 4, 4, 4]), logits(0, 4), 0.6, 0.01),
        case("one large logit and nine below 0", 0.5, one_large, low, 0.6, 0.01),
        case("seven of ten above 0", 0.5, logits(7, 3), low, 0.6, 0.01),
        case("seven of ten and a low target", 0.4, logits(7, 3), low, 0.25, 0.01),
        case("six of ten and a target near 0", 0.4, logits(6, 4), low, 0.1, 0.01),
        case("four of ten and a target near 0", 0.4, logits(4, 6), low, 0.1, 0.01),
        case("nine of ten and a high target", 0.5, sure, low, 0.9, 0.01),
        case("a speed of 0.2", 0.5, sure, low, 0.6, 0.2),
        case("a p that is nearly 1", 0.995, sure, low, 0.6, 0.01),
        case("a p that is nearly 0", 0.004, logits(3, 7), low, 0.6, 0.01),
    )


controller = Value(
    title="The controller",
    proves="p climbs by one speed while the mean sign of D(real) is above the target, falls by it "
    "otherwise, and stays between 0 and 1.",
    hints=(
        "r = mean of the signs of the real logits, between -1 and 1. Above the target D is too "
        "sure: p goes up by speed. Otherwise down.",
        "real_logits.sign().mean(). Then keep p in 0 … 1, as min(max(p, 0), 1) does.",
        "step = speed if real_logits.sign().mean() > target else -speed; return min(max(p + step, "
        "0.0), 1.0)",
    ),
    asks="Check ``controller(p, real_logits, fake_logits, target, speed)``: the next p.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    refused={
        "Boolean value of Tensor": "one yes or no is asked of many numbers: take the mean of the "
        "signs first, and compare that one number.",
    },
)
