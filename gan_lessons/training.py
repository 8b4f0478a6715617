"""The game's loop, as lesson 04 writes it. Floor 4 of the house.

:func:`train` is that loop, step by step :func:`play`, in the same order and with the same names. It
yields after every step, so whoever drives it can look, draw or stop. What later lessons add wraps
the run or hangs on it::

    run = training.train(G, D, opt_g, opt_d, batches, steps=2_000, latent_dim=2)
    run = training.averaged(run, average, decay=0.999)  # lesson 04
    run = training.scheduled(run, *schedulers)  # lesson 04
    run = training.constrained(run, opt_d, D, penalties.clip_weights)  # lesson 11
    run = training.clipped_gradients(run, opt_g, opt_d, most=1.0)  # lesson 11
    for moment in run:
        ...

A penalty that is asked for now and then is ``penalties.lazy`` (lesson 12), an augmentation a layer
in front of D (``augment.InFront``, lesson 13), another precision a net around a net
(:class:`Autocast`, lesson 08). :func:`sweep` plays many small games at once (lesson 10).
"""

import functools
import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR

from gan_lessons import launch, losses, models, penalties, runtime
from gan_lessons.errors import SettingError, TrainingDiverged

NUMBERS = ("loss_d", "loss_g", "real_logit", "fake_logit", "real_sign")
Stream = Iterator[tuple[Tensor, list[Tensor]]]  # batches, each with its conditions
Draw = Callable[[Tensor], Tensor]  # of a real batch: its noise
CHECK_EVERY = 50  # steps between two looks at whether all numbers are finite


# -- what a run leaves behind ------------------------------------------------------------------


class History:
    """The numbers of a run, one row per step, kept on the device so that no step waits for them.

    Introduced in lesson 04.

    Attributes:
        names: what the columns are called.
        length: the number of rows written so far.
    """

    def __init__(self, *, names: tuple[str, ...] = NUMBERS, device: torch.device | str = "cpu"):
        self.names = names
        self.length = 0
        self._rows = torch.empty(1024, len(names), device=device)

    def record(self, numbers: dict[str, Tensor]) -> None:
        """Append one step's numbers (scalar tensors); other columns hold NaN. Lesson 04."""
        if self.length == len(self._rows):
            self._rows = torch.cat([self._rows, torch.empty_like(self._rows)])
        missing = self._rows.new_full((), float("nan"))
        row = [numbers[name].detach() if name in numbers else missing for name in self.names]
        self._rows[self.length] = torch.stack(row)
        self.length += 1

    def column(self, name: str) -> Tensor:
        """Return one number over all steps so far, float32 (length,), on the CPU. Lesson 04."""
        return self._rows[: self.length, self.names.index(name)].cpu()

    def rows(self) -> Tensor:
        """Return all numbers so far, (length, names), on the CPU: what a checkpoint keeps."""
        return self._rows[: self.length].cpu().clone()

    def put_before(self, rows: Tensor) -> None:
        """Put the :meth:`rows` of an earlier process in front; ``length`` grows by them."""
        own = self._rows[: self.length]
        self._rows = torch.cat([rows.to(own.device), own, own.new_empty(1024, own.shape[1])])
        self.length += len(rows)

    def first_not_finite(self, start: int = 0) -> int | None:
        """Return the first step from ``start`` on whose loss is not finite, or None. Lesson 04."""
        bad = ~self._rows[start : self.length, :2].isfinite().all(dim=1)
        return start + int(bad.nonzero()[0]) if bad.any() else None


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


@dataclass(frozen=True)
class Moment:
    """A run between two steps: what there is to look at. It refers to the nets, copies nothing.

    Attributes:
        step: steps done so far. steps: steps planned.
        numbers: this step's loss_d and loss_g, the mean logits real_logit and fake_logit, and
            real_sign, the mean sign of D(real), which lesson 13 steers by; scalar tensors, or (n,)
            of a :func:`sweep`.
        history: the numbers of all steps so far.
        shown: the generator to look at: the average where one is kept, else G itself.

    Introduced in lesson 04.
    """

    step: int
    steps: int
    numbers: dict[str, Tensor]
    history: History | Histories
    G: nn.Module
    D: nn.Module
    shown: nn.Module


