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


@pytest.mark.parametrize("case", CASES)
def test_the_cases_leave_the_learners_randomness_alone(case):
    judging.leaves_the_source_alone(case)
