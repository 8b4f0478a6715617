"""What a program of the clinic did: its curves beside its samples. Introduced in lesson 22a."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import rc_context
from matplotlib.axes import Axes
from torch import Tensor

from gan_lessons.show.curves import smooth, whole_ticks
from gan_lessons.show.images import draw_sheet
from gan_lessons.show.picture import D_COLOR, FAKE, G_COLOR, REAL, STYLE, Picture, figure
from gan_lessons.show.plane import draw_points, limit_of, spread_out

LINES = {"D": (D_COLOR, "-"), "G": (G_COLOR, "--"), "real": (REAL, "-"), "fake": (FAKE, "--")}
LINES |= {"on real": LINES["real"], "on fake": LINES["fake"]}
SHEET = 24  # images that are shown, three rows of eight
DRAWN = 200  # points of a cloud
Curves = Mapping[str, Tensor | Sequence[float]]


def draw_curves(ax: Axes, curves: Curves, *, ylabel: str | None = None) -> Axes:
    """Draw curves over the steps: the players' losses, or D's numbers on real and fake."""
    for name, values in curves.items():
        color, style = LINES.get(name, ("black", ":"))
        ax.plot(*smooth(values), color=color, ls=style, lw=1.4, label=name)
    if ylabel is None:
        ylabel = "D's probability" if set(curves) == {"real", "fake"} else "loss"
    ax.set(xlabel="step", ylabel=ylabel)
    whole_ticks(ax.xaxis)
    if curves:
        ax.legend(fontsize=9, ncols=2, framealpha=0.8)
    return ax


def told_by(curves: Curves) -> str | None:
    """Return what curves of these names are curves of; None leaves it to :func:`draw_curves`."""
    if set(curves) == {"on real", "on fake"}:
        return "D's logit"
    return None if set(curves) & {"D", "real"} else ", ".join(curves)


def draw_samples(ax: Axes, samples: Tensor, real: Tensor, *, limit: float | None = None) -> Axes:
    """Draw points among the real ones, or a sheet of images."""
    if samples.ndim == 2:
        far = float(samples.abs().amax(1).quantile(0.98))  # they may have run away
        limit = limit or max(1.3 * limit_of(real), 1.15 * far)
        return draw_points(ax, spread_out(real, DRAWN), spread_out(samples, DRAWN), limit=limit)
    return draw_sheet(ax, samples[:SHEET])


def bedside(
    samples: Tensor,
    curves: Curves,
    real: Tensor,
    *,
    title: str,
    sentence: str,
    ylabel: str | None = None,
    limit: float | None = None,
) -> Picture:
    """Show what a program returned: its curves on the left, its samples on the right. Lesson 22a.

    Args:
        samples: (N, 2) points or (N, C, H, W) images. real: the data, alike.
        curves: for each name as many numbers as steps. ylabel: what they are; losses if None,
            or D's probabilities where they are called real and fake.
        title: the finding. limit: half the width of the part of the plane that is shown.
    """
    with rc_context(STYLE):
        fig = figure(width=6.6, height=2.8)
        left, right = fig.subplots(1, 2)
        draw_curves(left, curves, ylabel=ylabel)
        draw_samples(right, samples, real, limit=limit)
        fig.suptitle(title, fontsize=11)
        return Picture(fig, sentence)


def recovered(before: Any, after: Any) -> Picture:
    """Show what a program did while it was sick and when it was healed. Lesson 22a.

    Args:
        before, after: visits, with samples, curves and the real x; before is None if the program
            stopped.
    """
    with rc_context(STYLE):
        fig = figure(width=8.2, height=2.7)
        sick, healed, curves = fig.subplots(1, 3)
        if before is None:
            sick.text(0.5, 0.5, "it stopped", ha="center", transform=sick.transAxes)
            sick.set(xticks=[], yticks=[])
        else:
            draw_samples(sick, before.samples, before.x)
        sick.set_title("sick: samples")
        draw_samples(healed, after.samples, after.x)
        healed.set_title("healed: samples")
        ylabel = told_by(after.curves)
        draw_curves(curves, after.curves, ylabel=ylabel).set_title("healed: curves")
        return Picture(fig, "The same data and the same dice, before and after the repair.")
