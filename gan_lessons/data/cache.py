"""Where downloads and resized pictures are kept, whole or not at all. Plumbing of lesson 06.

A file appears under its name complete or not at all, and whoever reads it checks it: any number of
notebooks may share a cache without file locks, which network drives ignore anyway.
"""

import functools
import os
import secrets
import tempfile
import time
import warnings
from contextlib import suppress
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
STALE = 3600.0  # seconds; a temporary file this old was left behind by a process that died


def expand(path: str | os.PathLike) -> Path:
    """Return a path with ``~`` put in full; without a home directory it stays as it is."""
    return Path(os.path.expanduser(path))  # noqa: PTH111  Path.expanduser raises without a home


def shown(path: Path, width: int = 110) -> str:
    """Return a path short and clean enough for one line of an error."""
    text = os.fsencode(path).decode(errors="replace").replace("\n", "?")
    return text if len(text) <= width else "…" + text[1 - width :]


def is_checkout() -> bool:
    """Say whether the package lies in the course's repository, with its data and scripts."""
    return (REPOSITORY / "pyproject.toml").is_file()


def places() -> list[Path]:
    """Return the folders that may hold the cache, the best first.

    The repository's data/cache, $GAN_LESSONS_CACHE, one in the system's temporary directory.
    """
    found = []
    if is_checkout():
        found.append(REPOSITORY / "data" / "cache")
    if os.environ.get("GAN_LESSONS_CACHE"):
        found.append(expand(os.environ["GAN_LESSONS_CACHE"]))
    with suppress(OSError):
        user = os.getuid() if hasattr(os, "getuid") else 0
        temp = Path(tempfile.gettempdir()) / f"gan_lessons-{user}"
        if not os.path.lexists(temp) or temp.lstat().st_uid == user:  # not somebody else's
            found.append(temp)
    return found


def read(path: Path, *, limit: int) -> bytes | None:
    """Return a file's bytes, None where there is none; OSError over ``limit`` bytes."""
    if not path.is_file():
        return None
    with path.open("rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(f"{path} is larger than any whole copy of it")
    return data


def store(name: str, data: bytes | memoryview) -> Path | None:
    """Write data under a name such as ``mnist/file.gz`` in the first place that takes it.

    Warns once where that is not the first place, or there is none (then it returns None).
    """
    problem = None
    for place in places():
        try:
            write_whole(place / name, data)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            problem = problem or f"{shown(place)} cannot be written ({reason})"
        else:
            if problem:
                _warn_once(f"{problem}: using {shown(place)} as the cache.")
            return place / name
    _warn_once(f"{problem}: nothing is cached. GAN_LESSONS_CACHE can name a folder.")
    return None


@functools.cache
def _warn_once(text: str) -> None:
    warnings.warn(text, stacklevel=3)


def write_whole(target: Path, data: bytes | memoryview) -> None:
    """Write a file and its folder; at every moment the file is the old one or the whole new one.

    Raises:
        OSError: it cannot be written; what was there is there still.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for old in target.parent.glob(".*.tmp"):
        with suppress(OSError):  # another process may have swept it already
            if time.time() - old.stat().st_mtime > STALE:
                old.unlink()
    temp = target.with_name(f".{target.name}.{os.getpid()}-{secrets.token_hex(4)}.tmp")
    try:
        with temp.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temp.replace(target)
    finally:
        temp.unlink(missing_ok=True)  # still there only if a line above failed
