"""A grader of training steps: what two players felt of a step, as facts that do not depend on dice.

The step is called with small players while :mod:`gan_lessons.checks.steps` watches it. Whatever it
draws, and in whatever style it is written, what lies in a player's gradients when its optimizer
steps is a sum of natural parts: of what D was told at real samples and at fakes, of what lay there
before. The grader computes each part in float64 from what was watched and finds by least squares
how often it is contained. These numbers and a few words beside them are the *facts* of a step; a
right step has one row of facts, and every slip has another. Introduced in lesson 04.
"""

import functools
import hashlib
import inspect
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from gan_lessons.checks.exercise import Exercise, Raised, Wrong, calling, understood
from gan_lessons.checks.grader import Slip, Table
from gan_lessons.checks.steps import Report, Update, watch_step

KNOWN = Path(__file__).with_name("steps_known.json")
LEAST = 1e-3  # a part that is contained less often is not there
RESIDUAL, CONDITION = 1e-4, 1e3  # a sum of parts is told only below both
LOST = 1e-9  # a part that is so many times smaller than another cannot be told beside it
LONGEST = 400  # characters of a diagnosis
NEAR = 0.02  # numbers of two rows of facts are equal up to this, and this share

Fact = str | float | list[float]
Slope = Callable[[Tensor], Tensor]

# -- what a loss tells D's logits --------------------------------------------------------------

UP, DOWN, MEAN = "−ln D", "−ln(1 − D)", "the logit"
CROSS_ENTROPY: dict[str, Slope] = {UP: lambda t: -torch.sigmoid(-t), DOWN: torch.sigmoid}
WASSERSTEIN: dict[str, Slope] = {MEAN: torch.ones_like}


def _bent(outer: Slope) -> Slope:
    """Return the slope of a loss of the sigmoid, by the logit."""
    return lambda t: outer(t.sigmoid()) * t.sigmoid() * (1 - t.sigmoid())


SHAPES: dict[str, Slope] = {  # other losses, recognized by how they pull at logits
    "least squares with target 1": lambda t: 2 * (t - 1),
    "least squares with target 0": lambda t: 2 * t,
    "least squares with target −1": lambda t: 2 * (t + 1),
    "the hinge loss of real samples": lambda t: -(t < 1).double(),
    "the hinge loss of fakes": lambda t: (t > -1).double(),
    "a hinge at 0, of real samples": lambda t: -(t < 0).double(),
    "a hinge at 0, of fakes": lambda t: (t > 0).double(),
    "a sigmoid twice, with label 1": _bent(lambda p: -torch.sigmoid(-p)),
    "a sigmoid twice, with label 0": _bent(torch.sigmoid),
    "least squares on the sigmoid, with target 1": _bent(lambda p: 2 * (p - 1)),
    "least squares on the sigmoid, with target 0": _bent(lambda p: 2 * p),
    "the mean of the sigmoid": _bent(torch.ones_like),
    "cross entropy with label 1": CROSS_ENTROPY[UP],
    "cross entropy with label 0": CROSS_ENTROPY[DOWN],
}


def told(t: Tensor, pull: Tensor, basis: Mapping[str, Slope]) -> tuple[list[float], str]:
    """Return how often each loss of a basis is in what a loss tells logits, and else its shape.

    Args:
        t: (B,) logits. pull: (B,) the slope of the loss at each, times B.
        basis: losses (by name) whose sums are told by their numbers.

    Returns:
        The numbers, one for each of the basis, and ""; or zeros and the name of another loss, with
        how often it is there, "another loss" if it is none of :data:`SHAPES`.
    """
    t, pull = t.double(), pull.double()
    size = float(pull.norm())
    nothing = [0.0] * len(basis)
    if not math.isfinite(size):
        return nothing, "NaN"
    if size < 1e-9:
        return nothing, ""
    columns = torch.stack([slope(t) for slope in basis.values()], dim=1)
    if torch.linalg.cond(columns / columns.norm(dim=0)) < CONDITION:
        found = torch.linalg.lstsq(columns, pull[:, None]).solution[:, 0]
        if float((columns @ found - pull).norm()) < 1e-3 * size:
            return found.tolist(), ""
    else:  # one logit, or equal ones: a sum could not be told from a single loss
        for i, column in enumerate(columns.T):
            times = float(column @ pull / (column @ column))
            if times > 0 and float((times * column - pull).norm()) < 1e-3 * size:
                return [times if i == k else 0.0 for k in range(len(basis))], ""
    for name, slope in SHAPES.items():
        column = slope(t)
        times = float(column @ pull / (column @ column).clamp(min=1e-12))
        if times > 0 and float((times * column - pull).norm()) < 1e-3 * size:
            return nothing, f"{times:.2f} × {name}"
    return nothing, "another loss"


