"""Pictures with controls. Introduced in lesson 00."""

import html
import secrets
import time
from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from numbers import Number

import ipywidgets
from IPython.display import display, update_display

from gan_lessons.show.picture import Picture

# JupyterLab shows 148 pixels of the choice beside a slider and cuts off the rest.
WHOLE = "<style>.gan-lessons-choice .widget-readout {flex: none; max-width: none}</style>"
ROW = {"flex_flow": "row wrap", "align_items": "center", "grid_gap": "0 16px"}
TALL = "75vh"  # of the window: the controls above the picture stay in sight
LOST = "Run this cell to move its controls."  # for "Error displaying widget: model not found"
SLOW = 0.3  # seconds; a picture that takes longer is announced
TRACK = "200px"  # of a slider, with the number beside it; JupyterLab takes its label off that
MOST = 24  # words to choose from, each a button; of more a slider


def explore(
    picture: Callable[..., Picture],
    /,
    labels: Mapping[str, str] | None = None,
    **controls: object,
) -> "Explorer":
    """Return a picture that is drawn anew when one of its controls is moved, by mouse or keys.

    The picture is an output of the cell like any other: a saved notebook keeps the last one, also
    where no kernel runs. ``ipywidgets.interactive`` would not show what a function returns, and
    needs twice the time.

    Args:
        picture: makes the picture from the controls' values, which it gets under their names.
        labels: what to write beside a control, as in ``labels={"beta1": "momentum β₁"}``; else the
            widget's own description, else its name with spaces for underscores.
        controls: for each argument of ``picture`` a widget with a value, or what ``interact``
            makes a widget of: ``(low, high, step)`` a slider, a list of words a row of buttons, a
            list of numbers a slider; it starts at the argument's default.

    Example: ``show.explore(film.picture, index=ipywidgets.IntSlider(max=9))``. Lesson 00.
    """
    known = signature(picture).parameters
    widgets = {}
    for name, control in controls.items():
        default = known[name].default if name in known else Parameter.empty
        widget = _widget(control, default)
        words = (labels or {}).get(name) or widget.description or name.replace("_", " ")
        widget.description = words
        if hasattr(widget, "style"):
            widget.style.description_width = "initial"  # or JupyterLab cuts it off
        if hasattr(widget, "readout") and widget.layout.width is None:
            widget.layout.width = f"max(300px, {len(words)}ch + {TRACK})"
        widgets[name] = widget
    return Explorer(picture, widgets)


def _widget(control: object, default: object) -> ipywidgets.Widget:
    """Return the widget for a control.

    JupyterLab takes the arrow keys of a list that folds open or scrolls (its cells move instead),
    so there is none: buttons show every choice at once, and Tab reaches each.
    """
    widget = ipywidgets.interactive.widget_from_abbrev(control, default)
    if not isinstance(widget, (ipywidgets.Dropdown, ipywidgets.Select)):
        return widget
    choices = {name: getattr(widget, name) for name in ("options", "value", "description")}
    few = len(widget.options) <= MOST
    if few and not all(isinstance(choice, Number) for _, choice in widget._options_full):
        widget = ipywidgets.ToggleButtons(**choices)
        widget.style.button_width = "auto"
        return widget
    widget = ipywidgets.SelectionSlider(**choices)
    widget.layout.width = "32em"
    widget.add_class("gan-lessons-choice")
    return widget


class Explorer(ipywidgets.VBox):
    """Controls, and below them the picture that they draw. See :func:`explore`. Lesson 00.

    Attributes:
        controls: the widgets by the names of the picture's arguments.
        page: the HTML of what is shown: the picture, or the error that came in its place.
        told: the same as a sentence.
        status: says that a picture is under way, while the one before it is still shown.
    """

    def __init__(self, picture: Callable[..., Picture], controls: dict[str, ipywidgets.Widget]):
        self._picture_of, self.controls = picture, controls
        self._place = f"gan-lessons-{secrets.token_hex(6)}"
        self._displayed, self._took, self._slow = False, 0.0, False
        self.status = ipywidgets.HTML()
        row = ipywidgets.Box([*controls.values()], layout=ipywidgets.Layout(**ROW))
        super().__init__([row, self.status])
        self._draw()
        self.status.value = self._status(waiting=False)
        for widget in controls.values():
            widget.observe(self._on_move, names="value")

    def __repr__(self) -> str:
        return "(run this cell to move its controls)"  # where a notebook has no kernel to ask

    def _ipython_display_(self) -> None:
        display(self._repr_mimebundle_(), raw=True)
        display(self._shown(), raw=True, display_id=self._place)
        self._displayed = True

    def _shown(self) -> dict[str, str]:
        lost = f".jp-OutputArea-child:has(+ * #{self._place}) .jupyter-widgets:not(:has(*))"
        style = (
            f"<style>#{self._place} img {{max-height: {TALL}}} {lost} {{font-size: 0}} "
            f'{lost}::after {{content: "{LOST}"; font-size: var(--jp-content-font-size1)}}</style>'
        )
        page = f'<div id="{self._place}" class="gan-lessons-explored">{self.page}</div>{style}'
        return {"text/html": page, "text/plain": self.told}

    def _draw(self) -> None:
        """Draw the picture and note how long it took."""
        started = time.monotonic()
        drawn = self._picture_of(**{name: widget.value for name, widget in self.controls.items()})
        self.page, self.told = drawn._repr_html_(), drawn.sentence
        self._took = time.monotonic() - started
        self._slow = self._slow or self._took > SLOW

    def _on_move(self, change) -> None:
        self.status.value = self._status(waiting=self._took > SLOW)
        try:
            self._draw()
        except Exception as error:  # a callback's error would end in a log that nobody reads
            self.told = f"{type(error).__name__}: {error}"
            self.page = f"<pre>{html.escape(self.told)}</pre>"
        if self._displayed:
            update_display(self._shown(), raw=True, display_id=self._place)
        self.status.value = self._status(waiting=False)

    def _status(self, *, waiting: bool) -> str:
        """Return what stands between controls and picture; waiting pales the picture before.

        Once a picture was slow the line stays, empty: the picture would jump at every move.
        """
        if not waiting:
            return f"{WHOLE}&nbsp;" if self._slow else WHOLE
        pale = f"<style>#{self._place} {{opacity: 0.4}}</style>"
        return f'{WHOLE}<span role="status">drawing …</span>{pale}'
