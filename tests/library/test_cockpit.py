"""The cockpit looks without touching; its film can be scrubbed, rewound, forked and exported."""

import copy
import html
import itertools
import re
import signal
from contextlib import suppress
from io import BytesIO
from types import SimpleNamespace

import pytest
import torch
from PIL import Image
from torch import nn
from torch.testing import assert_close

from gan_lessons import cockpit, data, losses, models, runtime, show, training
from gan_lessons.cockpit import film as films
from gan_lessons.cockpit import frame as looks
from gan_lessons.cockpit import live as lives
from gan_lessons.cockpit import page as pages
from gan_lessons.errors import SettingError, TrainingDiverged
from tests.three_lines import complaints

RING = data.ring(300)
IMAGES = torch.rand(60, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
LATENT = 2


class Team:
    """Fresh small players of either kind, all from one seed."""

    def __init__(self, *, pictures: bool = False, norm: bool = False, lr: float = 1e-2):
        runtime.seed_everything(0)
        if pictures:
            self.G = models.image_generator(latent_dim=LATENT, shape=(1, 8, 8), width=8)
            self.D = models.image_discriminator(shape=(1, 8, 8), width=8)
        else:
            self.G, self.D = models.plane_generator(width=8), models.plane_discriminator(width=8)
        if norm:
            self.G.insert(1, nn.BatchNorm1d(8))
            self.D.insert(1, nn.BatchNorm1d(8))
        self.opt_g, self.opt_d = (
            torch.optim.Adam(net.parameters(), lr=lr) for net in (self.G, self.D)
        )
        self.average = copy.deepcopy(self.G)
        self.real = IMAGES if pictures else RING.x
        self.batches = data.batches(self.real, 16, rng=runtime.generator(0))

    @property
    def players(self) -> tuple:
        return self.G, self.D, self.opt_g, self.opt_d

    def run(self, steps: int, **more):
        more = {"latent_dim": LATENT, **more}
        run = training.train(*self.players, self.batches, steps=steps, **more)
        return training.averaged(run, self.average, decay=0.999)

    def live(self, **more) -> cockpit.Cockpit:
        more = {"average": self.average, "real": self.real, "latent_dim": LATENT, **more}
        return cockpit.Cockpit(*self.players, **more)

    def step(self) -> dict[str, torch.Tensor]:
        """Make one step as lesson 04 writes it; return its numbers."""
        real = next(self.batches)
        fake = self.G(torch.randn(len(real), LATENT))
        real_logits, fake_logits = self.D(real), self.D(fake.detach())
        loss_d = losses.cross_entropy_d(real_logits, fake_logits)
        self.opt_d.zero_grad()
        loss_d.backward()
        self.opt_d.step()
        loss_g = losses.non_saturating_g(None, self.D(fake))
        self.opt_g.zero_grad()
        loss_g.backward()
        self.opt_g.step()
        models.update_average(self.average, self.G, decay=0.999)
        means = {"real_logit": real_logits.mean(), "fake_logit": fake_logits.mean()}
        return {"loss_d": loss_d, "loss_g": loss_g, **means}

    def by_hand(self, live: cockpit.Cockpit, steps: int) -> None:
        """Drive ``live`` around a loop written by hand."""
        for _ in live.watch(steps):
            live.record(self.step())

    def state(self) -> dict:
        named = {"G": self.G, "D": self.D, "average": self.average}
        named |= {"opt_g": self.opt_g, "opt_d": self.opt_d}
        return {name: copy.deepcopy(player.state_dict()) for name, player in named.items()}


def same(a, b) -> bool:
    """Say whether two nested states are equal bit for bit."""
    if isinstance(a, torch.Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return a == b


class Notebook:
    """Stands in for a kernel: keeps what would be displayed; its clock only moves when told."""

    def __init__(self, monkeypatch):
        self.now, self.shown = 0.0, []
        monkeypatch.setattr(lives, "in_notebook", lambda: True)
        monkeypatch.setattr(lives, "time", SimpleNamespace(monotonic=self.clock))
        monkeypatch.setattr(lives, "display", self.display)

    def clock(self) -> float:
        return self.now

    def display(self, page, *, display_id):
        self.update(page)
        return self

    def update(self, page) -> None:
        self.shown.append(page.data)


@pytest.fixture
def notebook(monkeypatch) -> Notebook:
    return Notebook(monkeypatch)


@pytest.fixture
def always(notebook, monkeypatch) -> Notebook:
    """A notebook in which every step is drawn."""
    monkeypatch.setattr(lives, "EVERY", 0.0)
    monkeypatch.setattr(lives, "SHARE", 1.0)
    return notebook


# -- without a kernel ------------------------------------------------------------------------


@pytest.mark.parametrize("pictures", [False, True], ids=["points", "images"])
@pytest.mark.parametrize("way", ["watch", "follow"])
def test_in_a_script_the_film_is_that_of_a_notebook(pictures, way):
    team = Team(pictures=pictures)
    live = team.live(metric=("spread", lambda samples: samples.std()))
    if way == "watch":
        team.by_hand(live, 12)
    else:
        live.follow(team.run(12))
    assert live.step == live.history.length == 12
    assert [frame.step for frame in live.film.frames] == list(range(13))
    assert isinstance(live.picture, show.Picture)
    assert live.picture.png == live.film.picture(-1).png
    frame = live.film.frames[-1]
    assert frame.value == pytest.approx(team.average(live.z).std().item(), rel=1e-5)
    assert (frame.field is None) == (frame.pushes is None) == pictures
    for part in (frame.samples, frame.field, frame.pushes):
        assert part is None or (part.device.type == "cpu" and not part.requires_grad)


def test_both_ways_give_the_same_film(monkeypatch):
    """At the same pace: gradient norms are measured now and then, by the clock."""
    monkeypatch.setattr(
        lives, "time", SimpleNamespace(monotonic=itertools.count(step=0.05).__next__)
    )
    pages = []
    for way in ("watch", "follow"):
        team = Team()
        live = team.live()
        live.follow(team.run(5)) if way == "follow" else team.by_hand(live, 5)
        pages.append(live.picture)
    assert pages[0].png == pages[1].png
    assert pages[0].sentence == pages[1].sentence


def test_the_history_is_that_of_the_run():
    team = Team()
    live = team.live()
    live.follow(team.run(30))
    (*_, last) = Team().run(30)
    for name in training.NUMBERS:
        assert torch.equal(live.history.column(name), last.history.column(name))


def test_a_second_run_goes_on_with_the_same_film():
    team = Team()
    live = team.live()
    team.by_hand(live, 3)
    live.follow(team.run(4))
    assert live.step == 7
    assert [frame.step for frame in live.film.frames] == list(range(8))


def test_watch_counts_from_zero_and_nothing_happens_for_no_steps():
    live = Team().live()
    assert list(live.watch(0)) == []
    assert live.picture is None
    assert list(live.watch(4)) == [0, 1, 2, 3]


@pytest.mark.parametrize("way", ["watch", "follow"])
def test_a_stop_ends_after_the_step_and_the_last_look_is_of_it(way):
    team = Team()
    live = team.live()

    def interrupted():
        for moment in team.run(10**9):
            if moment.step == 6:
                signal.raise_signal(signal.SIGINT)
            yield moment

    before = signal.getsignal(signal.SIGINT)
    if way == "follow":
        live.follow(interrupted())
    else:
        for step in live.watch(10**9):
            if step == 5:
                signal.raise_signal(signal.SIGINT)
            live.record(team.step())
    assert signal.getsignal(signal.SIGINT) is before
    assert live.film.frames[-1].step == live.step == 6


def test_an_error_in_the_loop_keeps_what_was_there_and_takes_the_ears_off():
    team = Team()
    live = team.live()
    before = signal.getsignal(signal.SIGINT)

    def loop():
        for step in live.watch(10):
            live.record(team.step())
            if step == 3:
                raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        loop()
    assert signal.getsignal(signal.SIGINT) is before
    assert live.film.frames[-1].step == 4
    assert not team.opt_g._optimizer_step_pre_hooks
    assert not team.opt_d._optimizer_step_pre_hooks


@pytest.mark.parametrize("pictures", [False, True], ids=["points", "images"])
def test_a_run_that_diverged_says_so_and_can_still_be_looked_at(pictures):
    """The learner sees TrainingDiverged, not an error of the drawing; the film is kept."""
    team = Team(pictures=pictures)
    live = team.live()

    def sick():
        for i, real in enumerate(Team(pictures=pictures).batches):
            yield real * float("nan") if i == 5 else real

    team.batches = sick()
    with pytest.raises(TrainingDiverged, match="at step 6:"):
        live.follow(team.run(60))
    assert live.film.frames[0].step == 0
    assert live.film.picture(-1).png


# -- the film keeps steps, not moments --------------------------------------------------------


def steps_of(steps: int, *, pace: float, monkeypatch) -> tuple:
    """Return the steps, samples and cockpit of a run whose steps take ``pace`` seconds."""
    clock = itertools.count(step=pace)
    monkeypatch.setattr(lives, "time", SimpleNamespace(monotonic=clock.__next__))
    team = Team()
    live = team.live(metric=("spread", lambda samples: samples.std()))
    live.follow(team.run(steps))
    return [f.step for f in live.film.frames], [f.samples for f in live.film.frames], live


@pytest.mark.parametrize("pace", [1e-4, 0.05, 7.0])
def test_a_film_is_the_same_on_a_slow_and_on_a_fast_machine(notebook, monkeypatch, pace):
    """Drawn at other moments, but with the same frames, and the same strip."""
    steps, samples, live = steps_of(70, pace=pace, monkeypatch=monkeypatch)
    known, told, other = steps_of(70, pace=0.3, monkeypatch=monkeypatch)
    assert steps == known == [*range(16), *range(16, 32, 2), *range(32, 64, 4), 64, 70]
    assert all(torch.equal(a, b) for a, b in zip(samples, told, strict=True))
    assert live.film.values == other.film.values
    assert live.film.strip().png == other.film.strip().png


def test_a_run_that_is_stopped_has_the_film_of_the_longer_run_so_far(monkeypatch):
    short, _, _ = steps_of(45, pace=0.1, monkeypatch=monkeypatch)
    long, _, _ = steps_of(70, pace=0.1, monkeypatch=monkeypatch)
    assert short[:-1] == [step for step in long if step < 45]
    assert short[-1] == 45


def test_a_film_is_dense_at_first_and_stays_small():
    """Never more than an eighth of the steps so far between two frames; few even in long runs."""
    steps = [step for step in range(20_001) if films.kept(step)]
    assert steps[:17] == list(range(17))
    assert all(b - a <= max(1, a / 8) for a, b in itertools.pairwise(steps))
    assert len(steps) <= films.FRAMES
    assert 60 <= sum(step <= 3_000 for step in steps) <= 80


@pytest.mark.parametrize("last", [1, 8, 187, 3_000, 20_000])
@pytest.mark.parametrize("panels", [1, 2, 3, 5, 10])
def test_a_strip_has_its_panels_in_equal_ratios(last, panels):
    """From a thirtieth of the run on, so that what happens early is between two panels."""
    film = cockpit.Film(RING.x, training.History())
    for step in range(last + 1):
        if films.kept(step) or step == last:
            film.frames.append(cockpit.Frame(step, RING.x[:3]))
    steps = [film.frames[i].step for i in film._picked(panels)]
    assert steps[0] == 0
    assert len(steps) == panels or last < 100
    if panels > 1:
        assert steps[-1] == last
    if panels > 2 and last > 100:
        ratio = films.FIRST ** (1 / (panels - 2))
        for a, b in itertools.pairwise(steps[1:]):
            assert b / a == pytest.approx(ratio, rel=0.15)


def test_images_are_kept_without_their_score_between_the_pictures():
    """Scoring a thousand images costs as much as many steps: only looks by the clock do."""
    team, scored = Team(pictures=True), []
    live = team.live(metric=("count", lambda samples: scored.append(len(samples)) or 1.0))
    live.follow(team.run(40))
    assert len(live.film.frames) == 16 + 8 + 2 + 1  # of 40 steps; the last one is an end
    assert all(len(frame.samples) == 25 for frame in live.film.frames)
    assert len(scored) < len(live.film.frames)
    assert set(scored) == {1000}
    assert live.film.values[0] == live.film.values[40] == 1.0


# -- what is seen is said ----------------------------------------------------------------------


def test_real_samples_are_picked_from_all_rows():
    """Two kinds of points, one after the other: both are drawn."""
    real = torch.cat([RING.x - 5, RING.x + 5]).repeat(3, 1).sort(dim=0).values
    team = Team()
    live = team.live(real=real)
    assert len(live.real) == 1000
    assert (live.real[:, 0] > 0).float().mean() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("pictures", [False, True], ids=["points", "images"])
def test_the_average_is_named_where_it_is_what_is_seen(pictures):
    team = Team(pictures=pictures)
    for live, named in ((team.live(), True), (team.live(average=None), False)):
        live.follow(team.run(2))
        assert ("average G's" in live.picture.sentence) == named
        assert ("average of G" in live.film._board._title.get_text()) == named


def test_the_arrows_scale_is_told():
    """D(x) = 2·x₁ where G's loss is −D: every sample's own slope is 2."""
    game = losses.Game(losses.cross_entropy_d, lambda _, fake: -fake.mean())
    players = nn.Identity(), Slope(2.0), RING.x[:50]
    frame = looks.look(*players, step=0, real=RING.x, game=game, limit=3.0)
    assert "a median slope of 2" in looks.read(frame, training.History(), None)


# -- it looks, and does not touch ------------------------------------------------------------


@pytest.mark.parametrize("norm", [False, True], ids=["plain", "batch norm"])
@pytest.mark.parametrize("way", ["watch", "follow"])
def test_a_watched_run_is_the_unwatched_run_bit_for_bit(always, norm, way):
    """Drawn at every step: no number drawn, no gradient left, no running statistic moved."""
    alone = Team(norm=norm)
    list(alone.run(4))
    watched = Team(norm=norm)
    live = watched.live(metric=("spread", lambda samples: samples.std()))
    live.follow(watched.run(4)) if way == "follow" else watched.by_hand(live, 4)
    assert len(live.film.frames) == 5
    assert same(watched.state(), alone.state())
    assert watched.G.training
    assert watched.D.training


def test_looking_puts_every_net_back_into_its_mode_even_after_an_error():
    G, D = nn.Linear(1, 1).train(), nn.Linear(1, 1).eval()
    with suppress(ZeroDivisionError), looks.evaluating(G, D):
        assert not G.training | D.training
        raise ZeroDivisionError
    assert G.training
    assert not D.training


def test_a_layer_that_was_in_another_mode_than_its_net_stays_in_it():
    G = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    G[1].eval()
    with looks.evaluating(G):
        assert not G.training
    assert [layer.training for layer in G.modules()] == [True, True, False]


def test_a_push_needs_no_more_real_points_than_there_are():
    D = nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))
    pushes = looks.push(D, torch.randn(7, 2), torch.randn(3, 2), losses.relativistic)
    assert pushes.shape == (7, 2)


