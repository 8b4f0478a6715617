"""The asserts of lesson 12 that run unattended: cells as they stand pass, sabotaged ones fail.

Nothing here is trained on the grid: the claims about those runs are asserted on the shipped file
and, at the lesson budget, on the live runs.
"""

from collections.abc import Iterator

import pytest
import torch

from gan_lessons import show
from tests.lessons.lesson_cells import run_cells

BASE = ("from gan_lessons import checks", "turns = runtime.budget")
PENALTIES = ("def zero_centered(", "D = models.plane_discriminator()", "create_graph forgotten")
SIDES = (
    "def smoothed_d(",
    "def both_sides(",
    "Ds = models.stack(",
    "for step in range(2 * turns)",
    "line = torch.linspace(",
    "off = (found",
    "assert off.max()",
)
GAME = (
    "def zero_centered(",
    "def smoothed_d(",
    "class Spike",
    "def two_numbers(",
    "def small_game(",
    "tricks = {",
    "assert home == ",
)
BUFFERS = ("forgot = copy.deepcopy(G)", "contrast = [")
PICTURES = ("def verdicts(", "def judged(", 'data.ablation("images")', "four_minutes = ")
STACKS = ('data.ablation("stacked")', "kl[1::2]")

# cells, the line, what it is sabotaged to
SABOTAGE = {
    "a mean for the sum over a sample": (
        PENALTIES,
        "gamma / 2 * slopes(D, real).square().sum(1).mean()",
        "gamma / 2 * slopes(D, real).square().mean()",
    ),
    "a graph that was asked for": (
        PENALTIES,
        "torch.autograd.grad(D(x.requires_grad_()).sum(), x)",
        "torch.autograd.grad(D(x.requires_grad_()).sum(), x, create_graph=True)",
    ),
    "one side for both": (SIDES, '"both sides": both_sides', '"both sides": smoothed_d'),
    "both sides for one": (SIDES, '"one-sided": smoothed_d', '"one-sided": both_sides'),
    "a D that never learns": (SIDES, "lr=0.01, fused=True", "lr=0.0, fused=True"),
    "no friction": (GAME, "functools.partial(r1, gamma=0.3)", "functools.partial(r1, gamma=0.0)"),
    "no noise": (GAME, '{"blur": 0.8}', '{"blur": 0.0}'),
    "smoothing on both sides": (
        GAME,
        "losses.Game(smoothed_d, losses.saturating_g)",
        "losses.Game(lambda r, f: smoothed_d(r, f) - 0.1 * f.mean(), losses.saturating_g)",
    ),
    "an average that forgets at once": (GAME, "decay=0.99", "decay=0.0"),
    "a buffer that is not forgotten": (
        BUFFERS,
        "models.update_average(copied, G, decay=decay)",
        "models.update_average(copied, G, decay=decay); forgot = copied",
    ),
    "a buffer that is not copied": (
        BUFFERS,
        "models.update_average(copied, G, decay=decay)",
        "pass",
    ),
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
    "stacks: plain for modern": (STACKS, "kl[1::2]", "kl[::2]"),
    "stacks: modes for their KL": (STACKS, 'scores["reverse KL"]', 'scores["modes"]'),
}


@pytest.fixture
def cells(monkeypatch) -> Iterator:
    """A function that runs some cells of the solved lesson at the ci budget, one line exchanged."""

    def run(phrases: tuple[str, ...], old: str = "", new: str = "") -> dict:
        return run_cells("12", BASE + phrases, old, new)

    monkeypatch.setenv("GAN_LESSONS_BUDGET", "ci")
    monkeypatch.setattr(show, "lines", lambda *args, **more: None)
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
