"""The metrics of lesson 09: closed forms, an independent library, and what fools whom."""

import inspect
import math
import warnings

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

from gan_lessons import data, metrics, runtime
from gan_lessons.errors import SettingError


def cloud(n: int, d: int = 8, *, seed: int = 0, shift: float = 0.0, scale: float = 1.0) -> Tensor:
    return scale * torch.randn(n, d, generator=runtime.generator(seed)) + shift


def turn(d: int, seed: int = 0) -> Tensor:
    """A random rotation (or reflection) of d dimensions."""
    return torch.linalg.qr(cloud(d, d, seed=seed).double()).Q


def covariance(d: int, seed: int) -> Tensor:
    x = cloud(4 * d, d, seed=seed).double()
    return x.T @ x / len(x)


PAIRS = [
    (cloud(300), cloud(300, seed=1)),
    (cloud(300, 16), cloud(200, 16, seed=1, shift=0.5)),
    (cloud(250, 32), cloud(300, 32, seed=1, scale=1.7)),
    (cloud(500, 64, scale=5.0, shift=3.0), cloud(500, 64, seed=1, scale=4.0)),
    (cloud(40, 64), cloud(40, 64, seed=1)),  # fewer samples than dimensions: no inverse, no root
]


# -- against an independent library ------------------------------------------------------------


class Features(nn.Identity):
    """Tell torchmetrics that what it gets are features already."""

    def __init__(self, d: int):
        super().__init__()
        self.num_features = d


@pytest.mark.parametrize(("real", "fake"), PAIRS)
def test_frechet_distance_agrees_with_torchmetrics(real, fake):
    theirs = FrechetInceptionDistance(feature=Features(real.shape[1]))
    theirs.update(real.double(), real=True)
    theirs.update(fake.double(), real=False)
    ours = metrics.frechet_distance(real, fake)
    assert ours == pytest.approx(float(theirs.compute()), rel=1e-4)


@pytest.mark.parametrize(("real", "fake"), PAIRS)
def test_kid_agrees_with_torchmetrics(real, fake):
    n = min(len(real), len(fake))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*will save all extracted features.*")
        theirs = KernelInceptionDistance(
            feature=Features(real.shape[1]), subsets=1, subset_size=n, degree=3
        )
    theirs.update(real[:n].double(), real=True)
    theirs.update(fake[:n].double(), real=False)
    mean, deviation = theirs.compute()  # one subset of all samples: nothing is left to chance
    assert float(deviation) == 0
    assert metrics.kid(real[:n], fake[:n]) == pytest.approx(float(mean), abs=1e-6, rel=1e-6)


# -- the Fréchet distance ----------------------------------------------------------------------


@pytest.mark.parametrize("d", [1, 2, 5, 64])
def test_frechet_of_gaussians_with_the_same_axes(d):
    """Diagonal covariances: ‖Δμ‖² + Σ (σa − σb)²."""
    mean_a, mean_b, a, b = cloud(4, d).double()
    closed = (mean_a - mean_b).square().sum() + (a.abs() - b.abs()).square().sum()
    found = metrics.frechet_gaussians(mean_a, a.square().diag(), mean_b, b.square().diag())
    assert_close(found, float(closed))


def test_frechet_distance_of_a_single_feature_is_that_of_two_normals():
    real, fake = torch.randn(50, 1), 3 * torch.randn(60, 1) + 1
    expected = (real.mean() - fake.mean()) ** 2 + (real.std() - fake.std()) ** 2
    assert metrics.frechet_distance(real, fake) == pytest.approx(float(expected), rel=1e-4)


@pytest.mark.parametrize("degrees", [0, 30, 60, 90])
def test_frechet_of_two_long_clouds_that_cross(degrees):
    """In the plane (tr √M)² = tr M + 2 √det M, so tr √(AB) = √(tr AB + 2 √det AB)."""
    a = torch.tensor([[16.0, 0], [0, 1]]).double()
    angle = math.radians(degrees)
    r = torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    b = r.double() @ a @ r.T.double()
    shared = ((a @ b).trace() + 2 * (a @ b).det().sqrt()).sqrt()
    found = metrics.frechet_gaussians(torch.zeros(2), a, torch.zeros(2), b)
    assert_close(found, float(34 - 2 * shared), atol=1e-6, rtol=0)


