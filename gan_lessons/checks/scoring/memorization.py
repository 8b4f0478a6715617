"""Checks of lesson 09, Score a generator."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from gan_lessons import metrics
from gan_lessons.checks.exercise import Wrong, exercise


def _number(result: object, name: str) -> float:
    """Return an answer as a float, or say what else it is."""
    if isinstance(result, complex) or (isinstance(result, Tensor) and result.is_complex()):
        raise Wrong(
            f"{name} returns a complex number: eigvals answers in complex numbers even where all "
            "are real. Take .real of them first."
        )
    if isinstance(result, Tensor) and result.numel() != 1:
        raise Wrong(f"{name} returns a tensor of shape {tuple(result.shape)}, not one number.")
    if isinstance(result, bool) or not isinstance(result, Tensor | int | float):
        raise Wrong(f"{name} returns {type(result).__name__}, not one number.")
    return float(result)


@contextmanager
def _any_sizes(told: str) -> Iterator[None]:
    """Turn a stop of the learner's code into the diagnosis that sets may differ in size."""
    try:
        yield
    except NotImplementedError:
        raise
    except (RuntimeError, IndexError) as error:
        raise Wrong(f"{told} ({str(error).splitlines()[0][:70]})") from error


def _near(a: float, b: float, tolerance: float = 1e-3) -> bool:
    return abs(a - b) <= tolerance * max(1.0, abs(b))


def _same(found: object, true: object) -> bool:
    found, true = (torch.tensor(x, dtype=torch.float64) for x in (found, true))
    return bool(((found - true).abs() <= 1e-4 * true.abs().clamp(min=1)).all())


def _named(found: list, *mistakes: dict) -> None:
    """Raise the diagnosis of the known mistake that gives what was found, sample by sample."""
    for diagnosis in mistakes[0]:
        if _same(found, [wrong[diagnosis] for wrong in mistakes]):
            raise Wrong(diagnosis)


def _cloud(n: int, d: int, seed: int) -> Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def _turned(cov: Tensor, degrees: float) -> Tensor:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = torch.tensor([[c, -s], [s, c]], dtype=torch.float64)
    return turn @ cov @ turn.T


@exercise(
    title="The Fréchet distance of two Gaussians",
    proves="closed forms are met, nothing lies between equal Gaussians, and turning both changes "
    "nothing.",
    hints=(
        "Four terms: the squared distance of the means, two traces, and minus twice the trace of "
        "the root of cov_a @ cov_b.",
        "The trace of a root is the sum of the roots of the eigenvalues: "
        "torch.linalg.eigvals(cov_a @ cov_b).",
        "roots = torch.linalg.eigvals(cov_a @ cov_b).real.clamp(min=0).sqrt(). The rest is "
        "(mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace() - 2 * roots.sum().",
    ),
)
def frechet(answer: Callable) -> None:
    """Check ``frechet(mean_a, cov_a, mean_b, cov_b)``, the squared distance of two Gaussians."""
    zero, eye = torch.zeros(2, dtype=torch.float64), torch.eye(2, dtype=torch.float64)

    def ask(cov_a: Tensor, cov_b: Tensor, mean_b: Tensor | None = None) -> float:
        mean_b = torch.zeros(len(cov_a), dtype=torch.float64) if mean_b is None else mean_b
        return _number(answer(torch.zeros_like(mean_b), cov_a, mean_b, cov_b), "your function")

    spread = ask(torch.diag(zero.new_tensor([4.0, 1])), torch.diag(zero.new_tensor([25.0, 1])))
    missing = "a trace is missing: both cov_a.trace() and cov_b.trace() belong in."
    product = (
        "you take the trace of the product, not of its *root*: for variances 4 and 25 the term "
    )
    mistakes = {
        product + "must be √100 = 10, not 100.": 31 - 2 * 101,
        "you take the root of the trace; it is the trace of the root. Take the root of each "
        "eigenvalue, then the sum.": 31 - 2 * math.sqrt(101),
        "the last term counts twice: - 2 * roots.sum().": 20,
        "the last term has the wrong sign: what two Gaussians share makes them closer.": 53,
        missing: 5 - 22,
        missing + " You left out the first.": 26 - 22,
        "the distance is reported squared: no root around the sum.": 3,
    }
    _named([spread], mistakes)
    if not _near(spread, 9):
        raise Wrong(
            "for N(0, diag(4, 1)) and N(0, diag(25, 1)) the deviations differ by 3, so the squared "
            f"distance is 9; you return {spread:.4g}."
        )
    shifted = ask(eye, eye, zero.new_tensor([3.0, 4]))
    mistakes = {
        "the means differ by (3, 4), so 25 must be added; you add 5, the length without its "
        "square.": 5,
        "the means are not compared: two equal clouds in different places get distance 0.": 0,
        "you average over the coordinates of the means; the squares are summed.": 12.5,
    }
    _named([shifted], mistakes)
    if not _near(shifted, 25):
        raise Wrong(f"two equal Gaussians (3, 4) apart have distance 25, not {shifted:.4g}.")
    _check_turned(ask)
    x = _cloud(10, 20, 0)  # 10 samples in 20 dimensions: half of the eigenvalues are 0
    flat = x.T.cov()
    itself, other = ask(flat, flat), ask(flat, _cloud(10, 20, 1).T.cov())
    if math.isnan(itself) or math.isnan(other):
        raise Wrong(
            "from 10 samples in 20 dimensions you get NaN: some eigenvalues are 0, computed as "
            "-1e-17, and have no root. clamp(min=0) before the root."
        )
    if abs(itself) > 1e-3:
        raise Wrong(f"the distance of a sample to itself is {itself:.4g}; it must be 0.")


