"""The distributions in the plane are the ones that the papers describe, and batches are fair."""

import dataclasses
import math
from itertools import islice

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from gan_lessons import data, runtime
from gan_lessons.errors import SettingError
from tests.three_lines import complaints

N = 20_000
LINE = [(-2, -1), (-1, 1.5), (0, -0.5), (1, 1.5), (2, -1)]
LETTER = [[(-1, -1), (0, 1), (1, -1)], [(-0.5, 0), (0.5, 0)]]  # an A
SETS = {
    "ring": data.ring,
    "grid": data.grid,
    "moons": data.moons,
    "spiral": data.spiral,
    "drawn": lambda n=N, **more: data.drawn(LINE, n, **more),
    "letter": lambda n=N, **more: data.drawn(LETTER, n, **more),
}


@pytest.fixture(params=SETS)
def points(request):
    """A function that makes one of the sets."""
    return SETS[request.param]


@pytest.mark.parametrize("n", [1, 5, 1000])
def test_every_set_has_the_one_shape_of_answer(points, n):
    answer = points(n)
    assert answer.x.shape == (n, 2)
    assert answer.x.dtype == torch.float32
    assert answer.y.shape == (n,)
    assert answer.y.dtype == torch.int64
    assert len(answer) == n
    assert answer.name in repr(answer)
    assert f"{n:,} samples" in repr(answer)
    assert answer.license
    with pytest.raises(dataclasses.FrozenInstanceError):
        answer.name = "other"


def test_a_seed_fixes_the_points_and_nothing_else_moves_them(points):
    """The global source is neither read nor moved."""
    torch.manual_seed(0)
    first, after = points(50, seed=3), torch.randn(2)
    torch.manual_seed(0)
    torch.randn(1)
    again = points(50, seed=3)
    assert torch.equal(first.x, again.x)
    assert torch.equal(first.y, again.y)
    assert not torch.equal(first.x, points(50, seed=4).x)
    torch.manual_seed(0)
    assert torch.equal(torch.randn(2), after)


def grid_of_pacgan():
    return torch.tensor([[x, y] for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)]).float()


def circle(modes: int, radius: float):
    angles = [2 * math.pi * k / modes for k in range(modes)]
    return torch.tensor([[radius * math.cos(a), radius * math.sin(a)] for a in angles])


@pytest.mark.parametrize(
    ("points", "centers", "sigma"),
    [
        (data.ring(N), circle(8, 2.0), 0.02),
        (data.ring(N, modes=5, radius=1.0, sigma=0.01), circle(5, 1.0), 0.01),
        (data.grid(N), grid_of_pacgan(), 0.05),
    ],
)
def test_a_mixture_has_its_centers_its_spread_and_equal_weights(points, centers, sigma):
    """Counts within 5 deviations of N/K; each mode's mean and deviation within 5 of theirs."""
    assert_close(points.centers, centers)
    assert points.sigma == sigma
    counts, modes = points.y.bincount(), len(centers)
    assert len(counts) == modes
    spread = math.sqrt(N / modes * (1 - 1 / modes))
    assert (counts - N / modes).abs().max() < 5 * spread
    for mode, center in enumerate(centers):
        own = points.x[points.y == mode] - center
        error = sigma / math.sqrt(len(own))
        assert own.mean(dim=0).abs().max() < 5 * error
        assert (own.std(dim=0) - sigma).abs().max() < 5 * error / math.sqrt(2)


def test_the_moons_are_two_half_circles():
    moons = data.moons(N, sigma=0.0)
    for mode, center, side in ((0, (-0.5, -0.25), 1), (1, (0.5, 0.25), -1)):
        own = moons.x[moons.y == mode] - torch.tensor(center)
        assert_close(own.norm(dim=1), torch.ones(len(own)))
        assert (side * own[:, 1] > -1e-6).all()
    assert_close(moons.x.mean(dim=0), torch.zeros(2), atol=0.05, rtol=0)


def test_the_spiral_winds_outward():
    """Radius .4 + 1.6·t at angle 2π·turns·t, t uniform."""
    spiral = data.spiral(N, turns=0.5, sigma=0.0)
    radius = spiral.x.norm(dim=1)
    t = (radius - 0.4) / 1.6
    angle = torch.atan2(spiral.x[:, 1], spiral.x[:, 0])
    assert_close(angle, math.pi * t, atol=1e-4, rtol=0)
    assert t.min() > -1e-6
    assert t.max() < 1 + 1e-6
    assert t.mean() == pytest.approx(0.5, abs=5 * math.sqrt(1 / 12 / N))


@pytest.mark.parametrize("make", [data.moons, data.spiral])
def test_noise_is_as_wide_as_said(make):
    """The same draw without noise is the noise's origin."""
    noise = make(N, sigma=0.1).x - make(N, sigma=0.0).x
    assert noise.std() == pytest.approx(0.1, rel=0.03)


def test_a_drawing_is_even_along_its_line():
    """Each piece gets points in proportion to its length; without noise all lie on the line."""
    corners = torch.tensor([(0.0, 0.0), (3.0, 0.0), (3.0, 1.0)])
    drawing = data.drawn(corners, N, sigma=0.0)
    share = drawing.y.bincount() / N
    assert_close(share, torch.tensor([0.75, 0.25]), atol=5 * math.sqrt(0.75 * 0.25 / N), rtol=0)
    first = drawing.x[drawing.y == 0]
    assert (first[:, 1] == 0).all()
    assert first[:, 0].mean() == pytest.approx(1.5, abs=0.05)
    assert (drawing.x[drawing.y == 1][:, 0] == 3).all()


