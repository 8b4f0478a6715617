"""Every exercise's table is consistent: right programs pass, and each slip is told as itself.

That proves the tables and nothing about strangers: answers outside them stand in the lessons' own
tests. Values are asked on other dice than the grader's.
"""

import pkgutil

import pytest
import torch

from gan_lessons import checks
from gan_lessons.checks.exercise import Exercise
from gan_lessons.checks.grader import Value
from gan_lessons.checks.grader_steps import Step
from gan_lessons.checks.patient import Patient

LESSONS = [module.name for module in pkgutil.iter_modules(checks.__path__) if module.ispkg]
EXERCISES = {
    f"{lesson}.{name}": one
    for lesson in LESSONS
    for name, one in vars(getattr(checks, lesson)).items()
    if isinstance(one, Exercise)
}
# the clinic's cases train: test_patients.py walks their tables
TABLES = {
    name: one
    for name, one in EXERCISES.items()
    if hasattr(one, "table") and not isinstance(one, Patient)
}
SEEDS = (1, 2, 3)
ROWS = [(name, i) for name, one in TABLES.items() for i in range(len(one.table.slips))]


@pytest.fixture
def dice(monkeypatch):
    """Let a check of values take its cases from another seed than the grader's."""

    def throw(one: Exercise, seed: int) -> None:
        torch.manual_seed(seed)
        if isinstance(one, Value | Step):
            monkeypatch.setattr(one, "seed", seed)

    return throw


def test_every_exercise_has_a_table():
    assert all(hasattr(one, "table") for one in EXERCISES.values())


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("seed", SEEDS)
def test_right_programs_pass(name, seed, dice):
    one = TABLES[name]
    dice(one, seed)
    for source in (one.table.right, *one.table.also):
        outcome = one.judge(*one.table.functions(source))
        assert outcome.solved, outcome.text


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_each_slip_is_told_as_itself(name, row, dice):
    one = TABLES[name]
    slip = one.table.slips[row]
    source = one.table.slipped(slip)
    assert source is not None, f"{slip.old!r} does not stand once in the right program"
    assert one.table.changed(slip)
    for seed in SEEDS:
        dice(one, seed)
        outcome = one.judge(*one.table.functions(source))
        assert outcome.mark == "✗", (slip.new, outcome)
        assert slip.says in outcome.text, (slip.new, outcome.text)
        assert len(outcome.text) <= 400, outcome.text
