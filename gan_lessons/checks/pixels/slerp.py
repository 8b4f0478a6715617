"""Checks of lesson 06, Generate images with an MLP."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="To the model's range and back",
    proves="every pixel value 0 … 255 lands in [-1, 1] and comes back unchanged.",
    hints=(
        "0 must become -1, 255 must become 1, and the middle 0. That is a division and a "
        "subtraction, on floats.",
        "images.float() / 127.5 - 1. The way back undoes it in the other order.",
        "Before the conversion to torch.uint8: round, because it cuts decimals off, and clamp to "
        "0 … 255, because it wraps around.",
    ),
)
def model_range(to_model: Callable, to_image: Callable) -> None:
    """Check ``to_model_range(images)`` and ``to_image_range(images)`` on all 256 pixel values."""
    pixels = torch.arange(256, dtype=torch.uint8).reshape(1, 1, 16, 16)
    made = to_model(pixels)
    if not made.is_floating_point():
        raise Wrong(f"to_model_range returns {made.dtype}: a network needs floats. Use .float().")
    low, high = float(made.min()), float(made.max())
    if math.isclose(low, 0, abs_tol=1e-6) and math.isclose(high, 1, rel_tol=0.01):
        raise Wrong(
            "the pixels lie in [0, 1], but the tanh at G's end makes [-1, 1]: half of its range "
            "is never real."
        )
    if high > 1.01 or low < -1.01:
        raise Wrong(
            f"the pixels reach from {low:.2f} to {high:.2f}, but tanh stops at -1 and 1: G can "
            "never make the brightest real pixels, and D tells them apart by that alone. Do not "
            "subtract a mean and divide by a standard deviation."
        )
    if abs(low + 1) > 0.01 or abs(high - 1) > 0.01:
        raise Wrong(f"0 becomes {low:.2f} and 255 becomes {high:.2f}; they should be -1 and 1.")
    if float(made[0, 0, 0, 0]) > float(made[0, 0, -1, -1]):
        raise Wrong("black and white are exchanged: 0 must become -1 and 255 must become 1.")
    back = to_image(made)
    if back.dtype != torch.uint8:
        raise Wrong(f"to_image_range returns {back.dtype}, not torch.uint8.")
    if back.shape != pixels.shape:
        raise Wrong(f"the shape changes from {tuple(pixels.shape)} to {tuple(back.shape)}.")
    off = (back.int() - pixels.int()).abs()
    if off.max() == 1:
        raise Wrong(
            f"{int((off > 0).sum())} of 256 pixel values come back one too small: the conversion "
            "to uint8 cuts off decimals. Round first."
        )
    if off.any():
        raise Wrong(f"{int((off > 0).sum())} of 256 pixel values do not come back.")
    beyond = to_image(torch.tensor([-1.2, 1.2]).reshape(1, 1, 1, 2)).flatten().tolist()
    if beyond != [0, 255]:
        raise Wrong(
            f"-1.2 and 1.2 become {beyond[0]} and {beyond[1]}, not 0 and 255: uint8 wraps around. "
            "Clamp before you convert."
        )
    gray, made_gray = pixels.flatten()[50:200], made.flatten()[50:200]
    shape = (1, 1, 10, 15)
    if not torch.allclose(to_model(gray.reshape(shape)).flatten(), made_gray, atol=1e-5):
        raise Wrong(
            "in a batch with pixels of 50 … 199 only, the same pixel becomes another number: you "
            "scale by the batch's own smallest and largest value. Use 0 and 255."
        )
    if not torch.equal(to_image(made_gray.reshape(shape)).flatten(), gray):
        raise Wrong(
            "a gray batch comes back with other pixels: to_image_range stretches each batch to "
            "0 … 255. Use -1 and 1, not the batch's own limits."
        )


@exercise(
    title="Two MLPs for images",
    proves="any number of images, one channel, values in (-1, 1), one logit each.",
    hints=(
        "G ends with 1 * 28 * 28 = 784 numbers, nn.Tanh() and nn.Unflatten(1, (1, 28, 28)). "
        "D begins with nn.Flatten(1).",
        "D ends with nn.Linear(…, 1) and nn.Flatten(0), which turns (B, 1) into (B,). No sigmoid: "
        "the loss wants logits.",
        "nn.Sequential(nn.Linear(latent_dim, 256), nn.LeakyReLU(0.2), nn.Linear(256, 784), "
        "nn.Tanh(), nn.Unflatten(1, (1, 28, 28))) would do for G.",
    ),
)
def networks(make_g: Callable, make_d: Callable, latent_dim: int = 64) -> None:
    """Check ``generator(latent_dim)`` and ``discriminator()`` by shapes, ranges and parameters."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        G, D = make_g(latent_dim), make_d()
        for net, name in ((G, "the generator"), (D, "the discriminator")):
            if not isinstance(net, nn.Module):
                raise Wrong(
                    f"{name} is a {type(net).__name__}, not a network: return an nn.Module."
                )
        for n in (1, 2, 7):
            _check_generator(G, n, latent_dim)
            _check_discriminator(D, n)
        _check_end(torch.cat([_judge_far(make_d()) for _ in range(20)]))
        other = latent_dim + 3
        try:
            make_g(other)(torch.randn(2, other))
        except RuntimeError as error:
            raise Wrong(
                f"generator({other}) does not take noise of {other} numbers: its first layer must "
                "begin with latent_dim."
            ) from error


