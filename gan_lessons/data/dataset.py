"""The one shape of answer that every data set of the course has. Introduced in lesson 04."""

from dataclasses import dataclass, field

from torch import Tensor


@dataclass(frozen=True)
class Dataset:
    """Samples in memory, with what is known about them.

    Attributes:
        x: images as uint8 (N, C, H, W) in 0 … 255, or points as float32 (N, 2).
        y: int64 (N,): the class of each image, or the number of the mode that a point came from.
        name: what the set is called in a sentence.
        license: under what licence its samples may be used.
        factors: for each known factor of variation, float32 (N,): the truth about every sample.
        centers: (K, 2) centers of the modes, for a mixture of Gaussians; else None.
        sigma: the standard deviation of each mode, for a mixture of Gaussians; else None.
    """

    x: Tensor
    y: Tensor
    name: str
    license: str
    factors: dict[str, Tensor] = field(default_factory=dict)
    centers: Tensor | None = None
    sigma: float | None = None

    def __len__(self) -> int:
        return len(self.x)

    def __repr__(self) -> str:
        shape = "×".join(map(str, self.x.shape[1:]))
        return f"{self.name}: {len(self):,} samples of {shape} ({self.x.dtype}), {self.license}"
