"""How far a learner has come: one small file in the folder of their copies. Plumbing of lesson 00.

Floor 1 of the house: knows no exercise, only their names. The file holds, for each exercise that
was tried, whether it is ✓, how many answers were judged and about how many minutes it took; nothing
else, and nothing is sent. To delete it is harmless.
"""

import json
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from gan_lessons import files

NAME = "progress.json"
COPIES = ".copied.json"  # stands in a folder of copies
LIMIT = 1_000_000  # bytes; a file of ours has some ten thousand
PAUSE = 15.0  # minutes; whoever answers nothing for longer has been elsewhere
PATIENCE = 5.0  # seconds to wait for another notebook that writes; a lock this old is a dead one's


@dataclass
class Tried:
    """What is kept of one exercise. Lesson 00.

    Attributes:
        solved: whether an answer was ✓. tries: how many answers were judged up to the first ✓.
        minutes: about how long that took, pauses left out.
    """

    solved: bool = False
    tries: int = 0
    minutes: float = 0.0


def home() -> Path | None:
    """Return the learner's folder: GAN_LESSONS_WORK or the current one, if the copies are in it.

    None elsewhere, where nothing is kept. Lesson 00.
    """
    named = os.environ.get("GAN_LESSONS_WORK", "").strip()
    places = [files.expand(named), Path()] if named else [Path()]
    return next((place for place in places if (place / COPIES).is_file()), None)


def read(path: Path) -> dict[str, Tried]:
    """Return what is kept in a file, by the exercises' names; empty where there is none. Lesson 00.

    Raises:
        ValueError: it is no file of this kind, or was damaged.
        OSError: it may not be read.
    """
    if not path.exists():
        return {}
    with path.open("rb") as file:
        text = file.read(LIMIT + 1)
    if len(text) > LIMIT:
        raise ValueError("it is too large")
    try:
        rows = json.loads(text)["exercises"]
        found = {
            str(name): Tried(
                solved=row["solved"] is True,
                tries=max(0, int(row["tries"])),
                minutes=max(0.0, float(row["minutes"])),
            )
            for name, row in rows.items()
        }
        if not all(math.isfinite(row.minutes) for row in found.values()):
            raise ValueError("it is not what the course writes")
        return found
    except (AttributeError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise ValueError("it is not what the course writes") from error


def note(name: str, *, solved: bool, minutes: float, folder: Path) -> None:
    """Keep that an answer to an exercise was judged. Lesson 00.

    After the first ✓ nothing more is counted. A file that is damaged is put aside as
    ``progress.damaged.json``, not written over.

    Raises:
        OSError: the folder cannot be written.
    """
    path = folder / NAME
    with _alone(folder):
        try:
            kept = read(path)
        except ValueError:
            path.replace(path.with_name("progress.damaged.json"))
            kept = {}
        row = kept.setdefault(name, Tried())
        if row.solved:
            return
        row.solved, row.tries = solved, row.tries + 1
        row.minutes = round(row.minutes + min(minutes, PAUSE), 1)
        rows = {name: asdict(kept[name]) for name in sorted(kept)}
        text = json.dumps({"course": "gan-lessons", "exercises": rows}, indent=1)
        files.write_whole(path, (text + "\n").encode("utf-8"))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Wait until no other notebook is between reading and writing; a lock of the dead is broken."""
    lock, start = folder / ".progress.lock", time.monotonic()
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL))
            break
        except FileExistsError:
            with suppress(OSError):
                if time.time() - lock.stat().st_mtime > PATIENCE:
                    lock.unlink()
            if time.monotonic() - start > 2 * PATIENCE:
                raise OSError("another notebook keeps the file to itself") from None
            time.sleep(0.02)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
