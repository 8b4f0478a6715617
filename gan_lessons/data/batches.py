"""From a data set in memory to an endless stream of batches. Introduced in lesson 04."""

from collections.abc import Iterator

import torch
from torch import Tensor

from gan_lessons.errors import SettingError


def batches(x: Tensor, batch_size: int, *, rng: torch.Generator) -> Iterator[Tensor]:
    """Yield batches of x for ever: shuffled anew each time round, the rest of a round left out.

    The samples stay where they are (one tensor on the device): no workers, no files, no copies but
    the batch itself. Mirrored in lesson 04.

    Args:
        x: (N, …) samples.
        batch_size: samples per batch, at most N.
        rng: the source of the shuffling, on the CPU.

    Raises:
        SettingError: there are no data, or a batch would be empty or larger than they are.
    """
    if len(x) == 0:
        raise SettingError(
            f"There are no samples to draw batches from: x has the shape {tuple(x.shape)}.",
            "No training step was made; your networks are as they were.",
            "Hold fewer back, if you held some back, or use a larger data set.",
        )
    if not 1 <= batch_size <= len(x):
        raise SettingError(
            f"batch_size={batch_size} does not fit a data set of {len(x)} samples.",
            "No training step was made; your networks are as they were.",
            f"Choose a batch_size from 1 to {len(x)}.",
        )
    return _shuffled_for_ever(x, batch_size, rng)


def _shuffled_for_ever(x: Tensor, batch_size: int, rng: torch.Generator) -> Iterator[Tensor]:
    while True:
        order = torch.randperm(len(x), generator=rng).to(x.device)
        for start in range(0, len(x) - batch_size + 1, batch_size):
            yield x[order[start : start + batch_size]]


def to_model_range(images: Tensor) -> Tensor:
    """Turn uint8 pixels 0 … 255 into float32 in [-1, 1], the range of a tanh. Lesson 06."""
    return images.float() / 127.5 - 1


def to_image_range(images: Tensor) -> Tensor:
    """Turn floats in [-1, 1] into uint8 pixels 0 … 255, rounding; the way back. Lesson 06."""
    return ((images + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