@pytest.mark.parametrize("d", [2, 8, 64])
def test_frechet_is_a_distance_that_turns_shifts_and_swaps_do_not_change(d):
    a, b, q = covariance(d, 1), covariance(d, 2), turn(d)
    mean_a, mean_b = cloud(2, d).double()
    found = metrics.frechet_gaussians(mean_a, a, mean_b, b)
    assert found > 0
    turned = metrics.frechet_gaussians(q @ mean_a, q @ a @ q.T, q @ mean_b, q @ b @ q.T)
    assert turned == pytest.approx(found, rel=1e-8)
    assert metrics.frechet_gaussians(mean_b, b, mean_a, a) == pytest.approx(found, rel=1e-8)
    assert metrics.frechet_gaussians(mean_a + 7, a, mean_b + 7, b) == pytest.approx(found, rel=1e-8)
    assert metrics.frechet_gaussians(mean_a, a, mean_a, a) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("n", [10, 500])
def test_frechet_of_a_sample_with_itself_is_nothing(n):
    """Also with fewer samples than dimensions, where half of the eigenvalues are 0."""
    assert metrics.frechet_distance(cloud(n, 64), cloud(n, 64)) == pytest.approx(0, abs=1e-4)


def test_frechet_bias_shrinks_like_one_over_n():
    """Two draws of one Gaussian: the distance is d-dependent and falls as 1/N."""
    bias = {
        n: sum(
            metrics.frechet_distance(cloud(n, 32, seed=i), cloud(n, 32, seed=100 + i))
            for i in range(20)
        )
        for n in (200, 400, 800)
    }
    assert bias[200] / bias[400] == pytest.approx(2, rel=0.15)
    assert bias[400] / bias[800] == pytest.approx(2, rel=0.15)


# -- the kernel distance -----------------------------------------------------------------------


def kid_by_hand(real: Tensor, fake: Tensor) -> float:
    """The definition, one pair at a time."""
    a, b, d = real.double().tolist(), fake.double().tolist(), real.shape[1]

    def k(x: list, y: list) -> float:
        return (math.sumprod(x, y) / d + 1) ** 3 if hasattr(math, "sumprod") else _k(x, y, d)

    def within(x: list) -> float:
        pairs = [k(p, q) for i, p in enumerate(x) for j, q in enumerate(x) if i != j]
        return sum(pairs) / len(pairs)

    between = [k(x, y) for x in a for y in b]
    return within(a) + within(b) - 2 * sum(between) / len(between)


def _k(x: list, y: list, d: int) -> float:
    return (sum(p * q for p, q in zip(x, y, strict=True)) / d + 1) ** 3


@pytest.mark.parametrize(("n", "m", "d"), [(2, 2, 1), (5, 3, 4), (20, 30, 8)])
def test_kid_is_its_definition(n, m, d):
    real, fake = cloud(n, d), cloud(m, d, seed=1, shift=0.3)
    assert metrics.kid(real, fake) == pytest.approx(kid_by_hand(real, fake), abs=1e-9)


def test_kid_is_zero_on_average_at_any_n():
    """E = 0 for equal distributions; the diagonal would add a positive term to every draw."""
    for n in (5, 50):
        draws = [metrics.kid(cloud(n, seed=2 * i), cloud(n, seed=2 * i + 1)) for i in range(300)]
        draws = torch.tensor(draws)
        assert abs(draws.mean()) < 4 * draws.std() / math.sqrt(len(draws))
        assert (draws < 0).any()


# -- neighbors ---------------------------------------------------------------------------------

LINE = torch.arange(10.0)[:, None]


