"""Make the notebooks from their sources: source/NN_….py -> NN_….ipynb and solutions/NN_….ipynb.

    python tools/build.py               write both notebooks of every lesson
    python tools/build.py --execute 04  run the solved notebook of lesson 04, keep its outputs
    python tools/build.py --check       change nothing; fail where tree and sources disagree

A source is a jupytext py:percent file. What is special about it:

- between ``# BEGIN SOLUTION`` and ``# END SOLUTION`` stands an answer. The learner's notebook gets
  ``raise NotImplementedError`` instead, or what follows ``# BEGIN SOLUTION:`` on that line, or the
  lines between ``# BEGIN BROKEN`` and ``# END SOLUTION``, if there are such: a program that runs,
  is wrong and is to be mended;
- cells tagged ``solution`` or ``instructor`` are only in the solved notebook;
- a cell tagged ``folded`` is there with its code hidden until it is clicked: what an exercise asked
  and the lesson goes on with;
- ``predict={"picture": "a name", "words": ["eight clusters"]}`` on a text cell that asks for a
  prediction, and ``picture="a name"`` on the code cell that answers it, stay in the source: a rule
  looks whether anything between the two gives the answer away;
- ``{{hints module.exercise}}`` becomes the three hints of ``checks.module.exercise``, folded;
- ``{{thoughts module.case}}`` becomes the lettered hypotheses of a case of the clinic;
- ``{{minutes}}`` becomes the computing time that ``--execute`` measured (minutes.json).
"""

import argparse
import hashlib
import html
import importlib
import json
import os
import re
import sys
import time
from datetime import date
from pathlib import Path

import jupytext
import nbformat
from nbformat import NotebookNode

from gan_lessons import files, runtime, speed
from gan_lessons.door import hosted

TOOLS = Path(__file__).resolve().parent
README = TOOLS.parent / "README.md"
NOTEBOOKS = TOOLS.parent / "notebooks"
# Finds a figure that came out whole megabytes too large, not a lesson with one picture more.
MAX_BYTES = 1_400_000
ONLY_SOLVED = {"solution", "instructor"}
SOLUTION = re.compile(
    r"^(?P<indent> *)# BEGIN SOLUTION(?:: (?P<stub>[^\n]*))?\n"
    r"(?P<answer>.*?)"
    r"(?:^ *# BEGIN BROKEN\n(?P<broken>.*?))?"
    r"^ *# END SOLUTION\n?",
    re.MULTILINE | re.DOTALL,
)
VIEW = "application/vnd.jupyter.widget-view+json"
STATES = "application/vnd.jupyter.widget-state+json"
EXPLORED = 'class="gan-lessons-explored"'  # show.explore's picture, an output beside its controls
MOVED = "<p><em>Run this cell to move its controls.</em></p>"
PLACE = re.compile(r'(?<=<div) id="[^"]*"|<style>#gan-lessons-.*?</style>')  # drawn anew each time
HINTS = re.compile(r"\{\{hints (\w+)\.(\w+)\}\}")
THOUGHTS = re.compile(r"\{\{thoughts (\w+)\.(\w+)\}\}")
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def number_of(lesson: Path | str) -> str:
    """Return a lesson's number, two digits and perhaps a letter: the start of its file's name."""
    return Path(lesson).stem.partition("_")[0]


def sources() -> list[Path]:
    """Return the lesson sources in the order of the course."""
    return sorted((NOTEBOOKS / "source").glob("[0-9]*.py"))


def read_cells(path: Path) -> list[NotebookNode]:
    """Return a source's cells; each has cell_type, source and metadata.tags (a list).

    What else a source may say of a cell is ``metadata.predict`` and ``metadata.picture``.
    """
    cells = jupytext.read(path, fmt="py:percent").cells
    for cell in cells:
        kept = {key: cell.metadata[key] for key in ("predict", "picture") if key in cell.metadata}
        cell.metadata = NotebookNode(tags=list(cell.metadata.get("tags", [])), **kept)
    return cells


def blank(code: str) -> str:
    """Replace every answer by its stub, or by the broken lines that stand in its place."""

    def given(m: re.Match) -> str:
        if m["broken"] is not None:
            return m["broken"]
        return f"{m['indent']}{m['stub'] or 'raise NotImplementedError'}\n"

    return SOLUTION.sub(given, code).rstrip("\n")


def is_broken(code: str) -> bool:
    """Say whether the learner gets a broken program here, and not a stub."""
    return any(m["broken"] is not None for m in SOLUTION.finditer(code))


def solved(code: str) -> str:
    """Keep every answer, without its markers."""
    return SOLUTION.sub(lambda m: m["answer"], code).rstrip("\n")


