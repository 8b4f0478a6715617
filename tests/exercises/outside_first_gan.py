"""Answers to the exercises of lesson 04 that stand in no table, the wrong ones with a diagnosis."""

import math

import numpy as np
import torch
from torch.nn import functional as F

from gan_lessons import training


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


def in_pieces(G, D, opt_g, opt_d, real, latent_dim):
    """A backward() for each sample, NumPy's noise, labels, gradients that add up."""
    noise = np.random.default_rng(int(torch.randint(2**31, ()))).standard_normal
    fake = G(torch.from_numpy(noise((len(real), latent_dim))).float())
    for group in opt_d.param_groups:
        for weight in group["params"]:
            weight.grad = None
    for x, y in zip(real, fake.detach(), strict=True):
        for sample, label in ((x, 1.0), (y, 0.0)):
            logit = D(sample[None])
            target = torch.full_like(logit, label)
            (F.binary_cross_entropy_with_logits(logit, target) / len(real)).backward()
    opt_d.step()
    opt_g.zero_grad()
    F.binary_cross_entropy_with_logits(D(fake), torch.ones(len(real))).backward()
    opt_g.step()
    return {"fake": fake.detach()}


def by_autograd(G, D, opt_g, opt_d, real, latent_dim):
    """torch.autograd.grad in place of backward(), the logarithm of a sigmoid as one function."""
    z = torch.randn(real.shape[0], latent_dim, dtype=torch.float64).to(real.dtype)
    with torch.no_grad():
        fake = G(z)
    loss = -F.logsigmoid(D(real)).double().mean() - F.logsigmoid(-D(fake)).double().mean()
    weights = list(D.parameters())
    for weight, grad in zip(weights, torch.autograd.grad(loss, weights), strict=True):
        weight.grad = grad
    opt_d.step()
    weights = list(G.parameters())
    grads = torch.autograd.grad(-F.logsigmoid(D(G(z))).mean(), weights)
    for weight, grad in zip(weights, grads, strict=True):
        weight.grad = grad
    opt_g.step()


