"""The long runs behind the figures of reliability: ``make soak`` writes their table.

    python -m tools.soak             make every row that is not there yet
    python -m tools.soak --again     make all rows anew
    python -m tools.soak kills disk  make the rows whose name holds one of these words
    python -m tools.soak --table     write the table again, run nothing
    GAN_LESSONS_SOAK_MINUTES=10 …    no notebook from another seed is begun after ten minutes

A row is a test of the suite with its long count (GAN_LESSONS_SOAK=1), which says how many trials it
made (``record_property("n", …)``) and, where it allows for some, how many failed ("failures"). A
test of many cases is one row, and its counts add up. After each row the results are kept in
tools/soak.json: what was stopped is gone on with, and a row whose seeds are new each time has its
trials added to those of earlier days until they are enough. The bound is the largest rate of
failures that the trials do not contradict, with 95 % confidence (Clopper and Pearson 1934); without
a failure that is 1 − 0.05^(1/n).
"""

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "tools" / "soak.json"
TABLE = ROOT / "tests" / "faults" / "README.md"


@dataclass(frozen=True)
class Row:
    """One line of the table: what is tried, the test, what counts as a failure, how many to try.

    Attributes:
        adds: its seeds are others each time, so the trials of several calls add up.
    """

    name: str
    test: str
    failure: str
    target: int
    adds: bool = False


CHECKPOINTS = "tests/faults/test_checkpoints.py"
RUNTIME = "tests/library/test_runtime.py"
REAL = "tests/data/test_real_data.py"
FOLDER = "tests/data/test_folder.py"
GUARD = "tests/lessons/test_nbval_guard.py"
LOAD = "tests/faults/test_load.py"
ENVIRONMENTS = "tests/faults/test_environments.py"
HOSTILE = "tests/faults/test_hostile.py"
KERNEL = "tests/faults/test_kernel.py"
RUN_FOLDERS = "tests/faults/test_run_folders.py"
DETECTORS = "tests/library/test_detectors.py"
SEEDS = "tests/faults/test_seeds.py"
PROGRESS = "tests/library/test_progress.py"
ROWS = (
    Row("kills while training", f"{CHECKPOINTS}::test_no_kill_loses_a_checkpoint_and_every_run_"
        "ends_bit_identical", "a checkpoint lost, or another end", 1_000),
    Row("interrupts (■) in a process", f"{RUNTIME}::test_no_interrupt_tears_a_step",
        "a torn step", 1_000),
    Row("interrupts (■) through a kernel",
        f"{KERNEL}::test_the_button_ends_a_run_between_two_steps",
        "a torn step, or an error", 50),
    Row("a second ■ in a step that never ends",
        f"{KERNEL}::test_the_button_twice_ends_a_step_that_never_ends", "the cell goes on", 20),
    Row("cells of a lesson in other orders",
        f"{KERNEL}::test_cells_may_be_run_in_any_legal_order_and_twice", "an error", 20),
    Row("damaged checkpoints", f"{CHECKPOINTS}::test_damage_is_refused_or_changes_nothing",
        "loaded with other contents, or another error", 20_000),
    Row("hostile checkpoints", f"{CHECKPOINTS}::test_hostile_files_run_nothing",
        "code that ran", 100),
    Row("processes that start in one run folder",
        f"{RUN_FOLDERS}::test_a_folder_never_has_two_owners", "two owners", 12_000),
    Row("two runs in one folder, one killed",
        f"{RUN_FOLDERS}::test_two_runs_in_one_folder_and_one_is_killed",
        "a torn run, or another end", 100),
    Row("clocks that lie",
        f"{RUN_FOLDERS}::test_the_newest_is_told_by_its_step_whatever_the_clock_says",
        "an older checkpoint chosen", 100),
    Row("hostile archives", f"{HOSTILE}::test_hostile_archives",
        "code that ran, a file outside, another error", 50),
    Row("hostile pictures", f"{HOSTILE}::test_hostile_pictures",
        "code that ran, a file outside, an error, memory", 30),
    Row("full disks", f"{CHECKPOINTS}::test_a_full_disk_leaves_the_file_before_it",
        "the file before it lost", 100),
    Row("fuzzed IDX and gz files", f"{REAL}::test_fuzzed_idx_and_gz", "another error", 80_000),
    Row("fuzzed pictures", f"{FOLDER}::test_fuzzed_pictures", "another error", 20_000),
    Row("flipped bits in a data file", f"{REAL}::test_every_flipped_bit_is_refused",
        "wrong data", 10_000),
    Row("failing mirrors", f"{REAL}::test_a_bad_mirror_is_told_and_the_next_one_asked",
        "another error, a leftover, or the next mirror not asked", 1_000),
    Row("killed writers of the cache",
        f"{REAL}::test_a_writer_that_is_killed_leaves_the_old_file_or_the_new_one",
        "a torn file", 500),
    Row("processes on one cache", f"{REAL}::test_processes_that_share_a_cache",
        "wrong data", 1_600),
    Row("progress killed while it is written",
        f"{PROGRESS}::test_killed_at_random_while_it_writes_nothing_is_lost",
        "an answer lost", 200),
    Row("kernels at once", f"{LOAD}::test_kernels_at_once_on_one_cache",
        "a kernel that failed", 10),
    Row("kernels that die under nbval", f"{GUARD}::test_a_death_is_named_soon",
        "the death or its cause is not named", 51),
    Row("environments", f"{ENVIRONMENTS}::test_the_lesson_ends_the_same_everywhere",
        "other data, other weights, an error", 12),
    Row("other processors", f"{ENVIRONMENTS}::test_what_is_claimed_holds_on_other_processors",
        "a claim that fails", 1_000),
    Row("a busy machine", f"{ENVIRONMENTS}::test_a_busy_machine_fails_nothing",
        "a test that fails", 100),
    Row("notebooks from other seeds, offline", f"{SEEDS}::test_notebooks_from_other_seeds",
        "an error in a cell", 300, adds=True),
    Row("tests from other seeds", f"{SEEDS}::test_tests_from_other_seeds",
        "a test that fails", 2_000, adds=True),
    Row("sabotaged runs before the detectors",
        f"{DETECTORS}::test_a_sabotage_sets_off_its_alarm", "its alarm stays silent", 300),
    Row("healthy runs before the detectors", f"{DETECTORS}::test_healthy_runs_set_off_none",
        "an alarm", 300),
)  # fmt: skip


