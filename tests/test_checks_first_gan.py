"""Lesson 04's checks accept right answers in any style and name each wrong one."""

import pytest

from gan_lessons.checks import first_gan
from gan_lessons.checks.exercise import Unsolved
from tests import mutants_first_gan as answers


@pytest.mark.parametrize("step", answers.RIGHT_STEPS)
def test_right_steps_pass(step):
    outcome = first_gan.train_step.judge(step)
    assert outcome.solved, outcome.text


def test_a_wasteful_step_passes_and_is_told_so():
    assert "wasteful" in first_gan.train_step.judge(answers.wasteful_but_right).text
    assert "wasteful" not in first_gan.train_step.judge(answers.reference).text


def test_g_may_move_first_and_is_not_called_wasteful():
    text = first_gan.train_step.judge(answers.generator_first).text
    assert "Your G moves first" in text
    assert "wasteful" not in text
    assert "moves first" not in first_gan.train_step.judge(answers.reference).text


@pytest.mark.parametrize("name", answers.WRONG_STEPS)
def test_wrong_steps_are_named(name):
    step, diagnosis = answers.WRONG_STEPS[name]
    outcome = first_gan.train_step.judge(step)
    assert outcome.mark == "✗", name
    assert diagnosis in outcome.text
    others = [text for other, (_, text) in answers.WRONG_STEPS.items() if text != diagnosis]
    assert not [text for text in others if text in outcome.text], "one mistake, one diagnosis"


@pytest.mark.parametrize("count", answers.RIGHT_COUNTS)
def test_right_counts_pass(count):
    outcome = first_gan.modes_covered.judge(count)
    assert outcome.solved, outcome.text


@pytest.mark.parametrize("name", answers.WRONG_COUNTS)
def test_wrong_counts_are_named(name):
    count, diagnosis = answers.WRONG_COUNTS[name]
    outcome = first_gan.modes_covered.judge(count)
    assert outcome.mark == "✗"
    assert diagnosis in outcome.text


@pytest.mark.parametrize("half_life", answers.RIGHT_HALF_LIVES)
def test_right_half_lives_pass(half_life):
    assert first_gan.half_life.judge(half_life).solved


@pytest.mark.parametrize("name", answers.WRONG_HALF_LIVES)
def test_wrong_half_lives_are_named(name):
    half_life, diagnosis = answers.WRONG_HALF_LIVES[name]
    outcome = first_gan.half_life.judge(half_life)
    assert outcome.mark == "✗"
    assert diagnosis in outcome.text


MEASURED = {0.05: 1.0, 0.2: 3.0, 1.0: 8.0, 5.0: 8.0, 20.0: 7.0}


def test_predictions_are_compared_with_the_runs():
    assert first_gan.ratio.judge(0.05, measured=MEASURED).solved
    assert "still covers 8 modes" in first_gan.ratio.judge(1.0, measured=MEASURED).text
    assert "not one of the ratios" in first_gan.ratio.judge(3, measured=MEASURED).text
    assert first_gan.ratio.judge(..., measured=MEASURED).mark == "○"


def test_the_hints_of_ratio_speak_of_what_is_printed():
    assert "numbers printed above" in first_gan.ratio.hints[0]
    assert not any("table" in hint or "column" in hint for hint in first_gan.ratio.hints)


def test_a_stub_is_not_attempted_and_an_error_is_a_diagnosis(capsys, monkeypatch):
    def stub(*args):
        raise NotImplementedError

    def broken(*args):
        return {}["loss"]

    assert first_gan.train_step.judge(stub).mark == "○"
    outcome = first_gan.train_step.judge(broken)
    assert outcome.mark == "✗"
    assert "KeyError" in outcome.text
    first_gan.train_step.failures = 0
    for hint in (1, 2, 3, 3):
        first_gan.train_step(broken)
        assert f"Hint {hint} of 3" in capsys.readouterr().out
    monkeypatch.setenv("GAN_LESSONS_STRICT", "1")
    with pytest.raises(Unsolved, match="not attempted"):
        first_gan.train_step(stub)
    first_gan.train_step(answers.reference)
    assert "✓" in capsys.readouterr().out
