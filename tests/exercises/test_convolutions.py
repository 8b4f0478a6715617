"""Lesson 07's checks accept right answers in any style and name each wrong one."""

import pytest
import torch

from gan_lessons import models
from gan_lessons.checks import convolutions
from tests.exercises import judging
from tests.exercises import outside_convolutions as answers

CASES = [
    judging.Case(convolutions.sizes, answers.RIGHT_SIZES, answers.WRONG_SIZES),
    judging.Case(convolutions.norm, answers.RIGHT_NORMS, answers.WRONG_NORMS),
    judging.Case(convolutions.init, answers.RIGHT_INITS, answers.WRONG_INITS),
    judging.Case(convolutions.sample, answers.RIGHT_SAMPLES, answers.WRONG_SAMPLES),
]
# The checks that draw at random seed themselves, so the state of the global source is nothing to
# them; what they draw is varied where each answer to them is judged twenty times, below.
ONCE = (0,)
DRAWING = CASES[2:]


@judging.each_right(CASES)
def test_right_answers_pass(case, answer):
    judging.passes(case, answer, seeds=ONCE)


@judging.each_wrong(CASES)
def test_wrong_answers_are_named(case, name):
    judging.is_named(case, name, seeds=ONCE)


@pytest.mark.parametrize("case", CASES)
def test_stubs_are_not_attempted(case):
    judging.is_not_attempted(case)


@pytest.mark.parametrize("case", CASES)
def test_the_checks_leave_the_learners_randomness_alone(case):
    judging.leaves_the_source_alone(case)


@pytest.mark.parametrize("seed", judging.SEEDS)
def test_whatever_the_checks_draw_they_say_the_same(seed, monkeypatch):
    """The checks seed themselves: another seed is put in the place of theirs."""
    seeded = torch.manual_seed
    monkeypatch.setattr(torch, "manual_seed", lambda _: seeded(seed))
    for case in DRAWING:
        for answer in case.right:
            judging.passes(case, answer, seeds=ONCE)
        for name in case.wrong:
            judging.is_named(case, name, seeds=ONCE)


def test_the_library_s_own_answers_pass():
    assert convolutions.init.judge(models.dcgan_init).solved


def test_what_is_right_but_wasteful_is_told_so():
    assert "in the place of the old" in convolutions.init.judge(answers.init_anew).text
    assert "graph" in convolutions.sample.judge(answers.sample_with_graph).text
    assert "graph" not in convolutions.sample.judge(answers.sample).text
