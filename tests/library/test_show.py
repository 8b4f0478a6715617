"""Figures are pictures with a sentence; colors mean one thing; nothing depends on pyplot."""

import base64
import functools
import html
import re
import subprocess
import sys
from html.parser import HTMLParser
from io import BytesIO

import matplotlib.style
import numpy as np
import pytest
import torch
from matplotlib import rc_context, rcParams
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from PIL import Image
from torch import nn
from torch.testing import assert_close

from gan_lessons import data, show
from gan_lessons.show import curves
from gan_lessons.show.curves import smooth
from gan_lessons.show.images import tile
from gan_lessons.show.picture import CARD, DPI, WIDEST, packed
from gan_lessons.show.plane import LONGEST, arrows_of, usual_push

RING = data.ring(300)
FAKE = torch.randn(200, 2, generator=torch.Generator().manual_seed(0))
GRAY = torch.linspace(-1, 1, 12 * 64).reshape(12, 1, 8, 8)
COLOR = (255 * torch.rand(5, 3, 8, 8, generator=torch.Generator().manual_seed(0))).byte()
CURVE = torch.linspace(2, 0, 1000)
NASTY = 'D("x") < G & <script>alert(1)</script>'


SAID = {"sentence": NASTY}
TOLD = {"title": "5 of 8 modes found", **SAID}
COUNTS = {"class": torch.arange(20) % 4, "slant": torch.linspace(-1, 1, 20)}
# every figure of the course, from data that are a little unusual too
FIGURES = {
    "points": lambda: show.points(RING.x, FAKE, D=Right(), **TOLD),
    "only real points": lambda: show.points(RING.x, **TOLD),
    "only fake points": lambda: show.points(None, FAKE, **TOLD),
    "points with a graph": lambda: show.points(RING.x, FAKE.clone().requires_grad_(), **TOLD),
    "clouds": lambda: show.clouds([("a", FAKE), ("b", FAKE), ("c", FAKE)], columns=2, **SAID),
    "clouds over real": lambda: show.clouds([("a", FAKE)], real=RING.x, **SAID),
    "losses": lambda: show.losses(CURVE, 2 - CURVE, **TOLD),
    "losses of one step": lambda: show.losses(CURVE[:1], CURVE[:1], **TOLD),
    "histograms": lambda: show.histograms(COUNTS, COUNTS, **SAID),
    "one histogram": lambda: show.histograms({"a": FAKE[:, 0]}, {"a": FAKE[:, 1]}, **SAID),
    "bars": lambda: show.bars({"with": [0.9, 0.8], "without": [0.5]}, ylabel="share", **TOLD),
    "gray images": lambda: show.images(GRAY, **TOLD),
    "color images": lambda: show.images(COLOR, columns=2, **TOLD),
    "one image": lambda: show.images(GRAY[:1], **TOLD),
    "rows of images": lambda: show.rows_of_images({"real": GRAY[:4], "fake": GRAY[4:8]}, **SAID),
}


@functools.cache
def drawn(name: str) -> show.Picture:
    return FIGURES[name]()


class Right(nn.Module):
    """A D whose logit is x₁, so it says real on the right."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, points):
        return self.weight * points[:, 0]


class Tags(HTMLParser):
    """Collect a page's tags and text."""

    def __init__(self, page: str):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data


@pytest.fixture(params=FIGURES)
def picture(request) -> show.Picture:
    return drawn(request.param)


def test_a_figure_is_a_png_of_a_sensible_size(picture):
    assert picture.png.startswith(b"\x89PNG\r\n\x1a\n")
    image = Image.open(BytesIO(picture.png))
    image.load()
    assert min(image.size) >= 60
    assert max(image.size) <= 1600
    assert image.width == 2 * picture.width, "two pixels for each that is shown"
    assert len(picture.png) < 150_000
    assert len(np.unique(np.asarray(image.convert("L")))) > 2, "something is drawn"


def test_a_figure_says_what_to_see_as_alt_text_and_as_caption(picture):
    page = Tags(picture._repr_html_())
    tags = dict(page.tags)
    assert list(tags) == ["figure", "img", "figcaption", "style"], "no tag from the sentence"
    assert tags["img"]["alt"] == NASTY == repr(picture)
    assert page.text.removesuffix(re.search(r"<style>(.*)</style>", CARD)[1]) == NASTY
    assert tags["img"]["width"] == str(picture.width)
    assert html.escape(NASTY) in picture._repr_html_()
    kind, code = re.fullmatch(r"data:(.+);base64,(.+)", tags["img"]["src"]).groups()
    assert kind == "image/png"
    assert base64.b64decode(code) == picture.png


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_data_give_the_same_bytes(name):
    assert FIGURES[name]().png == drawn(name).png


