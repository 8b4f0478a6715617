"""Right and wrong answers to the exercises of lesson 19, each with what its diagnosis must say."""

import numpy as np
import torch
from torch import distributions
from torch.nn import functional as F

# -- the VAE's bound -------------------------------------------------------------------------


def bound(x, mean, log_var, eps, decoder):
    z = mean + (log_var / 2).exp() * eps
    off = F.binary_cross_entropy_with_logits(decoder(z), x, reduction="none").flatten(1).sum(1)
    kl = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1)
    return (off + kl).mean()


def bound_of_distributions(x, mean, log_var, eps, decoder):
    """What torch.distributions says of both terms."""
    code = distributions.Normal(mean, (0.5 * log_var).exp())
    pixels = distributions.Bernoulli(
        logits=decoder(code.loc + code.scale * eps), validate_args=False
    )
    noise = distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
    said = pixels.log_prob(x).flatten(1).sum(-1)
    return -(said - distributions.kl_divergence(code, noise).sum(-1)).mean()


def bound_by_sums(x, mean, log_var, eps, decoder):
    """The sums of all, divided by the batch, as in PyTorch's own example."""
    z = torch.exp(0.5 * log_var).mul(eps).add(mean)
    bce = F.binary_cross_entropy(torch.sigmoid(decoder(z)), x, reduction="sum")
    kld = -0.5 * torch.sum(1 + log_var - mean.pow(2) - log_var.exp())
    return (bce + kld) / x.shape[0]


def bound_by_softplus(x, mean, log_var, eps, decoder):
    """-log of the probability of a pixel is softplus(a) - x a; in a loop over the batch."""
    total = 0.0
    sigma = log_var.exp().sqrt()
    logits = decoder(mean + sigma * eps)
    for one, a, m, s in zip(x, logits, mean, sigma, strict=True):
        off = (F.softplus(a) - one * a).sum()
        kl = ((m**2 + s**2 - 1) / 2 - s.log()).sum()
        total = total + off + kl
    return total / len(x)


def bound_by_einsum(x, mean, log_var, eps, decoder):
    var = torch.exp(log_var)
    logits = decoder(torch.addcmul(mean, var**0.5, eps)).reshape(len(x), -1)
    flat = x.reshape(len(x), -1)
    off = -torch.einsum("bp,bp->b", flat, F.logsigmoid(logits))
    off = off - torch.einsum("bp,bp->b", 1 - flat, F.logsigmoid(-logits))
    kl = 0.5 * (var + mean * mean - log_var).sum(-1) - mean.shape[1] / 2
    return torch.mean(off + kl)


RIGHT_BOUNDS = [
    bound,
    bound_of_distributions,
    bound_by_sums,
    bound_by_softplus,
    bound_by_einsum,
]


def _off(logits, x):
    return F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)


def _kl(mean, log_var):
    return 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1)


def _sampled(mean, log_var, eps):
    return mean + (log_var / 2).exp() * eps


def _bound(
    *,
    z=_sampled,
    off=_off,
    kl=_kl,
    end=lambda off, kl: (off + kl).mean(),
):
    """Build a bound that differs from the reference in one place."""

    def answer(x, mean, log_var, eps, decoder):
        return end(off(decoder(z(mean, log_var, eps)), x), kl(mean, log_var))

    return answer


def _own_draw(x, mean, log_var, eps, decoder):
    z = mean + (log_var / 2).exp() * torch.randn_like(mean)
    return (_off(decoder(z), x) + _kl(mean, log_var)).mean()


def _drawn_by_sample(x, mean, log_var, eps, decoder):
    with torch.no_grad():
        z = mean + (log_var / 2).exp() * eps
    return (_off(decoder(z), x) + _kl(mean, log_var)).mean()


def _default_means(x, mean, log_var, eps, decoder):
    """A loss of means, as it is often copied: the KL counts hundreds of times too much."""
    z = mean + (log_var / 2).exp() * eps
    return F.binary_cross_entropy_with_logits(decoder(z), x) + _kl(mean, log_var).mean()


