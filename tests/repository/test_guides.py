"""What INSTALL, CONTRIBUTING, CHANGELOG and README tell to run, open or follow is there."""

import importlib
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.version import Version

from gan_lessons.runtime.machine import DEVICES
from gan_lessons.runtime.settings import BUDGETS
from tests.repository.test_house import FLOORS
from tools import build

ROOT = Path(__file__).resolve().parents[2]
PAGES = {path.name: path.read_text(encoding="utf-8") for path in sorted(ROOT.glob("*.md"))}
INSTALL, CONTRIBUTING, CHANGELOG = (
    PAGES[name] for name in ("INSTALL.md", "CONTRIBUTING.md", "CHANGELOG.md")
)
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
SOURCES = sorted((ROOT / "notebooks" / "source").glob("[0-9]*.py"))


def everywhere(pattern: str) -> list:
    """Return what a pattern finds in all pages, as parameters of a test: page and what it found."""
    found = {(name, hit) for name, page in PAGES.items() for hit in re.findall(pattern, page)}
    return sorted(found)


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"(?m)^#+ (.+)$", re.sub(r"(?s)```.*?```", "", page))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


# -- links and commands of every page --------------------------------------------------------


@pytest.mark.parametrize(("page", "target"), everywhere(r"\]\(([^)]+)\)"))
def test_a_link_leads_somewhere(page, target):
    if target.startswith("https://"):
        return
    file, _, anchor = target.partition("#")
    assert (ROOT / file).exists()
    if anchor:
        assert anchor in anchors(PAGES[file or page])


@pytest.mark.parametrize(("page", "target"), everywhere(r"(?m)(?:^|`|\d )make\s([a-z]\w*)"))
def test_a_make_target_exists(page, target):
    assert re.search(rf"(?m)^{target}:", MAKEFILE)


@pytest.mark.parametrize(("page", "name"), everywhere(r"make lab ([A-Z_]+)="))
def test_a_variable_of_make_exists(page, name):
    assert re.search(rf"(?m)^{name} =", MAKEFILE)


@pytest.mark.parametrize(("page", "file"), everywhere(r"python3? ((?:tools|tests|data)[\w/\\.]+)"))
def test_a_program_that_is_run_exists(page, file):
    assert (ROOT / file.replace("\\", "/")).is_file()


@pytest.mark.parametrize(("page", "name"), everywhere(r"GAN_LESSONS_\w+"))
def test_a_setting_is_read_by_something(page, name):
    code = [*ROOT.glob("gan_lessons/**/*.py"), *ROOT.glob("tools/*.py"), ROOT / "tests/conftest.py"]
    assert any(name in path.read_text(encoding="utf-8") for path in code)


# -- INSTALL ---------------------------------------------------------------------------------


def blocks(heading: str) -> list[list[str]]:
    """Return the blocks of commands below a heading of INSTALL."""
    part = re.search(rf"(?ms)^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", INSTALL)[1]
    return [block.strip().splitlines() for block in re.findall(r"(?s)```\n(.*?)```", part)]


def test_without_make_is_what_make_does():
    venv, torch, rest, lab = blocks("Without make")[0]
    tests = blocks("Without make")[1]
    recipe = MAKEFILE.replace("$(VENV_PYTHON)", ".venv/bin/python").replace("'.[$*]'", '".[dev]"')
    recipe = recipe.replace(" --disable-pip-version-check", "").replace('"$(PYTHON)"', "python3")
    recipe = recipe.replace('$(if $(TORCH_INDEX),--index-url "$(TORCH_INDEX)") ', "")
    pin = re.search(r"(?m)^TORCH = (.+)$", MAKEFILE)[1]
    for command in (venv, torch, rest, lab, *tests):
        assert command in recipe.replace('"$(TORCH)"', pin), command


def test_windows_is_the_same_in_the_words_of_windows():
    unix, windows = blocks("Without make")[0], blocks("Windows")[0]
    assert windows[0] == "py -3.12 -m venv .venv"
    said = [line.replace("\\", "/").replace("Scripts", "bin") for line in windows[1:]]
    assert said == unix[1:]


def test_conda_is_the_environment_that_is_there():
    name = yaml.safe_load((ROOT / "environment.yml").read_text())["name"]
    create, activate, lab = blocks("conda")[0]
    assert create == "conda env create -f environment.yml"
    assert activate == f"conda activate {name}"
    assert lab == "python -m gan_lessons"


def test_torch_is_the_one_that_is_pinned():
    pin = re.search(r"(?m)^TORCH = (.+)$", MAKEFILE)[1]
    assert set(re.findall(r"torch==[\d.]*\d", INSTALL)) == {pin}


def test_the_floors_that_were_tried_are_the_ones_that_are_asked_for():
    """A floor that is moved has not been tried: renew the row."""
    row = re.search(r"(?m)^\| \S+ \| ([\d.]+) \| every floor at once: (.*?) \|", INSTALL)
    tried = {"torch": row[1]} | {n.lower(): v for n, v in re.findall(r"(\w+) ([\d.]+)", row[2])}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"]["lab"]]
    floors = dict(re.findall(r"([\w-]+)>=([\d.]+)", "\n".join(asked)))
    assert set(tried) == set(floors)
    assert [n for n in floors if Version(tried[n]) != Version(floors[n])] == []


def test_the_stick_holds_what_builds_the_package():
    (builder,) = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert any(f'"{builder}" ".[dev]"' in line for line in blocks("Offline")[0])


