"""Read JS off D's loss: an exercise of lesson 02, Play the minimax game."""

import math
from collections.abc import Sequence

import torch

from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def js_from_loss(loss_d):
    return math.log(2) - loss_d / 2
"""

SLIPS = (
    Slip(
        "math.log(2) - loss_d / 2",
        "loss_d / 2 - math.log(2)",
        "the sign is turned: a small loss of D means a *large* distance.",
    ),
    Slip("math.log(2) - loss_d / 2", "math.log(4) - loss_d", "this is 2 JS: divide by 2."),
    Slip(
        "math.log(2)",
        "math.log(4)",
        "ln 4 needs the half as well: solve loss = ln 4 - 2 JS for JS.",
    ),
    Slip("- loss", "+ loss", "that would be right for V; D's loss is -V, so a minus turns."),
    Slip(
        "math.log(2) - loss_d / 2",
        "1 - loss_d / 2 / math.log(2)",
        "you measure in bits; JS is in nats, with a maximum of ln 2.",
    ),
    Slip(
        "math.log(2)",
        "math.log2(2)",
        "1, the logarithm of 2 to base 2, stands where ln 2 should: take math.log, as D's loss "
        "does.",
    ),
    Slip("math.log(2)", "math.log10(2)", "log10 stands where ln should: take math.log."),
    Slip(
        "loss_d / 2",
        "loss_d",
        "the 2 in front of JS is forgotten: solve loss = ln 4 - 2 JS for JS.",
    ),
    Slip(
        "loss_d / 2",
        "2 * loss_d",
        "the loss is doubled where it should be halved: solve loss = ln 4 - 2 JS for JS.",
    ),
    Slip(
        "math.log(2) - loss_d / 2",
        "-loss_d",
        "this is V = -loss. At D's best V = -ln 4 + 2 JS: solve that for JS.",
    ),
    Slip("math.log(2) - loss_d / 2", "-loss_d / 2", "ln 2 is missing: V = -ln 4 + 2 JS."),
    Slip(
        "math.log(2) - loss_d / 2",
        "math.log(4) - 2 * loss_d",
        "the 2 stands at the loss, not at JS: solve loss = ln 4 - 2 JS for JS.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return losses of the best D, from 0 to 2 ln 2."""
    between = (0.1 + 1.2 * torch.rand(2, generator=torch.Generator().manual_seed(seed))).tolist()
    return (
        case("a loss of 1", 1.0),
        case("a loss of 0, of a D that is always right", 0.0),
        case("a loss of 2 ln 2, of a D that sees no difference", 2 * math.log(2)),
        *(case("a loss between these", loss) for loss in between),
    )


js_from_loss = Value(
    title="Read JS off D's loss",
    proves="1.386 reads as 0 and 0 as ln 2: D's loss, if D is at its best, is a distance.",
    hints=(
        "D's loss is -V, and at its best V is C(G) = -ln 4 + 2 JS. Solve for JS.",
        "loss = ln 4 - 2 JS.",
        "return math.log(2) - loss_d / 2",
    ),
    asks="Check ``js_from_loss(loss_d)``: ln 2 - loss/2, in nats.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    refused={
        "must be Tensor, not": "torch.log takes tensors: of one number math.log is the logarithm.",
    },
)
