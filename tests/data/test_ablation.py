"""The ablations that ship: read as written, refused when touched, and true to their samples."""

import dataclasses
import re
import sys

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from gan_lessons import data, files
from gan_lessons.errors import DataFileError, LessonError
from tests.data.making import MAKE, script
from tests.three_lines import complaints

module = sys.modules["gan_lessons.data.ablation"]
SHIPPED = [name for name, (_, digest) in module.SHIPPED.items() if digest]


shipping = script("shipping")


# -- the format ------------------------------------------------------------------------------


def contents(samples) -> dict:
    """Return what ``write_ablation`` asks for: two configurations, three seeds."""
    return {
        "about": "A test",
        "configs": ["plain", "plain + EMA"],
        "seeds": [4, 5, 6],
        "scores": {"modes": torch.arange(6).view(2, 3), "high quality": torch.rand(2, 3)},
        "samples": samples,
        "more": {"ceiling": 0.989, "rows": ["GAN", "ALI"], "budget": "900 s", "hits": np.eye(3)},
    }


POINTS = torch.randn(2, 3, 7, 2)
IMAGES = torch.randint(256, (2, 3, 5, 3, 8, 8), dtype=torch.uint8)


@pytest.fixture
def shelf(tmp_path, monkeypatch):
    """A repository with one file, ``shelf.path``; call it to write that, to pin and to read it."""
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(files, "REPOSITORY", tmp_path)
    (tmp_path / "pyproject.toml").write_text('name = "gan-lessons"')

    def written(**given):
        shipping.write_ablation(written.path, **given)
        digest = module.hashlib.sha256(written.path.read_bytes()).hexdigest()
        monkeypatch.setitem(module.SHIPPED, "plane", ("ablation.py", digest))
        return data.ablation("plane")

    written.path = tmp_path / "data" / "ablation_plane.npz"
    return written


@pytest.mark.parametrize("samples", [POINTS, IMAGES], ids=["points", "images"])
def test_what_is_saved_is_read(shelf, samples, capsys):
    given = contents(samples)
    found = shelf(**given)
    assert found.digest in capsys.readouterr().out
    assert found.about == f"A test (SHA-256 {found.digest[:8]}…)"
    assert (found.name, found.seeds) == ("plane", (4, 5, 6))
    assert found.configs == ("plain", "plain + EMA")
    assert list(found.scores) == ["modes", "high quality"]
    for metric, values in given["scores"].items():
        assert_close(found.scores[metric], values.float())
    if samples is IMAGES:
        assert torch.equal(found.samples, samples)
    else:
        assert_close(found.samples, samples, rtol=1e-3, atol=1e-3)
        assert found.samples.dtype == torch.float32
    assert found.more["rows"] == ("GAN", "ALI")
    assert found.more["budget"] == "900 s"
    assert_close(found.more["ceiling"], torch.tensor(0.989))
    assert_close(found.more["hits"], torch.eye(3))


def test_saving_twice_makes_the_same_bytes(shelf):
    given = contents(POINTS)
    assert shelf(**given).digest == shelf(**given).digest
    assert list(shelf.path.parent.iterdir()) == [shelf.path]