class Slope(nn.Module):
    """A D whose logit is a·x₁."""

    def __init__(self, a: float = 1.0):
        super().__init__()
        self.a = nn.Parameter(torch.tensor(a))

    def forward(self, points):
        return self.a * points[:, 0]


@pytest.mark.parametrize(
    ("game", "slope"),
    [
        (losses.non_saturating, lambda t: torch.sigmoid(-t)),
        (losses.minimax, lambda t: torch.sigmoid(t)),
    ],
)
def test_arrows_are_minus_the_gradient_of_g_s_loss(game, slope):
    """D(x) = 2·x₁: −∂L/∂x₁ = 2·σ(∓t)/N and −∂L/∂x₂ = 0; D's own gradient stays as it was."""
    D, samples = Slope(2.0), RING.x[:50]
    pushes = looks.push(D, samples, RING.x, game)
    t = D(samples).detach()
    assert_close(pushes[:, 0], 2 * slope(t) / 50)
    assert (pushes[:, 1] == 0).all()
    assert D.a.grad is None
    assert not samples.requires_grad


def test_arrows_of_a_game_that_looks_at_real_samples():
    seen = []

    def loss_g(real_logits, fake_logits):
        seen.append(real_logits)
        return (real_logits - fake_logits).mean()

    game = losses.Game(losses.cross_entropy_d, loss_g, g_needs_real=True)
    pushes = looks.push(Slope(), RING.x[:20], RING.x, game)
    assert_close(seen[0], RING.x[:20, 0])
    assert_close(pushes[:, 0], torch.full((20,), 1 / 20))


