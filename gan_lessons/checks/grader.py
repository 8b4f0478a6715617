"""A grader that experiments: what an exercise is, as data, and how an answer to it is judged.

An exercise names a right program, the slips that are made in it (one place changed, and what to say
of it) and the cases to ask. The grader runs them all, next to the learner's answer, and says what
the answer behaves like; where it behaves like nothing known, it experiments; and if that names no
cause, it shows the smallest case that differs. Introduced in lesson 00.

1. *Form*: it raises, returns nothing, changes what it was given, is random, loses the gradient.
2. *Known programs*: it does what a right program does, or one with a slip, or with two.
3. *Experiments* that need no list: always twice the right value, two arguments exchanged, one of
   them ignored, a sum where a mean is asked …
4. *The smallest case*: what went in, what came back, what should have.
"""

import copy
import difflib
import functools
import inspect
import itertools
import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gan_lessons.checks import experiments
from gan_lessons.checks.exercise import Exercise, Raised, Wrong, calling, understood
from gan_lessons.checks.seen import Seen, alike, flat, shown

NAMES = {"torch": torch, "nn": nn, "F": F, "math": math, "np": np, "Tensor": Tensor}
PAIRS_SECONDS = 1.0  # of the processor, for looking for two slips at once


class Slip(NamedTuple):
    """The right program changed in one place, and what to say of it. Lesson 00.

    Attributes:
        old: what stands in the right program, once. new: what stands there instead.
        says: symptom, cause and one thing to try, in at most two sentences.
    """

    old: str
    new: str
    says: str


class Case(NamedTuple):
    """One thing to ask an answer. Lesson 00.

    Attributes:
        label: what is special about it, to be read after "for": "three bins", "an empty bin".
        args: what the answer is called with.
        part: which part of the answer it asks. Parts are judged one after the other: what is told
            of the second holds where the first is right.
    """

    label: str
    args: tuple
    part: int = 0


def case(label: str, *args: object, part: int = 0) -> Case:
    """Return a case, its arguments written one after the other. Lesson 00."""
    return Case(label, args, part)


@dataclass(frozen=True)
class Table:
    """A right program and what goes wrong in it. Lesson 00.

    Attributes:
        right: the source of the right program: one function for each part of an answer.
        slips: changes of it. also: sources of other right programs, each with a remark or None.
        uses: what the programs may name beside torch, nn, F, math, np and Tensor.
    """

    right: str
    slips: Sequence[Slip] = ()
    also: Mapping[str, str | None] = field(default_factory=dict)
    uses: Mapping[str, object] = field(default_factory=dict)

    def functions(self, source: str) -> tuple[Callable, ...]:
        """Return the functions that a program defines, in order; names with a _ are its own.

        A program that defines none returns its values instead: answers may be numbers or lists.
        """
        space = {**NAMES, **self.uses}
        before = set(space)
        exec(compile(inspect.cleandoc(source), "<a known program>", "exec"), space)
        defined = [
            value
            for name, value in space.items()
            if name not in before and not name.startswith("_")
        ]
        return tuple(filter(callable, defined)) or tuple(defined)

    def slipped(self, *slips: Slip) -> str | None:
        """Return the right program with these slips, or None where they touch the same text."""
        source = self.right
        for slip in slips:
            if source.count(slip.old) != 1:
                return None
            source = source.replace(slip.old, slip.new)
        return source

    def changed(self, slip: Slip) -> str:
        """Return the lines that a slip changes, as they should be (−) and as they are then (+)."""
        lines = (inspect.cleandoc(text).splitlines() for text in (self.right, self.slipped(slip)))
        marked = {"-": "−", "+": "+"}
        return "\n".join(
            f"{marked[line[0]]} {line[2:]}" for line in difflib.ndiff(*lines) if line[0] in marked
        )


def _nans_in(found: Iterable[Seen | Raised]) -> set[int]:
    """Return the numbers of the cases in which a NaN came back."""
    return {
        i
        for i, seen in enumerate(found)
        if isinstance(seen, Seen)
        and any(isinstance(x, Tensor) and bool(x.isnan().any()) for x in seen.parts)
    }


Answer = tuple[Callable, ...]
Slope = int | tuple[str, Callable[..., Tensor]]
Observe = Callable[..., object]  # of (answer's parts …, *case.args): all that it did


