"""The asserts of lesson 14 that can run here: cells as they stand pass, sabotaged ones fail.

Its images take minutes and are not trained here; what it claims of three seeds it reads from the
runs that ship (``tests/data/test_conditions.py`` holds these to the same bars).
"""

from collections.abc import Callable

import pytest

from gan_lessons import runtime, show
from tests.lessons.lesson_cells import run_cells

BASE = ("from gan_lessons import checks", "SEED = 0", "ring_steps = runtime.budget")
RING = ("ring = data.ring()", "class RingD", "def play_on_ring", "def as_asked", "asked = torch.ar")
RING += ('"told, G obeys in every seed"',)
PRICE = ('shipped = data.ablation("conditions")', "real_scores = dict(", "def apart(")
PRICE += ("scores = {  # for each way",)

# cells, the line, what it is sabotaged to
SABOTAGE = {
    "D is not told after all": (RING, "name = self.told * F.one_hot", "name = 0 * F.one_hot"),
    "fakes under other names": (RING, '"D told": (True, as_asked)', '"D told": (True, of_others)'),
    "all games are told": (RING, '"D not told": (False, as', '"D not told": (True, as'),
    "ways exchanged": (PRICE, "enumerate(shipped.configs)", "enumerate(shipped.configs[::-1])"),
    "ways exchanged in the scores": (
        PRICE,
        "score: dict(zip(shipped.configs,",
        "score: dict(zip(shipped.configs[::-1],",
    ),
    "recall for precision": (
        PRICE,
        'apart("recall", "auxiliary", "map")',
        'apart("recall", "map", "map")',
    ),
}


@pytest.fixture
def cells(monkeypatch) -> Callable:
    """A function that runs some cells of the solved lesson, one line exchanged."""

    def run(phrases: tuple[str, ...], old: str = "", new: str = "") -> dict:
        monkeypatch.setenv("GAN_LESSONS_BUDGET", "lesson")
        monkeypatch.setenv("GAN_LESSONS_STRICT", "1")  # claims, too
        return run_cells("14", BASE + phrases, old, new)

    def shorter(*, lesson: int, **others: int) -> int:
        """One seed of the ring, and half of its steps."""
        return 1 if lesson == 3 else min(lesson, 300)

    monkeypatch.setattr(runtime, "budget", shorter)

    for name in ("rows_of_images", "compared", "names_on_a_ring"):
        monkeypatch.setattr(show, name, lambda *args, **more: None)
    return run


@pytest.mark.parametrize("name", SABOTAGE)
def test_an_assert_of_the_lesson_fails_on_sabotage(cells, name):
    with pytest.raises(AssertionError):
        cells(*SABOTAGE[name])


@pytest.mark.parametrize("phrases", [RING, PRICE], ids=["ring", "price"])
def test_as_they_stand_they_pass(cells, phrases):
    cells(phrases)
