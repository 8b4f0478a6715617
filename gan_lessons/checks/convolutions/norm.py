"""Mend the batch norm: an exercise of lesson 07, Build a DCGAN."""

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from gan_lessons.checks.grader import Property, Slip, Table

RIGHT = """
def norm(channels):
    return nn.BatchNorm2d(channels, momentum=0.2)
"""

SLIPS = (
    Slip("channels, momentum=0.2", "channels, 0.8", "the second argument is eps"),
    Slip("momentum=0.2", "momentum=0.8", "one batch moves the statistics by 80 %"),
    Slip(", momentum=0.2", "", "90 % of the old statistics are kept"),
    Slip("momentum=0.2", "momentum=0.2, affine=False", "leave out affine=False"),
    Slip("momentum=0.2", "track_running_stats=False", "it keeps no running statistics"),
    Slip("BatchNorm2d", "BatchNorm1d", "does not take maps"),
    Slip("channels, m", "64, m", "pass `channels` on"),
    Slip("momentum=0.2", "momentum=0.02", "80 % of 0 and 20 % of 3"),
    Slip("momentum=0.2", "momentum=None", "weighs all batches alike"),
    Slip("BatchNorm2d", "InstanceNorm2d", "it keeps no running statistics"),
    Slip(
        "nn.BatchNorm2d(channels, momentum=0.2)", "nn.GroupNorm(4, channels)", "it keeps no running"
    ),
    Slip("nn.BatchNorm2d(channels, momentum=0.2)", "nn.BatchNorm2d", "the class itself"),
    Slip("return nn", "nn", "the return is missing"),
)


def _make(norm: Callable) -> tuple:
    """Return what makes layers for eight channels, and faint maps of spread 0.1 around 3.

    Each fact asks a layer of its own: every batch moves the statistics.
    """
    rng = torch.Generator().manual_seed(0)
    return lambda: norm(8), 3 + 0.1 * torch.randn(64, 8, 7, 7, generator=rng)


def _it_is_a_layer_for_maps(build: Callable, faint: Tensor) -> str | None:
    layer = build()
    if layer is None:
        return "None comes back: the return is missing."
    if isinstance(layer, type):
        return f"the class itself comes back: call it, {layer.__name__}(channels, …)."
    if not isinstance(layer, nn.Module):
        return f"norm returns a {type(layer).__name__}, not a layer: return an nn.Module."
    if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm3d):
        return f"{type(layer).__name__} does not take maps (B, C, H, W): BatchNorm2d does."
    return None


def _faint_maps_come_out_with_spread_one(build: Callable, faint: Tensor) -> str | None:
    layer = build()
    spread = float(layer.train()(faint).detach().std())
    if spread < 0.95:
        eps = 0.01 / spread**2 - 0.01
        return (
            f"maps with a spread of 0.1 come out with {spread:.2f}, not 1: the second argument is "
            f"eps, here {eps:.1g}, which is added to the variance. Name what you mean: momentum=…"
        )
    return None


def _statistics_are_kept_for_eval_mode(build: Callable, faint: Tensor) -> str | None:
    layer = build().train()
    out = layer(faint)
    if torch.allclose(out, layer.eval()(faint), atol=1e-5):
        return (
            "in train and in eval mode the layer does the same: it keeps no running statistics, so "
            "an image would always depend on its batch, or stand alone."
        )
    return None


def _eighty_percent_are_kept(build: Callable, faint: Tensor) -> str | None:
    layer = build().train()
    layer(faint)
    layer.eval()
    with torch.no_grad():
        dark, light = layer(torch.zeros(1, 8, 7, 7)), layer(torch.ones(1, 8, 7, 7))
    mean = float((-dark / (light - dark)).mean())  # the running mean, read off the outputs
    if math.isclose(mean, 0.8 * 3, rel_tol=0.02):
        return (
            "one batch moves the statistics by 80 %. PyTorch's momentum is the share of the *new* "
            "batch, Keras's the share that is kept."
        )
    if math.isclose(mean, 0.1 * 3, rel_tol=0.02):
        return "90 % of the old statistics are kept, PyTorch's default; the author meant 80 %."
    if math.isclose(mean, 3, rel_tol=0.02):
        return (
            "nothing of the old statistics is kept: the running mean is that of the first batch. "
            "momentum=None weighs all batches alike, momentum=1 keeps the last one only."
        )
    if not math.isclose(mean, 0.2 * 3, rel_tol=0.02):
        return (
            f"after one batch of mean 3 the running mean is {mean:.2f}; 80 % of 0 and 20 % of 3 "
            "are 0.6."
        )
    return None


def _it_can_learn(build: Callable, faint: Tensor) -> str | None:
    layer = build()
    if not any(p.requires_grad for p in layer.parameters()):
        return "the layer has no weight to learn: leave out affine=False."
    return None


norm = Property(
    title="Mend the batch norm",
    proves="faint maps come out with spread 1, and 80 % of the old statistics are kept.",
    hints=(
        "Look at the signature: nn.BatchNorm2d(num_features, eps=1e-05, momentum=0.1, …). Which "
        "argument gets the 0.8?",
        "Keras: new = 0.8 · old + 0.2 · batch. PyTorch: new = (1 - momentum) · old + momentum · "
        "batch.",
        "nn.BatchNorm2d(channels, momentum=0.2)",
    ),
    asks="Check ``norm(channels)``: Keras's ``BatchNormalization(momentum=0.8)`` in PyTorch.",
    table=Table(RIGHT, SLIPS),
    make=_make,
    facts=(
        _it_is_a_layer_for_maps,
        _faint_maps_come_out_with_spread_one,
        _statistics_are_kept_for_eval_mode,
        _eighty_percent_are_kept,
        _it_can_learn,
    ),
    refused={
        "running_mean should contain": "norm(8) must take maps of 8 channels: pass `channels` on.",
        "channels": "norm(8) must take maps of 8 channels: pass `channels` on.",
    },
)