def _gray_refused(x, mean, log_var, eps, decoder):
    """As torch's Bernoulli is called without reading on: it wants 0 or 1."""
    pixels = distributions.Bernoulli(logits=decoder(_sampled(mean, log_var, eps)))
    return (_kl(mean, log_var) - pixels.log_prob(x).flatten(1).sum(1)).mean()


def _ink_of_the_range(x, mean, log_var, eps, decoder):
    z = _sampled(mean, log_var, eps)
    return (_off(decoder(z), x / 2 + 0.5) + _kl(mean, log_var)).mean()


def _ink_or_paper(x, mean, log_var, eps, decoder):
    z = _sampled(mean, log_var, eps)
    return (_off(decoder(z), x.round()) + _kl(mean, log_var)).mean()


def _kl_of_one_draw(x, mean, log_var, eps, decoder):
    sigma = log_var.mul(0.5).exp()
    z = mean + sigma * eps
    code = distributions.Normal(mean, sigma).log_prob(z)
    noise = distributions.Normal(0.0, 1.0).log_prob(z)
    return (_off(decoder(z), x) + (code - noise).sum(1)).mean()


def _kl_at_the_draw(x, mean, log_var, eps, decoder):
    z = _sampled(mean, log_var, eps)
    return (_off(decoder(z), x) + _kl(z, log_var)).mean()


def _decoder_unheard(x, mean, log_var, eps, decoder):
    with torch.no_grad():
        off = _off(decoder(_sampled(mean, log_var, eps)), x)
    return (off + _kl(mean, log_var)).mean()


def _sigma_without_exp(x, mean, log_var, eps, decoder):
    logits = decoder(mean + log_var / 2 * eps)
    off = F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)
    return (off + 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1)).mean()


