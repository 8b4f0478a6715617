"""Predict the ratio of learning rates: an exercise of lesson 04, Train your first GAN."""

import math
from collections.abc import Mapping

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Property, Slip, Table

RIGHT = "ratio = 0.05"

ALSO = dict.fromkeys(("ratio = 0.2", "ratio = [0.05, 0.2]", "ratio = 20", "ratio = 5"))

SLIPS = (
    Slip("0.05", "1.0", "the run still covers 3 modes; the fewest, 0, come with 0.05 and 0.2"),
    Slip("0.05", "0.5", "is not one of the ratios that were run"),
    Slip("0.05", "'D too slow'", "is not a number: give one of the printed ratios"),
    Slip("0.05", "[]", "is an empty list: give one of the printed ratios"),
    Slip("0.05", "[0.05, 1.0]", "the run still covers 3 modes; the fewest, 0, come with 0.05"),
)
NOISE = 1  # mode: so much may differ between two runs that differ in their seed alone
LESSONS = {0.05: 0, 0.2: 0, 1.0: 3, 5.0: 1, 20.0: 1}  # what one seed gave, after 1,500 steps


def _make(answer: object, measured: Mapping[float, float] = LESSONS) -> tuple:
    """Return the ratios that were named, in a list, and the modes that each ratio reached."""
    if hasattr(answer, "tolist"):
        answer = answer.tolist()
    named = list(answer) if isinstance(answer, list | tuple | set) else [answer]
    return [_number(one) for one in named], dict(measured)


def _number(one: object) -> float:
    """Return a ratio as a float, or say that it is none."""
    try:
        return float(one)
    except (TypeError, ValueError) as error:
        raise Wrong(
            f"{one!r} is not a number: give one of the printed ratios, such as 0.05."
        ) from error


def _it_is_a_ratio_that_was_run(named, measured) -> str | None:
    if not named:
        return "this is an empty list: give one of the printed ratios, such as 0.05."
    known = ", ".join(f"{ratio:g}" for ratio in measured)
    strange = [ratio for ratio in named if _modes_of(ratio, measured) is None]
    if strange:
        return f"{strange[0]:g} is not one of the ratios that were run: {known}."
    return None


def _it_has_the_fewest_modes(named, measured) -> str | None:
    fewest = min(measured.values())
    for ratio in named:
        if _modes_of(ratio, measured) > fewest + NOISE:
            return (
                f"with lr_d/lr_g = {ratio:g} the run still covers {_modes_of(ratio, measured):g} "
                f"modes; the fewest, {fewest:g}, come with {_worst(measured)}. Which player is too "
                "weak there?"
            )
    return None


def _modes_of(ratio: float, measured: Mapping[float, float]) -> float | None:
    """Return the modes that a ratio reached, or None if it was not run."""
    return next(
        (modes for r, modes in measured.items() if math.isclose(r, ratio, rel_tol=1e-6)), None
    )


def _worst(measured: Mapping[float, float]) -> str:
    """Return the ratios with the fewest modes, in words."""
    fewest = min(measured.values())
    return " and ".join(f"{ratio:g}" for ratio, modes in measured.items() if modes == fewest)


def _what_one_seed_can_tell(named, measured) -> str | None:
    """Return what a tie, or a difference of one mode, is worth."""
    fewest = min(measured.values())
    reached = {f"{ratio:g}": _modes_of(ratio, measured) for ratio in named}
    close = [f"{ratio} with {modes:g}" for ratio, modes in reached.items() if modes > fewest]
    if close:
        return (
            f"You name {' and '.join(close)}; the fewest modes, {fewest:g}, come with "
            f"{_worst(measured)}. One seed cannot tell these apart."
        )
    if len(reached) < sum(modes == fewest for modes in measured.values()):
        return f"Equally few modes, {fewest:g}, come with {_worst(measured)}: one seed cannot tell."
    return None


ratio = Property(
    title="Predict the ratio of learning rates",
    proves="your prediction agrees with the runs above.",
    hints=(
        "Look at the numbers printed above the check: which ratio has the fewest modes?",
        "A D that learns far too slowly points G to yesterday's mistakes; one that learns far too "
        "fast is sure of itself and leaves almost no slope.",
        "Give one of the printed ratios, the number in front of a colon, such as 0.05.",
    ),
    asks="Check a predicted ratio lr_d / lr_g, or several, against the modes ``measured`` for each "
    "ratio.",
    table=Table(RIGHT, SLIPS, also=ALSO),
    make=_make,
    facts=(_it_is_a_ratio_that_was_run, _it_has_the_fewest_modes),
    remark=_what_one_seed_can_tell,
)
