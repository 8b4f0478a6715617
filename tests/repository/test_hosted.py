"""Kernels that others host: the variant for Colab and Kaggle, a dev container, Binder, one address.

None of these places can be reached from a test. What they are known by is put in their place: a
module google.colab, Kaggle's variable, and a pip that writes down what it is asked.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from gan_lessons import __main__, files
from gan_lessons.door import hosted
from gan_lessons.errors import SettingError
from tools import build, pages

ROOT = Path(__file__).resolve().parents[2]
LESSONS = [path.stem for path in build.sources()]
FIRST = LESSONS[0]
ADDRESS = "https://github.com/owner/name"
README = (ROOT / "README.md").read_text(encoding="utf-8")


# -- the variant -----------------------------------------------------------------------------


def book(stem: str) -> bytes:
    return (ROOT / "notebooks" / f"{stem}.ipynb").read_bytes()


@pytest.mark.parametrize("stem", LESSONS)
def test_it_is_the_learner_s_notebook_below_one_cell(stem):
    made = json.loads(hosted.variant(book(stem), ADDRESS))
    head, first, *rest = made["cells"]
    assert head["cell_type"] == "markdown"
    assert "not been tried there" in head["source"]
    assert first["cell_type"] == "code"
    assert rest == json.loads(book(stem))["cells"]
    nbformat.validate(nbformat.from_dict(made))


def test_the_cell_is_as_wide_as_a_lesson_s():
    assert max(map(len, hosted.FIRST.splitlines())) <= 79


def test_the_command_writes_them_all_and_over_nobody_s_work(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert __main__.main(["copy", "--colab"]) == 0
    assert sorted(path.stem for path in (tmp_path / "colab").iterdir()) == LESSONS
    assert "Nobody has tried them there yet" in capsys.readouterr().out
    mine = tmp_path / "colab" / f"{FIRST}.ipynb"
    mine.write_text("mine")
    assert __main__.main(["copy", "--colab"]) == 1
    assert mine.read_text() == "mine"
    with pytest.raises(SettingError):
        hosted.write(ROOT / "notebooks", tmp_path / "colab")


PIP = """
import pathlib, sys
pathlib.Path("asked").write_text("\\n".join(sys.argv[1:]))
sys.exit(pathlib.Path("fails").exists())
"""


class Machine:
    """A Python that has nothing of this one's packages; a pip that writes down what it is asked."""

    def __init__(self, folder: Path):
        self.folder = folder
        (folder / "site" / "pip").mkdir(parents=True)
        (folder / "site" / "pip" / "__main__.py").write_text(PIP)
        (folder / "site" / "pip" / "__init__.py").touch()

    def run(self, *, colab: bool = False, kaggle: bool = False, address: str = ADDRESS):
        """Run the first cell and return what came of it."""
        cell = json.loads(hosted.variant(book(FIRST), address))["cells"][1]["source"]
        if colab:
            cell = "import sys\nsys.modules['google.colab'] = sys\n" + cell
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(self.folder / "site")}
        env |= {"KAGGLE_KERNEL_RUN_TYPE": "Interactive"} if kaggle else {}
        return subprocess.run(
            [sys.executable, "-S", "-c", cell],
            **{"cwd": self.folder, "env": env, "capture_output": True, "text": True},
            check=False,
        )

    @property
    def asked(self) -> list[str]:
        """Return what pip was asked; empty where it was not called."""
        told = self.folder / "asked"
        return told.read_text().splitlines() if told.exists() else []


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


def test_elsewhere_it_does_nothing(machine):
    done = machine.run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert machine.asked == []


@pytest.mark.parametrize("place", ["colab", "kaggle"])
def test_there_it_installs_the_course_from_its_address(place, machine):
    assert machine.run(**{place: True}).returncode == 0
    assert machine.asked == ["install", "-q", f"gan-lessons @ git+{ADDRESS}"]


@pytest.mark.parametrize("place", ["colab", "kaggle"])
def test_a_wheel_that_was_uploaded_comes_first(place, machine):
    for version in ("0.1.0", "0.2.0"):
        (machine.folder / f"gan_lessons-{version}-py3-none-any.whl").touch()
    assert machine.run(**{place: True}, address="").returncode == 0
    assert machine.asked == ["install", "-q", "gan_lessons-0.2.0-py3-none-any.whl"]