# -- one game: lesson 04 -----------------------------------------------------------------------


def falling_lr(optimizer: Optimizer, steps: int) -> LambdaLR:
    """Return a scheduler that keeps the learning rate for half the steps, then lowers it to 0.

    The players circle less and less and come to rest; beyond ``steps`` they stay there. Step it
    once a training step. Lesson 04.
    """

    def slope(step):
        return min(1.0, max(0.0, 2 - 2 * step / steps))

    return LambdaLR(optimizer, slope)


def train(
    G: nn.Module,
    D: nn.Module,
    opt_g: Optimizer,
    opt_d: Optimizer,
    batches: Iterable,
    *,
    steps: int,
    latent_dim: int,
    game: losses.Game = losses.non_saturating,
    penalty: Callable[..., Tensor] | None = None,
    n_critic: int = 1,
    one_launch: bool = False,
) -> Iterator[Moment]:
    """Play the game and yield a :class:`Moment` after every step.

    The notebook's ■ ends the loop after the step it is in: nothing is torn, and calling ``train``
    again goes on from there.

    Args:
        batches: real batches (B, …); a DataLoader or a list is begun again at its end. A batch may
            be a tuple: the samples first, then conditions, which G, D and the penalty get after
            their first arguments (lesson 14). Batches are moved to G's device.
        steps: steps to make; each updates D and then G, with the same fake batch.
        latent_dim: length of the noise z ~ N(0, I).
        game: the pair of losses (lesson 10). Where D answers with several things, its logits
            first, the losses get all of them (lesson 14).
        penalty: added to D's loss, a function of (D, real, fake) (lesson 11).
        n_critic: updates of D before each of G, every one on a fresh batch (lesson 11).
        one_launch: record the step and replay it, on a CUDA device only; ``speed.probe`` says where
            that pays (lesson 08). The optimizers' rates become tensors on the device.

    Raises:
        SettingError: the batches end, or carry conditions that G or D does not take; one_launch
            without a CUDA device.
        TrainingDiverged: a loss is NaN or infinite (looked at every 50 steps and at the end).

    Introduced in lesson 04; lesson 00 shows a run of it.
    """
    history = History(device=next(G.parameters()).device)

    def draw(real: Tensor) -> Tensor:
        return torch.randn(len(real), latent_dim, device=real.device)

    stream = stream_of(batches, G, D)
    rules = {"penalty": penalty, "n_critic": n_critic}
    make = functools.partial(play, G, D, opt_g, opt_d, game=game, **rules)
    if one_launch:
        make = launched(make, G, D, opt_g, opt_d, **rules)
    with runtime.stop_at_boundary() as stop:
        for step in range(steps):
            numbers = make(stream, draw)
            history.record(numbers)
            last = stop.requested or step + 1 == steps
            if last or (step + 1) % CHECK_EVERY == 0:
                _refuse_nonsense(history)
            yield Moment(step + 1, steps, numbers, history, G, D, shown=G)
            if stop:  # asked for while the moment was looked at
                _refuse_nonsense(history)
                break


