"""Right and wrong answers to the exercises of lesson 02, each with what its diagnosis must say."""

import math

import torch
from torch.nn import functional as F


def d_loss(real, fake):
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def d_loss_with_labels(real, fake):
    bce = F.binary_cross_entropy_with_logits
    return bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))


def d_loss_with_logsigmoid(real, fake):
    return -(F.logsigmoid(real).mean() + F.logsigmoid(-fake).mean())


RIGHT_D = [d_loss, d_loss_with_labels, d_loss_with_logsigmoid]


def _log_of_sigmoid(real, fake):
    return -real.sigmoid().log().mean() - (1 - fake.sigmoid()).log().mean()


def _eps(real, fake):
    return -(real.sigmoid() + 1e-8).log().mean() - (1 - fake.sigmoid() + 1e-8).log().mean()


def _together(real, fake):
    targets = torch.cat([torch.ones_like(real), torch.zeros_like(fake)])
    return F.binary_cross_entropy_with_logits(torch.cat([real, fake]), targets)


WRONG_D = {
    "min and max exchanged": (lambda r, f: -d_loss(r, f), "min and max are exchanged"),
    "one loss for both players": (
        lambda r, f: d_loss(r, f) + F.softplus(-f).mean(),
        "in the same breath",
    ),
    "label 1 for both": (
        lambda r, f: F.softplus(-r).mean() + F.softplus(-f).mean(),
        "label 0 never occurs",
    ),
    "sigmoid then from logits": (lambda r, f: d_loss(r.sigmoid(), f.sigmoid()), "a sigmoid too"),
    "labels exchanged": (lambda r, f: d_loss(-r, -f), "the labels are exchanged"),
    "sum for mean": (
        lambda r, f: F.softplus(-r).sum() + F.softplus(f).sum(),
        "you add up over the samples",
    ),
    "one mean for both": (_together, "over real and fake together"),
    "half": (lambda r, f: d_loss(r, f) / 2, "this is half of it"),
    "only real": (lambda r, f: F.softplus(-r).mean(), "only the real samples"),
    "only fake": (lambda r, f: F.softplus(f).mean(), "only the fake samples"),
    "bits": (lambda r, f: d_loss(r, f) / math.log(2), "in bits"),
    "no mean": (lambda r, f: F.softplus(f), "a loss is one number"),
    "a float": (lambda r, f: d_loss(r, f).item(), "return a tensor"),
    "detached": (lambda r, f: d_loss(r, f).detach(), "lost its gradient"),
    "fake logits detached": (
        lambda r, f: d_loss(r, f.detach()),
        "no gradient reaches fake_logits",
    ),
    "real logits detached": (
        lambda r, f: d_loss(r.detach(), f),
        "no gradient reaches real_logits",
    ),
    "log of sigmoid": (_log_of_sigmoid, "rounded to 0"),
    "eps": (_eps, "flattens the loss"),
    "hinge": (lambda r, f: (1 - r).relu().mean() + (1 + f).relu().mean(), "on a few random"),
}


def saturating(real, fake):
    return -F.softplus(fake).mean()


def non_saturating(real, fake):
    return F.softplus(-fake).mean()


RIGHT_SATURATING = [
    saturating,
    lambda r, f: F.logsigmoid(-f).mean(),
    lambda r, f: -F.binary_cross_entropy_with_logits(f, torch.zeros_like(f)),
]

WRONG_SATURATING = {
    "sign": (lambda r, f: -saturating(r, f), "G would work for D"),
    "the other loss": (non_saturating, "the answer to the second half"),
    "inverted objective": (lambda r, f: -non_saturating(r, f), "the objective is inverted"),
    "real term kept": (lambda r, f: -d_loss(r, f), "changes with the real logits"),
    "D's loss": (d_loss, "changes with the real logits"),
    "sum for mean": (lambda r, f: -F.softplus(f).sum(), "you add up over the samples"),
    "log of the mean": (lambda r, f: (1 - f.sigmoid().mean()).log(), "E[log], not log E"),
    "log of sigmoid": (lambda r, f: (1 - f.sigmoid()).log().mean(), "rounded to 0"),
    "detached": (lambda r, f: saturating(r, f.detach()), "lost its gradient"),
    "Wasserstein": (lambda r, f: -f.mean(), "on a few random logits"),
}

