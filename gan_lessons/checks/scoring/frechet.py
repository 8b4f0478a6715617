"""The Fréchet distance of two Gaussians: an exercise of lesson 09, Score a generator."""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Answer, Case, Slip, Table, Value, case
from gan_lessons.checks.scoring.clouds import cloud

RIGHT = """
def frechet(mean_a, cov_a, mean_b, cov_b):
    roots = torch.linalg.eigvals(cov_a @ cov_b).real.clamp(min=0).sqrt()
    apart = (mean_a - mean_b).square().sum()
    return apart + cov_a.trace() + cov_b.trace() - 2 * roots.sum()
"""

COMPLEX = (
    "a complex number comes back: eigvals answers in complex numbers even where all are real. Take "
    ".real of them first."
)
NOT_SYMMETRIC = (
    "A @ B is not symmetric, and eigvalsh or eigh reads one half of it only: torch.linalg.eigvals, "
    "and .real of what it gives."
)
ENTRIES = (
    "the root of a matrix is not the root of its entries: .sqrt() goes number by number. Take the "
    "roots of the eigenvalues of A @ B."
)
NO_CLAMP = (
    "where features are more than samples NaN comes back: some eigenvalues are 0, computed as "
    "-1e-17, and have no root. clamp(min=0) before the root."
)
ROOTS = "torch.linalg.eigvals(cov_a @ cov_b).real.clamp(min=0).sqrt()"
ENDING = "- 2 * roots.sum()"

SLIPS = (
    Slip(
        ".clamp(min=0).sqrt()",
        ".clamp(min=0)",
        "you take the trace of the product, not of its *root*: for variances 4 and 25 the term "
        "must be √100 = 10, not 100.",
    ),
    Slip(
        ENDING,
        "- 2 * (cov_a @ cov_b).trace().sqrt()",
        "you take the root of the trace; it is the trace of the root. Take the root of each "
        "eigenvalue, then the sum.",
    ),
    Slip(ENDING, "- 2 * (cov_a @ cov_b).sqrt().trace()", ENTRIES),
    Slip(ROOTS, "(cov_a @ cov_b).clamp(min=0).sqrt().diag()", ENTRIES),
    Slip(
        ROOTS,
        "(torch.linalg.eigvalsh(cov_a) * torch.linalg.eigvalsh(cov_b)).clamp(min=0).sqrt()",
        "you multiply the eigenvalues of A with those of B. A cloud and the same cloud turned then "
        "have distance 0; take the eigenvalues of the product A @ B.",
    ),
    Slip(
        ROOTS,
        "(_root(cov_a) @ _root(cov_b)).diag()",
        "tr(√A·√B) is not tr(√(A·B)): they agree only where A and B have the same axes. Take the "
        "eigenvalues of A @ B.",
    ),
    Slip(ROOTS, "torch.linalg.eigvalsh(cov_a @ cov_b).clamp(min=0).sqrt()", NOT_SYMMETRIC),
    Slip(
        ROOTS,
        "torch.linalg.svdvals(cov_a @ cov_b).sqrt()",
        "these are the singular values of A @ B, and its eigenvalues are asked: they differ, since "
        "A @ B is not symmetric. torch.linalg.eigvals, and .real of it.",
    ),
    Slip(
        ROOTS,
        "(cov_a.diag() * cov_b.diag()).sqrt()",
        "only the diagonals are compared, as if no two features belonged together. Take the "
        "eigenvalues of A @ B.",
    ),
    Slip(
        ENDING,
        "- 2 * len(mean_a) * (cov_a.det() * cov_b.det()).clamp(min=0) ** (0.5 / len(mean_a))",
        "you take a root of determinants, which multiply the eigenvalues of A @ B: the trace of "
        "the root adds up the root of each.",
    ),
    Slip(
        ROOTS,
        "torch.linalg.eigvalsh((cov_a + cov_b) / 2)",
        "the covariances cancel, and only the means are compared: with (A + B) / 2 for the root of "
        "A @ B the last term takes away just what the two traces add.",
    ),
    Slip(
        "cov_a @ cov_b",
        "cov_a * cov_b",
        "cov_a * cov_b multiplies number by number: the product of two matrices is cov_a @ cov_b.",
    ),
    Slip(
        "cov_a @ cov_b",
        "cov_a + cov_b",
        "these are the eigenvalues of the sum A + B: take those of the product, A @ B.",
    ),
    Slip(".real.clamp(min=0)", ".real", NO_CLAMP),
    Slip(ENDING, "- roots.sum()", "the last term counts twice: - 2 * roots.sum()."),
    Slip(
        ENDING,
        "+ 2 * roots.sum()",
        "the last term has the wrong sign: what two Gaussians share makes them closer.",
    ),
    Slip(ENDING, "- 2 * roots.mean()", "you average the roots; a trace is their sum."),
    Slip(" " + ENDING, "", "the last term is missing: minus twice the trace of the root."),
    Slip(
        "+ cov_b.trace()",
        "",
        "a trace is missing: both cov_a.trace() and cov_b.trace() belong in. You left out the "
        "second.",
    ),
    Slip(
        "+ cov_a.trace()",
        "",
        "a trace is missing: both cov_a.trace() and cov_b.trace() belong in. You left out the "
        "first.",
    ),
    Slip(
        "cov_b.trace()",
        "cov_a.trace()",
        "the trace of the first stands twice: both cov_a.trace() and cov_b.trace() belong in.",
    ),
    Slip(
        "cov_a.trace() + cov_b.trace()",
        "cov_a.det() + cov_b.det()",
        "a determinant for a trace: the trace is the sum of the diagonal, cov.trace().",
    ),
    Slip(
        "cov_a.trace() + cov_b.trace()",
        "cov_a.sum() + cov_b.sum()",
        "you add up all of a covariance: the trace is the sum of its diagonal, cov.trace().",
    ),
    Slip(
        f"apart + cov_a.trace() + cov_b.trace() {ENDING}",
        f"(apart + cov_a.trace() + cov_b.trace() {ENDING}).clamp(min=0).sqrt()",
        "the distance is reported squared: no root around the sum.",
    ),
    Slip(
        ".square().sum()",
        ".norm()",
        "of the means you add the distance without its square: (mean_a - mean_b).square().sum().",
    ),
    Slip(
        ".square().sum()",
        ".abs().sum()",
        "of the means you add the absolute differences; their squares are summed.",
    ),
    Slip(
        "(mean_a - mean_b).square().sum()",
        "0",
        "the means are not compared: two equal clouds in different places get distance 0.",
    ),
    Slip(
        ".square().sum()",
        ".square().mean()",
        "you average over the coordinates of the means; the squares are summed.",
    ),
    Slip(
        ".square().sum()",
        ".sum().square()",
        "you square the sum of the differences of the means: differences of opposite sign cancel. "
        "Square first, then sum.",
    ),
    Slip(
        "mean_a - mean_b",
        "mean_a + mean_b",
        "the means are added: their difference is what counts.",
    ),
)


