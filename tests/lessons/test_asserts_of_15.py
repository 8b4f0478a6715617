"""The asserts of lesson 15 that can run here: cells as they stand pass, sabotaged ones fail.

What it claims of live runs is looked at by the build; what it claims of three seeds it reads from
the runs that ship, and those are here.
"""

from collections.abc import Callable

import pytest

from gan_lessons import show
from tests.lessons.lesson_cells import run_cells

BASE = ("from gan_lessons import checks", "SEED = 0")
FILL = ('shipped = data.ablation("fill")', "keeps, looks = shipped.scores")
ENHANCE = ('enhance = data.ablation("enhance")', "gained = enhance.scores")
OUTLINE = (
    'painted = data.ablation("outline")',
    "by_paint = {",
    "def ground(x)",
    "plain, dice_alone, critic_alone, both = range(4)",
)
GRAY = ('cycles = data.ablation("gray")', "through = {")
FIELD = ("def my_receptive_field", "patch_critic = models.patch", "assert receptive_field(")

# cells, the line, what it is sabotaged to
SABOTAGE = {
    "λ the other way round": (
        FILL,
        "keeps, looks = shipped",
        "shipped.scores['PSNR'] = shipped.scores['PSNR'].flip(0)\nkeeps, looks = shipped",
    ),
    "looks that do not turn": (FILL, "(looks[4] > looks[3])", "(looks[4] < looks[3])"),
    "another stride": (FIELD, "layer.stride[0])", "1)"),
    "blur for nothing": (GRAY, "blurred_away = ", "blurred_away = 0.3 + "),
    "gray is the control": (GRAY, '"color{mark}"', '"control{mark}"'),
    "painters exchanged": (
        OUTLINE,
        "plain, dice_alone, critic_alone, both = ",
        "plain, critic_alone, dice_alone, both = ",
    ),
    "both and dice alone exchanged": (
        OUTLINE,
        "plain, dice_alone, critic_alone, both = ",
        "plain, both, critic_alone, dice_alone = ",
    ),
    "dice that nothing is done with": (OUTLINE, "apart(colors, 0)", "apart(colors[:1], 0)"),
    "a critic that pays": (ENHANCE, "gained[score][k] - gained", "gained[score][2] - gained"),
}


@pytest.fixture
def cells(monkeypatch) -> Callable:
    """A function that runs some cells of the solved lesson, one line exchanged."""

    def run(phrases: tuple[str, ...], old: str = "", new: str = "") -> dict:
        monkeypatch.setenv("GAN_LESSONS_BUDGET", "lesson")
        monkeypatch.setenv("GAN_LESSONS_STRICT", "1")  # claims, too
        return run_cells("15", BASE + phrases, old, new)

    for name in ("rows_of_images", "compared", "trade_off"):
        monkeypatch.setattr(show, name, lambda *args, **more: None)
    return run


@pytest.mark.parametrize("name", SABOTAGE)
def test_an_assert_of_the_lesson_fails_on_sabotage(cells, name):
    with pytest.raises(AssertionError):
        cells(*SABOTAGE[name])


@pytest.mark.parametrize("phrases", [FILL, ENHANCE, OUTLINE, GRAY, FIELD])
def test_as_they_stand_they_pass(cells, phrases):
    cells(phrases)
