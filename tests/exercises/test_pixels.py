"""Lesson 06's checks accept right answers in any style and name each wrong one."""

import pytest

from gan_lessons.checks import pixels
from tests.exercises import judging
from tests.exercises import outside_pixels as answers

CASES = [
    judging.Case(pixels.model_range, answers.RIGHT_RANGES, answers.WRONG_RANGES),
    judging.Case(pixels.networks, answers.RIGHT_NETWORKS, answers.WRONG_NETWORKS),
    judging.Case(pixels.slerp, answers.RIGHT_SLERPS, answers.WRONG_SLERPS),
    judging.Case(pixels.nearest, answers.RIGHT_NEAREST, answers.WRONG_NEAREST),
]


@judging.each_right(CASES)
def test_right_answers_pass(case, answer):
    judging.passes(case, answer)


@judging.each_wrong(CASES)
def test_wrong_answers_are_named(case, name):
    judging.is_named(case, name)


@pytest.mark.parametrize("case", CASES)
def test_stubs_are_not_attempted(case):
    judging.is_not_attempted(case)


@pytest.mark.parametrize("case", CASES)
def test_the_checks_leave_the_learners_randomness_alone(case):
    judging.leaves_the_source_alone(case)


def test_what_no_tanh_makes_is_a_remark():
    said = pixels.model_range.judge(answers.to_model, answers.to_image_without_clamp).text
    assert "Clamp before you convert" in said
    assert "Clamp" not in pixels.model_range.judge(answers.to_model, answers.to_image).text


def test_what_is_overwritten_is_a_remark():
    said = pixels.model_range.judge(answers.to_model, answers.to_image_in_place).text
    assert "overwrites the images" in said


def test_a_walk_between_equal_points_is_a_remark():
    assert "sin(0)" in pixels.slerp.judge(answers.slerp_of_the_lesson).text
    assert "elsewhere" in pixels.slerp.judge(answers.origin_for_equal).text
    assert "But" not in pixels.slerp.judge(answers.slerp).text


def test_bytes_are_a_remark():
    assert "uint8" in pixels.nearest.judge(answers.overflows_for_bytes).text
    assert "uint8" in pixels.nearest.judge(answers.nearest_of_the_lesson).text
    assert "uint8 overflows" in pixels.nearest.judge(answers.nearest_in_numpy).text
    assert "uint8" not in pixels.nearest.judge(answers.nearest).text


def test_linear_layers_in_a_row_are_a_remark():
    said = pixels.networks.judge(answers.generator, answers.two_linear_layers).text
    assert "D's 2 linear layers are one" in said
    assert "But" not in pixels.networks.judge(answers.generator, answers.discriminator).text
