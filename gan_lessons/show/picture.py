"""A figure that knows its one-sentence reading, and the palette. Introduced in lesson 00.

Figures are built without pyplot: nothing stays open, nothing depends on which figure is current.
"""

import base64
import html
from io import BytesIO

import numpy as np
from matplotlib import rc_context, rcParamsDefault
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from PIL import Image

# Okabe–Ito colors; each goes with a marker or line style, so that color is never alone.
REAL, FAKE, D_COLOR, G_COLOR, MARK = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00"
# D's logit: vermillion says fake, white knows nothing, blue says real; pale, to lie behind points.
FIELD = LinearSegmentedColormap.from_list("logit", ["#F2CFB2", "#FFFFFF", "#B2D5E8"])

DPI = 96  # pixels an inch as shown: a point of text is a point on the screen
SHARP = 2  # pixels drawn for each that is shown, for screens with small pixels
WIDEST = 800  # pixels; a wider figure is shown smaller, text and all
FULL = 8.3  # inches that a figure may be wide and still have its text in its own size
COLORS = 20_000  # a picture of more has photographs in it
LARGE = 200_000  # bytes, and this many are too many for it
WORST, MEAN = 24, 0.5  # of 255 that a color may be off, and that all pixels are, on average
FREQUENT = 128  # colors that a picture of 256 keeps as they are

# Settings that say where windows open, not how a figure looks.
_ELSEWHERE = ("backend", "interactive", "toolbar", "timezone", "webagg", "savefig.directory")
_ELSEWHERE += ("tk.", "date.epoch", "docstring.", "figure.raise_window", "figure.max_open")
# Matplotlib's own defaults, then ours: whatever style a learner has chosen, it does not get in.
STYLE = {k: rcParamsDefault[k] for k in rcParamsDefault if not k.startswith(_ELSEWHERE)}
STYLE |= {"font.size": 10, "axes.titlesize": 11, "axes.spines.top": False}
STYLE |= {"axes.spines.right": False, "figure.facecolor": "white", "savefig.facecolor": "white"}

# A figure is a card, and in a dark theme one of light gray, not a slab of white. JupyterLab keeps
# what stands at the image also where it does not trust a notebook, and drops the rest until it ran.
SLAB = "background:white;border-radius:8px;padding:6px;box-sizing:content-box;max-width:96%"
CARD = (
    "<style>.gan-lessons-figure img {max-width: calc(100% - 12px) !important}"
    '[data-jp-theme-light="false"] .gan-lessons-figure img, '
    ".vscode-dark .gan-lessons-figure img {filter: brightness(0.9)}</style>"
)


class Picture:
    """A drawn figure with the sentence that says what to see in it.

    Displaying it shows both; the sentence is also the alt text. The drawing is kept as PNG, so a
    Picture is small, cannot change afterwards and can be put into a film. A figure is drawn at
    twice the pixels it is shown with.

    Args:
        drawing: a figure, or a finished drawing as the bytes of a PNG.
        dpi: pixels an inch at which a figure is shown.
        width: pixels at which a finished drawing is shown; 0 for its own.

    Attributes:
        png: the bytes of the picture. sentence: its reading. width: in pixels, as shown.
    """

    _style = SLAB

    def __init__(self, drawing: Figure | bytes, sentence: str, *, dpi: int = DPI, width: int = 0):
        self.width = width
        if isinstance(drawing, Figure):
            inches = drawing.get_figwidth()
            self.width = round(min(dpi * inches, WIDEST))
            drawing = packed(pixels_of(drawing, SHARP * self.width / inches))
        self.png = drawing
        self.sentence = sentence

    def __repr__(self) -> str:
        return self.sentence

    def _source(self) -> tuple[str, bytes]:
        """Return what is shown: its kind and its bytes."""
        return "png", self.png

    def _repr_html_(self) -> str:
        kind, file = self._source()
        text, code = html.escape(self.sentence, quote=True), base64.b64encode(file).decode()
        width = f'width="{self.width}" ' if self.width else ""
        return (
            f'<figure class="gan-lessons-figure" style="margin:0"><img alt="{text}" '
            f'src="data:image/{kind};base64,{code}" {width}style="{self._style}">'
            f"<figcaption>{text}</figcaption></figure>{CARD}"
        )


