"""The two kinds of step: an exercise of lesson 03, Watch the game move."""

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
