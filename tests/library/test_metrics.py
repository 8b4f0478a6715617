"""The metrics, on samples whose score is known exactly."""

import math

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from gan_lessons import data, metrics, runtime

RING = data.ring(20_000)
C, SIGMA = RING.centers, RING.sigma
FAR = torch.tensor([[9.0, 9.0]])


def at(modes: int, times: int) -> Tensor:
    """Return ``times`` samples exactly at each of the first ``modes`` centers."""
    return C[:modes].repeat(times, 1)


@pytest.mark.parametrize(
    ("samples", "hits"),
    [
        (at(8, 3), [3] * 8),
        (at(2, 5), [5, 5, 0, 0, 0, 0, 0, 0]),
        (torch.cat([at(1, 4), FAR]), [4, 0, 0, 0, 0, 0, 0, 0]),
        (FAR, [0] * 8),
        (C + torch.tensor([2.9 * SIGMA, 0]), [1] * 8),
        (C + torch.tensor([0, 3.1 * SIGMA]), [0] * 8),
        (C + torch.tensor([2.9 * SIGMA, 2.9 * SIGMA]), [0] * 8),  # a disk, not a square
    ],
)
def test_high_quality_hits(samples, hits):
    assert metrics.high_quality_hits(samples, C, SIGMA).tolist() == hits
    share = metrics.high_quality_share(samples, C, SIGMA)
    assert share == pytest.approx(sum(hits) / len(samples))


def test_a_sample_near_two_overlapping_modes_counts_once_for_the_nearer():
    centers = torch.tensor([[0.0, 0.0], [1.0, 0.0]])
    samples = torch.tensor([[0.4, 0.0], [0.6, 0.0], [0.45, 0.0]])
    assert metrics.high_quality_hits(samples, centers, 1.0).tolist() == [2, 1]


@pytest.mark.parametrize(
    ("counts", "strict", "paper"),
    [
        ([100] * 8, 8, 8),
        ([100, 100, 100, 1, 1, 1, 1, 1], 3, 8),
        ([800, 0, 0, 0, 0, 0, 0, 0], 1, 1),
        ([680, 20, 20, 20, 20, 20, 20, 0], 7, 7),  # 20 of 800: exactly a fifth of the fair share
        ([686, 19, 19, 19, 19, 19, 19, 0], 1, 7),
        ([0] * 8, 0, 0),
    ],
)
def test_modes_covered_strict_and_as_in_the_papers(counts, strict, paper):
    samples = torch.cat([C[i : i + 1].repeat(n, 1) for i, n in enumerate(counts)])
    missing = 800 - len(samples)
    samples = torch.cat([samples, FAR.repeat(missing, 1)])
    assert len(samples) == 800
    assert metrics.modes_covered(samples, C, SIGMA) == strict
    assert metrics.modes_covered(samples, C, SIGMA, share=0) == paper


def test_the_fair_share_is_one_of_all_samples_not_of_the_good_ones():
    samples = torch.cat([at(8, 3), FAR.repeat(8 * 97, 1)])
    assert metrics.modes_covered(samples, C, SIGMA) == 0


def test_with_few_samples_a_mode_still_needs_one():
    """A fifth of the fair share of 8 samples is 0.2; no sample is not enough."""
    assert metrics.modes_covered(at(3, 1), C, SIGMA) == 3


def test_a_perfect_sampler_reaches_the_ceiling_and_no_more():
    """P(|Gaussian in the plane| <= 3 sigma) = 1 - exp(-9/2) = 98.9 %, within 5 deviations."""
    assert_close(metrics.HIGH_QUALITY_CEILING, 0.98889, atol=1e-5, rtol=0)
    p, n = metrics.HIGH_QUALITY_CEILING, len(RING)
    assert abs(metrics.high_quality_share(RING.x, C, SIGMA) - p) < 5 * math.sqrt(p * (1 - p) / n)
    assert metrics.modes_covered(RING.x, C, SIGMA) == 8


