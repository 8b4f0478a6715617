"""Augmentations keep the contract: shape, identity at p = 0, gradients, one draw per sample."""

import itertools

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from gan_lessons import augment, models, runtime, training

SHAPES = [(5, 1, 28, 28), (3, 3, 16, 24), (1, 2, 8, 8)]
PARTS = {
    "translation": augment.translation,
    "cutout": augment.cutout,
    "brightness": augment.brightness,
    "saturation": augment.saturation,
    "contrast": augment.contrast,
    "color": augment.color,
    "diffaugment": augment.diffaugment,
}


def images(shape, seed=0):
    return 2 * torch.rand(shape, generator=runtime.generator(seed)) - 1


@pytest.fixture(autouse=True)
def seeded():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        yield


@pytest.mark.parametrize("name", PARTS)
@pytest.mark.parametrize("shape", SHAPES)
def test_shape_and_type_stay_and_x_is_as_it_was(name, shape):
    x = images(shape)
    before = x.clone()
    out = PARTS[name](x)
    assert (out.shape, out.dtype) == (x.shape, x.dtype)
    assert out.isfinite().all()
    assert torch.equal(x, before)


@pytest.mark.parametrize("name", PARTS)
def test_identity_at_p_0(name):
    x = images((64, 3, 16, 16))
    assert_close(PARTS[name](x, 0.0), x, atol=1e-6, rtol=0)


CHANCES = [("translation", 48 / 49), ("cutout", 1), ("contrast", 1), ("saturation", 1)]


@pytest.mark.parametrize(("name", "chance"), CHANCES)
def test_a_share_of_p_changes(name, chance):
    """n coins of chance p deviate from it by less than 5 sqrt(p(1 - p) / n)."""
    x, n, p = images((1, 3, 24, 24)).expand(2000, -1, -1, -1), 2000, 0.3
    changed = ((PARTS[name](x, p) - x).abs() > 1e-5).flatten(1).any(1).double().mean()
    p *= chance
    assert abs(changed - p) < 5 * (p * (1 - p) / n) ** 0.5


@pytest.mark.parametrize("name", PARTS)
def test_every_sample_draws_for_itself(name):
    out = PARTS[name](images((1, 3, 16, 16)).repeat(40, 1, 1, 1))
    assert len(out.flatten(1).unique(dim=0)) > 15


@pytest.mark.parametrize("name", PARTS)
def test_the_slope_is_exact(name):
    """Each is linear in x plus a constant, so its gradient says what any step w does to v·T(x)."""
    x, v, w = (images((6, 3, 16, 16), seed=k) for k in range(3))

    def seen(x):
        torch.manual_seed(3)
        return (v * PARTS[name](x)).sum(dim=(1, 2, 3))

    x.requires_grad_()
    (slope,) = torch.autograd.grad(seen(x).sum(), x)
    gained = (slope * w).sum(dim=(1, 2, 3))
    assert_close(seen(x + 2 * w), seen(x) + 2 * gained, atol=1e-3, rtol=1e-4)
    assert slope.flatten(1).any(1).all()


def test_nothing_is_cut_off_so_no_pixel_loses_its_slope():
    """Brightness and contrast of images at the limits leave [-1, 1] and keep their gradient."""
    x = images((200, 1, 8, 8)).sign().requires_grad_()
    out = augment.color(x)
    (slope,) = torch.autograd.grad(out.sum(), x)
    assert out.abs().max() > 1.2
    assert (slope > 0).all()


def test_zeros_move_in_and_nothing_comes_back():
    x = images((1, 1, 16, 24)).abs() + 0.1
    moved = augment.translation(x.expand(500, -1, -1, -1))
    seen = set()
    for down, right in itertools.product(range(-2, 3), range(-3, 4)):
        right_one = torch.zeros_like(x)
        rows, columns = (
            slice(max(down, 0), 16 + min(down, 0)),
            slice(max(right, 0), 24 + min(right, 0)),
        )
        from_rows = slice(max(-down, 0), 16 - max(down, 0))
        from_columns = slice(max(-right, 0), 24 - max(right, 0))
        right_one[..., rows, columns] = x[..., from_rows, from_columns]
        seen |= {i for i in range(500) if torch.equal(moved[i : i + 1], right_one)}
        assert (moved == right_one).flatten(1).all(1).any(), (down, right)
    assert len(seen) == 500


