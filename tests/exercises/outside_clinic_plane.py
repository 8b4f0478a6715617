"""Answers to the cases of lesson 22a that stand in no table: whole GANs in other styles, and more.

A case asks what a program does, so that any healthy GAN heals any silent case.
"""

import copy

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from gan_lessons import models

Z = 2


def adams(*nets, lr=8e-3):
    return [torch.optim.Adam(net.parameters(), lr, (0.5, 0.9), fused=True) for net in nets]


def gan(x, steps, loss_d, loss_g, *, D=None, data=None, cut=True, dtype=torch.float32, stop=None):
    """Train a GAN with losses of logits; what is wrong is handed in."""
    G, D = models.plane_generator().to(dtype), (D or models.plane_discriminator()).to(dtype)
    opt_g, opt_d = adams(G, D)
    curves = {"D": [], "G": []}
    x = x.to(dtype)
    for step in range(steps):
        real = (data or (lambda x: x[torch.randint(len(x), (128,))]))(x)
        fake = G(torch.randn(128, Z, dtype=dtype))
        d = loss_d(D(real), D(fake.detach() if cut else fake))
        opt_d.zero_grad()
        d.backward(retain_graph=not cut)
        opt_d.step()
        g = loss_g(D(fake))
        opt_g.zero_grad()
        g.backward()
        opt_g.step()
        curves["D"].append(float(d.detach()))
        curves["G"].append(float(g.detach()))
        if stop is not None and stop(step, curves):
            break
    with torch.no_grad():
        return G(torch.randn(2_000, Z, dtype=dtype)), curves


def softplus_d(real, fake):
    return F.softplus(-real).mean() + F.softplus(fake).mean()


def softplus_g(fake):
    return F.softplus(-fake).mean()


def labels(x, steps):
    """With labels, as most tutorials write it."""
    bce = nn.BCEWithLogitsLoss()

    def loss_d(real, fake):
        return (bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))) / 2

    return gan(x, steps, loss_d, lambda fake: bce(fake, torch.ones_like(fake)))


def least_squares(x, steps):
    return gan(
        x,
        steps,
        lambda real, fake: (real - 1).square().mean() + fake.square().mean(),
        lambda fake: (fake - 1).square().mean(),
    )


def in_double(x, steps):
    return gan(x, steps, softplus_d, softplus_g, dtype=torch.float64)


def minimax(x, steps):
    """The game of two signs: G maximizes what D minimizes."""
    return gan(x, steps, softplus_d, lambda fake: -F.softplus(fake).mean())


def two_passes(x, steps):
    """Nothing detached, every gradient erased before it is made; noise from NumPy."""
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g, opt_d = adams(G, D)
    rng, curves = np.random.default_rng(1), {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        z = torch.as_tensor(rng.standard_normal((256, Z)), dtype=torch.float32)
        d = softplus_d(D(real), D(G(z[:128])))
        opt_d.zero_grad()
        d.backward()
        opt_d.step()
        g = softplus_g(D(G(z[128:])))
        opt_g.zero_grad()
        g.backward()
        opt_g.step()
        curves["D"].append(d.item())
        curves["G"].append(g.item())
    return G(torch.randn(2_000, Z)), curves


RIGHT_GANS = [labels, least_squares, in_double, minimax, two_passes]


def wrong(loss_d=softplus_d, loss_g=softplus_g, **more):
    return lambda x, steps: gan(x, steps, loss_d, loss_g, **more)


def never_moved(x, steps):
    G = models.plane_generator()
    return G(torch.randn(2_000, Z)), {"D": [0.7] * steps, "G": [0.7] * steps}


def the_data_returned(x, steps):
    """One point of the data, again and again: near a mode, and one mode only."""
    return x[:1].repeat(2_000, 1), {"D": [1.0] * steps, "G": [1.0] * steps}


WRONG_CALM = {
    "noise for data": (wrong(data=lambda x: 2 * torch.randn(128, 2)), "number for number"),
    "not trained": (never_moved, "number for number"),
    "their mean for data": (
        wrong(data=lambda x: x.mean(0).expand(128, 2) + 0.1 * torch.randn(128, 2)),
        "modes are found",
    ),
    "one sample of the data": (the_data_returned, "1 of 8 modes are found"),
}
WRONG_WINNERS = {
    "targets 1 and 0.9": (
        wrong(lambda a, b: F.softplus(-a).mean() + 0.9 * F.softplus(-b).mean()),
        "says real to whatever",
    ),
    "both unsure": (
        wrong(lambda a, b: (a - 1).square().mean() + (b - 1).square().mean()),
        "not healed",
    ),
    "only data": (wrong(lambda a, b: F.softplus(-a).mean()), "says real to whatever"),
}
WRONG_DOWNHILL = {
    "G lowers its score": (wrong(loss_g=lambda b: F.softplus(b).mean()), "ever easier to tell"),
    "both climb": (
        wrong(lambda a, b: -softplus_d(a, b), lambda b: -F.softplus(b).mean()),
        "not healed",
    ),
    "G lowers its logit": (wrong(loss_g=lambda b: b.mean()), "not healed"),
}


def erased(x, steps):
    """G's gradients are erased between its backward() and its step."""
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g, opt_d = adams(G, D)
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, Z))
        opt_d.zero_grad()
        softplus_d(D(real), D(fake.detach())).backward()
        opt_d.step()
        softplus_g(D(fake)).backward()
        opt_g.zero_grad()
        opt_g.step()
    return G(torch.randn(2_000, Z)), {"D": [1.0] * steps, "G": [1.0] * steps}


