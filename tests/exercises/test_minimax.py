"""Lesson 02's checks accept right answers in any style and name wrong ones that nobody listed."""

import math

import pytest
import torch
from torch.nn.functional import softplus

from gan_lessons import losses
from gan_lessons.checks import minimax
from gan_lessons.checks.minimax.blind import best_line
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
    judging.Case(minimax.blind, answers.RIGHT_BLIND, answers.WRONG_BLIND),
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


def test_a_bound_below_0_is_told_and_passes():
    told = minimax.js_from_loss.judge(lambda loss: math.log(2) - loss / 2)
    assert told.solved
    assert "0 is true as well" in told.text
    assert "One thing" not in minimax.js_from_loss.judge(lambda x: max(0, math.log(2) - x / 2)).text


@pytest.mark.parametrize(
    ("real", "fake"),
    [([0.0, 1.0, 5.0], [2.0, 3.0, 2.5]), ([-1.0, 1.0], [-3.0, 4.0]), ([1e6, 3e6], [2e6, 2.5e6])],
)
def test_no_straight_line_beats_the_best_one(real, fake):
    """A search over slopes and heights finds no lower loss than Newton's steps."""
    real, fake = (torch.tensor(points, dtype=torch.float64) for points in (real, fake))
    a, b, loss = best_line(real, fake)
    scale = torch.cat([real, fake]).std()
    da, db = torch.meshgrid(*2 * [torch.linspace(-2, 2, 81, dtype=torch.float64)], indexing="ij")
    middle = torch.cat([real, fake]).mean()

    def logits(x):
        x = x[:, None, None]
        return a + b * x + da + db * (x - middle) / scale

    other = softplus(-logits(real)).mean(0) + softplus(logits(fake)).mean(0)
    assert other.min() >= loss - 1e-9
    assert other[40, 40] == pytest.approx(loss)


def test_the_library_s_losses_pass():
    assert minimax.d_loss.judge(losses.cross_entropy_d).solved
    assert minimax.saturating_g.judge(losses.saturating_g).solved
    assert minimax.non_saturating_g.judge(losses.non_saturating_g).solved


@pytest.mark.parametrize(("loss", "slope"), [("saturating_g", -4.54e-5), ("non_saturating_g", -1)])
def test_the_two_losses_differ_where_d_is_sure(loss, slope):
    logit = torch.tensor([-10.0], requires_grad=True)
    getattr(losses, loss)(None, logit).backward()
    assert logit.grad.item() == pytest.approx(slope, rel=1e-3)
