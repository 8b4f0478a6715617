"""Answers to the exercises of lesson 10 that stand in no table, and what is to be said of them."""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


def ones(logits):
    return torch.ones_like(logits)


def zeros(logits):
    return torch.zeros_like(logits)


# -- least squares ---------------------------------------------------------------------------


def ls_d(real, fake):
    return (real - 1).square().mean() + fake.square().mean()


def ls_g(real, fake):
    return (fake - 1).square().mean()


def ls_in_a_loop(real, fake):
    total = 0.0
    for a, b in zip(real, fake, strict=True):
        total = total + (a - 1) ** 2 + b**2
    return total / len(real)


def ls_of_all(real, fake):
    """One criterion for the whole batch; its mean is over twice as many."""
    targets = torch.cat([ones(real), zeros(fake)])
    return 2 * nn.MSELoss()(torch.cat([real, fake]), targets)


RIGHT_LS = [
    (ls_d, ls_g),
    (
        lambda r, f: F.mse_loss(r, ones(r)) + F.mse_loss(f, zeros(f)),
        lambda r, f: F.mse_loss(f, ones(f)),
    ),
    (lambda r, f: ((1 - r) ** 2 + f**2).mean(), lambda r, f: sum((1 - f) ** 2) / len(f)),
    (ls_in_a_loop, lambda r, f: torch.stack([(x - 1) ** 2 for x in f]).mean().reshape(1)),
    (ls_of_all, lambda r, f: torch.linalg.vector_norm(f - 1) ** 2 / len(f)),
    (lambda r, f: ls_d(r.double(), f.double()), lambda r, f: f.square().mean() - 2 * f.mean() + 1),
]
HALVED_LS = (lambda r, f: ls_d(r, f) / 2, lambda r, f: 0.5 * ls_g(r, f))
LS_WITH_CONSTANTS = (lambda r, f: ls_d(r, f) + 3, lambda r, f: (f**2).mean() - 2 * f.mean())

WRONG_LS = {
    "no mean": (lambda r, f: (r - 1) ** 2 + f**2, ls_g, "D's loss: 2 numbers come back"),
    "a float": (lambda r, f: ls_d(r, f).item(), ls_g, "D's loss: it is no tensor"),
    "NumPy": (lambda r, f: np.mean(r.detach().numpy()), ls_g, "D's loss: it is no tensor"),
    "detached": (lambda r, f: ls_d(r, f).detach(), ls_g, "D's loss: the gradient is lost"),
    "two numbers": (
        lambda r, f: ((r - 1).square().mean(), f.square().mean()),
        ls_g,
        "D's loss: it has 2 parts",
    ),
    "no return": (lambda r, f: None, ls_g, "D's loss: None comes back"),
    "backward in the loss": (lambda r, f: ls_d(r, f).backward(), ls_g, "calls backward()"),
    "a number for a target": (
        lambda r, f: F.mse_loss(r, 1) + F.mse_loss(f, 0),
        ls_g,
        "losses compare two tensors",
    ),
    "a power with ^": (lambda r, f: ((r - 1) ^ 2).mean(), ls_g, "^ is no power in Python"),
    "a layer for a loss": (
        lambda r, f: nn.MSELoss(r, ones(r)),
        ls_g,
        "nn.MSELoss is made first, then called",
    ),
    "in place": (
        lambda r, f: ls_d(r.sub_(1) + 1, f),
        ls_g,
        "your code changes the outputs in place",
    ),
    "soft targets for fakes": (
        lambda r, f: (r - 1).square().mean() + (f - 0.1).square().mean(),
        ls_g,
        "you do with the real samples is right, look at the fake ones",
    ),
    "divided once more": (lambda r, f: ls_d(r, f) / len(r), ls_g, "divided by their number once"),
    "two mistakes": (
        lambda r, f: (r - 0.9).square().mean() + (f + 1).square().mean(),
        ls_g,
        "two things at once",
    ),
    "the largest": (
        lambda r, f: (((r - 1) ** 2) + f**2).max(),
        ls_g,
        "D's loss: this is the largest of the single terms",
    ),
    "fourth powers": (
        lambda r, f: ((r - 1) ** 4 + f**4).mean(),
        ls_g,
        "D's loss: For one sample of each kind",
    ),
    "G without fakes": (ls_d, lambda r, f: (r - 1).square().mean(), "it says nothing of on_fake"),
    "G doubled": (ls_d, lambda r, f: 2 * ls_g(r, f), "G's loss: always twice the right value"),
    "G detached": (ls_d, lambda r, f: ls_g(r, f.detach()), "G's loss: the gradient is lost"),
    "G the median": (
        ls_d,
        lambda r, f: ((f - 1) ** 2).median(),
        "G's loss: this is the median of the single terms",
    ),
}

