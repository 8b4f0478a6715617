"""Watch a run, stop it, and look back. Introduced in lesson 00."""

import time
from collections.abc import Callable, Iterator, Sequence

import torch
from IPython import get_ipython
from IPython.display import HTML, display
from torch import Tensor, nn
from torch.optim import Optimizer

from gan_lessons import losses, runtime
from gan_lessons.cockpit import frame as looks
from gan_lessons.cockpit.film import Film
from gan_lessons.show import Picture
from gan_lessons.training import History, Moment

EVERY = 0.3  # seconds between two pictures, at least
SHARE = 0.08  # of the time that drawing may take


def in_notebook() -> bool:
    """Say whether there is a kernel to display things in."""
    shell = get_ipython()
    return shell is not None and hasattr(shell, "kernel")


def progress_line(done: int, total: int, seconds: float, *, unit: str) -> str:
    """Return a progress bar with the time left, as HTML that a screen reader can read."""
    left = seconds / max(done, 1) * (total - done)
    state = f"about {left:.0f} s left, ■ stops after a {unit}" if done else "starting"
    state = f"{seconds:.0f} s" if done >= total else state
    return (
        f'<div><progress value="{done}" max="{total}" aria-label="{unit}s"></progress> '
        f"{done:,} of {total:,} {unit}s · {state}</div>"
    )


def progress(items: Sequence, *, unit: str = "run") -> Iterator:
    """Yield the items and show how many are done; ■ ends the loop after the item it is at.

    For several runs in a row, where one live view each would be too much. Introduced in lesson 04.
    """
    handle = display(HTML(""), display_id=True) if in_notebook() else None
    started = time.monotonic()
    with runtime.stop_at_boundary() as stop:
        for done, item in enumerate([*items, None]):
            if handle is not None:
                line = progress_line(done, len(items), time.monotonic() - started, unit=unit)
                handle.update(HTML(line))
            if done == len(items) or stop:
                break
            yield item


class Cockpit:
    """The live view of a run: samples, losses, logits, a metric, progress; afterwards the film.

    Args:
        G, D, opt_g, opt_d: the players; the optimizers are only listened to.
        real: (N, 2) points or images to compare with. latent_dim: length of the noise z.
        average: the generator to look at instead of G, where one is kept (EMA).
        metric: a name and a function of 1,000 samples, such as ``("modes", count)``.
        game: whose loss_g the arrows follow.

    Two ways to drive it. Around a loop written by hand::

        for step in live.watch(steps):
            live.record(train_step(...))

    or around the library's loop: ``live.follow(training.train(...))``. Outside a notebook it draws
    nothing until the end, then keeps the last :class:`show.Picture` in ``live.picture``.
    Introduced in lesson 00.
    """

    def __init__(
        self,
        G: nn.Module,
        D: nn.Module,
        opt_g: Optimizer,
        opt_d: Optimizer,
        *,
        real: Tensor,
        latent_dim: int,
        average: nn.Module | None = None,
        metric: tuple[str, Callable[[Tensor], float]] | None = None,
        game: losses.Game = losses.non_saturating,
    ):
        self.shown, self.D, self.game = G if average is None else average, D, game
        self.real = real[:1000].detach()
        z = torch.randn(1000, latent_dim, generator=runtime.generator(0))
        self.z = z.to(next(G.parameters()).device)
        self.metric_name, self.metric = metric or (None, None)
        self.history = History(device=self.z.device)
        self.film = Film(self.real.cpu(), self.history, self.metric_name)
        self.film.keep(G=G, D=D, opt_g=opt_g, opt_d=opt_d, average=average)
        self.picture: Picture | None = None
        self._norms: dict[str, Tensor] = {}
        self._opt_d, self._opt_g = opt_d, opt_g
        self._handle = None
        self._next_look, self._due = 0.0, True

    @property
    def step(self) -> int:
        """The number of steps seen so far, over all runs of the cell."""
        return self.history.length

    def record(self, numbers: dict[str, Tensor]) -> None:
        """Keep one step's numbers: scalar tensors loss_d, loss_g, real_logit, fake_logit."""
        self.history.record(numbers)

    def watch(self, steps: int) -> Iterator[int]:
        """Yield 0 … steps - 1 and draw in between; the notebook's ■ ends it after a step."""
        self._begin()
        try:
            with runtime.stop_at_boundary() as stop:
                for step in range(steps):
                    yield step
                    self._after_step(step + 1, steps)
                    if stop:
                        break
        finally:
            self._end(step + 1 if steps else 0, steps)

    def follow(self, run: Iterator[Moment]) -> None:
        """Drive a run of :func:`training.train` to its end, or until ■, and draw in between."""
        self._begin()
        done, steps, before = 0, 0, self.history.length
        try:
            for moment in run:
                done, steps = moment.step, moment.steps
                self.history.record(moment.numbers)
                self._after_step(done, steps)
        finally:
            self._end(self.history.length - before, steps)

    def _begin(self) -> None:
        self._started, self._next_look, self._due = time.monotonic(), 0.0, True
        self._in_notebook = in_notebook()
        if self._in_notebook:
            self._handle = display(HTML("starting …"), display_id=True)
        self._hooks = [
            opt.register_step_pre_hook(self._listen(name))
            for name, opt in (("D", self._opt_d), ("G", self._opt_g))
        ]
        if not self.film.frames:
            self.film.add(self._look())

    def _listen(self, name: str) -> Callable:
        """Return a hook that notes an optimizer's gradient norm, in the steps that are drawn."""

        def hook(optimizer, args, kwargs):
            if self._due:
                grads = [p.grad for g in optimizer.param_groups for p in g["params"]]
                self._norms[name] = nn.utils.get_total_norm(g for g in grads if g is not None)

        return hook

    def _after_step(self, done: int, steps: int) -> None:
        now = time.monotonic()
        if self._due and self._in_notebook:
            self._draw(done, steps)
            cost = time.monotonic() - now
            self._next_look = time.monotonic() + max(EVERY, cost / SHARE)
        self._due = now >= self._next_look

    def _end(self, done: int, steps: int) -> None:
        for hook in self._hooks:
            hook.remove()
        if self.step or done:
            self._draw(done, steps)

    def _look(self) -> looks.Frame:
        with looks.evaluating(self.shown, self.D):
            with torch.no_grad():
                samples = self.shown(self.z)
            value = None if self.metric is None else float(self.metric(samples))
            extra = {}
            if samples.ndim == 2:
                extra["field"] = self.film.field(self.D)
                few = samples[: looks.ARROWS]
                extra["pushes"] = looks.push(self.D, few, self.real, self.game).cpu()
            else:
                samples = samples[: looks.SHEET]
        norms = (
            (float(self._norms["D"]), float(self._norms["G"])) if len(self._norms) == 2 else None
        )
        return looks.Frame(self.step, samples.cpu(), value=value, norms=norms, **extra)

    def _draw(self, done: int, steps: int) -> None:
        self.film.add(self._look())
        self.picture = self.film.picture(-1)
        if self._in_notebook:
            self._handle.update(HTML(self._progress(done, steps) + self.picture._repr_html_()))

    def _progress(self, done: int, steps: int) -> str:
        return progress_line(done, steps, time.monotonic() - self._started, unit="step")
