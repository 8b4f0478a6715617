"""A pytest plugin that makes nbval fail loudly; tests/lessons/run_notebooks.py loads it with `-p`.

1. A kernel that dies is named within about a second (nbval alone waits for the cell's time-out).
2. After its first failed cell, the rest of a notebook is skipped.
3. At the end every code cell of every notebook given must have passed, each counted from the file:
   a notebook that is missing, empty, deselected or half run is a failure.

It leans on the inside of nbval 0.11, which pyproject.toml pins; test_nbval_guard.py tests it.
"""

import json
import os
import signal
import time
from collections import Counter
from pathlib import Path
from queue import Empty

import pytest
from nbval.kernel import RunningKernel
from nbval.plugin import IPyNbCell, IPyNbFile

OUTPUT_PATIENCE = 30  # seconds; nbval's own 5 are too few on a busy machine


def _hide_this_folder() -> None:
    """Take this plugin's folder, which came in by PYTHONPATH, out of what the kernels inherit."""
    here = str(Path(__file__).resolve().parent)
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if here in paths:
        os.environ["PYTHONPATH"] = os.pathsep.join(path for path in paths if path != here)


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


def _raise_if_dead(kernel: RunningKernel) -> None:
    """Raise KernelDied, naming the cause, unless the kernel's process lives."""
    if not kernel.is_alive():
        manager = getattr(kernel, "km", None)
        process = getattr(getattr(manager, "provisioner", None), "process", None)
        status = getattr(process, "returncode", None)
        raise KernelDied(f"The kernel died while running this cell, {cause_of_death(status)}.")


def _await_message(kernel: RunningKernel, stream: str, timeout: float | None) -> dict:
    """Wait for a message as nbval does, but look every second whether the kernel lives.

    Raises:
        Empty: nothing came in time.
        KernelDied: the kernel's process is gone.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        step = 1.0 if deadline is None else min(1.0, deadline - time.monotonic())
        if step <= 0:
            raise Empty
        try:
            return kernel.get_message(stream, timeout=step)
        except Empty:
            _raise_if_dead(kernel)


def _await_reply(self: RunningKernel, msg_id: str, timeout: float | None = None) -> None:
    deadline = None if timeout is None else time.monotonic() + timeout
    while True:
        left = None if deadline is None else deadline - time.monotonic()
        message = _await_message(self, "shell", left)
        if message["parent_header"].get("msg_id") == msg_id:
            if message["content"]["status"] == "aborted":
                raise RuntimeError("The kernel refused to run this cell.")
            return


def _get_kernel_message(
    self: IPyNbFile, timeout: float | None = None, stream: str = "iopub"
) -> dict:
    patience = timeout if self.timed_out else OUTPUT_PATIENCE
    return _await_message(self.kernel, stream, patience)


_nbval_runtest = IPyNbCell.runtest


def _runtest(self: IPyNbCell) -> None:
    try:
        _nbval_runtest(self)
    except KernelDied as death:
        self.raise_cell_error(str(death))


RunningKernel.await_reply = _await_reply
IPyNbFile.get_kernel_message = _get_kernel_message
IPyNbCell.runtest = _runtest


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


def pytest_configure(config):
    _hide_this_folder()
    if not hasattr(config, "workerinput"):  # the controller, or no xdist at all
        config.pluginmanager.register(Ledger(config), "notebook-ledger")
