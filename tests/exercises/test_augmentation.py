"""Lesson 13's checks accept right answers in any style and name each wrong one."""

import pytest
import torch

from gan_lessons.checks import augmentation
from tests.exercises import judging
from tests.exercises import outside_augmentation as answers

CASES = [
    judging.Case(augmentation.overfitting, answers.RIGHT_HEARTS, answers.WRONG_HEARTS),
    judging.Case(augmentation.translation, answers.RIGHT_MOVES, answers.WRONG_MOVES),
    judging.Case(augmentation.cutout, answers.RIGHT_CUTS, answers.WRONG_CUTS),
    judging.Case(augmentation.color, answers.RIGHT_COLORS, answers.WRONG_COLORS),
    judging.Case(augmentation.augmented_step, answers.RIGHT_STEPS, answers.WRONG_STEPS),
    judging.Case(augmentation.controller, answers.RIGHT_CONTROLS, answers.WRONG_CONTROLS),
]
LOOPS = (answers.move_by_padding, answers.cut_inside)  # over samples: right, and slow


@judging.each_right(CASES)
def test_right_answers_pass(case, answer):
    judging.passes(case, answer, seeds=range(3 if answer in LOOPS else 20))


@judging.each_wrong(CASES)
def test_wrong_answers_are_named(case, name):
    long = case.check is augmentation.translation  # a tenth of a second each
    judging.is_named(case, name, seeds=range(5) if long else judging.SEEDS)
    assert "your code stops" not in judging.judge(case.check, case.wrong[name][0], seed=0).text


@pytest.mark.parametrize("case", CASES)
def test_stubs_are_not_attempted(case):
    judging.is_not_attempted(case)


@pytest.mark.parametrize("case", CASES)
def test_the_checks_leave_the_learners_randomness_alone(case):
    judging.leaves_the_source_alone(case)


def test_what_is_right_but_wasteful_is_told_so():
    assert "wasteful" in augmentation.augmented_step.judge(answers.step_without_detach).text


def test_holes_that_stay_inside_are_right_with_a_remark():
    in_the_middle_half = answers._cut(draw=lambda x: 0.25 + 0.5 * torch.rand(len(x), 1, 1, 1))
    for answer in (answers.cut_inside, in_the_middle_half):
        for seed in range(3 if answer in LOOPS else 20):
            told = judging.judge(augmentation.cutout, answer, seed=seed)
            assert told.solved
            assert "never reach over the edge" in told.text


@pytest.mark.parametrize("case", CASES)
def test_the_reference_gets_no_remark(case):
    assert case.check.judge(case.right[0]).text == case.check.proves