def test_the_norms_are_those_of_the_step_that_is_drawn(always):
    team = Team()
    live, truth = team.live(), []

    def spy(net, name):
        def hook(optimizer, args, kwargs):
            truth.append((name, torch.cat([p.grad.flatten() for p in net.parameters()]).norm()))

        return hook

    team.opt_d.register_step_pre_hook(spy(team.D, "D"))
    team.opt_g.register_step_pre_hook(spy(team.G, "G"))
    live.follow(team.run(3))
    assert live.film.frames[0].norms is None
    told = [norm for frame in live.film.frames[1:] for norm in frame.norms]
    assert_close(torch.tensor(told), torch.stack([norm for _, norm in truth]))
    assert [name for name, _ in truth] == ["D", "G"] * 3


def test_the_same_noise_is_looked_at_throughout():
    team = Team()
    first, second = team.live(), Team().live()
    assert torch.equal(first.z, second.z)
    assert first.z.shape == (1000, LATENT)


# -- in a notebook ---------------------------------------------------------------------------


def test_what_is_displayed_is_a_progress_bar_and_a_picture_with_words(always):
    team = Team()
    live = team.live(metric=("modes", lambda samples: 3.0))
    live.follow(team.run(4))
    assert len(always.shown) == 1 + 4  # starting, each step (the last one at the end)
    page = always.shown[-1]
    assert re.search(r'<progress value="4" max="4" aria-label="steps">', page)
    assert f'alt="{html.escape(live.picture.sentence)}"' in page
    words = live.picture.sentence
    assert words.startswith("After 4 steps, modes is 3")
    for part in ("D's loss is", "and G's", "mean logit", "gradient norms"):
        assert part in words
    assert all("<script" not in shown for shown in always.shown)


