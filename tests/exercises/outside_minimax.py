"""Answers to the exercises of lesson 02 that stand in no table, right ones and wrong ones.

A wrong one comes with what its diagnosis must say.
"""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

bce = F.binary_cross_entropy_with_logits


def d_loss(real, fake):
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def d_loss_with_labels(real, fake):
    return bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))


def d_loss_with_logsigmoid(real, fake):
    return -(F.logsigmoid(real).mean() + F.logsigmoid(-fake).mean())


def d_loss_of_pairs(real, fake):
    """Right where there are as many real logits as fake ones, and no other batch is asked."""
    return -(F.logsigmoid(real) + F.logsigmoid(-fake)).mean()


def d_loss_in_double(real, fake):
    zero = torch.zeros((), dtype=torch.float64)
    return (torch.logaddexp(zero, -real.double()) + torch.logaddexp(zero, fake.double())).mean()


def d_loss_of_all(real, fake):
    """One cross entropy over both halves, doubled."""
    labels = torch.cat([torch.ones_like(real), torch.zeros_like(fake)])
    return 2 * nn.BCEWithLogitsLoss()(torch.cat([real, fake]), labels)


def d_loss_in_a_loop(real, fake):
    losses = [F.softplus(-r) for r in real], [F.softplus(f) for f in fake]
    return sum(sum(part) / len(part) for part in losses)


RIGHT_D = [
    d_loss,
    d_loss_with_labels,
    d_loss_with_logsigmoid,
    d_loss_of_pairs,
    d_loss_in_double,
    d_loss_of_all,
    d_loss_in_a_loop,
]


def _together(real, fake):
    labels = torch.cat([torch.ones_like(real), torch.zeros_like(fake)])
    return bce(torch.cat([real, fake]), labels)


def _sigmoid_then_bce(real, fake):
    real, fake = real.sigmoid(), fake.sigmoid()
    on_real = F.binary_cross_entropy(real, torch.ones_like(real))
    return on_real + F.binary_cross_entropy(fake, torch.zeros_like(fake))


def _clamped(real, fake):
    real, fake = (t.sigmoid().clamp(1e-6, 1 - 1e-6) for t in (real, fake))
    return -real.log().mean() - (1 - fake).log().mean()


def _by_cases(real, fake):
    """The right value, and a slope of inf · 0 on the side that is not taken."""

    def softplus(t):
        return torch.where(t > 20, t, (1 + t.exp()).log())

    return softplus(-real).mean() + softplus(fake).mean()


def _bce_without_sigmoid(real, fake):
    on_real = F.binary_cross_entropy(real, torch.ones_like(real))
    return on_real + F.binary_cross_entropy(fake, torch.zeros_like(fake))


def _changed(real, fake):
    real *= -1
    return F.softplus(real).mean() + F.softplus(fake).mean()


WRONG_D = {
    "label 0.9": (
        lambda r, f: (
            F.binary_cross_entropy_with_logits(r, torch.full_like(r, 0.9))
            + F.binary_cross_entropy_with_logits(f, torch.zeros_like(f))
        ),
        "one-sided smoothing",
    ),
    "min and max exchanged": (lambda r, f: -d_loss(r, f), "min and max are exchanged"),
    "label 1 for both": (lambda r, f: d_loss(r, -f), "label 0 never occurs"),
    "labels exchanged": (lambda r, f: d_loss(-r, -f), "the labels are exchanged"),
    "arguments exchanged": (lambda r, f: d_loss(f, r), "the labels are exchanged"),
    "one mean for both": (_together, "have an expectation each"),
    "half": (lambda r, f: d_loss(r, f) / 2, "have an expectation each"),
    "no mean": (lambda r, f: F.softplus(f), "bring them together"),
    "a float": (lambda r, f: d_loss(r, f).item(), "the loss has lost its gradient"),
    "a new tensor": (
        lambda r, f: torch.tensor(float(d_loss(r, f)), requires_grad=True),
        "the loss is cut off from them",
    ),
    "clamped after the logarithm": (
        lambda r, f: -sum(t.sigmoid().log().clamp(min=-100).mean() for t in (r, -f)),
        "the slope is no number",
    ),
    "sigmoid then cross entropy": (_sigmoid_then_bce, "a sigmoid, then binary_cross_entropy"),
    "sigmoid of the negative": (
        lambda r, f: -r.sigmoid().log().mean() - (-f).sigmoid().log().mean(),
        "rounded to 0, or an exp that overflows",
    ),
    "another eps": (
        lambda r, f: -(r.sigmoid() + 1e-7).log().mean() - (1 - f.sigmoid() + 1e-7).log().mean(),
        "something is cut off",
    ),
    "probabilities clamped": (_clamped, "something is cut off"),
    "logits clamped": (
        lambda r, f: d_loss(r.clamp(-10, 10), f.clamp(-10, 10)),
        "something is cut off",
    ),
    "no slope": (_by_cases, "the slope is no number"),
    "cross entropy of logits": (_bce_without_sigmoid, "takes probabilities, and these are logits"),
    "in place": (_changed, "changes the logits in place"),
    "with numpy": (lambda r, f: np.logaddexp(0, f.numpy()).mean(), "NumPy keeps no gradients"),
    "the return forgotten": (lambda r, f: None, "the return is missing"),
    "median": (
        lambda r, f: F.softplus(-r).median() + F.softplus(f).median(),
        "Right for a real logit of +0.3 and a fake one of -0.3; but for three",
    ),
}


