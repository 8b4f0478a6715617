"""Right and wrong answers to the exercises of lesson 01, each with what its diagnosis must say."""

import math

import numpy as np
import torch


def kl(p, q):
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()


def kl_where_p(p, q):
    """Only the bins that p fills, with a plain logarithm: 1/0 gives ∞ by itself."""
    kept = p > 0
    return (p[kept] * torch.log(p[kept] / q[kept])).sum()


def kl_in_a_loop(p, q):
    total = 0.0
    for a, b in zip(p.tolist(), q.tolist(), strict=True):
        if a > 0:
            total += math.inf if b == 0 else a * math.log(a / b)
    return total


RIGHT_KL = [kl, kl_where_p, kl_in_a_loop]

WRONG_KL = {
    "log2": (lambda p, q: kl(p, q) / math.log(2), "in bits"),
    "exchanged": (lambda p, q: kl(q, p), "this is KL(q‖p)"),
    "sign": (lambda p, q: -kl(p, q), "the sign is turned"),
    "mean": (lambda p, q: kl(p, q) / len(p), "mean over the bins"),
    "not added up": (lambda p, q: torch.xlogy(p, p / q), "add them up"),
    "NaN on empty bins": (lambda p, q: (p * torch.log(p / q)).sum(), "0 · ln 0"),
    "eps": (lambda p, q: (p * torch.log((p + 1e-9) / (q + 1e-9))).sum(), "KL is ∞ there"),
    "bins where q is 0 are skipped": (
        lambda p, q: kl(p[q > 0], q[q > 0]),
        "KL is ∞ there",
    ),
    "nan_to_num": (
        lambda p, q: (p * torch.log(p / q)).nan_to_num().sum(),
        "nan_to_num turns ∞ into",
    ),
    "large eps": (
        lambda p, q: (p * torch.log((p + 0.1) / (q + 0.1))).sum(),
        "for p = (0.5, 0.3, 0.2)",
    ),
}


def js(p, q):
    m = (p + q) / 2
    return (kl(p, m) + kl(q, m)) / 2


def js_by_entropies(p, q):
    """The entropy of the mixture minus the mean entropy."""

    def entropy(r):
        return -torch.xlogy(r, r).sum()

    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2


RIGHT_JS = [js, js_by_entropies]


def _eps_in_the_ratio(p, q):
    m = (p + q) / 2
    return sum((r * torch.log(r / (m + 1e-12) + 1e-4)).sum() for r in (p, q)) / 2


def _eps_everywhere(p, q):
    p, q = p + 1e-5, q + 1e-5
    return js(p / p.sum(), q / q.sum())


def _nan(p, q):
    m = (p + q) / 2
    return ((p * (p / m).log()).sum() + (q * (q / m).log()).sum()) / 2


WRONG_JS = {
    "log2": (lambda p, q: js(p, q) / math.log(2), "in bits"),
    "mixture forgotten": (lambda p, q: (kl(p, q) + kl(q, p)) / 2, "the mixture is missing: this"),
    "arguments exchanged": (
        lambda p, q: (kl((p + q) / 2, p) + kl((p + q) / 2, q)) / 2,
        "the mean of KL(m‖p) and KL(m‖q)",
    ),
    "mixture and half forgotten": (lambda p, q: kl(p, q) + kl(q, p), "the mixture is missing, and"),
    "sum of two": (lambda p, q: 2 * js(p, q), "JS is their mean"),
    "root": (lambda p, q: js(p, q).clamp_min(0).sqrt(), "the root of JS"),
    "one half only": (lambda p, q: kl(p, (p + q) / 2), "only KL(p‖m)"),
    "mixture of mass 2": (lambda p, q: (kl(p, p + q) + kl(q, p + q)) / 2, "m = p + q adds up to 2"),
    "eps breaks the bound": (_eps_in_the_ratio, "an eps in the logarithm breaks that bound"),
    "eps on all bins": (_eps_everywhere, "lets them meet"),
    "NaN on empty bins": (_nan, "0 · ln 0"),
    "almost right": (lambda p, q: js(p, q) + 1e-4 * (p * q).sum(), "not 0.090566"),
}


def w1(x, y):
    return (x.sort().values - y.sort().values).abs().mean()


