"""A pytest plugin that makes nbval fail loudly; tests/lessons/run_notebooks.py loads it with `-p`.

1. A kernel that dies is named within about a second (nbval alone waits for the cell's time-out).
2. A cell's time-out is processor time of its kernel, and a kernel that stands still is given up: on
   a busy machine no cell fails for want of seconds (tests/progress.py).
3. After its first failed cell, the rest of a notebook is skipped.
4. At the end every code cell of every notebook given must have passed, each counted from the file:
   a notebook that is missing, empty, deselected or half run is a failure.

It leans on the inside of nbval 0.11, which pyproject.toml pins; test_nbval_guard.py tests it.
"""

import json
import os
import signal
from collections import Counter
from pathlib import Path
from queue import Empty

import pytest
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell, IPyNbFile

from tests.progress import Progress

ROOT = Path(__file__).resolve().parents[2]
OUTPUT_LIMIT = 60.0  # seconds of processor time between a cell's end and the last of its outputs
_patience = [300.0]  # seconds that a kernel may stand still; from the command line


def _hide_root() -> None:
    """Take the folder that run_notebooks.py put into PYTHONPATH out of what the kernels inherit."""
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if str(ROOT) in paths:
        paths.remove(str(ROOT))  # one: somebody's own stays
        os.environ["PYTHONPATH"] = os.pathsep.join(paths)


class KernelDied(RuntimeError):
    """The kernel's process is gone while a cell still waits for its answer."""


def cause_of_death(status: int | None) -> str:
    """Say in words how a process ended, from the status that `Popen.returncode` has."""
    if status is None:
        return "for an unknown reason"
    if status >= 0:
        return f"with exit status {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = f"signal {-status}"
    hints = {"SIGKILL": ": most likely out of memory", "SIGSEGV": ": compiled code crashed"}
    return f"by {name}{hints.get(name, '')}"


def _process_of(kernel: RunningKernel):
    """Return the kernel's process, or None where nbval no longer knows it."""
    manager = getattr(kernel, "km", None)
    return getattr(getattr(manager, "provisioner", None), "process", None)


def _progress_of(kernel: RunningKernel, limit: float | None, *, share: float = 1.0) -> Progress:
    """Return what looks at a kernel: its limit, or none, and a share of the patience."""
    limit = float("inf") if limit is None else float(limit)
    return Progress(_process_of(kernel).pid, limit=limit, patience=share * _patience[0])


def _raise_if_dead(kernel: RunningKernel) -> None:
    """Raise KernelDied, naming the cause, unless the kernel's process lives."""
    if not kernel.is_alive():
        status = getattr(_process_of(kernel), "returncode", None)
        raise KernelDied(f"The kernel died while running this cell, {cause_of_death(status)}.")


def _await_message(kernel: RunningKernel, stream: str, progress: Progress) -> dict:
    """Wait for a message as nbval does, but look every second whether the kernel gets on.

    Raises:
        Empty: the kernel does not get on; ``kernel.gave_up`` says why.
        KernelDied: the kernel's process is gone.
    """
    while True:
        try:
            return kernel.get_message(stream, timeout=1.0)
        except Empty:
            _raise_if_dead(kernel)
            if reason := progress.look():
                kernel.gave_up = getattr(kernel, "gave_up", None) or reason  # the first one counts
                raise


def _await_reply(self: RunningKernel, msg_id: str, timeout: float | None = None) -> None:
    progress = _progress_of(self, timeout)
    while True:
        message = _await_message(self, "shell", progress)
        if message["parent_header"].get("msg_id") == msg_id:
            if message["content"]["status"] == "aborted":
                raise RuntimeError("The kernel refused to run this cell.")
            return


def _get_kernel_message(
    self: IPyNbFile, timeout: float | None = None, stream: str = "iopub"
) -> dict:
    share = 0.1 if self.timed_out else 1.0  # it was interrupted: it answers, or does not listen
    progress = _progress_of(self.kernel, OUTPUT_LIMIT, share=share)
    return _await_message(self.kernel, stream, progress)


_nbval_runtest, _nbval_raise = IPyNbCell.runtest, IPyNbCell.raise_cell_error


def _raise_cell_error(self: IPyNbCell, message: str, *args, **kwargs) -> None:
    """Say after nbval's "Timeout of … seconds exceeded" what was exceeded."""
    reason = getattr(self.parent.kernel, "gave_up", None)
    if reason and message.startswith("Timeout"):
        message = f"{message.rstrip('.')}: {reason}."
    _nbval_raise(self, message, *args, **kwargs)


def _runtest(self: IPyNbCell) -> None:
    try:
        _nbval_runtest(self)
    except KernelDied as death:
        self.raise_cell_error(str(death))


RunningKernel.await_reply = _await_reply
IPyNbFile.get_kernel_message = _get_kernel_message
IPyNbCell.runtest = _runtest
IPyNbCell.raise_cell_error = _raise_cell_error


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if isinstance(item, IPyNbCell) and report.failed:
        item.parent.first_failure = getattr(item.parent, "first_failure", None) or item.name
    return report


def pytest_runtest_setup(item):
    if isinstance(item, IPyNbCell):
        first = getattr(item.parent, "first_failure", None)
        if first:
            pytest.skip(f"{first} of this notebook failed")


def code_cells(notebook: Path) -> int:
    """Count a notebook's code cells, straight from the file."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return sum(cell["cell_type"] == "code" for cell in cells)


def shortfalls(expected: dict[str, int], passed: Counter) -> list[str]:
    """Return a line for every notebook of which not every code cell has passed."""
    lines = [] if expected else ["no notebook was given: nothing was tested"]
    for name, count in expected.items():
        if count == 0:
            lines.append(f"{name}: has no code cell")
        elif passed[name] != count:
            lines.append(f"{name}: {passed[name]} of {count} code cells passed")
    lines += [f"{name}: ran but was not asked for" for name in passed if name not in expected]
    return lines


class Ledger:
    """Counts on the controller, which receives every worker's reports."""

    def __init__(self, config: pytest.Config):
        self.root = config.rootpath
        self.expected: dict[str, int] = {}
        for argument in config.args:
            path = Path(config.invocation_params.dir, argument.split("::")[0]).resolve()
            if path.suffix == ".ipynb":
                self.expected[self._name(path)] = code_cells(path) if path.exists() else 0
        self.passed: Counter = Counter()
        self.seconds: Counter = Counter()

    def _name(self, path: Path) -> str:
        return Path(os.path.relpath(path, self.root)).as_posix()

    def pytest_runtest_logreport(self, report):
        name = report.nodeid.split("::")[0]
        self.seconds[name] += report.duration
        if report.when == "call" and report.outcome == "passed" and not hasattr(report, "wasxfail"):
            self.passed[name] += 1

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session):
        if shortfalls(self.expected, self.passed) and session.exitstatus in (0, 5):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter):
        terminalreporter.section("notebooks")
        for name, count in sorted(self.expected.items()):
            terminalreporter.line(
                f"{self.passed[name]:3d} of {count:3d} cells  {self.seconds[name]:6.1f} s  {name}"
            )
        for line in shortfalls(self.expected, self.passed):
            terminalreporter.line(f"NOTEBOOK NOT PROVEN {line}", red=True)


def pytest_addoption(parser):
    parser.addoption("--kernel-patience", type=float, default=_patience[0])


def pytest_configure(config):
    _patience[0] = config.option.kernel_patience
    if not hasattr(config, "workerinput"):  # the controller, or no xdist at all
        _hide_root()  # workers inherit what is left
        config.pluginmanager.register(Ledger(config), "notebook-ledger")
