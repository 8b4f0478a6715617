"""The networks give what their docstrings promise; the average is the one of Yazıcı et al."""

import copy
import math

import pytest
import torch
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.testing import assert_close

from gan_lessons import models

SIZES = (1, 2, 7)
SHAPES = ((1, 28, 28), (3, 16, 16), (1, 5, 9))


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("latent_dim", [1, 2, 64])
def test_a_plane_generator_makes_points(n, latent_dim):
    G = models.plane_generator(latent_dim=latent_dim)
    assert G(torch.randn(n, latent_dim)).shape == (n, 2)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("shape", SHAPES)
def test_an_image_generator_makes_images_in_minus_one_to_one(n, shape):
    G = models.image_generator(latent_dim=8, shape=shape, width=16)
    images = G(100 * torch.randn(n, 8))
    assert images.shape == (n, *shape)
    assert images.abs().max() <= 1


@pytest.mark.parametrize("n", SIZES)  # B = 1 is where squeeze() goes wrong
@pytest.mark.parametrize(
    ("D", "shape"),
    [(models.plane_discriminator(), (2,))]
    + [(models.image_discriminator(shape=shape, width=16), shape) for shape in SHAPES],
)
def test_every_d_returns_one_logit_for_each_sample(D, shape, n):
    """Shape (B,), also for B = 1, and a logit: neither bounded below by 0 nor above by 1."""
    logits = D(torch.randn(n, *shape))
    assert logits.shape == (n,)
    last = [layer for layer in D if isinstance(layer, nn.Linear)][-1]
    with torch.no_grad():
        last.bias.fill_(-50)
        assert (D(torch.randn(n, *shape)) < -1).all()
        last.bias.fill_(50)
        assert (D(torch.randn(n, *shape)) > 1).all()


@pytest.mark.parametrize("D", [models.plane_discriminator(), models.image_discriminator(width=16)])
def test_d_judges_each_sample_alone(D):
    shape = (2,) if D[0].__class__ is nn.Linear else (1, 28, 28)
    D = copy.deepcopy(D).double().eval()  # no dropout, which is drawn anew at each look
    x = torch.randn(6, *shape, dtype=torch.float64)
    assert_close(torch.cat([D(row[None]) for row in x]), D(x))


def count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


@pytest.mark.parametrize(
    ("net", "parameters"),
    [
        (models.plane_generator(latent_dim=2, width=128), 3 * 128 + 129 * 128 + 129 * 2),
        (models.plane_discriminator(width=128), 3 * 128 + 129 * 128 + 129),
        (models.image_generator(latent_dim=5, shape=(1, 2, 3), width=8), 6 * 8 + 9 * 16 + 17 * 6),
    ],
)
def test_sizes(net, parameters):
    assert count(net) == parameters


MAKERS = (
    models.plane_generator,
    models.plane_discriminator,
    models.image_generator,
    models.image_discriminator,
)


@pytest.mark.parametrize("make", MAKERS)
def test_fresh_weights_are_spread_as_their_fan_in_says(make):
    """Uniform in ±1/√fan_in: deviation 1/√(3·fan_in); two nets never share their weights."""
    torch.manual_seed(0)
    first, second = make(), make()
    for a, b in zip(first.modules(), second.modules(), strict=True):
        if isinstance(a, nn.Linear):
            assert a.weight.std().item() == pytest.approx(
                1 / math.sqrt(3 * a.in_features), rel=0.25
            )
            assert not torch.equal(a.weight, b.weight)


@pytest.mark.parametrize("sigma", [0.0, 0.5])
def test_instance_noise_blurs_only_while_training(sigma):
    """Training: x + N(0, sigma²), within 5 deviations of mean and spread. Eval: x itself."""
    torch.manual_seed(0)
    layer, x = models.InstanceNoise(sigma), torch.zeros(5_000, 2)
    noise = layer(x)
    assert abs(noise.mean()) <= 5 * sigma / math.sqrt(noise.numel())
    assert abs(noise.std() - sigma) <= 5 * sigma / math.sqrt(2 * noise.numel())
    assert torch.equal(layer(x), noise) == (sigma == 0)
    assert layer.eval()(x) is x
    assert not list(layer.parameters())


# -- noise that chooses ----------------------------------------------------------------------


def test_categorical_noise_chooses_evenly_and_keeps_the_rest():
    """One of the first 4 numbers is 2, the others 0; each kind within 5 deviations of a quarter."""
    z = torch.randn(4_000, 6, generator=torch.Generator().manual_seed(0))
    out = models.CategoricalNoise(4)(z)
    assert torch.equal(out[:, 4:], z[:, 4:])
    assert torch.equal(out[:, :4].argmax(1), z[:, :4].argmax(1))
    assert out[:, :4].sum(1).eq(2).all()
    assert out[:, :4].square().mean().item() == 1  # as noise has it
    counts = out[:, :4].gt(0).sum(0)
    assert (counts - 1_000).abs().max() <= 5 * math.sqrt(4_000 * 0.25 * 0.75)