@pytest.mark.parametrize("metric", [metrics.precision_recall, metrics.density_coverage])
def test_the_same_samples_have_everything(metric):
    x = cloud(200)
    first, second = metric(x, x.clone())
    assert second == 1
    assert first >= 1


@pytest.mark.parametrize(("kept", "recall"), [(4, 1.0), (2, 0.5), (1, 0.25)])
def test_recall_and_coverage_fall_with_dropped_modes_and_precision_does_not(kept, recall):
    modes = [cloud(50, 4, seed=i, shift=40.0 * i) for i in range(4)]
    real, fake = torch.cat(modes), torch.cat(modes[:kept])
    assert metrics.precision_recall(real, fake) == (1, recall)
    assert metrics.density_coverage(real, fake)[1] == recall


def test_precision_and_recall_change_places_with_the_samples():
    real, fake = cloud(150), cloud(120, seed=1, scale=1.5)
    there, back = metrics.precision_recall(real, fake), metrics.precision_recall(fake, real)
    assert there == back[::-1]
    assert there[0] < there[1]  # wide fakes: many outside, few reals missed


@pytest.mark.parametrize(
    ("at", "precision", "recall"),
    [
        ([0.0, 1, 2, 3, 4], 1, 0.7),  # the ball of 4 reaches to 6
        ([50.0, 51, 52, 53, 54], 0, 0),
        ([0.0, 1, 2, 51, 52], 0.6, 1),  # from 51 the second neighbor is 2: that ball holds all
    ],
)
def test_precision_and_recall_on_a_line(at, precision, recall):
    """Reals at 0 … 9, k = 2: every ball has radius 1, at the two ends 2."""
    fake = torch.tensor(at)[:, None]
    found = metrics.precision_recall(LINE, fake, k=2)
    assert found == pytest.approx((precision, recall))


@pytest.mark.parametrize(
    ("at", "density", "coverage"),
    [
        ([4.0, 4, 4], 1.5, 0.3),  # inside the balls of 3, 4 and 5: three, over k = 2
        ([4.0, 4, 50], 1.0, 0.3),
        ([4.5, 4.5, 4.5], 1.0, 0.2),
        ([-1.5, -1.5, -1.5], 0.5, 0.1),
        ([50.0, 51, 52], 0, 0),
    ],
)
def test_density_and_coverage_on_a_line(at, density, coverage):
    """Reals at 0 … 9, k = 2: balls of radius 1, at the two ends 2."""
    found = metrics.density_coverage(LINE, torch.tensor(at)[:, None], k=2)
    assert found == pytest.approx((density, coverage))


def test_outliers_fool_recall_and_not_coverage():
    """One mode of four, and ten fakes anywhere: their balls hold everything."""
    real = torch.cat([cloud(50, 4, seed=i, shift=8.0 * i) for i in range(4)])
    one = real[:50] + 0.01
    wild = torch.cat([one, cloud(10, 4, seed=9, scale=60.0)])
    assert metrics.precision_recall(real, one)[1] <= 0.3
    assert metrics.precision_recall(real, wild)[1] == 1
    assert metrics.density_coverage(real, wild)[1] <= 0.3


def test_radii_leave_out_the_sample_itself():
    assert metrics.radii(LINE, 1).tolist() == [1.0] * 10
    assert metrics.radii(LINE, 2).tolist() == [2.0] + [1.0] * 8 + [2.0]


@pytest.mark.parametrize("n", [3, 501, 1203])  # also when they come in parts
def test_nearest_is_the_smallest_distance(n):
    a, b = cloud(n).double(), cloud(70, seed=1).double()
    table = (a[:, None] - b[None]).norm(dim=2)
    assert_close(metrics.nearest(a, b), table.amin(dim=1), atol=1e-6, rtol=0)


# -- memory ------------------------------------------------------------------------------------


