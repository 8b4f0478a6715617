"""How long a step takes on this machine. Introduced in lesson 00."""

import itertools
import statistics
import time

import torch

from gan_lessons import models, runtime
from gan_lessons.training.history import CHECK_EVERY
from gan_lessons.training.loop import train


def calibrate(device: torch.device | str = "cpu", *, rounds: int = 300) -> float:
    """Return how many milliseconds this machine takes for one step of the small GAN of lesson 04.

    The median of ``rounds`` steps, after a tenth of them to warm up; on one thread, whatever was
    set before, so that two measurements can be compared. Lesson 00.
    """
    G, D = models.plane_generator().to(device), models.plane_discriminator().to(device)
    opt_g, opt_d = (torch.optim.Adam(net.parameters(), fused=True) for net in (G, D))
    real = torch.randn(256, 2, generator=runtime.generator(0)).to(device)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        ticks = [time.perf_counter()]
        run = train(*(G, D, opt_g, opt_d), itertools.repeat(real), steps=rounds, latent_dim=2)
        for moment in run:
            if moment.step % CHECK_EVERY == 0:
                moment.history.column("loss_d")  # waits for a device that runs ahead
            ticks.append(time.perf_counter())
    finally:
        torch.set_num_threads(threads)
    took = [end - start for start, end in itertools.pairwise(ticks)]
    return 1000 * statistics.median(took[rounds // 10 :])