# -- energy distance -------------------------------------------------------------------------


def cloud(n: int, seed: int, shift: float = 0.0) -> Tensor:
    return torch.randn(n, 2, generator=runtime.generator(seed)) + shift


def by_hand(real: Tensor, fake: Tensor) -> float:
    """The definition, one pair at a time, in float64."""
    a, b = real.double().tolist(), fake.double().tolist()
    between = sum(math.dist(x, y) for x in a for y in b) / (len(a) * len(b))

    def within(points: list) -> float:
        n = len(points)
        return sum(math.dist(x, y) for x in points for y in points) / (n * (n - 1))

    return 2 * between - within(a) - within(b)


@pytest.mark.parametrize(("n", "m", "shift"), [(2, 2, 1.0), (5, 3, 0.0), (30, 40, 0.5)])
def test_energy_distance_is_its_definition(n, m, shift):
    real, fake = cloud(n, 0), cloud(m, 1, shift)
    assert metrics.energy_distance(real, fake) == pytest.approx(by_hand(real, fake), abs=1e-5)


@pytest.mark.parametrize("gap", [0.5, 3.0, 100.0])
@pytest.mark.parametrize("n", [2, 200])
def test_energy_distance_of_two_places_is_twice_the_way_between_them(gap, n):
    """Two point masses at distance d: 2·d − 0 − 0."""
    here = torch.zeros(n, 2)
    there = here + torch.tensor([gap, 0.0])
    assert metrics.energy_distance(here, there) == pytest.approx(2 * gap, rel=1e-5)


def test_energy_distance_of_two_segments():
    """Uniform on [0, 1] against uniform on [a, a + 1], a >= 1: 2·a − 1/3 − 1/3."""
    line = torch.linspace(0, 1, 2001)[:, None]
    found = metrics.energy_distance(line, line + 2)
    assert found == pytest.approx(2 * 2 - 2 / 3, abs=2e-3)


@pytest.mark.parametrize("change", ["swap", "turn", "move", "scale"])
def test_energy_distance_knows_no_direction_and_no_place(change):
    real, fake = cloud(300, 0), cloud(300, 1, 0.5)
    distance = metrics.energy_distance(real, fake)
    turn = torch.tensor([[0.6, -0.8], [0.8, 0.6]])
    changed = {
        "swap": lambda: metrics.energy_distance(fake, real),
        "turn": lambda: metrics.energy_distance(real @ turn, fake @ turn),
        "move": lambda: metrics.energy_distance(real + 20, fake + 20),
        "scale": lambda: metrics.energy_distance(3 * real, 3 * fake) / 3,
    }[change]()
    assert changed == pytest.approx(distance, abs=2e-4)


def test_energy_distance_scatters_around_zero_for_equal_distributions():
    """The estimate is unbiased: over 200 pairs of samples the mean is 0 within 5 standard errors.

    The one that counts a point's distance to itself is biased upward, and fails the same bound.
    """

    def biased(real: Tensor, fake: Tensor) -> float:
        n = len(real)
        within = torch.cdist(real, real).mean() + torch.cdist(fake, fake).mean()
        assert len(fake) == n
        return float(2 * torch.cdist(real, fake).mean() - within)

    def mean_in_errors(estimate) -> float:
        found = torch.tensor([estimate(cloud(50, 2 * i), cloud(50, 2 * i + 1)) for i in range(200)])
        return float(found.mean() / (found.std() / math.sqrt(len(found))))

    assert abs(mean_in_errors(metrics.energy_distance)) < 5
    assert mean_in_errors(biased) > 5


def test_energy_distance_sees_a_forgotten_mode():
    half = RING.x[:4000]
    whole = metrics.energy_distance(half[:2000], half[2000:])
    missing = metrics.energy_distance(half[:2000], half[2000:][RING.y[2000:4000] < 7])
    assert abs(whole) < 5e-3
    assert missing > 1e-2