class Value(Exercise):
    """An exercise whose answer turns numbers into numbers. Lesson 00.

    ``checks.distances.kl = Value(title=…, asks=…, table=Table(right, slips), cases=cases, …)``.

    Args:
        title, proves, hints: as for :class:`Exercise`. asks: what is checked, in a sentence.
        table: what is right, and what goes wrong.
        cases: of a seed: the cases, from small to large. The grader's seed is 0; tests take others.
        observe: of (*parts, *args): what an answer does in a case, or one such function for each
            part that is asked; the default calls that part.
        slopes: the numbers of arguments by which the answer can be differentiated: the gradient of
            its sum is compared as well; or a name and a function of the arguments that returns
            what stands inside of one, such as a layer's weights.
        terms: of a case's arguments: the numbers whose mean (or sum) is asked, or one such function
            for each part; experiments then know a sum, a median, a largest one in its place.
        called: what each part is called at the beginning of a diagnosis ("D's loss").
        refused: words of an error, and what that error means in this exercise.
        signs: of (answer's parts, cases): raises :class:`Wrong` for what only this exercise knows;
            asked after the experiments.
        random: whether two calls may differ.
        given: where an answer draws: of a case and what was seen in it, the case in which any
            program must do the same, its draws handed over. The known programs are asked that one.
        remark: of the answer's parts: what to add to a ✓, or None.
        share, least: the tolerance: off by ``least`` and a ``share`` of the right number.
    """

    def __init__(
        self,
        *,
        title: str,
        proves: str,
        hints: tuple[str, str, str],
        asks: str,
        table: Table,
        cases: Callable[[int], Sequence[Case]],
        observe: Observe | Sequence[Observe] | None = None,
        slopes: Sequence[Slope] = (),
        terms: Callable[..., Tensor] | Sequence[Callable[..., Tensor]] | None = None,
        called: Sequence[str] = (),
        refused: Mapping[str, str] | None = None,
        signs: Callable[[Answer, Sequence[Case]], None] | None = None,
        random: bool = False,
        given: Callable[[Case, Seen], Case] | None = None,
        remark: Callable[..., str | None] | None = None,
        share: float = 1e-4,
        least: float = 1e-6,
    ):
        super().__init__(self._grade, title=title, proves=proves, hints=hints)
        self.__doc__, self.table, self.cases = asks, table, cases
        self.observe, self.remark, self.called = observe, remark, called
        self.slopes, self.terms, self.refused = slopes, terms, refused or {}
        self.signs, self.random, self.given = signs, random, given
        self.alike = functools.partial(alike, share=share, least=least)
        self.seed = 0
        self._known: dict[tuple, tuple[Answer, list[Seen | Raised]]] = {}

    # -- asking ------------------------------------------------------------------------------

    def ask(self, parts: Answer, one: Case) -> Seen:
        """Return what an answer does in a case, in float64; what it was given must stay as it was.

        Raises:
            Wrong: it returns nothing, or changes its arguments. Raised: it raises.
        """
        args = copy.deepcopy(one.args)
        by = [args[s] if isinstance(s, int) else s[1](*args) for s in self.slopes]
        for inside in by:
            inside.requires_grad_(True)
        with torch.random.fork_rng(devices=[]):
            if not self.random:
                torch.default_generator.manual_seed(0)  # torch.manual_seed takes a millisecond
            with calling(parts):
                result = self._observed(parts, one.part, args)
        for i, (given, kept) in enumerate(zip(args, one.args, strict=True)):
            if given is kept or callable(given):  # a copy of what cannot change is the thing itself
                continue
            if flat(given) != flat(kept):
                raise Wrong(
                    f"your code changes {self.names[i]} in place, and whoever handed it over may "
                    "still need it. Compute a new value instead (no method that ends in _, no +=)."
                )
        if result is None:
            raise Wrong("None comes back: the return is missing.")
        if isinstance(result, dict | set | frozenset):
            raise Wrong(
                f"a {type(result).__name__} comes back, and who calls this wants the values "
                "themselves, in order: return them as they are, several with commas between them."
            )
        grads = []
        if self.slopes:
            grads = self._slopes(result, by)
        return flat((result, *grads) if grads else result)

    def _observed(self, parts: Answer, part: int, args: tuple) -> object:
        if self.observe is None:
            return parts[part](*args)
        observe = self.observe if callable(self.observe) else self.observe[part]
        return observe(*parts, *args)

    def _slopes(self, result: object, inputs: list[Tensor]) -> list[Tensor | str]:
        if not isinstance(result, Tensor) or not result.requires_grad:
            return ["no gradient"] * len(inputs)
        try:
            grads = torch.autograd.grad(result.sum(), inputs, allow_unused=True)
        except RuntimeError as error:  # an in-place change destroys what backward() needs
            raise Raised(error) from error
        return [torch.zeros_like(x) if g is None else g for g, x in zip(grads, inputs, strict=True)]

    @functools.cached_property
    def names(self) -> list[str]:
        """What the arguments are called, as in the right program's longest list of them."""
        functions = self.table.functions(self.table.right)
        return max((list(inspect.signature(one).parameters) for one in functions), key=len)

    def all_of(self, parts: Answer, cases: Sequence[Case]) -> list[Seen | Raised]:
        """Return what an answer does in each case; an exception is kept, not raised."""
        found: list[Seen | Raised] = []
        for one in cases:
            try:
                found.append(self.ask(parts, one))
            except (Raised, Wrong) as error:
                found.append(error if isinstance(error, Raised) else Raised(error))
        return found

    def known(self, source: str, cases: Sequence[Case]) -> list[Seen | Raised]:
        """Return what a known program does in each case; each runs once."""
        return list(self.does(source, cases))

    def does(self, source: str, cases: Sequence[Case]) -> Iterator[Seen | Raised]:
        """Yield what a known program does, case by case, so that the first may be enough."""
        key = self.seed, cases[0].part, source
        if key not in self._known:
            try:
                self._known[key] = self.table.functions(source), []
            except Exception as error:  # a slip that cannot even be compiled does nothing
                self._known[key] = (), [Raised(error)] * len(cases)
        parts, done = self._known[key]
        for i, one in enumerate(cases):
            if i == len(done):
                done += self.all_of(parts, [one])
            yield done[i]

    def same(self, a: Sequence[Seen | Raised], b: Iterable[Seen | Raised]) -> bool:
        """Say whether two programs did the same in all cases, exceptions included."""
        return all(
            x.like(y) if isinstance(x, Raised) else isinstance(y, Seen) and self.alike(x, y)
            for x, y in zip(a, b, strict=True)
        )

    # -- grading -----------------------------------------------------------------------------

    def _grade(self, *parts: Callable) -> str | None:
        """Return a remark or None for a right answer; raise :class:`Wrong` for a wrong one."""
        cases = list(self.cases(self.seed))
        remarks, before = [], []
        for part in sorted({one.part for one in cases}):
            asked = [one for one in cases if one.part == part]
            try:
                remarks.append(self._grade_part(parts, asked, before))
            except Wrong as mistake:
                if not (self.called and self.called[part]):
                    raise
                raise Wrong(f"{self.called[part]}: {mistake}") from mistake
            before.append(asked)
        if self.remark is not None:
            with torch.random.fork_rng(devices=[]), calling(parts):
                remarks.append(self.remark(*parts))
        return next(filter(None, remarks), None)

    def _grade_part(
        self, parts: Answer, cases: Sequence[Case], before: Sequence[Sequence[Case]]
    ) -> str | None:
        self._first_call(parts, cases[0])
        found = self.all_of(parts, cases)
        if self.given is not None:
            self._known.clear()  # another answer, other draws
            seen = zip(cases, found, strict=True)
            cases = [self.given(c, x) if isinstance(x, Seen) else c for c, x in seen]
            cases, found = self._until_a_fact(cases, found)
        right = self.known(self.table.right, cases)
        for source, remark in ((self.table.right, None), *self.table.also.items()):
            if self.same(found, self.known(source, cases)):
                self._once_more(parts, cases, found)
                return remark
        self._known_slips(parts, cases, found, before)
        self._form(cases, found, right)
        self._once_more(parts, cases, found)
        said = experiments.on_values(self, parts, cases, found, right)
        if said is not None:
            one_of_many = len(parts) > 1 and not self.called
            name = getattr(parts[cases[0].part], "__name__", "") if one_of_many else ""
            whose = f"{name}: " if name.isidentifier() else ""
            raise Wrong(whose + said)
        if self.signs is not None:
            self.signs(parts, cases)
        raise Wrong(self._smallest(cases, found, right))

    def _until_a_fact(self, cases: list[Case], found: list) -> tuple[list[Case], list]:
        """Raise what was found wrong with the draws; where numbers differ before, return those."""
        facts = [isinstance(x, Raised) and isinstance(x.error, Wrong) for x in found]
        if not any(facts):
            return cases, found
        k = facts.index(True)
        if k == 0 or self.same(found[:k], self.known(self.table.right, cases[:k])):
            raise found[k].error
        return cases[:k], found[:k]

    def _first_call(self, parts: Answer, one: Case) -> None:
        """Let a stub say that it is one, and refuse what is no function."""
        for part in parts:
            if not callable(part):
                raise Wrong(f"hand over a function, not {type(part).__name__}: its name, no ().")
        with torch.random.fork_rng(devices=[]):
            try:
                self.ask(parts, one)
            except Raised as error:
                if error.is_stub:
                    raise
            except Wrong:
                pass

    def _once_more(self, parts: Answer, cases: Sequence[Case], found: list) -> None:
        """Raise where the answer is random or leaves the dice elsewhere than it found them."""
        if self.random:
            return
        again = copy.deepcopy(cases[-1].args)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(1)
            state = torch.get_rng_state()
            try:
                with calling(parts):
                    result = flat(self._observed(parts, cases[-1].part, again))
            except Raised:
                return
            touched = not torch.equal(state, torch.get_rng_state())
        first = found[-1]
        if isinstance(first, Raised):
            return
        if not self.alike(result, type(first)(first.parts[: len(result.parts)])):
            raise Wrong(
                "two calls with the same arguments give different results: something is drawn at "
                "random, or kept from one call to the next. The same input must give the same."
            )
        if touched:
            raise Wrong(
                "your code draws random numbers that nobody asked for: whoever seeds a run gets "
                "another one after calling it."
            )

    def _known_slips(
        self,
        parts: Answer,
        cases: Sequence[Case],
        found: list,
        before: Sequence[Sequence[Case]],
    ) -> None:
        """Raise the diagnosis of the slip, or the two slips, that the answer behaves like.

        A slip that shows in the cases of an earlier part is none of this answer's: it passed them.
        """
        right = self.known(self.table.right, cases)
        does = {slip: self.known(self.table.slipped(slip), cases) for slip in self.table.slips}
        slips = [
            slip
            for slip, what in does.items()
            if not self.same(what, right)  # else it is a slip in another part
            and all(
                self.same(
                    self.known(self.table.slipped(slip), old), self.known(self.table.right, old)
                )
                for old in before
            )
        ]
        fits = [s for s in slips if self.same(found, does[s])]
        told = list(dict.fromkeys(slip.says for slip in fits))
        if len(told) == 1:
            raise Wrong(told[0])
        if told:
            raise Wrong("one of these: " + " Or: ".join(told[:2]))
        raised = [x.error for x in found if isinstance(x, Raised)]
        if isinstance(found[0], Raised) or any(isinstance(error, Wrong) for error in raised):
            return  # an exception hides what a second slip does
        started, fitting = time.process_time(), []
        for pair in itertools.combinations(slips, 2):
            if time.process_time() - started > PAIRS_SECONDS:
                break
            source = self.table.slipped(*pair)
            if source is not None and self.same(found, self.does(source, cases)):
                # whoever reads "NaN" where ∞ came back is led astray: tell the other one only
                seen = [s.says for s in pair if _nans_in(does[s]) <= _nans_in(found)]
                if seen:
                    fitting.append(tuple(seen))
        one_cause = fitting and experiments.on_values(self, parts, cases, found, right, whole=True)
        if len(set(fitting)) == 1 and not one_cause:  # the shorter explanation wins
            first, *then = fitting[0]
            more = f"And then: {then[0]}" if then else "Mend that, then check again: there is more."
            raise Wrong(f"two things at once. First: {first} {more}")

    def _form(self, cases: Sequence[Case], found: list, right: list) -> None:
        """Raise for an exception, a wrong type or shape, a lost gradient."""
        for i, (one, mine, true) in enumerate(zip(cases, found, right, strict=True)):
            if isinstance(true, Raised):
                continue
            if isinstance(mine, Raised):
                if isinstance(mine.error, Wrong):
                    raise mine.error
                with understood(self.refused):
                    if i and not any(isinstance(before, Raised) for before in found[:i]):
                        mine.after = f"It works for {cases[0].label}, and stops for {one.label}."
                    raise mine
            if "no gradient" in mine.parts and "no gradient" not in true.parts:
                raise Wrong(
                    "the gradient is lost on the way: nobody could train with what comes back. "
                    "Look for .item(), .detach(), float(), NumPy or torch.tensor(…)."
                )
            if said := mine.unlike_in_form(true):
                raise Wrong(said)

    def _smallest(self, cases: Sequence[Case], found: list, right: list) -> str:
        """Return a sentence on the first case, from small to large, that differs."""
        for i, (one, mine, true) in enumerate(zip(cases, found, right, strict=True)):
            if self.same([mine], [true]):
                continue
            given = shown(self.names, one.args)
            if isinstance(true, Raised):  # a case that is to be refused
                yours = type(mine.error).__name__ if isinstance(mine, Raised) else mine
                return (
                    f"for {one.label}: {given} should stop with {type(true.error).__name__} "
                    f"({true}), and you get {yours}."
                )
            values = len(true.parts) - len(self.slopes)
            if self.slopes and self.alike(mine.only(values), true.only(values)):
                k = next(
                    k
                    for k in range(len(self.slopes))
                    if not self.alike(
                        Seen([mine.parts[values + k]]), Seen([true.parts[values + k]])
                    )
                )
                by = self.slopes[k]
                name = self.names[by] if isinstance(by, int) else by[0]
                return (
                    f"the values are right and a slope is not. For {one.label} ({given}) the "
                    f"gradient by {name} should be {Seen([true.parts[values + k]])}; yours is "
                    f"{Seen([mine.parts[values + k]])}."
                )
            before = f"Right for {cases[0].label}; but for" if i else "For"
            mine, true = mine.arranged(true).only(values), true.only(values)
            said = f"{before} {one.label}: {given} should give {true}, and you return {mine}"
            if str(mine) == str(true):
                where = mine.widest_gap(true)
                if where:
                    return f"for {one.label}: {given} should give {true}. {where}"
                return f"{said}: {mine.off(true):.1g} apart, which is more than rounding."
            return f"{said}."
        raise AssertionError("no case differs, and yet the answer is not a right program's")

    # -- what goes wrong here ----------------------------------------------------------------

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield every slip: the lines it changes, and what is said of it."""
        for slip in self.table.slips:
            yield self.table.changed(slip), slip.says


Fact = Callable[..., str | None]  # of what an answer made: what is wrong with it, or None


class Property(Exercise):
    """An exercise whose answer makes something with properties: a network, a rule, a score.

    Its specification is a row of facts, each a function named after what must hold: of what the
    answer made it returns what is wrong, or None. The first that does not hold is told, so they
    stand in the order in which a learner would mend them. Lesson 06.

    Args:
        title, proves, hints, asks, refused: as for :class:`Value`.
        table: what is right, and slips, each with words of the fact that it breaks.
        facts: of ``made``: a diagnosis or None.
        make: of the answer's parts: what the facts are asked of; the default hands on the parts.
        remark: of ``made``: what to add to a ✓, or None.
    """

    def __init__(
        self,
        *,
        title: str,
        proves: str,
        hints: tuple[str, str, str],
        asks: str,
        table: Table,
        facts: Sequence[Fact],
        make: Callable | None = None,
        remark: Callable[..., str | None] | None = None,
        refused: Mapping[str, str] | None = None,
    ):
        super().__init__(self._grade, title=title, proves=proves, hints=hints)
        self.__doc__, self.table, self.facts, self.remark = asks, table, facts, remark
        self.make, self.refused = make or (lambda *parts: parts), refused or {}

    def _grade(self, *parts: object, **more: object) -> str | None:
        """Return a remark or None for a right answer; raise :class:`Wrong` for a wrong one."""
        with torch.random.fork_rng(devices=[]), understood(self.refused):
            with calling(parts):
                made = self.make(*parts, **more)
            made = made if isinstance(made, tuple) else (made,)
            with calling((*parts, *made)):
                for fact in self.facts:
                    if said := fact(*made):
                        raise Wrong(said)
                return self.remark(*made) if self.remark else None

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield every slip: the lines it changes, and what is said of it. Lesson 06."""
        for slip in self.table.slips:
            yield self.table.changed(slip), slip.says
