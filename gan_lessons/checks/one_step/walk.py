"""Walk to the data: an exercise of lesson 21, Draw in one step."""

import copy
import itertools
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Answer, Case, Slip, Table, Value, case
from gan_lessons.checks.seen import Seen

RIGHT = """
def walk(end, z, calls):
    x = z
    for i in range(calls):
        t = i / calls
        velocity = (end(x, t) - x) / (1 - t)
        x = x + velocity / calls
    return x
"""

TIME = "t = i / calls"
VELOCITY = "(end(x, t) - x) / (1 - t)"
STEP = "velocity / calls"
STEPS = "range(calls)"

BACKWARD = (
    "t runs backward. Noise is at t = 0 and data at t = 1 here, so the first call is made at 0 and "
    "t grows. (Some papers count the other way.)"
)
AT_1 = (
    "the net is asked at t = 1, where nothing is left to walk and 1 − t is 0. Each step asks where "
    "it begins: the last one at 1 − 1/calls."
)
AHEAD = (
    "t is ahead of the place: a step asks where it begins, so the first call is made at t = 0, the "
    "last at 1 − 1/calls."
)
NO_SHARE = (
    "t is no share of the time: it counts steps. The net knows t from 0 to 1, so divide by calls."
)
UNEQUAL = "the steps are not equal: the calls are to be made at t = 0, 1/calls, 2/calls and so on."
ROUNDED = (
    "t has grown by 1/calls at a time, and rounding leaves it a hair below 1 after the last step: "
    "`while t < 1` then makes one step more. Count the steps: for i in range(calls), t = i / calls."
)
COUNT = (
    "not as many calls of the net as asked for: each step costs one, and `calls` steps are made."
)

SLIPS = (
    Slip(TIME, "t = 1 - i / calls", BACKWARD),
    Slip(STEPS, "range(calls - 1, -1, -1)", BACKWARD),
    Slip(TIME, "t = (i + 1) / calls", AT_1),
    Slip(TIME, "t = i / max(calls - 1, 1)", AT_1),
    Slip(STEPS, "range(calls + 1)", AT_1),
    Slip(TIME, "t = i", NO_SHARE),
    Slip(STEPS, "range(calls - 1)", COUNT),
    Slip(STEPS, "range(1, calls)", COUNT),
    Slip(TIME, "t = (i + 0.5) / calls", AHEAD),
    Slip(TIME, "t = 0.0", UNEQUAL),
    Slip(
        VELOCITY,
        "end(x, t) - x",
        "what is left of the way is taken for a velocity: divide it by the time that is left, "
        "1 − t. Else each step is too short, and the walk ends before the data.",
    ),
    Slip(
        VELOCITY,
        "(end(x, t) - x) / max(t, 1e-6)",
        "the way is divided by t, the time that is gone. What is left of it is 1 − t.",
    ),
    Slip(
        VELOCITY,
        "(end(x, t) - x) / (t if i else 1)",
        "the way is divided by t, the time that is gone. What is left of it is 1 − t.",
    ),
    Slip(
        VELOCITY,
        "(end(x, t) - x) * calls / (calls - i - 1)",
        "the time that is left is counted from the *end* of the step: one step too few, and none "
        "at the last step, where the walk leaves for infinity. At step i it is calls − i steps.",
    ),
    Slip(
        VELOCITY,
        "(end(x, t) - x) / (1 - t + 0.05)",
        "something is added to the time that is left. It never gets to 0: the last step begins at "
        "1 − 1/calls.",
    ),
    Slip(
        VELOCITY,
        "(end(x, t) - x) * (1 - t)",
        "the way is multiplied by the time that is left. A velocity is way *divided* by time.",
    ),
    Slip(
        VELOCITY,
        "(end(x, t) - z) / (1 - t)",
        "the way that is left is measured from z. After the first step you stand at x.",
    ),
    Slip(
        VELOCITY,
        "end(x, t) - z",
        "the velocity is end − z, that of a path that has always led to this end. But the end that "
        "the net says changes on the way: from x, (end − x) in the time that is left.",
    ),
    Slip(
        VELOCITY,
        "(end(z, t) - x) / (1 - t)",
        "the net is asked of z at every step. Ask it of x, the place you have come to.",
    ),
    Slip(
        VELOCITY,
        "(end(z, t) - z) / (1 - t)",
        "z stands where x belongs: the net is asked of the start again and again.",
    ),
    Slip(
        VELOCITY,
        "(x - end(x, t)) / (1 - t)",
        "the walk leads away from the end: the sign is turned. The way is end − x.",
    ),
    Slip(
        VELOCITY,
        "end(x, t)",
        "the net's answer is no velocity but a place, the end of the path: subtract x, and divide "
        "by the time that is left.",
    ),
    Slip(
        STEP,
        "velocity",
        "the length of a step is missing: a velocity is walked for 1/calls of the time.",
    ),
    Slip(
        STEP,
        "velocity / (calls + 1)",
        "the steps are too short: calls steps fill the time from 0 to 1, so each takes 1/calls.",
    ),
    Slip(
        STEP,
        "velocity * (1 - t)",
        "each step goes all the way to the end that the net says. It is to take 1/calls of the "
        "time, for the net knows better later on.",
    ),
    Slip(
        "x = x + velocity / calls",
        "x = velocity / calls",
        "a step takes the place of the place: add it to where you stand, x = x + …",
    ),
    Slip(
        "velocity = (end(x, t) - x) / (1 - t)\n        x = x + velocity / calls",
        "x = x + (end(x, t) - x) * (i + 1) / calls",
        "the share of the way that a step takes is not (i + 1)/calls. Of calls − i steps that are "
        "left it is one: 1/(calls − i), at last all of it.",
    ),
    Slip(
        "velocity = (end(x, t) - x) / (1 - t)\n        x = x + velocity / calls",
        "x = (1 - t) * x + t * end(x, t)",
        "place and end are mixed by t. The end is the *goal*: a step takes 1/calls "
        "of the time toward it, and that is 1/(calls − i) of the way.",
    ),
    Slip(
        "    x = z\n    for i in range(calls):\n        t = i / calls\n"
        "        velocity = (end(x, t) - x) / (1 - t)\n        x = x + velocity / calls\n"
        "    return x",
        "    return sum(end(z, i / calls) for i in range(calls)) / calls",
        "the mean of all ends comes back, each asked at z. A walk moves: the next call is made "
        "where the last step has led.",
    ),
    Slip(
        "    return x",
        "    return x.round(decimals=3)",
        "the places are rounded.",
    ),
    Slip(
        "x = x + velocity / calls",
        "x = z + velocity / calls",
        "every step starts at z again, so only the last one counts: x = x + …",
    ),
    Slip(
        "velocity = (end(x, t) - x) / (1 - t)\n        x = x + velocity / calls",
        "then = t + 1 / calls\n        x = (1 - then) * z + then * end(x, t)",
        "each step lands on the straight line from z to the end that the net says now, as if you "
        "had never left it. The path has bent since: walk on from x.",
    ),
    Slip(
        "    return x",
        "        return x",
        COUNT + " Is `return` inside the loop?",
    ),
)


