"""Lesson 00's checks accept right answers in any style and name each wrong one."""

import pytest
import torch

from gan_lessons.checks import start
from tests.exercises import judging


def by_backward(f, x):
    x = torch.tensor(x, requires_grad=True)
    f(x).backward()
    return x.grad.item()


def by_grad(f, x):
    x = torch.tensor(x, requires_grad=True)
    return torch.autograd.grad(f(x), x)[0]


def by_differences(f, x):
    x = torch.tensor(x, dtype=torch.double)
    return (f(x + 1e-4) - f(x - 1e-4)) / 2e-4


WRONG_SLOPES = {
    "the value": (lambda f, x: f(torch.tensor(x)), "f(x) itself"),
    "backward's result": (
        lambda f, x: f(torch.tensor(x, requires_grad=True)).backward(),
        "the slope is in x.grad",
    ),
    "sign": (lambda f, x: -by_backward(f, x), "sign of the slope"),
    "one-sided, too coarse": (
        lambda f, x: f(torch.tensor(x + 1)) - f(torch.tensor(x)),
        "the slope is 6.000",
    ),
}
RIGHT_MEANS = [lambda p: p.log().mean(), lambda p: sum(float(q.log()) for q in p) / len(p)]
WRONG_MEANS = {
    "log of the mean": (lambda p: p.mean().log(), "log E[p]"),
    "log2": (lambda p: p.log2().mean(), "log2"),
    "log10": (lambda p: p.log10().mean(), "log10"),
    "sum": (lambda p: p.log().sum(), "an expectation is a mean"),
    "entropy's sign": (lambda p: -p.log().mean(), "the sign is turned"),
    "weighted": (lambda p: (p * p.log()).mean(), "E[log p] is"),
}
CASES = [
    judging.Case(start.slope, [by_backward, by_grad, by_differences], WRONG_SLOPES),
    judging.Case(start.mean_log, RIGHT_MEANS, WRONG_MEANS),
]


@judging.each_right(CASES)
def test_right_answers_pass(case, answer):
    judging.passes(case, answer)


@judging.each_wrong(CASES)
def test_wrong_answers_are_named(case, name):
    judging.is_named(case, name)


@pytest.mark.parametrize("case", CASES)
def test_stubs_are_not_attempted(case):
    judging.is_not_attempted(case)
