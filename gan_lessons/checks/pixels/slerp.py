"""Walk on the sphere: an exercise of lesson 06, Generate images with an MLP."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="Walk on the sphere",
    proves="slerp keeps the length that noise has, all along the way.",
    hints=(
        "First the angle between a and b: the arc cosine of the dot product of the two unit "
        "vectors.",
        "slerp = (sin((1 - t) * angle) * a + sin(t * angle) * b) / sin(angle).",
        "cosine = (a * b).sum() / (a.norm() * b.norm()); angle = cosine.clamp(-1, 1).acos(). If "
        "the angle is almost 0, return (1 - t) * a + t * b.",
    ),
)
def slerp(answer: Callable) -> None:
    """Check ``slerp(a, b, t)`` for vectors (latent_dim,) and t in 0 … 1."""
    rng = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 64, generator=rng)
    unit_a, unit_b = torch.eye(64)[:2]
    start, end = answer(a, b, 0.0), answer(a, b, 1.0)
    if torch.allclose(start, b, atol=1e-3) and torch.allclose(end, a, atol=1e-3):
        raise Wrong("the walk starts at b and ends at a: exchange t and 1 - t.")
    middle = answer(unit_a, unit_b, 0.5)
    length = float(middle.norm())
    if math.isclose(length, math.sqrt(0.5), rel_tol=1e-3):
        raise Wrong(
            "half way between two unit vectors your point has length 0.71: that is the straight "
            "line (lerp), which cuts through where noise never is."
        )
    slanted = {d: _unit(d, unit_a, unit_b) for d in (60, 120)}
    short, long = (float(answer(s * unit_a, s * slanted[60], 0.5).norm()) for s in (1, 3))
    if math.isclose(short, 1, rel_tol=1e-3) and not any(
        math.isclose(long, right, rel_tol=1e-3) for right in (1, 3)
    ):
        raise Wrong(
            "right for unit vectors, wrong for longer ones: the cosine of the angle is the dot "
            "product divided by both lengths."
        )
    if not (torch.allclose(start, a, atol=1e-3) and torch.allclose(end, b, atol=1e-3)):
        raise Wrong(
            "the walk must start at a (t = 0) and end at b (t = 1), with their own lengths."
        )
    if not math.isclose(length, 1.0, rel_tol=1e-3):
        raise Wrong(f"half way between two unit vectors your point has length {length:.2f}, not 1.")
    third = answer(unit_a, unit_b, 1 / 3)
    if not math.isclose(float(third[0]), math.cos(math.pi / 6), rel_tol=1e-3):
        raise Wrong(
            "the walk is not even: after a third of the way the angle must be a third. A lerp that "
            "is stretched to the right length runs fast in the middle."
        )
    for degrees, unit in slanted.items():
        length = float(answer(unit_a, unit, 0.5).norm())
        if not math.isclose(length, 1, rel_tol=1e-3):
            raise Wrong(
                f"half way between unit vectors at {degrees}° your point has length {length:.2f}, "
                "not 1: right only at 90°. Use the angle between a and b."
            )
    same = answer(a, a.clone(), 0.5)
    if not same.isfinite().all():
        raise Wrong("from a point to itself you divide by sin(0): return a point, not NaN.")
    if not torch.allclose(same, a, rtol=1e-2, atol=1e-2):
        raise Wrong("half way from a point to itself you are elsewhere: it must be that point.")


def _unit(degrees: float, x: Tensor, y: Tensor) -> Tensor:
    """Return the unit vector at an angle from x, in the plane of the unit vectors x and y."""
    return math.cos(math.radians(degrees)) * x + math.sin(math.radians(degrees)) * y
