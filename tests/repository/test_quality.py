"""The benchmark of quality plays the recipes it names, and its yardstick measures; at tiny size."""

import ast
import dataclasses
import re
from pathlib import Path

import pytest
import torch
from torch import nn

from bench import quality
from gan_lessons import data, losses, metrics, runtime
from tests.data import making

ROOT = Path(__file__).resolve().parents[2]
SMALL = [dataclasses.replace(recipe, batch=4) for recipe in quality.RECIPES]
NAMES = [recipe.name for recipe in SMALL]


def pictures(channels: int, size: int, number: int = 24) -> torch.Tensor:
    rng = runtime.generator(0)
    return torch.randint(256, (number, channels, size, size), generator=rng, dtype=torch.uint8)


@pytest.fixture(scope="module")
def yard() -> quality.Yard:
    """A set of 28 x 28 with two judges that have learned nothing."""
    torch.manual_seed(0)
    judge = metrics.Judge().eval().requires_grad_(False)
    reader = quality.Reader(1, 28, 10).eval().requires_grad_(False)
    strokes = data.strokes().x
    return quality.Yard(strokes[:200], strokes[200:300], strokes[300:400], judge, reader, 0.1)


# -- recipes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("channels", "size"), [(1, 28), (3, 32)])
@pytest.mark.parametrize("recipe", SMALL, ids=NAMES)
def test_every_recipe_makes_a_step_on_every_kind_of_picture(recipe, channels, size):
    x = pictures(channels, size)
    run = quality.played(recipe, x, seed=1, steps=1)
    G = next(run)
    before = {name: value.clone() for name, value in G.state_dict().items()}
    fakes = quality.drawn(recipe, G, 6, size)
    assert fakes.shape == (6, channels, size, size)
    assert fakes.dtype == torch.uint8
    assert all(torch.equal(value, before[name]) for name, value in G.state_dict().items())


@pytest.mark.parametrize("recipe", SMALL[:6], ids=NAMES[:6])
def test_a_seed_makes_a_run_again_and_another_seed_another_run(recipe):
    x = pictures(1, 28)

    def first_weights_and(seed: int) -> torch.Tensor:
        torch.manual_seed(99)  # what was drawn before does not matter
        (G,) = quality.played(recipe, x, seed=seed, steps=1)
        return torch.cat([p.flatten() for p in G.parameters()])

    a, again, other = map(first_weights_and, (1, 1, 2))
    assert torch.equal(a, again)
    assert not torch.equal(a, other)


def knobs(lesson: str) -> dict[str, object]:
    """The knobs that a lesson's source sets, by name."""
    (path,) = (ROOT / "notebooks" / "source").glob(f"{lesson}_*.py")
    cell = path.read_text(encoding="utf-8").split('tags=["parameters"]')[1].split("# %%")[0]
    return {a.targets[0].id: ast.literal_eval(a.value) for a in ast.parse(cell).body}


def test_lessons_07_and_08_are_played_with_their_own_knobs():
    seven, eight, *_ = quality.own_recipes()
    told = knobs("07")
    assert (seven.batch, seven.latent_dim) == (told["batch_size"], told["latent_dim"])
    assert (seven.lr_g, seven.lr_d, seven.decay) == (told["lr"], told["lr"] / 2, told["decay"])
    told = knobs("08")
    assert (eight.batch, eight.latent_dim) == (told["batch_size"], told["latent_dim"])
    assert (eight.lr_g, eight.lr_d, eight.decay) == (told["lr"], told["lr_d"], told["decay"])


