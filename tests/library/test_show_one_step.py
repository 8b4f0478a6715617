"""Pictures of maps: colors say where samples came from, and differ in more than their hue."""

import math

import pytest
import torch

from gan_lessons import runtime, show


def circle(n: int, radius: float = 1.0) -> torch.Tensor:
    angle = 2 * math.pi * torch.arange(n) / n
    return radius * torch.stack([angle.cos(), angle.sin()], dim=1)


def test_colors_are_colors_and_depend_on_the_place_alone():
    z = 3 * torch.randn(500, 2, generator=runtime.generator(0))
    colors = show.wheel(z)
    assert colors.shape == (500, 3)
    assert colors.min() >= 0
    assert colors.max() <= 1
    torch.testing.assert_close(colors[:7], show.wheel(z[:7]))


def test_a_direction_has_one_color_and_the_origin_is_gray():
    torch.testing.assert_close(show.wheel(circle(8, 1.0)), show.wheel(circle(8, 2.5)))
    (gray,) = show.wheel(torch.zeros(1, 2))
    assert gray.max() - gray.min() < 0.02


def test_all_eight_directions_can_be_told_apart():
    colors = show.wheel(circle(8))
    apart = torch.cdist(colors, colors) + 10 * torch.eye(8)
    assert apart.min() > 0.1


def test_up_and_down_differ_in_lightness_too():
    """Whoever sees no hue at all still tells them apart."""
    up, down = show.wheel(torch.tensor([[0.0, 1.0], [0.0, -1.0]])).mean(dim=1)
    assert up > down + 0.1


@pytest.mark.parametrize("ways", [0, 5])
@pytest.mark.parametrize("centers", [None, circle(4)])
def test_maps_are_drawn_with_and_without_lines_and_marks(ways, centers):
    z = torch.randn(30, 2, generator=runtime.generator(1))
    panels = [("z", z, z), ("twice", z, 2 * z), ("back", z, -z)]
    picture = show.origins(panels, columns=2, ways=ways, centers=centers, sentence="Three maps.")
    assert picture.png.startswith(b"\x89PNG")
    assert picture.sentence == "Three maps."
    assert picture.width == round(96 * 2 * 1.66)


def test_lines_join_starts_and_ends():
    z, y = circle(6), 2 * circle(6)
    ax = show.figure().subplots()
    show.draw_map(ax, z, y, limit=3.0, ways=4)
    (lines,) = [part for part in ax.collections if hasattr(part, "get_segments")]
    drawn = torch.tensor([line.tolist() for line in lines.get_segments()])
    torch.testing.assert_close(drawn, torch.stack([z[:4], y[:4]], dim=1))
