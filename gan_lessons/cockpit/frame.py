"""One look at a run: what is seen at one moment, and its reading. Introduced in lesson 00."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from gan_lessons import show
from gan_lessons.losses import Game
from gan_lessons.training import History

ARROWS = 100  # generated points that get an arrow
SHEET = 25  # images that a frame keeps


@dataclass(frozen=True)
class Frame:
    """What was seen after ``step`` steps; all tensors are copies on the CPU.

    Attributes:
        samples: (N, 2) points or uint8 (N, C, H, W) images from the fixed noise.
        field: (cells, cells) logits of D over the plane, for points. pushes: (M, 2) arrows.
        value: the lesson's metric (NaN if it failed), or None.
        norms: gradient norm of D and of G in this step, or None before the first.
        problem: what kept this frame from being whole, in words, or None.
    """

    step: int
    samples: Tensor
    field: Tensor | None = None
    pushes: Tensor | None = None
    value: float | None = None
    norms: tuple[float, float] | None = None
    problem: str | None = None

    @cached_property
    def reach(self) -> float:
        """The logit that most of the field lies within, rounded; 0 without a field."""
        return 0.0 if self.field is None else show.reach_of(self.field)


@contextmanager
def evaluating(*nets: nn.Module) -> Iterator[None]:
    """Put nets into eval mode for a look, and each layer back into the mode it was in."""
    modes = {layer: layer.training for net in nets for layer in net.modules()}
    try:
        yield [net.eval() for net in nets]
    finally:
        for layer, mode in modes.items():
            layer.training = mode


def push(D: nn.Module, samples: Tensor, real: Tensor, game: Game) -> Tensor:
    """Return the direction in which G's loss pushes each sample, (N, 2): minus its gradient."""
    samples = samples.detach().requires_grad_()
    beside = torch.arange(len(samples)) % len(real)  # few real points are seen again
    real_logits = D(real[beside]) if game.g_needs_real else None
    loss = game.loss_g(real_logits, D(samples))
    return -torch.autograd.grad(loss, samples)[0]


def look(
    shown: nn.Module,
    D: nn.Module,
    z: Tensor,
    *,
    step: int,
    real: Tensor,
    game: Game,
    limit: float | None = None,
    metric: Callable[[Tensor], float] | None = None,
    norms: tuple[float, float] | None = None,
) -> Frame:
    """Return a frame of the players as they are; nothing about them changes.

    A metric that raises, or samples that are no numbers, become the frame's ``problem``.
    """
    value, problems, plane = None, [], {}
    with evaluating(shown, D):
        with torch.no_grad():
            samples = shown(z)
        if lost := int((~samples.isfinite()).flatten(1).any(dim=1).sum()):
            problems.append(f"{lost:,} of {len(samples):,} samples are not finite")
        if metric is not None:
            try:
                value = float(metric(samples))
            except Exception as error:  # told in the picture's sentence; the run goes on
                value, reason = math.nan, f"{type(error).__name__}: {str(error)[:100]}"
                problems.append(f"the metric failed ({reason})")
        if samples.ndim == 2:
            plane["field"] = show.logit_field(D, limit)
            plane["pushes"] = push(D, samples[:ARROWS], real, game).cpu()
    if samples.ndim == 4:  # one byte for each pixel is enough to look at
        samples = ((samples[:SHEET].nan_to_num().clamp(-1, 1) + 1) * 127.5).round().byte()
    problem = " and ".join(problems) or None
    return Frame(step, samples.cpu(), value=value, norms=norms, problem=problem, **plane)


def read(frame: Frame, history: History, metric: str | None, *, average: bool = False) -> str:
    """Say in one sentence what a frame shows: the picture's twin in words.

    Args:
        metric: its name. average: whether the samples are from the average of G.
    """
    parts = [f"After {frame.step:,} steps"]
    if frame.problem is not None:
        parts[0] += f", {frame.problem}"
    if frame.value is not None and not math.isnan(frame.value):
        parts[0] += f", {metric} is {frame.value:.4g}"
    row = min(frame.step, history.length) - 1
    if row >= 0:
        loss_d, loss_g, real, fake = (float(history.column(n)[row]) for n in history.names[:4])
        parts.append(f"D's loss is {loss_d:.2f} and G's {loss_g:.2f}")
        parts.append(f"D's mean logit is {real:+.1f} on real and {fake:+.1f} on fake samples")
    if frame.norms is not None:
        parts.append("gradient norms are {:.2g} (D) and {:.2g} (G)".format(*frame.norms))
    if frame.pushes is not None:
        slope = len(frame.pushes) * show.usual_push(frame.pushes)  # of one sample's own loss
        parts.append(f"arrows lead down G's loss, with a median slope of {slope:.2g}")
    if average:
        parts.append("the samples are the average G's, all else is the game's")
    return "; ".join(parts) + "."
