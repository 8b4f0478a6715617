"""Pictures with controls. Introduced in lesson 00."""

import html
from collections.abc import Callable
from inspect import Parameter, signature

import ipywidgets

from gan_lessons.show.picture import Picture

# JupyterLab shows 148 pixels of the choice beside a slider and cuts off the rest.
WHOLE = "<style>.gan-lessons-choice .widget-readout {flex: none; max-width: none}</style>"


def explore(picture: Callable[..., Picture], **controls: object) -> ipywidgets.VBox:
    """Return a picture that is drawn anew when one of its controls is moved, by mouse or keys.

    ``ipywidgets.interactive`` would not show what a function returns, and needs twice the time.

    Args:
        picture: makes the picture from the controls' values, which it gets under their names.
        controls: for each argument of ``picture`` a widget with a value, or what ``interact``
            makes a widget of, such as ``(low, high, step)`` or a list of choices; it starts at the
            argument's default.

    Example: ``show.explore(film.picture, index=ipywidgets.IntSlider(max=9))``. Lesson 00.
    """
    page, widgets, known = ipywidgets.HTML(), {}, signature(picture).parameters
    style = ""
    for name, control in controls.items():
        default = known[name].default if name in known else Parameter.empty
        widget = ipywidgets.interactive.widget_from_abbrev(control, default)
        if isinstance(widget, ipywidgets.Dropdown):  # JupyterLab takes away its arrow keys
            widget = ipywidgets.SelectionSlider(options=widget.options, value=widget.value)
            widget.layout.width = "32em"
            widget.add_class("gan-lessons-choice")
            style = WHOLE
        widgets[name] = widget
        widgets[name].description = widgets[name].description or name

    def draw() -> None:
        values = {name: widget.value for name, widget in widgets.items()}
        page.value = picture(**values)._repr_html_() + style

    def on_move(change) -> None:
        try:
            draw()
        except Exception as error:  # a callback's error would end in a log that nobody reads
            page.value = f"<pre>{html.escape(f'{type(error).__name__}: {error}')}</pre>"

    draw()
    for widget in widgets.values():
        widget.observe(on_move, names="value")
    return ipywidgets.VBox([*widgets.values(), page])
