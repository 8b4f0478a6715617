"""The live picture: fast, the same whatever was drawn before, and never in the way of a run.

What a run's film does is in test_cockpit.py.
"""

import itertools
import math
import random
from io import BytesIO

import numpy as np
import pytest
import torch
from PIL import Image

from gan_lessons import cockpit, data, models, runtime, show, training
from gan_lessons.cockpit import board as boards
from gan_lessons.cockpit import film as films
from gan_lessons.cockpit.bar import progress_line, span
from gan_lessons.cockpit.curves import limits_of, measured

RING = data.ring(300).x
GRAY = torch.zeros(30, 1, 28, 28)
NAN = float("nan")


def frames_of(real: torch.Tensor, steps: range) -> list[cockpit.Frame]:
    """Return frames with samples that differ from step to step."""
    rng = runtime.generator(0)
    made = []
    for step in steps:
        if real.ndim == 2:
            samples = torch.randn(200, 2, generator=rng)
            plane = {"field": torch.randn(50, 50, generator=rng), "pushes": samples[:20].flip(1)}
        else:
            samples, plane = (torch.rand(25, *real.shape[1:], generator=rng) * 255).byte(), {}
        made.append(cockpit.Frame(step, samples, value=float(step), norms=(1.0, 2.0), **plane))
    return made


def film_of(real: torch.Tensor, count: int = 6, *, metric: str | None = "modes") -> cockpit.Film:
    history = training.History(names=(*training.NUMBERS, "norm_d", "norm_g"))
    for step in range(10 * count):
        row = {name: torch.tensor(math.sin(i + step)) for i, name in enumerate(training.NUMBERS)}
        history.record(row | {"norm_d": torch.tensor(1.5), "norm_g": torch.tensor(0.1 + step)})
    film = cockpit.Film(real, history, metric)
    for frame in frames_of(real, range(0, 10 * count, 10)):
        film.add(frame)
    return film


# -- the board -------------------------------------------------------------------------------


@pytest.mark.parametrize("real", [RING, GRAY], ids=["points", "images"])
@pytest.mark.parametrize("metric", ["modes", None])
def test_a_frame_is_the_same_whatever_was_drawn_before(real, metric):
    """Each frame first on a fresh board, then on one board in random orders."""
    film = film_of(real, metric=metric)
    alone = []
    for i in range(6):
        film._board = None
        alone.append(film.picture(i).png)
    assert len(set(alone)) == 6
    order = [i for i in range(6) for _ in range(3)]
    random.Random(0).shuffle(order)
    assert [film.picture(i).png for i in order] == [alone[i] for i in order]


def test_two_boards_do_not_disturb_each_other():
    a, b = film_of(RING), film_of(GRAY)
    first = a.picture(2).png
    b.picture(3)
    assert a.picture(2).png == first


def test_axes_are_drawn_once_while_scrubbing(monkeypatch):
    """That is what makes a step cheap: only data move. A new limit concerns its panels alone."""
    film, drawn = film_of(RING), []
    film.picture(0)
    for name, ax in film._board.panels.items():
        draw = ax.draw
        monkeypatch.setattr(ax, "draw", lambda r, n=name, d=draw: drawn.append(n) or d(r))
    for i in range(6):
        film.picture(i)
    assert drawn == []
    film._history._rows[3, 0] = 40.0  # a loss that needs more room
    film.picture(0)
    film.picture(1)
    assert drawn == ["loss"]


@pytest.mark.parametrize(("real", "metric"), [(RING, "modes"), (RING, None), (GRAY, "modes")])
def test_no_part_of_the_picture_reaches_into_another_s_cell(real, metric):
    """Else its pixels would be cut off, or be there or not depending on what was drawn before."""
    film = film_of(real, metric=metric)
    film.planned = 2_000_000
    film._history._rows[:, :4] *= 12_345
    film.picture(-1)
    board = film._board
    for name, ax in {"samples": board._samples, **board.panels}.items():
        left, bottom, width, height = (show.SHARP * side for side in board._cells[name])
        box = ax.get_tightbbox(board._canvas.get_renderer())
        assert (left <= box.x0, box.x1 <= left + width) == (True, True), name
        assert (bottom <= box.y0, box.y1 <= bottom + height) == (True, True), name