@pytest.mark.parametrize(("step_s", "draw_s"), [(0.001, 0.04), (0.01, 0.02), (0.3, 0.2), (0.1, 1)])
def test_drawing_takes_less_than_a_tenth_of_the_time(notebook, monkeypatch, step_s, draw_s):
    """With any costs of a step and of a picture, on a clock of our own."""
    team = Team()
    live, drawn = team.live(), []

    def draw(done, steps):
        drawn.append(notebook.now)
        notebook.now += draw_s

    monkeypatch.setattr(live, "_draw", draw)
    steps = int(30 / step_s)
    for _ in live.watch(steps):
        notebook.now += step_s
    looks_s = draw_s * (len(drawn) - 2)  # without the first and the last
    assert looks_s / notebook.now < 0.1
    assert drawn[0] == pytest.approx(step_s), "the first picture comes at once"
    gaps = [b - a for a, b in itertools.pairwise(drawn[:-1])]
    assert min(gaps) >= lives.EVERY
    assert len(drawn) >= 4


@pytest.mark.parametrize(
    ("done", "total", "seconds", "words"),
    [
        (0, 10, 0.0, "0 of 10 steps · starting"),
        (1, 1_000, 2.8, "1 of 1,000 steps · ■ stops after a step"),  # not: about 46 min left
        (90, 1_000, 4.9, "90 of 1,000 steps · ■ stops after a step"),
        (4, 1_000, 20.0, "4 of 1,000 steps · ■ stops after a step"),
        (5, 1_000, 20.0, "5 of 1,000 steps · about 66 min left, ■ stops after a step"),
        (100, 1_000, 3.1, "100 of 1,000 steps · about 28 s left, ■ stops after a step"),
        (5, 10, 20.0, "5 of 10 steps · about 20 s left, ■ stops after a step"),
        (10, 10, 20.4, "10 of 10 steps · 20 s"),
        (2_000, 5_000, 2.0, "2,000 of 5,000 steps · about 3 s left, ■ stops after a step"),
    ],
)
def test_the_progress_line(done, total, seconds, words):
    line = cockpit.live.progress_line(done, total, seconds, unit="step")
    assert words in line
    assert f'value="{done}" max="{total}"' in line


