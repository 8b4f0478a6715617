"""Right and wrong answers to the exercises of lesson 12, each with what its diagnosis must say."""

import copy
import math
import statistics

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from gan_lessons import losses, metrics, models, penalties

# -- zero-centered penalties -----------------------------------------------------------------


def _r1_and_r2(take):
    """Make the pair of answers from one function of (D, x, gamma, other)."""
    return (
        lambda D, real, fake, gamma: take(D, real, gamma, fake),
        lambda D, real, fake, gamma: take(D, fake, gamma, real),
    )


def _penalty(
    *,
    batch=lambda x, other: x.detach(),
    require=lambda x: x.requires_grad_(),
    logits=lambda out: out.sum(),
    create_graph=True,
    square=lambda slope: slope.flatten(1).square().sum(1),
    reduce=lambda squares: squares.mean(),
    strength=lambda gamma: gamma / 2,
):
    """Build a pair of penalties that differs from the reference in one place."""

    def take(D, x, gamma, other):
        x = require(batch(x, other))
        (slope,) = torch.autograd.grad(logits(D(x)), x, create_graph=create_graph)
        return strength(gamma) * reduce(square(slope))

    return _r1_and_r2(take)


def _with_ones(D, x, gamma, other):
    """grad_outputs in place of a sum, einsum for the squares, the mean by hand."""
    x = x.detach().clone().requires_grad_(True)
    out = D(x)
    slope = torch.autograd.grad(
        outputs=out, inputs=x, grad_outputs=torch.ones_like(out), create_graph=True
    )[0].reshape(len(x), -1)
    return 0.5 * gamma * torch.einsum("bi,bi->", slope, slope) / x.shape[0]


def _one_by_one(D, x, gamma, other):
    """A loop over the samples: slow and right."""
    total = 0.0
    for sample in x.detach():
        sample = sample[None].clone().requires_grad_()
        total = total + torch.autograd.grad(D(sample), sample, create_graph=True)[0].pow(2).sum()
    return gamma * total / (2 * len(x))


def _as_published(D, real, fake, gamma):
    """Mescheder's own code asks the batch itself for a gradient."""
    real.requires_grad_()
    out = D(real)
    slope = torch.autograd.grad(out.sum(), real, create_graph=True, retain_graph=True)[0]
    return gamma / 2 * slope.pow(2).view(slope.size(0), -1).sum(1).mean()


RIGHT_PENALTIES = [
    _penalty(),
    _r1_and_r2(_with_ones),
    _r1_and_r2(_one_by_one),
    (
        lambda D, real, fake, gamma: penalties.r1(D, real, fake, gamma=gamma),
        lambda D, real, fake, gamma: penalties.r2(D, real, fake, gamma=gamma),
    ),
]
AS_PUBLISHED = (_as_published, _penalty()[1])


def _by_vmap(D, x, gamma, other):
    """The slope as a function of one sample, and all at once."""
    slope = torch.func.vmap(torch.func.grad(lambda sample: D(sample[None]).sum()))(x.detach())
    return gamma / 2 * slope.square().flatten(1).sum(1).mean()


