"""How an exercise answers back: ○ not attempted, ✗ with a diagnosis, ✓ with what was proven.

The base of the checks: every one is built with :func:`exercise`. Introduced in lesson 00.
"""

import functools
import html
import inspect
import platform
import re
import sysconfig
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Real
from pathlib import Path

import torch
from IPython import get_ipython
from IPython.display import HTML, display
from torch import Tensor, nn

import gan_lessons
from gan_lessons import runtime
from gan_lessons.checks.overview import keep

PACKAGE = Path(gan_lessons.__file__).resolve().parent

EXPLAINED = {  # what Python or PyTorch says of a common slip, and what to do about it
    "bitwise_xor": "^ is no power in Python: write .square() or ** 2.",
    "builtin_function_or_method": "A method is named but not called: its () are missing.",
    "'tuple' object has no attribute": "A tuple came back: take the part you want, such as [0].",
    "'tuple' and": "A tuple came back: take the part you want, such as [0].",
    "object has no attribute 'size'": "PyTorch's losses compare two tensors: for a target of 1 "
    "take torch.ones_like(…).",
    "all elements of input should be between 0 and 1": "binary_cross_entropy takes probabilities, "
    "and a logit is none.",
    "Boolean value of Tensor": "Python's max, if and and want one yes or no, not a tensor. For "
    "each number alone: F.relu, torch.where. A loss such as nn.MSELoss is made first, then called: "
    "nn.MSELoss()(a, b).",
    "return_types.max": "torch.max(x, 0) looks for the largest along dimension 0. For each number "
    "alone max(0, x) is F.relu(x).",
    "must be Tensor, not": "That function takes tensors only: of a plain number take math's, or "
    "** 0.5. For each number of a tensor max(0, x) is F.relu(x).",
    "clamp() received an invalid": "torch.clamp takes tensors only: of a plain number take "
    "min(max(x, low), high).",
    "'ReLU' object has no": "nn.ReLU makes a layer; the function is F.relu.",
    "only one element tensors can be converted": "int(), float() and the functions of math take "
    "one number, and here stand several. Sum or average them first (.sum() counts what is true); "
    "of the functions of math torch has the same ones for tensors.",
    "Can't call numpy()": "NumPy keeps no gradients: stay with torch's own functions.",
    "modified by an inplace operation": "An in-place change (+=, a method that ends in _, an "
    "optimizer's step) destroys what backward() needs.",
    "were given": "A function gets more than it asks for: look at that call, or, if it is your own "
    "function, leave its first line as it was.",
    "required positional argument": "Leave the first line of the function as it was, and hand over "
    "all that a function asks for.",
}

CALLED = ("__init__", "_wrapped_call_impl", "_call_impl", "forward")  # frames of a module at work


class Wrong(Exception):
    """Raised inside a check: the diagnosis of one mistake, in one or two sentences."""


class Unsolved(AssertionError):
    """Raised in strict mode by an exercise that is not solved."""


class Raised(Exception):
    """What a learner's code raised while a check ran it. Lesson 00.

    Attributes:
        error: the exception. after: in which call it came, if that tells something.
    """

    def __init__(self, error: Exception, after: str = ""):
        super().__init__(str(error))
        self.error, self.after = error, after

    @property
    def is_stub(self) -> bool:
        """Whether the exercise is not attempted: its stub is still there."""
        unwritten = isinstance(self.error, NotImplementedError)
        return unwritten and "not implemented for" not in str(self.error)  # PyTorch, of ^ and such

    def like(self, other: object) -> bool:
        """Say whether two programs stopped for one reason: type and words, whatever the numbers."""
        return (
            isinstance(other, Raised)
            and type(self.error) is type(other.error)
            and re.sub(r"\d+", "n", str(self.error))[:60]
            == re.sub(r"\d+", "n", str(other.error))[:60]
        )


@dataclass(frozen=True)
class Outcome:
    """What a check found. ``mark`` is one of ○ ✗ ✓ !; ``text`` says it in words.

    ! means that the check itself stopped: a fault of the course, not of the answer.
    """

    mark: str
    text: str

    @property
    def solved(self) -> bool:
        return self.mark == "✓"


