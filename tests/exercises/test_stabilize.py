"""Lesson 12's checks accept right answers in any style and name each wrong one."""

import pytest

from gan_lessons.checks import stabilize
from tests.exercises import judging
from tests.exercises import outside_stabilize as answers

CASES = [
    judging.Case(stabilize.zero_centered, answers.RIGHT_PENALTIES, answers.WRONG_PENALTIES),
    judging.Case(stabilize.smoothed_d, answers.RIGHT_SMOOTHED, answers.WRONG_SMOOTHED),
    judging.Case(stabilize.average_step, answers.RIGHT_AVERAGES, answers.WRONG_AVERAGES),
    judging.Case(stabilize.verdicts, answers.RIGHT_VERDICTS, answers.WRONG_VERDICTS),
]


@judging.each_right(CASES)
def test_right_answers_pass(case, answer):
    judging.passes(case, answer, seeds=judging.SEEDS[:2])


@judging.each_wrong(CASES)
def test_wrong_answers_are_named(case, name):
    judging.is_named(case, name, seeds=judging.SEEDS[:2])  # the cases are drawn from own dice
    assert "your code stops" not in judging.judge(case.check, case.wrong[name][0], seed=0).text


@pytest.mark.parametrize("case", CASES)
def test_stubs_are_not_attempted(case):
    judging.is_not_attempted(case)


@pytest.mark.parametrize("case", CASES)
def test_the_checks_leave_the_learners_randomness_alone(case):
    judging.leaves_the_source_alone(case)


def test_what_is_right_but_unusual_is_told_so():
    found = judging.judge(stabilize.zero_centered, answers.AS_PUBLISHED, seed=0)
    assert found.solved
    assert "the real batch itself requires a gradient" in found.text


@pytest.mark.parametrize("case", CASES)
def test_the_reference_gets_no_remark(case):
    found = judging.judge(case.check, case.right[0], seed=0)
    assert found.text == case.check.proves
