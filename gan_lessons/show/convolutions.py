"""Pictures of a network's maps: how large they are, and what one looks like. Lesson 07."""

from collections.abc import Mapping, Sequence

from matplotlib import rc_context
from matplotlib.patches import Rectangle
from torch import Tensor

from gan_lessons.show.distances import panels
from gan_lessons.show.picture import D_COLOR, G_COLOR, STYLE, Picture


def chain(G: Sequence[int], D: Sequence[int], *, step: str, title: str, sentence: str) -> Picture:
    """Show the sides of both networks' maps as squares, layer by layer. Lesson 07.

    Args:
        G, D: the sides in the order in which a map passes through, at most about 6 each.
        step: what happens between two maps, written under the arrows, such as ``"k4 s2"``.
    """
    with rc_context(STYLE):
        fig, axes = panels(2, width=3.4, height=2.2)
        fig.subplots_adjust(left=0.01, bottom=0.1, top=0.9, wspace=0.04)
        fig.suptitle(title, fontsize=11)
        largest = max([*G, *D])
        rows = (("G makes", G, G_COLOR, "--"), ("D judges", D, D_COLOR, "-"))
        for ax, (name, sides, color, style) in zip(axes, rows, strict=True):
            left = 0.0
            for i, side in enumerate(sides):
                if i:
                    ax.text(left - 0.26 * largest, 0.1 * largest, "→", ha="center", fontsize=12)
                    ax.text(left - 0.26 * largest, -0.12 * largest, step, ha="center", fontsize=9)
                look = {"facecolor": "none", "edgecolor": color, "linestyle": style, "lw": 1.8}
                ax.add_patch(Rectangle((left, 0), side, side, **look))
                ax.text(left + side / 2, side + 0.04 * largest, f"{side} × {side}", ha="center")
                left += side + 0.52 * largest
            ax.set(xlim=(-0.1 * largest, left), ylim=(-0.25 * largest, 1.5 * largest))
            ax.text(0, 1.32 * largest, name)
            ax.set_aspect("equal", anchor="SW")
            ax.axis("off")
        return Picture(fig, sentence)


def maps(named: Mapping[str, Tensor], *, frequencies: Sequence[str] = (), sentence: str) -> Picture:
    """Show maps (H, W) side by side, the smallest value dark, the largest bright. Lesson 07.

    Args:
        frequencies: names of maps that are spectra, their center at frequency 0 (``fftshift``):
            their axes run from -½ to ½.
    """
    with rc_context(STYLE):
        lines = 1 + max(name.count("\n") for name in named)
        fig, axes = panels(len(named), width=2.7, height=2.6 + 0.2 * lines)
        bottom, top = (0.17, 0.93) if frequencies else (0.13, 0.95)
        fig.subplots_adjust(left=0.05, wspace=0.16, bottom=bottom, top=top - 0.06 * lines)
        for ax, (name, values) in zip(axes, named.items(), strict=True):
            shades = f"dark {float(values.min()):.3g}, bright {float(values.max()):.3g}"
            look = {"cmap": "cividis", "interpolation": "nearest"}
            if name in frequencies:
                half = [0.5 / n for n in values.shape]  # of a pixel: 0 in the middle of its own
                edges = (-0.5 - half[1], 0.5 - half[1], 0.5 - half[0], -0.5 - half[0])
                look["extent"] = edges
                ticks, labels = (-0.5, -0.25, 0, 0.25), ("-½", "-¼", "0", "¼")
                ax.set_xticks(ticks, labels)
                ax.set_yticks(ticks, labels)
                shades = "frequency (dark none, bright most)"
            else:
                ax.set(xticks=[], yticks=[])
            ax.imshow(values.detach().cpu(), **look)
            ax.set(title=name)
            ax.set_xlabel(shades)
        return Picture(fig, sentence)