def bound(n: int, failures: int = 0) -> float:
    """Return the largest rate of failures that so many in n trials do not contradict."""
    if failures >= n:
        return 1.0
    low, high = failures / n, 1.0
    for _ in range(60):
        rate = (low + high) / 2
        terms = (math.comb(n, k) * rate**k * (1 - rate) ** (n - k) for k in range(failures + 1))
        low, high = (rate, high) if sum(terms) > 0.05 else (low, rate)
    return high


def run(row: Row) -> dict:
    """Make a row's trials; return what goes into the table."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        env = os.environ | {"GAN_LESSONS_SOAK": "1", "OMP_NUM_THREADS": "1"}
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}"]
        command += ["-o", "junit_family=xunit1", row.test]
        started = time.monotonic()
        status = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
        spent = time.monotonic() - started
        counted = counts(report)
    return counted | {
        "passed": status == 0,
        "minutes": round(spent / 60, 1),
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.system()}, Python "
        f"{platform.python_version()}, torch {torch.__version__}",
    }


def together(before: dict, now: dict) -> dict:
    """Return what two calls found of one row, trials and minutes added up."""
    added = {name: before.get(name, 0) + now.get(name, 0) for name in ("n", "failures")}
    minutes = round(before["minutes"] + now["minutes"], 1)
    return now | added | {"minutes": minutes, "passed": before["passed"] and now["passed"]}


def done_with(row: Row, found: dict | None) -> bool:
    """Say whether a row needs no further call: it passed, and where trials add up, often enough."""
    return bool(found and found["passed"] and (not row.adds or found["n"] >= row.target))


def counts(report: Path) -> dict:
    """Return what the cases of a report say of themselves: n and failures added up, and notes."""
    cases = list(ET.parse(report).getroot().iter("testcase")) if report.exists() else []
    said = [(p.get("name"), p.get("value")) for case in cases for p in case.iter("property")]
    notes = dict.fromkeys(value for name, value in said if name == "note")
    added = {name: sum(int(v) for key, v in said if key == name) for name in ("n", "failures")}
    return added | {"note": ", ".join(notes)}


def table(done: dict) -> str:
    """Return tests/faults/README.md."""
    lines = [
        "# What was tried, and how often",
        "",
        "Written by `make soak` (`tools/soak.py`). Every row is a test of the suite with its long "
        "count; the suite runs the short one each time. *Bound*: the largest rate of failures that "
        "so many trials with so few failures do not contradict, with 95 % confidence.",
        "",
        "| what | trials | target | a failure is | failures | bound | minutes | date |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in ROWS:
        start, result = f"| {row.name} |", done.get(row.name)
        if result is None:
            lines.append(f"{start} not run yet | {row.target:,} | {row.failure} | | | | |")
            continue
        n, failures = result["n"], result.get("failures", 0)
        rate = bound(n, failures) if result["passed"] and n else None
        most = "" if rate is None else f"{rate:.2%}" if rate >= 0.0005 else f"{rate:.4%}"
        note = f" ({result['note']})" if result["note"] else ""
        lines.append(
            f"{start} {n:,}{note} | {row.target:,} | {row.failure} | "
            f"{failures if result['passed'] else 'the run failed'} | {most} | "
            f"{result['minutes']} | {result['date']} |"
        )
    machines = sorted({result["machine"] for result in done.values()})
    return "\n".join([*lines, "", *(f"Machine: {machine}." for machine in machines)]) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="rows whose name holds one of these; all if none")
    parser.add_argument("--again", action="store_true", help="also rows that are there")
    parser.add_argument("--table", action="store_true", help="run nothing, write the table")
    asked = parser.parse_args()
    done = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    done = {row.name: done[row.name] for row in ROWS if row.name in done}
    chosen = [r for r in ROWS if not asked.words or any(word in r.name for word in asked.words)]
    for row in () if asked.table else chosen:
        before = done.get(row.name)
        if done_with(row, before) and not (asked.again or asked.words):
            continue
        print(f"{row.name} …", flush=True)
        done[row.name] = run(row)
        if row.adds and before and before["passed"] and not asked.again:
            done[row.name] = together(before, done[row.name])
        KEPT.write_text(json.dumps(done, indent=1) + "\n", encoding="utf-8")
    TABLE.write_text(table(done), encoding="utf-8")
    print(table(done))
    return 0 if all(result["passed"] for result in done.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