def w1_with_numpy(x, y):
    return np.mean(np.abs(np.sort(x.numpy()) - np.sort(y.numpy())))


def w1_by_area(x, y):
    """The area between the two distribution functions."""
    edges = torch.cat([x, y]).sort().values
    below = [(s[:, None] <= edges[:-1]).double().mean(0) for s in (x, y)]
    return ((below[0] - below[1]).abs() * edges.diff()).sum()


RIGHT_W1 = [w1, w1_with_numpy, w1_by_area]

WRONG_W1 = {
    "difference of means": (lambda x, y: (x.mean() - y.mean()).abs(), "difference of the means:"),
    "no absolute value": (
        lambda x, y: (x.sort().values - y.sort().values).mean(),
        "the absolute value is missing",
    ),
    "unsorted": (lambda x, y: (x - y).abs().mean(), "in the order in which they came"),
    "only x sorted": (lambda x, y: (x.sort().values - y).abs().mean(), "only x is sorted"),
    "only y sorted": (lambda x, y: (x - y.sort().values).abs().mean(), "only y is sorted"),
    "opposite order": (
        lambda x, y: (x.sort().values - y.sort(descending=True).values).abs().mean(),
        "in the same direction",
    ),
    "sum": (lambda x, y: len(x) * w1(x, y), "take the mean, so that"),
    "W2": (
        lambda x, y: (x.sort().values - y.sort().values).square().mean().sqrt(),
        "this is Wasserstein-2",
    ),
    "squared": (
        lambda x, y: (x.sort().values - y.sort().values).square().mean(),
        "you square the distances",
    ),
    "all pairs": (lambda x, y: (x[:, None] - y).abs().mean(), "over all pairs"),
    "median": (
        lambda x, y: (x.sort().values - y.sort().values).abs().median(),
        "the cheapest pairing",
    ),
}


def optimal_d(p, q):
    return torch.where(p + q > 0, p / (p + q), 0.5)


def optimal_d_by_logits(p, q):
    """The sigmoid of the logarithm of the ratio; ln 0 - ln 0 is NaN, and becomes ½."""
    return torch.sigmoid(p.log() - q.log()).nan_to_num(0.5)


RIGHT_D = [optimal_d, optimal_d_by_logits]

WRONG_D = {
    "q / (p + q)": (lambda p, q: optimal_d(q, p), "the probability of *fake*"),
    "the ratio": (lambda p, q: p / q, "the ratio itself"),
    "a decision": (lambda p, q: (p > q).float(), "the likelier side"),
    "a difference": (lambda p, q: p - q, "a difference, not a probability"),
    "0/0": (lambda p, q: p / (p + q), "divide 0 by 0"),
    "0/0 is 0": (lambda p, q: (p / (p + q)).nan_to_num(0), "Nobody knows"),
    "eps": (lambda p, q: (p + 1e-6) / (p + q + 2e-6), "your eps is larger"),
    "one number": (lambda p, q: (p / (p + q)).mean(), "one number for each place"),
    "no share": (lambda p, q: p, "a quarter"),
}

RIGHT_LOPSIDED = [
    ([1 - 1e-8, 1e-8, 0], [0.92, 0.08, 0]),
    (torch.tensor([1e-30, 0.5, 0.5]), torch.tensor([0.02, 0.49, 0.49])),
]

WRONG_LOPSIDED = {
    "exchanged": (([0.92, 0.08, 0], [1 - 1e-8, 1e-8, 0]), "p and q exchanged"),
    "infinite": (([1, 0, 0], [0.92, 0.08, 0]), "it must stay finite"),
    "both large": (([0.98, 0.01, 0.01], [0.01, 0.01, 0.98]), "the first must be below 0.1"),
    "both small": (([0.5, 0.3, 0.2], [0.5, 0.25, 0.25]), "the second must exceed 1"),
    "not a distribution": (([1, 1e-8, 0], [0.92, 0.8, 0]), "q adds up to 1.72"),
    "negative": (([1.1, -0.1, 0], [0.92, 0.08, 0]), "a negative probability"),
    "two bins": (([0.5, 0.5], [0.9, 0.1]), "three probabilities"),
}
