"""The game's loop, as lesson 04 writes it. Floor 2 of the house.

:func:`train` is that loop plus the few lines that later lessons explain, in the same order and with
the same names. It yields after every step, so whoever drives it can look, draw or stop.
"""

import itertools
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from gan_lessons import losses, models, runtime
from gan_lessons.errors import TrainingDiverged

NUMBERS = ("loss_d", "loss_g", "real_logit", "fake_logit")
CHECK_EVERY = 50  # steps between two looks at whether all numbers are finite


class History:
    """The numbers of a run, one row per step, kept on the device so that no step waits for them.

    Attributes:
        names: what the columns are called.
        length: the number of rows written so far.
    """

    def __init__(self, *, names: tuple[str, ...] = NUMBERS, device: torch.device | str = "cpu"):
        self.names = names
        self.length = 0
        self._rows = torch.empty(1024, len(names), device=device)

    def record(self, numbers: dict[str, Tensor]) -> None:
        """Append one step's numbers (scalar tensors); other columns hold NaN."""
        if self.length == len(self._rows):
            self._rows = torch.cat([self._rows, torch.empty_like(self._rows)])
        missing = self._rows.new_full((), float("nan"))
        row = [numbers[name].detach() if name in numbers else missing for name in self.names]
        self._rows[self.length] = torch.stack(row)
        self.length += 1

    def column(self, name: str) -> Tensor:
        """Return one number over all steps so far, float32 (length,), on the CPU."""
        return self._rows[: self.length, self.names.index(name)].cpu()

    def first_not_finite(self, start: int = 0) -> int | None:
        """Return the first step from ``start`` on whose loss is NaN or infinite, or None."""
        bad = ~self._rows[start : self.length, :2].isfinite().all(dim=1)
        return start + int(bad.nonzero()[0]) if bad.any() else None


@dataclass(frozen=True)
class Moment:
    """A run between two steps: what there is to look at. It refers to the nets, copies nothing.

    Attributes:
        step: steps done so far. steps: steps planned.
        numbers: this step's loss_d, loss_g, real_logit, fake_logit (scalar tensors).
        shown: the generator to look at: the average where one is kept, else G itself.
    """

    step: int
    steps: int
    numbers: dict[str, Tensor]
    history: History
    G: nn.Module
    D: nn.Module
    shown: nn.Module


def calibrate(device: torch.device | str = "cpu", *, rounds: int = 300) -> float:
    """Return how many milliseconds this machine takes for one step of the small GAN of lesson 04.

    The median of ``rounds`` steps, after a tenth of them to warm up. Lesson 00.
    """
    G, D = models.plane_generator().to(device), models.plane_discriminator().to(device)
    opt_g, opt_d = (torch.optim.Adam(net.parameters(), fused=True) for net in (G, D))
    real = torch.randn(256, 2, generator=runtime.generator(0)).to(device)
    ticks = [time.perf_counter()]
    for moment in train(*(G, D, opt_g, opt_d), itertools.repeat(real), steps=rounds, latent_dim=2):
        if moment.step % CHECK_EVERY == 0:
            moment.history.column("loss_d")  # waits for a device that runs ahead
        ticks.append(time.perf_counter())
    return 1000 * statistics.median(torch.tensor(ticks).double().diff()[rounds // 10 :].tolist())


def falling_lr(optimizer: Optimizer, steps: int) -> LambdaLR:
    """Return a scheduler that keeps the learning rate for half the steps, then lowers it to 0.

    The players circle less and less and come to rest. Step it once a training step. Lesson 04.
    """

    def slope(step):
        return min(1.0, 2 - 2 * step / steps)

    return LambdaLR(optimizer, slope)


def train(
    G: nn.Module,
    D: nn.Module,
    opt_g: Optimizer,
    opt_d: Optimizer,
    batches: Iterator[Tensor],
    *,
    steps: int,
    latent_dim: int,
    game: losses.Game = losses.non_saturating,
    average: nn.Module | None = None,
    decay: float = 0.999,
    schedulers: tuple = (),
) -> Iterator[Moment]:
    """Play the game and yield a :class:`Moment` after every step.

    The notebook's ■ ends the loop after the step it is in: nothing is torn, and calling ``train``
    again goes on from there.

    Args:
        batches: yields real batches (B, …) on the device of G and D.
        steps: steps to make; each updates D once and G once, with the same fake batch.
        latent_dim: length of the noise z ~ N(0, I).
        game: the pair of losses. average: a copy of G to keep as EMA, with ``decay``.
        schedulers: learning-rate schedulers, stepped once a step.

    Raises:
        TrainingDiverged: a loss is NaN or infinite (looked at every 50 steps and at the end).

    Introduced in lesson 04; used from lesson 06 on.
    """
    history = History(device=next(G.parameters()).device)
    with runtime.stop_at_boundary() as stop:
        for step in range(steps):
            real = next(batches)
            fake = G(torch.randn(len(real), latent_dim, device=real.device))

            # 1 · the discriminator raises D(real) and lowers D(fake)
            real_logits, fake_logits = D(real), D(fake.detach())
            loss_d = game.loss_d(real_logits, fake_logits)
            opt_d.zero_grad()
            loss_d.backward()
            opt_d.step()

            # 2 · the generator raises D(fake); D only passes the gradient on
            with frozen(D):
                loss_g = game.loss_g(D(real) if game.g_needs_real else None, D(fake))
                opt_g.zero_grad()
                loss_g.backward()
            opt_g.step()

            if average is not None:
                models.update_average(average, G, decay=decay)
            for scheduler in schedulers:
                scheduler.step()
            numbers = {"loss_d": loss_d, "loss_g": loss_g}
            numbers |= {"real_logit": real_logits.mean(), "fake_logit": fake_logits.mean()}
            history.record(numbers)
            last = stop.requested or step + 1 == steps
            if last or (step + 1) % CHECK_EVERY == 0:
                _refuse_nonsense(history)
            shown = G if average is None else average
            yield Moment(step + 1, steps, numbers, history, G, D, shown)
            if stop:
                break


@contextmanager
def frozen(net: nn.Module) -> Iterator[None]:
    """Let gradients pass through a net without computing those of its own weights. Lesson 06."""
    net.requires_grad_(False)
    try:
        yield
    finally:
        net.requires_grad_(True)


def _refuse_nonsense(history: History) -> None:
    bad = history.first_not_finite(max(0, history.length - CHECK_EVERY - 1))
    if bad is not None:
        raise TrainingDiverged(
            f"The losses stopped being numbers at step {bad + 1}: NaN or infinity.",
            f"The numbers of the {bad} steps before it are kept in the history.",
            "Build G and D anew and lower the learning rate, or look for a log or root of zero.",
        )