def test_other_data_give_other_bytes():
    told = {"title": "t", "sentence": "s"}
    assert show.points(RING.x, FAKE, **told).png != show.points(RING.x, -FAKE, **told).png


def test_a_picture_does_not_change_with_its_figure():
    fig = Figure()
    picture = show.Picture(fig, "An empty page.")
    before = picture.png
    fig.subplots().plot([0, 1])
    assert picture.png == before


def test_nothing_stays_open_and_pyplot_is_never_imported():
    code = (
        "import sys; from gan_lessons import checks, cockpit, show; import torch; "
        "show.losses(torch.ones(3), torch.ones(3), title='t', sentence='s'); "
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# -- two pixels for each that is shown -------------------------------------------------------


@pytest.mark.parametrize(("inches", "shown"), [(2.0, 192), (6.0, 576), (8.0, 768), (12.0, 800)])
def test_a_figure_is_shown_in_its_own_size_or_in_800_pixels(inches, shown):
    """A point of text is a point on the screen, but where a figure is wider than that."""
    picture = show.Picture(show.figure(width=inches, height=1.0), "s")
    assert picture.width == shown == min(DPI * inches, WIDEST)
    assert Image.open(BytesIO(picture.png)).size == (2 * shown, int(2 * shown / inches))
    assert f'width="{shown}"' in picture._repr_html_()


def test_a_finished_drawing_is_shown_in_its_own_size_or_in_one_that_is_told():
    png = drawn("points").png
    assert "width=" not in show.Picture(png, "s")._repr_html_()
    assert 'width="300"' in show.Picture(png, "s", width=300)._repr_html_()
    assert show.Picture(png, "s").png == png


def unpacked(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(png)).convert("RGB")).astype(int)


@pytest.mark.parametrize("colors", [2, 256, 257, 3_000, 20_000])
def test_packing_keeps_the_colors(colors):
    """Up to 256 exactly; of more the frequent ones, and the others nearly; photographs whole."""
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 255, colors)
    shades = np.stack([ramp, 255 - ramp, ramp * 0.5 + 20], axis=1).round().astype(np.uint8)
    shades = np.unique(np.clip(shades + rng.integers(-3, 3, shades.shape), 0, 255), axis=0)
    pixels = shades[rng.permutation(len(shades)).repeat(3)].astype(np.uint8)
    pixels = np.concatenate([np.full((len(pixels), 3), 255, np.uint8), pixels]).reshape(2, -1, 3)
    off = np.abs(unpacked(packed(pixels)) - pixels).max(-1)
    if len(shades) <= 255:
        assert off.max() == 0
    assert (off[0] == 0).all(), "the paper stays white"
    assert off.max() <= 24
    assert (unpacked(packed(pixels, fast=True)) == pixels).all()


@pytest.mark.parametrize("name", FIGURES)
def test_packing_cannot_be_seen(name, monkeypatch):
    """Of a hundred pixels 99 differ by at most 2 of 255, and none by more than 24."""
    kept = []
    monkeypatch.setattr(
        "gan_lessons.show.picture.packed", lambda pixels: kept.append(pixels) or packed(pixels)
    )
    off = np.abs(unpacked(FIGURES[name]().png) - kept[0])
    assert off.max() <= 24
    assert np.quantile(off, 0.99) <= 2


# -- whatever style a learner has chosen -----------------------------------------------------


ODD = {"font.size": 30, "axes.facecolor": "black", "text.color": "white", "lines.linewidth": 9}
ODD |= {"axes.titlelocation": "right", "font.family": "serif", "axes.grid": True}
ODD |= {"figure.facecolor": "black", "savefig.facecolor": "black", "savefig.dpi": 20}
ODD |= {"figure.dpi": 30, "image.cmap": "hot", "axes.unicode_minus": False}


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("style", ["dark_background", "ggplot", "odd"])
def test_a_learner_s_style_changes_no_figure(name, style):
    chosen = ODD if style == "odd" else matplotlib.style.library[style]
    with rc_context(chosen):
        assert FIGURES[name]().png == drawn(name).png


