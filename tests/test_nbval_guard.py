"""The guard is itself tested: with tiny notebooks that die, fail, hang or are not there."""

import shutil
import sys
import time
from collections import Counter
from pathlib import Path

import nbformat
import pytest
import run_notebooks
from nbval_guard import cause_of_death, shortfalls

CELL_TIMEOUT = 20  # seconds; a death must be reported long before

DEATHS = {
    "kill": ("import os; os.kill(os.getpid(), 9)", "SIGKILL"),
    "exit": ("import os; os._exit(3)", "exit status 3"),
    "segfault": ("import ctypes; ctypes.string_at(0)", "SIGSEGV"),
}


def notebook(path: Path, *sources: str, tags: dict[int, list[str]] | None = None) -> Path:
    """Write a notebook with one markdown cell and these code cells."""
    cells = [nbformat.v4.new_markdown_cell("# A lesson")]
    for number, source in enumerate(sources):
        metadata = {"tags": (tags or {}).get(number, [])}
        cells.append(nbformat.v4.new_code_cell(source, metadata=metadata))
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    return path


def run(capfd, *notebooks: Path, cell_timeout: float = CELL_TIMEOUT) -> tuple[int, str, float]:
    """Run notebooks; return the exit status, everything printed, and the seconds it took."""
    began = time.monotonic()
    settings = {"GAN_LESSONS_BUDGET": "tiny", "GAN_LESSONS_STRICT": "0"}
    status = run_notebooks.run(list(notebooks), settings, prefix=[], cell_timeout=cell_timeout)
    return status, capfd.readouterr().out, time.monotonic() - began


def test_green_notebooks_pass_and_every_cell_is_counted(tmp_path, capfd):
    settings_arrive = "import os; assert os.environ['GAN_LESSONS_BUDGET'] == 'tiny'"
    nothing_leaks = (
        "import importlib.util, os\n"
        "assert importlib.util.find_spec('nbval_guard') is None\n"
        "assert os.environ['OMP_NUM_THREADS'] == '1'"
    )
    one = notebook(tmp_path / "00_one.ipynb", settings_arrive, nothing_leaks, "x = 1", "assert x")
    two = notebook(tmp_path / "01_two.ipynb", "y = 2", "print(y)")
    status, out, _ = run(capfd, one, two)
    assert status == 0, out
    assert "4 of   4 cells" in out
    assert "2 of   2 cells" in out


@pytest.mark.parametrize("death", DEATHS)
def test_a_dead_kernel_is_named_at_once(death, tmp_path, capfd):
    source, cause = DEATHS[death]
    dying = notebook(tmp_path / "04_dying.ipynb", "x = 1", source, "x", "x + 1")
    status, out, seconds = run(capfd, dying)
    assert status != 0
    assert "The kernel died while running this cell" in out
    assert cause in out
    assert "04_dying.ipynb::Cell 1" in out
    assert "1 passed" in out
    assert "2 skipped" in out
    assert seconds < CELL_TIMEOUT


def test_a_failing_cell_skips_the_rest_of_its_notebook_only(tmp_path, capfd):
    bad = notebook(tmp_path / "00_bad.ipynb", "x = 1", "1 / 0", "x")
    good = notebook(tmp_path / "01_good.ipynb", "x = 1", "x")
    status, out, _ = run(capfd, bad, good)
    assert status != 0
    assert "ZeroDivisionError" in out
    assert "00_bad.ipynb: 1 of 3 code cells passed" in out
    assert "2 of   2 cells" in out


def test_a_hanging_cell_ends_at_its_time_out_even_if_it_ignores_interrupts(tmp_path, capfd):
    stubborn = "import time\nwhile True:\n    try:\n        time.sleep(60)\n    except KeyboardInterrupt:\n        pass"
    hanging = notebook(tmp_path / "00_hanging.ipynb", stubborn, "1", "2")
    status, out, seconds = run(capfd, hanging, cell_timeout=3)
    assert status != 0
    assert "Timeout of 3 seconds exceeded" in out
    assert "0 of 3 code cells passed" in out
    assert seconds < 3 + 10 + 15  # time-out, nbval's wait after the interrupt, start and end


def test_a_cell_that_does_not_run_is_noticed(tmp_path, capfd):
    skipped = notebook(tmp_path / "00_skipped.ipynb", "x = 1", "x", tags={1: ["nbval-skip"]})
    status, out, _ = run(capfd, skipped)
    assert status != 0
    assert "1 of 2 code cells passed" in out


def test_a_missing_notebook_is_a_failure(tmp_path, capfd):
    there = notebook(tmp_path / "00_there.ipynb", "x = 1")
    status, _, _ = run(capfd, there, tmp_path / "01_gone.ipynb")
    assert status != 0


def test_a_notebook_without_code_is_a_failure(tmp_path, capfd):
    status, out, _ = run(capfd, notebook(tmp_path / "00_prose.ipynb"))
    assert status != 0
    assert "has no code cell" in out


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


def test_a_whole_tree_is_proven_and_an_empty_one_is_not(tmp_path, capfd):
    whole = lessons(tmp_path / "it's Übung 学")
    assert run_notebooks.main([], root=whole) == 0
    assert run_notebooks.main(["04"], root=whole) == 1  # there is no lesson 04
    shutil.rmtree(whole / "notebooks/solutions")
    assert run_notebooks.main([], root=whole) == 1
    assert "NOTEBOOKS NOT PROVEN  notebooks/solutions: no notebook to run" in capfd.readouterr().out


@pytest.mark.skipif(sys.platform != "linux", reason="network namespaces exist on Linux only")
def test_offline_means_offline(tmp_path, capfd):
    prefix = run_notebooks.offline_prefix()
    if not prefix:
        pytest.skip("this system does not allow a network namespace")
    reaching_out = (
        "import socket\n"
        "s = socket.socket(); s.settimeout(5)\n"
        "assert s.connect_ex(('192.0.2.1', 443)) == __import__('errno').ENETUNREACH"
    )
    outside = notebook(tmp_path / "00_outside.ipynb", reaching_out)
    settings = {"GAN_LESSONS_BUDGET": "tiny"}
    assert run_notebooks.run([outside], settings, prefix=prefix, cell_timeout=CELL_TIMEOUT) == 0
    capfd.readouterr()
