"""What every metric of images asks of its samples. Introduced in lesson 09."""

import torch
from torch import Tensor

from gan_lessons.errors import SettingError


def checked(*samples: Tensor, least: int = 2) -> list[Tensor]:
    """Return sets of features as float64 (N, d) on the CPU. Lesson 09.

    Args:
        samples: (N, d) features each, N may differ. least: how many samples each set must have.

    Raises:
        SettingError: images instead of features, sets of different d, too few samples, or NaN.
    """
    kept = "Nothing was computed; your samples are as they were."
    shapes = " and ".join(str(tuple(x.shape)) for x in samples)
    if any(x.ndim != 2 for x in samples) or len({x.shape[1] for x in samples}) > 1:
        todo = "Hand over judge.features(images) for every set, or images.flatten(1)."
        raise SettingError(f"Metrics compare (N, d) features of one d, not {shapes}.", kept, todo)
    if min(len(x) for x in samples) < least:
        todo = f"Draw at least {least}; a few hundred make a number worth reading."
        raise SettingError(f"{shapes}: too few samples for this metric.", kept, todo)
    if not all(x.isfinite().all() for x in samples):
        todo = "Look at the images first: a generator that diverged makes NaN."
        raise SettingError("The features hold NaN or infinity.", kept, todo)
    return [x.detach().to("cpu", torch.float64) for x in samples]
