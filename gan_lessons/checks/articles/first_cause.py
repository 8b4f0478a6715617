"""The first cause: an exercise of lesson 22c, Make five articles run."""

import functools
from collections import Counter
from collections.abc import Callable

import torch
from torch import nn

from gan_lessons import data, detectors, triage
from gan_lessons.checks.grader import Property, Slip, Table

NEEDED = 10  # of 12 unseen runs
UNSEEN = (  # a fault, a seed that derived nothing, and what else differs
    ("nothing", 51, {"width": 96}),
    ("no real data", 52, {"batch_size": 96}),
    ("two sigmoids", 53, {"width": 96}),
    ("batch norm in D", 54, {"width": 48}),
    ("G's range", 55, {"end_of_g": nn.Hardtanh}),
    ("label 1 only", 56, {"width": 48}),
    ("D's sign", 57, {"width": 32}),
    ("G's sign", 58, {"width": 48}),
    ("G never updated", 59, {"batch_size": 32}),
    ("D never updated", 60, {"width": 96}),
    ("G too slow", 61, {"lr_g": 2e-5}),
    ("D too slow", 62, {"lr_d": 3e-4}),
)

RIGHT = """
def first_cause(run):
    real, fake = run.numbers["real_logit"], run.numbers["fake_logit"]
    on_real, on_fake = real[-100:].mean(), fake[-100:].mean()
    lowest = min(real.min(), fake.min())
    if run.mates > 0.01:
        return "batch norm in D"
    if run.numbers["loss_d"][-100:].mean() < -0.1:
        return "D's sign"
    if min(on_real, on_fake) > 4:
        return "label 1 only"
    if (real - fake)[-100:].abs().mean() < 0.01:
        return "two sigmoids" if lowest >= 0 else "no real data"
    if real.unfold(0, 100, 100).mean(1).std() < 0.005:
        return "D never updated"
    if lowest >= 0:
        return "two sigmoids"
    if min(on_real, -on_fake) > 4:
        if torch.equal(run.looks[0], run.looks[-1]):
            return "G never updated"
        far = run.looks[-1].abs()
        if (far > 0.97 * far.max()).any(dim=1).all():
            return "G's range"
        silent = run.numbers["loss_g"][-100:].mean().abs() < 0.1
        return "G's sign" if silent else "G too slow"
    if oscillates(run.looks, ring.centers):
        return "D too slow"
    few = collapsed(run.looks, ring.centers)
    return "D too fast" if few else "nothing"
"""

MISREAD = {
    ("no real data", "nothing"): "a run without real data is called healthy. D's loss lies at "
    "1.386 because its two batches are the same: its logits agree step for step.",
    ("D's sign", "nothing"): "D's loss is below 0 there. Cross entropy never is: somebody turned "
    "its sign.",
    ("G's sign", "G too slow"): "there G pays nothing, though D is sure of its samples: it is "
    "paid for being found out. A slow G pays a lot.",
    ("label 1 only", "nothing"): "D's two logits are high on both sides, and its loss is 0: it "
    "was never told of a fake that it is one.",
    ("G never updated", "G too slow"): "its first and its last look are the same, bit for bit. A "
    "slow G moves.",
    ("D never updated", "nothing"): "D's answer to real samples is the same all the time: nothing "
    "updates it.",
    ("G's range", "G too slow"): "all its samples lie on one border, and the data beyond it: G "
    "moves, and cannot get there.",
}

