"""What the cockpit costs: `python -m bench.cockpit [rounds] [steps]`.

Trains the small GAN of lesson 04 with and without a live view, in turns, in one process with a
display that stands in for a notebook's, and prints the ratio of the processor times, the time of
one picture, and the memory before and after a long run. Not collected by pytest: times are for
reading, not for passing.
"""

import itertools
import statistics
import sys
import time

import psutil
import torch

from gan_lessons import cockpit, data, metrics, models, runtime, training
from gan_lessons.cockpit import live as lives


class Display:
    """Takes what a notebook would get; counts it."""

    pictures = 0
    size = 0

    @classmethod
    def display(cls, page, *, display_id):
        return cls()

    @classmethod
    def update(cls, page):
        Display.pictures += 1
        Display.size = len(page.data)


def players(ring: data.Dataset) -> tuple:
    runtime.seed_everything(0)
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g, opt_d = (torch.optim.Adam(net.parameters(), lr=1e-3, fused=True) for net in (G, D))
    return (G, D, opt_g, opt_d), data.batches(ring.x, 256, rng=runtime.generator(0))


def cockpit_of(four: tuple, ring: data.Dataset) -> cockpit.Cockpit:
    def modes(samples):
        return metrics.modes_covered(samples, ring.centers, ring.sigma)

    return cockpit.Cockpit(*four, real=ring.x, latent_dim=2, metric=("modes covered", modes))


def one_run(ring: data.Dataset, steps: int, *, watched: bool) -> tuple[float, float]:
    """Return the processor and wall seconds of one run."""
    four, batches = players(ring)
    run = training.train(*four, batches, steps=steps, latent_dim=2)
    live = cockpit_of(four, ring) if watched else None
    cpu, wall = time.process_time(), time.monotonic()
    if watched:
        live.follow(run)
    else:
        for _ in run:
            pass
    return time.process_time() - cpu, time.monotonic() - wall


def main(rounds: int = 5, steps: int = 5_000) -> None:
    torch.set_num_threads(1)
    lives.in_notebook = lambda: True
    lives.display = Display.display
    ring = data.ring()
    one_run(ring, 300, watched=True)
    ratios = []
    for i in range(rounds):
        order = (False, True) if i % 2 else (True, False)
        took = {watched: one_run(ring, steps, watched=watched) for watched in order}
        ratios.append([took[True][kind] / took[False][kind] for kind in (0, 1)])
        print(
            f"round {i}: {took[False][0]:.2f} s alone, {took[True][0]:.2f} s watched, "
            f"ratio {ratios[-1][0]:.3f} (wall {ratios[-1][1]:.3f})",
            flush=True,
        )
    cpu, wall = (statistics.median(kind) for kind in zip(*ratios, strict=True))
    print(f"median ratio of {rounds}: {cpu:.3f} processor time, {wall:.3f} wall")

    four, batches = players(ring)
    live = cockpit_of(four, ring)
    memory = psutil.Process()
    run = training.train(*four, batches, steps=20_000, latent_dim=2)
    seen = []

    def watched():
        for moment in run:
            if moment.step in (500, 5_000, 10_000, 19_999):
                seen.append(f"{moment.step:,}: {memory.memory_info().rss / 2**20:.0f} MiB")
            yield moment

    live.follow(watched())
    print(f"memory after steps {', '.join(seen)}; {len(live.film.frames)} frames kept")
    size = f"{len(live.picture.png) / 1000:.0f} kB of PNG"
    spent = {"slider step": [], "live frame": []}
    for i in itertools.islice(itertools.cycle(range(len(live.film.frames))), 60):
        start = time.process_time()
        live.film.picture(i)
        spent["slider step"].append(time.process_time() - start)
        start = time.process_time()
        live.film.glance(live._look())
        spent["live frame"].append(time.process_time() - start)
    for name, times in spent.items():
        print(f"{name}: {1000 * statistics.median(times):.1f} ms of processor time, {size}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