def pixels_of(fig: Figure, dpi: float) -> np.ndarray:
    """Draw a figure, in the course's style, and return its pixels: uint8 (height, width, 3)."""
    before, canvas = fig.dpi, FigureCanvasAgg(fig)
    fig.set_dpi(dpi)
    with rc_context(STYLE):
        canvas.draw()
    fig.set_dpi(before)
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3])


def packed(pixels: np.ndarray, *, fast: bool = False) -> bytes:
    """Return pixels (height, width, 3) as PNG, in 256 colors: half its size, or less.

    The most frequent colors stay as they are; of the others, mostly edges of lines and letters,
    some stand for all. A picture of very many colors keeps them, unless that makes it large.
    ``fast``: all colors, packed loosely, for a picture that is soon replaced.
    """
    whole = Image.fromarray(pixels)
    if fast:
        return _saved(whole, 1)
    found = whole.getcolors(COLORS)
    page, worst, mean = _with_palette(pixels, found) if found else (whole, 256, 256)
    tries = [page] if worst <= WORST else [whole, page] if mean <= MEAN else [whole]
    for candidate in tries:
        file = _saved(candidate, 6)
        if len(file) <= LARGE:
            return file
    page = whole.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    return _saved(page, 6)


def _saved(page: Image.Image, level: int) -> bytes:
    file = BytesIO()
    page.save(file, "PNG", compress_level=level)
    return file.getvalue()


def _with_palette(pixels: np.ndarray, found: list[tuple]) -> tuple[Image.Image, float, float]:
    """Return pixels with a palette of 256 colors, and how far off colors are: most, and on average.

    Args:
        found: of each color in them, how often it is there and which it is.
    """
    found.sort(key=lambda entry: (-entry[0], entry[1]))  # the most frequent first
    colors = np.array([color for _, color in found], dtype=np.uint8)
    palette = colors[:256]
    if len(colors) > 256:
        rare = Image.fromarray(colors[None, FREQUENT:])
        rare = rare.quantize(256 - FREQUENT, Image.Quantize.MAXCOVERAGE).getpalette()
        rare = np.array(rare, dtype=np.uint8).reshape(-1, 3)
        palette = np.concatenate([colors[:FREQUENT], rare])
    a, b = colors.astype(np.float32), palette.astype(np.float32)
    nearest = ((b**2).sum(1) - 2 * a @ b.T).argmin(1)
    off = np.abs(a - b[nearest]).max(1)
    place = np.empty(1 << 24, dtype=np.uint8)  # where in the palette each color is
    place[_number(colors)] = nearest
    page = Image.fromarray(place[_number(pixels)])
    page.putpalette(palette.tobytes())
    return page, off.max(), np.average(off, weights=[count for count, _ in found])


def _number(colors: np.ndarray) -> np.ndarray:
    """Return each color (…, 3) as one number."""
    red, green, blue = np.moveaxis(colors.astype(np.int32), -1, 0)
    return red << 16 | green << 8 | blue


def figure(
    *, width: float = 6.0, height: float = 3.6, layout: str | None = "constrained"
) -> Figure:
    """Return an empty figure of a size in inches, laid out so that nothing is cut off.

    A figure up to 8.3 inches wide is shown in its own size, a wider one smaller, text and all.
    ``layout=None`` leaves the layout to the caller, which draws several times as fast.
    """
    with rc_context(STYLE):
        return Figure(figsize=(width, height), layout=layout)


def key(ax: Axes, *, tight: bool = False) -> Axes:
    """Put the legend above the right end of the axes, where it hides nothing.

    ``tight``: with shorter samples of the lines, for small axes with a title on the left.
    """
    small = {"fontsize": 9, "handlelength": 1.4, "handletextpad": 0.3, "columnspacing": 0.6}
    place = {"loc": "lower right", "bbox_to_anchor": (1.02, 1.0), "borderaxespad": 0.2}
    if tight:
        small |= {"handlelength": 1.0, "handletextpad": 0.2, "columnspacing": 0.4}
        place |= {"bbox_to_anchor": (1 + 0.09 * ax.figure.dpi / ax.bbox.width, 1.0)}
    ax.legend(ncols=3, frameon=False, borderpad=0, markerscale=1.6, **small, **place)
    return ax
