"""What goes wrong in a run, found in its numbers and samples. Floor 2 of the house; lesson 05.

A curve is a tensor with one number per step. A look is a cloud of samples from the same noise; a
run has a few of them, in order. Every detector says *when* it would have called, or None: it reads
a window that rolls over the run, so one bad step is not an alarm.
"""

from collections.abc import Mapping

import torch
from torch import Tensor


def rolling_mean(values: Tensor, window: int) -> Tensor:
    """Return the mean of each ``window`` values in a row: (T,) becomes (T - window + 1,).

    Entry i covers values i to i + window - 1. Empty if there are fewer than ``window``. Lesson 05.
    """
    if len(values) < window:
        return values[:0]
    return values.unfold(0, window, 1).mean(dim=1)


def first_alarm(alarm: Tensor, window: int) -> int | None:
    """Return the last step, counted from 1, of the first window that alarms, or None. Lesson 05.

    Args:
        alarm: (T - window + 1,) whether each window alarms.
    """
    hits = alarm.nonzero()
    return int(hits[0]) + window if len(hits) else None


def not_finite(loss_d: Tensor, loss_g: Tensor) -> int | None:
    """Return the first step, counted from 1, at which a loss is NaN or infinite, or None.

    Args:
        loss_d, loss_g: (T,) both players' losses. Lesson 05.
    """
    return first_alarm(~(loss_d.isfinite() & loss_g.isfinite()), 1)


def d_wins(
    real_logit: Tensor, fake_logit: Tensor, *, window: int = 100, sure: float = 4.0
) -> int | None:
    """Return the step by which D has been sure of both real and fake for a window, or None.

    At a logit of ±4 D is 98 % sure. Lesson 05.

    Args:
        real_logit, fake_logit: (T,) D's mean logits. sure: how far from 0 both must be.
    """
    real = rolling_mean(real_logit, window)
    fake = rolling_mean(fake_logit, window)
    return first_alarm(torch.minimum(real, -fake) > sure, window)


def mode_shares(samples: Tensor, centers: Tensor) -> Tensor:
    """Return the share of samples (N, 2) nearest to each of the centers (K, 2): (K,), sum 1.

    Near or far does not count here: this says where G works, not how well. Lesson 05.
    """
    nearest = torch.cdist(samples, centers).argmin(dim=1)  # (N,)
    return nearest.bincount(minlength=len(centers)) / len(samples)


def collapsed(looks: Tensor, centers: Tensor, *, window: int = 3) -> int | None:
    """Return the look, counted from 1, by which G has long visited fewer than half of the modes.

    A mode is visited if it has a fifth of its fair share. Lesson 05.

    Args:
        looks: (L, N, 2) clouds in order. centers: (K, 2). window: how many looks in a row.
    """
    shares = torch.stack([mode_shares(x, centers) for x in looks])  # (L, K)
    few = (shares >= 0.2 / len(centers)).sum(dim=1) < len(centers) / 2
    return first_alarm(rolling_mean(few.float(), window) == 1, window)


def oscillates(looks: Tensor, centers: Tensor, *, window: int = 3) -> int | None:
    """Return the look by which most samples have been changing modes from look to look, or None.

    The change is the total variation distance of two looks' mode shares: 0 if G stays where it is,
    1 if it leaves every mode it was at. The mean of ``window`` changes must exceed 1/2. Lesson 05.

    Args:
        looks: (L, N, 2) clouds in order. centers: (K, 2).
    """
    shares = torch.stack([mode_shares(x, centers) for x in looks])  # (L, K)
    change = shares.diff(dim=0).abs().sum(dim=1) / 2  # (L - 1,)
    return first_alarm(rolling_mean(change, window) > 0.5, window + 1)


def alarms(numbers: Mapping[str, Tensor], looks: Tensor, centers: Tensor) -> dict[str, int]:
    """Return every alarm that a run sets off, with the step or look of its first call. Lesson 05.

    Args:
        numbers: loss_d, loss_g, real_logit and fake_logit, each (T,).
        looks: (L, N, 2), at least one. centers: (K, 2) of the modes.
    """
    found = {
        "not finite": not_finite(numbers["loss_d"], numbers["loss_g"]),
        "D wins": d_wins(numbers["real_logit"], numbers["fake_logit"]),
        "collapse": collapsed(looks, centers),
        "oscillation": oscillates(looks, centers),
    }
    return {name: when for name, when in found.items() if when is not None}
