"""How an exercise answers back: ○ not attempted, ✗ with a diagnosis, ✓ with what was proven.

The base of the checks: every one is built with :func:`exercise`. Introduced in lesson 00.
"""

import html
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Real

from IPython import get_ipython
from IPython.display import HTML, display
from torch import Tensor

from gan_lessons import runtime

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
    "must be Tensor, not": "That function takes tensors only. For each number alone max(0, x) is "
    "F.relu(x).",
    "'ReLU' object has no": "nn.ReLU makes a layer; the function is F.relu.",
    "only one element tensors can be converted": "The functions of math take one number: torch has "
    "the same ones for tensors.",
    "Can't call numpy()": "NumPy keeps no gradients: stay with torch's own functions.",
    "were given": "Leave the first line of the function as it was.",
}


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
        except NotImplementedError as error:
            if "not implemented for" in str(error):  # what PyTorch says of ^ and the like
                return Outcome("✗", _crash(error))
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
    except (RuntimeError, AttributeError, IndexError) as error:
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


def speak(text: str) -> None:
    """Show a line to the learner: set off in a notebook, printed elsewhere."""
    if get_ipython() is None:
        print(text)
        return
    color = {"✓": "#009E73", "✗": "#D55E00"}.get(text[0], "#777777")
    style = f"border-left:4px solid {color};padding:2px 10px;white-space:pre-wrap"
    display(HTML(f'<div role="status" style="{style}">{html.escape(text)}</div>'))


def _crash(error: Exception) -> str:
    """Say where the learner's code stopped, the deepest line of a notebook cell, and why."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [f for f in frames if "ipykernel" in f.filename or f.filename.startswith("<ipython")]
    place = f" in your line `{own[-1].line}`" if own and own[-1].line else ""
    message = (str(error) or "no message").splitlines()[0].rstrip(".")[:160]
    meaning = next((f". {text}" for said, text in EXPLAINED.items() if said in message), "")
    return f"your code stops{place} with {type(error).__name__}: {message}{meaning}"
