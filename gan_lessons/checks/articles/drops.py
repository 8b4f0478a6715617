"""Which layer to drop: an exercise of lesson 22c, Make five articles run."""

import math
import random
from collections.abc import Callable, Iterable, Sequence
from numbers import Integral

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def drops(start, strides, wanted):
    total = start * math.prod(strides)
    return [i for i, stride in enumerate(strides) if total == wanted * stride]
"""
LIST = "a list of the layers' numbers is asked, such as [1, 2]"
TEST, TOTAL = "total == wanted * stride", "start * math.prod(strides)"

SLIPS = (
    Slip(
        TEST,
        "stride == 2",
        "you list every layer of stride 2, whatever the sizes are. Without layer i the side is "
        "start times the product of the other strides: ask whether that is what is wanted.",
    ),
    Slip(
        TEST,
        "stride > 1",
        "you list every layer that enlarges. Dropping one helps only if the sides then fit: "
        "compare with what is wanted.",
    ),
    Slip(
        "total == wanted * stride]",
        "total == wanted * stride][:1]",
        "you stop at the first layer that will do. All of them are asked for.",
    ),
    Slip(
        "total == wanted * stride]",
        "total == wanted * stride][-1:]",
        "you return the last layer that will do. All of them are asked for.",
    ),
    Slip(
        "[i for i",
        "[i + 1 for i",
        "you count the layers from 1. Their numbers are places in the list: the first is 0.",
    ),
    Slip(
        "[i for i,",
        "[stride for i,",
        "you return strides. The numbers of the layers are asked for: their places in the list.",
    ),
    Slip(
        TEST,
        "total != wanted * stride",
        "you list the layers that must stay. Turn the question round.",
    ),
    Slip(
        TOTAL,
        "math.prod(strides)",
        "the first map's side is left out: a side is start times the product of the strides.",
    ),
    Slip(
        TOTAL,
        "start * 2 ** len(strides)",
        "you double at every layer. A layer of stride s makes a side s times as long, and stride 1 "
        "leaves it as it is.",
    ),
    Slip(
        TOTAL,
        "start * sum(strides)",
        "you add the strides up. Each layer multiplies what it gets: take the product.",
    ),
    Slip(
        TEST,
        "total == wanted",
        "you ask whether the side is right with all layers in place. Ask without layer i: divide "
        "by its stride.",
    ),
    Slip(
        TEST,
        "total * stride == wanted",
        "you put a second layer of that kind in. Without a layer the side is divided by its "
        "stride.",
    ),
    Slip(
        TEST,
        "total <= wanted * stride",
        "you also accept sides that are too small: the side must be what is wanted.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return the article's generator first, then one that needs nothing, then drawn ones."""
    dice = random.Random(seed)
    drawn = []
    for _ in range(20):
        start = dice.choice([3, 4, 5, 7])
        strides = [dice.choice([1, 2, 2, 3, 4]) for _ in range(dice.randint(2, 5))]
        total = start
        for stride in strides:
            total *= stride
        wanted = total // dice.choice(strides)
        drawn.append(case("drawn strides", start, strides, wanted))
    return (
        case("one layer of stride 2", 7, [2], 7),
        case("the article's generator", 7, [1, 2, 2, 2], 28),
        case("one that is as it should be", 4, [2, 2], 16),
        case("a layer of stride 1 too many", 4, [1, 2], 8),
        case("no layer that helps", 5, [2, 3], 7),
        case("a side that comes out too small", 4, [2, 4], 64),
        case("one that is half too small", 4, [2, 2, 1], 32),
        *drawn,
    )


def _listed(answer: Callable, start: int, strides: list[int], wanted: int) -> list[int] | None:
    """Return the numbers that an answer gives, whatever holds them."""
    found = answer(start, strides, wanted)
    if found is None:
        if math.prod([start, *strides]) in [wanted * stride for stride in strides]:
            return None
        raise Wrong(
            f"None comes back for start={start}, strides={strides}, wanted={wanted}: where no "
            "layer will do, return the empty list, []."
        )
    if isinstance(found, Tensor):
        found = found.flatten().tolist()
    if not isinstance(found, Iterable) or isinstance(found, str):
        raise Wrong(f"{LIST}; {type(found).__name__} comes back.")
    found = list(found)
    if not all(isinstance(i, Integral) and not isinstance(i, bool) for i in found):
        raise Wrong(f"{LIST}; what comes back holds {type(found[0]).__name__}.")
    return [int(i) for i in found]


def _counted(answer: Callable, start: int, strides: list[int], wanted: int) -> Tensor | None:
    """Return how often each layer is named, (8,); the last counts all that is no layer."""
    found = _listed(answer, start, strides, wanted)
    if found is None:
        return None
    places = [i if 0 <= i < 7 else 7 for i in found]
    return torch.tensor(places, dtype=torch.long).bincount(minlength=8).double()


def _what_each_leaves(parts: tuple[Callable, ...], cases: Sequence[Case]) -> None:
    """Raise the first case that is wrong, with the sides that are left."""
    for one in cases:
        start, strides, wanted = one.args
        found = _listed(parts[0], start, list(strides), wanted)
        left = [start * math.prod(strides) // stride for stride in strides]
        if sorted(found) != [i for i, side in enumerate(left) if side == wanted]:
            raise Wrong(
                f"for start={start}, strides={strides}, wanted={wanted} you return {found}. "
                f"Without layer 0, 1, … the side is {', '.join(map(str, left))}: which of these "
                "are wanted?"
            )


drops = Value(
    title="Which layer to drop",
    proves="your function finds all layers whose loss makes the side right, in 27 generators.",
    hints=(
        "With 'same' padding a layer of stride s makes the side s times as long. The side at the "
        "end is start times the product of all strides.",
        "Without layer i that product is divided by strides[i]. When is the rest what is wanted?",
        "total = start * math.prod(strides); keep each i with total == wanted * strides[i].",
    ),
    asks="Check ``drops(start, strides, wanted)``: the numbers of the layers to leave out.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    observe=_counted,
    signs=_what_each_leaves,
)