def saturating(real, fake):
    return -F.softplus(fake).mean()


def non_saturating(real, fake):
    return F.softplus(-fake).mean()


def saturating_in_double(real, fake):
    return -torch.logaddexp(torch.zeros(len(fake)).double(), fake.double()).mean()


def saturating_in_a_loop(real, fake):
    return sum(F.logsigmoid(-t) for t in fake) / len(fake)


RIGHT_SATURATING = [
    saturating,
    lambda r, f: F.logsigmoid(-f).mean(),
    lambda r, f: -bce(f, torch.zeros_like(f)),
    saturating_in_double,
    saturating_in_a_loop,
]

WRONG_SATURATING = {
    "V": (lambda r, f: -d_loss(r, f), "changes with the real logits"),
    "a ratio": (lambda r, f: saturating(r, f - r), "changes with real_logits"),
    "log of sigmoid": (
        lambda r, f: (-f).sigmoid().log().mean(),
        "rounded to 0, or an exp that overflows",
    ),
    "another eps": (lambda r, f: (1 - f.sigmoid() + 1e-5).log().mean(), "something is cut off"),
    "detached": (lambda r, f: saturating(r, f.detach()), "gradient is lost on the way"),
    "median": (lambda r, f: -F.softplus(f).median(), "the median of the single terms"),
    "twice": (lambda r, f: 2 * saturating(r, f), "always twice the right value"),
    "base 2": (lambda r, f: saturating(r, f) / math.log(2), "log2 where the natural"),
    "hinge": (lambda r, f: -(1 + f).relu().mean(), "should give -0.5544, and you return -0.7"),
}


def non_saturating_in_double(real, fake):
    return (1 + (-fake.double()).exp()).log().mean()


def non_saturating_by_a_module(real, fake):
    return nn.BCEWithLogitsLoss()(fake, torch.ones(len(fake)))


RIGHT_NON_SATURATING = [
    non_saturating,
    lambda r, f: -F.logsigmoid(f).mean(),
    lambda r, f: bce(f, torch.ones_like(f)),
    non_saturating_in_double,
    non_saturating_by_a_module,
]

WRONG_NON_SATURATING = {
    "D's loss": (lambda r, f: d_loss(r, f), "this is D's loss"),
    "D's loss with both labels 1": (
        lambda r, f: non_saturating(r, f) + non_saturating(f, r),
        "changes with the real logits",
    ),
    "log of exp": (lambda r, f: (1 + 1 / f.exp()).log().mean(), "an exp overflows, or"),
    "clamped": (lambda r, f: F.softplus(-f.clamp(-5, 5)).mean(), "something is cut off"),
    "detached": (lambda r, f: non_saturating(r, f.detach()), "gradient is lost on the way"),
    "label 0.9": (lambda r, f: bce(f, torch.full_like(f, 0.9)), "should give 0.8544"),
    "the largest": (lambda r, f: F.softplus(-f).max(), "the largest of the single terms"),
    "half": (lambda r, f: non_saturating(r, f) / 2, "half the right value"),
}


def max_error(logits, p, q):
    return (logits.sigmoid() - p / (p + q)).abs()[p + q > 0.01].max()


def max_error_in_a_loop(logits, p, q):
    worst = 0.0
    for t, a, b in zip(logits.tolist(), p.tolist(), q.tolist(), strict=True):
        if a + b > 0.01:
            worst = max(worst, abs(1 / (1 + math.exp(-t)) - a / (a + b)))
    return worst


def max_error_of_the_seen(logits, p, q):
    seen = p + q > 0.01
    logits, p, q = logits[seen].double(), p[seen].double(), q[seen].double()
    return F.l1_loss(logits.sigmoid(), p / (p + q), reduction="none").amax()


def max_error_with_numpy(logits, p, q):
    logits, p, q = logits.numpy(), p.numpy(), q.numpy()
    with np.errstate(invalid="ignore"):
        gap = np.abs(1 / (1 + np.exp(-logits)) - p / (p + q))
    return np.where(p + q > 0.01, gap, 0).max()


def max_error_filled(logits, p, q):
    gap = (logits.sigmoid() - p / (p + q)).abs()
    gap[p + q <= 0.01] = 0
    return torch.max(gap, dim=0).values


RIGHT_ERRORS = [
    max_error,
    max_error_in_a_loop,
    max_error_of_the_seen,
    max_error_with_numpy,
    max_error_filled,
]

