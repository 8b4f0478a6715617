"""The toll on transport: an exercise of lesson 21, Draw in one step."""

from collections.abc import Callable, Sequence
from numbers import Real

import torch
from torch import Tensor

from gan_lessons import transport
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def toll(z, y, done):
    weight = 0.3 * max(0.0, 1 - 2 * done)
    squares = (y - z).flatten(1).square().sum(1)
    return weight * squares.mean()
"""

WEIGHT = "weight = 0.3 * max(0.0, 1 - 2 * done)"
SQUARES = "squares = (y - z).flatten(1).square().sum(1)"
MEAN = "squares.mean()"
RETURN = "return weight * squares.mean()"

MEANS = (
    "the means of the batch are compared: a batch that stays where it was *as a whole* pays "
    "nothing, however far its samples travel. Square each sample's own way, then take the mean."
)
NO_NEED = (
    "a root has an infinite slope at 0: where y = z, as with a G that starts as the identity, the "
    "gradient is NaN. Square and add; no root is needed."
)
OVER_NUMBERS = (
    "it is the mean over a sample's numbers, as F.mse_loss takes it: ‖·‖² adds them up. Here half "
    "is missing, for a picture almost all of it."
)

SLIPS = (
    Slip(SQUARES, "squares = (y.mean(0) - z.mean(0)).square().sum()", MEANS),
    Slip(SQUARES, "squares = (y - z).flatten(1).norm(dim=1)", "the way is not squared: ‖y − z‖²."),
    Slip(
        RETURN,
        "return weight * (y - z).flatten(1).norm(dim=1).mean().square()",
        "the mean way is squared; take the mean of the squares.",
    ),
    Slip(SQUARES, "squares = (y - z).flatten(1).square().mean(1)", OVER_NUMBERS),
    Slip(
        SQUARES,
        "squares = (y - z).flatten(1).square().sum(0)",
        "the sum goes over the wrong axis: add up the numbers of a sample (axis 1), then take the "
        "mean over the samples.",
    ),
    Slip(
        MEAN, "squares.sum()", "it adds up over the batch: twice the batch would pay twice. A mean."
    ),
    Slip(
        SQUARES,
        "squares = (y - z).square().sum(1)",
        "only the first axis of a sample is added up, and over the pixels the mean is taken: "
        "flatten(1) first.",
    ),
    Slip(
        SQUARES,
        "squares = (y - z).square().sum(-1)",
        "only the last axis of a sample is added up, and over the others the mean is taken: "
        "flatten(1) first.",
    ),
    Slip(
        SQUARES,
        "squares = (y - z).flatten(1).sum(1).square()",
        "a sample's numbers are added up before the square, and cancel.",
    ),
    Slip(
        SQUARES,
        "squares = (y - z).flatten(1).abs().sum(1)",
        "absolute values stand for squares.",
    ),
    Slip(SQUARES, "squares = (y - z).flatten(1).square().sum(1).square()", "it is squared twice."),
    Slip(
        SQUARES,
        "squares = (y.flatten(1).norm(dim=1) - z.flatten(1).norm(dim=1)).square()",
        "two lengths are compared: a sample that goes around the origin would pay nothing. Take "
        "the length of the difference, y − z.",
    ),
    Slip(
        SQUARES,
        "squares = torch.cdist(z.flatten(1), y.flatten(1)).square()",
        "every pair counts, each y with each z. A sample pays for its own way only, from z_i to "
        "y_i.",
    ),
    Slip(
        SQUARES,
        "squares = (y + z).flatten(1).square().sum(1)",
        "y + z stands for the way y − z.",
    ),
    Slip(
        SQUARES,
        "squares = y.flatten(1).square().sum(1)",
        "this is how far y is from the origin: z is missing.",
    ),
    Slip(SQUARES, "squares = (y - z).flatten(1).square().sum(1).sqrt().square()", NO_NEED),
    Slip(
        WEIGHT,
        "weight = 0.3 * (1 - 2 * done)",
        "after half of the steps the weight is negative: G would be paid for long ways. It stays "
        "at 0: max(0, …).",
    ),
    Slip(
        WEIGHT,
        "weight = 0.3 * abs(1 - 2 * done)",
        "after half of the steps the weight rises again. It stays at 0: max(0, …).",
    ),
    Slip(
        WEIGHT,
        "weight = 0.3 * (1 - done)",
        "the weight reaches 0 at the end, not at half of the steps.",
    ),
    Slip(WEIGHT, "weight = 0.3", "done changes nothing: the weight falls to 0 by half-time."),
    Slip(
        WEIGHT,
        "weight = 0.3 if done < 0.5 else 0.0",
        "the weight falls all at once. It falls in a straight line from the first step on.",
    ),
    Slip(
        WEIGHT,
        "weight = 0.3 * min(1.0, 2 * done)",
        "the weight grows: 0.3 is where it begins, 0 where it ends.",
    ),
    Slip(
        WEIGHT,
        "weight = 0.3 * max(0.0, 0.5 - done)",
        "the weight begins at 0.15: half of the steps is where the line ends, 1 − 2 · done.",
    ),
    Slip(
        RETURN,
        "return weight * squares.mean() / 2",
        "half is paid: λ ‖y − z‖² has no ½ in front.",
    ),
    Slip(
        WEIGHT,
        "weight = 0.3 * max(0.0, 1 - done) / 2",
        "the weight begins at 0.15, and ends with the run: 0.3 at the start, 0 from half of the "
        "steps on.",
    ),
    Slip(
        WEIGHT,
        "weight = 0.3 * max(0.0, 1 - done / 2)",
        "the weight never gets to 0: half of it is left in the last step. It is 0 at *half* of the "
        "steps, 1 − 2 · done.",
    ),
    Slip(
        WEIGHT,
        "weight = 0.3 * max(0.0, 1 - 2 * done) ** 2",
        "the weight falls along a parabola: in a straight line, without the square.",
    ),
    Slip(
        WEIGHT,
        "weight = 0.3 * math.exp(-2 * done)",
        "the weight falls as an exp, and never gets to 0: in a straight line, to 0 at half-time.",
    ),
    Slip(
        WEIGHT,
        "weight = 0.3 * max(0.0, 1 - 2 * done / 100)",
        "done is taken for a percentage: it is a share, from 0 to 1.",
    ),
    Slip(
        WEIGHT,
        "weight = max(0.0, 0.3 - 2 * done)",
        "the weight is 0 at 0.15 of the steps already: 0.3 stands in front, 0.3 · (1 − 2 · done).",
    ),
    Slip(
        WEIGHT,
        "weight = 0.3 * max(0.0, 2 * done - 1)",
        "the weight is 0 up to half of the steps and grows then: the other way round.",
    ),
    Slip(
        WEIGHT,
        "weight = 0.3 * (1 - 2 * done if done <= 0.5 else 1)",
        "after half of the steps the weight is 0.3 again. It stays at 0.",
    ),
    Slip(
        WEIGHT,
        "weight = 0.3 if done <= 0.5 else 0.0",
        "the weight falls all at once. It falls in a straight line from the first step on.",
    ),
    Slip(
        RETURN,
        "return weight * squares.mean().square()",
        "it is squared twice: ‖·‖² is a square already.",
    ),
    Slip(
        SQUARES,
        "squares = y.flatten(1).square().sum(1) - z.flatten(1).square().sum(1)",
        "two squared lengths are compared: a sample that goes around the origin would pay nothing. "
        "Square the difference, y − z.",
    ),
    Slip(
        SQUARES,
        "squares = (y - z).var()",
        "a variance is taken: what all samples move alike would cost nothing. The mean of the "
        "squares themselves.",
    ),
    Slip(
        SQUARES,
        "squares = (y - z).sum().square() / len(z)",
        "all numbers are added up before the square, and cancel.",
    ),
    Slip(
        SQUARES,
        "squares = (y - z).square().sum() / y.shape[1]",
        "it is divided by the length of the second axis: the mean is over the samples, len(y).",
    ),
    Slip(
        SQUARES,
        "squares = (y.sort(0).values - z.sort(0).values).flatten(1).square().sum(1)",
        "both are sorted first, and so paired anew: a sample pays for its own way, from z_i to "
        "y_i.",
    ),
    Slip(
        SQUARES,
        "_pairs = torch.cdist(z.flatten(1), y.flatten(1)).square()\n"
        "    squares = _pairs[range(len(z)), transport.assignment(_pairs.detach().numpy())[0]]",
        "this is the toll of the cheapest pairing: a sample pays for the way that it went, from "
        "z_i to y_i.",
    ),
    Slip(WEIGHT, "weight = max(0.0, 1 - 2 * done)", "the weight begins at 1, not at 0.3."),
    Slip(WEIGHT, "weight = max(0.0, 0.3 - done)", "the weight is 0 at 0.3 of the steps already."),
    Slip(
        "(y - z).flatten(1).square().sum(1)",
        "(y.detach() - z).flatten(1).square().sum(1)",
        "the gradient is lost on the way: y is what G has made, and the toll must reach G through "
        "it. Do not detach it.",
    ),
)


def _asked(toll: Callable, z: Tensor, y: Tensor, done: float) -> object:
    """Return what an answer says; where nothing is left to pay, a plain 0 will do."""
    said = toll(z, y, done)
    if done >= 0.5 and isinstance(said, Real) and said == 0:
        return 0.0 * y.sum()
    return said


def cases(seed: int) -> Sequence[Case]:
    """Return starts, ends and shares of the steps that are done."""
    rng = torch.Generator().manual_seed(seed)

    def pair(*shape: int) -> tuple[Tensor, Tensor]:
        return torch.randn(shape, generator=rng), 1.5 * torch.randn(shape, generator=rng) + 0.5

    one = torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, -1.0]])
    still = torch.randn(4, 2, generator=rng)
    return (
        case("one point at the start", *one, 0.0),
        case("five points at the start", *pair(5, 2), 0.0),
        case("a fifth of the steps done", *pair(6, 2), 0.2),
        case("images", *pair(4, 3, 3, 2), 0.1),
        case("half of the steps done", *pair(5, 2), 0.5),
        case("most steps done", *pair(5, 2), 0.9),
        case("a G that moves nothing", still, still.clone(), 0.25),
    )


toll = Value(
    title="A toll on transport",
    proves="0.3 at the start, 0 from half of the steps on, times the mean over samples of the "
    "squared way; it reaches G, also where nothing has moved.",
    hints=(
        "One sample's way is y_i − z_i. What is added up within a sample, and over what is the "
        "mean? Two batches with the same mean: do they pay?",
        "The way: (y − z).flatten(1).square().sum(1), one number a sample, then the mean. The "
        "weight is a straight line, 0.3 at done = 0, 0 at done = ½, and never below 0.",
        "return 0.3 * max(0, 1 - 2 * done) * (y - z).flatten(1).square().sum(1).mean()",
    ),
    asks="Check ``toll(z, y, done)``: a falling weight times E‖y − z‖².",
    table=Table(RIGHT, SLIPS, uses={"transport": transport}),
    cases=cases,
    observe=_asked,
    slopes=(1,),
    refused={
        "Dimension out of range": "points are (B, 2) and images have more axes: flatten(1) makes "
        "one axis of all of a sample's numbers.",
    },
    terms=lambda z, y, done: 0.3 * max(0.0, 1 - 2 * done) * (y - z).flatten(1).square().sum(1),
)
