"""Watch a run, stop it, and look back. Introduced in lesson 00."""

import time
from collections.abc import Callable, Iterator, Sequence

import torch
from IPython.display import HTML, display
from torch import Tensor, nn
from torch.optim import Optimizer

from gan_lessons import losses, runtime
from gan_lessons.cockpit import frame as looks
from gan_lessons.cockpit.bar import in_notebook, progress_line
from gan_lessons.cockpit.board import CELLS
from gan_lessons.cockpit.curves import NORM
from gan_lessons.cockpit.film import Film, kept
from gan_lessons.errors import SettingError
from gan_lessons.show import Picture, spread_out
from gan_lessons.training import NUMBERS, History, Moment

EVERY = 0.3  # seconds between two pictures, at least
SHARE = 0.04  # of the time that drawing may take
LISTEN = 0.03  # seconds between two measurements of the gradient norms, at least
NORMS = ("norm_d", "norm_g")


def progress(items: Sequence, *, unit: str = "run") -> Iterator:
    """Yield the items and show how many are done; ■ ends the loop after the item it is at.

    For several runs in a row, where one live view each would be too much. ■ is answered at once. A
    run inside ends at its own step if it listens: :func:`training.train` does, and so does a loop
    written by hand over :func:`runtime.steps`. Introduced in lesson 04.
    """
    handle = display(HTML(""), display_id=True) if in_notebook() else None
    started = time.monotonic()

    def answer() -> None:
        if handle is not None:
            told = f"■ heard: ends after this {unit}, or at once if you press it twice."
            handle.update(HTML(f"{line}<div>{told}</div>"))

    line = ""
    with runtime.stop_at_boundary(heard=answer) as stop:
        for done, item in enumerate([*items, None]):
            if handle is not None:
                about = {"unit": unit, "ended": bool(stop)}
                line = progress_line(done, len(items), time.monotonic() - started, **about)
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
        game: whose loss_g the arrows follow. schedulers: to be rewound with the players.

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
        schedulers: tuple = (),
    ):
        self.shown, self.D, self.game = G if average is None else average, D, game
        self.real = spread_out(real, 1000).detach().to(next(G.parameters()).device)
        z = torch.randn(1000, latent_dim, generator=runtime.generator(0))
        self.z = z.to(next(G.parameters()).device)
        self.metric_name, self.metric = metric or (None, None)
        if self.metric_name in (*CELLS, NORM):
            raise SettingError(
                f"The live view has a panel {self.metric_name!r} of its own.",
                "Nothing was trained or drawn.",
                "Call your metric otherwise, for example by what it counts.",
            )
        self.history = History(names=NUMBERS + NORMS, device=self.z.device)
        about = {"average": average is not None}
        self.film = Film(self.real.cpu(), self.history, self.metric_name, **about)
        others = {f"scheduler {i}": scheduler for i, scheduler in enumerate(schedulers)}
        self.film.keep(G=G, D=D, opt_g=opt_g, opt_d=opt_d, average=average, **others)
        self.picture: Picture | None = None
        self._norms: dict[str, Tensor] = {}  # of the step under way
        self._last_norms: dict[str, Tensor] = {}  # of the step before it
        self._opt_d, self._opt_g = opt_d, opt_g
        self._handle = None
        self._next_look = self._next_norm = 0.0
        self._due = self._listening = True

    @property
    def step(self) -> int:
        """The number of steps seen so far, over all runs of the cell."""
        return self.history.length

    def record(self, numbers: dict[str, Tensor]) -> None:
        """Keep one step's numbers: scalar tensors loss_d, loss_g, real_logit, fake_logit."""
        self._last_norms, self._norms = self._norms, {}
        self.history.record({**numbers, **self._last_norms})

    def watch(self, steps: int) -> Iterator[int]:
        """Yield 0 … steps - 1 and draw in between; the notebook's ■ ends it after a step."""
        self._begin(steps)
        try:
            with runtime.stop_at_boundary() as stop:
                for step in range(steps):
                    before = self.step
                    yield step
                    if self.step == before:  # nothing was recorded: a gap in the curves
                        self.record({})
                    self._after_step(step + 1, steps)
                    if stop:
                        break
        finally:
            self._end(steps)

    def follow(self, run: Iterator[Moment]) -> None:
        """Drive a run of :func:`training.train` to its end, or until ■, and draw in between."""
        self._begin(0)
        steps = 0
        try:
            for moment in run:
                steps = moment.steps
                self.film.planned = self._start + steps
                self.record(moment.numbers)
                self._after_step(moment.step, steps)
        finally:
            self._end(steps)

    def _begin(self, steps: int) -> None:
        self._start, self._ended, self._norms = self.step, False, {}
        self._due = self._listening = True
        self.film.planned = self.step + steps
        self._in_notebook = in_notebook()
        if not self.film.frames:
            self.film.add(self._look())
        if self._in_notebook:
            self._handle = display(HTML("starting …"), display_id=True)
        self._started, self._spent, self._next_look = time.monotonic(), 0.0, 0.0
        self._hooks = [
            opt.register_step_pre_hook(self._listen(name))
            for name, opt in zip(NORMS, (self._opt_d, self._opt_g), strict=True)
        ]

    def _listen(self, name: str) -> Callable:
        """Return a hook that notes an optimizer's gradient norm, now and then."""

        def hook(optimizer, args, kwargs):
            if self._listening:
                grads = [p.grad for g in optimizer.param_groups for p in g["params"]]
                self._norms[name] = nn.utils.get_total_norm(g for g in grads if g is not None)

        return hook

    def _after_step(self, done: int, steps: int) -> None:
        if done < steps and kept(self.step):  # the last look is taken at the end
            self.film.add(self._look(light=not self._due))
        now = time.monotonic()
        if self._due and done < steps:
            if self._in_notebook:
                self._draw(done, steps)
            drawn = time.monotonic()
            self._spent += drawn - now if done > 1 else 0.0  # a run's first one draws all axes
            self._next_look = max(drawn + EVERY, self._started + self._spent / SHARE)
        if self._listening:
            self._next_norm = now + LISTEN
        self._due = now >= self._next_look or done + 1 >= steps
        self._listening = self._due or kept(self.step + 1) or now >= self._next_norm

    def _end(self, steps: int) -> None:
        for hook in self._hooks:
            hook.remove()
        self.film.planned, self._ended = self.step, True
        if self.step:
            self._draw(self.step - self._start, steps)

    def _look(self, *, light: bool = False) -> looks.Frame:
        """Return a frame of this moment. ``light``: of images, only those a film keeps, unscored.

        Scores of a thousand images cost as much as many steps; they are left to the clock.
        """
        last, light = self._last_norms, light and self.real.ndim == 4
        return looks.look(
            *(self.shown, self.D, self.z[: looks.SHEET] if light else self.z),
            step=self.step,
            real=self.real,
            game=self.game,
            limit=self.film.limit,
            metric=None if light else self.metric,
            norms=tuple(float(last[name]) for name in NORMS) if len(last) == 2 else None,
        )

    def _draw(self, done: int, steps: int) -> None:
        """Show this moment, fast until the last one; not all of these moments are in the film."""
        if self._ended:
            self.film.add(self._look())
            self.picture = self.film.picture(-1)
        else:
            frame = self.film.frames[-1]
            if frame.step != self.step:
                frame = self._look()
                if self.real.ndim == 4:  # the film's own frames are not scored
                    self.film.note(frame)
            self.picture = self.film.glance(frame)
        if self._in_notebook:
            spent = time.monotonic() - self._started
            line = progress_line(done, steps, spent, unit="step", ended=self._ended)
            self._handle.update(HTML(line + self.picture._repr_html_()))