def test_memorization_ratio_tells_copies_from_new_samples():
    train, held_out, new = (cloud(400, seed=i) for i in range(3))
    assert metrics.memorization_ratio(train[:100], train, held_out) == pytest.approx(0, abs=1e-6)
    ratio = metrics.memorization_ratio(new, train, held_out)
    assert ratio == pytest.approx(1, abs=0.1)
    far = torch.cat([new[:-1], 100 * new[-1:]])  # one that lies far away moves no median
    assert metrics.memorization_ratio(far, train, held_out) == pytest.approx(ratio, abs=0.02)
    assert metrics.memorization_ratio(3 * new, train, held_out) > 2
    assert metrics.memorization_ratio(7 * new, 7 * train, 7 * held_out) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(("copies", "twins"), [(1, 0), (2, 10), (3, 30)])
def test_birthday_counts_pairs(copies, twins):
    """Each of 10 samples c times: 10 · c(c − 1)/2 twins."""
    found, support = metrics.birthday(cloud(10).repeat(copies, 1), twin=1e-3)
    assert found == twins
    n = 10 * copies
    assert support == (math.inf if twins == 0 else n * (n - 1) / 2 / twins)


def test_birthday_estimates_the_number_of_different_samples():
    """N draws of 365 days: S is about N(N − 1)/2 over the twins, within 5 deviations."""
    days = cloud(365, 4)
    rng = runtime.generator(0)
    supports = torch.tensor(
        [
            1 / metrics.birthday(days[torch.randint(365, (200,), generator=rng)], twin=1e-6)[1]
            for _ in range(30)
        ]
    )
    error = float(supports.std()) / math.sqrt(30)
    assert float(supports.mean()) == pytest.approx(1 / 365, abs=5 * error)


# -- the classifier test -----------------------------------------------------------------------


def test_the_classifier_is_at_a_loss_between_equal_distributions():
    """Accuracy ½ on average and p uniform: 5 % of 200 tests below .05, within 4 deviations."""
    results = [
        metrics.classifier_test(
            cloud(100, seed=2 * i), cloud(100, seed=2 * i + 1), rng=runtime.generator(i)
        )
        for i in range(200)
    ]
    accuracy = torch.tensor([a for a, _ in results])
    assert float(accuracy.mean()) == pytest.approx(0.5, abs=4 * 0.05 / math.sqrt(200))
    rejected = sum(p < 0.05 for _, p in results) / 200
    assert rejected == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / 200))


@pytest.mark.parametrize("n", [20, 21, 100])
def test_the_classifier_tells_distant_clouds_apart(n):
    accuracy, p = metrics.classifier_test(
        cloud(n), cloud(2 * n, seed=1, shift=50.0), rng=runtime.generator(0)
    )
    assert accuracy == 1
    assert p < 1e-4


def test_more_samples_make_the_same_difference_more_certain():
    p = [
        metrics.classifier_test(
            cloud(n, 2), cloud(n, 2, seed=1, shift=0.5), rng=runtime.generator(0)
        )[1]
        for n in (50, 400, 3_200)
    ]
    assert p[0] > p[1] > p[2]


# -- the inception-style score -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("probabilities", "score"),
    [
        (torch.eye(10), 10),  # ten images, one of each class
        (torch.eye(10)[:5].repeat(20, 1), 5),
        (torch.eye(10)[:1].repeat(7, 1), 1),  # always the same
        (torch.full((30, 10), 0.1), 1),  # never sure
        (torch.tensor([[0.5, 0.5, 0, 0], [0, 0, 0.5, 0.5]]), 2),
    ],
)
def test_inception_score_counts_the_classes_it_is_sure_of(probabilities, score):
    assert metrics.inception_score(probabilities) == pytest.approx(score)


# -- intervals ---------------------------------------------------------------------------------

SPREAD = [
    ("mean", lambda a, b: float(a.mean() - b.mean()), 0.0, 0.25),
    ("kid", metrics.kid, 0.5, 0.35),
    ("frechet", metrics.frechet_distance, 0.5, 0.35),
    ("precision", lambda a, b: metrics.precision_recall(a, b)[0], 0.5, 0.35),
    ("coverage", lambda a, b: metrics.density_coverage(a, b)[1], 0.5, 0.35),
]


