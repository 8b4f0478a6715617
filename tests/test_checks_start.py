"""Lesson 00's checks accept right answers in any style and name each wrong one."""

import pytest
import torch

from gan_lessons.checks import start


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


RIGHT = [(start.slope, f) for f in (by_backward, by_grad, by_differences)]
RIGHT += [
    (start.mean_log, lambda p: p.log().mean()),
    (start.mean_log, lambda p: sum(float(q.log()) for q in p) / len(p)),
]

WRONG = {
    "the value": (start.slope, lambda f, x: f(torch.tensor(x)), "f(x) itself"),
    "backward's result": (
        start.slope,
        lambda f, x: f(torch.tensor(x, requires_grad=True)).backward(),
        "the slope is in x.grad",
    ),
    "sign": (start.slope, lambda f, x: -by_backward(f, x), "sign of the slope"),
    "one-sided, too coarse": (
        start.slope,
        lambda f, x: f(torch.tensor(x + 1)) - f(torch.tensor(x)),
        "the slope is 6.000",
    ),
    "log of the mean": (start.mean_log, lambda p: p.mean().log(), "log E[p]"),
    "log2": (start.mean_log, lambda p: p.log2().mean(), "log2"),
    "log10": (start.mean_log, lambda p: p.log10().mean(), "log10"),
    "sum": (start.mean_log, lambda p: p.log().sum(), "an expectation is a mean"),
    "entropy's sign": (start.mean_log, lambda p: -p.log().mean(), "the sign is turned"),
    "weighted": (start.mean_log, lambda p: (p * p.log()).mean(), "E[log p] is"),
}


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers_pass(check, answer):
    outcome = check.judge(answer)
    assert outcome.solved, outcome.text


@pytest.mark.parametrize("name", WRONG)
def test_wrong_answers_are_named(name):
    check, answer, diagnosis = WRONG[name]
    outcome = check.judge(answer)
    assert outcome.mark == "✗"
    assert diagnosis in outcome.text
