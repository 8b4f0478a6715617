"""Orbits say where they start and where they end."""

import math

import pytest
import torch
from matplotlib.colors import to_rgb

from gan_lessons import show
from gan_lessons.show import motion

TURN = torch.linspace(0, 2 * math.pi, 60, dtype=torch.float64)
CIRCLE = torch.stack([TURN.cos(), TURN.sin()], dim=1)[:-7]
SPIRAL = CIRCLE * torch.linspace(1, 0.2, len(CIRCLE), dtype=torch.float64)[:, None]


def push(theta, psi):
    return -psi, theta


def marks(ax) -> list[tuple]:
    """Return kind, place and color of the single points among the lines of some axes."""
    lines = [line for line in ax.get_lines() if len(line.get_xdata()) == 1]
    places = [(float(line.get_xdata()[0]), float(line.get_ydata()[0])) for line in lines]
    return [
        (line.get_marker(), place, line.get_markerfacecolor())
        for line, place in zip(lines, places, strict=True)
    ]


def test_a_path_has_a_ring_at_its_start_and_a_square_of_its_color_at_its_end():
    ax = show.figure().subplots()
    show.draw_phase(ax, push, {"together": SPIRAL, "in turns": CIRCLE}, limit=1.5)
    seen = marks(ax)
    assert [kind for kind, _, _ in seen] == ["o", "s", "o", "s"]
    for (start, end), path, color in zip(
        (seen[:2], seen[2:]), (SPIRAL, CIRCLE), (show.MARK, "black"), strict=True
    ):
        assert start[1] == pytest.approx(tuple(path[0].tolist()))
        assert end[1] == pytest.approx(tuple(path[-1].tolist()))
        assert to_rgb(start[2]) == (1, 1, 1)
        assert to_rgb(end[2]) == to_rgb(color)


def test_a_path_in_turns_is_dashed_and_black_also_when_it_is_alone():
    drawn = {}
    for names in (
        ("together", "in turns"),
        ("in turns - -",),
        ("together",),
        ("in turns", "b", "c"),
    ):
        ax = show.figure().subplots()
        show.draw_phase(ax, push, dict.fromkeys(names, CIRCLE), limit=1.5)
        known = {line.get_label(): line for line in ax.lines}
        drawn[names] = [(known[x].get_color(), known[x].is_dashed()) for x in names]
    assert list(drawn.values()) == [
        [(show.MARK, False), ("black", True)],
        [("black", True)],
        [(show.MARK, False)],
        [(show.MARK, False), ("black", True), (show.MARK, False)],  # none is left out
    ]


def test_the_legend_names_the_marks(monkeypatch):
    figures = []
    monkeypatch.setattr(motion, "Picture", lambda figure, sentence: figures.append(figure))
    told = {"title": "t", "sentence": "s"}
    show.phases({"a": (push, {"together": SPIRAL}), "b": (push, {"together": CIRCLE})}, **told)
    show.phases({"arrows alone": (push, None)}, **told)
    show.journey(push, {"in turns": CIRCLE}, limit=2, **told)
    names = [
        [text.get_text() for legend in legends for text in legend.get_texts()]
        for legends in (figures[0].legends, figures[1].legends, [figures[2].axes[0].get_legend()])
    ]
    assert names == [["together", "start", "end"], [], ["start", "end"]]
