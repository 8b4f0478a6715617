"""One-sided smoothing: an exercise of lesson 12, Stabilize the game."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Raised, Wrong
from gan_lessons.checks.grader import Case, Slip, Table, Value, case
from gan_lessons.checks.sure import FLAT, NOT_FINITE

RIGHT = """
def smoothed_d(real_logits, fake_logits, target):
    real = target * F.softplus(-real_logits) + (1 - target) * F.softplus(real_logits)
    fake = F.softplus(fake_logits)
    return real.mean() + fake.mean()
"""

HEAD = "def smoothed_d(real_logits, fake_logits, target):"
REAL = "target * F.softplus(-real_logits) + (1 - target) * F.softplus(real_logits)"
FAKE = "fake = F.softplus(fake_logits)"
BOTH = f"{REAL}\n    {FAKE}"

SLIPS = (
    Slip(
        FAKE,
        "fake = target * F.softplus(fake_logits) + (1 - target) * F.softplus(-fake_logits)",
        "both sides are smoothed. Then the best D is (target·p + (1 − target)·q)/(p + q): where q "
        "is large and p is 0 it still says 'perhaps', and G is paid for staying there. Fakes keep "
        "their label 0.",
    ),
    Slip(
        BOTH,
        "F.softplus(-real_logits)\n"
        "    fake = target * F.softplus(fake_logits) + (1 - target) * F.softplus(-fake_logits)",
        "the fakes are smoothed, not the real samples. Then D never calls a fake surely fake, and "
        "that rewards G where no data are.",
    ),
    Slip(
        REAL,
        "target * F.softplus(-real_logits)",
        "only the log D term is scaled: a real sample counts less, but still as surely real, and "
        "the best D, target·p/(target·p + q), still reaches 1. The rest of its weight, 1 − target, "
        "belongs to log(1 − D).",
    ),
    Slip(
        BOTH,
        "target * F.softplus(-real_logits)\n    fake = target * F.softplus(fake_logits)",
        "the loss is only scaled: the best D is still p/(p + q).",
    ),
    Slip(
        BOTH,
        "target * F.softplus(-real_logits)\n"
        "    fake = F.softplus(fake_logits) + (1 - target) * F.softplus(fake_logits)",
        "the real samples' second label is paid by the fakes: 1 − target stands at "
        "softplus(fake_logits). A *real* sample is fake with that weight: softplus(real_logits).",
    ),
    Slip(
        BOTH,
        "target * F.softplus(-real_logits)\n    fake = (1 - target) * F.softplus(fake_logits)",
        "target weighs the two sides of D against each other. It belongs to a real sample's two "
        "labels: real with weight target, fake with 1 − target; fakes count 1.",
    ),
    Slip(
        REAL,
        "(1 + target) / 2 * F.softplus(-real_logits) + (1 - target) / 2 * F.softplus(real_logits)",
        "the label is target + (1 − target)/2, as label_smoothing spreads the rest over both "
        "classes. Here target itself is the label of real samples.",
    ),
    Slip(
        REAL,
        "-real_logits.sigmoid().clamp(max=target).log()",
        "the probability is cut off at target, so above it the loss is flat and D may be as sure "
        "as it likes. Two labels, weighed by target and 1 − target, pull it back.",
    ),
    Slip(
        REAL,
        "F.softplus(-target * real_logits)",
        "target stands inside of softplus: it shrinks the logit, and nothing calls a real sample "
        "fake. It weighs the two terms, target · softplus(-t) and (1 − target) · softplus(t).",
    ),
    Slip(
        BOTH,
        "F.softplus(real_logits)\n"
        "    fake = target * F.softplus(-fake_logits) + (1 - target) * F.softplus(fake_logits)",
        "the labels are exchanged: real samples are pulled down and fakes up.",
    ),
    Slip(
        BOTH,
        "F.softplus(real_logits)\n    fake = F.softplus(-fake_logits)",
        "the labels are exchanged, without any smoothing.",
    ),
    Slip(
        REAL,
        "(1 - target) * F.softplus(-real_logits) + target * F.softplus(real_logits)",
        "target and 1 − target are exchanged: real samples count as real with 1 − target only.",
    ),
    Slip(
        REAL,
        "F.softplus(-real_logits)",
        "nothing is smoothed: this is the plain cross entropy, whatever the target.",
    ),
    Slip(
        FAKE,
        "fake = F.softplus(-fake_logits)",
        "G's side of the fakes: D raises what it says of them.",
    ),
    Slip(
        FAKE,
        "fake = 0 * fake_logits",
        "the fakes do not count: D's loss has two sides.",
    ),
    Slip(
        REAL,
        "0 * real_logits",
        "the real samples do not count: D's loss has two sides.",
    ),
    Slip(
        REAL,
        "F.softplus(-real_logits) + (1 - target) * F.softplus(real_logits)",
        "a real sample counts 1 as real and the rest as fake, more than once in all: the two "
        "weights add up to 1.",
    ),
    Slip(
        REAL,
        "target * F.softplus(-real_logits) - (1 - target) * F.softplus(real_logits)",
        "the two terms of a real sample are subtracted: D would be paid for calling it real "
        "beyond all measure. They add up.",
    ),
    Slip(
        HEAD,
        HEAD + "\n    target = 0.9",
        "0.9 is written into the loss: use the target you are given.",
    ),
    Slip(
        HEAD,
        HEAD + "\n    real_logits, fake_logits = real_logits.sigmoid(), fake_logits.sigmoid()",
        "the loss is flat where D is sure: there is a sigmoid in it, on top of the one that "
        "softplus holds already. Logits go in as they are.",
    ),
    Slip(
        BOTH,
        "-target * real_logits.sigmoid().log() - (1 - target) * (1 - real_logits.sigmoid()).log()\n"
        "    fake = -(1 - fake_logits.sigmoid()).log()",
        NOT_FINITE,
    ),
    Slip(
        BOTH,
        "F.binary_cross_entropy(real_logits.sigmoid(), torch.full_like(real_logits, target))\n"
        "    fake = F.binary_cross_entropy(fake_logits.sigmoid(), torch.zeros_like(fake_logits))",
        FLAT,
    ),
    Slip(
        BOTH,
        "(real_logits - target).square()\n    fake = fake_logits.square()",
        "these are squared distances from the labels, as in lesson 10's least squares. The loss "
        "asked for is a cross entropy: softplus on logits.",
    ),
    Slip(
        "real.mean() + fake.mean()",
        "-real.mean() - fake.mean()",
        "the sign is turned: D lowers its loss, so it has no minus in front.",
    ),
    Slip(
        "real.mean() + fake.mean()",
        "real.mean() - fake.mean()",
        "the two sides are subtracted: both are costs of D, so they add up.",
    ),
    Slip(
        "real.mean() + fake.mean()",
        "real.sum() + fake.sum()",
        "the batch adds up: take the mean.",
    ),
    Slip(
        "real.mean() + fake.mean()",
        "(real.mean() + fake.mean()) / 2",
        "the loss is halved: a ½ too much, or one mean over both batches together.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return logits of real samples and of fakes, and a target; small logits first."""
    rng = torch.Generator().manual_seed(seed)
    r, f = 3 * torch.randn(2, 50, generator=rng)
    return (
        case("one logit each", torch.tensor([0.3]), torch.tensor([-1.2]), 0.75),
        case("small logits", torch.tensor([0.3, -3.0]), torch.tensor([3.0, -0.3]), 0.9),
        case("a target of 1", torch.tensor([0.3, -3.0]), torch.tensor([3.0, -0.3]), 1.0),
        case("logits of ±20", torch.tensor([20.0, -20.0]), torch.tensor([-20.0, 20.0]), 0.75),
        case("logits of ±150", torch.tensor([150.0, -150.0]), torch.tensor([-150.0, 150.0]), 0.9),
        case("fifty logits each", r, f, 0.8),
    )


