"""Checks of lesson 01, Measure the gap between two distributions."""

import math
from collections.abc import Callable, Sequence
from itertools import permutations

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong, exercise

LN2 = math.log(2)


def _bins(*shares: float) -> Tensor:
    return torch.tensor(shares, dtype=torch.float64)


def _near(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-5, abs_tol=1e-6)


def _number(found: object, what: str) -> float:
    """Return an answer as a float; say so where it is not one number."""
    if isinstance(found, Tensor) and found.numel() != 1:
        raise Wrong(f"you return {found.numel()} numbers, one for each {what}: add them up.")
    return float(found)


def _kl(p: Tensor, q: Tensor) -> float:
    return float((torch.xlogy(p, p) - torch.xlogy(p, q)).sum())


def _js(p: Tensor, q: Tensor) -> float:
    return (_kl(p, (p + q) / 2) + _kl(q, (p + q) / 2)) / 2


P, Q = _bins(0.5, 0.3, 0.2), _bins(0.2, 0.2, 0.6)
EMPTY = "an empty bin gives 0 · ln 0, which a computer calls NaN. Its part of the sum is 0."


@exercise(
    title="KL divergence",
    proves="the closed form on histograms, 0 from an empty bin, and ∞ where q has nothing and p "
    "something.",
    hints=(
        "Add up p times the natural logarithm of p / q over the bins. The first argument weighs.",
        "p ln(p/q) = p ln p - p ln q. torch.xlogy(a, b) is a · ln b, and 0 wherever a is 0.",
        "return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(). No eps: where q = 0 < p the answer "
        "is ∞.",
    ),
)
def kl(answer: Callable) -> None:
    """Check ``kl(p, q)`` in nats for two histograms (K,) that each add up to 1."""
    found, right = _number(answer(P, Q), "bin"), _kl(P, Q)
    if not _near(found, right):
        named = (
            (right / LN2, "you measure in bits: use the natural logarithm, torch.log, not log2."),
            (
                _kl(Q, P),
                "this is KL(q‖p). The two are not the same: the first argument is the one that "
                "weighs the logarithms.",
            ),
            (-right, "the sign is turned: the logarithm is of p / q, not of q / p."),
            (right / 3, "you take the mean over the bins. p is a weight already: take the sum."),
        )
        for value, diagnosis in named:
            if _near(found, value):
                raise Wrong(diagnosis)
        raise Wrong(
            f"for p = (0.5, 0.3, 0.2) and q = (0.2, 0.2, 0.6) you get {found:.4f}, not "
            f"{right:.4f}: the sum of p · ln(p / q)."
        )
    for q in (_bins(0.25, 0.25, 0.5), _bins(0.25, 0.75, 0)):
        found, right = float(answer(_bins(0.5, 0.5, 0), q)), _kl(_bins(0.5, 0.5, 0), q)
        if math.isnan(found):
            raise Wrong(EMPTY)
        if not _near(found, right):
            raise Wrong(f"with an empty bin in p you get {found:.4f}, not {right:.4f}.")
    found = float(answer(_bins(0.5, 0.5), _bins(1, 0)))
    if math.isnan(found):
        raise Wrong(EMPTY)
    if 1e30 < found < math.inf:
        raise Wrong(
            f"nan_to_num turns ∞ into the largest number it knows: you get {found:.3g} where q "
            "says that a bin is impossible which p fills half of the time. Leave the ∞ alone."
        )
    if found != math.inf:
        raise Wrong(
            f"q says that a bin is impossible which p fills half of the time, yet you get "
            f"{found:.3g}. KL is ∞ there; an eps or a skipped bin hides the worst mistake of all."
        )


