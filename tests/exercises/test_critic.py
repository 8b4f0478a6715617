"""Lesson 11's checks accept right answers in any style and name each wrong one."""

import pytest

from gan_lessons.checks import critic
from tests.exercises import judging
from tests.exercises import outside_critic as answers

CASES = [
    judging.Case(critic.clipped_step, answers.RIGHT_CLIPPED, answers.WRONG_CLIPPED),
    judging.Case(critic.wasserstein_step, answers.RIGHT_ROUNDS, answers.WRONG_ROUNDS),
    judging.Case(critic.gradient_penalty, answers.RIGHT_PENALTIES, answers.WRONG_PENALTIES),
    judging.Case(critic.power_step, answers.RIGHT_POWERS, answers.WRONG_POWERS),
]


@judging.each_right(CASES)
def test_right_answers_pass(case, answer):
    judging.passes(case, answer)


@judging.each_wrong(CASES)
def test_wrong_answers_are_named(case, name):
    judging.is_named(case, name)
    assert "your code stops" not in judging.judge(case.check, case.wrong[name][0], seed=0).text


@pytest.mark.parametrize("case", CASES)
def test_stubs_are_not_attempted(case):
    judging.is_not_attempted(case)


@pytest.mark.parametrize("case", CASES)
def test_the_checks_leave_the_learners_randomness_alone(case):
    judging.leaves_the_source_alone(case)


@pytest.mark.parametrize(
    ("check", "answer", "remark"),
    [
        (critic.clipped_step, answers.clipped_without_biases, "leave the biases alone"),
        (critic.wasserstein_step, answers.rounds_by_a_countdown, "wasteful"),
        (critic.power_step, answers.by_svd, "far more than one step"),
    ],
)
def test_what_is_right_but_unusual_is_told_so(check, answer, remark):
    assert remark in check.judge(answer).text


@pytest.mark.parametrize(
    ("check", "answer"),
    [
        (critic.clipped_step, answers.clipped),
        (critic.wasserstein_step, answers.rounds),
        (critic.power_step, answers.power),
        (critic.power_step, answers.power_twice),
    ],
)
def test_the_reference_gets_no_remark(check, answer):
    assert check.judge(answer).text == check.proves
