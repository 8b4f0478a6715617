"""What D's output means: an exercise of lesson 10, Choose a loss."""

from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong, exercise

Named = tuple[tuple[Callable[[Tensor, Tensor], Tensor], str], ...]

P = torch.tensor([0.30, 0.20, 0.05, 0.40, 0.01])
Q = torch.tensor([0.10, 0.25, 0.40, 0.02, 0.30])

MEANINGS: dict[str, tuple[Callable, Named]] = {
    "cross entropy": (
        lambda p, q: (p / q).log(),
        (
            (lambda p, q: (q / p).log(), "p and q are exchanged: likely real must be positive."),
            (
                lambda p, q: p / (p + q),
                "that is the probability, D* of lesson 02. The *output* is its logit, "
                "ln(D*/(1-D*)).",
            ),
            (lambda p, q: p / q, "the logarithm is missing."),
            (lambda p, q: (p / q).log2(), "you measure in bits: use the natural logarithm."),
            (lambda p, q: (p / q).log10(), "use the natural logarithm, log."),
            (
                lambda p, q: (p / (p + q)).log(),
                "that is ln D*. A logit is ln D* - ln(1 - D*).",
            ),
            (lambda p, q: p - q, "take the logarithms first: ln p - ln q."),
        ),
    ),
    "least squares": (
        lambda p, q: p / (p + q),
        (
            (lambda p, q: q / (p + q), "p and q are exchanged: 1 is the target of real samples."),
            (lambda p, q: (p - q) / (p + q), "that would be right for targets 1 and -1."),
            (lambda p, q: (p / q).log(), "that is cross entropy's output."),
            (lambda p, q: p - q, "divide: it must lie between the targets, 0 and 1."),
            (lambda p, q: p / q, "it must lie between the targets, 0 and 1: divide by p + q."),
            (
                lambda p, q: 2 * p / (p + q),
                "twice too much: it must lie between the targets, 0 and 1.",
            ),
            (lambda p, q: (p > q).float(), "the square makes D a mean of the targets, no vote."),
        ),
    ),
    "hinge": (
        lambda p, q: (p - q).sign(),
        (
            (lambda p, q: (q - p).sign(), "p and q are exchanged."),
            (
                lambda p, q: (p > q).float(),
                "the fakes' margin is at -1, not at 0.",
            ),
            (lambda p, q: p - q, "D goes all the way to the margin, however close p and q are."),
            (
                lambda p, q: (p - q) / (p + q),
                "D goes all the way to the margin, however close p and q are.",
            ),
            (lambda p, q: (p / q).log(), "that is cross entropy's output."),
            (lambda p, q: (p / q).log().tanh(), "nothing is smooth here: D sits at a margin."),
            (
                lambda p, q: (p / q).log().clamp(-1, 1),
                "D goes all the way to the margin, however close p and q are.",
            ),
            (
                lambda p, q: torch.where(p > q, torch.inf, -torch.inf),
                "beyond the margin nothing is won, and the other kind costs more: D stops at ±1.",
            ),
            (lambda p, q: torch.ones_like(p), "where fakes are likelier, D says -1."),
        ),
    ),
}


@exercise(
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
)
def best_outputs(answer: Callable) -> None:
    """Check ``best_outputs(p, q)``: three tensors, the best output of D under three losses."""
    found = answer(P, Q)
    if isinstance(found, dict):
        found = tuple(found.values())
    if isinstance(found, Tensor) and found.shape == (len(MEANINGS), len(P)):
        found = tuple(found)
    if not isinstance(found, tuple | list) or len(found) != len(MEANINGS):
        raise Wrong("return three things: for cross entropy, for least squares, for the hinge.")
    for mine, (name, (right, named)) in zip(found, MEANINGS.items(), strict=True):
        mine = torch.as_tensor(mine, dtype=torch.float32)
        if mine.shape != P.shape:
            raise Wrong(
                f"{name}: you return shape {tuple(mine.shape)} for densities at {len(P)} places. "
                "One number for each place."
            )
        if torch.allclose(mine, right(P, Q), atol=1e-4):
            continue
        for wrong, diagnosis in named:
            if torch.allclose(mine, wrong(P, Q), atol=1e-4):
                raise Wrong(f"{name}: {diagnosis}")
        worst = (mine - right(P, Q)).abs().nan_to_num(torch.inf).argmax()
        raise Wrong(
            f"{name}: at p = {P[worst]:.2f}, q = {Q[worst]:.2f} you say {mine[worst]:.3f}, not "
            f"{right(P, Q)[worst]:.3f}."
        )
