"""The kernel distance without bias: an exercise of lesson 09, Score a generator."""

import math
from collections.abc import Callable

from torch import Tensor

from gan_lessons.checks.exercise import Wrong, exercise
from gan_lessons.checks.scoring.numbers import any_sizes, cloud, named, near, number


def _kid_parts(real: Tensor, fake: Tensor, *, power: int = 3, scale: bool = True, one: float = 1):
    """Return the kernel's tables: real with real, fake with fake, real with fake."""
    d = real.shape[1] if scale else 1
    return [(a @ b.T / d + one) ** power for a, b in ((real, real), (fake, fake), (real, fake))]


def _kid(real: Tensor, fake: Tensor, **kernel: object) -> float:
    rr, ff, rf = _kid_parts(real, fake, **kernel)
    inner = [(t.sum() - t.trace()) / (len(t) * (len(t) - 1)) for t in (rr, ff)]
    return float(inner[0] + inner[1] - 2 * rf.mean())


@exercise(
    title="The kernel distance without bias",
    proves="no sample is paired with itself, and equal distributions get 0 on average.",
    hints=(
        "Three tables of (a @ b.T / d + 1) ** 3: real with real, fake with fake, real with fake.",
        "On the diagonal of the first two stand pairs of a sample with itself: subtract "
        "table.trace() from table.sum(), and divide by the number of pairs that are left, "
        "n * (n - 1).",
        "rr, ff = table(real, real), table(fake, fake); return (rr.sum() - rr.trace()) / (n * "
        "(n - 1)) + (ff.sum() - ff.trace()) / (m * (m - 1)) - 2 * table(real, fake).mean().",
    ),
)
def kid(answer: Callable) -> None:
    """Check ``kid(real, fake)`` on features (N, d) and (M, d)."""
    real, fake = cloud(6, 4, 0), cloud(6, 4, 1) + 2  # far apart: the right value is above 0
    value = number(answer(real, fake), "your function")
    right = _kid(real, fake)
    rr, ff, rf = _kid_parts(real, fake)
    off = [t.sum() - t.trace() for t in (rr, ff)]
    across, kernel = float(rf.mean()), "the kernel is (a·b / d + 1)³: "
    biased = float(rr.mean() + ff.mean()) - 2 * across
    squares, cross = sum(off) / 36 - 2 * across, 2 * (rf.sum() - rf.trace()) / 30
    mistakes = {
        "the diagonal is still in: each sample is paired with itself, which makes equal "
        "distributions look different, the more the fewer samples.": biased,
        "the diagonal is out of the sum, but you divide by n² pairs; n(n - 1) are left.": squares,
        "you leave the diagonal out of real with fake as well: real[0] and fake[0] are two "
        "different samples, that pair counts.": sum(off) / 30 - cross,
        "the pairs of real with fake count twice: - 2 * table(real, fake).mean().": right + across,
        "the sign of real with fake is +: pairs across lower the distance.": right + 4 * across,
        "the sign is turned: distant samples get a negative distance.": -right,
        kernel + "you do not divide by d.": _kid(real, fake, scale=False),
        kernel + "the 1 is missing.": _kid(real, fake, one=0),
        kernel + "your power is 2.": _kid(real, fake, power=2),
        kernel + "the power is missing, so only means are compared.": _kid(real, fake, power=1),
        "you take the root: the estimate must be free to fall below 0.": math.sqrt(right),
    }
    named([value], mistakes)
    if not near(value, right, share=1e-4, least=1e-4):
        raise Wrong(f"on six reals and six fakes the value is {right:.4f}; you return {value:.4f}.")
    _check_sizes(answer, real)
    draws = [(cloud(5, 4, 2 * i), cloud(5, 4, 2 * i + 1)) for i in range(1, 100)]
    signs = [number(answer(*pair), "your function") for pair in draws]
    if min(signs) >= 0 or any(map(math.isnan, signs)):
        raise Wrong(
            "your value is never negative. Between equal distributions it must scatter around 0; "
            "cut off at 0 or under a root, it is too large on average."
        )


def _check_sizes(answer: Callable, real: Tensor) -> None:
    more = cloud(9, 4, 3) + 2
    with any_sizes(
        "with 6 reals and 9 fakes your code stops: the two sets may differ in size, so each table "
        "has its own number of pairs."
    ):
        value = number(answer(real, more), "your function")
    if not near(value, _kid(real, more), share=1e-4, least=1e-4):
        raise Wrong(
            "right for equally many reals and fakes, wrong for 6 and 9: each table is divided by "
            "its own number of pairs."
        )
