"""The pictures of lesson 09 take numbers of any size, missing ones, and any number of seeds."""

import math

import pytest
import torch

from gan_lessons import runtime, show
from gan_lessons.metrics import Interval
from gan_lessons.show.scoring import short

IMAGES = torch.rand(30, 1, 28, 28, generator=runtime.generator(0)) * 2 - 1


def is_png(picture: show.Picture) -> bool:
    return picture.png.startswith(b"\x89PNG") and picture.sentence == "s"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (6.6e-8, "0"),
        (-0.0004, "0"),
        (0.0012, "0.001"),
        (-0.00301, "-0.003"),
        (-0.0194, "-0.0194"),
        (0.5, "0.5"),
        (8.301, "8.3"),
        (275.4, "275"),
        (31_600, "31,600"),
        (-4_350.6, "-4,351"),
        (math.inf, "inf"),
        (math.nan, "nan"),
    ],
)
def test_numbers_in_three_figures(value, text):
    assert short(value) == text


def test_a_table_may_lack_numbers_after_its_first_row():
    rows = {"real": {"FD": 1.5, "twins": 0}, "a long name": {"FD": -31_600.0}, "none": {}}
    assert is_png(show.table(rows, good={"real": ["twins"]}, title="t", sentence="s"))


@pytest.mark.parametrize("good", [{}, {"real": ["FD", "twins"]}, {"stranger": ["FD"]}])
def test_what_passes_is_drawn_and_nothing_else_is_asked(good):
    rows = {"real": {"FD": 1.5, "twins": 0}, "fake": {"FD": math.inf, "twins": 3}}
    assert is_png(show.table(rows, good=good, title="t", sentence="s"))


def test_passing_changes_the_picture():
    rows = {"real": {"FD": 1.5}}
    plain = show.table(rows, good={}, title="t", sentence="s")
    assert plain.png != show.table(rows, good={"real": ["FD"]}, title="t", sentence="s").png


@pytest.mark.parametrize("seeds", [1, 3])
def test_intervals_of_some_seeds(seeds):
    groups = {name: [Interval(2.0, 1.0, 3.0)] * seeds for name in ("real", "MLP", "DCGAN")}
    assert is_png(show.intervals(groups, xlabel="x", title="t", sentence="s"))


@pytest.mark.parametrize("count", [3, 30])
def test_a_playground_of_few_and_many_images(count):
    shares = {"precision": 0.5, "density": 7.0, "coverage": 0.0}
    assert is_png(show.playground(IMAGES[:count], shares, "N 3", sentence="s"))