def _check_turned(ask: Callable[[Tensor, Tensor], float]) -> None:
    """Covariances that do not commute, and the same pair after a turn of the whole plane."""
    flat = torch.diag(torch.tensor([16.0, 1], dtype=torch.float64))
    crossed = _turned(flat, 60)
    true = metrics.frechet_gaussians(torch.zeros(2), flat, torch.zeros(2), crossed)
    found, turned = ask(flat, crossed), ask(_turned(flat, 25), _turned(crossed, 25))
    roots = _root(flat) @ _root(crossed)
    mistakes = {
        "you multiply the eigenvalues of A with those of B. A cloud and the same cloud turned then "
        "have distance 0; take the eigenvalues of the product A @ B.": 0,
        "tr(√A·√B) is not tr(√(A·B)): they agree only where A and B have the same axes. Take the "
        "eigenvalues of A @ B.": float(34 - 2 * roots.trace()),
    }
    _named([found], mistakes)
    if math.isnan(found) or math.isnan(turned) or not _near(found, turned):
        raise Wrong(
            f"turning both clouds together changes your distance from {found:.4g} to "
            f"{turned:.4g}. The root of a matrix is not the root of its entries, and A @ B is not "
            "symmetric: torch.linalg.eigvals, not .sqrt() of the matrix or eigvalsh."
        )
    if not _near(found, true):
        raise Wrong(
            f"two long clouds that cross at 60° have distance {true:.4g}; you return {found:.4g}."
        )


