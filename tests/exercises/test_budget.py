"""Lesson 19's checks accept right answers in any style and name each wrong one."""

import pytest

from gan_lessons.checks import budget
from tests.exercises import judging
from tests.exercises import outside_budget as answers

CASES = [
    judging.Case(budget.bound, answers.RIGHT_BOUNDS, answers.WRONG_BOUNDS),
    judging.Case(budget.flow_loss, answers.RIGHT_FLOWS, answers.WRONG_FLOWS),
    judging.Case(budget.ahead, answers.RIGHT_AHEADS, answers.WRONG_AHEADS),
]


@judging.each_right(CASES)
def test_right_answers_pass(case, answer):
    judging.passes(case, answer, seeds=judging.SEEDS[:2])


@judging.each_wrong(CASES)
def test_wrong_answers_are_named(case, name):
    judging.is_named(case, name, seeds=judging.SEEDS[:2])  # the cases are drawn from own dice


@pytest.mark.parametrize("case", CASES)
def test_stubs_are_not_attempted(case):
    judging.is_not_attempted(case)


@pytest.mark.parametrize("case", CASES)
def test_the_checks_leave_the_learners_randomness_alone(case):
    judging.leaves_the_source_alone(case)


@pytest.mark.parametrize("case", CASES)
def test_the_reference_gets_no_remark(case):
    found = judging.judge(case.check, case.right[0], seed=0)
    assert found.text == case.check.proves
