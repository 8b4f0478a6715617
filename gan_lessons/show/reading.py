"""Pictures of whole runs, several seeds together. Introduced in lesson 05."""

import math
from collections.abc import Sequence

from matplotlib import rc_context
from torch import Tensor

from gan_lessons.data.gallery import Run
from gan_lessons.show.curves import smooth
from gan_lessons.show.picture import D_COLOR, FAKE, G_COLOR, REAL, STYLE, Picture, figure, key
from gan_lessons.show.plane import draw_points

LIMIT = 3.4  # half the width of the square that clouds are shown in
NAMES = {"loss_d": "D", "loss_g": "G", "real_logit": "real", "fake_logit": "fake"}


def runs(seeds: Sequence[Run], look: int, *, real: Tensor) -> Picture:
    """Show runs of one kind: their curves over each other, and each one's samples. Lesson 05.

    Args:
        seeds: the runs. look: which of their looks to show, 1 is the first.
        real: (N, 2) points drawn behind the samples.
    """
    total, looks = len(seeds[0].numbers["loss_d"]), len(seeds[0].looks)
    step = total * look // looks
    names = [f"seed {i}" for i in range(len(seeds))]
    grid = {
        "left": 0.055,
        "right": 0.99,
        "top": 0.89,
        "bottom": 0.13,
        "wspace": 0.12,
        "hspace": 0.3,
    }
    pairs = {"losses": ("loss_d", "loss_g"), "logits": ("real_logit", "fake_logit")}
    with rc_context(STYLE):
        fig = figure(width=8.3, height=3.7, layout=None)
        mosaic = [["losses", *names], ["logits", *names]]
        ratios = [1.7] + [1.2] * len(names)
        axes = fig.subplot_mosaic(mosaic, width_ratios=ratios, gridspec_kw=grid)
        for (place, curves), colors in zip(
            pairs.items(), ((D_COLOR, G_COLOR), (REAL, FAKE)), strict=True
        ):
            for run in seeds:
                for name, color, line in zip(curves, colors, ("-", "--"), strict=True):
                    label = NAMES[name] if run is seeds[0] else None
                    style = {"color": color, "ls": line, "lw": 1, "label": label}
                    axes[place].plot(*smooth(run.numbers[name]), **style)
            key(axes[place], tight=True).set_title(place, fontsize=10, loc="left")
            axes[place].axvline(step, color="black", lw=0.8)
            axes[place].locator_params(nbins=4)
        axes["losses"].axhline(2 * math.log(2), color="black", lw=1, ls=":")
        axes["losses"].set_xticks([])
        for name, run in zip(names, seeds, strict=True):
            ax = draw_points(axes[name], real, run.looks[look - 1], limit=LIMIT, legend=False)
            ax.set_title(f"seed {run.seed}, step {step:,}", fontsize=10)
            ax.set(xticks=[], yticks=[])
            ax.set(xlabel="", ylabel="")
            if run.looks[look - 1].abs().amax(dim=1).min() > LIMIT:
                ax.text(0, 0, "all outside", ha="center", va="center")
        return Picture(fig, _read(seeds, step))


def _read(seeds: Sequence[Run], step: int) -> str:
    """Say in a sentence what the curves show up to a step: the picture's twin in words."""
    late = slice(max(0, step - 100), step)
    means = {
        name: sum(float(run.numbers[name][late].mean()) for run in seeds) / len(seeds)
        for name in seeds[0].numbers
    }
    said = "D's loss {loss_d:.2f}, G's {loss_g:.2f}; D's logit {real_logit:+.1f} on real and "
    said = (said + "{fake_logit:+.1f} on fake samples").format(**means)
    return f"{seeds[0].kind}, mean of {len(seeds)} seeds over 100 steps up to {step}: {said}."
