"""A file that ships with the course: found, or told in three lines. Plumbing of lesson 04."""

import os
from pathlib import Path

from gan_lessons import files
from gan_lessons.data import cache
from gan_lessons.errors import DataFileError


def read(name: str, *, limit: int, script: str) -> tuple[Path, bytes]:
    """Return where a file is and its bytes; whoever asks compares the SHA-256.

    Looks in $GAN_LESSONS_DATA, then in the repository's data folder or where the package has none
    beside it, in what its wheel brought; no network.

    Args:
        limit: the most bytes it can have. script: in data/make, which makes it again.

    Raises:
        DataFileError: it is in neither place, too large, or may not be read.
    """
    path = files.course("data", name)
    own = files.expand(os.environ.get("GAN_LESSONS_DATA") or path.parent) / name
    there = os.path.isfile(own)  # noqa: PTH113  Path.is_file raises where it may not look
    path = own if there else path
    try:
        packed = cache.read(path, limit=limit)
    except OSError as error:
        why = "cannot be read, or is too large to be the one that ships"
        raise refused(path, why, script=script) from error
    if packed is None:
        raise refused(path, "is missing", script=script)
    return path, packed


def refused(path: Path, why: str, *, script: str) -> DataFileError:
    """Return the error for a file that ships, with e.g. ``why="is damaged"``."""
    what = f"{files.shown(path)} {why}."
    kept = "It was left as it is; nothing was loaded in its place."
    if files.checkout():
        todo = f"Restore data/{path.name} from the course's repository, or make it anew: "
        todo += f"python data/make/{script} --force"
    else:
        todo = "Install the course again: pip install --force-reinstall --no-deps gan-lessons. "
        todo += f"Or let GAN_LESSONS_DATA name a folder with its {path.name}"
    return DataFileError(what, kept, todo + ".")
