"""Where the course's own files lie, and how a file is written. Plumbing of lesson 00.

Floor 0 of the house: imports nothing of the package, and nothing that takes long to import.

In a clone of the repository the package lies beside ``data/`` and ``notebooks/``, and these are
used; a wheel carries copies of what a learner needs in ``gan_lessons/_shipped/``.
"""

import os
import re
import secrets
import time
from contextlib import suppress
from pathlib import Path

# Where the public repository is, such as https://github.com/OWNER/NAME. While this is empty there
# is none, and no page shows a link or a badge; `make notebooks` writes it into the README.
ADDRESS = ""

PACKAGE = Path(__file__).resolve().parent
REPOSITORY = PACKAGE.parent  # where it is one: see checkout
SHIPPED = PACKAGE / "_shipped"
TEMPORARY = re.compile(r"\..+\.\d+-[0-9a-f]{8}\.tmp")  # what write_whole calls its own
STALE = 3600.0  # seconds; a temporary file this old was left behind by a process that died


def checkout() -> Path | None:
    """Return the course's repository if the package lies in it, else None. Lesson 00."""
    try:
        project = (REPOSITORY / "pyproject.toml").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    return REPOSITORY if 'name = "gan-lessons"' in project else None


def course(*parts: str) -> Path:
    """Return where a file or folder of the course lies, such as ``course("data", "petals.npz")``.

    That is in the repository, where the package lies in it and the file is there, else in what the
    wheel brought. It may be in neither: then the path names the place where it should be.

    Lesson 00.
    """
    repository = checkout()
    if repository is None:
        return SHIPPED.joinpath(*parts)
    own = repository.joinpath(*parts)
    shipped = SHIPPED.joinpath(*parts)
    return shipped if shipped.exists() and not own.exists() else own


def expand(path: str | os.PathLike) -> Path:
    """Return a path with ``~`` put in full; without a home directory it stays so. Lesson 00."""
    return Path(os.path.expanduser(path))  # noqa: PTH111  Path.expanduser raises without a home


def shown(path: Path, width: int = 110) -> str:
    """Return a path short and clean enough for one line of an error. Lesson 00."""
    text = os.fsencode(path).decode(errors="replace").replace("\n", "?")
    return text if len(text) <= width else "…" + text[1 - width :]


def write_whole(target: Path, data: bytes | memoryview) -> None:
    """Write a file and its folder; at every moment the file is the old one or the whole new one.

    Introduced in lesson 00.

    Raises:
        OSError: it cannot be written; what was there is there still.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for old in target.parent.glob(".*.tmp"):
        with suppress(OSError):  # another process may have swept it already
            ours = TEMPORARY.fullmatch(old.name)
            if ours and time.time() - old.stat().st_mtime > STALE:
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
