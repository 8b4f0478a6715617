"""Lesson 10's checks accept right answers in any style and name each wrong one."""

import pytest
import torch

from gan_lessons import losses
from gan_lessons.checks import meaning, objectives
from tests import mutants_objectives as answers

CASES = {
    "least squares": (objectives.least_squares, answers.RIGHT_LS, answers.WRONG_LS),
    "hinge": (objectives.hinge, answers.RIGHT_HINGE, answers.WRONG_HINGE),
    "relativistic": (objectives.relativistic, answers.RIGHT_PAIRS, answers.WRONG_PAIRS),
    "outputs": (
        meaning.best_outputs,
        [(answer,) for answer in answers.RIGHT_OUTPUTS],
        answers.WRONG_OUTPUTS,
    ),
}
RIGHT = [(name, right) for name, (_, rights, _) in CASES.items() for right in rights]
WRONG = [(name, wrong) for name, (_, _, wrongs) in CASES.items() for wrong in wrongs]


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_right_answers_pass(name, answer):
    outcome = CASES[name][0].judge(*answer)
    assert outcome.solved, outcome.text
    assert "½" not in outcome.text


@pytest.mark.parametrize(("name", "wrong"), WRONG)
def test_wrong_answers_are_named(name, wrong):
    check, _, wrongs = CASES[name]
    *answer, diagnosis = wrongs[wrong]
    outcome = check.judge(*answer)
    assert outcome.mark == "✗"
    assert diagnosis in outcome.text
    others = {text for *_, text in wrongs.values()} - {diagnosis}
    assert not [text for text in others if text in outcome.text], "one mistake, one diagnosis"


def test_the_library_s_games_pass():
    games = {
        objectives.least_squares: losses.least_squares,
        objectives.hinge: losses.hinge,
        objectives.relativistic: losses.relativistic,
    }
    for check, game in games.items():
        assert check.judge(game.loss_d, game.loss_g).solved


def test_the_paper_s_halves_are_the_same_game_and_told_so():
    outcome = objectives.least_squares.judge(*answers.HALVED_LS)
    assert outcome.solved
    assert "You keep the ½ of the paper" in outcome.text


@pytest.mark.parametrize("name", CASES)
def test_stubs_are_not_attempted(name):
    def stub(*args):
        raise NotImplementedError

    check, rights, _ = CASES[name]
    assert check.judge(*[stub] * len(rights[0])).mark == "○"
    if len(rights[0]) == 2:  # half an answer is not an answer
        assert check.judge(rights[0][0], stub).mark == "○"


def minimize(loss_real, loss_fake, p, q):
    """Return the t on a fine grid at which p·loss_real(t) + q·loss_fake(t) is least."""
    ticks = torch.linspace(-6, 6, 12_001, dtype=torch.float64)
    return ticks[(p * loss_real(ticks) + q * loss_fake(ticks)).argmin()].item()


@pytest.mark.parametrize(("p", "q"), [(0.3, 0.1), (0.2, 0.25), (0.05, 0.4)])
def test_the_best_outputs_are_the_ones_that_minimize_each_loss(p, q):
    """The reference of the exercise against a search over all outputs."""
    softplus, relu = torch.nn.functional.softplus, torch.relu
    losses_of = [
        (lambda t: softplus(-t), softplus),
        (lambda t: (t - 1).square(), torch.square),
        (lambda t: relu(1 - t), lambda t: relu(1 + t)),
    ]
    expected = answers.best_outputs(torch.tensor(p), torch.tensor(q))
    for (loss_real, loss_fake), best in zip(losses_of, expected, strict=True):
        assert minimize(loss_real, loss_fake, p, q) == pytest.approx(best.item(), abs=2e-3)
