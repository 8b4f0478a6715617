"""How far you have come in the course, as a picture and a sentence. Introduced in lesson 00."""

import html
import re
import sys
import time
import warnings
from collections.abc import Mapping
from pathlib import Path

from IPython import get_ipython
from IPython.display import HTML, display

from gan_lessons import files, progress

CALL = re.compile(r"checks\.(\w+)\.(\w+)\(")
TITLE = re.compile(r"# (\d\d[a-z]?) · ([^\\\n\"]+)")
_last = time.monotonic()  # when this session judged an answer last, at first: when it began


def exercises() -> dict[str, tuple[str, ...]]:
    """Return the exercises of each lesson, by its title, in the course's order. Lesson 00.

    They are read from the lessons that ship: an exercise is a cell that calls its check.
    """
    found = {}
    for lesson in sorted(files.course("notebooks").glob("[0-9][0-9]*_*.ipynb")):
        text = lesson.read_text(encoding="utf-8")
        title = TITLE.search(text)
        called = (".".join(pair) for pair in CALL.findall(text))
        names = dict.fromkeys(name for name in called if _is_exercise(name))
        if title:
            found[f"{title[1]} · {title[2]}"] = tuple(names)
    return found


def _is_exercise(name: str) -> bool:
    lesson, exercise = name.split(".")
    rooms = vars(sys.modules["gan_lessons.checks"])
    return callable(getattr(rooms.get(lesson), exercise, None))


def name_of(exercise: object) -> str | None:
    """Return what an exercise is called: ``first_gan.train_step``; None for one of nobody's."""
    rooms = vars(sys.modules["gan_lessons.checks"])
    for lesson in rooms.get("__all__", ()):
        for name, value in vars(rooms[lesson]).items():
            if value is exercise:
                return f"{lesson}.{name}"
    return None


def keep(exercise: object, *, solved: bool) -> None:
    """Keep that an answer was judged, where the learner's copies are; never stop a lesson for it.

    Introduced in lesson 00.
    """
    global _last
    minutes, _last = (time.monotonic() - _last) / 60, time.monotonic()
    folder, name = progress.home(), name_of(exercise)
    if folder is None or name is None:
        return
    try:
        progress.note(name, solved=solved, minutes=minutes, folder=folder)
    except OSError as error:
        reason = error.strerror or str(error)
        warnings.warn(
            f"Your progress is not kept: {files.shown(folder / progress.NAME)}: {reason}.",
            stacklevel=3,
        )


def sentence(kept: Mapping[str, progress.Tried], asked: Mapping[str, tuple[str, ...]]) -> str:
    """Return in a sentence how far somebody has come. Lesson 00."""
    everything = [name for names in asked.values() for name in names]
    solved = [name for name in everything if name in kept and kept[name].solved]
    whole = [names for names in asked.values() if names and set(names) <= set(solved)]
    minutes = sum(kept[name].minutes for name in kept)
    spent = f", in about {minutes:.0f} minutes" if minutes else ""
    text = f"{len(solved)} of {len(everything)} exercises are ✓, {len(whole)} lessons completely"
    if not kept:
        return text + "."
    tries = sum(kept[name].tries for name in solved)
    per = f", {tries / len(solved):.1f} answers each" if solved else ""
    return f"{text}{per}{spent}."


def report(folder: Path | str | None = None) -> None:
    """Show how far you have come: a square for each exercise, full where it is ✓. Lesson 00.

    Args:
        folder: where your copies of the lessons are; as a rule it is found.

    The same in a terminal: ``gan-lessons report``.
    """
    home, asked = Path(folder) if folder is not None else progress.home(), exercises()
    if home is None:
        kept, note = _session(asked), " Of this session: beside your own copies it would be kept."
    else:
        path, note = home / progress.NAME, ""
        try:
            kept = progress.read(path)
        except (OSError, ValueError) as error:
            _say(f"{files.shown(path)} cannot be read ({error}). It is left as it is.", [])
            return
    rows = []
    for title, names in asked.items():
        marks = "".join(_mark(kept.get(name)) for name in names)
        done = sum(name in kept and kept[name].solved for name in names)
        rows.append((marks, f"{done} of {len(names)}", title))
    _say(sentence(kept, asked) + note, rows)


def _session(asked: Mapping[str, tuple[str, ...]]) -> dict[str, progress.Tried]:
    """Return what was tried since this session began."""
    rooms, found = vars(sys.modules["gan_lessons.checks"]), {}
    for name in (name for names in asked.values() for name in names):
        lesson, exercise = name.split(".")
        one = getattr(rooms[lesson], exercise)
        if one.last is not None:
            found[name] = progress.Tried(solved=one.solved, tries=one.failures + one.solved)
    return found


def _mark(tried: progress.Tried | None) -> str:
    return "□" if tried is None else "■" if tried.solved else "▣"


def _say(text: str, rows: list[tuple[str, str, str]]) -> None:
    if get_ipython() is None:
        print("\n".join([text, *(f"{m:<8}{n:>8}  {title}" for m, n, title in rows)]))
        return
    cell = "text-align:left;padding:1px 10px"
    table = "".join(
        f'<tr><td style="{cell};color:#009E73;letter-spacing:.2em" aria-hidden="true">{marks}</td>'
        f'<td style="{cell}">{done}</td><td style="{cell}">{html.escape(title)}</td></tr>'
        for marks, done, title in rows
    )
    note = "<p>■ ✓, ▣ tried, □ not yet</p>" if rows else ""
    display(HTML(f"<p><b>{html.escape(text)}</b></p><table>{table}</table>{note}"))
