"""The learner's own copies of the lessons. Introduced in lesson 00.

They are made once and never overwritten. When a lesson was updated since, the new version lands
beside the copy as `NN_….newer.ipynb`, then `.newer-2` and so on, and the learner's answers to its
exercises are put into it.
"""

import hashlib
import json
import os
import re
from pathlib import Path

from gan_lessons import files
from gan_lessons.errors import SettingError

RECORD = ".copied.json"
CHECK = re.compile(r"checks\.(\w+\.\w+)\(")
STUB = re.compile(r"raise NotImplementedError|= \.\.\..*")  # what an answer takes the place of
COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)
LESSONS = "[0-9][0-9]*_*.ipynb"


def work_folder() -> Path:
    """Return the folder of the learner's copies. Lesson 00.

    GAN_LESSONS_WORK; else `work/` in the checkout; else, where the course came as a wheel, the
    current folder if the copies are in it already, or `gan-lessons/` in it.
    """
    named = os.environ.get("GAN_LESSONS_WORK", "").strip()
    if named:
        return files.expand(named).resolve()
    if repository := files.checkout():
        return repository / "work"
    here = Path.cwd()
    return here if (here / RECORD).is_file() else here / "gan-lessons"


def _read_record(path: Path) -> dict[str, str]:
    """Return lesson name -> digest of the version handed out last; empty if lost or damaged."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}


def _age(newer: Path) -> int:
    """Return 1 of `NN_….newer.ipynb`, 2 of `.newer-2`, and so on; 0 of a name that is not ours."""
    found = re.search(r"\.newer-?(\d*)$", newer.stem)
    return int(found[1] or 1) if found else 0


def _free_name(copy: Path) -> Path:
    """Return `NN_….newer.ipynb`, or `.newer-2`, `.newer-3` …: a name that no file has."""
    number = 1
    while True:
        suffix = ".newer" if number == 1 else f".newer-{number}"
        name = copy.with_name(f"{copy.stem}{suffix}{copy.suffix}")
        if not name.exists():
            return name
        number += 1


def _exercises(content: bytes) -> tuple[dict, dict[str, list[dict]]]:
    """Return a notebook and, by their names, its exercises' cells; nothing of another file.

    A learner may have doubled a cell: then there are several of a name.
    """
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
    return book, found


def _asks(task: dict) -> bool:
    """Say whether a cell waits for an answer: it holds a stub, or a broken program to be mended."""
    return "as_given" in task.get("metadata", {}) or bool(STUB.search("".join(task["source"])))


def _is_answered(cell: dict) -> bool:
    """Say whether a learner wrote into a cell."""
    text = "".join(cell["source"])
    given = cell.get("metadata", {}).get("as_given")
    if given is not None:
        return hashlib.sha256(text.encode()).hexdigest() != given
    return bool(text.strip()) and not STUB.search(COMMENT.sub("", text))


def _is_begun(cell: dict, task: dict) -> bool:
    """Say whether a cell, its task unchanged, holds more than was handed out, stub or not."""
    same_task = bool(cell.get("id")) and cell.get("id") == task.get("id")
    return same_task and "".join(cell["source"]) != "".join(task["source"])


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
    book, found = _exercises(content)
    tasks = {name: cells[0] for name, cells in found.items() if len(cells) == 1}
    carried, left = [], []
    answers: dict[str, dict] = {}
    for copy in copies:
        for name, cells in _exercises(copy)[1].items():
            task = tasks.get(name, {"source": ""})
            written = [cell for cell in cells if _is_answered(cell) or _is_begun(cell, task)]
            if len(cells) == 1 and written:
                answers[name] = written[0]
                left = [other for other in left if other != name]
            elif written and _asks(task):  # two cells: which is the answer, the learner knows
                answers.pop(name, None)
                left += [name] if name not in left else []
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
    with the answers of the copies that are there. Lesson 00.

    Args:
        lessons: the folder of the generated notebooks, `NN_….ipynb`.
        work: the learner's folder, made when missing.

    Raises:
        OSError: the learner's folder cannot be made or written.
    """
    work.mkdir(parents=True, exist_ok=True)
    record = _read_record(work / RECORD)
    before, notes = dict(record), []
    for lesson in sorted(lessons.glob(LESSONS)):
        content = lesson.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        copy = work / lesson.name
        if not copy.exists():
            files.write_whole(copy, content)
        elif record.get(lesson.name) != digest and copy.read_bytes() != content:
            newer = _free_name(copy)
            mine = [copy, *sorted(work.glob(f"{copy.stem}.newer*{copy.suffix}"), key=_age)]
            content, carried, left = carry_over(content, [path.read_bytes() for path in mine])
            files.write_whole(newer, content)
            notes.append(_told(lesson, newer, carried, left))
        record[lesson.name] = digest
    if record != before:
        files.write_whole(work / RECORD, json.dumps(record, indent=1, sort_keys=True).encode())
    return notes


def first_lesson(work: Path, lessons: Path) -> Path:
    """Return the learner's copy of the lesson with the lowest number. Lesson 00."""
    return work / min(path.name for path in lessons.glob(LESSONS))


def bring(lessons: Path) -> Path:
    """Bring the learner's copies up to date, say what is new, and return their folder. Lesson 00.

    Raises:
        SettingError: there are no lessons, or the folder cannot be written.
    """
    work = work_folder()
    if not any(lessons.glob(LESSONS)):
        raise SettingError(
            f"There is no lesson in {lessons}.",
            "Nothing was started or copied.",
            "Get the whole course again, or, if you changed a lesson: make notebooks.",
        )
    try:
        notes = copy_lessons(lessons, work)
    except OSError as error:
        raise SettingError(
            f"Your copies of the lessons cannot be written to {work}: {error.strerror}.",
            "Nothing that was there has been changed.",
            "Let GAN_LESSONS_WORK name a folder of your own, such as ~/gan-lessons, and try again.",
        ) from error
    print("\n".join([*notes, f"Your copies of the lessons are in {work}"]), flush=True)
    return work
