"""The Fréchet distance of two Gaussians: an exercise of lesson 09, Score a generator."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons import metrics
from gan_lessons.checks.exercise import Wrong, exercise
from gan_lessons.checks.scoring.numbers import cloud, named, near, number


def _turned(cov: Tensor, degrees: float) -> Tensor:
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = torch.tensor([[c, -s], [s, c]], dtype=torch.float64)
    return turn @ cov @ turn.T


@exercise(
    title="The Fréchet distance of two Gaussians",
    proves="closed forms are met, nothing lies between equal Gaussians, and turning both changes "
    "nothing.",
    hints=(
        "Four terms: the squared distance of the means, two traces, and minus twice the trace of "
        "the root of cov_a @ cov_b.",
        "The trace of a root is the sum of the roots of the eigenvalues: "
        "torch.linalg.eigvals(cov_a @ cov_b).",
        "roots = torch.linalg.eigvals(cov_a @ cov_b).real.clamp(min=0).sqrt(). The rest is "
        "(mean_a - mean_b).square().sum() + cov_a.trace() + cov_b.trace() - 2 * roots.sum().",
    ),
)
def frechet(answer: Callable) -> None:
    """Check ``frechet(mean_a, cov_a, mean_b, cov_b)``, the squared distance of two Gaussians."""
    zero, eye = torch.zeros(2, dtype=torch.float64), torch.eye(2, dtype=torch.float64)

    def ask(cov_a: Tensor, cov_b: Tensor, mean_b: Tensor | None = None) -> float:
        mean_b = torch.zeros(len(cov_a), dtype=torch.float64) if mean_b is None else mean_b
        return number(answer(torch.zeros_like(mean_b), cov_a, mean_b, cov_b), "your function")

    spread = ask(torch.diag(zero.new_tensor([4.0, 1])), torch.diag(zero.new_tensor([25.0, 1])))
    missing = "a trace is missing: both cov_a.trace() and cov_b.trace() belong in."
    product = (
        "you take the trace of the product, not of its *root*: for variances 4 and 25 the term "
    )
    mistakes = {
        product + "must be √100 = 10, not 100.": 31 - 2 * 101,
        "you take the root of the trace; it is the trace of the root. Take the root of each "
        "eigenvalue, then the sum.": 31 - 2 * math.sqrt(101),
        "the last term counts twice: - 2 * roots.sum().": 20,
        "the last term has the wrong sign: what two Gaussians share makes them closer.": 53,
        missing: 5 - 22,
        missing + " You left out the first.": 26 - 22,
        "the distance is reported squared: no root around the sum.": 3,
    }
    named([spread], mistakes)
    if not near(spread, 9):
        raise Wrong(
            "for N(0, diag(4, 1)) and N(0, diag(25, 1)) the deviations differ by 3, so the squared "
            f"distance is 9; you return {spread:.4g}."
        )
    shifted = ask(eye, eye, zero.new_tensor([3.0, 4]))
    mistakes = {
        "the means differ by (3, 4), so 25 must be added; you add 5, the length without its "
        "square.": 5,
        "the means are not compared: two equal clouds in different places get distance 0.": 0,
        "you average over the coordinates of the means; the squares are summed.": 12.5,
    }
    named([shifted], mistakes)
    if not near(shifted, 25):
        raise Wrong(f"two equal Gaussians (3, 4) apart have distance 25, not {shifted:.4g}.")
    _check_turned(ask)
    x = cloud(10, 20, 0)  # 10 samples in 20 dimensions: half of the eigenvalues are 0
    flat = x.T.cov()
    itself, other = ask(flat, flat), ask(flat, cloud(10, 20, 1).T.cov())
    if math.isnan(itself) or math.isnan(other):
        raise Wrong(
            "from 10 samples in 20 dimensions you get NaN: some eigenvalues are 0, computed as "
            "-1e-17, and have no root. clamp(min=0) before the root."
        )
    if abs(itself) > 1e-3:
        raise Wrong(f"the distance of a sample to itself is {itself:.4g}; it must be 0.")


def _check_turned(ask: Callable[[Tensor, Tensor], float]) -> None:
    """Covariances that do not commute, and the same pair after a turn of the whole plane."""
    flat = torch.diag(torch.tensor([16.0, 1], dtype=torch.float64))
    crossed = _turned(flat, 60)
    true = metrics.frechet_gaussians(torch.zeros(2), flat, torch.zeros(2), crossed)
    found, turned = ask(flat, crossed), ask(_turned(flat, 25), _turned(crossed, 25))
    roots = _root(flat) @ _root(crossed)
    mistakes = {
        "you multiply the eigenvalues of A with those of B. A cloud and the same cloud turned then "
        "have distance 0; take the eigenvalues of the product A @ B.": 0,
        "tr(√A·√B) is not tr(√(A·B)): they agree only where A and B have the same axes. Take the "
        "eigenvalues of A @ B.": float(34 - 2 * roots.trace()),
    }
    named([found], mistakes)
    if math.isnan(found) or math.isnan(turned) or not near(found, turned):
        raise Wrong(
            f"turning both clouds together changes your distance from {found:.4g} to "
            f"{turned:.4g}. The root of a matrix is not the root of its entries, and A @ B is not "
            "symmetric: torch.linalg.eigvals, not .sqrt() of the matrix or eigvalsh."
        )
    if not near(found, true):
        raise Wrong(
            f"two long clouds that cross at 60° have distance {true:.4g}; you return {found:.4g}."
        )


def _root(cov: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(cov)
    return vectors @ torch.diag(values.sqrt()) @ vectors.T
