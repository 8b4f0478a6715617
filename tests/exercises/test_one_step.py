"""Lesson 21's checks accept right answers in any style and name each wrong one."""

import pytest
from torch import nn

from gan_lessons.checks import one_step
from tests.exercises import judging
from tests.exercises import outside_one_step as answers

CASES = [
    judging.Case(one_step.walk, answers.RIGHT_WALKS, answers.WRONG_WALKS),
    judging.Case(one_step.over_cheapest, answers.RIGHT_RATIOS, answers.WRONG_RATIOS),
    judging.Case(one_step.toll, answers.RIGHT_TOLLS, answers.WRONG_TOLLS),
    judging.Case(one_step.start, answers.RIGHT_STARTS, answers.WRONG_STARTS),
]


@judging.each_right(CASES)
def test_right_answers_pass(case, answer):
    judging.passes(case, answer, seeds=judging.SEEDS[:2])


@judging.each_wrong(CASES)
def test_wrong_answers_are_named(case, name):
    judging.is_named(case, name, seeds=judging.SEEDS[:2])  # the cases are drawn from own dice


@pytest.mark.parametrize("case", CASES)
def test_stubs_are_not_attempted(case):
    judging.is_not_attempted(case)


@pytest.mark.parametrize("case", CASES)
def test_the_checks_leave_the_learners_randomness_alone(case):
    judging.leaves_the_source_alone(case)


@pytest.mark.parametrize("case", CASES)
def test_the_reference_gets_no_remark(case):
    found = judging.judge(case.check, case.right[0], seed=0)
    assert found.text == case.check.proves


def test_a_start_that_seeds_share_gives_way_where_seeds_are_compared(capsys, monkeypatch):
    """A gate of one number is right for one net; side by side every seed would move it."""
    monkeypatch.setattr(one_step.start, "right", (answers.Gated,))
    assert one_step.start.yours(nn.Identity) is nn.Identity
    assert "weights that all seeds share" in capsys.readouterr().out
    monkeypatch.setattr(one_step.start, "right", (answers.start,))
    assert one_step.start.yours(nn.Identity) is answers.start
    assert "yours runs here" in capsys.readouterr().out
