"""A pytest plugin: a test that hangs fails, a test that only takes long does not.

Each phase of a test (setup, call, teardown) may use so much processor time, and may stand still for
so long; tests/progress.py says what that means, and why no clock on the wall decides. A test that
breaks off fails where it was, and the stacks of all threads are printed. One that does not listen,
locked in compiled code, is ended with its process; with xdist another one goes on.

There is no watch on Windows, which has no signals to ask a process with.
"""

import contextlib
import faulthandler
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from tests import progress

# Seconds. Where these were chosen the longest test took 100 s of processor time: it is marked slow.
LIMIT = 900.0  # of processor time
SLOW = 3_600.0  # the same, for tests that are marked as slow: they train
PATIENCE = 300.0  # of standing still


class Watchdog:
    """Tells a process of its own what is being run, and raises in the test when that one asks."""

    def __init__(self, *, limit: float = LIMIT, slow: float = SLOW, patience: float = PATIENCE):
        self.limit, self.slow, self.patience = limit, slow, patience
        self.stderr = os.dup(2)  # the terminal: nothing is captured yet
        self.process: subprocess.Popen | None = None
        self.running = ""
        if not faulthandler.is_enabled():
            faulthandler.enable(self.stderr)

    def start(self) -> None:
        """Start the process that watches; only a process that runs tests has one."""
        self.stop()
        self.process = subprocess.Popen(
            [sys.executable, "-P", progress.__file__, str(os.getpid())],
            **{"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self.stderr},
            bufsize=0,
        )
        signal.signal(signal.SIGALRM, self.on_alarm)

    def stop(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process.stdin.close()
            self.process.stdout.close()
            self.process = None

    def tell(self, about: dict | None) -> None:
        """Tell the other process what begins, or None: that it has ended."""
        if not hasattr(signal, "SIGALRM"):
            return
        if self.process is None or self.process.poll() is not None:
            self.start()
        with contextlib.suppress(BrokenPipeError):  # ended from outside: the next one is started
            self.process.stdin.write(json.dumps(about).encode() + b"\n")

    def on_alarm(self, signum, frame) -> None:
        reason = self.process.stdout.readline().decode().strip()
        if self.running:  # else it ended in this very moment
            if threading.active_count() > 1:  # of one, pytest shows where it was
                faulthandler.dump_traceback(self.stderr, all_threads=True)
            pytest.fail(f"the watchdog ended this test: {reason}")

    @contextlib.contextmanager
    def watched(self, item: pytest.Item, phase: str) -> Iterator[None]:
        limit = self.slow if item.get_closest_marker("slow") else self.limit
        self.running = f"{item.nodeid} ({phase})"
        self.tell({"name": self.running, "limit": limit, "patience": self.patience})
        try:
            yield
        finally:
            self.running = ""
            self.tell(None)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item):
        with self.watched(item, "setup"):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item):
        with self.watched(item, "call"):
            return (yield)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self, item):
        with self.watched(item, "teardown"):
            return (yield)

    def pytest_enter_pdb(self):
        self.tell(None)  # a person at the debugger may think as long as she likes

    def pytest_unconfigure(self):
        self.stop()
        os.close(self.stderr)
