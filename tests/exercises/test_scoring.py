"""Lesson 09's checks accept right answers in any style and name each wrong one."""

import sys

import pytest

from gan_lessons.checks import scoring
from gan_lessons.checks.scoring import numbers
from tests.exercises import judging
from tests.exercises import outside_scoring as answers

CASES = [
    judging.Case(scoring.frechet, answers.RIGHT_FRECHET, answers.WRONG_FRECHET),
    judging.Case(scoring.kid, answers.RIGHT_KID, answers.WRONG_KID),
    judging.Case(scoring.precision_recall, answers.RIGHT_PRECISION, answers.WRONG_PRECISION),
    judging.Case(scoring.memorization, answers.RIGHT_MEMORIZATION, answers.WRONG_MEMORIZATION),
]


SEEDS = judging.SEEDS[:2]  # these checks draw from sources of their own: see the test after next


@judging.each_right(CASES)
def test_right_answers_pass(case, answer):
    judging.passes(case, answer, seeds=SEEDS)


@judging.each_wrong(CASES)
def test_wrong_answers_are_named(case, name):
    judging.is_named(case, name, seeds=SEEDS, alone=False)


@pytest.mark.parametrize("shift", [10_000, 20_000])
@pytest.mark.parametrize(("check", "right", "wrong"), CASES)
def test_no_verdict_hangs_on_the_samples_a_check_draws(monkeypatch, check, right, wrong, shift):
    """Right answers pass and wrong ones are named on other samples too (20 of 20 when tried)."""
    users = [sys.modules[name] for name in sys.modules if name.startswith(f"{scoring.__name__}.")]
    users = [module for module in users if module is not numbers and hasattr(module, "cloud")]
    assert len(users) == 4
    for module in users:
        monkeypatch.setattr(module, "cloud", lambda n, d, seed: numbers.cloud(n, d, seed + shift))
    for answer in right:
        assert check.judge(answer).solved
    for name, (answer, diagnosis) in wrong.items():
        assert diagnosis in check.judge(answer).text, name


@pytest.mark.parametrize(("check", "right", "wrong"), CASES)
@pytest.mark.parametrize("stub", [None, "text", [1.0], (1.0, 2.0, 3.0), True])
def test_an_answer_of_another_kind_is_told_what_is_wanted(check, right, wrong, stub):
    outcome = check.judge(lambda *given: stub)
    assert outcome.mark == "✗"
    assert "your code stops" not in outcome.text
    assert "number" in outcome.text


@pytest.mark.parametrize("case", CASES)
def test_stubs_are_not_attempted(case):
    judging.is_not_attempted(case)
