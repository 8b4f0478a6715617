"""Lesson 01's checks accept right answers in any style and name each wrong one."""

import pytest
import torch

from gan_lessons import show
from gan_lessons.checks import distances
from tests import mutants_distances as answers

CHECKS = {
    "kl": (distances.kl, answers.RIGHT_KL, answers.WRONG_KL),
    "js": (distances.js, answers.RIGHT_JS, answers.WRONG_JS),
    "w1": (distances.w1, answers.RIGHT_W1, answers.WRONG_W1),
    "optimal_d": (distances.optimal_d, answers.RIGHT_D, answers.WRONG_D),
}
RIGHT = [(name, right) for name, (_, rights, _) in CHECKS.items() for right in rights]
WRONG = [(name, wrong) for name, (_, _, wrongs) in CHECKS.items() for wrong in wrongs]


@pytest.mark.parametrize(("name", "answer"), RIGHT)
def test_right_answers_pass(name, answer):
    outcome = CHECKS[name][0].judge(answer)
    assert outcome.solved, outcome.text


@pytest.mark.parametrize(("name", "wrong"), WRONG)
def test_wrong_answers_are_named(name, wrong):
    check, _, wrongs = CHECKS[name]
    answer, diagnosis = wrongs[wrong]
    outcome = check.judge(answer)
    assert outcome.mark == "✗"
    assert diagnosis in outcome.text
    others = {text for _, text in wrongs.values()} - {diagnosis}
    assert not [text for text in others if text in outcome.text], "one mistake, one diagnosis"


@pytest.mark.parametrize("pair", answers.RIGHT_LOPSIDED)
def test_right_pairs_pass(pair):
    outcome = distances.lopsided.judge(*pair)
    assert outcome.solved, outcome.text


@pytest.mark.parametrize("name", answers.WRONG_LOPSIDED)
def test_wrong_pairs_are_named(name):
    pair, diagnosis = answers.WRONG_LOPSIDED[name]
    outcome = distances.lopsided.judge(*pair)
    assert outcome.mark == "✗"
    assert diagnosis in outcome.text


def test_stubs_are_not_attempted():
    def stub(p, q):
        raise NotImplementedError

    assert {check.judge(stub).mark for check, _, _ in CHECKS.values()} == {"○"}
    assert distances.lopsided.judge(..., ...).mark == "○"


def test_curves_and_densities_become_pictures():
    x = torch.linspace(-1, 1, 50)
    named = {"a": x, "b": x**2, "c": x**3, "d": -x}
    picture = show.lines(x, named, at=0.5, sentence="Four powers.", title="Powers", xlabel="x")
    assert picture.png.startswith(b"\x89PNG")
    assert picture.sentence in picture._repr_html_()
    fig, (left, right) = show.panels(2)
    show.draw_densities(left, x, x.exp(), (-x).exp())
    show.draw_lines(right, x, named, at=0.0)
    assert len(left.lines) == 2  # real and fake
    assert len(right.lines) == 9  # four curves, a marker on each, and the vertical line
    assert show.Picture(fig, "Two panels.").png
