"""Answers to the exercises of lesson 01 that stand in no table, right ones and wrong ones.

A wrong one comes with what its diagnosis must say.
"""

import math
from itertools import permutations

import numpy as np
import torch
from torch.nn import functional as F


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


def kl_by_torch(p, q):
    kept = p > 0
    return F.kl_div(q[kept].log(), p[kept], reduction="sum")


def kl_with_numpy(p, q):
    p, q = p.numpy(), q.numpy()
    with np.errstate(divide="ignore"):
        return np.sum(p[p > 0] * (np.log(p[p > 0]) - np.log(q[p > 0])))


def kl_in_single(p, q):
    return kl(p.float(), q.float())


RIGHT_KL = [kl, kl_where_p, kl_in_a_loop, kl_by_torch, kl_with_numpy, kl_in_single]

WRONG_KL = {
    "log2": (lambda p, q: kl(p, q) / math.log(2), "in bits"),
    "exchanged": (lambda p, q: kl(q, p), "this is KL(q‖p)"),
    "sign": (lambda p, q: -kl(p, q), "the sign is turned"),
    "mean": (lambda p, q: kl(p, q) / len(p), "mean over the bins"),
    "not added up": (lambda p, q: torch.xlogy(p, p / q), "add them up"),
    "NaN on empty bins": (lambda p, q: p @ (p.log() - q.log()), "0 · ln 0"),
    "both ways at once, and NaN thrown away": (
        lambda p, q: ((p - q) * torch.log(p / q)).nansum(),
        "both ways at once. Only p weighs here. Mend that",
    ),
    "another eps": (lambda p, q: (p * torch.log((p + 1e-9) / (q + 1e-9))).sum(), "an eps or a"),
    "an eps below": (lambda p, q: torch.xlogy(p, p / (q + 1e-12)).sum(), "an eps or a"),
    "clamped": (lambda p, q: kl(p, q.clamp(min=1e-7)), "an eps or a"),
    "bins where q is 0 are skipped": (lambda p, q: kl(p[q > 0], q[q > 0]), "an eps or a"),
    "nan_to_num in single": (
        lambda p, q: (p * torch.log(p / q)).float().nan_to_num().sum(),
        "nan_to_num turns ∞ into",
    ),
    "large eps": (
        lambda p, q: (p * torch.log((p + 0.1) / (q + 0.1))).sum(),
        "p = [0.5, 0.3, 0.2], q = [0.2, 0.2, 0.6] should give 0.3601",
    ),
    "F.kl_div with p first": (
        lambda p, q: F.kl_div(p, q, reduction="sum"),
        "F.kl_div(q.log(), p, reduction='sum')",
    ),
    "F.kl_div with p's logarithm": (
        lambda p, q: F.kl_div(p.log(), q, reduction="sum"),
        "this is KL(q‖p)",
    ),
    "F.kl_div of every bin": (
        lambda p, q: F.kl_div(q.log(), p, reduction="sum"),
        "where a bin is empty in both",
    ),
    "0 / 0": (lambda p, q: torch.xlogy(p, p / q).sum(), "where a bin is empty in both"),
    "F.kl_div's mean": (lambda p, q: F.kl_div(q.log(), p), "mean over the bins"),
    "squared": (lambda p, q: kl(p, q) ** 2, "the square of the right value"),
    "max": (lambda p, q: torch.xlogy(p, p / q).max(), "the largest of the single terms"),
    "in place": (lambda p, q: p.mul_((p / q).log())[p > 0].sum(), "changes p in place"),
    "returned nothing": (lambda p, q: None, "the return is missing"),
}


def js(p, q):
    m = (p + q) / 2
    return (kl(p, m) + kl(q, m)) / 2


def js_by_entropies(p, q):
    """The entropy of the mixture minus the mean entropy."""

    def entropy(r):
        return -torch.xlogy(r, r).sum()

    return entropy((p + q) / 2) - (entropy(p) + entropy(q)) / 2


def js_in_a_loop(p, q):
    pairs = [(float(a), float(b)) for a, b in zip(p, q, strict=True)]
    pairs += [(b, a) for a, b in pairs]
    return sum(a * math.log(2 * a / (a + b)) for a, b in pairs if a > 0) / 2


def js_by_torch(p, q):
    kept = p + q > 0
    p, q = p[kept], q[kept]
    log_m = ((p + q) / 2).log()
    return sum(F.kl_div(log_m, r, reduction="sum") for r in (p, q)) / 2


