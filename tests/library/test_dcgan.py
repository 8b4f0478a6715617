"""DCGAN's networks: sizes, mirror symmetry, first weights, and what decides the checkerboard."""

import copy
import re

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.testing import assert_close

from gan_lessons import errors, models

SIZES = {28: [7, 14, 28], 32: [4, 8, 16, 32], 48: [6, 12, 24, 48], 64: [4, 8, 16, 32, 64]}
each_size = pytest.mark.parametrize("size", SIZES)


def count(net: nn.Module) -> int:
    return sum(p.numel() for p in net.parameters())


def maps(net: nn.Module, x: torch.Tensor) -> list[tuple[int, ...]]:
    """Return the shapes (C, H, W) of all maps in a net, each once, in order."""
    text = models.shape_trace(net, x)
    shapes = re.findall(r"\((\d+), (\d+), (\d+), (\d+)\)", text)
    found = [tuple(map(int, shape[1:])) for shape in shapes]
    return [s for i, s in enumerate(found) if i == 0 or s != found[i - 1]]


# -- shapes ----------------------------------------------------------------------------------


@each_size
def test_maps_are_doubled_from_4_to_7_pixels(size):
    assert models.map_sizes(size) == SIZES[size]


@pytest.mark.parametrize("size", [0, 1, 4, 7, 9, 27, 29, 30, 100])
def test_a_size_that_does_not_fit_is_named(size):
    for make in (models.dcgan_generator, models.dcgan_discriminator):
        with pytest.raises(errors.SettingError) as error:
            make(size=size)
        lines = str(error.value).splitlines()
        assert str(size) in lines[0]
        assert len(lines) == 3


@pytest.mark.parametrize("n", [1, 2, 7])
@pytest.mark.parametrize("channels", [1, 3])
@each_size
def test_g_makes_images_and_d_one_logit_each(size, channels, n):
    G = models.dcgan_generator(latent_dim=5, size=size, channels=channels, width=4)
    D = models.dcgan_discriminator(size=size, channels=channels, width=4)
    images = G(100 * torch.randn(n, 5))
    assert images.shape == (n, channels, size, size)
    assert images.abs().max() <= 1
    assert D(images).shape == (n,)


@pytest.mark.parametrize("up", [models.transposed, models.upsampled])
@each_size
def test_d_is_g_mirrored(size, up):
    """The same maps in the reverse order, whichever way G doubles them."""
    G = models.dcgan_generator(latent_dim=5, size=size, width=4, up=up)
    D = models.dcgan_discriminator(size=size, width=4)
    grown = maps(G, torch.randn(2, 5))
    doubled = [shape for shape in grown if shape[1] in SIZES[size]]
    by_size = {shape[1]: shape for shape in doubled}  # of each size the last: after the convolution
    assert list(by_size.values()) == maps(D, torch.randn(2, 1, size, size))[::-1]


def test_width_is_the_number_of_channels_next_to_the_image():
    G = models.dcgan_generator(width=8, size=64)
    ups = [layer for layer in G if isinstance(layer, nn.ConvTranspose2d)]
    assert [(up.in_channels, up.out_channels) for up in ups] == [
        (64, 32),
        (32, 16),
        (16, 8),
        (8, 1),
    ]


def test_the_number_of_weights():
    """Linear (z + 1)·2w·49, each k4 convolution 16·in·out + out, batch norm 2 per channel."""
    w, z = 8, 5
    G, D = models.dcgan_generator(latent_dim=z, width=w), models.dcgan_discriminator(width=w)
    assert count(G) == (z + 1) * 2 * w * 49 + 4 * w + (16 * 2 * w * w + w) + 2 * w + (16 * w + 1)
    assert count(D) == (16 * w + w) + (16 * 2 * w * w + 2 * w) + 4 * w + (2 * w * 49 + 1)


# -- what a lesson switches ------------------------------------------------------------------


@pytest.mark.parametrize("make", [models.dcgan_generator, models.dcgan_discriminator])
def test_without_batch_norm_each_sample_is_judged_alone(make):
    """In train mode a sample's output depends on its mates with batch norm, and only with it."""
    x = torch.randn(6, 64) if make is models.dcgan_generator else torch.randn(6, 1, 28, 28)
    free, bound = make(width=4, norm=nn.Identity), make(width=4)
    assert_close(torch.cat([free(row[None]) for row in x]), free(x), atol=1e-5, rtol=1e-4)
    assert (bound(x)[:2] - bound(x[:2])).abs().max() > 1e-3
    assert_close(bound.eval()(x)[:2], bound(x[:2]), atol=1e-5, rtol=1e-4)


def test_d_says_logits_that_no_sigmoid_bounds():
    """The last layer is linear: its weights times 1,000 make the logits 1,000 times as large."""
    D, x = models.dcgan_discriminator(width=4).double(), torch.randn(6, 1, 28, 28).double()
    before = D(x)
    for parameter in list(D.parameters())[-2:]:
        parameter.data.mul_(1_000)
    assert_close(D(x), 1_000 * before)


