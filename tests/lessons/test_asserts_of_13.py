"""The asserts of lesson 13 that can run here: cells as they stand pass, sabotaged ones fail.

The points in the plane are trained as in the lesson. Its images take minutes and are not trained
here; their bounds come from these runs (2,000 steps, seeds 0 to 3 and 4 to 7; 25 November 2026),
and each is out of reach of what it warns of:

- r_v with 100, 500, all images: means .41 and .44, .04 and .10, .02 and .03;
- gray at the edge: at most .003 with T on both sides, .25 to .30 with T on real images only.
"""

from collections.abc import Callable

import pytest
import torch

from gan_lessons import data, show
from tests.data.making import script
from tests.lessons.lesson_cells import run_cells

BASE = ("from gan_lessons import augment", "SEED = 0", "steps = runtime.budget")
PLANE = (
    "class Turns",
    "def plane_players",
    "def in_the_plane",
    "fan = torch.stack",
    "clouds = in_the_plane",
    "wrong = clouds",
    "# what we claim of turns",
)
WORTH = ('shipped = data.ablation("little")', "def apart(", "r_v, recall = shipped")
METER = (
    "def uniform(x)",
    "def translation(x, p=1.0)",
    "def cutout(x, p=1.0)",
    "T = augment.chain",
    "def gray_edge",
)

# cells, the line, what it is sabotaged to
SABOTAGE = {
    "piles exchanged": (WORTH, "enumerate(shipped.configs)", "enumerate(shipped.configs[::-1])"),
    "goggles exchanged": (WORTH, "name: i for", "name: i ^ 1 for"),
    "scores exchanged": (WORTH, 'distance = shipped.scores["FD"]', "distance = -r_v"),
    "no goggles": (PLANE, "nn.Sequential(layer, *D)", "nn.Sequential(*D)"),
    "p forgotten": (PLANE, "chosen = torch.rand_like(x[..., 0]) < self.p", "chosen = 1"),
    "quarter turns for half turns": (PLANE, "turns.where(~self.half, 2)", "turns"),
    "a move that moves nothing": (METER, "augment.chain(translation, cutout)", "lambda x: x"),
    "a meter for white": (METER, "torch.stack(sides).abs() < 0.35", "torch.stack(sides) > 0.35"),
    "a meter for dark": (METER, "torch.stack(sides).abs() < 0.35", "torch.stack(sides) < 0.35"),
}


@pytest.fixture
def cells(monkeypatch) -> Callable:
    """A function that runs some cells of the solved lesson, one line exchanged."""

    def run(phrases: tuple[str, ...], old: str = "", new: str = "") -> dict:
        monkeypatch.setenv("GAN_LESSONS_BUDGET", "lesson" if phrases == PLANE else "ci")
        monkeypatch.setenv("GAN_LESSONS_STRICT", "1")  # claims, too
        names = {"reference": data.to_model_range(data.strokes().x[:200])}
        return run_cells("13", BASE + phrases, old, new, names=names)

    for name in ("rows_of_images", "compared"):
        monkeypatch.setattr(show, name, lambda *args, **more: None)
    return run


@pytest.fixture(autouse=True)
def threads():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.parametrize("name", SABOTAGE)
def test_an_assert_of_the_lesson_fails_on_sabotage(cells, name, capsys):
    with pytest.raises(AssertionError):
        cells(*SABOTAGE[name])


@pytest.mark.parametrize("phrases", [PLANE, METER, WORTH], ids=["plane", "meter", "worth"])
def test_the_same_cells_run_when_they_are_left_alone(cells, phrases, capsys):
    assert cells(phrases)


def test_the_lesson_s_small_players_are_those_of_the_runs_that_ship(cells):
    lesson, making = cells(("def small_generator",)), script("little")
    assert str(lesson["small_generator"]()) == str(making.generator())
    assert str(lesson["small_discriminator"]()) == str(making.discriminator())
