"""Lesson 03's checks accept right answers in any style and name each wrong one."""

import pytest

from gan_lessons.checks import motion
from tests import mutants_motion as answers


def _alone(functions):
    return [(function,) for function in functions]


CASES = [
    (motion.steps, answers.RIGHT_STEPS, answers.WRONG_STEPS),
    (motion.eigenvalues, _alone(answers.RIGHT_EIGENVALUES), answers.WRONG_EIGENVALUES),
    (motion.critical_gamma, _alone(answers.RIGHT_CRITICAL), answers.WRONG_CRITICAL),
    (motion.least_gamma, _alone(answers.RIGHT_LEAST), answers.WRONG_LEAST),
]


@pytest.mark.parametrize(("check", "right", "wrong"), CASES)
def test_right_answers_pass(check, right, wrong):
    for answer in right:
        outcome = check.judge(*answer)
        assert outcome.solved, outcome.text


@pytest.mark.parametrize(
    ("check", "name", "answer"),
    [(check, name, answer) for check, _, wrong in CASES for name, answer in wrong.items()],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_answers_are_named(check, name, answer):
    *functions, diagnosis = answer
    outcome = check.judge(*functions)
    assert outcome.mark == "✗", name
    assert diagnosis in outcome.text
    others = next(wrong for other, _, wrong in CASES if other is check)
    texts = {text for *_, text in others.values()} - {diagnosis}
    assert not [text for text in texts if text in outcome.text], "one mistake, one diagnosis"


def test_a_generator_that_moves_first_passes_and_is_told_so():
    outcome = motion.steps.judge(*answers.GENERATOR_FIRST)
    assert outcome.solved
    assert "Your G moves first" in outcome.text


def test_a_stub_is_not_attempted():
    def stub(*args):
        raise NotImplementedError

    assert motion.steps.judge(stub, stub).mark == "○"
    assert motion.steps.judge(answers.simultaneous, stub).mark == "○"
    for check in (motion.eigenvalues, motion.critical_gamma, motion.least_gamma):
        assert check.judge(stub).mark == "○"
