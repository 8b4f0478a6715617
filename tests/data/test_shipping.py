"""What all makers of data share: nothing overwritten unasked, half written or different twice."""

import hashlib
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.data.making import MAKE, script
from tests.three_lines import THREE_LINES

shipping = script("shipping")
SHIPPED = sorted(shipping.DATA.glob("*.npz"))
# Every script that makes a file or two, and their names.
MAKERS = {
    "strokes": ["strokes.npz"],
    "petals": ["petals.npz"],
    "gallery": ["gallery.npz"],
    "ablation": ["ablation_plane.npz", "ablation_published.npz"],
    "image_ablation": ["ablation_images.npz"],
    "stacked": ["ablation_stacked.npz"],
    "little": ["ablation_little.npz"],
    "conditions": ["ablation_conditions.npz"],
    "one_budget": ["ablation_budget.npz"],
    "repair": [f"ablation_{name}.npz" for name in ("fill", "enhance", "outline", "gray")],
}
MAKES_NOTHING = {"shipping", "read_mnist"}
ARRAYS = {"x": np.arange(12.0).reshape(3, 4), "names": np.array(["a", "ß"]), "n": np.array(7)}


@pytest.fixture(autouse=True)
def same_threads():
    """Some scripts set PyTorch to one thread."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def ask(monkeypatch):
    """Return the function that answers as on a command line, of any function."""

    def answer(function, *line):
        monkeypatch.setattr(sys, "argv", ["script.py", *map(str, line)])
        return function()

    return answer


def refusal(ask, capsys, function, *line) -> str:
    """Return what a command that must be refused says, in place of doing anything."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as stop:
        ask(function, *line)
    assert stop.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert THREE_LINES.match(said.err.removesuffix("\n"))
    return said.err


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# -- asking ----------------------------------------------------------------------------------


def test_every_maker_is_in_the_list():
    assert {path.stem for path in MAKE.glob("*.py")} == MAKERS.keys() | MAKES_NOTHING
    assert sorted(name for names in MAKERS.values() for name in names) == [p.name for p in SHIPPED]


@pytest.mark.parametrize("maker", MAKERS)
def test_no_maker_has_a_way_of_its_own(maker):
    text = (MAKE / f"{maker}.py").read_text(encoding="utf-8")
    assert "import shipping\n" in text
    for own in ("ArgumentParser", "savez", "torch.save", "part-of-", ".replace(path"):
        assert own not in text


@pytest.mark.parametrize("maker", MAKERS)
def test_what_is_there_is_refused_before_anything_is_made(maker, tmp_path, ask, capsys):
    *_, last = MAKERS[maker]  # of two files, one there is enough
    (tmp_path / last).write_bytes(b"mine")
    one = len(MAKERS[maker]) == 1
    line = ("--out", tmp_path / last) if one else ("--folder", tmp_path)
    said = refusal(ask, capsys, script(maker).main, *line)
    assert last in said
    assert "--force" in said
    assert contents(tmp_path) == {last: b"mine"}


@pytest.mark.parametrize("maker", MAKERS)
def test_what_ships_is_refused_unless_told_otherwise(maker, ask, capsys):
    said = refusal(ask, capsys, script(maker).main)
    for name in MAKERS[maker]:
        assert str(shipping.DATA / name) in said


@pytest.mark.parametrize(("maker", "most"), [("strokes", 24_000), ("petals", 8_000)])
def test_a_maker_of_samples_refuses_what_would_harm(maker, most, tmp_path, ask, capsys):
    for wrong in (
        ("--count", "0"),
        ("--count", most + 1),
        ("--seed", "-1"),
        ("--out", tmp_path / "no folder" / "s.npz"),
        ("--out", tmp_path / "s.txt"),
    ):
        assert refusal(ask, capsys, script(maker).main, *wrong)
    assert contents(tmp_path) == {}


def arguments():
    return shipping.arguments("A test.", "set.npz", count=9, seed=4)