def test_a_lesson_s_own_figure_is_in_the_course_s_style_too():
    """Made as lessons make them: drawn within STYLE, made a Picture outside of it."""

    def own() -> show.Picture:
        fig = show.figure(width=3.0, height=2.0)
        with rc_context(show.STYLE):
            ax = fig.subplots()
            ax.plot([0, 1], [-1, 1], label="a")
            ax.set(title="T", xlabel="x")
            ax.legend()
        return show.Picture(fig, "s")

    plain = own().png
    with rc_context(ODD):
        assert own().png == plain
        assert rcParams["font.size"] == 30, "the learner keeps the style"


def test_the_style_says_nothing_about_windows():
    before = rcParams["backend"]
    with rc_context(show.STYLE):
        assert rcParams["backend"] == before
    assert not {"backend", "toolbar", "interactive", "timezone"} & set(show.STYLE)
    assert len(show.STYLE) > 200


# -- the palette -----------------------------------------------------------------------------


def test_the_palette_is_okabe_and_ito_s():
    palette = (show.REAL, show.FAKE, show.D_COLOR, show.G_COLOR, show.MARK)
    assert palette == ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00")


def axes():
    return show.figure().subplots()


def test_color_is_never_alone_for_points():
    """Real and fake differ in the marker as well, and the legend names both."""
    ax = show.draw_points(axes(), RING.x, FAKE)
    real, fake = ax.collections
    assert tuple(real.get_facecolor()[0][:3]) == to_rgb(show.REAL)
    assert tuple(fake.get_facecolor()[0][:3]) == to_rgb(show.FAKE)
    assert len(real.get_paths()[0]) != len(fake.get_paths()[0])
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["real", "fake"]
    assert ax.get_xlabel()
    assert ax.get_ylabel()


@pytest.mark.parametrize(
    ("draw", "colors"),
    [(show.draw_losses, (show.D_COLOR, show.G_COLOR)), (show.draw_logits, (show.REAL, show.FAKE))],
)
def test_color_is_never_alone_for_curves(draw, colors):
    ax = draw(axes(), CURVE, CURVE / 2)
    first, second, reference = ax.get_lines()
    assert (first.get_color(), second.get_color(), reference.get_color()) == (*colors, "black")
    styles = [line.get_linestyle() for line in (first, second, reference)]
    assert styles == ["-", "--", ":"]
    assert ax.get_xlabel() == "step"
    assert ax.get_ylabel()
    assert min(text.get_fontsize() for text in ax.get_legend().get_texts()) >= 9


def test_the_loss_of_a_d_that_says_nothing_is_marked():
    (line,) = (
        line for line in show.draw_losses(axes(), CURVE, CURVE).get_lines() if ":" in line.get_ls()
    )
    assert line.get_ydata()[0] == pytest.approx(1.38629, abs=1e-5)


# -- what is drawn ---------------------------------------------------------------------------


def test_the_field_is_d_s_logit_and_lies_the_right_way_round():
    """field[i, j] = D(x₁ = tick i, x₂ = tick j), drawn with x₁ to the right and x₂ upward."""
    field = show.logit_field(Right(), 2.0, cells=5)
    ticks = torch.linspace(-2, 2, 5)
    assert_close(field, ticks[:, None].expand(5, 5))
    assert not field.requires_grad
    image = show.draw_points(axes(), RING.x, field=field, limit=2.0).images[0]
    assert tuple(image.get_extent()) == (-2, 2, -2, 2)
    assert image.origin == "lower"
    assert_close(torch.as_tensor(np.asarray(image.get_array())), field.T)
    low, _, high = (image.cmap(image.norm(value))[:3] for value in (-2.0, 0.0, 2.0))
    assert low[0] > low[2], "fake is vermillion"
    assert high[2] > high[0], "real is blue"


def test_arrows_start_at_the_fakes_and_point_where_they_are_pushed():
    pushes = torch.tensor([[1.0, 0.0], [0.0, -1.0]])
    ax = show.draw_points(axes(), RING.x, FAKE, pushes=pushes, limit=4.0)
    arrows = ax.collections[-1]
    assert_close(torch.as_tensor(arrows.get_offsets()).float(), FAKE[:2])
    assert arrows.U[0] > 0 == arrows.V[0]
    assert arrows.V[1] < 0 == arrows.U[1]


