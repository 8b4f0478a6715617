"""What a run leaves behind: its numbers, and the moment between two steps. Lesson 04."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

NUMBERS = ("loss_d", "loss_g", "real_logit", "fake_logit")
CHECK_EVERY = 50  # steps between two looks at whether all numbers are finite


class History:
    """The numbers of a run, one row per step, kept on the device so that no step waits for them.

    Attributes:
        names: what the columns are called.
        length: the number of rows written so far.
    """

    def __init__(self, *, names: tuple[str, ...] = NUMBERS, device: torch.device | str = "cpu"):
        self.names = names
        self.length = 0
        self._rows = torch.empty(1024, len(names), device=device)

    def record(self, numbers: dict[str, Tensor]) -> None:
        """Append one step's numbers (scalar tensors); other columns hold NaN."""
        if self.length == len(self._rows):
            self._rows = torch.cat([self._rows, torch.empty_like(self._rows)])
        missing = self._rows.new_full((), float("nan"))
        row = [numbers[name].detach() if name in numbers else missing for name in self.names]
        self._rows[self.length] = torch.stack(row)
        self.length += 1

    def column(self, name: str) -> Tensor:
        """Return one number over all steps so far, float32 (length,), on the CPU."""
        return self._rows[: self.length, self.names.index(name)].cpu()

    def first_not_finite(self, start: int = 0) -> int | None:
        """Return the first step from ``start`` on whose loss is NaN or infinite, or None."""
        bad = ~self._rows[start : self.length, :2].isfinite().all(dim=1)
        return start + int(bad.nonzero()[0]) if bad.any() else None


@dataclass(frozen=True)
class Moment:
    """A run between two steps: what there is to look at. It refers to the nets, copies nothing.

    Attributes:
        step: steps done so far. steps: steps planned.
        numbers: this step's loss_d, loss_g, real_logit, fake_logit (scalar tensors), and real_sign,
            the mean sign of D(real), which lesson 13 steers by.
        shown: the generator to look at: the average where one is kept, else G itself.
    """

    step: int
    steps: int
    numbers: dict[str, Tensor]
    history: History
    G: nn.Module
    D: nn.Module
    shown: nn.Module
