"""Nets from pictures to pictures, the critic of patches, and the game with one knob. Lesson 15."""

import pytest
import torch
from torch import Tensor, nn
from torch.testing import assert_close

from gan_lessons import data, losses, models, penalties, runtime, training


def draw(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=runtime.generator(seed))


@pytest.mark.parametrize("side", [(8, 8), (28, 28), (12, 20)])
@pytest.mark.parametrize("channels", [(1, 1), (2, 1), (1, 3), (3, 1)])
def test_a_translator_answers_in_the_size_of_the_question(side, channels):
    net = models.Translator(*channels, width=8)
    assert net(draw(2, channels[0], *side)).shape == (2, channels[1], *side)


def test_a_translator_sees_all_of_a_small_picture():
    net = models.Translator(1, 1, width=8)
    x = draw(1, 1, 28, 28).requires_grad_(True)
    net(x)[0, 0, 14, 14].backward()
    reached = (x.grad[0, 0] != 0).nonzero()
    assert (reached.amax(0) - reached.amin(0) + 1 >= 24).all()


def test_a_residual_block_that_changes_nothing_hands_on():
    block = models.Residual(4)
    for weight in block.change[-1].parameters():
        nn.init.zeros_(weight)
    x = draw(2, 4, 5, 5)
    assert torch.equal(block(x), x)


def test_the_patch_critic_says_one_logit_a_patch_in_one_row():
    D = models.patch_discriminator(channels=3, width=8)
    logits = D(draw(5, 3, 32, 32))
    assert logits.shape == (5 * 8 * 8,)
    assert_close(D(draw(5, 3, 32, 32)[2:3]), logits.view(5, 64)[2])


@pytest.mark.parametrize(
    ("layers", "side"),
    [
        ([], 1),
        ([(3, 1)], 3),
        ([(3, 1), (3, 1)], 5),
        ([(4, 2), (4, 2), (3, 1), (1, 1)], 18),
        ([(4, 2), (4, 2), (4, 2), (4, 1), (4, 1)], 70),  # that of Isola et al. 2017
    ],
)
def test_receptive_fields(layers, side):
    assert models.receptive_field(layers) == side


def test_the_patch_critic_sees_what_is_computed():
    D = models.patch_discriminator(channels=1, width=8)
    x = draw(1, 1, 32, 32).requires_grad_(True)
    D(x)[8 * 4 + 4].backward()
    convolutions = [layer for layer in D if isinstance(layer, nn.Conv2d)]
    layers = [(layer.kernel_size[0], layer.stride[0]) for layer in convolutions]
    assert (x.grad[0, 0] != 0).any(0).sum() == models.receptive_field(layers)


def test_a_critic_that_compares_sees_the_question_and_measures_the_distance():
    x, shown, target = draw(4, 1, 6, 6), draw(4, 2, 6, 6, seed=1), draw(4, 1, 6, 6, seed=2)
    seen = []

    class Critic(nn.Module):
        def forward(self, pair):
            seen.append(pair)
            return pair.mean((1, 2, 3))

    D = models.Compared(Critic())
    logits, off = D(x, shown, target)
    assert torch.equal(seen[0], torch.cat([x, shown], 1))
    assert logits.shape == off.shape == (4,)
    assert_close(off[1], (x[1] - target[1]).square().mean())
    assert (D(target, shown, target)[1] == 0).all()


def test_the_game_of_a_repair_is_regression_at_weight_zero():
    real, fake, off = draw(6), draw(6, seed=1), draw(3, seed=2).square()
    at_zero = losses.repairing(losses.non_saturating, weight=0.0)
    assert_close(at_zero.loss_g(None, (fake, off)), off.mean())
    game = losses.repairing(losses.non_saturating, weight=0.25)
    expected = off.mean() + 0.25 * losses.non_saturating_g(None, fake)
    assert_close(game.loss_g(None, (fake, off)), expected)
    assert_close(
        game.loss_d((real, off), (fake, off + 9)), losses.cross_entropy_d(real, fake)
    )  # D plays for no distance


def test_a_game_of_pairs_keeps_its_pairs():
    game = losses.repairing(losses.relativistic, weight=2.0)
    real, fake, off = draw(4), draw(4, seed=1), torch.ones(4)
    assert game.g_needs_real
    expected = 1 + 2 * losses.relativistic_g(real, fake)
    assert_close(game.loss_g((real, off), (fake, off)), expected)


class Fill(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = models.Translator(1, 1, width=4)

    def forward(self, z, shown, target):
        return shown + self.net(shown)


def test_the_loop_plays_it_with_a_critic_of_patches():
    """A batch brings question and truth along, and the penalty takes the logits of all patches."""
    runtime.seed_everything(0)
    G, critic = Fill(), models.patch_discriminator(channels=2, width=4)
    D = models.Compared(critic)
    x = draw(64, 1, 8, 8).tanh()
    picks = data.batches(torch.arange(64), 8, rng=runtime.generator(0))
    stream = ((x[i], 0.5 * x[i], x[i]) for i in picks)
    opts = [torch.optim.Adam(net.parameters(), 2e-3) for net in (G, D)]
    run = training.train(
        G,
        D,
        *opts,
        stream,
        steps=60,
        latent_dim=1,
        game=losses.repairing(losses.non_saturating, weight=0.05),
        penalty=penalties.lazy(penalties.ZeroCentered(real=0.1), every=4),
    )
    loss = torch.stack([moment.numbers["loss_g"].detach() for moment in run])
    assert loss.isfinite().all()
    assert loss[-10:].mean() < loss[:10].mean()