class Exercise:
    """A check of one exercise; call it with your answer.

    Attributes:
        title: what the exercise asks. hints: three, each telling more. proves: what ✓ means.
        right: the last answer of this session that was right, for :meth:`yours`.
        last: the last answer and its outcome, for :meth:`report`.
    """

    def __init__(self, check: Callable, *, title: str, proves: str, hints: tuple[str, str, str]):
        self.check, self.title, self.proves, self.hints = check, title, proves, hints
        self.__doc__ = check.__doc__
        self.failures = 0
        self.right: tuple | None = None
        self.last: tuple[tuple, Outcome] | None = None

    @property
    def solved(self) -> bool:
        """Whether an answer of this session was right."""
        return self.right is not None

    def judge(self, *answer, **more) -> Outcome:
        """Return what the check finds, saying nothing: what the tests call."""
        if any(part is ... for part in answer):
            return Outcome("○", "not attempted yet: replace the … with your answer.")
        try:
            remark = self.check(*map(handed_over, answer), **more)
        except Wrong as mistake:
            return Outcome("✗", str(mistake))
        except Raised as raised:
            return _raised(raised)
        except Exception as error:
            if not is_learners(error, answer):
                place = traceback.extract_tb(error.__traceback__)[-1]
                where = f"{Path(place.filename).name}, line {place.lineno}"
                return Outcome(
                    "!",
                    f"this check itself stopped ({where}: {type(error).__name__}: {error}). "
                    "That is a fault of the course and says nothing of your answer. Please report "
                    "it: call .report() on this check.",
                )
            return _raised(Raised(error))
        return Outcome("✓", self.proves + (f" {remark}" if remark else ""))

    def __call__(self, *answer, **more) -> None:
        """Say what the check finds; in strict mode raise unless it is ✓."""
        self.tell(answer, self.judge(*answer, **more))

    def tell(self, answer: tuple, outcome: Outcome) -> None:
        """Say what was found of an answer, with a hint after ✗, and keep it. Lesson 00."""
        self.last = answer, outcome
        if outcome.solved:
            self.right = answer
        if outcome.mark in "✗✓":
            keep(self, solved=outcome.solved)
        text, solution = f"{outcome.mark} {self.title}: {outcome.text}", None
        if outcome.mark == "✗":
            if self.failures < 2:
                text += f"\n   Hint {self.failures + 1} of 3: {self.hints[self.failures]}"
            else:
                solution = self.hints[2]
                if get_ipython() is None:
                    text += "\n   Hint 3 of 3 gives it away: call .hint(3) on this check to see it."
            self.failures += 1
        if runtime.strict() and not outcome.solved:
            raise Unsolved(text)
        speak(text, folded=solution and ("Hint 3 of 3, which gives it away", solution))

    def hint(self, number: int) -> None:
        """Show hint 1, 2 or 3; the third is the whole solution. Lesson 00."""
        speak(f"Hint {number} of 3: {self.hints[number - 1]}")

    def yours(self, otherwise: object) -> object:
        """Return the answer that was found right, or the course's, and say which of the two.

        What a learner wrote trains, draws or scores in the cells that follow. Lesson 04.

        Args:
            otherwise: the course's own, of the answer's form; a tuple where an answer has parts.
        """
        if self.right is None:
            speak(f"▶ {self.title}: the course's own runs here; yours does, once it is ✓.")
            return otherwise
        speak(f"▶ {self.title}: yours runs here.")
        return self.right[0] if len(self.right) == 1 else self.right

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield what goes wrong here: the lines a slip changes, what is said of it, what it does.

        The third text is there for some exercises only: what becomes of a run.
        """
        yield from ()

    def mistakes(self) -> None:
        """Show what goes wrong in this exercise, line by line; before ✓ this waits. Lesson 00."""
        if not self.solved:
            speak(f"○ {self.title}: what goes wrong here is shown once your own answer is ✓.")
            return
        found = list(self.rows())
        wrong = sum(any(line[:1] in "−+" for line in lines.splitlines()) for lines, *_ in found)
        head = f"{self.title}: {wrong} ways this goes wrong"
        if get_ipython() is None:
            print("\n\n".join([head, *("\n  ".join(row) for row in found)]))
            return
        cell = "text-align:left;vertical-align:top;padding:4px 10px;min-width:10em"
        table = "".join(
            f'<tr><td style="{cell}"><pre style="min-width:25em">{html.escape(lines)}</pre></td>'
            + "".join(f'<td style="{cell}">{html.escape(text)}</td>' for text in texts)
            + "</tr>"
            for lines, *texts in found
        )
        display(HTML(f"<p><b>{html.escape(head)}</b></p><table>{table}</table>"))

    def report(self) -> None:
        """Print all that a report of a diagnosis that does not fit should hold; send nothing.

        Lesson 00.
        """
        if self.last is None:
            speak(f"○ {self.title}: nothing to report yet, no answer was judged.")
            return
        answer, outcome = self.last
        versions = {"gan-lessons": gan_lessons.__version__, "torch": torch.__version__}
        versions |= {"python": platform.python_version(), "system": platform.platform()}
        about = self.check if inspect.isfunction(self.check) else type(self)
        lines = ["Exercise: " + self.title, self.__doc__ or about.__name__, ""]
        for part in answer:
            lines += ["```python", source_of(part), "```"]
        lines += [
            "",
            f"The check said: {outcome.mark} {outcome.text}",
            "What I think is the cause: …",
        ]
        print("\n".join([*lines, "", *(f"{name} {version}" for name, version in versions.items())]))


def source_of(part: object) -> str:
    """Return the source of a part of an answer, or what it is where there is none."""
    try:
        return inspect.getsource(part).rstrip()
    except (TypeError, OSError):
        return repr(part)


def handed_over(part: object) -> object:
    """Return a part of an answer such that its exceptions are told from the check's own.

    A function that is not written in Python, such as torch.exp, leaves no frame in a traceback: it
    is called through one that turns what it raises into :class:`Raised`.
    """
    traced = hasattr(part, "__code__") or hasattr(type(part).__call__, "__code__")
    if not callable(part) or traced or (isinstance(part, type) and issubclass(part, nn.Module)):
        return part

    @functools.wraps(part, updated=())
    def through(*args: object, **more: object) -> object:
        try:
            return part(*args, **more)
        except Exception as error:
            raise Raised(error) from error

    return through


def is_learners(error: BaseException, answer: tuple) -> bool:
    """Say whether an exception went through an answer's code, not through the course's alone.

    Its code is what stands in no file of the course's, Python's or an installed package's; and of a
    library what was handed over: a function, a module with its parts, a class of modules.
    """
    own, things = {getattr(part, "__code__", None) for part in answer} - {None}, []
    for part in answer:
        things += part.modules() if isinstance(part, nn.Module) else [part]
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_code in own or _is_foreign(frame.f_code.co_filename):
            return True
        owner = frame.f_locals.get("self") if frame.f_code.co_name in CALLED else None
        if owner is not None and any(owner is x or type(owner) is x for x in things):
            return True
    names = [getattr(part, "__qualname__", "") for part in answer]  # called with too few arguments
    refusing = tuple(f"{name}{end}" for name in names if name for end in ("()", ".__init__()"))
    return isinstance(error, TypeError) and str(error).startswith(refusing)


@functools.cache
def _is_foreign(filename: str) -> bool:
    """Say whether a file is neither the course's nor Python's nor an installed package's."""
    if filename.startswith("<"):  # no file: what a learner types, or what a library generates
        return filename.startswith(("<ipython", "<python-input", "<stdin", "<console", "<a known"))
    return not any(Path(filename).resolve().is_relative_to(place) for place in _installed())


