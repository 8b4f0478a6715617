"""Checks of lesson 05, Read a GAN. None of them trains: the runs they ask about ship."""

import math
import random
from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from gan_lessons import data
from gan_lessons.checks.exercise import Wrong, exercise
from gan_lessons.data.gallery import KINDS, Gallery

NEEDED = 14  # of 16 unseen runs
TUNED, EVERY, BEST_FIXED = 8, 50, 10  # traces to tune on, steps per look, best fixed look on them


@exercise(
    title="The rolling mean",
    proves="each entry is the mean of one whole window, and a NaN spoils its own windows only.",
    hints=(
        "How many windows of length w fit into T values, if each starts one step after the last?",
        "values.unfold(0, window, 1) gives all windows as rows, (T - window + 1, window).",
        "values.unfold(0, window, 1).mean(dim=1), and values[:0] if len(values) < window.",
    ),
)
def rolling_mean(answer: Callable) -> None:
    """Check ``rolling_mean(values, window)`` on squares, a constant, a NaN and a short curve."""
    values, window = torch.arange(10.0) ** 2, 4
    right = values.unfold(0, window, 1).mean(dim=1)
    found = torch.as_tensor(answer(values.clone(), window))
    if found.shape == right.shape and torch.allclose(found, right * window):
        raise Wrong("you return sums: divide by the window.")
    if len(found) == len(values) and found.ndim == 1:
        if torch.allclose(found, values.cumsum(0) / torch.arange(1, 11)):
            raise Wrong("this is the mean of everything so far: old steps never leave the window.")
        raise Wrong(
            "you return as many means as there are values, so some windows are filled up with "
            "something that is no step of the run. Only whole windows count: T - window + 1."
        )
    if len(found) == len(values) // window:
        raise Wrong("your windows lie side by side. Let them overlap: each starts one step later.")
    if found.shape != right.shape:
        raise Wrong(f"10 values have 7 windows of 4; you return shape {tuple(found.shape)}.")
    if not torch.allclose(found, right, rtol=1e-4):
        raise Wrong(f"the first window holds 0, 1, 4, 9: its mean is 3.5, not {found[0]:.4g}.")
    values[2] = torch.nan
    bad = torch.as_tensor(answer(values, window)).isnan()
    if not bad[:3].all():
        raise Wrong("a NaN disappears in your mean. A detector must not be lied to: keep it.")
    if bad[3:].any():
        raise Wrong("one NaN spoils every later mean, as a running sum does: use whole windows.")
    try:
        short = torch.as_tensor(answer(torch.ones(3), window))
    except (RuntimeError, ValueError, IndexError) as error:
        raise Wrong("a run of 3 steps has no window of 4 yet: return an empty tensor.") from error
    if len(short):
        raise Wrong("a run of 3 steps has no whole window of 4 yet: return an empty tensor.")


@exercise(
    title="The plateau of a collapsed generator",
    proves="G's loss tells how many of K modes it holds, if D is at its best: ln(1 + K/k).",
    hints=(
        "At one of the k modes that G holds: what share of the real samples is there, and what "
        "share of the fake ones? The best D's probability is p / (p + q).",
        "p = 1/K and q = 1/k, so D says k / (K + k) to every fake sample.",
        "G's loss is minus the logarithm of that probability.",
    ),
)
def plateau(answer: Callable) -> None:
    """Check ``plateau(found, modes)``: G's loss with k of K modes and the best D, ln(1 + K/k)."""
    for found, modes in ((8, 8), (1, 8), (2, 8), (5, 25)):
        value, right = float(answer(found, modes)), math.log(1 + modes / found)
        if math.isclose(value, right, rel_tol=1e-3):
            continue
        place = f"for {found} of {modes} modes you get {value:.4g}: "
        ratio = modes / found
        named = {
            math.log(ratio): "that is minus the logit, ln(q/p). The loss is softplus of it.",
            math.log(1 + found / modes): "this falls when G collapses: p and q are exchanged.",
            right / math.log(2): "this is a logarithm to base 2; the losses use the natural one.",
            1 / (1 + ratio): "this is D's probability. G's loss is minus its logarithm.",
            math.log(2): "ln 2 is what G pays when it holds every mode, and only then.",
            2 * math.log(2): "2·ln 2 is D's loss when it knows nothing. The question is G's loss.",
        }
        for wrong, words in named.items():
            if math.isclose(value, wrong, rel_tol=1e-3, abs_tol=1e-9):
                raise Wrong(place + words)
        raise Wrong(place + f"the best D says {1 / (1 + ratio):.3f} there. What does G pay?")


