"""The mean of a hue: an exercise of lesson 08, Paint in color."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def mean_hue(hue, chroma):
    angle = hue.deg2rad()
    y = (chroma * angle.sin()).sum()
    x = (chroma * angle.cos()).sum()
    return torch.atan2(y, x).rad2deg() % 360
"""
END = "torch.atan2(y, x).rad2deg() % 360"

SLIPS = (
    Slip(
        END,
        "(chroma * hue).sum() / chroma.sum()",
        "of 350° and 10°, both red, you make 180°, a green: hues lie on a circle. Average "
        "directions, not numbers.",
    ),
    Slip(
        END,
        "hue.mean()",
        "of 350° and 10°, both red, you make 180°, a green, and chroma is not used: hues lie on a "
        "circle. Average directions, each times its chroma.",
    ),
    Slip(
        END,
        "(hue * chroma).mean()",
        "hues lie on a circle, and weights must be divided out again: average directions, each "
        "times its chroma, and take their angle.",
    ),
    Slip(
        "    angle =",
        "    chroma = torch.ones_like(chroma)\n    angle =",
        "a vivid red and a faint yellow count the same: a gray pixel's hue is noise, so weigh each "
        "hue by its chroma.",
    ),
    Slip(
        "    angle =",
        "    chroma = chroma.square()\n    angle =",
        "each hue is weighed by the square of its chroma: multiply by chroma once.",
    ),
    Slip(
        "    angle =",
        "    chroma = chroma.sqrt()\n    angle =",
        "each hue is weighed by the root of its chroma: multiply by chroma itself.",
    ),
    Slip(
        "(chroma * angle.sin()).sum()",
        "angle.sin().sum()",
        "the cosines are weighed by chroma, the sines are not: weigh both.",
    ),
    Slip(
        "(chroma * angle.cos()).sum()",
        "angle.cos().sum()",
        "the sines are weighed by chroma, the cosines are not: weigh both.",
    ),
    Slip("(y, x).rad2deg() % 360", "(y, x) % 360", "the mean comes back in radians: .rad2deg()."),
    Slip(
        ".rad2deg() % 360",
        " % (2 * math.pi)",
        "the mean comes back in radians, 0 … 2π: .rad2deg(), then % 360.",
    ),
    Slip(
        "rad2deg() % 360",
        "deg2rad() % 360",
        "atan2 gives radians, and you take them for degrees: .rad2deg() at the end.",
    ),
    Slip(
        "hue.deg2rad()",
        "hue",
        "sine and cosine want radians: hue.deg2rad() first.",
    ),
    Slip(
        "hue.deg2rad()",
        "hue.rad2deg()",
        "sine and cosine want radians, and hue is in degrees: deg2rad, not rad2deg.",
    ),
    Slip(
        "torch.atan2(y, x)",
        "torch.atan2(x, y)",
        "of 100° alone you make 350°: atan2 takes the sine first, then the cosine.",
    ),
    Slip(
        "torch.atan2(y, x)",
        "(y / x).atan()",
        "the arc tangent of a ratio cannot tell opposite hues apart: 100° becomes 280°. Use "
        "torch.atan2(y, x).",
    ),
    Slip(
        END,
        "(y / x).atan().rad2deg() % 180",
        "the arc tangent of a ratio cannot tell opposite hues apart: 200° becomes 20°. Use "
        "torch.atan2(y, x).",
    ),
    Slip(
        ".rad2deg() % 360",
        ".rad2deg()",
        "hues beyond 180° come back negative: bring them to 0 … 360 by % 360.",
    ),
    Slip(
        ".rad2deg() % 360",
        ".rad2deg().abs()",
        "hues beyond 180° come back as their mirror image, 200° as 160°: take % 360, not the "
        "absolute value.",
    ),
    Slip(
        ".rad2deg() % 360",
        ".rad2deg() + 180",
        "180° are added to bring the mean to 0 … 360: that makes the opposite hue. Take % 360.",
    ),
    Slip(
        ".rad2deg() % 360",
        ".rad2deg() % 180",
        "% 180 makes opposite hues one: take % 360.",
    ),
    Slip(
        "(y, x).rad2deg() % 360",
        "(y, x).rad2deg().clamp(0, 360)",
        "hues beyond 180° are cut off at 0: take % 360, not clamp.",
    ),
    Slip(
        END,
        "(torch.atan2(angle.sin(), angle.cos()) * chroma).sum().div(chroma.sum()).rad2deg() % 360",
        "you average angles, after atan2: sum the sines and the cosines first, then take one angle "
        "of the two sums.",
    ),
    Slip(
        END,
        "hue[chroma.argmax()]",
        "that is the hue of the most colorful pixel: all pixels count, each by its chroma.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return hues and chromas, one color first; no mean lies near 0, where 360 is right, too."""
    rng = torch.Generator().manual_seed(seed)

    def hues(*pairs: tuple[float, float]) -> tuple[Tensor, Tensor]:
        hue, chroma = torch.tensor(pairs).T
        return hue.clone(), chroma.clone()

    def around(middle: float, count: int) -> tuple[Tensor, Tensor]:
        hue = (middle + 100 * torch.rand(count, generator=rng) - 50) % 360
        return hue, 0.02 + 0.2 * torch.rand(count, generator=rng)

    return (
        case("one hue", *hues((100, 0.1), (100, 0.1))),
        case("one hue beyond 180°", *hues((200, 0.1), (200, 0.2))),
        case("one hue beyond 270°", *hues((300, 0.1), (300, 0.2))),
        case("two reds, with chromas alike", *hues((330, 0.1), (10, 0.1))),
        case("a vivid red and a faint yellow", *hues((0, 0.3), (90, 0.1))),
        case("three hues", *hues((40, 0.05), (120, 0.15), (250, 0.02))),
        case("nine greens and blues", *around(190, 9)),
        case("twelve reds", *around(25, 12)),
        case("twelve purples", *around(320, 12)),
    )


def _signs(parts: tuple[Callable, ...], cases: Sequence[Case]) -> None:
    """Say what becomes of a single hue, if even that is lost."""
    (mean,) = parts
    for degrees in (100.0, 200.0, 300.0):
        hue = torch.tensor([degrees, degrees])
        found = float(torch.as_tensor(mean(hue, torch.tensor([0.1, 0.2]))))
        if abs((found - degrees) % 360 - 180) < 0.05:
            raise Wrong(
                f"{degrees:.0f}° becomes {found:.0f}°, the opposite hue: the arc tangent of a "
                "ratio cannot tell opposite hues apart, and 180° added exchanges them. Use "
                "torch.atan2(y, x)."
            )
        if abs((found - degrees + 180) % 360 - 180) > 0.05:
            raise Wrong(f"the mean of {degrees:.0f}° and {degrees:.0f}° is {found:.1f}° in yours.")
        if not 0 <= found <= 360:
            raise Wrong(f"{degrees:.0f}° comes back as {found:.0f}°: bring it to 0 … 360 by % 360.")


mean_hue = Value(
    title="The mean of a hue",
    proves="hues are averaged as directions, weighted by chroma, and come back as 0 … 360.",
    hints=(
        "350° and 10° are both red; their mean is 0°, not 180°. Average directions, not numbers.",
        "A hue is the direction (cos, sin), of radians. Sum the directions, each times its chroma, "
        "and take the angle of the sum.",
        "angle = hue.deg2rad(); torch.atan2((chroma * angle.sin()).sum(), (chroma * angle.cos())"
        ".sum()).rad2deg() % 360.",
    ),
    asks="Check ``mean_hue(hue, chroma)``: degrees (N,) and weights (N,) to one angle in 0 … 360.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    signs=_signs,
    least=0.02,
)
