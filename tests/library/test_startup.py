"""A lesson imports what it uses: nothing of the network, of compilers, of pyplot. No clock here.

What it takes in seconds is measured by ``python -m bench.startup``.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LESSON = "from gan_lessons import checks, cockpit, data, losses, metrics, models, penalties"
LESSON += ", runtime, show, training"
# What costs a noticeable part of a second, and the first figure of no lesson needs: the network
# (pooch fetches it when something is downloaded), compilers, pyplot, tables.
UNUSED = ("requests", "urllib3", "torch._dynamo", "torch._inductor", "sympy")
UNUSED += ("matplotlib.pyplot", "pandas", "scipy", "torchvision", "pytest")


def loaded(program: str) -> set[str]:
    """Return the modules that a fresh Python has after a program."""
    tail = "\nimport json, sys\nprint(json.dumps(sorted(sys.modules)))"
    command = [sys.executable, "-c", program + tail]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def lesson() -> set[str]:
    return loaded(LESSON)


@pytest.mark.parametrize("name", UNUSED)
def test_a_lesson_does_not_import(name, lesson):
    assert name not in lesson


def test_what_a_lesson_uses_is_seen(lesson):
    """The test above could fail: these are there, and what is imported on purpose is found."""
    assert {"torch", "matplotlib.figure", "ipywidgets", "gan_lessons.training"} <= lesson
    assert {"requests", "urllib3"} <= loaded("import requests")


def test_the_package_alone_imports_nothing_heavy():
    """So ``import gan_lessons`` can set what torch reads when it is imported."""
    assert not {"torch", "numpy", "matplotlib"} & loaded("import gan_lessons")


@pytest.mark.parametrize(("before", "after"), [("", "PASSIVE"), ("ACTIVE", "ACTIVE")])
def test_threads_are_asked_to_sleep_before_torch_is_there_unless_the_reader_said(before, after):
    program = f"""
import os, sys
os.environ.pop("OMP_WAIT_POLICY", None)
if {before!r}: os.environ["OMP_WAIT_POLICY"] = {before!r}
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name == "torch": print("torch sees", os.environ.get("OMP_WAIT_POLICY"))
sys.meta_path.insert(0, Watch())
from gan_lessons import runtime
"""
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout == f"torch sees {after}\n"


def test_lessons_import_this_package_before_torch():
    """Otherwise the setting comes too late: every source's first import of either is ours."""
    for source in sorted((ROOT / "notebooks" / "source").glob("[0-9]*.py")):
        lines = source.read_text(encoding="utf-8").splitlines()
        starts = ("import torch", "from torch", "import gan_lessons", "from gan_lessons")
        assert next(line for line in lines if line.startswith(starts)).startswith(starts[2:]), (
            source
        )
