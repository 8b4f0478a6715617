"""Make the gallery of lesson 05: runs of a small GAN, healthy and sick, and 24 runs to stop.

    python data/make/gallery.py           # writes data/gallery.npz, about three minutes on one core
    python data/make/gallery.py --out other.npz --force

Every run is the loop of lesson 04 on a ring of eight modes; a sick one differs from the healthy one
in the one entry of RECIPES that names it. The same recipes stand in lesson 05, which trains some of
the runs again. gan_lessons/data/gallery.py takes the file by its SHA-256 only: on the same machine
this script makes the same bytes; another processor rounds otherwise, and a long game turns that
into other numbers, so a file made anew is pinned there anew, with its date.
"""

import numpy as np
import shipping
import torch
from torch import Tensor, nn

from gan_lessons import data, metrics, models, runtime, training
from gan_lessons.data.gallery import CURVES

STEPS, LOOKS, POINTS = 600, 6, 100
OPEN, UNSEEN = (0, 1, 2), (10, 11)  # seeds: what the lesson shows, and what the exercise asks
STOP_SEEDS, STOP_STEPS, STOP_EVERY = range(100, 124), 1_500, 50
RING = data.ring(sigma=0.1)

RECIPES = {
    "healthy": {},
    "D wins": {"lr_g": 8e-6},
    "collapse": {"lr_d": 8e-2, "lr_g": 2e-4},
    "oscillation": {"lr_d": 4e-4},
    "no real data": {"only_fakes": True},
    "double sigmoid": {"end_of_d": nn.Sigmoid},
    "batch norm": {"start_of_d": lambda: nn.BatchNorm1d(2)},
    "range mismatch": {"end_of_g": nn.Tanh},
}


def fakes_for_ever(G: nn.Module):
    """Yield generated batches (64, 2) where real ones should come."""
    while True:
        yield G(torch.randn(64, 2)).detach()


def setup(
    seed: int,
    *,
    lr_d: float = 8e-3,
    lr_g: float = 4e-3,
    end_of_g=nn.Identity,
    start_of_d=nn.Identity,
    end_of_d=nn.Identity,
    only_fakes: bool = False,
):
    """Return G, D, their optimizers and the batches of a run."""
    runtime.seed_everything(seed)
    G = nn.Sequential(*models.plane_generator(width=64), end_of_g())
    D = models.plane_discriminator(width=64)
    D = nn.Sequential(start_of_d(), *D, end_of_d())
    adam = {"betas": (0.5, 0.99), "fused": True}
    opt_g = torch.optim.Adam(G.parameters(), lr=lr_g, **adam)
    opt_d = torch.optim.Adam(D.parameters(), lr=lr_d, **adam)
    batches = data.batches(RING.x, 64, rng=runtime.generator(seed))
    return G, D, opt_g, opt_d, fakes_for_ever(G) if only_fakes else batches


@torch.no_grad()
def mates_effect(D: nn.Module, real: Tensor, fake: Tensor) -> float:
    """Return how much the logits of real samples change when fakes join their batch."""
    alone, mixed = D(real), D(torch.cat([real, fake]))[: len(real)]
    return float((alone - mixed).abs().max())


def play(kind: str, seed: int, *, steps: int = STEPS):
    """Return a run's four curves (4, steps), its looks (LOOKS, POINTS, 2) and mates' effect."""
    *players, batches = setup(seed, **RECIPES[kind])
    G, D, *_ = players
    z = torch.randn(POINTS, 2, generator=runtime.generator(seed))
    looks = []
    for moment in training.train(*players, batches, steps=steps, latent_dim=2):
        if moment.step % (steps // LOOKS) == 0:
            looks.append(G(z).detach())
    curves = torch.stack([moment.history.column(name) for name in CURVES])
    return curves, torch.stack(looks), mates_effect(D, RING.x[:64], looks[-1][:64])


def trace(seed: int) -> Tensor:
    """Return a long healthy run's looks, (30, 4): distance on validation and on test data, losses.

    The losses are means over the steps since the look before.
    """
    *players, batches = setup(seed)
    G = players[0]
    validation, test = data.ring(500, sigma=0.1, seed=1).x, data.ring(3_000, sigma=0.1, seed=2).x
    z = torch.randn(3_500, 2, generator=runtime.generator(seed))
    rows = []
    for moment in training.train(*players, batches, steps=STOP_STEPS, latent_dim=2):
        if moment.step % STOP_EVERY == 0:
            fake = G(z).detach()
            near = metrics.energy_distance(validation, fake[:500])
            far = metrics.energy_distance(test, fake[500:])
            late = slice(moment.step - STOP_EVERY, moment.step)
            losses = [float(moment.history.column(n)[late].mean()) for n in ("loss_d", "loss_g")]
            rows.append([near, far, *losses])
    return torch.tensor(rows)


def make() -> dict[str, np.ndarray]:
    """Train all runs and return the arrays of the file."""
    names = [(kind, seed) for seed in OPEN + UNSEEN for kind in RECIPES]
    runs = [play(kind, seed) for kind, seed in names]
    curves, looks, mates = zip(*runs, strict=True)
    far = torch.stack(looks).clamp(-100, 100)  # a cloud that has left is far enough at 100
    return {
        "curves": torch.stack(curves).numpy().astype("<f2"),
        "looks": far.numpy().astype("<f2"),
        "mates": np.array(mates, "<f4"),
        "kinds": np.array([list(RECIPES).index(kind) for kind, _ in names], "|u1"),
        "seeds": np.array([seed for _, seed in names], "|u1"),
        "traces": torch.stack([trace(seed) for seed in STOP_SEEDS]).numpy().astype("<f4"),
    }


def main() -> None:
    asked = shipping.arguments("Make the gallery of lesson 05.", "gallery.npz")
    torch.set_num_threads(1)
    arrays = make()
    shipping.write(asked.out, arrays, holds=f"{len(arrays['kinds'])} runs")


if __name__ == "__main__":
    main()