# -- hinge -----------------------------------------------------------------------------------


def hinge_d(real, fake):
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def mean_g(real, fake):
    return -fake.mean()


def hinge_with_min(real, fake):
    return -torch.clamp(real - 1, max=0).mean() - torch.clamp(-1 - fake, max=0).mean()


def hinge_with_where(real, fake):
    short, over = 1 - real, 1 + fake
    return (torch.where(short > 0, short, 0.0) + torch.where(over > 0, over, 0.0)).mean()


def hinge_by_ranking(real, fake):
    """PyTorch's margin loss, each kind ranked against 0."""
    of_real = F.margin_ranking_loss(real, zeros(real), ones(real), margin=1.0)
    return of_real + F.margin_ranking_loss(fake, zeros(fake), -ones(fake), margin=1.0)


def hinge_in_a_loop(real, fake):
    of_real = sum(max(1 - a, 0 * a) for a in real) / len(real)
    return of_real + sum(max(1 + b, 0 * b) for b in fake) / len(fake)


HINGE_WITH_CONSTANTS = (lambda r, f: hinge_d(r, f) - 2, lambda r, f: 1 - f.mean())
RIGHT_HINGE = [
    (hinge_d, mean_g),
    (hinge_with_min, lambda r, f: f.mean().neg()),
    (hinge_with_where, lambda r, f: -f.sum() / len(f)),
    (hinge_by_ranking, lambda r, f: torch.mean(-f)),
    (hinge_in_a_loop, lambda r, f: -f.double().mean()),
]
WRONG_HINGE = {
    "torch.maximum with a number": (
        lambda r, f: torch.maximum(0, 1 - r).mean(),
        mean_g,
        "takes tensors only",
    ),
    "a layer for a function": (lambda r, f: nn.ReLU(1 - r).mean(), mean_g, "nn.ReLU makes a layer"),
    "half": (
        lambda r, f: F.relu(torch.cat([1 - r, 1 + f])).mean(),
        mean_g,
        "D's loss: always half the right value",
    ),
    "Python's max": (lambda r, f: max(0, 1 - r).mean(), mean_g, "one yes or no, not a tensor"),
    "torch.max along 0": (lambda r, f: torch.max(1 - r, 0).mean(), mean_g, "along dimension 0"),
    "no mean": (lambda r, f: F.relu(1 - r) + F.relu(1 + f), mean_g, "D's loss: 2 numbers come"),
    "another end": (
        lambda r, f: F.relu6(1 - r).mean() + F.relu6(1 + f).mean(),
        mean_g,
        "D's loss: Right for one sample of each kind; but for outputs of ±20",
    ),
    "another margin for fakes": (
        lambda r, f: F.relu(1 - r).mean() + F.relu(1.5 + f).mean(),
        mean_g,
        "you do with the real samples is right, look at the fake ones",
    ),
    "both": (
        lambda r, f: -(F.relu(1 - r).square().mean() + F.relu(1 + f).square().mean()),
        mean_g,
        "D's loss: For one sample of each kind",
    ),
    "G detached": (hinge_d, lambda r, f: -f.detach().mean(), "G's loss: the gradient is lost"),
    "G's best sample": (
        hinge_d,
        lambda r, f: -f.min(),
        "G's loss: this is the largest of the single terms",
    ),
    "G against D(real)": (
        hinge_d,
        lambda r, f: 2 * (r - f).mean(),
        "your result changes with on_real, and it must not",
    ),
}