WRONG_BOUNDS = {
    "log of sigma for sigma": (_sigma_without_exp, "log σ stands where σ should"),
    "minus the KL": (_bound(end=lambda off, kl: (off - kl).mean()), "sign of the KL is turned"),
    "the paper's sign kept": (
        _bound(kl=lambda m, s: 0.5 * (1 + s - m**2 - s.exp()).sum(1)),
        "sign of the KL is turned",
    ),
    "the bound, not the loss": (
        _bound(end=lambda off, kl: -(off + kl).mean()),
        "sign of all of it",
    ),
    "means over pixels": (_default_means, "mean over the pixels"),
    "means over the code": (
        _bound(kl=lambda m, s: 0.5 * (m**2 + s.exp() - 1 - s).mean(1)),
        "mean over the code's numbers",
    ),
    "summed over the batch": (
        _bound(end=lambda off, kl: (off + kl).sum()),
        "adds up over the batch",
    ),
    "the code's mean alone": (_bound(z=lambda m, s, e: m), "no noise in z"),
    "noise alone": (_bound(z=lambda m, s, e: e), "knows nothing of x"),
    "sampled without a gradient": (_drawn_by_sample, "z has lost its gradient"),
    "a draw of its own": (_own_draw, "two calls with the same arguments"),
    "log_var taken for sigma": (_bound(z=lambda m, s, e: m + s * e), "as if it were σ"),
    "variance taken for sigma": (
        _bound(z=lambda m, s, e: m + s.exp() * e),
        "multiplied by the variance",
    ),
    "log sigma in the KL": (
        _bound(kl=lambda m, s: 0.5 * (m**2 + (2 * s).exp() - 1 - 2 * s).sum(1)),
        "takes log_var for log σ",
    ),
    "no half": (_bound(kl=lambda m, s: (m**2 + s.exp() - 1 - s).sum(1)), "half before the KL"),
    "no mean in the KL": (
        _bound(kl=lambda m, s: 0.5 * (s.exp() - 1 - s).sum(1)),
        "mean is missing from the KL",
    ),
    "no KL": (_bound(end=lambda off, kl: off.mean()), "this is an autoencoder"),
    "KL alone": (_bound(end=lambda off, kl: kl.mean()), "what the picture costs is missing"),
    "squared errors": (
        _bound(off=lambda a, x: (a.sigmoid() - x).square().flatten(1).sum(1)),
        "a squared error stands",
    ),
    "sigmoid twice": (_bound(off=lambda a, x: _off(a.sigmoid(), x)), "sigmoid too many"),
    "KL the other way": (
        _bound(kl=lambda m, s: 0.5 * ((1 + m**2) / s.exp() - 1 + s).sum(1)),
        "the other way round",
    ),
    "sigma without a gradient": (
        _bound(z=lambda m, s, e: m + s.exp().sqrt().detach() * e),
        "σ has lost its gradient",
    ),
    "mean without a gradient": (
        _bound(z=lambda m, s, e: m.detach() + (s / 2).exp() * e),
        "mean has lost its gradient",
    ),
    "the picture unheard": (_decoder_unheard, "cross entropy has lost its gradient"),
    "the KL unheard": (
        _bound(kl=lambda m, s: _kl(m, s).detach()),
        "KL has lost its gradient",
    ),
    "one sum, one mean": (
        _bound(end=lambda off, kl: off.sum() + kl.mean()),
        "entropy is added up over the batch",
    ),
    "codes of a batch": (
        _bound(
            kl=lambda m, s: 0.5 * (m**2 + s.exp() - 1 - s),
            end=lambda off, kl: off.mean() + kl.sum(0).mean(),
        ),
        "averaged over the code's numbers",
    ),
    "gray refused": (_gray_refused, "validate_args=False"),
    "moved to 0 … 1 again": (_ink_of_the_range, "lies in 0 … 1 already"),
    "rounded pixels": (_ink_or_paper, "rounded to ink or paper"),
    "doubled, not halved": (
        _bound(z=lambda m, s, e: m + torch.exp(2 * s) * e),
        "log_var is doubled",
    ),
    "mean and noise exchanged": (
        _bound(z=lambda m, s, e: torch.addcmul(e, (s / 2).exp(), m)),
        "mean and eps have changed places",
    ),
    "KL by one draw": (_kl_of_one_draw, "estimated by the one draw"),
    "KL of the draw": (_kl_at_the_draw, "the draw z for the mean"),
    "KL of log sigma": (_bound(kl=lambda m, s: _kl(m, s / 2)), "half of log_var"),
    "absolute mean": (
        _bound(kl=lambda m, s: 0.5 * (m.abs() + s.exp() - 1 - s).sum(1)),
        "by its absolute value",
    ),
    "KL for each pixel": (_bound(kl=lambda m, s: _kl(m, s) / 784), "divided by 784"),
}

# -- flow matching's loss --------------------------------------------------------------------


def flow(velocity, x, z, t):
    share = t.reshape(-1, *[1] * (x.dim() - 1))
    place = (1 - share) * z + share * x
    return (velocity(place, t) - (x - z)).square().mean()


def flow_by_lerp(velocity, x, z, t):
    place = torch.stack([torch.lerp(a, b, s) for a, b, s in zip(z, x, t, strict=True)])
    return F.mse_loss(velocity(place, t), x - z)


def flow_from_z(velocity, x, z, t):
    """A step of t along the way from z."""
    way = x - z
    while t.dim() < x.dim():
        t = t.unsqueeze(-1)
    said = velocity(z + t * way, t.flatten())
    return torch.mean((way - said) ** 2)


def flow_by_transposing(velocity, x, z, t):
    """The batch to the end, where t broadcasts by itself."""
    place = (z.movedim(0, -1) * (1 - t) + x.movedim(0, -1) * t).movedim(-1, 0)
    off = velocity(place, t) + z - x
    return (off * off).sum() / off.numel()


def flow_by_einsum(velocity, x, z, t):
    place = torch.einsum("b,b...->b...", t, x) + torch.einsum("b,b...->b...", 1 - t, z)
    target = (x - place) / (1 - t).reshape(-1, *[1] * (x.dim() - 1))  # the rest, in the time left
    return (velocity(place, t) - target).pow(2).flatten(1).mean(1).mean(0)


