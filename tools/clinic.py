"""Calibrate the clinic's cases, lessons 22a and 22b: ``python -m tools.clinic``.

    python -m tools.clinic            examine what was not examined since it changed
    python -m tools.clinic calm late  only cases whose name holds one of these words
    python -m tools.clinic --table    write the table again, run nothing

Each case's programs are examined as a learner's would be, on twenty seeds. The sick one must show
its symptom and fail for its own reason, the healed one must pass, and each tempting repair must
fail with the words of what it leaves unhealed. After every program the results are kept in
tools/clinic.json under a digest of the case and of what it shares with others; what was stopped
is gone on with. The table goes to tests/exercises/clinic.md.
"""

import argparse
import ast
import hashlib
import json
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import torch

from gan_lessons import checks
from gan_lessons.checks.exercise import Raised
from gan_lessons.checks.patient import Patient

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "tools" / "clinic.json"
TABLE = ROOT / "tests" / "exercises" / "clinic.md"
LESSONS = [name for name in ("clinic_plane", "clinic_images") if hasattr(checks, name)]
SEEDS = 20
PROSE = {"title", "proves", "hints", "asks", "thoughts", "cause", "severity", "seconds"}
LEAST = 19  # of them: for the healed program all


def cases() -> dict[str, Patient]:
    """Return all cases by ``lesson.case``."""
    return {
        f"{lesson}.{name}": one
        for lesson in LESSONS
        for name, one in vars(getattr(checks, lesson)).items()
        if isinstance(one, Patient)
    }


def digest(name: str) -> str:
    """Return what tells whether a case, or what it shares with others, was changed.

    Its programs, facts and symptom count; titles, hints and hypotheses do not.
    """
    lesson, case = name.split(".")
    folder = ROOT / "gan_lessons" / "checks" / lesson
    others = set(getattr(checks, lesson).__all__) - {case}
    files = [p for p in sorted(folder.glob("*.py")) if p.stem not in others | {"__init__"}]
    trees = [without_prose(path.read_text(encoding="utf-8")) for path in files]
    return hashlib.sha256("".join(trees).encode()).hexdigest()[:16]


def without_prose(source: str) -> str:
    """Return a file's syntax tree as text, without docstrings and what a learner reads first."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Patient":
            node.keywords = [word for word in node.keywords if word.arg not in PROSE]
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(
            node
        ):
            node.body = node.body[1:]
    return ast.dump(tree)


def programs(case: Patient) -> dict[str, tuple[str, str]]:
    """Return a case's programs by their names: the source, and the words that it must hear."""
    found = {"healed": (case.table.right, "")}
    for i, slip in enumerate(case.table.slips):
        found[f"repair {i}" if i else "sick"] = case.table.slipped(slip), slip.says
    return found


def examined(case: Patient, source: str, words: str, seed: int) -> dict:
    """Examine one program on one seed."""
    (program,) = case.table.functions(source)
    case.seed, remark = seed, case.remark
    started = time.process_time()
    case.remark = None  # the numbers before and after: the sick program would run once more
    outcome = case.judge(program)
    case.remark = remark
    spent = time.process_time() - started
    seen = case.visited
    if seen is None and source == case.table.sick:
        try:
            seen = case.visit(program, seed)
        except Raised:
            seen = None  # it stops
    return {
        "seed": seed,
        "solved": outcome.solved,
        "told": outcome.mark == "✗" and words in outcome.text,
        "symptom": bool(case.symptom(seen)) if seen is not None else outcome.mark == "✗",
        "seconds": round(spent, 2),
        "text": outcome.text,
    }


def shown(results: dict, program: str, key: str) -> str:
    """Return "20/20": on how many seeds a program did what is asked."""
    rows = results.get(program, [])
    return f"{sum(row[key] for row in rows)}/{len(rows)}" if rows else "–"


def holds(name: str, results: dict) -> bool:
    """Say whether a case keeps what the clinic promises."""

    def count(program: str, key: str) -> int:
        return sum(row[key] for row in results.get(program, []))

    repairs = [key for key in programs(cases()[name]) if key.startswith("repair")]
    return (
        count("sick", "symptom") >= LEAST
        and count("sick", "told") >= LEAST
        and count("healed", "solved") == SEEDS
        and len(repairs) >= 3
        and all(count(key, "told") >= LEAST for key in repairs)
    )


def table(kept: dict) -> str:
    """Return tests/exercises/clinic.md."""
    lines = [
        "# The clinic, calibrated",
        "",
        f"Written by `python -m tools.clinic`: every program of a case is examined on {SEEDS} "
        "seeds, each with data and weights of its own. *Symptom*: the sick program shows it. "
        "*Told*: it fails for its own reason. *Healed*: the healed one passes. *Repairs*: each "
        "tempting one fails with the words of what it leaves unhealed. *Seconds*: processor time "
        "of the longest examination.",
        "",
        "| case | severity | symptom | told | healed | repairs | seconds | holds | date |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for name, case in cases().items():
        entry = kept.get(name, {})
        fresh = entry.get("digest") == digest(name)
        results = entry.get("programs", {})
        repairs = [key for key in programs(case) if key.startswith("repair")]
        told = ", ".join(shown(results, key, "told") for key in repairs)
        most = max((row["seconds"] for rows in results.values() for row in rows), default=0)
        state = "yes" if holds(name, results) else "no"
        lines.append(
            f"| {name} | {case.severity} | {shown(results, 'sick', 'symptom')} | "
            f"{shown(results, 'sick', 'told')} | {shown(results, 'healed', 'solved')} | {told} | "
            f"{most:.1f} | {state if fresh else 'changed since'} | {entry.get('date', '')} |"
        )
    machines = sorted({entry["machine"] for entry in kept.values()})
    return "\n".join([*lines, "", *(f"Machine: {machine}." for machine in machines)]) + "\n"


def load() -> dict:
    return json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}


def save(kept: dict) -> None:
    """Write the results, a case a line."""
    lines = [f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in sorted(kept.items())]
    KEPT.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def calibrate(name: str, case: Patient, *, say: Callable[[str], None] = print) -> None:
    """Examine what is missing of one case; keep the results after every program."""
    entry = load().get(name, {})
    if entry.get("digest") != digest(name):
        entry = {"digest": digest(name), "programs": {}}
    for key, (source, words) in programs(case).items():
        if len(entry["programs"].get(key, [])) == SEEDS:
            continue
        rows = [examined(case, source, words, seed) for seed in range(SEEDS)]
        for row in rows:  # a text is kept only where something is not as it should be
            if row["solved"] if key == "healed" else row["told"]:
                del row["text"]
        entry["programs"][key] = rows
        entry["date"] = date.today().isoformat()
        entry["machine"] = (
            f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, "
            f"torch {torch.__version__}"
        )
        save(load() | {name: entry})
        good = "solved" if key == "healed" else "told"
        say(f"{name} {key}: {shown(entry['programs'], key, good)}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="cases whose name holds one of these")
    parser.add_argument("--table", action="store_true", help="run nothing, write the table")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    for name, case in cases().items():
        if not asked.table and (not asked.words or any(word in name for word in asked.words)):
            calibrate(name, case, say=lambda text: print(text, flush=True))
    text = table(load())
    TABLE.write_text(text, encoding="utf-8")
    print(text)
    return (
        0 if all(holds(name, load().get(name, {}).get("programs", {})) for name in cases()) else 1
    )


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    raise SystemExit(main())