@pytest.mark.parametrize("items", [range(3), (0.05, 20.0), [], "ab"])
def test_progress_yields_everything(items):
    assert list(cockpit.progress(items)) == list(items)


def test_progress_is_shown_and_stops_after_the_item_it_is_at(notebook):
    done = []
    for item in cockpit.progress(range(9), unit="seed"):
        if item == 2:
            signal.raise_signal(signal.SIGINT)
        done.append(item)
    assert done == [0, 1, 2]
    assert "3 of 9 seeds" in notebook.shown[-1]
    assert "■ heard: ends after this seed, or at once if you press it twice" in notebook.shown[-2]
    assert "2 of 9 seeds" in notebook.shown[-2]


def test_a_loop_written_by_hand_inside_a_progress_ends_at_its_step():
    done = []
    for item in cockpit.progress(range(9)):
        for step in runtime.steps(10**9):
            if step == 3:
                signal.raise_signal(signal.SIGINT)
        done.append((item, step))
    assert done == [(0, 3)]
    assert list(runtime.steps(4)) == [0, 1, 2, 3]


def test_a_page_shows_each_panel_as_soon_as_it_is_there(notebook, monkeypatch):
    """One place in the output; each picture takes the place of the one before."""
    monkeypatch.setattr(pages, "in_notebook", lambda: True)
    monkeypatch.setattr(pages, "display", notebook.display)
    page, panels, seen = cockpit.Page(), [], []
    for seed in cockpit.progress(range(3), unit="seed"):
        panels.append((f"seed {seed}", RING.x[:9]))
        page.show(show.clouds(panels, places=3, sentence=f"{seed + 1} of 3 seeds."))
        seen.append(notebook.shown[-1])
    assert ["1 of 3 seeds." in seen[0], "3 of 3 seeds." in seen[2]] == [True, True]
    assert all(f'alt="{i + 1} of 3 seeds."' in shown for i, shown in enumerate(seen))
    assert page.picture.sentence == "3 of 3 seeds."