def two_files():
    return shipping.arguments("A test.", "a.npz", "b.npz")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["--count", "0"], "--count"),
        (["--count", "10"], "--count"),
        (["--seed", "-1"], "--seed"),
        (["--out", "there/is/none/set.npz"], "there/is/none"),
        (["--out", "set.txt"], r"set.txt"),
    ],
)
def test_what_cannot_be_made_is_refused(line, said, tmp_path, monkeypatch, ask, capsys):
    monkeypatch.chdir(tmp_path)
    assert said in refusal(ask, capsys, arguments, *line)
    assert contents(tmp_path) == {}


def test_a_folder_for_several_files_must_be_there(tmp_path, ask, capsys):
    assert "--folder" in refusal(ask, capsys, two_files, "--folder", tmp_path / "none")


def test_files_go_where_they_are_asked_to(tmp_path, ask):
    asked = ask(arguments)
    assert (asked.files, asked.count, asked.seed) == ([shipping.DATA / "set.npz"], 9, 4)
    asked = ask(arguments, "--out", tmp_path / "other.npz", "--count", 3, "--seed", 0)
    assert (asked.files, asked.count, asked.seed) == ([tmp_path / "other.npz"], 3, 0)
    assert asked.out == tmp_path / "other.npz"
    assert ask(two_files).files == [shipping.DATA / "a.npz", shipping.DATA / "b.npz"]
    asked = ask(two_files, "--folder", tmp_path)
    assert asked.files == [tmp_path / "a.npz", tmp_path / "b.npz"]


def test_force_is_asked_for_and_heeded(tmp_path, ask, capsys):
    there = tmp_path / "set.npz"
    there.write_bytes(b"mine")
    refusal(ask, capsys, arguments, "--out", there)
    asked = ask(arguments, "--out", there, "--force")
    assert there.read_bytes() == b"mine"  # so far
    shipping.write(asked.out, ARRAYS, holds="a test")
    assert contents(tmp_path).keys() == {"set.npz"}
    with np.load(there, allow_pickle=False) as file:
        assert file.files == list(ARRAYS)
        for name, array in ARRAYS.items():
            assert np.array_equal(file[name], array)


# -- writing ---------------------------------------------------------------------------------


def test_the_same_arrays_make_the_same_bytes(tmp_path, monkeypatch, capsys):
    first = shipping.write(tmp_path / "a.npz", ARRAYS, holds="three arrays")
    monkeypatch.setattr("time.time", lambda: 2e9)  # another day
    monkeypatch.setattr("os.getpid", lambda: 7)  # another process
    second = shipping.write(tmp_path / "b.npz", ARRAYS, holds="three arrays")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert first == second == hashlib.sha256((tmp_path / "a.npz").read_bytes()).hexdigest()
    said = capsys.readouterr().out
    assert said.count(first) == 2
    assert f"{tmp_path / 'a.npz'}: three arrays, " in said
    other = shipping.write(tmp_path / "c.npz", ARRAYS | {"n": np.array(8)}, holds="others")
    assert other != first


def members(path: Path) -> list[tuple]:
    """Return all of a file that does not depend on the zlib that packed it."""
    with zipfile.ZipFile(path) as archive:
        return [
            (m.filename, m.date_time, m.compress_type, m.flag_bits, m.extra, m.file_size, m.CRC)
            for m in archive.infolist()
        ]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_what_ships_was_written_like_this(path, tmp_path):
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    shipping.write(tmp_path / "again.npz", arrays, holds="the same")
    assert members(tmp_path / "again.npz") == members(path)


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError("No space left on device")])
@pytest.mark.parametrize("before", [{}, {"set.npz": b"mine"}], ids=["nothing", "a file"])
def test_a_stopped_write_changes_nothing(stop, before, tmp_path, monkeypatch):
    for name, held in before.items():
        (tmp_path / name).write_bytes(held)
    seen = []

    def torn(file, **arrays):
        file.write(b"half of it")
        file.flush()
        seen.append(len(contents(tmp_path)))
        raise stop

    monkeypatch.setattr(np, "savez_compressed", torn)
    with pytest.raises((KeyboardInterrupt, OSError)):
        shipping.write(tmp_path / "set.npz", ARRAYS, holds="a test")
    assert seen == [len(before) + 1]  # it was on its way, beside the file
    assert contents(tmp_path) == before


