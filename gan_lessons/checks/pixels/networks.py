"""Two MLPs for images: an exercise of lesson 06, Generate images with an MLP."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gan_lessons.checks.exercise import Wrong, exercise


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
