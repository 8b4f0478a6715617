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


# -- the games of lesson 10 --------------------------------------------------------------------

GAMES = {
    "least_squares": losses.least_squares,
    "hinge": losses.hinge,
    "wasserstein": losses.wasserstein,
    "relativistic": losses.relativistic,
}
REAL, FAKE = LOGITS, LOGITS.flip(0) - 2


@pytest.mark.parametrize(
    ("loss", "value"),
    [
        (losses.least_squares_d, ((REAL - 1) ** 2 + FAKE**2).mean()),
        (losses.least_squares_g, ((FAKE - 1) ** 2).mean()),
        (losses.hinge_d, ((1 - REAL).clamp(min=0) + (1 + FAKE).clamp(min=0)).mean()),
        (losses.critic_d, (FAKE - REAL).mean()),
        (losses.mean_g, -FAKE.mean()),
        (losses.relativistic_d, -sigmoid(REAL - FAKE).log().mean()),
        (losses.relativistic_g, -sigmoid(FAKE - REAL).log().mean()),
    ],
    ids=lambda case: getattr(case, "__name__", ""),
)
def test_the_formulas_of_lesson_10(loss, value):
    assert_close(loss(REAL, FAKE), value)


@pytest.mark.parametrize("game", GAMES.values(), ids=GAMES)
@pytest.mark.parametrize("size", [1, 5, 64])
def test_every_game_takes_the_mean_and_stays_finite(game, size):
    logits = torch.full((2, size), 100.0, requires_grad=True)
    real, fake = logits[0], -logits[1]
    total = game.loss_d(real, fake) + game.loss_g(real, fake)
    total.backward()
    assert total.shape == ()
    assert total.isfinite()
    assert logits.grad.isfinite().all()
    for loss in (game.loss_d, game.loss_g):
        assert_close(loss(real.repeat(2), fake.repeat(2)), loss(real, fake))


@pytest.mark.parametrize("game", GAMES.values(), ids=GAMES)
def test_the_two_players_pull_a_fake_logit_in_opposite_directions(game):
    """At logits 0, D lowers what it says of a fake and G raises it."""
    pulls = []
    for loss in (game.loss_d, game.loss_g):
        fake = torch.zeros(1, requires_grad=True)
        loss(torch.zeros(1), fake).backward()
        pulls.append(fake.grad.item())
    assert pulls[0] >= 0 > pulls[1]


def test_hinge_has_no_slope_beyond_its_margin():
    logits = torch.tensor([1.5, -1.5], requires_grad=True)
    losses.hinge_d(logits[:1], logits[1:]).backward()
    assert torch.equal(logits.grad, torch.zeros(2))


@pytest.mark.parametrize("loss", [losses.relativistic_d, losses.relativistic_g, losses.critic_d])
def test_only_differences_count(loss):
    """D(x) + c says the same as D(x): Jolicoeur-Martineau 2018, section 3."""
    assert_close(loss(REAL + 7, FAKE + 7), loss(REAL, FAKE))


@pytest.mark.parametrize("game", GAMES.values(), ids=GAMES)
def test_only_the_pairing_game_looks_at_real_logits_in_g_s_step(game):
    assert game.g_needs_real is (game is losses.relativistic)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_the_best_least_squares_d_is_p_over_p_plus_q(p):
    """The loss p(t − 1)² + q·t² is least at t = p/(p + q), here with q = 1 − p."""
    t = torch.linspace(0, 1, 10_001, dtype=torch.float64)
    loss = [p * losses.least_squares_d(x[None], torch.zeros(1)) for x in t[::100]]
    loss = torch.stack(loss) + (1 - p) * t[::100].square()
    assert t[::100][loss.argmin()].item() == pytest.approx(p, abs=0.01)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("target", [1.0, 0.9, 0.7])
def test_the_best_smoothed_d_is_target_times_p_over_p_plus_q(p, target):
    """One-sided: p·(t·softplus(−s) + (1 − t)·softplus(s)) + q·softplus(s) is least there."""
    logits = torch.linspace(-6, 6, 12_001, dtype=torch.float64)
    zero = torch.zeros(1, dtype=torch.float64)
    only_fake = losses.cross_entropy_d(torch.full((1,), 1e3), zero)  # softplus(0), nothing of real
    real_side = torch.stack(
        [losses.smoothed_d(x[None], zero, target=target) - only_fake for x in logits[::20]]
    )
    loss = p * real_side + (1 - p) * F.softplus(logits[::20])
    best = logits[::20][loss.argmin()].sigmoid().item()
    assert best == pytest.approx(target * p, abs=0.01)


def test_smoothing_with_target_one_is_cross_entropy():
    real, fake = torch.randn(2, 9, generator=torch.Generator().manual_seed(0))
    assert_close(losses.smoothed_d(real, fake, target=1.0), losses.cross_entropy_d(real, fake))


def test_what_a_code_costs_is_the_kl_to_noise():
    """Against torch.distributions; 0 for plain noise, never below."""
    mean, log_var = torch.randn(2, 50, 4, generator=torch.Generator().manual_seed(0)).double()
    code = torch.distributions.Normal(mean, (log_var / 2).exp())
    noise = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
    wanted = torch.distributions.kl_divergence(code, noise).sum(1)
    found = losses.kl_to_noise(mean, log_var)
    assert_close(found, wanted)
    assert found.min() > 0
    assert_close(losses.kl_to_noise(torch.zeros(3, 4), torch.zeros(3, 4)), torch.zeros(3))