def flow_of_pictures_alone(velocity, x, z, t):
    """Four axes, as in the lesson: points are made pictures by the way."""
    s = t.view(-1, 1, 1, 1)
    return (velocity(z + s * (x - z), t) - (x - z)).pow(2).mean()


def flow_in_a_loop(velocity, x, z, t):
    """A batch of one, again and again, and its time as a batch of one."""
    total = 0.0
    for i in range(len(x)):
        one = slice(i, i + 1)
        place = z[one] + t[i] * (x[one] - z[one])
        total = total + F.mse_loss(velocity(place, t[one]), x[one] - z[one])
    return total / len(x)


RIGHT_FLOWS = [
    flow,
    flow_by_lerp,
    flow_from_z,
    flow_by_transposing,
    flow_by_einsum,
    flow_of_pictures_alone,
    flow_in_a_loop,
]


def _shared(t, x):
    return t.reshape(-1, *[1] * (x.dim() - 1))


def _flow(
    *,
    place=lambda x, z, s: (1 - s) * z + s * x,
    target=lambda x, z, s: x - z,
    time=lambda t: t,
    end=lambda off: off.square().mean(),
    asked=lambda place, x, z: place,
):
    """Build a loss that differs from the reference in one place."""

    def answer(velocity, x, z, t):
        s = _shared(t, x)
        said = velocity(asked(place(x, z, s), x, z), time(t))
        return end(said - target(x, z, s))

    return answer


def _unshared(velocity, x, z, t):
    place = (1 - t) * z + t * x
    return (velocity(place, t) - (x - z)).square().mean()


def _t_of_every_pixel(velocity, x, z, t):
    s = torch.rand_like(x)
    return (velocity((1 - s) * z + s * x, t) - (x - z)).square().mean()


def _one_t(velocity, x, z, t):
    s = t[0]
    return (velocity((1 - s) * z + s * x, s.expand(len(x))) - (x - z)).square().mean()


def _no_gradient(velocity, x, z, t):
    s = _shared(t, x)
    with torch.no_grad():
        said = velocity((1 - s) * z + s * x, t)
    return (said - (x - z)).square().mean()


def _noise_of_its_own(velocity, x, z, t):
    s = _shared(t, x)
    z2 = torch.randn_like(x)
    return (velocity((1 - s) * z2 + s * x, t) - (x - z2)).square().mean()


def _t_as_a_column(velocity, x, z, t):
    """One shape of t for both uses: the lesson's own velocity wants (B,)."""
    s = _shared(t, x)
    return F.mse_loss(velocity(torch.lerp(z, x, s.expand_as(x)), s), x - z)


def _t_by_samples(velocity, x, z, t):
    losses = []
    for one, noise, s in zip(x, z, t, strict=True):
        place = noise + s * (one - noise)
        losses.append(F.mse_loss(velocity(place[None], s)[0], one - noise))
    return torch.stack(losses).mean()


def _t_as_numbers(velocity, x, z, t):
    losses = []
    for i, s in enumerate(t.tolist()):
        place = (1 - s) * z[i : i + 1] + s * x[i : i + 1]
        losses.append(F.mse_loss(velocity(place, s), x[i : i + 1] - z[i : i + 1]))
    return sum(losses) / len(losses)


def _as_if_ends(velocity, x, z, t):
    s = _shared(t, x)
    place = z + s * (x - z)
    return (((velocity(place, t) - place) / (1 - s) - x + z) ** 2).mean()


