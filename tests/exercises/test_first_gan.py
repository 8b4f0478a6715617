"""Lesson 04's checks accept right answers in any style and name each wrong one."""

import importlib
import json

import pytest

from gan_lessons.checks import first_gan
from gan_lessons.checks.exercise import Unsolved
from gan_lessons.checks.grader_steps import digest
from tests.exercises import judging
from tests.exercises import outside_first_gan as answers

train_step = importlib.import_module("gan_lessons.checks.first_gan.train_step")

CASES = [
    judging.Case(first_gan.train_step, answers.RIGHT_STEPS, answers.WRONG_STEPS),
    judging.Case(first_gan.modes_covered, answers.RIGHT_COUNTS, answers.WRONG_COUNTS),
    judging.Case(first_gan.half_life, answers.RIGHT_HALF_LIVES, answers.WRONG_HALF_LIVES),
]


@judging.each_right(CASES)
def test_right_answers_pass(case, answer):
    judging.passes(case, answer)


@judging.each_wrong(CASES)
def test_wrong_answers_are_named(case, name):
    judging.is_named(case, name, seeds=judging.SEEDS[:5])  # 20 when tried; each takes its time


@pytest.mark.parametrize("case", CASES)
def test_stubs_are_not_attempted(case):
    judging.is_not_attempted(case)


@pytest.mark.parametrize("case", CASES)
def test_the_checks_leave_the_learners_randomness_alone(case):
    judging.leaves_the_source_alone(case)


def test_a_wasteful_step_passes_and_is_told_so():
    assert "wasteful" in first_gan.train_step.judge(answers.wasteful_but_right).text
    assert "wasteful" not in first_gan.train_step.judge(answers.reference).text


def test_g_may_move_first_and_is_not_called_wasteful():
    text = first_gan.train_step.judge(answers.generator_first).text
    assert "Your G moves first" in text
    assert "wasteful" not in text
    assert "moves first" not in first_gan.train_step.judge(answers.reference).text


def test_two_mistakes_at_once_are_both_told():
    text = first_gan.modes_covered.judge(answers.visited).text
    assert "two things at once" in text
    assert "Nearest is not near" in text
    assert "a single sample is enough" in text


@pytest.mark.parametrize("answer", answers.RIGHT_RATIOS)
def test_a_prediction_that_agrees_with_the_runs_passes(answer):
    outcome = first_gan.ratio.judge(*answer, measured=answers.MEASURED)
    assert outcome.mark == "✓"
    assert outcome.text.startswith(first_gan.ratio.proves)


@pytest.mark.parametrize("name", answers.WRONG_RATIOS)
def test_a_prediction_that_does_not_agree_is_told_with_what_was_measured(name):
    answer, words = answers.WRONG_RATIOS[name]
    outcome = first_gan.ratio.judge(*answer, measured=answers.MEASURED)
    assert outcome.mark == "✗"
    assert words in outcome.text
    assert len(outcome.text) <= 400


def test_a_prediction_is_told_what_so_few_runs_can_tell():
    lessons = {0.05: ["oscillation"] * 3, 0.2: ["oscillation"] * 3, 80.0: ["collapse"] * 3}
    assert "The same oscillation comes at 0.2." in first_gan.ratio.judge(80, 0.05, lessons).text
    assert first_gan.ratio.judge(80, [0.2, 0.05], lessons).text == first_gan.ratio.proves
    assert first_gan.ratio.judge(..., 0.05, lessons).mark == "○"
    short = {0.05: ["–"], 80.0: ["collapse"]}
    text = first_gan.ratio.judge(80, 0.05, short).text
    assert "no oscillation that more than one seed agrees on" in text


def test_the_hints_of_ratio_speak_of_what_is_printed():
    assert "words printed above" in first_gan.ratio.hints[0]
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
    for hint in (1, 2):
        first_gan.train_step(broken)
        assert (
            f"Hint {hint} of 3: {first_gan.train_step.hints[hint - 1]}" in capsys.readouterr().out
        )
    for _ in range(2):  # the whole solution comes on request only
        first_gan.train_step(broken)
        said = capsys.readouterr().out
        assert "call .hint(3)" in said
        assert first_gan.train_step.hints[2] not in said
    first_gan.train_step.hint(3)
    assert first_gan.train_step.hints[2] in capsys.readouterr().out
    monkeypatch.setenv("GAN_LESSONS_STRICT", "1")
    with pytest.raises(Unsolved, match="not attempted"):
        first_gan.train_step(stub)
    first_gan.train_step(answers.reference)
    assert "✓" in capsys.readouterr().out


def test_mistakes_show_what_they_do_to_a_run():
    """Where programs are missing: python -m tools.play_mistakes plays them."""
    one = first_gan.train_step
    sources = [one.table.right, *map(one.table.slipped, one.table.slips)]
    assert set(one.shows()) == {digest(source) for source in sources}
    head, *rows = one.rows()
    assert "modes" in head[2]
    assert len(rows) == len(one.table.slips)
    assert all(len(row) == 3 for row in rows)


def test_a_run_of_the_right_step_is_better_than_nearly_all_wrong_ones():
    kept = json.loads(train_step.RUNS.read_text(encoding="utf-8"))["runs"]
    right = kept[digest(first_gan.train_step.table.right)]
    worse = [run for run in kept.values() if "stops" in run or run["share"] < right["share"]]
    assert len(worse) > 0.6 * len(kept)


def test_mistakes_print_the_third_text(capsys, monkeypatch):
    monkeypatch.setattr(first_gan.train_step, "solved", True)
    first_gan.train_step.mistakes()
    said = capsys.readouterr().out
    assert "energy distance" in said
    assert first_gan.train_step.table.slips[0].says in said