def _root(cov: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(cov)
    return vectors @ torch.diag(values.sqrt()) @ vectors.T


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
    real, fake = _cloud(6, 4, 0), _cloud(6, 4, 1) + 2  # far apart: the right value is above 0
    value = _number(answer(real, fake), "your function")
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
    _named([value], mistakes)
    if not _near(value, right, 1e-4):
        raise Wrong(f"on six reals and six fakes the value is {right:.4f}; you return {value:.4f}.")
    _check_sizes(answer, real)
    draws = [(_cloud(5, 4, 2 * i), _cloud(5, 4, 2 * i + 1)) for i in range(1, 100)]
    signs = [_number(answer(*pair), "your function") for pair in draws]
    if min(signs) >= 0 or any(map(math.isnan, signs)):
        raise Wrong(
            "your value is never negative. Between equal distributions it must scatter around 0; "
            "cut off at 0 or under a root, it is too large on average."
        )


def _check_sizes(answer: Callable, real: Tensor) -> None:
    more = _cloud(9, 4, 3) + 2
    with _any_sizes(
        "with 6 reals and 9 fakes your code stops: the two sets may differ in size, so each table "
        "has its own number of pairs."
    ):
        value = _number(answer(real, more), "your function")
    if not _near(value, _kid(real, more), 1e-4):
        raise Wrong(
            "right for equally many reals and fakes, wrong for 6 and 9: each table is divided by "
            "its own number of pairs."
        )


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
    left, right = _cloud(40, 2, 0), _cloud(40, 2, 1) + 30.0
    both = torch.cat([left, right])
    new = _cloud(30, 2, 2)
    same = _pair(answer, both, both)
    if not (_near(same[0], 1) and _near(same[1], 1)):
        raise Wrong(
            "on the same samples precision and recall are 1 and 1: each lies in its own ball. You "
            f"return {same[0]:.2f} and {same[1]:.2f}; one ball is enough (any), not all."
        )
    half, far = _pair(answer, both, left), _pair(answer, left, both)
    _check_halves(half, far)
    sets = ((left, new, 3), (new, left, 3), (both, new, 1), (left, 1.5 * new, 5))
    found = [_pair(answer, *given) for given in sets]
    for (real, fake, k), (p, r) in zip(sets, found, strict=True):
        true = metrics.precision_recall(real, fake, k=k)
        if not _same((p, r), true):
            _named(found, *(_precision_mistakes(*given) for given in sets))
            raise Wrong(
                f"for {len(real)} reals, {len(fake)} fakes and k={k} precision and recall are "
                f"{true[0]:.3f} and {true[1]:.3f}; you return {p:.3f} and {r:.3f}."
            )


def _pair(answer: Callable, real: Tensor, fake: Tensor, k: int = 3) -> tuple[float, float]:
    with _any_sizes(
        f"with {len(real)} reals and {len(fake)} fakes your code stops: the radii of the reals "
        "belong to the rows of cdist(real, fake), [:, None]; those of the fakes to its columns."
    ):
        result = answer(real, fake, k)
    if isinstance(result, Tensor):
        result = tuple(result.tolist()) if result.ndim == 1 else result
    if not isinstance(result, tuple | list) or len(result) != 2:
        raise Wrong("return two numbers: precision, recall.")
    return _number(result[0], "precision"), _number(result[1], "recall")


def _check_halves(half: tuple[float, float], far: tuple[float, float]) -> None:
    """Fakes in one of two clouds: all good, half forgotten. And the other way round."""
    if _near(half[0], 0.5) and _near(half[1], 1) and _near(far[0], 1):
        raise Wrong(
            "precision and recall are exchanged: fakes that sit in one of two clouds are all good "
            "(precision 1), and half of the reals is forgotten (recall ½)."
        )
    if _near(half[1], 1):
        raise Wrong("one of two clouds is forgotten and your recall is still 1; it must be ½.")
    if _near(far[0], 1):
        raise Wrong("half of the fakes is far from every real, and your precision is still 1.")
    if not all(_near(f, s) for f, s in zip(half + far, (1, 0.5, 0.5, 1), strict=True)):
        raise Wrong(
            "fakes in one of two clouds have precision 1 and recall ½, half of them far away ½ and "
            f"1; you return {half[0]:.2f}, {half[1]:.2f} and {far[0]:.2f}, {far[1]:.2f}."
        )


def _share(mask: Tensor) -> float:
    return float(mask.double().mean())


def _precision_mistakes(real: Tensor, fake: Tensor, k: int) -> dict[str, tuple[float, float]]:
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


@exercise(
    title="The memorization ratio",
    proves="copies give 0, new samples about 1, and a few far fakes do not hide the copies.",
    hints=(
        "Two numbers, each a median of distances to the nearest *training* sample: of the fakes, "
        "and of the held-out reals.",
        "torch.cdist(fake, train).amin(dim=1) is each fake's distance to its nearest training "
        "sample.",
        "return torch.cdist(fake, train).amin(1).median() / torch.cdist(held_out, train).amin(1)"
        ".median().",
    ),
)
def memorization(answer: Callable) -> None:
    """Check ``memorization_ratio(fake, train, held_out)`` for features of three sizes."""
    train, held_out = _cloud(60, 5, 0), _cloud(31, 5, 1)
    fresh, wide, copies = _cloud(41, 5, 2), 1.5 * _cloud(41, 5, 4), train[:41].clone()

    def ask(fake: Tensor) -> float:
        with _any_sizes(
            "with 41 fakes, 60 training and 31 held-out samples your code stops: take each set's "
            "median before you divide."
        ):
            return _number(answer(fake, train, held_out), "your function")

    copied, honest = ask(copies), (ask(fresh), ask(wide))
    if math.isinf(copied) or copied > 1e3:
        raise Wrong("for copies the ratio must be 0; yours is upside down: fakes / held-out.")
    true = [metrics.memorization_ratio(fake, train, held_out) for fake in (fresh, wide)]
    if not _same(honest, true):
        _named(honest, *(_memorization_mistakes(f, train, held_out) for f in (fresh, wide)))
        raise Wrong(f"for new samples the ratio is {true[0]:.3f}; you return {honest[0]:.3f}.")
    if abs(copied) > 1e-3:
        raise Wrong(f"copies of training samples must give 0; you return {copied:.3f}.")
    hidden = torch.cat([train[:25], 50 + _cloud(16, 5, 3)])  # 25 copies, 16 far away
    if abs(ask(hidden)) > 1e-3:
        raise Wrong("25 of 41 fakes are copies and 16 far ones hide them. Take the median.")


def _memorization_mistakes(fake: Tensor, train: Tensor, held_out: Tensor) -> dict[str, float]:
    def near(a: Tensor, b: Tensor, how: Callable = torch.median) -> float:
        return float(how(torch.cdist(a, b).amin(1)))

    own = torch.cdist(held_out, held_out).kthvalue(2).values.median()
    pairs, base = torch.cdist(fake, train), torch.cdist(held_out, train)
    ours, honest = near(fake, train), near(held_out, train)
    turned = near(train, fake) / near(train, held_out)
    means = near(fake, train, torch.mean) / near(held_out, train, torch.mean)
    farthest = float(pairs.amax(1).median() / base.amax(1).median())
    all_pairs = "you use all pairs; a copy has one neighbor at distance 0 and all others anywhere. "
    return {
        "upside down: divide the fakes' distance by that of the held-out reals.": honest / ours,
        "you ask, for each training sample, how near a fake comes; copies of a few training "
        "samples go unnoticed. For each *fake*, ask how near a training sample is.": turned,
        "you compare with the held-out reals' distance to the *fakes*; the measure is how near "
        "held-out reals come to the training set.": ours / near(held_out, fake),
        "you compare with the fakes' distance to the *held-out* reals; that changes when the fakes "
        "get worse. Compare with held-out reals against the training set.": ours
        / near(fake, held_out),
        "you compare with distances among the held-out reals; they are fewer than the training "
        "samples, so farther apart. Compare with held-out against training.": ours / float(own),
        "a mean follows outliers: 16 far fakes would hide 25 copies. Take the median.": means,
        all_pairs + "Take the nearest first.": float(pairs.median() / base.median()),
        all_pairs + "Take the nearest first, not a mean.": float(pairs.mean() / base.mean()),
        "you look for the farthest training sample: amin, not amax.": farthest,
        "the distances are not divided by those of the held-out reals, so nobody can tell whether "
        "they are small.": ours,
    }