def direction(pull: Tensor) -> str:
    """Return whether logits are raised or lowered, "" where nothing pulls at them."""
    if not pull.isfinite().all():
        return "NaN"
    if not pull.any():
        return ""
    return "raised" if (pull <= 0).all() else "lowered" if (pull >= 0).all() else "both ways"


# -- what lies in a gradient ---------------------------------------------------------------------


def in_a_row(tensors: Sequence[Tensor | None], like: Sequence[Tensor]) -> Tensor:
    """Return tensors as one vector in float64; None counts as zeros."""
    pairs = zip(tensors, like, strict=True)
    return torch.cat(
        [(torch.zeros_like(b) if a is None else a).flatten() for a, b in pairs]
    ).double()


def slope_of(net: nn.Module, weights: Sequence[Tensor], x: Tensor, pull: Tensor) -> Tensor:
    """Return the gradient of Σ pull · net(x) by the net's weights, as one vector in float64."""
    names = [name for name, _ in net.named_parameters()]
    at = [w.detach().double().requires_grad_() for w in weights]
    out = torch.func.functional_call(net, dict(zip(names, at, strict=True)), (x.double(),))
    total = (out.reshape(pull.shape) * pull.double()).sum()
    return in_a_row(torch.autograd.grad(total, at, allow_unused=True), at)


def contained(
    grad: Tensor, parts: Mapping[str, Tensor], *, first: Sequence[str] = ()
) -> tuple[dict[str, float], str]:
    """Return how often each part is contained in a gradient, by least squares.

    Args:
        first: parts that are tried alone first: the shorter explanation wins.

    Returns:
        The numbers and ""; or, where the parts do not explain the gradient or cannot be told apart,
        zeros and what is the matter. A part that is lost beside the largest counts as contained.
    """
    parts = {name: part for name, part in parts.items() if float(part.norm()) > 0}
    nothing = dict.fromkeys(parts, 0.0)
    largest = max((float(part.norm()) for part in parts.values()), default=0.0)
    lost = {name: 1.0 for name, part in parts.items() if float(part.norm()) < LOST * largest}
    size = float(grad.norm())
    if not all(math.isfinite(float(x.norm())) for x in (grad, *parts.values())):
        return nothing, "NaN"
    if size < 1e-9 * max([1.0, *(float(part.norm()) for part in parts.values())]):
        return nothing, ""
    matter = "unexplained"
    parts = {name: part for name, part in parts.items() if name not in lost}
    for names in ([name for name in parts if name in first], list(parts)):
        if not names:
            continue
        columns = torch.stack([parts[name] / parts[name].norm() for name in names], dim=1)
        found = torch.linalg.lstsq(columns, grad[:, None]).solution[:, 0]
        if float((columns @ found - grad).norm()) > RESIDUAL * size:
            continue
        if float(torch.linalg.cond(columns)) > CONDITION:
            matter = "unclear"
            continue
        told = zip(names, found.tolist(), strict=True)
        return nothing | lost | {name: x / float(parts[name].norm()) for name, x in told}, ""
    return nothing, matter