def _call(net: nn.Module, x: Tensor) -> Tensor:
    """Return ``net(x)``; batch norm cannot train on one sample, so that is asked in eval mode."""
    try:
        return net(x)
    except ValueError as error:
        if "more than 1 value per channel" not in str(error):
            raise
        net.eval()
        result = net(x)
        net.train()
        return result


def _check_generator(G: nn.Module, n: int, latent_dim: int) -> None:
    try:
        images = _call(G, torch.randn(n, latent_dim))
    except RuntimeError as error:
        if "unflatten" in str(error) or "invalid for input of size" in str(error):
            raise Wrong(
                "G's last numbers do not fit the shape they are put into: an image needs "
                "1 * 28 * 28 = 784 of them, and (7, 7, 1) has places for 49."
            ) from error
        raise
    shape = tuple(images.shape)
    if shape == (n, 784) or shape == (n, 28, 28):
        raise Wrong(
            f"G makes {shape}: the channel axis is missing. Images are (B, 1, 28, 28), so end "
            "with nn.Unflatten(1, (1, 28, 28))."
        )
    if shape == (n, 28, 28, 1):
        raise Wrong("G puts the channel last; PyTorch wants (B, channels, height, width).")
    if shape != (n, 1, 28, 28):
        raise Wrong(f"for {n} noise vectors G makes {shape} instead of {(n, 1, 28, 28)}.")
    widest = _at_scale(G, 300.0, latent_dim)
    if widest > 1 + 1e-5:
        raise Wrong(
            f"G's values reach {widest:.1f}: there is no activation at its end. Real pixels lie in "
            "[-1, 1], so end with nn.Tanh()."
        )
    if float(_spread(G, latent_dim).min()) >= 0:
        raise Wrong("G makes no negative values: a sigmoid or ReLU at its end cannot reach -1.")
    if len([p for p in G.parameters() if p.ndim == 2]) < 2:
        raise Wrong("G has one layer: a linear map of noise is a cloud without a shape.")


def _spread(G: nn.Module, latent_dim: int) -> Tensor:
    with torch.no_grad():
        return G(100 * torch.randn(64, latent_dim))


def _at_scale(G: nn.Module, scale: float, latent_dim: int) -> float:
    """Return the largest size of G's outputs for noise that is far too large."""
    with torch.no_grad():
        return float(G(scale * torch.randn(64, latent_dim)).abs().max())


