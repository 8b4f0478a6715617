"""Pictures of the clinic: every curve and every sample is in sight, points and images alike."""

import pytest
import torch
from matplotlib.figure import Figure

from gan_lessons import data, show

REAL = data.ring(400).x
CURVES = {"D": torch.linspace(1, 0, 50), "G": [0.5] * 50}


class Seen:
    samples, curves, x = REAL[:100] + 1, CURVES, REAL


def test_a_bedside_shows_curves_and_samples():
    picture = show.bedside(REAL[:100], CURVES, REAL, title="8 of 8", sentence="Both.")
    assert picture.sentence == "Both."
    assert picture.png.startswith(b"\x89PNG")


def test_curves_keep_their_names():
    ax = Figure().subplots()
    show.draw_curves(ax, CURVES)
    assert [line.get_label() for line in ax.lines] == ["D", "G"]
    assert ax.get_ylabel() == "loss"


def test_samples_that_ran_away_are_in_sight():
    ax = Figure().subplots()
    show.draw_samples(ax, REAL[:100] + 30, REAL)
    assert ax.get_xlim()[1] > 30


def test_images_are_drawn_as_a_sheet():
    ax = Figure().subplots()
    show.draw_samples(ax, torch.zeros(40, 1, 8, 8), torch.zeros(40, 1, 8, 8))
    assert len(ax.images) == 1


@pytest.mark.parametrize("before", [Seen, None])
def test_sick_and_healed_stand_one_above_the_other(before):
    picture = show.recovered(before, Seen)
    assert "before and after" in picture.sentence
