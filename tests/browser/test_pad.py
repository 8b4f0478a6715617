"""The pad of lesson 04 in a real browser: by mouse, by finger, by keys; in both themes."""

import json
from collections.abc import Iterator

import nbformat
import pytest

from tests.browser.labdrive import FLAGS, Desk, errors_of
from tests.browser.labserver import lab
from tests.browser.test_browser import CHROMIUM, SETTINGS, evidence, sync_playwright

pytest.importorskip("anywidget")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(sync_playwright is None, reason="playwright is not installed"),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
]

CODE = """
from gan_lessons import data, show
paper = show.pad([(-2, -1), (-1, 1.5)])
def picture(lines):
    return show.Picture(show.figure(), f"The lines that were drawn: {lines}")
show.explore(picture, lines=paper)
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("pad")
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    cells = [nbformat.v4.new_code_cell(CODE.strip()), nbformat.v4.new_code_cell("paper.value")]
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(book, folder / "pad.ipynb")
    with lab(folder, env=SETTINGS) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        desk = Desk(browser, *address)
        with evidence(desk, "pad"):
            desk.open("pad.ipynb")
            desk.run_all()
            assert errors_of(desk.ran) == []
            desk.page.locator("canvas").wait_for()
        yield desk
        desk.leave()
        browser.close()


def told(desk: Desk) -> str:
    """Return what Python has heard of, in the words of the picture below the pad."""
    desk.settle()
    desk.settle(kernel=True)
    desk.settle()
    return desk.page.locator(".jp-OutputArea-output figcaption").first.text_content()


def drawn(desk: Desk) -> list:
    return json.loads(told(desk).split(": ", 1)[1])


def clear(desk: Desk) -> None:
    desk.page.get_by_role("button", name="clear").click()
    assert told(desk).endswith(": []")


def at(desk: Desk, x: float, y: float) -> tuple[float, float]:
    """Return where on the page a point of the plane lies."""
    box = desk.page.locator("canvas").bounding_box()
    return box["x"] + box["width"] * (x + 2.5) / 5, box["y"] + box["height"] * (2.5 - y) / 5


def test_what_python_has_drawn_is_there_at_first(desk):
    assert told(desk).endswith("[[[-2.0, -1.0], [-1.0, 1.5]]]")
    assert desk.page.get_by_role("status").first.text_content().startswith("Lines: 1, corners: 2.")


def test_a_line_is_dragged_by_mouse(desk):
    clear(desk)
    mouse = desk.page.mouse
    mouse.move(*at(desk, -1, 0))
    mouse.down()
    mouse.move(*at(desk, 1, 0.5), steps=10)
    mouse.up()
    lines = drawn(desk)
    assert len(lines) == 1
    assert len(lines[0]) > 5
    assert lines[0][0] == pytest.approx([-1, 0], abs=0.03)
    assert lines[0][-1] == pytest.approx([1, 0.5], abs=0.3)


def test_corners_are_clicked_and_a_second_click_ends_the_line(desk):
    clear(desk)
    for x, y in ((-1, -1), (0, 1), (1, -1), (1, -1), (-2, 2), (2, 2)):
        desk.page.mouse.click(*at(desk, x, y))
    lines = drawn(desk)
    assert [len(line) for line in lines] == [3, 2]
    assert lines[0][1] == pytest.approx([0, 1], abs=0.03)
    desk.page.get_by_role("button", name="take back").click()
    assert told(desk).count("[") == 1 + 1 + 3  # the second line had two corners


def test_another_button_and_the_notebooks_own_keys_draw_nothing(desk):
    clear(desk)
    for x in (-1, 1):
        desk.page.mouse.click(*at(desk, x, 0), button="middle")
    desk.page.locator("canvas").focus()
    for key in ("Control+ArrowRight", "Alt+ArrowRight"):
        desk.page.keyboard.press(key)
    assert drawn(desk) == []
    for key in ("Space", "ArrowRight", "Space", "Escape", "ArrowLeft"):  # the pen had not moved
        desk.page.keyboard.press(key)
    (line,) = drawn(desk)
    assert line[1][0] - line[0][0] == pytest.approx(0.1)


def test_a_line_is_drawn_by_keys_alone(desk):
    clear(desk)
    desk.page.locator("canvas").focus()
    keys = ["Space", *5 * ["ArrowRight"], "Space", "Shift+ArrowUp", "Space", "Escape"]
    keys += [*3 * ["ArrowLeft"], "Enter", "ArrowDown", "Enter"]
    for key in keys:
        desk.page.keyboard.press(key)
    lines = drawn(desk)
    assert [pytest.approx(corner) for corner in lines[0]] == [[0, 0], [0.5, 0], [0.5, 0.5]]
    assert [pytest.approx(corner) for corner in lines[1]] == [[0.2, 0.5], [0.2, 0.4]]
    desk.page.keyboard.press("Backspace")
    assert told(desk).count("[") == 1 + 1 + 3
    assert desk.page.evaluate("document.activeElement.tagName") == "CANVAS", "keys stayed here"
    desk.page.keyboard.press("Tab")
    assert desk.page.evaluate("document.activeElement.textContent") == "take back"


def test_a_finger_draws_and_does_not_scroll(desk):
    clear(desk)
    touch = desk.context.new_cdp_session(desk.page)
    before = desk.page.evaluate("document.querySelector('.jp-WindowedPanel-outer')?.scrollTop")
    points = [at(desk, 0, y / 4) for y in range(9)]

    def send(kind: str, where: list[tuple[float, float]]) -> None:
        fingers = [{"x": x, "y": y} for x, y in where]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

    send("touchStart", points[:1])
    for point in points[1:]:
        send("touchMove", [point])
    send("touchEnd", [])
    lines = drawn(desk)
    assert len(lines) == 1
    assert lines[0][-1][1] > 1
    after = desk.page.evaluate("document.querySelector('.jp-WindowedPanel-outer')?.scrollTop")
    assert before == after


def test_what_python_sets_is_drawn(desk):
    """And no browser's part asks another machine for anything."""
    clear(desk)
    script = "paper.value = [[[0, 0], [1, 1]]]"
    desk.page.evaluate(
        "code => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel"
        ".requestExecute({code}).done",
        script,
    )
    assert told(desk).endswith("[[[0, 0], [1, 1]]]")
    assert desk.page.get_by_role("status").first.text_content().startswith("Lines: 1, corners: 2.")
    assert desk.strays == []
    assert desk.complaints == []
