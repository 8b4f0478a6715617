"""The interval of a mean over seeds is Student's."""

import math

import pytest
import torch
from torch.testing import assert_close

from gan_lessons import metrics


def share_within(t: float, freedom: int) -> float:
    """Return P(|T| <= t) of Student's distribution, by adding up its density."""
    x = torch.linspace(0, t, 200_001, dtype=torch.float64)
    density = (1 + x.square() / freedom).pow(-(freedom + 1) / 2)
    scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)
    scale = math.exp(scale) / math.sqrt(freedom * math.pi)
    return 2 * scale * torch.trapezoid(density, x).item()


@pytest.mark.parametrize("n", range(2, 11))
def test_the_table_holds_95_percent_of_student_s_distribution(n):
    assert share_within(metrics.STUDENT[n - 2], n - 1) == pytest.approx(0.95, abs=2e-4)


def test_two_values_by_hand():
    """Mean 1, s = √2, s/√2 = 1: the interval reaches t = 12.706 to both sides."""
    ends = metrics.over_seeds(torch.tensor([0.0, 2.0]))
    assert_close(torch.stack(ends), 1 + 12.706 * torch.tensor([-1.0, 0.0, 1.0]))


def test_rows_are_taken_one_by_one():
    values = torch.randn(3, 4, 5, generator=torch.Generator().manual_seed(0))
    together = torch.stack(metrics.over_seeds(values))
    assert together.shape == (3, 3, 4)
    assert_close(together[:, 1, 2], torch.stack(metrics.over_seeds(values[1, 2])))


def test_a_broken_run_leaves_no_mean():
    assert all(end.isnan() for end in metrics.over_seeds(torch.tensor([1.0, torch.nan, 3.0])))


@pytest.mark.parametrize(("n", "share"), [(3, 0.95), (5, 0.95), (30, 0.97)])
def test_intervals_hold_the_truth_as_often_as_they_say(n, share):
    """20,000 times n normal values: 95 % of the intervals hold their mean, 0; more than ten
    values get the t of ten, which makes intervals a little too wide."""
    values = torch.randn(20_000, n, generator=torch.Generator().manual_seed(0))
    low, _, high = metrics.over_seeds(values)
    found = ((low < 0) & (high > 0)).double().mean().item()
    assert found == pytest.approx(share, abs=0.008)
