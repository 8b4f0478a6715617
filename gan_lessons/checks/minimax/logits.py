"""Real and fake logits to ask losses for: what lesson 02's checks share."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Answer, Case, Value, case
from gan_lessons.checks.seen import Seen, alike
from gan_lessons.checks.sure import FLAT

SURE = (0.3, 3.0, 20.0, 150.0)  # how sure D is: hardly, well, beyond float32's 1 - σ, beyond exp

CHANGED = {
    "a leaf Variable that requires grad": "your code changes the logits in place, and whoever "
    "handed them over may still need them. Compute a new value instead (no +=, no method that ends "
    "in _).",
    "all elements of input should be between 0 and 1": "binary_cross_entropy takes probabilities, "
    "and these are logits: binary_cross_entropy_with_logits takes them as they are.",
}
SUM = (
    "you add up over the samples: take the mean, so that the loss does not depend on the size of "
    "the batch."
)
REAL_TERM = (
    "your value changes with the real logits: leave that term out. G cannot change D(real), so it "
    "has no gradient for G and makes the number you watch unreadable."
)
SQUEEZED = (
    "a sigmoid too many: these are logits already, and softplus does the sigmoid's work. Squeezed "
    "into 0 … 1, the slope vanishes on both sides."
)
LOG_OF_MEAN = (
    "E[log], not log E: take the logarithm for each sample, and the mean comes last. The logarithm "
    "of a mean hardly notices the few samples that D is sure of."
)
ROUNDED = (
    "where D is sure you get ∞ or NaN: the logarithm of a probability that is rounded to 0. "
    "softplus on logits stays finite."
)


def logits(seed: int) -> Sequence[Case]:
    """Return cases of real and fake logits, as many real ones as fake ones. Lesson 02."""
    rng = torch.Generator().manual_seed(seed)

    def drawn(count: int) -> Tensor:
        return 1.5 * torch.randn(count, generator=rng)

    def one(real: float, fake: float) -> Case:
        label = f"a real logit of {real:+g} and a fake one of {fake:+g}"
        return case(label, torch.tensor([real]), torch.tensor([fake]))

    sure = [one(sign * t, -sign * t) for t in SURE for sign in (1, -1)]
    few = [
        case("three real and three fake logits", drawn(3), drawn(3)),
        case("five of each", drawn(5), drawn(5)),
        case("logits near 0", torch.tensor([1e-3, -1e-3]), torch.tensor([-1e-3, 1e-3])),  # no kink
    ]
    return (*sure[:2], *few, *sure[2:])


def largest(one: Case) -> float:
    """Return the size of a case's largest logit. Lesson 02."""
    return max(float(logit.abs().max()) for logit in one.args)


def where_d_is_sure(check: Value, parts: Answer, cases: Sequence[Case]) -> None:
    """Name what is right for small logits and not for large ones: no number, or a flat slope."""
    found, right = check.all_of(parts, cases), check.known(check.table.right, cases)
    together = list(zip(cases, found, right, strict=True))
    for one, mine, true in together:  # an eps is seen a little in small logits, too
        if largest(one) < SURE[2] and not alike(mine, true, share=0.02, least=2e-3):
            return
    off = [(one, mine, true) for one, mine, true in together if largest(one) >= SURE[2]]
    for one, mine, _ in off:
        if not mine.parts[0].isfinite():
            raise Wrong(
                f"for {one.label} you get {mine.only(1)}: an exp overflows, or a probability is "
                "rounded to 0 before its logarithm. softplus on logits stays finite."
            )
        if not all(slope.isfinite().all() for slope in mine.parts[1:]):
            raise Wrong(
                f"for {one.label} the slope is no number: an ∞ on the way spoils it, even one that "
                "a clamp or torch.where leaves out. softplus on logits has a slope everywhere."
            )
    if any(steepness(mine) < steepness(true) / 2 for _, mine, true in off):
        raise Wrong(FLAT)


def steepness(seen: Seen) -> float:
    """Return the size of all slopes of a loss together. Lesson 02."""
    return sum(float(slope.abs().sum()) for slope in seen.parts[1:])