@pytest.mark.parametrize(("name", "metric", "shift", "within"), SPREAD)
def test_the_interval_is_as_wide_as_fresh_samples_spread(name, metric, shift, within):
    """Half its width over 1.96 is the deviation of the metric over 60 fresh draws."""

    def draw(i: int) -> tuple[Tensor, Tensor]:
        return cloud(200, 4, seed=2 * i), cloud(200, 4, seed=2 * i + 1, shift=shift)

    fresh = torch.tensor([metric(*draw(i)) for i in range(60)])
    found = [metrics.interval(metric, *draw(i), rng=runtime.generator(i)) for i in range(5)]
    told = sum((f.high - f.low) / 2 / 1.96 for f in found) / len(found)
    assert told == pytest.approx(float(fresh.std()), rel=within)


ORDER = "torch.randperm(len(x), generator=rng)"
SABOTAGE = {
    "halves with replacement": (ORDER, "torch.randint(len(x), (len(x),), generator=rng)"),
    "quarters": ("// 2", "// 4"),
    "nearly all": ("// 2", "* 9 // 10"),
    "one deviation": ("1.96", "1.0"),
}


def sabotaged(name: str):
    """metrics.interval with one fragment of its source replaced."""
    source, (old, new) = inspect.getsource(metrics.interval), SABOTAGE[name]
    assert old in source
    namespace = dict(metrics.interval.__globals__)
    exec(source.replace(old, new), namespace)
    return namespace["interval"]


def coverage(interval, metric, truth: float, shift: float, *, tries: int = 300) -> float:
    """How often the interval of fresh samples holds the value of the whole population."""
    rng, held = runtime.generator(1), 0
    for _ in range(tries):
        a, b = torch.randn(2, 100, 4, generator=rng, dtype=torch.float64)
        found = interval(metric, a, b + shift, rng=rng, rounds=20)
        held += found.low < truth < found.high
    return held / tries


def gap(a: Tensor, b: Tensor) -> float:
    return float(a.mean() - b.mean())


# Two normal populations in 4 dimensions, 0.5 apart in each, with E s, E s² and E s³ of s = a·b:
# 0, 4, 0 within the first, 1, 7 and 25 within the second, 0, 5 and 0 across.
# KID = E k + E k - 2 E k with k = 1 + 3s/4 + 3s²/16 + s³/64.
TRUTHS = [(gap, -0.5), (metrics.kid, 85 / 64)]


@pytest.mark.parametrize(("metric", "truth"), TRUTHS)
def test_an_interval_of_95_percent_holds_the_truth_about_95_times_in_100(metric, truth):
    """Within 4 deviations of a count of 300; a little less, since the deviation is estimated."""
    assert 0.90 <= coverage(metrics.interval, metric, truth, 0.5) <= 0.98


@pytest.mark.parametrize("name", SABOTAGE)
@pytest.mark.parametrize(("metric", "truth"), TRUTHS)
def test_a_sabotaged_interval_does_not(metric, truth, name):
    assert not 0.90 <= coverage(sabotaged(name), metric, truth, 0.5) <= 0.98


def test_between_equal_populations_halves_are_careful_and_a_bootstrap_is_never_right():
    """KID of real against real: its error falls as 1/N, so halves overstate it by √3. Percentiles
    of draws with replacement lie above 0: a copy that meets itself puts back the diagonal."""

    def bootstrap(metric, *samples, rng, rounds):
        again = [
            metric(*(x[torch.randint(len(x), (len(x),), generator=rng)] for x in samples))
            for _ in range(rounds)
        ]
        ends = torch.tensor(again).quantile(torch.tensor([0.025, 0.975]))
        return metrics.Interval(metric(*samples), *ends.tolist())

    assert coverage(metrics.interval, metrics.kid, 0.0, 0.0, tries=100) >= 0.95
    assert coverage(bootstrap, metrics.kid, 0.0, 0.0, tries=100) <= 0.5