@pytest.mark.parametrize(("size", "channels"), [(8, 1), (28, 1), (32, 3), (64, 3), (200, 1)])
def test_image_pixels_become_whole_squares(size, channels):
    """5 by 5 images; each pixel k x k on the page, where they fit at all."""
    sharp = show.SHARP
    real = torch.zeros(30, channels, size, size)
    film = cockpit.Film(real, training.History())
    samples = torch.randint(0, 2, (25, channels, size, size), generator=runtime.generator(0)) * 255
    film.add(cockpit.Frame(0, samples.byte()))
    page = np.asarray(Image.open(BytesIO(film.picture(0).png)).convert("L"))
    scale = boards.SIDE // (5 * size)
    if scale == 0:  # then they are drawn smaller than they are, and are there all the same
        assert page.shape == (sharp * boards.HEIGHT, sharp * boards.WIDTH)
        top, left = sharp * (boards.HEIGHT - boards.BOTTOM - boards.SIDE), sharp * boards.LEFT
        sheet = page[top : top + sharp * boards.SIDE, left : left + sharp * boards.SIDE]
        assert abs(float(sheet.mean()) - 127.5) < 30  # half of the pixels are white
        return
    scale *= sharp
    side = 5 * size * scale
    top, left = sharp * (boards.HEIGHT - boards.BOTTOM - boards.SIDE), sharp * boards.LEFT
    sheet = page[top : top + side, left : left + side]
    small = sheet[::scale, ::scale]
    assert np.array_equal(np.kron(small, np.ones((scale, scale), dtype=small.dtype)), sheet)
    tiled = np.asarray(show.tile(samples.byte(), columns=5))
    if channels == 1:
        assert np.array_equal(small > 127, tiled > 0.5)


@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize(
    "values", [[0.1, 3.7], [1.386, 1.386], [-2.0, 1e4], [0.0, 0.0], [1e-9, 2e-9], [5.0, NAN]]
)
def test_limits_leave_nothing_out_and_are_round(values, log):
    low, high = limits_of([(np.arange(2), np.array(values))], log=log)
    finite = [v for v in values if math.isfinite(v) and (v > 0 or not log)]
    assert low < high
    assert all(low <= v <= high for v in finite)
    again = limits_of([(np.arange(2), np.array([low, high]))], log=log)
    assert again[0] <= low < high <= again[1]


def test_limits_of_a_growing_curve_change_rarely():
    curve = np.cumsum(np.random.default_rng(0).normal(size=2_000))
    limits = {limits_of([(np.arange(n), curve[:n])]) for n in range(1, 2_000)}
    assert len(limits) < 60


# -- what must not stop a run ----------------------------------------------------------------


def small_run(*, metric=None, spoil=None, steps: int = 6, pictures: bool = False):
    """Train a few steps under a cockpit; ``spoil(G, step)`` may break something in between."""
    runtime.seed_everything(0)
    if pictures:
        G = models.image_generator(latent_dim=2, shape=(1, 8, 8), width=8)
        D = models.image_discriminator(shape=(1, 8, 8), width=8)
    else:
        G, D = models.plane_generator(width=8), models.plane_discriminator(width=8)
    real = torch.zeros(40, 1, 8, 8) if pictures else RING
    opts = [torch.optim.Adam(net.parameters()) for net in (G, D)]
    live = cockpit.Cockpit(G, D, *opts, real=real, latent_dim=2, metric=metric)
    batches = data.batches(real, 16, rng=runtime.generator(0))

    def run():
        for moment in training.train(G, D, *opts, batches, steps=steps, latent_dim=2):
            if spoil is not None:
                spoil(G, moment.step)
            yield moment

    live.follow(run())
    return live


def test_a_metric_that_fails_is_told_and_the_run_goes_on():
    def metric(samples):
        raise ZeroDivisionError("no <mode> at all")

    live = small_run(metric=("modes", metric))
    assert live.step == 6
    assert "the metric failed (ZeroDivisionError: no <mode> at all)" in live.picture.sentence
    assert "&lt;mode&gt;" in live.picture._repr_html_()
    assert math.isnan(live.film.frames[-1].value)


def test_a_metric_that_fails_once_leaves_a_gap():
    values = iter([1.0, None, 3.0])
    first, second = small_run(metric=("m", lambda samples: next(values)), steps=1).film.frames
    assert first.value == 1.0
    assert math.isnan(second.value)
    assert "metric failed (TypeError" in second.problem


@pytest.mark.parametrize("pictures", [False, True], ids=["points", "images"])
@pytest.mark.parametrize("bad", [NAN, math.inf])
def test_samples_that_are_no_numbers_are_told_and_drawn_as_nothing(pictures, bad):
    def spoil(G, step):
        with torch.no_grad():
            next(reversed(list(G.parameters()))).fill_(bad)

    live = small_run(spoil=spoil, steps=1, pictures=pictures)
    told = live.picture.sentence
    assert "1,000 of 1,000 samples are not finite" in told or (pictures and math.isinf(bad))
    assert Image.open(BytesIO(live.picture.png)).size == (2 * boards.WIDTH, 2 * boards.HEIGHT)
    assert live.film.strip().png


def test_numbers_that_are_no_numbers_are_gaps_in_the_curves():
    film = film_of(RING)
    film._history._rows[5:9] = NAN
    film._history._rows[9:12] = math.inf
    assert film.picture(-1).png
    film._history._rows[:] = NAN
    assert film.picture(-1).png


def test_a_loop_that_records_nothing_is_counted_all_the_same():
    G, D = models.plane_generator(width=8), models.plane_discriminator(width=8)
    opts = [torch.optim.Adam(net.parameters()) for net in (G, D)]
    live = cockpit.Cockpit(G, D, *opts, real=RING, latent_dim=2)
    for _ in live.watch(5):
        pass
    assert live.step == 5
    assert live.picture.sentence.startswith("After 5 steps")


