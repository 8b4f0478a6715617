"""Lesson 11's checks accept right answers in any style and name each wrong one."""

import pytest
import torch

from gan_lessons.checks import critic, slopes
from tests import mutants_critic as answers

CASES = [
    (critic.clipped_step, answers.RIGHT_CLIPPED, answers.WRONG_CLIPPED),
    (critic.wasserstein_step, answers.RIGHT_ROUNDS, answers.WRONG_ROUNDS),
    (slopes.gradient_penalty, answers.RIGHT_PENALTIES, answers.WRONG_PENALTIES),
    (slopes.power_step, answers.RIGHT_POWERS, answers.WRONG_POWERS),
]
SEEDS = range(20)  # the checks draw at random: right answers must pass with every one


def with_seed(seed: int, check, answer):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return check.judge(answer)


@pytest.mark.parametrize(
    ("check", "answer"),
    [(check, answer) for check, right, _ in CASES for answer in right],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_right_answers_pass_with_every_seed(check, answer):
    for seed in SEEDS:
        outcome = with_seed(seed, check, answer)
        assert outcome.solved, (seed, outcome.text)


@pytest.mark.parametrize(
    ("check", "name", "answer", "diagnosis"),
    [(check, name, *case) for check, _, wrong in CASES for name, case in wrong.items()],
    ids=lambda value: value if isinstance(value, str) and len(value) < 40 else "",
)
def test_wrong_answers_are_named(check, name, answer, diagnosis):
    found = [with_seed(seed, check, answer) for seed in SEEDS[:2]]
    assert [outcome.mark for outcome in found] == ["✗"] * 2
    for outcome in found:
        assert diagnosis in outcome.text, name
        assert "your code stops" not in outcome.text


@pytest.mark.parametrize(("check", "wrong"), [(check, wrong) for check, _, wrong in CASES])
def test_one_mistake_one_diagnosis(check, wrong):
    for name, (answer, diagnosis) in wrong.items():
        text = check.judge(answer).text
        others = {other for _, other in wrong.values() if other not in diagnosis}
        others = {other for other in others if diagnosis not in other}
        assert not [other for other in others if other in text], name


@pytest.mark.parametrize(
    ("check", "answer", "remark"),
    [
        (critic.clipped_step, answers.clipped_without_biases, "leave the biases alone"),
        (critic.wasserstein_step, answers.rounds_by_a_countdown, "wasteful"),
        (slopes.power_step, answers.by_svd, "far more than one step"),
    ],
)
def test_what_is_right_but_unusual_is_told_so(check, answer, remark):
    assert remark in check.judge(answer).text


@pytest.mark.parametrize(
    ("check", "answer"),
    [
        (critic.clipped_step, answers.clipped),
        (critic.wasserstein_step, answers.rounds),
        (slopes.power_step, answers.power),
        (slopes.power_step, answers.power_twice),
    ],
)
def test_the_reference_gets_no_remark(check, answer):
    assert check.judge(answer).text == check.proves


def test_stubs_are_not_attempted():
    def stub(*args):
        raise NotImplementedError

    assert {check.judge(stub).mark for check, *_ in CASES} == {"○"}


def test_the_checks_leave_the_learners_randomness_alone():
    state = torch.get_rng_state()
    for check, right, _ in CASES:
        check.judge(right[0])
    assert torch.equal(torch.get_rng_state(), state)
