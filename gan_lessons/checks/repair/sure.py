"""Losses that are no number, or flat, where D is sure: what lesson 15's checks share."""

from collections.abc import Sequence

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Answer, Case, Value
from gan_lessons.checks.seen import Seen, alike
from gan_lessons.checks.sure import FLAT, NOT_FINITE

SURE = 150.0  # beyond exp in float32, and far beyond a probability that rounds to 0
LABEL = "a D that is sure"
LOG_OF_LOGIT = (
    "this is the logarithm of a logit, which is NaN below 0: a logit is no probability. −log D is "
    "softplus(−logit)."
)


def where_d_is_sure(check: Value, parts: Answer, cases: Sequence[Case]) -> None:
    """Name what is right for small logits only: where D is sure, no number or flat. Lesson 15."""
    found, right = check.all_of(parts, cases), check.known(check.table.right, cases)
    for one, mine, true in zip(cases, found, right, strict=True):
        if not isinstance(mine, Seen):
            return
        sure = one.label.startswith(LABEL)
        if not sure and not alike(mine, true, share=0.02, least=2e-3):
            return  # an eps is seen a little in small logits, too
        if sure:
            finite = all(part.isfinite().all() for part in mine.parts if not isinstance(part, str))
            raise Wrong(FLAT if finite else NOT_FINITE)
