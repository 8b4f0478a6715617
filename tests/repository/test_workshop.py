"""The kit for a room: whole, and its pages say what the lessons and checks say."""

import platform
import re
import sys
import zipfile
from pathlib import Path

import pytest

from gan_lessons import checks
from tools import build, workshop

ROOT = Path(__file__).resolve().parents[2]
LESSONS = [path.stem for path in build.sources()]


@pytest.fixture(scope="module")
def kit(tmp_path_factory) -> Path:
    """The kit, unpacked from its zip where nothing else is."""
    made = tmp_path_factory.mktemp("made") / "workshop"
    archive = workshop.pack(made)
    place = tmp_path_factory.mktemp("stick")
    with zipfile.ZipFile(archive) as packed:
        packed.extractall(place)
    return place / "workshop"


def test_it_holds_all_lessons_and_a_wheel_that_holds_them_too(kit):
    for folder in ("notebooks", "notebooks/solutions"):
        assert sorted(path.stem for path in (kit / folder).glob("*.ipynb")) == LESSONS
    (wheel,) = (kit / "wheels").glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
    assert all(f"gan_lessons/_shipped/notebooks/{stem}.ipynb" in names for stem in LESSONS)


def test_the_start_page_names_what_is_there(kit):
    text = (kit / "START.md").read_text(encoding="utf-8")
    assert (kit / "constraints.txt").is_file()
    pin = re.search(r"^torch==\S+", (kit / "constraints.txt").read_text(), re.MULTILINE)[0]
    assert pin in text
    assert "gan-lessons doctor" in text
    (wheel,) = re.findall(r'"(wheels/\S+\.whl)\[lab\]"', text)
    assert (kit / wheel).is_file()


def test_the_wheels_are_said_to_be_for_this_python():
    """What pip answers to another Python names no Python."""
    version = f"Python {sys.version_info.major}.{sys.version_info.minor} on {platform.system()}"
    assert version in workshop.how_to_install("2.13.0", "a.whl", wheels=True)
    assert "Python 3" not in workshop.how_to_install("2.13.0", "a.whl", wheels=False)


def test_torch_comes_from_the_index_that_is_named_and_nothing_else_does(tmp_path):
    course = tmp_path / "gan_lessons-1.whl"
    (everything,) = workshop.downloads(course, "2.13.0")
    torch, rest = workshop.downloads(course, "2.13.0", "https://example.org/cpu")
    assert torch[-3:] == ["--index-url", "https://example.org/cpu", "torch==2.13.0"]
    assert "--no-deps" in torch
    assert "--index-url" not in rest
    assert rest[rest.index("--find-links") + 1] == str(tmp_path)
    assert everything[-1] == rest[-1] == f"{course}[lab]"


def test_what_to_do_when_it_fails_names_nothing_that_a_kit_has_not(kit):
    page = (kit / "instructor" / "when_it_fails.md").read_text(encoding="utf-8")
    assert "make " not in page
    assert "gan-lessons doctor" in page


def test_the_room_s_hub_goes_with_it(kit):
    there = {path.name for path in (ROOT / "hub").iterdir() if path.is_file()}
    assert there == {path.name for path in (kit / "hub").iterdir()}
    page = (kit / "hub" / "README.md").read_text(encoding="utf-8")
    assert (kit / "constraints.txt").is_file()  # the page's commands name it
    assert "-c constraints.txt" in page
    assert all((kit / "hub" / link).exists() for link in re.findall(r"\]\(([^)#]+)", page))


def test_every_lesson_has_a_page_with_minutes_and_exercises(kit):
    timing = (kit / "instructor" / "timing.md").read_text(encoding="utf-8")
    for path in build.sources():
        one = workshop.read(path)
        page = (kit / "instructor" / f"{path.stem}.md").read_text(encoding="utf-8")
        assert 20 <= one.minutes <= 180
        assert f"| {one.number} · {one.title} | {one.minutes} |" in timing
        asked = re.findall(r"^# ## ✏️", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert len(one.exercises) == len(asked)
        assert all(f"**{title}**: {minutes} minutes" in page for title, minutes, _ in one.exercises)


def test_the_mistakes_are_those_of_the_checks(kit):
    page = (kit / "instructor" / "04_train_your_first_gan.md").read_text(encoding="utf-8")
    rows = [" ".join(says.split()) for _, says, *_ in checks.first_gan.train_step.rows()]
    step = page.partition("### Write the training step")[2].partition("###")[0]
    told = re.findall(r"^- (.+)$", step, re.MULTILINE)
    assert 3 <= len(told) <= workshop.MISTAKES
    assert set(told) <= set(rows)


def test_the_paths_name_lessons_that_are_there():
    numbers = {workshop.read(path).number for path in build.sources()}
    assert all(set(path or ()) <= numbers for path in workshop.PATHS.values())
    assert workshop.PATHS.keys() == workshop.REMARKS.keys()