def test_a_generator_behind_categorical_noise_is_drawn_and_trained_like_any():
    G = nn.Sequential(models.CategoricalNoise(3), models.plane_generator(latent_dim=5))
    z = torch.randn(7, 5)
    assert G(z).shape == (7, 2)
    G(z).sum().backward()
    assert all(p.grad is not None for p in G.parameters())
    layer = models.CategoricalNoise(3)
    for kind in (torch.bfloat16, torch.float64):
        assert layer(z.to(kind)).dtype == kind
        assert layer(z.to(kind))[:, :3].argmax(1).equal(z.to(kind)[:, :3].argmax(1))


# -- the average -----------------------------------------------------------------------------


class Small(nn.Sequential):
    """A net with everything that can be averaged: weights, and batch norm's buffers."""

    def __init__(self):
        super().__init__(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.ReLU(), nn.Linear(4, 2))


def walk(G: nn.Module, steps: int, look) -> None:
    """Change G a little ``steps`` times, as training would; look after each."""
    rng = torch.Generator().manual_seed(0)
    for _ in range(steps):
        G(torch.randn(8, 3, generator=rng))  # moves batch norm's running statistics
        with torch.no_grad():
            for p in G.parameters():
                p.add_(0.1 * torch.randn(p.shape, generator=rng))
        look()


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.999, 1.0])
def test_the_average_is_pytorch_s_own(decay):
    """Equal to AveragedModel with its EMA function, buffers copied, after 20 steps."""
    torch.manual_seed(0)
    G = Small()
    average = copy.deepcopy(G)
    reference = AveragedModel(G, multi_avg_fn=get_ema_multi_avg_fn(decay))
    reference.update_parameters(G)  # its first update copies

    def look():
        models.update_average(average, G, decay=decay)
        reference.update_parameters(G)

    walk(G, 20, look)
    kept, expected = average.state_dict(), reference.module.state_dict()
    assert kept.keys() == expected.keys()
    for name, value in kept.items():
        assert_close(value, expected[name], msg=lambda text, name=name: f"{name}: {text}")
    assert kept["1.num_batches_tracked"] == 20


@pytest.mark.parametrize(("steps", "decay"), [(1, 0.9), (2, 0.5), (10, 0.99)])
def test_the_share_of_the_first_weights_after_n_steps_is_decay_to_the_n(steps, decay):
    """G jumps from 0 to 1 and stays: the average is 1 − decayⁿ."""
    G = nn.Linear(1, 1)
    nn.init.zeros_(G.weight)
    average = copy.deepcopy(G)
    nn.init.ones_(G.weight)
    for _ in range(steps):
        models.update_average(average, G, decay=decay)
    assert average.weight.item() == pytest.approx(1 - decay**steps, rel=1e-5)


def test_averaging_leaves_g_alone_and_records_no_graph():
    G = Small()
    average, before = copy.deepcopy(G), copy.deepcopy(G.state_dict())
    walk(average, 1, lambda: None)
    models.update_average(average, G, decay=0.9)
    assert all(torch.equal(value, before[name]) for name, value in G.state_dict().items())
    assert all(p.grad_fn is None for p in average.parameters())


def test_two_different_nets_cannot_be_averaged():
    with pytest.raises(ValueError, match="longer"):
        models.update_average(nn.Linear(3, 4), Small(), decay=0.9)


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 16, 16), (1, 8, 12)])
def test_a_u_net_answers_in_the_pictures_shape(shape):
    net = models.PictureAndTime(channels=shape[0])
    assert net(torch.randn(5, *shape), torch.rand(5)).shape == (5, *shape)


def test_a_u_net_is_told_the_time_of_each_picture():
    """Another time changes the answer for its picture only; no picture sees another."""
    net = models.PictureAndTime()
    x, t = torch.randn(3, 1, 28, 28), torch.tensor([0.1, 0.5, 0.9])
    later = torch.tensor([0.1, 0.7, 0.9])
    with torch.no_grad():
        off = (net(x, t) - net(x, later)).abs().flatten(1).amax(1)
        alone = net(x[:1], t[:1])
        assert_close(alone, net(x, t)[:1], rtol=1e-4, atol=1e-5)
    assert off[1] > 1e-3
    assert max(off[0], off[2]) < 1e-6


def test_a_u_net_s_first_map_skips_to_its_last_layer():
    """With nothing of the deep maps read, the answer still depends on the picture."""
    net = models.PictureAndTime()
    first = net.out.in_channels // 2
    t = torch.full((2,), 0.5)
    for part in (slice(0, first), slice(first, None)):
        blind = copy.deepcopy(net)
        with torch.no_grad():
            blind.out.weight[part] = 0
            x = torch.randn(2, 1, 28, 28)
            assert (blind(x, t) - blind(x.flip(0), t)).abs().max() > 1e-3


def test_every_weight_of_a_u_net_can_learn():
    """Its blocks change nothing at first; after a step every weight gets a slope."""
    net = models.PictureAndTime()
    opt = torch.optim.SGD(net.parameters(), lr=0.1)
    for _ in range(2):
        opt.zero_grad()
        net(torch.randn(4, 1, 8, 8), torch.rand(4)).square().mean().backward()
        opt.step()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in net.parameters())
