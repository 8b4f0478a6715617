"""A square of the plane to draw on, by mouse, finger or keys. Introduced in lesson 04."""

import functools
from collections.abc import Sequence
from pathlib import Path

import ipywidgets
import traitlets

from gan_lessons.errors import SettingError

LIMIT = 2.5  # half the width of the plane
WITHOUT = (
    "There is nothing to draw on here: the package anywidget is not installed.<br>"
    "The lines below are kept as they are; change their corners in the code instead.<br>"
    "Install it with: pip install anywidget."
)


def pad(lines: Sequence, *, limit: float = LIMIT) -> ipywidgets.DOMWidget:
    """Return a widget to draw lines on; what is drawn is in its ``value``.

    Drag to draw a line, or click corner by corner. By keys: the arrows move the pen, Space sets a
    corner, Escape ends the line, Backspace takes a corner back. It is a control like any other::

        paper = show.pad([[(-1, 0), (0, 1), (1, 0)]])
        show.explore(lambda lines: show.points(data.drawn(lines).x, …), lines=paper)

    Where anywidget is not installed it says so, and ``value`` stays what it was.

    Args:
        lines: what is on it at first: one line, (x, y) corners in order, or a list of lines.
        limit: the square reaches from -limit to limit.

    Raises:
        SettingError: ``lines`` are no corners.

    Source of the browser's part: pad.js beside this file. Introduced in lesson 04.
    """
    try:
        lines = lines.tolist() if hasattr(lines, "tolist") else lines
        many = [lines] if lines and not hasattr(lines[0][0], "__len__") else lines
        value = [[[float(x), float(y)] for x, y in line] for line in many]
    except (TypeError, ValueError, IndexError, KeyError) as error:
        raise SettingError(
            f"Lines are lists of corners (x, y); got {str(lines)[:60]}.",
            "Nothing was drawn.",
            "Pass a list such as [(-1, 0), (0, 1), (1, 0)], or a list of such lists.",
        ) from error
    try:
        made = _pad_class()
    except ImportError:  # the extra [lab] brings it; a kernel alone need not have it
        made = _Fixed
    return made(value=value, limit=limit)


@functools.cache
def _pad_class() -> type[ipywidgets.ValueWidget]:
    """Return the widget whose part in the browser is pad.js."""
    import anywidget

    class Pad(anywidget.AnyWidget, ipywidgets.ValueWidget):
        _esm = Path(__file__).with_suffix(".js")
        value = traitlets.List().tag(sync=True)
        limit = traitlets.Float(LIMIT).tag(sync=True)
        description = traitlets.Unicode()

    return Pad


class _Fixed(ipywidgets.VBox, ipywidgets.ValueWidget):
    """What stands in for the pad where the browser's part is not installed."""

    value = traitlets.List()
    limit = traitlets.Float(LIMIT)
    description = traitlets.Unicode()

    def __init__(self, **state: object):
        super().__init__([ipywidgets.HTML(WITHOUT)], **state)