@functools.cache
def _installed() -> tuple[Path, ...]:
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    places = {Path(sysconfig.get_paths()[name]) for name in names}
    places |= {PACKAGE, Path(torch.__file__).parents[1]}
    return tuple(place.resolve() for place in places)


@contextmanager
def calling(parts: tuple) -> Iterator[None]:
    """Turn what the learner's code raises into :class:`Raised`; what a check raises stays."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (Wrong, Raised):
        raise
    except Exception as error:
        if is_learners(error, parts):
            raise Raised(error) from error
        raise


def _raised(raised: Raised) -> Outcome:
    if raised.is_stub:
        return Outcome("○", "not attempted yet. The notebook goes on without it.")
    text = crash(raised.error)
    return Outcome("✗", f"{text.rstrip('.')}. {raised.after}" if raised.after else text)


def exercise(*, title: str, proves: str, hints: tuple[str, str, str]) -> Callable:
    """Turn a function that raises :class:`Wrong` into an :class:`Exercise`.

    The function may return a remark (a string) that is added to a ✓: right, but wasteful.
    """

    def wrap(check: Callable) -> Exercise:
        return Exercise(check, title=title, proves=proves, hints=hints)

    return wrap


@contextmanager
def understood(refused: Mapping[str, str]) -> Iterator[None]:
    """Turn what an answer is refused into a diagnosis, and let pass what it is warned of.

    Args:
        refused: words of an error, and what that error means in this exercise.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (RuntimeError, AttributeError, IndexError, Raised) as error:
        for said, meaning in refused.items():
            if said in str(error):
                raise Wrong(meaning) from error
        raise


