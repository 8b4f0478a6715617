"""Know when to stop: an exercise of lesson 05, Read a GAN."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from gan_lessons import data
from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Property, Slip, Table

TUNED, EVERY, BEST_FIXED = 8, 50, 10  # traces to tune on, steps per look, best fixed look on them

RIGHT = """
def stopping(looks):
    distances = [look.distance for look in looks]
    best = distances.index(min(distances))
    return best if len(looks) - 1 - best >= 6 else None
"""

COUNTED = """
def stopping(looks):
    best, misses = math.inf, 0
    for look in looks:
        misses = 0 if look.distance < best else misses + 1
        best = min(best, look.distance)
    return -1 - misses if misses == 8 else None
"""

SLIPS = (
    Slip("look.distance for", "look.loss_g for", "the rule listens to the losses"),
    Slip("look.distance for", "look.loss_d for", "the rule listens to the losses"),
    Slip("min(distances)", "max(distances)", "you keep the look with the largest distance"),
    Slip("return best if", "return len(looks) - 1 if", "you stop in time and keep the last look"),
    Slip("return best if", "return best + 1 if", "The best look of the valley is number 4"),
    Slip("return best if", "return looks[best].step if", "(0 is the first), not a step"),
    Slip("return best if", "return looks[best] if", "(0 is the first), not a step"),
    Slip("return best if", "return distances[best] if", "(0 is the first), not a step"),
    Slip("return best if", "return True if", "(0 is the first), not a step"),
    Slip(">= 6", ">= 1", "one worse look makes you stop"),
    Slip(">= 6", ">= 25", "it hardly ever stops"),
    Slip(">= 6", ">= 60", "your rule never stops"),
    Slip("best if len(looks) - 1 - best >= 6 else None", "None", "your rule never stops"),
    Slip("else None", "else best", "you stop at the very first look"),
    Slip("else None", "else 0", "you stop at the very first look"),
    Slip("len(looks) - 1 - best >= 6", "len(looks) == 10", "you stop a run that gets better"),
    Slip("len(looks) - 1 - best >= 6", "min(distances) < 0.25", "a fixed threshold fits one"),
)


class Look(NamedTuple):
    """What a stopping rule may see of a run at one moment. Lesson 05."""

    step: int
    distance: float
    loss_d: float
    loss_g: float


def follow(rule: Callable, trace: Tensor) -> tuple[int | None, int]:
    """Show a rule the looks of a trace (L, 4) one by one; return the look kept and how many seen.

    Columns: validation distance, test distance (never shown), loss_d, loss_g. A rule that never
    stops keeps None. Lesson 05.
    """
    looks = []
    for i, (distance, _, loss_d, loss_g) in enumerate(trace.tolist(), start=1):
        looks.append(Look(EVERY * i, distance, loss_d, loss_g))
        kept = rule(list(looks))
        if kept is not None:
            if not _is_index(kept, len(looks)):
                so_far = "1 look" if i == 1 else f"{i} looks"
                raise Wrong(
                    f"after {so_far} you return {kept!r}. Return None to go on, or the "
                    "index of the look to keep (0 is the first), not a step."
                )
            return int(kept) % len(looks), len(looks)
    return None, len(looks)


def _is_index(kept: object, length: int) -> bool:
    """Say whether something is a whole number that counts one of so many looks."""
    try:
        return not isinstance(kept, bool) and int(kept) == kept and -length <= kept < length
    except (TypeError, ValueError):
        return False


VALLEY = [1.0, 0.6, 0.4, 0.3, 0.2] + [0.3 + 0.02 * i for i in range(45)]


def _made(distances: list[float], *, loss_d: float = 1.2, loss_g: float = 0.9) -> Tensor:
    """Return a trace with given distances and flat losses."""
    return torch.tensor([[d, d, loss_d, loss_g + i / 1e3] for i, d in enumerate(distances)])


def _the_losses_change_nothing(rule) -> str | None:
    others = [_made(VALLEY, loss_d=2 * math.log(2)), _made(VALLEY, loss_d=0.1, loss_g=4.0)]
    others.append(_made(VALLEY))
    others[2][:, 2:] = others[2][:, 2:].flip(0) * torch.linspace(2, 0.5, 50)[:, None]
    usual = follow(rule, _made(VALLEY))
    if any(follow(rule, other) != usual for other in others):
        return (
            "the same distances with other losses make you stop elsewhere: the rule listens to "
            "the losses, which measure each player against the other and not against the data."
        )
    return None


def _it_stops_where_the_distance_grows(rule) -> str | None:
    kept, seen = follow(rule, _made(VALLEY))
    if kept is None:
        return "the distance grows for 45 looks in a row, and your rule never stops."
    if seen == 1:
        return "you stop at the very first look: as long as a run shall go on, return None."
    return None


def _no_threshold_is_fixed(rule) -> str | None:
    for scale, how in ((8, "8 times as large"), (1 / 1024, "1,024 times as small")):  # exact
        if follow(rule, scale * _made(VALLEY)) != follow(rule, _made(VALLEY)):
            return (
                f"with all distances {how} you stop elsewhere: a fixed threshold fits one data set "
                "only. Compare looks with each other."
            )
    return None


def _no_large_distance_is_kept(rule) -> str | None:
    kept, seen = follow(rule, _made(VALLEY))
    if seen > 5 and VALLEY[kept] == max(VALLEY[:seen]):
        return "you keep the look with the largest distance; a small one is good."
    return None


def _a_run_that_gets_better_goes_on(rule) -> str | None:
    if follow(rule, _made([1 / (i + 1) for i in range(30)]))[0] is not None:
        return "you stop a run that gets better at every single look."
    return None


def _the_last_look_is_not_kept(rule) -> str | None:
    kept, seen = follow(rule, _made(VALLEY))
    if seen > 5 and kept == seen - 1:
        return (
            "you stop in time and keep the last look. While you were waiting it got worse: keep "
            "the best one."
        )
    return None


def _one_worse_look_is_borne(rule) -> str | None:
    noisy = [1 / (i + 1) + (0.02 if i % 2 else 0) for i in range(12)]
    if follow(rule, _made(VALLEY))[1] <= 6 or follow(rule, _made(noisy))[0] is not None:
        return "one worse look makes you stop. Looks are noisy: wait for several in a row."
    return None


def _the_best_look_is_kept(rule) -> str | None:
    kept, _ = follow(rule, _made(VALLEY))
    if VALLEY[kept] != min(VALLEY):
        return (
            "distances fall from 1 to 0.2 and grow again. The best look of the valley is number 4, "
            f"counted from 0; you keep {kept}."
        )
    return None


def _it_saves_steps_and_beats_a_fixed_count(rule) -> str | None:
    gain, _, steps = gain_of(rule)
    if steps > 1_400:
        return f"your rule spends {steps:,.0f} of 1,500 steps: it hardly ever stops."
    if gain >= 0:
        return (
            f"over 16 runs the distance changes by {gain:+.4f} on average: not better than a "
            "fixed count. How patient is your rule?"
        )
    return None


def _how_sure_that_is(rule) -> str:
    """Return the gain, the bound of its interval and the steps spent, in words."""
    gain, bound, steps = gain_of(rule)
    told = f"Distance {gain:+.4f} (at most {bound:+.4f}), with {steps:,.0f} steps on average."
    if bound > 0:
        told += " The 95 % interval reaches above 0: on 16 runs that may still be luck."
    return told


def gain_of(rule: Callable) -> tuple[float, float, float]:
    """Return the mean paired change of the test distance, its upper 95 % bound, and steps spent.

    Against the number of steps that is best on the first 8 traces (500), on the 16 others; the
    interval is Student's for 16 pairs. Lesson 05.
    """
    traces = data.gallery().traces[TUNED:]
    ends = [follow(rule, trace) for trace in traces]
    pairs = [
        float(trace[-1 if kept is None else kept, 1] - trace[BEST_FIXED - 1, 1])
        for trace, (kept, _) in zip(traces, ends, strict=True)
    ]
    change = torch.tensor(pairs)
    half = 2.131 * float(change.std()) / math.sqrt(len(pairs))  # t of 15 degrees, 97.5 %
    spent = EVERY * sum(seen for _, seen in ends) / len(ends)
    return float(change.mean()), float(change.mean()) + half, spent


stopping = Property(
    title="Know when to stop",
    proves="on 16 runs your rule beats the best fixed number of steps on average; the 95 % "
    "interval of the paired difference says how sure that is.",
    hints=(
        "Early stopping with patience: remember the best look so far, and stop when it has not "
        "been beaten for several looks.",
        "distances = [look.distance for look in looks]; best = distances.index(min(distances)).",
        "Return best if len(looks) - 1 - best >= 6, else None.",
    ),
    asks="Check ``rule(looks)`` by its habits on made-up traces, then on 16 of the gallery's runs.",
    table=Table(RIGHT, SLIPS, also={COUNTED: None}),
    facts=(
        _the_losses_change_nothing,
        _it_stops_where_the_distance_grows,
        _no_threshold_is_fixed,
        _no_large_distance_is_kept,
        _a_run_that_gets_better_goes_on,
        _the_last_look_is_not_kept,
        _one_worse_look_is_borne,
        _the_best_look_is_kept,
        _it_saves_steps_and_beats_a_fixed_count,
    ),
    remark=_how_sure_that_is,
)
