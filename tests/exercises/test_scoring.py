"""Lesson 09's checks accept right answers in any style and name each wrong one."""

import pytest
import torch

from gan_lessons import metrics
from gan_lessons.checks import scoring
from tests.exercises import judging
from tests.exercises import outside_scoring as answers

CASES = [
    judging.Case(scoring.frechet, answers.RIGHT_FRECHET, answers.WRONG_FRECHET),
    judging.Case(scoring.kid, answers.RIGHT_KID, answers.WRONG_KID),
    judging.Case(scoring.precision_recall, answers.RIGHT_PRECISION, answers.WRONG_PRECISION),
    judging.Case(scoring.memorization, answers.RIGHT_MEMORIZATION, answers.WRONG_MEMORIZATION),
]


SEEDS = judging.SEEDS[:2]  # these checks draw from sources of their own: see below


@judging.each_right(CASES)
def test_right_answers_pass(case, answer):
    judging.passes(case, answer, seeds=SEEDS)


@judging.each_wrong(CASES)
def test_wrong_answers_are_named(case, name):
    judging.is_named(case, name, seeds=SEEDS, alone=False)


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("case", CASES)
def test_no_verdict_hangs_on_the_samples_a_check_draws(monkeypatch, case, seed):
    """Right answers pass and wrong ones are named on other samples, too."""
    monkeypatch.setattr(case.check, "seed", seed)
    for answer in case.right:
        judging.passes(case, answer, seeds=SEEDS[:1])
    for name in case.wrong:
        judging.is_named(case, name, seeds=SEEDS[:1], alone=False)


@pytest.mark.parametrize("stub", [None, "text", [1.0, 2.0, 3.0, 4.0], (1.0, 2.0, 3.0), {}, print])
@pytest.mark.parametrize("case", CASES)
def test_an_answer_of_another_kind_is_told_what_is_wanted(case, stub):
    outcome = case.check.judge(lambda *given, **named: stub)
    assert outcome.mark == "✗"
    assert "your code stops" not in outcome.text
    assert any(word in outcome.text for word in ("number", "should come back", "comes back"))


@pytest.mark.parametrize("case", CASES)
def test_stubs_are_not_attempted(case):
    judging.is_not_attempted(case)


def test_right_answers_measure_a_judge_s_features_as_the_lesson_lets_them():
    """In float64, with nothing but float() around: what comes after ✓ must not stop on a style."""
    rng = torch.Generator().manual_seed(0)
    real, fake = torch.randn(2, 60, 8, generator=rng)
    real, fake = metrics.checked(real, 1.5 * fake)
    gaussians = real.mean(0), real.T.cov(), fake.mean(0), fake.T.cov()
    for answer in answers.RIGHT_FRECHET:
        right = metrics.frechet_gaussians(*gaussians)
        assert float(answer(*gaussians)) == pytest.approx(right, rel=1e-3)
    for answer in answers.RIGHT_PRECISION:
        found = [float(x) for x in answer(real, fake, 3)]
        assert found == pytest.approx(metrics.precision_recall(real, fake), abs=1e-6)
