"""Precision and recall: an exercise of lesson 09, Score a generator."""

from collections.abc import Sequence

import torch

from gan_lessons.checks.exercise import Raised, Wrong
from gan_lessons.checks.grader import Answer, Case, Slip, Table, Value, case
from gan_lessons.checks.scoring.clouds import cloud
from gan_lessons.checks.seen import Seen

RIGHT = """
def precision_recall(real, fake, k=3):
    def reach(x):
        return torch.cdist(x, x).kthvalue(k + 1).values

    pairs = torch.cdist(real, fake)
    good = (pairs <= reach(real)[:, None]).any(dim=0)
    found = (pairs <= reach(fake)).any(dim=1)
    return good.double().mean(), found.double().mean()
"""

ROWS = (
    "the radii of the reals belong to the rows of cdist(real, fake), [:, None]; those of the fakes "
    "to its columns."
)
SHAPES = (
    "the two sets may differ in size, and your shapes do not fit. torch.cdist(real, fake) is (N, "
    "M): radii of the reals belong to its rows, [:, None], those of the fakes to its columns."
)
BORDER = (
    "< leaves the border out, and a ball reaches *to* its k-th neighbor: equal samples have balls "
    "of radius 0 and would not even hold themselves. Take <=."
)
NEAREST = (
    "you ask only the nearest sample's ball; a farther sample may have a larger ball that reaches. "
    "Compare with all of them."
)
ALL = "one ball that holds a sample is enough: any, not all."
AXIS = (
    "any() runs along the wrong axis of cdist(real, fake): for each fake look at all reals, any("
    "dim=0), for each real at all fakes, any(dim=1)."
)
PAIRS = "you count pairs; a sample counts once, in however many balls it lies: any comes first."

CLOUDS = "fakes in one of two clouds", "reals in one of two clouds"
GOOD = "(pairs <= reach(real)[:, None]).any(dim=0)"
FOUND = "(pairs <= reach(fake)).any(dim=1)"
BOTH = f"{GOOD}\n    found = {FOUND}"
RETURNED = "good.double().mean(), found.double().mean()"

SLIPS = (
    Slip(
        RETURNED,
        "found.double().mean(), good.double().mean()",
        "precision and recall are exchanged: fakes that sit in one of two clouds are all good "
        "(precision 1), and half of the reals is forgotten (recall ½).",
    ),
    Slip(
        "k + 1",
        "k",
        "each sample counts as its own first neighbor: cdist(x, x) holds a 0 in every row, so ask "
        "for the k + 1 smallest.",
    ),
    Slip(
        "k + 1",
        "k + 2",
        "your balls reach to one neighbor too many: the k-th is the k + 1 smallest.",
    ),
    Slip("k + 1", "4", "k changes nothing: the radius reaches to the k-th neighbor."),
    Slip(
        FOUND,
        "(pairs <= reach(real)[:, None]).any(dim=1)",
        "recall uses the balls of the reals; it asks which reals lie in the balls of the *fakes*. "
        "(What you wrote is called coverage.)",
    ),
    Slip(
        GOOD,
        "(pairs <= reach(fake)).any(dim=0)",
        "precision uses the balls of the fakes; it asks about those of the *reals*.",
    ),
    Slip(
        BOTH,
        "(pairs <= reach(fake)).any(dim=0)\n    found = (pairs <= reach(real)[:, None]).any(dim=1)",
        "both balls are exchanged: a fake is good in a ball of the *reals*, a real is found in one "
        "of the *fakes*.",
    ),
    Slip(
        ".kthvalue(k + 1).values",
        ".kthvalue(k + 1).values.mean().expand(len(x))",
        "all balls have the same radius, the mean; each sample has its own.",
    ),
    Slip(
        ".kthvalue(k + 1).values",
        ".sort().values[:, 1 : k + 1].mean(dim=1)",
        "the radius is a mean of k distances; it is the k-th of them.",
    ),
    Slip(
        "torch.cdist(x, x).kthvalue(k + 1).values",
        "torch.cdist(x, x).kthvalue(len(x) - k).values",
        "you count from the farthest: the k-th *nearest* neighbor is asked.",
    ),
    Slip(
        BOTH,
        "pairs.amin(0) <= reach(real)[pairs.argmin(0)]\n    "
        "found = pairs.amin(1) <= reach(fake)[pairs.argmin(1)]",
        NEAREST,
    ),
    Slip(GOOD, "pairs.amin(0) <= reach(real)[pairs.argmin(0)]", NEAREST),
    Slip(FOUND, "pairs.amin(1) <= reach(fake)[pairs.argmin(1)]", NEAREST),
    Slip(BOTH, BOTH.replace("any", "all"), ALL),
    Slip(GOOD, GOOD.replace("any", "all"), ALL),
    Slip(FOUND, FOUND.replace("any", "all"), ALL),
    Slip(BOTH, BOTH.replace("<=", "<"), BORDER),
    Slip(GOOD, GOOD.replace("<=", "<"), BORDER),
    Slip(FOUND, FOUND.replace("<=", "<"), BORDER),
    Slip(
        BOTH,
        BOTH.replace("<=", ">="),
        ">= asks which samples lie outside of a ball: a sample is in where pairs <= radius.",
    ),
    Slip(
        BOTH,
        BOTH.replace("dim=0", "dim=2").replace("dim=1", "dim=0").replace("dim=2", "dim=1"),
        AXIS,
    ),
    Slip(GOOD, GOOD.replace("dim=0", "dim=1"), AXIS),
    Slip(FOUND, FOUND.replace("dim=1", "dim=0"), AXIS),
    Slip(BOTH, BOTH.replace(".any(dim=0)", "").replace(".any(dim=1)", ""), PAIRS),
    Slip("reach(real)[:, None]", "reach(real)", ROWS),
    Slip("reach(fake))", "reach(fake)[:, None])", ROWS),
    Slip(
        FOUND,
        "good",
        "your recall is the precision once more: it asks which *reals* lie among the fakes.",
    ),
    Slip(
        GOOD,
        FOUND,
        "your precision is the recall once more: it asks which *fakes* lie among the reals.",
    ),
    Slip(
        "torch.cdist(real, fake)",
        "torch.cdist(real, fake).square()",
        "squared distances are compared with radii that are not: square both or none.",
    ),
    Slip(
        RETURNED,
        "(pairs <= reach(real)[:, None]).double().sum() / (k * len(fake)), "
        "(pairs <= reach(real)[:, None]).any(dim=1).double().mean()",
        "these are density and coverage, by the balls of the reals alone. Recall asks the balls of "
        "the fakes, and precision counts a fake once.",
    ),
    Slip(RETURNED, "good.sum(), found.sum()", "you return counts; both are shares, 0 … 1."),
)


