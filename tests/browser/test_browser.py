"""Every lesson in a real browser: it runs, its controls move its pictures, its folds open, ■ stops.

A lesson is covered by being there: each notebooks/NN_….ipynb is copied, opened in JupyterLab and
run at the tiny budget. What a page looked like when a test failed is kept in artifacts/.
"""

import contextlib
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest

from tests.browser.labdrive import FLAGS, Desk, errors_of
from tests.browser.labserver import lab

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("[0-9][0-9]*_*.ipynb"))
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
SETTINGS = {"GAN_LESSONS_BUDGET": "tiny", "GAN_LESSONS_STRICT": "0", "OMP_NUM_THREADS": "1"}

try:
    from playwright.sync_api import sync_playwright
except ImportError:
    sync_playwright = None

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(sync_playwright is None, reason="playwright is not installed"),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with a copy of every lesson: the originals are never opened."""
    folder = tmp_path_factory.mktemp("lessons")
    for name in LESSONS:
        shutil.copy(ROOT / "notebooks" / f"{name}.ipynb", folder)
    return folder


@pytest.fixture(scope="module")
def served(folder) -> Iterator[tuple[str, str]]:
    with lab(folder, env=SETTINGS) as address:
        yield address


@pytest.fixture(scope="module", params=LESSONS)
def lesson(request, browser, served) -> Iterator[Desk]:
    """A lesson, opened and run top to bottom."""
    desk = Desk(browser, *served)
    try:
        with evidence(desk, f"{request.param}-run"):
            desk.open(f"{request.param}.ipynb")
            desk.run_all()
        yield desk
        desk.leave()
    finally:
        desk.context.close()


@contextlib.contextmanager
def evidence(desk: Desk, name: str) -> Iterator[None]:
    """Keep a picture of the page if what is done inside fails."""
    try:
        yield
    except Exception:
        with contextlib.suppress(Exception):
            desk.keep(ROOT / "artifacts", re.sub(r"[^\w.-]+", "-", name))
        raise


# -- every lesson ----------------------------------------------------------------------------


def test_every_cell_runs_without_an_error(lesson):
    assert errors_of(lesson.ran) == []
    assert [cell["source"] for cell in lesson.ran if cell["count"] is None] == []


def test_every_picture_says_in_words_what_it_shows(lesson):
    """Alt text and printed sentence are there and the same."""
    with evidence(lesson, "words"):
        pictures = lesson.page.locator(".jp-OutputArea-output img")
        for picture in pictures.all():
            told = picture.get_attribute("alt")
            assert told
            assert len(told.split()) >= 4, told
            printed = picture.locator("xpath=ancestor::figure[1]/figcaption")
            assert printed.text_content() == told


def test_tab_reaches_the_first_control(lesson):
    """From its cell's number, with nothing but the Tab key."""
    with evidence(lesson, "tab"):
        cell = lesson.page.locator(".jp-CodeCell:has([role=slider])").first
        if not cell.count():
            pytest.skip("this lesson has no slider")
        cell.locator(".jp-InputPrompt").first.click()
        for _ in range(20):
            lesson.page.keyboard.press("Tab")
            if lesson.page.evaluate("document.activeElement.getAttribute('role')") == "slider":
                return
        pytest.fail("20 presses of Tab did not reach the slider")


KEYS = {
    "[role=slider]": ("ArrowLeft", "ArrowRight"),
    "input[type=checkbox]": ("Space",),
    "button": ("Enter",),
    "canvas[role=application]": ("Space", "ArrowRight", "Space"),  # show.pad: a corner, another
}
SHOWN = "area => [...area.querySelectorAll('img')].map(i => i.alt + i.src).join()"


def test_every_control_moves_its_picture_from_the_keyboard(lesson):
    with evidence(lesson, "controls"):
        for area in lesson.page.locator(".jp-Cell-outputArea:has(.jupyter-widgets)").all():
            choose(lesson, area)
            controls = [(c, keys) for kind, keys in KEYS.items() for c in area.locator(kind).all()]
            assert controls, "a widget that no key is known for"
            assert area.locator("img").count(), "a control without a picture"
            assert not area.locator("select").count(), "JupyterLab takes its arrow keys away"
            for control, keys in controls:
                assert control.get_attribute("tabindex") != "-1", "Tab does not reach it"
                assert moves(lesson, area, control, keys), f"no key of {keys} changed the picture"


