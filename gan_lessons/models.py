"""Convolutional players of any size: DCGAN. Introduced in lesson 07, in color in lesson 08.

Source: Radford, Metz and Chintala 2016, Unsupervised Representation Learning with Deep
Convolutional Generative Adversarial Networks, section 3.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gan_lessons.errors import SettingError

Layer = Callable[..., nn.Module]


def transposed(c_in: int, c_out: int) -> nn.Module:
    """Return a transposed convolution that doubles height and width. Lesson 07.

    Kernel 4 is a multiple of stride 2, so every output pixel is reached by equally many taps.
    """
    return nn.ConvTranspose2d(c_in, c_out, 4, stride=2, padding=1)


def upsampled(c_in: int, c_out: int) -> nn.Module:
    """Return the other way to double: repeat each pixel, then convolve. Lesson 07.

    Source: Odena, Dumoulin and Olah 2016, Deconvolution and Checkerboard Artifacts.
    """
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(c_in, c_out, 3, padding=1))


def map_sizes(size: int) -> list[int]:
    """Return the sizes of the maps from the smallest, of 4 to 7 pixels, to ``size``. Lesson 07.

    Example: 28 gives [7, 14, 28], 64 gives [4, 8, 16, 32, 64].

    Raises:
        SettingError: ``size`` is not 4, 5, 6 or 7 doubled at least once.
    """
    sizes = [size]
    while sizes[0] > 7 and sizes[0] % 2 == 0:
        sizes.insert(0, sizes[0] // 2)
    if len(sizes) < 2 or not 4 <= sizes[0] <= 7:
        raise SettingError(
            f"Images of {size} pixels cannot be reached by doubling a map of 4 to 7 pixels.",
            "No network was built.",
            "Choose 28, 32, 48, 64 or 128, or resize the images to one of them.",
        )
    return sizes


def dcgan_generator(
    *,
    latent_dim: int = 64,
    size: int = 28,
    channels: int = 1,
    width: int = 64,
    norm: Layer = nn.BatchNorm2d,
    up: Layer = transposed,
) -> nn.Sequential:
    """Return a generator from noise z (B, latent_dim) to images (B, channels, size, size).

    Args:
        size: 28, 32, 64 or another size of :func:`map_sizes`. channels: 1 for grey, 3 for color.
        width: channels of the largest hidden map; each smaller map has twice as many.
        norm: made with the number of channels; ``nn.Identity`` for none.
        up: :func:`transposed` or :func:`upsampled`.

    Returns:
        A net whose images lie in [-1, 1]. Lesson 07.

    Raises:
        SettingError: the size does not fit.
    """
    start, *larger = map_sizes(size)
    c = width * 2 ** (len(larger) - 1)
    layers = [nn.Linear(latent_dim, c * start**2)]
    layers += [nn.Unflatten(1, (c, start, start)), norm(c), nn.ReLU()]
    for _ in larger[:-1]:
        layers += [up(c, c // 2), norm(c // 2), nn.ReLU()]
        c //= 2
    return nn.Sequential(*layers, up(c, channels), nn.Tanh())


def dcgan_discriminator(
    *,
    size: int = 28,
    channels: int = 1,
    width: int = 64,
    norm: Layer = nn.BatchNorm2d,
    wrap: Layer = nn.Sequential,
) -> nn.Sequential:
    """Return a discriminator from images (B, channels, size, size) to logits (B,): G mirrored.

    Args:
        size, channels, width: as in :func:`dcgan_generator`.
        norm: made with the number of channels, after every convolution but the first;
            ``nn.Identity`` for none.
        wrap: takes each layer with weights and returns what to use in its place, such as
            ``torch.nn.utils.parametrizations.spectral_norm`` (lesson 11).

    Raises:
        SettingError: the size does not fit.

    Lesson 07.
    """
    start, *larger = map_sizes(size)
    layers = [wrap(nn.Conv2d(channels, width, 4, stride=2, padding=1)), nn.LeakyReLU(0.2)]
    c = width
    for _ in larger[:-1]:
        layers += [wrap(nn.Conv2d(c, 2 * c, 4, stride=2, padding=1))]
        layers += [norm(2 * c), nn.LeakyReLU(0.2)]
        c *= 2
    layers += [nn.Flatten(1), wrap(nn.Linear(c * start**2, 1)), nn.Flatten(0)]  # (B,)
    return nn.Sequential(*layers)


def dcgan_init(layer: nn.Module) -> None:
    """Give one layer DCGAN's first weights: ``G.apply(models.dcgan_init)``. Lesson 07.

    Convolutions start at N(0, .02). Batch norm's weight, a factor, starts *around 1*: with
    N(0, .02) for it too, every map would start 50 times too faint, and half of them upside down.
    """
    norm = isinstance(layer, nn.BatchNorm2d)
    if norm or isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        if layer.weight is not None:
            nn.init.normal_(layer.weight, 1.0 if norm else 0.0, 0.02)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def shape_trace(net: nn.Module, x: Tensor) -> str:
    """Return a table of what each layer makes of x, (B, …): name, output shape, weights. Lesson 07.

    The net is run once in eval mode, so that no running statistics move, and put back as it was.
    """
    rows = [("input", tuple(x.shape), 0)]

    def note(layer: nn.Module, inputs: tuple, out: Tensor) -> None:
        weights = sum(p.numel() for p in layer.parameters())
        rows.append((type(layer).__name__, tuple(out.shape), weights))

    def made_of_layers(module: nn.Module) -> bool:
        return any(name != "parametrizations" for name, _ in module.named_children())

    inner = {name: m for name, m in net.named_modules() if "parametrizations" not in name}
    layers = [layer for layer in inner.values() if not made_of_layers(layer)]
    hooks = [layer.register_forward_hook(note) for layer in layers]
    modes = {module: module.training for module in net.modules()}
    try:
        with torch.no_grad():
            net.eval()(x)
    finally:
        for module, training in modes.items():
            module.training = training
        for hook in hooks:
            hook.remove()
    return "\n".join(f"{name:24} {shape!s:20} {weights:>10,}" for name, shape, weights in rows)
