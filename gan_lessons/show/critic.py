"""Pictures of critics beside the exact Wasserstein distance. Introduced in lesson 11."""

from collections.abc import Callable, Mapping, Sequence
from itertools import cycle

import numpy as np
import torch
from matplotlib import rc_context
from matplotlib.axes import Axes
from torch import Tensor

from gan_lessons import metrics
from gan_lessons.show.distances import LINES, panels
from gan_lessons.show.picture import FAKE, FIELD, MARK, REAL, STYLE, Picture, figure
from gan_lessons.show.plane import draw_points

Critic = Callable[[Tensor], Tensor]


def on_a_line(
    critics: Mapping[str, Critic],
    real: Tensor,
    fake: Tensor,
    *,
    limit: float,
    title: str,
    sentence: str,
) -> Picture:
    """Show critics of numbers: their height, and their slope beside the ±1 it may have. Lesson 11.

    Args:
        critics: for each name a function (N, 1) -> (N,). Heights are drawn with mean 0 over the
            fake samples: a critic may be moved up or down.
        real, fake: (N, 1) samples, drawn as two histograms. limit: half the width that is shown.
    """
    x = torch.linspace(-limit, limit, 401)[:, None]
    with rc_context(STYLE):
        fig, (left, right) = panels(2, width=4.2, height=3.1)
        for sample, color, filled in ((real, REAL, True), (fake, FAKE, False)):
            shares, edges = np.histogram(sample.numpy(), 60, (-limit, limit))
            heights = 0.3 * shares / max(shares.max(), 1)  # as a share of the panel
            style = {"alpha": 0.35, "lw": 0} if filled else {"fc": "none", "ec": color, "ls": "--"}
            style |= {"color": color} if filled else {"lw": 1.4}
            bottom = {"transform": left.get_xaxis_transform(), "step": "post"}
            left.fill_between(edges[:-1], heights, **style, **bottom)
        for (name, critic), (color, line, _) in zip(critics.items(), cycle(LINES), strict=False):
            with torch.no_grad():
                values = (critic(x) - critic(fake).mean()).flatten().numpy()
            left.plot(x.flatten(), values, color=color, ls=line, lw=1.8, label=name)
            slope = np.diff(values) / np.diff(x.flatten().numpy())
            right.plot(x[1:].flatten(), slope, color=color, ls=line, lw=1.4, label=name)
        for height in (-1, 1):
            right.axhline(height, color=MARK, lw=1, ls=":")
        left.set(xlim=(-limit, limit), xlabel="x: real filled, fake outlined", ylabel="critic f(x)")
        right.set(xlim=(-limit, limit), xlabel="x", ylabel="slope of f")
        left.set_title(title)
        right.set_title("slope; dotted: ±1")
        left.legend(fontsize=9, loc="upper center", framealpha=0.8)  # critics rise to both sides
        return Picture(fig, sentence)


