"""Diagnose unseen runs: an exercise of lesson 05, Read a GAN."""

import random
from collections import Counter
from collections.abc import Callable

from gan_lessons import data
from gan_lessons.checks.exercise import Wrong, exercise
from gan_lessons.data.gallery import KINDS, Gallery

NEEDED = 14  # of 16 unseen runs


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
