"""Pictures of a run's numbers and of distributions of numbers. Introduced in lesson 04."""

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from gan_lessons.show.picture import D_COLOR, FAKE, G_COLOR, MARK, REAL, STYLE, Picture, figure

DRAWN = 400  # points of a curve; a longer run is averaged in groups


def smooth(values: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """Return steps and values, averaged in equal groups so that at most 400 are left.

    A group with a value that is not finite becomes NaN: a gap in the curve.
    """
    values = np.asarray(values, dtype=np.float64)
    group = max(1, math.ceil(len(values) / DRAWN))
    kept = len(values) // group * group
    values = np.where(np.isfinite(values[:kept]), values[:kept], np.nan)
    means = values.reshape(-1, group).mean(axis=1)
    return group * (np.arange(len(means)) + 0.5), means


def whole(values: object) -> bool:
    """Say whether some numbers are counts: all that are finite are whole, and there is one."""
    values = np.asarray(values, dtype=np.float64)
    values = values[np.isfinite(values)]
    return len(values) > 0 and not np.mod(values, 1).any()


def whole_ticks(axis: Axis, values: object = (), *, most: int = 5) -> None:
    """Put ticks at whole numbers only, if all values are whole: there is no half a step or class.

    Args:
        values: what is drawn along the axis; none for steps. most: how many parts, at most.
    """
    if not np.size(values) or whole(values):
        axis.set_major_locator(MaxNLocator(most, integer=True, min_n_ticks=1))


def draw_losses(ax: Axes, loss_d: Tensor, loss_g: Tensor) -> Axes:
    """Draw both players' losses over the steps, with the value of a D that says nothing."""
    ax.plot(*smooth(loss_d), color=D_COLOR, lw=1.4, label="D")
    ax.plot(*smooth(loss_g), color=G_COLOR, lw=1.4, ls="--", label="G")
    ax.axhline(2 * math.log(2), color="black", lw=1, ls=":", label="2 ln 2")
    ax.set(xlabel="step", ylabel="loss", ylim=(0, None))
    whole_ticks(ax.xaxis, most=8)
    ax.legend(fontsize=9, ncols=3, loc="upper right", framealpha=0.8)
    return ax


def draw_logits(ax: Axes, real_logit: Tensor, fake_logit: Tensor) -> Axes:
    """Draw D's mean logit on real and on fake samples over the steps."""
    ax.plot(*smooth(real_logit), color=REAL, lw=1.4, label="real")
    ax.plot(*smooth(fake_logit), color=FAKE, lw=1.4, ls="--", label="fake")
    ax.axhline(0, color="black", lw=1, ls=":")
    ax.set(xlabel="step", ylabel="mean logit of D")
    whole_ticks(ax.xaxis, most=8)
    ax.legend(fontsize=9, ncols=2, loc="upper right", framealpha=0.8)
    return ax


def draw_norms(ax: Axes, steps: Sequence[int], norms: Sequence[tuple[float, float]]) -> Axes:
    """Draw the gradient norms of D and of G at the steps where they were measured."""
    norm_d, norm_g = zip(*norms, strict=True) if norms else ((), ())
    ax.plot(steps, norm_d, color=D_COLOR, lw=1.4, label="D")
    ax.plot(steps, norm_g, color=G_COLOR, lw=1.4, ls="--", label="G")
    ax.set(xlabel="step", ylabel="gradient norm", yscale="log")
    whole_ticks(ax.xaxis, most=8)
    ax.legend(fontsize=9, ncols=2, loc="upper right", framealpha=0.8)
    return ax


def draw_metric(ax: Axes, steps: Sequence[int], values: Sequence[float], *, name: str) -> Axes:
    """Draw a metric at the steps where it was measured."""
    style = {"mfc": MARK, "mec": "black", "mew": 0.6}  # the edge: orange alone is too pale
    ax.plot(steps, values, color="black", lw=1.2, marker="o", ms=3.5, **style)
    ax.set(xlabel="step", ylabel=name)
    whole_ticks(ax.xaxis, most=8)
    if len(values):
        whole_ticks(ax.yaxis, values)
    return ax


def losses(loss_d: Tensor, loss_g: Tensor, *, title: str, sentence: str) -> Picture:
    """Show both losses over the steps, each (steps,). Lesson 04."""
    with rc_context(STYLE):
        fig = figure(height=3.0)
        draw_losses(fig.subplots(), loss_d, loss_g).set_title(title)
        return Picture(fig, sentence)


def histograms(
    real: Mapping[str, Tensor],
    fake: Mapping[str, Tensor],
    *,
    sentence: str,
    columns: int = 3,
    bins: int = 24,
) -> Picture:
    """Show, name by name, how real (filled) and fake (outlined) values are spread. Lesson 06.

    Args:
        real, fake: the same names, each with (N,) values; whole numbers get one bar each.
    """
    rows = -(-len(real) // columns)
    with rc_context(STYLE):
        fig = figure(width=2.7 * columns, height=2.2 * rows)
        axes = list(fig.subplots(rows, columns, squeeze=False).flat)
        for ax, name in zip(axes, real, strict=False):
            a, b = (np.asarray(values[name].cpu(), dtype=float) for values in (real, fake))
            counts = whole(a) and whole(b)
            low, high = min(a.min(), b.min()), max(a.max(), b.max())
            edges = np.arange(low - 0.5, high + 1) if counts else np.linspace(low, high, bins)
            ax.hist(a, edges, density=True, color=REAL, alpha=0.5, label="real")
            ax.hist(b, edges, density=True, color=FAKE, histtype="step", lw=1.8, label="fake")
            ax.set(title=name, yticks=[])
            if counts:  # no class 10 beside 0 … 9, and none between two
                ax.set_xlim(edges[0], edges[-1])
                whole_ticks(ax.xaxis, most=10)
        axes[0].legend(fontsize=9)
        for ax in axes[len(real) :]:
            ax.axis("off")
        return Picture(fig, sentence)


def bars(
    groups: Mapping[str, Sequence[float]], *, ylabel: str, title: str, sentence: str
) -> Picture:
    """Show several runs per group as dots with their mean as a line: seeds, not one number.

    Args:
        groups: for each group's name, the value of every seed. Lesson 04.
    """
    with rc_context(STYLE):
        fig = figure(height=3.0)
        ax = fig.subplots()
        for i, values in enumerate(groups.values()):
            spread = np.linspace(-0.12, 0.12, len(values)) if len(values) > 1 else [0.0]
            ax.plot(i + np.asarray(spread), values, "o", color=REAL, ms=5)
            ax.plot([i - 0.25, i + 0.25], [np.mean(values)] * 2, color="black", lw=1.5)
        ax.set_xticks(range(len(groups)), list(groups))
        ax.set(ylabel=ylabel, title=title)
        whole_ticks(ax.yaxis, np.concatenate([np.ravel(values) for values in groups.values()]))
        return Picture(fig, sentence)
