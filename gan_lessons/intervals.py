"""A number with an interval, or no number: of one metric (lesson 09), over seeds (lesson 10).

Floor 2 of the house.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

# Student's t, 97.5 %, of 2, 3 … 10 values: how many standard errors an interval reaches.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


@dataclass(frozen=True)
class Interval:
    """A number with a range that holds its mean over repetitions 95 times in 100. Lesson 09."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3g} ({self.low:.3g} to {self.high:.3g})"


def interval(
    metric: Callable[..., float], *samples: Tensor, rng: torch.Generator, rounds: int = 40
) -> Interval:
    """Return a metric with its 95 % interval for the choice of samples: ± 1.96 standard errors.

    The metric is taken on random halves of every set. A half drawn without replacement varies
    around the whole as the whole varies around the truth, so the deviation over halves is the
    standard error. The usual bootstrap draws with replacement: its copies are neighbors at
    distance 0, and pair a sample with itself, the very diagonal that :func:`kid` leaves out.

    Args:
        metric: a function of the sets that returns a float; for two generators, the difference.
        samples: the sets, (N, …) each. rng: draws the halves. rounds: how many.

    The interval knows the chance of drawing these samples. It knows nothing of a bias that is the
    same in every draw, nor of the seeds the generator was trained with. Between equal distributions
    it is too wide: there a kernel distance's error falls as 1/N, and halves overstate it by √3.

    Source: Shao and Wu 1989, A General Theory for Jackknife Variance Estimation (deleting half).
    Lesson 09.
    """

    def half(x: Tensor) -> Tensor:
        order = torch.randperm(len(x), generator=rng)
        return x[order[: len(x) // 2]]

    value = metric(*samples)
    of_halves = []
    for _ in range(rounds):
        halves = [half(x) for x in samples]
        of_halves.append(metric(*halves))
    spread = torch.tensor(of_halves).std().item()
    return Interval(value, value - 1.96 * spread, value + 1.96 * spread)


def over_seeds(values: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return low end, mean and high end of the 95 % interval of the mean over seeds.

    For a difference of two methods hand over the differences seed by seed (paired runs). The
    interval takes the values for normal; with more than ten it is a little wider than it must be.

    Args:
        values: (…, n) one value per seed, n at least 2.

    Returns:
        Three tensors (…); NaN where a value is NaN: a broken run has no mean.

    Source: Student 1908, The Probable Error of a Mean. Lesson 10.
    """
    n = values.shape[-1]
    mean = values.mean(dim=-1)
    t = STUDENT[min(n, 10) - 2]
    half = t * values.std(dim=-1) / n**0.5
    return mean - half, mean, mean + half