def test_running_the_cell_again_goes_on_and_a_new_cockpit_starts_anew():
    live = small_run(steps=3)
    for _ in live.watch(4):
        live.record({})
    assert live.step == 7
    assert [frame.step for frame in live.film.frames] == list(range(8))
    assert small_run(steps=2).step == 2


# -- bounded ---------------------------------------------------------------------------------


def test_frames_states_and_figures_stay_bounded_over_many_looks(monkeypatch):
    """Drawn far more often than a real run is: at most 120 frames, one figure, no growth."""
    monkeypatch.setattr(films, "FRAMES", 10)
    film = film_of(RING, count=2)
    net = torch.nn.Linear(3, 3)
    film.keep(G=net)
    for frame in frames_of(RING, range(20, 400)):
        film.add(frame)
        if frame.step % 10 == 0:
            film.picture(-1)
    steps = [frame.step for frame in film.frames]
    assert len(steps) == 10
    assert set(film.states) <= set(steps)
    assert len(film._board._samples.collections) == 2, "arrows are taken off again"
    gaps = [b - a for a, b in itertools.pairwise(steps)]
    assert max(gaps) <= 4 * min(gaps[:-1]), "evenly spread, but for the newest"


def test_rewind_brings_schedulers_back():
    G, D = models.plane_generator(width=8), models.plane_discriminator(width=8)
    opts = [torch.optim.Adam(net.parameters(), lr=0.1) for net in (G, D)]
    falling = [training.falling_lr(opt, 10) for opt in opts]
    live = cockpit.Cockpit(G, D, *opts, real=RING, latent_dim=2, schedulers=tuple(falling))
    live.film.add(cockpit.Frame(0, RING))
    batches = data.batches(RING, 16, rng=runtime.generator(0))
    run = training.train(G, D, *opts, batches, steps=8, latent_dim=2)
    live.follow(training.scheduled(run, *falling))
    assert opts[0].param_groups[0]["lr"] == pytest.approx(0.04)
    live.film.rewind(0)
    assert [s.last_epoch for s in falling] == [0, 0]
    assert opts[0].param_groups[0]["lr"] == 0.1


# -- numbers ---------------------------------------------------------------------------------


def test_norms_are_heard_between_the_pictures(monkeypatch):
    """Without drawing: the history has them at some steps, and the curve shows those only."""
    monkeypatch.setattr(cockpit.live, "LISTEN", 0.0)
    live = small_run(steps=6)
    steps, values = measured(live.history, "norm_d")
    assert steps.tolist() == [1, 2, 3, 4, 5, 6]
    assert (values > 0).all()


def test_curves_end_at_the_frame_and_axes_at_the_plan():
    film = film_of(RING)
    film.planned = 500
    film.picture(2)
    for ax in film._board.panels.values():
        assert ax.get_xlim() == (0, 500)
        for line in ax.lines[:1]:
            assert len(line.get_xdata())
            assert max(line.get_xdata()) <= 20


def test_the_field_s_range_is_told_and_does_not_flicker():
    """A single frame of another range changes nothing; a lasting change comes with a delay."""
    film = film_of(RING, count=14)
    sizes = [*(3 * [0.5]), 4.0, *(4 * [0.5]), *(6 * [4.0])]
    film.frames = [
        cockpit.Frame(f.step, f.samples, field=torch.full((50, 50), size), pushes=f.pushes)
        for f, size in zip(film.frames, sizes, strict=True)
    ]
    reaches = [film._reach(frame) for frame in film.frames]
    assert reaches == 10 * [0.5] + 4 * [5.0]
    for i in (0, 13):
        film.picture(i)
        key = [text.get_text() for text in film._board._key]
        assert key == [f"fake  −{reaches[i]:g}", f"+{reaches[i]:g}  real"]
        assert film._board._samples.images[0].get_clim() == (-reaches[i], reaches[i])


def test_every_number_has_a_panel():
    film = film_of(RING)
    film.picture(0)
    assert list(film._board.panels) == ["loss", "logit", "gradient", "modes"]
    assert list(film_of(RING, metric=None).beside(film).sentence.split()[:2]) == ["this", "run:"]


def test_two_runs_beside_each_other_are_both_told():
    a, b = film_of(RING), film_of(RING, count=3)
    both = a.beside(b, names=("wide", "narrow"))
    assert both.sentence.startswith("wide: After 50 steps, modes is 50")
    assert " narrow: After 20 steps, modes is 20" in both.sentence
    assert both.png == a.beside(b, names=("wide", "narrow")).png
    assert film_of(GRAY).beside(film_of(GRAY, metric=None)).png


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (99.4, "99 s"), (100, "2 min"), (3600, "60 min")]
)
def test_spans_of_time(seconds, words):
    assert span(seconds) == words


def test_a_stopped_run_says_so():
    line = progress_line(3, 9, 2.0, unit="step", ended=True)
    assert "3 of 9 steps · stopped after 2 s, everything is kept" in line
    assert "left" not in line