def _breaks_where_d_is_sure(parts: tuple[Callable, ...], asked: Sequence[Case]) -> None:
    """Raise where all is right but the logits of ±20 and ±150."""
    program = smoothed_d.table.functions(smoothed_d.table.right)
    mine, true = smoothed_d.all_of(parts, asked), smoothed_d.all_of(program, asked)
    right = [
        not isinstance(x, Raised) and smoothed_d.alike(x, y)
        for x, y in zip(mine, true, strict=True)
    ]
    if all(right[:3]) and right[5] and not right[4]:
        parts_of = [] if isinstance(mine[4], Raised) else mine[4].parts
        numbers = [part for part in parts_of if isinstance(part, Tensor)]
        finite = bool(numbers) and all(part.isfinite().all() for part in numbers)
        raise Wrong(FLAT if finite else NOT_FINITE)


smoothed_d = Value(
    title="One-sided smoothing",
    proves="the best D is target · p/(p + q): real samples are real with that probability only, "
    "fakes stay fakes; finite where D is sure.",
    hints=(
        "A real sample now has two labels at once: real with weight target, fake with weight "
        "1 − target. What does each cost at logit t? softplus(-t) and softplus(t).",
        "Real side: target · softplus(-real_logits) + (1 − target) · softplus(real_logits), the "
        "mean of it. Fake side: as always, softplus(fake_logits).mean().",
        "real = target * F.softplus(-real_logits) + (1 - target) * F.softplus(real_logits); "
        "return real.mean() + F.softplus(fake_logits).mean()",
    ),
    asks="Check ``smoothed_d(real_logits, fake_logits, target)``, its values and its slopes.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    slopes=(0, 1),
    refused={
        "all elements of input should be between 0 and 1": "binary_cross_entropy and BCELoss take "
        "probabilities, and a logit is none. binary_cross_entropy_with_logits takes logits.",
    },
    signs=_breaks_where_d_is_sure,
)