def choose(desk: Desk, area) -> None:
    """Choose the last of each row of buttons, so that the first is not the chosen one already."""
    for row in area.locator(".widget-toggle-buttons").all():
        row.locator("button").last.focus()
        area.page.keyboard.press("Enter")
        desk.settle()
        desk.settle(kernel=True)


def moves(desk: Desk, area, control, keys: tuple[str, ...]) -> bool:
    """Say whether the picture in an output changes within a few presses of a control's keys.

    The kernel is asked something else after each key: when it answers, it has drawn. What is left
    is the picture's way into the page, looked for in a hundred frames.
    """
    before = area.evaluate(SHOWN)
    for key in [key for key in keys for _ in range(3)]:
        control.focus()
        area.page.keyboard.press(key)
        desk.settle()  # the control sends its message
        desk.settle(kernel=True)
        for _ in range(10):
            if area.evaluate(SHOWN) != before:
                return area.locator("img").count() > 0  # and not a message in its place
            desk.settle()
    return False


CUT = "r => r.scrollWidth > r.clientWidth ? r.innerText : ''"


def test_every_choice_beside_a_slider_is_shown_whole(lesson):
    """Of the first twenty values of each."""
    with evidence(lesson, "choices"):
        for row in lesson.page.locator(".widget-slider").all():
            slider, readout = row.locator("[role=slider]"), row.locator(".widget-readout")
            slider.press("Home")
            for _ in range(20):
                assert not readout.evaluate(CUT)
                slider.press("ArrowRight")


def test_every_fold_opens_from_the_keyboard(lesson):
    with evidence(lesson, "folds"):
        for fold in lesson.page.locator(".jp-MarkdownOutput details").all():
            fold.locator("summary").first.focus()
            lesson.page.keyboard.press("Enter")
            assert fold.evaluate("fold => fold.open")
            assert fold.evaluate("fold => fold.offsetHeight > fold.firstElementChild.offsetHeight")


def test_nothing_left_the_machine_and_the_console_is_clean(lesson):
    """The last of a lesson: after all that was run, moved and opened."""
    assert lesson.strays == []
    assert lesson.complaints == []


# -- ■ ---------------------------------------------------------------------------------------

PLAYERS = """
import torch
from gan_lessons import cockpit, data, losses, models, runtime, training
runtime.start()
runtime.seed_everything(0)
ring = data.ring()
G, D = models.plane_generator(), models.plane_discriminator()
opt_g, opt_d = (torch.optim.Adam(net.parameters(), fused=True) for net in (G, D))
batches = data.batches(ring.x, 256, rng=runtime.generator(0))
live = cockpit.Cockpit(G, D, opt_g, opt_d, real=ring.x, latent_dim=2)
"""
BY_HAND = """
for step in live.watch(10**6):
    fake = G(torch.randn(256, 2))
    real_logits, fake_logits = D(next(batches)), D(fake.detach())
    loss_d = losses.cross_entropy_d(real_logits, fake_logits)
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = losses.non_saturating_g(None, D(fake))
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
    means = {"real_logit": real_logits.mean(), "fake_logit": fake_logits.mean()}
    live.record({"loss_d": loss_d, "loss_g": loss_g, **means})
"""
BY_TRAIN = """
live.follow(training.train(G, D, opt_g, opt_d, batches, steps=10**6, latent_dim=2))
"""
WHOLE = """
updates = [int(o.state[o.param_groups[0]["params"][0]]["step"]) for o in (opt_d, opt_g)]
assert updates == [live.step, live.history.length], (updates, live.step)
assert 0 < live.step < 10**6
assert live.film.frames[-1].step == live.step
print("whole", live.step)
"""
CELLS = (PLAYERS, BY_HAND, WHOLE, BY_TRAIN, WHOLE, "live.film.scrub()")


