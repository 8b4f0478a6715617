"""Runs with what wraps them asked for by name, so that a table of options can be tested."""

from collections.abc import Callable, Iterator

import torch
from torch import nn
from torch.optim import Optimizer

from gan_lessons import penalties, training


def wrapped(
    play: Callable[..., Iterator[training.Moment]],
    G: nn.Module,
    D: nn.Module,
    opt_g: Optimizer,
    opt_d: Optimizer,
    *streams: object,
    average: nn.Module | None = None,
    decay: float | torch.Tensor = 0.999,
    schedulers: tuple = (),
    constrain: Callable | None = None,
    most: float | None = None,
    autocast: Callable | None = None,
    penalty: Callable | None = None,
    every: int | None = None,
    **more: object,
) -> Iterator[training.Moment]:
    """Return a run of ``training.train`` or ``training.sweep`` in the wrappers that are named.

    ``constrain`` is for D, ``most`` for the gradients of both players, ``autocast`` for both nets,
    ``every`` makes the penalty a lazy one.
    """
    nets = [training.Autocast(net, autocast) if autocast else net for net in (G, D)]
    if every is not None:
        penalty = penalties.lazy(penalty, every=every)
    run = play(*nets, opt_g, opt_d, *streams, penalty=penalty, **more)
    if constrain is not None:
        run = training.constrained(run, opt_d, D, constrain)
    if most is not None:
        run = training.clipped_gradients(run, opt_g, opt_d, most=most)
    if average is not None:
        run = training.averaged(run, average, decay=decay)
    return training.scheduled(run, *schedulers) if schedulers else run
