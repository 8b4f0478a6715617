"""What it costs to carry one sample to another, exactly: no network, no approximation.

Wasserstein-1 (lesson 11), and what a map pays over the cheapest pairing (lesson 21).

Floor 4 of the house.
"""

import math

import numpy as np
import torch
from torch import Tensor

from gan_lessons.errors import SettingError
from gan_lessons.metrics import checked


def assignment(cost: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pair every row with a column of its own so that the costs add up to the least possible.

    Row by row: look for the shortest way to a free column, where a pair made earlier may be undone
    if its row finds another column; then mend the prices. It takes N³ operations at worst, 0.2 s
    for 256 rows.

    Args:
        cost: (N, N) finite floats.

    Returns:
        ``column_of``, (N,), the column of each row, and the prices ``u`` and ``v``, (N,), of rows
        and columns. They *prove* that the pairs are the best: u_i + v_j <= cost_ij for all i and
        j, so no other pairing costs less than sum(u) + sum(v), and this one costs exactly that.

    Source: Jonker and Volgenant 1987, A Shortest Augmenting Path Algorithm for Dense and Sparse
    Linear Assignment Problems (its augmentation; no initialization). Lesson 11.
    """
    n = len(cost)
    u = np.zeros(n)
    v = cost.min(axis=0)
    column_of = np.full(n, -1)  # -1: free
    row_of = np.full(n, -1)
    for start in range(n):
        # 1 · the shortest way from this row to a free column
        length = np.full(n, np.inf)
        came = np.full(n, start)
        done = np.zeros(n, dtype=bool)
        row = start
        here = 0.0
        while row >= 0:
            through = np.where(done, np.inf, here + cost[row] - u[row] - v)
            came[through < length] = row
            length = np.minimum(length, through)
            column = np.where(done, np.inf, length).argmin()
            here = length[column]
            done[column] = True
            row = row_of[column]
        # 2 · prices that make every step of that way free
        taken = done & (row_of >= 0)
        u[start] += here
        u[row_of[taken]] += here - length[taken]
        v[done] -= here - length[done]
        # 3 · hand the columns over along the way, back to the start
        while row != start:
            row = came[column]
            next_column = column_of[row]
            row_of[column] = row
            column_of[row] = column
            column = next_column
    return column_of, u, v


def w1(real: Tensor, fake: Tensor) -> float:
    """Return the Wasserstein-1 distance of two samples of one size: the mean way to carry.

    On a line the sorted samples are paired (lesson 01), elsewhere :func:`assignment` finds the
    pairs. Two samples of *one* distribution are not 0 apart: print that floor beside the number.

    Args:
        real, fake: (N,) numbers or (N, d) points, N a few hundred at most if d > 1.

    Raises:
        SettingError: samples of different sizes, or NaN or infinity among them.

    Source: Villani 2009, Optimal Transport, chapter 6. Lesson 11.
    """
    x, y = checked(*(s[:, None] if s.ndim == 1 else s for s in (real, fake)), least=1)
    if len(x) != len(y):
        raise SettingError(
            f"{len(x)} real and {len(y)} fake samples cannot be paired one to one.",
            "Nothing was computed; your samples are as they were.",
            f"Take {min(len(x), len(y))} of both.",
        )
    if x.shape[1] == 1:
        return float((x.sort(dim=0).values - y.sort(dim=0).values).abs().mean())
    cost = torch.cdist(x, y, compute_mode="donot_use_mm_for_euclid_dist").numpy()
    return float(cost[np.arange(len(cost)), assignment(cost)[0]].mean())


def cost(z: Tensor, y: Tensor) -> Tensor:
    """Return what a map from z to y pays: E‖y − z‖², each sample for its own way. Lesson 21.

    Differentiable: times a weight it is the term that keeps a generator's ways short.

    Args:
        z: (B, …) where samples start. y: (B, …) where they end, of the same shape.

    Source: Lin et al. 2025, Adversarial Flow Models, its optimal transport loss.
    """
    return (y - z).flatten(1).square().sum(1).mean()


def over_cheapest(z: Tensor, y: Tensor) -> float:
    """Return how many times as much a map pays as the cheapest pairing of the same points.

    1 for a map that no other pairing beats. The cost of a pair is ‖y − z‖², that of
    Wasserstein-2. Lesson 21.

    Args:
        z: (N, d) where samples start, N a few hundred at most. y: (N, d) where they end.

    Raises:
        SettingError: samples of different sizes, or NaN or infinity among them.

    Source: Villani 2009, Optimal Transport, chapter 6.
    """
    z, y = checked(z, y, least=1)
    if len(z) != len(y):
        raise SettingError(
            f"{len(z)} starts and {len(y)} ends: a map has an end for every start.",
            "Nothing was computed; your samples are as they were.",
            "Hand over z and G(z), row by row.",
        )
    squares = torch.cdist(z, y, compute_mode="donot_use_mm_for_euclid_dist").square().numpy()
    pairs = assignment(squares)[0]
    paid, least = squares.diagonal().sum(), squares[np.arange(len(z)), pairs].sum()
    return float(paid / least) if least > 0 else (math.inf if paid > 0 else 1.0)
