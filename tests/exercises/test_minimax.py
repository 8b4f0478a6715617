"""Lesson 02's checks accept right answers in any style and name wrong ones that nobody listed."""

import pytest
import torch

from gan_lessons import losses
from gan_lessons.checks import minimax
from tests.exercises import judging
from tests.exercises import outside_minimax as answers

CASES = [
    judging.Case(minimax.d_loss, answers.RIGHT_D, answers.WRONG_D),
    judging.Case(minimax.saturating_g, answers.RIGHT_SATURATING, answers.WRONG_SATURATING),
    judging.Case(
        minimax.non_saturating_g, answers.RIGHT_NON_SATURATING, answers.WRONG_NON_SATURATING
    ),
    judging.Case(minimax.max_error, answers.RIGHT_ERRORS, answers.WRONG_ERRORS),
    judging.Case(minimax.js_from_loss, answers.RIGHT_READINGS, answers.WRONG_READINGS),
]
SEEDS = judging.SEEDS[:2]  # nothing is drawn from the global source


@judging.each_right(CASES)
def test_right_answers_pass(case, answer):
    judging.passes(case, answer, seeds=SEEDS)


@judging.each_wrong(CASES)
def test_wrong_answers_are_named(case, name):
    judging.is_named(case, name, seeds=SEEDS)


@pytest.mark.parametrize("case", CASES)
def test_stubs_are_not_attempted(case):
    judging.is_not_attempted(case)


def test_the_library_s_losses_pass():
    assert minimax.d_loss.judge(losses.cross_entropy_d).solved
    assert minimax.saturating_g.judge(losses.saturating_g).solved
    assert minimax.non_saturating_g.judge(losses.non_saturating_g).solved


@pytest.mark.parametrize(("loss", "slope"), [("saturating_g", -4.54e-5), ("non_saturating_g", -1)])
def test_the_two_losses_differ_where_d_is_sure(loss, slope):
    logit = torch.tensor([-10.0], requires_grad=True)
    getattr(losses, loss)(None, logit).backward()
    assert logit.grad.item() == pytest.approx(slope, rel=1e-3)
