"""A distribution drawn by hand: by mouse, finger and keyboard, in Chromium where there is one."""

import importlib.util
import itertools
import json
import math
import shutil
import sys

import nbformat
import pytest
import torch

from gan_lessons import cockpit
from gan_lessons.cockpit import drawing
from gan_lessons.errors import SettingError
from tests.browser.labdrive import FLAGS, Desk, errors_of
from tests.browser.labserver import lab
from tests.three_lines import complaints

needs_anywidget = pytest.mark.skipif(
    importlib.util.find_spec("anywidget") is None, reason="anywidget is not installed"
)


def test_without_anywidget_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    drawing._pad_class.cache_clear()
    with pytest.raises(SettingError, match=r"gan-lessons\[draw\]") as told:
        cockpit.pad()
    drawing._pad_class.cache_clear()
    assert complaints(told.value) == []


@pytest.mark.parametrize("limit", [0, -1, math.nan, math.inf])
def test_a_limit_that_is_none_is_refused(limit):
    with pytest.raises(SettingError, match="positive") as told:
        cockpit.pad(limit=limit)
    assert complaints(told.value) == []


@needs_anywidget
def test_what_is_drawn_is_data():
    pad = cockpit.pad()
    with pytest.raises(SettingError, match="Nothing is drawn") as told:
        pad.data()
    assert complaints(told.value) == []
    pad.lines = [[[-1.0, 0.0], [1.0, 0.0]], [[0.0, 1.0], [0.0, 2.0]]]
    drawn = pad.data(1_000, sigma=0.0)
    assert drawn.x.shape == (1_000, 2)
    level, upright = drawn.x[drawn.y == 0], drawn.x[drawn.y == 1]
    assert torch.equal(level[:, 1], torch.zeros(len(level)))
    assert 0.6 < len(level) / 1_000 < 0.73  # twice as long, twice as many
    assert upright[:, 1].min() >= 1


CELLS = (
    "from gan_lessons import cockpit, data, models, runtime, training\nimport torch\n"
    "pad = cockpit.pad()\npad",
    "print(pad.lines)",
    """
runtime.seed_everything(0)
G, D = models.plane_generator(), models.plane_discriminator()
opt_g, opt_d = (torch.optim.Adam(net.parameters(), lr=3e-3) for net in (G, D))
batches = data.batches(pad.data().x, 64, rng=runtime.generator(0))
run = training.train(G, D, opt_g, opt_d, batches, steps=20, latent_dim=2)
print("trained", sum(1 for _ in run))
""",
)
PEN = ".jp-OutputArea [aria-live=polite]:has-text('the pen is')"


def by_mouse(page, pad) -> None:
    box = pad.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 80, y - 40, steps=8)
    page.mouse.up()


def by_finger(page, pad) -> None:
    box = pad.bounding_box()
    x, y = box["x"] + box["width"] / 4, box["y"] + box["height"] / 2
    fingers = page.context.new_cdp_session(page)
    for kind, points in (
        ("touchStart", [{"x": x, "y": y}]),
        *(("touchMove", [{"x": x, "y": y + 10 * i}]) for i in range(1, 9)),
        ("touchEnd", []),
    ):
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def by_keys(page, pad) -> None:
    pad.focus()
    for key in ("Shift+ArrowLeft", "Space", "ArrowUp", "ArrowUp", "Shift+ArrowRight", "Space"):
        page.keyboard.press(key)


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A notebook whose first cell has shown a pad."""
    sync_api = pytest.importorskip("playwright.sync_api")
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("Chromium is not installed")
    folder = tmp_path_factory.mktemp("pad")
    spec = {"display_name": "Python 3", "language": "python", "name": "python3"}
    cells = [nbformat.v4.new_code_cell(code.strip()) for code in CELLS]
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": spec})
    nbformat.write(book, folder / "pad.ipynb")
    with sync_api.sync_playwright() as play, lab(folder) as served:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        desk = Desk(browser, *served)
        desk.open("pad.ipynb")
        yield desk
        desk.context.close()
        browser.close()


@needs_anywidget
@pytest.mark.browser
@pytest.mark.slow
def test_lines_are_drawn_by_mouse_finger_and_keys_and_trained_on(desk):
    page = desk.page
    page.locator(".jp-CodeCell").first.click()
    page.keyboard.press("Shift+Enter")
    pad = page.locator("svg[role=application]")
    pad.wait_for()
    for count, draw in enumerate((by_mouse, by_finger, by_keys), 1):
        draw(page, pad)
        page.locator(PEN).get_by_text(f"{count} line").wait_for()
        assert pad.locator("polyline").count() == count
    pad.focus()
    page.keyboard.press("Backspace")
    page.locator(PEN).get_by_text("2 lines").wait_for()
    by_keys(page, pad)
    page.locator(PEN).get_by_text("3 lines").wait_for()
    desk.settle(kernel=True)
    for cell in (1, 2):
        page.locator(".jp-CodeCell").nth(cell).locator(".jp-InputPrompt").click()
        page.keyboard.press("Shift+Enter")
    page.get_by_text("trained 20").wait_for()
    cells = desk.cells()
    assert errors_of(cells) == []
    mouse, finger, keys = json.loads("".join(cells[1]["outputs"][0]["text"]))
    assert mouse[0] == [0.0, 0.0]
    assert mouse[-1] == pytest.approx([80 / 180 * 2.5, 40 / 180 * 2.5], abs=0.05)
    assert len(finger) >= 3
    assert finger[0][0] == pytest.approx(-1.25, abs=0.05)
    assert finger[-1][1] < finger[0][1]
    rises = [b[1] - a[1] for a, b in itertools.pairwise(keys)]
    assert rises == pytest.approx([0.1, 0.1, 0.0])
    assert desk.strays == []
    assert desk.complaints == []