def test_a_page_outside_a_notebook_keeps_its_picture():
    page = cockpit.Page()
    assert page.picture is None
    page.show(BLANK)
    assert page.picture is BLANK


def test_a_stop_inside_a_progress_ends_both_loops():
    team, done = Team(), []
    for item in cockpit.progress(range(9)):
        for moment in team.run(10**9):
            if moment.step == 3:
                signal.raise_signal(signal.SIGINT)
        done.append((item, moment.step))
    assert done == [(0, 3)]


# -- the film --------------------------------------------------------------------------------


BLANK = show.Picture(show.figure(width=0.1, height=0.1, layout=None), "Not drawn.")


@pytest.fixture
def filmed(always, monkeypatch):
    """A team, its cockpit after 8 looks, and its true state after each of them.

    The film holds what was seen; its pictures are drawn when they are asked for.
    """
    team = Team()
    live, states = team.live(metric=("spread", lambda s: s.std())), {0: team.state()}

    def run():
        for moment in team.run(8):
            states[moment.step] = team.state()
            yield moment

    with monkeypatch.context() as patch:
        patch.setattr(films.Film, "picture", lambda film, index: BLANK)
        live.follow(run())
    return team, live, states


def test_a_picture_is_a_pure_function_of_the_film(filmed):
    """Asked for in any order, and after the run went on: the same bytes, no random number."""
    team, live, _ = filmed
    before = torch.get_rng_state()
    first = [live.film.picture(i).png for i in range(9)]
    assert [live.film.picture(i).png for i in (5, 2)] == [first[5], first[2]]
    assert len(set(first)) == 9
    assert live.film.picture(-1).png == first[8]
    assert torch.equal(torch.get_rng_state(), before)
    live.follow(team.run(2))
    assert len(live.film.frames) == 11
    later = [live.film.picture(i).png for i in range(11)]  # the axes reach further now
    fresh = copy.copy(live.film)
    fresh._board = None
    assert [fresh.picture(i).png for i in range(11)] == later


