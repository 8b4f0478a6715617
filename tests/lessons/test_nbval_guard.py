"""The guard is itself tested: with tiny notebooks that die, fail, hang, spin or are not there."""

import os
import re
import subprocess
import time
from collections import Counter
from pathlib import Path
from queue import Empty

import nbformat
import pytest
from nbval.kernel import RunningKernel

from tests.lessons import nbval_guard, run_notebooks
from tests.lessons.nbval_guard import cause_of_death, shortfalls
from tests.progress import Progress
from tests.soak import times

LIMITS = {"cell_limit": 4, "patience": 3}  # seconds: of processor time, of standing still
SETTINGS = {"GAN_LESSONS_BUDGET": "tiny", "GAN_LESSONS_STRICT": "0"}

STUBBORN = """
import time
while True:
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        pass
"""
LONG = """
import subprocess, sys, time
while time.process_time() < 2:
    pass
child = "import time\\nwhile time.process_time() < 1.5: pass"
subprocess.run([sys.executable, "-c", child], check=True)
"""
SICK = {
    "kill": ("x = 1", "import os; os.kill(os.getpid(), 9)", "x", "x + 1"),
    "exit": ("x = 1", "import os; os._exit(3)", "x", "x + 1"),
    "segfault": ("x = 1", "import ctypes; ctypes.string_at(0)", "x", "x + 1"),
    "fail": ("x = 1", "1 / 0", "x", "x + 1"),
    "hang": (STUBBORN, "x = 1", "x", "x + 1"),
    "spin": ("x = 1", "while True: pass", "x", "x + 1"),
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
    status = run_notebooks.run(list(notebooks), SETTINGS, prefix=list(prefix), **LIMITS)
    return status, capfd.readouterr().out


@pytest.fixture(scope="module")
def ward(tmp_path_factory) -> tuple[int, str]:
    """Run all the sick notebooks at once, and a well one that takes long: exit status, report."""
    folder = tmp_path_factory.mktemp("it's Übung 学")
    notebooks = [notebook(folder / f"{name}.ipynb", *cells) for name, cells in SICK.items()]
    notebooks.append(notebook(folder / "well.ipynb", LONG, "x = 1"))
    report = folder / "report.txt"
    with report.open("w", encoding="utf-8") as file:
        keep = os.dup(1)
        try:
            os.dup2(file.fileno(), 1)
            status = run_notebooks.run(notebooks, SETTINGS, prefix=[], **LIMITS)
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
def test_a_dead_kernel_is_named(name, cause, ward):
    """And not given up after its time, which is what nbval alone would do."""
    _, report = ward
    about = report.split(f" {name}.ipynb::Cell 1 ")[1]  # the headline of this failure
    assert about.index("The kernel died while running this cell") < about.index(cause) < 400
    assert "Timeout" not in about.partition("\n___")[0]
    cells = re.search(rf"(\d+) of +4 cells +[\d.]+ s  {name}\.ipynb", report)[1]
    assert int(cells) == 1


DEATHS = {
    "by SIGKILL": "os.kill(os.getpid(), 9)",
    "with exit status 3": "os._exit(3)",
    "by SIGSEGV": "import ctypes; ctypes.string_at(0)",
}


@pytest.mark.skipif(os.name != "posix", reason="dies by signals")
@pytest.mark.parametrize("cause", DEATHS)
def test_a_death_is_named_soon(cause, tmp_path, record_property, monkeypatch):
    """How soon is no matter of passing, for any machine may be slow: the table says it."""
    # nbval opens a file for it and never closes it, which is a warning here
    monkeypatch.setattr("nbval.kernel.open", lambda *args: subprocess.DEVNULL, raising=False)
    deaths, took = times(1, 17), []
    died = tmp_path / "died"
    for _ in range(deaths):
        kernel = RunningKernel("python3", str(tmp_path), startup_timeout=600)
        try:
            stamp = f"import os, time; open({str(died)!r}, 'w').write(str(time.time()))"
            asked = kernel.execute_cell_input(f"{stamp}; {DEATHS[cause]}")
            with pytest.raises(nbval_guard.KernelDied, match=cause):
                kernel.await_reply(asked, timeout=10**6)
            took.append(time.time() - float(died.read_text()))
        finally:
            kernel.stop()
    record_property("n", deaths)
    record_property("note", f"{cause}: named after {max(took):.1f} s at most")


class Kernel:
    """A kernel that says nothing, and whether it lives."""

    def __init__(self, *, alive: bool):
        self.alive, self.asked = alive, 0

    def is_alive(self) -> bool:
        return self.alive

    def get_message(self, stream: str, timeout: float) -> dict:
        self.asked += 1
        assert timeout <= 1
        raise Empty


def test_a_death_is_seen_at_the_first_look():
    """The wait for a message is a second, whatever a cell may take."""
    kernel = Kernel(alive=False)
    progress = Progress(1, limit=10**6, patience=10**6, seconds=lambda pid: 0.0)
    with pytest.raises(nbval_guard.KernelDied):
        nbval_guard._await_message(kernel, "shell", progress)
    assert kernel.asked == 1


def test_a_kernel_that_does_not_get_on_is_given_up_and_the_reason_is_kept():
    kernel, used = Kernel(alive=True), iter(range(10))
    progress = Progress(1, limit=3, patience=10**6, seconds=lambda pid: next(used))
    with pytest.raises(Empty):
        nbval_guard._await_message(kernel, "shell", progress)
    assert kernel.asked == 5
    assert kernel.gave_up == "it used 3 s of processor time and did not end"


def test_a_failing_cell_skips_the_rest_of_its_notebook_only(ward):
    _, report = ward
    assert "ZeroDivisionError" in report
    assert "NOTEBOOK NOT PROVEN fail.ipynb: 1 of 4 code cells passed" in report
    assert "2 of   2 cells" in report
    assert "well.ipynb" not in report.split("NOTEBOOK NOT PROVEN", 1)[1]
    after_deaths, after_failure, after_hanging, told_to = 3 * 2, 2, 3 + 2, 1
    assert f"{after_deaths + after_failure + after_hanging + told_to} skipped" in report
    assert "xfail" not in report


def test_a_hanging_cell_is_given_up_even_if_it_ignores_interrupts(ward):
    _, report = ward
    about = report.split(" hang.ipynb::Cell 0 ")[1].partition("\n___")[0]
    assert "Failed to interrupt kernel" in about
    assert "it stood still for 3 s" in about
    assert re.search(r"0 of +4 cells +[\d.]+ s  hang\.ipynb", report)


def test_a_spinning_cell_is_given_up_for_the_processor_time_it_used(ward):
    _, report = ward
    about = report.split(" spin.ipynb::Cell 1 ")[1].partition("\n___")[0]
    assert "it used 4 s of processor time" in about
    assert "KeyboardInterrupt" in about
    assert re.search(r"1 of +4 cells +[\d.]+ s  spin\.ipynb", report)


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
        f"assert os.environ.get('PYTHONPATH', '') == {os.environ.get('PYTHONPATH', '')!r}\n"
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
