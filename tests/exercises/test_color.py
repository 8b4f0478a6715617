"""Lesson 08's checks accept right answers in any style and name each wrong one."""

import pytest
import torch

from gan_lessons.checks import color
from tests.exercises import judging
from tests.exercises import outside_color as answers

CASES = [
    judging.Case(color.networks, answers.RIGHT_NETWORKS, answers.WRONG_NETWORKS),
    judging.Case(color.fast_logits, answers.RIGHT_FAST, answers.WRONG_FAST),
    judging.Case(color.mean_hue, answers.RIGHT_HUES, answers.WRONG_HUES),
    judging.Case(color.never_seen, answers.RIGHT_PAIRS, answers.WRONG_PAIRS),
]


@judging.each_right(CASES)
def test_right_answers_pass(case, answer):
    judging.passes(case, answer)


@judging.each_wrong(CASES)
def test_wrong_answers_are_named(case, name):
    judging.is_named(case, name)
    *answer, _ = case.wrong[name]
    assert "your code stops" not in judging.judge(case.check, tuple(answer), seed=0).text


@pytest.mark.parametrize("case", CASES)
def test_stubs_are_not_attempted(case):
    judging.is_not_attempted(case)


@pytest.mark.parametrize("case", CASES)
def test_a_check_leaves_the_global_randomness_alone(case):
    judging.leaves_the_source_alone(case)


def test_what_is_right_but_wasteful_is_told_so():
    own = color.networks.judge(answers.generator, answers.discriminator).text
    assert "layer for layer" not in own
    ready = color.networks.judge(answers.of_the_lesson, answers.discriminator)
    assert ready.solved
    assert "layer for layer" in ready.text
    assert "has no dtype" in color.fast_logits.judge(answers.by_default).text
    assert "called 2 times" in color.fast_logits.judge(answers.twice).text
    assert "But" not in color.fast_logits.judge(answers.fast_logits).text
    assert torch.get_autocast_dtype("cpu") == torch.bfloat16