def _check_discriminator(D: nn.Module, n: int) -> None:
    with torch.no_grad():
        logits = _call(D, 2 * torch.rand(n, 1, 28, 28) - 1)
        shape = tuple(logits.shape)
        if shape == (n, 1):
            raise Wrong(f"D returns {shape}: end with nn.Flatten(0), so that it is ({n},).")
        if shape == () and n == 1:
            raise Wrong("for a single image D returns no axis at all: squeeze() without an axis.")
        if shape != (n,):
            raise Wrong(f"for {n} images D returns {shape}, not one logit each, ({n},).")


def _judge_far(D: nn.Module) -> Tensor:
    with torch.no_grad():
        return D(1000 * torch.randn(64, 1, 28, 28))


def _check_end(far: Tensor) -> None:
    """The logits of many fresh D's on huge inputs must reach far to both sides of 0."""
    if far.min() >= 0 and far.max() <= 1:
        raise Wrong(
            "D ends in a sigmoid: its answers stay in [0, 1]. Leave it out, the loss works on "
            "logits; a second sigmoid would keep D from ever being sure."
        )
    if far.min() >= 0:
        raise Wrong("D is never negative: a ReLU at its end keeps it from saying fake. Drop it.")
    if far.max() <= 0:
        raise Wrong("D is never positive: a LogSigmoid at its end. Drop it, the loss wants logits.")
    if far.abs().max() <= 1 and far.abs().median() > 0.99:
        raise Wrong("D ends in a tanh: its logits stay in [-1, 1], so it can never be sure.")


@exercise(
    title="Walk on the sphere",
    proves="slerp keeps the length that noise has, all along the way.",
    hints=(
        "First the angle between a and b: the arc cosine of the dot product of the two unit "
        "vectors.",
        "slerp = (sin((1 - t) * angle) * a + sin(t * angle) * b) / sin(angle).",
        "cosine = (a * b).sum() / (a.norm() * b.norm()); angle = cosine.clamp(-1, 1).acos(). If "
        "the angle is almost 0, return (1 - t) * a + t * b.",
    ),
)
def slerp(answer: Callable) -> None:
    """Check ``slerp(a, b, t)`` for vectors (latent_dim,) and t in 0 … 1."""
    rng = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 64, generator=rng)
    unit_a, unit_b = torch.eye(64)[:2]
    start, end = answer(a, b, 0.0), answer(a, b, 1.0)
    if torch.allclose(start, b, atol=1e-3) and torch.allclose(end, a, atol=1e-3):
        raise Wrong("the walk starts at b and ends at a: exchange t and 1 - t.")
    middle = answer(unit_a, unit_b, 0.5)
    length = float(middle.norm())
    if math.isclose(length, math.sqrt(0.5), rel_tol=1e-3):
        raise Wrong(
            "half way between two unit vectors your point has length 0.71: that is the straight "
            "line (lerp), which cuts through where noise never is."
        )
    slanted = {d: _unit(d, unit_a, unit_b) for d in (60, 120)}
    short, long = (float(answer(s * unit_a, s * slanted[60], 0.5).norm()) for s in (1, 3))
    if math.isclose(short, 1, rel_tol=1e-3) and not any(
        math.isclose(long, right, rel_tol=1e-3) for right in (1, 3)
    ):
        raise Wrong(
            "right for unit vectors, wrong for longer ones: the cosine of the angle is the dot "
            "product divided by both lengths."
        )
    if not (torch.allclose(start, a, atol=1e-3) and torch.allclose(end, b, atol=1e-3)):
        raise Wrong(
            "the walk must start at a (t = 0) and end at b (t = 1), with their own lengths."
        )
    if not math.isclose(length, 1.0, rel_tol=1e-3):
        raise Wrong(f"half way between two unit vectors your point has length {length:.2f}, not 1.")
    third = answer(unit_a, unit_b, 1 / 3)
    if not math.isclose(float(third[0]), math.cos(math.pi / 6), rel_tol=1e-3):
        raise Wrong(
            "the walk is not even: after a third of the way the angle must be a third. A lerp that "
            "is stretched to the right length runs fast in the middle."
        )
    for degrees, unit in slanted.items():
        length = float(answer(unit_a, unit, 0.5).norm())
        if not math.isclose(length, 1, rel_tol=1e-3):
            raise Wrong(
                f"half way between unit vectors at {degrees}° your point has length {length:.2f}, "
                "not 1: right only at 90°. Use the angle between a and b."
            )
    same = answer(a, a.clone(), 0.5)
    if not same.isfinite().all():
        raise Wrong("from a point to itself you divide by sin(0): return a point, not NaN.")
    if not torch.allclose(same, a, rtol=1e-2, atol=1e-2):
        raise Wrong("half way from a point to itself you are elsewhere: it must be that point.")


