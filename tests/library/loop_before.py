"""The game's loop, as lesson 04 writes it. Floor 2 of the house.

:func:`train` is that loop plus the few lines that later lessons explain, in the same order and with
the same names. It yields after every step, so whoever drives it can look, draw or stop.
:func:`sweep` is the same for many small games at once (lesson 10).
"""

import itertools
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from gan_lessons import losses, models, penalties, runtime
from gan_lessons.errors import TrainingDiverged

NUMBERS = ("loss_d", "loss_g", "real_logit", "fake_logit")
CHECK_EVERY = 50  # steps between two looks at whether all numbers are finite
Rows = Sequence[tuple[losses.Loss, slice]]


# -- what a run leaves behind ------------------------------------------------------------------


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
        numbers: this step's loss_d, loss_g, real_logit, fake_logit (scalar tensors), and real_sign,
            the mean sign of D(real), which lesson 13 steers by.
        shown: the generator to look at: the average where one is kept, else G itself.
    """

    step: int
    steps: int
    numbers: dict[str, Tensor]
    history: History
    G: nn.Module
    D: nn.Module
    shown: nn.Module


# -- one game ----------------------------------------------------------------------------------


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
    n_critic: int = 1,
    penalty: Callable[[nn.Module, Tensor, Tensor], Tensor] | None = None,
    penalty_every: int = 1,
    constrain: Callable[[nn.Module], None] | None = None,
    clip_grad: float | None = None,
    augment: Callable[[Tensor], Tensor] | None = None,
    autocast: Callable[[], AbstractContextManager] | None = None,
) -> Iterator[Moment]:
    """Play the game and yield a :class:`Moment` after every step.

    The notebook's ■ ends the loop after the step it is in: nothing is torn, and calling ``train``
    again goes on from there.

    Args:
        batches: yields real batches (B, …) on the device of G and D.
        steps: steps to make; each updates D and then G, with the same fake batch.
        latent_dim: length of the noise z ~ N(0, I).
        game: the pair of losses. average: a copy of G to keep as EMA, with ``decay``.
        schedulers: learning-rate schedulers, stepped once a step.
        n_critic: updates of D before each of G, every one on a fresh batch (lesson 11).
        penalty: added to D's loss, a function of (D, real, fake) (lesson 11).
        penalty_every: the penalty is computed at every so-manieth step only and then counts so many
            times (lesson 12).
        constrain: called with D after each of its updates (lesson 11).
        clip_grad: the largest norm that the gradients of each player may have (lesson 11).
        augment: changes whatever D sees, real or fake, in both players' steps (lesson 13).
        autocast: opens the precision that the nets compute in; losses and penalties stay in
            float32. ``speed.probe`` finds what is fastest on this machine (lesson 08).

    Raises:
        TrainingDiverged: a loss is NaN or infinite (looked at every 50 steps and at the end).

    Introduced in lesson 04; used from lesson 06 on.
    """
    history = History(device=next(G.parameters()).device)

    def run(net: nn.Module, x: Tensor) -> Tensor:
        if autocast is None:
            return net(x)
        with autocast():
            return net(x).float()

    see = augment or (lambda x: x)
    with runtime.stop_at_boundary() as stop:
        for step in range(steps):
            for _ in range(n_critic):
                real = see(next(batches))
                fake = run(G, torch.randn(len(real), latent_dim, device=real.device))

                # 1 · the discriminator raises D(real) and lowers D(fake)
                seen = see(fake.detach())
                real_logits, fake_logits = run(D, real), run(D, seen)
                loss_d = whole = game.loss_d(real_logits, fake_logits)
                if penalty is not None and step % penalty_every == 0:
                    whole = loss_d + penalty_every * penalty(D, real, seen)
                update(opt_d, whole, clip_grad)
                if constrain is not None:
                    constrain(D)

            # 2 · the generator raises D(fake); D only passes the gradient on
            with frozen(D):
                real_logits_g = run(D, real) if game.g_needs_real else None
                loss_g = game.loss_g(real_logits_g, run(D, see(fake)))
                update(opt_g, loss_g, clip_grad)

            if average is not None:
                models.update_average(average, G, decay=decay)
            for scheduler in schedulers:
                scheduler.step()
            numbers = {"loss_d": loss_d, "loss_g": loss_g}
            numbers |= {"real_logit": real_logits.mean(), "fake_logit": fake_logits.mean()}
            numbers["real_sign"] = real_logits.detach().sign().mean()
            history.record(numbers)
            last = stop.requested or step + 1 == steps
            if last or (step + 1) % CHECK_EVERY == 0:
                _refuse_nonsense(history)
            shown = G if average is None else average
            yield Moment(step + 1, steps, numbers, history, G, D, shown)
            if stop:
                break


def update(optimizer: Optimizer, loss: Tensor, clip_grad: float | None = None) -> None:
    """Make one step of one player: gradients afresh, perhaps cut to a length, then the step.

    Three lines of lesson 04, and the cut of lesson 11: it shortens the *gradient*, not the weights.
    """
    optimizer.zero_grad()
    loss.backward()
    if clip_grad is not None:
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        nn.utils.clip_grad_norm_(weights, clip_grad)
    optimizer.step()


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


# -- many small games at once: lesson 10 -------------------------------------------------------
# A step of a tiny network costs about the same however tiny it is, so n runs side by side cost
# far less than n runs in turn. No run can see another: each has its own weights, samples, noise
# and losses, Adam works number by number, and what breaks in one run stays in it.


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
