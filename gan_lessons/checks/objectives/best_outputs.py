"""What D's output means: an exercise of lesson 10, Choose a loss."""

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong, as_tensor
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def best_outputs(p, q):
    cross_entropy = (p / q).log()
    least_squares = p / (p + q)
    hinge = (p - q).sign()
    return cross_entropy, least_squares, hinge
"""

BETWEEN = "it must lie between the targets, 0 and 1: divide by p + q."
MARGIN = "D goes all the way to the margin, however close p and q are."
CROSS_ENTROPY = "that is cross entropy's output."
SLIPS_OF_CROSS_ENTROPY = (
    Slip("(p / q).log()", "(q / p).log()", "p and q are exchanged: likely real must be positive."),
    Slip(
        "(p / q).log()",
        "p / (p + q)",
        "that is the probability, D* of lesson 02. The *output* is its logit, ln(D*/(1-D*)).",
    ),
    Slip("(p / q).log()", "p / q", "the logarithm is missing."),
    Slip("(p / q).log()", "(p / q).log2()", "you measure in bits: use the natural logarithm."),
    Slip("(p / q).log()", "(p / q).log10()", "use the natural logarithm, log."),
    Slip(
        "(p / q).log()",
        "(p / (p + q)).log()",
        "that is ln D*. A logit is ln D* - ln(1 - D*).",
    ),
    Slip("(p / q).log()", "p - q", "take the logarithms first: ln p - ln q."),
    Slip("(p / q).log()", "(p - q).log()", "the logarithm of a difference: it is ln p - ln q."),
    Slip(
        "(p / q).log()", "p.log() / q.log()", "ln(p/q) is a difference, ln p - ln q, no quotient."
    ),
    Slip("(p / q).log()", "p.log()", "q is missing: ln p - ln q."),
    Slip(
        "(p / q).log()",
        "torch.logit(p)",
        "p is a density and no probability: the logit to take is that of D* = p / (p + q).",
    ),
    Slip("(p / q).log()", "(p / q).log1p()", "log1p(p/q) is ln((p + q)/q): take log."),
    Slip("(p / q).log()", "(p / q).sigmoid()", "the logit of D* is ln(p/q): a sigmoid is no log."),
    Slip("(p / q).log()", "(p - q).sign()", "that is the hinge's output."),
)
SLIPS_OF_LEAST_SQUARES = (
    Slip(
        "= p / (p + q)", "= q / (p + q)", "p and q are exchanged: 1 is the target of real samples."
    ),
    Slip("= p / (p + q)", "= (p - q) / (p + q)", "that would be right for targets 1 and -1."),
    Slip("= p / (p + q)", "= p.log() - q.log()", CROSS_ENTROPY),
    Slip("= p / (p + q)", "= p - q", "divide: it must lie between the targets, 0 and 1."),
    Slip("= p / (p + q)", "= p / q", BETWEEN),
    Slip(
        "= p / (p + q)",
        "= 2 * p / (p + q)",
        "twice too much: it must lie between the targets, 0 and 1.",
    ),
    Slip(
        "= p / (p + q)",
        "= (p > q).float()",
        "the square makes D a mean of the targets, no vote.",
    ),
    Slip("= p / (p + q)", "= p", "q is missing: p · 2(t - 1) + q · 2t = 0 holds both."),
    Slip(
        "= p / (p + q)",
        "= p / (p + q) / 2",
        "half of it: where q is 0, D says the target of real samples, 1.",
    ),
    Slip(
        "= p / (p + q)",
        "= p.square() / (p.square() + q.square())",
        "the squares are too much: it is t that is squared, not the densities.",
    ),
    Slip(
        "= p / (p + q)",
        "= p.sqrt() / (p.sqrt() + q.sqrt())",
        "the roots are too much: it is t that is squared, not the densities.",
    ),
    Slip("= p / (p + q)", "= p / p + q", "p / p + q is 1 + q: put brackets around p + q."),
    Slip("= p / (p + q)", "= (p - q).sign()", "that is the hinge's output."),
)
SLIPS_OF_HINGE = (
    Slip("= (p - q).sign()", "= (q - p).sign()", "p and q are exchanged."),
    Slip("= (p - q).sign()", "= (p > q).float()", "the fakes' margin is at -1, not at 0."),
    Slip("= (p - q).sign()", "= p - q", MARGIN),
    Slip("= (p - q).sign()", "= (p - q) / (p + q)", MARGIN),
    Slip("= (p - q).sign()", "= p.log() - q.log()", CROSS_ENTROPY),
    Slip("= (p - q).sign()", "= (p - q).tanh()", MARGIN),
    Slip(
        "= (p - q).sign()",
        "= (p.log() - q.log()).tanh()",
        "nothing is smooth here: D sits at a margin.",
    ),
    Slip("= (p - q).sign()", "= (p.log() - q.log()).clamp(-1, 1)", MARGIN),
    Slip(
        "= (p - q).sign()",
        "= (p - q).sign() * torch.inf",
        "beyond the margin nothing is won, and the other kind costs more: D stops at ±1.",
    ),
    Slip("= (p - q).sign()", "= p / p", "where fakes are likelier, D says -1."),
    Slip(
        "= (p - q).sign()",
        "= (p / q).sign()",
        "p / q is never negative, so its sign is always 1: compare p with q.",
    ),
    Slip("= (p - q).sign()", "= -q / q", "where real samples are likelier, D says 1."),
    Slip("= (p - q).sign()", "= p / (p + q)", "that is the output of least squares."),
    Slip(
        "= (p - q).sign()",
        "= (p > q).float() - 0.5",
        "D goes to its margins, 1 and -1, and you stop at half of them.",
    ),
)


def cases(seed: int) -> Sequence[Case]:
    """Return densities (K,), nowhere equal: at one place, at a few, and where one is tiny."""
    rng = torch.Generator().manual_seed(seed)
    p, q = torch.rand(2, 9, generator=rng) / 2 + 0.05
    q = torch.where((p - q).abs() < 0.02, p + 0.05, q)
    tiny = torch.tensor([1e-3, 0.4, 0.01])
    densities = {
        "one place": (torch.tensor([0.3]), torch.tensor([0.1])),
        "one where fakes are likelier": (torch.tensor([0.05]), torch.tensor([0.4])),
        "four places": (p[:4], q[:4]),
        "five places": (p[4:], q[4:]),
        "places where one of the two is tiny": (tiny, tiny.roll(1)),
    }
    return [case(label, *both, part=part) for part in range(4) for label, both in densities.items()]


def three(answer: Callable, p: Tensor, q: Tensor) -> list:
    """Return the three outputs, whatever they come in."""
    found = answer(p, q)
    if isinstance(found, dict):
        found = list(found.values())
    if found is None:
        raise Wrong("None comes back: the return is missing.")
    if not isinstance(found, tuple | list | Tensor | np.ndarray) or len(found) != 3:
        raise Wrong("return three things: for cross entropy, for least squares, for the hinge.")
    return list(found)


def count(answer: Callable, p: Tensor, q: Tensor) -> int:
    """Return how many outputs come back, which is three."""
    return len(three(answer, p, q))


def output(which: int) -> Callable:
    """Return how one of the three outputs is asked."""

    def observe(answer: Callable, p: Tensor, q: Tensor) -> Tensor:
        mine = three(answer, p, q)[which]
        mine = as_tensor(mine, "an output of D")
        if mine.numel() != len(p):
            raise Wrong(
                f"shape {tuple(mine.shape)} comes back for densities at {len(p)} places. One "
                "number for each place."
            )
        return mine

    return observe


best_outputs = Value(
    title="What D's output means",
    proves="ln(p/q), p/(p+q) and ±1: three answers to one question, and only the first two can be "
    "turned into a probability.",
    hints=(
        "At one place D picks t to make p · (loss of t on real) + q · (loss of t on fake) small. "
        "Set the slope to 0.",
        "Cross entropy: D* of lesson 02 as a logit. Least squares: p · 2(t - 1) + q · 2t = 0. "
        "Hinge: between -1 and 1 the slope is q - p, a constant.",
        "return (p / q).log(), p / (p + q), (p - q).sign()",
    ),
    asks="Check ``best_outputs(p, q)``: three tensors, the best output of D under three losses.",
    table=Table(RIGHT, SLIPS_OF_CROSS_ENTROPY + SLIPS_OF_LEAST_SQUARES + SLIPS_OF_HINGE),
    cases=cases,
    observe=(count, output(0), output(1), output(2)),
    called=("", "cross entropy", "least squares", "hinge"),
)
