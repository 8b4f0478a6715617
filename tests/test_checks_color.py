"""Lesson 08's checks accept right answers in any style and name each wrong one."""

import pytest
import torch

from gan_lessons.checks import color
from tests import mutants_color as answers

CASES = [
    (color.networks, answers.RIGHT_NETWORKS, answers.WRONG_NETWORKS),
    (color.fast_logits, [(f,) for f in answers.RIGHT_FAST], answers.WRONG_FAST),
    (color.mean_hue, [(f,) for f in answers.RIGHT_HUES], answers.WRONG_HUES),
    (color.never_seen, [(f,) for f in answers.RIGHT_PAIRS], answers.WRONG_PAIRS),
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


def test_a_check_leaves_the_global_randomness_alone():
    before = torch.random.get_rng_state()
    for check, right, _ in CASES:
        check.judge(*right[0])
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("check", [case[0] for case in CASES])
def test_an_empty_answer_is_not_attempted(check):
    def blank(*arguments):
        raise NotImplementedError

    answer = (blank, blank) if check is color.networks else (blank,)
    assert check.judge(*answer).mark == "○"