def test_an_interval_holds_its_value_and_says_so():
    found = metrics.interval(
        metrics.kid, cloud(50), cloud(60, seed=1, shift=1.0), rng=runtime.generator(0)
    )
    assert found.low < found.value < found.high
    assert found.value == metrics.kid(cloud(50), cloud(60, seed=1, shift=1.0))
    assert str(metrics.Interval(0.12345, 0.1, 0.2)) == "0.123 (0.1 to 0.2)"


def test_a_bootstrap_puts_the_diagonal_back_and_halves_do_not():
    """Drawn with replacement, a pair is twice the same sample with probability 1/n: the mean of
    the unbiased KID over such draws is the biased one. Over halves it stays the unbiased one."""
    real, fake = cloud(60), cloud(60, seed=1)
    rng = runtime.generator(0)

    def over_draws(pick) -> tuple[float, float]:
        values = torch.tensor([metrics.kid(pick(real), pick(fake)) for _ in range(400)])
        return float(values.mean()), float(values.std() / math.sqrt(len(values)))

    tables = [(a @ b.T / 8 + 1) ** 3 for a, b in ((real, real), (fake, fake), (real, fake))]
    biased = float(tables[0].mean() + tables[1].mean() - 2 * tables[2].mean())
    mean, error = over_draws(lambda x: x[torch.randint(60, (60,), generator=rng)])
    assert mean == pytest.approx(biased, abs=4 * error)
    assert biased > metrics.kid(real, fake) + 8 * error
    mean, error = over_draws(lambda x: x[torch.randperm(60, generator=rng)[:30]])
    assert mean == pytest.approx(metrics.kid(real, fake), abs=4 * error)


# -- what is refused ---------------------------------------------------------------------------

IMAGES = torch.zeros(5, 1, 28, 28)
BROKEN = cloud(9).fill_(float("nan"))
BAD = [
    ((IMAGES, IMAGES), "features"),
    ((cloud(9), cloud(9, 3)), "features"),
    ((cloud(1), cloud(9)), "too few"),
    ((cloud(9), BROKEN), "NaN"),
    ((cloud(9), cloud(9) / 0), "NaN or infinity"),
]
TWO_SETS = [
    metrics.frechet_distance,
    metrics.kid,
    metrics.precision_recall,
    metrics.density_coverage,
    lambda a, b: metrics.classifier_test(a, b, rng=runtime.generator(0)),
]


@pytest.mark.parametrize("metric", TWO_SETS)
@pytest.mark.parametrize(("given", "complaint"), BAD)
def test_what_cannot_be_compared_is_refused_in_three_lines(metric, given, complaint):
    with pytest.raises(SettingError, match=complaint) as error:
        metric(*given)
    assert len(str(error.value).splitlines()) == 3


def test_a_radius_needs_more_than_k_samples():
    with pytest.raises(SettingError, match="too few"):
        metrics.precision_recall(cloud(3), cloud(9), k=3)


@pytest.mark.parametrize("metric", TWO_SETS)
def test_metrics_leave_their_samples_and_the_global_randomness_alone(metric):
    a, b = cloud(30).requires_grad_(True), cloud(30, seed=1)
    kept, state = a.detach().clone(), torch.get_rng_state()
    first, again = metric(a, b), metric(a, b)
    assert first == again
    assert torch.equal(a.detach(), kept)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(isinstance(v, float) for v in (first if isinstance(first, tuple) else (first,)))


# -- the judge ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def strokes():
    return data.strokes()


def trained(images, steps: int, *, seed: int = 0) -> metrics.Judge:
    runtime.seed_everything(seed)
    known = {name: values[:20_000] for name, values in images.factors.items()}
    return metrics.train_judge(
        images.x[:20_000], images.y[:20_000], known, steps=steps, rng=runtime.generator(seed)
    )


