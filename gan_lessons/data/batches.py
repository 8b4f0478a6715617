"""From a data set in memory to an endless stream of batches. Introduced in lesson 04."""

from collections.abc import Iterator

import torch
from torch import Tensor

from gan_lessons.errors import SettingError


def batches(x: Tensor, batch_size: int, *, rng: torch.Generator) -> "Batches":
    """Yield batches of x for ever: shuffled anew each time round, the rest of a round left out.

    The samples stay where they are (one tensor on the device): no workers, no files, no copies but
    the batch itself. Introduced in lesson 04.

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
    return Batches(x, batch_size, rng)


class Batches:
    """What :func:`batches` returns: an endless iterator that knows its place. Lesson 04."""

    def __init__(self, x: Tensor, batch_size: int, rng: torch.Generator):
        self.x, self.batch_size, self.rng = x, batch_size, rng
        self.order, self.start = torch.empty(0, dtype=torch.long, device=x.device), 0

    def __iter__(self) -> Iterator[Tensor]:
        return self

    def __next__(self) -> Tensor:
        if self.start + self.batch_size > len(self.order):  # a round is over
            self.order = torch.randperm(len(self.x), generator=self.rng).to(self.x.device)
            self.start = 0
        chosen = self.order[self.start : self.start + self.batch_size]
        self.start += self.batch_size
        return self.x[chosen]

    def state_dict(self) -> dict:
        """Return the place in the data and the state of the shuffling, for a checkpoint."""
        place = {"order": self.order.clone(), "start": self.start, "samples": len(self.x)}
        return place | {"rng": self.rng.get_state()}

    def load_state_dict(self, state: dict) -> None:
        """Go on from the place that :meth:`state_dict` returned.

        Raises:
            SettingError: it is a place in a data set of another size.
        """
        if state["samples"] != len(self.x):
            raise SettingError(
                f"A place among {state['samples']} samples is none among {len(self.x)}.",
                "The batches go on from where they were.",
                "Hand over the data set that the place was kept of.",
            )
        self.order, self.start = state["order"].to(self.x.device, copy=True), state["start"]
        self.rng.set_state(state["rng"])


def to_model_range(images: Tensor) -> Tensor:
    """Turn uint8 pixels 0 … 255 into float32 in [-1, 1], the range of a tanh. Lesson 06."""
    return images.float() / 127.5 - 1


def to_image_range(images: Tensor) -> Tensor:
    """Turn floats in [-1, 1] into uint8 pixels 0 … 255, rounding; the way back. Lesson 06."""
    return ((images + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