def ask(answer: Callable, *args: object, refused: Mapping[str, str] | None = None) -> object:
    """Call an answer with what it may be refused :func:`understood`."""
    with understood(refused or {}):
        return answer(*args)


def one_number(value: object, what: str) -> Tensor:
    """Return a value as a tensor without axes, or say what is wrong with it."""
    if not isinstance(value, Tensor):
        raise Wrong(f"{what} should be a tensor, but {type(value).__name__} came back.")
    if value.numel() != 1:
        raise Wrong(f"{what} should be one number, but has shape {tuple(value.shape)}.")
    return value.reshape(())


def as_tensor(value: object, what: str) -> Tensor:
    """Return numbers as a tensor, or say that they are none."""
    try:
        return torch.as_tensor(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise Wrong(
            f"{what} should be a tensor or a list of numbers, and {type(value).__name__} comes back"
            + (", whose parts are not single numbers." if isinstance(value, list | tuple) else ".")
        ) from error


def a_float(value: object, what: str) -> float:
    """Return a number or a tensor of one number as a float, or say what is wrong with it."""
    if isinstance(value, Tensor):
        value = one_number(value, what).item()
    if not isinstance(value, Real) or isinstance(value, bool):
        raise Wrong(f"{what} should be a number, but {type(value).__name__} came back.")
    return float(value)


def near(a: float, b: float, *, share: float = 1e-4, least: float = 1e-6) -> bool:
    """Say whether a number is ``b`` but for rounding: off by ``least`` and a ``share`` of it."""
    return a == b or abs(a - b) <= least + share * abs(b)


def named(value: float, candidates: Mapping[str, float]) -> str | None:
    """Return the name of the candidate that is the value but for rounding, if any."""
    off = {name: abs(value - x) - 1e-5 - 2e-4 * abs(x) for name, x in candidates.items()}
    name = min(off, key=off.__getitem__)
    return name if off[name] <= 0 else None


def speak(text: str, *, folded: tuple[str, str] | None = None) -> None:
    """Show a line to the learner: set off in a notebook, printed elsewhere.

    Args:
        folded: a title, and a text that is seen once the title is clicked; not printed.
    """
    if get_ipython() is None:
        print(text)
        return
    color = {"✓": "#009E73", "✗": "#D55E00"}.get(text[0], "#777777")
    style = f"border-left:4px solid {color};padding:2px 10px;white-space:pre-wrap"
    inside = html.escape(text)
    if folded:
        title, more = map(html.escape, folded)
        inside += f"<details><summary>{title}</summary>{more}</details>"
    display(HTML(f'<div role="status" style="{style}">{inside}</div>'))


def crash(error: Exception) -> str:
    """Say where the learner's code stopped, the deepest line of a notebook cell, and why.

    Lesson 00.
    """
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "ipykernel" in f.filename or f.filename.startswith("<ipython")]
    place = f" in your line `{own[-1].line}`" if own and own[-1].line else ""
    message = (str(error) or "no message").splitlines()[0].partition(" Hint:")[0].rstrip(".")[:230]
    meaning = next((f". {text}" for said, text in EXPLAINED.items() if said in message), "")
    return f"your code stops{place} with {type(error).__name__}: {message}{meaning}"
