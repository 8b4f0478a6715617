"""Precision and recall: an exercise of lesson 09, Score a generator."""

from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons import metrics
from gan_lessons.checks.exercise import Wrong, exercise
from gan_lessons.checks.scoring.numbers import any_sizes, cloud, named, near, number, same


@exercise(
    title="Precision and recall",
    proves="the same samples get (1, 1), far fakes lower precision, forgotten modes lower recall.",
    hints=(
        "A fake counts for precision if it lies in the ball of at least one real sample; the "
        "ball's radius is the distance to that sample's k-th nearest real neighbor.",
        "pairs = torch.cdist(real, fake) is (N, M). radii(real, k)[:, None] belongs to its rows, "
        "radii(fake, k) to its columns.",
        "precision = (pairs <= radii(real, k)[:, None]).any(dim=0).double().mean(); recall = "
        "(pairs <= radii(fake, k)).any(dim=1).double().mean(); return both as floats.",
    ),
)
def precision_recall(answer: Callable) -> None:
    """Check ``precision_recall(real, fake, k=3)``: two shares, 0 … 1."""
    left, right = cloud(40, 2, 0), cloud(40, 2, 1) + 30.0
    both = torch.cat([left, right])
    new = cloud(30, 2, 2)
    itself = _pair(answer, both, both)
    if not (near(itself[0], 1) and near(itself[1], 1)):
        raise Wrong(
            "on the same samples precision and recall are 1 and 1: each lies in its own ball. You "
            f"return {itself[0]:.2f} and {itself[1]:.2f}; one ball is enough (any), not all."
        )
    half, far = _pair(answer, both, left), _pair(answer, left, both)
    _check_halves(half, far)
    sets = ((left, new, 3), (new, left, 3), (both, new, 1), (left, 1.5 * new, 5))
    found = [_pair(answer, *given) for given in sets]
    for (real, fake, k), (p, r) in zip(sets, found, strict=True):
        true = metrics.precision_recall(real, fake, k=k)
        if not same((p, r), true):
            named(found, *(_mistakes(*given) for given in sets))
            raise Wrong(
                f"for {len(real)} reals, {len(fake)} fakes and k={k} precision and recall are "
                f"{true[0]:.3f} and {true[1]:.3f}; you return {p:.3f} and {r:.3f}."
            )


def _pair(answer: Callable, real: Tensor, fake: Tensor, k: int = 3) -> tuple[float, float]:
    with any_sizes(
        f"with {len(real)} reals and {len(fake)} fakes your code stops: the radii of the reals "
        "belong to the rows of cdist(real, fake), [:, None]; those of the fakes to its columns."
    ):
        result = answer(real, fake, k)
    if isinstance(result, Tensor):
        result = tuple(result.tolist()) if result.ndim == 1 else result
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise Wrong("return two numbers: precision, recall.")
    return number(result[0], "precision"), number(result[1], "recall")


def _check_halves(half: tuple[float, float], far: tuple[float, float]) -> None:
    """Fakes in one of two clouds: all good, half forgotten. And the other way round."""
    if near(half[0], 0.5) and near(half[1], 1) and near(far[0], 1):
        raise Wrong(
            "precision and recall are exchanged: fakes that sit in one of two clouds are all good "
            "(precision 1), and half of the reals is forgotten (recall ½)."
        )
    if near(half[1], 1):
        raise Wrong("one of two clouds is forgotten and your recall is still 1; it must be ½.")
    if near(far[0], 1):
        raise Wrong("half of the fakes is far from every real, and your precision is still 1.")
    if not all(near(f, s) for f, s in zip(half + far, (1, 0.5, 0.5, 1), strict=True)):
        raise Wrong(
            "fakes in one of two clouds have precision 1 and recall ½, half of them far away ½ and "
            f"1; you return {half[0]:.2f}, {half[1]:.2f} and {far[0]:.2f}, {far[1]:.2f}."
        )


def _share(mask: Tensor) -> float:
    return float(mask.double().mean())


def _mistakes(real: Tensor, fake: Tensor, k: int) -> dict[str, tuple[float, float]]:
    """Return the two shares that each known mistake gives."""
    pairs = torch.cdist(real, fake)  # (N, M)
    own, fewer = ([metrics.radii(x, j) for x in (real, fake)] for j in (k, k - 1))
    own[0], means = own[0][:, None], [radius.mean() for radius in own]

    def within(of_reals: Tensor, of_fakes: Tensor) -> tuple[float, float]:
        return _share((pairs <= of_reals).any(0)), _share((pairs <= of_fakes).any(1))

    swapped = within(own[1], own[1])
    three = metrics.radii(real, 3)[:, None], metrics.radii(fake, 3)
    one = pairs.amin(0) <= own[0][pairs.argmin(0), 0], pairs.amin(1) <= own[1][pairs.argmin(1)]
    return {
        "each sample counts as its own first neighbor: cdist(x, x) holds a 0 in every row, so ask "
        "for the k + 1 smallest.": within(fewer[0][:, None], fewer[1]),
        "recall uses the balls of the reals; it asks which reals lie in the balls of the *fakes*. "
        "(What you wrote is called coverage.)": within(own[0], own[0]),
        "precision uses the balls of the fakes; it asks about those of the *reals*.": swapped,
        "all balls have the same radius, the mean; each sample has its own.": within(*means),
        "you ask only the nearest sample's ball; a farther sample may have a larger ball that "
        "reaches. Compare with all of them.": (_share(one[0]), _share(one[1])),
        "k changes nothing: the radius reaches to the k-th neighbor.": within(*three),
    }
