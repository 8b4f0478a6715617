"""Lesson 05's checks accept right answers in any style and name each wrong one."""

import pytest

from gan_lessons.checks import reading
from tests import mutants_reading as answers

CASES = [
    (reading.rolling_mean, answers.RIGHT_MEANS, answers.WRONG_MEANS),
    (reading.plateau, answers.RIGHT_PLATEAUS, answers.WRONG_PLATEAUS),
    (reading.diagnose, answers.RIGHT_DIAGNOSES, answers.WRONG_DIAGNOSES),
    (reading.stopping, answers.RIGHT_RULES, answers.WRONG_RULES),
]


@pytest.mark.parametrize(("check", "right"), [case[:2] for case in CASES])
def test_right_answers_pass(check, right):
    for answer in right:
        outcome = check.judge(answer)
        assert outcome.solved, outcome.text


@pytest.mark.parametrize(
    ("check", "name", "answer", "diagnosis"),
    [(check, name, *wrong[name]) for check, _, wrong in CASES for name in wrong],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_answers_are_named(check, name, answer, diagnosis):
    outcome = check.judge(answer)
    assert outcome.mark == "✗", name
    assert diagnosis in outcome.text
    assert len(outcome.text) <= 400


def test_the_reference_knows_every_unseen_run():
    assert "You named 16." in reading.diagnose.judge(answers.diagnose).text


def test_a_stub_is_not_attempted():
    def stub(*args):
        raise NotImplementedError

    for check, _, _ in CASES:
        assert check.judge(stub).mark == "○"
