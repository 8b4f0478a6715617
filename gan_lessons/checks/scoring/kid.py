"""The kernel distance without bias: an exercise of lesson 09, Score a generator."""

from collections.abc import Sequence

import torch

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Answer, Case, Slip, Table, Value, case
from gan_lessons.checks.scoring.clouds import cloud
from gan_lessons.checks.seen import Seen

RIGHT = """
def kid(real, fake):
    def table(a, b):
        return (a @ b.T / a.shape[1] + 1) ** 3

    def within(t):
        return (t.sum() - t.trace()) / (len(t) * (len(t) - 1))

    apart = within(table(real, real)) + within(table(fake, fake))
    return apart - 2 * table(real, fake).mean()
"""

KERNEL = "the kernel is (a·b / d + 1)³: "
NEVER_NEGATIVE = (
    "your value is never negative. Between equal distributions it must scatter around 0; cut off "
    "at 0 it is too large on average."
)
NO_DIAGONAL = (
    "you leave the diagonal out of real with fake as well: real[0] and fake[0] are two different "
    "samples, that pair counts."
)
ONE_SIZE = (
    "each table is divided by its own number of pairs: the two sets may differ in size. Count each "
    "set by itself, len(t) * (len(t) - 1)."
)
ALL_PAIRS = (
    "real with fake is divided by n(n - 1). There no sample meets itself, so all its pairs are in "
    "the sum: divide by len(real) * len(fake)."
)
SIZES = (
    "the two sets may differ in size, so the three tables differ in shape, and each has its own "
    "number of pairs."
)
OFF = "(t.sum() - t.trace()) / (len(t) * (len(t) - 1))"
CROSS = "- 2 * table(real, fake).mean()"

SLIPS = (
    Slip(
        OFF,
        "t.mean()",
        "the diagonal is still in: each sample is paired with itself, which makes equal "
        "distributions look different, the more the fewer samples.",
    ),
    Slip(
        "len(t) * (len(t) - 1)",
        "len(t) ** 2",
        "the diagonal is out of the sum, but you divide by n² pairs; n(n - 1) are left.",
    ),
    Slip(
        "t.sum() - t.trace()",
        "t.sum()",
        "you divide by the n(n - 1) pairs that are left, but the diagonal is still in the sum: "
        "subtract t.trace().",
    ),
    Slip(
        "(len(t) * (len(t) - 1))",
        "len(t)",
        "you divide by n, and n(n - 1) pairs are left without the diagonal.",
    ),
    Slip(
        OFF,
        "t.triu(1).sum() / (len(t) * (len(t) - 1))",
        "the sum runs over one half of the table, each pair once, and you divide by n(n - 1), "
        "which counts each twice.",
    ),
    Slip(
        OFF,
        "t.sum() - t.trace()",
        "the two tables of one kind are added up and not averaged: divide by n(n - 1), the pairs "
        "that are left.",
    ),
    Slip(CROSS, "- 2 * within(table(real, fake))", NO_DIAGONAL),
    Slip(
        CROSS,
        "- 2 * within(table(real, fake)[: min(len(real), len(fake)), : min(len(real), len(fake))])",
        "real with fake is cut to a square, and its diagonal is left out: they are different "
        "samples, so all N · M pairs count. Take the mean of the whole table.",
    ),
    Slip(CROSS, "- 2 * table(real, fake).sum() / (len(real) * (len(fake) - 1))", ALL_PAIRS),
    Slip(CROSS, "- 2 * table(real, fake).sum() / (len(real) * (len(real) - 1))", ALL_PAIRS),
    Slip(
        CROSS,
        "- table(real, fake).mean()",
        "the pairs of real with fake count twice: - 2 * table(real, fake).mean().",
    ),
    Slip(
        CROSS,
        "+ 2 * table(real, fake).mean()",
        "the sign of real with fake is +: pairs across lower the distance.",
    ),
    Slip(
        f"apart {CROSS}",
        "2 * table(real, fake).mean() - apart",
        "the sign is turned: distant samples get a negative distance.",
    ),
    Slip(" - 2 * table(real, fake).mean()", "", "the pairs of real with fake are missing."),
    Slip(
        " + within(table(fake, fake))", "", "the pairs of fake with fake are missing: three tables."
    ),
    Slip(
        "within(table(real, real)) + ", "", "the pairs of real with real are missing: three tables."
    ),
    Slip(
        "table(fake, fake)",
        "table(real, real)",
        "real with real stands twice, and fake with fake is missing.",
    ),
    Slip(
        "table(real, real)",
        "table(fake, fake)",
        "fake with fake stands twice, and real with real is missing.",
    ),
    Slip(
        OFF,
        "t.triu(1).mean()",
        "the mean runs over the whole table, of which triu leaves less than half: the zeros count "
        "as pairs. Divide by the pairs that are left.",
    ),
    Slip(" / a.shape[1]", "", KERNEL + "you do not divide by d."),
    Slip(
        "a.shape[1]",
        "len(a)",
        KERNEL + "you divide by the number of samples. d is the number of features, a.shape[1].",
    ),
    Slip("a.shape[1]", "a.shape[1] ** 0.5", KERNEL + "you divide by √d; the products are over d."),
    Slip("a.shape[1] + 1)", "a.shape[1])", KERNEL + "the 1 is missing."),
    Slip(
        "a @ b.T / a.shape[1] + 1", "(a @ b.T + 1) / a.shape[1]", KERNEL + "the 1 is divided too."
    ),
    Slip("** 3", "** 2", KERNEL + "your power is 2."),
    Slip(" ** 3", "", KERNEL + "the power is missing, so only means are compared."),
    Slip(
        "(a @ b.T / a.shape[1] + 1) ** 3",
        "(-torch.cdist(a, b).square() / a.shape[1]).exp()",
        KERNEL + "yours is Gaussian, by distances. Products of features are asked.",
    ),
    Slip(
        f"apart {CROSS}",
        f"(apart {CROSS}).sqrt()",
        "you take the root: the estimate must be free to fall below 0.",
    ),
    Slip(f"apart {CROSS}", f"(apart {CROSS}).clamp(min=0)", NEVER_NEGATIVE),
    Slip(
        f"apart {CROSS}",
        f"(apart {CROSS}).abs()",
        "an absolute value: the estimate must be free to fall below 0.",
    ),
    Slip("(len(t) * (len(t) - 1))", "(len(real) * (len(real) - 1))", ONE_SIZE),
    Slip("(len(t) * (len(t) - 1))", "(len(fake) * (len(fake) - 1))", ONE_SIZE),
)


