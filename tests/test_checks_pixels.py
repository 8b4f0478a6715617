"""Lesson 06's checks accept right answers in any style and name each wrong one."""

import pytest

from gan_lessons.checks import pixels
from tests import mutants_pixels as answers

CASES = [
    (pixels.model_range, answers.RIGHT_RANGES, answers.WRONG_RANGES),
    (pixels.networks, answers.RIGHT_NETWORKS, answers.WRONG_NETWORKS),
    (pixels.slerp, [(f,) for f in answers.RIGHT_SLERPS], answers.WRONG_SLERPS),
    (pixels.nearest, [(f,) for f in answers.RIGHT_NEAREST], answers.WRONG_NEAREST),
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
