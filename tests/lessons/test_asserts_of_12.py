"""The asserts of lesson 12 that run unattended: cells as they stand pass, sabotaged ones fail.

Nothing here is trained on the grid: the claims about those runs are asserted on the shipped file
and, at the lesson budget, on the live runs.
"""

from collections.abc import Iterator

import pytest
import torch

from gan_lessons import show
from tests.lessons.lesson_cells import run_cells

BASE = ("from gan_lessons import checks", "SEED = 0", "turns = runtime.budget")
PENALTIES = ("create_graph forgotten",)
SIDES = ("best = {", "def both_sides(")
GAME = ("class Spike", "def small_game(", "tricks = {", "def pushes(", "R1 and noise bring rest")
BUFFERS = ("def course_step(",)
READING = ("def course_verdicts(",)
PLANE = (*READING, "grid = data.grid(", 'data.ablation("plane")', "helped = [")
PICTURES = (*READING, 'data.ablation("images")', "four_minutes = ")
STACKS = ('data.ablation("stacked")', "plain, chooses, free = ", "within = 0.0")
KINDS = (*READING, 'data.ablation("images")', "read_as = ", "seven, nine = ")

# cells, the line, what it is sabotaged to
SABOTAGE = {
    "a mean for the sum over a sample": (
        PENALTIES,
        "slope.square().sum(1)",
        "slope.square().mean(1)",
    ),
    "a graph that was asked for": (
        PENALTIES,
        "torch.autograd.grad(D(x).sum(), x)",
        "torch.autograd.grad(D(x).sum(), x, create_graph=True)",
    ),
    "one side for both": (SIDES, '"both sides": both_sides', '"both sides": losses.smoothed_d'),
    "both sides for one": (SIDES, '"one-sided": losses.smoothed_d', '"one-sided": both_sides'),
    "a formula of another loss": (SIDES, "0.9 * p / (0.9 * p + q)", "0.9 * p / (p + q)"),
    "no friction": (GAME, "your_r1(D, real, fake, 0.3)", "your_r1(D, real, fake, 0.0)"),
    "no noise": (GAME, '{"blur": 0.8}', '{"blur": 0.0}'),
    "smoothing on both sides": (
        GAME,
        "losses.Game(losses.smoothed_d, losses.saturating_g)",
        "losses.Game(lambda r, f: losses.smoothed_d(r, f) - 0.1 * f.mean(), losses.saturating_g)",
    ),
    "an average that forgets at once": (GAME, "decay=0.99", "decay=0.0"),
    "a buffer that is not forgotten": (
        BUFFERS,
        "your_step(copied, G, decay)",
        "your_step(copied, G, decay); forgot = copied",
    ),
    "a buffer that is not copied": (BUFFERS, "your_step(copied, G, decay)", "pass"),
    "plane: a reverse KL read upside down": (PLANE, '"reverse KL", "energy', '"energy'),
    "plane: modern for plain": (PLANE, '"− R1", "modern", counted', '"− R1", "plain", counted'),
    "plane: R1 for R2": (PLANE, '"− R2", "modern", counted', '"− R1", "modern", counted'),
    "pictures: FD read upside down": (PICTURES, '"energy distance", "FD"', '"energy distance"'),
    "pictures: modern against itself": (
        PICTURES,
        'compared(pictures, "modern", four_minutes',
        'compared(pictures, "modern", "modern"',
    ),
    "pictures: what is missed in plain": (
        PICTURES,
        'compared(pictures, name, "modern"',
        'compared(pictures, name, "DCGAN of lesson 07"',
    ),
    "pictures: the hidden layer for the average": (
        PICTURES,
        'missed("− hidden layer")',
        'missed("− average")',
    ),
    "kinds: the rarest digit for the commonest": (KINDS, "True)).max(dim=1)", "True)).min(dim=1)"),
    "kinds: another pair of digits": (KINDS, "read_as[:, 7], read_as[:, 9]", "*read_as[:, :2].T,"),
    "pictures: the choice for the average": (PICTURES, 'missed("− choice")', 'missed("− average")'),
    "stacks: plain for free": (STACKS, "plain, chooses, free = ", "free, chooses, plain = "),
    "stacks: one channel for three": (STACKS, "(2, 3), (1, 3), (1, 2)", "(2, 3),"),
    "stacks: modes for their KL": (STACKS, 'scores["reverse KL"]', 'scores["modes"]'),
}


@pytest.fixture
def cells(monkeypatch) -> Iterator:
    """A function that runs some cells of the solved lesson, one line exchanged.

    At the ci budget; what claims something of the small games, at the lesson's own.
    """

    def run(phrases: tuple[str, ...], old: str = "", new: str = "") -> dict:
        monkeypatch.setenv("GAN_LESSONS_BUDGET", "lesson" if phrases == GAME else "ci")
        return run_cells("12", BASE + phrases, old, new)

    monkeypatch.setenv("GAN_LESSONS_STRICT", "1")
    monkeypatch.setattr(show, "lines", lambda *args, **more: None)
    monkeypatch.setattr(show, "phases", lambda *args, **more: None)
    monkeypatch.setattr(show, "explore", lambda *args, **more: None)
    threads = torch.get_num_threads()
    yield run
    torch.set_num_threads(threads)


@pytest.mark.parametrize("name", SABOTAGE)
def test_an_assert_of_the_lesson_fails_on_sabotage(cells, name, capsys):
    with pytest.raises(AssertionError):
        cells(*SABOTAGE[name])


@pytest.mark.parametrize("phrases", sorted({phrases for phrases, *_ in SABOTAGE.values()}))
def test_the_same_cells_run_when_they_are_left_alone(cells, phrases, capsys):
    assert cells(phrases)