@exercise(
    title="Jensen–Shannon divergence",
    proves="symmetric, finite on empty bins, and exactly ln 2 for distributions that never meet.",
    hints=(
        "Make the mixture m = (p + q) / 2 first. p and q are each compared with m, not with "
        "each other.",
        "JS is the mean of two KL divergences: KL(p‖m) and KL(q‖m).",
        "m = (p + q) / 2; return (my_kl(p, m) + my_kl(q, m)) / 2. m is 0 only where both are, so "
        "no eps is needed.",
    ),
)
def js(answer: Callable) -> None:
    """Check ``js(p, q)`` in nats for two histograms (K,) that each add up to 1."""
    found, right, m = _number(answer(P, Q), "bin"), _js(P, Q), (P + Q) / 2
    jeffreys = _kl(P, Q) + _kl(Q, P)
    if not math.isclose(found, right, rel_tol=5e-3):  # an eps shows better below
        named = (
            (right / LN2, "you measure in bits: use the natural logarithm, torch.log, not log2."),
            (
                jeffreys / 2,
                "the mixture is missing: this is the mean of KL(p‖q) and KL(q‖p), which is ∞ as "
                "soon as a bin is empty in one of them. Compare each with m = (p + q) / 2.",
            ),
            (
                (_kl(m, P) + _kl(m, Q)) / 2,
                "the arguments are exchanged: this is the mean of KL(m‖p) and KL(m‖q), which is ∞ "
                "as soon as a bin is empty in one of them. p and q weigh: KL(p‖m), KL(q‖m).",
            ),
            (jeffreys, "the mixture is missing, and the half: each of p and q is compared with m."),
            (2 * right, "you add the two KL divergences; JS is their mean."),
            (
                math.sqrt(right),
                "this is the root of JS, called the Jensen–Shannon *distance* (some libraries "
                "return it). Leave the root out.",
            ),
            (_kl(P, m), "only KL(p‖m) is there: JS is symmetric, so q needs its own half."),
            (right - LN2, "m = p + q adds up to 2: it needs the half to be a distribution."),
        )
        for value, diagnosis in named:
            if _near(found, value):
                raise Wrong(diagnosis)
        raise Wrong(
            f"for p = (0.5, 0.3, 0.2) and q = (0.2, 0.2, 0.6) you get {found:.4f}, not {right:.4f}."
        )
    for p, q in ((_bins(0.5, 0.5, 0, 0), _bins(0, 0, 0.5, 0.5)), (_bins(1, 0), _bins(0, 1))):
        found = float(answer(p, q))
        if math.isnan(found):
            raise Wrong(EMPTY)
        if found > LN2 + 1e-6:
            raise Wrong(
                f"two distributions that share no bin get {found:.6f}. JS never exceeds "
                "ln 2 = 0.693147: an eps in the logarithm breaks that bound."
            )
        if found < LN2 - 1e-6:
            raise Wrong(
                f"two distributions that share no bin get {found:.6f} instead of ln 2 = 0.693147. "
                "An eps that is added to p or q lets them meet."
            )
    if not _near(found := float(answer(P, Q)), right):
        raise Wrong(f"p = (0.5, 0.3, 0.2), q = (0.2, 0.2, 0.6): {found:.6f}, not {right:.6f}.")


@exercise(
    title="Wasserstein-1 by sorting",
    proves="your cost is that of the cheapest of all 5,040 ways to pair seven points, and it sees "
    "a difference in spread.",
    hints=(
        "Which point of x should go to which of y? On a line the cheapest plan never lets two "
        "paths cross.",
        "Smallest to smallest, second to second: sort both. torch.sort returns values and "
        "indices; you want .values.",
        "return (x.sort().values - y.sort().values).abs().mean().",
    ),
)
def w1(answer: Callable) -> None:
    """Check ``w1(x, y)`` for two samples (N,) of equal size against a search over all pairings."""
    rng = torch.Generator().manual_seed(0)
    x = torch.randn(7, generator=rng, dtype=torch.float64)
    y = 0.5 + 2 * torch.randn(7, generator=rng, dtype=torch.float64)
    pairings = torch.tensor(list(permutations(range(7))))  # (5040, 7)
    right = float((x - y[pairings]).abs().mean(1).min())
    found = _number(answer(x.clone(), y.clone()), "pair")
    ordered, other = x.sort().values, y.sort().values
    named = (
        (
            abs(float(x.mean() - y.mean())),
            "this is the difference of the means: plus and minus cancel before you take the "
            "absolute value. It is 0 for distributions of different spread.",
        ),
        (
            float(x.mean() - y.mean()),
            "the absolute value is missing: plus and minus cancel, and the difference of the "
            "means is left.",
        ),
        (
            float((x - y).abs().mean()),
            "you pair the points in the order in which they came. Shuffling a sample must not "
            "change the distance: sort both.",
        ),
        (float((ordered - y).abs().mean()), "only x is sorted; y needs it as well."),
        (float((x - other).abs().mean()), "only y is sorted; x needs it as well."),
        (
            float((ordered - other.flip(0)).abs().mean()),
            "smallest goes to largest: sort both in the same direction.",
        ),
        (7 * right, "you add up the costs: take the mean, so that each point weighs 1/N."),
        (
            float((ordered - other).square().mean().sqrt()),
            "this is Wasserstein-2, the root of the mean square. W1 is the mean absolute distance.",
        ),
        (
            float((ordered - other).square().mean()),
            "you square the distances; W1 takes their absolute value.",
        ),
        (
            float((x[:, None] - y).abs().mean()),
            "you average over all pairs. Each point goes to one place only: pair them off.",
        ),
    )
    if not _near(found, right):
        for value, diagnosis in named:
            if _near(found, value):
                raise Wrong(diagnosis)
        raise Wrong(f"the cheapest pairing of the seven points costs {right:.4f}, not {found:.4f}.")
    narrow, wide = _bins(1, -1, 1, -1), _bins(-3, -3, 3, 3)
    found = float(answer(narrow, wide))
    if not _near(found, 2):
        raise Wrong(f"from (1, -1, 1, -1) to (-3, -3, 3, 3) the cost is 2, not {found:.4f}.")


