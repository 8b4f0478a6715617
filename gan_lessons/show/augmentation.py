"""Pictures of what D knows by heart, and of what leaks into G. Introduced in lesson 13."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import rc_context
from matplotlib.axes import Axes
from torch import Tensor

from gan_lessons.show.distances import panels as side_by_side
from gan_lessons.show.picture import FAKE, FULL, MARK, REAL, STYLE, Picture, figure
from gan_lessons.show.plane import draw_points

SEEN = (("train", REAL, "-"), ("held out", "#56B4E9", "-."), ("fake", FAKE, "--"))


def known_by_heart(runs: Mapping[str, Tensor], steps: int, *, sentence: str) -> Picture:
    """Show D's mean logit on training, held-out and fake images over the steps. Lesson 13.

    Args:
        runs: for each panel's title, logits (seeds, looks, 3) of the three kinds. Thin lines are
            seeds, broad ones their means; the gap between train and held out is shaded.
        steps: how many steps the looks are spread over, evenly, the last one at the end.
    """
    with rc_context(STYLE):
        fig = figure(width=min(2.9 * len(runs) + 0.5, FULL), height=2.8)
        axes = fig.subplots(1, len(runs), squeeze=False, sharey=True)[0]
        for ax, (name, logits) in zip(axes, runs.items(), strict=True):
            means = logits.mean(0)  # (looks, 3)
            at = np.arange(1, len(means) + 1) * steps / len(means)
            ax.fill_between(at, means[:, 0], means[:, 1], color=MARK, alpha=0.35, lw=0)
            for k, (kind, color, line) in enumerate(SEEN):
                ax.plot(at, logits[..., k].T, color=color, ls=line, lw=0.6, alpha=0.5)
                ax.plot(at, means[:, k], color=color, ls=line, lw=1.8, label=kind)
            ax.set_title(name, fontsize=10)
            ax.set_xlabel("step")
        axes[0].set_ylabel("D's mean logit")
        axes[0].legend(fontsize=9, loc="upper left", framealpha=0.8)
        return Picture(fig, sentence)


def leak_meter(
    p: float,
    clouds: Mapping[str, tuple[Tensor, Tensor]],
    ps: Sequence[float],
    leaks: Tensor,
    line: tuple[Tensor, Tensor],
    *,
    limit: float,
    sentence: str,
) -> Picture:
    """Show clouds at one p, and beside them how much leaks at every p. Fast enough for a slider.

    Args:
        p: the probability shown. clouds: for each panel's name the real points and G's, (N, 2).
        ps: (K,) probabilities. leaks: (K, seeds) shares of G's samples that are changed, 0 … 1.
        line: two tensors: p, and the share of the true gap that D can still see there.

    Introduced in lesson 13.
    """
    with rc_context(STYLE):
        fig, axes = side_by_side(len(clouds) + 1, width=3.1, height=3.1)
        for ax, (name, (real, fake)) in zip(axes, clouds.items(), strict=False):
            draw_points(ax, real, fake, limit=limit, legend=False)
            ax.set(title=name, xticks=[], yticks=[], xlabel="", ylabel="")
        _draw_meter(axes[-1], p, ps, leaks, line)
        return Picture(fig, sentence)


def _draw_meter(
    ax: Axes, p: float, ps: Sequence[float], leaks: Tensor, line: tuple[Tensor, Tensor]
) -> None:
    ax.axvline(p, color=MARK, lw=5, alpha=0.5)
    ax.plot(*line, color="black", lw=1.2, ls=":", label="gap that D can see")
    for k, value in enumerate(ps):
        ax.plot(np.full(leaks.shape[1], value), leaks[k], "^", color=FAKE, ms=5, alpha=0.7)
    ax.plot(ps, leaks.mean(1), color=FAKE, lw=1.4, ls="--", label="share of G that leaked")
    here = leaks[int(np.abs(np.asarray(ps) - p).argmin())]
    ax.set(xlim=(-0.04, 1.04), ylim=(-0.04, 1.45), xlabel="p, and a seed per ▲")
    ax.set(yticks=(0, 0.5, 1), title=f"p = {p:g}: {here.mean():.0%} leaked")
    ax.legend(fontsize=9, loc="upper center", framealpha=0.8)