def test_arrows_are_scaled_by_the_median_capped_and_inside_the_frame():
    """One push a thousand times the others shortens none of them, and does not leave the frame."""
    start = torch.tensor([[0.0, 0.0], [1.0, 1.0], [-1.9, 0.0], [0.0, 1.9], [5.0, 0.0]])
    pushes = torch.tensor([[0.01, 0.0], [0.0, -0.01], [-10.0, 0.1], [0.0, 0.01], [1.0, 0.0]])
    arrows = arrows_of(start, pushes, limit=2.0)
    assert usual_push(pushes) == pytest.approx(0.01)
    assert_close(arrows[:2], torch.tensor([[0.24, 0.0], [0.0, -0.24]]))
    assert arrows[2, 0] == pytest.approx(-0.1), "cut at the frame"
    assert arrows[2, 1] == pytest.approx(0.001), "and still along its push"
    assert arrows[3, 1] == pytest.approx(0.1)
    assert (arrows[4] == 0).all(), "it starts outside"
    many = torch.randn(500, 2, generator=torch.Generator().manual_seed(0))
    arrows = arrows_of(many, many.flip(1) ** 5, limit=2.0)
    inside = (many.abs() <= 2).all(1)
    assert (many + arrows)[inside].abs().max() <= 2 + 1e-5
    assert arrows.norm(dim=1).max() <= LONGEST * 2 + 1e-5


@pytest.mark.parametrize("n", [1, 999, 1_000, 1_001, 2_500, 60_000])
def test_rows_are_picked_evenly_over_all_of_them(n):
    picked = show.spread_out(torch.arange(n))
    assert len(picked) == min(n, 1_000)
    assert picked[0] == 0
    gaps = picked.diff()
    assert len(gaps) == 0 or 1 <= gaps.min() <= gaps.max() <= gaps.min() + 1
    assert n - picked[-1] <= max(1, 2 * n / 1_000)


def test_two_kinds_of_points_are_both_drawn():
    real = torch.cat([RING.x[:, :1].repeat(5, 2) - 9, RING.x[:, :1].repeat(5, 2) + 9])
    for ax in (show.draw_points(axes(), real, real), show.draw_points(axes(), None, real)):
        for cloud in ax.collections:
            assert (cloud.get_offsets()[:, 0] > 0).mean() == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("top", "reach"), [(0.0, 0.1), (0.15, 0.2), (1.9, 2), (40.0, 10), (4.9, 5)]
)
def test_a_field_uses_all_of_its_colors(top, reach):
    field = torch.linspace(-top, top, 2_500).reshape(50, 50) / 0.9
    assert show.reach_of(field) == reach
    assert show.reach_of(field * torch.where(torch.rand(50, 50) < 0.05, 1e9, 1)) <= 10
    image = show.draw_points(axes(), RING.x, field=field).images[0]
    assert (image.norm.vmin, image.norm.vmax) == (-reach, reach)


def test_a_weak_sign_is_seen_beside_a_strong_one():
    """A twentieth of the strongest logit has a fifth of its color, on both sides alike."""
    tint = {t: 1 - min(show.ROOT(0.5 + t / 2)[:3]) for t in (-1, -0.05, 0, 0.05, 1)}
    assert tint[0] < 0.02
    for sign in (-1, 1):
        assert 0.18 <= tint[0.05 * sign] / tint[sign] <= 0.3


@pytest.mark.parametrize(
    ("values", "are_counts"),
    [
        ([1, 2], True),
        ([1.0, float("nan")], True),
        ([0.5, 1], False),
        ([], False),
        ([np.inf], False),
    ],
)
def test_counts_are_known_by_their_values(values, are_counts):
    assert show.whole(values) == are_counts


@pytest.mark.parametrize("top", [0, 1, 3, 8, 10, 25, 1_000])
def test_ticks_of_counts_are_whole(top):
    for values in ([0, top], [top], [0, float("nan"), top]):
        ax = axes()
        show.draw_metric(ax, range(len(values)), values, name="modes")
        for axis in (ax.xaxis, ax.yaxis):
            ticks = axis.get_ticklocs()
            assert len(ticks) >= 1
            assert (ticks == ticks.round()).all()
    ax = show.draw_metric(axes(), [0, 1], [0.2, 0.9], name="precision")
    assert not (ax.yaxis.get_ticklocs() % 1 == 0).all()


