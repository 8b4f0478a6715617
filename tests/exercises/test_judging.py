"""The judges of checks are judged: they notice one that is unsure, mute or names another."""

import pytest
import torch

from gan_lessons.checks.exercise import Wrong, exercise
from tests.conftest import SEED
from tests.exercises import judging


@exercise(title="A number", proves="it is 1.", hints=("a", "b", "c"))
def one(answer):
    """Draws once; 0 is named, and so is 3, with two diagnoses; 7 is wrong with one seed in four."""
    found = answer()
    unlucky = torch.rand(()) < 0.25
    if found == 0 or (found == 3 and unlucky):
        raise Wrong("that is nothing.")
    if found == 3:
        raise Wrong("that is three. that is nothing.")
    if found == 7 and unlucky:
        raise Wrong("not this time.")


def case(**wrong):
    return judging.Case(one, [lambda: 1], wrong)


def test_a_right_answer_must_pass_with_every_seed():
    judging.passes(case(), lambda: 1)
    with pytest.raises(AssertionError, match="not this time"):
        judging.passes(case(), lambda: 7)


NAMED = {"zero": (lambda: 0, "that is nothing")}


def test_a_wrong_answer_must_be_named_with_nearly_every_seed():
    judging.is_named(case(**NAMED), "zero")
    with pytest.raises(AssertionError):  # with one seed in four only
        judging.is_named(case(seven=(lambda: 7, "not this time")), "seven")
    with pytest.raises(AssertionError):  # the diagnosis of another mistake
        judging.is_named(case(zero=(lambda: 0, "that is three")), "zero")


def test_one_mistake_has_one_diagnosis():
    with pytest.raises(AssertionError):
        judging.is_named(case(three=(lambda: 3, "that is three"), **NAMED), "three")


def test_a_stub_is_no_answer_and_draws_are_not_the_learner_s():
    judging.is_not_attempted(case())
    with pytest.raises(AssertionError):
        judging.leaves_the_source_alone(case())  # it draws and does not give back


def test_answers_of_several_parts_are_tuples():
    assert judging.parts(len) == (len,)
    assert judging.parts((len, max)) == (len, max)
    before = torch.random.get_rng_state()
    judging.judge(one, lambda: 7, seed=3)
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("time", ["first", "second"])
def test_every_test_starts_from_the_same_numbers(time):
    drawn = torch.rand(3)
    assert torch.equal(drawn, torch.rand(3, generator=torch.Generator().manual_seed(SEED)))
