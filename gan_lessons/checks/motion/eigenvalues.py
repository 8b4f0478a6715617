"""Eigenvalues with R1: an exercise of lesson 03, Watch the game move."""

import math
import re
from collections.abc import Callable

import torch

from gan_lessons.checks.exercise import Wrong, exercise
from gan_lessons.checks.motion.roots import roots

CASES = ((1.0, 0.4), (0.5, 0.3), (0.5, 3.0), (1.0, 0.0), (0.5, 0.0))

MISTAKES: dict[str, tuple[Callable, str]] = {
    "dropped": (
        lambda s, g: roots(s, 0),
        "the penalty term is dropped: γ changes nothing. −∂R1/∂ψ = −γψ belongs into D's row.",
    ),
    "sign": (
        lambda s, g: [-root for root in roots(s, g)],
        "the real part is positive: the penalty pushes ψ away from 0. D *adds* R1 to the loss it "
        "lowers, so its push is −γψ.",
    ),
    "half": (
        lambda s, g: roots(s, g / 2),
        "the penalty has half its size: R1 = (γ/2)·ψ² has the derivative γψ.",
    ),
    "double": (
        lambda s, g: roots(s, 2 * g),
        "the penalty has twice its size: the derivative of (γ/2)·ψ² is γψ.",
    ),
    "both": (
        lambda s, g: [complex(-g, s), complex(-g, -s)],
        "both players are penalized. R1 is a term of D's loss alone: G's row stays as it was.",
    ),
    "one loss": (
        lambda s, g: [-g / 2 + e * math.sqrt(g * g / 4 + s * s) for e in (1, -1)],
        "without R1 your eigenvalues are real: both pushes have the same sign, as if the players "
        "lowered one loss. In a game the two entries off the diagonal have opposite signs.",
    ),
    "a step": (
        lambda s, g: [1 + root for root in roots(s, g)],
        "these are eigenvalues of a step, 1 + hλ with h = 1. Asked is λ, of the pushes themselves.",
    ),
    "not complex": (
        lambda s, g: [root.real for root in roots(s, g)],
        "the imaginary part is lost: the rotation is what we are after. Keep complex numbers.",
    ),
    "GAN only": (
        lambda s, g: roots(0.5, g),
        "slope is not used: 1/2 is the GAN's, a WGAN has 1.",
    ),
}


def _same(found: list[complex], right: list[complex]) -> bool:
    """Compare two pairs in any order."""
    pairs = (zip(found, order, strict=True) for order in (right, right[::-1]))
    return any(all(abs(a - b) < 1e-4 for a, b in pair) for pair in pairs)


def _eigenvalues_of(answer: Callable, slope: float, gamma: float) -> list[complex]:
    try:
        found = answer(slope, gamma)
    except ValueError as error:
        if not re.search("math domain|nonnegative", str(error)):
            raise
        raise Wrong(
            "math.sqrt has no root for a negative number, and here there is one: the game turns. "
            "Use cmath.sqrt, or torch.linalg.eigvals of the matrix."
        ) from error
    except TypeError as error:
        if "must be Tensor" not in str(error):
            raise
        raise Wrong(
            "torch got a list or a plain number where it needs a tensor: torch.tensor([[…], […]])."
        ) from error
    if isinstance(found, tuple) and [torch.as_tensor(part).numel() for part in found] == [2, 4]:
        raise Wrong(
            "eig gives eigenvalues *and* eigenvectors: take torch.linalg.eigvals(J) instead."
        )
    parts = list(found) if isinstance(found, tuple | list) else [found]
    found = torch.stack([torch.as_tensor(part).to(torch.complex128) for part in parts])
    if found.numel() == 4:
        raise Wrong(
            "you return the 2 × 2 matrix. Its eigenvalues are asked: torch.linalg.eigvals(J)."
        )
    if found.numel() != 2:
        raise Wrong(
            f"a 2 × 2 matrix has two eigenvalues, counted with repeats, not {found.numel()}."
        )
    if found.isnan().any():
        raise Wrong(
            "a number is NaN: the root of a negative real number. Use cmath.sqrt, or "
            "torch.linalg.eigvals of the matrix."
        )
    return found.reshape(2).tolist()


@exercise(
    title="Eigenvalues with R1",
    proves="±i·slope without the penalty; with it both real parts are negative.",
    hints=(
        "Near (0, 0) the pushes are (slope·ψ, −slope·θ) without a penalty. R1 = (γ/2)·ψ² is added "
        "to D's loss. What does that add to the push on ψ?",
        "The push on ψ becomes −slope·θ − γψ. Row 1 of J: how the push on θ changes with θ and "
        "with ψ. Row 2: the same for the push on ψ.",
        "J = [[0, slope], [−slope, −γ]]; return torch.linalg.eigvals of it.",
    ),
)
def eigenvalues(answer: Callable) -> None:
    """Check ``eigenvalues(slope, gamma)``: two complex numbers in any order."""
    found = {case: _eigenvalues_of(answer, *case) for case in CASES}
    if all(_same(pair, roots(*case)) for case, pair in found.items()):
        return
    for mistake, diagnosis in MISTAKES.values():
        if all(_same(pair, mistake(*case)) for case, pair in found.items()):
            raise Wrong(diagnosis)
    slope, gamma = next(case for case in CASES if not _same(found[case], roots(*case)))
    total, product = sum(found[slope, gamma]), math.prod(found[slope, gamma])
    raise Wrong(
        f"for slope = {slope:g}, γ = {gamma:g} your two add up to {total:.3g} and have the product "
        f"{product:.3g}. They must add up to −γ (the diagonal) and multiply to slope²."
    )
