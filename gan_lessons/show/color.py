"""Pictures of colors: hues, palettes, and which colors meet. Lesson 08."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from matplotlib import rc_context
from matplotlib.patches import Rectangle
from torch import Tensor

from gan_lessons import data
from gan_lessons.show.distances import panels
from gan_lessons.show.images import draw_sheet, tile
from gan_lessons.show.picture import FAKE, MARK, REAL, STYLE, Picture, figure


def hues(
    real: tuple[Tensor, Tensor], fake: tuple[Tensor, Tensor], *, title: str, sentence: str
) -> Picture:
    """Show how much of each hue there is, real (filled) and fake (outlined). Lesson 08.

    Args:
        real, fake: hues in degrees (N,) and their weights (N,), such as the chroma.
    """
    with rc_context(STYLE):
        fig = figure(height=2.9)
        ax, strip = fig.subplots(2, 1, height_ratios=(12, 1), sharex=True)
        edges = np.linspace(0, 360, 49)
        looks = {"color": REAL, "alpha": 0.5, "label": "real"}
        for (hue, weight), look in (
            (real, looks),
            (fake, {"color": FAKE, "histtype": "step", "lw": 1.8, "label": "fake"}),
        ):
            weights = weight.cpu().double().numpy()
            ax.hist(hue.cpu().numpy(), edges, weights=weights / weights.sum(), **look)
        ax.set(title=title, ylabel="share of all color")
        ax.legend(fontsize=9)
        turn = torch.deg2rad(torch.arange(1.5, 360, 3))
        wheel = torch.stack([0 * turn + 0.72, 0.13 * turn.cos(), 0.13 * turn.sin()])
        colors = tile(data.from_oklab(wheel[None, :, None]), columns=1)
        strip.imshow(colors, extent=(0, 360, 0, 1), aspect="auto")
        strip.set(xlim=(0, 360), yticks=[], xticks=range(0, 361, 45), xlabel="hue in degrees")
        return Picture(fig, sentence)


def pairs(
    tables: Mapping[str, Tensor],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    never: Tensor,
    sentence: str,
) -> Picture:
    """Show tables of shares side by side, in percent; pairs that never occur are framed. Lesson 08.

    Args:
        tables: for each name the shares (R, C), of sum 1. never: bool (R, C).
    """
    with rc_context(STYLE):
        fig, axes = panels(len(tables), width=4.2, height=3.4)
        fig.subplots_adjust(left=0.1, right=0.99, bottom=0.1, top=0.9, wspace=0.28)
        top = max(float(table.max()) for table in tables.values())
        for ax, (name, table) in zip(axes, tables.items(), strict=True):
            ax.imshow(table.cpu().numpy(), cmap="cividis", vmin=0, vmax=top, aspect="auto")
            for (r, c), share in np.ndenumerate(table.cpu().numpy()):
                tone = "white" if share < 0.6 * top else "black"
                text = f"{100 * share:.1f}" if share else "0"
                ax.text(c, r, text, ha="center", va="center", color=tone, fontsize=9)
                if never[r, c]:
                    box = Rectangle((c - 0.46, r - 0.46), 0.92, 0.92, fill=False)
                    box.set(edgecolor=MARK, linewidth=2)
                    ax.add_patch(box)
            ax.set_xticks(range(len(columns)), columns)
            ax.set_yticks(range(len(rows)), rows)
            ax.set_title(name)
        return Picture(fig, sentence)


def palettes(
    pictures: Mapping[str, Tensor],
    colors: Mapping[str, tuple[Tensor, Tensor]],
    *,
    sentence: str,
) -> Picture:
    """Show pictures beside their palettes, each color as wide as its share. Lesson 08.

    Args:
        pictures: for each name images (N, 3, H, W), drawn in a row; the same N in each.
        colors: for each name K colors (K, 3), in [-1, 1], and their shares (K,).
    """
    with rc_context(STYLE):
        fig = figure(width=7.2, height=1.35 * len(pictures), layout=None)
        n = max(len(x) for x in pictures.values())
        left, grid = 0.13, {"width_ratios": (n, 3.2), "hspace": 0.5, "wspace": 0.08}
        axes = fig.subplots(len(pictures), 2, squeeze=False, gridspec_kw=grid)
        fig.subplots_adjust(left=left, right=0.98, top=0.98, bottom=0.14)
        for (sheet, bar), (name, x) in zip(axes, pictures.items(), strict=True):
            draw_sheet(sheet, x, columns=len(x))
            sheet.text(-0.06, 0.5, name, transform=sheet.transAxes, ha="right", va="center")
            start = 0.0
            for color, share in zip(*colors[name], strict=True):
                paint = ((color + 1) / 2).clamp(0, 1).tolist()
                bar.barh(0, float(share), left=start, color=paint, edgecolor="white")
                code = "#" + "".join(f"{round(255 * part):02x}" for part in paint)
                if share > 0.1:  # narrower ones leave no room for words
                    said = f"{code}\n{share:.0%}"
                    bar.text(start + float(share) / 2, -0.52, said, ha="center", va="top", size=9)
                start += float(share)
            bar.set(xlim=(0, 1), ylim=(-0.45, 0.45))
            bar.axis("off")
        return Picture(fig, sentence)
