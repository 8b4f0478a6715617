"""Lesson 22a's cases let other healthy programs pass and find sick ones that are in no table."""

import pytest

from gan_lessons.checks import clinic_plane
from tests.exercises import judging
from tests.exercises import outside_clinic_plane as answers

GANS = answers.RIGHT_GANS
CASES = [
    judging.Case(clinic_plane.calm, GANS, answers.WRONG_CALM),
    judging.Case(clinic_plane.winners, GANS[:1], answers.WRONG_WINNERS),
    judging.Case(clinic_plane.downhill, GANS[3:4], answers.WRONG_DOWNHILL),
    judging.Case(clinic_plane.rooted, GANS[4:], answers.WRONG_ROOTED),
    judging.Case(clinic_plane.lukewarm, GANS[1:2], answers.WRONG_LUKEWARM),
    judging.Case(clinic_plane.bottomless, GANS[2:3], answers.WRONG_BOTTOMLESS),
    judging.Case(clinic_plane.satisfied, GANS[:1], answers.WRONG_SATISFIED),
    judging.Case(clinic_plane.early, GANS[2:3], answers.WRONG_EARLY),
    judging.Case(clinic_plane.halfway, GANS[4:], answers.WRONG_HALFWAY),
    judging.Case(clinic_plane.counter, answers.RIGHT_COUNTERS, answers.WRONG_COUNTERS),
]
ONCE = (0,)  # python -m tools.clinic takes twenty


@judging.each_right(CASES)
def test_healthy_programs_in_other_styles_pass(case, answer):
    judging.passes(case, answer, seeds=ONCE)


@judging.each_wrong(CASES)
def test_other_sick_programs_are_found(case, name):
    judging.is_named(case, name, seeds=ONCE, alone=False)


def edited(case, old: str, new: str):
    """Return what a case says of the sick program with one text put in another's place."""
    assert case.table.sick.count(old) == 1
    (program,) = case.table.functions(case.table.sick.replace(old, new))
    return case.judge(program)


def test_halves_that_are_exchanged_are_seen_in_what_d_says():
    turned = edited(clinic_plane.calm, "scores[-128:], scores[128:]", "scores[-128:], scores[:128]")
    assert "not healed" in turned.text
    assert "says more of the real ones" in turned.text
    assert len(turned.text) <= 400


def test_the_same_noise_in_every_step_is_a_remark():
    """A generator of numbers that is made anew in the loop: the ring is found, less well."""
    at = "z = torch.from_numpy(rng.standard_normal((128, 2)))"
    anew = "z = torch.from_numpy(np.random.default_rng(0).standard_normal((128, 2))).float()"
    outcome = edited(clinic_plane.early, at, anew)
    assert outcome.solved
    assert "But G gets the very same input in 500 of 500 steps" in outcome.text


@pytest.mark.parametrize("case", CASES)
def test_the_cases_leave_the_learners_randomness_alone(case):
    judging.leaves_the_source_alone(case)
