"""Pictures of repairs: what nearness to the truth costs in looks. Introduced in lesson 15."""

from collections.abc import Mapping, Sequence

import torch
from matplotlib import rc_context

from gan_lessons.show.picture import FAKE, STYLE, Picture, figure


def trade_off(
    knob: Mapping[str, tuple[Sequence[float], Sequence[float]]],
    *,
    xlabel: str,
    ylabel: str,
    title: str,
    sentence: str,
) -> Picture:
    """Show two scores of runs at several places of a knob, one over the other. Lesson 15.

    A small mark is a seed, a large one the mean; a line joins the means in the order of the knob.

    Args:
        knob: for each place's label its two scores, a value a seed; NaN is left out.
    """
    means = {
        label: [torch.as_tensor(x, dtype=torch.float64).nanmean().item() for x in pair]
        for label, pair in knob.items()
    }
    with rc_context(STYLE):
        fig = figure(width=5.6, height=3.6)
        ax = fig.subplots()
        ax.plot(*zip(*means.values(), strict=True), color=FAKE, lw=1.2, ls="--", zorder=1)
        for i, (label, (x, y)) in enumerate(knob.items()):
            ax.plot(x, y, "^", color=FAKE, ms=4, alpha=0.5, zorder=2)
            ax.plot(*means[label], "^", color=FAKE, ms=10, mec="black", zorder=3)
            above = (0, -19 if i % 2 else 10)  # neighbors on two sides of the line
            ax.annotate(label, means[label], above, textcoords="offset points", ha="center")
        ax.margins(0.14)
        ax.set(xlabel=xlabel, ylabel=ylabel, title=title)
        return Picture(fig, sentence)
