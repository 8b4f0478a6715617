"""The half-life of the average: an exercise of lesson 04, Train your first GAN."""

from collections.abc import Callable, Sequence

from gan_lessons.checks.exercise import Wrong, a_float, near
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def half_life(decay):
    return math.log(0.5) / math.log(decay)
"""

RULE_OF_THUMB = (
    "this is the usual rule of thumb for how long the average remembers (a share of 1/e is left), "
    "not the time until one half is left."
)
ROUNDED = (
    "you return whole steps, by rounding or by counting them. The number asked need not be whole: "
    "do not round it."
)

SLIPS = (
    Slip("math.log(0.5)", "math.log(2)", "the sign is turned: the logarithm of one half is asked."),
    Slip("math.log(0.5) / math.log(decay)", "1 / (1 - decay)", RULE_OF_THUMB),
    Slip("math.log(0.5)", "-1", RULE_OF_THUMB),
    Slip(
        "math.log(0.5) / math.log(decay)",
        "0.5 / (1 - decay)",
        "the share does not fall by one amount each step, but by one factor.",
    ),
    Slip(
        "math.log(0.5) / math.log(decay)",
        "math.log(2) / (1 - decay)",
        "this is almost right where decay is close to 1: there −ln β is almost 1 − β. Take the "
        "logarithm of decay itself.",
    ),
    Slip(
        "math.log(decay)",
        "math.log(1 - decay)",
        "you follow 1 − β, the share of the new weight. An old one is multiplied by β each step.",
    ),
    Slip(
        "math.log(0.5) / math.log(decay)",
        "math.log(decay) / math.log(0.5)",
        "the fraction is upside down: n · log(decay) = log(1/2) is divided by log(decay).",
    ),
    Slip(
        "math.log(0.5) / math.log(decay)",
        "math.log(0.5 / decay)",
        "the logarithm of a quotient is no quotient of logarithms: divide log(1/2) by log(decay).",
    ),
    Slip(
        "/ math.log(decay)",
        "/ math.log2(decay)",
        "two kinds of logarithm: take the same base above and below.",
    ),
    Slip(
        "math.log(0.5) / math.log(decay)",
        "0.5 / decay",
        "the logarithms are missing: decay ** n = 1/2 is solved for n by taking them.",
    ),
    Slip(
        "math.log(0.5) / math.log(decay)",
        "decay**0.5",
        "this is a share, after half a step; the question is after how many steps it is one half.",
    ),
    Slip(
        "math.log(0.5) / math.log(decay)",
        "0.5**decay",
        "the roles are exchanged: decay is what is raised to a power, and the power n is asked.",
    ),
    Slip(
        "math.log(0.5) / math.log(decay)",
        "math.ceil(math.log(0.5) / math.log(decay))",
        ROUNDED,
    ),
    Slip(
        "math.log(0.5) / math.log(decay)",
        "round(math.log(0.5) / math.log(decay))",
        ROUNDED,
    ),
    Slip(
        "math.log(0.5) / math.log(decay)",
        "math.log(0.5) // math.log(decay)",
        ROUNDED,
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return a decay whose half-life is one step, one that is plain, and those in use."""
    return (
        case("a half-life of one step", 0.5),
        case("a decay of 0.9", 0.9),
        case("a fast average", 0.3 + 0.05 * seed),
        case("a decay of 0.99", 0.99),
        case("the decay in use", 0.999),
    )


def _share_left(parts: tuple[Callable], cases: Sequence[Case]) -> None:
    """Raise what share of an old weight is left after the steps that were given."""
    for one in cases:
        (decay,) = one.args
        n = a_float(parts[0](decay), "the half-life")
        share = decay ** min(max(n, 0.0), 1e6)
        if not near(share, 0.5):
            raise Wrong(
                f"for a decay of {decay:g} you get {n:.4g} steps; by then a share of {share:.3f} "
                "is left of an old weight, not one half."
            )


half_life = Value(
    title="The half-life of the average",
    proves="after that many steps an old weight's share is one half.",
    hints=(
        "After one step the share of an old weight is decay. After two steps it is decay squared. "
        "After n steps?",
        "Solve decay ** n = 1/2 for n: take the logarithm of both sides.",
        "n = log(1/2) / log(decay).",
    ),
    asks="Check ``half_life(decay)``: the number of steps after which decay ** n is one half.",
    table=Table(RIGHT, SLIPS),
    cases=cases,
    signs=_share_left,
)
