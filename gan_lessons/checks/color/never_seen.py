"""Checks of lesson 08, Paint in color."""

import math
import re
import warnings
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


def traced(net: nn.Module, x: Tensor) -> tuple[Tensor | RuntimeError, list[tuple[int, int]]]:
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
    images, sizes = traced(G, z)
    if isinstance(images, RuntimeError):
        if isinstance(traced(G, z[..., None, None])[0], Tensor):
            raise Wrong(
                f"G wants noise (B, {latent_dim}, 1, 1), but gets (B, {latent_dim}): begin with "
                "nn.Unflatten(1, (latent_dim, 1, 1)), or with a linear layer."
            ) from images
        lengths = (n for n in (64, 100, 128) if isinstance(traced(G, torch.randn(2, n))[0], Tensor))
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
    logits, sizes = traced(D, fake)
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
        if not isinstance(traced(D, fake.new_zeros(2, channels, size, size))[0], RuntimeError):
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


@exercise(
    title="Same numbers, other speed",
    proves="channels last and bfloat16 products; weights, shapes and logits stay as they are.",
    hints=(
        "Neither changes the shape. D.to(memory_format=torch.channels_last) changes D in place; "
        "the same call on a tensor *returns* the other layout.",
        "with torch.autocast(images.device.type, dtype=torch.bfloat16): runs the products of what "
        "is inside in bfloat16; D's weights stay float32.",
        "Outside of the with block, return logits.float(): the loss is computed in float32.",
    ),
)
def fast_logits(answer: Callable) -> None:
    """Check ``fast_logits(D, images)``: D's logits by channels last and bfloat16 products."""
    with torch.random.fork_rng(devices=[]), warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        D = _small_discriminator()
        images = 2 * torch.rand(6, 3, 16, 16) - 1
        before = {name: value.clone() for name, value in D.state_dict().items()}
        plain = D(images).detach()
        seen: list[tuple[Tensor, Tensor, bool]] = []  # images, products, autocast for a GPU
        hook = D[0].register_forward_hook(
            lambda _, x, out: seen.append((x[0], out, torch.is_autocast_enabled("cuda")))
        )
        try:
            logits = answer(D, images)
        except RuntimeError as error:
            if "channels, but got" in str(error):
                raise Wrong(
                    "you permute the axes, so D gets (B, height, width, channels). channels_last "
                    "is an order in memory; .to(memory_format=torch.channels_last) keeps the shape."
                ) from error
            if D[0].weight.dtype != torch.float32:
                raise _narrow_weights(D) from error
            raise
        finally:
            hook.remove()
    refused = any("Disabling autocast" in str(warning.message) for warning in told)
    if refused or any(for_a_gpu for *_, for_a_gpu in seen):
        raise Wrong("autocast is opened for a device that is not here: images.device.type has it.")
    _check_precision(D, before, seen, logits)
    _check_layout(D, seen)
    _check_values(D, logits, plain)


def _small_discriminator() -> nn.Sequential:
    D = nn.Sequential(nn.Conv2d(3, 8, 4, stride=2, padding=1), nn.LeakyReLU(0.2))
    D.extend([nn.Conv2d(8, 16, 4, stride=2, padding=1), nn.LeakyReLU(0.2)])
    return D.extend([nn.Flatten(1), nn.Linear(256, 1), nn.Flatten(0)])


def _narrow_weights(D: nn.Module) -> Wrong:
    return Wrong(
        f"D's weights are {D[0].weight.dtype} now. Training adds small steps to them, and 1 + 0.001"
        " is 1 in bfloat16: they would be lost. Keep float32 weights; autocast rounds copies only."
    )


def _check_precision(D: nn.Module, before: dict, seen: list, logits: object) -> None:
    if D[0].weight.dtype != torch.float32:
        raise _narrow_weights(D)
    if any(not torch.equal(before[name], value) for name, value in D.state_dict().items()):
        raise Wrong("D's weights have other values than before: only their order may change.")
    if not isinstance(logits, Tensor):
        raise Wrong(f"you return a {type(logits).__name__}: return D's logits.")
    products = seen[-1][1].dtype if seen else "not made: D was never called"
    if products == torch.float16:
        raise Wrong(
            "the products are float16: it ends at 65,504 and needs scaled losses. bfloat16 reaches "
            "as far as float32."
        )
    if products != torch.bfloat16:
        how = "torch.autocast(images.device.type, dtype=torch.bfloat16)"
        raise Wrong(f"D's products are {products}: call D inside {how}.")
    if logits.dtype != torch.float32:
        raise Wrong(
            f"the logits are {logits.dtype}, not float32 (of bfloat16's 8 bits a loss would be too "
            "coarse). Return logits.float()."
        )
    if not logits.requires_grad:
        raise Wrong("the logits carry no gradient: under no_grad, or detached, D learns nothing.")


def _check_layout(D: nn.Module, seen: list) -> None:
    last = {"memory_format": torch.channels_last}
    images, weights = seen[-1][0].is_contiguous(**last), D[0].weight.is_contiguous(**last)
    call = ".to(memory_format=torch.channels_last)"
    if not images and not weights:
        raise Wrong(f"neither D's weights nor the images are channels last: {call} on both.")
    if not weights:
        raise Wrong(f"the images are channels last, D's weights are not: D{call}, once.")
    if not images:
        raise Wrong(
            "D's weights are channels last, the images it gets are not: a tensor's .to(…) changes "
            "nothing in place, use what it returns."
        )