@pytest.fixture(scope="module")
def judge(strokes):
    return trained(strokes, 150)


def test_the_judge_reads_digits_it_has_not_seen(judge, strokes):
    held_out, y = strokes.x[-2_000:], strokes.y[-2_000:]
    assert (judge.probabilities(held_out).argmax(1) == y).double().mean() > 0.9
    assert judge.confidence(held_out).median() > 0.9


def test_the_judge_is_about_100_kb(judge):
    kilobytes = sum(t.numel() * t.element_size() for t in judge.state_dict().values()) / 1000
    assert 90 < kilobytes < 110


def test_the_features_have_a_unit(judge, strokes):
    """Mean 0 and deviation 1 on real images, though learned by a running average."""
    x = judge.features(strokes.x[-2_000:])
    assert x.shape == (2_000, 64)
    assert_close(x.mean(0), torch.zeros(64), atol=0.3, rtol=0)
    assert_close(x.std(0), torch.ones(64), atol=0.3, rtol=0)


def test_features_do_not_depend_on_who_else_is_judged(judge, strokes):
    x = strokes.x[:7]
    assert_close(judge.features(x)[3:4], judge.features(x[3:4]), atol=1e-5, rtol=0)
    assert_close(judge.features(x), judge.features(data.to_model_range(x)), atol=1e-5, rtol=0)


def test_features_notice_a_factor_that_was_forgotten(judge, strokes):
    """Only thin strokes: every class is there, the Fréchet distance rises all the same."""
    x, thickness = strokes.x[-4_000:], strokes.factors["thickness"][-4_000:]
    real, held_out = judge.features(x[:2_000]), judge.features(x[2_000:])
    thin = judge.features(x[2_000:][thickness[2_000:] < thickness.median()])
    assert metrics.frechet_distance(real, thin) > 5 * metrics.frechet_distance(real, held_out)


def test_the_same_seed_gives_the_same_judge(strokes):
    a, b = trained(strokes, 3), trained(strokes, 3)
    x = strokes.x[:50]
    assert torch.equal(a.features(x), b.features(x))
    assert not torch.equal(a.features(x), trained(strokes, 3, seed=1).features(x))


@pytest.mark.parametrize(("channels", "size"), [(1, 28), (3, 32), (3, 64)])
@pytest.mark.parametrize("factors", [None, {}, {"hue": torch.linspace(0, 1, 40)}])
def test_a_judge_for_every_kind_of_image(channels, size, factors):
    x = torch.randint(0, 256, (40, channels, size, size), generator=runtime.generator(0)).byte()
    y = torch.arange(40) % 4
    judge = metrics.train_judge(x, y, factors, steps=2, rng=runtime.generator(0))
    assert judge.features(x).shape == (40, 64)
    assert_close(judge.probabilities(x).sum(1), torch.ones(40))
    assert judge.probabilities(x).shape == (40, 4)


def test_a_judge_needs_something_to_learn():
    x, y = torch.zeros(40, 1, 28, 28), torch.zeros(40, dtype=torch.long)
    with pytest.raises(SettingError, match="one class and no known factors"):
        metrics.train_judge(x, y, steps=2, rng=runtime.generator(0))
    factors = {"size": torch.linspace(0, 1, 40)}
    assert metrics.train_judge(x, y, factors, steps=2, rng=runtime.generator(0)).classes == 1


def test_gray_is_the_share_of_ink_that_is_mixed():
    """Four pixels of paper, one of ink, three between; only what is not paper counts."""
    images = torch.tensor([0, 10, 20, 30, 255, 60, 128, 200], dtype=torch.uint8).view(1, 1, 2, 4)
    assert metrics.gray_share(images) == pytest.approx(3 / 4)


def test_blur_raises_gray(strokes):
    soft = nn.functional.avg_pool2d(strokes.x[:200].float(), 3, stride=1, padding=1).round().byte()
    assert metrics.gray_share(soft) > metrics.gray_share(strokes.x[:200]) + 0.1
