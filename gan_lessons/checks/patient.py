"""Broken programs that are diagnosed and healed. Introduced in lesson 22a.

A case of the clinic is data: a program that works, what makes it sick, repairs that are tempting
and heal nothing, what one may think of it, and facts: what a healthy program does with data and a
seed that it has not seen. The facts look at what a program *does* (the samples that it returns, its
curves, what becomes of them on other data), never at its lines, so that any repair that heals is
right.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, ModuleType
from typing import NamedTuple

import torch
from IPython import get_ipython
from IPython.display import HTML, display
from torch import Tensor

from gan_lessons import runtime, show
from gan_lessons.checks import overview
from gan_lessons.checks.exercise import Raised, Unsolved, Wrong, calling, crash, speak
from gan_lessons.checks.grader import Property, Slip, Table
from gan_lessons.checks.watch import Watch

ROOM = 390  # characters that a message may have, with a few to spare
SEVERITIES = {
    "crash": "it stops with an error",
    "silent": "it runs, and learns the wrong thing or nothing",
    "theory": "it does what was meant, and what was meant is wrong",
}


class Thought(NamedTuple):
    """What one might think of a sick program. Lesson 22a.

    Attributes:
        text: the hypothesis, in a sentence. reply: which observation rules it out; of the right
            one, what speaks for it.
    """

    text: str
    reply: str


@dataclass(frozen=True)
class Chart(Table):
    """A program that works, what makes it sick, and repairs that heal nothing. Lesson 22a.

    Attributes:
        right: the healed program. slips: first what makes it sick, then tempting repairs, each a
            change of the *sick* program, with words of the fact that still does not hold.
    """

    @property
    def sick(self) -> str:
        return super().slipped(self.slips[0])

    def slipped(self, *slips: Slip) -> str | None:
        """Return the sick program, with these repairs if they are some. Lesson 22a."""
        source = self.sick
        for slip in slips:
            if slip == self.slips[0]:
                continue
            if source.count(slip.old) != 1:
                return None
            source = source.replace(slip.old, slip.new)
        return source

    def changed(self, slip: Slip) -> str:
        """Return the lines that make it sick, or those that a repair changes. Lesson 22a."""
        if slip == self.slips[0]:
            return super().changed(slip)
        return Table(self.sick, (slip,)).changed(slip)


class Visit:
    """What a program did on data and a seed of the clinic's: what the facts are asked of.

    Attributes:
        program: what was run. x: the data that it got. steps: how many. seed: of all dice.
        result: what came back. watch: what was seen of it from outside meanwhile. Lesson 22a.
    """

    def __init__(self, program: Callable, x: Tensor, *, steps: int, seed: int):
        self.program, self.x, self.steps, self.seed = program, x, steps, seed
        with Watch(program, x, steps, self.saw) as self.watch:
            self.result = self.run(x, steps)

    def saw(self, given: Tensor) -> None:
        """Take what a network of the program gets, each time; a case may look at it. Lesson 22a."""

    def run(self, x: Tensor, steps: int) -> object:
        """Return what the program does with other data or steps, on the same dice. Lesson 22a."""
        with torch.random.fork_rng(devices=[]), calling((self.program,)):
            torch.manual_seed(self.seed)
            return self.program(x.clone(), steps)

    @property
    def samples(self) -> Tensor:
        """The generated samples, (N, …), or :class:`Wrong` says what came back. Lesson 22a."""
        return samples_of(self.result, self.x)

    @property
    def curves(self) -> dict[str, Tensor]:
        """The curves by their names, each float32 (steps,). Lesson 22a."""
        curves = self.result[1]
        return {name: torch.as_tensor(row, dtype=torch.float32) for name, row in curves.items()}


def samples_of(result: object, x: Tensor) -> Tensor:
    """Return a program's samples, or say in which form they should come. Lesson 22a."""
    if result is None:
        raise Wrong("None comes back: the return is missing.")
    pair = isinstance(result, tuple | list) and len(result) == 2
    if not pair or not isinstance(result[0], Tensor) or not isinstance(result[1], Mapping):
        raise Wrong("leave the last line as it was: samples and curves come back.")
    samples = result[0].detach()
    if samples.shape[1:] != x.shape[1:] or len(samples) < 100:
        raise Wrong(
            f"samples of shape {tuple(samples.shape)} come back; as many as before, each like the "
            f"data, {tuple(x.shape[1:])}, are asked for."
        )
    if not samples.isfinite().all():
        raise Wrong("the samples are no numbers any more (NaN or infinity).")
    return samples.float()