def test_scrub_moves_through_the_film(filmed):
    film = filmed[1].film
    scrub = film.scrub()
    slider = scrub.controls["index"]
    assert (slider.min, slider.max, slider.value) == (0, 8, 8)
    assert scrub.page == film.picture(8)._repr_html_(), "there is a picture before it is moved"
    for index in (3, 0, 8):
        slider.value = index
        assert scrub.page == film.picture(index)._repr_html_()


@pytest.mark.parametrize("index", [0, 3, 8, -1, -9])
def test_rewind_brings_the_players_back_bit_for_bit(filmed, index):
    team, live, states = filmed
    step = range(9)[index]
    assert live.film.rewind(index) == step
    assert same(team.state(), states[step])
    assert live.step == live.history.length == step
    assert [frame.step for frame in live.film.frames] == list(range(step + 1))


def test_a_fork_goes_its_own_way_and_can_be_rewound_again(filmed):
    team, live, states = filmed
    before = live.film.frames[:5]
    live.film.rewind(4)
    for group in team.opt_g.param_groups:
        group["lr"] = 0.1
    live.follow(team.run(3))
    assert not same(team.state()["G"], states[7]["G"])
    assert [frame.step for frame in live.film.frames] == list(range(8))
    assert all(a is b for a, b in zip(live.film.frames, before, strict=False))
    live.film.rewind(2)
    assert same(team.state(), states[2])


def test_a_fork_keeps_the_whole_film_of_the_first_branch(filmed):
    """The first branch stays as it was, and the picture of both says where they part."""
    team, live, states = filmed
    pictures = [live.film.picture(i).png for i in range(9)]
    losses = live.history.column("loss_d").clone()
    first = live.film.fork(4)
    assert same(team.state(), states[4])
    for group in team.opt_g.param_groups:
        group["lr"] = 0.1
    live.follow(team.run(6))
    assert not same(team.state()["G"], states[8]["G"])
    assert [frame.step for frame in first.frames] == list(range(9))
    assert [first.picture(i).png for i in range(9)] == pictures
    assert torch.equal(first._history.column("loss_d"), losses)
    both = live.film.beside(first, names=("faster G", "as it was"))
    assert both.sentence.endswith("They part at step 4.")
    assert "faster G: After 10 steps" in both.sentence
    assert "as it was: After 8 steps" in both.sentence


def test_runs_that_share_nothing_or_everything_do_not_part(filmed):
    _, live, _ = filmed
    assert films.shared_steps(live.history, live.history) == 0
    assert "part at" not in live.film.beside(live.film).sentence
    other = films.History(names=live.history.names)
    for step in range(3):
        other.record({"loss_d": torch.tensor(float(step))})
    assert films.shared_steps(live.history, other) == 0


@pytest.mark.parametrize("index", [9, -10])
def test_a_fork_at_no_frame_changes_nothing(filmed, index):
    team, live, states = filmed
    with pytest.raises(SettingError, match=str(index)):
        live.film.fork(index)
    assert same(team.state(), states[8])
    assert live.step == 8


def test_what_is_kept_is_a_copy(filmed):
    """Training on does not change it, and neither does training on after a rewind."""
    team, live, states = filmed
    for _ in range(2):
        live.film.rewind(1)
        assert same(team.state(), states[1])
        list(team.run(2))


@pytest.mark.parametrize("index", [9, 100, -10])
def test_a_frame_that_is_not_there_is_told_in_three_lines(filmed, index):
    team, live, states = filmed
    with pytest.raises(SettingError, match=str(index)) as info:
        live.film.rewind(index)
    assert complaints(info.value) == []
    assert same(team.state(), states[8])
    assert len(live.film.frames) == 9


