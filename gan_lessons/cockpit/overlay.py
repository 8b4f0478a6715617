"""Two runs in one picture. Introduced in lesson 04."""

import numpy as np
from matplotlib import rc_context
from torch import Tensor

from gan_lessons import show
from gan_lessons.cockpit.curves import Curve
from gan_lessons.cockpit.frame import SHEET, Frame

LOOKS = ({"color": "black", "ls": "-"}, {"color": "#767676", "ls": "--"})  # first and second run


def overlay(
    runs: dict[str, tuple[Frame, dict[str, list[Curve]]]],
    *,
    real: Tensor,
    metric: str | None,
    limit: float | None,
    parting: int,
    sentence: str,
) -> show.Picture:
    """Draw the samples of two runs side by side, and their curves in the same axes.

    Args:
        runs: for each run's name, the frame to show and its curves.
        real, metric, limit: as for :class:`gan_lessons.cockpit.board.Board`.
        parting: the step at which two branches of one run part, or 0.
    """
    names, third = list(runs), metric or "logit, real − fake"
    right = ["D's loss", "G's loss", third]
    with rc_context(show.STYLE):
        fig = show.figure(width=8.3, height=3.6)
        axes = fig.subplot_mosaic([[*names, panel] for panel in right])
        for (name, (frame, curves)), look in zip(runs.items(), LOOKS, strict=True):
            if frame.samples.ndim == 2:
                show.draw_points(axes[name], real, frame.samples, limit=limit, legend=False)
                axes[name].set(xlabel="", ylabel="")
            else:
                show.draw_sheet(axes[name], frame.samples[:SHEET], columns=5)
            axes[name].set_title(f"{name}, step {frame.step:,}", fontsize=10)
            (steps, real_logit), (_, fake_logit) = curves["logit"]
            gap = (steps, real_logit - fake_logit)
            third_curve = gap if metric is None else curves.get(metric, [((), ())])[0]
            for panel, curve in zip(right, [*curves["loss"], third_curve], strict=True):
                axes[panel].plot(*curve, lw=1.3, label=name, **look)
                axes[panel].set_title(panel, loc="left", fontsize=10)
        for panel in right:
            if parting:
                axes[panel].axvline(parting, color="black", ls=":", lw=1)
            show.whole_ticks(axes[panel].xaxis, most=4)
        if metric is not None:
            values = [curves[metric][0][1] for _, curves in runs.values() if metric in curves]
            show.whole_ticks(axes[third].yaxis, np.concatenate(values))
        handles, labels = axes[right[0]].get_legend_handles_labels()
        fig.legend(handles, labels, loc="outside upper right", ncols=2, fontsize=9, frameon=False)
        axes[third].set_xlabel("step")
        return show.Picture(fig, sentence)
