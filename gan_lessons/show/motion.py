"""Phase portraits: where two players push each other, and their paths. From lesson 03 on."""

from collections.abc import Callable, Mapping
from itertools import cycle

import torch
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator
from torch import Tensor

from gan_lessons.show.picture import MARK, STYLE, Picture, figure

# Solid in the highlight color, then dashed in black: style and color tell the paths apart.
LINES = ({"color": MARK, "lw": 1.8}, {"color": "black", "lw": 1.2, "ls": (0, (4, 2))})

ARROWS = 11  # per side; FEW in a small panel, where they would be too short to be seen
FEW = 8
# How the ends of a path look in a legend.
START = Line2D([], [], ls="", marker="o", color="black", mfc="white", ms=6)
END = Line2D([], [], ls="", marker="s", color="black", mec="white", ms=6)
ENDS, ENDED = (START, END), ("start", "end")

Push = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def _lines(paths: Mapping[str, Tensor]) -> list:
    """Return each path with its line; one alone that is "in turns" keeps the mark of turns."""
    alone = len(paths) == 1 and next(iter(paths)).startswith("in turns")
    return list(zip(paths.items(), LINES[1:] if alone else cycle(LINES), strict=False))


def draw_phase(
    ax: Axes,
    push: Push,
    paths: Mapping[str, Tensor] | None,
    *,
    limit: float,
    arrows: int = ARROWS,
) -> Axes:
    """Draw a game of two numbers: arrows, dotted lines through the equilibrium, paths.

    Args:
        push: gives the two players' pushes for two tensors of one shape.
        paths: for each name, (steps + 1, 2) states; a ring marks where a path starts, a square in
            the path's color where it ends.
        limit: half the width of the square. arrows: how many on each side.
    """
    ax.axhline(0, color="black", lw=0.8, ls=":")
    ax.axvline(0, color="black", lw=0.8, ls=":")
    ticks = torch.linspace(-limit, limit, arrows + 2, dtype=torch.float64)[1:-1]
    theta, psi = torch.meshgrid(ticks, ticks, indexing="xy")
    u, v = push(theta, psi)
    size = torch.hypot(u, v)
    # the root keeps weak pushes visible; the longest arrow is one cell long
    scale = 2 * limit / (arrows + 1) / size.max().sqrt().clamp_min(1e-12)
    scale = scale / size.sqrt().clamp_min(1e-12)
    style = {"angles": "xy", "scale_units": "xy", "scale": 1, "color": "#777777"}
    ax.quiver(theta, psi, u * scale, v * scale, width=0.08 / (arrows + 1), pivot="mid", **style)
    drawn = _lines(paths or {})
    for (name, path), style in drawn:
        ax.plot(*path.detach().cpu().T, label=name, **style)
    for (_, path), style in drawn:  # above all lines
        ax.plot(*path[0].tolist(), "o", color="black", mfc="white", ms=6)
        ax.plot(*path[-1].tolist(), "s", color="black", mfc=style["color"], ms=6, mec="white")
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
    ax.set(xlabel="θ, where G is", ylabel="ψ, the slope of D")
    return ax


def phases(
    panels: Mapping[str, tuple[Push, Mapping[str, Tensor] | None]],
    *,
    title: str,
    sentence: str,
    limit: float = 1.5,
    columns: int = 4,
) -> Picture:
    """Show several games side by side on one scale. Lesson 03.

    Args:
        panels: for each name, the game's push and its paths, as for :func:`draw_phase`.
    """
    columns = min(columns, len(panels))
    rows = -(-len(panels) // columns)
    with rc_context(STYLE):
        side = 1.95 if columns > 3 else 2.5 if columns > 2 else 3.2
        below = 0.95 if any(paths for _, paths in panels.values()) else 0.45  # for the legend
        fig = figure(width=side * columns + 0.4, height=(side + 0.35) * rows + below)
        axes = list(fig.subplots(rows, columns, squeeze=False).flat)
        for i, (ax, (name, (push, paths))) in enumerate(zip(axes, panels.items(), strict=False)):
            few = FEW if columns > 2 else ARROWS
            draw_phase(ax, push, paths, limit=limit, arrows=few)
            ax.set_title(name, fontsize=10)
            if i % columns:
                ax.set_ylabel("")
                ax.tick_params(labelleft=False)  # the scale is the first one's
            if i + columns < len(panels):
                ax.set_xlabel("")
        for ax in axes[len(panels) :]:
            ax.axis("off")
        fig.suptitle(title)
        if (known := axes[0].get_legend_handles_labels())[0]:
            handles, names = ([*a, *b] for a, b in zip(known, (ENDS, ENDED), strict=True))
            fig.legend(handles, names, loc="outside lower center", ncols=len(names))
        return Picture(fig, sentence)


def journey(
    push: Push,
    paths: Mapping[str, Tensor],
    *,
    title: str,
    sentence: str,
    limit: float,
    span: tuple[float, float] | None = None,
    predicted: Tensor | None = None,
) -> Picture:
    """Show paths, and beside them their distance from the equilibrium, fast. Lesson 03.

    Args:
        push, paths, limit: as for :func:`draw_phase`. span: the range of distances that is shown.
        predicted: (steps + 1,) distances to compare with, drawn dotted.
    """
    with rc_context(STYLE):
        fig = figure(width=8, height=3.7, layout=None)
        left, right = fig.subplots(1, 2)
        fig.subplots_adjust(left=0.08, right=0.98, bottom=0.15, top=0.9, wspace=0.28)
        draw_phase(left, push, paths, limit=limit)
        small = {"fontsize": 9, "handletextpad": 0.2, "borderpad": 0.3, "framealpha": 0.85}
        left.legend(ENDS, ENDED, loc="lower right", handlelength=1.0, **small)
        right.set(yscale="log", xlabel="step", ylabel="distance from the equilibrium", title=title)
        for (name, path), style in _lines(paths):
            right.plot(torch.linalg.vector_norm(path, dim=1), label=name, **style)
        if predicted is not None:
            right.plot(predicted, color="#555555", lw=1.5, ls=":", label="predicted")
        low, high = span or right.get_ylim()
        right.set_ylim(low, high)
        if high < 100 * low:  # label more than the powers of ten
            right.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            right.yaxis.set_major_formatter("{x:g}")
        right.minorticks_off()  # half of the drawing time
        if len(paths) > 1 or predicted is not None:
            right.legend(loc="upper left", fontsize=9, framealpha=0.85)
        return Picture(fig, sentence)