def play(
    G: nn.Module,
    D: nn.Module,
    opt_g: Optimizer,
    opt_d: Optimizer,
    stream: Stream,
    draw: Draw,
    *,
    game: losses.Game,
    penalty: Callable[..., Tensor] | None = None,
    n_critic: int = 1,
) -> dict[str, Tensor]:
    """Make one step of the game, the one of lesson 04, and return its numbers.

    Args:
        stream: yields a real batch and its conditions, see :func:`stream_of`.
        draw: of the real batch: its noise z.
        game, penalty, n_critic: as for :func:`train`. Losses may be (n,), one for each of n games
            side by side (lesson 10): the gradient of their sum leaves each its own.
    """
    for _ in range(n_critic):
        real, given = next(stream)
        fake = G(draw(real), *given)

        # 1 · the discriminator raises D(real) and lowers D(fake)
        asked = _takes_logits(penalty, D)  # where such a penalty asks for D's slope (lesson 12)
        pairs = zip((real, fake), asked, strict=True)
        seen = [x.detach().requires_grad_(slope) for x, slope in pairs]
        on_real, on_fake = (D(x, *given) for x in seen)
        loss_d = game.loss_d(on_real, on_fake)
        real_logits, fake_logits = map(penalties.logits_of, (on_real, on_fake))
        whole = loss_d.sum()
        if penalty is not None:
            more = {"logits": (real_logits, fake_logits)} if True in asked else {}
            with in_float32(D):
                whole = whole + penalty(D, *seen, *given, **more)
        opt_d.zero_grad()
        whole.backward()
        opt_d.step()

    # 2 · the generator raises D(fake); D only passes the gradient on
    with frozen(D):
        loss_g = game.loss_g(D(real, *given) if game.g_needs_real else None, D(fake, *given))
        opt_g.zero_grad()
        loss_g.sum().backward()
        opt_g.step()

    real_logits, fake_logits = real_logits.detach(), fake_logits.detach()
    return {
        "loss_d": loss_d,
        "loss_g": loss_g,
        "real_logit": real_logits.mean(-1),
        "fake_logit": fake_logits.mean(-1),
        "real_sign": real_logits.sign().mean(-1),
    }


def launched(
    make: Callable[[Stream, Draw], dict[str, Tensor]],
    G: nn.Module,
    D: nn.Module,
    *optimizers: Optimizer,
    penalty: Callable[..., Tensor] | None,
    n_critic: int,
    player: launch.OnCuda | None = None,
) -> Callable[[Stream, Draw], dict[str, Tensor]]:
    """Return a :func:`play` of stream and draw that is recorded and replayed. Lesson 08.

    The step's batches and noise are drawn beforehand and handed to the recording, so data and noise
    are those of a step that is made kernel by kernel.

    Args:
        make: the step. penalty, n_critic: those that it has. player: see :class:`launch.OneLaunch`.
    """

    def of_tensors(*inputs: Tensor) -> dict[str, Tensor]:
        size = len(inputs) // n_critic  # a batch, its noise, its conditions
        looks = [inputs[i : i + size] for i in range(0, len(inputs), size)]
        noises = iter([z for _, z, *_ in looks])
        stream = iter([(real, given) for real, _, *given in looks])
        return make(stream, lambda real: next(noises))

    one = launch.OneLaunch(of_tensors, player)
    for optimizer in optimizers:
        launch.on_the_device(optimizer)
    lazy = penalty if isinstance(penalty, penalties.lazy) else None

    def step(stream: Stream, draw: Draw) -> dict[str, Tensor]:
        looks = [next(stream) for _ in range(n_critic)]
        inputs = [x for real, given in looks for x in (real, draw(real), *given)]
        asks = lazy.asks(n_critic) if lazy else ()
        after = lazy.calls + n_critic if lazy else 0
        numbers = one(*inputs, kind=(asks, launch.all_that_is_fixed(G, D, *optimizers)))
        if lazy:
            lazy.calls = after  # a replay does not count
        return numbers

    return step


def stream_of(batches: Iterable, G: nn.Module, D: nn.Module) -> Stream:
    """Yield each batch as its samples and a list of its conditions, on G's device, for ever.

    What can be begun again (a DataLoader, a list) is. Introduced in lesson 04, conditions in
    lesson 14.

    Raises:
        SettingError: an iterator ends, ``batches`` is one tensor, or a batch has conditions that G
            or D does not take.
    """
    if isinstance(batches, Tensor):
        raise SettingError(
            f"One tensor, {tuple(batches.shape)}, was given where batches are drawn from.",
            "Nothing was trained.",
            "Draw batches from it: data.batches(x, batch_size).",
        )
    device, count = next(G.parameters()).device, 0
    while True:
        before = count
        for batch in batches:
            real, *given = batch if isinstance(batch, tuple | list) else (batch,)
            if count == 0:
                _refuse_deaf_nets(len(given), G=G, D=D)
            count += 1
            yield real.to(device), [part.to(device) for part in given]
        if count == before:
            raise SettingError(
                f"There is no batch left after {count}.",
                "G and D are as the last step left them, and the history holds all steps.",
                "Draw without end, data.batches(x, batch_size), or hand over a DataLoader itself.",
            )