def _unit(degrees: float, x: Tensor, y: Tensor) -> Tensor:
    """Return the unit vector at an angle from x, in the plane of the unit vectors x and y."""
    return math.cos(math.radians(degrees)) * x + math.sin(math.radians(degrees)) * y


@exercise(
    title="Find the nearest training image",
    proves="each sample gets its closest training image and the true distance, uint8 or float.",
    hints=(
        "torch.cdist compares all pairs at once, but wants (N, 784): flatten(1), and floats.",
        "distances.min(dim=1) gives the smallest distance in each row, and where it is.",
        "distance, index = torch.cdist(fake.flatten(1).float(), train.flatten(1).float())"
        ".min(dim=1); return distance, index.",
    ),
)
def nearest(answer: Callable) -> None:
    """Check ``nearest(fake, train)``: (distances (N,), indices (N,)) to the closest images."""
    rng = torch.Generator().manual_seed(0)
    train = 2 * torch.rand(50, 1, 28, 28, generator=rng) - 1
    chosen = torch.tensor([7, 3, 41])
    near = train[chosen] + 0.01 * torch.randn(3, 1, 28, 28, generator=rng)
    result = answer(near, train)
    if not isinstance(result, tuple) or len(result) != 2:
        raise Wrong("return two tensors: the distances (N,) and the indices (N,).")
    distance, index = result
    if distance.is_floating_point() is False and index.is_floating_point():
        raise Wrong("the two results are exchanged: first the distances, then the indices.")
    if tuple(index.shape) != (3,):
        raise Wrong(
            f"for 3 samples you return {tuple(index.shape)} indices. Take the minimum over the "
            "training images, dim=1 of an (N, M) table."
        )
    if not torch.equal(index, chosen):
        far = torch.cdist(near.flatten(1), train.flatten(1)).argmax(dim=1)
        if torch.equal(index, far):
            raise Wrong("you return the training image that is *farthest* away: min, not max.")
        if torch.equal(
            index, (near.mean((1, 2, 3))[:, None] - train.mean((1, 2, 3))).abs().argmin(1)
        ):
            raise Wrong(
                "you compare mean brightness; two images can share it and look nothing alike."
            )
        raise Wrong(f"noisy copies of images 7, 3 and 41 are found as {index.tolist()}.")
    true = (near - train[chosen]).flatten(1).norm(dim=1)
    if torch.allclose(distance, true**2, rtol=3e-2):
        raise Wrong("the distances are squared: take the root, so that they can be compared.")
    if not torch.allclose(distance, true, rtol=3e-2):
        raise Wrong(
            f"the first distance is {float(true[0]):.3f}, you return {float(distance[0]):.3f}."
        )
    dark, light = torch.zeros(1, 1, 2, 2, dtype=torch.uint8), torch.full((1, 1, 2, 2), 200).byte()
    gap = float(answer(light, dark)[0])
    if abs(gap - 400) > 1:
        raise Wrong(
            f"between all 0 and all 200 on 4 pixels lie 400, you return {gap:.0f}: uint8 "
            "overflows. Convert to float first."
        )
