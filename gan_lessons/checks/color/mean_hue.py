"""The mean of a hue: an exercise of lesson 08, Paint in color."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong, exercise


@exercise(
    title="The mean of a hue",
    proves="hues are averaged as directions, weighted by chroma, and come back as 0 … 360.",
    hints=(
        "350° and 10° are both red; their mean is 0°, not 180°. Average directions, not numbers.",
        "A hue is the direction (cos, sin), of radians. Sum the directions, each times its chroma, "
        "and take the angle of the sum.",
        "angle = hue.deg2rad(); torch.atan2((chroma * angle.sin()).sum(), (chroma * angle.cos())"
        ".sum()).rad2deg() % 360.",
    ),
)
def mean_hue(answer: Callable) -> None:
    """Check ``mean_hue(hue, chroma)``: degrees (N,) and weights (N,) to one angle in 0 … 360."""

    def ask(hue: list[float], chroma: list[float]) -> float:
        found = answer(torch.tensor(hue), torch.tensor(chroma))
        if isinstance(found, Tensor) and found.ndim:
            raise Wrong(f"you return {tuple(found.shape)} numbers: one mean is asked for.")
        return float(found)

    def near(found: float, right: float) -> bool:
        return abs((found - right + 180) % 360 - 180) < 0.05

    north = ask([100.0, 100.0], [0.1, 0.1])
    if abs(north - math.radians(100)) < 0.01:
        raise Wrong("the mean comes back in radians: .rad2deg().")
    if near(north, -10):
        raise Wrong("100° becomes -10°: atan2 takes the sine first, then the cosine.")
    if near(north, 80) or near(north, -80):
        raise Wrong(
            "100° becomes ±80°: the arc tangent of a ratio cannot tell opposite hues apart. Use "
            "torch.atan2(y, x)."
        )
    reds = ask([350.0, 10.0], [0.1, 0.1])
    if near(reds, 180):
        raise Wrong(
            "of 350° and 10°, both red, you make 180°, a green: hues lie on a circle. Average "
            "directions, not numbers."
        )
    if not near(north, 100):
        degrees = math.degrees(math.atan2(math.sin(100), math.cos(100)))
        if near(north, degrees):
            raise Wrong("sine and cosine want radians: hue.deg2rad() first.")
        raise Wrong(f"the mean of 100° and 100° is {north:.1f}°.")
    uneven = ask([0.0, 90.0], [0.3, 0.1])
    if near(uneven, 45):
        raise Wrong(
            "a vivid red and a faint yellow count the same: a gray pixel's hue is noise, so weigh "
            "each hue by its chroma."
        )
    if not near(uneven, math.degrees(math.atan2(1, 3))) or not near(reds, 0):
        raise Wrong(f"of 0° (chroma 0.3) and 90° (chroma 0.1) you make {uneven:.1f}°, not 18.4°.")
    for right in (200.0, 300.0):
        found = ask([right, right], [0.1, 0.2])
        if near(found, right) and not 0 <= found <= 360:
            raise Wrong(f"{right:.0f}° comes back as {found:.0f}°: bring it to 0 … 360 by % 360.")
        if not near(found, right):
            raise Wrong(f"the mean of {right:.0f}° and {right:.0f}° is {found:.1f}°.")