SLIPS = (
    Slip(
        '"two sigmoids" if lowest >= 0 else "no real data"',
        '"two sigmoids" if lowest >= 0 else "nothing"',
        MISREAD["no real data", "nothing"],
    ),
    Slip(
        'if torch.equal(run.looks[0], run.looks[-1]):\n            return "G never updated"\n'
        "        far = run.looks[-1].abs()\n"
        "        if (far > 0.97 * far.max()).any(dim=1).all():\n"
        '            return "G\'s range"\n'
        '        silent = run.numbers["loss_g"][-100:].mean().abs() < 0.1\n'
        '        return "G\'s sign" if silent else "G too slow"',
        'return "G too slow"',
        MISREAD["G's sign", "G too slow"],
    ),
    Slip('return "D too fast" if few else "nothing"', "pass", "a return is missing"),
    Slip('return "D never updated"', 'return "D is frozen"', "is not one of the names"),
    Slip(
        'if run.mates > 0.01:\n        return "batch norm in D"',
        'return "nothing"',
        "no evidence enters",
    ),
)


@functools.cache
def unseen() -> tuple[tuple[str, data.Run], ...]:
    """Train the twelve runs, once a session: pairs of what was planted and the run."""
    with torch.random.fork_rng(devices=[]):
        return tuple(
            (fault, triage.plant(seed, **{**triage.FAULTS[fault], **more}))
            for fault, seed, more in UNSEEN
        )


def _make(first_cause: Callable) -> list[tuple[str, str]]:
    """Return pairs (what was planted, what the answer said), one for each unseen run."""
    said = [(fault, first_cause(run)) for fault, run in unseen()]
    # nobody can tell these two apart from outside (lesson 22c)
    return [(f, f if (f, name) == ("label 1 only", "real only") else name) for f, name in said]


def _every_name_is_one_of_them(said) -> str | None:
    strangers = [name for _, name in said if name not in triage.FAULTS]
    if strangers and strangers[0] is None:
        return "for one of the runs None comes back: a return is missing on one of your ways."
    if strangers:
        return f"{strangers[0]!r} is not one of the names of triage.FAULTS."
    return None


def _evidence_enters(said) -> str | None:
    if len({name for _, name in said}) == 1:
        return f"you call every run {said[0][1]!r}: no evidence enters."
    return None


def _no_plateau_is_health(said) -> str | None:
    pair = "no real data", "nothing"  # the one mistake that no score makes up for
    return MISREAD[pair] if pair in said else None


def _enough_are_right(said) -> str | None:
    wrong = Counter((fault, name) for fault, name in said if fault != name)
    score = len(said) - sum(wrong.values())
    if score >= NEEDED:
        return None
    told = f"{score} of 12 are right, {NEEDED} are needed. "
    for (fault, name), words in MISREAD.items():
        if wrong[fault, name]:
            return f"{told}{fault!r} is called {name!r}: {words}"
    (fault, name), _ = wrong.most_common(1)[0]
    return f"{told}For one, {fault!r} is called {name!r}. What sets these two apart?"


def _score(said) -> str:
    """Return how many were named rightly, and what was not."""
    missed = [f"{fault} was called {name}" for fault, name in said if fault != name]
    return f"You named {12 - len(missed)}." + f" Missed: {'; '.join(missed)}." * bool(missed)


first_cause = Property(
    title="The first cause",
    proves=f"at least {NEEDED} of 12 faults, planted in runs that you have not seen, are named.",
    hints=(
        "Begin with what only one fault can do: run.mates above 0, a cross entropy below 0, high "
        "logits on both sides, equal logits, a logit that never moves.",
        "Then a D that is sure of both. Is the first look equal to the last? Do all samples lie "
        "on one border? Does G pay nothing? Else it is slow.",
        "Last the detectors: oscillates → D too slow, collapsed → D too fast, else nothing. "
        "The order of the card works, with means over the last 100 steps.",
    ),
    asks="Check ``first_cause(run)`` on 12 runs with a planted fault; wrong habits are named.",
    table=Table(
        RIGHT,
        SLIPS,
        uses={
            "ring": triage.RING,
            "oscillates": detectors.oscillates,
            "collapsed": detectors.collapsed,
        },
    ),
    make=_make,
    facts=(_every_name_is_one_of_them, _evidence_enters, _no_plateau_is_health, _enough_are_right),
    remark=_score,
)