def _refuse_deaf_nets(conditions: int, **nets: nn.Module) -> None:
    for name, net in nets.items():
        try:
            asked = net.net if isinstance(net, Autocast) else net
            inspect.signature(asked.forward).bind(*[None] * (1 + conditions))
        except TypeError as error:
            raise SettingError(
                f"Each batch brings {conditions} more than samples (labels?), and {name} takes "
                "another number of them.",
                "Nothing was trained.",
                f"Draw batches that hold what {name}.forward takes, or write it with room for what "
                "they hold.",
            ) from error


@contextmanager
def frozen(net: nn.Module) -> Iterator[None]:
    """Let gradients pass through a net without computing those of its own weights.

    Weights that were frozen before stay so. Lesson 15.
    """
    weights = [weight for weight in net.parameters() if weight.requires_grad]
    for weight in weights:
        weight.requires_grad_(False)
    try:
        yield
    finally:
        for weight in weights:
            weight.requires_grad_(True)


def _refuse_nonsense(history: History) -> None:
    bad = history.first_not_finite(max(0, history.length - CHECK_EVERY - 1))
    if bad is not None:
        raise TrainingDiverged(
            f"The losses stopped being numbers at step {bad + 1}: NaN or infinity. "
            f"First to break: {_where_it_broke(history, bad)}.",
            f"The numbers of the {bad} {'step' if bad == 1 else 'steps'} before it are kept in the "
            "history.",
            "Build G and D anew and lower the learning rate, or look for a log or root of zero.",
        )


def _where_it_broke(history: History, step: int) -> str:
    """Say what was the first to be no number in a step, by the order in which it computes."""
    finite = {name: bool(history.column(name)[step].isfinite()) for name in NUMBERS[:4]}
    if not finite["real_logit"] and not finite["fake_logit"]:
        return "D's logits of real and fake alike, so its weights, in the step before"
    if not finite["real_logit"]:
        return "D's logits of the real batch alone: look into the data"
    if not finite["fake_logit"]:
        return "D's logits of the fakes alone, so G, in the step before"
    if not finite["loss_d"]:
        return "D's loss, of logits that are numbers: look at that loss"
    return "G's loss, after D's update: the gradient of D's penalty, or that loss itself"


# -- what wraps a run ----------------------------------------------------------------------------


class averaged:
    """A run that keeps an average of G's weights and shows it. Lesson 04.

    ``training.averaged(run, average, decay=0.999)`` yields the run's moments; after each step
    ``average``, at first a deep copy of G, moves a little toward G (:func:`models.update_average`),
    and ``moment.shown`` is the average.

    Args:
        decay: 0 … 1, the share that is kept; for a sweep also (n, 1, 1).
    """

    def __init__(self, run: Iterator[Moment], average: nn.Module, *, decay: float | Tensor):
        self.run, self.average, self.decay = run, average, decay

    def __iter__(self) -> Iterator[Moment]:
        return self

    def __next__(self) -> Moment:
        moment = next(self.run)
        models.update_average(self.average, moment.G, decay=self.decay)
        return replace(moment, shown=self.average)

    def state_dict(self) -> dict:
        """Return what a run that goes on elsewhere needs: the average. Lesson 04."""
        return {"average": self.average.state_dict()}

    def load_state_dict(self, state: dict) -> None:
        """Take over what :meth:`state_dict` returned. Lesson 04."""
        self.average.load_state_dict(state["average"])


def scheduled(run: Iterator[Moment], *schedulers: object) -> Iterator[Moment]:
    """Step learning-rate schedulers once after every step of a run. Lesson 04."""
    for moment in run:
        for scheduler in schedulers:
            scheduler.step()
        yield moment


