"""Two MLPs for images: an exercise of lesson 06, Generate images with an MLP."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Property, Slip, Table

RIGHT = """
def generator(latent_dim):
    return nn.Sequential(
        nn.Linear(latent_dim, 256),
        nn.LeakyReLU(0.1),
        nn.Linear(256, 784),
        nn.Tanh(),
        nn.Unflatten(1, (1, 28, 28)),
    )

def discriminator():
    return nn.Sequential(
        nn.Flatten(1),
        nn.Linear(784, 128),
        nn.LeakyReLU(0.2),
        nn.Linear(128, 1),
        nn.Flatten(0),
    )
"""

SLIPS = (
    Slip("1, (1, 28, 28)", "1, (7, 7, 1)", "put into (1, 28, 28)"),
    Slip("1, (1, 28, 28)", "1, (28, 28)", "channel axis is missing"),
    Slip("        nn.Unflatten(1, (1, 28, 28)),\n", "", "channel axis is missing"),
    Slip("1, (1, 28, 28)", "1, (28, 28, 1)", "channel last"),
    Slip("nn.Tanh(),", "", "no activation at its end"),
    Slip("nn.Tanh()", "nn.ReLU()", "no activation at its end"),
    Slip("nn.Tanh()", "nn.Sigmoid()", "cannot reach -1"),
    Slip("nn.Tanh()", "nn.Softmax(1)", "cannot reach -1"),
    Slip("nn.Linear(latent_dim, 256)", "nn.Linear(64, 256)", "must begin with latent_dim"),
    Slip("nn.Linear(latent_dim, 256)", "nn.Linear(100, 256)", "must begin with latent_dim"),
    Slip("        nn.LeakyReLU(0.1),\n", "", "nothing bends between them"),
    Slip("256, 784", "128, 784", "a layer of G takes another number"),
    Slip("        nn.Flatten(1),\n", "", "begin with nn.Flatten(1)"),
    Slip("nn.Flatten(1)", "nn.Flatten(0)", "makes one row of all images"),
    Slip("784, 128", "28, 128", "a layer of D takes another number"),
    Slip("        nn.Flatten(0),\n", "", "end with nn.Flatten(0)"),
    Slip("128, 1),\n        nn.Flatten(0)", "128, 2)", "two logits"),
    Slip("nn.Flatten(0)", "nn.Sigmoid(),\n        nn.Flatten(0)", "ends in a sigmoid"),
    Slip("nn.Flatten(0)", "nn.ReLU(),\n        nn.Flatten(0)", "never negative"),
    Slip("nn.Flatten(0)", "nn.LogSigmoid(),\n        nn.Flatten(0)", "never positive"),
    Slip("nn.Flatten(0)", "nn.Tanh(),\n        nn.Flatten(0)", "ends in a tanh"),
)


def _make(
    generator: Callable, discriminator: Callable, latent_dim: int = 64
) -> tuple[Callable, Callable, int]:
    """Return the two makers and how much noise is asked; both must make networks."""
    for maker, name in ((generator, "generator"), (discriminator, "discriminator")):
        if isinstance(maker, nn.Module):
            raise Wrong(
                f"you hand over a network, my_{name}(…), where a function that makes one is asked: "
                f"my_{name}, without brackets."
            )
    for net, name in ((generator(latent_dim), "generator"), (discriminator(), "discriminator")):
        if net is None:
            raise Wrong(f"the {name} is None: the return is missing.")
        if not isinstance(net, nn.Module):
            raise Wrong(f"the {name} is a {type(net).__name__}: return an nn.Module, a network.")
    return generator, discriminator, latent_dim


def _call(net: nn.Module, x: Tensor) -> Tensor:
    """Return ``net(x)``; batch norm cannot train on one sample, so that is asked in eval mode."""
    with torch.no_grad():
        try:
            return net(x)
        except ValueError as error:
            if "more than 1 value per channel" not in str(error):
                raise
            net.eval()
            result = net(x)
            net.train()
            return result


def _g_takes_noise_of_any_length(
    generator: Callable, discriminator: Callable, n: int
) -> str | None:
    for latent_dim in (n, n + 3):
        G = generator(latent_dim)
        try:
            _call(G, torch.randn(2, latent_dim))
        except RuntimeError as error:
            if "unflatten" in str(error) or "invalid for input of size" in str(error):
                return (
                    "G's last numbers do not fit the shape they are put into: an image needs "
                    "1 * 28 * 28 = 784 of them, put into (1, 28, 28)."
                )
            if "mat1 and mat2" not in str(error):
                raise
            if latent_dim == n and not _first_layer_takes(G, latent_dim):
                return (
                    f"generator({n}) does not take noise of {n} numbers: its first layer must "
                    "begin with latent_dim."
                )
            if latent_dim == n:
                return (
                    "a layer of G takes another number of inputs than the one before it hands on "
                    f"({str(error).split('(')[-1].rstrip(')')}): the two must be equal."
                )
            return (
                f"generator({latent_dim}) does not take noise of {latent_dim} numbers: its first "
                "layer must begin with latent_dim."
            )
    return None


def _first_layer_takes(net: nn.Module, count: int) -> bool:
    layers = [layer for layer in net.modules() if isinstance(layer, nn.Linear)]
    return not layers or layers[0].in_features == count


def _g_makes_images(generator: Callable, discriminator: Callable, latent_dim: int) -> str | None:
    G = generator(latent_dim)
    for n in (1, 2, 7):
        shape = tuple(_call(G, torch.randn(n, latent_dim)).shape)
        if shape == (n, 784) or shape == (n, 28, 28):
            return (
                f"G makes {shape}: the channel axis is missing. Images are (B, 1, 28, 28), so end "
                "with nn.Unflatten(1, (1, 28, 28))."
            )
        if shape == (n, 28, 28, 1):
            return "G puts the channel last; PyTorch wants (B, channels, height, width)."
        if shape != (n, 1, 28, 28):
            return f"for {n} noise vectors G makes {shape} instead of {(n, 1, 28, 28)}."
    return None


def _g_stays_between_minus_one_and_one(
    generator: Callable, discriminator: Callable, latent_dim: int
) -> str | None:
    G = generator(latent_dim)
    widest = float(_call(G, 300 * torch.randn(64, latent_dim)).abs().max())
    if widest > 1 + 1e-5:
        return (
            f"G's values reach {widest:.1f}: there is no activation at its end that stops them. "
            "Real pixels lie in [-1, 1], so end with nn.Tanh()."
        )
    if float(_call(G, 100 * torch.randn(64, latent_dim)).min()) >= 0:
        return "G makes no negative values: a sigmoid or ReLU at its end cannot reach -1."
    return None


def _g_has_two_layers(generator: Callable, discriminator: Callable, latent_dim: int) -> str | None:
    if len([p for p in generator(latent_dim).parameters() if p.ndim == 2]) < 2:
        return "G has one layer: a linear map of noise is a cloud without a shape."
    return None


def _straight(net: nn.Module, x: Tensor, undo: Callable = lambda y: y) -> int:
    """Return how many linear layers follow each other without a bend, or 0. undo: its last step."""
    net = copy.deepcopy(net).double().eval()
    ends, middle = undo(_call(net, x.double())), undo(_call(net, (x[:3] + x[3:]).double() / 2))
    many = len([p for p in net.parameters() if p.ndim == 2])
    straight = torch.allclose(middle, (ends[:3] + ends[3:]) / 2, atol=1e-6)
    return many if many > 1 and straight else 0


def _g_bends(generator: Callable, discriminator: Callable, latent_dim: int) -> str | None:
    if many := _straight(generator(latent_dim), torch.randn(6, latent_dim), torch.atanh):
        return (
            f"G's {many} linear layers are one: nothing bends between them. Put an "
            "nn.LeakyReLU(0.2) behind each but the last."
        )
    return None


def _remark(generator: Callable, discriminator: Callable, latent_dim: int) -> str | None:
    """Say that D's linear layers follow each other, which are one then: the text asks for G's."""
    if many := _straight(discriminator(), torch.rand(6, 1, 28, 28)):
        return (
            f"But D's {many} linear layers are one: nothing bends between them. Put an "
            "nn.LeakyReLU(0.2) behind each but the last."
        )
    return None


def _d_gives_one_logit_each(
    generator: Callable, discriminator: Callable, latent_dim: int
) -> str | None:
    D = discriminator()
    for n in (1, 2, 7):
        try:
            shape = tuple(_call(D, 2 * torch.rand(n, 1, 28, 28) - 1).shape)
        except RuntimeError as error:
            if "mat1 and mat2" not in str(error):
                raise
            flattens = [layer for layer in D.modules() if isinstance(layer, nn.Flatten)]
            if not flattens or flattens[0].start_dim != 1:
                if flattens and len(flattens) > 1 and flattens[0].start_dim == 0:
                    return (
                        "nn.Flatten(0) at D's beginning makes one row of all images: begin with "
                        "nn.Flatten(1), which keeps the first axis."
                    )
                return (
                    "D's first linear layer gets rows of 28 pixels, not images of 784: begin with "
                    "nn.Flatten(1)."
                )
            return (
                "a layer of D takes another number of inputs than it gets "
                f"({str(error).split('(')[-1].rstrip(')')}): images have 784 numbers."
            )
        if shape == (n, 1):
            return f"D returns {shape}: end with nn.Flatten(0), so that it is ({n},)."
        if shape == () and n == 1:
            return "for a single image D returns no axis at all: squeeze() without an axis."
        if shape == (n, 2):
            return f"D returns {shape}, two logits an image: one says real (positive) or fake."
        if shape != (n,):
            return f"for {n} images D returns {shape}, not one logit each, ({n},)."
    return None


def _logits_go_far_to_both_sides(
    generator: Callable, discriminator: Callable, latent_dim: int
) -> str | None:
    """The logits of many fresh D's on huge inputs must reach far to both sides of 0."""
    far = torch.cat([_call(discriminator(), 1000 * torch.randn(64, 1, 28, 28)) for _ in range(20)])
    if far.min() >= 0 and far.max() <= 1:
        return (
            "D ends in a sigmoid: its answers stay in [0, 1]. Leave it out, the loss works on "
            "logits; a second sigmoid would keep D from ever being sure."
        )
    if far.min() >= 0:
        return (
            "D is never negative: a ReLU or softplus at its end keeps it from saying fake. Drop it."
        )
    if far.max() <= 0:
        return "D is never positive: a LogSigmoid at its end. Drop it, the loss wants logits."
    if far.abs().max() <= 1 and far.abs().median() > 0.99:
        return "D ends in a tanh: its logits stay in [-1, 1], so it can never be sure."
    return None


networks = Property(
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
    asks="Check ``generator(latent_dim)`` and ``discriminator()`` by shapes, ranges and layers.",
    table=Table(RIGHT, SLIPS),
    make=_make,
    facts=(
        _g_takes_noise_of_any_length,
        _g_makes_images,
        _g_stays_between_minus_one_and_one,
        _g_has_two_layers,
        _g_bends,
        _d_gives_one_logit_each,
        _logits_go_far_to_both_sides,
    ),
    remark=_remark,
)