@pytest.mark.parametrize(
    "ask",
    [
        lambda film: film.scrub(),
        lambda film: film.strip(),
        lambda film: film.picture(-1),
        lambda film: film.beside(film),
        lambda film: film.rewind(0),
        lambda film: film.gif("a.gif"),
    ],
    ids=["scrub", "strip", "picture", "beside", "rewind", "gif"],
)
def test_a_film_without_a_frame_says_so(ask):
    """As when the cell that makes the live view was run again, and the one that trains was not."""
    with pytest.raises(SettingError, match="The film is empty") as info:
        ask(cockpit.Film(RING.x, training.History()))
    assert complaints(info.value) == []


def add(film: cockpit.Film, steps: range) -> None:
    for step in steps:
        film.add(cockpit.Frame(step, RING.x[:3]))


def size_of(film: cockpit.Film) -> int:
    """Return the bytes of all copied weights in a film."""
    states = [s for kept in film.states.values() for s in kept.values()]
    return sum(value.nbytes for state in states for value in state.values())


@pytest.mark.parametrize("many", [films.FRAMES, films.FRAMES + 1, 1_000])
def test_the_film_stays_bounded_and_keeps_its_ends(many):
    """At most 120 frames in order, the first and the last always; evenly thinned in between."""
    film = cockpit.Film(RING.x, training.History())
    add(film, range(many))
    steps = [frame.step for frame in film.frames]
    assert len(steps) <= films.FRAMES
    assert len(steps) >= films.FRAMES // 2
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (0, many - 1)
    gaps = [b - a for a, b in itertools.pairwise(steps)]
    assert max(gaps) <= 2 * many / len(steps) + 1


@pytest.mark.parametrize("allowed", [1, 20_000, 100_000])
def test_the_copies_of_the_players_stay_bounded(monkeypatch, allowed):
    """Within the allowance, or three copies where not even three fit."""
    monkeypatch.setattr(films, "STATE_BYTES", allowed)
    film = cockpit.Film(RING.x, training.History())
    net = nn.Linear(10, 10)
    one = 4 * 110
    film.keep(G=net, average=None)
    add(film, range(500))
    assert size_of(film) <= max(allowed, 3 * one)
    assert {0, 499} <= set(film.states)
    film._history.length = 499
    for index in range(-len(film.frames), 0):
        assert max(s for s in film.states if s <= film.frames[index].step) >= 0
    step = film.rewind(len(film.frames) // 2)
    assert film.frames[-1].step == step == max(film.states)


def test_a_frame_of_the_same_step_replaces_the_one_before():
    film = cockpit.Film(RING.x, training.History())
    add(film, range(3))
    film.add(cockpit.Frame(2, RING.x[:7]))
    assert [len(frame.samples) for frame in film.frames] == [3, 3, 7]


def test_what_a_fork_left_behind_and_a_frame_that_is_not_there_are_told(filmed):
    first = filmed[1].film.fork(2)
    for ask in (lambda: first.rewind(1), lambda: first.picture(500)):
        with pytest.raises(SettingError) as info:
            ask()
        assert complaints(info.value) == []


@pytest.mark.parametrize("name", ["run.gif", "films/run"])
def test_the_gif_has_every_frame(filmed, tmp_path, name):
    path = filmed[1].film.gif(tmp_path / name, seconds=4.5)
    with Image.open(path) as page:
        assert page.format == "GIF"
        assert page.n_frames == 9
        assert page.info["duration"] == 500
        assert page.info["loop"] == 0
        assert page.size == Image.open(BytesIO(filmed[1].film.picture(0).png)).size


@pytest.mark.parametrize(("panels", "steps"), [(5, "0, 1, 2, 4, 8"), (2, "0, 8"), (1, "0")])
def test_the_strip_names_its_steps(filmed, panels, steps):
    strip = filmed[1].film.strip(panels=panels)
    assert strip.sentence == f"The same noise after {steps} steps."
    assert strip.png == filmed[1].film.strip(panels=panels).png


def test_a_strip_of_images_and_of_a_film_of_one_frame():
    team = Team(pictures=True)
    live = team.live()
    live.film.add(cockpit.Frame(0, IMAGES[:12]))
    assert live.film.strip().sentence == "The same noise after 0 steps."
    said = live.film.picture(0).sentence
    assert said == "After 0 steps; the samples are the average G's, all else is the game's."
