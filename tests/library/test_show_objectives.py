"""The pictures of lesson 10 say in words what the losses do, and hide no broken run."""

import math
import re

import pytest
import torch
from matplotlib.axes import Axes

from gan_lessons import losses, show

REAL, FAKE = torch.tensor([2.0, 0.5]), torch.tensor([-1.0, 1.0])
GAMES = {
    "cross entropy": losses.non_saturating,
    "least squares": losses.least_squares,
    "hinge": losses.hinge,
    "Wasserstein": losses.wasserstein,
    "relativistic": losses.relativistic,
}
RUNS = {"a": [1.0, 2.0, 3.0], "b": [2.0, 2.5, 2.0]}


def slopes(sentence: str, kind: str) -> list[float]:
    """Return the numbers that a sentence gives for one kind of samples."""
    told = re.search(rf"{kind} ([^;.]*(?:\.\d[^;.]*)*)", sentence)
    return [float(number) for number in re.findall(r"[+-]\d+\.\d+", told[1])] if told else []


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


@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize("player", ["loss_d", "loss_g"])
def test_the_sentence_tells_the_slopes_of_autograd(name, player):
    """Slopes times the size of the batch, to two digits; G moves its own samples alone."""
    loss = getattr(GAMES[name], player)
    logits = REAL.clone().requires_grad_(), FAKE.clone().requires_grad_()
    grads = torch.autograd.grad(loss(*logits), logits, allow_unused=True, materialize_grads=True)
    picture = show.objective(loss, REAL, FAKE, name=name, real_moves=player == "loss_d")
    told = {kind: slopes(picture.sentence, kind) for kind in ("real", "fake")}
    assert told["fake"] == pytest.approx((2 * grads[1]).tolist(), abs=0.006)
    right = (2 * grads[0]).tolist() if player == "loss_d" else []
    assert told["real"] == pytest.approx(right, abs=0.006)
    assert f"loss {loss(REAL, FAKE):.2f}" in picture.sentence


@pytest.mark.parametrize("name", GAMES)
def test_only_pairs_are_tied_to_one_another(name):
    """Moving a fake sample changes the slope of a real one in the relativistic game alone."""
    sentences = [
        show.objective(GAMES[name].loss_d, REAL, torch.tensor([t, 1.0]), name=name).sentence
        for t in (-1.0, 3.0)
    ]
    before, after = (slopes(sentence, "real") for sentence in sentences)
    assert (before != after) == (name == "relativistic")


def test_the_hinge_lets_go_beyond_its_margins():
    beyond = show.objective(losses.hinge_d, REAL + 2, FAKE - 3, name="hinge").sentence
    assert set(slopes(beyond, "real") + slopes(beyond, "fake")) == {0.0}


def test_pictures_leave_the_logits_as_they_were():
    logits = REAL.clone(), FAKE.clone()
    show.objective(losses.relativistic_d, *logits, name="pairs")
    assert torch.equal(logits[0], REAL)
    assert not logits[0].requires_grad


def test_broken_runs_are_counted_in_words(words):
    runs = RUNS | {"c": [math.nan, 1.0, math.inf]}
    show.compared({"modes": runs, "quality": RUNS | {"c": [1.0, 1.0, 1.0]}}, sentence="s")
    assert words == ["2 of 3 broken"]


@pytest.mark.parametrize("wide", [1.0, 1e6])
def test_a_value_beyond_the_edge_is_drawn_at_the_edge(monkeypatch, wide):
    drawn, plot = [], Axes.plot
    monkeypatch.setattr(
        Axes,
        "plot",
        lambda self, x, y, *a, **k: (drawn.append((x, a)), plot(self, x, y, *a, **k))[1],
    )
    picture = show.compared({"m": {"a": [0.1, 0.2, wide]}}, edges={"m": 0.5}, sentence="s")
    beyond = [x for x, style in drawn if ">" in style]
    assert beyond == [[0.5]]
    assert picture.png != show.compared({"m": {"a": [0.1, 0.2, 0.3]}}, sentence="s").png


def test_runs_and_a_mean_beyond_the_edge_are_each_to_be_seen(monkeypatch):
    drawn, plot = [], Axes.plot
    monkeypatch.setattr(
        Axes,
        "plot",
        lambda self, x, y, *a, **k: (drawn.append((x, a)), plot(self, x, y, *a, **k))[1],
    )
    show.compared({"m": {"a": [0.1, 3.0, 4.0]}}, edges={"m": 0.5}, sentence="s")
    assert [x for x, style in drawn if ">" in style] == [[0.5]] * 2
    assert [x for x, style in drawn if "D" in style] == [0.5]


@pytest.mark.parametrize("whole", [1, 3, 5])
def test_a_line_that_ends_early_is_marked_where_it_ends(monkeypatch, whole):
    marked, plot = [], Axes.plot
    monkeypatch.setattr(
        Axes,
        "plot",
        lambda self, x, y, *a, **k: (marked.append((x, y, a)), plot(self, x, y, *a, **k))[1],
    )
    values = torch.tensor([2.0, 3, 4, 5, 6])
    values[whole:] = math.nan
    lines = {"ends": values, "goes on": torch.ones(5)}
    words = {"xlabel": "step", "ylabel": "height", "sentence": "s"}
    show.until_it_breaks(torch.arange(1, 6), lines, **words)
    crosses = [(x, y) for x, y, style in marked if "X" in style]
    assert crosses == ([(float(whole), float(whole + 1))] if whole < 5 else [])


def test_the_same_words_come_with_every_picture():
    x = torch.linspace(-1, 1, 5)
    assert show.meanings(x, {"a": (x, x)}, sentence="said").sentence == "said"
    assert show.compared({"m": RUNS}, sentence="said", ideal={"m": 8}).sentence == "said"


def test_every_run_beyond_the_edge_is_seen_and_so_is_a_mean_there(monkeypatch):
    """Five runs at one edge are five marks at five places; the diamond of their mean is open."""
    plotted = []
    plot = Axes.plot
    monkeypatch.setattr(
        Axes, "plot", lambda self, *a, **k: plotted.append((a, k)) or plot(self, *a, **k)
    )
    show.compared({"m": {"a": [1.0, 2.0, 3.0, 4.0, 5.0]}}, edges={"m": 0.5}, sentence="s")
    beyond = [(a, k) for a, k in plotted if a[2:] == (">",)]
    places = {tuple(k["transform"].transform((a[0][0], a[1][0]))) for a, k in beyond}
    assert len(beyond) == len(places) == 5
    (mean,) = [(a, k) for a, k in plotted if a[2:] == ("D",)]
    assert (mean[0][0], mean[1]["mfc"]) == (0.5, "white")
