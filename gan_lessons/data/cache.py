"""Where downloads and resized pictures are kept, whole or not at all. Plumbing of lesson 06.

A file appears under its name complete or not at all, and whoever reads it checks it: any number of
notebooks may share a cache without file locks, which network drives ignore anyway.
"""

import functools
import os
import tempfile
import warnings
from contextlib import suppress
from pathlib import Path

from gan_lessons import files


def places() -> list[Path]:
    """Return the folders that may hold the cache, the best first.

    The repository's data/cache, $GAN_LESSONS_CACHE, one in the system's temporary directory.
    """
    found = []
    repository = files.checkout()
    if repository:
        found.append(repository / "data" / "cache")
    if os.environ.get("GAN_LESSONS_CACHE"):
        found.append(files.expand(os.environ["GAN_LESSONS_CACHE"]))
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
            files.write_whole(place / name, data)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            problem = problem or f"{files.shown(place)} cannot be written ({reason})"
        else:
            if problem:
                _warn_once(f"{problem}: using {files.shown(place)} as the cache.")
            return place / name
    _warn_once(f"{problem}: nothing is cached. GAN_LESSONS_CACHE can name a folder.")
    return None


@functools.cache
def _warn_once(text: str) -> None:
    warnings.warn(text, stacklevel=3)