def _in_float64(D, x, gamma, other):
    x = x.detach().requires_grad_()
    (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return 0.5 * gamma * slope.double().pow(2).sum() / len(x)


RIGHT_PENALTIES += [_r1_and_r2(_by_vmap), _r1_and_r2(_in_float64)]


def _half_detached(D, x, gamma, other):
    x = x.detach().requires_grad_()
    (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    length = slope.flatten(1).norm(dim=1)
    return gamma / 2 * (length * length.detach()).mean()


def _backward(D, x, gamma, other):
    x = x.detach().requires_grad_()
    D(x).sum().backward(create_graph=True)
    return gamma / 2 * x.grad.flatten(1).square().sum(1).mean()


def _another_tensor(D, x, gamma, other):
    x, y = (x.detach().clone().requires_grad_() for _ in range(2))
    (slope,) = torch.autograd.grad(D(y).sum(), x, create_graph=True)
    return gamma / 2 * slope.flatten(1).square().sum(1).mean()


def _between(x, other):
    alpha = torch.rand(len(x), *[1] * (x.ndim - 1))
    return (alpha * x + (1 - alpha) * other).detach()


def _in_place(x, other):
    x.mul_(0.5)
    return x.detach()


def _by_the_weights(D, x, gamma, other):
    squares = 0
    for g in torch.autograd.grad(D(x.detach()).sum(), list(D.parameters()), create_graph=True):
        squares = squares + g.square().sum()
    return gamma / 2 * squares


R1, R2 = _penalty()

WRONG_PENALTIES = {
    "R1 and R2 exchanged": ((R2, R1), "R1: it is taken at the other batch"),
    "R1 twice": ((R1, R1), "R2: right, with real and fake exchanged"),
    "both batches at once": (
        (lambda D, real, fake, gamma: penalties.zero_centered(D, real, fake, gamma=gamma), R2),
        "R1: it looks at both batches",
    ),
    "between real and fake": (_penalty(batch=_between), "its slope is taken somewhere else"),
    "R2 between real and fake": (
        (R1, _penalty(batch=_between)[1]),
        "R2: its slope is taken somewhere else",
    ),
    "mean over all numbers": (
        _penalty(square=lambda slope: slope.square()),
        "R1: it is the mean over a sample's numbers",
    ),
    "R2 without the half": (
        (R1, _penalty(strength=lambda gamma: gamma)[1]),
        "R2: always twice the right value: a factor of 2 too much, or a half",
    ),
    "by the weights": (_r1_and_r2(_by_the_weights), "R1: it is the slope by D's weights"),
    "slope detached": (
        _penalty(square=lambda slope: slope.detach().flatten(1).square().sum(1)),
        "R1: the right value and no effect",
    ),
    "result detached": (
        (R1, _penalty(reduce=lambda squares: squares.mean().detach())[1]),
        "R2: the right value and no effect",
    ),
    "half detached": (_r1_and_r2(_half_detached), "a part of it is detached"),
    "norm of the whole batch": (
        _penalty(square=lambda slope: slope.norm().square()),
        "R1: the batch adds up",
    ),
    "one per sample": (_penalty(reduce=lambda squares: squares), "should be one number"),
    "a number": (_penalty(reduce=lambda squares: float(squares.mean())), "float came back"),
    "gradient at another tensor": (_r1_and_r2(_another_tensor), "a tensor that D never saw"),
    "backward for grad": (_r1_and_r2(_backward), "leaves gradients in D's weights"),
    "fake not detached": (
        (R1, _penalty(batch=lambda x, other: x, require=lambda x: x)[1]),
        "R2: it reaches G through the fake batch",
    ),
    "NaN where D is flat": (
        _penalty(square=lambda slope: slope.flatten(1).square().sum(1).sqrt() ** 2),
        "a NaN where D is flat",
    ),
    "the real batch changed": (_penalty(batch=_in_place), "your code changes real in place"),
    "the fake batch changed": (
        (R1, _penalty(batch=lambda x, other: x.data.mul_(0.5))[1]),
        "R2: your code changes the fake batch",
    ),
    "eps added": (
        _penalty(square=lambda slope: slope.flatten(1).square().sum(1) + 0.01),
        "should give 5, and you return 5.01",
    ),
    "three times": (_penalty(strength=lambda gamma: 1.5 * gamma), "always 3 times the right"),
    "sigmoid, and no half": (
        _penalty(logits=lambda out: out.sigmoid().sum(), strength=lambda gamma: gamma),
        "R1: two things at once",
    ),
}

# -- the average of a generator with batch norm ----------------------------------------------


def average(average, G, decay):
    with torch.no_grad():
        for kept, new in zip(average.parameters(), G.parameters(), strict=True):
            kept.lerp_(new, 1 - decay)
        for kept, new in zip(average.buffers(), G.buffers(), strict=True):
            kept.copy_(new)


def average_by_names(average, G, decay):
    """state_dict entries by name: what is a parameter moves, the rest is copied."""
    weights, mine, theirs = dict(G.named_parameters()), average.state_dict(), G.state_dict()
    for name, value in mine.items():
        new = theirs[name]
        value.copy_(decay * value + (1 - decay) * new if name in weights else new)


def average_by_data(average, G, decay):
    """data in place of no_grad, and an average that wants no gradients."""
    average.requires_grad_(False)
    for kept, new in zip(average.parameters(), G.parameters(), strict=True):
        kept.data = kept.data * decay + new.data * (1 - decay)
    for kept, new in zip(average.buffers(), G.buffers(), strict=True):
        kept.data = new.data.clone()


def average_of_the_library(average, G, decay):
    models.update_average(average, G, decay=decay)


@torch.no_grad()
def average_by_foreach(average, G, decay):
    """The lists of PyTorch's optimizers, and all buffers at once."""
    kept, new = list(average.parameters()), list(G.parameters())
    torch._foreach_mul_(kept, decay)
    torch._foreach_add_(kept, new, alpha=1 - decay)
    average.load_state_dict(dict(G.named_buffers()), strict=False)


def average_by_loading(average, G, decay):
    """A new state, in float64, and loaded."""
    state = dict(G.state_dict())
    for name, old in average.named_parameters():
        state[name] = decay * old.detach().double() + (1 - decay) * state[name].double()
    average.load_state_dict(state)


RIGHT_AVERAGES = [
    average,
    average_by_names,
    average_by_data,
    average_of_the_library,
    average_by_foreach,
    average_by_loading,
]


def _and_then(step, last):
    """Return a step after which something else is done to (average, G)."""

    def answer(average, G, decay):
        step(average, G, decay)
        last(average, G)

    return answer


def _moving(choose, move=lambda kept, new, decay: kept.lerp_(new, 1 - decay)):
    """Return a step that moves some of the parameters and copies all buffers."""

    @torch.no_grad()
    def answer(average, G, decay):
        for kept, new in zip(choose(average), choose(G), strict=True):
            move(kept, new, decay)
        for kept, new in zip(average.buffers(), G.buffers(), strict=True):
            kept.copy_(new)

    return answer


def _all(net):
    return list(net.parameters())


def _on_the_graph(average, G, decay):
    for mine, theirs in zip(average, G, strict=True):
        for name, new in theirs.named_parameters():
            old = getattr(mine, name)
            mine._parameters.pop(name)
            mine._parameters[name] = decay * old + (1 - decay) * new
    for kept, new in zip(average.buffers(), G.buffers(), strict=True):
        kept.copy_(new)


def _all_of_the_state(average, G, decay):
    with torch.no_grad():
        new = G.state_dict()
        for name, kept in average.state_dict().items():
            kept.mul_(decay).add_(new[name], alpha=1 - decay)


def _all_of_the_state_as_floats(average, G, decay):
    new = G.state_dict()
    average.load_state_dict(
        {
            name: decay * kept + (1 - decay) * new[name]
            for name, kept in average.state_dict().items()
        }
    )


def _load(average, G, decay):
    average.load_state_dict(G.state_dict())


def _a_new_one(average, G, decay):
    fresh = copy.deepcopy(average)
    models.update_average(fresh, G, decay=decay)
    return fresh


def _only_running_means(average, G, decay):
    _moving(_all)(average, G, decay)
    average[1].running_var.fill_(1.0)


def _away_from_g(average, G, decay):
    _moving(_all, lambda kept, new, decay: kept.add_((1 - decay) * (kept - new)))(average, G, decay)


def _warms_up(average, G, decay):
    average.n = getattr(average, "n", 0) + 1
    decay = min(decay, (1 + average.n) / (10 + average.n))
    with torch.no_grad():
        for a, g in zip(average.parameters(), G.parameters(), strict=True):
            a.lerp_(g, 1 - decay)
        for a, g in zip(average.buffers(), G.buffers(), strict=True):
            a.copy_(g)


WRONG_AVERAGES = {
    "warms up": (_warms_up, "held down in the first steps"),
    "whole numbers averaged": (_all_of_the_state, "a whole number and cannot be averaged"),
    "the whole state averaged": (_all_of_the_state_as_floats, "the buffers are averaged"),
    "a plain copy": (_load, "a plain copy of G"),
    "a new network": (_a_new_one, "what moves is a copy"),
    "G loads the average": (
        lambda average, G, decay: models.update_average(G, average, decay=decay),
        "G's own weights are changed",
    ),
    "same buffers": (
        _and_then(_moving(_all), lambda average, G: average[1]._buffers.update(G[1]._buffers)),
        "both hold the same tensors",
    ),
    "on the graph": (_on_the_graph, "drags along the graph"),
    "G frozen": (
        _and_then(average, lambda average, G: G.requires_grad_(False)),
        "G's weights no longer require gradients",
    ),
    "G in eval mode": (
        _and_then(average, lambda average, G: G.eval()),
        "G was put into eval mode",
    ),
    "buffers zeroed": (
        _and_then(average, lambda average, G: [b.zero_() for b in average.buffers()]),
        "are not G's, 1.running_mean, 1.running_var, 1.num_batches_tracked",
    ),
    "a variance of its own": (_only_running_means, "are not G's, 1.running_var: copy"),
    "weights of matrices only": (
        _moving(lambda net: [p for p in net.parameters() if p.ndim > 1]),
        "some parameters stay behind: 0.bias, 1.weight, 1.bias, 3.bias",
    ),
    "linear layers only": (
        _moving(lambda net: [p for m in net if isinstance(m, nn.Linear) for p in m.parameters()]),
        "some parameters stay behind: 1.weight, 1.bias.",
    ),
    "away from G": (_away_from_g, "the average runs away from G"),
    "decay written in": (
        _moving(_all, lambda kept, new, decay: kept.lerp_(new, 0.001)),
        "decay changes nothing in your result",
    ),
    "moved twice": (
        _moving(_all, lambda kept, new, d: kept.lerp_(new, 1 - d).lerp_(new, 1 - d)),
        "is not kept ← decay",
    ),
}

# -- one-sided smoothing ---------------------------------------------------------------------


def smoothed(real_logits, fake_logits, target):
    real = target * F.softplus(-real_logits) + (1 - target) * F.softplus(real_logits)
    return real.mean() + F.softplus(fake_logits).mean()


def smoothed_by_bce(real_logits, fake_logits, target):
    """Label tensors and BCE with logits."""
    bce = F.binary_cross_entropy_with_logits
    return bce(real_logits, torch.full_like(real_logits, target)) + bce(
        fake_logits, torch.zeros_like(fake_logits)
    )


def smoothed_by_shift(real_logits, fake_logits, target):
    """softplus(t) = softplus(-t) + t."""
    return (
        F.softplus(-real_logits).mean()
        + (1 - target) * real_logits.mean()
        - F.logsigmoid(-fake_logits).mean()
    )


def smoothed_of_the_library(real_logits, fake_logits, target):
    return losses.smoothed_d(real_logits, fake_logits, target=target)


def smoothed_in_one_mean(real_logits, fake_logits, target):
    """logsigmoid, three terms in one mean, in float64."""
    r, f = real_logits.double(), fake_logits.double()
    log_d = target * F.logsigmoid(r) + (1 - target) * F.logsigmoid(-r)
    return torch.mean(-log_d - F.logsigmoid(-f))


RIGHT_SMOOTHED = [
    smoothed,
    smoothed_by_bce,
    smoothed_by_shift,
    smoothed_of_the_library,
    smoothed_in_one_mean,
]


def _labels_between_target_and_1(real_logits, fake_logits, target):
    bce = F.binary_cross_entropy_with_logits
    labels = target + (1 - target) * torch.rand_like(real_logits)
    return bce(real_logits, labels) + bce(fake_logits, torch.zeros_like(fake_logits))


def _labels_by_chance(real_logits, fake_logits, target):
    bce = F.binary_cross_entropy_with_logits
    labels = torch.bernoulli(torch.full_like(real_logits, target))
    return bce(real_logits, labels) + bce(fake_logits, torch.zeros_like(fake_logits))


def _logarithms_for_real_samples(real_logits, fake_logits, target):
    p = real_logits.sigmoid()
    real = -target * p.log() - (1 - target) * (1 - p).log()
    return real.mean() + F.softplus(fake_logits).mean()


def _capped_for_fakes(real_logits, fake_logits, target):
    fakes = F.binary_cross_entropy(fake_logits.sigmoid(), torch.zeros_like(fake_logits))
    return fakes + smoothed(real_logits, fake_logits, target) - F.softplus(fake_logits).mean()


def _bce_of_logits(real_logits, fake_logits, target):
    bce = nn.BCELoss()
    return bce(real_logits, torch.full_like(real_logits, target)) + bce(
        fake_logits, torch.zeros_like(fake_logits)
    )


def _fakes_not_used(real_logits, fake_logits, target):
    return smoothed(real_logits, fake_logits, target) - F.softplus(fake_logits).mean()


def _fakes_get_what_real_samples_miss(real_logits, fake_logits, target):
    bce = F.binary_cross_entropy_with_logits
    return bce(real_logits, torch.full_like(real_logits, target)) + bce(
        fake_logits, torch.full_like(fake_logits, 1 - target)
    )


def _summed_by_bce(real_logits, fake_logits, target):
    bce = nn.BCEWithLogitsLoss(reduction="sum")
    return bce(real_logits, torch.full_like(real_logits, target)) + bce(
        fake_logits, torch.zeros_like(fake_logits)
    )


def _mean_of_both(real_logits, fake_logits, target):
    labels = torch.cat([torch.full_like(real_logits, target), torch.zeros_like(fake_logits)])
    return F.binary_cross_entropy_with_logits(torch.cat([real_logits, fake_logits]), labels)


def _scaled_and_summed(real_logits, fake_logits, target):
    return target * F.softplus(-real_logits).sum() + F.softplus(fake_logits).sum()


def _paid_by_the_fakes(real_logits, fake_logits, target):
    second = (1 - target) * F.softplus(fake_logits).mean()
    real = target * F.softplus(-real_logits).mean()
    return real + second + F.softplus(fake_logits).mean()


def _sides_weighed(real_logits, fake_logits, target):
    real, fake = F.softplus(-real_logits).mean(), F.softplus(fake_logits).mean()
    return target * real + (1 - target) * fake


def _label_smoothing(real_logits, fake_logits, target):
    label = target + (1 - target) / 2
    real = label * F.softplus(-real_logits) + (1 - label) * F.softplus(real_logits)
    return real.mean() + F.softplus(fake_logits).mean()


def _never_surer(real_logits, fake_logits, target):
    d = torch.sigmoid(real_logits).clamp(max=target)
    return -d.log().mean() + F.softplus(fake_logits).mean()


WRONG_SMOOTHED = {
    "paid by the fakes": (_paid_by_the_fakes, "is paid by the fakes"),
    "sides weighed": (_sides_weighed, "weighs the two sides of D against each other"),
    "label smoothing": (_label_smoothing, "as label_smoothing spreads"),
    "never surer": (_never_surer, "the probability is cut off at target"),
    "labels drawn between target and 1": (
        _labels_between_target_and_1,
        "something is drawn at random",
    ),
    "labels drawn": (_labels_by_chance, "something is drawn at random"),
    "logarithms of real samples": (_logarithms_for_real_samples, "you get ∞ or NaN"),
    "logarithms that are capped": (_capped_for_fakes, "flat where it should be steepest"),
    "softplus by hand": (
        lambda r, f, tau: (
            (tau * (1 + (-r).exp()).log() + (1 - tau) * (1 + r.exp()).log()).mean()
            + (1 + f.exp()).log().mean()
        ),
        "you get ∞ or NaN",
    ),
    "logits are cut off": (
        lambda r, f, tau: smoothed(r.clamp(-30, 30), f.clamp(-30, 30), tau),
        "flat where it should be steepest",
    ),
    "BCE of logits": (_bce_of_logits, "take probabilities, and a logit is none"),
    "fakes not used": (_fakes_not_used, "the fakes do not count"),
    # clinic A10 names the one-sided half of it
    "both sides, by BCE": (_fakes_get_what_real_samples_miss, "both sides are smoothed"),
    "batch sum, by BCE": (_summed_by_bce, "the batch adds up"),
    "one mean over both": (_mean_of_both, "one mean over both batches"),
    "scaled and summed": (_scaled_and_summed, "And then: the batch adds up"),
    "mean forgotten": (
        lambda r, f, t: t * F.softplus(-r) + (1 - t) * F.softplus(r) + F.softplus(f),
        "numbers come back",
    ),
    "a number": (lambda r, f, t: float(smoothed(r, f, t)), "the gradient is lost"),
    "a constant added": (lambda r, f, t: smoothed(r, f, t) + 1, "always +1 away"),
    "three times": (lambda r, f, t: 3 * smoothed(r, f, t), "always 3 times"),
    "real and fake exchanged": (lambda r, f, t: smoothed(f, r, t), "the labels are exchanged"),
}

# -- verdicts from an ablation ---------------------------------------------------------------


def verdicts(scores):
    low, _, high = metrics.over_seeds(scores[1:] - scores[:1])
    return (low > 0).int() - (high < 0).int()


def verdicts_by_hand(scores):
    """A list, row by row, with Student's numbers of another table."""
    students = {3: 4.3027, 5: 2.7764, 8: 2.3646}
    said = []
    for row in scores[1:].tolist():
        gaps = [a - b for a, b in zip(row, scores[0].tolist(), strict=True)]
        n, mean = len(gaps), sum(gaps) / len(gaps)
        s = (sum((gap - mean) ** 2 for gap in gaps) / (n - 1)) ** 0.5
        half = students[n] * s / n**0.5
        said.append(1 if mean - half > 0 else -1 if mean + half < 0 else 0)
    return said


def verdicts_by_sign(scores):
    low, mean, high = metrics.over_seeds(scores[1:] - scores[0])
    return torch.where(low * high > 0, mean.sign(), 0.0)


def verdicts_in_plain_python(scores):
    """Rows of floats, a tuple, the statistics of the standard library."""
    said = []
    base, *rows = scores.double().tolist()
    for row in rows:
        gaps = [a - b for a, b in zip(row, base, strict=True)]
        if any(math.isnan(gap) for gap in gaps):
            said.append(0)
            continue
        reach = {3: 4.3027, 5: 2.7764, 8: 2.3646}[len(gaps)] / len(gaps) ** 0.5
        mean, half = statistics.fmean(gaps), reach * statistics.stdev(gaps)
        said.append((mean > half) - (mean < -half))
    return tuple(said)


def verdicts_with_numpy(scores):
    gaps = scores.numpy()[1:] - scores.numpy()[0]
    n = gaps.shape[1]
    t = gaps.mean(1) / (gaps.std(1, ddof=1) / np.sqrt(n))
    return np.where(np.abs(t) > metrics.STUDENT[n - 2], np.sign(t), 0)


RIGHT_VERDICTS = [
    verdicts,
    verdicts_by_hand,
    verdicts_by_sign,
    verdicts_in_plain_python,
    verdicts_with_numpy,
]


def _of(low, high):
    return (low > 0).int() - (high < 0).int()


def _by_t_of_two_samples(scores):
    """Welch's test: the seeds that the rows share are not used."""
    n = scores.shape[1]
    error = (scores[1:].var(1) / n + scores[0].var() / n).sqrt()
    t = (scores[1:].mean(1) - scores[0].mean()) / error
    return (t > metrics.STUDENT[n - 2]).int() - (t < -metrics.STUDENT[n - 2]).int()


def _overlap(scores):
    said = []
    low, _, high = (ends.tolist() for ends in metrics.over_seeds(scores))
    for i in range(1, len(scores)):
        said.append(1 if low[i] > high[0] else -1 if high[i] < low[0] else 0)
    return said


def _normal(scores):
    gaps = scores[1:] - scores[0]
    z = gaps.mean(1) / gaps.std(1) * gaps.shape[1] ** 0.5
    return z.sign() * (z.abs() > 1.96)


def _normal_and_turned(scores):
    return -_normal(scores)


def _more_than_a_half(scores):
    gaps = (scores[1:] - scores[0]).mean(1)
    return (gaps > 0.5).int() - (gaps < -0.5).int()


def _most_seeds(scores):
    won = (scores[1:] > scores[0]).float().mean(1)
    return (won > 0.5).int() - (won < 0.5).int()


def _without_the_broken(scores):
    said = []
    for row in scores[1:]:
        gaps = (row - scores[0])[row.isfinite()]
        low, _, high = metrics.over_seeds(gaps)
        said.append(int(low > 0) - int(high < 0))
    return said


def _zeros_for_the_broken(scores):
    return verdicts(scores.nan_to_num(0.0))


def _all_or_nothing(scores):
    if scores.isnan().any():
        return [0] * (len(scores) - 1)
    return verdicts(scores)


def _otherwise_worse(scores):
    """NaN is not > 0 and not ≥ 0 either."""
    low, _, high = metrics.over_seeds(scores[1:] - scores[:1])
    return torch.where(low > 0, 1, torch.where(high >= 0, 0, -1))


def _with_statistics(scores):
    said = []
    for row in (scores[1:] - scores[0]).tolist():
        half = metrics.STUDENT[len(row) - 2] * statistics.stdev(row) / len(row) ** 0.5
        mean = statistics.mean(row)
        said.append(1 if mean > half else -1 if mean < -half else 0)
    return said


def _yes_minus_no(scores):
    low, mean, high = metrics.over_seeds(scores[1:] - scores[:1])
    return (mean > 0) * (low > 0) - (high < 0)


WRONG_VERDICTS = {
    "a difference of 2": (
        lambda s: ((s[1:] - s[0]).mean(1) > 2).int() - ((s[1:] - s[0]).mean(1) < -2).int(),
        "seed by seed, has the interval",
    ),
    "Welch's test": (_by_t_of_two_samples, "the seeds are pooled"),
    "intervals overlap, in a loop": (_overlap, "whether two intervals overlap"),
    "1.96 as a threshold": (_normal, "you use 1.96"),
    "1.96, and turned": (_normal_and_turned, "two things at once. First: you use 1.96"),
    "a threshold": (_more_than_a_half, "seed by seed, has the interval"),
    "most seeds": (_most_seeds, "seed by seed, has the interval"),
    "the interval itself": (
        lambda scores: torch.stack(metrics.over_seeds(scores[1:] - scores[:1])),
        "the result has shape",
    ),
    "a p-value": (
        lambda scores: torch.special.erfc((scores[1:] - scores[0]).mean(1).abs()),
        "but other numbers came back",
    ),
    "yes minus no": (_yes_minus_no, "subtract one yes-or-no tensor"),
    "nothing": (lambda scores: None, "None comes back"),
    "scores changed": (lambda scores: verdicts(scores.sub_(scores[:1].clone())), "in place"),
    "broken runs left out": (_without_the_broken, "is given a verdict"),
    "broken runs count as 0": (_zeros_for_the_broken, "is given a verdict"),
    "a broken run loses": (_otherwise_worse, "is given a verdict"),
    "one broken run stops all": (_all_or_nothing, "spoils the verdicts"),
    "statistics of Python": (_with_statistics, "statistics cannot take a NaN"),
    "row 0 too, in a loop": (
        lambda scores: [int(verdicts(torch.stack([scores[0], row]))) for row in scores],
        "no verdict for it, rows 1 on",
    ),
}
