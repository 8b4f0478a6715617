"""Every test starts from one state of the sources of randomness, so that a failure repeats.

Interrupts arrive, too: a shell starts what it runs in the background with SIGINT ignored, and then
the tests of ■ would wait for nothing. A test that hangs is ended by the watchdog.

Tests that should hold for any state draw their seeds themselves (tests/exercises/judging.py). To
look for tests that pass by luck: ``GAN_LESSONS_TEST_SEED=7 make test``, or ``rotating`` for a seed
of the moment, which is printed. Seed 0 is the one that decides.
"""

import random
import signal

import numpy as np
import pytest
import torch

from tests.soak import SEED
from tests.watchdog import Watchdog


def pytest_configure(config):
    config.pluginmanager.register(Watchdog(), "watchdog")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_report_header() -> str:
    return f"seed of every test: {SEED} (GAN_LESSONS_TEST_SEED)"


def pytest_terminal_summary(terminalreporter):
    """Say it also where nothing but the end is read."""
    if SEED:
        terminalreporter.write_line(f"seed of every test: GAN_LESSONS_TEST_SEED={SEED}")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup():
    random.seed(SEED)
    np.random.seed(SEED)  # noqa: NPY002 - this source is what learners' code may use
    torch.manual_seed(SEED)