WRONG_FLOWS = {
    "turned round": (_flow(target=lambda x, z, s: z - x), "target is turned round"),
    "time runs backward": (_flow(place=lambda x, z, s: s * z + (1 - s) * x), "path runs backward"),
    "only t backward": (_flow(time=lambda t: 1 - t), "told 1 − t"),
    "the end": (_flow(target=lambda x, z, s: x), "target is x, a place"),
    "the rest of the way": (
        _flow(target=lambda x, z, s: (1 - s) * (x - z)),
        "target is the rest of the way",
    ),
    "the way gone": (_flow(target=lambda x, z, s: s * (x - z)), "way that is gone"),
    "from the place to noise": (
        _flow(target=lambda x, z, s: s * x + (1 - s) * z - x),
        "target is turned round",
    ),
    "asked at x": (_flow(asked=lambda place, x, z: x), "asked at x, the end"),
    "asked at z": (_flow(asked=lambda place, x, z: z), "asked at z, the start"),
    "not squared": (_flow(end=lambda off: off.abs().mean()), "error is not squared"),
    "summed": (_flow(end=lambda off: off.square().sum()), "a sum over all numbers"),
    "t not shared": (_unshared, "t is not shared"),
    "a time for every pixel": (_t_of_every_pixel, "two calls with the same arguments"),
    "one time for the batch": (_one_t, "every picture has its own t"),
    "no gradient": (_no_gradient, "gradient is lost on the way"),
    "noise of its own": (_noise_of_its_own, "two calls with the same arguments"),
    "added noise": (_flow(place=lambda x, z, s: x + (1 - s) * z), "x is not multiplied by t"),
    "roots": (
        _flow(place=lambda x, z, s: (1 - s).sqrt() * z + s.sqrt() * x),
        "path is not straight",
    ),
    "t as a column": (_t_as_a_column, "Hand over t as it came"),
    "t sample by sample": (_t_by_samples, "Hand over t as it came"),
    "t as Python's numbers": (_t_as_numbers, "Hand over t as it came"),
    "the mean time": (_flow(time=lambda t: t.mean()), "Hand over t as it came"),
    "ends": (_as_if_ends, "taken for an end"),
}

# -- which one is ahead ----------------------------------------------------------------------


def ahead(a, b):
    if min(a) > max(b):
        return 1
    if max(a) < min(b):
        return -1
    return 0


def ahead_by_pairs(a, b):
    """Every run against every run."""
    above = a[:, None] > b[None, :]
    below = a[:, None] < b[None, :]
    return int(above.all()) - int(below.all())


def ahead_in_loops(a, b):
    found = {(x > y) - (x < y) for x in a.tolist() for y in b.tolist()}
    return found.pop() if len(found) == 1 else 0


def ahead_by_numpy(a, b):
    a, b = np.sort(np.asarray(a)), np.sort(np.asarray(b))
    return 1 if a[0] > b[-1] else -1 if b[0] > a[-1] else 0


def ahead_by_signs(a, b):
    signs = torch.sign(a.unsqueeze(1) - b)
    return signs.min() if signs.min() == signs.max() else 0


RIGHT_AHEADS = [ahead, ahead_by_pairs, ahead_in_loops, ahead_by_numpy, ahead_by_signs]


def _sign(value):
    return int(value > 0) - int(value < 0)


def _paired(a, b):
    n = min(len(a), len(b))
    if (a[:n] > b[:n]).all():
        return 1
    return -1 if (a[:n] < b[:n]).all() else 0


def _two_answers(a, b):
    return 1 if min(a) > max(b) else -1


def _ties_count(a, b):
    if min(a) >= max(b):
        return 1
    return -1 if max(a) <= min(b) else 0


def _two_sigma(a, b):
    gap, noise = a.mean() - b.mean(), (a.var() / len(a) + b.var() / len(b)).sqrt()
    return _sign(gap) if gap.abs() > 2 * noise else 0


def _zip(a, b):
    found = {_sign(x - y) for x, y in zip(a.tolist(), b.tolist(), strict=False)}
    return found.pop() if len(found) == 1 else 0


def _turned(a, b):
    return -ahead(a, b)


def _a_bool(a, b):
    return bool(min(a) > max(b))


def _one_end(a, b):
    if min(a) > min(b) and max(a) > max(b):
        return 1
    return -1 if min(a) < min(b) and max(a) < max(b) else 0


def _run_by_run(a, b):
    return int((a > b).all()) - int((a < b).all())


