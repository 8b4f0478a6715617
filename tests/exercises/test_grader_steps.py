"""A gradient is told as a sum of parts, and the facts that ship are those that are seen today."""

import json
import math

import pytest
import torch

from gan_lessons.checks import grader_steps
from gan_lessons.checks.grader_steps import CROSS_ENTROPY, DOWN, UP, contained, differing, told
from tools import observe_steps

STEPS = observe_steps.exercises()


@pytest.mark.parametrize("numbers", [[1, 0], [0, 1], [0.9, 0.1], [1, -1], [-8, 0], [0.3, 2]])
def test_what_a_loss_tells_logits_is_told_as_a_sum(numbers):
    t = torch.linspace(-3, 3, 7)
    pull = numbers[0] * CROSS_ENTROPY[UP](t) + numbers[1] * CROSS_ENTROPY[DOWN](t)
    found, shape = told(t, pull, CROSS_ENTROPY)
    assert found == pytest.approx(numbers, abs=1e-5)
    assert shape == ""


@pytest.mark.parametrize("name", list(grader_steps.SHAPES)[:12])
def test_another_loss_is_recognized_by_its_shape(name):
    t = torch.linspace(-3, 3, 12).double()
    numbers, shape = told(t, 3 * grader_steps.SHAPES[name](t), CROSS_ENTROPY)
    assert not any(numbers)
    assert shape == f"3.00 × {name}"


def test_a_gradient_is_a_sum_of_its_parts_or_nothing_is_told():
    torch.manual_seed(0)
    a, b, c = torch.randn(3, 20).double()
    found, rest = contained(a - 0.99 * b, {"a": a, "b": b, "c": c})
    assert found == pytest.approx({"a": 1, "b": -0.99, "c": 0}, abs=1e-9)
    assert rest == ""
    assert contained(a + 0.01 * c, {"a": a, "b": b})[1] == "unexplained"
    assert contained(a, {"a": a, "b": a + 1e-5 * b})[1] == "unclear"
    assert contained(a * math.nan, {"a": a})[1] == "NaN"


@pytest.mark.parametrize("name", STEPS)
def test_the_facts_that_ship_are_those_that_are_seen(name):
    """Where not: python -m tools.observe_steps finds them anew."""
    one, shipped = STEPS[name], grader_steps.shipped()
    for source in one.sources():
        assert not differing(one.seen(source), shipped[grader_steps.digest(source)]), source


def test_no_facts_of_other_programs_ship():
    tables = json.loads(grader_steps.KNOWN.read_text(encoding="utf-8"))
    kept = {key for table in tables for key in table["others"]}
    sources = [source for one in STEPS.values() for source in one.sources()]
    assert kept == {grader_steps.digest(source) for source in sources}


@pytest.mark.parametrize("name", STEPS)
def test_no_two_slips_with_different_sentences_look_alike(name):
    one = STEPS[name]
    right = one.known(one.table.right)
    seen = [(slip.says, one.known(one.table.slipped(slip))) for slip in one.table.slips]
    for i, (says, facts) in enumerate(seen):
        assert differing(facts, right), says
        for other, more in seen[i + 1 :]:
            assert differing(facts, more) or says == other, (says, other)
