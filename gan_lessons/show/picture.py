"""A figure that knows its one-sentence reading, and the palette. Introduced in lesson 00.

Figures are built without pyplot: nothing stays open, nothing depends on which figure is current.
"""

import base64
import html
from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

# Okabe–Ito colors; each goes with a marker or line style, so that color is never alone.
REAL, FAKE, D_COLOR, G_COLOR, MARK = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00"
# D's logit: vermillion says fake, white knows nothing, blue says real; pale, to lie behind points.
FIELD = LinearSegmentedColormap.from_list("logit", ["#F2CFB2", "#FFFFFF", "#B2D5E8"])

STYLE = {"font.size": 10, "axes.titlesize": 11, "axes.spines.top": False}
STYLE |= {"axes.spines.right": False, "figure.facecolor": "white", "savefig.facecolor": "white"}


class Picture:
    """A drawn figure with the sentence that says what to see in it.

    Displaying it shows both; the sentence is also the alt text. The drawing is kept as PNG, so a
    Picture is small, cannot change afterwards and can be put into a film.

    Args:
        drawing: a figure, or a finished drawing as the bytes of a PNG.

    Attributes:
        png: the bytes of the picture. sentence: its reading.
    """

    def __init__(self, drawing: Figure | bytes, sentence: str, *, dpi: int = 80):
        if isinstance(drawing, Figure):
            buffer = BytesIO()
            drawing.savefig(buffer, format="png", dpi=dpi)
            drawing = buffer.getvalue()
        self.png = drawing
        self.sentence = sentence

    def __repr__(self) -> str:
        return self.sentence

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.png).decode()
        text = html.escape(self.sentence, quote=True)
        return (
            f'<figure style="margin:0"><img alt="{text}" src="data:image/png;base64,{data}" '
            f'style="max-width:100%"><figcaption>{text}</figcaption></figure>'
        )


def figure(
    *, width: float = 6.0, height: float = 3.6, layout: str | None = "constrained"
) -> Figure:
    """Return an empty figure of a size in inches, laid out so that nothing is cut off.

    ``layout=None`` leaves the layout to the caller, which draws several times as fast.
    """
    return Figure(figsize=(width, height), layout=layout)


def key(ax: Axes) -> Axes:
    """Put the legend above the right end of the axes, where it hides nothing."""
    small = {"fontsize": 9, "handlelength": 1.4, "handletextpad": 0.3, "columnspacing": 0.6}
    place = {"loc": "lower right", "bbox_to_anchor": (1.02, 1.0), "borderaxespad": 0.2}
    ax.legend(ncols=3, frameon=False, borderpad=0, markerscale=1.6, **small, **place)
    return ax
