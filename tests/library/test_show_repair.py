"""The picture of lesson 15 draws what is extreme: one place, one seed, NaN."""

import math

import pytest

from gan_lessons import show

AXES = {"xlabel": "PSNR", "ylabel": "FD", "title": "t", "sentence": "s"}


@pytest.mark.parametrize("places", [1, 2, 6])
@pytest.mark.parametrize("seeds", [1, 3])
def test_a_trade_off(places, seeds):
    knob = {
        f"λ = {k}": ([10 + k + s for s in range(seeds)], [k * s for s in range(seeds)])
        for k in range(places)
    }
    picture = show.trade_off(knob, **AXES)
    assert picture.png.startswith(b"\x89PNG")
    assert picture.sentence == "s"


def test_a_broken_seed_is_left_out():
    knob = {"λ = 0": ([1.0, math.nan], [2.0, 3.0]), "λ = 1": ([0.5, 0.6], [1.0, 1.5])}
    assert show.trade_off(knob, **AXES).png.startswith(b"\x89PNG")
