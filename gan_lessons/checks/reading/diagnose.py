"""Diagnose unseen runs: an exercise of lesson 05, Read a GAN."""

import random
from collections import Counter
from collections.abc import Callable

from gan_lessons import data, detectors
from gan_lessons.checks.grader import Property, Slip, Table
from gan_lessons.data.gallery import KINDS

NEEDED = 14  # of 16 unseen runs

RIGHT = """
def diagnose(run):
    real = run.numbers["real_logit"][-100:]
    fake = run.numbers["fake_logit"][-100:]
    if run.mates > 0.01:
        return "batch norm"
    if run.numbers["fake_logit"].min() >= 0:
        return "double sigmoid"
    if min(real.mean(), -fake.mean()) > 4:
        pressed = (run.looks[-1].abs() > 0.99).any(dim=1)
        return "range mismatch" if pressed.all() else "D wins"
    if (real - fake).abs().mean() < 0.01:
        return "no real data"
    if oscillates(run.looks, ring.centers):
        return "oscillation"
    few = collapsed(run.looks, ring.centers)
    return "collapse" if few else "healthy"
"""

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
    (
        "D wins",
        "collapse",
    ): "both logits are far from 0 to the end: D is sure, whatever the samples "
    "look like. Ask for that before you count modes.",
    ("collapse", "range mismatch"): "D is not as sure there as in a range mismatch, where both "
    "logits stay beyond ±4.",
    ("healthy", "no real data"): "D's two logits do differ from step to step: only equal batches "
    "give equal logits.",
    ("healthy", "collapse"): "most of the eight modes do get samples there: count them.",
    ("collapse", "double sigmoid"): "its logits do fall below 0 at times; what comes out of a "
    "sigmoid never does.",
}

SLIPS = (
    Slip('return "no real data"', 'return "healthy"', MISREAD["no real data", "healthy"]),
    Slip(
        'if run.mates > 0.01:\n        return "batch norm"',
        'if abs(run.numbers["loss_d"][-100:].mean() - 1.386) < 0.02:\n        return "healthy"',
        MISREAD["no real data", "healthy"],
    ),
    Slip(
        '"range mismatch" if pressed.all() else "D wins"',
        '"healthy"',
        MISREAD["D wins", "healthy"],
    ),
    Slip(
        '    if oscillates(run.looks, ring.centers):\n        return "oscillation"\n'
        "    few = collapsed(run.looks, ring.centers)\n",
        "    few = False\n",
        MISREAD["collapse", "healthy"],
    ),
    Slip(
        '    if run.mates > 0.01:\n        return "batch norm"\n'
        '    if run.numbers["fake_logit"].min() >= 0:\n        return "double sigmoid"\n',
        "",
        MISREAD["batch norm", "healthy"],
    ),
    Slip(
        "(real - fake).abs().mean() < 0.01",
        "max(real.mean(), -fake.mean()) < 1",
        MISREAD["oscillation", "no real data"],
    ),
    Slip("-fake.mean()) > 4", "fake.mean()) > 4", MISREAD["D wins", "collapse"]),
    Slip("-fake.mean()) > 4", "-fake.mean()) > 0", MISREAD["collapse", "range mismatch"]),
    Slip("min() >= 0", "max() >= 0", MISREAD["collapse", "double sigmoid"]),
    Slip('if few else "healthy"', 'if not few else "healthy"', MISREAD["collapse", "healthy"]),
    Slip('"collapse" if few', '"mode collapse" if few', "is not one of the eight names"),
    Slip('return "collapse" if few else "healthy"', "pass", "a return is missing"),
    Slip(
        'if run.mates > 0.01:\n        return "batch norm"',
        'return "healthy"',
        "no evidence enters",
    ),
)


def _make(diagnose: Callable) -> list[tuple[str, str]]:
    """Return pairs (what it is, what the answer said), one for each unseen run."""
    gallery = data.gallery()
    runs = list(zip(gallery.unseen, gallery.truth, strict=True))
    random.Random(5).shuffle(runs)
    return [(truth, diagnose(run)) for run, truth in runs]


def _mistakes(said: list[tuple[str, str]]) -> Counter:
    """Return how often each kind was called by which other name."""
    return Counter((truth, name) for truth, name in said if truth != name)


def _every_name_is_one_of_the_eight(said) -> str | None:
    strangers = [name for _, name in said if name not in KINDS]
    if strangers and strangers[0] is None:
        return (
            "for one of the runs None comes back: a return is missing on one of your ways (or you "
            "return run.kind, which no unseen run tells)."
        )
    if strangers:
        return f"{strangers[0]!r} is not one of the eight names: {', '.join(KINDS)}."
    return None


def _evidence_enters(said) -> str | None:
    if len({name for _, name in said}) == 1:
        return f"you call every run {said[0][1]!r}: no evidence enters."
    return None


def _a_run_without_data_is_not_healthy(said) -> str | None:
    pair = "no real data", "healthy"  # the one mistake that no score makes up for
    return MISREAD[pair] if _mistakes(said)[pair] == 2 else None


def _enough_runs_are_named_rightly(said) -> str | None:
    wrong = _mistakes(said)
    score = len(said) - sum(wrong.values())
    if score >= NEEDED:
        return None
    told = f"{score} of 16 are right, {NEEDED} are needed. "
    for (truth, name), words in MISREAD.items():
        if wrong[truth, name] == 2:
            return f"{told}{truth!r} is called {name!r}: {words}"
    (truth, name), _ = wrong.most_common(1)[0]
    return f"{told}For one, {truth!r} is called {name!r}. What sets these two apart?"


def _score(said) -> str:
    """Return how many were named rightly, and what was not."""
    wrong = _mistakes(said)
    missed = "; ".join(f"{truth} was called {name}" for truth, name in wrong)
    return f"You named {len(said) - sum(wrong.values())}." + (f" Missed: {missed}." * bool(missed))


diagnose = Property(
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
    asks="Check ``diagnose(run)`` on the 16 unseen runs of the gallery; wrong habits are named.",
    table=Table(
        RIGHT,
        SLIPS,
        uses={
            "ring": data.ring(8),
            "oscillates": detectors.oscillates,
            "collapsed": detectors.collapsed,
        },
    ),
    make=_make,
    facts=(
        _every_name_is_one_of_the_eight,
        _evidence_enters,
        _a_run_without_data_is_not_healthy,
        _enough_runs_are_named_rightly,
    ),
    remark=_score,
)
