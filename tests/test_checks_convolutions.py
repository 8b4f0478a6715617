"""Lesson 07's checks accept right answers in any style and name each wrong one."""

import pytest
import torch

from gan_lessons import models
from gan_lessons.checks import convolutions
from tests import mutants_convolutions as answers

CASES = [
    (convolutions.sizes, answers.RIGHT_SIZES, answers.WRONG_SIZES),
    (convolutions.norm, [(f,) for f in answers.RIGHT_NORMS], answers.WRONG_NORMS),
    (convolutions.init, [(f,) for f in answers.RIGHT_INITS], answers.WRONG_INITS),
    (convolutions.sample, [(f,) for f in answers.RIGHT_SAMPLES], answers.WRONG_SAMPLES),
]


@pytest.mark.parametrize(("check", "right", "wrong"), CASES)
def test_right_answers_pass(check, right, wrong):
    for answer in right:
        outcome = check.judge(*answer)
        assert outcome.solved, outcome.text


@pytest.mark.parametrize(
    ("check", "name", "answer"),
    [(check, name, answer) for check, _, wrong in CASES for name, answer in wrong.items()],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_answers_are_named(check, name, answer):
    *functions, diagnosis = answer
    outcome = check.judge(*functions)
    assert outcome.mark == "✗", name
    assert diagnosis in outcome.text


def test_the_library_s_own_answers_pass():
    assert convolutions.init.judge(models.dcgan_init).solved


def test_what_is_right_but_wasteful_is_told_so():
    assert "in the place of the old" in convolutions.init.judge(answers.init_anew).text
    assert "graph" in convolutions.sample.judge(answers.sample_with_graph).text
    assert "graph" not in convolutions.sample.judge(answers.sample).text


@pytest.mark.parametrize("seed", range(20))
def test_the_measured_spread_of_right_weights_is_within_the_bounds(seed, monkeypatch):
    """Whatever the draw: the check seeds itself, so another seed is put in its place."""
    seeded = torch.manual_seed
    monkeypatch.setattr(torch, "manual_seed", lambda _: seeded(seed))
    assert convolutions.init.judge(answers.init).solved
    assert convolutions.sample.judge(answers.sample).solved
    for wrong in ("all parameters around 0", "uniform", "too wide", "norm too wide"):
        *functions, diagnosis = answers.WRONG_INITS[wrong]
        assert diagnosis in convolutions.init.judge(*functions).text
    *functions, diagnosis = answers.WRONG_SAMPLES["train mode"]
    assert diagnosis in convolutions.sample.judge(*functions).text


def test_a_check_does_not_disturb_the_learner_s_randomness():
    torch.manual_seed(5)
    expected = torch.randn(3)
    torch.manual_seed(5)
    convolutions.init.judge(answers.init)
    convolutions.sample.judge(answers.sample)
    assert torch.equal(torch.randn(3), expected)