def hints_of(module: str, exercise: str) -> str:
    """Return the folded hints of ``checks.module.exercise``: one source for both places."""
    check = getattr(importlib.import_module(f"gan_lessons.checks.{module}"), exercise)
    return "\n".join(
        f"<details><summary>Hint {i}</summary>\n\n{html.escape(hint, quote=False)}\n\n</details>"
        for i, hint in enumerate(check.hints, start=1)
    )


def thoughts_of(module: str, case: str) -> str:
    """Return the hypotheses of ``checks.module.case``, a line each, without their replies."""
    thoughts = getattr(importlib.import_module(f"gan_lessons.checks.{module}"), case).thoughts
    return "\n".join(f"- **{letter}** · {thought.text}" for letter, thought in thoughts.items())


def prose(text: str, lesson: str) -> str:
    """Fill in hints, hypotheses and measured minutes."""
    text = THOUGHTS.sub(lambda m: thoughts_of(*m.groups()), text)
    measured = runtime.measured_minutes().get(lesson)
    spent = f"{measured['minutes']:.1f}" if measured else "?"
    return HINTS.sub(lambda m: hints_of(*m.groups()), text).replace("{{minutes}}", spent)


def make(path: Path, *, with_answers: bool) -> NotebookNode:
    """Return a lesson's notebook without outputs, with answers or with stubs."""
    cells, seen = [], {}
    for cell in read_cells(path):
        if not with_answers and ONLY_SOLVED & set(cell.metadata.tags):
            continue
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:8]
        seen[digest] = seen.get(digest, 0) + 1
        if cell.cell_type == "code":
            text = solved(cell.source) if with_answers else blank(cell.source)
            made = nbformat.v4.new_code_cell(text)
        else:
            made = nbformat.v4.new_markdown_cell(prose(cell.source, path.stem))
        made.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        made.metadata = NotebookNode(tags=cell.metadata.tags) if cell.metadata.tags else {}
        if "folded" in cell.metadata.tags:
            made.metadata["jupyter"] = {"source_hidden": True}
        if is_broken(cell.source) and not with_answers:
            made.metadata["as_given"] = hashlib.sha256(made.source.encode()).hexdigest()
        cells.append(made)
    return nbformat.v4.new_notebook(cells=cells, metadata=METADATA)


def keep_outputs(fresh: NotebookNode, old: NotebookNode | None) -> None:
    """Take over the outputs of an older build, if all its code is the code of the fresh one."""
    if old is None:
        return
    new_code, old_code = ([c for c in book.cells if c.cell_type == "code"] for book in (fresh, old))
    if [c.source for c in new_code] == [c.source for c in old_code]:
        for cell, done in zip(new_code, old_code, strict=True):
            cell.outputs, cell.execution_count = done.outputs, done.execution_count


def execute(book: NotebookNode) -> float:
    """Run a solved notebook at the lesson budget, in strict mode; return the minutes it took."""
    from nbclient import NotebookClient

    env = {"GAN_LESSONS_BUDGET": "lesson"} | os.environ | {"GAN_LESSONS_STRICT": "1"}
    folder = {"metadata": {"path": str(NOTEBOOKS / "solutions")}}
    started = time.monotonic()
    NotebookClient(
        book,
        timeout=1800,
        startup_timeout=600,
        resources=folder,
        record_timing=False,
        kernel_name="python3",
    ).execute(env=env)
    spent = (time.monotonic() - started) / 60
    states = book.metadata.get("widgets", {}).get(STATES, {}).get("state", {})
    for cell in book.cells:
        if cell.cell_type == "code":
            cell.outputs = plain(cell.outputs, states)
    book.metadata = METADATA
    return spent


def plain(outputs: list[NotebookNode], states: dict) -> list[NotebookNode]:
    """Leave out the view of a widget, which needs a running kernel, and keep its picture.

    The picture is an output of its own beside the controls (show.explore), or a part of the widget.
    """
    found = []
    explored = any(EXPLORED in output.get("data", {}).get("text/html", "") for output in outputs)
    for output in outputs:
        data = output.get("data", {})
        if VIEW in data:
            pages = pages_of(data[VIEW]["model_id"], states)
            if explored and not pages:
                continue
            output.data = NotebookNode({"text/plain": "(run this cell to move the slider)"})
            if pages:
                output.data["text/html"] = "".join(pages) + MOVED
        elif EXPLORED in data.get("text/html", ""):
            data["text/html"] = PLACE.sub("", data["text/html"]) + MOVED
        output.pop("transient", None)
        found.append(output)
    return found


def pages_of(model: str, states: dict) -> list[str]:
    """Return the HTML in a widget and in those it holds, if it has a picture."""
    state = states.get(model, {}).get("state", {})
    found = [state["value"]] if "<img" in str(state.get("value", "")) else []
    for child in state.get("children", []):
        found += pages_of(child.removeprefix("IPY_MODEL_"), states)
    return found


