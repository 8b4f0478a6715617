"""Lesson 03's checks accept right answers in any style and name each wrong one."""

import pytest
import torch

from gan_lessons import show
from gan_lessons.checks import motion
from tests.exercises import judging
from tests.exercises import outside_motion as answers
from tools import build

CASES = [
    judging.Case(motion.steps, answers.RIGHT_STEPS, answers.WRONG_STEPS),
    judging.Case(motion.eigenvalues, answers.RIGHT_EIGENVALUES, answers.WRONG_EIGENVALUES),
    judging.Case(motion.critical_gamma, answers.RIGHT_CRITICAL, answers.WRONG_CRITICAL),
    judging.Case(motion.least_gamma, answers.RIGHT_LEAST, answers.WRONG_LEAST),
]


@judging.each_right(CASES)
def test_right_answers_pass(case, answer):
    judging.passes(case, answer, seeds=judging.SEEDS[:2])


@judging.each_wrong(CASES)
def test_wrong_answers_are_named(case, name):
    judging.is_named(case, name, seeds=judging.SEEDS[:2])  # nothing is drawn here


@pytest.mark.parametrize("case", CASES)
def test_stubs_are_not_attempted(case):
    judging.is_not_attempted(case)


def test_a_generator_that_moves_first_passes_and_is_told_so():
    outcome = motion.steps.judge(*answers.GENERATOR_FIRST)
    assert outcome.solved
    assert "Your G moves first" in outcome.text


# -- the lesson's widget -----------------------------------------------------------------------

KNOBS = [
    {},
    {"gamma": 3.0, "ratio": 16, "n_critic": 10},  # D overshoots: the run ends early
    {"gamma": 0.3, "ratio": 1 / 16, "beta1": 0.9},
    {"gamma": 1.0, "n_critic": 10, "beta1": -0.5},
]


@pytest.fixture(scope="module")
def lesson():
    """The names that the solved lesson leaves behind, run at the tiny budget."""
    path = next(path for path in build.sources() if path.stem.startswith("03_"))
    names: dict = {}
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GAN_LESSONS_BUDGET", "tiny")
        patch.setenv("GAN_LESSONS_STRICT", "1")
        try:
            for cell in build.read_cells(path):
                if cell.cell_type == "code":
                    exec(build.solved(cell.source), names)
            yield names
        finally:
            torch.set_default_dtype(dtype)
            torch.set_num_threads(threads)


@pytest.mark.parametrize("knobs", KNOBS)
def test_the_phase_portrait_is_a_pure_picture_of_its_knobs(lesson, knobs):
    first, second = lesson["portrait"](**knobs), lesson["portrait"](**knobs)
    assert isinstance(first, show.Picture)
    assert (first.png, first.sentence) == (second.png, second.sentence)
    assert "nan" not in first.sentence
    assert lesson["play"](**knobs).isfinite().all()
