"""The pictures of lesson 13 draw what is extreme: one seed, one look, NaN, every share at once."""

import pytest
import torch

from gan_lessons import runtime, show

RNG = runtime.generator(0)
CLOUD = torch.randn(50, 2, generator=RNG), torch.randn(7, 2, generator=RNG)
LINE = torch.linspace(0, 1, 11), 1 - torch.linspace(0, 1, 11)


def is_png(picture: show.Picture) -> bool:
    return picture.png.startswith(b"\x89PNG") and picture.sentence == "s"


@pytest.mark.parametrize(("seeds", "looks"), [(1, 1), (1, 20), (5, 2)])
@pytest.mark.parametrize("panels", [1, 3])
def test_what_is_known_by_heart(seeds, looks, panels):
    logits = 9 * torch.randn(seeds, looks, 3, generator=RNG)
    runs = {f"{k} images": logits * k for k in range(panels)}
    assert is_png(show.known_by_heart(runs, 2 * looks, sentence="s"))


def test_a_run_that_broke_is_drawn_as_far_as_it_goes():
    logits = torch.full((2, 4, 3), torch.nan)
    assert is_png(show.known_by_heart({"broken": logits}, 4, sentence="s"))


@pytest.mark.parametrize("seeds", [1, 8])
@pytest.mark.parametrize("p", [0.0, 1.0])
def test_the_leak_meter_at_its_ends(seeds, p):
    ps = [0.0, 0.5, 1.0]
    leaks = torch.rand(3, seeds, generator=RNG).round()
    clouds = {"without goggles": CLOUD, "what D sees": CLOUD}
    picture = show.leak_meter(p, clouds, ps, leaks, LINE, limit=2.6, sentence="s")
    assert is_png(picture)
