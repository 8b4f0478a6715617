"""The D of known slope has the slope that it is said to have."""

import pytest
import torch
from torch.testing import assert_close

from gan_lessons.checks.known import KnownSlope


@pytest.mark.parametrize("power", [1, 2, 3])
@pytest.mark.parametrize("shape", [(5, 2), (1, 2), (4, 3, 2, 6)])
@pytest.mark.parametrize("bias", [None, 0.3])
def test_the_slope_is_known_everywhere(power, shape, bias):
    """D(x) = Σ w·xᵖ/p + b has the slope w·xᵖ⁻¹, whatever b is."""
    weight, x = torch.randn(shape[1:]), torch.randn(shape, requires_grad=True)
    D = KnownSlope(weight.clone(), power, bias)
    logits = D(x)
    assert_close(logits, (weight * x**power).flatten(1).sum(1) / power + (bias or 0.0))
    (slope,) = torch.autograd.grad(logits.sum(), x)
    assert_close(slope, weight * x.detach() ** (power - 1))


def test_it_remembers_what_it_saw_as_it_came():
    D, x = KnownSlope(torch.ones(2)), torch.randn(3, 2, requires_grad=True)
    D(x)
    D(x.detach())
    assert [seen.requires_grad for seen in D.seen] == [True, False]
    assert D.seen[0] is x


@pytest.mark.parametrize(("bias", "names"), [(None, ["weight"]), (0.0, ["weight", "bias"])])
def test_a_bias_is_a_parameter_only_where_one_is_asked_for(bias, names):
    D = KnownSlope(torch.ones(2), bias=bias)
    assert [name for name, _ in D.named_parameters()] == names
