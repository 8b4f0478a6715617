"""Open the course in JupyterLab: `make lab`, or `python tools/lab.py [options of JupyterLab]`.

You work on your own copies in `work/`, made here once and never overwritten. When a lesson was
updated since, the new version lands beside your copy as `NN_….newer.ipynb`, then `.newer-2` and so
on, and your answers to its exercises are put into it. GAN_LESSONS_WORK names another folder for the
copies.
"""

import hashlib
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parents[1]
RECORD = ".copied.json"
CHECK = re.compile(r"checks\.(\w+\.\w+)\(")
STUB = re.compile(r"raise NotImplementedError|= \.\.\..*")  # what an answer takes the place of
NEEDED = ("gan_lessons", "torch", "jupyterlab", "ipykernel")


def missing_packages(needed: tuple[str, ...] = NEEDED) -> list[str]:
    """Return which of the packages the notebooks need this Python does not have."""
    return [name for name in needed if importlib.util.find_spec(name) is None]


def work_folder() -> Path:
    """Return the folder of the learner's copies: GAN_LESSONS_WORK, else `work/` in the checkout."""
    named = os.environ.get("GAN_LESSONS_WORK", "").strip()
    return Path(named).expanduser().resolve() if named else ROOT / "work"


def _write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _read_record(path: Path) -> dict[str, str]:
    """Return lesson name -> digest of the version handed out last; empty if lost or damaged."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _age(newer: Path) -> int:
    """Return 1 of `NN_….newer.ipynb`, 2 of `.newer-2`, and so on."""
    return int(re.search(r"\.newer-?(\d*)$", newer.stem)[1] or 1)


def _free_name(copy: Path) -> Path:
    """Return `NN_….newer.ipynb`, or `.newer-2`, `.newer-3` …: a name that no file has."""
    number = 1
    while True:
        suffix = ".newer" if number == 1 else f".newer-{number}"
        name = copy.with_name(f"{copy.stem}{suffix}{copy.suffix}")
        if not name.exists():
            return name
        number += 1


def _exercises(content: bytes) -> tuple[dict, dict[str, dict]]:
    """Return a notebook and, by their names, its exercises' cells; nothing of another file."""
    try:
        book = json.loads(content)
        cells = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
        found: dict[str, list[dict]] = {}
        for cell in cells:
            text = "".join(cell["source"])
            called = CHECK.search(text)
            if called or "exercise" in cell["metadata"].get("tags", []):
                name = called[1] if called else text.partition("=")[0].strip()
                found.setdefault(name, []).append(cell)
    except (AttributeError, KeyError, TypeError, ValueError):
        return {}, {}
    return book, {name: cells[0] for name, cells in found.items() if len(cells) == 1}


def _asks(task: dict) -> bool:
    """Say whether a cell waits for an answer: it holds a stub, or a broken program to be mended."""
    return "as_given" in task.get("metadata", {}) or bool(STUB.search("".join(task["source"])))


def _is_answered(cell: dict) -> bool:
    """Say whether a learner wrote into a cell."""
    text = "".join(cell["source"])
    given = cell.get("metadata", {}).get("as_given")
    if given is not None:
        return hashlib.sha256(text.encode()).hexdigest() != given
    return bool(text.strip()) and not STUB.search(text)


def _fits(answer: dict, task: dict) -> bool:
    """Say whether an answered cell is the answer to a task as it stands now.

    It is if the task was not changed (a cell's id is made of its source), or if all of the task
    but the place for the answer stands in the answered cell.
    """
    if answer.get("id") and answer.get("id") == task.get("id"):
        return True
    start, *rest = STUB.split("".join(task["source"]))
    text = "".join(answer["source"])
    return len(rest) == 1 and text.startswith(start) and text.endswith(rest[0])


def carry_over(content: bytes, copies: list[bytes]) -> tuple[bytes, list[str], list[str]]:
    """Put the learner's answers into a new version of a lesson.

    Args:
        content: the new version. copies: what the learner has of it, the oldest first.

    Returns:
        The new version with the answers; the names of the exercises whose answers are in it; and of
        those that have an answer which fits no longer, so that it was left where it is.
    """
    book, tasks = _exercises(content)
    carried, left = [], []
    answers: dict[str, dict] = {}
    for copy in copies:
        for name, cell in _exercises(copy)[1].items():
            if _is_answered(cell):
                answers[name] = cell
    for name, answer in answers.items():
        task = tasks.get(name)
        if task is not None and not _asks(task):
            continue  # a cell that asks for nothing: it only calls a check
        if task is not None and _fits(answer, task):
            task["source"] = answer["source"]
            carried.append(name)
        else:
            left.append(name)
    if carried:
        content = (json.dumps(book, indent=1, ensure_ascii=False) + "\n").encode("utf-8")
    return content, carried, left


def _told(lesson: Path, newer: Path, carried: list[str], left: list[str]) -> str:
    note = f"{lesson.name} has a newer version: {newer.name}. Yours is untouched."
    if carried:
        note += f" Your answers are in the new one too: {', '.join(carried)}; run their cells."
    if left:
        note += f" To copy by hand, as these exercises changed: {', '.join(left)}."
    return note


