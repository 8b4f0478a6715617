"""Lessons for a kernel that somebody else hosts: Colab, Kaggle. Plumbing of lesson 00.

The learner's notebook as it is, below one cell more: where `gan_lessons` is missing and the machine
is one of theirs, that cell installs it; elsewhere it does nothing. Built from the same notebooks,
so that there is nothing to keep in step. Colab and Kaggle could not be reached from where this was
written: tests put in their place what they are known by, and a pip that notes what it is asked.
"""

import json
from pathlib import Path

from gan_lessons import files
from gan_lessons.errors import SettingError

PLACE = "{{ADDRESS}}"
FIRST = """\
# On Colab and Kaggle this installs the course. Elsewhere it does nothing.
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

address = "{{ADDRESS}}"
on_colab = "google.colab" in sys.modules
on_kaggle = "KAGGLE_KERNEL_RUN_TYPE" in os.environ

if (on_colab or on_kaggle) and find_spec("gan_lessons") is None:
    folders = Path(), Path("/kaggle/input")  # where uploads go
    wheels = [w for f in folders for w in f.rglob("gan_lessons-*.whl")]
    newest = max(wheels, key=lambda w: w.stat().st_mtime, default=None)
    course = str(newest) if newest else address
    if not course:
        raise RuntimeError(
            "The course is not installed here, and no wheel of it was found.\\n"
            "Nothing was installed or changed.\\n"
            "Upload gan_lessons-….whl beside this notebook; run this again."
        )
    pip = [sys.executable, "-m", "pip", "install", "-q", course]
    subprocess.run(pip, check=True)
"""
HEAD = "**Colab or Kaggle**: run this first. It has not been tried there yet."


def variant(content: bytes, address: str = files.ADDRESS) -> bytes:
    """Return a learner's notebook with the cell that installs the course before all others.

    Introduced in lesson 00.

    Args:
        content: the notebook. address: of the public repository; empty if there is none, and then
            the cell asks for the wheel.
    """
    book = json.loads(content)
    given = f"gan-lessons @ git+{address}" if address else ""
    head = {"cell_type": "markdown", "id": "hosted-head", "metadata": {}, "source": HEAD}
    code = {
        **{"cell_type": "code", "id": "hosted-first", "metadata": {"tags": ["hosted"]}},
        **{"execution_count": None, "outputs": []},
        "source": FIRST.replace(PLACE, given).rstrip("\n"),
    }
    book["cells"] = [head, code, *book["cells"]]
    return (json.dumps(book, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def write(lessons: Path, folder: Path, address: str = files.ADDRESS) -> list[Path]:
    """Write the variants of all lessons into a folder and return them. Lesson 00.

    Args:
        lessons: the folder of the learners' notebooks. folder: made when missing. address: of the
            public repository.

    Raises:
        SettingError: something else of such a name is there, there are no lessons, or the folder
            cannot be written.
    """
    made = {
        folder / lesson.name: variant(lesson.read_bytes(), address)
        for lesson in sorted(lessons.glob("[0-9][0-9]*_*.ipynb"))
    }
    if not made:
        raise SettingError(
            f"There is no lesson in {files.shown(lessons)}.",
            "Nothing was written.",
            "Get the whole course again, or, if you changed a lesson: make notebooks.",
        )
    for path, content in made.items():
        if path.exists() and path.read_bytes() != content:
            raise SettingError(
                f"{files.shown(path)} is there already and is another: an older one, or your work.",
                "Nothing was written.",
                "Move that folder away, or delete it, and run this again.",
            )
    try:
        for path, content in made.items():
            files.write_whole(path, content)
    except OSError as error:
        raise SettingError(
            f"{files.shown(folder)} cannot be written: {error.strerror}.",
            "What was written before that is whole; nothing else was changed.",
            "Go to a folder of your own in which no file has this name, and run this again.",
        ) from error
    return [*made]


def badge(lesson: str, address: str = files.ADDRESS) -> str:
    """Return the link that opens a lesson's variant in Colab; empty while there is no address.

    The variants lie beside the web page, on the branch that the workflow `publish` fills.
    Introduced in lesson 00.

    Args:
        lesson: the name of its file, without the ending. address: of the public repository.
    """
    where = address.removeprefix("https://github.com/").removesuffix(".git").strip("/")
    if not address or where == address:
        return ""
    colab = f"https://colab.research.google.com/github/{where}/blob/gh-pages/colab/{lesson}.ipynb"
    return f"[Open in Colab]({colab})"