def write(path: Path, text: str) -> None:
    """Write a file whole or not at all, with the same bytes on every system."""
    files.write_whole(path, text.encode("utf-8"))


def dump(book: NotebookNode) -> str:
    return json.dumps(book, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def load(path: Path) -> NotebookNode | None:
    return nbformat.read(path, as_version=4) if path.exists() else None


def with_minutes(readme: str) -> str:
    """Return the README with the measured minutes in the last column of its table of lessons."""
    for lesson, measured in runtime.measured_minutes().items():
        row = re.compile(rf"^(\| \[{number_of(lesson)} · .* \|) [^|]* \|$", re.MULTILINE)
        readme = row.sub(rf"\g<1> {measured['minutes']:.1f} |", readme)
    return readme


def with_address(readme: str, address: str = files.ADDRESS) -> str:
    """Return the README with the public repository's address; without one it names and links none.

    What it names is the line that clones it, and lesson 00 in Colab between two marks.
    """
    clone = f"git clone {address or '<this repository>'} gan-lessons"
    readme = re.sub(r"git clone (?:<this repository>|https://\S+) gan-lessons", clone, readme)
    link = hosted.badge(sources()[0].stem, address)
    line = f"\nWithout installing anything: {link}.\n" if link else ""
    marks = re.compile(r"(<!-- hosted -->\n).*?(<!-- /hosted -->)", re.DOTALL)
    return marks.sub(lambda m: m[1] + line + m[2], readme)


def problems_of(path: Path) -> list[str]:
    """Return what is wrong between a source and its two notebooks; empty if nothing is."""
    learner, answers = (
        NOTEBOOKS / f"{path.stem}.ipynb",
        NOTEBOOKS / "solutions" / f"{path.stem}.ipynb",
    )
    found = []
    if not learner.exists() or learner.read_text(encoding="utf-8") != dump(
        make(path, with_answers=False)
    ):
        found.append(f"{learner.name} is not what its source makes: run `make notebooks`")
    fresh, old = make(path, with_answers=True), load(answers)
    keep_outputs(fresh, old)
    if old is None or dump(fresh) != dump(old):
        found.append(f"solutions/{answers.name} is not what its source makes: run `make notebooks`")
    elif any(c.cell_type == "code" and c.execution_count is None for c in fresh.cells):
        found.append(
            f"solutions/{answers.name} has not been run since its code changed: "
            f"run `python tools/build.py --execute {number_of(path)}`"
        )
    elif answers.stat().st_size > MAX_BYTES:
        found.append(f"solutions/{answers.name} is larger than {MAX_BYTES:,} bytes")
    return found


def build(path: Path, *, run: bool) -> None:
    """Write a lesson's two notebooks; with ``run`` execute the solved one first."""
    answers = NOTEBOOKS / "solutions" / f"{path.stem}.ipynb"
    answers.parent.mkdir(exist_ok=True)
    book = make(path, with_answers=True)
    if run:
        print(f"{path.stem}: running …", flush=True)
        spent = execute(book)
        known = runtime.measured_minutes() | {
            path.stem: {
                "minutes": round(spent, 1),
                "step_ms": round(speed.calibrate(), 2),
                "date": date.today().isoformat(),
            }
        }
        write(TOOLS / "minutes.json", json.dumps(known, indent=1, sort_keys=True) + "\n")
        print(f"{path.stem}: {spent:.1f} minutes", flush=True)
        ran = book
        book = make(path, with_answers=True)  # the minutes stand in its header now
        keep_outputs(book, ran)
    else:
        keep_outputs(book, load(answers))
    write(answers, dump(book))
    write(NOTEBOOKS / f"{path.stem}.ipynb", dump(make(path, with_answers=False)))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", help="numbers such as 04; all if none")
    parser.add_argument("--check", action="store_true", help="change nothing, report problems")
    parser.add_argument("--execute", action="store_true", help="run the solved notebooks")
    asked = parser.parse_args()
    chosen = [p for p in sources() if not asked.lessons or number_of(p) in asked.lessons]
    if not chosen:
        print("no such lesson in notebooks/source", file=sys.stderr)
        return 2
    if asked.check:
        found = [problem for path in chosen for problem in problems_of(path)]
        readme = README.read_text(encoding="utf-8")
        if with_minutes(readme) != readme:
            found.append("README.md states other minutes than were measured: run `make notebooks`")
        if with_address(readme) != readme:
            found.append("README.md names another address than files.ADDRESS: run `make notebooks`")
        print("\n".join(found) or f"{len(chosen)} lessons in sync")
        return 1 if found else 0
    for path in chosen:
        build(path, run=asked.execute)
    write(README, with_address(with_minutes(README.read_text(encoding="utf-8"))))
    return 0


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a console that lacks a letter still shows the rest
    raise SystemExit(main())