FEW = 4  # rows of a look that are too few to tell a loss by: such looks are taken together

Rows = tuple[str, Tensor, Tensor]  # kind, logits, the pull at them


class Felt:
    """What one update found in its player's gradients, part by part. Lesson 04.

    Attributes:
        update: the optimizer's step. junk: how often that is contained which lay there before.
        rest: "" or why the gradient cannot be told. extra: how often other parts are contained.
        own, old: for looks of D that backward() went through, since the last update and before it,
            what is contained of them.
        erased: whether a backward() filled gradients that are not there any more.
        scaled: the share of what backward() made that is left: 1 where nobody clips gradients.
    """

    def __init__(
        self,
        report: Report,
        number: int,
        nets: Mapping[str, nn.Module],
        extra: Mapping[str, Tensor] | None = None,
    ):
        """Look at one of a report's updates. ``extra``: gradients of other parts, by name."""
        self.update, self.number = report.updates[number], number
        player = self.update.owner
        weights = self.update.weights[player]
        parts = {"junk": in_a_row(report.before[player], weights), **(extra or {})}
        rows: list[tuple[int, str, Rows]] = []
        for phase in range(number + 1):
            more = _parts_of_g if player == "G" else _parts_of_d
            parts |= more(report, phase, nets[player])
            rows += [(phase, *each) for each in _rows(report, phase, player)]
        grad = in_a_row(self.update.gradients[player], weights)
        mine = [name for name in parts if name.split()[0] == str(number)]
        found, self.rest = contained(grad, parts, first=[*mine, *(extra or {})])
        self.junk = found.get("junk", 0.0)
        self.extra = {name: found.get(name, 0.0) for name in extra or {}}
        self.own: list[Rows] = []
        self.old: list[Rows] = []
        self.erased = False
        times = [found[name] for name in mine if name in found]
        alike = len(times) > 0 and 0 < max(times) < 0.999 and min(times) > 0.999 * max(times)
        self.scaled = max(times) if alike else 1.0
        for phase, name, (kind, t, pull) in rows:
            mine = phase == number
            times = float(mine) if self.rest else found.get(name, 0.0) / self.scaled
            self.erased |= mine and abs(times) < LEAST and bool(pull.any())
            if abs(times) >= LEAST:
                (self.own if mine else self.old).append((kind, t, times * pull))

    @classmethod
    def left(
        cls, report: Report, later: Report, player: str, nets: Mapping[str, nn.Module]
    ) -> "Felt":
        """Look at what a call left in a player's gradients for the next call to find."""
        end = Update(player, [], [], report.at_last, later.before)
        return cls(replace(report, updates=[*report.updates, end]), len(report.updates), nets)

    def told(
        self, kind: str, basis: Mapping[str, Slope], *, old: bool = False
    ) -> tuple[list[float], str]:
        """Return how often each loss of the basis is contained, at rows of a kind; and a shape."""
        numbers, shapes = [0.0] * len(basis), []
        for name, t, pull in self.old if old else self.own:
            if name == kind:
                more, shape = told(t, pull * len(t), basis)
                numbers = [a + b for a, b in zip(numbers, more, strict=True)]
                shapes += [shape] if shape else []
        return numbers, ", ".join(sorted(set(shapes)))

    def times(
        self, kind: str, basis: Mapping[str, Slope], numbers: list[float], shape: str
    ) -> float:
        """Return how strongly rows of a kind are pulled, as a share of what numbers or a shape say.

        1 where nothing pulls, or where it is not known how it should.
        """
        pulls = [(t.double(), (pull * len(t)).double()) for k, t, pull in self.own if k == kind]
        name = shape.split(" × ")[-1]
        if pulls and any(numbers):
            found, _ = self.told(kind, basis)
            due = sum(x * x for x in numbers)
            return sum(x * y for x, y in zip(found, numbers, strict=True)) / due
        if not pulls or name not in SHAPES:
            return 1.0
        t, pull = (torch.cat(x) for x in zip(*pulls, strict=True))
        due = float(shape.split(" × ")[0]) * SHAPES[name](t)
        return float(pull @ due / (due @ due).clamp(min=1e-12)) if due.any() else 1.0

    def asked(self, report: Report, kind: str) -> str:
        """Return "yes" if D was asked about rows of a kind since the last update, else "no"."""
        looks = (look for look in report.looks if look.phase == self.number)
        return "yes" if any(kind in look.kinds for look in looks) else "no"

    def toward(self, kind: str, *, old: bool = False) -> str:
        """Return in which direction logits of a kind of row are moved."""
        there = [pull for name, _, pull in (self.old if old else self.own) if name == kind]
        return direction(torch.cat([torch.empty(0), *there]))

    def lost(self, report: Report) -> str:
        """Return why a player's step finds no gradient of its own, "" where it finds one."""
        if any(bool(pull.any()) for *_, pull in self.own) or self.rest:
            return ""
        if self.erased:
            return "erased"
        looks = [look for look in report.looks if look.phase == self.number]
        if self.update.owner == "G":
            looks = [look for look in looks if {"f", "F", "2"} & set(look.kinds)]
        if not looks:
            return "D is not asked"
        if not any(look.hangs for look in looks):
            return "no graph"
        if self.update.owner == "G" and not any(look.carries for look in looks):
            return "cut"
        pulled = (when == self.number for look in looks for when, _ in look.pulls)
        return "no slope" if any(pulled) else "no backward"


