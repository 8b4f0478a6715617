"""The guard is itself tested: with tiny notebooks that die, fail, hang or are not there."""

import os
import re
from collections import Counter
from pathlib import Path

import nbformat
import pytest

from tests.lessons import run_notebooks
from tests.lessons.nbval_guard import cause_of_death, shortfalls

CELL_TIMEOUT = 12  # seconds
SETTINGS = {"GAN_LESSONS_BUDGET": "tiny", "GAN_LESSONS_STRICT": "0"}

STUBBORN = """
import time
while True:
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        pass
"""
SICK = {
    "kill": ("x = 1", "import os; os.kill(os.getpid(), 9)", "x", "x + 1"),
    "exit": ("x = 1", "import os; os._exit(3)", "x", "x + 1"),
    "segfault": ("x = 1", "import ctypes; ctypes.string_at(0)", "x", "x + 1"),
    "fail": ("x = 1", "1 / 0", "x", "x + 1"),
    "hang": (STUBBORN, "x = 1", "x", "x + 1"),
    "skip": ("x = 1", "x", "# NBVAL_SKIP\nx + 1"),
    "prose": (),
}


def notebook(path: Path, *sources: str) -> Path:
    """Write a notebook with one markdown cell and these code cells."""
    cells = [nbformat.v4.new_markdown_cell("# A lesson")]
    cells += [nbformat.v4.new_code_cell(source) for source in sources]
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def run(capfd, *notebooks: Path, prefix: tuple[str, ...] = ()) -> tuple[int, str]:
    """Run notebooks; return the exit status and everything printed."""
    capfd.readouterr()
    status = run_notebooks.run(
        list(notebooks), SETTINGS, prefix=list(prefix), cell_timeout=CELL_TIMEOUT
    )
    return status, capfd.readouterr().out


@pytest.fixture(scope="module")
def ward(tmp_path_factory) -> tuple[int, str]:
    """Run all the sick notebooks at once, with a well one between them: exit status and report."""
    folder = tmp_path_factory.mktemp("it's Übung 学")
    notebooks = [notebook(folder / f"{name}.ipynb", *cells) for name, cells in SICK.items()]
    notebooks.append(notebook(folder / "well.ipynb", "x = 1", "assert x"))
    report = folder / "report.txt"
    with report.open("w", encoding="utf-8") as file:
        keep = os.dup(1)
        try:
            os.dup2(file.fileno(), 1)
            status = run_notebooks.run(notebooks, SETTINGS, prefix=[], cell_timeout=CELL_TIMEOUT)
        finally:
            os.dup2(keep, 1)
            os.close(keep)
    return status, report.read_text(encoding="utf-8")


def test_sick_notebooks_fail_the_run(ward):
    status, _ = ward
    assert status == 1


@pytest.mark.parametrize(
    ("name", "cause"),
    [("kill", "SIGKILL"), ("exit", "exit status 3"), ("segfault", "SIGSEGV")],
)
def test_a_dead_kernel_is_named_at_once(name, cause, ward):
    _, report = ward
    about = report.split(f" {name}.ipynb::Cell 1 ")[1]  # the headline of this failure
    assert about.index("The kernel died while running this cell") < about.index(cause) < 400
    cells, seconds = re.search(rf"(\d+) of +4 cells +([\d.]+) s  {name}\.ipynb", report).groups()
    assert int(cells) == 1
    assert float(seconds) < 10


def test_a_failing_cell_skips_the_rest_of_its_notebook_only(ward):
    _, report = ward
    assert "ZeroDivisionError" in report
    assert "NOTEBOOK NOT PROVEN fail.ipynb: 1 of 4 code cells passed" in report
    assert "2 of   2 cells" in report
    assert "well.ipynb" not in report.split("NOTEBOOK NOT PROVEN", 1)[1]
    after_deaths, after_failure, after_hanging, told_to = 3 * 2, 2, 3, 1
    assert f"{after_deaths + after_failure + after_hanging + told_to} skipped" in report
    assert "xfail" not in report


def test_a_hanging_cell_ends_at_its_time_out_even_if_it_ignores_interrupts(ward):
    _, report = ward
    assert f"Timeout of {CELL_TIMEOUT} seconds exceeded" in report
    seconds = re.search(r"0 of +4 cells +([\d.]+) s  hang\.ipynb", report).group(1)
    assert float(seconds) < CELL_TIMEOUT + 10