@pytest.fixture(scope="module")
def stopped(browser, served, folder) -> Iterator[Desk]:
    """A notebook with two endless trainings, each ended with the toolbar's ■."""
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(code.strip()) for code in CELLS],
        metadata={
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}
        },
    )
    nbformat.write(book, folder / "endless.ipynb")
    desk = Desk(browser, *served)
    try:
        with evidence(desk, "endless"):
            desk.open("endless.ipynb")
            began = time.monotonic()
            desk.start_all()
            for cell in (1, 3):
                output = desk.page.locator(".jp-CodeCell").nth(cell).locator(".jp-OutputArea")
                output.get_by_text("■ stops after a step").wait_for()
                desk.delays = desk.delays or [time.monotonic() - began]  # to import torch, and more
                desk.page.wait_for_timeout(500)
                pressed = time.monotonic()
                desk.page.locator("[data-command='notebook:interrupt-kernel']").first.click()
                output.get_by_text("stopped after").wait_for()
                desk.delays.append(time.monotonic() - pressed)
            desk.page.locator(".jp-CodeCell").last.locator("[role=slider]").wait_for()
        yield desk
        desk.leave()
    finally:
        desk.context.close()


def test_stop_leaves_whole_state_and_the_next_cells_run(stopped):
    """D's updates = G's updates = rows of the history, around a hand-written loop and train."""
    cells = stopped.cells()
    assert errors_of(cells) == []
    for cell in (2, 4):
        assert cells[cell]["outputs"][0]["text"].startswith("whole")
    began, *ended = stopped.delays
    assert max(ended) < began, "the cell did not end soon after ■: a start takes less"


def test_a_stopped_run_can_be_scrubbed(stopped):
    with evidence(stopped, "scrub"):
        area = stopped.page.locator(".jp-Cell-outputArea:has([role=slider])").last
        slider = area.locator("[role=slider]")
        assert float(slider.get_attribute("aria-valuemax")) >= 3
        assert moves(stopped, area, slider, ("ArrowLeft",))


def contrast(page, selector: str) -> float:
    """Return the contrast (WCAG 2) of an element's text against what is behind it."""
    colors = page.locator(selector).last.evaluate("""element => {
      const color = getComputedStyle(element).color;
      while (element && getComputedStyle(element).backgroundColor.match(/, 0\\)$/))
        element = element.parentElement;
      return [color, getComputedStyle(element).backgroundColor];
    }""")
    lights = []
    for color in colors:
        channels = [int(c) / 255 for c in re.findall(r"\d+", color)[:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        lights.append(sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True)))
    return (max(lights) + 0.05) / (min(lights) + 0.05)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_readable_in_both_themes_and_at_800_pixels(stopped, theme):
    page = stopped.page
    with evidence(stopped, theme):
        page.set_viewport_size({"width": 800, "height": 900})
        page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
        )
        page.locator(f"body[data-jp-theme-name='{theme}']").wait_for(state="attached")
        page.evaluate("window.jupyterapp.shell.collapseLeft()")
        stopped.settle()
        assert contrast(page, ".jp-OutputArea-output figcaption") >= 4.5
        assert contrast(page, ".jp-OutputArea-output:has(progress) div") >= 4.5
        for picture in page.locator(".jp-OutputArea-output img").all():
            fits = "i => { const r = i.getBoundingClientRect(); return [r.left, r.right, r.width] }"
            left, right, width = picture.evaluate(fits)
            assert left >= 0
            assert right <= 800
            assert width >= 560, "the picture's text would be too small"


def test_nothing_moves_by_itself(stopped):
    """No animation in any output, with or without the wish for reduced motion."""
    moving = """() => document.getAnimations().filter(
      a => a.effect.target.closest('.jp-OutputArea')).length"""
    assert stopped.page.evaluate(moving) == 0
    assert stopped.strays == []
    assert stopped.complaints == []


def test_a_saved_notebook_shows_its_pictures_before_a_cell_runs(stopped):
    """The last of this notebook: its kernel has ended, so JupyterLab complains of the controls."""
    page = stopped.page
    with evidence(stopped, "saved"):
        told = page.locator(".gan-lessons-explored figcaption").all_inner_texts()
        stopped.leave()
        stopped.open("endless.ipynb")
        lost = page.locator(".jp-OutputArea-output.jupyter-widgets").last
        lost.wait_for()
        saved = page.locator(".jp-OutputArea-output:has(.gan-lessons-explored)")
        assert saved.locator("figcaption").all_inner_texts() == told
        assert saved.locator("img").last.evaluate("image => image.naturalWidth") > 1000
        size, instead = lost.evaluate("""node =>
            [getComputedStyle(node).fontSize, getComputedStyle(node, '::after').content]""")
        assert size == "0px", "an error of JupyterLab's is shown"
        assert "Run this cell" in instead