def copy_lessons(lessons: Path, work: Path) -> list[str]:
    """Bring the learner's folder up to date and return one note for each newer lesson.

    A lesson that has no copy is copied. A copy that exists is never written to: if the lesson is
    not the version that was handed out last, the new one is put beside it under a free name, once,
    with the answers of the copies that are there.

    Args:
        lessons: the folder of the generated notebooks, `NN_….ipynb`.
        work: the learner's folder, made when missing.

    Raises:
        OSError: the learner's folder cannot be made or written.
    """
    work.mkdir(parents=True, exist_ok=True)
    record = _read_record(work / RECORD)
    before, notes = dict(record), []
    for lesson in sorted(lessons.glob("[0-9][0-9]*_*.ipynb")):
        content = lesson.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        copy = work / lesson.name
        if not copy.exists():
            _write(copy, content)
        elif record.get(lesson.name) != digest and copy.read_bytes() != content:
            newer = _free_name(copy)
            mine = [copy, *sorted(work.glob(f"{copy.stem}.newer*{copy.suffix}"), key=_age)]
            content, carried, left = carry_over(content, [path.read_bytes() for path in mine])
            _write(newer, content)
            notes.append(_told(lesson, newer, carried, left))
        record[lesson.name] = digest
    if record != before:
        _write(work / RECORD, json.dumps(record, indent=1, sort_keys=True).encode())
    return notes


def first_lesson(work: Path, lessons: Path) -> Path:
    """Return the learner's copy of the lesson with the lowest number."""
    return work / min(path.name for path in lessons.glob("[0-9][0-9]*_*.ipynb"))


def command(work: Path, lesson: Path, options: list[str]) -> list[str]:
    """Return the command line of JupyterLab; the learner's own options come last and win."""
    root = ROOT if work.is_relative_to(ROOT) else work
    page = quote(lesson.relative_to(root).as_posix())
    return [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{page}",
        "--LabApp.extension_manager=readonly",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--KernelManager.transport_encryption=auto",  # several learners may share a machine
        "--Application.log_level=WARN",
        *options,
    ]


def environment() -> dict[str, str]:
    """Return the server's environment; what the learner has set already is kept."""
    env = dict(os.environ)
    env.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # idle threads sleep: kernels share the cores
    env.setdefault("JUPYTER_PREFER_ENV_PATH", "1")  # the kernel of this environment, no other
    return env


def ask_no_questions(prefix: Path) -> None:
    """Answer JupyterLab's question about fetching news with no, for this environment only."""
    file = prefix / "share/jupyter/lab/settings/overrides.d/gan-lessons.json"
    answer = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            _write(file, json.dumps(answer).encode())
    except OSError:
        pass  # an environment that cannot be written: JupyterLab asks once


def serve(arguments: list[str]) -> int:
    """Run JupyterLab, which prints its own address, until it ends; return its exit status."""
    server = subprocess.Popen(arguments, env=environment())
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    while True:
        try:
            return server.wait()
        except KeyboardInterrupt:
            continue  # JupyterLab has received it too and asks whether to stop


def refusal(what: str, kept: str, todo: str) -> Exception:
    """Return the course's three-line error (imported late: this Python may not have the course)."""
    from gan_lessons.errors import SettingError

    return SettingError(what, kept, todo)


def main(options: list[str], lessons: Path = ROOT / "notebooks") -> int:
    """Prepare the copies, say what the learner has to know, and run JupyterLab."""
    if missing := missing_packages():
        print(
            f"This Python ({sys.executable}) lacks {', '.join(missing)}.\n"
            "Nothing was started; your copies are untouched.\n"
            "Run `make lab`; without make, follow INSTALL.md and use that environment's Python.",
            file=sys.stderr,
        )
        return 1
    work = work_folder()
    try:
        if not any(lessons.glob("[0-9][0-9]*_*.ipynb")):
            raise refusal(
                f"There is no lesson in {lessons}.",
                "Nothing was started or copied.",
                "Get the whole repository again, or, if you changed a lesson: make notebooks.",
            )
        try:
            notes = copy_lessons(lessons, work)
        except OSError as error:
            raise refusal(
                f"Your copies of the lessons cannot be written to {work}: {error.strerror}.",
                "Nothing that was there has been changed.",
                "Name a folder of your own: GAN_LESSONS_WORK=~/gan-lessons make lab",
            ) from error
        if getattr(os, "geteuid", lambda: 1)() == 0 and "--allow-root" not in options:
            raise refusal(
                "JupyterLab does not start for the user root: a notebook could change the system.",
                f"Your copies of the lessons are in {work}; nothing was started.",
                "Use an ordinary account. In a throw-away container: make lab ARGS=--allow-root",
            )
    except Exception as error:
        if type(error).__module__ != "gan_lessons.errors":
            raise
        print(error, file=sys.stderr)
        return 1
    for note in notes:
        print(note)
    print(f"Your copies of the lessons are in {work}")
    print("JupyterLab opens in your browser; if none opens, use an address that it prints below.")
    print("To stop it: save, come back here, press Ctrl-C twice.", flush=True)
    ask_no_questions(Path(sys.prefix))
    return serve(command(work, first_lesson(work, lessons), options))


if __name__ == "__main__":
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a console that lacks a letter still shows the rest
    sys.exit(main(sys.argv[1:]))