def test_a_cell_that_does_not_run_is_noticed(ward):
    _, report = ward
    assert "NOTEBOOK NOT PROVEN skip.ipynb: 2 of 3 code cells passed" in report


def test_a_notebook_without_code_is_a_failure(ward):
    _, report = ward
    assert "NOTEBOOK NOT PROVEN prose.ipynb: has no code cell" in report


def test_green_notebooks_pass_and_offline_means_offline(tmp_path, capfd):
    prefix = run_notebooks.offline_prefix()
    no_way_out = (
        "import errno, socket\n"
        "s = socket.socket(); s.settimeout(5)\n"
        "assert s.connect_ex(('192.0.2.1', 443)) == errno.ENETUNREACH"
    )
    nothing_leaks = (
        "import importlib.util, os\n"
        "assert importlib.util.find_spec('nbval_guard') is None\n"
        "assert os.environ['GAN_LESSONS_BUDGET'] == 'tiny'\n"
        "assert os.environ['OMP_NUM_THREADS'] == '1'"
    )
    one = notebook(tmp_path / "00_one.ipynb", nothing_leaks, "x = 1", "assert x")
    two = notebook(tmp_path / "01_two.ipynb", no_way_out if prefix else "1", "y = 2")
    status, out = run(capfd, one, two, prefix=prefix)
    assert status == 0, out
    assert "3 of   3 cells" in out
    assert "2 of   2 cells" in out


def test_a_missing_notebook_is_a_failure(tmp_path, capfd):
    status, out = run(capfd, tmp_path / "00_gone.ipynb")
    assert status != 0
    assert "NOTEBOOK NOT PROVEN 00_gone.ipynb" in out


@pytest.mark.parametrize(
    ("expected", "passed", "said"),
    [
        ({}, {}, "nothing was tested"),
        ({"a": 2}, {"a": 1}, "1 of 2"),
        ({"a": 2}, {}, "0 of 2"),
        ({"a": 0}, {}, "no code cell"),
        ({"a": 1}, {"a": 1, "b": 1}, "not asked for"),
    ],
)
def test_every_shortfall_is_told(expected, passed, said):
    assert said in " ".join(shortfalls(expected, Counter(passed)))


def test_nothing_is_told_when_all_cells_passed():
    assert shortfalls({"a": 2, "b": 1}, Counter(a=2, b=1)) == []


def test_causes_of_death_are_words():
    assert cause_of_death(None) == "for an unknown reason"
    assert cause_of_death(1) == "with exit status 1"
    assert "out of memory" in cause_of_death(-9)
    assert "signal 63" in cause_of_death(-63)


def lessons(root: Path, *, source=("00_a",), blank=("00_a",), solved=("00_a",)) -> Path:
    """Write a tree of lessons in which any of the three kinds may be missing."""
    (root / "notebooks/source").mkdir(parents=True)
    for name in source:
        (root / f"notebooks/source/{name}.py").write_text("# %%\n1\n")
    for name in blank:
        notebook(root / f"notebooks/{name}.ipynb", "import os", "os.environ['GAN_LESSONS_STRICT']")
    for name in solved:
        notebook(root / f"notebooks/solutions/{name}.ipynb", "x = 1")
    return root


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ({"solved": ()}, "00_a: has no solved notebook"),
        ({"blank": ()}, "00_a: has no blank notebook"),
        ({"source": ()}, "00_a: has no source"),
        ({"source": ("00_a", "04_b")}, "04_b: has no blank notebook"),
        ({"source": (), "blank": (), "solved": ()}, "there is no lesson at all"),
    ],
)
def test_a_lesson_lacks_nothing(kinds, said, tmp_path):
    assert said in run_notebooks.unpaired(lessons(tmp_path, **kinds))


def test_a_run_that_misses_anything_is_a_failure(tmp_path, capsys, monkeypatch):
    root, statuses = lessons(tmp_path), iter([0, 0, 0, 1])
    monkeypatch.setattr(run_notebooks, "run", lambda *args, **kwargs: next(statuses))
    assert run_notebooks.main([], root=root) == 0
    assert "offline: " in capsys.readouterr().out
    assert run_notebooks.main(["04"], root=root) == 1
    assert "notebooks: no notebook to run" in capsys.readouterr().out
    assert run_notebooks.main(["00"], root=root) == 1
    assert "notebooks/solutions: failed (pytest's exit status 1" in capsys.readouterr().out
