"""The ablations that ship: read as written, refused when touched, and true to their samples."""

import importlib
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from gan_lessons import data
from gan_lessons.data import cache
from gan_lessons.errors import DataFileError, LessonError
from tests.three_lines import complaints

DATA = Path(__file__).parents[1] / "data"
module = sys.modules["gan_lessons.data.ablation"]
SHIPPED = [name for name, (_, digest) in module.SHIPPED.items() if digest]


def script(name: str):
    """Return a script of data/ as a module; it may import its neighbors."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(DATA)
        return importlib.import_module(name)


ablation_file = script("ablation_file")


# -- the format ------------------------------------------------------------------------------


def contents(samples) -> dict:
    """Return what ``save`` asks for: two configurations, three seeds."""
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
    """A repository whose only files are those of a test; call it to pin one and to read it."""
    (tmp_path / "data").mkdir()
    monkeypatch.setattr(cache, "REPOSITORY", tmp_path)

    def read(path: Path):
        digest = module.hashlib.sha256(path.read_bytes()).hexdigest()
        monkeypatch.setitem(module.SHIPPED, "plane", ("make_ablation.py", digest))
        return data.ablation("plane")

    read.folder = tmp_path / "data"
    return read


@pytest.mark.parametrize("samples", [POINTS, IMAGES], ids=["points", "images"])
def test_what_is_saved_is_read(shelf, samples, capsys):
    given = contents(samples)
    found = shelf(ablation_file.save("plane", **given, folder=shelf.folder))
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
    paths = [ablation_file.save("plane", **contents(POINTS), folder=shelf.folder) for _ in "ab"]
    assert shelf(paths[0]).digest == shelf(paths[1]).digest
    assert [path.name for path in shelf.folder.iterdir()] == ["ablation_plane.npz"]


WRONG = {
    "a run is missing": {"samples": POINTS[:1]},
    "scores of other seeds": {"scores": {"modes": torch.zeros(2, 4)}},
    "a broken run": {"samples": POINTS / 0 * 0},
    "images as floats": {"samples": IMAGES.float()},
    "points as uint8": {"samples": POINTS.byte()},
    "no samples' axis": {"samples": POINTS[:, :, 0]},
    "an object": {"more": {"net": object()}},
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG.keys())
def test_what_does_not_fit_is_not_written(change, tmp_path):
    with pytest.raises(ValueError, match=r"samples|scores|uint8|pickle"):
        ablation_file.save("plane", **contents(POINTS) | change, folder=tmp_path)
    assert not list(tmp_path.iterdir())


def test_points_that_left_stay_finite(shelf):
    samples = POINTS.clone()
    samples[0, 0, 0] = 1e9
    found = shelf(ablation_file.save("plane", **contents(samples), folder=shelf.folder))
    assert found.samples[0, 0, 0].tolist() == [100, 100]


# -- the loader ------------------------------------------------------------------------------


@pytest.mark.parametrize("spoil", [lambda b: b[:-1], lambda b: b"", lambda b: b"x" + b[1:]])
def test_another_file_is_refused(spoil, shelf):
    path = ablation_file.save("plane", **contents(POINTS), folder=shelf.folder)
    shelf(path)
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(DataFileError, match=r"ablation_plane\.npz") as caught:
        data.ablation("plane")
    assert not complaints(caught.value)


def test_a_missing_or_huge_file_is_refused(shelf):
    path = ablation_file.save("plane", **contents(POINTS), folder=shelf.folder)
    shelf(path)
    for size in (0, module.LIMIT + 1):
        with path.open("wb") as file:
            file.truncate(size)
        with pytest.raises(DataFileError):
            data.ablation("plane")
    path.unlink()
    with pytest.raises(DataFileError):
        data.ablation("plane")


@pytest.mark.parametrize("name", ["plan", "", "../plane", "x" * 999, None])
def test_an_unknown_name_lists_those_that_ship(name):
    with pytest.raises(LessonError, match="plane, published") as caught:
        data.ablation(name)
    assert not complaints(caught.value)
