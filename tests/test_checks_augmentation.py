"""Lesson 13's checks accept right answers in any style and name each wrong one."""

import pytest
import torch

from gan_lessons.checks import augmentation, goggles
from tests import mutants_augmentation as answers

CASES = [
    (augmentation.overfitting, answers.RIGHT_HEARTS, answers.WRONG_HEARTS),
    (goggles.translation, answers.RIGHT_MOVES, answers.WRONG_MOVES),
    (goggles.cutout, answers.RIGHT_CUTS, answers.WRONG_CUTS),
    (goggles.color, answers.RIGHT_COLORS, answers.WRONG_COLORS),
    (augmentation.augmented_step, answers.RIGHT_STEPS, answers.WRONG_STEPS),
    (augmentation.controller, answers.RIGHT_CONTROLS, answers.WRONG_CONTROLS),
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
    slow = answer in (answers.move_by_padding, answers.cut_inside)  # a loop over samples
    for seed in SEEDS[:3] if slow else SEEDS:
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


@pytest.mark.parametrize(
    ("check", "wrong"),
    [(check, wrong) for check, _, wrong in CASES],
    ids=lambda value: getattr(value, "title", ""),
)
def test_one_mistake_one_diagnosis(check, wrong):
    for name, (answer, diagnosis) in wrong.items():
        text = check.judge(answer).text
        others = {other for _, other in wrong.values() if other not in diagnosis}
        others = {other for other in others if diagnosis not in other}
        assert not [other for other in others if other in text], name


def test_what_is_right_but_unusual_is_told_so():
    text = augmentation.augmented_step.judge(answers.step_without_detach).text
    assert "wasteful" in text


@pytest.mark.parametrize(("check", "right"), [(check, right) for check, right, _ in CASES])
def test_the_reference_gets_no_remark(check, right):
    assert check.judge(right[0]).text == check.proves


def test_stubs_are_not_attempted():
    def stub(*args):
        raise NotImplementedError

    assert {check.judge(stub).mark for check, *_ in CASES} == {"○"}


def test_the_checks_leave_the_learners_randomness_alone():
    state = torch.get_rng_state()
    for check, right, _ in CASES:
        check.judge(right[0])
    assert torch.equal(torch.get_rng_state(), state)
