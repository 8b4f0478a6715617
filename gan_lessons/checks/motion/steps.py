"""Checks of lesson 03, Watch the game move."""

import cmath
import math
import re
from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong, exercise

STARTS = torch.tensor([0.3, -0.8, 1.1], dtype=torch.float64)
STEP = 0.2


def _lopsided(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
    """Return pushes of no special form, so that every mistake leads to another place."""
    return 0.3 * theta + 1.7 * psi + 0.1, 0.4 * psi - 0.9 * theta - 0.2


def _dirac(gamma: float = 0.0) -> Callable:
    """Return the pushes of the Dirac-GAN with the minimax loss and R1."""

    def push(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
        slope = torch.sigmoid(theta * psi)
        return psi * slope, -theta * slope - gamma * psi

    return push


def _ask(step: Callable, push: Callable, theta: Tensor, psi: Tensor, h: float = STEP):
    """Run one step of the learner's; return new tensors or say what is wrong with their form."""
    before = theta.clone(), psi.clone()
    answer = step(push, theta, psi, h)
    if not (isinstance(answer, tuple | list) and len(answer) == 2):
        raise Wrong("return the two new numbers, `return theta, psi`, nothing else.")
    if not (torch.equal(theta, before[0]) and torch.equal(psi, before[1])):
        raise Wrong(
            "your step changes the state it was given: `theta += …` writes into the caller's "
            "tensor. Make new tensors, `theta = theta + …`."
        )
    answer = [torch.as_tensor(part, dtype=torch.float64) for part in answer]
    if any(part.shape != theta.shape for part in answer):
        raise Wrong(
            f"for starts of shape {tuple(theta.shape)} you return shapes "
            f"{[tuple(part.shape) for part in answer]}: move every start by its own push."
        )
    return answer


def _moves(theta: Tensor, psi: Tensor, h: float) -> dict[str, tuple[Tensor, Tensor]]:
    """Return where right and wrong steps on the lopsided field lead, by name."""
    g, d = _lopsided(theta, psi)
    late_d = _lopsided(theta + h * g, psi)[1]  # G has moved, then D
    once = psi + h * d
    late_g = _lopsided(theta, once)[0]  # D has moved, then G
    again = once + h * _lopsided(theta, once)[1]  # D has moved twice
    last = once + h * _lopsided(theta + h * late_g, once)[1]  # D, G, D
    twice = [(psi, again), (once, again), (again, again), (once, last)]
    twice += [(seen, once + h * d) for seen in (psi, once, once + h * d)]
    return {
        f"D twice, {case}": (theta + h * _lopsided(theta, seen)[0], new)
        for case, (seen, new) in enumerate(twice)
    } | {
        "together": (theta + h * g, psi + h * d),
        "D first": (theta + h * late_g, psi + h * d),
        "G first": (theta + h * g, psi + h * late_d),
        "downhill": (theta - h * g, psi - h * d),
        "downhill, D first": (theta - h * _lopsided(theta, psi - h * d)[0], psi - h * d),
        "downhill, G first": (theta - h * g, psi - h * _lopsided(theta - h * g, psi)[1]),
        "no h": (theta + g, psi + d),
        "no h, D first": (theta + _lopsided(theta, psi + d)[0], psi + d),
        "exchanged": (theta + h * d, psi + h * g),
        "only G": (theta + h * g, psi),
        "only D": (theta, psi + h * d),
        "turned round": (psi + h * d, theta + h * g),
        "turned round, D first": (psi + h * d, theta + h * late_g),
    }


COMMON = {
    "downhill": "the signs are turned: a push is already downhill (minus the derivative). Add it.",
    "no h": "the step size h is not used: a push is a speed, h times it is a step.",
    "exchanged": "θ moves by D's push and ψ by G's. push returns G's first.",
    "only G": "ψ stays where it was: D never moves.",
    "only D": "θ stays where it was: G never moves.",
    "D twice": "D moves twice in one step. One push of ψ for each push of θ.",
    "turned round": "the results are exchanged: return theta first, then psi.",
}


def _name(step: Callable) -> str:
    """Say which known step this one is; raises Wrong for one that is not known."""
    theta, psi = STARTS, torch.tensor([0.7, 0.5, -0.2], dtype=torch.float64)
    asked = []

    def spy(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
        asked.append((theta, psi))
        return _lopsided(theta, psi)

    new = _ask(step, spy, theta, psi)
    if not asked:
        raise Wrong("your step never calls push(theta, psi): it must work for any game.")
    for name, right in _moves(theta, psi, STEP).items():
        if all(torch.allclose(a, b, atol=1e-6) for a, b in zip(new, right, strict=True)):
            return name
    return "unknown"


def _radii(step: Callable, gamma: float, start: float = 0.1, steps: int = 300) -> Tensor:
    """Return the distance from the equilibrium before and after each of some steps."""
    theta = torch.full((1,), start, dtype=torch.float64)
    psi, found = torch.zeros_like(theta), [start]
    for _ in range(steps):
        theta, psi = _ask(step, _dirac(gamma), theta, psi)
        found.append(float(torch.hypot(theta, psi)))
    return torch.tensor(found)


def _complain(name: str, which: str, step: Callable) -> None:
    if name.split(",")[0] in COMMON:
        raise Wrong(f"{which}: " + COMMON[name.split(",")[0]])
    radii = _radii(step, 0.0)
    raise Wrong(
        f"{which}: this is not one step of size h along both pushes. On the Dirac-GAN the distance "
        f"from the equilibrium goes from {radii[0]:.3g} to {radii[-1]:.3g} in {len(radii) - 1} "
        "steps; check each line against the formula."
    )


@exercise(
    title="The two kinds of step",
    proves="moving together, the radius grows in every step; in turns it stays bounded; with R1 it "
    "shrinks, though not in every single step.",
    hints=(
        "push(theta, psi) returns two numbers: how G is pushed, how D is pushed. A step adds h "
        "times a push. What differs is the state at which you ask.",
        "Together: ask once, then move both. In turns: ask, move ψ, then ask again at the new ψ "
        "before you move θ.",
        "In turns: psi = psi + h * push(theta, psi)[1], then theta = theta + h * push(theta, "
        "psi)[0]. The second call sees the psi that the first line made.",
    ),
)
def steps(simultaneous: Callable, alternating: Callable) -> str | None:
    """Check ``simultaneous(push, theta, psi, h)`` and ``alternating(push, theta, psi, h)``.

    Verified: any game, tensors of any shape, the caller's state untouched, who sees which state;
    then, on the Dirac-GAN, that the radius grows, stays bounded, and shrinks with R1.
    """
    together, turns = _name(simultaneous), _name(alternating)
    if together in ("D first", "G first"):
        late = "G" if together == "D first" else "D"
        raise Wrong(
            f"my_simultaneous: {late} already sees the other's new number, so the players take "
            "turns. Ask for both pushes before you move anyone."
        )
    if together != "together":
        _complain(together, "my_simultaneous", simultaneous)
    if turns == "together":
        raise Wrong(
            "my_alternating: G moves by a push from the stale state, computed before D moved. That "
            "is the simultaneous step. Call push again after the new psi."
        )
    if turns not in ("D first", "G first"):
        _complain(turns, "my_alternating", alternating)
    grown, bounded = _radii(simultaneous, 0.0), _radii(alternating, 0.0)
    if not (grown.diff() > 0).all():
        raise Wrong("my_simultaneous: on the Dirac-GAN the radius must grow in every step.")
    if bounded.max() > 1.2 * bounded[0] or bounded[-20:].max() < 0.8 * bounded[0]:
        raise Wrong("my_alternating: on the Dirac-GAN the radius must neither grow nor shrink.")
    for step in (simultaneous, alternating):
        if _radii(step, 0.3)[-1] > 0.01 * 0.1:
            raise Wrong("with R1 (γ = 0.3) the radius must shrink to a hundredth in 300 steps.")
    if turns == "G first":
        return (
            "Your G moves first. The course lets D move first, as its training loop does; what "
            "stays bounded and what shrinks is the same."
        )
    return None


def _roots(slope: float, gamma: float) -> list[complex]:
    """Return the closed form: -γ/2 ± sqrt(γ²/4 - slope²)."""
    root = cmath.sqrt(gamma**2 / 4 - slope**2)
    return [-gamma / 2 + root, -gamma / 2 - root]


def _same(found: list[complex], right: list[complex]) -> bool:
    """Compare two pairs in any order."""
    pairs = (zip(found, order, strict=True) for order in (right, right[::-1]))
    return any(all(abs(a - b) < 1e-4 for a, b in pair) for pair in pairs)


CASES = ((1.0, 0.4), (0.5, 0.3), (0.5, 3.0), (1.0, 0.0), (0.5, 0.0))

MISTAKES: dict[str, tuple[Callable, str]] = {
    "dropped": (
        lambda s, g: _roots(s, 0),
        "the penalty term is dropped: γ changes nothing. −∂R1/∂ψ = −γψ belongs into D's row.",
    ),
    "sign": (
        lambda s, g: [-root for root in _roots(s, g)],
        "the real part is positive: the penalty pushes ψ away from 0. D *adds* R1 to the loss it "
        "lowers, so its push is −γψ.",
    ),
    "half": (
        lambda s, g: _roots(s, g / 2),
        "the penalty has half its size: R1 = (γ/2)·ψ² has the derivative γψ.",
    ),
    "double": (
        lambda s, g: _roots(s, 2 * g),
        "the penalty has twice its size: the derivative of (γ/2)·ψ² is γψ.",
    ),
    "both": (
        lambda s, g: [complex(-g, s), complex(-g, -s)],
        "both players are penalized. R1 is a term of D's loss alone: G's row stays as it was.",
    ),
    "one loss": (
        lambda s, g: [-g / 2 + e * math.sqrt(g * g / 4 + s * s) for e in (1, -1)],
        "without R1 your eigenvalues are real: both pushes have the same sign, as if the players "
        "lowered one loss. In a game the two entries off the diagonal have opposite signs.",
    ),
    "a step": (
        lambda s, g: [1 + root for root in _roots(s, g)],
        "these are eigenvalues of a step, 1 + hλ with h = 1. Asked is λ, of the pushes themselves.",
    ),
    "not complex": (
        lambda s, g: [root.real for root in _roots(s, g)],
        "the imaginary part is lost: the rotation is what we are after. Keep complex numbers.",
    ),
    "GAN only": (
        lambda s, g: _roots(0.5, g),
        "slope is not used: 1/2 is the GAN's, a WGAN has 1.",
    ),
}


def _eigenvalues_of(answer: Callable, slope: float, gamma: float) -> list[complex]:
    try:
        found = answer(slope, gamma)
    except ValueError as error:
        if not re.search("math domain|nonnegative", str(error)):
            raise
        raise Wrong(
            "math.sqrt has no root for a negative number, and here there is one: the game turns. "
            "Use cmath.sqrt, or torch.linalg.eigvals of the matrix."
        ) from error
    except TypeError as error:
        if "must be Tensor" not in str(error):
            raise
        raise Wrong(
            "torch got a list or a plain number where it needs a tensor: torch.tensor([[…], […]])."
        ) from error
    if isinstance(found, tuple) and [torch.as_tensor(part).numel() for part in found] == [2, 4]:
        raise Wrong(
            "eig gives eigenvalues *and* eigenvectors: take torch.linalg.eigvals(J) instead."
        )
    parts = list(found) if isinstance(found, tuple | list) else [found]
    found = torch.stack([torch.as_tensor(part).to(torch.complex128) for part in parts])
    if found.numel() == 4:
        raise Wrong(
            "you return the 2 × 2 matrix. Its eigenvalues are asked: torch.linalg.eigvals(J)."
        )
    if found.numel() != 2:
        raise Wrong(
            f"a 2 × 2 matrix has two eigenvalues, counted with repeats, not {found.numel()}."
        )
    if found.isnan().any():
        raise Wrong(
            "a number is NaN: the root of a negative real number. Use cmath.sqrt, or "
            "torch.linalg.eigvals of the matrix."
        )
    return found.reshape(2).tolist()


@exercise(
    title="Eigenvalues with R1",
    proves="±i·slope without the penalty; with it both real parts are negative.",
    hints=(
        "Near (0, 0) the pushes are (slope·ψ, −slope·θ) without a penalty. R1 = (γ/2)·ψ² is added "
        "to D's loss. What does that add to the push on ψ?",
        "The push on ψ becomes −slope·θ − γψ. Row 1 of J: how the push on θ changes with θ and "
        "with ψ. Row 2: the same for the push on ψ.",
        "J = [[0, slope], [−slope, −γ]]; return torch.linalg.eigvals of it.",
    ),
)
def eigenvalues(answer: Callable) -> None:
    """Check ``eigenvalues(slope, gamma)``: two complex numbers in any order."""
    found = {case: _eigenvalues_of(answer, *case) for case in CASES}
    if all(_same(pair, _roots(*case)) for case, pair in found.items()):
        return
    for mistake, diagnosis in MISTAKES.values():
        if all(_same(pair, mistake(*case)) for case, pair in found.items()):
            raise Wrong(diagnosis)
    slope, gamma = next(case for case in CASES if not _same(found[case], _roots(*case)))
    total, product = sum(found[slope, gamma]), math.prod(found[slope, gamma])
    raise Wrong(
        f"for slope = {slope:g}, γ = {gamma:g} your two add up to {total:.3g} and have the product "
        f"{product:.3g}. They must add up to −γ (the diagonal) and multiply to slope²."
    )


@exercise(
    title="The critical γ",
    proves="below it the game circles in, above it nothing turns; its eigenvalues meet there.",
    hints=(
        "λ = −γ/2 ± sqrt(γ²/4 − slope²). When is there no imaginary part?",
        "The root is real once γ²/4 is at least slope².",
        "Solve γ²/4 = slope² for γ > 0: γ/2 = slope.",
    ),
)
def critical_gamma(answer: Callable) -> None:
    """Check ``critical_gamma(slope)``: the least γ at which the eigenvalues are real."""
    given = {slope: float(answer(slope)) for slope in (0.5, 1.0, 2.0)}
    mistakes = {
        "constant": (lambda s: 1.0, "1 is the GAN's value. For a WGAN slope is 1: use it."),
        "half": (lambda s: s, "half of it: it is γ/2 that must reach the slope, not γ."),
        "no root": (
            lambda s: 4 * s * s,
            "this is γ², not γ: from γ²/4 = slope² take the root on both sides.",
        ),
        "least": (
            lambda s: 0.0,
            "at γ = 0 the game circles for ever. That γ > 0 is enough to come to rest is true; "
            "asked is where the turning ends.",
        ),
    }
    for wrong, diagnosis in mistakes.values():
        if all(math.isclose(g, wrong(s), abs_tol=1e-3) for s, g in given.items()):
            raise Wrong(diagnosis)
    for slope, gamma in given.items():
        if math.isclose(gamma, 2 * slope, rel_tol=1e-3):
            continue
        value = _roots(slope, gamma)[0]
        if abs(value.imag) > 1e-9:
            raise Wrong(
                f"for slope = {slope:g} you say γ = {gamma:.3g}, but there λ = {value.real:.3g} ± "
                f"{abs(value.imag):.3g}i: the game still turns."
            )
        raise Wrong(
            f"for slope = {slope:g} you say γ = {gamma:.3g}: nothing turns there, but already at "
            f"{0.99 * gamma:.3g} nothing does. Asked is the least such γ."
        )


def _factor(slope: float, gamma: float, h: float) -> float:
    """Return by how much the slowest direction changes in one simultaneous step."""
    return max(abs(1 + h * root) for root in _roots(slope, gamma))


@exercise(
    title="The least γ for a step of size h",
    proves="below it simultaneous steps drive the players apart; above it, while hγ is small, they "
    "bring them home.",
    hints=(
        "A step multiplies by 1 + hλ. For two complex conjugates |1 + hλ|² is their product, "
        "which is the determinant of I + hJ.",
        "I + hJ = [[1, h·slope], [−h·slope, 1 − hγ]]. Write down its determinant, and ask when it "
        "is below 1.",
        "1 − hγ + h²·slope² < 1. Solve for γ and divide by h.",
    ),
)
def least_gamma(answer: Callable) -> None:
    """Check ``least_gamma(slope, h)``: where a simultaneous step stops growing."""
    cases = ((0.5, 0.2), (1.0, 0.2), (1.0, 0.4), (2.0, 0.1))
    given = {case: float(answer(*case)) for case in cases}
    mistakes = {
        "flow": (
            lambda s, h: 0.0,
            "that is the answer for infinitely small steps. A step of size h leaves the circle "
            "along its tangent, and the penalty must make up for that.",
        ),
        "critical": (
            lambda s, h: 2 * s,
            "that is the critical γ, where the turning ends. A circle can shrink long before.",
        ),
        "no square": (
            lambda s, h: h * s,
            "the slope must be squared: the determinant holds h²·slope².",
        ),
        "h forgotten": (lambda s, h: s * s, "h is missing: smaller steps need a smaller γ."),
        "not divided": (
            lambda s, h: (h * s) ** 2,
            "this is h·γ, not γ: divide h²·slope² < h·γ by h.",
        ),
    }
    for wrong, diagnosis in mistakes.values():
        if all(math.isclose(g, wrong(*case), abs_tol=1e-4) for case, g in given.items()):
            raise Wrong(diagnosis)
    for (slope, h), gamma in given.items():
        if math.isclose(gamma, h * slope**2, rel_tol=1e-3):
            continue
        factor = _factor(slope, gamma, h) ** 100
        where = f"for slope = {slope:g}, h = {h:g} you say γ = {gamma:.3g}"
        if factor > 1:
            raise Wrong(f"{where}, but there 100 steps multiply the radius by {factor:.3g}.")
        raise Wrong(
            f"{where}: there the radius shrinks, and with a somewhat smaller γ it still does."
        )
