"""What a stranger could find out of an answer without a list of mistakes. Introduced in lesson 00.

Each experiment compares what an answer did in all cases with what the right program did, and
returns a sentence or None. A sentence is told only if no other experiment has one: a wrong cause is
worse than none.
"""

import copy
import itertools
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Exercise, Raised
from gan_lessons.checks.seen import Seen, alike, number_of, text_of

FACTORS = {
    2.0: "twice the right value: a factor of 2 too much, or a half that is missing",
    0.5: "half the right value: a half too much, or a factor of 2 that is missing",
    -1.0: "the right value with its sign turned",
    math.log(2): "ln 2 = 0.6931 times the right value: the natural logarithm where log2 is asked",
    1 / math.log(2): "1 / ln 2 = 1.443 times the right value: log2 where the natural logarithm, "
    "log, is asked",
    1 / math.log(10): "0.4343 times the right value: log10 where the natural logarithm is asked",
}
BENT = {  # functions of the right value that are taken for it
    "the square of the right value: a root is missing": torch.square,
    "the root of the right value: take the square, or leave the root out": torch.sqrt,
    "1 over the right value: it stands upside down": torch.reciprocal,
    "1 minus the right value": lambda t: 1 - t,
    "the absolute value of the right one: a negative value is an answer, too": torch.abs,
    "the logarithm of the right value: an exp is missing, or a log too much": torch.log,
    "the exponential of the right value: a log is missing, or an exp too much": torch.exp,
    "the right value rounded to a whole number": torch.round,
    "the right value rounded down": torch.floor,
    "the right value rounded up": torch.ceil,
    "the right value cut off at 0: a negative one is an answer, too": lambda t: t.clamp(min=0),
    "the right value cut off at 0 and 1": lambda t: t.clamp(0, 1),
    "the right value through a sigmoid": torch.sigmoid,
}
TURNED = {  # results with axes
    "the right numbers in reverse order": lambda t: t.flip(0),
    "the right numbers, sorted": lambda t: t.sort(dim=0).values,
    "the right numbers shifted by one place": lambda t: t.roll(1, 0),
    "the right numbers shifted by one place to the front": lambda t: t.roll(-1, 0),
    "the right table transposed": lambda t: t.transpose(-1, -2) if t.ndim > 1 else t,
    "the right rows in reverse": lambda t: t.flip(-1) if t.ndim > 1 else t,
}
REDUCED = {  # of the terms whose mean is asked
    "sum": torch.sum,
    "mean": torch.mean,
    "largest": torch.amax,
    "smallest": torch.amin,
    "median": torch.median,  # of an even number the lower one; the upper one where a sign is turned
    "upper median": lambda t: -torch.median(-t),
    "first": lambda t: t[0],
    "last": lambda t: t[-1],
    "product": torch.prod,
    "root of the mean square": lambda t: t.square().mean().sqrt(),
    "standard deviation": lambda t: t.std() if len(t) > 1 else t.new_tensor(math.nan),
}
TOLD = 3  # so many different numbers must agree before a sentence rests on them


def on_values(
    exercise: Exercise,
    parts: tuple,
    cases: Sequence,
    found: list[Seen | Raised],
    right: list[Seen | Raised],
    *,
    whole: bool = False,
) -> str | None:
    """Return the one sentence that the experiments on an answer's values single out, if any.

    Args:
        whole: ask only those that explain all that the answer did, not one thing among others.
    """
    usable = [
        (mine.arranged(true), true)
        for mine, true in zip(found, right, strict=True)
        if isinstance(mine, Seen) and isinstance(true, Seen)
    ]
    usable = [(mine, true) for mine, true in usable if len(mine.parts) == len(true.parts)]
    if len(usable) < len(cases):
        return None
    count = len(exercise.slopes)  # gradients follow the values, and a constant does not show there
    values = [(a.only(len(b.parts) - count), b.only(len(b.parts) - count)) for a, b in usable]
    if same := _constant(values):
        return same
    said = [
        _factor(usable),
        _reduced(exercise, cases, usable) or _factor_of_sizes(usable, cases),
        _away(values),
        _bent(values),
        _turned(usable),
        _parts_exchanged(values),
        _exchanged(exercise, cases, found, right),
    ]
    if not whole:
        said.append(_ignored(exercise, parts, cases, found))
    told = list(dict.fromkeys(text for text in said if text))
    return told[0] if len(told) == 1 else None


def _numbers(usable: Sequence[tuple[Seen, Seen]]) -> tuple[Tensor, Tensor] | None:
    """Return all numbers of the answer and of the right program in a row, if they pair up."""
    mine, true = [], []
    for a, b in usable:
        for x, y in zip(a.parts, b.parts, strict=True):
            if isinstance(x, str) or isinstance(y, str):
                if x != y:
                    return None
                continue
            if x.numel() != y.numel():
                return None
            mine.append(x.flatten())
            true.append(y.flatten())
    return (torch.cat(mine), torch.cat(true)) if mine else None