def _rows(report: Report, phase: int, player: str) -> Iterator[tuple[str, Rows]]:
    """Yield the rows that backward() went through in a phase, with the name of their part."""
    few: dict[str, list[tuple[Tensor, Tensor]]] = {}
    for i, look in enumerate(report.looks):
        pulls = [pull for when, pull in look.pulls if when == phase]
        if not pulls or (player == "G" and not look.carries):
            continue
        pull = torch.stack(pulls).sum(0)
        for kind in dict.fromkeys(look.kinds):
            if player == "G" and kind in "rR":
                continue
            here = torch.tensor([k == kind for k in look.kinds])
            t, there = look.logits[here], pull[here]
            if len(t) < FEW:
                few.setdefault(kind, []).append((t, there))
            else:
                yield _name(phase, player, kind, _same_look(report, i)), (kind, t, there)
    for kind, looks in few.items():
        t, there = (torch.cat(x) for x in zip(*looks, strict=True))
        yield _name(phase, player, kind, None), (kind, t, there)


def _name(phase: int, player: str, kind: str, look: int | None) -> str:
    """Return the name of the part of a gradient that rows contribute: for G, all of a phase."""
    return f"{phase}" if player == "G" else f"{phase} {kind} {look}"


def _same_look(report: Report, i: int) -> int:
    """Return the number of the first look that asks D the same: what both felt is one part."""
    look = report.looks[i]
    return next(
        k
        for k, other in enumerate(report.looks)
        if (other.phase, other.carries) == (look.phase, look.carries)
        and torch.equal(other.x, look.x)
    )


def _parts_of_d(report: Report, phase: int, D: nn.Module) -> dict[str, Tensor]:
    """Return the gradient at D's weights that each look's rows contributed in a phase."""
    found: dict[str, Tensor] = {}
    for i, look in enumerate(report.looks):
        pulls = [pull for when, pull in look.pulls if when == phase]
        for kind in dict.fromkeys(look.kinds) if pulls else ():
            here = torch.tensor([k == kind for k in look.kinds])
            few = int(here.sum()) < FEW
            name = _name(phase, "D", kind, None if few else _same_look(report, i))
            pull = torch.where(here, torch.stack(pulls).sum(0), 0)
            part = slope_of(D, _weights_at(report, look.phase, "D"), look.x, pull)
            found[name] = found[name] + part if name in found else part
    return found


