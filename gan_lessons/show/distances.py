"""Pictures of densities on a line and of functions of one number. Introduced in lesson 01."""

from collections.abc import Mapping

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from gan_lessons.show.picture import FAKE, FULL, MARK, REAL, STYLE, Picture, figure

# Lines that are neither player: four colors, each with a style and a marker of its own.
LINES = (("black", "-", "o"), ("#56B4E9", "--", "s"), (MARK, "-.", "D"), ("#777777", ":", "v"))


def _array(values: Tensor) -> np.ndarray:
    return np.asarray(values.detach().cpu(), dtype=np.float64)


def panels(count: int, *, width: float = 3.2, height: float = 3.2) -> tuple[Figure, list[Axes]]:
    """Return a figure and its ``count`` axes, side by side; drawn fast enough for a slider.

    Args:
        width, height: of one panel, in inches; narrower if the figure were too wide. Lesson 01.
    """
    width = min(width, FULL / count)
    fig = figure(width=count * width, height=height, layout=None)
    axes = fig.subplots(1, count, squeeze=False)[0]
    room, side = 0.66, count * width  # inches left of each panel, for its numbers and its label
    gap = max(0.3, room / (width - room - 0.12 / count))  # as a share of a panel, as asked for
    place = {"left": room / side, "bottom": 0.5 / height, "top": 1 - 0.3 / height}
    fig.subplots_adjust(right=0.985, wspace=gap, **place)
    return fig, list(axes)


def draw_densities(ax: Axes, x: Tensor, p: Tensor, q: Tensor) -> Axes:
    """Draw the density of the real data, filled, and of the fake, outlined. Lesson 01.

    Args:
        x: (K,) positions in order. p, q: (K,) heights of the real and the fake density there.
    """
    x, p, q = _array(x), _array(p), _array(q)
    ax.fill_between(x, p, color=REAL, alpha=0.25, linewidth=0)
    ax.plot(x, p, color=REAL, lw=1.6, label="real p")
    ax.plot(x, q, color=FAKE, lw=1.6, ls="--", label="fake q")
    ax.set(xlim=(x[0], x[-1]), ylim=(0, 1.4 * max(p.max(), q.max())), xlabel="x", ylabel="density")
    ax.legend(fontsize=9, loc="upper right", framealpha=0.8)
    return ax


def draw_lines(
    ax: Axes,
    x: Tensor,
    lines: Mapping[str, Tensor],
    *,
    at: float | None = None,
    legend: bool = True,
    **axes: object,
) -> Axes:
    """Draw up to four functions of one number, by name; ``at`` marks one position on each.

    Args:
        x: (K,) positions in order. lines: for each name its (K,) values. at: where a vertical
            line and a marker on each curve stand. legend: whether several lines get one. axes:
            passed on to ``ax.set``, for example ``ylim=(0, 1)``. Lesson 01.
    """
    x = _array(x)
    for (name, values), (color, style, marker) in zip(lines.items(), LINES, strict=False):
        y = _array(values)
        ax.plot(x, y, color=color, ls=style, lw=1.6, label=name)
        if at is not None:
            ax.plot(at, np.interp(at, x, y), color=color, marker=marker, ms=6)
    if at is not None:
        ax.axvline(at, color="black", lw=0.6)
    ax.set(xlim=(x[0], x[-1]), **axes)
    if legend and len(lines) > 1:
        ax.legend(fontsize=9, framealpha=0.8)
    return ax


def lines(
    x: Tensor,
    named: Mapping[str, Tensor],
    *,
    sentence: str,
    at: float | None = None,
    **axes: object,
) -> Picture:
    """Show functions of one number in a figure of their own; see :func:`draw_lines`. Lesson 01."""
    with rc_context(STYLE):
        fig = figure(height=3.2)
        draw_lines(fig.subplots(), x, named, at=at, **axes)
        return Picture(fig, sentence)