WRONG_ERRORS = {
    "where one of them alone is seen": (
        lambda t, p, q: (t.sigmoid() - p / (p + q)).abs()[(p > 0.01) | (q > 0.01)].max(),
        "are left out: ask for p + q",
    ),
    "absolute after the maximum": (
        lambda t, p, q: (t.sigmoid() - p / (p + q))[p + q > 0.01].max().abs(),
        "comes after the maximum",
    ),
    "every place": (
        lambda t, p, q: (t.sigmoid() - p / (p + q + 1e-9)).abs().max(),
        "a place with hardly a sample",
    ),
    "0/0": (lambda t, p, q: torch.max(abs(torch.sigmoid(t) - p / (p + q))), "0/0: at a place"),
    "the error of the mean": (
        lambda t, p, q: (t.sigmoid() - p / (p + q))[p + q > 0.01].mean().abs(),
        "For three places",
    ),
    "only where p is": (
        lambda t, p, q: max_error(t[p > 0.01], p[p > 0.01], q[p > 0.01]),
        "as long as q is there",
    ),
    "p and q exchanged": (lambda t, p, q: max_error(t, q, p), "D* is p / (p + q)"),
    "twice": (lambda t, p, q: 2 * max_error(t, p, q), "always twice the right value"),
    "the median": (
        lambda t, p, q: (t.sigmoid() - p / (p + q)).abs()[p + q > 0.01].median(),
        "the median of the single terms",
    ),
    "Python's max of a tensor": (
        lambda t, p, q: max(0, (t.sigmoid() - p / (p + q)).abs()[p + q > 0.01]),
        "want one yes or no",
    ),
}

LN2 = math.log(2)
RIGHT_READINGS = [
    lambda loss: LN2 - loss / 2,
    lambda loss: (math.log(4) - loss) / 2,
    lambda loss: 0.5 * (-loss) + np.log(2),
    lambda loss: torch.tensor(2.0).log() - loss / 2,
    lambda loss: (torch.tensor([4.0]).log() - loss) / 2,
]

WRONG_READINGS = {
    "bits": (lambda loss: 1 - loss / 2 / LN2, "in bits"),
    "a constant": (lambda loss: LN2 - 0.5, "always 0.1931, whatever comes in"),
    "the absolute value of 2 JS": (lambda loss: abs(loss - math.log(4)), "this is 2 JS"),
    "off by one half": (lambda loss: LN2 - loss / 2 + 0.5, "always +0.5 away"),
    "root": (lambda loss: math.sqrt(max(LN2 - loss / 2, 0)), "the root of the right value"),
    "torch's log of a number": (lambda loss: torch.log(2) - loss / 2, "torch's functions take"),
    "torch's relu of a number": (lambda loss: F.relu(LN2 - loss / 2), "torch's functions take"),
    "torch's clamp of a number": (
        lambda loss: torch.clamp(LN2 - loss / 2, min=0),
        "torch's functions take",
    ),
    "the exponential": (lambda loss: math.exp(LN2 - loss / 2), "the exponential of the right"),
    "the absolute value": (lambda loss: abs(LN2 - loss / 2), "and that is too much"),
}

RIGHT_BLIND = [
    ([-1.0, 1.0], [-3.0, 3.0]),
    ([7, 7, 7, 7], [5, 9, 4, 10]),
    (np.linspace(-0.5, 0.5, 11), np.linspace(-4, 4, 11)),
    (torch.tensor([0.0, 6.0]), torch.tensor([2.0, 4.0])),
    (torch.arange(5), torch.tensor([-8.0, 0.0, 1.0, 2.0, 15.0])),
    ([-1e6, 1e6], [-3e6, 3e6]),
]

WRONG_BLIND = {
    "side by side": ([0.0, 1.0], [2.0, 3.0], "gets a loss of"),
    "far apart": ([0.0, 0.1], [100.0, 100.1], "gets a loss of"),
    "equal medians": ([-1.0, 0.0, 1.0], [-9.0, 0.0, 3.0], "gets a loss of"),
    "equal middles of the ranges": ([-1.0, 0.0, 1.0], [-3.0, 2.0, 3.0], "gets a loss of"),
    "a little off": ([-1.0, 1.0], [-3.0, 3.02], "gets a loss of"),
    "the same, shuffled": ([1.0, 2.0, 3.0], [3.0, 1.0, 2.0], "The order in a list"),
    "too near": ([-1.0, 1.0], [-1.5, 1.5], "The order in a list"),
    "unequal numbers": ([0.0], [-2.0, 2.0], "as many fake numbers"),
    "one number": (0.0, 0.0, "a plain list of numbers"),
    "pairs": ([[-1.0, 1.0]], [[-3.0, 3.0]], "a plain list of numbers"),
    "words": ("ab", "cd", "a plain list of numbers"),
    "not finite": ([math.nan, 1.0], [-3.0, 3.0], "not finite"),
    "nothing": ([], [], "from 1 to 1,000"),
}
