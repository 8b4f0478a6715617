"""The files that ship: where they are looked for, and what is said of one that is not right."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gan_lessons import data, files
from gan_lessons.errors import DataFileError
from tests.three_lines import complaints

ROOT = Path(__file__).parents[2]
SETS = {
    "strokes.npz": data.strokes,
    "petals.npz": data.petals,
    "gallery.npz": data.gallery,
    "ablation_plane.npz": lambda: data.ablation("plane"),
    "ablation_published.npz": lambda: data.ablation("published"),
    "ablation_images.npz": lambda: data.ablation("images"),
    "ablation_stacked.npz": lambda: data.ablation("stacked"),
    "ablation_little.npz": lambda: data.ablation("little"),
    "ablation_conditions.npz": lambda: data.ablation("conditions"),
    "ablation_budget.npz": lambda: data.ablation("budget"),
    "ablation_fill.npz": lambda: data.ablation("fill"),
    "ablation_enhance.npz": lambda: data.ablation("enhance"),
    "ablation_outline.npz": lambda: data.ablation("outline"),
    "ablation_gray.npz": lambda: data.ablation("gray"),
}
DAMAGE = {
    "empty": lambda file: b"",
    "truncated": lambda file: file[: len(file) // 2],
    "last byte missing": lambda file: file[:-1],
    "bit flipped": lambda file: file[: len(file) // 2] + _flip(file[len(file) // 2 :]),
    "HTML": lambda file: b"<!DOCTYPE html><title>404</title>" * 100,
    "pointer of Git LFS": lambda file: b"version https://git-lfs.github.com/spec/v1\n",
    "too large": lambda file: file + bytes(10 * 2**20),
}


def _flip(rest: bytes) -> bytes:
    return bytes([rest[0] ^ 1]) + rest[1:]


def test_every_set_that_ships_is_here():
    assert SETS.keys() == {path.name for path in (ROOT / "data").glob("*.npz")}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", SETS)
def test_each_damage_is_told_in_three_lines(name, damage, tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path))
    spoiled = DAMAGE[damage]((ROOT / "data" / name).read_bytes())
    (tmp_path / name).write_bytes(spoiled)
    with pytest.raises(DataFileError) as caught:
        SETS[name]()
    assert not complaints(caught.value)
    assert name in str(caught.value).splitlines()[0]
    assert (tmp_path / name).read_bytes() == spoiled


@pytest.mark.parametrize("name", SETS)
def test_a_missing_file_is_told_with_a_script_that_is_there(name, tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text('name = "gan-lessons"')
    monkeypatch.setattr(files, "REPOSITORY", tmp_path)
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataFileError, match=rf"{name} is missing") as caught:
        SETS[name]()
    assert not complaints(caught.value)
    script = str(caught.value).partition("python ")[2].partition(" --force.")[0]
    assert (ROOT / script).is_file()


@pytest.mark.parametrize("name", SETS)
def test_own_folder_comes_first_and_may_lack_the_file(name, tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_LESSONS_DATA", str(tmp_path))
    SETS[name]()  # nothing there: the repository's
    shutil.copy(ROOT / "data" / name, tmp_path)
    monkeypatch.setattr(files, "REPOSITORY", tmp_path / "nowhere")
    monkeypatch.setattr(files, "SHIPPED", tmp_path / "nowhere")
    SETS[name]()


def test_a_package_without_its_repository_names_no_script_of_it(tmp_path):
    """As after an install that lost its data: scripts are not there, and the advice works."""
    shutil.copytree(
        ROOT / "gan_lessons", tmp_path / "gan_lessons", ignore=shutil.ignore_patterns("__pycache__")
    )
    tell = (
        "from gan_lessons import data\n"
        "for load in (data.strokes, data.petals, data.gallery, lambda: data.ablation('plane')):\n"
        "    try:\n"
        "        print(type(load()))\n"
        "    except data.shipped.DataFileError as error:\n"
        "        print(error)\n"
    )
    env = {"PYTHONPATH": str(tmp_path), "PATH": "", "HOME": str(tmp_path)}

    def told(**more) -> list[str]:
        done = subprocess.run(
            [sys.executable, "-c", tell],
            env=env | more,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.splitlines()

    lines = told()
    assert len(lines) == 4 * 3
    assert not any("data/make" in line for line in lines)
    for name, advice in zip(
        ("strokes.npz", "petals.npz", "gallery.npz", "ablation_plane.npz"), lines[2::3], strict=True
    ):
        assert "pip install --force-reinstall --no-deps gan-lessons" in advice
        assert f"GAN_LESSONS_DATA name a folder with its {name}" in advice
    assert len(told(GAN_LESSONS_DATA=str(ROOT / "data"))) == 4  # no error is left
