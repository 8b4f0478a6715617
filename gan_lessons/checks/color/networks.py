"""G and D for 64 × 64, in color or gray: an exercise of lesson 08, Paint in color."""

import re
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn

from gan_lessons.checks.exercise import Wrong, exercise

SIZE = 64
CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)


@exercise(
    title="G and D for 64 × 64, in color or gray",
    proves="G's maps double up to 64, D's halve again, and the channels are those you ask for.",
    hints=(
        "64 = 4 · 2 · 2 · 2 · 2: begin G with a map of 4 × 4 and double it four times; D halves "
        "four times, back to 4 × 4.",
        "A doubling is nn.ConvTranspose2d(a, b, 4, stride=2, padding=1), a halving nn.Conv2d with "
        "the same numbers. G's last one makes `channels` maps, D's first one takes them.",
        "D ends with nn.Flatten(1), nn.Linear(c * 4 * 4, 1), nn.Flatten(0): no transposed "
        "convolution, no sigmoid. G ends with nn.Tanh().",
    ),
)
def networks(make_g: Callable, make_d: Callable, latent_dim: int = 32) -> None:
    """Check ``generator(latent_dim, channels)`` and ``discriminator(channels)`` by their traces."""
    with torch.random.fork_rng(devices=[]):  # what is drawn here does not move the notebook's dice
        for channels in (3, 1):
            G, D = _built(make_g, latent_dim, channels), _built(make_d, channels)
            fake = _check_generator(G, latent_dim, channels)
            _check_discriminator(D, fake, channels)
        _check_ends(G, make_d, latent_dim)


def _built(make: Callable, *arguments: int) -> nn.Module:
    net = make(*arguments)
    if not isinstance(net, nn.Module):
        raise Wrong(f"you return a {type(net).__name__}, not a network: return an nn.Module.")
    if not any(isinstance(layer, CONVOLUTIONS) for layer in net.modules()):
        raise Wrong("there is no convolution in it: that is the MLP of lesson 06, only larger.")
    return net.eval()  # batch norm then takes a single image


def _traced(net: nn.Module, x: Tensor) -> tuple[Tensor | RuntimeError, list[tuple[int, int]]]:
    """Return ``net(x)``, or the error that stopped it, and the sizes of the maps on the way."""
    sizes = [tuple(x.shape[2:])] if x.ndim == 4 else []
    layers = [layer for name, layer in net.named_modules() if "parametrizations" not in name]
    layers = [m for m in layers if all(n == "parametrizations" for n, _ in m.named_children())]

    def note(layer: nn.Module, inputs: tuple, out: Tensor) -> None:
        if isinstance(out, Tensor) and out.ndim == 4 and tuple(out.shape[2:]) != (sizes or [0])[-1]:
            sizes.append(tuple(out.shape[2:]))

    hooks = [layer.register_forward_hook(note) for layer in layers]
    try:
        with torch.no_grad():
            return net(x), sizes
    except RuntimeError as error:
        return error, sizes
    finally:
        for hook in hooks:
            hook.remove()


def _way(sizes: list[tuple[int, int]]) -> str:
    return " → ".join(str(h) if h == w else f"{h}×{w}" for h, w in sizes)


def _check_generator(G: nn.Module, latent_dim: int, channels: int) -> Tensor:
    z = torch.randn(2, latent_dim)
    images, sizes = _traced(G, z)
    if isinstance(images, RuntimeError):
        if isinstance(_traced(G, z[..., None, None])[0], Tensor):
            raise Wrong(
                f"G wants noise (B, {latent_dim}, 1, 1), but gets (B, {latent_dim}): begin with "
                "nn.Unflatten(1, (latent_dim, 1, 1)), or with a linear layer."
            ) from images
        lengths = (
            n for n in (64, 100, 128) if isinstance(_traced(G, torch.randn(2, n))[0], Tensor)
        )
        if length := next(lengths, None):
            raise Wrong(
                f"asked for latent_dim={latent_dim}, G wants noise of {length} numbers: use the "
                "argument, not a number of your own."
            ) from images
        raise images
    if images.ndim != 4:
        raise Wrong(f"for 2 vectors G makes {tuple(images.shape)}, not (2, channels, 64, 64).")
    made, end = images.shape[1], tuple(images.shape[2:])
    if end == (3, 64) or tuple(images.shape[1:]) == (SIZE, SIZE, channels):
        raise Wrong("G puts the channel last; PyTorch wants (B, channels, height, width).")
    if end != (SIZE, SIZE):
        _name_the_size(sizes, end)
    for (before, _), (after, _) in pairwise(sizes):
        if before > 1 and after not in (2 * before, 4 * before):
            raise Wrong(
                f"G's maps go {_way(sizes)}: from {before} to {after} is no doubling. Resizing "
                "makes pixels that no kernel painted. 64 is 4 · 2⁴: begin at 4 and double."
            )
    if made != channels:
        kind = "color where the data are gray" if channels == 1 else "not the data's color"
        raise Wrong(
            f"asked for channels={channels}, G makes {made}: {kind}, and no D can compare them. "
            "G's last convolution must make `channels` maps."
        )
    return images


