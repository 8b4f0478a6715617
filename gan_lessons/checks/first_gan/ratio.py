"""Predict what a ratio of learning rates does: an exercise of lesson 04, Train your first GAN."""

import math
from collections.abc import Mapping, Sequence

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Property, Slip, Table

RIGHT = """
collapse = 80.0
oscillation = 0.05
"""

ALSO = dict.fromkeys(
    (
        "collapse = [80]\noscillation = [0.05, 0.2]",
        "collapse = 80\noscillation = 0.2",
        "collapse = 20\noscillation = '0.2'",
    )
)

LESSONS = {  # what three seeds gave, after 1,500 steps
    0.05: ["oscillation"] * 3,
    0.2: ["oscillation"] * 3,
    1.0: ["–"] * 3,
    20.0: ["–", "collapse", "collapse"],
    80.0: ["collapse"] * 3,
}
NOISE = 1  # run: so much may differ between two ratios by their seeds alone

SEEN = {
    "collapse": "the samples stay at a few modes, look after look. Which player is so fast that "
    "the other hardly moves?",
    "oscillation": "the whole cloud wanders from mode to mode and rests at none. Which player is "
    "too slow to see where it has gone?",
}

SLIPS = (
    Slip(
        "collapse = 80.0\noscillation = 0.05",
        "collapse = 0.05\noscillation = 80.0",
        "the two are exchanged",
    ),
    Slip("80.0", "1.0", "you expect a collapse at 1, where 0 of 3 runs show one; 3 do at 80"),
    Slip("80.0", "0.2", "you expect a collapse at 0.2, where 0 of 3 runs show one"),
    Slip("0.05", "1.0", "an oscillation at 1, where 0 of 3 runs show one; 3 do at 0.05 and 0.2"),
    Slip("0.05", "[0.05, 20.0]", "an oscillation at 20, where 0 of 3 runs show one"),
    Slip("80.0", "0.5", "is not one of the ratios that were run"),
    Slip("80.0", "'G too slow'", "is not a number: give one of the printed ratios"),
    Slip("0.05", "[]", "is an empty list: give one of the printed ratios"),
)


def _make(
    collapse: object,
    oscillation: object,
    measured: Mapping[float, Sequence[str]] = LESSONS,
) -> tuple:
    """Return the ratios that were named for each word, and what each ratio's runs showed."""
    named = {"collapse": _numbers(collapse), "oscillation": _numbers(oscillation)}
    return named, {ratio: list(runs) for ratio, runs in measured.items()}


def _numbers(answer: object) -> list[float]:
    """Return an answer, one ratio or several, as a list of floats, or say that it is none."""
    if hasattr(answer, "tolist"):
        answer = answer.tolist()
    several = list(answer) if isinstance(answer, list | tuple | set) else [answer]
    try:
        return [float(one) for one in several]
    except (TypeError, ValueError) as error:
        raise Wrong(
            f"{answer!r} is not a number: give one of the printed ratios, such as 0.05."
        ) from error


def _they_are_ratios_that_were_run(named, measured) -> str | None:
    known = ", ".join(f"{ratio:g}" for ratio in measured)
    for word, ratios in named.items():
        if not ratios:
            return f"for the {word} there is an empty list: give one of the printed ratios."
        strange = [ratio for ratio in ratios if _runs_of(ratio, measured) is None]
        if strange:
            return f"{strange[0]:g} is not one of the ratios that were run: {known}."
    return None


def _the_two_are_not_exchanged(named, measured) -> str | None:
    turned = {"collapse": named["oscillation"], "oscillation": named["collapse"]}
    if _missed(named, measured) and not _missed(turned, measured):
        return (
            "the two are exchanged. Collapse: the samples stay at a few modes, look after look. "
            "Oscillation: the whole cloud wanders from mode to mode."
        )
    return None


def _the_runs_show_it(named, measured) -> str | None:
    for word, ratio in _missed(named, measured):
        most = max(runs.count(word) for runs in measured.values())
        runs = _runs_of(ratio, measured)
        a = "an" if word == "oscillation" else "a"
        return (
            f"you expect {a} {word} at {ratio:g}, where {runs.count(word)} of {len(runs)} runs "
            f"show one; {most} do at {_where(word, most, measured)}. There {SEEN[word]}"
        )
    return None


def _missed(named, measured) -> list[tuple[str, float]]:
    """Return the words and the ratios that the runs do not bear out, but for a run's noise."""
    most = {word: max(runs.count(word) for runs in measured.values()) for word in named}
    return [
        (word, ratio)
        for word, ratios in named.items()
        for ratio in ratios
        if _runs_of(ratio, measured).count(word) < most[word] - NOISE
    ]


def _runs_of(ratio: float, measured: Mapping[float, list[str]]) -> list[str] | None:
    """Return what the runs of a ratio showed, or None if it was not run."""
    return next(
        (runs for r, runs in measured.items() if math.isclose(r, ratio, rel_tol=1e-6)), None
    )


def _where(word: str, count: int, measured: Mapping[float, list[str]]) -> str:
    """Return the ratios at which so many runs showed it, in words."""
    return " and ".join(f"{r:g}" for r, runs in measured.items() if runs.count(word) == count)


def _what_so_few_runs_can_tell(named, measured) -> str | None:
    """Return what was not seen at all, or at a ratio that was not named as well."""
    said = []
    for word, ratios in named.items():
        most = max(runs.count(word) for runs in measured.values())
        if most <= NOISE:
            said.append(f"These runs show no {word} that more than one seed agrees on.")
            continue
        others = [
            f"{r:g}"
            for r, runs in measured.items()
            if runs.count(word) == most and not any(math.isclose(r, x) for x in ratios)
        ]
        if others:
            said.append(f"The same {word} comes at {' and '.join(others)}.")
    return " ".join(said) or None


ratio = Property(
    title="Predict what a ratio of learning rates does",
    proves="your prediction agrees with the runs above.",
    hints=(
        "Look at the words printed above the check: at which ratio do most runs say collapse, and "
        "at which oscillation?",
        "A D that learns far too slowly points G to yesterday's mistakes: the cloud runs after it. "
        "A G that learns far too slowly stays where D first sent it.",
        "my_collapse = 80 and my_oscillation = 0.05 are what the lesson's own runs say.",
    ),
    asks="Check two predicted ratios lr_d / lr_g, or several each, against what the runs of each "
    "ratio in ``measured`` showed: 'collapse', 'oscillation' or '–'.",
    table=Table(RIGHT, SLIPS, also=ALSO),
    make=_make,
    facts=(_they_are_ratios_that_were_run, _the_two_are_not_exchanged, _the_runs_show_it),
    remark=_what_so_few_runs_can_tell,
)
