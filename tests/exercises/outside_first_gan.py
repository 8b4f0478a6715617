"""Right and wrong answers to the exercises of lesson 04, each with what its diagnosis must say."""

import math

import torch
from torch.nn import functional as F


def reference(G, D, opt_g, opt_d, real, latent_dim):
    fake = G(torch.randn(len(real), latent_dim))
    loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = F.softplus(-D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    return loss_d, loss_g


def with_labels(G, D, opt_g, opt_d, real, latent_dim):
    """The same step in another style: BCE with labels, one D call, two fake batches."""
    n = len(real)
    bce = torch.nn.BCEWithLogitsLoss()
    with torch.no_grad():
        fake = G(torch.randn(n, latent_dim))
    labels = torch.cat([torch.ones(n), torch.zeros(n)])
    opt_d.zero_grad(set_to_none=True)
    (2 * bce(D(torch.cat([real, fake])), labels)).backward()
    opt_d.step()
    D.requires_grad_(False)
    opt_g.zero_grad(set_to_none=True)
    bce(D(G(torch.randn(n, latent_dim))), torch.ones(n)).backward()
    opt_g.step()
    D.requires_grad_(True)


def generator_first(G, D, opt_g, opt_d, real, latent_dim):
    """G moves before D: also a game in turns."""
    fake = G(torch.randn(len(real), latent_dim))
    loss_g = F.softplus(-D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()


def wasteful_but_right(G, D, opt_g, opt_d, real, latent_dim):
    """No detach, but the gradients it leaves in G are cleared before G's own backward."""
    loss_d = (
        F.softplus(-D(real)).mean() + F.softplus(D(G(torch.randn(len(real), latent_dim)))).mean()
    )
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = F.softplus(-D(G(torch.randn(len(real), latent_dim)))).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()


def make(
    *,
    loss_d=lambda D, real, fake: F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean(),
    loss_g=lambda D, fake: F.softplus(-D(fake)).mean(),
    cut=lambda fake: fake.detach(),
    noise=lambda n, latent_dim: torch.randn(n, latent_dim),
    zero_d=True,
    zero_g=True,
    step_g=True,
    step_d=True,
    swapped=False,
    no_grad=False,
    backward=lambda loss: loss.backward(),
):
    """Build a training step that differs from the reference in one place."""

    def train_step(G, D, opt_g, opt_d, real, latent_dim):
        if swapped:
            opt_g, opt_d = opt_d, opt_g
        with torch.set_grad_enabled(not no_grad):
            fake = G(noise(len(real), latent_dim))
        if zero_d:
            opt_d.zero_grad()
        backward(loss_d(D, real, cut(fake)))
        if step_d:
            opt_d.step()
        if zero_g:
            opt_g.zero_grad()
        backward(loss_g(D, fake))
        if step_g:
            opt_g.step()

    return train_step


def log_of_sigmoid(D, real, fake):
    return -(torch.sigmoid(D(real)).log() + (1 - torch.sigmoid(D(fake))).log()).mean()


def both_backward_then_both_step(G, D, opt_g, opt_d, real, latent_dim):
    fake = G(torch.randn(len(real), latent_dim))
    opt_d.zero_grad()
    opt_g.zero_grad()
    (F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()).backward()
    F.softplus(-D(fake)).mean().backward()
    opt_d.step()
    opt_g.step()


def two_steps_of_d(G, D, opt_g, opt_d, real, latent_dim):
    fake = G(torch.randn(len(real), latent_dim))
    opt_d.zero_grad()
    F.softplus(-D(real)).mean().backward()
    opt_d.step()
    opt_d.zero_grad()
    F.softplus(D(fake.detach())).mean().backward()
    opt_d.step()
    opt_g.zero_grad()
    F.softplus(-D(fake)).mean().backward()
    opt_g.step()


def two_steps_of_g(G, D, opt_g, opt_d, real, latent_dim):
    reference(G, D, opt_g, opt_d, real, latent_dim)
    opt_g.zero_grad()
    F.softplus(-D(G(torch.randn(len(real), latent_dim)))).mean().backward()
    opt_g.step()


def erasing(who):
    """zero_grad() at the wrong place: between a player's backward() and its step()."""

    def train_step(G, D, opt_g, opt_d, real, latent_dim):
        fake = G(torch.randn(len(real), latent_dim))
        opt_d.zero_grad()
        (F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()).backward()
        if who == "D":
            opt_d.zero_grad()
        opt_d.step()
        opt_g.zero_grad()
        F.softplus(-D(fake)).mean().backward()
        if who == "G":
            opt_g.zero_grad()
        opt_g.step()

    return train_step


def bce(logits, label):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def twice_d(D, real, fake):
    return bce(D(real).sigmoid(), 1.0) + bce(D(fake).sigmoid(), 0.0)


def twice_g(D, fake):
    return bce(D(fake).sigmoid(), 1.0)


_KEPT = torch.randn(1_000, 64, generator=torch.Generator().manual_seed(3))

RIGHT_STEPS = [reference, with_labels, generator_first, wasteful_but_right]

WRONG_STEPS = {
    "D sees only fakes": (
        make(loss_d=lambda D, real, fake: F.softplus(D(fake)).mean()),
        "never sees a real sample",
    ),
    "D sees only reals": (
        make(loss_d=lambda D, real, fake: F.softplus(-D(real)).mean()),
        "sees only real samples",
    ),
    "label 1 for both": (
        make(
            loss_d=lambda D, real, fake: F.softplus(-D(real)).mean() + F.softplus(-D(fake)).mean()
        ),
        "label 1 for both",
    ),
    "roles turned round": (
        make(loss_d=lambda D, real, fake: F.softplus(D(real)).mean() + F.softplus(-D(fake)).mean()),
        "roles are turned round",
    ),
    "real term's sign": (
        make(loss_d=lambda D, real, fake: F.softplus(D(real)).mean() + F.softplus(D(fake)).mean()),
        "sign of the real term",
    ),
    "G never updated": (make(step_g=False), "opt_g.step() is missing"),
    "D never updated": (make(step_d=False), "opt_d.step() is missing"),
    "no detach": (make(cut=lambda fake: fake), "Cut it with .detach()"),
    "no detach, graph retained, not zeroed": (
        make(
            cut=lambda fake: fake,
            zero_g=False,
            backward=lambda loss: loss.backward(retain_graph=True),
        ),
        "pile up in G",
    ),
    "no_grad in G's step": (make(no_grad=True), "carries no gradient back to G"),
    "detached in G's step": (
        make(loss_g=lambda D, fake: F.softplus(-D(fake.detach())).mean()),
        "carries no gradient back to G",
    ),
    "optimizers exchanged": (make(swapped=True), "Each optimizer belongs to its own loss"),
    "D's zero_grad forgotten": (make(zero_d=False), "pile up in D"),
    "G's zero_grad forgotten": (make(zero_g=False), "pile up in G"),
    "G's sign turned": (
        make(loss_g=lambda D, fake: F.softplus(D(fake)).mean()),
        "sign of G's loss is turned",
    ),
    "saturating loss": (
        make(loss_g=lambda D, fake: -F.softplus(D(fake)).mean()),
        "this is the saturating loss",
    ),
    "fixed batch size": (
        make(noise=lambda n, latent_dim: torch.randn(8, latent_dim)),
        "Draw as many fakes as real",
    ),
    "the same noise every step": (
        make(noise=lambda n, latent_dim: _KEPT[:n, :latent_dim]),
        "Draw a new z in every step",
    ),
    "uniform noise": (
        make(noise=lambda n, latent_dim: torch.rand(n, latent_dim)),
        "use torch.randn",
    ),
    "sum for mean": (
        make(
            loss_d=lambda D, real, fake: F.softplus(-D(real)).sum() + F.softplus(D(fake)).sum(),
        ),
        "Take the mean",
    ),
    "sum for mean in G": (
        make(loss_g=lambda D, fake: F.softplus(-D(fake)).sum()),
        "G's loss adds up over the batch",
    ),
    "mean forgotten in D": (
        make(loss_d=lambda D, real, fake: F.softplus(-D(real)) + F.softplus(D(fake))),
        "a loss must be one number",
    ),
    "mean forgotten in G": (
        make(loss_g=lambda D, fake: F.softplus(-D(fake))),
        "a loss must be one number",
    ),
    "sigmoid twice in D": (make(loss_d=twice_d), "a sigmoid is applied twice"),
    "sigmoid twice in G": (make(loss_g=twice_g), "a sigmoid is applied twice"),
    "sigmoid twice in both": (
        make(loss_d=twice_d, loss_g=twice_g),
        "a sigmoid is applied twice",
    ),
    "Wasserstein": (
        make(
            loss_d=lambda D, real, fake: D(fake).mean() - D(real).mean(),
            loss_g=lambda D, fake: -D(fake).mean(),
        ),
        "as the Wasserstein loss does",
    ),
    "Wasserstein in G": (
        make(loss_g=lambda D, fake: -D(fake).mean()),
        "as the Wasserstein loss does",
    ),
    "hinge": (
        make(
            loss_d=lambda D, real, fake: F.relu(1 - D(real)).mean() + F.relu(1 + D(fake)).mean(),
            loss_g=lambda D, fake: -D(fake).mean(),
        ),
        "as the hinge loss has",
    ),
    "least squares": (
        make(
            loss_d=lambda D, real, fake: ((D(real) - 1) ** 2).mean() + (D(fake) ** 2).mean(),
            loss_g=lambda D, fake: ((D(fake) - 1) ** 2).mean(),
        ),
        "as least squares does",
    ),
    "smoothed labels": (
        make(loss_d=lambda D, real, fake: bce(D(real), 0.9) + bce(D(fake), 0.0)),
        "does not pull as softplus does",
    ),
    "both backward, then both step": (
        both_backward_then_both_step,
        "Let D step before G's backward()",
    ),
    "D steps twice": (two_steps_of_d, "Add the two losses and step once"),
    "G steps twice": (two_steps_of_g, "opt_g.step() runs 2 times"),
    "D's gradients erased": (erasing("D"), "opt_d.zero_grad() between backward() and step()"),
    "G's gradients erased": (erasing("G"), "opt_g.zero_grad() between backward() and step()"),
    "one z for the batch": (
        make(noise=lambda n, latent_dim: torch.randn(1, latent_dim).expand(n, latent_dim)),
        "fakes of one batch share one z",
    ),
    "log of sigmoid": (make(loss_d=log_of_sigmoid), "softplus on logits"),
}


def covered(samples, centers, sigma):
    distance, nearest = torch.cdist(samples, centers).min(dim=1)
    hits = nearest[distance <= 3 * sigma].bincount(minlength=len(centers))
    return (hits >= 0.2 * len(samples) / len(centers)).sum()


def covered_in_a_loop(samples, centers, sigma):
    count = 0
    for center in centers:
        near = ((samples - center) ** 2).sum(1).sqrt() <= 3 * sigma
        count += int(near.sum() >= len(samples) / len(centers) / 5)
    return count


def _nearest_only(samples, centers, sigma):
    return len(torch.cdist(samples, centers).argmin(dim=1).unique())


def _one_is_enough(samples, centers, sigma):
    distance, nearest = torch.cdist(samples, centers).min(dim=1)
    return len(nearest[distance <= 3 * sigma].unique())


def _one_sigma(samples, centers, sigma):
    return covered(samples, centers, sigma / 3)


def _per_coordinate(samples, centers, sigma):
    near = ((samples[:, None] - centers).abs() <= 3 * sigma).all(dim=2)
    return int((near.sum(0) >= 0.2 * len(samples) / len(centers)).sum())


def _share_of_the_good(samples, centers, sigma):
    distance, nearest = torch.cdist(samples, centers).min(dim=1)
    hits = nearest[distance <= 3 * sigma].bincount(minlength=len(centers))
    return int((hits >= max(1, 0.2 * hits.sum() / len(centers))).sum())


def _share_of_the_good_or_nothing(samples, centers, sigma):
    distance, nearest = torch.cdist(samples, centers).min(dim=1)
    hits = nearest[distance <= 3 * sigma].bincount(minlength=len(centers))
    return int((hits >= 0.2 * hits.sum() / len(centers)).sum())


def _needs(share):
    """Return a count that asks for another share of the fair share."""

    def count(samples, centers, sigma):
        distance, nearest = torch.cdist(samples, centers).min(dim=1)
        hits = nearest[distance <= 3 * sigma].bincount(minlength=len(centers))
        return int((hits >= share * len(samples) / len(centers)).sum())

    return count


def _eight_modes(samples, centers, sigma):
    distance, nearest = torch.cdist(samples, centers).min(dim=1)
    hits = nearest[distance <= 3 * sigma].bincount(minlength=8)
    return int((hits >= 0.2 * len(samples) / 8).sum())


RIGHT_HALF_LIVES = [
    lambda decay: math.log(0.5) / math.log(decay),
    lambda decay: -math.log2(2) / math.log2(decay),
    lambda decay: math.ceil(math.log(0.5) / math.log(decay)),
    lambda decay: round(math.log(0.5) / math.log(decay)),
    lambda decay: math.ceil(math.log(0.5) / math.log(decay)),
    lambda decay: round(math.log(0.5) / math.log(decay)),
]

WRONG_HALF_LIVES = {
    "rule of thumb": (lambda decay: 1 / (1 - decay), "usual rule of thumb"),
    "one over e": (lambda decay: -1 / math.log(decay), "usual rule of thumb"),
    "sign": (lambda decay: math.log(2) / math.log(decay), "the sign is turned"),
    "straight line": (lambda decay: 0.5 / (1 - decay), "by one factor"),
    "a share": (lambda decay: decay**2, "after how many steps"),
    "for 0.999 only": (lambda decay: 692.8, "for a decay of 0.9 "),
}

RIGHT_COUNTS = [covered, covered_in_a_loop]

WRONG_COUNTS = {
    "nearest without a distance": (_nearest_only, "Nearest is not near"),
    "one sample is enough": (_one_is_enough, "Ask for a fifth"),
    **{f"{s} of the share": (_needs(s), "Ask for a fifth") for s in (0.05, 0.1, 0.15, 0.19)},
    **{
        f"{s} of the share": (_needs(s), "0.2 of 100 is enough")
        for s in (0.22, 0.25, 0.5, 0.8, 1.0)
    },
    "sigma of the ring": (
        lambda samples, centers, sigma: covered(samples, centers, 0.02),
        "the sigma and the len(centers) that you are given",
    ),
    "modes of the ring": (_eight_modes, "the sigma and the len(centers) that you are given"),
    "share of the good samples, maybe none": (
        _share_of_the_good_or_nothing,
        "must be of *all* samples",
    ),
    "one sigma": (_one_sigma, "2.5 sigma from a center must count"),
    "each coordinate": (_per_coordinate, "not each coordinate"),
    "share of the good samples": (_share_of_the_good, "must be of *all* samples"),
    "a share, not a count": (lambda *a: covered(*a) / len(a[1]), "a share, not a count"),
}
