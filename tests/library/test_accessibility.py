"""Every picture in words; the palette holds for the three color deficiencies and on white.

What needs a browser (keyboard, dark theme, 800 pixels, nothing moves) is in test_browser.py.
"""

import html
import itertools
import math
import re

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex, to_rgb

from gan_lessons import cockpit, data, models, runtime, show, training
from gan_lessons.cockpit import live as lives

MEANINGS = {"real": show.REAL, "fake": show.FAKE, "D": show.D_COLOR, "G": show.G_COLOR}

# Machado, Oliveira and Fernandes 2009, A Physiologically-based Model for Simulation of Color
# Vision Deficiency, table for severity 1.0; they act on linear RGB.
DEFICIENCIES = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
    "none": np.eye(3).tolist(),
}


def linear(color: str) -> np.ndarray:
    """Return a color in linear RGB (the inverse of sRGB's gamma)."""
    c = np.array(to_rgb(color))
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def seen(color: str, deficiency: str) -> np.ndarray:
    return (np.array(DEFICIENCIES[deficiency]) @ linear(color)).clip(0, 1)


def lab(rgb: np.ndarray) -> np.ndarray:
    """Return linear RGB in CIELAB, D65."""
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    t = (np.array(to_xyz) @ rgb) / (0.9505, 1.0, 1.089)
    f = np.where(t > (6 / 29) ** 3, np.cbrt(t), t / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def contrast(a: str, b: str) -> float:
    """Return the contrast of two colors, 1 … 21 (WCAG 2.2)."""
    lights = sorted(float(linear(c) @ (0.2126, 0.7152, 0.0722)) for c in (a, b))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def test_the_tools_know_the_ends():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert lab(linear("#FFFFFF")) == pytest.approx([100, 0, 0], abs=0.1)
    assert lab(linear("#FF0000")) == pytest.approx([53.2, 80.1, 67.2], abs=0.3)
    for matrix in DEFICIENCIES.values():
        assert np.sum(matrix, axis=1) == pytest.approx(np.ones(3), abs=1e-5), "white stays white"


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("pair", list(itertools.combinations(MEANINGS, 2)), ids="-".join)
def test_no_two_meanings_look_alike(pair, deficiency):
    """At least 15 apart in CIELAB: about six times what is just noticeable."""
    a, b = (lab(seen(MEANINGS[name], deficiency)) for name in pair)
    assert math.dist(a, b) >= 15


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
def test_the_two_ends_of_the_field_do_not_look_alike(deficiency):
    ends = [lab(seen(show.FIELD(end), deficiency)) for end in (0.0, 1.0)]
    middle = lab(seen(show.FIELD(0.5), deficiency))
    assert math.dist(*ends) >= 20
    assert min(math.dist(end, middle) for end in ends) >= 10


@pytest.mark.parametrize("name", MEANINGS)
def test_lines_and_points_stand_out_from_white(name):
    """Graphics need a contrast of 3 (WCAG 2.2, 1.4.11)."""
    assert contrast(MEANINGS[name], "#FFFFFF") >= CONTRAST.get(name, 3.0)


# The one color below 3. Every line in it is dashed and named in a legend, so it is never alone.
CONTRAST = {"G": 2.9}


def test_the_exceptions_are_as_few_as_is_said():
    low = {name for name, color in MEANINGS.items() if contrast(color, "#FFFFFF") < 3}
    assert low <= set(CONTRAST)


def test_orange_is_too_pale_and_so_has_a_black_edge():
    assert contrast(show.MARK, "#FFFFFF") < 3
    (line,) = show.draw_metric(show.figure().subplots(), [0, 1], [2, 3], name="m").get_lines()
    assert line.get_markerfacecolor() == show.MARK
    assert line.get_markeredgecolor() == line.get_color() == "black"


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_points_and_arrows_stand_out_from_the_field(end):
    """Arrows at 3; a point of either kind at 3 from at least the other's side of the field."""
    behind = show.FIELD(end)
    assert contrast("black", behind) >= 3
    assert contrast((show.REAL, show.FAKE)[end == 1.0], behind) >= 2.4


def test_in_a_dark_theme_a_figure_is_a_dimmed_card_and_keeps_nine_tenths_of_its_contrasts():
    """The card is light gray, colors as told above; the sentence takes the theme's own color."""
    page = show.Picture(show.figure(width=2, height=1), "s")._repr_html_()
    (dim,) = re.findall(r"filter: brightness\(([\d.]+)\)", page)
    assert page.index('[data-jp-theme-light="false"] .gan-lessons-figure img') < page.index(dim)
    assert "color" not in page.split("<figcaption>")[1].split("</figcaption>")[0]

    def dimmed(color: str) -> str:
        return to_hex(float(dim) * np.array(to_rgb(color)))

    assert contrast(dimmed("#FFFFFF"), "#111111") >= 10  # JupyterLab's dark page
    for name, color in MEANINGS.items():
        full = contrast(color, "#FFFFFF")
        assert contrast(dimmed(color), dimmed("#FFFFFF")) >= 0.9 * full, name


# -- in words --------------------------------------------------------------------------------


class Kernel:
    """Stands in for a notebook; keeps what is displayed."""

    def __init__(self):
        self.pages = []

    def display(self, page, *, display_id):
        self.pages.append(page.data)
        return self

    def update(self, page):
        self.pages.append(page.data)


@pytest.fixture
def run(monkeypatch):
    kernel = Kernel()
    monkeypatch.setattr(lives, "in_notebook", lambda: True)
    monkeypatch.setattr(lives, "display", kernel.display)
    monkeypatch.setattr(lives, "EVERY", 0.0)
    monkeypatch.setattr(lives, "SHARE", 1e9)
    runtime.seed_everything(0)
    ring = data.ring(300)
    players = (models.plane_generator(width=8), models.plane_discriminator(width=8))
    optimizers = [torch.optim.Adam(net.parameters()) for net in players]
    metric = ('"<modes>"', lambda samples: 3.0)  # a name that must be escaped
    live = cockpit.Cockpit(*players, *optimizers, real=ring.x, latent_dim=2, metric=metric)
    batches = data.batches(ring.x, 16, rng=runtime.generator(0))
    live.follow(training.train(*players, *optimizers, batches, steps=6, latent_dim=2))
    return live, kernel


def words_of(page: str) -> tuple[str, str]:
    """Return a page's alt text and its printed sentence."""
    alt = re.search(r'<img alt="([^"]*)"', page)[1]
    printed = re.search(r"<figcaption>(.*)</figcaption>", page)[1]
    return html.unescape(alt), html.unescape(printed)


def test_every_live_picture_is_told_in_one_sentence_twice(run):
    """As alt text and printed, the same; it names every number that the picture shows."""
    kernel = run[1]
    pictures = [page for page in kernel.pages if "<img" in page]
    assert len(pictures) >= 3
    for page in pictures[1:]:  # the first is from before the first step
        alt, printed = words_of(page)
        assert alt == printed
        for part in ("steps", "<modes>", "D's loss", "G's", "mean logit", "gradient norms"):
            assert part in printed


def test_film_strip_overlay_and_slider_are_told_as_well(run):
    film = run[0].film
    pages = [p._repr_html_() for p in (film.picture(2), film.strip(), film.beside(film))]
    scrub = film.scrub()
    assert scrub.controls["index"].description
    for page in [*pages, scrub.page]:
        alt, printed = words_of(page)
        assert alt == printed
        assert len(alt.split()) >= 5


def test_the_progress_bar_has_a_name_and_is_told_in_words(run):
    for page in run[1].pages[1:]:
        assert re.search(r'<progress value="\d+" max="6" aria-label="steps">', page)
        assert re.search(r"\d of 6 steps", page)


def test_only_an_export_moves(run, tmp_path):
    """No page of a run holds anything that plays by itself; the GIF is a file, made when asked."""
    for page in run[1].pages:
        assert not re.search(r"image/gif|<video|<script|animation|transition|<marquee", page)
    assert run[0].film.gif(tmp_path / "film.gif").read_bytes().startswith(b"GIF89a")


def test_text_is_at_least_nine_points():
    board = cockpit.board.Board(data.ring(50).x, metric="modes", limit=2.0)
    texts = board._figure.findobj(lambda artist: hasattr(artist, "get_fontsize"))
    assert min(text.get_fontsize() for text in texts if text.get_text()) >= 9