# -- relativistic pairs ----------------------------------------------------------------------


def pairs_d(real, fake):
    return F.softplus(fake - real).mean()


def pairs_g(real, fake):
    return F.softplus(real - fake).mean()


def softmax_of(first, second):
    """Which of the two? A classifier of two classes, the first one right."""
    return F.cross_entropy(torch.stack([first, second], 1), zeros(first).long())


def mapped(real, fake):
    return torch.func.vmap(lambda a, b: F.softplus(b - a))(real, fake).mean()


PAIRS_WITH_CONSTANTS = (lambda r, f: pairs_d(r, f) + 3, lambda r, f: pairs_g(r, f) - 1)
RIGHT_PAIRS = [
    (pairs_d, pairs_g),
    (lambda r, f: -F.logsigmoid(r - f).mean(), lambda r, f: -F.logsigmoid(f - r).mean()),
    (
        lambda r, f: F.binary_cross_entropy_with_logits(r - f, ones(r)),
        lambda r, f: F.binary_cross_entropy_with_logits(f - r.detach(), ones(f)),
    ),
    (lambda r, f: softmax_of(r, f), lambda r, f: softmax_of(f, r)),
    (lambda r, f: torch.logaddexp(zeros(r), f - r).mean(), lambda r, f: mapped(f, r)),
]


def a_name_overwritten(real_logits, fake_logits):
    real_logits = real_logits - fake_logits
    fake_logits = fake_logits - real_logits  # real_logits is no logit any more
    return (F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()) / 2


def overwritten_in_g(real_logits, fake_logits):
    real_logits = real_logits - fake_logits
    fake_logits = fake_logits - real_logits
    return F.softplus(-fake_logits).mean()


def overwritten_twice(real_logits, fake_logits):
    real_logits -= fake_logits
    fake_logits = fake_logits - real_logits
    return F.softplus(fake_logits - real_logits).mean()


WRONG_PAIRS = {
    "a name overwritten": (a_name_overwritten, pairs_g, "a name is overwritten before it is used"),
    "overwritten in G's loss": (pairs_d, overwritten_in_g, "a name is overwritten before"),
    "overwritten, used again": (
        lambda r, f: overwritten_twice(r.clone(), f),
        pairs_g,
        "a name is overwritten before",
    ),
    "no mean": (lambda r, f: F.softplus(f - r), pairs_g, "D's loss: 2 numbers come back"),
    "log of BCE": (
        lambda r, f: -torch.log(1 / (1 + torch.exp(f - r))).mean(),
        pairs_g,
        "an exp overflows there",
    ),
    "targets exchanged": (
        lambda r, f: F.binary_cross_entropy_with_logits(r - f, zeros(r)),
        pairs_g,
        "the sign of the difference is turned",
    ),
    "the other way round, negative": (
        lambda r, f: F.logsigmoid(r - f).mean(),
        pairs_g,
        "D's loss: the sign is turned",
    ),
    "each against a center": (
        lambda r, f: F.softplus(0.5 - r).mean() + F.softplus(f - 0.5).mean(),
        pairs_g,
        "D's loss: it changes when 7 is added to all outputs",
    ),
    "sorted": (
        lambda r, f: F.softplus(f.sort().values - r.sort().values).mean(),
        pairs_g,
        "D's loss: Right for one sample of each kind",
    ),
    "the worst pair": (
        lambda r, f: F.softplus(f - r).max(),
        pairs_g,
        "D's loss: this is the largest of the single terms",
    ),
    "in bits": (lambda r, f: pairs_d(r, f) / math.log(2), pairs_g, "1 / ln 2 = 1.443 times"),
    "G a product": (
        pairs_d,
        lambda r, f: F.softplus(-r * f).mean(),
        "G's loss: it changes when 7 is added",
    ),
    "G in decibels": (pairs_d, lambda r, f: 10 * pairs_g(r, f), "G's loss: always 10 times"),
}

