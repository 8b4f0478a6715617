"""Play lesson 04's ring with every known mistake of a training step, and keep how it ends.

    python -m tools.play_mistakes       # ten minutes on one core

writes gan_lessons/checks/first_gan/mistakes.json: for the right step and for each slip in the table
of first_gan.train_step, under the digest of its source, what a short run with it comes to: the
medians over three seeds of the modes covered, of the share of samples that are of high quality and
of the energy distance to the ring. ``checks.first_gan.train_step.mistakes()`` shows them.

One thread, so that the numbers do not depend on how many cores there are; the processor still
matters in the last digits, and a long game would make others of them.
"""

import itertools
import json
import statistics
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
from torch import nn

from gan_lessons import checks, data, metrics, models, runtime, training
from gan_lessons.checks.grader_steps import digest

OUT = Path(__file__).parents[1] / "gan_lessons" / "checks" / "first_gan" / "mistakes.json"
STEPS, SEEDS, BATCH, LATENT, LR = 1_000, (0, 1, 2), 64, 2, 5e-3
BLUR = 0.5  # of what D sees, at the start, as in lesson 04; gone after half the steps
JUDGED = 2_500  # samples that a run is judged by
RING = data.ring(20_000)


class Stopped(Exception):
    """Raised where a step raises: ``step``, counted from 1."""

    def __init__(self, step: int):
        super().__init__(f"stopped at step {step}")
        self.step = step


def play(train_step: Callable, seed: int) -> tuple[int, float, float]:
    """Return modes covered, the share of high quality and the energy distance after a run."""
    runtime.seed_everything(seed)
    G, noise = models.plane_generator(latent_dim=LATENT), models.InstanceNoise(BLUR)
    D = nn.Sequential(noise, *models.plane_discriminator())
    adam = partial(torch.optim.Adam, lr=LR, betas=(0.5, 0.99), fused=True)
    opt_g, opt_d = adam(G.parameters()), adam(D.parameters())
    schedulers = [training.falling_lr(opt, STEPS) for opt in (opt_g, opt_d)]
    batches = data.batches(RING.x, BATCH, rng=runtime.generator(seed))
    for step, real in enumerate(itertools.islice(batches, STEPS)):
        noise.sigma = BLUR * max(0.0, 1 - 2 * step / STEPS)
        try:
            train_step(G, D, opt_g, opt_d, real, LATENT)
        except RuntimeError as error:
            raise Stopped(step + 1) from error
        for scheduler in schedulers:
            scheduler.step()
    z = torch.randn(JUDGED, LATENT, generator=runtime.generator(100 + seed))
    with torch.no_grad():  # a cloud that has left is far enough at 100
        samples = G(z).nan_to_num(nan=100.0).clamp(-100, 100)
    modes = metrics.modes_covered(samples, RING.centers, RING.sigma)
    share = metrics.high_quality_share(samples, RING.centers, RING.sigma)
    return modes, share, metrics.energy_distance(RING.x[:JUDGED], samples)


def outcome(train_step: Callable) -> dict[str, float]:
    """Return the medians over the seeds, or at which step it stops."""
    try:
        runs = [play(train_step, seed) for seed in SEEDS]
    except Stopped as stopped:
        return {"stops": stopped.step}
    modes, share, distance = (statistics.median(x) for x in zip(*runs, strict=True))
    return {"modes": modes, "share": round(share, 3), "distance": round(distance, 4)}


def main() -> None:
    """Play all runs and write the file."""
    torch.set_num_threads(1)
    table = checks.first_gan.train_step.table
    slipped = (table.slipped(slip) for slip in table.slips)
    sources = [table.right, *(source for source in slipped if source is not None)]
    runs = {digest(source): outcome(*table.functions(source)) for source in sources}
    text = json.dumps({"steps": STEPS, "seeds": len(SEEDS), "runs": runs}, indent=1)
    OUT.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
