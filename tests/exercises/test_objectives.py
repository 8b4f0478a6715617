"""Lesson 10's checks accept right answers in any style and name each wrong one."""

import pytest
import torch

from gan_lessons import losses
from gan_lessons.checks import objectives
from gan_lessons.checks.objectives import pair
from tests.exercises import judging
from tests.exercises import outside_objectives as answers

CASES = [
    judging.Case(objectives.least_squares, answers.RIGHT_LS, answers.WRONG_LS),
    judging.Case(objectives.hinge, answers.RIGHT_HINGE, answers.WRONG_HINGE),
    judging.Case(objectives.relativistic, answers.RIGHT_PAIRS, answers.WRONG_PAIRS),
    judging.Case(objectives.best_outputs, answers.RIGHT_OUTPUTS, answers.WRONG_OUTPUTS),
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
    assert "½" not in objectives.least_squares.judge(*answers.RIGHT_LS[0]).text


@pytest.mark.parametrize(
    ("check", "answer"),
    [
        (objectives.least_squares, answers.LS_WITH_CONSTANTS),
        (objectives.hinge, answers.HINGE_WITH_CONSTANTS),
        (objectives.relativistic, answers.PAIRS_WITH_CONSTANTS),
    ],
)
def test_a_constant_changes_no_step_and_is_told_so(check, answer):
    outcome = check.judge(*answer)
    assert outcome.solved, outcome.text
    assert pair.CONSTANT in outcome.text


def an_if(on_real, on_fake):
    """Right, and nothing that torch.vmap can run."""
    missing = [1 - x for x in on_real if x < 1] + [1 + x for x in on_fake if x > -1]
    return sum(missing, 0 * on_real.sum()) / len(on_real)


def test_your_losses_play_side_by_side_where_vmap_can_run_them(capsys):
    course = losses.hinge_d, losses.mean_g
    on_real, on_fake = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))
    for d, g in answers.RIGHT_HINGE:
        objectives.hinge(d, lambda r, f, g=g: g(r.double(), f.double()).reshape(1))
        for mine, right in zip(objectives.hinge.yours(course), course, strict=True):
            row_by_row = torch.vmap(mine)(on_real, on_fake)
            assert row_by_row.dtype == torch.float32
            torch.testing.assert_close(row_by_row, torch.vmap(right)(on_real, on_fake))
    capsys.readouterr()
    objectives.hinge(an_if, losses.mean_g)
    assert objectives.hinge.solved
    assert objectives.hinge.yours(course) is course
    assert "cannot run it for many GANs" in capsys.readouterr().out


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