def _check_values(D: nn.Module, logits: Tensor, plain: Tensor) -> None:
    if not D.training:
        raise Wrong("D is left in eval mode: the next training step would run without batch norm.")
    if (logits.detach() - plain).abs().max() > 0.05 * plain.abs().max() + 0.02:
        raise Wrong("the logits are not D's for these images: other numbers, not only other speed.")


@exercise(
    title="The mean of a hue",
    proves="hues are averaged as directions, weighted by chroma, and come back as 0 … 360.",
    hints=(
        "350° and 10° are both red; their mean is 0°, not 180°. Average directions, not numbers.",
        "A hue is the direction (cos, sin), of radians. Sum the directions, each times its chroma, "
        "and take the angle of the sum.",
        "angle = hue.deg2rad(); torch.atan2((chroma * angle.sin()).sum(), (chroma * angle.cos())"
        ".sum()).rad2deg() % 360.",
    ),
)
def mean_hue(answer: Callable) -> None:
    """Check ``mean_hue(hue, chroma)``: degrees (N,) and weights (N,) to one angle in 0 … 360."""

    def ask(hue: list[float], chroma: list[float]) -> float:
        found = answer(torch.tensor(hue), torch.tensor(chroma))
        if isinstance(found, Tensor) and found.ndim:
            raise Wrong(f"you return {tuple(found.shape)} numbers: one mean is asked for.")
        return float(found)

    def near(found: float, right: float) -> bool:
        return abs((found - right + 180) % 360 - 180) < 0.05

    north = ask([100.0, 100.0], [0.1, 0.1])
    if abs(north - math.radians(100)) < 0.01:
        raise Wrong("the mean comes back in radians: .rad2deg().")
    if near(north, -10):
        raise Wrong("100° becomes -10°: atan2 takes the sine first, then the cosine.")
    if near(north, 80) or near(north, -80):
        raise Wrong(
            "100° becomes ±80°: the arc tangent of a ratio cannot tell opposite hues apart. Use "
            "torch.atan2(y, x)."
        )
    reds = ask([350.0, 10.0], [0.1, 0.1])
    if near(reds, 180):
        raise Wrong(
            "of 350° and 10°, both red, you make 180°, a green: hues lie on a circle. Average "
            "directions, not numbers."
        )
    if not near(north, 100):
        degrees = math.degrees(math.atan2(math.sin(100), math.cos(100)))
        if near(north, degrees):
            raise Wrong("sine and cosine want radians: hue.deg2rad() first.")
        raise Wrong(f"the mean of 100° and 100° is {north:.1f}°.")
    uneven = ask([0.0, 90.0], [0.3, 0.1])
    if near(uneven, 45):
        raise Wrong(
            "a vivid red and a faint yellow count the same: a gray pixel's hue is noise, so weigh "
            "each hue by its chroma."
        )
    if not near(uneven, math.degrees(math.atan2(1, 3))) or not near(reds, 0):
        raise Wrong(f"of 0° (chroma 0.3) and 90° (chroma 0.1) you make {uneven:.1f}°, not 18.4°.")
    for right in (200.0, 300.0):
        found = ask([right, right], [0.1, 0.2])
        if near(found, right) and not 0 <= found <= 360:
            raise Wrong(f"{right:.0f}° comes back as {found:.0f}°: bring it to 0 … 360 by % 360.")
        if not near(found, right):
            raise Wrong(f"the mean of {right:.0f}° and {right:.0f}° is {found:.1f}°.")


@exercise(
    title="Pairs that never occur",
    proves="each sample counts by its pair, whatever the order or number of the samples.",
    hints=(
        "Turn each pair into one number: 100 * palette + ground is different for different pairs.",
        "torch.isin(a, b) says for each element of a whether it occurs anywhere in b.",
        "code = 100 * pairs[:, 0] + pairs[:, 1] for both; then (~torch.isin(fake_code, real_code))"
        ".float().mean().",
    ),
)
def never_seen(answer: Callable) -> None:
    """Check ``never_seen(fake, real)``: the share of fake pairs (N, 2) that no real pair equals."""
    real = torch.tensor([[0, 1], [0, 1], [1, 0], [2, 3], [3, 2], [4, 4], [5, 0]])
    fake = torch.tensor([[0, 1], [0, 0], [0, 0], [0, 0], [2, 2], [2, 2], [1, 0], [3, 2]])
    found = answer(fake, real)
    if isinstance(found, Tensor) and found.ndim:
        raise Wrong(f"you return {tuple(found.shape)} answers: one share is asked for.")
    found = float(found)
    if found > 1:
        raise Wrong(f"a share lies in 0 … 1, but you return {found:g}: divide by the number.")
    if math.isclose(found, 5 / 8, abs_tol=1e-4):
        if float(answer(torch.tensor([[1, 2]]), torch.tensor([[2, 1], [0, 3]]))) < 1:
            raise Wrong(
                "(1, 2) counts as seen where only (2, 1) and (0, 3) occur: a sum, or a sorted pair,"
                " does not tell them apart."
            )
        return
    if found == 0:
        raise Wrong(
            "every palette occurs and every ground occurs, but not together: you compare the two "
            "columns one by one. Compare pairs."
        )
    if math.isclose(found, 2 / 5, abs_tol=1e-4):
        raise Wrong("you count different pairs, not samples: (0, 0) was painted three times.")
    if math.isclose(found, 3 / 7, abs_tol=1e-4):
        raise Wrong("that is the share of *real* pairs that no fake has: exchange the two.")
    raise Wrong(f"5 of the 8 fake pairs never occur among the real ones: 0.625, not {found:.3f}.")
