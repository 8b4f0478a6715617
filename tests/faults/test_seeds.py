"""Luck: the notebooks and the tests from other seeds than the one that decides.

In every run two notebooks and one file of tests, from seed 1. In the long run all of them, as often
as fits, from seeds that nobody chose (GAN_LESSONS_TEST_SEED, else the clock's), and each failure is
told with its seed.
"""

import ast
import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from tests.lessons.run_notebooks import offline_prefix
from tests.soak import SEED, SOAK, times

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]*.ipynb"))
FIRST = (SEED or int(time.time()) % 100_000) if SOAK else 1
MINUTES = float(os.environ.get("GAN_LESSONS_SOAK_MINUTES", "90"))  # then no notebook is begun
ALONE = """
import sys
import nbformat
from nbclient import NotebookClient
book = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(book, timeout=None, startup_timeout=600, kernel_name="python3").execute()
"""
LUCKY = (
    "tests/exercises/test_start.py",
    "tests/library/test_intervals.py",
    "tests/library/test_metrics.py",
    "tests/library/test_losses.py",
    "tests/library/test_penalties.py",
    "tests/exercises/test_distances.py",
    "tests/exercises/test_objectives.py",
)


def knob(book: nbformat.NotebookNode) -> bool:
    """Say whether a notebook has a knob called SEED."""
    cells = [c for c in book.cells if "parameters" in c.metadata.get("tags", [])]
    bound = [node for cell in cells for node in ast.walk(ast.parse(cell.source))]
    return any(isinstance(node, ast.Name) and node.id == "SEED" for node in bound)


def reseeded(book: nbformat.NotebookNode, seed: int) -> nbformat.NotebookNode:
    """Return a notebook with another SEED, as papermill puts it there; in one without, it is the
    global source that starts elsewhere."""
    at = [i for i, c in enumerate(book.cells) if "parameters" in c.metadata.get("tags", [])]
    text = f"SEED = {seed}" if knob(book) else f"import torch\n\ntorch.manual_seed({seed})"
    book.cells.insert((at[0] if at else 1) + 1, nbformat.v4.new_code_cell(text))
    return book


@pytest.mark.slow  # as many as fit, in the long run
def test_notebooks_from_other_seeds(tmp_path, record_property):
    """Blank, at the tiny budget, and where the system allows it with no network but loopback."""
    # 11 looks its SEED up among the seeds of its runs, and once did not find it
    lessons = LESSONS if SOAK else [p for p in LESSONS if p.stem[:2] in ("01", "11")]
    prefix, failed, runs = offline_prefix(), {}, 0
    settings = {"GAN_LESSONS_BUDGET": "tiny", "GAN_LESSONS_STRICT": "0", "OMP_NUM_THREADS": "1"}
    env = os.environ | settings | {"PYTHONPATH": str(ROOT)}
    wanted, end, seen = times(2, 300), time.monotonic() + 60 * MINUTES, set()
    for seed, path in ((seed, path) for seed in itertools.count(FIRST) for path in lessons):
        if runs == wanted or (runs and time.monotonic() > end):
            break
        book = reseeded(nbformat.read(path, as_version=4), seed)
        nbformat.write(book, tmp_path / path.name)
        command = [*prefix, sys.executable, "-c", ALONE, str(tmp_path / path.name)]
        done = subprocess.run(
            command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        runs += 1
        seen.add(path)
        if done.returncode:
            failed[path.stem, seed] = done.stderr[-1_500:]
    record_property("n", runs)
    record_property("failures", len(failed))
    where = "offline" if prefix else "not offline"
    record_property("note", f"{len(seen)} notebooks, seeds from {FIRST}, {where}")
    assert not failed, "\n".join(f"{name}, seed {seed}: {e}" for (name, seed), e in failed.items())


def test_tests_from_other_seeds(tmp_path, record_property):
    """Where a test draws at random, here it draws something else."""
    passed, failed, seeds = 0, {}, times(1, 10)
    files = LUCKY[: times(1, len(LUCKY))]
    for seed in range(FIRST, FIRST + seeds):
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *files]
        command += [f"--basetemp={tmp_path / str(seed)}", "-W", "ignore::pytest.PytestWarning"]
        env = os.environ | {"GAN_LESSONS_TEST_SEED": str(seed), "GAN_LESSONS_SOAK": "0"}
        done = subprocess.run(
            command, cwd=ROOT, env=env, capture_output=True, text=True, check=False
        )
        assert f"GAN_LESSONS_TEST_SEED={seed}" in done.stdout
        words = done.stdout.replace(",", "").split()
        passed += int(words[words.index("passed") - 1]) if "passed" in words else 0
        if done.returncode:
            failed[seed] = done.stdout[-1_500:]
    record_property("n", passed + len(failed))
    record_property("failures", len(failed))
    record_property("note", f"tests of {len(files)} files, {seeds} seeds from {FIRST}")
    assert not failed, "\n".join(f"seed {seed}: {said}" for seed, said in failed.items())


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem[:3])
def test_another_seed_is_put_behind_the_knobs(path):
    book = nbformat.read(path, as_version=4)
    before = [cell.source for cell in book.cells]
    after = [cell.source for cell in reseeded(book, 7).cells]
    (new,) = [source for source in after if source not in before]
    assert "7" in new
    if knob(nbformat.read(path, as_version=4)):
        assert new == "SEED = 7"
        assert "SEED = " in after[after.index(new) - 1]
