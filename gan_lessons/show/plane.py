"""Pictures of points in the plane. Introduced in lesson 04."""

from collections.abc import Sequence

import torch
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.quiver import Quiver
from torch import Tensor, nn

from gan_lessons.show.picture import FAKE, FIELD, REAL, STYLE, Picture, figure

DRAWN = 1_000  # points of a cloud that are drawn; more only make a blot


def draw_points(
    ax: Axes,
    real: Tensor | None,
    fake: Tensor | None = None,
    *,
    field: Tensor | None = None,
    pushes: Tensor | None = None,
    limit: float | None = None,
    legend: bool = True,
) -> Axes:
    """Draw clouds of points, D's logit as a field behind them, and where G's samples are pushed.

    Args:
        real, fake: (N, 2) points, or None.
        field: (cells, cells) logits of D over the square, from :func:`logit_field`.
        pushes: (M, 2) the direction in which each of the first M fake points is pushed.
        limit: half the width of the square that is shown; found from ``real`` if None.
    """
    if limit is None:
        limit = limit_of(real if real is not None else fake)
    if field is not None:
        box = (-limit, limit, -limit, limit)
        style = {"cmap": FIELD, "vmin": -3, "vmax": 3, "interpolation": "bilinear"}
        ax.imshow(field.T.numpy(), extent=box, origin="lower", **style)
    if real is not None:
        x, y = real[:DRAWN].cpu().T
        ax.scatter(x, y, s=6, c=REAL, alpha=0.5, linewidths=0, label="real ●")
    if fake is not None:
        x, y = fake[:DRAWN].detach().cpu().T
        ax.scatter(x, y, s=9, c=FAKE, alpha=0.85, marker="^", linewidths=0, label="fake ▲")
    if pushes is not None:
        draw_pushes(ax, fake[: len(pushes)], pushes, limit=limit)
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xlabel="x₁", ylabel="x₂")
    if legend:
        ax.legend(loc="upper right", fontsize=9, handletextpad=0.2, borderpad=0.3, framealpha=0.8)
    return ax


def draw_pushes(ax: Axes, start: Tensor, pushes: Tensor, *, limit: float) -> Quiver:
    """Draw an arrow at each point (M, 2), along ``pushes`` (M, 2); their mean length is fixed."""
    length = pushes.norm(dim=1).nanmean().clamp_min(1e-12)
    u, v = (pushes * (0.12 * limit / length)).T
    return ax.quiver(*start.T, u, v, angles="xy", scale_units="xy", scale=1, width=0.004)


def limit_of(points: Tensor) -> float:
    """Return half the width of a square around the origin with room for all points (N, 2)."""
    return 1.15 * float(points.abs().max())


@torch.no_grad()
def logit_field(D: nn.Module, limit: float, *, cells: int = 50) -> Tensor:
    """Return D's logit over the square from -limit to limit, (cells, cells), on the CPU.

    The first index runs along x₁. In pictures blue means that D says real, vermillion fake.
    """
    ticks = torch.linspace(-limit, limit, cells, device=next(D.parameters()).device)
    return D(torch.cartesian_prod(ticks, ticks)).reshape(cells, cells).cpu()


def points(
    real: Tensor | None,
    fake: Tensor | None = None,
    *,
    title: str,
    sentence: str,
    D: nn.Module | None = None,
    limit: float | None = None,
) -> Picture:
    """Show real ● and fake ▲ points; with ``D`` its logit as a field. Lesson 04.

    Args:
        real, fake: (N, 2) points. title: the finding. sentence: what to see.
    """
    with rc_context(STYLE):
        fig = figure(width=4.6, height=4.4)
        limit = limit or limit_of(real if real is not None else fake)
        field = None if D is None else logit_field(D, limit)
        draw_points(fig.subplots(), real, fake, field=field, limit=limit).set_title(title)
        return Picture(fig, sentence)


def clouds(
    panels: Sequence[tuple[str, Tensor]],
    *,
    real: Tensor | None = None,
    sentence: str,
    columns: int = 5,
    limit: float | None = None,
) -> Picture:
    """Show clouds side by side on one scale: a film strip, or one panel per seed. Lesson 04.

    Args:
        panels: pairs of a short title and (N, 2) generated points. real: drawn behind each.
    """
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    limit = limit or limit_of(real if real is not None else panels[0][1])
    with rc_context(STYLE):
        fig = figure(width=2.1 * columns, height=2.35 * rows)
        axes = fig.subplots(rows, columns, squeeze=False).flat
        for ax, (title, fake) in zip(axes, panels, strict=False):
            draw_points(ax, real, fake, limit=limit, legend=False)
            ax.set_title(title, fontsize=10)
            ax.set(xticks=[], yticks=[], xlabel="", ylabel="")
        for ax in list(axes)[len(panels) :]:
            ax.axis("off")
        return Picture(fig, sentence)
