"""What "accepts right answers and names each wrong one" means: the same for every exercise's check.

A lesson's tests hold a table of cases; the bodies of the tests are here. A check may draw samples
or weights at random, so every answer is judged with twenty states of the global source: a right one
must pass with all of them, a wrong one must be named with at least nineteen.
"""

from collections.abc import Sequence
from typing import NamedTuple

import pytest
import torch

from gan_lessons.checks.exercise import Exercise, Outcome
from tests.soak import SEED

SEEDS = range(20 * SEED, 20 * SEED + 20)
LEAST = 0.95  # the share of the seeds with which a wrong answer must get its own diagnosis
LONGEST = 400  # characters of a diagnosis


class Case(NamedTuple):
    """An exercise's check with its right and wrong answers.

    ``right``: answers. ``wrong``: for each name an answer, and last what its diagnosis must say. An
    answer of several parts is a tuple.
    """

    check: Exercise
    right: Sequence
    wrong: dict[str, tuple]


def parts(answer: object) -> tuple:
    """Return what the check is called with."""
    return answer if isinstance(answer, tuple) else (answer,)


def judge(check: Exercise, answer: object, *, seed: int) -> Outcome:
    """Return what a check says of an answer, with the global source of randomness in one state.

    A check that seeds that source itself gets another seed as well.
    """
    seeded = torch.manual_seed
    with torch.random.fork_rng(devices=[]), pytest.MonkeyPatch.context() as patch:
        seeded(seed)
        patch.setattr(torch, "manual_seed", lambda own: seeded(own + 1000 * seed))
        return check.judge(*parts(answer))


def each_right(cases: Sequence[Case]):
    """Run a test of (case, answer) for every right answer."""
    found = [
        pytest.param(case, answer, id=f"{case.check.title}-{i}")
        for case in cases
        for i, answer in enumerate(case.right, start=1)
    ]
    return pytest.mark.parametrize(("case", "answer"), found)


def each_wrong(cases: Sequence[Case]):
    """Run a test of (case, name) for every wrong answer."""
    found = [
        pytest.param(case, name, id=f"{case.check.title}-{name}")
        for case in cases
        for name in case.wrong
    ]
    return pytest.mark.parametrize(("case", "name"), found)


def passes(case: Case, answer: object, *, seeds: Sequence[int] = SEEDS) -> None:
    """Assert that a right answer is ✓ whatever the check draws."""
    for seed in seeds:
        outcome = judge(case.check, answer, seed=seed)
        assert outcome.solved, (seed, outcome.text)


def is_named(case: Case, name: str, *, seeds: Sequence[int] = SEEDS, alone: bool = True) -> None:
    """Assert that a wrong answer is ✗ with its own diagnosis and (``alone``) no other one's."""
    *found, diagnosis = case.wrong[name]
    answer = found[0] if len(found) == 1 else tuple(found)
    told = {other for *_, other in case.wrong.values()}
    others = [text for text in told if text not in diagnosis and diagnosis not in text]
    strange = []
    for seed in seeds:
        outcome = judge(case.check, answer, seed=seed)
        assert len(outcome.text) <= LONGEST, outcome.text
        named = outcome.mark == "✗" and diagnosis in outcome.text
        if not named or (alone and any(text in outcome.text for text in others)):
            strange.append((seed, outcome.mark, outcome.text))
    assert len(seeds) - len(strange) >= LEAST * len(seeds), strange[:3]


def is_not_attempted(case: Case) -> None:
    """Assert that a stub is ○, and so is an answer of which only the first part is written."""

    def stub(*args):
        raise NotImplementedError

    whole = parts(case.right[0])
    blank = [stub if callable(part) else ... for part in whole]
    assert case.check.judge(*blank).mark == "○"
    if len(whole) > 1:
        assert case.check.judge(*whole[:1], *blank[1:]).mark == "○"


def leaves_the_source_alone(case: Case) -> None:
    """Assert that the learner's random numbers are the same with and without the check."""
    before = torch.random.get_rng_state()
    case.check.judge(*parts(case.right[0]))
    assert torch.equal(torch.random.get_rng_state(), before)
