"""The pictures of lesson 12 say in words what the picked runs did and hide no broken one."""

import importlib
import math

import pytest
import torch
from matplotlib.axes import Axes

from gan_lessons import runtime, show

matrix = importlib.import_module("gan_lessons.show.stabilize")  # show.matrix is the function
CONFIGS, SEEDS = ("plain", "+ R1", "all"), (0, 1, 2)
SCORES = {
    "modes": torch.tensor([[3.0, 4, 5], [20, 21, 22], [25, 25, 25]]),
    "quality": torch.tensor([[0.1, 0.2, 0.3], [0.2, 0.1, 0.3], [0.9, math.nan, 0.9]]),
}
VERDICTS = {"modes": [0, 1, 1], "quality": [0, -1, 0]}
SAMPLES = torch.randn(3, 3, 50, 2, generator=runtime.generator(0))


def picture(config: str, metric: str, against: str = "plain", **more) -> show.Picture:
    given = {"samples": SAMPLES, "real": SAMPLES[0, 0], "seeds": SEEDS}
    given |= {"ideal": {"modes": 25, "quality": 0.989}, **more}
    return show.matrix(SCORES, CONFIGS, VERDICTS, pick=(config, metric), against=against, **given)


@pytest.fixture
def words(monkeypatch):
    """Everything that is written on axes while the test runs."""
    written, text = [], Axes.text
    monkeypatch.setattr(
        Axes,
        "text",
        lambda self, *args, **more: (written.append(args[2]), text(self, *args, **more)),
    )
    return written


def test_the_sentence_tells_the_runs_their_interval_and_the_verdict():
    said = picture("+ R1", "modes").sentence
    assert said.startswith("+ R1, modes: 21 (18.5 to 23.5), better than plain.")
    assert "Its runs: 20, 21, 22; real data reach 25." in said
    assert "worse than plain" in picture("+ R1", "quality").sentence
    assert "undecided against plain" in picture("all", "quality").sentence
    assert "the row that the others are compared with" in picture("plain", "modes").sentence


def test_every_cell_has_its_mean_interval_and_a_glyph_that_needs_no_color(words):
    picture("plain", "modes")
    assert "21.0 ± 2.5 ▲" in words
    assert "0.20 ± 0.25 ▼" in words
    assert "25 ± 0 ▲" in words
    assert "4.0 ± 2.5" in words  # the row that the others are compared with has none


def test_a_broken_run_is_told(words):
    assert "nan" in picture("all", "quality").sentence
    assert "broken ○" in words


def test_another_row_to_compare_with_moves_the_glyphs(words):
    picture("plain", "modes", against="all")
    assert "25 ± 0" in words
    assert "4.0 ± 2.5 ○" in words


@pytest.mark.parametrize("runs", [2, 5])
def test_any_number_of_seeds(runs):
    scores = {"modes": torch.rand(2, runs)}
    drawn = show.matrix(
        scores,
        ("a", "b"),
        {"modes": [0, 1]},
        pick=("b", "modes"),
        against="a",
        samples=torch.zeros(2, runs, 4, 2),
        real=SAMPLES[0, 0],
        seeds=range(runs),
        ideal={"modes": 1},
    )
    assert drawn.png.startswith(b"\x89PNG")


def test_a_table_of_texts_marks_its_own_rows(words):
    rows = {"GAN": ["6.3 ± 0.5", "98 %"], "ours": ["8", "97 %"]}
    kept = {"columns": ["modes", "quality"], "title": "t", "sentence": "s"}
    plain, marked = show.cells(rows, **kept), show.cells(rows, ours=["ours"], **kept)
    assert words == ["6.3 ± 0.5", "98 %", "8", "97 %"] * 2
    assert plain.png != marked.png
    assert marked.sentence == "s"


def test_the_runs_behind_a_cell_may_be_images(monkeypatch):
    """Each seed's own images, of the picked row, and nothing drawn as points."""
    sheets, draw = [], matrix.draw_sheet
    monkeypatch.setattr(
        matrix,
        "draw_sheet",
        lambda ax, x, **more: (sheets.append(x), draw(ax, x, **more)),
    )
    monkeypatch.setattr(matrix, "draw_points", None)
    digits = torch.randint(256, (3, 3, 20, 1, 8, 8), dtype=torch.uint8)
    assert "better than plain" in picture("+ R1", "modes", samples=digits, real=None).sentence
    assert torch.equal(torch.stack(sheets), digits[1])


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.0177, 0.0152, "0.018 ± 0.015"),
        (0.0033, 0.0013, "0.0033 ± 0.0013"),
        (4.6, 0.98, "4.6 ± 1.0"),
        (5.112, 0.222, "5.11 ± 0.22"),
        (137.2, 23.0, "137 ± 23"),
        (137.2, 5.0, "137 ± 5"),
        (25.0, 0.0, "25 ± 0"),
        (0.99992, 0.00022, "0.9999 ± 0.0002"),
        (0.99992, 0.00003, "0.99992 ± 0.00003"),
        (-0.2, 0.1, "-0.20 ± 0.10"),
        (-0.0004, 0.02, "0.000 ± 0.020"),  # no zero is negative
        (float("nan"), 1.0, "broken"),
        (1.0, float("nan"), "1"),
    ],
)
def test_an_error_decides_how_many_digits_there_are(value, error, text):
    assert matrix.with_error(value, error) == text