class Patient(Property):
    """A broken program: name what is wrong, edit it, let it be examined. Lesson 22a.

    ``patient.because("b")`` scores a hypothesis, ``patient(program)`` examines an edited program,
    ``patient.beside()`` draws it beside the sick one once it is healed.

    Args:
        title, proves, hints: as for :class:`Exercise`; the title names the symptom. No text but the
            third hint says which line to change.
        asks: what is examined, in a sentence.
        severity: a key of ``SEVERITIES``.
        thoughts: hypotheses by their letters. cause: the letter of the right one.
        chart: the programs. facts: of a visit, as for :class:`Property`.
        quick: facts of (program, seed) that are asked before, because a short run is enough.
        visit: of (program, seed): what it does on the clinic's data, a :class:`Visit`.
        symptom: of a visit, whether it shows what the sick program shows.
        recovery: of a visit, numbers by their names: told of the sick and of the healed program.
        seconds: about how long an examination takes, on two cores.
        draw: of two visits, the sick program's (None if it stops) and the healed one's: a picture.
    """

    def __init__(
        self,
        *,
        title: str,
        proves: str,
        hints: tuple[str, str, str],
        asks: str,
        severity: str,
        thoughts: Mapping[str, Thought],
        cause: str,
        chart: Chart,
        facts: Sequence[Callable[..., str | None]],
        visit: Callable[[Callable, int], object],
        symptom: Callable[..., bool],
        recovery: Callable[..., Mapping[str, object]],
        quick: Sequence[Callable[[Callable, int], str | None]] = (),
        seconds: int = 3,
        draw: Callable[[object, object], object] = show.recovered,
        refused: Mapping[str, str] | None = None,
    ):
        super().__init__(
            title=title,
            proves=proves,
            hints=hints,
            asks=asks,
            table=chart,
            facts=[with_what_was_seen(fact) for fact in facts],
            make=lambda program: self.examine(program),
            remark=self._recovered,
            refused=refused,
        )
        self.severity, self.thoughts, self.cause = severity, thoughts, cause
        self.quick = quick
        self.visit, self.symptom, self.recovery, self.seconds = visit, symptom, recovery, seconds
        self.seed, self.draw = 0, draw
        self.first: str | None = None  # the first hypothesis
        self.named = False
        self.visited: object = None  # what the program examined last did
        self._sick: tuple[int, object] | None = None
        self._healed: tuple[Callable, object] | None = None

    # -- the programs --------------------------------------------------------------------------

    @property
    def sick(self) -> Callable:
        return self.table.functions(self.table.sick)[0]

    @property
    def healed(self) -> Callable:
        return self.table.functions(self.table.right)[0]

    def examine(self, program: Callable) -> object:
        """Return what a program does on the clinic's data and dice. Lesson 22a."""
        self.visited = None
        if not callable(program):
            raise Wrong(f"hand over a function, not {type(program).__name__}: its name, no ().")
        for fact in self.quick:
            if said := fact(program, self.seed):
                raise Wrong(said)
        self.visited = self.visit(program, self.seed)
        return self.visited

    def sick_visit(self) -> object:
        """Return what the sick program does on the same data and dice; an exception is returned."""
        if self._sick is None or self._sick[0] != self.seed:
            try:
                found = self.visit(self.sick, self.seed)
            except (Raised, Wrong) as error:
                found = error
            self._sick = self.seed, found
        return self._sick[1]

    def _recovered(self, visit: object) -> str:
        """Say what the program's numbers were before, and what they are now."""
        before = self.sick_visit()
        now = self.recovery(visit)
        old = {} if isinstance(before, Exception) else self.recovery(before)
        told = [f"{name} {old.get(name, 'it stopped')} → {value}" for name, value in now.items()]
        seen = visit.watch.told() if isinstance(visit, Visit) else None
        return "Sick → healed: " + "; ".join(told) + "." + (f" But {seen}" if seen else "")

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield what makes it sick, and the repairs that heal nothing. Lesson 22a."""
        first, *repairs = self.table.slips
        yield self.table.changed(first), "this makes it sick."
        for slip in repairs:
            yield (
                self.table.changed(slip),
                f"heals nothing; the examination still says: {slip.says}",
            )

    # -- the hypothesis ------------------------------------------------------------------------

    def because(self, letter: object) -> None:
        """Say what speaks for or against a hypothesis; the first one is scored. Lesson 22a."""
        if letter is ...:
            text = f"○ {self.title}: no hypothesis yet. Replace the … with a letter."
        elif (letter := str(letter).strip().lower()) not in self.thoughts:
            text = f"○ {self.title}: the hypotheses are {', '.join(self.thoughts)}."
        else:
            self.first = self.first or letter
            right = letter == self.cause
            self.named |= right
            mark = "✓" if right else "✗"
            text = f"{mark} {self.title}, {letter}: {self.thoughts[letter].reply}"
        if runtime.strict() and not text.startswith("✓"):
            raise Unsolved(text)
        speak(text)

    # -- the examination -----------------------------------------------------------------------

    def __call__(self, *answer: object, **more: object) -> None:
        """Examine a program; one that was not edited yet is not run. Lesson 22a."""
        if len(answer) == 1 and self.is_as_it_came(answer[0]):
            text = f"○ {self.title}: the program is as it came. Edit it, then run this cell."
            if runtime.strict():
                raise Unsolved(text)
            speak(text)
            return
        with at_work(f"{self.title}: your program runs, about {self.seconds} s …"):
            outcome = self.judge(*answer, **more)
        self.tell(answer, outcome)

    def is_as_it_came(self, program: object) -> bool:
        """Say whether a program is the sick one, line for line but for comments. Lesson 22a."""
        code = getattr(program, "__code__", None)
        return code is not None and same_code(code, self.sick.__code__)

    def beside(self) -> object:
        """Draw what the sick and the healed program did; before ✓ this waits. Lesson 22a."""
        if not self.solved:
            speak(f"○ {self.title}: sick beside healed is drawn here once it is ✓.")
            return None
        (program,) = self.right
        if self._healed is None or self._healed[0] is not program:
            self._healed = program, self.visit(program, self.seed)
        before = self.sick_visit()
        return self.draw(None if isinstance(before, Exception) else before, self._healed[1])


def with_what_was_seen(fact: Callable[..., str | None]) -> Callable[..., str | None]:
    """Return a fact of a visit; where it does not hold it also tells what the visit saw."""

    def asked(visit: object) -> str | None:
        said = fact(visit)
        seen = visit.watch.told() if said and isinstance(visit, Visit) else None
        return f"{said} And {seen}" if seen and len(said) + len(seen) < ROOM else said

    return asked


def stops(program: Callable, *args: object) -> None:
    """Run a program that stops, and say in which line and why. Lesson 22a."""
    try:
        with calling((program,)):
            program(*args)
    except Raised as raised:
        speak(crash(raised.error))
    else:
        speak("It runs to its end.")


def same_code(a: CodeType, b: CodeType) -> bool:
    """Say whether two functions do the same, step for step; their names do not count."""
    if (a.co_code, a.co_names, a.co_varnames) != (b.co_code, b.co_names, b.co_varnames):
        return False
    if len(a.co_consts) != len(b.co_consts):
        return False
    pairs = zip(a.co_consts, b.co_consts, strict=True)
    return all(
        same_code(x, y)
        if isinstance(x, CodeType) and isinstance(y, CodeType)
        else (type(x), x) == (type(y), y)
        for x, y in pairs
    )


@contextmanager
def at_work(text: str) -> Iterator[None]:
    """Show a line while a program is examined. Lesson 22a."""
    if get_ipython() is None:
        yield
        return
    shown = display(HTML(f'<div role="status">{text}</div>'), display_id=True)
    try:
        yield
    finally:
        shown.update(HTML(""))


def in_order(lesson: ModuleType) -> list[Patient]:
    """Return the cases of a lesson in the order in which it brings them. Lesson 22a."""
    asked = [name for names in overview.exercises().values() for name in names]
    place = {name: i for i, name in enumerate(asked)}
    cases = [one for one in vars(lesson).values() if isinstance(one, Patient)]
    return sorted(cases, key=lambda one: place.get(overview.name_of(one), len(place)))


def ward(lesson: ModuleType) -> None:
    """Say of each case of a lesson whether it was named at first try, and healed. Lesson 22a."""
    cases = in_order(lesson)
    healed = sum(one.solved for one in cases)
    named = sum(one.first == one.cause for one in cases)
    head = f"{healed} of {len(cases)} healed, {named} named at the first try."
    rows = [f"{'✓' if healed == len(cases) else '○'} {head}"]
    for one in cases:
        if one.first is None:
            thought = "no hypothesis"
        elif one.first == one.cause:
            thought = "named at the first try"
        else:
            thought = "named later" if one.named else "not named yet"
        state = "healed" if one.solved else "sick"
        rows.append(f"   {'✓' if one.solved else '○'} {one.title}: {thought}, {state}")
    speak("\n".join(rows))