def test_modern_is_the_recipe_of_lesson_12():
    theirs = making.script("image_ablation").MODERN
    ours = quality.own_recipes()[2]
    for name in ("lr_g", "lr_d", "betas", "decay", "game"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours.batch == theirs.batch_size
    assert ours.every == theirs.penalty_every
    assert ours.penalty.func is theirs.penalty.func
    assert ours.penalty.keywords == theirs.penalty.keywords
    nets = zip(ours.nets(1, 28), making.script("image_ablation").players(theirs), strict=True)
    for mine, other in nets:
        assert [p.shape for p in mine.parameters()] == [p.shape for p in other.parameters()]


def test_a_reference_loop_comes_as_published_and_with_our_settings():
    ours = quality.own_recipes()[1]
    rows = quality.peer_recipes()
    assert len(rows) == 10
    for published, again in zip(rows[::2], rows[1::2], strict=True):
        assert again.name == f"{published.name}, our settings"
        assert (published.lr_g, published.lr_d, published.betas) == (2e-4, 2e-4, (0.5, 0.999))
        assert (published.falls, published.decay, published.as_trained) == (False, 0.0, True)
        for name in quality.SETTINGS:
            assert getattr(again, name) == getattr(ours, name)
        for name in ("nets", "loop", "reads", "size", "latent_dim"):
            assert getattr(again, name) == getattr(published, name)


def test_the_first_weights_of_the_peers_are_the_published_ones():
    dcgan, week_2, examples = (quality.peer_recipes()[i] for i in (0, 4, 8))
    found = {}
    for recipe in (dcgan, week_2, examples):
        torch.manual_seed(0)
        nets = recipe.nets(1, 28)
        recipe.weights(*nets)
        found[recipe.name] = [m for n in nets for m in n.modules() if isinstance(m, nn.BatchNorm2d)]
    eps = [norm.eps for norm in found[dcgan.name]]
    assert eps == [1e-5, *[0.8] * (len(eps) - 1)]
    assert all(norm.weight.mean().abs() < 0.02 for norm in found[week_2.name])
    assert all((norm.weight.mean() - 1).abs() < 0.02 for norm in found[examples.name])


def test_a_warm_average_forgets_its_first_steps_sooner():
    plain, color, *_ = quality.own_recipes()
    assert plain.memory(1) == plain.decay
    assert color.memory(1) == pytest.approx(2 / 11)
    assert color.memory(10**6) == color.decay


def test_a_setting_that_changes_makes_another_digest():
    digests = {recipe.digest() for recipe in quality.RECIPES}
    assert len(digests) == len(quality.RECIPES)
    first = quality.RECIPES[0]
    assert dataclasses.replace(first, name="other").digest() == first.digest()
    assert dataclasses.replace(first, lr_d=1e-5).digest() != first.digest()
    assert dataclasses.replace(first, game=losses.hinge).digest() != first.digest()


# -- the yardstick ---------------------------------------------------------------------------


def test_real_pictures_are_nearer_than_noise_by_both_judges(yard):
    bounds = yard.bounds()
    assert list(bounds) == ["real, 28", "real, 32", "real, 64", "noise"]
    for metric in ("FD", "second FD"):
        assert 10 * bounds["real, 28"][metric] < bounds["noise"][metric]
        assert yard.scores(yard.real, 28)[metric] == pytest.approx(0, abs=1e-3)


def test_the_smallest_class_counts_in_fair_shares(yard, monkeypatch):
    def answers(x):
        kind = torch.tensor([0] * 55 + [k for k in range(1, 10) for _ in range(5)])
        sure = nn.functional.one_hot(kind, 10).double()
        sure[:40] = 0.1  # of these it is not sure
        return torch.randn(100, 128), sure

    monkeypatch.setattr(yard.reader, "answers", answers)
    found = yard.scores(yard.unseen, 28)
    assert found["smallest class"] == pytest.approx(0.5)
    assert found["sure"] == pytest.approx(0.6)


def test_a_detour_keeps_the_size_and_softens(yard):
    there = quality.detour(yard.real, 64)
    assert there.shape == yard.real.shape
    assert 0 < (there.float() - yard.real.float()).abs().mean() < 20
    assert quality.detour(yard.real, 28) is yard.real


def test_the_gray_reader_is_the_network_of_read_mnist():
    theirs = making.script("read_mnist").network()
    mine = quality.Reader(1, 28, 10)
    shapes = [[p.shape for p in net.parameters()] for net in (theirs, mine)]
    assert shapes[0] == shapes[1]


def test_a_reader_learns():
    strokes = data.strokes()
    torch.manual_seed(0)
    reader = quality.train_reader(strokes.x[:1000], strokes.y[:1000], steps=40)
    right = (reader.answers(strokes.x[2000:2500])[1].argmax(1) == strokes.y[2000:2500]).float()
    assert right.mean() > 0.3


# -- runs that are kept ----------------------------------------------------------------------


@pytest.fixture
def one_thread():
    """As in the benchmark itself, whose copies of a process have a single thread."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("falls", [True, False])
def test_runs_that_begin_together_end_as_if_alone(yard, falls):
    recipe = next(r for r in SMALL if r.falls is falls and (r.loop or r.warm))  # on 100 samples
    steps = {15: 1, 30: 2, 60: 5, 120: 9}
    together = quality.run(recipe, yard, seed=1, steps=steps)
    assert {seconds: one["steps"] for seconds, one in together.items()} == steps
    for seconds, end in steps.items():
        (alone,) = quality.run(recipe, yard, seed=1, steps={seconds: end}).values()
        for metric in quality.METRICS:
            assert together[seconds][metric] == alone[metric]


def test_rates_fall_to_where_a_run_is_told_to_end(monkeypatch):
    rates = []
    monkeypatch.setattr(quality.training, "falling_lr", lambda opt, steps: Counted(opt, steps))

    class Counted(torch.optim.lr_scheduler.LambdaLR):
        def __init__(self, opt, steps):
            super().__init__(opt, lambda step: rates.append((step, steps)) or 1.0)

    recipe = next(recipe for recipe in SMALL if recipe.falls)
    game = quality.played(recipe, pictures(1, 28), seed=1, steps=9)
    next(game), next(game)
    rates.clear()
    game.send(5)
    assert rates[-1] == (3, 5)
    assert len(list(game)) == 2


def test_a_copy_of_the_process_changes_nothing_here():
    here = [1]

    def work():
        here.append(torch.rand(()).item())
        return {"there": len(here)}

    state = torch.get_rng_state()
    assert quality.in_a_copy(work) == {"there": 2}
    assert here == [1]
    assert torch.equal(torch.get_rng_state(), state)


def test_a_copy_of_a_process_with_threads_does_not_wait_for_them():
    """Threads do not come along into a copy: one that counts on them stands still for ever."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        images, kernel = torch.ones(64, 3, 64, 64), torch.ones(8, 3, 3, 3)

        def work():
            return {"sum": float(torch.nn.functional.conv2d(images, kernel).mean())}

        assert work() == quality.in_a_copy(work) == {"sum": 27.0}
    finally:
        torch.set_num_threads(before)


def test_a_copy_that_fails_says_so(capfd):
    with pytest.raises(EOFError):
        quality.in_a_copy(lambda: {}["missing"])
    assert "KeyError" in capfd.readouterr().err


def test_what_is_kept_is_not_made_again(tmp_path):
    path = tmp_path / "quality.json"
    found = quality.kept(path)
    recipe = quality.RECIPES[0]
    assert quality.missing(found, "mnist", recipe, [15, 30], 1) == [15, 30]
    found["runs"][quality.key_of("mnist", recipe, 15, 1)] = {}
    quality.keep(found, path)
    again = quality.kept(path)
    assert again == found
    assert quality.missing(again, "mnist", recipe, [15, 30], 1) == [30]
    assert quality.missing(again, "mnist", recipe, [15, 30], 2) == [15, 30]
    assert quality.missing(again, "mnist", dataclasses.replace(recipe, batch=8), [15], 1) == [15]


def test_the_table_shows_what_was_run_and_keeps_the_words_around_it():
    scores = {"FD": 2.0, "second FD": 30.0, "smallest class": 0.5, "sure": 0.25}
    recipe = quality.RECIPES[0]
    about = {"steps": 1500, "date": "2026-01-02", "load": 1.0}
    runs = {quality.key_of("mnist", recipe, 15, s): {**scores, "FD": f} | about
            for s, f in ((1, 1.0), (2, 3.0))}  # fmt: skip
    machine = {"processor": "a core", "torch": "2", "reader of mnist": 0.99}
    found = {"machine": machine, "bounds": {"mnist": {"noise": scores}}, "runs": runs}
    page = f"before\n{quality.MARKS[0]}\nold\n{quality.MARKS[1]}\nafter\n"
    text = quality.with_tables(page, found)
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    row = "| lesson 07 | 15 | 1,500 | 2.00 (1.00–3.00) | 30 (30–30) | 50% (50%–50%) | "
    assert row + "25% (25%–25%) | 1, 2 |" in text
    assert quality.with_tables(text, found) == text


def test_the_page_holds_the_table_of_what_is_kept():
    page = quality.TABLE.read_text(encoding="utf-8")
    assert quality.with_tables(page, quality.kept()) == page
    assert re.search(r"\| lesson 07 \| 15 ", page)


def test_the_curve_shows_what_was_run_and_nothing_else():
    seven, eight, *_ = quality.own_recipes()
    runs = {
        quality.key_of("mnist", seven, 15, 1): {"FD": 4.0},
        quality.key_of("mnist", seven, 15, 2): {"FD": 2.0},
        quality.key_of("mnist", seven, 60, 1): {"FD": 1.0},
        quality.key_of("mnist", dataclasses.replace(eight, batch=7), 15, 1): {"FD": 9.0},
    }
    found = {"runs": runs, "bounds": {"mnist": {"real, 28": {"FD": 0.1}, "noise": {"FD": 99.0}}}}
    assert quality.points_of(found, "mnist", seven) == {15: [4.0, 2.0], 60: [1.0]}
    assert quality.points_of(found, "mnist", eight) == {}  # another recipe's
    (ax,) = quality.curve(found, "mnist").axes
    assert ax.get_legend_handles_labels()[1] == [seven.name]
    (line, *_) = ax.get_lines()
    assert (list(line.get_xdata()), list(line.get_ydata())) == ([15, 60], [3.0, 1.0])
