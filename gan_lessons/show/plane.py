"""Pictures of points in the plane. Introduced in lesson 04."""

from collections.abc import Sequence

import torch
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.quiver import Quiver
from torch import Tensor, nn

from gan_lessons.show.picture import FAKE, FIELD, REAL, STYLE, Picture, figure

DRAWN = 1_000  # points of a cloud that are drawn; more only make a blot
REACHES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)  # logits at which a field's color is full
ARROW, LONGEST = 0.12, 0.3  # lengths of the median arrow and of the longest, as shares of the limit
# The root of a logit decides its color, so that a weak sign is seen beside a strong one.
SHADES = 65  # few enough that a field is small as PNG, and too many to see where one ends
_ENDS = torch.linspace(-1, 1, 257)
_ENDS = 0.5 + 0.5 * _ENDS.sign() * _ENDS.abs().sqrt()
ROOT = FIELD.from_list("root", FIELD(_ENDS.numpy()), N=SHADES)


def spread_out(rows: Tensor, count: int = DRAWN) -> Tensor:
    """Return at most ``count`` rows, spread evenly over all of them.

    A cloud whose rows are sorted, such as two kinds of data one after the other, keeps its shape.
    """
    n = len(rows)
    return rows if n <= count else rows[torch.arange(count, device=rows.device) * n // count]


def reach_of(field: Tensor) -> float:
    """Return a round number, 10 at most, that nine tenths of a field's logits lie within."""
    sizes = field.abs().flatten()
    sizes = sizes[sizes.isfinite()]
    top = float(sizes.quantile(0.9)) if len(sizes) else 0.0
    return next((reach for reach in REACHES if top <= reach), REACHES[-1])


def draw_points(
    ax: Axes,
    real: Tensor | None,
    fake: Tensor | None = None,
    *,
    field: Tensor | None = None,
    pushes: Tensor | None = None,
    limit: float | None = None,
    legend: bool = True,
    reach: float | None = None,
) -> Axes:
    """Draw clouds of points, D's logit as a field behind them, and where G's samples are pushed.

    Args:
        real, fake: (N, 2) points, or None.
        field: (cells, cells) logits of D over the square, from :func:`logit_field`.
        pushes: (M, 2) the direction in which each of the first M fake points is pushed.
        limit: half the width of the square that is shown; found from ``real`` if None.
        reach: the logit at which the field's color is full; found from the field if None.
    """
    if limit is None:
        limit = limit_of(real if real is not None else fake)
    if field is not None:
        box = (-limit, limit, -limit, limit)
        reach = reach or reach_of(field)
        style = {"cmap": ROOT, "vmin": -reach, "vmax": reach, "interpolation": "bilinear"}
        ax.imshow(field.T.numpy(), extent=box, origin="lower", **style)
    if real is not None:
        x, y = spread_out(real).cpu().T
        ax.scatter(x, y, s=6, c=REAL, alpha=0.5, linewidths=0, label="real")
    if fake is not None:
        x, y = spread_out(fake).detach().cpu().T
        ax.scatter(x, y, s=9, c=FAKE, alpha=0.85, marker="^", linewidths=0, label="fake")
    if pushes is not None:
        draw_pushes(ax, fake[: len(pushes)], pushes, limit=limit)
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xlabel="x₁", ylabel="x₂")
    if legend:
        look = {"handletextpad": 0.2, "borderpad": 0.3, "framealpha": 0.8, "markerscale": 2}
        ax.legend(loc="upper right", fontsize=9, **look)
    return ax


def draw_pushes(ax: Axes, start: Tensor, pushes: Tensor, *, limit: float) -> Quiver:
    """Draw an arrow at each point (M, 2), along ``pushes`` (M, 2).

    The arrow of the median push has a fixed length; none is much longer, and none leaves the frame.
    """
    start = start.detach().cpu()
    u, v = arrows_of(start, pushes.detach().cpu(), limit=limit).T
    return ax.quiver(*start.T, u, v, angles="xy", scale_units="xy", scale=1, width=0.004)


def arrows_of(start: Tensor, pushes: Tensor, *, limit: float) -> Tensor:
    """Return the arrows (M, 2) of :func:`draw_pushes`; one from outside the frame has no length."""
    arrows = pushes * (ARROW * limit / usual_push(pushes))
    longest = LONGEST * limit / arrows.norm(dim=1).clamp_min(1e-12)
    room = (limit - start * arrows.sign()) / arrows.abs().clamp_min(1e-12)  # until the frame
    inside = (start.abs() <= limit).all(dim=1)
    return arrows * (torch.minimum(longest, room.amin(dim=1)).clamp(0, 1) * inside)[:, None]


def usual_push(pushes: Tensor) -> float:
    """Return the median length of the pushes (M, 2) that are not zero; 1 if there is none."""
    sizes = pushes.norm(dim=1)
    sizes = sizes[sizes.isfinite() & (sizes > 0)]
    return float(sizes.median()) if len(sizes) else 1.0


def limit_of(points: Tensor) -> float:
    """Return half the width of a square around the origin with room for all points (N, 2).

    Points that are not finite have no place; 1 where there is none else, or all are 0.
    """
    sizes = points[points.isfinite()].abs()
    return 1.15 * float(sizes.max()) or 1.0 if len(sizes) else 1.0


@torch.no_grad()
def logit_field(D: nn.Module, limit: float, *, cells: int = 50) -> Tensor:
    """Return D's logit over the square from -limit to limit, (cells, cells), on the CPU.

    The first index runs along x₁. In pictures blue means that D says real, vermillion fake. D is
    asked in the mode that it is in: hand over ``D.eval()`` if it has batch norm or noise.
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
        fig = figure(width=4.6 + 0.9 * (D is not None), height=4.4)
        limit = limit or limit_of(real if real is not None else fake)
        field = None if D is None else logit_field(D, limit)
        ax = draw_points(fig.subplots(), real, fake, field=field, limit=limit)
        ax.set_title(title)
        if field is not None:
            reach = reach_of(field)
            bar = fig.colorbar(ax.images[0], ax=ax, shrink=0.5, aspect=25, ticks=(-reach, 0, reach))
            bar.ax.set_yticklabels([f"−{reach:g} fake", "0", f"+{reach:g} real"])
            bar.ax.set_title("D's logit", fontsize=10, loc="left")
        return Picture(fig, sentence)


def clouds(
    panels: Sequence[tuple[str, Tensor]],
    *,
    real: Tensor | None = None,
    sentence: str,
    columns: int = 5,
    limit: float | None = None,
    places: int = 0,
) -> Picture:
    """Show clouds side by side on one scale: a film strip, or one panel per seed. Lesson 04.

    Args:
        panels: pairs of a short title and (N, 2) generated points. real: drawn behind each.
        places: room for so many panels, of which the last ones are still to come.
    """
    columns = min(columns, max(places, len(panels)))
    rows = -(-max(places, len(panels)) // columns)
    limit = limit or limit_of(real if real is not None else panels[0][1])
    with rc_context(STYLE):
        fig = figure(width=1.66 * columns, height=1.95 * rows)
        axes = list(fig.subplots(rows, columns, squeeze=False).flat)
        for ax, (title, fake) in zip(axes, panels, strict=False):
            draw_points(ax, real, fake, limit=limit, legend=False)
            ax.set_title(title, fontsize=10)
            ax.set(xticks=[], yticks=[], xlabel="", ylabel="")
        for ax in axes[len(panels) :]:
            ax.axis("off")
        return Picture(fig, sentence)