@torch.no_grad()
def in_the_plane(
    critics: Mapping[str, Critic],
    real: Tensor,
    fake: Tensor,
    *,
    sentence: str,
    limit: float,
    step: float = 0.25,
    columns: int = 3,
) -> Picture:
    """Show critics of points as maps with contour lines; slope 1 spaces them evenly. Lesson 11.

    Args:
        critics: for each name a function (N, 2) -> (N,); its estimate goes into the title.
        real, fake: (N, 2) samples. step: the height between two contour lines.
    """
    ticks = torch.linspace(-limit, limit, 90)
    grid = torch.cartesian_prod(ticks, ticks)
    rows = -(-len(critics) // columns)
    with rc_context(STYLE):
        fig = figure(width=2.7 * columns, height=2.85 * rows)
        axes = list(fig.subplots(rows, columns, squeeze=False).flat)
        for ax, (name, critic) in zip(axes, critics.items(), strict=False):
            high, low = float(critic(real).mean()), float(critic(fake).mean())
            heights = (critic(grid) - (high + low) / 2).reshape(len(ticks), -1).T.numpy()
            box = (-limit, limit, -limit, limit)
            ax.imshow(
                heights, extent=box, origin="lower", cmap=FIELD.resampled(33), vmin=-1.5, vmax=1.5
            )
            levels = step * np.arange(-40, 41)
            if heights.max() - heights.min() > step:
                look = {"colors": "#555555", "linewidths": 0.7, "linestyles": "solid"}
                ax.contour(ticks, ticks, heights, levels=levels, **look)
            draw_points(ax, real, fake, limit=limit, legend=False)
            ax.set_title(f"{name}: {high - low:.2g}", fontsize=10)
            ax.set(xticks=[], yticks=[], xlabel="", ylabel="")
        for ax in axes[len(critics) :]:
            ax.axis("off")
        return Picture(fig, sentence)


def estimates(
    groups: Mapping[str, Mapping[str, Sequence[float]]], *, title: str, sentence: str
) -> Picture:
    """Show estimates as shares of the exact distance, per method and seed. Lesson 11.

    A dot per seed, the mean with its 95 % interval, and the mean in words. The axis is linear up to
    2 and logarithmic beyond. The dotted line is the exact distance.

    Args:
        groups: for each panel, for each method, estimate / exact for every seed.
    """
    names = list(next(iter(groups.values())))
    with rc_context(STYLE):
        fig = figure(width=4.4 * len(groups), height=0.42 * len(names) + 1.1)
        axes = fig.subplots(1, len(groups), squeeze=False, sharey=True)[0]
        for ax, (kind, methods) in zip(axes, groups.items(), strict=True):
            ax.axvline(1, color="black", lw=1, ls=":")
            ax.set_xscale("symlog", linthresh=2, linscale=2)
            for y, name in enumerate(names):
                _draw_ratios(ax, y, methods[name])
            ax.set(
                title=kind,
                xlabel="estimate / exact W₁, beyond 2 by tens",
                ylim=(len(names) - 0.4, -0.6),
            )
            ax.set_xlim(min(-0.6, ax.get_xlim()[0]), max(30, 3 * ax.get_xlim()[1]))
            ticks = [-1, 0, 1, 2, 10, 100, 1000]
            low, high = ax.get_xlim()
            ax.set_xticks([t for t in ticks if low < t < high], minor=False)
            ax.xaxis.set_major_formatter("{x:g}")
            ax.minorticks_off()
            ax.set_yticks(range(len(names)), names)
        fig.suptitle(title, fontsize=11)
        return Picture(fig, sentence)


def _draw_ratios(ax: Axes, y: int, ratios: Sequence[float]) -> None:
    ax.plot(ratios, np.full(len(ratios), y + 0.24), "o", color=REAL, ms=4, alpha=0.7)
    mean = float(np.mean(ratios))
    if len(ratios) > 1:
        low, mean, high = (float(end) for end in metrics.over_seeds(torch.tensor(ratios)))
        ax.plot([low, high], [y, y], color="black", lw=1.8)
    ax.plot(mean, y, "D", color=MARK, mec="black", ms=6)
    ax.text(0.99, y, f"{mean:.3g}", transform=ax.get_yaxis_transform(), ha="right", va="center")


def inside_critics(
    weights: Tensor,
    slopes: Mapping[str, Tensor],
    stretches: Mapping[str, Sequence[float]],
    *,
    title: str,
    sentence: str,
) -> Picture:
    """Show clipped weights, how steep critics are, and how far their layers stretch. Lesson 11.

    Args:
        weights: (N,) all weights of a clipped critic. slopes: for each critic, (N,) lengths of its
            slope at points between real and fake.
        stretches: for each critic, the largest singular value of each of its layers.
    """
    with rc_context(STYLE):
        fig, (left, middle, right) = panels(3, width=2.75, height=3.1)
        fig.subplots_adjust(left=0.09, top=0.8, wspace=0.42)
        left.hist(weights.numpy(), 41, color="#777777")
        left.set(xlabel="weight of the clipped critic", ylabel="how many", title=title)
        edges = np.geomspace(1e-5, 1e2, 71)
        looks = dict(zip(slopes, LINES, strict=False))
        for name, lengths in slopes.items():
            color, line, marker = looks[name]
            share = np.full(len(lengths), 1 / len(lengths))
            style = {"histtype": "step", "lw": 1.6, "color": color, "ls": line}
            middle.hist(lengths.detach().clamp(1e-5, 1e2).numpy(), edges, weights=share, **style)
            layers = range(1, len(stretches[name]) + 1)
            right.plot(layers, stretches[name], color=color, ls=line, marker=marker, label=name)
        middle.set(xscale="log", xlabel="length of the slope", ylabel="share of points")
        right.set(yscale="log", xlabel="layer", ylabel="largest singular value", xticks=layers)
        middle.axvline(1, color="black", lw=1, ls=":")
        right.axhline(1, color="black", lw=1, ls=":")
        middle.set_title("dotted: a slope of 1")
        right.set_title("dotted: stretches by 1")
        fig.legend(loc="upper center", ncols=len(slopes), fontsize=9, frameon=False)
        return Picture(fig, sentence)
