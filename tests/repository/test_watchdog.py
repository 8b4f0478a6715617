"""The watchdog is itself tested: with small limits, by tests that sleep, spin and lock for ever."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.progress import SHARE, Progress, processor_seconds

ROOT = Path(__file__).resolve().parents[2]
needs_signals = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGALRM")
needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="locks a mutex of glibc's twice")

CONFTEST = """
from tests.watchdog import Watchdog

def pytest_configure(config):
    config.pluginmanager.register(Watchdog(limit={limit}, slow=6, patience={patience}), "watchdog")
"""
COMMON = """
import ctypes, os, subprocess, sys, threading, time
import pytest

def compute(seconds):
    start = time.process_time()
    while time.process_time() - start < seconds:
        pass
"""
SICK = """
def test_sleeps():
    time.sleep(10**6)

def test_waits_for_a_thread():
    lock = threading.Lock()
    lock.acquire()
    waiter = threading.Thread(target=lock.acquire, name="waiter", daemon=True)
    waiter.start()
    try:
        waiter.join()
    finally:
        lock.release()

def test_waits_for_a_child():
    subprocess.run([sys.executable, "-c", "import time; time.sleep(10**6)"])

def test_spins():
    while True:
        pass

@pytest.fixture
def spinning():
    compute(10**6)

def test_has_a_fixture_that_spins(spinning):
    pass

@pytest.fixture
def sleeping():
    yield
    time.sleep(10**6)

def test_has_a_teardown_that_sleeps(sleeping):
    pass
"""
WELL = """
def test_is_quick():
    pass

def test_computes_for_a_while():
    compute(1)

@pytest.mark.slow
def test_trains():
    compute(3)

def test_has_a_child_that_computes():
    code = "import time\\nwhile time.process_time() < 1: pass"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0

@pytest.mark.parametrize("turn", range(6))
def test_sleeps_a_little(turn):
    time.sleep(0.5)
"""
LOCKED = """
@pytest.mark.parametrize("library", ["CDLL", "PyDLL"])  # PyDLL holds Python's lock meanwhile
def test_is_locked_in_c(library):
    library = getattr(ctypes, library)(None)
    mutex = ctypes.create_string_buffer(128)
    library.pthread_mutex_lock(mutex)
    library.pthread_mutex_lock(mutex)

def test_does_not_listen():
    while True:
        try:
            time.sleep(10**6)
        except BaseException:
            pass

def test_comes_afterwards():
    pass
