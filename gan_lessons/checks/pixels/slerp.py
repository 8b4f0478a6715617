"""Walk on the sphere: an exercise of lesson 06, Generate images with an MLP."""

import math
from collections.abc import Callable, Sequence

import torch

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def slerp(a, b, t):
    cosine = (a * b).sum() / (a.norm() * b.norm())
    angle = cosine.clamp(-1, 1).acos()
    from_a = ((1 - t) * angle).sin()
    from_b = (t * angle).sin()
    return (from_a * a + from_b * b) / angle.sin()
"""

EVENLY = """
def slerp(a, b, t):
    cosine = (a * b).sum() / (a.norm() * b.norm())
    angle = cosine.clamp(-1, 1).acos()
    if angle < 1e-3:
        return (1 - t) * a + t * b
    from_a = ((1 - t) * angle).sin() / angle.sin()
    from_b = (t * angle).sin() / angle.sin()
    length = (1 - t) * a.norm() + t * b.norm()
    return length * (from_a * a / a.norm() + from_b * b / b.norm())
"""
EVEN = (
    "Your walk mixes lengths and directions each for itself; the usual formula mixes the vectors. "
    "They differ where the two lengths do."
)

SLIPS = (
    Slip(
        "(from_a * a + from_b * b) / angle.sin()",
        "(1 - t) * a + t * b",
        "that is the straight line (lerp), which cuts through where noise never is: half way "
        "between two unit vectors at 90° it has length 0.71.",
    ),
    Slip(
        "from_a * a + from_b * b",
        "from_b * a + from_a * b",
        "the walk starts at b and ends at a: exchange t and 1 - t.",
    ),
    Slip(
        "(a * b).sum() / (a.norm() * b.norm())",
        "(a * b).sum()",
        "right for unit vectors, wrong for longer ones: the cosine of the angle is the dot product "
        "divided by both lengths.",
    ),
    Slip(
        "(a.norm() * b.norm())",
        "a.norm()",
        "the dot product is divided by the length of a only: the cosine of the angle is the dot "
        "product divided by both lengths.",
    ),
    Slip(
        "(a.norm() * b.norm())",
        "(a.norm() * b.norm()).square()",
        "the dot product is divided by the squared lengths: divide by each length once.",
    ),
    Slip(
        "(a.norm() * b.norm())",
        "a.norm() * b.norm()",
        "x / y * z divides by y and multiplies by z: brackets around the product of the lengths.",
    ),
    Slip(
        "    from_a = ",
        "    a, b = a / a.norm(), b / b.norm()\n    from_a = ",
        "the walk has length 1 all along. It must start at a (t = 0) and end at b (t = 1), with "
        "their own lengths: only the angle is taken of unit vectors.",
    ),
    Slip(
        "return (from_a * a + from_b * b) / angle.sin()",
        "line = (1 - t) * a + t * b\n    return line / line.norm() * ((1 - t) * a.norm() + t * "
        "b.norm())",
        "the walk is not even: after a third of the way the angle must be a third. A lerp that is "
        "stretched to the right length runs fast in the middle.",
    ),
    Slip(
        "return (from_a * a + from_b * b) / angle.sin()",
        "line = (1 - t) * a + t * b\n    return line / line.norm()",
        "a lerp that is brought to length 1: the walk has not the lengths of its ends, and runs "
        "fast in the middle. Weigh a and b by sines of the angle.",
    ),
    Slip(
        "return (from_a * a + from_b * b) / angle.sin()",
        "return math.sqrt(1 - t) * a + math.sqrt(t) * b",
        "the walk is not even: roots as weights keep the length only of vectors at 90°, and are no "
        "even turn. The weights are sines of the angle.",
    ),
    Slip(
        "cosine.clamp(-1, 1).acos()",
        "torch.tensor(math.pi / 2)",
        "right only at 90°: you turn by a right angle, whatever lies between a and b. Use the "
        "angle between them.",
    ),
    Slip(
        "cosine.clamp(-1, 1).acos()",
        "cosine.clamp(0, 1).acos()",
        "right up to 90°: beyond it the cosine is negative, and you cut that off.",
    ),
    Slip(
        "cosine.clamp(-1, 1).acos()",
        "cosine.abs().clamp(-1, 1).acos()",
        "right up to 90°: beyond it the cosine is negative, and its absolute value belongs to "
        "another angle. Leave abs out.",
    ),
    Slip(
        "cosine.clamp(-1, 1).acos()",
        "cosine.clamp(-1, 1)",
        "the cosine is taken for the angle: the angle is its arc cosine, .acos().",
    ),
    Slip(
        ".acos()",
        ".cos()",
        "cos of the cosine: the angle is the *arc* cosine, .acos().",
    ),
    Slip(
        ".acos()",
        ".asin()",
        "the arc sine of the cosine is 90° minus the angle: take .acos().",
    ),
    Slip(
        ".acos()",
        ".acos().rad2deg()",
        "the angle is in degrees, and sin wants radians: leave rad2deg out.",
    ),
    Slip(
        ".acos()",
        ".acos() / 2",
        "half the angle: turn by the whole angle between a and b.",
    ),
    Slip(
        " / angle.sin()",
        "",
        "the division by sin(angle) is missing: right at 90° only, where it is 1.",
    ),
    Slip(
        "/ angle.sin()",
        "/ angle",
        "divided by the angle, not by its sine.",
    ),
    Slip(
        "/ angle.sin()",
        "/ (from_a + from_b)",
        "the weights are made to add up to 1, which gives the straight line at another pace: "
        "divide by sin(angle).",
    ),
    Slip(
        "((1 - t) * angle).sin()",
        "(1 - t) * angle.sin()",
        "the weight of a is (1 - t) · sin(angle): the sine must be taken of (1 - t) · angle.",
    ),
    Slip(
        "(t * angle).sin()",
        "t * angle.sin()",
        "the weight of b is t · sin(angle): the sine must be taken of t · angle.",
    ),
    Slip(
        "((1 - t) * angle).sin()",
        "(1 - t * angle).sin()",
        "1 - t * angle is 1 − (t · angle): brackets around 1 - t.",
    ),
    Slip(
        "((1 - t) * angle).sin()",
        "(t * angle).cos()",
        "cos(t · angle) as weight of a is right at 90° only: the weight is sin((1 - t) · angle).",
    ),
    Slip(
        "((1 - t) * angle).sin()",
        "1 - (t * angle).sin()",
        "1 - sin(t · angle) is not sin((1 - t) · angle): the 1 - belongs to t.",
    ),
)


def at(degrees: float, length: float = 1.0) -> torch.Tensor:
    """Return a vector in the plane, (2,). Lesson 06."""
    angle = math.radians(degrees)
    return length * torch.tensor([math.cos(angle), math.sin(angle)])


def cases(seed: int) -> Sequence[Case]:
    """Return vectors in the plane, then noise; points at 0° and 180° have no one way between."""
    noise = torch.randn(4, 64, generator=torch.Generator().manual_seed(seed))
    return (
        case("half way between unit vectors at 90°", at(0), at(90), 0.5),
        case("half way between unit vectors at 60°", at(0), at(60), 0.5),
        case("half way between unit vectors at 120°", at(0), at(120), 0.5),
        case("a third of the way between unit vectors at 90°", at(0), at(90), 1 / 3),
        case("a quarter of the way between unit vectors at 120°", at(30), at(150), 0.25),
        case("half way between unit vectors at 30°", at(0), at(30), 0.5),
        case("vectors of length 3 at 60°", at(0, 3), at(60, 3), 0.5),
        case("lengths of 1 and 3", at(0), at(100, 3), 0.4),
        case("the start of the walk, t = 0", *noise[:2], 0.0),
        case("the end of the walk, t = 1", *noise[:2], 1.0),
        case("noise, t = 0.3", *noise[:2], 0.3),
        case("other noise, t = 0.8", *noise[2:], 0.8),
    )


def _signs(parts: tuple[Callable, ...], cases: Sequence[Case]) -> None:
    """Say what property of the walk is lost, where no known program and no experiment fits."""
    (walk,) = parts

    def point(a: torch.Tensor, b: torch.Tensor, t: float) -> torch.Tensor:
        return torch.as_tensor(walk(a.clone(), b.clone(), t)).double()

    a, b, _ = cases[-2].args
    for t, end in ((0, a), (1, b)):
        if not torch.allclose(point(a, b, float(t)), end.double(), atol=1e-3):
            raise Wrong(
                "the walk must start at a (t = 0) and end at b (t = 1), with their own lengths: "
                f"at t = {t} you are elsewhere."
            )
    for degrees in (90, 60, 120):
        length = float(point(at(0), at(degrees), 0.5).norm())
        if not math.isclose(length, 1, rel_tol=1e-3):
            raise Wrong(
                f"half way between unit vectors at {degrees}° your point has length {length:.2f}, "
                "not 1: a turn keeps the length."
            )
    a, b = at(0, 3), at(60, 3)
    if torch.allclose(point(a, b, 0.5), ((a + b) / 2).double(), rtol=1e-3):
        raise Wrong(
            "right for unit vectors, and a straight line between longer ones: a dot product that "
            "is not divided by both lengths passes 1, and no angle is left."
        )
    third = point(at(0), at(90), 1 / 3)
    angle = math.degrees(math.atan2(float(third[1]), float(third[0])))
    if not math.isclose(angle, 30, rel_tol=1e-3):
        raise Wrong(
            "the walk is not even: after a third of the way from 0° to 90° the angle must be 30°, "
            f"and it is {angle:.1f}°."
        )


def _remark(walk: Callable) -> str | None:
    """Say what becomes of two equal points: the text leaves that open."""
    a = torch.tensor([2.0, 0.0])
    same = torch.as_tensor(walk(a, a.clone(), 0.5)).double()
    if not same.isfinite().all():
        return (
            "But from a point to itself you divide by sin(0) and get NaN: where the angle is "
            "almost 0, return (1 - t) * a + t * b."
        )
    if not torch.allclose(same, a.double(), atol=1e-2):
        return "But half way from a point to itself you are elsewhere: it should be that point."
    return None


slerp = Value(
    title="Walk on the sphere",
    proves="slerp keeps the length that noise has, all along the way.",
    hints=(
        "First the angle between a and b: the arc cosine of the dot product of the two unit "
        "vectors.",
        "slerp = (sin((1 - t) * angle) * a + sin(t * angle) * b) / sin(angle).",
        "cosine = (a * b).sum() / (a.norm() * b.norm()); angle = cosine.clamp(-1, 1).acos(). If "
        "the angle is almost 0, return (1 - t) * a + t * b.",
    ),
    asks="Check ``slerp(a, b, t)`` for vectors (latent_dim,) and t in 0 … 1.",
    table=Table(RIGHT, SLIPS, also={EVENLY: EVEN}),
    cases=cases,
    signs=_signs,
    remark=_remark,
    share=1e-3,
    least=1e-4,
)