def turned(cov: Tensor, degrees: float) -> Tensor:
    """Return the covariance (2, 2) of a cloud after a turn of the plane. Lesson 09."""
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turn = torch.tensor([[c, -s], [s, c]], dtype=torch.float64)
    return turn @ cov @ turn.T


def root(cov: Tensor) -> Tensor:
    """Return the symmetric root of a covariance (d, d). Lesson 09."""
    values, vectors = torch.linalg.eigh(cov)
    return vectors @ torch.diag(values.clamp(min=0).sqrt()) @ vectors.T


TURNED = 3, 4  # the cases in which the same two clouds come, before and after a turn


def cases(seed: int) -> Sequence[Case]:
    """Return pairs of Gaussians: on a line, in the plane, in space, and of few samples."""
    rng = torch.Generator().manual_seed(seed)
    zero, eye = torch.zeros(2).double(), torch.eye(2).double()
    narrow, wide = (
        torch.tensor([4.0, 1.0]).double().diag(),
        torch.tensor([25.0, 9.0]).double().diag(),
    )
    long = torch.tensor([16.0, 1.0]).double().diag()
    tilt = 50 + 20 * float(torch.rand(1, generator=rng))
    near, far, few, others = (cloud(n, d, rng) for n, d in ((9, 3), (9, 3), (5, 8), (5, 8)))
    return (
        case("one feature", zero[:1], narrow[:1, :1], zero[:1] + 2, wide[:1, :1]),
        case(
            "two round clouds in different places", zero, eye, torch.tensor([3.0, -4]).double(), eye
        ),
        case("two clouds of different spread", zero, narrow, zero, wide),
        case("two long clouds that cross", zero, long, zero, turned(long, tilt)),
        case("the same two after a turn", zero, turned(long, 25), zero, turned(long, 25 + tilt)),
        case("three features", near.mean(0), near.T.cov(), far.mean(0) + 1, 2 * far.T.cov()),
        case("the same cloud twice", near.mean(0), near.T.cov(), near.mean(0), near.T.cov()),
        case("5 samples of 8 features", few.mean(0), few.T.cov(), others.mean(0), others.T.cov()),
    )


def observe(answer: Callable, *given: Tensor) -> object:
    """Return the distance; a complex one is refused."""
    found = answer(*given)
    if isinstance(found, complex) or (isinstance(found, Tensor) and found.is_complex()):
        raise Wrong(COMPLEX)
    return found


def nan_or_turned(parts: Answer, asked: Sequence[Case]) -> None:
    """Raise where the distance is NaN for few samples alone, or changes as both clouds turn."""
    found, right = frechet.all_of(parts, asked), frechet.known(RIGHT, asked)
    *good, _ = [frechet.alike(mine, true) for mine, true in zip(found, right, strict=True)]
    if all(good) and found[-1].parts[0].isnan():
        raise Wrong(NO_CLAMP)
    before, after = (float(found[i].parts[0]) for i in TURNED)
    if not frechet.alike(found[TURNED[0]], found[TURNED[1]]):
        raise Wrong(
            f"turning both clouds together changes your distance from {before:.4g} to "
            f"{after:.4g}. The root of a matrix is not the root of its entries, and A @ B is not "
            "symmetric: torch.linalg.eigvals, not .sqrt() of the matrix or eigvalsh. A Cholesky "
            "factor is no such root either."
        )


frechet = Value(
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
    asks="Check ``frechet(mean_a, cov_a, mean_b, cov_b)``, the squared distance of two Gaussians.",
    table=Table(RIGHT, SLIPS, uses={"_root": root}),
    cases=cases,
    observe=observe,
    signs=nan_or_turned,
    share=1e-3,
    least=1e-3,
)
