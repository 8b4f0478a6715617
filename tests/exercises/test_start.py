"""Lesson 00's checks accept right answers in any style and name wrong ones that nobody listed."""

import pytest

from gan_lessons import show
from gan_lessons.checks import start
from tests.exercises import judging
from tests.exercises import outside_start as answers

CASES = [
    judging.Case(start.slope, answers.RIGHT_SLOPES, answers.WRONG_SLOPES),
    judging.Case(start.mean_log, answers.RIGHT_MEANS, answers.WRONG_MEANS),
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


def test_the_game_is_one_picture_with_its_words():
    picture = show.the_game()
    assert picture.png.startswith(b"\x89PNG")
    assert "back through D" in picture.sentence
    assert picture.sentence.split(".")[0] in picture._repr_html_()