def zeroed_at_the_end(G, D, opt_g, opt_d, real, latent_dim):
    """Everything is zeroed when the step ends; half a batch of fakes at a time."""
    n = len(real)
    fake = torch.cat([G(torch.randn(n // 2, latent_dim)), G(torch.randn(n - n // 2, latent_dim))])
    torch.logaddexp(torch.zeros(n), -D(real)).mean().backward()
    torch.logaddexp(torch.zeros(n), D(fake.data)).mean().backward()
    opt_d.step()
    torch.logaddexp(torch.zeros(n), -D(fake)).mean().backward()
    opt_g.step()
    D.zero_grad()
    G.zero_grad()


def of_the_library(G, D, opt_g, opt_d, real, latent_dim):
    for _ in training.train(G, D, opt_g, opt_d, [real], steps=1, latent_dim=latent_dim):
        pass


def halved(G, D, opt_g, opt_d, real, latent_dim):
    """(real + fake) / 2, as many write D's loss."""
    fake = G(torch.randn(len(real), latent_dim))
    logits = D(torch.cat([real, fake.detach()]))
    labels = torch.arange(2).repeat_interleave(len(real)).float()
    opt_d.zero_grad()
    F.binary_cross_entropy_with_logits(logits, 1 - labels).backward()
    opt_d.step()
    opt_g.zero_grad()
    F.softplus(-D(fake)).mean().backward()
    opt_g.step()


def make(
    *,
    loss_d=lambda D, real, fake: F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean(),
    loss_g=lambda D, fake: F.softplus(-D(fake)).mean(),
    cut=lambda fake: fake.detach(),
    noise=lambda n, latent_dim: torch.randn(n, latent_dim),
    zero_d=True,
    zero_g=True,
    backward=lambda loss: loss.backward(),
    between=lambda G, D: None,
):
    """Build a training step that differs from the reference in one place, or in more."""

    def train_step(G, D, opt_g, opt_d, real, latent_dim):
        fake = G(noise(len(real), latent_dim))
        if zero_d:
            opt_d.zero_grad()
        backward(loss_d(D, real, cut(fake)))
        between(G, D)
        opt_d.step()
        if zero_g:
            opt_g.zero_grad()
        backward(loss_g(D, fake))
        opt_g.step()

    return train_step


def bce(logits, label):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, label))


def probabilities(logits, label):
    return F.binary_cross_entropy(logits.sigmoid(), torch.full_like(logits, label))


def two_steps_of_g(G, D, opt_g, opt_d, real, latent_dim):
    reference(G, D, opt_g, opt_d, real, latent_dim)
    opt_g.zero_grad()
    F.softplus(-D(G(torch.randn(len(real), latent_dim)))).mean().backward()
    opt_g.step()


def loss_of_d(D, real, fake):
    return F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()


def step_of_g(D, opt_g, fake):
    opt_g.zero_grad()
    F.softplus(-D(fake)).mean().backward()
    opt_g.step()


def zeroed_at_the_top(G, D, opt_g, opt_d, real, latent_dim):
    """Two fake batches, no detach: what D's loss left in G is never erased."""
    opt_d.zero_grad()
    opt_g.zero_grad()
    loss_of_d(D, real, G(torch.randn(len(real), latent_dim))).backward()
    opt_d.step()
    F.softplus(-D(G(torch.randn(len(real), latent_dim)))).mean().backward()
    opt_g.step()


def gradient_switched_on_afterwards(G, D, opt_g, opt_d, real, latent_dim):
    fake = G(torch.randn(len(real), latent_dim))
    with torch.no_grad():
        loss_d = loss_of_d(D, real, fake)
    loss_d.requires_grad = True
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    step_of_g(D, opt_g, fake)


def never_thawed(G, D, opt_g, opt_d, real, latent_dim):
    fake = G(torch.randn(len(real), latent_dim))
    opt_d.zero_grad()
    loss_of_d(D, real, fake.detach()).backward()
    opt_d.step()
    for p in D.parameters():
        p.requires_grad = False
    step_of_g(D, opt_g, fake)


def one_sum_for_both(G, D, opt_g, opt_d, real, latent_dim):
    """One backward() through the sum of both losses, then both steps."""
    fake = G(torch.randn(len(real), latent_dim))
    opt_d.zero_grad()
    opt_g.zero_grad()
    (loss_of_d(D, real, fake.detach()) + F.softplus(-D(fake)).mean()).backward()
    opt_d.step()
    opt_g.step()


def zero_grads_exchanged(G, D, opt_g, opt_d, real, latent_dim):
    fake = G(torch.randn(len(real), latent_dim))
    opt_g.zero_grad()
    loss_of_d(D, real, fake.detach()).backward()
    opt_d.step()
    opt_d.zero_grad()
    F.softplus(-D(fake)).mean().backward()
    opt_g.step()


def weights_clipped(G, D, *rest):
    reference(G, D, *rest)
    with torch.no_grad():
        for weight in D.parameters():
            weight.clamp_(-0.1, 0.1)


def with_closures(G, D, opt_g, opt_d, real, latent_dim):
    """optimizer.step(closure), as optimizers that ask more than once want it."""
    fake = G(torch.randn(len(real), latent_dim))

    def turn_of_d():
        opt_d.zero_grad()
        loss = loss_of_d(D, real, fake.detach())
        loss.backward()
        return loss

    def turn_of_g():
        opt_g.zero_grad()
        loss = F.softplus(-D(fake)).mean()
        loss.backward()
        return loss

    opt_d.step(turn_of_d)
    opt_g.step(closure=turn_of_g)


def in_chunks(G, D, opt_g, opt_d, real, latent_dim):
    """D is asked about 8 samples at a time, as one does where memory is short."""
    n = len(real)
    fake = G(torch.randn(n, latent_dim))
    opt_d.zero_grad()
    for x, y in zip(real.split(8), fake.detach().split(8), strict=True):
        ((F.softplus(-D(x)).sum() + F.softplus(D(y)).sum()) / n).backward()
    opt_d.step()
    step_of_g(D, opt_g, fake)


def asked_twice(G, D, opt_g, opt_d, real, latent_dim):
    """D's loss is the mean of two that are equal."""
    fake = G(torch.randn(len(real), latent_dim))
    opt_d.zero_grad()
    (sum(loss_of_d(D, real, fake.detach()) for _ in range(2)) / 2).backward()
    opt_d.step()
    step_of_g(D, opt_g, fake)


def drawn_to_real_points(G, D, opt_g, opt_d, real, latent_dim):
    """G's samples are drawn to real ones by their distance, beside what D says."""
    fake = G(torch.randn(len(real), latent_dim))
    opt_d.zero_grad()
    loss_of_d(D, real, fake.detach()).backward()
    opt_d.step()
    opt_g.zero_grad()
    (F.softplus(-D(fake)).mean() + 10 * (fake - real).square().mean()).backward()
    opt_g.step()


def pushed_apart(G, D, opt_g, opt_d, real, latent_dim):
    """G is paid for samples that lie far from each other."""
    fake = G(torch.randn(len(real), latent_dim))
    opt_d.zero_grad()
    loss_of_d(D, real, fake.detach()).backward()
    opt_d.step()
    opt_g.zero_grad()
    (F.softplus(-D(fake)).mean() - 0.1 * fake.var(dim=0).sum()).backward()
    opt_g.step()


_KEPT = torch.randn(1_000, 64, generator=torch.Generator().manual_seed(3))

RIGHT_STEPS = [
    reference,
    with_labels,
    generator_first,
    wasteful_but_right,
    in_pieces,
    by_autograd,
    zeroed_at_the_end,
    of_the_library,
    halved,
    with_closures,
    in_chunks,
    asked_twice,
]

WRONG_STEPS = {
    "drawn to real points": (drawn_to_real_points, "does not come through D"),
    "pushed apart": (pushed_apart, "does not come through D"),
    "no detach, graph retained, not zeroed": (
        make(
            cut=lambda fake: fake,
            zero_g=False,
            backward=lambda loss: loss.backward(retain_graph=True),
        ),
        "G is trained on D's loss as well",
    ),
    "no detach, both zeroed at the top": (zeroed_at_the_top, "G is trained on D's loss as well"),
    "one sum for both": (one_sum_for_both, "G's loss also filled D's gradients"),
    "a loss without a graph": (gradient_switched_on_afterwards, "D's loss has no graph"),
    "D never thawed": (never_thawed, "D stays frozen"),
    "zero_grads exchanged": (zero_grads_exchanged, "what G's backward() left in D"),
    "weights clipped": (weights_clipped, "the weights of D change otherwise"),
    "64 fakes": (
        make(noise=lambda n, latent_dim: torch.randn(64, latent_dim)),
        "D saw 32 real and 64 fake samples",
    ),
    "half as many fakes": (
        make(noise=lambda n, latent_dim: torch.randn(max(1, n // 2), latent_dim)),
        "D saw 32 real and 16 fake samples",
    ),
    "noise from a drawer": (
        make(noise=lambda n, latent_dim: _KEPT[:n, :latent_dim]),
        "Draw a new z in every step",
    ),
    "noise from -1 to 1": (
        make(noise=lambda n, latent_dim: 2 * torch.rand(n, latent_dim) - 1),
        "spread otherwise than N(0, 1)",
    ),
    "two of three": (
        make(loss_d=lambda D, real, fake: bce(D(real), 1.0) + 2 * bce(D(fake), 0.0)),
        "D's loss on fakes is 2.00 times −ln(1 − D(fake))",
    ),
    "smoothed labels": (
        make(loss_d=lambda D, real, fake: bce(D(real), 0.8) + bce(D(fake), 0.0)),
        "0.80 times −ln D(real) and 0.20 times −ln(1 − D(real))",
    ),
    "probabilities": (
        make(loss_d=lambda D, r, f: probabilities(D(r), 1.0) + probabilities(D(f), 0.0)),
        "a probability is rounded",
    ),
    "sigmoid twice in both": (
        make(
            loss_d=lambda D, r, f: bce(D(r).sigmoid(), 1.0) + bce(D(f).sigmoid(), 0.0),
            loss_g=lambda D, fake: bce(D(fake).sigmoid(), 1.0),
        ),
        "a sigmoid is applied twice",
    ),
    "Wasserstein": (
        make(
            loss_d=lambda D, real, fake: D(fake).mean() - D(real).mean(),
            loss_g=lambda D, fake: -D(fake).mean(),
        ),
        "First: D's loss is not the cross entropy of this lesson: it pulls alike",
    ),
    "hinge": (
        make(
            loss_d=lambda D, real, fake: F.relu(1 - D(real)).mean() + F.relu(1 + D(fake)).mean(),
            loss_g=lambda D, fake: -D(fake).mean(),
        ),
        "D's loss is not the cross entropy of this lesson: its pull has a hard edge",
    ),
    "least squares on probabilities": (
        make(
            loss_d=lambda D, real, fake: (
                (D(real).sigmoid() - 1).square().mean() + D(fake).sigmoid().square().mean()
            ),
        ),
        "it pulls as least squares on the sigmoid",
    ),
    "the relativistic loss": (
        make(loss_d=lambda D, real, fake: F.softplus(D(fake) - D(real)).mean()),
        "it does not pull as softplus does",
    ),
    "D blind to fakes, and gradients pile up in G": (
        make(loss_d=lambda D, real, fake: F.softplus(-D(real)).mean(), zero_g=False),
        "D sees only real samples",
    ),
    "noise on the real batch": (
        make(loss_d=lambda D, real, fake: loss_of_d(D, real + 0.1 * torch.randn_like(real), fake)),
        "neither the real batch",
    ),
    "what D says of real samples is detached": (
        make(
            loss_d=lambda D, real, fake: (
                F.softplus(-D(real).detach()).mean() + F.softplus(D(fake)).mean()
            )
        ),
        "no part for real samples that reaches",
    ),
    "weight decay": (
        make(
            loss_d=lambda D, real, fake: (
                loss_of_d(D, real, fake) + sum(p.square().sum() for p in D.parameters())
            )
        ),
        "something else is in it",
    ),
    "G steps twice": (two_steps_of_g, "opt_g.step() runs 2 times"),
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


def covered_by_squares(samples, centers, sigma):
    square = (samples[:, None] - centers).square().sum(dim=2)  # (N, K)
    near = square <= 9 * sigma**2
    return (near.float().mean(dim=0) * len(centers) >= 0.2).sum().item()


def covered_in_numpy(samples, centers, sigma):
    samples, centers = samples.double().numpy(), centers.double().numpy()
    distance = np.linalg.norm(samples[:, None] - centers[None], axis=2)
    near = (distance <= 3 * sigma) & (distance == distance.min(axis=1, keepdims=True))
    return np.count_nonzero(near.sum(axis=0) / len(samples) >= 0.2 / len(centers))


def _by_hand(samples, centers, sigma, *, norm=2, share=0.2):
    """Count in a loop over the centers, in another style than the table's."""
    near = [(samples - c).norm(p=norm, dim=1) <= 3 * sigma for c in centers]
    return sum(int(hits.sum()) >= share * len(samples) / len(centers) for hits in near)


def _nearest_only(samples, centers, sigma):
    nearest = torch.cdist(samples, centers).argmin(dim=1)
    shares = [float((nearest == k).float().mean()) for k in range(len(centers))]
    return sum(share >= 0.2 / len(centers) for share in shares)


def visited(samples, centers, sigma):
    """Two mistakes at once: near or far is all the same, and one sample is enough."""
    return len(torch.cdist(samples, centers).argmin(dim=1).unique())


def _one_is_enough(samples, centers, sigma):
    distance, nearest = torch.cdist(samples, centers).min(dim=1)
    return len(nearest[distance <= 3 * sigma].unique())


def _squared(samples, centers, sigma):
    near = ((samples[:, None] - centers) ** 2).sum(dim=2) <= 3 * sigma
    return int((near.sum(0) >= 0.2 * len(samples) / len(centers)).sum())


def _share_of_the_good(samples, centers, sigma):
    distance, nearest = torch.cdist(samples, centers).min(dim=1)
    hits = nearest[distance <= 3 * sigma].bincount(minlength=len(centers))
    return int((hits >= max(1, 0.2 * hits.sum() / len(centers))).sum())


def _needs(share):
    """Return a count that asks for another share of the fair share."""
    return lambda *clouds: _by_hand(*clouds, share=share)


def _eight_modes(samples, centers, sigma):
    distance, nearest = torch.cdist(samples, centers).min(dim=1)
    hits = nearest[distance <= 3 * sigma].bincount(minlength=8)
    return int((hits >= 0.2 * len(samples) / 8).sum())


def _half_life_in_a_loop(decay):
    share, n = 1.0, 0
    while share > 0.5:
        share, n = share * decay, n + 1
    return n


def _by_halving(decay):
    """Find the half-life between two bounds."""
    low, high = 0.0, 1e6
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if decay**middle > 0.5 else (low, middle)
    return low


RIGHT_HALF_LIVES = [
    lambda decay: math.log(0.5) / math.log(decay),
    lambda decay: -math.log2(2) / math.log2(decay),
    lambda decay: np.log(0.5) / np.log(np.float32(decay)),
    lambda decay: torch.tensor(0.5).log() / torch.tensor(decay).log(),
    _by_halving,
]

WRONG_HALF_LIVES = {
    "rule of thumb": (lambda decay: (1 - decay) ** -1, "usual rule of thumb"),
    "sign": (lambda decay: -math.log(0.5) / math.log(decay), "the sign is turned"),
    "counted": (_half_life_in_a_loop, "do not round it"),
    "a share": (lambda decay: decay**2, "by then a share of 0.841 is left"),
    "for 0.999 only": (lambda decay: 692.8, "always 692.8, whatever comes in"),
    "right for slow averages": (
        lambda decay: math.log(0.5) / math.log(decay) if decay > 0.5 else 1.0,
        "you get 1 steps",
    ),
    "twice": (lambda decay: 2 * math.log(0.5) / math.log(decay), "always twice the right value"),
    "a quarter": (lambda decay: math.log(0.25) / math.log(decay), "always twice the right value"),
}

RIGHT_COUNTS = [covered, covered_in_a_loop, covered_by_squares, covered_in_numpy, _by_hand]

WRONG_COUNTS = {
    "sigma not squared": (
        lambda samples, centers, sigma: covered(samples, centers, sigma**0.5),
        "sigma is not squared",
    ),
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
    "root forgotten": (_squared, "the root is forgotten"),
    "one sigma": (lambda x, c, sigma: covered(x, c, sigma / 3), "the limit is 3 sigma"),
    "each coordinate": (
        lambda *clouds: _by_hand(*clouds, norm=torch.inf),
        "not each coordinate",
    ),
    "share of the good samples": (_share_of_the_good, "must be of *all* samples"),
    "a share, not a count": (lambda *a: covered(*a) / len(a[1]), "a share, not a count"),
    "which modes": (
        lambda *a: torch.arange(len(a[1])) < covered(*a),
        "numbers come back, of shape (2,), where one is asked",
    ),
    "int in place of sum": (
        lambda *a: int(torch.arange(len(a[1])) < covered(*a)),
        ".sum() counts what is true",
    ),
    "modes and quality": (lambda *a: (covered(*a), 0.9), "one result should come back, and 2 do"),
    "always eight": (lambda *clouds: 8, "always 8, whatever comes in"),
}

MEASURED = {  # as other seeds gave it
    0.05: ["oscillation", "oscillation", "–"],
    0.2: ["oscillation"] * 3,
    1.0: ["–"] * 3,
    20.0: ["–", "collapse", "–"],
    80.0: ["collapse"] * 3,
}
RIGHT_RATIOS = [
    (80, 0.2),
    (torch.tensor(80.0), np.float64(0.05)),
    ([80], [0.05, 0.2]),
    ("80", (0.2,)),
    (np.array([80.0]), {0.05}),
]
WRONG_RATIOS = {
    "exchanged": ((0.2, 80), "the two are exchanged"),
    "the best": ((1.0, 0.2), "a collapse at 1, where 0 of 3 runs show one; 3 do at 80. There the"),
    "seldom": ((20, 0.2), "a collapse at 20, where 1 of 3 runs show one"),
    "one of two": ((80, [0.2, 1]), "an oscillation at 1, where 0 of 3 runs show one; 3 do at 0.2"),
    "one for both": ((80, 80), "an oscillation at 80, where 0 of 3"),
    "not run": ((3, 0.2), "3 is not one of the ratios that were run"),
    "no number": ((80, None), "None is not a number"),
    "the table": ((MEASURED, 0.2), "is not a number"),
}