WRONG_ROOTED = {
    "erased before the step": (
        erased,
        "And opt_g makes 500 steps, and its weights end where they began",
    ),
    "G learns from nothing": (wrong(loss_g=lambda b: 0.0 * b.mean()), "modes are found"),
}
WRONG_LUKEWARM = {
    "clamped logits": (
        wrong(
            lambda a, b: softplus_d(a.clamp(-0.5, 0.5), b.clamp(-0.5, 0.5)),
            lambda b: softplus_g(b.clamp(-0.5, 0.5)),
        ),
        "not healed",
    ),
    "a sigmoid in the losses": (
        wrong(lambda a, b: softplus_d(a.sigmoid(), b.sigmoid()), lambda b: softplus_g(b.sigmoid())),
        "not healed",
    ),
}
WRONG_BOTTOMLESS = {
    "linear losses without a constraint": (
        wrong(lambda a, b: 10 * (b.mean() - a.mean()), lambda b: -b.mean()),
        "not healed",
    ),
    "exchanged, and squashed": (
        wrong(
            lambda a, b: -(F.softplus(-a).mean() + F.softplus(b).mean()).tanh(),
            lambda b: F.softplus(b).mean(),
        ),
        "not healed",
    ),
}


def stops_when(rule):
    return lambda x, steps: gan(x, steps, softplus_d, softplus_g, stop=rule)


WRONG_SATISFIED = {
    "G's loss near ln 2": (
        stops_when(lambda step, c: abs(c["G"][-1] - 0.693) < 0.05),
        "it stopped after",
    ),
    "D's loss stands still": (
        stops_when(lambda step, c: step > 20 and abs(c["D"][-1] - c["D"][-10]) < 0.02),
        "it stopped after",
    ),
    "after thirty": (stops_when(lambda step, c: step == 30), "it stopped after 31 of"),
}
WRONG_EARLY = {
    "the data in double": (
        lambda x, steps: models.plane_discriminator()(x.double()),
        "same dtype",
    ),
    "one point of the data": (the_data_returned, "1 of 8 modes are found"),
}


def stale_copy(x, steps):
    """Both losses before D's step, G's on a copy of D that the graph does not know."""
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_d = torch.optim.Adam(D.parameters(), 8e-3)
    opt_g = torch.optim.Adam(G.parameters(), 8e-3)
    for _ in range(steps):
        fake = G(torch.randn(128, Z))
        loss_g = softplus_g(D(fake))
        loss_d = softplus_d(D(x[:128]), D(fake.detach()))
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        D.load_state_dict(copy.deepcopy(D.state_dict()))
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
    return G(torch.randn(2_000, Z)), {"D": [1.0], "G": [1.0]}


def unnoticed(x, steps):
    """Both losses before any step, and optimizers that autograd does not see at work."""
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g, opt_d = (
        torch.optim.AdamW(net.parameters(), 8e-3, (0.5, 0.9), fused=True) for net in (G, D)
    )
    curves = {"D": [], "G": []}
    for _ in range(steps):
        fake = G(torch.randn(128, Z))
        loss_d = softplus_d(D(x[torch.randint(len(x), (128,))]), D(fake.detach()))
        loss_g = softplus_g(D(fake))
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(float(loss_d.detach()))
        curves["G"].append(float(loss_g.detach()))
    return G(torch.randn(2_000, Z)).detach(), curves


WRONG_HALFWAY = {
    "a fused step hides it": (unnoticed, "only silenced"),
    "a stale graph": (stale_copy, "modified by an inplace operation"),
    "not trained": (never_moved, "modes are found"),
}


def numpy_counter(samples, centers, sigma):
    apart = np.linalg.norm(samples.numpy()[:, None] - centers.numpy()[None], axis=2)
    return np.int64((apart <= 3 * sigma).any(axis=0).sum())


def loop_counter(samples, centers, sigma):
    return sum(bool(((samples - c).norm(dim=1) <= 3 * sigma).any()) for c in centers)


def set_counter(samples, centers, sigma):
    nearest = torch.cdist(samples, centers).min(dim=1)
    return len({int(i) for d, i in zip(*nearest, strict=True) if d <= 3 * sigma})


def tensor_counter(samples, centers, sigma):
    return (torch.cdist(samples, centers).amin(0) <= 3 * sigma).sum()


RIGHT_COUNTERS = [numpy_counter, loop_counter, set_counter, tensor_counter]
WRONG_COUNTERS = {
    "a share of the samples each": (
        lambda s, c, sigma: int(
            (torch.cdist(s, c).argmin(1).bincount(minlength=8) >= len(s) / 80).sum()
        ),
        "between the modes the counter says 8",
    ),
    "as far as three": (
        lambda s, c, sigma: int((torch.cdist(s, c).amin(0) <= 3).sum()),
        "between the modes the counter says 8",
    ),
    "the mean distance": (
        lambda s, c, sigma: int((torch.cdist(s, c).mean(0) <= 3 * sigma).sum()),
        "For the data themselves the counter says 0",
    ),
    "nothing back": (lambda s, c, sigma: None, "the return is missing"),
}