def test_there_is_no_class_ten(monkeypatch):
    figures = []
    monkeypatch.setattr(curves, "Picture", lambda figure, sentence: figures.append(figure))
    digits = torch.arange(10).repeat(3)
    show.histograms({"class": digits}, {"class": digits}, sentence="s")
    ax = figures[0].axes[0]
    low, high = ax.get_xlim()
    seen = [tick for tick in ax.get_xticks() if low <= tick <= high]
    assert seen == list(range(10))
    show.bars({"a": [7, 8, 8], "b": [6, 7, 8]}, ylabel="modes", title="t", sentence="s")
    assert all(tick % 1 == 0 for tick in figures[1].axes[0].get_yticks())


def test_places_are_kept_for_panels_to_come():
    panels = [("seed 0", FAKE), ("seed 1", FAKE)]
    whole = show.clouds([*panels, ("seed 2", FAKE)], sentence="s")
    part = show.clouds(panels, sentence="s", places=3)
    assert (part.width, part.png != whole.png) == (whole.width, True)
    assert show.clouds(panels, sentence="s").width < whole.width


def test_no_push_at_all_is_no_division_by_zero():
    ax = show.draw_points(axes(), RING.x, FAKE, pushes=torch.zeros(5, 2))
    assert np.isfinite(ax.collections[-1].U).all()


def test_the_square_has_room_for_every_point():
    assert show.limit_of(RING.x) > RING.x.abs().max()
    ax = show.draw_points(axes(), RING.x)
    assert ax.get_xlim() == ax.get_ylim()
    assert ax.get_aspect() == 1


@pytest.mark.parametrize("n", [1, 399, 400, 401, 1234, 10_000])
def test_a_long_curve_is_averaged_in_groups(n):
    """The mean of a line stays on the line; at most 400 points are drawn."""
    steps, values = smooth(torch.arange(n).float() + 0.5)
    assert 0 < len(steps) <= 400
    assert_close(torch.as_tensor(values), torch.as_tensor(steps))


@pytest.mark.parametrize(("n", "columns", "shape"), [(6, 3, (16, 24)), (7, 3, (24, 24))])
def test_tiles_lie_row_by_row(n, columns, shape):
    images = torch.arange(n).reshape(n, 1, 1, 1).expand(n, 1, 8, 8).to(torch.uint8)
    sheet = tile(images, columns=columns)
    assert sheet.shape == shape
    for i in range(n):
        row, column = divmod(i, columns)
        assert (
            sheet[8 * row : 8 * row + 8, 8 * column : 8 * column + 8] == i / np.float32(255)
        ).all()
    if n % columns:
        assert (sheet[-8:, 8 * (n % columns) :] == 0).all()


def test_both_ranges_of_images_look_the_same():
    pixels = torch.arange(256, dtype=torch.uint8).reshape(4, 1, 8, 8)
    inside = data.to_model_range(pixels)
    assert_close(tile(inside, columns=2), tile(pixels, columns=2))
    assert tile(2 * inside, columns=2).max() == 1
    assert tile(COLOR, columns=5).shape == (8, 40, 3)


def test_pixels_stay_pixels():
    image = show.draw_sheet(axes(), GRAY).images[0]
    assert image.get_interpolation() == "nearest"
    assert (image.norm.vmin, image.norm.vmax) == (0, 1)


@pytest.mark.parametrize("rows", [1, 5, 8])
def test_labels_beside_rows_of_images_are_whole(rows):
    names = [*"abcdefg"[: rows - 1], "100, R1 and T"]
    shown = show.rows_of_images({name: -torch.ones(12, 1, 28, 28) for name in names}, **SAID)
    dark = np.asarray(Image.open(BytesIO(shown.png)).convert("L")) < 200
    assert dark.any(0).nonzero()[0].min() >= 6  # white as far as the labels begin


def test_histograms_say_what_is_real_and_what_is_made(monkeypatch):
    """Whole numbers get one bar each: the heights are the shares."""
    figures = []
    monkeypatch.setattr(curves, "Picture", lambda figure, sentence: figures.append(figure))
    real, fake = torch.tensor([0, 0, 1, 3]), torch.tensor([1, 1, 1, 1])
    show.histograms({"class": real}, {"class": fake}, sentence="s")
    heights = [patch.get_height() for patch in figures[0].axes[0].patches[:4]]
    assert heights == pytest.approx([0.5, 0.25, 0, 0.25])