def test_what_needs_a_pickle_is_not_written(tmp_path):
    with pytest.raises(ValueError, match="net would need a pickle"):
        shipping.write(tmp_path / "set.npz", {"net": np.array(object())}, holds="a net")
    assert contents(tmp_path) == {}


def test_what_is_kept_is_not_done_again(tmp_path):
    path, done = tmp_path / "cache" / "run.pt", []

    def work():
        done.append(len(done))
        return {"x": torch.full((2,), float(len(done))), "seconds": 1.5}

    for _ in range(3):
        found = shipping.kept(path, work)
        assert found["x"].tolist() == [1, 1]
        assert found["seconds"] == 1.5
    assert done == [0]


def test_what_was_stopped_is_not_kept(tmp_path, monkeypatch):
    def stopped():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shipping.kept(tmp_path / "run.pt", stopped)

    def torn(made, part):
        part.write_bytes(b"half of it")
        raise OSError("No space left on device")

    monkeypatch.setattr(torch, "save", torn)
    with pytest.raises(OSError, match="No space"):
        shipping.kept(tmp_path / "run.pt", dict)
    assert contents(tmp_path) == {}


# -- the scripts that train, without their training ------------------------------------------


def layout(path: Path) -> dict[str, tuple]:
    """Return the type and shape of each array; of texts only how many there are."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return {
        name: (a.dtype.str if a.dtype.kind != "U" else "U", a.shape) for name, a in arrays.items()
    }


def test_the_gallery_is_written_as_it_ships(tmp_path, monkeypatch, ask):
    gallery, shipped = script("gallery"), shipping.DATA / "gallery.npz"
    with np.load(shipped, allow_pickle=False) as file:
        arrays = dict(file)
    monkeypatch.setattr(gallery, "make", lambda: arrays)
    ask(gallery.main, "--out", tmp_path / "again.npz")
    assert members(tmp_path / "again.npz") == members(shipped)


def test_the_ablations_in_the_plane_are_laid_out_as_they_ship(tmp_path, monkeypatch, ask):
    making = script("ablation")
    monkeypatch.setattr(making, "train_all", partial(drawn, making))
    ask(making.main, "--folder", tmp_path)
    for name in MAKERS["ablation"]:
        assert layout(tmp_path / name) == layout(shipping.DATA / name)


def drawn(making, todo, seed=0):
    """Return points for every training, the same for the same training."""
    found = {}
    for job in todo:
        digest = hashlib.sha256(str(job).encode()).digest()
        rng = torch.Generator().manual_seed(seed + int.from_bytes(digest[:4], "little"))
        points = torch.randn(2, len(job[2]), making.JUDGED, 2, generator=rng).half()
        found[job] = (*points, 1.0)
    return found


def test_an_ablation_is_extended_by_what_it_lacks(tmp_path, monkeypatch, ask):
    """Rows that are there stay to the bit; where the processor rounds otherwise, all is left."""
    making, path = script("ablation"), tmp_path / "ablation_plane.npz"
    whole, asked = dict(making.CONFIGS), []

    def trained(todo, seed=0):
        asked[:] = [game for game, *_ in todo]
        return drawn(making, todo, seed)

    monkeypatch.setattr(making, "train_all", trained)
    fewer = {name: r for name, r in whole.items() if name not in ("+ pairs", "− R2")}
    monkeypatch.setattr(making, "CONFIGS", fewer)
    making.write_plane(trained(making.jobs()), path)
    kept = path.read_bytes()
    with np.load(path) as file:
        before = dict(file)
    monkeypatch.setattr(making, "CONFIGS", whole)
    monkeypatch.setattr(making, "train_all", partial(trained, seed=1))
    with pytest.raises(SystemExit):
        ask(making.main, "--extend", "--folder", tmp_path)
    assert path.read_bytes() == kept
    monkeypatch.setattr(making, "train_all", trained)
    ask(making.main, "--extend", "--folder", tmp_path)
    wanted = [making.PLAIN, whole["+ pairs"], whole["− R2"]]
    assert asked == [making.training_of(recipe) for recipe in wanted]
    with np.load(path) as file:
        after = dict(file)
    rows = [after["configs"].tolist().index(name) for name in fewer]
    for name, old in before.items():
        if name.startswith("scores/") or name in ("samples", "more/hits", "more/seconds"):
            assert np.array_equal(after[name][rows], old), name
    assert "+ pairs, − R2" in str(after["about"])
    assert layout(path) == layout(shipping.DATA / path.name)


@pytest.mark.parametrize("maker", ["image_ablation", "stacked"])
def test_the_ablations_of_images_are_laid_out_as_they_ship(maker, tmp_path, monkeypatch, ask):
    making, images = script(maker), script("image_ablation")
    (name,) = MAKERS[maker]
    shape = (10_000, 1, 28, 28)
    digits = making.data.Dataset(
        x=torch.zeros(shape, dtype=torch.uint8),
        y=torch.arange(10_000) % 10,
        name="digits",
        license="none",
    )
    with np.load(shipping.DATA / name, allow_pickle=False) as file:
        scores = {key.partition("/")[2]: 0.5 for key in file.files if key.startswith("scores/")}
    number, channels = (30, 3) if maker == "stacked" else (making.N, 1)
    fakes = torch.zeros(number, channels, 28, 28, dtype=torch.uint8)
    run = {"average": fakes, "itself": fakes, "steps": 9, "seconds": 1.0}
    worth = (scores, torch.zeros(1000, dtype=torch.int64)) if maker == "stacked" else scores
    monkeypatch.setattr(making.data, "mnist", lambda train=True: digits)
    monkeypatch.setattr(images, "finished", lambda *_: run)
    monkeypatch.setattr(images, "reader_of", lambda *_, **more: images.read_mnist.network().eval())
    monkeypatch.setattr(images, "judge_of", lambda *_: None)
    monkeypatch.setattr(making, "score", lambda *_: worth)
    ask(making.main, "--out", tmp_path / name)
    assert layout(tmp_path / name) == layout(shipping.DATA / name)


def test_the_runs_of_little_data_are_laid_out_as_they_ship(tmp_path, monkeypatch, ask):
    making, (name,) = script("little"), MAKERS["little"]
    run = {
        "fakes": torch.zeros(making.LOOKS, 30, 1, 28, 28, dtype=torch.uint8),
        "seconds": 1.0,
    }
    features = SimpleNamespace(features=lambda x: torch.randn(50, 4))
    monkeypatch.setattr(making.image_ablation, "finished", lambda *_: run)
    monkeypatch.setattr(making, "judge_of", lambda *_: features)
    found = dict.fromkeys(("FD", "r_v", "recall", "coverage", "memorization"), 0.5)
    over_steps = {"FD over the steps": torch.zeros(making.LOOKS)}
    monkeypatch.setattr(making, "scores_of", lambda *_: over_steps | found)
    ask(making.main, "--out", tmp_path / name)
    assert layout(tmp_path / name) == layout(shipping.DATA / name)


def test_the_runs_on_one_budget_are_laid_out_as_they_ship(tmp_path, monkeypatch, ask):
    making, (name,) = script("one_budget"), MAKERS["one_budget"]
    images = torch.zeros(30, 1, 28, 28, dtype=torch.uint8)
    run = {
        "looks": images.expand(making.LOOKS, *images.shape),
        "reconstructed": torch.zeros(making.N, 1, 28, 28),
        "seconds": 1.0,
        "steps": 9,
        "weights": 9,
    }
    for _, calls in making.ROWS:
        run |= {f"images {calls}": images, f"ms {calls}": 0.5}
    features = SimpleNamespace(features=lambda x: torch.randn(min(50, len(x)), 4))
    monkeypatch.setattr(making.image_ablation, "finished", lambda *_: run)
    monkeypatch.setattr(making, "judge_of", lambda *_: features)
    names = "FD", "precision", "recall", "coverage", "memorization", "gray", "sure"
    monkeypatch.setattr(making, "score", lambda *_: dict.fromkeys(names, 0.5))
    ask(making.main, "--out", tmp_path / name)
    assert layout(tmp_path / name) == layout(shipping.DATA / name)


def test_drawing_takes_no_torch():
    """strokes.py promises to need numpy only, petals.py numpy and Pillow."""
    code = "import sys; sys.modules['torch'] = None; import strokes, petals"
    subprocess.run([sys.executable, "-c", code], cwd=MAKE, check=True)
