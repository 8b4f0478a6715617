"""A slip that stops the code with a message few beginners can read is explained to them."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from gan_lessons.checks.exercise import EXPLAINED, exercise

X = torch.tensor([0.5, -2.0], requires_grad=True)
SLIPS = {
    "^": (lambda: X ^ 2, "write .square() or ** 2"),
    "no brackets": (lambda: X.mean + X.mean, "its () are missing"),
    "a tuple's method": (lambda: torch.autograd.grad(X.sum(), X).norm(), "such as [0]"),
    "a tuple in a difference": (lambda: torch.autograd.grad(X.sum(), X) - 1.0, "such as [0]"),
    "a number for a tensor": (lambda: F.mse_loss(X, 1), "torch.ones_like"),
    "a logit for a probability": (
        lambda: F.binary_cross_entropy(X, torch.ones_like(X)),
        "a logit is none",
    ),
    "if": (lambda: 1 if X > 0 else 0, "one yes or no, not a tensor"),
    "max(0, x)": (lambda: max(0, X), "one yes or no, not a tensor"),
    "a loss that is not made": (lambda: nn.MSELoss(X, X), "made first, then called"),
    "torch.max(x, 0)": (lambda: torch.max(X, 0).mean(), "along dimension 0"),
    "torch.maximum(0, x)": (lambda: torch.maximum(0, X), "takes tensors only"),
    "a layer for a function": (lambda: nn.ReLU(X.detach()).sum(), "the function is F.relu"),
    "math for torch": (lambda: math.log(X), "torch has the same ones"),
    "NumPy for torch": (lambda: np.maximum(0, X), "NumPy keeps no gradients"),
    "arguments": (lambda: (lambda a: a)(1, 2), "Leave the first line of the function"),
}


@exercise(title="Any", proves="nothing.", hints=("a", "b", "c"))
def run(answer):
    answer()


@pytest.mark.parametrize("name", SLIPS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_common_slip_is_explained(name):
    slip, meaning = SLIPS[name]
    outcome = run.judge(slip)
    assert outcome.mark == "✗"
    assert outcome.text.startswith("your code stops with ")
    assert meaning in outcome.text
    assert len(outcome.text) <= 400


def test_every_explanation_has_its_slip():
    told = [run.judge(slip).text for slip, _ in SLIPS.values()]
    assert not [said for said in EXPLAINED if not any(said in text for text in told)]


def test_other_errors_are_told_as_they_are():
    assert run.judge(lambda: {}["loss"]).text == "your code stops with KeyError: 'loss'"
