"""Lesson 12's checks accept right answers in any style and name each wrong one."""

import pytest
import torch

from gan_lessons.checks import ablation, stabilize
from tests import mutants_stabilize as answers

CASES = [
    (stabilize.zero_centered, answers.RIGHT_PENALTIES, answers.WRONG_PENALTIES),
    (stabilize.smoothed_d, answers.RIGHT_SMOOTHED, answers.WRONG_SMOOTHED),
    (ablation.average_step, answers.RIGHT_AVERAGES, answers.WRONG_AVERAGES),
    (ablation.verdicts, answers.RIGHT_VERDICTS, answers.WRONG_VERDICTS),
]
SEEDS = range(20)  # the checks draw at random: right answers must pass with every one


def with_seed(seed: int, check, answer):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return judge(check, answer)


def judge(check, answer):
    """R1 and R2 are two functions, judged together."""
    return check.judge(*answer) if isinstance(answer, tuple) else check.judge(answer)


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
        text = judge(check, answer).text
        others = {other for _, other in wrong.values() if other not in diagnosis}
        others = {other for other in others if diagnosis not in other}
        assert not [other for other in others if other in text], name


def test_what_is_right_but_unusual_is_told_so():
    assert (
        "the real batch itself requires"
        in judge(stabilize.zero_centered, answers.AS_PUBLISHED).text
    )


def test_the_reference_gets_no_remark():
    for check, right, _ in CASES:
        assert judge(check, right[0]).text == check.proves


def test_stubs_are_not_attempted():
    def stub(*args):
        raise NotImplementedError

    assert {
        judge(check, (stub, stub) if isinstance(right[0], tuple) else stub).mark
        for check, right, _ in CASES
    } == {"○"}


def test_the_checks_leave_the_learners_randomness_alone():
    state = torch.get_rng_state()
    for check, right, _ in CASES:
        judge(check, right[0])
    assert torch.equal(torch.get_rng_state(), state)
