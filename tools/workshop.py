"""A kit for a room: `make workshop` writes build/workshop/, to be copied to a stick or a hub.

    python -m tools.workshop             the course's wheel, notebooks, the instructor's pages
    python -m tools.workshop --wheels    all wheels too: machines like this one need no network
    python -m tools.workshop --wheels --torch-index URL    with the build of torch that lies there

It holds START.md for the learners; `hub/` for whoever opens a JupyterHub; `instructor/` with the
paths and minutes, what to ask in each lesson, the mistakes to expect with what the checks say of
them, and what to do when it fails. All of it is taken from the lessons and the checks themselves,
so that it says what they say.
"""

import argparse
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from gan_lessons import checks, runtime
from tools import build

ROOT = build.TOOLS.parent
KIT = ROOT / "build" / "workshop"
CALL = re.compile(r"checks\.(\w+)\.(\w+)\(")
EXERCISE = re.compile(r"^## ✏️ [^\n·]+ · ([^\n]+)\n\*(\d+) minutes · ([●○]{3})\*$", re.MULTILINE)
YOURS = re.compile(r"(\d+)\s+minutes\s+of\s+your\s+time")
PATHS = {
    "90 minutes": ("04",),
    "half a day": ("02", "04", "05", "06"),
    "two days": ("00", "01", "02", "03", "04", "05", "06", "07", "09", "10", "11", "12"),
    "a term": None,
}
REMARKS = {
    "90 minutes": "with a demonstration of 02; everybody has run 00 before",
    "half a day": "run 00 together first",
    "two days": "09 without its second half",
    "a term": "all lessons, one a week; the quiz opens the week after",
}
MISTAKES = 6  # of an exercise, at most, so that a page stays a page


@dataclass
class Lesson:
    """What an instructor needs of a lesson, read from its source."""

    number: str
    title: str
    stem: str
    minutes: int = 0  # of a learner's time
    notes: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    exercises: list[tuple[str, int, str]] = field(default_factory=list)  # title, minutes, stars
    called: list[tuple[str, str]] = field(default_factory=list)  # lesson's word, exercise

    @property
    def computing(self) -> float:
        return runtime.measured_minutes().get(self.stem, {}).get("minutes", 0.0)


def read(path: Path) -> Lesson:
    """Read a lesson's source: its minutes, instructor's notes, questions, exercises."""
    cells = build.read_cells(path)
    number, title = re.match(r"# (\w+) · ([^\n]+)", cells[0].source).groups()
    lesson = Lesson(number, title, path.stem)
    for cell in cells:
        text, tags = cell.source, cell.metadata.tags
        if found := YOURS.search(text.replace("\n", " ")):
            lesson.minutes = lesson.minutes or int(found[1])
        if cell.cell_type == "code":
            names = [pair for pair in CALL.findall(text) if hasattr(checks, pair[0])]
            lesson.called += [pair for pair in names if pair not in lesson.called]
            continue
        if "instructor" in tags:
            lesson.notes.append(text)
        if "predict" in cell.metadata:
            lesson.questions.append(re.sub(r"^#+ .*\n", "", text).strip())
        if found := EXERCISE.search(text):
            lesson.exercises.append((found[1], int(found[2]), found[3]))
    return lesson


def timing(lessons: list[Lesson]) -> Iterator[str]:
    """Yield the page with the paths and the minutes."""
    yield "# Paths and minutes\n"
    yield "Minutes of computing were measured on 2 CPU cores; exercises are part of the lesson.\n"
    yield "| lesson | minutes | of them exercises | computing |\n|---|---|---|---|"
    for one in lessons:
        exercises = sum(minutes for _, minutes, _ in one.exercises)
        yield f"| {one.number} · {one.title} | {one.minutes} | {exercises} | {one.computing:.1f} |"
    yield "\n## Paths\n\n| | lessons | hours, all exercises done | |\n|---|---|---|---|"
    for name, numbers in PATHS.items():
        chosen = [one for one in lessons if numbers is None or one.number in numbers]
        hours = sum(one.minutes for one in chosen) / 60
        which = "all" if numbers is None else ", ".join(numbers)
        yield f"| {name} | {which} | {hours:.1f} | {REMARKS[name]} |"
    yield "\nA path is shorter than its hours: choose exercises, and give the others to take home."


def notes(one: Lesson) -> Iterator[str]:
    """Yield the instructor's page of a lesson."""
    yield f"# {one.number} · {one.title}\n"
    yield f"{one.minutes} minutes, {one.computing:.1f} of computing.\n"
    yield from (f"{text}\n" for text in one.notes)
    if one.questions:
        yield "## Questions to ask before the picture\n"
        yield from (f"- {' '.join(text.split())}" for text in one.questions)
    yield "\n## Exercises, and the mistakes to expect\n"
    for title, minutes, stars in one.exercises:
        yield f"- **{title}**: {minutes} minutes, {stars}"
    for word, name in one.called:
        exercise = getattr(getattr(checks, word), name, None)
        told = told_of(exercise)
        if told:
            yield f"\n### {exercise.title}\n"
            yield from (f"- {says}" for says in told[:MISTAKES])


