"""Pictures with controls: what moves them, what they say meanwhile, what a saved notebook keeps."""

import time

import ipywidgets
import nbformat
import pytest
from nbclient import NotebookClient

from gan_lessons import show
from gan_lessons.show.explore import MOST, SLOW


def circle(size=3, *, name="a") -> show.Picture:
    if size > 8:
        raise ValueError("too <large>")
    return show.Picture(b"png", f"{name} of size {size}")


def test_a_control_draws_at_once_and_when_it_moves():
    explorer = show.explore(circle, size=(0, 10), name=["a", "b"])
    slider, choice = explorer.controls["size"], explorer.controls["name"]
    assert (slider.value, choice.value) == (3, "a")
    assert explorer.page == circle(3)._repr_html_()
    slider.value, choice.value = 5, "b"
    assert explorer.page == circle(5, name="b")._repr_html_()
    assert explorer.told == "b of size 5"


def test_an_error_behind_a_control_is_shown_and_the_next_move_mends_it():
    explorer = show.explore(circle, size=(0, 10))
    explorer.controls["size"].value = 9
    assert explorer.page == "<pre>ValueError: too &lt;large&gt;</pre>"
    explorer.controls["size"].value = 2
    assert explorer.page == circle(2)._repr_html_()


def test_controls_are_named_in_words():
    def picture(n_critic, beta1, gamma, ratio):
        return show.Picture(b"png", "Something.")

    explorer = show.explore(
        picture,
        labels={"beta1": "momentum β₁", "ratio": "updates of D for one of G"},
        n_critic=(1, 5),
        beta1=(0.0, 1.0),
        gamma=ipywidgets.FloatSlider(description="friction γ"),
        ratio=[1, 2],
    )
    words = [widget.description for widget in explorer.controls.values()]
    assert words == ["n critic", "momentum β₁", "friction γ", "updates of D for one of G"]
    for widget in explorer.controls.values():
        assert widget.style.description_width == "initial"  # or the page cuts it off


def test_a_picture_may_have_an_argument_called_picture():
    def show_it(picture):
        return show.Picture(b"png", f"It is {picture}.")

    assert show.explore(show_it, picture=(0, 2)).told == "It is 1."


@pytest.mark.parametrize(
    ("choices", "kind"),
    [
        (["healthy", "D wins"], ipywidgets.ToggleButtons),
        ([f"row {i}" for i in range(MOST)], ipywidgets.ToggleButtons),
        ([f"row {i}" for i in range(MOST + 1)], ipywidgets.SelectionSlider),
        ([0.25, 1, 4], ipywidgets.SelectionSlider),
        ({"few": 0.25, "many": 4}, ipywidgets.SelectionSlider),
    ],
)
def test_words_to_choose_from_are_all_in_sight(choices, kind):
    explorer = show.explore(lambda it: show.Picture(b"png", f"{it}."), it=choices)
    assert isinstance(explorer.controls["it"], kind)
    last = list(choices.values() if isinstance(choices, dict) else choices)[-1]
    explorer.controls["it"].value = last
    assert explorer.told == f"{last}."


def test_a_picture_that_takes_long_is_announced_and_the_old_one_pales(monkeypatch):
    """By the last one's time: a quick picture never flickers."""
    seen = []

    def picture(wait):
        seen.append(explorer.status.value if explorer else "")
        time.sleep(wait)
        return show.Picture(b"png", f"{wait} s.")

    explorer = None
    explorer = show.explore(picture, wait=(0.0, 1.0))
    explorer.controls["wait"].value = 0.01
    explorer.controls["wait"].value = SLOW + 0.05
    explorer.controls["wait"].value = 0.02
    explorer.controls["wait"].value = 0.03
    assert ["drawing" in status for status in seen] == [False, True, False, True, False]
    assert "opacity" in seen[3]
    assert "drawing" not in explorer.status.value
    assert "opacity" not in explorer.status.value


CELLS = (
    """from gan_lessons import show
def see(x=1.0):
    return show.Picture(show.figure(), f"x is {x}")
explorer = show.explore(see, x=(0.0, 2.0, 0.5))
explorer""",
    "explorer.controls['x'].value = 1.5",
)


def test_a_saved_notebook_keeps_the_last_picture_without_a_kernel():
    """What the page shows, and nbviewer: the widget needs a kernel, the picture is an output."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in CELLS])
    client = NotebookClient(book, timeout=300, store_widget_state=False)
    client.execute()
    controls, shown = (output.data for output in book.cells[0].outputs)
    assert "application/vnd.jupyter.widget-view+json" in controls
    assert controls["text/plain"] == "(run this cell to move its controls)"
    assert set(shown) == {"text/html", "text/plain"}
    assert '<img alt="x is 1.5" src="data:image/png;base64,' in shown["text/html"]
    assert shown["text/plain"] == "x is 1.5"
