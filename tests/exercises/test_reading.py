"""Lesson 05's checks accept right answers in any style and name each wrong one."""

import pytest

from gan_lessons.checks import reading
from tests.exercises import judging
from tests.exercises import outside_reading as answers

CASES = [
    judging.Case(reading.rolling_mean, answers.RIGHT_MEANS, answers.WRONG_MEANS),
    judging.Case(reading.plateau, answers.RIGHT_PLATEAUS, answers.WRONG_PLATEAUS),
    judging.Case(reading.diagnose, answers.RIGHT_DIAGNOSES, answers.WRONG_DIAGNOSES),
    judging.Case(reading.stopping, answers.RIGHT_RULES, answers.WRONG_RULES),
]


@judging.each_right(CASES)
def test_right_answers_pass(case, answer):
    judging.passes(case, answer)


@judging.each_wrong(CASES)
def test_wrong_answers_are_named(case, name):
    judging.is_named(case, name)


@pytest.mark.parametrize("case", CASES)
def test_stubs_are_not_attempted(case):
    judging.is_not_attempted(case)


def test_the_reference_knows_every_unseen_run():
    assert "You named 16." in reading.diagnose.judge(answers.diagnose).text