# -- what D's output means -------------------------------------------------------------------


def best_outputs(p, q):
    return (p / q).log(), p / (p + q), (p - q).sign()


def best_outputs_by_hand(p, q):
    logits = [math.log(a) - math.log(b) for a, b in zip(p.tolist(), q.tolist(), strict=True)]
    votes = torch.where(p > q, 1, -1)
    return [logits, torch.sigmoid(torch.tensor(logits)), votes]


def best_outputs_by_logit(p, q):
    return torch.logit(p / (p + q)), 1 / (1 + q / p), 2 * (p > q).float() - 1


def best_outputs_in_one(p, q):
    return torch.stack(best_outputs(p, q))


def best_outputs_in_numpy(p, q):
    p, q = p.numpy().astype(np.float64), q.numpy().astype(np.float64)
    return {"ce": np.log(p) - np.log(q), "ls": p / (p + q), "hinge": np.sign(p - q)}


RIGHT_OUTPUTS = [
    best_outputs,
    best_outputs_by_hand,
    best_outputs_by_logit,
    best_outputs_in_one,
    best_outputs_in_numpy,
]


def outputs(**changed):
    """Return the right answer with one of its three parts exchanged."""

    def answer(p, q):
        names = ("ce", "ls", "hinge")
        right = dict(zip(names, best_outputs(p, q), strict=True))
        return tuple(changed[name](p, q) if name in changed else right[name] for name in names)

    return answer


WRONG_OUTPUTS = {
    "the order": (
        lambda p, q: (p / (p + q), (p / q).log(), (p - q).sign()),
        "that is the probability",
    ),
    "math's logarithm": (outputs(ce=lambda p, q: math.log(p / q)), "torch has the same ones"),
    "the density": (outputs(ce=lambda p, q: p), "cross entropy: q changes nothing"),
    "a softmax over places": (
        outputs(ce=lambda p, q: (p / q).log().softmax(0)),
        "cross entropy: For one place: p = 0.3, q = 0.1 should give 1.099",
    ),
    "ce doubled": (outputs(ce=lambda p, q: 2 * (p / q).log()), "cross entropy: always twice"),
    "ce turned": (
        outputs(ce=lambda p, q: -(p.log() - q.log())),
        "cross entropy: p and q are exchanged",
    ),
    "ls squared": (
        outputs(ls=lambda p, q: (p / (p + q)) ** 2),
        "least squares: this is the square of the right value",
    ),
    "ls rounded": (outputs(ls=lambda p, q: (p / (p + q)).round()), "a mean of the targets, no"),
    "hinge a share": (outputs(hinge=lambda p, q: 1 - 2 * q / (p + q)), "all the way to the margin"),
    "hinge without end": (
        outputs(hinge=lambda p, q: torch.where(p > q, torch.inf, -torch.inf)),
        "beyond the margin nothing is won",
    ),
    "hinge a truth value": (outputs(hinge=lambda p, q: p > q), "the fakes' margin is at -1"),
    "hinge by if": (outputs(hinge=lambda p, q: 1 if p > q else -1), "one yes or no, not a tensor"),
    "hinge at 2": (
        outputs(hinge=lambda p, q: 2 * (p - q).sign()),
        "hinge: For one place: p = 0.3, q = 0.1 should give 1, and you return 2",
    ),
    "one thing": (lambda p, q: p / (p + q), "return three things"),
    "two things": (lambda p, q: best_outputs(p, q)[:2], "return three things"),
    "nothing": (lambda p, q: None, "None comes back"),
    "one number": (outputs(ls=lambda p, q: (p / (p + q)).mean()), "One number for each place"),
}
