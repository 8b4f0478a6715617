"""The best classifier: an exercise of lesson 01, Measure the gap."""

from collections.abc import Sequence

from gan_lessons.checks.distances.histograms import bins, histograms
from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Answer, Case, Slip, Table, Value, case
from gan_lessons.checks.seen import alike

RIGHT = """
def optimal_d(p, q):
    share = p / (p + q)
    return torch.where(p + q > 0, share, 0.5)
"""

EACH_PLACE = "return one number for each place: a tensor of the shape of p."

VERDICT = "you decide for the likelier side. D gives the share of real draws."

SLIPS = (
    Slip(
        "share = p /",
        "share = q /",
        "this is q / (p + q), the probability of *fake*. D says how likely *real* is.",
    ),
    Slip(
        "p / (p + q)",
        "p / q",
        "this is p / q, the ratio itself. A probability is p's share of the whole, p + q.",
    ),
    Slip(
        "share = p / (p + q)\n    return torch.where(p + q > 0, share, 0.5)",
        "return p / q",
        "this is p / q, the ratio itself. A probability is p's share of the whole, p + q.",
    ),
    Slip(
        "share = p / (p + q)\n    return torch.where(p + q > 0, share, 0.5)",
        "return (p > q).double()",
        VERDICT,
    ),
    Slip(
        "share = p / (p + q)\n    return torch.where(p + q > 0, share, 0.5)",
        "return torch.where(p == q, 0.5, (p > q).double())",
        VERDICT,
    ),
    Slip(
        "share = p / (p + q)\n    return torch.where(p + q > 0, share, 0.5)",
        "return p - q",
        "this is a difference, not a probability: give p's share of the whole, p + q.",
    ),
    Slip(
        "share = p / (p + q)\n    return torch.where(p + q > 0, share, 0.5)",
        "return p",
        "this is p itself, a density. A probability is p's share of the whole, p + q.",
    ),
    Slip(
        "p / (p + q)",
        "p / (p + q) / 2",
        "half of p's share of the whole: divide by p + q, not by twice as much.",
    ),
    Slip("(p + q)\n", "((p + q) / 2)\n", "this is p by the *mean* of both: divide by p + q."),
    Slip("p / (p + q)", "p / p + q", "p / p + q is 1 + q: brackets, p / (p + q)."),
    Slip("(p + q)\n", "(p.sum() + q.sum())\n", "divide by p + q at each place, not by their sums."),
    Slip(
        "share = p / (p + q)\n    return torch.where(p + q > 0, share, 0.5)",
        "return p.log() - q.log()",
        "this is ln(p / q), D's *logit*. Its sigmoid is the probability, p / (p + q).",
    ),
    Slip(
        "share = p / (p + q)",
        "share = torch.sigmoid(p / (p + q))",
        "a sigmoid too many: p / (p + q) is a probability already.",
    ),
    Slip(
        "share = p / (p + q)",
        "share = torch.sigmoid(p - q)",
        "the sigmoid of p - q, which is what softmax gives: a logit is a difference of logarithms, "
        "ln p - ln q, and not of densities.",
    ),
    Slip(
        "share = p / (p + q)",
        "share = torch.sigmoid(p / q)",
        "the sigmoid of p / q: what goes into it is the logarithm of that ratio.",
    ),
    Slip(
        "torch.where(p + q > 0, share, 0.5)",
        "share",
        "where neither p nor q has anything you divide 0 by 0: say ½ there.",
    ),
    Slip("0.5", "0.0", "where neither p nor q has anything you say 0. Nobody knows: ½."),
    Slip("0.5", "1.0", "where neither p nor q has anything you say 1. Nobody knows: ½."),
    Slip(
        "p + q > 0",
        "(p > 0) & (q > 0)",
        "you say ½ wherever one of the two is 0. There D is sure: p / (p + q) is 1 or 0; ½ is for "
        "places where both are 0.",
    ),
    Slip("p + q > 0", "p > 0", "you say ½ wherever p is 0. With q there, all draws are fake: 0."),
    Slip("p + q > 0", "q > 0", "you say ½ wherever q is 0. With p there, all draws are real: 1."),
    Slip("return torch.where(p + q > 0, share, 0.5)", "return share.mean()", EACH_PLACE),
)


def cases(seed: int) -> Sequence[Case]:
    """Return densities at a few places."""
    a, b = histograms(seed, 4, 4)
    return (
        case("two places", bins(0.2, 0.8), bins(0.6, 0.4)),
        case("four places", a, 2 * b),
        case("a place where only q is", bins(0.6, 0.0, 0.4), bins(0.2, 0.1, 0.7)),
        case("a place where only p is", bins(0.6, 0.1, 0.3), bins(0.2, 0.0, 0.8)),
        case("a place where both are 0", bins(0.3, 0.0, 0.7), bins(0.5, 0.0, 0.5)),
        case("a place where both are tiny", bins(3e-8, 1.0), bins(1e-8, 1.0)),
        case("a place where both are tinier still", bins(3e-30, 1.0), bins(1e-30, 1.0)),
    )


def signs(parts: Answer, cases: Sequence[Case]) -> None:
    """Name an eps: right where there is something to see, off where both densities are tiny."""
    found = optimal_d.all_of(parts, cases)
    pairs = zip(found, optimal_d.known(RIGHT, cases), strict=True)
    *seen, _, tiny, tinier = (alike(mine, true, least=1e-3) for mine, true in pairs)
    if all(seen) and not (tiny and tinier):
        at, small = (-1, "30") if tiny else (-2, "8")
        raise Wrong(
            f"where p = 3e-{small} and q = 1e-{small} you say "
            f"{float(found[at].parts[0][0]):.3f}, not 0.75: an eps, or a limit above 0, changes "
            "places where both densities are tiny. Compare p + q with 0 itself: torch.where(p + q "
            "> 0, …)."
        )


optimal_d = Value(
    title="The best classifier",
    proves="p / (p + q) wherever there is something to see, ½ where there is nothing.",
    hints=(
        "At one place x, out of p + q draws, how many were real?",
        "p / (p + q). Where both are 0 that is 0/0 = NaN; no sample ever falls there, so ½ is as "
        "good as any.",
        "return torch.where(p + q > 0, p / (p + q), 0.5).",
    ),
    asks="Check ``optimal_d(p, q)``: the share of real ones among the draws at each place, (K,).",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    signs=signs,
)
