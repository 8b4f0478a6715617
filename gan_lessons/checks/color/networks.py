"""G and D for 64 × 64, in color or gray: an exercise of lesson 08, Paint in color."""

import re
from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn

from gan_lessons import models
from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Property, Slip, Table

SIZE = 64
CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)

RIGHT = """
def generator(latent_dim, channels):
    layers = [nn.Linear(latent_dim, 16 * 4 * 4), nn.Unflatten(1, (16, 4, 4))]
    for c in (16, 8, 4):
        double = nn.ConvTranspose2d(c, c // 2, 4, stride=2, padding=1)
        layers += [double, nn.BatchNorm2d(c // 2), nn.ReLU()]
    last = nn.ConvTranspose2d(2, channels, 4, stride=2, padding=1)
    return nn.Sequential(*layers, last, nn.Tanh())

def discriminator(channels):
    layers, c = [], channels
    for wider in (3, 6, 9, 12):
        halve = nn.Conv2d(c, wider, 4, stride=2, padding=1)
        layers, c = [*layers, halve, nn.LeakyReLU(0.2)], wider
    end = [nn.Flatten(1), nn.Linear(12 * 4 * 4, 1), nn.Flatten(0)]
    return nn.Sequential(*layers, *end)
"""
START = "nn.Linear(latent_dim, 16 * 4 * 4), nn.Unflatten(1, (16, 4, 4))"
DOUBLE = "nn.ConvTranspose2d(c, c // 2, 4, stride=2, padding=1)"
HALVE = "nn.Conv2d(c, wider, 4, stride=2, padding=1)"
BETWEEN = "\n        layers, c = [*layers, halve, nn.LeakyReLU(0.2)], wider\n    end = "
TAIL = "[nn.Flatten(1), nn.Linear(12 * 4 * 4, 1), nn.Flatten(0)]"

SLIPS = (
    Slip(START, START.replace("4, 4", "7, 7").replace("4 * 4", "7 * 7"), "7 is doubled"),
    Slip(START, START.replace("4, 4", "5, 5").replace("4 * 4", "5 * 5"), "double exactly"),
    Slip(START, START.replace("4, 4", "2, 2").replace("4 * 4", "2 * 2"), "doubled too few times"),
    Slip(START, START.replace("4, 4", "8, 8").replace("4 * 4", "8 * 8"), "doubled too many times"),
    Slip(START, "nn.ConvTranspose2d(latent_dim, 16, 4)", "nn.Unflatten(1, (latent_dim, 1, 1))"),
    Slip("nn.Linear(latent_dim,", "nn.Linear(64,", "G wants noise of 64 numbers"),
    Slip("(16, 4, 4))]", "(4, 4, 16))]", "takes another number of channels"),
    Slip(DOUBLE, "nn.ConvTranspose2d(c, c // 2, 4, stride=2)", "double exactly"),
    Slip(DOUBLE, "nn.ConvTranspose2d(c, c // 2, 3, stride=2, padding=1)", "double exactly"),
    Slip(DOUBLE, "nn.Conv2d(c, c // 2, 3, padding=1)", "G's maps go 4 → 8"),
    Slip("nn.ConvTranspose2d(2, channels,", "nn.ConvTranspose2d(2, 3,", "data are gray"),
    Slip("nn.ConvTranspose2d(2, channels,", "nn.ConvTranspose2d(2, 1,", "not the data's color"),
    Slip("last, nn.Tanh()", "last", "pass 1"),
    Slip("nn.Tanh()", "nn.Sigmoid()", "cannot reach -1"),
    Slip("nn.Tanh()", "nn.ReLU()", "pass 1"),
    Slip("last, nn.Tanh()", "last, nn.Tanh(), nn.Flatten(2)", "not (2, channels, 64, 64)"),
    Slip(
        "nn.Sequential(*layers, last, nn.Tanh())",
        "nn.Sequential(nn.Linear(latent_dim, 64 * 64 * channels), nn.Unflatten(1, (channels, 64, "
        "64)))",
        "MLP of lesson 06",
    ),
    Slip(
        "return nn.Sequential(*layers, last", "nn.Sequential(*layers, last", "return an nn.Module"
    ),
    Slip("c = [], channels", "c = [], 3", "a D for color cannot look"),
    Slip("c = [], channels", "c = [], 1", "a D for gray cannot look"),
    Slip("(3, 6, 9, 12)", "(3, 6, 12)", "D is made for 32 × 32"),
    Slip("12 * 4 * 4", "12 * 7 * 7", "D is made for 112 × 112"),
    Slip("12 * 4 * 4", "12 * 5 * 5", "does not fit the last one"),
    Slip("12 * 4 * 4", "12", "height · width are missing"),
    Slip(TAIL, "[nn.Conv2d(12, 1, 3), nn.Flatten(0)]", "answers for each image"),
    Slip(TAIL, "[nn.Conv2d(12, 1, 3, padding=1)]", "one per patch"),
    Slip(TAIL, "[nn.ConvTranspose2d(12, 1, 4), nn.Flatten(0)]", "D goes the other way"),
    Slip(TAIL, TAIL.replace(", nn.Flatten(0)", ""), "end with nn.Flatten(0)"),
    Slip(TAIL, TAIL.replace("nn.Flatten(0)", "nn.Sigmoid(), nn.Flatten(0)"), "ends in a sigmoid"),
    Slip(TAIL, TAIL.replace("1), nn.Flatten(0)", "2)"), "2 numbers for each image"),
    Slip(HALVE, "nn.Conv2d(c, wider, 1, stride=2)", "have no influence"),
    Slip(HALVE, "nn.Conv2d(c, wider, 4, stride=2)", "does not fit the last one"),
    Slip(
        HALVE + BETWEEN + TAIL,
        "nn.Conv2d(c, wider, 3, stride=2)" + BETWEEN + TAIL.replace("4 * 4", "3 * 3"),
        "padding is missing",
    ),
)


