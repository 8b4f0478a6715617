"""Play lesson 04's ring with every known mistake of a training step, and keep how it ends.

    python data/make/mistakes.py       # some minutes on one core

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
from pathlib import Path

import torch

from gan_lessons import checks, data, metrics, models, runtime
from gan_lessons.checks.grader_steps import digest

OUT = Path(__file__).parents[2] / "gan_lessons" / "checks" / "first_gan" / "mistakes.json"
STEPS, SEEDS, BATCH, LATENT, LR = 1_000, (0, 1, 2), 128, 2, 3e-3
JUDGED = 2_500  # samples that a run is judged by
RING = data.ring(20_000)


def play(train_step: Callable, seed: int) -> tuple[int, float, float]:
    """Return modes covered, the share of high quality and the energy distance after a run."""
    runtime.seed_everything(seed)
    G, D = models.plane_generator(latent_dim=LATENT), models.plane_discriminator()
    adam = (torch.optim.Adam(net.parameters(), lr=LR, betas=(0.5, 0.99)) for net in (G, D))
    players = G, D, *adam
    batches = data.batches(RING.x, BATCH, rng=runtime.generator(seed))
    for real in itertools.islice(batches, STEPS):
        train_step(*players, real, LATENT)
    z = torch.randn(JUDGED, LATENT, generator=runtime.generator(100 + seed))
    with torch.no_grad():
        samples = G(z).nan_to_num(nan=100.0).clamp(-100, 100)
    modes = metrics.modes_covered(samples, RING.centers, RING.sigma)
    share = metrics.high_quality_share(samples, RING.centers, RING.sigma)
    return modes, share, metrics.energy_distance(RING.x[:JUDGED], samples)


def outcome(train_step: Callable) -> dict[str, float | str]:
    """Return the medians over the seeds, or in which way a step stops."""
    try:
        runs = [play(train_step, seed) for seed in SEEDS]
    except RuntimeError as error:
        return {"stops": type(error).__name__}
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