class KnownEnd:
    """A net that says where a path ends, known everywhere, and notes when it is asked.

    Places have any shape, and each number moves alone.
    """

    __name__ = "a known net"

    def __init__(self, bend: float):
        self.bend, self.asked = bend, []

    def __call__(self, x: Tensor, t: float | Tensor) -> Tensor:
        """Return the ends of the paths that are at x at time t, a number or a tensor of numbers."""
        times = torch.as_tensor(t, dtype=torch.float64)
        if times.numel() != 1:
            raise Wrong(
                f"end(x, t) takes one number for t, and gets the shape {tuple(times.shape)}. All "
                "points, pictures and runs of a batch walk at the same time: t = i / calls."
            )
        t = float(times)
        self.asked.append(t)
        return (1.0 + t) * torch.sin(self.bend * x) + 0.3 * x - 0.5


def _walked(walk: Callable, end: KnownEnd, z: Tensor, calls: int) -> Tensor:
    """Return where a walk ends; what is wrong with its times is told."""
    end.asked = []
    x = walk(end, z, calls)
    if x is None:
        return x
    times = end.asked
    later = [b - a for a, b in itertools.pairwise(times)]
    if times and later and max(later) < 0:
        raise Wrong(BACKWARD)
    if times and max(times) > 1 + 1e-6 and all(t == round(t) for t in times):
        raise Wrong(NO_SHARE)
    if len(times) == calls + 1 and 0 < abs(times[-1] - 1) < 1e-6:
        raise Wrong(ROUNDED)
    if times and max(times) > 1 - 1e-6:
        raise Wrong(AT_1)
    if len(times) != calls:
        raise Wrong(COUNT)
    if later and max(later) - min(later) < 1e-6 and abs(later[0] - 1 / calls) < 1e-6:
        if abs(times[0]) > 1e-6:
            raise Wrong(AHEAD)
    elif later or abs(times[0]) > 1e-6:
        raise Wrong(UNEQUAL if later else AHEAD)
    return x


def cases(seed: int) -> Sequence[Case]:
    """Return nets, starts and numbers of calls."""
    rng = torch.Generator().manual_seed(seed)
    found = []
    for label, shape, calls in (
        ("two calls and one point", (1, 2), 2),
        ("one call", (3, 2), 1),
        ("four calls", (5, 2), 4),
        ("images", (2, 1, 2, 2), 3),
        ("three runs side by side", (3, 4, 2), 8),
        ("ten calls", (4, 2), 10),
    ):
        bend = 0.7 + 0.6 * float(torch.rand((), generator=rng))
        found.append((label, KnownEnd(bend), torch.randn(shape, generator=rng), calls))
    return [case(*one) for one in copy.deepcopy(found)]


def _far_away(parts: Answer, cases: Sequence[Case]) -> None:
    """Name a walk that leaves for a distance where no end ever is."""
    found = [seen for seen in walk.all_of(parts, cases) if isinstance(seen, Seen)]
    if any(float(seen.parts[0].abs().max()) > 1e3 for seen in found):
        raise Wrong(
            "the walk leaves for a far distance: a velocity is much too large. The way is divided "
            "by the time that is left where the step *begins*, 1 − t: from 1 at first to 1/calls "
            "at last, never 0."
        )


walk = Value(
    title="Walk to the data",
    proves="each step asks the net at the place and the time where it begins, turns the end into a "
    "velocity and walks it for 1/calls; it takes points, images and runs side by side.",
    hints=(
        "At x and t the way that is left is end(x, t) − x, and the time that is left is 1 − t. "
        "Which velocity gets you there?",
        "In a loop over range(calls): t = i / calls; the velocity is what is left of the way, "
        "divided by what is left of the time; x moves by velocity / calls. z only starts it.",
        "x = z; for i in range(calls): t = i / calls; x = x + (end(x, t) - x) / (1 - t) / calls; "
        "return x. (The same: x + (end(x, t) - x) / (calls - i).)",
    ),
    asks="Check ``walk(end, z, calls)``: from noise z along a net that says ends, in equal steps.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    observe=_walked,
    signs=_far_away,
    refused={
        "division by zero": "your code divides by 0. The time that is left where a step begins is "
        "1 − t: 1 at first, 1/calls at last. (t itself is 0 at the first step, and calls − i − 1 "
        "at the last.)",
    },
)
