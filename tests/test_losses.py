"""The losses are the formulas of the paper, written so that they stay finite."""

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.testing import assert_close

from gan_lessons import losses

LOGITS = torch.linspace(-8, 8, 33, dtype=torch.float64)
CERTAIN = (-100.0, 100.0)
LOSSES = (losses.cross_entropy_d, losses.saturating_g, losses.non_saturating_g)


def slope(loss_g, logit: float) -> float:
    """Return the derivative of G's loss by one fake logit."""
    fake_logits = torch.tensor([logit], requires_grad=True)
    return torch.autograd.grad(loss_g(None, fake_logits), fake_logits)[0].item()


def sigmoid(t: Tensor) -> Tensor:
    return 1 / (1 + torch.exp(-t))


@pytest.mark.parametrize(
    ("loss", "value"),
    [
        (losses.cross_entropy_d, 2 * math.log(2)),  # D = 1/2 everywhere: log 4
        (losses.saturating_g, -math.log(2)),
        (losses.non_saturating_g, math.log(2)),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 256])
def test_a_d_that_says_nothing(loss, value, size):
    zero = torch.zeros(size)
    assert_close(loss(zero, zero), torch.tensor(value), atol=1e-6, rtol=0)


@pytest.mark.parametrize(
    ("loss", "formula"),
    [
        (
            losses.cross_entropy_d,
            lambda r, f: -(sigmoid(r).log().mean() + (1 - sigmoid(f)).log().mean()),
        ),
        (losses.saturating_g, lambda r, f: (1 - sigmoid(f)).log().mean()),
        (losses.non_saturating_g, lambda r, f: -sigmoid(f).log().mean()),
    ],
)
def test_the_formulas_of_the_paper(loss, formula):
    """With D = sigmoid(logit), in float64: Goodfellow et al. 2014, equation 1 and section 3."""
    assert_close(loss(LOGITS, LOGITS.flip(0) + 1), formula(LOGITS, LOGITS.flip(0) + 1))


def test_d_is_a_classifier_with_labels_one_and_zero():
    """softplus on logits = BCE with logits against labels 1 (real) and 0 (fake)."""
    real, fake = LOGITS, LOGITS.flip(0) - 2
    bce = F.binary_cross_entropy_with_logits
    labelled = bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))
    assert_close(losses.cross_entropy_d(real, fake), labelled)
    assert_close(losses.non_saturating_g(None, fake), bce(fake, torch.ones_like(fake)))
    assert_close(losses.saturating_g(None, fake), -bce(fake, torch.zeros_like(fake)))


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("real", CERTAIN)
@pytest.mark.parametrize("fake", CERTAIN)
def test_finite_where_d_is_certain(loss, real, fake):
    logits = torch.tensor([real, fake], requires_grad=True)
    value = loss(logits[:1], logits[1:])
    value.backward()
    assert value.isfinite()
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize(
    ("loss_g", "logit", "expected"),
    [
        # -σ(t) and -σ(-t)
        (losses.saturating_g, -10.0, -4.5398e-5),
        (losses.non_saturating_g, -10.0, -1.0),
        (losses.saturating_g, 0.0, -0.5),
        (losses.non_saturating_g, 0.0, -0.5),
        (losses.saturating_g, 10.0, -1.0),
        (losses.non_saturating_g, 10.0, -4.5398e-5),
    ],
)
def test_the_slopes_of_the_two_generator_losses(loss_g, logit, expected):
    """They agree only at logit 0; where D is sure of a fake, only one of them has a slope."""
    assert slope(loss_g, logit) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("size", [1, 5, 64])
def test_the_mean_is_taken_so_that_a_batch_given_twice_is_the_same(size):
    real, fake = torch.randn(2, size, generator=torch.Generator().manual_seed(size))
    for loss in LOSSES:
        assert loss(real, fake).shape == ()
        assert_close(loss(real.repeat(2), fake.repeat(2)), loss(real, fake))


def test_minimax_and_non_saturating_are_two_games_with_one_d():
    """Libraries have called one by the other's name; the slope at logit -10 separates them."""
    assert losses.minimax != losses.non_saturating
    assert losses.minimax.loss_d is losses.non_saturating.loss_d is losses.cross_entropy_d
    assert slope(losses.minimax.loss_g, -10.0) > -1e-4
    assert slope(losses.non_saturating.loss_g, -10.0) < -0.99


def test_minimax_is_a_zero_sum_game_in_the_fake_logits():
    """G's loss plus D's is a constant: what one wins the other loses."""
    real = LOGITS
    sums = [
        losses.minimax.loss_d(real, fake) + losses.minimax.loss_g(real, fake)
        for fake in (LOGITS, LOGITS + 3, -2 * LOGITS)
    ]
    assert_close(sums[1], sums[0])
    assert_close(sums[2], sums[0])


@pytest.mark.parametrize("game", [losses.minimax, losses.non_saturating])
def test_these_games_need_no_real_logits_in_g_s_step(game):
    assert game.g_needs_real is False
    fake = LOGITS
    assert_close(game.loss_g(None, fake), game.loss_g(LOGITS, fake))
