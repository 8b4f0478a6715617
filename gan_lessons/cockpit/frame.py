"""One look at a run: what is seen at one moment, and how it is drawn. Introduced in lesson 00."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from matplotlib import rc_context
from torch import Tensor, nn

from gan_lessons import show
from gan_lessons.losses import Game
from gan_lessons.training import History

ARROWS = 100  # generated points that get an arrow
SHEET = 48  # images on a live sheet


@dataclass(frozen=True)
class Frame:
    """What was seen after ``step`` steps; all tensors are copies on the CPU.

    Attributes:
        samples: (N, 2) points or (N, C, H, W) images from the fixed noise.
        field: (cells, cells) logits of D over the plane, for points. pushes: (M, 2) arrows.
        value: the lesson's metric, or None.
        norms: gradient norm of D and of G in this step, or None before the first.
    """

    step: int
    samples: Tensor
    field: Tensor | None = None
    pushes: Tensor | None = None
    value: float | None = None
    norms: tuple[float, float] | None = None


@contextmanager
def evaluating(*nets: nn.Module) -> Iterator[None]:
    """Put nets into eval mode for a look, and back into the mode they were in."""
    modes = [net.training for net in nets]
    try:
        yield [net.eval() for net in nets]
    finally:
        for net, mode in zip(nets, modes, strict=True):
            net.train(mode)


def push(D: nn.Module, samples: Tensor, real: Tensor, game: Game) -> Tensor:
    """Return the direction in which G's loss pushes each sample, (N, 2): minus its gradient."""
    samples = samples.detach().requires_grad_()
    real_logits = D(real[: len(samples)]) if game.g_needs_real else None
    loss = game.loss_g(real_logits, D(samples))
    return -torch.autograd.grad(loss, samples)[0]


def draw(
    frame: Frame,
    *,
    real: Tensor,
    history: History,
    metric: str | None = None,
    values: tuple[list[int], list[float]] = ((), ()),
) -> show.Picture:
    """Draw a frame beside the losses and logits up to it.

    Args:
        real: (N, 2) points drawn behind the samples; not used for images.
        history: the run's numbers; only rows up to the frame are drawn.
        metric: the metric's name; ``values``: its steps and values so far.
    """
    upto = slice(0, min(frame.step, history.length))
    numbers = {name: history.column(name)[upto] for name in history.names}
    with rc_context(show.STYLE):
        fig = show.figure(width=9.0, height=4.1, layout=None)
        axes = fig.subplot_mosaic(
            [["samples", "losses"], ["samples", "logits"]],
            width_ratios=[1.05, 1],
            gridspec_kw={"left": 0.06, "right": 0.985, "top": 0.92, "bottom": 0.12,
                         "wspace": 0.2, "hspace": 0.45},
        )  # fmt: skip
        if frame.samples.ndim == 2:
            show.draw_points(
                axes["samples"], real, frame.samples, field=frame.field, pushes=frame.pushes
            )
        else:
            show.draw_sheet(axes["samples"], frame.samples[:SHEET])
        axes["samples"].set(title=f"step {frame.step:,}", xlabel="", ylabel="")
        if len(numbers["loss_d"]):
            show.draw_losses(axes["losses"], numbers["loss_d"], numbers["loss_g"]).set(xlabel="")
            if metric is None:
                show.draw_logits(axes["logits"], numbers["real_logit"], numbers["fake_logit"])
            else:
                show.draw_metric(axes["logits"], *values, name=metric)
        for ax in fig.axes:  # ticks are what takes most of the time
            ax.locator_params(nbins=4)
        return show.Picture(fig, read(frame, history, metric), dpi=72)


def read(frame: Frame, history: History, metric: str | None) -> str:
    """Say in one sentence what a frame shows: the picture's twin in words."""
    parts = [f"After {frame.step:,} steps"]
    if frame.value is not None:
        parts.append(f"{metric} is {frame.value:.4g}")
    row = min(frame.step, history.length) - 1
    if row >= 0:
        loss_d, loss_g, real, fake = (float(history.column(n)[row]) for n in history.names[:4])
        parts.append(f"D's loss is {loss_d:.2f} and G's {loss_g:.2f}")
        parts.append(f"D's mean logit is {real:+.1f} on real and {fake:+.1f} on fake samples")
    if frame.norms is not None:
        parts.append("gradient norms are {:.2g} (D) and {:.2g} (G)".format(*frame.norms))
    return ", ".join(parts[:2]) + "".join(f"; {part}" for part in parts[2:]) + "."