def _parts_of_g(report: Report, phase: int, G: nn.Module) -> dict[str, Tensor]:
    """Return the gradient at G's weights that backward() contributed in a phase."""
    parts = [
        slope_of(G, _weights_at(report, made.phase, "G"), made.z, pull)
        for made in report.made
        for when, pull in made.pulls
        if when == phase
    ]
    return {_name(phase, "G", "", None): torch.stack(parts).sum(0)} if parts else {}


def beside_d(report: Report, number: int, D: nn.Module) -> float:
    """Return the share of the pull at what G made that did not come through D. Lesson 04.

    0 where all of it came through D, and where D was asked about something else than G made.

    Args:
        number: which update of the report, a step of G.
    """
    looks = [look for look in report.looks if look.carries and look.pulls]
    if not report.made or any(set(look.kinds) != {"f"} for look in looks):
        return 0.0
    rows = torch.cat([one.out.flatten(1) for one in report.made]).double()
    rows, row = rows.unique(dim=0, return_inverse=True)  # G may be asked twice about one z
    pulls = [
        sum((pull for when, pull in one.pulls if when == number), torch.zeros_like(one.out))
        for one in report.made
    ]
    beside = torch.zeros_like(rows)
    beside.index_add_(0, row, torch.cat([pull.flatten(1) for pull in pulls]).double())
    size = float(beside.norm())
    names = [name for name, _ in D.named_parameters()]
    for look in looks:
        weights = (w.double() for w in _weights_at(report, look.phase, "D"))
        x = look.x.double().requires_grad_()
        out = torch.func.functional_call(D, dict(zip(names, weights, strict=True)), (x,))
        pull = sum((pull for when, pull in look.pulls if when == number), torch.zeros(len(x)))
        (slope,) = torch.autograd.grad((out.reshape(pull.shape) * pull.double()).sum(), x)
        row = torch.cdist(x.detach().flatten(1), rows).argmin(dim=1)
        beside.index_add_(0, row, -slope.flatten(1))
    return float(beside.norm()) / size if size else 0.0


def _weights_at(report: Report, phase: int, player: str) -> list[Tensor]:
    """Return a player's weights after so many updates."""
    later = phase < len(report.updates)
    return report.updates[phase].weights[player] if later else report.at_last[player]


# -- a row of facts --------------------------------------------------------------------------------


@dataclass
class Sight:
    """What was seen of a training step. Lesson 04.

    Attributes:
        facts: what happened, independent of the dice: texts, numbers, rows of numbers.
        words: more that a sentence may quote. raised: an exception of the step, if there was one.
    """

    facts: dict[str, Fact] = field(default_factory=dict)
    words: dict[str, object] = field(default_factory=dict)
    raised: Raised | None = None

    def run(
        self,
        where: str,
        answer: Callable,
        players: tuple,
        *args: object,
        call: Callable | None = None,
        T: Callable[[Tensor], Tensor] | None = None,
    ) -> Report | None:
        """Watch one call; where the step raises, note that and return None. Lesson 04.

        Args:
            where: which call that is, to be read after "That is"; "" for the plain one.
            call: how the answer is called as a step of two players, where it is none.
            T: an augmentation, if the step takes one.
        """
        try:
            with calling((answer,)):
                return watch_step(call or answer, *players, *args, T=T)
        except Raised as raised:
            words = "".join("n" if c.isdigit() else c for c in str(raised.error))[:60]
            self.raised = raised
            self.facts |= {"stops": f"{type(raised.error).__name__}: {words}", "stops in": where}
            return None


