"""The pictures of lesson 11 draw what is extreme: flat, steep, negative and single-seed critics."""

import pytest
import torch

from gan_lessons import runtime, show

RNG = runtime.generator(0)
LINE = torch.randn(64, 1, generator=RNG), torch.randn(64, 1, generator=RNG)
PLANE = torch.randn(64, 2, generator=RNG), torch.randn(64, 2, generator=RNG)
CRITICS = {
    "flat": lambda x: 0 * x[:, 0],
    "steep": lambda x: 300 * x[:, 0],
    "bowl": lambda x: x.square().sum(dim=1),
}


def is_png(picture: show.Picture) -> bool:
    return picture.png.startswith(b"\x89PNG") and picture.sentence == "s"


@pytest.mark.parametrize("name", CRITICS)
def test_critics_on_a_line_and_in_the_plane(name):
    critics = {name: CRITICS[name], "other": CRITICS["bowl"]}
    assert is_png(show.on_a_line(critics, *LINE, limit=3, title="t", sentence="s"))
    assert is_png(show.in_the_plane(critics, *PLANE, limit=3, sentence="s"))


def test_six_maps_under_many_contour_lines_stay_small():
    """A solved notebook may have 1.2 MB; in full color this picture alone takes 1.0."""
    steep = {f"steep {i}": lambda x, i=i: (9 + i) * x.square().sum(dim=1).sqrt() for i in range(6)}
    picture = show.in_the_plane(steep, *PLANE, limit=3, sentence="s")
    assert len(picture.png) < 200_000


@pytest.mark.parametrize("ratios", [[0.0003], [-0.4, 0.1, 217.0], [1.0, 1.0]])
def test_estimates_of_any_size_and_sign(ratios):
    groups = {"plane": {"a": ratios, "b": [1.0]}, "line": {"a": [0.5], "b": ratios}}
    assert is_png(show.estimates(groups, title="t", sentence="s"))


def test_inside_critics_takes_slopes_that_carry_a_gradient():
    slopes = {"a": torch.rand(64, requires_grad=True), "b": torch.zeros(64)}
    stretches = {"a": [1.0, 0.5], "b": [0.01, 3.0]}
    picture = show.inside_critics(torch.randn(99), slopes, stretches, title="t", sentence="s")
    assert is_png(picture)
