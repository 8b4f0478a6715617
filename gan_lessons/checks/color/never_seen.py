"""Pairs that never occur: an exercise of lesson 08, Paint in color."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="Pairs that never occur",
    proves="each sample counts by its pair, whatever the order or number of the samples.",
    hints=(
        "Turn each pair into one number: 100 * palette + ground is different for different pairs.",
        "torch.isin(a, b) says for each element of a whether it occurs anywhere in b.",
        "code = 100 * pairs[:, 0] + pairs[:, 1] for both; then (~torch.isin(fake_code, real_code))"
        ".float().mean().",
    ),
)
def never_seen(answer: Callable) -> None:
    """Check ``never_seen(fake, real)``: the share of fake pairs (N, 2) that no real pair equals."""
    real = torch.tensor([[0, 1], [0, 1], [1, 0], [2, 3], [3, 2], [4, 4], [5, 0]])
    fake = torch.tensor([[0, 1], [0, 0], [0, 0], [0, 0], [2, 2], [2, 2], [1, 0], [3, 2]])
    found = answer(fake, real)
    if isinstance(found, Tensor) and found.ndim:
        raise Wrong(f"you return {tuple(found.shape)} answers: one share is asked for.")
    found = float(found)
    if found > 1:
        raise Wrong(f"a share lies in 0 … 1, but you return {found:g}: divide by the number.")
    if math.isclose(found, 5 / 8, abs_tol=1e-4):
        if float(answer(torch.tensor([[1, 2]]), torch.tensor([[2, 1], [0, 3]]))) < 1:
            raise Wrong(
                "(1, 2) counts as seen where only (2, 1) and (0, 3) occur: a sum, or a sorted pair,"
                " does not tell them apart."
            )
        return
    if found == 0:
        raise Wrong(
            "every palette occurs and every ground occurs, but not together: you compare the two "
            "columns one by one. Compare pairs."
        )
    if math.isclose(found, 2 / 5, abs_tol=1e-4):
        raise Wrong("you count different pairs, not samples: (0, 0) was painted three times.")
    if math.isclose(found, 3 / 7, abs_tol=1e-4):
        raise Wrong("that is the share of *real* pairs that no fake has: exchange the two.")
    raise Wrong(f"5 of the 8 fake pairs never occur among the real ones: 0.625, not {found:.3f}.")
