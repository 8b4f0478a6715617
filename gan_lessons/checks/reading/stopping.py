"""Know when to stop: an exercise of lesson 05, Read a GAN."""

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from gan_lessons import data
from gan_lessons.checks.exercise import Wrong, exercise

TUNED, EVERY, BEST_FIXED = 8, 50, 10  # traces to tune on, steps per look, best fixed look on them


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
            if isinstance(kept, bool) or not -len(looks) <= int(kept) < len(looks):
                raise Wrong(
                    f"after {len(looks)} looks you return {kept!r}. Return None to go on, or the "
                    "index of the look to keep (0 is the first), not a step."
                )
            return int(kept) % len(looks), len(looks)
    return None, len(looks)


def _made(distances: list[float], *, loss_d: float = 1.2, loss_g: float = 0.9) -> Tensor:
    """Return a trace with given distances and flat losses."""
    return torch.tensor([[d, d, loss_d, loss_g + i / 1e3] for i, d in enumerate(distances)])


def _check_habits(rule: Callable) -> None:
    """What a rule must do on made-up traces whose right answer is plain."""
    valley = [1.0, 0.6, 0.4, 0.3, 0.2] + [0.3 + 0.02 * i for i in range(45)]
    kept, seen = follow(rule, _made(valley))
    others = [_made(valley, loss_d=2 * math.log(2)), _made(valley, loss_d=0.1, loss_g=4.0)]
    others.append(_made(valley))
    others[2][:, 2:] = others[2][:, 2:].flip(0) * torch.linspace(2, 0.5, 50)[:, None]
    if any(follow(rule, other) != (kept, seen) for other in others):
        raise Wrong(
            "the same distances with other losses make you stop elsewhere: the rule listens to "
            "the losses, which measure each player against the other and not against the data."
        )
    if kept is None:
        raise Wrong("the distance grows for 45 looks in a row, and your rule never stops.")
    if follow(rule, _made([7 * d for d in valley])) != (kept, seen):
        raise Wrong(
            "with all distances 7 times as large you stop elsewhere: a fixed threshold fits one "
            "data set only. Compare looks with each other."
        )
    if follow(rule, _made([1 / (i + 1) for i in range(30)]))[0] is not None:
        raise Wrong("you stop a run that gets better at every single look.")
    if seen > 5 and kept == seen - 1:
        raise Wrong(
            "you stop in time and keep the last look. While you were waiting it got worse: keep "
            "the best one."
        )
    if seen > 5 and valley[kept] == max(valley[:seen]):
        raise Wrong("you keep the look with the largest distance; a small one is good.")
    noisy = [1 / (i + 1) + (0.02 if i % 2 else 0) for i in range(12)]
    if seen <= 6 or follow(rule, _made(noisy))[0] is not None:
        raise Wrong("one worse look makes you stop. Looks are noisy: wait for several in a row.")
    if valley[kept] != min(valley):
        raise Wrong(f"the best look of the valley is number 4; you keep {kept}.")


@exercise(
    title="Know when to stop",
    proves="on 16 runs your rule beats the best fixed number of steps, and the 95 % interval of "
    "the paired difference stays below 0.",
    hints=(
        "Early stopping with patience: remember the best look so far, and stop when it has not "
        "been beaten for several looks.",
        "distances = [look.distance for look in looks]; best = distances.index(min(distances)).",
        "Return best if len(looks) - 1 - best >= 6, else None.",
    ),
)
def stopping(answer: Callable) -> str:
    """Check ``rule(looks)`` by its habits on made-up traces, then on 16 of the gallery's runs."""
    _check_habits(answer)
    gain, bound, steps = gain_of(answer)
    if steps > 1_400:
        raise Wrong(f"your rule spends {steps:,.0f} of 1,500 steps: it hardly ever stops.")
    if bound > 0:
        raise Wrong(
            f"over 16 runs the distance changes by {gain:+.4f}, and the 95 % interval reaches up "
            f"to {bound:+.4f}: not better than a fixed count for sure. How patient is your rule?"
        )
    return f"Distance {gain:+.4f} (at most {bound:+.4f}), with {steps:,.0f} steps on average."


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
