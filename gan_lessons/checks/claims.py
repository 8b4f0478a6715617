"""What a lesson claims of a run, said of the run at hand. Introduced in lesson 04."""

from gan_lessons import runtime
from gan_lessons.checks.exercise import speak


class Unkept(AssertionError):
    """Raised in strict mode, at a lesson's own budget, by a claim that does not hold."""


def claim(sentence: str, holds: bool) -> None:
    """Say whether a sentence about a run holds for this run. Lesson 04.

    A lesson claims what it saw with its knobs as shipped, at the budget ``lesson`` or ``full``:
    there, in strict mode, a claim that fails is an error. Where a learner has turned a knob, or a
    run is too short to claim anything, it is a remark.

    Args:
        sentence: the claim, in the present tense, to be read after ✓.
        holds: whether the numbers of this run keep it.

    Raises:
        Unkept: it does not hold, in strict mode, at the budget ``lesson`` or ``full``.
    """
    short = runtime.budget_name() in ("tiny", "ci")
    if holds:
        speak(f"✓ In this run: {sentence}.")
    elif runtime.strict() and not short:
        raise Unkept(f"The lesson claims: {sentence}. In this run that is not so.")
    elif short:
        speak(f"▶ Too short a run to ask: {sentence}.")
    else:
        speak(
            f"▶ Not in this run: {sentence}. With the lesson's own knobs it was so: what did you "
            "turn? Else it is worth another seed."
        )
