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


SEEDS = range(20)  # the checks draw weights at random: right answers must pass with every one


def with_seed(seed: int, check, functions):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return check.judge(*functions)


@pytest.mark.parametrize(
    ("check", "answer"), [(check, answer) for check, right, _ in CASES for answer in right]
)
def test_right_answers_pass_with_every_seed(check, answer):
    for seed in SEEDS:
        outcome = with_seed(seed, check, answer)
        assert outcome.solved, (seed, outcome.text)


@pytest.mark.parametrize(
    ("check", "name", "answer"),
    [(check, name, answer) for check, _, wrong in CASES for name, answer in wrong.items()],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_answers_are_named(check, name, answer):
    *functions, diagnosis = answer
    for seed in SEEDS[:2]:
        outcome = with_seed(seed, check, functions)
        assert outcome.mark == "✗", name
        assert diagnosis in outcome.text
        assert "your code stops" not in outcome.text


@pytest.mark.parametrize(("check", "wrong"), [(check, wrong) for check, _, wrong in CASES])
def test_one_mistake_one_diagnosis(check, wrong):
    for name, (*functions, diagnosis) in wrong.items():
        text = with_seed(0, check, functions).text
        others = {answer[-1] for answer in wrong.values() if answer[-1] not in diagnosis}
        others = {other for other in others if diagnosis not in other}
        assert not [other for other in others if other in text], name


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
