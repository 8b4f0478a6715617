"""The game's loop, as lesson 04 writes it. Floor 2 of the house.

:func:`train` is that loop plus the few lines that later lessons explain, in the same order and with
the same names. It yields after every step, so whoever drives it can look, draw or stop.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from gan_lessons import losses, models, runtime
from gan_lessons.errors import TrainingDiverged
from gan_lessons.training.history import CHECK_EVERY, History, Moment


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
            float32. ``training.probe`` finds what is fastest on this machine (lesson 08).

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
