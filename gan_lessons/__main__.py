"""The command ``gan-lessons``, also ``python -m gan_lessons``. Introduced in lesson 00.

Floor 8 of the house.
"""

import argparse
import sys
from pathlib import Path

import gan_lessons
from gan_lessons import files
from gan_lessons.errors import LessonError

EPILOG = """\
Without a command the course opens in JupyterLab, and what else stands on the line goes to
JupyterLab: gan-lessons --no-browser --port=9000. GAN_LESSONS_WORK names the folder of your copies.
"""


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line. Lesson 00."""
    made = argparse.ArgumentParser(
        prog="gan-lessons",
        description="The GAN course: makes your copies of the lessons and opens them.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--version", action="version", version=gan_lessons.__version__)
    commands = made.add_subparsers(dest="command", metavar="command")
    commands.add_parser(
        "lab", help="open the course in JupyterLab (what happens without a command)"
    )
    copy = commands.add_parser("copy", help="make or update your copies, open nothing")
    copy.add_argument(
        "--colab",
        action="store_true",
        help="write, in the folder colab, notebooks to upload to Colab or Kaggle instead",
    )
    commands.add_parser("doctor", help="whether this machine can run the course, and what to do")
    report = commands.add_parser("report", help="how far you have come, or a whole room has")
    report.add_argument(
        "path",
        nargs="?",
        help="a folder of copies, a progress.json, or a folder with those of many learners",
    )
    report.add_argument("--json", action="store_true", help="for programs to read")
    return made


def main(arguments: list[str] | None = None) -> int:
    """Do what the command line asks; return the exit status. Lesson 00."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")  # a console that lacks a letter still shows the rest
    given = sys.argv[1:] if arguments is None else arguments
    if given and given[0] in (*COMMANDS, "-h", "--help", "--version"):
        asked = parser().parse_args([given[0]] if given[0] == "lab" else given)
        others = given[1:]
    else:
        asked, others = parser().parse_args(["lab"]), given
    try:
        return COMMANDS[asked.command](asked, others)
    except LessonError as error:
        print(error, file=sys.stderr)
        return 1


# What takes long to import is imported where it is needed: a Python without torch can say so.


def _lab(asked: argparse.Namespace, others: list[str]) -> int:
    from gan_lessons.door import jupyter

    return jupyter.open_lab(others, files.course("notebooks"))


def _copy(asked: argparse.Namespace, others: list[str]) -> int:
    from gan_lessons.door import copies, hosted

    if asked.colab:
        made = hosted.write(files.course("notebooks"), Path("colab"))
        print(f"{len(made)} notebooks are in {made[0].parent.resolve()}.")
        print("Upload one, and gan_lessons-….whl beside it. Nobody has tried them there yet.")
        return 0
    copies.bring(files.course("notebooks"))
    return 0


def _doctor(asked: argparse.Namespace, others: list[str]) -> int:
    from gan_lessons.door import doctor

    return doctor.examine()


def _report(asked: argparse.Namespace, others: list[str]) -> int:
    from gan_lessons.door import room

    return room.report(asked.path, as_json=asked.json)


COMMANDS = {"lab": _lab, "copy": _copy, "doctor": _doctor, "report": _report}

if __name__ == "__main__":
    raise SystemExit(main())
