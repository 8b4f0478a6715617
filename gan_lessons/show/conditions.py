"""Pictures of what was asked for and what came. Introduced in lesson 14."""

from collections.abc import Mapping

from matplotlib import rc_context
from matplotlib.axes import Axes
from torch import Tensor

from gan_lessons.show.distances import panels as side_by_side
from gan_lessons.show.picture import FAKE, REAL, STYLE, Picture, figure

EACH = 14  # numerals drawn of each name
DRAWN = 400  # points of a cloud
LINES = 40  # digits of a bundle


def names_on_a_ring(
    clouds: Mapping[str, tuple[Tensor, Tensor]], centers: Tensor, *, sentence: str
) -> Picture:
    """Show points as the numerals of what was asked for; a circle around each mode has its name.

    Args:
        clouds: for each panel's title points (N, 2) and the mode that each was asked for, (N,).
        centers: (K, 2) of the modes, K at most 10. Introduced in lesson 14.
    """
    limit = 1.45 * float(centers.abs().max())
    with rc_context(STYLE):
        fig = figure(width=2.75 * len(clouds), height=2.95)
        fig.get_layout_engine().set(h_pad=0.1)  # or the titles touch the edge
        axes = fig.subplots(1, len(clouds), squeeze=False)[0]
        for ax, (title, (x, asked)) in zip(axes, clouds.items(), strict=True):
            ax.plot(*centers.T, "o", color=REAL, ms=19, mfc="none", alpha=0.6)
            for k, center in enumerate(centers):
                place = (1.27 * center).tolist()
                ax.text(*place, str(k), color=REAL, ha="center", va="center", weight="bold")
                style = {"marker": f"${k}$", "color": FAKE, "ms": 7, "mew": 0.3, "alpha": 0.7}
                ax.plot(*x[asked == k][:EACH].T, ls="", **style)
            ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal")
            ax.set(xticks=[], yticks=[])
            ax.spines[:].set_visible(False)
            ax.set_title(title, fontsize=10)
        return Picture(fig, sentence)


def draw_answers(ax: Axes, asked: Tensor, found: Tensor, *, color: str) -> Axes:
    """Draw what was found over what was asked for: a cloud, or a line for each of some digits.

    Args:
        asked, found: (N,) for a cloud; (digits, places) for lines. Dotted: exactly as asked.
    """
    if asked.ndim == 1:
        ax.plot(asked[:DRAWN], found[:DRAWN], "o" if color == REAL else "^", color=color, ms=3)
        ax.lines[-1].set(alpha=0.5, mew=0)
    else:
        ax.plot(asked[:LINES].T, found[:LINES].T, color=color, lw=0.7, alpha=0.45)
    ends = float(asked.min()), float(asked.max())
    ax.plot(ends, ends, color="black", lw=1.4, ls=":")
    return ax


def asked_and_found(
    panels: Mapping[str, tuple[Tensor, Tensor]],
    *,
    xlabel: str,
    ylabel: str,
    sentence: str,
    real: tuple[str, ...] = (),
) -> Picture:
    """Show, panel by panel, what was found over what was asked for, on one scale.

    Args:
        panels: for each title what was asked and what was found, as for :func:`draw_answers`.
        xlabel, ylabel: of all panels. real: titles of panels of real data, drawn in their color.
            Introduced in lesson 14.
    """
    most = max(float(x[x.isfinite()].abs().max()) for pair in panels.values() for x in pair)
    with rc_context(STYLE):
        fig, axes = side_by_side(len(panels), width=2.9, height=3.1)
        fig.subplots_adjust(top=0.86, wspace=0.12)  # titles of two lines, one scale
        for ax, (title, (asked, found)) in zip(axes, panels.items(), strict=True):
            draw_answers(ax, asked, found, color=REAL if title in real else FAKE)
            ax.set(ylim=(-1.05 * most, 1.05 * most), xlabel=xlabel)
            ax.set_title(title, fontsize=10)
        axes[0].set_ylabel(ylabel)
        for ax in axes[1:]:
            ax.set_yticklabels([])
        return Picture(fig, sentence)
