"""Pictures of maps: where samples came from, by color and by line. Introduced in lesson 21."""

from collections.abc import Sequence

import torch
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from torch import Tensor

from gan_lessons import data
from gan_lessons.show.picture import STYLE, Picture, figure
from gan_lessons.show.plane import limit_of

SIZE = 1.66  # inches of a panel


def wheel(z: Tensor) -> Tensor:
    """Return a color for each point of the plane, (N, 3) in 0 … 1: its direction, as on a wheel.

    Directions differ in lightness as well as in hue, and points near the origin are gray, for
    there a direction says little. Lesson 21.
    """
    angle, far = torch.atan2(z[:, 1], z[:, 0]), z.norm(dim=1)
    chroma = 0.13 * (far / 0.6).clamp(max=1)
    lightness = 0.62 + 0.13 * torch.sin(angle)
    lab = torch.stack([lightness, chroma * angle.cos(), chroma * angle.sin()], dim=1)  # (N, 3)
    return (data.from_oklab(lab[:, :, None, None])[:, :, 0, 0] + 1) / 2


def draw_map(
    ax: Axes,
    z: Tensor,
    y: Tensor,
    *,
    limit: float,
    ways: int = 0,
    centers: Tensor | None = None,
) -> Axes:
    """Draw where samples end, in the colors of where they start, and the first ways as lines.

    Args:
        z, y: (N, 2) starts and ends. ways: how many lines; the ends of those have a black rim, and
            nothing is drawn where they start. centers: (K, 2) of the modes, marked by circles.
            Lesson 21.
    """
    z, y = z.detach().cpu(), y.detach().cpu()
    colors = wheel(z).numpy()
    if ways:
        lines = torch.stack([z[:ways], y[:ways]], dim=1).numpy()  # (ways, 2, 2)
        ax.add_collection(LineCollection(lines, colors="#777777", linewidths=0.6, alpha=0.8))
        ax.scatter(*y[:ways].T, s=9, c=colors[:ways], edgecolors="black", linewidths=0.4, zorder=3)
    if centers is not None:
        ax.scatter(*centers.T, s=90, facecolors="none", edgecolors="black", linewidths=0.8)
    ax.scatter(*y.T, s=5, c=colors, linewidths=0, zorder=2)
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xticks=[], yticks=[])
    return ax


def origins(
    panels: Sequence[tuple[str, Tensor, Tensor]],
    *,
    sentence: str,
    columns: int = 5,
    ways: int = 0,
    limit: float | None = None,
    centers: Tensor | None = None,
    size: float = SIZE,
) -> Picture:
    """Show maps of the plane side by side: each sample has the color of where it came from.

    Args:
        panels: for each a short title, the starts (N, 2) and the ends (N, 2). ways: so many
            samples are joined with their starts. limit: half the width of a panel, for all.
        centers: (K, 2) of the modes, marked in all panels but the first.
        size: inches of a panel. Fast enough for a slider. Lesson 21.
    """
    rows = -(-len(panels) // columns)
    limit = limit or max(limit_of(y) for _, _, y in panels)
    with rc_context(STYLE):
        width, height = size * columns, (size + 0.27) * rows
        fig = figure(width=width, height=height, layout=None)
        axes = list(fig.subplots(rows, columns, squeeze=False).flat)
        room = {"left": 0.03 / width, "right": 1 - 0.03 / width, "bottom": 0.03 / height}
        gaps = {"wspace": 0.05, "hspace": 0.27 / size}
        fig.subplots_adjust(top=1 - 0.26 / height, **room, **gaps)
        for i, (ax, (title, z, y)) in enumerate(zip(axes, panels, strict=False)):
            marks = centers if i else None
            draw_map(ax, z, y, limit=limit, ways=ways, centers=marks)
            ax.set_title(title, fontsize=9.5)
        for ax in axes[len(panels) :]:
            ax.axis("off")
        return Picture(fig, sentence)