def _different(numbers: Tensor) -> int:
    return len(numbers.unique())


def _close(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a, b, rtol=1e-4, atol=1e-7, equal_nan=True)


def _constant(values: Sequence[tuple[Seen, Seen]]) -> str | None:
    """Always the same number, whatever the arguments."""
    both = _numbers(values)
    if both is None or _different(both[1]) < TOLD or _different(both[0]) > 1:
        return None
    return f"always {number_of(both[0][0].item())}, whatever comes in."


def _factor(usable: Sequence[tuple[Seen, Seen]]) -> str | None:
    """Always c times the right value."""
    both = _numbers(usable)
    if both is None:
        return None
    mine, true = both
    usual = true[true.isfinite() & (true.abs() > 1e-9)]
    if _different(usual) < TOLD:
        return None
    largest = true.nan_to_num(0.0, 0.0, 0.0).abs().argmax()
    c = float(mine[largest] / true[largest])
    if not math.isfinite(c) or abs(c - 1) < 1e-3 or abs(c) < 1e-9 or not _close(mine, c * true):
        return None
    known = [text for factor, text in FACTORS.items() if math.isclose(c, factor, rel_tol=1e-3)]
    return f"always {known[0] if known else f'{number_of(c)} times the right value'}."


def _factor_of_sizes(usable: Sequence[tuple[Seen, Seen]], cases: Sequence) -> str | None:
    """As many times the right value, or as many times less, as samples come in."""
    ratios, sizes = [], []
    for (a, b), one in zip(usable, cases, strict=True):
        lengths = {len(arg) for arg in one.args if isinstance(arg, Tensor) and arg.ndim}
        pair = _numbers([(a, b)])
        if pair is None or len(lengths) != 1 or not pair[1].isfinite().all():
            continue
        mine, true = pair
        if not true.abs().max() > 1e-9:
            continue
        c = float(mine[true.abs().argmax()] / true.abs().max() * true[true.abs().argmax()].sign())
        if not _close(mine, c * true):
            return None
        ratios.append(c)
        sizes.append(float(lengths.pop()))
    if len(set(sizes)) < 2 or all(math.isclose(c, 1, rel_tol=1e-3) for c in ratios):
        return None
    if all(math.isclose(c, n, rel_tol=1e-3) for c, n in zip(ratios, sizes, strict=True)):
        return (
            "too large by as many times as samples come in: a sum stands where the mean is asked."
        )
    if all(math.isclose(c, 1 / n, rel_tol=1e-3) for c, n in zip(ratios, sizes, strict=True)):
        return (
            "too small by as many times as samples come in: divided by their number once too often."
        )
    if all(
        math.isclose(c, n / (n - 1), rel_tol=1e-3)
        for c, n in zip(ratios, sizes, strict=True)
        if n > 1
    ):
        return "divided by n − 1, where the mean over all n is asked."
    return None


def _away(usable: Sequence[tuple[Seen, Seen]]) -> str | None:
    """Always the same number away from the right value."""
    both = _numbers(usable)
    if both is None or not all(t.isfinite().all() for t in both):
        return None
    mine, true = both
    c = float((mine - true).median())
    if (
        _different(true) >= TOLD
        and abs(c) > 1e-6
        and torch.allclose(mine, true + c, rtol=1e-6, atol=1e-3 * abs(c))
    ):
        return f"always {c:+.4g} away from the right value: a constant that is added, or missing."
    return None


def _bent(usable: Sequence[tuple[Seen, Seen]]) -> str | None:
    """A known function of the right value."""
    both = _numbers(usable)
    if both is None:
        return None
    mine, true = both
    if _different(true) < TOLD or _different(mine) < TOLD:
        return None
    fits = [
        text
        for text, bend in BENT.items()
        if _close(mine, bend(true)) and not _close(bend(true), true)
    ]
    return f"this is {fits[0]}." if len(fits) == 1 else None


def _turned(usable: Sequence[tuple[Seen, Seen]]) -> str | None:
    """The right numbers in other places."""
    fits = []
    for text, turn in TURNED.items():
        pairs = [
            (x, y)
            for a, b in usable
            for x, y in zip(a.parts, b.parts, strict=True)
            if isinstance(x, Tensor) and isinstance(y, Tensor) and y.ndim
        ]
        if not pairs or any(x.shape != turn(y).shape for x, y in pairs):
            continue
        if all(_close(x, turn(y)) for x, y in pairs) and any(
            x.shape == y.shape and not _close(turn(y), y) for x, y in pairs
        ):
            fits.append(text)
    return f"these are {fits[0]}." if len(fits) == 1 else None


