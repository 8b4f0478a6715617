"""The game in one picture: who hands what to whom, and which way the slopes go. Lesson 00."""

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from gan_lessons.show.picture import D_COLOR, FAKE, G_COLOR, REAL, STYLE, Picture, figure

READ = (
    "Noise z goes into G and comes out as fake points. D sees fake and real points and says how "
    "real each looks. D's loss moves D, and its slope goes no further. The slope of G's loss goes "
    "back through D, which stays as it is, to the fake points and into G."
)


def the_game() -> Picture:
    """Show z → G → D → the two losses, and how far the slope of each loss goes back. Lesson 00."""
    with rc_context(STYLE):
        fig = figure(width=8.0, height=3.1, layout=None)
        ax = fig.add_axes((0, 0, 1, 1))
        ax.set(xlim=(0, 16), ylim=(0.2, 6.3))
        ax.axis("off")
        _box(ax, 0.3, 4.1, 1.7, 1.2, "noise\nz", edge="#777777")
        _box(ax, 3.3, 4.1, 1.9, 1.2, "generator\nG", edge=G_COLOR)
        _box(ax, 6.5, 4.1, 1.7, 1.2, "fake\npoints ▲", edge=FAKE)
        _box(ax, 6.5, 1.1, 1.7, 1.2, "real\npoints ●", edge=REAL)
        _box(ax, 9.5, 1.1, 2.2, 4.2, "discriminator\nD", edge=D_COLOR)
        _box(ax, 13.0, 4.1, 2.7, 1.2, "G's loss: small\nif D is fooled", edge=G_COLOR)
        _box(ax, 13.0, 1.1, 2.7, 1.2, "D's loss: small\nif D is right", edge=D_COLOR)
        for x, y, length in ((2.0, 4.45, 1.3), (5.2, 4.45, 1.3), (8.2, 4.45, 1.3), (8.2, 1.7, 1.3)):
            _arrow(ax, x, y, length, color="black", lw=1.2)
        for y in (4.45, 1.95):
            _arrow(ax, 11.7, y, 1.3, color="black", lw=1.2)
        back = {"color": G_COLOR, "lw": 2.4, "ls": (0, (2.2, 1.2))}
        for x in (13.0, 9.5, 6.5):
            _arrow(ax, x, 4.95, -1.3, **back)
        ax.plot([9.6, 11.6], [4.95, 4.95], **back)  # through D
        _arrow(ax, 13.0, 1.45, -1.3, color=D_COLOR, lw=2.4)
        said = {"fontsize": 10, "ha": "center", "va": "center"}
        ax.text(9.1, 5.75, "the slope of G's loss: back through D, and moves G", **said)
        ax.text(12.25, 0.65, "the slope of D's loss: moves D, goes no further", **said)
        return Picture(fig, READ)


def _box(ax: Axes, x: float, y: float, width: float, height: float, text: str, *, edge: str):
    """Draw a labeled box whose lower left corner is at x, y."""
    style = {"boxstyle": "round,pad=0,rounding_size=0.2", "fc": "white", "ec": edge, "lw": 2}
    ax.add_patch(FancyBboxPatch((x, y), width, height, **style))
    ax.text(x + width / 2, y + height / 2, text, ha="center", va="center", fontsize=10)


def _arrow(ax: Axes, x: float, y: float, length: float, **line: object) -> None:
    """Draw an arrow along the x axis; its head is solid whatever the line's style."""
    ax.plot([x, x + length - (0.2 if length > 0 else -0.2)], [y, y], solid_capstyle="butt", **line)
    head = {"arrowstyle": "-|>", "color": line["color"], "lw": 0, "mutation_scale": 14}
    tail = x + length - (0.35 if length > 0 else -0.35)
    ax.annotate("", (x + length, y), (tail, y), arrowprops={**head, "shrinkA": 0, "shrinkB": 0})