"""


def pytest_of(
    folder: Path, tests: str, *options: str, limit: float = 1, patience: float = 1
) -> tuple[int, str]:
    """Run tests under a watchdog with small limits; return the exit status and what was said."""
    (folder / "conftest.py").write_text(CONFTEST.format(limit=limit, patience=patience))
    (folder / "test_them.py").write_text(COMMON + tests)
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(folder)]
    command += ["-p", "no:cacheprovider", "-W", "ignore", "-rA", *options, str(folder)]
    # With CI set, pytest says every reason twice: the summary's lines are whole there.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    env = {name: value for name, value in kept.items() if name not in ("CI", "BUILD_NUMBER")}
    env["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"  # they take longer than all the tests
    out = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    done = subprocess.run(command, cwd=ROOT, env=env, check=False, **out)
    return done.returncode, done.stdout


def outcomes(said: str) -> dict[str, str]:
    """Return the outcome of every test in a report, by its name."""
    found = re.findall(r"^(PASSED|FAILED|ERROR) \S+::test_(\w+(?:\[\w+\])?)", said, re.MULTILINE)
    return {name: outcome for outcome, name in found}


@needs_signals
def test_what_hangs_fails_where_it_was_and_the_others_go_on(tmp_path):
    status, said = pytest_of(tmp_path, SICK)
    assert status == 1, said
    assert outcomes(said) == {
        "sleeps": "FAILED",
        "waits_for_a_thread": "FAILED",
        "waits_for_a_child": "FAILED",
        "spins": "FAILED",
        "has_a_fixture_that_spins": "ERROR",
        "has_a_teardown_that_sleeps": "ERROR",
    }
    assert said.count("Failed: the watchdog ended this test: it stood still for 1 s") == 4
    assert said.count("Failed: the watchdog ended this test: it used 1 s of processor") == 2
    for line in ("time.sleep(10**6)", "waiter.join()", "while True:", "compute(10**6)"):
        assert f">       {line}" in said or f">           {line}" in said
    assert re.search(r"^Thread 0x\w+ \(most recent call first\):\n  File .* in run$", said, re.M)


@needs_signals
def test_what_gets_on_passes(tmp_path):
    """Though some take longer than the patience, and one uses more than others may."""
    status, said = pytest_of(tmp_path, WELL, limit=2, patience=2)
    assert status == 0, said


@needs_signals
@needs_linux
@pytest.mark.parametrize("name", ["is_locked_in_c[CDLL]", "is_locked_in_c[PyDLL]"])
def test_what_is_locked_in_c_is_ended_and_its_stack_is_told(tmp_path, name):
    status, said = pytest_of(tmp_path, LOCKED, "-k", name)
    assert status == -6, said  # SIGABRT
    assert f"test_{name} (call) was asked to stop and went on: it stood still for 0.1 s" in said
    assert "Fatal Python error: Aborted" in said
    assert re.search(r'File ".*test_them\.py", line \d+ in test_is_locked_in_c', said)


@needs_signals
@needs_linux
def test_with_xdist_another_process_goes_on(tmp_path):
    status, said = pytest_of(tmp_path, LOCKED, "-p", "xdist.plugin", "-n", "1")
    assert status == 1, said
    assert outcomes(said) == {
        "is_locked_in_c[CDLL]": "FAILED",
        "is_locked_in_c[PyDLL]": "FAILED",
        "does_not_listen": "FAILED",
        "comes_afterwards": "PASSED",
    }


# -- the rule itself, with a clock that is told ----------------------------------------------


class Machine:
    """A clock and a process whose processor time only move when told."""

    def __init__(self):
        self.now = self.used = 0.0
        self.progress = Progress(
            *(1,), limit=100, patience=60, clock=lambda: self.now, seconds=lambda pid: self.used
        )
        assert self.progress.look() is None

    def run(self, seconds: float, *, share: float, look_every: float = 1.0) -> str | None:
        """Let time pass, of which the process gets a share of a processor; return what is said."""
        for _ in range(round(seconds / look_every)):
            self.now += look_every
            self.used += share * look_every
            if said := self.progress.look():
                return said
        return None


def test_a_process_that_gets_on_slowly_may_take_as_long_as_it_needs():
    """A fiftieth of a processor for more than an hour, whatever the machine does meanwhile."""
    assert Machine().run(4_900, share=1 / 50) is None


def test_processor_time_is_what_is_limited():
    machine = Machine()
    assert machine.run(100, share=1) is None
    assert machine.run(2, share=1) == "it used 100 s of processor time and did not end"
    assert Machine().run(1_000, share=4) is not None  # many threads, or children


def test_standing_still_is_told_after_the_patience_and_not_before():
    machine = Machine()
    assert machine.run(59, share=0) is None
    assert "stood still for 60 s" in machine.run(2, share=0)


def test_a_little_work_now_and_then_is_enough():
    machine = Machine()
    for _ in range(20):
        assert machine.run(55, share=0) is None
        assert machine.run(1, share=1) is None


def test_polling_is_no_work():
    """A loop that looks every hundredth of a second whether something has come."""
    assert "stood still" in Machine().run(120, share=SHARE / 2)


def test_a_machine_that_was_halted_is_no_hang():
    """A laptop that slept, a run that was stopped with Ctrl-Z: the first look comes late."""
    machine = Machine()
    machine.run(30, share=0)
    machine.now += 10_000
    assert machine.progress.look() is None
    assert machine.run(20, share=0) is None
    assert "stood still" in machine.run(10, share=0)


def test_a_child_that_leaves_with_its_time_takes_nothing_back():
    machine = Machine()
    machine.run(50, share=1)
    machine.used -= 40
    assert machine.progress.look() is None
    assert machine.run(50, share=1) is None
    assert "processor time" in machine.run(2, share=1)


def test_children_count_while_they_run_and_afterwards():
    code = "import sys, time\nwhile time.process_time() < 0.6: pass\n"
    code += "print('done', flush=True)\nsys.stdin.read()"
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    before = processor_seconds(os.getpid())
    with subprocess.Popen([sys.executable, "-c", code], **pipes) as child:
        child.stdout.readline()
        assert processor_seconds(os.getpid()) - before >= 0.5
        child.stdin.close()
    if sys.platform == "linux":
        assert processor_seconds(os.getpid()) - before >= 0.5


def test_a_process_that_is_gone_has_used_nothing():
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()
    assert processor_seconds(child.pid) == 0
