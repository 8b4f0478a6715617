"""The long runs behind the figures of reliability: ``make soak`` writes their table.

    python -m tools.soak             make every row that is not there yet
    python -m tools.soak --again     make all rows anew
    python -m tools.soak kills disk  make the rows whose name holds one of these words
    python -m tools.soak --table     write the table again, run nothing

A row is a test of the suite with its long count (GAN_LESSONS_SOAK=1), which says how many trials it
made (``record_property("n", …)``). After each row the results are kept in tools/soak.json: what was
stopped is gone on with. The bound is the largest rate of failures that n trials without one do not
contradict, with 95 % confidence (Clopper and Pearson 1934): 1 − 0.05^(1/n).
"""

import argparse
import json
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
    """One line of the table: what is tried, the test that tries it, what counts as a failure."""

    name: str
    test: str
    failure: str


CHECKPOINTS = "tests/faults/test_checkpoints.py"
RUNTIME = "tests/library/test_runtime.py"
REAL = "tests/data/test_real_data.py"
FOLDER = "tests/data/test_folder.py"
GUARD = "tests/lessons/test_nbval_guard.py"
LOAD = "tests/faults/test_load.py"
ROWS = (
    Row("kills while training", f"{CHECKPOINTS}::test_no_kill_loses_a_checkpoint_and_every_run_"
        "ends_bit_identical", "a checkpoint lost, or another end"),
    Row("interrupts (■)", f"{RUNTIME}::test_no_interrupt_tears_a_step", "a torn step"),
    Row("damaged checkpoints", f"{CHECKPOINTS}::test_damage_is_refused_or_changes_nothing",
        "loaded with other contents, or another error"),
    Row("hostile checkpoints", f"{CHECKPOINTS}::test_hostile_files_run_nothing", "code that ran"),
    Row("full disks", f"{CHECKPOINTS}::test_a_full_disk_leaves_the_file_before_it",
        "the file before it lost"),
    Row("fuzzed IDX and gz files", f"{REAL}::test_fuzzed_idx_and_gz", "another error"),
    Row("fuzzed pictures", f"{FOLDER}::test_fuzzed_pictures", "another error"),
    Row("killed writers of the cache",
        f"{REAL}::test_a_writer_that_is_killed_leaves_the_old_file_or_the_new_one", "a torn file"),
    Row("processes on one cache", f"{REAL}::test_processes_that_share_a_cache", "wrong data"),
    Row("kernels at once", f"{LOAD}::test_kernels_at_once_on_one_cache", "a kernel that failed"),
)  # fmt: skip


def bound(n: int) -> float:
    """Return the largest rate of failures that n trials without one do not contradict."""
    return 1 - 0.05 ** (1 / n)


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
        cases = ET.parse(report).getroot().iter("testcase") if report.exists() else ()
        said = {p.get("name"): p.get("value") for case in cases for p in case.iter("property")}
    return {
        "n": int(said.get("n", 0)),
        "passed": status == 0,
        "note": said.get("note", ""),
        "minutes": round(spent / 60, 1),
        "date": date.today().isoformat(),
        "machine": f"{os.cpu_count()} cores, {platform.system()}, Python "
        f"{platform.python_version()}, torch {torch.__version__}",
    }


def table(done: dict) -> str:
    """Return tests/faults/README.md."""
    lines = [
        "# What was tried, and how often",
        "",
        "Written by `make soak` (`tools/soak.py`). Every row is a test of the suite with its long "
        "count; the suite runs the short one each time. *Bound*: the largest rate of failures that "
        "so many trials without one do not contradict, with 95 % confidence.",
        "",
        "| what | trials | a failure is | failures | bound | minutes | date |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in ROWS:
        result = done.get(row.name)
        if result is None:
            lines.append(f"| {row.name} | not run yet | {row.failure} | | | | |")
            continue
        failures = "0" if result["passed"] else "the run failed"
        most = f"{bound(result['n']):.2%}" if result["passed"] and result["n"] else ""
        note = f" ({result['note']})" if result["note"] else ""
        lines.append(
            f"| {row.name} | {result['n']:,}{note} | {row.failure} | {failures} | {most} | "
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
        if row.name in done and done[row.name]["passed"] and not (asked.again or asked.words):
            continue
        print(f"{row.name} …", flush=True)
        done[row.name] = run(row)
        KEPT.write_text(json.dumps(done, indent=1) + "\n", encoding="utf-8")
    TABLE.write_text(table(done), encoding="utf-8")
    print(table(done))
    return 0 if all(result["passed"] for result in done.values()) else 1


if __name__ == "__main__":
    raise SystemExit(main())