RIGHT_NON_SATURATING = [
    non_saturating,
    lambda r, f: -F.logsigmoid(f).mean(),
    lambda r, f: F.binary_cross_entropy_with_logits(f, torch.ones_like(f)),
]

WRONG_NON_SATURATING = {
    "inverted objective": (lambda r, f: -non_saturating(r, f), "The minus is missing"),
    "the other loss": (saturating, "the saturating loss"),
    "D's term": (lambda r, f: -saturating(r, f), "D's part of the game"),
    "real term kept": (
        lambda r, f: F.softplus(-f).mean() + F.softplus(r).mean(),
        "changes with the real logits",
    ),
    "sum for mean": (lambda r, f: F.softplus(-f).sum(), "you add up over the samples"),
    "log of the mean": (lambda r, f: -f.sigmoid().mean().log(), "E[log], not log E"),
    "log of sigmoid": (lambda r, f: -f.sigmoid().log().mean(), "rounded to 0"),
    "detached": (lambda r, f: non_saturating(r, f.detach()), "lost its gradient"),
    "least squares": (lambda r, f: (f - 1).square().mean(), "on a few random logits"),
}


def max_error(logits, p, q):
    return (logits.sigmoid() - p / (p + q)).abs()[p + q > 0.01].max()


def max_error_in_a_loop(logits, p, q):
    worst = 0.0
    for t, a, b in zip(logits.tolist(), p.tolist(), q.tolist(), strict=True):
        if a + b > 0.01:
            worst = max(worst, abs(1 / (1 + math.exp(-t)) - a / (a + b)))
    return worst


RIGHT_ERRORS = [max_error, max_error_in_a_loop]

WRONG_ERRORS = {
    "every place": (
        lambda t, p, q: (t.sigmoid() - p / (p + q)).abs().nan_to_num(0).max(),
        "hardly a sample falls",
    ),
    "0/0": (lambda t, p, q: (t.sigmoid() - p / (p + q)).abs().max(), "0/0"),
    "mean": (
        lambda t, p, q: (t.sigmoid() - p / (p + q)).abs()[p + q > 0.01].mean(),
        "this is the mean",
    ),
    "no absolute value": (
        lambda t, p, q: (t.sigmoid() - p / (p + q))[p + q > 0.01].max(),
        "the absolute value is missing",
    ),
    "logits with probabilities": (
        lambda t, p, q: (t - p / (p + q)).abs()[p + q > 0.01].max(),
        "logits with probabilities",
    ),
    "logits with logits": (
        lambda t, p, q: (t - (p / q).log()).abs()[p + q > 0.01].max(),
        "logits with logits",
    ),
    "q / (p + q)": (lambda t, p, q: max_error(t, q, p), "D* is p / (p + q)"),
    "only where p is": (
        lambda t, p, q: (t.sigmoid() - p / (p + q)).abs()[p > 0.01].max(),
        "as long as q is there",
    ),
    "all errors": (
        lambda t, p, q: (t.sigmoid() - p / (p + q)).abs()[p + q > 0.01],
        "take the largest",
    ),
    "twice": (lambda t, p, q: 2 * max_error(t, p, q), "on five places"),
}

LN2 = math.log(2)
RIGHT_READINGS = [
    lambda loss: LN2 - loss / 2,
    lambda loss: (math.log(4) - loss) / 2,
]

WRONG_READINGS = {
    "sign": (lambda loss: loss / 2 - LN2, "the sign is turned"),
    "twice": (lambda loss: 2 * LN2 - loss, "this is 2 JS"),
    "half forgotten": (lambda loss: 2 * LN2 - loss / 2, "ln 4 needs the half"),
    "V for the loss": (lambda loss: LN2 + loss / 2, "right for V"),
    "bits": (lambda loss: 1 - loss / 2 / LN2, "in bits"),
    "2 forgotten": (lambda loss: LN2 - loss, "the 2 in front of JS"),
    "a constant": (lambda loss: LN2 - 0.5, "for a loss of 1.3863"),
    "something else": (lambda loss: 3.0, "for a loss of 1 you get"),
}