def constrained(
    run: Iterator[Moment], opt_d: Optimizer, D: nn.Module, constrain: Callable[[nn.Module], None]
) -> Iterator[Moment]:
    """Call ``constrain(D)`` after each update of D, such as ``penalties.clip_weights``. Lesson 11.

    It hangs on the optimizer while the run lasts: with n_critic updates it is called n_critic times
    a step. A run that you leave by ``break`` lasts until its ``close()``.
    """
    hook = opt_d.register_step_post_hook(lambda *_: constrain(D))
    try:
        yield from run
    finally:
        hook.remove()


def clipped_gradients(
    run: Iterator[Moment], *optimizers: Optimizer, most: float
) -> Iterator[Moment]:
    """Shorten the gradient of each player to a norm of at most ``most`` before it steps. Lesson 11.

    It shortens *gradients* and leaves the weights where they go; see :func:`constrained`. Not for a
    :func:`sweep`: the norm would be that of all runs together.
    """

    def shorten(optimizer: Optimizer, *_) -> None:
        weights = [weight for group in optimizer.param_groups for weight in group["params"]]
        nn.utils.clip_grad_norm_(weights, most)

    hooks = [optimizer.register_step_pre_hook(shorten) for optimizer in optimizers]
    try:
        yield from run
    finally:
        for hook in hooks:
            hook.remove()


# -- what wraps a net: another precision ---------------------------------------------------------


class Autocast(nn.Module):
    """A net whose products are computed in another precision, and its answers are float32.

    The weights are the net's own and stay in float32, so the net itself can be looked at, averaged
    or sampled as ever. ``speed.probe`` finds what is fastest here. Losses and penalties stay in
    float32, too (:func:`in_float32`). Lesson 08.

    Args:
        precision: opens it, such as ``partial(torch.autocast, "cpu", dtype=torch.bfloat16)``.
    """

    def __init__(self, net: nn.Module, precision: Callable[[], AbstractContextManager]):
        super().__init__()
        self.net, self.precision, self.active = net, precision, True

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        """Return the net's answer, or its several answers, in float32. Lesson 08."""
        if not self.active:
            return self.net(*inputs)
        with self.precision():
            answer = self.net(*inputs)
        return tuple(map(Tensor.float, answer)) if isinstance(answer, tuple) else answer.float()


@contextmanager
def in_float32(net: nn.Module) -> Iterator[None]:
    """Let a net, and every net in it, compute in float32 for a while. Lesson 08."""
    around = [part for part in net.modules() if isinstance(part, Autocast) and part.active]
    for part in around:
        part.active = False
    try:
        yield
    finally:
        for part in around:
            part.active = True


def _takes_logits(penalty: Callable | None, D: nn.Module) -> tuple[bool, bool]:
    """Say whether a penalty takes the loss's logits of real and of fake samples, in float32."""
    asked = getattr(penalty, "takes_logits", (False, False))
    half = any(asked) and any(isinstance(part, Autocast) for part in D.modules())
    return (False, False) if half else asked


# -- many small games at once: lesson 10 -------------------------------------------------------
# A step of a tiny network costs about the same however tiny it is, so n runs side by side cost
# far less than n runs in turn. No run can see another: each has its own weights, samples, noise
# and losses, Adam works number by number, and what breaks in one run stays in it.


Rows = Sequence[tuple[losses.Loss, slice]]


def noise(batch_size: int, latent_dim: int, *, rng: torch.Generator) -> Iterator[Tensor]:
    """Yield z ~ N(0, I), (batch_size, latent_dim), for ever, from an own source. Lesson 10."""
    while True:
        yield torch.randn(batch_size, latent_dim, generator=rng, device=rng.device)


def _next(stream: Iterator[Tensor]) -> Tensor:
    """Return the next of a stream; one that ends would end a generator with a RuntimeError."""
    try:
        return next(stream)
    except StopIteration as error:
        raise SettingError(
            "A stream of batches or noise has ended before the run did.",
            "The networks are as the last step left them, and the history holds all steps.",
            "Draw without end: data.batches(x, batch_size, rng=…), training.noise(…).",
        ) from error


