"""All words of all figures can be read at the size in which they are shown, and none is cut off."""

import itertools

import pytest
import torch
from matplotlib import rc_context
from matplotlib.text import Text

from gan_lessons import data, runtime, show
from gan_lessons.metrics import Interval
from gan_lessons.show import picture as pictures
from tests.library.test_cockpit_live import GRAY, RING, film_of
from tests.library.test_show import FIGURES
from tests.library.test_show_motion import CIRCLE, SPIRAL, TURN, push

RNG = runtime.generator(0)
TEN = [f"+ the trick of row {i}" for i in range(10)]
SCALES = (25, 1, 0.1, 300)
METRICS = ("modes", "high quality", "reverse KL", "FD")
SCORES = {
    name: torch.rand(10, 5, generator=RNG) * k
    for name, k in zip(METRICS, (25, 1, 0.1, 300), strict=True)
}
CLOUD = torch.randn(400, 2, generator=RNG)
IMAGES = torch.rand(8, 1, 28, 28, generator=RNG)
TOLD = {"title": "6 of 8 games are at rest", "sentence": "s"}
RATIOS = {"weights clipped": [0.3, 0.5, 217.0], "penalty": [1.1, 1.0, 0.9]}
PATHS = {"together": SPIRAL, "in turns": CIRCLE}
SLOPES = {"clipped": torch.rand(300, generator=RNG), "penalty": torch.rand(300, generator=RNG)}

LOSSES = ("cross entropy", "least squares", "hinge", "Wasserstein", "relativistic")


def three_panels() -> show.Picture:
    """Draw as lessons do, on axes of their own."""
    with rc_context(show.STYLE):
        fig, (left, *others) = show.panels(3)
        show.draw_densities(left, TURN, TURN, TURN.flip(0)).set_title("fake 6.0 away")
        for ax in others:
            show.draw_lines(ax, TURN, {"KL": -TURN, "JS": TURN}, ylabel="slope", xlabel="gap θ")
    return show.Picture(fig, "s")


MORE = {
    "five clouds": lambda: show.clouds(
        [(f"step {10**i:,}", CLOUD) for i in range(1, 6)], sentence="s"
    ),
    "points and a field": FIGURES["points"],
    "four games": lambda: show.phases({name: (push, PATHS) for name in TEN[:4]}, **TOLD),
    "five losses": lambda: show.meanings(
        TURN, dict.fromkeys(LOSSES, (TURN.sin(), TURN.cos())), sentence="s"
    ),
    "three panels": lambda: three_panels(),
    "a journey": lambda: show.journey(push, PATHS, limit=2.0, **TOLD),
    "an ablation": lambda: show.matrix(
        *(SCORES, TEN, {name: [1] * 10 for name in METRICS}),
        pick=(TEN[3], "FD"),
        against=TEN[0],
        samples=torch.randn(10, 5, 50, 2, generator=RNG),
        seeds=range(5),
        ideal=dict.fromkeys(METRICS, 0.0),
        real=CLOUD,
    ),
    "a comparison": lambda: show.compared(
        {
            name: {row[:12]: SCORES[name][i].tolist() for i, row in enumerate(TEN)}
            for name in METRICS
        },
        sentence="s",
    ),
    "a table": lambda: show.table(
        {f"set {i}": dict.fromkeys((*METRICS, "recall", "precision"), 10.0**i) for i in range(5)},
        good={"set 0": METRICS},
        **TOLD,
    ),
    "intervals": lambda: show.intervals(
        {name: [Interval(1.0, 0.5, 1.5)] * 3 for name in ("MLP", "DCGAN")}, xlabel="FD", **TOLD
    ),
    "estimates": lambda: show.estimates({"in the plane": RATIOS, "images": RATIOS}, **TOLD),
    "critics": lambda: show.inside_critics(
        torch.randn(300, generator=RNG), SLOPES, {name: [1, 2, 9] for name in SLOPES}, **TOLD
    ),
    "runs": lambda: show.runs(
        [run for run in data.gallery().runs if run.kind == "healthy"], 6, real=RING
    ),
    "known by heart": lambda: show.known_by_heart(
        {name: torch.rand(3, 20, 3, generator=RNG) for name in TEN[:3]}, 2_000, sentence="s"
    ),
    "two runs": lambda: film_of(RING).beside(film_of(RING)),
    "two runs of images": lambda: film_of(GRAY).beside(film_of(GRAY)),
    "two rows of one image": lambda: show.rows_of_images(
        {"generated": IMAGES[:1], "nearest real": IMAGES[1:2]}, sentence="s"
    ),
}


def words_of(fig) -> list[Text]:
    return [text for text in fig.findobj(Text) if text.get_visible() and text.get_text().strip()]


@pytest.mark.parametrize("name", [*FIGURES, *MORE])
def test_words_have_nine_points_and_are_whole_and_apart(name, monkeypatch):
    """Nine points on a screen, also where a wide figure is shown in 800 pixels."""
    words, sizes, draw, pixels_of = [], [], Text.draw, pictures.pixels_of

    def drawn(text: Text, renderer) -> None:
        if text.get_visible() and text.get_text().strip():
            words.append((text.get_text(), text.get_fontsize(), text.get_window_extent(renderer)))
        draw(text, renderer)

    monkeypatch.setattr(Text, "draw", drawn)
    monkeypatch.setattr(
        pictures,
        "pixels_of",
        lambda fig, dpi: sizes.append((dpi, *(dpi * fig.get_size_inches()))) or pixels_of(fig, dpi),
    )
    {**FIGURES, **MORE}[name]()
    ((dpi, width, height),) = sizes
    assert len(words) >= 1
    for text, points, box in words:
        shown = points * dpi / (pictures.SHARP * pictures.DPI)
        assert shown >= 8.9, text
        assert (box.x0 >= -2, box.y0 >= -2) == (True, True), text
        assert (box.x1 <= width + 2, box.y1 <= height + 2) == (True, True), text
    for (a, _, here), (b, _, there) in itertools.combinations(words, 2):
        wide = min(here.x1, there.x1) - max(here.x0, there.x0)
        high = min(here.y1, there.y1) - max(here.y0, there.y0)
        assert wide <= 4 or high <= 6, f"{a!r} lies on {b!r}"


@pytest.mark.parametrize("real", [RING, GRAY], ids=["points", "images"])
def test_the_live_view_has_nine_points_too(real):
    film = film_of(real)
    film.picture(-1)
    film.glance(film.frames[-1])
    for board, scale in ((film._board, 2), (film._fast, 1)):
        assert board._figure.dpi == scale * pictures.DPI
        assert min(text.get_fontsize() for text in words_of(board._figure)) >= 9