def _parts_exchanged(usable: Sequence[tuple[Seen, Seen]]) -> str | None:
    """Two results that come back in the other order."""
    counts = {len(b.parts) for _, b in usable}
    if counts != {2}:
        return None
    if all(alike(Seen(a.parts[::-1]), b) for a, b in usable) and any(
        not alike(Seen(b.parts[::-1]), b) for _, b in usable
    ):
        return "the two results come back in the other order."
    return None


def _reduced(exercise, cases: Sequence, usable: Sequence[tuple[Seen, Seen]]) -> str | None:
    """A sum, a median, a largest one of the terms in place of what is asked."""
    if exercise.terms is None:
        return None
    each = exercise.terms if callable(exercise.terms) else exercise.terms[cases[0].part]
    all_terms = [each(*one.args).double().flatten() for one in cases]
    if sum(len(terms) > 2 for terms in all_terms) < 2:
        return None

    def fits(which: int) -> list[str]:
        found = [
            name.removeprefix("upper ")
            for name, reduce in REDUCED.items()
            if all(
                isinstance(pair[which].parts[0], Tensor)
                and pair[which].parts[0].numel() == 1
                and _close(pair[which].parts[0].flatten()[0], reduce(terms))
                for pair, terms in zip(usable, all_terms, strict=True)
            )
        ]
        return list(dict.fromkeys(found))

    mine, asked = fits(0), fits(1)
    if len(mine) == 1 and len(asked) == 1 and mine != asked:
        return f"this is the {mine[0]} of the single terms, and their {asked[0]} is asked."
    return None


def _exchanged(exercise, cases: Sequence, found: list, right: list) -> str | None:
    """Right, with two arguments exchanged."""
    program = exercise.table.functions(exercise.table.right)
    many = len(cases[0].args)
    fits = []
    for i, j in itertools.combinations(range(many), 2):
        results = []
        for one in cases:
            a, b = one.args[i], one.args[j]
            alike_in_kind = type(a) is type(b) and getattr(a, "shape", 0) == getattr(b, "shape", 0)
            if not alike_in_kind or callable(a):
                break
            args = list(one.args)
            args[i], args[j] = b, a
            try:
                results.append(exercise.ask(program, one._replace(args=tuple(args))))
            except Exception:
                break
        if len(results) < len(cases):
            continue
        moved = sum(not exercise.alike(x, y) for x, y in zip(results, right, strict=True))
        values = len(right[0].parts) - len(exercise.slopes)
        if moved and all(
            exercise.alike(x.only(values), y.only(values))
            for x, y in zip(found, results, strict=True)
        ):
            fits.append(f"{exercise.names[i]} and {exercise.names[j]}")
    return f"right, with {fits[0]} exchanged." if len(fits) == 1 else None


def _ignored(exercise, parts: tuple, cases: Sequence, found: list) -> str | None:
    """An argument that changes nothing and should, or the other way round."""
    if len(cases[0].args) == 1:
        return None  # the cases themselves say so
    program = exercise.table.functions(exercise.table.right)
    deaf, listens = [], []
    for i, name in enumerate(exercise.names[: len(cases[0].args)]):
        mine_moves = theirs_moves = 0
        tried = 0
        for one, other in itertools.permutations(cases[:8], 2):
            a, b = one.args[i], other.args[i]
            if (
                callable(a)
                or type(a) is not type(b)
                or getattr(a, "shape", 0) != getattr(b, "shape", 0)
            ):
                continue
            if text_of(a) == text_of(b) and not isinstance(a, Tensor):
                continue
            between = isinstance(a, Tensor) and a.is_floating_point()  # a cut may hide the ends
            for other_value in (b, torch.lerp(a, b, 0.4)) if between else (b,):
                args = list(one.args)
                args[i] = copy.deepcopy(other_value)
                mixed = one._replace(args=tuple(args))
                try:
                    new, true = exercise.ask(parts, mixed), exercise.ask(program, mixed)
                    old, before = exercise.ask(parts, one), exercise.ask(program, one)
                except Exception:
                    continue
                tried += 1
                mine_moves += not exercise.alike(new, old)
                theirs_moves += not exercise.alike(true, before)
        if tried < 2:
            continue
        if theirs_moves and not mine_moves:
            deaf.append(name)
        if mine_moves and not theirs_moves:
            listens.append(name)
    if len(deaf) == 1 and not listens:
        return (
            f"{deaf[0]} changes nothing in your result, and it should: it is not used, is lost on "
            "the way, or cancels."
        )
    if len(listens) == 1 and not deaf:
        return f"your result changes with {listens[0]}, and it must not."
    return None


Experiment = Callable[..., str | None]