def told_of(exercise: object) -> list[str]:
    """Return what the check of an exercise says of wrong answers, each once."""
    rows = exercise.rows() if hasattr(exercise, "rows") else ()
    wrong = (row[1] for row in rows if any(line[:1] in "−+" for line in row[0].splitlines()))
    return list(dict.fromkeys(" ".join(says.split()) for says in wrong))


START = """# Start

1. Copy this folder to your disk.
2. In a terminal, in the copy{install}
   On Windows write `py -3.12 -m venv .venv`, and `.venv\\Scripts\\python` in place of
   `.venv/bin/python`.
3. `.venv/bin/gan-lessons doctor` says whether your machine can run the course, and what to do.
4. `.venv/bin/gan-lessons` opens it on lesson 00. On Windows: `.venv\\Scripts\\gan-lessons`.

Your copies of the lessons and your progress stay in the folder `gan-lessons`. Nothing is sent.
"""
WITH = """ (no network is needed; the wheels are for Python {python} on {system}):
   `python3 -m venv .venv` and then
   `.venv/bin/python -m pip install --no-index --find-links wheels "wheels/{wheel}[lab]"`"""
WITHOUT = """:
   `python3 -m venv .venv` and then `.venv/bin/python -m pip install torch=={torch}` and
   `.venv/bin/python -m pip install -c constraints.txt "wheels/{wheel}[lab]"`"""
FAILS = """# When it fails

`.venv/bin/gan-lessons doctor` on the machine that fails says what to do (on Windows:
`.venv\\Scripts\\gan-lessons doctor`). Else:

- **No browser opens?** JupyterLab prints its address; open it yourself.
- **Port busy?** It takes the next free one.
- **Python is older than 3.11, or missing**: install one from python.org or your package manager,
  and write its name in step 2 of START.md: `python3.12 -m venv .venv`.
- **pip finds no wheel that fits**: the wheels of this kit are for one Python on one kind of
  machine, which START.md names. Take that Python, or install with a network.
- **`.venv` cannot be made**: on Debian and Ubuntu, `sudo apt install python3-venv` may be needed.
- **The folder was moved, the install was cut short, or something else**: delete `.venv` and repeat
  step 2. The copies of the lessons, in `gan-lessons`, stay as they are.
"""


def how_to_install(torch: str, wheel: str, *, wheels: bool) -> str:
    """Return the lines of START.md that install; wheels fit one Python on one kind of machine.

    The course's wheel is named by its file: a name alone is looked up on PyPI as well.
    """
    if not wheels:
        return WITHOUT.format(torch=torch, wheel=wheel)
    system = f"{platform.system()} {platform.machine()}"
    version = ".".join(platform.python_version_tuple()[:2])
    return WITH.format(python=version, system=system, wheel=wheel)


def downloads(course: Path, torch: str, index: str = "") -> Iterator[list[str]]:
    """Yield what pip is told to download: torch from an index of its own first, then the rest."""
    into = course.parent
    pip = [sys.executable, "-m", "pip", "download", "-q", "-d", str(into)]
    if index:
        yield [*pip, "--no-deps", "--index-url", index, f"torch=={torch}"]
    found = ["--find-links", str(into)] if index else []
    yield [*pip, *found, "-c", str(ROOT / "constraints.txt"), f"{course}[lab]"]


def write(path: Path, lines: Iterator[str] | list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def pack(kit: Path, *, wheels: bool = False, torch_index: str = "") -> Path:
    """Write the kit and return the zip of it.

    Args:
        kit: the folder, made anew. wheels: whether to download all that is installed.
        torch_index: the address of another index of torch's builds.
    """
    shutil.rmtree(kit, ignore_errors=True)
    lessons = [read(path) for path in build.sources()]
    write(kit / "instructor" / "timing.md", timing(lessons))
    for one in lessons:
        write(kit / "instructor" / f"{one.stem}.md", notes(one))
    write(kit / "instructor" / "when_it_fails.md", [FAILS])
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    pin = re.search(r"^torch==(\S+)", pins, re.MULTILINE)[1]
    for name in ("constraints.txt", "INSTALL.md"):
        shutil.copy(ROOT / name, kit)
    shutil.copytree(ROOT / "hub", kit / "hub", ignore=shutil.ignore_patterns("__pycache__"))
    for folder in ("notebooks", "notebooks/solutions"):
        for book in sorted((ROOT / folder).glob("*.ipynb")):
            target = kit / folder / book.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(book, target)
    pip = [sys.executable, "-m", "pip"]
    into = kit / "wheels"
    own = [*pip, "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(into), "."]
    subprocess.run(own, cwd=ROOT, check=True)
    shutil.rmtree(ROOT / "build" / "lib", ignore_errors=True)
    (course,) = into.glob("gan_lessons-*.whl")
    how = how_to_install(pin, course.name, wheels=wheels)
    write(kit / "START.md", [START.format(install=how)])
    for command in downloads(course, pin, torch_index) if wheels else ():
        subprocess.run(command, cwd=ROOT, check=True)
    return Path(shutil.make_archive(str(kit), "zip", kit.parent, kit.name))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheels", action="store_true", help="download all wheels too")
    parser.add_argument("--torch-index", default="", help="where another build of torch lies")
    asked = parser.parse_args()
    archive = pack(KIT, wheels=asked.wheels, torch_index=asked.torch_index)
    print(f"{archive.relative_to(ROOT)}: {archive.stat().st_size / 2**20:.0f} MB, and its folder")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