def test_batch_norm_stands_neither_at_g_s_end_nor_at_d_s_beginning():
    """DCGAN: not on G's output, not on D's input; those keep their own mean and scale."""
    kinds = [type(layer) for layer in models.dcgan_generator(width=4)]
    assert kinds[-2:] == [nn.ConvTranspose2d, nn.Tanh]
    kinds = [type(layer) for layer in models.dcgan_discriminator(width=4)]
    assert kinds.index(nn.BatchNorm2d) > kinds.index(nn.LeakyReLU)
    assert kinds.count(nn.BatchNorm2d) == 1


def norms(net: nn.Module) -> list[nn.BatchNorm2d]:
    return [layer for layer in net.modules() if isinstance(layer, nn.BatchNorm2d)]


@pytest.mark.parametrize("make", [models.dcgan_generator, models.dcgan_discriminator])
def test_batch_norm_undoes_the_scale_of_the_layer_before_it(make):
    """BN(a · x) = BN(x): eps is far below the variance of a map, also of one 3 times fainter.

    With ``BatchNorm2d(c, 0.8)``, an eps of 0.8 that was meant for a momentum, it is not.
    """
    torch.manual_seed(0)
    net = make(width=16)
    x = torch.randn(64, 64) if make is models.dcgan_generator else torch.randn(64, 1, 28, 28)
    out = net(x)
    weighty = [layer for layer in net if isinstance(layer, nn.Linear | nn.ConvTranspose2d)][:-1]
    for layer in weighty or [net[2][0]]:  # those before a norm: all but G's last, D's second
        for parameter in layer.parameters():
            parameter.data.mul_(0.3)
    assert_close(net(x), out, atol=0.02 * float(out.detach().std()), rtol=0)


@pytest.mark.parametrize("make", [models.dcgan_generator, models.dcgan_discriminator])
def test_running_statistics_move_by_a_tenth_a_batch(make):
    """From 0 and 1, with momentum .1: mean = .1 m, variance = .9 + .1 v."""
    torch.manual_seed(0)
    net, seen = make(width=4), []
    norm = norms(net)[0]
    norm.register_forward_pre_hook(lambda layer, inputs: seen.append(inputs[0].detach()))
    net(torch.randn(9, 64) if make is models.dcgan_generator else torch.randn(9, 1, 28, 28))
    assert_close(norm.running_mean, 0.1 * seen[0].mean((0, 2, 3)))
    assert_close(norm.running_var, 0.9 + 0.1 * seen[0].var((0, 2, 3)))


@each_size
def test_the_kinks_are_those_of_the_paper(size):
    """ReLU in G, LeakyReLU of slope 0.2 in D, after every layer but the last."""
    hidden = len(SIZES[size]) - 1
    G = models.dcgan_generator(size=size, width=4)
    assert sum(isinstance(layer, nn.ReLU) for layer in G) == hidden
    assert not any(isinstance(layer, nn.LeakyReLU) for layer in G)
    slopes = [
        layer.negative_slope
        for layer in models.dcgan_discriminator(size=size, width=4)
        if isinstance(layer, nn.LeakyReLU)
    ]
    assert slopes == [0.2] * hidden


def test_wrap_reaches_every_layer_with_weights():
    """With spectral norm the largest singular value of each weight is 1 (or below, while warm)."""
    torch.manual_seed(0)
    D = models.dcgan_discriminator(width=4, size=32, norm=nn.Identity, wrap=spectral_norm)
    for _ in range(50):
        D(torch.randn(4, 1, 32, 32))
    D.eval()
    weighty = [m for m in D.modules() if isinstance(m, nn.Conv2d | nn.Linear)]
    assert len(weighty) == 4
    for layer in weighty:
        top = torch.linalg.matrix_norm(layer.weight.flatten(1), ord=2)
        assert_close(top, torch.tensor(1.0), atol=0.02, rtol=0)


def test_d_is_free_of_wrapping_unless_asked():
    x = torch.randn(3, 1, 28, 28)
    torch.manual_seed(0)
    plain = models.dcgan_discriminator(width=4)
    torch.manual_seed(0)
    same = models.dcgan_discriminator(width=4, wrap=lambda layer: layer)
    assert_close(plain(x), same(x))


# -- first weights ---------------------------------------------------------------------------


@pytest.mark.parametrize("up", [models.transposed, models.upsampled])
@pytest.mark.parametrize("make", [models.dcgan_generator, models.dcgan_discriminator])
def test_first_weights(make, up):
    torch.manual_seed(0)
    net = make(width=64, **({"up": up} if make is models.dcgan_generator else {}))
    net.apply(models.dcgan_init)
    for layer in net.modules():
        if isinstance(layer, nn.BatchNorm2d):
            assert abs(layer.weight.mean() - 1) < 0.01
            assert 0.012 < layer.weight.std() < 0.028
        elif isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
            assert abs(layer.weight.mean()) < 0.005
            assert abs(layer.weight.std() - 0.02) < 0.002
        if getattr(layer, "bias", None) is not None:
            assert (layer.bias == 0).all()


