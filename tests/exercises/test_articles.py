"""Lesson 22c's checks accept right answers in any style and name each wrong one."""

import pytest

from gan_lessons.checks import articles
from tests.exercises import judging
from tests.exercises import outside_articles as answers

SEEDS = judging.SEEDS[:2]  # nothing is drawn from the global source; the runs are trained once
CASES = [
    judging.Case(articles.drops, answers.RIGHT_DROPS, answers.WRONG_DROPS),
    judging.Case(articles.moves, answers.RIGHT_MOVES, answers.WRONG_MOVES),
    judging.Case(articles.first_cause, answers.RIGHT_CAUSES, answers.WRONG_CAUSES),
]


@judging.each_right(CASES)
def test_right_answers_pass(case, answer):
    judging.passes(case, answer, seeds=SEEDS)


@judging.each_wrong(CASES)
def test_wrong_answers_are_named(case, name):
    judging.is_named(case, name, seeds=SEEDS)


@pytest.mark.parametrize("case", CASES)
def test_stubs_are_not_attempted(case):
    judging.is_not_attempted(case)


def test_what_was_missed_is_said():
    outcome = articles.first_cause.judge(answers.by_the_card)
    assert outcome.solved
    assert "You named 12." in outcome.text