def test_the_hole_is_a_square_of_half_the_side():
    holes = augment.cutout(torch.ones(500, 2, 28, 20)) == 0
    assert torch.equal(holes[:, 0], holes[:, 1])
    tall, wide = holes[:, 0].any(2), holes[:, 0].any(1)
    assert torch.equal(holes[:, 0], tall[:, :, None] & wide[:, None])
    assert (int(tall.sum(1).max()), int(wide.sum(1).max())) == (14, 10)
    assert holes[:, 0].float().mean((0,)).min() > 0.05  # every place is hit


def test_ranges_of_color():
    x = images((3000, 3, 8, 8))
    mean, off = x.mean((1, 2, 3)), x - x.mean((1, 2, 3), keepdim=True)
    moved = augment.brightness(x).mean((1, 2, 3)) - mean
    assert -0.5 <= moved.min() < -0.48
    assert 0.48 < moved.max() <= 0.5
    out = augment.contrast(x)
    grown = (out - out.mean((1, 2, 3), keepdim=True)).std((1, 2, 3)) / off.std((1, 2, 3))
    assert 0.5 - 1e-4 <= grown.min() < 0.52
    assert 1.48 < grown.max() <= 1.5 + 1e-4
    colors, out = (t - t.mean(1, keepdim=True) for t in (x, augment.saturation(x)))
    grown = out.std((1, 2, 3)) / colors.std((1, 2, 3))
    assert 0 <= grown.min() < 0.02
    assert 1.98 < grown.max() <= 2 + 1e-4


def test_saturation_leaves_gray_images_and_each_pixels_mean():
    gray, color = images((9, 1, 8, 8)), images((9, 3, 8, 8))
    assert_close(augment.saturation(gray), gray)
    assert_close(augment.saturation(color).mean(1), color.mean(1), atol=1e-6, rtol=0)


def test_a_chain_draws_for_each_of_its_parts():
    """At p = ½ a quarter of the samples is changed by neither of two parts."""
    both = augment.chain(augment.brightness, augment.cutout)
    x = images((1, 1, 8, 8)).abs().add(0.1).expand(4000, -1, -1, -1)
    out = both(x, 0.5)
    untouched = (out == x).flatten(1).all(1).double().mean()
    assert abs(untouched - 0.25) < 5 * (0.25 * 0.75 / 4000) ** 0.5


@pytest.mark.parametrize(
    ("p", "sign", "more", "expected"),
    [
        (0.5, 0.7, {}, 0.51),
        (0.5, 0.5, {}, 0.49),
        (0.5, -1.0, {}, 0.49),
        (0.5, 0.5, {"target": 0.4}, 0.51),
        (0.5, 0.7, {"speed": 0.2}, 0.7),
        (0.999, 1.0, {}, 1.0),
        (0.001, 0.0, {}, 0.0),
    ],
)
def test_the_controller(p, sign, more, expected):
    assert augment.adapted(p, sign, **more) == pytest.approx(expected)
    assert augment.adapted(p, torch.tensor(sign), **more) == pytest.approx(expected)


def test_training_takes_an_augmentation():
    """As a layer in front of D: three times a step, and never in eval mode."""
    calls = []

    def noted(x, p):
        calls.append(len(x))
        return augment.diffaugment(x, p)

    G = models.dcgan_generator(latent_dim=4, width=4)
    D = models.dcgan_discriminator(width=4)
    opts = [torch.optim.Adam(net.parameters(), fused=True) for net in (G, D)]
    real = itertools.repeat(images((8, 1, 28, 28)))
    D = nn.Sequential(augment.InFront(noted), D)
    for moment in training.train(G, D, *opts, real, steps=2, latent_dim=4):
        assert -1 <= float(moment.numbers["real_sign"]) <= 1
    assert calls == [8] * 6
    x = next(real)
    assert torch.equal(D.eval()(x), D[1](x))
    assert calls == [8] * 6