def test_init_takes_layers_without_a_bias_or_weights():
    for layer in (nn.Conv2d(2, 3, 3, bias=False), nn.BatchNorm2d(3, affine=False), nn.Tanh()):
        models.dcgan_init(layer)


# -- the shape trace -------------------------------------------------------------------------


def test_the_trace_leaves_the_net_as_it_was():
    G = models.dcgan_generator(width=4)
    before = copy.deepcopy(G.state_dict())
    G[2].eval()  # one layer was put to sleep on purpose
    modes = [layer.training for layer in G.modules()]
    models.shape_trace(G, torch.randn(3, 64))
    assert [layer.training for layer in G.modules()] == modes
    assert not any(layer._forward_hooks for layer in G.modules())
    for name, value in G.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_a_trace_that_fails_leaves_no_hooks():
    G = models.dcgan_generator(width=4)
    with pytest.raises(RuntimeError):
        models.shape_trace(G, torch.randn(3, 9))
    assert not any(layer._forward_hooks for layer in G.modules())
    assert G.training


def test_the_trace_names_every_layer_and_counts_every_weight():
    D = models.dcgan_discriminator(width=4)
    lines = models.shape_trace(D, torch.randn(2, 1, 28, 28)).splitlines()
    assert lines[0].split()[0] == "input"
    assert "(2, 1, 28, 28)" in lines[0]
    assert "(2,)" in lines[-1]
    assert sum(int(line.split()[-1].replace(",", "")) for line in lines) == count(D)
    wrapped = models.dcgan_discriminator(width=4, wrap=nn.utils.parametrizations.spectral_norm)
    others = models.shape_trace(wrapped, torch.randn(2, 1, 28, 28)).splitlines()
    assert len(others) == len(lines)  # what wraps a layer is no layer


# -- the checkerboard ------------------------------------------------------------------------


def period_two(maps: torch.Tensor) -> torch.Tensor:
    """Return the share of the power (B, C, H, W) that lies in patterns of period 2."""
    power = torch.fft.fft2(maps.double()).abs().square().mean((0, 1))
    h, w = power.shape[0] // 2, power.shape[1] // 2
    return (power[0, w] + power[h, 0] + power[h, w]) / power.sum()


def double_with(kernel: int) -> nn.ConvTranspose2d:
    """Return a transposed convolution of stride 2 that doubles, whatever its kernel."""
    extra = kernel % 2
    return nn.ConvTranspose2d(
        *(8, 8, kernel), stride=2, padding=(kernel - 1) // 2, output_padding=extra, bias=False
    )


def middle(layer: nn.Module) -> torch.Tensor:
    """Return what a layer makes of a constant map, without the edges."""
    with torch.no_grad():
        return layer(torch.ones(1, 8, 16, 16))[..., 4:-4, 4:-4]


@pytest.mark.parametrize(
    ("kernel", "share"), [(2, 0), (3, 19 / 100), (4, 0), (5, 51 / 676), (6, 0)]
)
def test_equal_weights_overlap_unevenly_unless_the_stride_divides_the_kernel(kernel, share):
    """Taps per phase of k = 3: 1, 2, 2, 4, whose transform is 9, -3, -3, 1: 19 of 100."""
    layer = double_with(kernel)
    nn.init.constant_(layer.weight, 0.1)
    assert abs(period_two(middle(layer)) - share) < 1e-7


@pytest.mark.parametrize("kernel", [2, 3, 4, 5, 6])
def test_random_weights_make_a_checkerboard_with_every_kernel(kernel):
    """Independent weights in each phase: the four frequencies share the power alike, 3/4 in ours.

    Its standard error over 200 layers of 8 channels is below 1 %.
    """
    torch.manual_seed(0)
    shares = []
    for _ in range(200):
        layer = double_with(kernel)
        nn.init.normal_(layer.weight, 0, 0.02)
        shares.append(period_two(middle(layer)))
    assert abs(float(torch.stack(shares).mean()) - 0.75) < 0.04


def test_repeating_pixels_makes_none():
    """Nearest-neighbor doubling multiplies the spectrum by cos(ω/2), which is 0 at period 2."""
    torch.manual_seed(0)
    layer = models.upsampled(8, 8)
    nn.init.zeros_(layer[1].bias)
    assert period_two(middle(layer)) < 1e-9


def test_a_transposed_convolution_is_the_gradient_of_a_convolution():
    """<conv(x), v> = <x, conv_transpose(v)> for every x and v."""
    torch.manual_seed(0)
    weight = torch.randn(6, 3, 4, 4, dtype=torch.float64)
    x = torch.randn(2, 3, 14, 14, dtype=torch.float64, requires_grad=True)
    y = nn.functional.conv2d(x, weight, stride=2, padding=1)
    v = torch.randn_like(y)
    (slope,) = torch.autograd.grad((y * v).sum(), x)
    assert_close(slope, nn.functional.conv_transpose2d(v, weight, stride=2, padding=1))
