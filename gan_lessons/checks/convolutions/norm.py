"""Mend the batch norm: an exercise of lesson 07, Build a DCGAN."""

import math
from collections.abc import Callable

import torch
from torch import nn

from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="Mend the batch norm",
    proves="faint maps come out with spread 1, and 80 % of the old statistics are kept.",
    hints=(
        "Look at the signature: nn.BatchNorm2d(num_features, eps=1e-05, momentum=0.1, …). Which "
        "argument gets the 0.8?",
        "Keras: new = 0.8 · old + 0.2 · batch. PyTorch: new = (1 - momentum) · old + momentum · "
        "batch.",
        "nn.BatchNorm2d(channels, momentum=0.2)",
    ),
)
def norm(answer: Callable) -> None:
    """Check ``norm(channels)``: Keras's ``BatchNormalization(momentum=0.8)`` in PyTorch."""
    layer = answer(8)
    if not isinstance(layer, nn.Module):
        raise Wrong(f"norm returns a {type(layer).__name__}, not a layer: return an nn.Module.")
    if isinstance(layer, nn.BatchNorm1d | nn.BatchNorm3d):
        raise Wrong(f"{type(layer).__name__} does not take maps (B, C, H, W): BatchNorm2d does.")
    rng = torch.Generator().manual_seed(0)
    faint = 3 + 0.1 * torch.randn(64, 8, 7, 7, generator=rng)
    layer.train()
    try:
        out = layer(faint).detach()
    except RuntimeError as error:
        if "running_mean should contain" in str(error) or "channels" in str(error):
            raise Wrong("norm(8) must take maps of 8 channels: pass `channels` on.") from error
        raise
    spread = float(out.std())
    layer.eval()
    with torch.no_grad():
        if torch.allclose(out, layer(faint), atol=1e-5):
            raise Wrong(
                "in train and in eval mode the layer does the same: it keeps no running "
                "statistics, so an image would always depend on its batch, or stand alone."
            )
        dark, light = layer(torch.zeros(1, 8, 7, 7)), layer(torch.ones(1, 8, 7, 7))
    kept = float((-dark / (light - dark)).mean())  # the running mean, read off the outputs
    if spread < 0.95:
        eps = 0.01 / spread**2 - 0.01
        raise Wrong(
            f"maps with a spread of 0.1 come out with {spread:.2f}, not 1: the second argument is "
            f"eps, here {eps:.1g}, which is added to the variance. Name what you mean: momentum=…"
        )
    if math.isclose(kept, 0.8 * 3, rel_tol=0.02):
        raise Wrong(
            "one batch moves the statistics by 80 %. PyTorch's momentum is the share of the *new* "
            "batch, Keras's the share that is kept."
        )
    if math.isclose(kept, 0.1 * 3, rel_tol=0.02):
        raise Wrong(
            "90 % of the old statistics are kept, PyTorch's default; the author meant 80 %."
        )
    if not math.isclose(kept, 0.2 * 3, rel_tol=0.02):
        raise Wrong(
            f"after one batch of mean 3 the running mean is {kept:.2f}; 80 % of 0 and 20 % of 3 "
            "are 0.6."
        )
    if not any(p.requires_grad for p in layer.parameters()):
        raise Wrong("the layer has no weight to learn: leave out affine=False.")
