"""Exact transport: against all pairings, against scipy, against its own proof."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.optimize import linear_sum_assignment

from gan_lessons import runtime, transport
from gan_lessons.errors import SettingError


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(*shape, generator=runtime.generator(seed), dtype=torch.float64)


def total(cost: np.ndarray, column_of: np.ndarray) -> float:
    return float(cost[np.arange(len(cost)), column_of].sum())


def costs():
    """Yield cost matrices: random, negative, with ties, constant, distances."""
    rng = np.random.default_rng(0)
    for n in (1, 2, 3, 5, 6):
        yield rng.random((n, n))
        yield rng.normal(size=(n, n)) - 3
        yield rng.integers(0, 3, (n, n)).astype(float)
        yield np.zeros((n, n))
        yield torch.cdist(draw(n, 2), draw(n, 2, seed=1)).numpy()


@pytest.mark.parametrize("cost", list(costs()))
def test_no_other_pairing_costs_less(cost):
    column_of, _, _ = transport.assignment(cost)
    n = len(cost)
    assert sorted(column_of) == list(range(n))
    least = min(total(cost, np.array(p)) for p in itertools.permutations(range(n)))
    assert total(cost, column_of) == pytest.approx(least)


@pytest.mark.parametrize("n", [1, 2, 7, 64, 200])
def test_the_prices_prove_that_the_pairs_are_the_best(n):
    """Weak duality: u_i + v_j <= c_ij for all pairs, so no pairing is cheaper than sum u + sum v.

    The certificate holds for the cost that was asked for, whatever the solver did inside.
    """
    cost = torch.cdist(draw(n, 2), 1 + draw(n, 2, seed=1)).numpy()
    kept = cost.copy()
    column_of, u, v = transport.assignment(cost)
    assert (cost == kept).all()
    assert sorted(column_of) == list(range(n))
    assert (u[:, None] + v <= cost + 1e-12).all()
    assert u.sum() + v.sum() == pytest.approx(total(cost, column_of))


def test_against_scipy():
    rng = np.random.default_rng(1)
    for n in (1, 10, 100, 256):
        for cost in (rng.random((n, n)), rng.integers(0, 9, (n, n)).astype(float)):
            best = cost[linear_sum_assignment(cost)].sum()
            assert total(cost, transport.assignment(cost)[0]) == pytest.approx(best)


@pytest.mark.parametrize(
    ("real", "fake", "distance"),
    [
        (torch.tensor([0.0, 1.0]), torch.tensor([3.0, 2.0]), 2.0),  # sorted pairs: 0-2, 1-3
        (torch.tensor([[0.0, 0.0]]), torch.tensor([[3.0, 4.0]]), 5.0),
        (torch.tensor([[0.0, 0.0], [1.0, 0.0]]), torch.tensor([[1.0, 0.0], [0.0, 0.0]]), 0.0),
        # equal means, yet everything must travel
        (torch.tensor([[-1.0, 0.0], [1.0, 0.0]]), torch.tensor([[0.0, 1.0], [0.0, -1.0]]), 2**0.5),
    ],
)
def test_w1_of_a_few_points(real, fake, distance):
    assert transport.w1(real, fake) == pytest.approx(distance)
    assert transport.w1(fake, real) == pytest.approx(distance)


def test_points_of_a_line_in_the_plane_are_as_far_apart_as_on_the_line():
    """Two solvers, one distance: the assignment in the plane and the sorting on the line."""
    x, y = draw(150), 0.5 * draw(150, seed=1) + 2
    direction = torch.tensor([0.6, 0.8], dtype=torch.float64)
    in_plane = transport.w1(x[:, None] * direction, y[:, None] * direction)
    assert in_plane == pytest.approx(transport.w1(x, y))
    assert transport.w1(x[:, None], y[:, None]) == pytest.approx(transport.w1(x, y))


def test_w1_of_a_shift_is_its_length():
    """All samples moved by one vector: no pairing beats moving each to its copy."""
    x = draw(100, 2)
    shift = torch.tensor([0.3, -0.4], dtype=torch.float64)
    assert transport.w1(x, x[torch.randperm(100)] + shift) == pytest.approx(0.5)


def test_w1_is_a_metric():
    a, b, c = draw(60, 2), draw(60, 2, seed=1) + 1, 2 * draw(60, 2, seed=2)
    assert transport.w1(a, a) == 0
    assert transport.w1(a, c) <= transport.w1(a, b) + transport.w1(b, c)
    assert transport.w1(3 * a, 3 * b) == pytest.approx(3 * transport.w1(a, b))


@pytest.mark.parametrize(
    ("real", "fake", "says"),
    [
        (torch.zeros(3, 2), torch.zeros(4, 2), "Take 3 of both"),
        (torch.zeros(3, 2), torch.zeros(3, 3), "one d"),
        (torch.zeros(0, 2), torch.zeros(0, 2), "too few"),
        (torch.zeros(3, 2), torch.full((3, 2), torch.nan), "NaN"),
    ],
)
def test_w1_refuses_what_cannot_be_paired(real, fake, says):
    with pytest.raises(SettingError, match=says):
        transport.w1(real, fake)


# -- what a map pays: lesson 21 ----------------------------------------------------------------


def test_the_cost_is_the_mean_squared_way():
    z, y = torch.tensor([[0.0, 0.0], [1.0, 1.0]]), torch.tensor([[3.0, 4.0], [1.0, 1.0]])
    assert transport.cost(z, y) == 12.5
    assert transport.cost(z.reshape(2, 1, 2, 1), y.reshape(2, 1, 2, 1)) == 12.5


def test_the_cost_pulls_each_sample_straight_home_and_rests_where_nothing_moved():
    """The gradient by y_i is 2 (y_i − z_i) / B, and 0, not NaN, at y = z."""
    z = draw(5, 2)
    y = (2 * draw(5, 2, seed=1)).requires_grad_()
    (pull,) = torch.autograd.grad(transport.cost(z, y), y)
    torch.testing.assert_close(pull, 2 * (y.detach() - z) / 5)
    still = z.clone().requires_grad_()
    (pull,) = torch.autograd.grad(transport.cost(z, still), still)
    assert not pull.any()


@pytest.mark.parametrize("n", [2, 5, 6])
def test_a_map_against_all_pairings(n):
    z, y = draw(n, 2), draw(n, 2, seed=1)
    squares = torch.cdist(z, y).square().numpy()
    least = min(total(squares, np.array(p)) for p in itertools.permutations(range(n)))
    assert transport.over_cheapest(z, y) == pytest.approx(float(squares.trace()) / least)


def test_a_gradient_of_a_convex_function_cannot_be_beaten():
    """Brenier's theorem: z -> Az + b with A symmetric and positive is the cheapest map."""
    z = draw(80, 2)
    A = torch.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=torch.float64)
    assert transport.over_cheapest(z, z @ A + 1) == pytest.approx(1)


def test_a_map_that_stays_cannot_be_beaten_and_one_that_only_exchanges_can():
    z = draw(5, 2)
    assert transport.over_cheapest(z, z) == 1
    assert transport.over_cheapest(z, z.flip(0)) == math.inf


def test_a_turned_map_pays_more_and_makes_the_same_samples():
    """A quarter turn of the noise moves no sample's distribution, and every sample."""
    z = draw(100, 2)
    turned = z.flip(1) * torch.tensor([-1.0, 1.0], dtype=torch.float64)
    assert transport.over_cheapest(z, 2 * z) == pytest.approx(1)
    assert transport.over_cheapest(z, 2 * turned) > 3


@pytest.mark.parametrize(
    ("z", "y", "says"),
    [
        (torch.zeros(3, 2), torch.zeros(4, 2), "row by row"),
        (torch.zeros(3, 2), torch.full((3, 2), torch.nan), "NaN"),
    ],
)
def test_over_cheapest_refuses_what_is_no_map(z, y, says):
    with pytest.raises(SettingError, match=says):
        transport.over_cheapest(z, y)
