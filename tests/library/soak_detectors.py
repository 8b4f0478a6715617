"""What lesson 05's detectors are tried on: healthy runs, and ten sabotages.

    python -m tools.soak detectors    # 300 healthy runs, thirty of each sabotage: five minutes

Small nets and 600 steps: a run takes about a second. tests/library/test_detectors.py plays them and
counts which alarms are set off; tests/faults/README.md holds the counts of the long run.
"""

import itertools
from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons import data, detectors, losses, models, runtime, training
from gan_lessons.errors import TrainingDiverged

STEPS, EVERY = 600, 100
RING = data.ring(sigma=0.1)


class Constant(nn.Module):
    """A generator that gets the same noise whatever it is handed."""

    def __init__(self, G: nn.Module):
        super().__init__()
        self.G = G

    def forward(self, z: Tensor) -> Tensor:
        return self.G(torch.ones_like(z))


def of_probabilities(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """D's loss by way of a sigmoid and a logarithm: infinite where a probability rounds to 0."""
    real, fake = real_logits.sigmoid(), fake_logits.sigmoid()
    return -real.log().mean() - (1 - fake).log().mean()


def turned(real_logits: Tensor | None, fake_logits: Tensor) -> Tensor:
    """G's loss with its sign turned: G lowers D(fake), as D does."""
    return F.softplus(fake_logits).mean()


def own_samples(G: nn.Module, batches: Iterator[Tensor]) -> Iterator[Tensor]:
    """Fakes where real samples should come."""
    while True:
        yield G(torch.randn(64, 2)).detach()


def one_nan(G: nn.Module, batches: Iterator[Tensor]) -> Iterator[Tensor]:
    """A real batch that holds one NaN, as a broken file would, in the middle of the run."""
    for step in itertools.count():
        real = next(batches)
        yield real.where(torch.arange(64)[:, None] > 0, torch.nan) if step == 300 else real


def tanh(G: nn.Module) -> nn.Module:
    return nn.Sequential(G, nn.Tanh())


# what is changed, and the alarm that it must set off
SABOTAGES = {
    "G learns 500 times too slowly": ({"lr_g": 8e-6}, "D wins"),
    "G ends in a tanh, data reach 2": ({"change_g": tanh}, "D wins"),
    "the sign of G's loss is turned": ({"loss_g": turned}, "D wins"),
    "z is constant": ({"change_g": Constant}, "collapse"),
    "D 10 times faster, G 20 times slower": ({"lr_d": 8e-2, "lr_g": 2e-4}, "collapse"),
    "no real data arrive": ({"change_data": own_samples}, "collapse"),
    "D learns 20 times too slowly": ({"lr_d": 4e-4}, "oscillation"),
    "G learns 10 times too fast": ({"lr_g": 4e-2, "lr_d": 2e-3}, "oscillation"),
    "log of a rounded probability": ({"loss_d": of_probabilities, "lr_d": 0.4}, "not finite"),
    "one NaN in the data": ({"change_data": one_nan}, "not finite"),
}


def play(
    seed: int,
    *,
    lr_d: float = 8e-3,
    lr_g: float = 4e-3,
    loss_d=losses.cross_entropy_d,
    loss_g=losses.non_saturating_g,
    change_g=lambda G: G,
    change_data=lambda G, batches: batches,
    steps: int = STEPS,
) -> dict[str, int]:
    """Train one run and return its alarms."""
    runtime.seed_everything(seed)
    G = change_g(models.plane_generator(width=64))
    D = models.plane_discriminator(width=64)
    adam = {"betas": (0.5, 0.99), "fused": True}
    opt_g = torch.optim.Adam(G.parameters(), lr=lr_g, **adam)
    opt_d = torch.optim.Adam(D.parameters(), lr=lr_d, **adam)
    batches = change_data(G, data.batches(RING.x, 64, rng=runtime.generator(seed)))
    z = torch.randn(256, 2, generator=runtime.generator(seed))
    looks, history = [], None
    game = losses.Game(loss_d, loss_g)
    try:
        for moment in training.train(
            *(G, D, opt_g, opt_d), batches, steps=steps, latent_dim=2, game=game
        ):
            history = moment.history
            if moment.step % EVERY == 0:
                looks.append(G(z).detach())
    except TrainingDiverged:
        looks += [G(z).detach()] * (steps // EVERY - len(looks))
    numbers = {name: history.column(name) for name in training.NUMBERS}
    return detectors.alarms(numbers, torch.stack(looks), RING.centers)
