"""How an exercise answers back: ○ not attempted, ✗ with a diagnosis, ✓ with what was proven.

The base of floor 4; every lesson's checks are built with :func:`exercise`. Introduced in lesson 00.
"""

import html
import traceback
from collections.abc import Callable
from dataclasses import dataclass

from IPython import get_ipython
from IPython.display import HTML, display

from gan_lessons import runtime


class Wrong(Exception):
    """Raised inside a check: the diagnosis of one mistake, in one or two sentences."""


class Unsolved(AssertionError):
    """Raised in strict mode by an exercise that is not solved."""


@dataclass(frozen=True)
class Outcome:
    """What a check found. ``mark`` is one of ○ ✗ ✓; ``text`` says it in words."""

    mark: str
    text: str

    @property
    def solved(self) -> bool:
        return self.mark == "✓"


class Exercise:
    """A check of one exercise; call it with your answer.

    Attributes:
        title: what the exercise asks. hints: three, each telling more. proves: what ✓ means.
    """

    def __init__(self, check: Callable, *, title: str, proves: str, hints: tuple[str, str, str]):
        self.check, self.title, self.proves, self.hints = check, title, proves, hints
        self.__doc__ = check.__doc__
        self.failures = 0

    def judge(self, *answer, **more) -> Outcome:
        """Return what the check finds, saying nothing: what the tests call."""
        if any(part is ... for part in answer):
            return Outcome("○", "not attempted yet: replace the … with your answer.")
        try:
            remark = self.check(*answer, **more)
        except NotImplementedError:
            return Outcome("○", "not attempted yet. The notebook goes on without it.")
        except Wrong as mistake:
            return Outcome("✗", str(mistake))
        except Exception as error:  # whatever the learner's code raises is an answer too
            return Outcome("✗", _crash(error))
        return Outcome("✓", self.proves + (f" {remark}" if remark else ""))

    def __call__(self, *answer, **more) -> None:
        """Say what the check finds; in strict mode raise unless it is ✓."""
        outcome = self.judge(*answer, **more)
        text = f"{outcome.mark} {self.title}: {outcome.text}"
        if outcome.mark == "✗":
            hint = min(self.failures, len(self.hints) - 1)
            self.failures += 1
            text += f"\n   Hint {hint + 1} of {len(self.hints)}: {self.hints[hint]}"
        if runtime.strict() and not outcome.solved:
            raise Unsolved(text)
        speak(text)


def exercise(*, title: str, proves: str, hints: tuple[str, str, str]) -> Callable:
    """Turn a function that raises :class:`Wrong` into an :class:`Exercise`.

    The function may return a remark (a string) that is added to a ✓: right, but wasteful.
    """

    def wrap(check: Callable) -> Exercise:
        return Exercise(check, title=title, proves=proves, hints=hints)

    return wrap


def speak(text: str) -> None:
    """Show a line to the learner: set off in a notebook, printed elsewhere."""
    if get_ipython() is None:
        print(text)
        return
    color = {"✓": "#009E73", "✗": "#D55E00"}.get(text[0], "#777777")
    style = f"border-left:4px solid {color};padding:2px 10px;white-space:pre-wrap"
    display(HTML(f'<div role="status" style="{style}">{html.escape(text)}</div>'))


def _crash(error: Exception) -> str:
    """Say in a sentence where the learner's code stopped: the deepest line of a notebook cell."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "ipykernel" in f.filename or f.filename.startswith("<ipython")]
    place = f" in your line `{own[-1].line}`" if own and own[-1].line else ""
    message = (str(error) or "no message").splitlines()[0][:160]
    return f"your code stops{place} with {type(error).__name__}: {message}"
