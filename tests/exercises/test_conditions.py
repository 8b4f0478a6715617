"""Lesson 14's checks accept right answers in any style and name each wrong one."""

import pytest
import torch

from gan_lessons.checks import conditions
from gan_lessons.checks.grader import Value
from tests.exercises import judging
from tests.exercises import outside_conditions as answers

CASES = [
    judging.Case(conditions.under_which_name, answers.RIGHT_NAMES, answers.WRONG_NAMES),
    judging.Case(conditions.as_row, answers.RIGHT_ROWS, answers.WRONG_ROWS),
    judging.Case(conditions.beside, answers.RIGHT_BESIDE, answers.WRONG_BESIDE),
    judging.Case(conditions.projection, answers.RIGHT_PROJECTIONS, answers.WRONG_PROJECTIONS),
    judging.Case(conditions.class_found, answers.RIGHT_FOUND, answers.WRONG_FOUND),
    judging.Case(conditions.within, answers.RIGHT_WITHIN, answers.WRONG_WITHIN),
]
SEEDS = range(2)  # the checks draw nothing from the global source


@judging.each_right(CASES)
def test_right_answers_pass(case, answer):
    judging.passes(case, answer, seeds=SEEDS)


@judging.each_wrong(CASES)
def test_wrong_answers_are_named(case, name):
    judging.is_named(case, name, seeds=SEEDS)
    assert "your code stops" not in judging.judge(case.check, case.wrong[name][0], seed=0).text


@pytest.mark.parametrize("case", CASES)
def test_stubs_are_not_attempted(case):
    judging.is_not_attempted(case)


@pytest.mark.parametrize("case", CASES)
def test_the_checks_leave_the_learners_randomness_alone(case):
    judging.leaves_the_source_alone(case)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("case", CASES)
def test_other_dice_accept_the_same_answers(case, seed, monkeypatch):
    if isinstance(case.check, Value):
        monkeypatch.setattr(case.check, "seed", seed)
    for answer in case.right:
        assert judging.judge(case.check, answer, seed=0).solved


def test_rows_that_no_network_takes_train_nothing(capsys):
    conditions.as_row(answers.row_in_double)
    assert conditions.as_row.yours(answers.row) is answers.row
    assert "its rows are torch.float64, which no network here takes" in capsys.readouterr().out
    conditions.as_row(answers.row_by_scatter)
    assert conditions.as_row.yours(answers.row) is answers.row_by_scatter
    assert "yours runs here" in capsys.readouterr().out


def test_a_logit_that_depends_on_the_batch_is_told():
    def with_a_norm(h, row, V, psi):
        wanted = V(row)
        fits = (wanted * (h - h.mean(0)) / (h.std(0, unbiased=False) + 1)).sum(1)
        return psi(h).squeeze(1) + fits / h.shape[1] ** 0.5

    with torch.random.fork_rng(devices=[]):
        told = conditions.projection.judge(with_a_norm)
    assert "depends on who else is in the batch" in told.text
