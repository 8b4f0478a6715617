"""How an error of the course must read: three lines, at most 400 characters, no bad advice."""

import re

from gan_lessons.errors import LessonError

MOST = 400  # characters
THREE_LINES = re.compile(r"\A\S[^\n]*\n\S[^\n]*\n\S[^\n]*[.!]\Z")
BAD_ADVICE = re.compile(r"weights_only\s*=\s*False|allow_pickle\s*=\s*True|Traceback|ignore this")


def complaints(error: BaseException) -> list[str]:
    """Return what is wrong with the text of an error that a learner will read."""
    found = [] if isinstance(error, LessonError) else [f"{type(error).__name__} is no LessonError"]
    return found + complaints_of_text(str(error))


def complaints_of_text(text: str) -> list[str]:
    """Return what is wrong with an error's text, such as one that was printed."""
    found = []
    if not THREE_LINES.match(text):
        found.append(f"not three lines that end in a full stop: {text!r}")
    if len(text) > MOST:
        found.append(f"{len(text)} characters, more than {MOST}")
    if BAD_ADVICE.search(text):
        found.append(f"advice that does harm: {text!r}")
    return found