def _confusions(answer: Callable, gallery: Gallery) -> list[tuple[str, str]]:
    """Return pairs (what it is, what the answer said), one for each unseen run."""
    runs = list(zip(gallery.unseen, gallery.truth, strict=True))
    random.Random(5).shuffle(runs)
    said = [(truth, answer(run)) for run, truth in runs]
    strangers = [name for _, name in said if name not in KINDS]
    if strangers:
        raise Wrong(f"{strangers[0]!r} is not one of the eight names: {', '.join(KINDS)}.")
    return said


MISREAD = {
    ("no real data", "healthy"): "a run without data is called healthy: D's loss is flat at 1.386 "
    "and you call that an equilibrium. It says only that D sees no difference: here no real data "
    "arrive. Look at the samples.",
    ("D wins", "healthy"): "D's loss near 0 is no success: D is sure, and G gets no answer.",
    ("collapse", "healthy"): "the curves alone do not show that most of the eight modes are "
    "missing. Count where the samples are.",
    ("oscillation", "collapse"): "few modes in the last look, but others than in the look before: "
    "compare looks, one is not enough.",
    ("oscillation", "no real data"): "both sit near 1.386, but here D's two logits do differ from "
    "step to step: only equal batches give equal logits.",
    ("range mismatch", "D wins"): "D wins, and there is a reason: the samples press against an "
    "edge that the data lie beyond. How far out do they reach?",
    ("batch norm", "healthy"): "the curves look healthy, but D judges a sample by its batch "
    "mates. No curve shows that; run.mates does.",
    ("double sigmoid", "no real data"): "both can sit at 1.386, but these logits are never "
    "negative: they have been through a sigmoid already.",
    ("double sigmoid", "healthy"): "logits that are never negative have been through a sigmoid.",
    ("collapse", "D wins"): "D was sure of itself for a while, but by the end G does have "
    "samples on real modes. Read the end of the curve, and look at the samples.",
}


@exercise(
    title="Diagnose unseen runs",
    proves=f"at least {NEEDED} of 16 runs that you have not seen are named rightly.",
    hints=(
        "Begin with the signs that only one kind has: run.mates above 0, logits that are never "
        "negative, samples that press against an edge.",
        "Then D wins: both logits far from 0 at the end. Then equal logits: no real data. The "
        "detectors tell oscillation and collapse; ask for oscillation first.",
        "The order batch norm, double sigmoid, range mismatch, D wins, no real data, oscillation, "
        "collapse, healthy works, with means over the last 100 steps.",
    ),
)
def diagnose(answer: Callable) -> str | None:
    """Check ``diagnose(run)`` on the 16 unseen runs of the gallery; wrong habits are named."""
    said = _confusions(answer, data.gallery())
    wrong = Counter((truth, name) for truth, name in said if truth != name)
    score = len(said) - sum(wrong.values())
    if len({name for _, name in said}) == 1:
        raise Wrong(f"you call every run {said[0][1]!r}: no evidence enters.")
    if wrong["no real data", "healthy"] == 2:  # the one mistake that no score makes up for
        raise Wrong(MISREAD["no real data", "healthy"])
    if score >= NEEDED:
        missed = "; ".join(f"{truth} was called {name}" for truth, name in wrong)
        return f"You named {score}." + (f" Missed: {missed}." if missed else "")
    told = f"{score} of 16 are right, {NEEDED} are needed. "
    for (truth, name), words in MISREAD.items():
        if wrong[truth, name] == 2:
            raise Wrong(f"{told}{truth!r} is called {name!r}: {words}")
    (truth, name), _ = wrong.most_common(1)[0]
    raise Wrong(f"{told}For one, {truth!r} is called {name!r}. What sets these two apart?")


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