def test_between_two_lines_the_pen_is_lifted():
    """No point lies on the way from one line to the next; each line gets its share of points."""
    drawing = data.drawn(LETTER, N, sigma=0.0)
    legs = 2 * math.hypot(1, 2)
    share = drawing.y.bincount() / N
    expected = torch.tensor([legs / 2, legs / 2, 1.0]) / (legs + 1)
    assert_close(share, expected, atol=0.02, rtol=0)
    bar = drawing.x[drawing.y == 2]
    assert (bar[:, 1] == 0).all()
    assert bar[:, 0].abs().max() <= 0.5
    x, y = drawing.x[drawing.y < 2].T
    assert_close(y, 1 - 2 * x.abs())  # |x| = 0 at the top, 1 at the feet


@pytest.mark.parametrize("lines", [LETTER[:1], torch.tensor([LETTER[0]])], ids=["list", "tensor"])
def test_one_line_in_a_list_is_that_line(lines):
    assert torch.equal(data.drawn(lines, 100).x, data.drawn(LETTER[0], 100).x)


@pytest.mark.parametrize(
    "corners",
    [
        [],
        [(1, 1)],
        [(1, 1), (1, 1)],
        [1, 2, 3],
        [(1, 2, 3), (4, 5, 6)],
        [[[1, 2]], [[3, 4]]],
        [LINE, [(0, 0)]],
        [LINE, []],
        [LINE, [(0, 0), (0, 0)]],
        [(0, 0), (1, 1, 1)],
        [(0, 0), (1, math.nan)],
        [(0, 0), (1, math.inf)],
        "GAN",
        None,
    ],
)
def test_a_drawing_that_is_none_is_told_in_three_lines(corners):
    with pytest.raises(SettingError) as info:
        data.drawn(corners)
    assert complaints(info.value) == []


# -- a set of one's own ----------------------------------------------------------------------


@pytest.mark.parametrize("x", [[(0, 1.5), (2, 3)], np.array([[0, 1.5], [2, 3]])])
def test_a_set_of_one_s_own_needs_no_more_than_its_numbers(x):
    own = data.Dataset(x)
    assert_close(own.x, torch.tensor([[0, 1.5], [2, 3]]))  # float32
    assert torch.equal(own.y, torch.zeros(2, dtype=torch.long))
    assert repr(own) == "your data: 2 samples of 2 (torch.float32), yours"
    assert (own.factors, own.centers, own.sigma) == ({}, None, None)


def test_images_of_one_s_own_stay_as_they_are():
    x = torch.randint(256, (5, 3, 8, 8), dtype=torch.uint8)
    own = data.Dataset(x, y=[1, 0, 1, 0, 1], name="cats and dogs")
    assert own.x is x
    assert own.y.tolist() == [1, 0, 1, 0, 1]
    assert own.y.dtype == torch.int64


@pytest.mark.parametrize(
    ("x", "more"),
    [
        (None, {}),
        (3.0, {}),
        ("points", {}),
        ([[1, 2], [3]], {}),
        (torch.zeros(3, 2), {"y": torch.zeros(2, dtype=torch.long)}),
        (torch.zeros(3, 2), {"y": torch.zeros(3)}),
        (torch.zeros(3, 2), {"y": torch.zeros(3, 1, dtype=torch.long)}),
        (torch.zeros(3, 2), {"y": ["cat", "dog", "cat"]}),
    ],
)
def test_a_set_that_is_none_is_told_in_three_lines(x, more):
    with pytest.raises(SettingError) as info:
        data.Dataset(x, **more)
    assert complaints(info.value) == []


# -- batches ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("n", "batch_size"), [(12, 4), (12, 5), (7, 7), (3, 1)])
def test_each_round_shows_every_sample_at_most_once(n, batch_size):
    """⌊n / batch⌋ batches a round, whole ones only, all different samples, a new order each."""
    x = torch.arange(n)[:, None]
    stream = data.batches(x, batch_size, rng=runtime.generator(0))
    rounds = []
    for _ in range(20):
        seen = torch.cat(list(islice(stream, n // batch_size))).flatten().tolist()
        assert len(seen) == n // batch_size * batch_size
        assert len(set(seen)) == len(seen)
        rounds.append(seen)
    assert len({tuple(seen) for seen in rounds}) > 1
    assert {value for seen in rounds for value in seen} == set(range(n))


def test_the_order_is_the_generator_s():
    x = torch.arange(10)

    def first(seed: int) -> list:
        return next(data.batches(x, 10, rng=runtime.generator(seed))).tolist()

    assert first(1) == first(1) != first(2)


@pytest.mark.parametrize("batch_size", [0, -1, 11])
def test_a_batch_that_cannot_be_is_told_at_once(batch_size):
    with pytest.raises(SettingError) as info:
        data.batches(torch.zeros(10, 2), batch_size, rng=runtime.generator(0))
    assert complaints(info.value) == []
    assert f"batch_size={batch_size}" in str(info.value)


def test_a_set_that_is_empty_is_told_as_that():
    """2,000 held out of 2,000: no batch_size would do."""
    with pytest.raises(SettingError, match=r"no samples .* \(0, 3, 32, 32\)") as info:
        data.batches(torch.zeros(0, 3, 32, 32), 64, rng=runtime.generator(0))
    assert complaints(info.value) == []


def test_the_way_into_the_model_s_range_and_back_loses_nothing():
    pixels = torch.arange(256, dtype=torch.uint8)
    inside = data.to_model_range(pixels)
    assert inside.dtype == torch.float32
    assert_close(inside[[0, 255]], torch.tensor([-1.0, 1.0]))
    assert torch.equal(data.to_image_range(inside), pixels)
    assert data.to_image_range(torch.tensor([-1.3, 1.7])).tolist() == [0, 255]