def _make(
    make_g: Callable, make_d: Callable, latent_dim: int = 32
) -> tuple[dict[int, nn.Module], dict[int, nn.Module], Callable, int]:
    """Return G and D by their channels, what makes further D's, and how much noise is asked."""
    Gs = {channels: _built(make_g, latent_dim, channels) for channels in (3, 1)}
    Ds = {channels: _built(make_d, channels) for channels in (3, 1)}
    return Gs, Ds, make_d, latent_dim


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


def _check_generator(G: nn.Module, latent_dim: int, channels: int) -> None:
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
        if "to have" in str(images) and "channels" in str(images):
            raise Wrong(
                f"a layer of G takes another number of channels than it gets, after {_way(sizes)} "
                f"pixels: {str(images).split('expected input')[-1]}"
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


def _name_the_size(sizes: list[tuple[int, int]], end: tuple[int, int]) -> None:
    start = next((h for h, _ in sizes if h > 1), end[0])
    if start % 7 == 0:
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
    if len(shape) == 1 and shape[0] > 2 and shape[0] % 2 == 0:
        raise Wrong(
            f"D's maps go {_way(sizes)}, and its end makes {shape[0] // 2} answers for each image "
            "of the last one. Halve once more, or end in a linear layer over the whole map."
        )
    if len(shape) == 2 and shape[1] > 1:
        raise Wrong(f"D returns {shape}, {shape[1]} numbers for each image: one logit is asked.")
    if shape != (2,):
        raise Wrong(f"D returns {shape} for 2 images: end with nn.Flatten(0), so that it is (2,).")
    if tuple(D(fake[:1]).shape) != (1,):
        raise Wrong("for a single image D does not return (1,): squeeze() without an axis?")


def _ds_look_at_every_pixel(Gs: dict, Ds: dict, make_d: Callable, latent_dim: int) -> None:
    for channels, D in Ds.items():
        _check_sight(D, channels)


def _check_sight(D: nn.Module, channels: int) -> None:
    sizes = _traced(D, torch.randn(2, channels, SIZE, SIZE))[1]
    seen = _seen(D, channels)
    unseen = 1 - float(seen.float().mean())
    if unseen <= 0.02:
        return
    rows, columns = (seen.any(dim=axis).nonzero().flatten().tolist() for axis in (1, 0))
    if rows and seen[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all():
        raise Wrong(
            f"D's answer depends on rows {rows[0]} … {rows[-1]} and columns {columns[0]} … "
            f"{columns[-1]} only, of 0 … {SIZE - 1}: G may paint anything at the edge. D's maps go "
            f"{_way(sizes)}. Where a map ends before the last window fits, padding is missing "
            "(kernel 3 with stride 2 needs 1); or something is cropped."
        )
    raise Wrong(
        f"{unseen:.0%} of the pixels have no influence on D's answer, so G may paint anything "
        "there: a stride longer than its kernel leaves gaps."
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
    rows = re.search(r"\(\d+x(\d+) and (\d+)x", str(error))
    if rows and len(sizes) > 1 and int(rows[1]) == int(rows[2]) * sizes[-1][0] * sizes[-1][1]:
        h, w = sizes[-1]
        raise Wrong(
            f"D's linear layer takes {rows[2]} numbers, the channels of the last map alone: height "
            f"· width are missing, {rows[2]} · {h} · {w} = {rows[1]}."
        ) from error
    for size in (28, 32, 16, 48, 56, 112, 128):
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


def _seen(D: nn.Module, channels: int) -> Tensor:
    """Return which pixels D's logit depends on, (64, 64)."""
    x = torch.randn(4, channels, SIZE, SIZE, requires_grad=True)
    (slope,) = torch.autograd.grad(D(x).sum(), x)
    return slope.abs().amax(dim=(0, 1)) > 0


def _gs_make_images(Gs: dict, Ds: dict, make_d: Callable, latent_dim: int) -> None:
    for channels, G in Gs.items():
        _check_generator(G, latent_dim, channels)


def _ds_answer_once_for_an_image(Gs: dict, Ds: dict, make_d: Callable, latent_dim: int) -> None:
    for channels, D in Ds.items():
        with torch.no_grad():
            fake = Gs[channels](torch.randn(2, latent_dim))
        _check_discriminator(D, fake, channels)


def _g_reaches_all_real_pixels(Gs: dict, Ds: dict, make_d: Callable, latent_dim: int) -> str | None:
    with torch.no_grad():
        images = Gs[1](300 * torch.randn(8, latent_dim))
    if images.abs().max() > 1 + 1e-5:
        return "G's values pass 1: real pixels lie in [-1, 1], so end with nn.Tanh()."
    if images.min() >= 0:
        return "G makes no negative values: a sigmoid or ReLU at its end cannot reach -1."
    return None


def _d_returns_logits(Gs: dict, Ds: dict, make_d: Callable, latent_dim: int) -> str | None:
    with torch.no_grad():
        far = torch.cat([make_d(3).eval()(1000 * torch.randn(8, 3, SIZE, SIZE)) for _ in range(10)])
    if far.min() >= 0 and far.max() <= 1:
        return "D ends in a sigmoid: leave it out, the loss works on logits."
    if far.min() >= 0:
        return "D is never negative: a ReLU or softplus at its end keeps it from saying fake."
    if far.max() <= 0:
        return "D is never positive: a LogSigmoid at its end. Drop it, the loss wants logits."
    if far.abs().max() <= 1 and far.abs().median() > 0.99:
        return "D ends in a tanh: its logits stay in [-1, 1], so it can never be sure."
    return None


def _remark(Gs: dict, Ds: dict, make_d: Callable, latent_dim: int) -> str | None:
    ups = [layer for layer in Gs[3].modules() if isinstance(layer, nn.ConvTranspose2d)]
    if not ups:
        return None
    known = {"latent_dim": latent_dim, "size": SIZE, "channels": 3, "width": ups[-1].in_channels}
    if str(Gs[3]) == str(models.dcgan_generator(**known)):
        return (
            "But G is models.dcgan_generator, layer for layer: if you called it, write it once "
            "yourself."
        )
    return None


networks = Property(
    title="G and D for 64 × 64, in color or gray",
    proves="G's maps double up to 64, D looks at every pixel, and the channels are those you ask "
    "for.",
    hints=(
        "64 = 4 · 2 · 2 · 2 · 2: begin G with a map of 4 × 4 and double it four times; D halves "
        "four times, back to 4 × 4.",
        "A doubling is nn.ConvTranspose2d(a, b, 4, stride=2, padding=1), a halving nn.Conv2d with "
        "the same numbers. G's last one makes `channels` maps, D's first one takes them.",
        "D ends with nn.Flatten(1), nn.Linear(c * 4 * 4, 1), nn.Flatten(0): no transposed "
        "convolution, no sigmoid. G ends with nn.Tanh().",
    ),
    asks="Check ``generator(latent_dim, channels)`` and ``discriminator(channels)`` by their maps.",
    table=Table(RIGHT, SLIPS),
    make=_make,
    facts=(
        _gs_make_images,
        _ds_answer_once_for_an_image,
        _g_reaches_all_real_pixels,
        _d_returns_logits,
        _ds_look_at_every_pixel,
    ),
    remark=_remark,
)