def equal(a: Fact | None, b: Fact | None) -> bool:
    """Say whether two facts are the same but for rounding. Lesson 04."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, float | int) and isinstance(b, float | int):
        return abs(a - b) <= NEAR * max(1.0, abs(b))
    return a == b


def differing(facts: Mapping[str, Fact], right: Mapping[str, Fact]) -> dict[str, Fact | None]:
    """Return the facts that are not as they should be; None for one that is missing. Lesson 04."""
    names = dict.fromkeys([*facts, *right])
    return {n: facts.get(n) for n in names if not equal(facts.get(n), right.get(n))}


def moved_otherwise(report: Report, opt_g: Optimizer, opt_d: Optimizer) -> str:
    """Return whose weights changed otherwise than by a plain step of its own optimizer."""
    rates = {"G": opt_g.param_groups[0]["lr"], "D": opt_d.param_groups[0]["lr"]}
    found, later = set(), [update.weights for update in report.updates[1:]] + [report.at_last]
    for update, after in zip(report.updates, later, strict=True):
        for player, weights in update.weights.items():
            grads = update.gradients[player]
            rate = rates[player] if player == update.owner else 0.0
            for w, g, now in zip(weights, grads, after[player], strict=True):
                due = w if g is None or not rate else w - rate * g
                if not torch.allclose(now, due, rtol=1e-4, atol=1e-6, equal_nan=True):
                    found.add(player)
    return " ".join(sorted(found))


def digest(source: str) -> str:
    """Return the name under which the facts of a known program are kept. Lesson 04."""
    return hashlib.sha256(inspect.cleandoc(source).encode()).hexdigest()[:16]


@functools.cache
def shipped() -> dict[str, dict[str, Fact]]:
    """Return the facts of known programs that ship, by their digest. Lesson 04.

    The file keeps for each table the facts of the right program, and of the others what differs.
    """
    found = {}
    for table in json.loads(KNOWN.read_text(encoding="utf-8")) if KNOWN.exists() else ():
        for key, other in table["others"].items():
            facts = {**table["right"], **other}
            found[key] = {name: fact for name, fact in facts.items() if fact is not None}
    return found


class Step(Exercise):
    """An exercise whose answer is a training step. Lesson 04.

    The row of facts of an answer is compared with that of the right programs, of each slip, of two
    slips at once; else the exercise reads what is different.

    Args:
        title, proves, hints, asks, refused: as for :class:`gan_lessons.checks.grader.Value`.
        table: what is right, and what goes wrong; facts of its programs ship in
            ``steps_known.json`` (python -m tools.observe_steps), or are found when first needed.
        observe: of (answer, seed): a :class:`Sight` of it.
        reads: of (sight, right facts): sentences on what is different, the most telling one first.
        remark: of a sight: what to add to a ✓, or None.
        shows: returns for the digests of programs what such a step does to a run, in a few words.
    """

    def __init__(
        self,
        *,
        title: str,
        proves: str,
        hints: tuple[str, str, str],
        asks: str,
        table: Table,
        observe: Callable[[Callable, int], Sight],
        reads: Callable[[Sight, Mapping[str, Fact]], Iterator[str]],
        remark: Callable[[Sight], str | None] | None = None,
        refused: Mapping[str, str] | None = None,
        shows: Callable[[], Mapping[str, str]] | None = None,
    ):
        super().__init__(self._grade, title=title, proves=proves, hints=hints)
        self.__doc__, self.table, self.observe, self.reads = asks, table, observe, reads
        self.remark, self.refused, self.shows = remark, refused or {}, shows or dict
        self.seed = 0

    # -- looking -----------------------------------------------------------------------------

    def sight(self, answer: Callable) -> Sight:
        """Return what is seen of an answer; the dice of whoever asks stay as they are."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            return self.observe(answer, self.seed)

    def known(self, source: str) -> dict[str, Fact]:
        """Return the facts of a known program: those that ship, or what is seen of it now."""
        key = digest(source)
        if key not in shipped():
            shipped()[key] = self.seen(source)
        return shipped()[key]

    def seen(self, source: str) -> dict[str, Fact]:
        """Return the facts of a program, found by looking at it."""
        (answer,) = self.table.functions(source)
        return self.sight(answer).facts

    def sources(self) -> list[str]:
        """Return all known programs: right ones, then each slip."""
        slips = (self.table.slipped(slip) for slip in self.table.slips)
        return [self.table.right, *self.table.also, *(s for s in slips if s is not None)]

    # -- grading -----------------------------------------------------------------------------

    def _grade(self, answer: Callable) -> str | None:
        """Return a remark or None for a right answer; raise :class:`Wrong` for a wrong one."""
        if not callable(answer):
            raise Wrong(f"hand over a function, not {type(answer).__name__}: its name, no ().")
        sight = self.sight(answer)
        if sight.raised is not None and sight.raised.is_stub:
            raise sight.raised
        for source, remark in ((self.table.right, None), *self.table.also.items()):
            if not differing(sight.facts, self.known(source)):
                more = self.remark(sight) if self.remark else None
                return " ".join(text for text in (remark, more) if text) or None
        self._known_slips(sight)
        right = self.known(self.table.right)
        if sight.raised is not None:
            where = sight.facts["stops in"]
            with understood(self.refused):
                if where:
                    sight.raised.after = f"That is {where}."
                raise sight.raised
        for sentence in self.reads(sight, right):
            raise Wrong(sentence)
        name, mine = next(iter(differing(sight.facts, right).items()))
        raise Wrong(
            f"one thing is not as it should be: {name}. It should be {_text(right.get(name))}; of "
            f"your step it is {_text(mine)}."
        )

    def _known_slips(self, sight: Sight) -> None:
        """Raise the diagnosis of the slip, or of the two, that the answer behaves like."""
        right = self.known(self.table.right)
        mine = differing(sight.facts, right)
        each = []
        for slip in self.table.slips:
            source = self.table.slipped(slip)
            if source is not None:
                each.append((slip, differing(self.known(source), right)))
        alike = [slip.says for slip, theirs in each if _same(theirs, mine)]
        alike = list(dict.fromkeys(alike))
        if len(alike) == 1:
            raise Wrong(alike[0])
        if alike:
            raise Wrong("one of these: " + " Or: ".join(alike[:2]))
        pairs = _pairs(each, mine)
        if len(pairs) == 1:
            first, second = pairs[0]
            said = f"two things at once. First: {first} And then: {second}"
            if len(said) > LONGEST:  # of each the symptom
                first, second = (text.split(". ")[0].rstrip(".") + "." for text in pairs[0])
                said = f"two things at once. First: {first} And then: {second}"
            raise Wrong(said)

    def rows(self) -> Iterator[tuple[str, ...]]:
        """Yield every slip: the lines it changes, what is said of it, what it does to a run."""
        shown = self.shows()
        if right := shown.get(digest(self.table.right)):
            yield "as it should be", "nothing: this is the right step.", right
        for slip in self.table.slips:
            more = shown.get(digest(self.table.slipped(slip) or ""))
            yield self.table.changed(slip), slip.says, *([more] if more else [])


def _same(a: Mapping[str, Fact | None], b: Mapping[str, Fact | None]) -> bool:
    return a.keys() == b.keys() and all(equal(a[name], b[name]) for name in a)


def _pairs(
    each: Sequence[tuple[Slip, dict[str, Fact | None]]], mine: dict[str, Fact | None]
) -> list[tuple[str, str]]:
    """Return the pairs of diagnoses whose slips together change just what is changed here."""
    within = [
        (slip.says, theirs)
        for slip, theirs in each
        if theirs and all(n in mine and equal(x, mine[n]) for n, x in theirs.items())
    ]
    found = {}
    for i, (first, a) in enumerate(within):
        for second, b in within[i + 1 :]:
            apart = not a.keys() & b.keys()
            if apart and first != second and len(a) + len(b) == len(mine):
                found[first, second] = None
    return list(found)


def _text(fact: Fact | None) -> str:
    if isinstance(fact, list):
        return ", ".join(map(_text, fact))
    if isinstance(fact, float):
        return f"{fact:.2f}"
    return "something else" if fact is None else f"“{fact}”" if fact else "nothing"
