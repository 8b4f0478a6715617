"""Lesson 15's checks accept right answers in any style and name each wrong one."""

import pytest

from gan_lessons.checks import repair
from tests.exercises import judging
from tests.exercises import outside_repair as answers

CASES = [
    judging.Case(repair.receptive_field, answers.RIGHT_FIELDS, answers.WRONG_FIELDS),
    judging.Case(repair.answers, answers.RIGHT_ANSWERS, answers.WRONG_ANSWERS),
    judging.Case(repair.loss_g, answers.RIGHT_PAYS, answers.WRONG_PAYS),
    judging.Case(repair.generators_pay, answers.RIGHT_CYCLES, answers.WRONG_CYCLES),
]
SEEDS = range(2)  # the checks draw nothing from the global source


@judging.each_right(CASES)
def test_right_answers_pass(case, answer):
    judging.passes(case, answer, seeds=SEEDS)


@judging.each_wrong(CASES)
def test_wrong_answers_are_named(case, name):
    judging.is_named(case, name, seeds=SEEDS)
    assert "your code stops" not in judging.judge(case.check, case.wrong[name][0], seed=0).text


@pytest.mark.parametrize("case", CASES)
def test_stubs_are_not_attempted(case):
    judging.is_not_attempted(case)


@pytest.mark.parametrize("case", CASES)
def test_the_checks_leave_the_learners_randomness_alone(case):
    judging.leaves_the_source_alone(case)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("case", CASES)
def test_other_dice_accept_the_same_answers(case, seed, monkeypatch):
    monkeypatch.setattr(case.check, "seed", seed)
    for answer in case.right:
        assert judging.judge(case.check, answer, seed=0).solved
