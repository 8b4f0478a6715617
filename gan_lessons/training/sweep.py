"""Many small games at once: the loop of lesson 04 on stacked networks. Introduced in lesson 10.

A step of a tiny network costs about the same however tiny it is, so n runs side by side cost far
less than n runs in turn. No run can see another: each has its own weights, samples, noise and
losses, Adam works number by number, and what breaks in one run stays in it.
"""

import itertools
from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gan_lessons import losses, models, penalties, runtime
from gan_lessons.training.history import NUMBERS, Moment
from gan_lessons.training.loop import frozen, update

Rows = Sequence[tuple[losses.Loss, slice]]


class Histories:
    """The numbers of n runs, one row per step, kept on the device. Lesson 10.

    Attributes:
        length: the number of steps recorded so far.
    """

    def __init__(self, runs: int, steps: int, *, device: torch.device | str = "cpu"):
        self.length = 0
        self._rows = torch.full((steps, len(NUMBERS), runs), torch.nan, device=device)

    def record(self, numbers: dict[str, Tensor]) -> None:
        """Append one step's numbers, each (n,). Lesson 10."""
        self._rows[self.length] = torch.stack([numbers[name].detach() for name in NUMBERS])
        self.length += 1

    def column(self, name: str) -> Tensor:
        """Return one number of all runs over all steps so far, (length, n), on the CPU."""
        return self._rows[: self.length, NUMBERS.index(name)].cpu()

    def broken(self) -> list[int | None]:
        """Return for each run the first step, counted from 1, with a loss that is not finite."""
        bad = ~self._rows[: self.length, :2].isfinite().all(dim=1).cpu()  # (length, n)
        return [int(run.nonzero()[0]) + 1 if run.any() else None for run in bad.T]


def noise(batch_size: int, latent_dim: int, *, rng: torch.Generator) -> Iterator[Tensor]:
    """Yield z ~ N(0, I), (batch_size, latent_dim), for ever, from an own source. Lesson 10."""
    while True:
        yield torch.randn(batch_size, latent_dim, generator=rng, device=rng.device)


def side_by_side(streams: Sequence[Iterator[Tensor]], *, copies: int = 1) -> Iterator[Tensor]:
    """Yield the next batch of every stream as one tensor, (n, B, …), for ever. Lesson 10.

    Args:
        streams: one for each run, such as ``data.batches`` with its own source of randomness.
        copies: how many groups of runs get the same batches: n is copies · len(streams). Runs that
            differ in their loss alone are then compared on the same data and noise.
    """
    while True:
        batch = torch.stack([next(stream) for stream in streams])
        yield batch.repeat(copies, *[1] * (batch.ndim - 1))


def each(losses: Rows, real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Return every run's own loss, (n,), each from its own row of the logits (n, B).

    Args:
        losses: pairs of a loss and the runs (a slice) that play it, in order. Each loss is written
            for one run, (B,) -> scalar; ``vmap`` applies it row by row. Lesson 10.
    """
    parts = [torch.vmap(loss)(real_logits[i], fake_logits[i]) for loss, i in losses]
    return torch.cat(parts)  # (n,)


def sweep(
    G: nn.Module,
    D: nn.Module,
    opt_g: Optimizer,
    opt_d: Optimizer,
    batches: Iterator[Tensor],
    noises: Iterator[Tensor],
    *,
    games: Sequence[losses.Game],
    steps: int,
    average: nn.Module | None = None,
    decay: float = 0.999,
    schedulers: tuple = (),
    penalty: Callable[[nn.Module, Tensor, Tensor], Tensor] | None = None,
    penalty_every: int = 1,
    constrain: Callable[[nn.Module], None] | None = None,
) -> Iterator[Moment]:
    """Play n games at once and yield a :class:`Moment` after every step.

    Run i does what :func:`train` would do with its weights, batches, noise and game. A run whose
    numbers break goes on as NaN and disturbs nobody: see ``moment.history.broken()``. The
    notebook's ■ ends the loop after the step it is in.

    Args:
        G, D: stacked networks (:func:`models.stack`). games: run i plays games[i].
        batches, noises: yield (n, B, …) and (n, B, latent_dim), see :func:`side_by_side`.
        average: a copy of G to keep as EMA. decay: of the average, a number or (n, 1, 1).
        penalty: of (D, real, fake): what is added to the sum of all runs' losses of D, such as
            ``(strength * steepness(D, real)).sum()`` with a strength for each run.
        penalty_every: as for :func:`train`.
        constrain: called with D after each of its updates.

    Yields:
        Moments whose numbers are (n,) each, with :class:`Histories` as their history.

    Introduced in lesson 10.
    """
    losses_d, losses_g, start = [], [], 0
    for game, group in itertools.groupby(games):
        rows = slice(start, start + len(list(group)))
        losses_d.append((game.loss_d, rows))
        losses_g.append((game.loss_g, rows))
        start = rows.stop
    g_needs_real = any(game.g_needs_real for game in games)
    history = Histories(len(games), steps, device=next(G.parameters()).device)
    with runtime.stop_at_boundary() as stop:
        for step in range(steps):
            real, fake = next(batches), G(next(noises))  # (n, B, …)

            # 1 · every discriminator; the sum leaves each run its own gradient
            real_logits, fake_logits = D(real), D(fake.detach())  # (n, B)
            loss_d = each(losses_d, real_logits, fake_logits)  # (n,)
            whole = loss_d.sum()
            if penalty is not None and step % penalty_every == 0:
                whole = whole + penalty_every * penalty(D, real, fake.detach())
            update(opt_d, whole)
            if constrain is not None:
                constrain(D)

            # 2 · every generator
            with frozen(D):
                again = D(real) if g_needs_real else real_logits.detach()
                loss_g = each(losses_g, again, D(fake))
                update(opt_g, loss_g.sum())

            if average is not None:
                models.update_average(average, G, decay=decay)
            for scheduler in schedulers:
                scheduler.step()
            numbers = {"loss_d": loss_d, "loss_g": loss_g}
            numbers |= {"real_logit": real_logits.mean(1), "fake_logit": fake_logits.mean(1)}
            history.record(numbers)
            yield Moment(step + 1, steps, numbers, history, G, D, G if average is None else average)
            if stop:
                break


def steepness(D: nn.Module, x: Tensor) -> Tensor:
    """Return every run's E‖∇D(x)‖², (n,): γ/2 times it is its R1 or R2 penalty.

    Args:
        x: (n, B, …) samples. Differentiable with respect to D's weights. Lesson 12.
    """
    return penalties.slopes(D, x).square().sum(1) / x.shape[1]


def own_rates(optimizer: Optimizer, shares: Tensor) -> None:
    """Give every run a learning rate of its own: ``shares[i]`` times the optimizer's.

    An Adam step is proportional to its rate, so run i keeps that share of it. Lesson 12.

    Args:
        optimizer: of stacked networks. shares: (n,).
    """
    weights = [weight for group in optimizer.param_groups for weight in group["params"]]
    kept, rest = [], 1 - shares.view(-1, 1, 1)

    def remember(*_) -> None:
        kept[:] = [weight.detach().clone() for weight in weights]

    @torch.no_grad()
    def shorten(*_) -> None:
        for weight, before in zip(weights, kept, strict=True):
            weight.lerp_(before, rest)

    optimizer.register_step_pre_hook(remember)
    optimizer.register_step_post_hook(shorten)
