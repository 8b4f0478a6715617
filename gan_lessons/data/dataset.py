"""The one shape of answer that every data set of the course has. Introduced in lesson 04."""

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from gan_lessons.errors import SettingError


@dataclass(frozen=True)
class Dataset:
    """Samples in memory, with what is known about them.

    Your own need no more than their numbers: ``data.Dataset(x)``, where x is a tensor, an array or
    a list. Floats become float32; nothing else is changed.

    Attributes:
        x: images as uint8 (N, C, H, W) in 0 … 255, or points as float32 (N, 2).
        y: int64 (N,): the class of each image, or the number of the mode that a point came from;
            0 for all where nothing is given.
        name: what the set is called in a sentence.
        license: under what license its samples may be used.
        factors: for each known factor of variation, float32 (N,): the truth about every sample.
        centers: (K, 2) centers of the modes, for a mixture of Gaussians; else None.
        sigma: the standard deviation of each mode, for a mixture of Gaussians; else None.

    Raises:
        SettingError: x is no table of numbers (N, …), or y is not one whole number for each.
    """

    x: Tensor
    y: Tensor | None = None
    name: str = "your data"
    license: str = "yours"
    factors: dict[str, Tensor] = field(default_factory=dict)
    centers: Tensor | None = None
    sigma: float | None = None

    def __post_init__(self) -> None:
        x = _as_tensor(self.x)
        if x is None or x.ndim == 0 or x.is_complex():
            raise SettingError(
                f"The samples x are {type(self.x).__name__} and no table of numbers (N, …).",
                "No data set was made.",
                "Pass points (N, 2), or images (N, channels, height, width) of one size.",
            )
        x = x.float() if x.is_floating_point() else x
        y = torch.zeros(len(x), dtype=torch.long) if self.y is None else _as_tensor(self.y)
        if y is None or y.shape != (len(x),) or y.is_floating_point() or y.is_complex():
            got = type(self.y).__name__ if y is None else f"{tuple(y.shape)}, {y.dtype}"
            raise SettingError(
                f"The classes y must be {len(x):,} whole numbers, one for each sample; got {got}.",
                "No data set was made.",
                "Pass a class for each sample, or leave y out.",
            )
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "y", y.long())

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        shape = "×".join(map(str, self.x.shape[1:]))
        return f"{self.name}: {len(self):,} samples of {shape} ({self.x.dtype}), {self.license}"


def _as_tensor(values: object) -> Tensor | None:
    try:
        if isinstance(values, np.ndarray):  # torch takes neither views in reverse nor other orders
            values = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("="))
        if isinstance(values, list | tuple) and any(isinstance(x, Tensor) for x in values):
            values = torch.stack([torch.as_tensor(x) for x in values])
        return torch.as_tensor(values)
    except (TypeError, ValueError, RuntimeError):  # words, lists of different lengths …
        return None
