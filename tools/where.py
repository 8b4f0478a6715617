"""Where the minutes of `make test` go: a table, from what the last run of it left in build/.

    python -m tools.where            write the table into tests/README.md
    python -m tools.where --print    only print it

`make test` leaves three reports in build/: tests.xml, and blank.xml and solved.xml of notebooks.
Minutes are a worker's, two workers side by side, each with one thread; a busy machine makes them
longer.
"""

import argparse
import collections
import os
import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import NamedTuple

import torch

from gan_lessons import runtime
from tools import soak

ROOT = Path(__file__).resolve().parents[1]
REPORTS = ("tests", "blank", "solved")
PAGE = ROOT / "tests" / "README.md"
MARKS = "<!-- minutes: written by tools.where -->", "<!-- end of the minutes -->"


class Case(NamedTuple):
    """A test of a report: where it is (a dotted name), its own name, its seconds."""

    place: str
    name: str
    seconds: float


def cases_of(report: Path) -> list[Case]:
    """Return the tests of a JUnit report."""
    found = ET.parse(report).getroot().iter("testcase")
    return [Case(c.get("classname"), c.get("name"), float(c.get("time"))) for c in found]


def wall_of(report: Path) -> tuple[float, str]:
    """Return a report's seconds from start to end, and the day it was made."""
    suite = next(ET.parse(report).getroot().iter("testsuite"))
    return float(suite.get("time")), suite.get("timestamp")[:10]


def by_folder(cases: list[Case]) -> list[tuple[str, int, float]]:
    """Return the folders of tests with their number of tests and seconds, the longest first."""
    seconds, count = collections.Counter(), collections.Counter()
    for case in cases:
        folder = "/".join(case.place.split(".")[:2])
        seconds[folder] += case.seconds
        count[folder] += 1
    return [(folder, count[folder], took) for folder, took in seconds.most_common()]


def of_the_soak(cases: list[Case]) -> float:
    """Return the seconds of the tests that are rows of ``make soak``, here with few trials."""
    names = {row.test.split("::")[1] for row in soak.ROWS}
    return sum(case.seconds for case in cases if case.name.split("[")[0] in names)


def by_lesson(cases: list[Case]) -> dict[str, float]:
    """Return the seconds of every lesson's notebook, by its number."""
    seconds = collections.Counter()
    for case in cases:
        lesson = re.search(r"(\d\d[a-z]?)_", f"{case.place} {case.name}")
        seconds[lesson[1] if lesson else "?"] += case.seconds
    return dict(sorted(seconds.items()))


def table(folder: Path) -> str:
    """Return the tables as Markdown."""
    cases = {name: cases_of(folder / f"{name}.xml") for name in REPORTS}
    walls = {name: wall_of(folder / f"{name}.xml") for name in REPORTS}
    machine = runtime.device_name(torch.device("cpu"))
    whole = sum(seconds for seconds, _ in walls.values()) / 60
    lines = [
        f"{machine}, {os.cpu_count()} cores, torch {torch.__version__}, {walls['tests'][1]}: "
        f"`make test` in {whole:.1f} minutes, of which the tests {walls['tests'][0] / 60:.1f}, "
        f"blank notebooks {walls['blank'][0] / 60:.1f}, solved ones {walls['solved'][0] / 60:.1f}.",
        "",
        "| tests | number | a worker's minutes |",
        "|---|---|---|",
    ]
    lines += [f"| `{name}` | {n:,} | {s / 60:.1f} |" for name, n, s in by_folder(cases["tests"])]
    lines += [
        f"| of these, the rows of `make soak` with few trials | | "
        f"{of_the_soak(cases['tests']) / 60:.1f} |",
        "",
        "| lesson | blank, seconds | solved, seconds |",
        "|---|---|---|",
    ]
    blank, solved = by_lesson(cases["blank"]), by_lesson(cases["solved"])
    lines += [f"| {name} | {blank.get(name, 0):.0f} | {s:.0f} |" for name, s in solved.items()]
    slowest = sorted(cases["tests"], key=lambda case: -case.seconds)[:10]
    lines += ["", "The ten longest tests:", "", "| test | seconds |", "|---|---|"]
    lines += [f"| `{c.place.split('.')[-1]}::{c.name}` | {c.seconds:.0f} |" for c in slowest]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--print", action="store_true", help="write nothing")
    asked = parser.parse_args()
    if gone := [name for name in REPORTS if not (ROOT / "build" / f"{name}.xml").exists()]:
        parser.error(f"build/{gone[0]}.xml is not there: run make test to its end first.")
    found = table(ROOT / "build")
    if asked.print:
        print(found)
        return
    text = PAGE.read_text(encoding="utf-8")
    before, after = text.split(MARKS[0])[0], text.split(MARKS[1])[1]
    PAGE.write_text(f"{before}{MARKS[0]}\n\n{found}\n\n{MARKS[1]}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