def test_the_index_without_cuda_is_the_one_of_the_makefile():
    index = re.search(r"make lab TORCH_INDEX=(\S+)", MAKEFILE)[1]
    (by_make,), (by_hand,) = blocks("CPU only, on Linux")
    assert by_make == f"make lab TORCH_INDEX={index}"
    assert f"--index-url {index} torch==" in by_hand


@pytest.mark.parametrize(
    ("variable", "values"), [("GAN_LESSONS_BUDGET", BUDGETS), ("GAN_LESSONS_DEVICE", DEVICES)]
)
def test_the_values_of_a_setting_are_those_that_are_taken(variable, values):
    row = re.search(rf"(?m)^\| `{variable}` \| (.*?) \|", INSTALL)[1]
    assert tuple(re.findall(r"`(\w+)`", row)) == values


# -- CONTRIBUTING ----------------------------------------------------------------------------

WORDS = dict(re.findall(r"\| (\d\d[a-z]?) \| (\w+) ", CONTRIBUTING))


def test_every_lesson_has_its_word():
    assert sorted(WORDS) == [build.number_of(path) for path in SOURCES]


@pytest.mark.parametrize("path", SOURCES, ids=build.number_of)
def test_a_lesson_s_word_finds_its_exercises_and_their_tests(path):
    word, source = WORDS[build.number_of(path)], path.read_text(encoding="utf-8")
    hinted = re.findall(r"\{\{hints (\w+)\.(\w+)\}\}", source)
    assert hinted
    for module, exercise in hinted:
        assert module == word
        assert (ROOT / f"gan_lessons/checks/{word}/{exercise}.py").is_file()
    assert (ROOT / f"tests/exercises/test_{word}.py").is_file()


def test_the_example_of_an_exercise_is_right():
    """Exercise 2 of lesson 11 ends in the call that the page names."""
    source = (ROOT / "notebooks/source/11_tame_the_critic.py").read_text(encoding="utf-8")
    second = source.split("Exercise 2 ·")[1].split("Exercise 3 ·")[0]
    (called,) = re.findall(r"(?m)^checks\.(\w+\.\w+)\(", second)
    assert f"`checks.{called}(…)`" in CONTRIBUTING
    assert f"gan_lessons/checks/{called.replace('.', '/')}.py" in CONTRIBUTING


NAMED = re.findall(r"`([\w./]+/[\w./]*|[\w.]+\.(?:py|md|yml|json|toml|txt))`", CONTRIBUTING)
PLACES = ("", "gan_lessons/", "gan_lessons/cockpit/", "gan_lessons/show/", "data/make/")
PLACES += ("notebooks/", "tools/", "tests/", "tests/exercises/", "data/")


@pytest.mark.parametrize("name", sorted({name for name in NAMED if not re.search("NAME|NN", name)}))
def test_a_file_or_room_that_is_named_is_there(name):
    name = name.replace("WORD", "critic").replace("EXERCISE", "power_step")
    if name not in ("__init__.py", "work/"):
        assert any((ROOT / place / name).exists() for place in PLACES)


def test_every_room_is_named():
    tops = {p.name for p in ROOT.iterdir() if p.is_dir() and (p / "__init__.py").exists()}
    rooms = {f"{name}/" for name in tops | {"data", "notebooks"}}
    house = {p for p in (ROOT / "gan_lessons").iterdir() if not p.name.startswith("_")}
    rooms |= {f"{p.name}/" for p in house if (p / "__init__.py").exists()}
    rooms |= {f"`{p.stem}`" for p in house if p.suffix == ".py" and p.stem not in ("speed",)}
    rooms |= {f"{p.name}/" for p in (ROOT / "tests").iterdir() if (p / "__init__.py").exists()}
    rooms |= {p.name for p in (ROOT / "tools").glob("[!_]*.py")}
    part = CONTRIBUTING.split("## Rooms")[1].split("## Edit")[0]
    assert len(rooms) > 25
    assert [room for room in sorted(rooms) if room not in part] == []


def test_the_floors_are_those_of_the_house():
    told = re.search(r"(?s)Imports point down: (.*?)\. Exercises", CONTRIBUTING)[1]
    told = [set(re.findall(r"`(\w+)`", floor)) for floor in told.split("then")]
    assert told == list(FLOORS)


# -- CHANGELOG: what moved -------------------------------------------------------------------

MOVED = re.findall(r"(?m)^\| (`.*`.*) \| (.*`.*`.*) \|$", CHANGELOG)


def names(cell: str) -> list[str]:
    return re.findall(r"`([\w./]+)`", cell)


NEW = sorted({name for _, new in MOVED for name in names(new) if not re.search("NAME|WORD", name)})


@pytest.mark.parametrize("new", NEW)
def test_the_new_place_of_what_moved_is_there(new):
    if "/" in new or new.endswith(".md"):
        assert (ROOT / new).exists()
    elif new.endswith(".py"):
        assert (ROOT / "gan_lessons" / new).exists()
    else:
        module, _, name = new.rpartition(".")
        assert hasattr(importlib.import_module(f"gan_lessons.{module}"), name)


@pytest.mark.parametrize(
    ("old", "new"),
    [pair for row in MOVED if "`checks." in row[0] for pair in zip(*map(names, row), strict=True)],
)
def test_an_old_path_of_checks_is_answered_by_the_new_one(old, new, capsys):
    checks = importlib.import_module("gan_lessons.checks")
    (_, module, exercise), (_, home, same) = old.split("."), new.split(".")
    assert exercise == same
    assert getattr(getattr(checks, module), exercise) is getattr(getattr(checks, home), exercise)
    assert f"{old} is called {new} now" in capsys.readouterr().out