def test_with_neither_it_says_what_to_do_in_three_lines(machine):
    done = machine.run(colab=True, address="")
    assert done.returncode != 0
    said = done.stderr.partition("RuntimeError: ")[2].strip().splitlines()
    assert len(said) == 3
    assert "Nothing was installed" in said[1]
    assert said[2].startswith("Upload")
    assert machine.asked == []


def test_where_the_course_is_installed_it_installs_nothing(machine):
    (machine.folder / "site" / "gan_lessons.py").touch()
    assert machine.run(colab=True).returncode == 0
    assert machine.asked == []


def test_an_install_that_fails_stops_there(machine):
    (machine.folder / "fails").touch()
    assert machine.run(colab=True).returncode != 0


# -- one address -----------------------------------------------------------------------------


def test_without_an_address_there_is_no_link_and_no_badge():
    if files.ADDRESS:
        pytest.skip("the repository is public")
    assert "<this repository>" in README
    assert "colab.research" not in README
    assert hosted.badge(FIRST) == ""
    page = {"cells": [{"source": "a"}, {"source": "b"}]}
    assert pages.with_link(page, FIRST) == page


def test_what_the_readme_says_is_what_the_constant_says():
    assert build.with_address(README) == README


def test_an_address_is_written_everywhere_and_taken_out_again():
    public = build.with_address(README, ADDRESS)
    assert f"git clone {ADDRESS} gan-lessons" in public
    link = (
        f"(https://colab.research.google.com/github/owner/name/blob/gh-pages/colab/{FIRST}.ipynb)"
    )
    assert public.count(link) == 1
    assert build.with_address(public, ADDRESS) == public
    assert build.with_address(public, "") == build.with_address(README, "")
    page = pages.with_link({"cells": [{"source": "a"}, {"source": "b"}]}, FIRST, ADDRESS)
    assert [link in cell["source"] for cell in page["cells"]] == [False, True, False]


def test_what_is_no_address_of_github_gets_no_badge():
    assert hosted.badge(FIRST, "https://example.org/owner/name") == ""
    assert "owner/name/blob" in hosted.badge(FIRST, ADDRESS + ".git")


def test_nothing_else_names_the_address():
    """Whatever page needs it takes it from the constant."""
    if not files.ADDRESS:
        pytest.skip("there is no address yet")
    for path in [*ROOT.glob("*.md"), *ROOT.glob("tools/*.py"), *ROOT.glob("gan_lessons/**/*.py")]:
        if path.name not in ("README.md", "files.py"):
            assert files.ADDRESS not in path.read_text(encoding="utf-8"), path


# -- the dev container and Binder ------------------------------------------------------------


def test_the_dev_container_installs_as_make_does_and_opens_that_environment():
    made = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text(encoding="utf-8"))
    known = {"name", "image", "hostRequirements", "postCreateCommand", "containerEnv"}
    assert set(made) == known | {"customizations"}
    install, copy = made["postCreateCommand"].split(" && ")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    target, index = re.fullmatch(r"make (\S+) (TORCH_INDEX=\S+)", install).groups()
    assert target == re.search(r"(?m)^LAB = (.+)$", makefile)[1]
    assert f"make lab {index}" in makefile
    assert copy == ".venv/bin/gan-lessons copy"
    python = made["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert python == "${containerWorkspaceFolder}/.venv/bin/python"
    assert re.search(r":3\.1[1-3]$", made["image"])
    assert set(made["hostRequirements"]) <= {"cpus", "memory", "storage"}


def test_binder_installs_what_is_pinned():
    script = ROOT / ".binder/postBuild"
    assert os.access(script, os.X_OK)
    text = script.read_text(encoding="utf-8")
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert re.search(r"torch==\S+", text)[0] in pins
    assert "-c constraints.txt" in text
    assert "set -e" in text
    assert re.fullmatch(r"python-3\.1[1-3]\n", (ROOT / ".binder/runtime.txt").read_text())
    assert {path.name for path in script.parent.iterdir()} == {"postBuild", "runtime.txt"}
    if shutil.which("bash"):
        subprocess.run(["bash", "-n", str(script)], check=True)
