"""Lesson 01's checks accept right answers in any style and name wrong ones that nobody listed."""

import pytest
import torch

from gan_lessons import show
from gan_lessons.checks import distances
from tests.exercises import judging
from tests.exercises import outside_distances as answers

CASES = [
    judging.Case(distances.kl, answers.RIGHT_KL, answers.WRONG_KL),
    judging.Case(distances.js, answers.RIGHT_JS, answers.WRONG_JS),
    judging.Case(distances.w1, answers.RIGHT_W1, answers.WRONG_W1),
    judging.Case(distances.optimal_d, answers.RIGHT_D, answers.WRONG_D),
    judging.Case(distances.lopsided, answers.RIGHT_LOPSIDED, answers.WRONG_LOPSIDED),
]
SEEDS = judging.SEEDS[:2]  # nothing is drawn from the global source


@judging.each_right(CASES)
def test_right_answers_pass(case, answer):
    judging.passes(case, answer, seeds=SEEDS)


@judging.each_wrong(CASES)
def test_wrong_answers_are_named(case, name):
    judging.is_named(case, name, seeds=SEEDS)


@pytest.mark.parametrize("case", CASES)
def test_stubs_are_not_attempted(case):
    judging.is_not_attempted(case)


def test_curves_and_densities_become_pictures():
    x = torch.linspace(-1, 1, 50)
    named = {"a": x, "b": x**2, "c": x**3, "d": -x}
    picture = show.lines(x, named, at=0.5, sentence="Four powers.", title="Powers", xlabel="x")
    assert picture.png.startswith(b"\x89PNG")
    assert picture.sentence in picture._repr_html_()
    fig, (left, right) = show.panels(2)
    show.draw_densities(left, x, x.exp(), (-x).exp())
    show.draw_lines(right, x, named, at=0.0)
    assert len(left.lines) == 2  # real and fake
    assert len(right.lines) == 9  # four curves, a marker on each, and the vertical line
    assert show.Picture(fig, "Two panels.").png
