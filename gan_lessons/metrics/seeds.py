"""A mean over seeds with its interval. Introduced in lesson 10."""

from torch import Tensor

# Student's t, 97.5 %, of 2, 3 … 10 values: how many standard errors an interval reaches.
STUDENT = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262)


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
    half = STUDENT[min(n, 10) - 2] * values.std(dim=-1) / n**0.5
    return mean - half, mean, mean + half