def _name_the_size(sizes: list[tuple[int, int]], end: tuple[int, int]) -> None:
    if (7, 7) in sizes or end[0] % 7 == 0:
        raise Wrong(
            f"G's maps go {_way(sizes)}: however often 7 is doubled, it never becomes 64. 7 is for "
            "28; 64 is 4 · 2⁴, so begin with a map of 4 × 4."
        )
    if end[0] in (16, 32, 128, 256):
        many = "many" if end[0] > SIZE else "few"
        raise Wrong(f"G's maps go {_way(sizes)}: doubled too {many} times for 64.")
    raise Wrong(
        f"G's maps go {_way(sizes)} and end at {end[0]}, not 64. Kernel 4, stride 2 and padding 1 "
        "double exactly; other numbers add or lose pixels."
    )


def _check_discriminator(D: nn.Module, fake: Tensor, channels: int) -> None:
    if any(isinstance(layer, nn.ConvTranspose2d) for layer in D.modules()):
        raise Wrong(
            "D has a transposed convolution: that makes maps larger. D goes the other way, from an "
            "image to one number: halve with strided convolutions, then end in one logit."
        )
    logits, sizes = _traced(D, fake)
    if isinstance(logits, RuntimeError):
        _name_the_mismatch(D, fake, channels, logits, sizes)
    if any(after > before for (before, _), (after, _) in pairwise(sizes)):
        raise Wrong(f"D's maps grow: {_way(sizes)}. It should only halve them.")
    shape = tuple(logits.shape)
    if len(shape) == 4 and shape[2] > 1:
        raise Wrong(
            f"D returns {shape}: a map of {shape[2]} × {shape[3]} answers for each image, one per "
            "patch. Here D gives one logit an image: end in a linear layer over the whole map."
        )
    if shape != (2,):
        raise Wrong(f"D returns {shape} for 2 images: end with nn.Flatten(0), so that it is (2,).")
    if tuple(D(fake[:1]).shape) != (1,):
        raise Wrong("for a single image D does not return (1,): squeeze() without an axis?")
    unseen = _unseen(D, channels)
    if unseen > 0.02:
        raise Wrong(
            f"{unseen:.0%} of the pixels have no influence on D's answer, so G may paint anything "
            "there: a stride longer than its kernel, or a crop, leaves gaps."
        )


def _name_the_mismatch(
    D: nn.Module, fake: Tensor, channels: int, error: RuntimeError, sizes: list
) -> None:
    """Say why D cannot take G's images: made for another size, or for other channels."""
    wanted = re.search(r"expected input\[.*\] to have (\d+) channels, but got (\d+)", str(error))
    if wanted and sizes == [(SIZE, SIZE)]:
        raise Wrong(
            f"with channels={channels}, D's first convolution takes {wanted[1]}: a D for "
            f"{'gray' if wanted[1] == '1' else 'color'} cannot look at these images. Pass "
            "`channels` on to it."
        ) from error
    for size in (28, 32, 16, 48, 56, 128):
        if not isinstance(_traced(D, fake.new_zeros(2, channels, size, size))[0], RuntimeError):
            raise Wrong(
                f"D is made for {size} × {size}, G paints 64 × 64: D's maps go {_way(sizes)}, and "
                "what is left does not fit its linear layer. Both players need the same size."
            ) from error
    if "mat1 and mat2" not in str(error):
        raise error
    raise Wrong(
        f"D's maps go {_way(sizes)}, and its linear layer does not fit the last one: it needs "
        "channels · height · width inputs."
    ) from error


def _unseen(D: nn.Module, channels: int) -> float:
    """Return the share of pixels that D's logit does not depend on."""
    x = torch.randn(4, channels, SIZE, SIZE, requires_grad=True)
    (slope,) = torch.autograd.grad(D(x).sum(), x)
    return float((slope.abs().amax(dim=(0, 1)) == 0).float().mean())


def _check_ends(G: nn.Module, make_d: Callable, latent_dim: int) -> None:
    with torch.no_grad():
        images = G(300 * torch.randn(8, latent_dim))
        far = torch.cat([make_d(3).eval()(1000 * torch.randn(8, 3, SIZE, SIZE)) for _ in range(10)])
    if images.abs().max() > 1 + 1e-5:
        raise Wrong("G's values pass 1: real pixels lie in [-1, 1], so end with nn.Tanh().")
    if images.min() >= 0:
        raise Wrong("G makes no negative values: a sigmoid or ReLU at its end cannot reach -1.")
    if far.min() >= 0 and far.max() <= 1:
        raise Wrong("D ends in a sigmoid: leave it out, the loss works on logits.")
