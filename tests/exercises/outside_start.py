"""Answers to the exercises of lesson 00 that stand in no table, right ones and wrong ones.

A wrong one comes with what its diagnosis must say.
"""

import math

import numpy as np
import torch


def by_backward(f, x):
    x = torch.tensor([x], dtype=torch.double, requires_grad=True)
    f(x).sum().backward()
    return x.grad


def by_grad(f, x):
    x = torch.tensor(x, requires_grad=True)
    return torch.autograd.grad(f(x), x)[0]


def by_a_function(f, x):
    return torch.func.grad(f)(torch.tensor(x))


def by_differences(f, x):
    x = torch.tensor(x, dtype=torch.double)
    return (f(x + 1e-4) - f(x - 1e-4)) / 2e-4


RIGHT_SLOPES = [by_backward, by_grad, by_a_function, by_differences]


def _never_called_backward(f, x):
    x = torch.tensor(x, requires_grad=True)
    y = f(x)
    y.sum()
    return x.grad


def _grad_of_the_value(f, x):
    y = f(torch.tensor(x, requires_grad=True))
    y.retain_grad()
    y.backward()
    return y.grad.item()


def _too_early(f, x):
    x = torch.tensor(x, requires_grad=True)
    y = f(x).item()
    y.backward()
    return x.grad.item()


WRONG_SLOPES = {
    ".item() too early": (_too_early, ".item() or float() came too early"),
    "backward's result": (
        lambda f, x: f(torch.tensor(x, requires_grad=True)).backward(),
        "the slope is in x.grad",
    ),
    "backward never called": (_never_called_backward, "the slope is in x.grad"),
    "a coarse difference": (
        lambda f, x: f(torch.tensor(x + 0.5)) - f(torch.tensor(x - 0.5)),
        "Right for t² at 3; but for a sine",
    ),
    "a difference that is not divided": (
        lambda f, x: by_differences(f, x) * 2e-4,
        "always 0.0002 times the right value",
    ),
    "the slope of f at f": (_grad_of_the_value, "always 1, whatever comes in"),
    "a float told to remember": (lambda f, x: x.requires_grad_(), "x is a plain number"),
}


def mean_log_in_a_loop(p):
    return sum(math.log(x) for x in p) / len(p)


def mean_log_of_a_list(p):
    return math.fsum(math.log(x) for x in p.tolist()) / p.numel()


def mean_log_with_numpy(p):
    return np.log(p.numpy()).mean()


def mean_log_in_double(p):
    return torch.log(p.double()).sum() / len(p)


RIGHT_MEANS = [mean_log_in_a_loop, mean_log_of_a_list, mean_log_with_numpy, mean_log_in_double]

WRONG_MEANS = {
    "log of the mean": (lambda p: math.log(sum(p.tolist()) / len(p)), "log E[p]"),
    "log2 of each": (lambda p: np.mean([math.log2(x) for x in p]), "log2"),
    "entropy's sign": (lambda p: -p.log().mean(), "the sign is turned"),
    "median": (lambda p: p.log().median(), "this is the median of the single terms"),
    "n - 1": (lambda p: p.log().sum() / (len(p) - 1), "divided by n − 1"),
    "the method of math": (lambda p: math.log(p), "p.log() is the logarithm of each sample"),
    "in place": (lambda p: p.log_().mean(), "changes p in place"),
    "log of the product": (lambda p: p.prod().log(), "an expectation is a mean"),
    "log of the root of the product": (
        lambda p: torch.log(p.prod() ** (1 / len(p))),
        "right for a few samples",
    ),
    "weighed by p": (lambda p: (p * p.log()).sum() / p.sum(), "weighed by its p"),
    "an eps": (lambda p: (p + 1e-3).log().mean(), "p = [0.1, 0.5, 0.9] should give -1.034"),
}
