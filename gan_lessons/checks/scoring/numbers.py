"""Numbers that a metric returns: what lesson 09's checks share."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import torch
from torch import Tensor

from gan_lessons.checks import exercise
from gan_lessons.checks.exercise import Wrong

near = partial(exercise.near, share=1e-3, least=1e-3)


def number(result: object, name: str) -> float:
    """Return an answer as a float, or say what else it is."""
    if isinstance(result, complex) or (isinstance(result, Tensor) and result.is_complex()):
        raise Wrong(
            f"{name} returns a complex number: eigvals answers in complex numbers even where all "
            "are real. Take .real of them first."
        )
    if isinstance(result, Tensor) and result.numel() != 1:
        raise Wrong(f"{name} returns a tensor of shape {tuple(result.shape)}, not one number.")
    if isinstance(result, bool) or not isinstance(result, Tensor | int | float):
        raise Wrong(f"{name} returns {type(result).__name__}, not one number.")
    return float(result)


@contextmanager
def any_sizes(told: str) -> Iterator[None]:
    """Turn a stop of the learner's code into the diagnosis that sets may differ in size."""
    try:
        yield
    except NotImplementedError:
        raise
    except (RuntimeError, IndexError) as error:
        raise Wrong(f"{told} ({str(error).splitlines()[0][:70]})") from error


def same(found: object, true: object) -> bool:
    """Say whether numbers in any nesting are the same but for rounding. Lesson 09."""
    found, true = (torch.tensor(x, dtype=torch.float64) for x in (found, true))
    return bool(((found - true).abs() <= 1e-4 * true.abs().clamp(min=1)).all())


def named(found: list, *mistakes: dict) -> None:
    """Raise the diagnosis of the known mistake that gives what was found, sample by sample."""
    for diagnosis in mistakes[0]:
        if same(found, [wrong[diagnosis] for wrong in mistakes]):
            raise Wrong(diagnosis)


def cloud(n: int, d: int, seed: int) -> Tensor:
    """Return features N(0, I), (n, d), in float64. Lesson 09."""
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