def cases(seed: int) -> Sequence[Case]:
    """Return reals (N, d), fakes (M, d) and k: on a line, clouds, and samples that coincide."""
    rng = torch.Generator().manual_seed(seed)
    line = torch.tensor([[0.0], [1.0], [2.5], [4.5], [9.0]]).double()
    off = torch.tensor([[0.4], [3.0], [5.0], [20.0]]).double() + 0.1 * cloud(4, 1, rng)
    left, right, new = cloud(12, 2, rng), cloud(12, 2, rng) + 30, cloud(17, 2, rng)
    both, equal = torch.cat([left, right]), torch.ones(6, 2).double()
    return (
        case("five reals and four fakes on a line", line, off, 1),
        case("the same samples on both sides", left, left.clone(), 2),
        case(CLOUDS[0], both, left.clone(), 3),
        case(CLOUDS[1], left, both.clone(), 3),
        case("new samples", left, new, 3),
        case("new samples and k = 1", new, left, 1),
        case("wider fakes and k = 5", new, 1.5 * right - 45, 5),
        case("samples that are all equal", equal, equal[:5].clone(), 3),
    )


def look_at_one(parts: Answer, asked: Sequence[Case]) -> None:
    """Raise where one of the two shares is right in all cases, or misses a whole cloud."""
    check = precision_recall
    found, right = check.all_of(parts, asked), check.known(RIGHT, asked)
    if any(isinstance(mine, Raised) for mine in found):
        return
    if any(mine.unlike_in_form(true) for mine, true in zip(found, right, strict=True)):
        return
    rows = [(mine.arranged(true), true) for mine, true in zip(found, right, strict=True)]
    good = [
        all(check.alike(Seen([a.parts[i]]), Seen([b.parts[i]])) for a, b in rows) for i in (0, 1)
    ]
    half, far = (rows[[c.label for c in asked].index(label)][0] for label in CLOUDS)
    if float(half.parts[1]) == 1:
        raise Wrong("one of two clouds is forgotten and your recall is still 1; it must be ½.")
    if float(far.parts[0]) == 1:
        raise Wrong("half of the fakes is far from every real, and your precision is still 1.")
    if any(good):
        fine, other = ("precision", "recall") if good[0] else ("recall", "precision")
        example = check._smallest(asked, found, right)
        raise Wrong(f"{fine} is right, look at {other}. {example[0].upper()}{example[1:]}")


precision_recall = Value(
    title="Precision and recall",
    proves="the same samples get (1, 1), far fakes lower precision, forgotten modes lower recall.",
    hints=(
        "A fake counts for precision if it lies in the ball of at least one real sample; the "
        "ball's radius is the distance to that sample's k-th nearest real neighbor.",
        "radii(x, k) = torch.cdist(x, x).kthvalue(k + 1).values. pairs = torch.cdist(real, fake) "
        "is (N, M): radii(real, k)[:, None] belongs to its rows, radii(fake, k) to its columns.",
        "def radii(x, k): return torch.cdist(x, x).kthvalue(k + 1).values. Then precision = "
        "(pairs <= radii(real, k)[:, None]).any(dim=0).double().mean(); recall = "
        "(pairs <= radii(fake, k)).any(dim=1).double().mean(); return both as floats.",
    ),
    asks="Check ``precision_recall(real, fake, k=3)``: two shares, 0 … 1.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    signs=look_at_one,
    refused={"must match the size": SHAPES, "broadcast": SHAPES},
)