def side_by_side(streams: Sequence[Iterator[Tensor]], *, copies: int = 1) -> Iterator[Tensor]:
    """Yield the next batch of every stream as one tensor, (n, B, …), for ever. Lesson 10.

    Args:
        streams: one for each run, such as ``data.batches`` with its own source of randomness.
        copies: how many groups of runs get the same batches: n is copies · len(streams). Runs that
            differ in their loss alone are then compared on the same data and noise.

    Raises:
        SettingError: a stream ends.
    """
    while True:
        batch = torch.stack([_next(stream) for stream in streams])
        yield batch.repeat(copies, *[1] * (batch.ndim - 1))


def each(losses: Rows, on_real: Tensor, on_fake: Tensor) -> Tensor:
    """Return every run's own loss, (n,), each from its own row of D's outputs (n, B).

    Args:
        losses: pairs of a loss and the runs (a slice) that play it, in order. Each loss is written
            for one run, (B,) -> scalar; ``vmap`` applies it row by row. Lesson 10.
    """
    parts = []
    for loss, rows in losses:
        loss_of_each = torch.vmap(loss)
        parts.append(loss_of_each(on_real[rows], on_fake[rows]))
    return torch.cat(parts)  # (n,)


def sweep(
    G: nn.Module,
    D: nn.Module,
    opt_g: Optimizer,
    opt_d: Optimizer,
    batches: Iterable,
    noises: Iterator[Tensor],
    *,
    games: Sequence[losses.Game],
    steps: int,
    penalty: Callable[..., Tensor] | None = None,
) -> Iterator[Moment]:
    """Play n games at once and yield a :class:`Moment` after every step.

    Run i does what :func:`train` would do with its weights, batches, noise and game; the step is
    the same :func:`play`, and what wraps a run wraps this one too, but for
    :func:`clipped_gradients`. A run whose numbers break goes on as NaN and disturbs nobody: see
    ``moment.history.broken()``. The notebook's ■ ends the loop after the step it is in.

    Args:
        G, D: stacked networks (:func:`models.stack`). games: run i plays games[i].
        batches, noises: yield (n, B, …) and (n, B, latent_dim), see :func:`side_by_side`.
        penalty: of (D, real, fake): what is added to the sum of all runs' losses of D, such as
            ``(strength * steepness(D, real)).sum()`` with a strength for each run.

    Raises:
        SettingError: the batches or noises end.

    Yields:
        Moments whose numbers are (n,) each, with :class:`Histories` as their history.

    Introduced in lesson 10.
    """
    history = Histories(len(games), steps, device=next(G.parameters()).device)
    stream, game = stream_of(batches, G, D), side_by_side_game(games)
    with runtime.stop_at_boundary() as stop:
        for step in range(steps):
            numbers = play(
                G, D, opt_g, opt_d, stream, lambda real: _next(noises), game=game, penalty=penalty
            )
            history.record(numbers)
            yield Moment(step + 1, steps, numbers, history, G, D, shown=G)
            if stop:
                break


def side_by_side_game(games: Sequence[losses.Game]) -> losses.Game:
    """Return one game whose losses are (n,): run i's is that of games[i]. Lesson 10."""
    losses_d, losses_g, start = [], [], 0
    for game, group in itertools.groupby(games):
        rows = slice(start, start + len(list(group)))
        losses_d.append((game.loss_d, rows))
        losses_g.append((game.loss_g, rows))
        start = rows.stop

    def loss_g(real_logits: Tensor | None, fake_logits: Tensor) -> Tensor:
        if real_logits is None:  # no game looks at them; each needs rows to be handed
            real_logits = fake_logits.detach()
        return each(losses_g, real_logits, fake_logits)

    return losses.Game(
        lambda real_logits, fake_logits: each(losses_d, real_logits, fake_logits),
        loss_g,
        g_needs_real=any(game.g_needs_real for game in games),
    )


def steepness(D: nn.Module, x: Tensor) -> Tensor:
    """Return every run's E‖∇D(x)‖², (n,): γ/2 times it is its R1 or R2 penalty.

    Args:
        x: (n, B, …) samples. Differentiable with respect to D's weights. Lesson 12.
    """
    return penalties.slopes(D, x).square().sum(1) / x.shape[1]
