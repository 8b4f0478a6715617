"""What D's loss proves of JS: an exercise of lesson 02, Play the minimax game."""

import math
from collections.abc import Callable, Sequence

import torch

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Case, Slip, Table, Value, case
from gan_lessons.checks.seen import flat

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


def remark(answer: Callable) -> str | None:
    """Tell of a bound below 0, which proves nothing; refuse one above it. Lesson 02."""
    bound = float(flat(answer(2.0)).parts[0].flatten()[0])
    if bound > 1e-6:
        raise Wrong(
            f"at a loss of 2 you claim that JS is at least {bound:.2f}, and that is "
            "too much: equal distributions and a bad D give such a loss. Above 2 ln 2 it proves "
            "nothing."
        )
    if bound < -1e-6:
        return (
            "One thing more: at a loss of 2, above 2 ln 2, you say that JS is at least "
            f"{bound:.2f}. That is true, and 0 is true as well: max(0, …)."
        )
    return None


js_from_loss = Value(
    title="What D's loss proves",
    proves="an expected loss of 1.386 proves nothing, and one of 0 that the two never meet.",
    hints=(
        "What would D's loss be if D were at its best? And is the loss of any other D higher or "
        "lower than that?",
        "The best D has the loss ln 4 - 2 JS, so any D has loss ≥ ln 4 - 2 JS. Solve for JS.",
        "return max(0, math.log(2) - loss_d / 2)",
    ),
    asks="Check ``js_from_loss(loss_d)``: JS is at least ln 2 - loss/2, in nats.",
    remark=remark,
    table=Table(RIGHT, SLIPS),
    cases=cases,
    refused={
        words: "torch's functions take tensors, and loss_d is one number: math.log, and max(0, …)."
        for words in ("must be Tensor, not", "invalid combination of arguments")
    },
)
