"""The averaged generator. Introduced in lesson 04."""

import torch
from torch import nn


@torch.no_grad()
def update_average(average: nn.Module, G: nn.Module, *, decay: float) -> None:
    """Move the averaged generator a little toward G: an exponential moving average (EMA).

    Parameters are averaged, buffers (batch norm's running statistics) are copied.

    Args:
        average: a deep copy of G, changed in place.
        decay: 0 … 1, the share that is kept; .999 remembers about 1,000 steps.

    Source: Yazıcı et al. 2019, The Unusual Effectiveness of Averaging in GAN Training, equation 1.
    Lesson 04.
    """
    for kept, new in zip(average.parameters(), G.parameters(), strict=True):
        kept.lerp_(new, 1 - decay)
    for kept, new in zip(average.buffers(), G.buffers(), strict=True):
        kept.copy_(new)