def cases(seed: int) -> Sequence[Case]:
    """Return features (N, d) and (M, d): two of each kind, a few, and equal distributions."""
    rng = torch.Generator().manual_seed(seed)
    real, fake = cloud(6, 4, rng), cloud(9, 4, rng) + 2
    same = cloud(7, 2, rng)  # one sample moved: nearly equal sets have a value below 0
    return (
        case("two reals and two fakes", cloud(2, 2, rng), cloud(2, 2, rng) + 1),
        case("three of each kind", cloud(3, 2, rng), cloud(3, 2, rng) - 1),
        case("six of each kind, far apart", real, fake[:6]),
        case("nearly the same samples on both sides", same, same + 0.01 * cloud(7, 2, rng)),
        case("6 reals and 9 fakes", real, fake),
    )


def right_for_equal_sizes(parts: Answer, asked: Sequence[Case]) -> None:
    """Raise where all is right but for sets of two sizes."""
    pairs = zip(kid.all_of(parts, asked), kid.known(RIGHT, asked), strict=True)
    good = [isinstance(mine, Seen) and kid.alike(mine, true) for mine, true in pairs]
    if good == [len(real) == len(fake) for _, (real, fake), _ in asked]:
        raise Wrong(
            "right for equally many reals and fakes, wrong for 6 and 9: each table is divided by "
            "its own number of pairs."
        )


kid = Value(
    title="The kernel distance without bias",
    proves="no sample is paired with itself, and equal distributions get 0 on average.",
    hints=(
        "Three tables of (a @ b.T / d + 1) ** 3: real with real, fake with fake, real with fake.",
        "On the diagonal of the first two stand pairs of a sample with itself: subtract "
        "table.trace() from table.sum(), and divide by the number of pairs that are left, "
        "n * (n - 1).",
        "def table(a, b): return (a @ b.T / a.shape[1] + 1) ** 3. Then n, m = len(real), "
        "len(fake); "
        "rr, ff = table(real, real), table(fake, fake); return (rr.sum() - rr.trace()) / (n * "
        "(n - 1)) + (ff.sum() - ff.trace()) / (m * (m - 1)) - 2 * table(real, fake).mean().",
    ),
    asks="Check ``kid(real, fake)`` on features (N, d) and (M, d).",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    signs=right_for_equal_sizes,
    refused={
        "must match the size": SIZES,
        "stack expects each tensor": SIZES,
        "broadcast": SIZES,
    },
    share=1e-3,
    least=1e-4,
)