def js_in_single(p, q):
    return js(p.float(), q.float())


RIGHT_JS = [js, js_by_entropies, js_in_a_loop, js_by_torch, js_in_single]


def _eps_in_the_ratio(p, q):
    m = (p + q) / 2
    return sum((r * torch.log(r / (m + 1e-12) + 1e-4)).sum() for r in (p, q)) / 2


def _eps_everywhere(p, q):
    p, q = p + 1e-5, q + 1e-5
    return js(p / p.sum(), q / q.sum())


def _nan(p, q):
    m = (p + q) / 2
    return ((p * (p / m).log()).sum() + (q * (q / m).log()).sum()) / 2


def _of_the_larger(p, q):
    return torch.xlogy(p, p / torch.maximum(p, q)).sum() / 2


WRONG_JS = {
    "log2": (lambda p, q: js(p, q) / math.log(2), "in bits"),
    "sum of two": (lambda p, q: 2 * js(p, q), "JS is their mean"),
    "root": (lambda p, q: js(p, q).clamp_min(0).sqrt(), "the root of JS"),
    "eps breaks the bound": (_eps_in_the_ratio, "an eps in the logarithm breaks that bound"),
    "eps on all bins": (_eps_everywhere, "lets them meet"),
    "NaN on empty bins": (_nan, "0 · ln 0"),
    "F.kl_div of every bin": (
        lambda p, q: sum(F.kl_div(((p + q) / 2).log(), r, reduction="sum") for r in (p, q)) / 2,
        "where a bin is empty in both",
    ),
    "almost right": (
        lambda p, q: js(p, q) + 1e-4 * (p * q).sum(),
        "you return 0.09059",
    ),
    "a quarter": (lambda p, q: js(p, q) / 2, "half the right value"),
    "sign": (lambda p, q: -js(p, q), "with its sign turned"),
    "1 minus": (lambda p, q: 1 - js(p, q), "1 minus the right value"),
    "the larger one for the mixture": (_of_the_larger, "0.09057, and you return -0.1099"),
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


def w1_of_all_pairings(x, y):
    """The cheapest of all: what the check claims that sorting finds."""
    pairings = torch.tensor(list(permutations(range(len(x)))))
    return (x - y[pairings]).abs().mean(1).min()


def w1_of_lists(x, y):
    pairs = zip(sorted(x.tolist()), sorted(y.tolist()), strict=True)
    return sum(abs(a - b) for a, b in pairs) / len(x)


def w1_downward(x, y):
    x, _ = torch.sort(x, descending=True)
    y, _ = torch.sort(y, descending=True)
    return F.l1_loss(x, y)


RIGHT_W1 = [w1, w1_with_numpy, w1_by_area, w1_of_all_pairings, w1_of_lists, w1_downward]


def _greedy(x, y):
    """Each point of x takes the nearest of y that is left: a neighbor's gain, another's loss."""
    left, cost = list(y), 0.0
    for a in x:
        nearest = min(range(len(left)), key=lambda i: abs(a - left[i]))
        cost += abs(a - left.pop(nearest))
    return cost / len(x)


WRONG_W1 = {
    "repeats thrown away": (
        lambda x, y: np.abs(np.unique(x.numpy()) - np.unique(y.numpy())).mean(),
        "a point that comes twice",
    ),
    "difference of means": (lambda x, y: (x.mean() - y.mean()).abs(), "difference of the means:"),
    "unsorted": (lambda x, y: F.l1_loss(x, y), "in the order in which they came"),
    "sorted in place": (
        lambda x, y: (np.abs(np.sort(x) - y.numpy())).mean(),
        "only x is sorted",
    ),
    "W2": (
        lambda x, y: F.mse_loss(x.sort().values, y.sort().values).sqrt(),
        "this is Wasserstein-2",
    ),
    "all pairs": (lambda x, y: torch.cdist(x[:, None], y[:, None]).mean(), "over all pairs"),
    "each to its nearest": (
        lambda x, y: torch.cdist(x[:, None], y[:, None]).min(1).values.mean(),
        "each point of x goes to the nearest of y",
    ),
    "median": (
        lambda x, y: (x.sort().values - y.sort().values).abs().median(),
        "the median of the single terms",
    ),
    "greedy": (_greedy, "Right for one point each; but for"),
    "the pair that sort returns": (lambda x, y: (x.sort() - y.sort()).abs().mean(), ".values"),
    "n - 1": (lambda x, y: w1(x, y) * len(x) / (len(x) - 1 or 1), "divided by n − 1"),
}


def optimal_d(p, q):
    return torch.where(p + q > 0, p / (p + q), 0.5)


def optimal_d_by_logits(p, q):
    """The sigmoid of the logarithm of the ratio; ln 0 - ln 0 is NaN, and becomes ½."""
    return torch.sigmoid(p.log() - q.log()).nan_to_num(0.5)


def optimal_d_in_a_loop(p, q):
    return [a / (a + b) if a + b > 0 else 0.5 for a, b in zip(p, q, strict=True)]


def optimal_d_with_numpy(p, q):
    total = (p + q).numpy()
    return np.divide(p.numpy(), total, out=np.full(len(p), 0.5), where=total > 0)


def optimal_d_filled(p, q):
    share = torch.full_like(p, 0.5)
    seen = p + q > 0
    share[seen] = p[seen] / (p[seen] + q[seen])
    return share.float()


RIGHT_D = [
    optimal_d,
    optimal_d_by_logits,
    optimal_d_in_a_loop,
    optimal_d_with_numpy,
    optimal_d_filled,
]

WRONG_D = {
    "a tiny eps": (lambda p, q: (p + 1e-12) / (p + q + 2e-12), "a limit above 0, changes"),
    "a tiny limit": (
        lambda p, q: torch.where(p + q > 1e-12, p / (p + q), 0.5),
        "a limit above 0, changes",
    ),
    "q / (p + q)": (lambda p, q: optimal_d(q, p), "the probability of *fake*"),
    "the ratio": (lambda p, q: p / q, "the ratio itself"),
    "a decision": (lambda p, q: (p > q).float(), "the likelier side"),
    "a decision, ½ where open": (
        lambda p, q: torch.where(p == q, 0.5, (p > q).to(p.dtype)),
        "the likelier side",
    ),
    "0/0 is 0": (lambda p, q: (p / (p + q)).nan_to_num(0), "Nobody knows"),
    "eps": (lambda p, q: (p + 1e-6) / (p + q + 2e-6), "a limit above 0, changes"),
    "eps below": (lambda p, q: p / (p + q + 1e-8), "a limit above 0, changes"),
    "the mean": (lambda p, q: (p / (p + q)).mean(), "one number for each place"),
    "the largest": (lambda p, q: torch.where(p + q > 0, p / (p + q), 0.5).max(), "shape ()"),
    "1 - D": (lambda p, q: 1 - optimal_d(p, q), "the probability of *fake*"),
    "squares": (lambda p, q: optimal_d(p**2, q**2), "q = [0.6, 0.4] should give [0.25, 0.6667]"),
    "softmax": (lambda p, q: torch.stack([p, q]).softmax(0)[0], "what softmax gives"),
    "logits": (lambda p, q: (p / q).log(), "D's *logit*"),
    "an if on tensors": (lambda p, q: p / (p + q) if p + q > 0 else 0.5, "one yes or no"),
}

RIGHT_LOPSIDED = [
    ([1 - 1e-8, 1e-8, 0], [0.92, 0.08, 0]),
    (torch.tensor([1e-30, 0.5, 0.5]), torch.tensor([0.02, 0.49, 0.49])),
    (np.array([1e-20, 0.25, 0.75]), np.array([0.05, 0.2, 0.75])),
    ((0.5, 0.5 - 1e-10, 1e-10), (0.47, 0.47, 0.06)),
]

WRONG_LOPSIDED = {
    "exchanged": (([0.02, 0.49, 0.49], [1e-30, 0.5, 0.5]), "p and q exchanged"),
    "both large": (([0.98, 0.01, 0.01], [0.01, 0.01, 0.98]), "the first must be below 0.1"),
    "both small": (([0.5, 0.3, 0.2], [0.5, 0.25, 0.25]), "the second must exceed 1"),
    "both infinite": (([1, 0, 0], [0, 1, 0]), "q must not be 0 where p is not"),
    "equal": (([0.2, 0.3, 0.5], [0.2, 0.3, 0.5]), "p and q are equal"),
    "negative": (([1.1, -0.1, 0], [0.92, 0.08, 0]), "a negative probability"),
    "four bins": (([0.25] * 4, [0.25] * 4), "three probabilities"),
}