def _rank_by_rank(a, b):
    return _run_by_run(a.sort().values, b.sort().values)


def _more_seeds(a, b):
    return _sign(int((a > b).sum()) - int((a < b).sum()))


def _first_pair(a, b):
    for x in a:
        for y in b:
            if x != y:
                return _sign(x - y)
    return 0


def _index_by_index(a, b):
    found = {_sign(a[i] - b[i]) for i in range(len(a))}
    return found.pop() if len(found) == 1 else 0


def _two_wins(a, b):
    return int(min(a) > max(b)) + int(max(a) < min(b))


def _lost_to_the_best(a, b):
    return 1 if min(a) > max(b) else -int(max(a) < max(b))


def _by_spreads(a, b):
    a, b = np.array(a), np.array(b)
    if a.mean() - a.std() > b.mean() + b.std():
        return 1
    return -int(a.mean() + a.std() < b.mean() - b.std())


def _by_ranks(a, b):
    pairs = list(zip(sorted(a), sorted(b), strict=False))
    return int(all(x > y for x, y in pairs)) - int(all(x < y for x, y in pairs))


def _by_numpy_of_tensors(a, b):
    return int(np.min(a) > np.max(b)) - int(np.max(a) < np.min(b))


WRONG_AHEADS = {
    "means and spreads": (_by_spreads, "deviations, or errors"),
    "sorted, then rank by rank": (_by_ranks, "compares rank by rank"),
    "NumPy's least of a tensor": (_by_numpy_of_tensors, "np.asarray(a) first"),
    "the means": (lambda a, b: _sign(a.mean() - b.mean()), "compares the means"),
    "the best run": (lambda a, b: _sign(max(a) - max(b)), "compares the best runs"),
    "the worst run": (lambda a, b: _sign(min(a) - min(b)), "compares the worst runs"),
    "the medians": (lambda a, b: _sign(a.median() - b.median()), "compares the medians"),
    "seed by seed": (_paired, "compares seed by seed"),
    "zip": (_zip, "compares seed by seed"),
    "never 0": (_two_answers, "never says 0"),
    "ties count": (_ties_count, "equal runs count"),
    "two standard errors": (_two_sigma, "deviations, or errors"),
    "turned": (_turned, "1 says that a is ahead"),
    "only one side": (_a_bool, "it never says -1"),
    "better ends": (_one_end, "two sets that overlap"),
    "run by run": (_run_by_run, "compares run by run"),
    "rank by rank": (_rank_by_rank, "compares run by run"),
    "some run": (lambda a, b: int((a > b).any()) - int((a < b).any()), "compares run by run"),
    "summed differences": (lambda a, b: _sign((a - b).sum()), "compares run by run"),
    "more seeds won": (_more_seeds, "compares run by run"),
    "index by index": (_index_by_index, "compares run by run"),
    "arrays, run by run": (
        lambda a, b: int(np.all(np.asarray(a) > np.asarray(b))),
        "compares run by run",
    ),
    "a sign a run": (lambda a, b: torch.sign(a - b), "answers come back"),
    "a number a run": (lambda a, b: (a > b).float(), "answers come back"),
    "signs of an array": (
        lambda a, b: np.sign(np.asarray(a) - np.asarray(b)),
        "answers come back",
    ),
    "a list of signs": (
        lambda a, b: [_sign(x - y) for x, y in zip(a, b, strict=False)],
        "answers come back",
    ),
    "most pairs": (
        lambda a, b: _sign((a[:, None] > b).sum() - (b > a[:, None]).sum()),
        "more than half of all pairs",
    ),
    "a share of pairs": (
        lambda a, b: 2 * (a[:, None] > b).float().mean() - 1,
        "share of pairs comes back",
    ),
    "gap of the means": (lambda a, b: a.mean() - b.mean(), "difference of means"),
    "the first pair": (_first_pair, "first runs alone"),
    "both are 1": (_two_wins, "where b is ahead as well"),
    "lost to the best": (_lost_to_the_best, "best of b there"),
}
