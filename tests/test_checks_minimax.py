"""Lesson 02's checks accept right answers in any style and name each wrong one."""

import pytest
import torch

from gan_lessons import losses
from gan_lessons.checks import minimax
from tests import mutants_minimax as answers

CHECKS = {
    "d_loss": (minimax.d_loss, answers.RIGHT_D, answers.WRONG_D),
    "saturating_g": (minimax.saturating_g, answers.RIGHT_SATURATING, answers.WRONG_SATURATING),
    "non_saturating_g": (
        minimax.non_saturating_g,
        answers.RIGHT_NON_SATURATING,
        answers.WRONG_NON_SATURATING,
    ),
    "max_error": (minimax.max_error, answers.RIGHT_ERRORS, answers.WRONG_ERRORS),
    "js_from_loss": (minimax.js_from_loss, answers.RIGHT_READINGS, answers.WRONG_READINGS),
}
RIGHT = [(name, right) for name, (_, rights, _) in CHECKS.items() for right in rights]
WRONG = [(name, wrong) for name, (_, _, wrongs) in CHECKS.items() for wrong in wrongs]


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_right_answers_pass(name, answer):
    outcome = CHECKS[name][0].judge(answer)
    assert outcome.solved, outcome.text


@pytest.mark.parametrize(("name", "wrong"), WRONG)
def test_wrong_answers_are_named(name, wrong):
    check, _, wrongs = CHECKS[name]
    answer, diagnosis = wrongs[wrong]
    outcome = check.judge(answer)
    assert outcome.mark == "✗"
    assert diagnosis in outcome.text
    others = {text for _, text in wrongs.values()} - {diagnosis}
    assert not [text for text in others if text in outcome.text], "one mistake, one diagnosis"


def test_the_library_s_losses_pass():
    assert minimax.d_loss.judge(losses.cross_entropy_d).solved
    assert minimax.saturating_g.judge(losses.saturating_g).solved
    assert minimax.non_saturating_g.judge(losses.non_saturating_g).solved


@pytest.mark.parametrize(("loss", "slope"), [("saturating_g", -4.54e-5), ("non_saturating_g", -1)])
def test_the_two_losses_differ_where_d_is_sure(loss, slope):
    logit = torch.tensor([-10.0], requires_grad=True)
    getattr(losses, loss)(None, logit).backward()
    assert logit.grad.item() == pytest.approx(slope, rel=1e-3)


def test_stubs_are_not_attempted():
    def stub(*args):
        raise NotImplementedError

    assert {check.judge(stub).mark for check, _, _ in CHECKS.values()} == {"○"}
