"""Eigenvalues with R1: an exercise of lesson 03, Watch the game move."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong, as_tensor, near
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def eigenvalues(spin, gamma):
    J = torch.tensor([[0.0, spin], [-spin, -gamma]])
    return torch.linalg.eigvals(J)
"""

NO_ROOT = (
    "math.sqrt has no root for a negative number, and here there is one: the game turns. Use "
    "cmath.sqrt, or torch.linalg.eigvals of the matrix."
)
NAN = (
    "a number is NaN: the root of a negative real number. Use cmath.sqrt, or torch.linalg.eigvals "
    "of the matrix."
)
VECTORS = "eig gives eigenvalues *and* eigenvectors: take torch.linalg.eigvals(J) instead."
MATRIX = "you return the 2 × 2 matrix. Its eigenvalues are asked: torch.linalg.eigvals(J)."
NO_TENSOR = "torch got a list or a plain number where it needs a tensor: torch.tensor([[…], […]])."
ROOTS = "[-gamma / 2 + sign * {}(gamma**2 / 4 - spin**2) for sign in (1, -1)]"

SLIPS = (
    Slip(
        "-gamma]",
        "0.0]",
        "the penalty term is dropped: γ changes nothing. −∂R1/∂ψ = −γψ belongs into D's row.",
    ),
    Slip(
        "-gamma]",
        "gamma]",
        "the real part is positive: the penalty pushes ψ away from 0. D *adds* R1 to the loss it "
        "lowers, so its push is −γψ.",
    ),
    Slip(
        "-gamma]",
        "-gamma / 2]",
        "the penalty has half its size: R1 = (γ/2)·ψ² has the derivative γψ.",
    ),
    Slip(
        "-gamma]",
        "-2 * gamma]",
        "the penalty has twice its size: the derivative of (γ/2)·ψ² is γψ.",
    ),
    Slip(
        "[[0.0,",
        "[[-gamma,",
        "both players are penalized. R1 is a term of D's loss alone: G's row stays as it was.",
    ),
    Slip(
        "[-spin, -gamma]",
        "[-spin - gamma, 0.0]",
        "the penalty stands in θ's column. Its push −γψ changes with ψ: it belongs at the end of "
        "D's row.",
    ),
    Slip(
        "[-spin,",
        "[spin,",
        "without R1 your eigenvalues are real: both pushes have the same sign, as if the players "
        "lowered one loss. In a game the two entries off the diagonal have opposite signs.",
    ),
    Slip(
        "[[0.0, spin], [-spin, -gamma]]",
        "[[1.0, spin], [-spin, 1.0 - gamma]]",
        "these are eigenvalues of a step, 1 + hλ with h = 1. Asked is λ, of the pushes themselves.",
    ),
    Slip(
        "eigvals(J)",
        "eigvals(J).real",
        "the imaginary part is lost: the rotation is what we are after. Keep complex numbers.",
    ),
    Slip(
        "eigvals(J)",
        "eigvals(J).abs()",
        "these are the sizes of the eigenvalues: the rotation is what we are after. Keep complex "
        "numbers.",
    ),
    Slip("spin], [-spin", "0.5], [-0.5", "spin is not used: 1/2 is the GAN's, a WGAN has 1."),
    Slip("spin], [-spin", "1.0], [-1.0", "spin is not used: 1 is the WGAN's, a GAN has 1/2."),
    Slip(
        "[-spin,",
        "[-1.0,",
        "your two eigenvalues multiply to spin, not spin²: spin stands in both rows of J, and "
        "squared under the root.",
    ),
    Slip(
        "eigvals(J)",
        "eigvalsh(J)",
        "eigvalsh reads one triangle only and takes J for symmetric, which it is not. Use "
        "torch.linalg.eigvals.",
    ),
    Slip(
        "eigvals(J)",
        "svdvals(J)",
        "these are singular values, which know no rotation. Use torch.linalg.eigvals.",
    ),
    Slip(
        "torch.linalg.eigvals(J)",
        "2 * torch.linalg.eigvals(J)",
        "both are twice too large: in λ = (−γ ± sqrt(γ² − 4·spin²)) / 2 the whole is halved.",
    ),
    Slip("torch.linalg.eigvals(J)", ROOTS.format("math.sqrt"), NO_ROOT),
    Slip("torch.linalg.eigvals(J)", ROOTS.format("np.sqrt"), NAN),
    Slip("eigvals(J)", "eig(J)", VECTORS),
    Slip("torch.linalg.eigvals(J)", "J", MATRIX),
    Slip(
        "eigvals(J)",
        "eigvals(J)[0]",
        "a 2 × 2 matrix has two eigenvalues, counted with repeats, not 1.",
    ),
    Slip(
        "torch.tensor([[0.0, spin], [-spin, -gamma]])",
        "[[0.0, spin], [-spin, -gamma]]",
        NO_TENSOR,
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return games without a penalty, with a weak and with a strong one."""
    return (
        case("a game without a penalty", 1.0, 0.0),
        case("a weak penalty", 1.0, 0.4),
        case("another spin", 0.5, 0.3 + 0.01 * seed),
        case("a strong penalty", 0.5, 3.0),
        case("another spin without a penalty", 0.5, 0.0),
    )


def _pair(eigenvalues: Callable, spin: float, gamma: float) -> Tensor:
    """Return the two eigenvalues in a fixed order, real and imaginary parts in rows: (2, 2)."""
    found = eigenvalues(spin, gamma)
    if found is None:
        return None
    parts = list(found) if isinstance(found, tuple | list) else [found]
    parts = [as_tensor(part, "an eigenvalue").flatten() for part in parts]
    if isinstance(found, tuple) and [len(part) for part in parts] == [2, 4]:
        raise Wrong(VECTORS)
    numbers = torch.cat([part.to(torch.complex128) for part in parts])
    if len(numbers) == 4:
        raise Wrong(MATRIX)
    if len(numbers) != 2:
        raise Wrong(
            f"a 2 × 2 matrix has two eigenvalues, counted with repeats, not {len(numbers)}."
        )
    if numbers.isnan().any():
        raise Wrong(NAN)
    first, second = sorted(numbers.tolist(), key=lambda z: (round(z.imag, 5), round(z.real, 5)))
    return torch.view_as_real(torch.tensor([first, second], dtype=torch.complex128))


def _plain(number: complex) -> complex | float:
    """Return a complex number without its imaginary part, if that is 0 but for rounding."""
    return number.real if near(number.imag, 0.0) else number


def _sum_and_product(parts: tuple[Callable], cases: Sequence[Case]) -> None:
    """Raise what the two add up and multiply to, where that is not what it should be."""
    for one in cases:
        spin, gamma = one.args
        two = torch.view_as_complex(_pair(*parts, spin, gamma))
        total, product = (_plain(z) for z in (sum(two.tolist()), math.prod(two.tolist())))
        if near(total, -gamma, least=1e-4) and near(product, spin**2, least=1e-4):
            continue
        raise Wrong(
            f"for spin = {spin:g}, γ = {gamma:g} your two add up to {total:.3g} and have the "
            f"product {product:.3g}. They must add up to −γ (the diagonal) and multiply to spin²."
        )


eigenvalues = Value(
    title="Eigenvalues with R1",
    proves="±i·spin without the penalty; with it both real parts are negative.",
    hints=(
        "Near (0, 0) the pushes are (spin·ψ, −spin·θ) without a penalty. R1 = (γ/2)·ψ² is added "
        "to D's loss. What does that add to the push on ψ?",
        "The push on ψ becomes −spin·θ − γψ. Row 1 of J: how the push on θ changes with θ and "
        "with ψ. Row 2: the same for the push on ψ.",
        "J = [[0, spin], [−spin, −γ]]; return torch.linalg.eigvals of it.",
    ),
    asks="Check ``eigenvalues(spin, gamma)``: two complex numbers in any order.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    observe=_pair,
    refused={
        "math domain": NO_ROOT,
        "nonnegative": NO_ROOT,
        "must be Tensor": NO_TENSOR,
    },
    signs=_sum_and_product,
)