WRONG = {
    "a run is missing": {"samples": POINTS[:1]},
    "scores of other seeds": {"scores": {"modes": torch.zeros(2, 4)}},
    "a broken run": {"samples": POINTS / 0 * 0},
    "images as floats": {"samples": IMAGES.float()},
    "points as uint8": {"samples": POINTS.byte()},
    "no samples' axis": {"samples": POINTS[:, :, 0]},
    "an object": {"more": {"net": object()}},
    "complex numbers": {"more": {"roots": np.ones(2, complex)}},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_what_does_not_fit_is_not_written(change, tmp_path):
    with pytest.raises(ValueError, match=r"samples|scores|uint8|pickle"):
        shipping.write_ablation(tmp_path / "plane.npz", **contents(POINTS) | change)
    assert not list(tmp_path.iterdir())


def test_points_that_left_stay_finite(shelf):
    samples = POINTS.clone()
    samples[0, 0, 0] = 1e9
    found = shelf(**contents(samples))
    assert found.samples[0, 0, 0].tolist() == [100, 100]


# -- the loader ------------------------------------------------------------------------------


@pytest.mark.parametrize("spoil", [lambda b: b[:-1], lambda b: b"", lambda b: b"x" + b[1:]])
def test_another_file_is_refused(spoil, shelf):
    shelf(**contents(POINTS))
    shelf.path.write_bytes(spoil(shelf.path.read_bytes()))
    with pytest.raises(DataFileError, match=r"ablation_plane\.npz") as caught:
        data.ablation("plane")
    assert not complaints(caught.value)


def test_a_missing_or_huge_file_is_refused(shelf):
    shelf(**contents(POINTS))
    for size in (0, module.LIMIT + 1):
        with shelf.path.open("wb") as file:
            file.truncate(size)
        with pytest.raises(DataFileError):
            data.ablation("plane")
    shelf.path.unlink()
    with pytest.raises(DataFileError):
        data.ablation("plane")


@pytest.mark.parametrize("name", ["plan", "", "../plane", "x" * 999, None])
def test_an_unknown_name_lists_those_that_ship(name):
    with pytest.raises(LessonError, match="plane, published") as caught:
        data.ablation(name)
    assert not complaints(caught.value)


# -- what ships ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_file_is_whole(name):
    found = data.ablation(name)
    runs = (len(found.configs), len(found.seeds))
    assert found.digest[:8] in found.about
    assert found.about.count(". ") == 0
    assert re.findall(r"data/\S+", found.about) == [f"data/make/{module.SHIPPED[name][0]}"]
    assert (MAKE / module.SHIPPED[name][0]).is_file()
    assert len(found.about) <= 250
    assert len(set(found.configs)) == runs[0]
    assert len(set(found.seeds)) == runs[1]
    assert found.samples.shape[:2] == runs
    assert found.samples.isfinite().all()
    for values in found.scores.values():
        assert values.shape == runs


make_ablation = script("ablation")
PLANE = [name for name in SHIPPED if name in ("plane", "published")]
# A run's kept samples are the first of those that were judged: a share of them may differ from the
# share of all by so many standard errors.
ERRORS = 6.0


def complaints_about(found: data.ablation) -> list[str]:
    """Return what in the scores of a plane ablation its hits and samples do not bear out."""
    said, hits, judged = found.scores, found.more["hits"], int(found.more["judged"])
    bad = []
    for row, config in enumerate(found.configs):
        name = "ring" if config.startswith("ring") else "grid"
        truth = make_ablation.SETS[name]
        mine, modes = hits[row][:, : len(truth.centers)], len(truth.centers)
        share = 0.0 if found.name == "published" else 0.2
        counted = (mine >= max(1, share * judged / modes)).sum(1)
        recounted = {
            "modes": counted,
            "high quality": mine.sum(1) / judged,
            "reverse KL": make_ablation.reverse_kl(mine),
        }
        for metric, values in recounted.items():
            if not torch.allclose(said[metric][row], values.float(), atol=1e-5):
                bad.append(f"{config}: {metric} is not that of its hits")
        worth, seen = make_ablation.score(found.samples[row], name, share=0.0)
        n = found.samples.shape[2]
        shares = torch.cat([mine, mine.sum(1, keepdim=True)], 1) / judged
        shown = torch.cat([seen, seen.sum(1, keepdim=True)], 1) / n
        error = ((shares * (1 - shares)).clamp(min=1 / n) * (1 / n - 1 / judged)).sqrt()
        if ((shown - shares).abs() > ERRORS * error).any():
            bad.append(f"{config}: hits are not those of its samples")
        far = said["energy distance"][row]
        if ((worth["energy distance"] - far).abs() > 0.05 + 0.5 * far.abs()).any():
            bad.append(f"{config}: the energy distance is not that of its samples")
    return bad


@pytest.mark.parametrize("name", PLANE)
def test_scores_are_those_of_the_samples(name):
    assert complaints_about(data.ablation(name)) == []


def raised_quality(found):
    hits = found.more["hits"].clone()
    hits[0] = hits[0].max()
    scores = dict(found.scores)
    return dict(scores=scores, more=found.more | {"hits": hits})


SABOTAGES = {
    "a score is made up": lambda f: {"scores": f.scores | {"modes": f.scores["modes"] * 0 + 25}},
    "quality is rounded up": lambda f: {
        "scores": f.scores | {"high quality": f.scores["high quality"] + 0.001}
    },
    "the hits are made up": raised_quality,
    "samples of another configuration": lambda f: {"samples": f.samples.flip(0)},
    "better samples are shown": lambda f: {"samples": f.samples[-1:].expand_as(f.samples) * 0.5},
    "distances are made small": lambda f: {
        "scores": f.scores | {"energy distance": f.scores["energy distance"] * 0.2}
    },
}


@pytest.mark.parametrize("sabotage", SABOTAGES.values(), ids=SABOTAGES.keys())
@pytest.mark.parametrize("name", PLANE)
def test_made_up_numbers_are_noticed(name, sabotage):
    found = data.ablation(name)
    assert complaints_about(dataclasses.replace(found, **sabotage(found)))


@pytest.mark.parametrize("name", PLANE)
def test_the_file_is_of_the_recipes_in_the_script(name):
    found = data.ablation(name)
    if name == "plane":
        assert found.configs == tuple(make_ablation.CONFIGS)
        assert found.more["recipes"] == tuple(map(str, make_ablation.CONFIGS.values()))
    else:
        assert found.configs == tuple(make_ablation.PAPER_CONFIGS)
        assert found.more["paper"].shape == (2, 4, 3, 2)
    assert int(found.more["steps"]) == make_ablation.STEPS


# -- the script ------------------------------------------------------------------------------

Recipe = make_ablation.Recipe


def played(recipe, seeds=(3, 4), steps=3):
    threads = torch.get_num_threads()
    try:
        return make_ablation.play(recipe, "grid", seeds, steps=steps, n=200)
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("title", make_ablation.CONFIGS)
def test_every_recipe_trains(title):
    G, average, cost = played(make_ablation.CONFIGS[title])
    assert G.shape == average.shape == (2, 200, 2)
    assert G.isfinite().all()
    assert cost > 0
    assert not torch.equal(G, average)
    assert not torch.equal(G[0], G[1])


def test_the_same_seeds_make_the_same_run_alone_or_together():
    together, again = played(Recipe()), played(Recipe())
    assert torch.equal(together[0], again[0])
    alone = played(Recipe(), seeds=(4,))
    assert_close(alone[0][0].float(), together[0][1].float(), rtol=1e-2, atol=1e-2)


def test_recipes_start_from_the_same_weights():
    """Data and noise are the same as well: ``streams`` is not told the recipe."""
    start = [p for net in make_ablation.players(Recipe(), (3, 4))[:2] for p in net.parameters()]
    for recipe in make_ablation.CONFIGS.values():
        nets = make_ablation.players(recipe, (3, 4))[:2]
        assert all(map(torch.equal, start, (p for net in nets for p in net.parameters())))


def test_each_trick_changes_the_game_and_the_average_does_not():
    """What a recipe says is what is played: every game differs from the plain one."""
    plain = played(Recipe(), steps=6)[0]
    for title, recipe in make_ablation.CONFIGS.items():
        game = make_ablation.training_of(recipe)
        assert torch.equal(played(game, steps=6)[0], plain) == (title in ("plain", "+ average"))


def test_reverse_kl_of_known_hits():
    hits = torch.tensor([[5, 5, 5, 5], [10, 0, 0, 0], [10, 10, 0, 0], [0, 0, 0, 0]])
    expected = torch.tensor([0.0, 4.0, 2.0, 4.0]).clamp(min=1).log()
    assert_close(make_ablation.reverse_kl(hits), expected)


def test_every_configuration_finds_its_training():
    todo = make_ablation.jobs()
    assert len(todo) == len(set(todo))
    for recipe in make_ablation.CONFIGS.values():
        assert (make_ablation.training_of(recipe), "grid", make_ablation.SEEDS) in todo
    for recipe, name in make_ablation.PAPER_CONFIGS.values():
        seeds = [
            s
            for job in todo
            for s in job[2]
            if job[:2] == (make_ablation.training_of(recipe), name)
        ]
        assert sorted(seeds) == list(make_ablation.PAPER_SEEDS)


def test_the_tables_are_in_order():
    """Every sample tells its recipe, set, seed and number: each must land in its place."""

    def tell(game, name, seeds):
        number = todo.index((game, name, seeds))
        seed, sample = torch.tensor(list(seeds)), torch.arange(make_ablation.JUDGED) / 1e5
        cloud = torch.stack(torch.broadcast_tensors(seed[:, None].float(), sample), -1)
        return cloud + number / 8, -cloud - number / 8, 10.0 * len(seeds)

    todo = make_ablation.jobs()
    found = {job: tell(*job) for job in todo}
    configs = [(recipe, "grid") for recipe in make_ablation.CONFIGS.values()]
    scores, samples, hits, costs = make_ablation.table(
        found, configs, make_ablation.SEEDS, n=800, share=0.2
    )
    assert samples.shape == (len(configs), 5, make_ablation.KEPT, 2)
    assert hits.shape == (len(configs), 5, 25)
    assert all(values.shape == (len(configs), 5) for values in scores.values())
    assert (costs == 10).all()
    for row, (recipe, name) in enumerate(configs):
        job = (make_ablation.training_of(recipe), name, make_ablation.SEEDS)
        assert torch.equal(samples[row], found[job][recipe.average][:, : make_ablation.KEPT])