@exercise(
    title="The best classifier",
    proves="p / (p + q) wherever there is something to see, ½ where there is nothing.",
    hints=(
        "At one place x, out of p + q draws, how many were real?",
        "p / (p + q). Where both are 0 that is 0/0 = NaN; no sample ever falls there, so ½ is as "
        "good as any.",
        "return torch.where(p + q > 0, p / (p + q), 0.5).",
    ),
)
def optimal_d(answer: Callable) -> None:
    """Check ``optimal_d(p, q)``: the share of real ones among the draws at each place, (K,)."""
    p, q = _bins(0.2, 0.6, 0.1, 0.1, 0), _bins(0.6, 0.2, 0.1, 0, 0.1)
    found = answer(p, q)
    if not isinstance(found, Tensor) or found.shape != p.shape:
        raise Wrong("return one number for each place: a tensor of the shape of p.")
    total = p + q
    right = p / total
    named = (
        (q / total, "this is q / (p + q), the probability of *fake*. D says how likely *real* is."),
        (p / q, "this is p / q, the ratio itself. A probability is p's share of the whole, p + q."),
        ((p > q).double(), "you decide for the likelier side. D gives the share of real draws."),
        (p - q, "this is a difference, not a probability: give p's share of the whole, p + q."),
    )
    for value, diagnosis in named:
        if torch.allclose(found.double(), value, atol=1e-5):
            raise Wrong(diagnosis)
    if not torch.allclose(found.double(), right, atol=1e-5):
        raise Wrong(
            f"at the first place, p = 0.2 and q = 0.6, you say {float(found[0]):.3f}; a quarter "
            "of the draws there are real."
        )
    nothing = float(answer(_bins(0.5, 0, 0.5), _bins(0.5, 0, 0.5))[1])
    if math.isnan(nothing):
        raise Wrong("where neither p nor q has anything you divide 0 by 0: say ½ there.")
    if not _near(nothing, 0.5):
        raise Wrong(f"where neither p nor q has anything you say {nothing:g}. Nobody knows: ½.")
    rare = float(answer(_bins(3e-8, 1), _bins(1e-8, 1))[0])
    if not math.isclose(rare, 0.75, rel_tol=1e-3):
        raise Wrong(
            f"where p = 3e-8 and q = 1e-8 you say {rare:.3f}, not 0.75: your eps is larger than "
            "the densities. Use torch.where instead."
        )


@exercise(
    title="Small one way, large the other",
    proves="q hardly misses anything of p, yet it invents what p calls almost impossible: KL "
    "depends on who weighs.",
    hints=(
        "KL(q‖p) is large where q has mass and p has almost none. KL(p‖q) does not mind: there "
        "its weight p is tiny.",
        "Give p a bin with almost nothing, say 1e-8, and q a tenth of its mass in that bin.",
        "my_p = [1 - 1e-8, 1e-8, 0] and my_q = [0.92, 0.08, 0]; compute both divergences.",
    ),
)
def lopsided(p: Sequence[float], q: Sequence[float]) -> None:
    """Check for two histograms of three bins: KL(p‖q) < 0.1 and 1 < KL(q‖p) < ∞."""
    p, q = (torch.as_tensor(shares, dtype=torch.float64) for shares in (p, q))
    if p.shape != (3,) or q.shape != (3,):
        raise Wrong("give three probabilities in each of the two lists.")
    for name, shares in (("p", p), ("q", q)):
        if (shares < 0).any():
            raise Wrong(f"{name} has a negative probability.")
        if not _near(float(shares.sum()), 1):
            raise Wrong(f"{name} adds up to {float(shares.sum()):.4f}; probabilities add up to 1.")
    forth, back = _kl(p, q), _kl(q, p)
    seen = f"KL(p‖q) = {forth:.3f}, KL(q‖p) = {back:.3f}"
    if forth > 1 and back < 0.1:
        raise Wrong(f"{seen}: the right idea with p and q exchanged.")
    if back == math.inf:
        raise Wrong(f"{seen}: it must stay finite, so p may be tiny but not 0 where q is not.")
    if forth >= 0.1:
        raise Wrong(f"{seen}: the first must be below 0.1. Take mass out of q's strange bin.")
    if back <= 1:
        raise Wrong(f"{seen}: the second must exceed 1. Make p's rare bin rarer still.")
