"""The penalties on critics whose slope is known everywhere."""

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from gan_lessons import models, penalties, runtime

SHAPES = [(8, 2), (1, 2), (6, 3, 4, 4)]


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=runtime.generator(seed))


class Linear(nn.Module):
    """D(x) = w·x + 5: its slope is w at every point."""

    def __init__(self, weight: Tensor):
        super().__init__()
        self.weight = nn.Parameter(weight)

    def forward(self, x: Tensor) -> Tensor:
        return (self.weight * x).flatten(1).sum(1) + 5


class Bowl(nn.Module):
    """D(x) = ½‖x‖²: its slope at x is x. It remembers where it was asked."""

    def __init__(self):
        super().__init__()
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(x.detach())
        return x.square().flatten(1).sum(1) / 2


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("length", [0.0, 0.5, 1.0, 3.0])
def test_a_linear_critic_costs_what_its_slope_says(shape, length):
    """D(x) = w·x: GP = λ(‖w‖ − 1)² and R1 = R2 = (γ/2)‖w‖², wherever the samples lie."""
    weight = draw(*shape[1:])
    D = Linear(length * weight / weight.norm())
    real, fake = draw(*shape), draw(*shape, seed=1)
    gp = penalties.gradient_penalty(D, real, fake, weight=7.0)
    assert_close(gp, torch.tensor(7.0 * (length - 1) ** 2), atol=1e-4, rtol=1e-4)
    for r in (penalties.r1, penalties.r2):
        assert_close(r(D, real, fake, gamma=3.0), torch.tensor(1.5 * length**2))


@pytest.mark.parametrize("shape", SHAPES)
def test_slopes_are_the_gradients_of_the_logits(shape):
    x = draw(*shape)
    assert_close(penalties.slopes(Bowl(), x), x.flatten(1))
    assert not x.requires_grad


def test_r1_looks_at_real_samples_and_r2_at_fake_ones():
    """D(x) = ½‖x‖²: R1 = (γ/2)·E‖real‖², a sum within a sample, a mean over samples."""
    real, fake = draw(5, 3, 2, 2), 2 * draw(5, 3, 2, 2, seed=1)
    for r, seen in ((penalties.r1, real), (penalties.r2, fake)):
        assert_close(r(Bowl(), real, fake, gamma=0.5), 0.25 * seen.square().sum() / 5)
    assert_close(penalties.r1(Bowl(), real, gamma=1.0), real.square().sum() / 10)
    assert_close(penalties.r2(Bowl(), None, fake, gamma=1.0), fake.square().sum() / 10)


def test_the_zero_centered_penalty_is_r1_and_r2_together():
    real, fake = draw(5, 3, 2, 2), 2 * draw(5, 3, 2, 2, seed=1)
    both = penalties.zero_centered(Bowl(), real, fake, gamma=0.5)
    assert_close(both, 0.25 * (real.square().sum() + fake.square().sum()) / 5)


@pytest.mark.parametrize("shape", [(3000, 2), (3000, 1, 2, 2)])
def test_each_point_lies_evenly_at_random_between_its_real_and_its_fake_sample(shape):
    """Real 0 and fake 1: the points *are* 1 − α, so one number each, spread as U(0, 1)."""
    D = Bowl()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        penalties.gradient_penalty(D, torch.zeros(shape), torch.ones(shape))
    (x,) = D.seen
    alpha = x.flatten(1)
    assert_close(alpha, alpha[:, :1].expand_as(alpha))
    even = (torch.arange(3000) + 0.5) / 3000
    assert (alpha[:, 0].sort().values - even).abs().max() < 0.05


@pytest.mark.parametrize(
    "penalty",
    [
        penalties.gradient_penalty,
        lambda D, real, fake: penalties.r1(D, real, fake, gamma=1.0),
        lambda D, real, fake: penalties.r2(D, real, fake, gamma=1.0),
        lambda D, real, fake: penalties.zero_centered(D, real, fake, gamma=1.0),
    ],
    ids=["gradient penalty", "r1", "r2", "zero-centered"],
)
def test_a_penalty_trains_d_and_never_g(penalty):
    D = models.plane_discriminator(width=8)
    real, fake = draw(16, 2), draw(16, 2, seed=1).requires_grad_()
    penalty(D, real, fake).backward()
    first, *_, last = (p for p in D.parameters() if p.ndim == 2)
    assert first.grad.any()
    assert last.grad.any()
    assert fake.grad is None


def test_the_penalty_has_a_finite_gradient_where_d_is_flat():
    D = Linear(torch.zeros(2))
    got = penalties.gradient_penalty(D, draw(8, 2), draw(8, 2, seed=1))
    got.backward()
    assert_close(got.detach(), torch.tensor(10.0), atol=1e-3, rtol=0)
    assert D.weight.grad.isfinite().all()


@pytest.mark.parametrize("limit", [0.01, 0.3])
def test_clipped_weights_are_the_nearest_within_the_limits(limit):
    D = models.plane_discriminator(width=8)
    before = [p.detach().clone() for p in D.parameters()]
    penalties.clip_weights(D, limit=limit)
    for p, old in zip(D.parameters(), before, strict=True):
        assert_close(p.detach(), old.clamp(-limit, limit))
        assert p.requires_grad
    assert any((old.abs() > limit).any() for old in before)
