"""Stopping a loop between two steps and never inside one. Introduced in lesson 00."""

import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch


class StopRequest:
    """Whether the reader has asked to stop; see :func:`stop_at_boundary`."""

    def __init__(self) -> None:
        self.requested = False

    def __bool__(self) -> bool:
        return self.requested


@contextmanager
def stop_at_boundary(
    patience: float = 2.0, *, heard: Callable[[], object] | None = None
) -> Iterator[StopRequest]:
    """Turn the notebook's ■ (an interrupt) into a request that a loop reads between two steps.

    A loop that is interrupted at random is torn in the middle of a step: D updated, G not. Here the
    first interrupt only sets the flag, and the loop ends the step it is in. A second one within
    ``patience`` seconds stops at once, like any KeyboardInterrupt; autograd, which that can leave
    switched off at the edge of a ``torch.no_grad()``, is then as it was. The previous handler comes
    back at the end; a loop that is itself inside such a block ends too. Outside the main thread,
    where Python has no signals, the flag stays False. ``heard`` is called when the flag is set: to
    say so where the loop will take a while to read it.

    Example::

        with runtime.stop_at_boundary() as stop:
            for step in range(steps):
                ...
                if stop:
                    break
    """
    stop = StopRequest()
    last, ended = -math.inf, False

    def ask() -> None:
        if not ended and not stop.requested:
            stop.requested = True
            if heard is not None:
                heard()
        if hasattr(previous, "ask"):  # a loop around this one ends as well
            previous.ask()

    def on_interrupt(signum, frame):
        nonlocal last
        if ended:  # put back by a block that began inside this one and ended after it
            if callable(previous):
                previous(signum, frame)
            return
        now = time.monotonic()
        if stop.requested and now - last <= patience:
            raise KeyboardInterrupt
        last = now
        ask()

    on_interrupt.ask = ask
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    with_slopes = torch.is_grad_enabled()
    previous = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield stop
    except KeyboardInterrupt:  # and nothing else: a run that is collected ends anywhere
        torch.set_grad_enabled(with_slopes)
        raise
    finally:
        ended = True
        if signal.getsignal(signal.SIGINT) is on_interrupt:
            signal.signal(signal.SIGINT, previous)


def steps(count: int) -> Iterator[int]:
    """Yield 0 … count - 1; the notebook's ■ ends the loop after the step it is in, never inside.

    As ``range(count)`` for a loop of training that is written by hand and has no live view. A loop
    around it that listens (``cockpit.progress``) ends as well. Introduced in lesson 04.
    """
    with stop_at_boundary() as stop:
        for step in range(count):
            yield step
            if stop:
                return
