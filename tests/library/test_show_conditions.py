"""The pictures of lesson 14 draw what is extreme: one panel, one digit, NaN, one name."""

import pytest
import torch

from gan_lessons import data, runtime, show

RNG = runtime.generator(0)
RING = data.ring(100)
AXES = {"xlabel": "asked", "ylabel": "read", "sentence": "s"}


def is_png(picture: show.Picture) -> bool:
    return picture.png.startswith(b"\x89PNG") and picture.sentence == "s"


@pytest.mark.parametrize("n", [1, 3, 200])
@pytest.mark.parametrize("panels", [1, 3])
def test_names_on_a_ring(n, panels):
    cloud = 5 * torch.randn(n, 2, generator=RNG), torch.arange(n) % 8
    clouds = {f"game {k}": cloud for k in range(panels)}
    assert is_png(show.names_on_a_ring(clouds, RING.centers, sentence="s"))


@pytest.mark.parametrize("shape", [(1,), (900,), (1, 2), (150, 8)])
def test_a_cloud_or_lines_of_what_was_asked_and_found(shape):
    pair = torch.randn(shape, generator=RNG), torch.randn(shape, generator=RNG)
    panels = {"real": pair, "map": pair}
    assert is_png(show.asked_and_found(panels, **AXES, real=("real",)))


def test_what_cannot_be_read_is_left_out():
    asked = torch.linspace(-1, 1, 8).expand(3, -1)
    found = asked.clone()
    found[1, 4] = torch.nan
    assert is_png(show.asked_and_found({"map": (asked, found)}, **AXES))
