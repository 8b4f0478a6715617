"""The picture of a frame, drawn fast: one figure that is kept, on which only the data change.

Axes, ticks and legends take most of the time that a figure takes. They are drawn once and kept as
pixels until a limit changes; a frame is some lines and points on top. Introduced in lesson 00.
"""

import math

import numpy as np
import torch
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator
from matplotlib.transforms import Bbox
from torch import Tensor

from gan_lessons import show
from gan_lessons.cockpit.curves import NORM, Curve, limits_of
from gan_lessons.cockpit.frame import Frame

WIDTH, HEIGHT = 760, 390  # of the picture, in pixels as shown
SIDE, LEFT, BOTTOM, KEY = 320, 34, 41, 5  # of the square of the samples, and of its key below
ROW = 5  # images in a row of the sheet, and rows
# Where each part of the picture lies: left, bottom, width, height. No part draws outside its cell.
CELLS = {"samples": (0, 0, 364, 390), "loss": (364, 195, 198, 195), "logit": (562, 195, 198, 195)}
KNOWN = ("loss", "logit", NORM)  # the panels that every run has
NARROW, LAST, WIDE = (364, 0, 198, 195), (562, 0, 198, 195), (364, 0, 396, 195)


class Board:
    """A figure for the frames of one run: samples on the left, its numbers on the right.

    Args:
        real: the (N, 2) points to draw behind the samples, or images of the samples' shape.
        metric: the metric's name, or None for no such panel.
        limit: half the width of the plane that is shown, for points.
        scale: pixels drawn for each that is shown; 1 is fast, 2 is sharp on every screen.
        average: whether the samples are from the average of G, which is then said.
    """

    def __init__(
        self,
        real: Tensor,
        *,
        metric: str | None,
        limit: float | None,
        scale: int = show.SHARP,
        average: bool = False,
    ):
        self._whose = " · average of G" if average else ""
        self._limit, self._scale, none = limit, scale, torch.empty(0)
        self._limits: dict[str, tuple] = {}  # what the axes of a part were drawn for
        self._axes: dict[str, object] = {}  # and their pixels
        self._key: list[Text] = []  # the ends of the field's colors
        self._cells = CELLS | ({NORM: WIDE} if metric is None else {NORM: NARROW, metric: LAST})
        with rc_context(show.STYLE):
            self._figure = show.figure(
                width=WIDTH / show.DPI, height=HEIGHT / show.DPI, layout=None
            )
            self._figure.set_dpi(scale * show.DPI)
            self._canvas = FigureCanvasAgg(self._figure)
            self._samples = self._place(real)
            if real.ndim == 2:
                field = torch.zeros(2, 2)
                show.draw_points(self._samples, real, real, field=field, limit=limit)
                show.key(self._samples).set(xlabel="", ylabel="")
                self._samples.tick_params(labelsize=9)
                self._key = self._draw_key()
            else:
                blank = torch.zeros(ROW * ROW, *real.shape[1:])
                show.draw_sheet(self._samples, blank, columns=ROW)
            self._title = self._samples.set_title(" ", loc="left")
            self.panels = {
                "loss": show.draw_losses(self._panel("loss"), none, none),
                "logit": show.draw_logits(self._panel("logit"), none, none),
                NORM: show.draw_norms(self._panel(NORM), (), ()),
            }
            if metric is not None:
                self.panels[metric] = show.draw_metric(self._panel(metric), (), (), name=metric)
                self.panels[metric].lines[0].set_markersize(2.5)  # they are dense at first
            for name, ax in self.panels.items():
                _tidy(ax, name)
        moving = [self._title, *self._key, *self._samples.images, *self._samples.collections]
        for artist in moving + [line for ax in self.panels.values() for line in ax.lines]:
            artist.set_animated(True)  # left out when the axes are drawn

    def _add(self, left: float, bottom: float, width: float, height: float) -> Axes:
        return self._figure.add_axes(
            (left / WIDTH, bottom / HEIGHT, width / WIDTH, height / HEIGHT)
        )

    def _panel(self, name: str) -> Axes:
        """Return axes inside a cell, with room for a title above and numbers left and below."""
        left, bottom, width, height = self._cells[name]
        return self._add(left + 50, bottom + 24, width - 67, height - 52)

    def _draw_key(self) -> list[Text]:
        """Draw the colors of D's logit below the samples; return the texts at their ends."""
        bar = self._add(LEFT + 110, KEY, 100, 10)
        colors = np.linspace(-1, 1, 100)[None]
        bar.imshow(colors, cmap=show.ROOT, aspect="auto", extent=(0, 1, 0, 1))
        bar.set(xticks=[], yticks=[])
        bar.spines[:].set(visible=True, linewidth=0.5)
        look = {"va": "center", "fontsize": 9, "transform": bar.transAxes}
        self._bar = bar
        return [bar.text(-0.05, 0.4, "", ha="right", **look), bar.text(1.05, 0.4, "", **look)]

    def _place(self, real: Tensor) -> Axes:
        """Return axes in the samples' square, where each image pixel gets whole pixels."""
        width = height = SIDE
        if real.ndim == 4:
            scale = SIDE / (ROW * max(real.shape[2:]))
            scale = math.floor(scale) if scale > 1 else scale
            height, width = (scale * ROW * pixels for pixels in real.shape[2:])
        return self._add(LEFT, BOTTOM + SIDE - height, width, height)

    def _draw_axes(self, part: str, ax: Axes, limits: tuple) -> None:
        """Draw what stays of one part, unless it was drawn for these very limits before."""
        if self._limits.get(part) == limits:
            return
        if part != "samples":
            ax.set(xlim=limits[0], ylim=limits[1])
            if part != NORM:
                ax.yaxis.set_major_locator(MaxNLocator(4, integer=limits[2], min_n_ticks=1))
        renderer = self._canvas.get_renderer()
        with rc_context(show.STYLE):
            self._figure.patch.draw(renderer)
            ax.draw(renderer)
            if part == "samples" and self._key:
                self._bar.draw(renderer)
        self._axes[part] = self._canvas.copy_from_bbox(
            Bbox.from_bounds(*(self._scale * side for side in self._cells[part]))
        )
        self._limits[part] = limits

    def _draw_samples(self, frame: Frame, reach: float) -> None:
        ax = self._samples
        self._title.set_text(f"step {frame.step:,}{self._whose}")
        ax.draw_artist(self._title)
        if frame.samples.ndim == 4:
            ax.images[0].set_data(show.tile(frame.samples[: ROW * ROW], columns=ROW))
            ax.draw_artist(ax.images[0])
            return
        real, fake = ax.collections
        fake.set_offsets(frame.samples.numpy())
        if frame.field is not None:
            ax.images[0].set_data(frame.field.T.numpy())
            ax.images[0].set_clim(-reach, reach)
            ax.draw_artist(ax.images[0])
            for text, said in zip(self._key, ("fake  −{:g}", "+{:g}  real"), strict=True):
                text.set_text(said.format(reach))
                self._bar.draw_artist(text)
        ax.draw_artist(real)
        ax.draw_artist(fake)
        if frame.pushes is not None:
            start = frame.samples[: len(frame.pushes)]
            arrows = show.draw_pushes(ax, start, frame.pushes, limit=self._limit)
            ax.draw_artist(arrows)
            arrows.remove()

    def draw(
        self, frame: Frame, curves: dict[str, list[Curve]], *, end: int, reach: float = 1.0
    ) -> bytes:
        """Return the picture of a frame as PNG; what was drawn before leaves no trace.

        Args:
            curves: the whole run's, from :func:`curves_of`; drawn up to the frame, while the axes
                make room for all of it. end: the step at which the axes end.
            reach: the logit at which the field's color is full.
        """
        self._draw_axes("samples", self._samples, ())
        for name, ax in self.panels.items():
            counts = name not in KNOWN and show.whole(curves[name][0][1])
            limits = limits_of(curves[name], log=name == NORM)
            self._draw_axes(name, ax, ((0, end), limits, counts))
        for pixels in self._axes.values():
            self._canvas.restore_region(pixels)
        self._draw_samples(frame, reach)
        for name, ax in self.panels.items():
            for line, (steps, values) in zip(ax.lines, curves[name], strict=False):
                upto = np.searchsorted(steps, frame.step, side="right")
                line.set_data(steps[:upto], values[:upto])
            for line in ax.lines:
                ax.draw_artist(line)
        pixels = np.ascontiguousarray(np.asarray(self._canvas.buffer_rgba())[..., :3])
        return show.packed(pixels, fast=self._scale == 1)


def _tidy(ax: Axes, name: str) -> None:
    """Make a small panel of axes: its name above it, its key beside that, few ticks."""
    if ax.get_legend():
        show.key(ax, tight=True)
    ax.set_title(name, loc="left", fontsize=10)
    ax.set(xlabel="", ylabel="")
    ax.tick_params(labelsize=9)
    ax.xaxis.set_major_locator(MaxNLocator(3, integer=True))
    ax.xaxis.set_major_formatter(lambda x, _: f"{x:,.0f}" if x < 1e5 else f"{x / 1e3:,.0f}k")
    ax.yaxis.set_major_locator(LogLocator(numticks=4) if name == NORM else MaxNLocator(4))
    ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(lambda y, _: _told(y))


def _told(y: float) -> str:
    """Write a number in few letters: 0.05, 1,000, 12k, 1e+06."""
    if abs(y) < 1e4:
        return f"{y:.3g}" if abs(y) < 1e3 else f"{y:,.0f}"
    return f"{y / 1e3:,.0f}k" if abs(y) < 1e6 else f"{y:.0e}"
