"""The two kinds of step: an exercise of lesson 03, Watch the game move."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def simultaneous(push, theta, psi, h):
    push_g, push_d = push(theta, psi)
    return theta + h * push_g, psi + h * push_d


def alternating(push, theta, psi, h):
    psi = psi + h * push(theta, psi)[1]
    theta = theta + h * push(theta, psi)[0]
    return theta, psi
"""

G_FIRST = RIGHT.replace(
    "psi = psi + h * push(theta, psi)[1]\n    theta = theta + h * push(theta, psi)[0]",
    "theta = theta + h * push(theta, psi)[0]\n    psi = psi + h * push(theta, psi)[1]",
)

TURNS = """psi = psi + h * push(theta, psi)[1]
    theta = theta + h * push(theta, psi)[0]"""

SLIPS = (
    # together
    Slip(
        "theta + h * push_g, psi",
        "theta + h * push(theta, psi + h * push_d)[0], psi",
        "my_simultaneous: G already sees the other's new number, so the players take turns. Ask "
        "for both pushes before you move anyone.",
    ),
    Slip(
        "psi + h * push_d",
        "psi + h * push(theta + h * push_g, psi)[1]",
        "my_simultaneous: D already sees the other's new number, so the players take turns. Ask "
        "for both pushes before you move anyone.",
    ),
    Slip(
        "theta + h * push_g, psi + h * push_d",
        "theta - h * push_g, psi - h * push_d",
        "my_simultaneous: the signs are turned: a push is already downhill (minus the derivative). "
        "Add it.",
    ),
    Slip(
        "theta + h * push_g",
        "theta - h * push_g",
        "my_simultaneous: G moves against its push. Both pushes are downhill already, each for its "
        "own player: add both.",
    ),
    Slip(
        "psi + h * push_d",
        "psi - h * push_d",
        "my_simultaneous: D moves against its push. Both pushes are downhill already, each for its "
        "own player: add both.",
    ),
    Slip(
        "theta + h * push_g, psi + h * push_d",
        "theta + push_g, psi + push_d",
        "my_simultaneous: the step size h is not used: a push is a speed, h times it is a step.",
    ),
    Slip(
        "theta + h * push_g, psi + h * push_d",
        "theta + h / 2 * push_g, psi + h / 2 * push_d",
        "my_simultaneous: each player makes half a step. Each moves by the whole h.",
    ),
    Slip(
        "push_g, push_d =",
        "push_d, push_g =",
        "my_simultaneous: θ moves by D's push and ψ by G's. push returns G's first.",
    ),
    Slip(
        "push_d = push(theta, psi)",
        "push_d = push(psi, theta)",
        "my_simultaneous: push is asked with θ and ψ exchanged. It takes theta first.",
    ),
    Slip(
        "psi + h * push_d",
        "psi",
        "my_simultaneous: ψ stays where it was: D never moves.",
    ),
    Slip(
        "theta + h * push_g",
        "theta",
        "my_simultaneous: θ stays where it was: G never moves.",
    ),
    Slip(
        "theta + h * push_g, psi + h * push_d",
        "h * push_g, h * push_d",
        "my_simultaneous: this is the way that the players go, not where they arrive. Add it to "
        "theta and psi.",
    ),
    Slip(
        "theta + h * push_g, psi + h * push_d",
        "psi + h * push_d, theta + h * push_g",
        "my_simultaneous: the results are exchanged: return theta first, then psi.",
    ),
    Slip(
        "psi + h * push_d",
        "psi + h * push_d + h * push(theta, psi + h * push_d)[1]",
        "my_simultaneous: D moves twice in one step. One push of ψ for each push of θ.",
    ),
    Slip(
        "theta + h * push_g, psi + h * push_d",
        "theta[0] + h * push_g[0], psi[0] + h * push_d[0]",
        "my_simultaneous: of several starts only the first one comes back: move every start by its "
        "own push.",
    ),
    Slip(
        "psi + h * push_d",
        "psi.add_(h * push_d)",
        "my_simultaneous: your step changes the state it was given: `psi += …` or a method that "
        "ends in _ writes into the caller's tensor. Make a new one, `psi = psi + …`.",
    ),
    # in turns
    Slip(
        TURNS,
        "push_g, push_d = push(theta, psi)\n    psi = psi + h * push_d\n"
        "    theta = theta + h * push_g",
        "my_alternating: G moves by a push from the stale state, computed before D moved. That is "
        "the simultaneous step. Call push again after the new psi.",
    ),
    Slip(
        TURNS,
        TURNS.replace(" + h", " - h"),
        "my_alternating: the signs are turned: a push is already downhill (minus the derivative). "
        "Add it.",
    ),
    Slip(
        "theta + h * push(theta",
        "theta - h * push(theta",
        "my_alternating: G moves against its push. Both pushes are downhill already, each for its "
        "own player: add both.",
    ),
    Slip(
        "psi + h * push(theta",
        "psi - h * push(theta",
        "my_alternating: D moves against its push. Both pushes are downhill already, each for its "
        "own player: add both.",
    ),
    Slip(
        TURNS,
        TURNS.replace("h * ", ""),
        "my_alternating: the step size h is not used: a push is a speed, h times it is a step.",
    ),
    Slip(
        TURNS,
        TURNS.replace("h * ", "h / 2 * "),
        "my_alternating: each player makes half a step. Each moves by the whole h.",
    ),
    Slip(
        TURNS,
        "psi = psi + h * push(theta, psi)[0]\n    theta = theta + h * push(theta, psi)[1]",
        "my_alternating: θ moves by D's push and ψ by G's. push returns G's first.",
    ),
    Slip(
        "push(theta, psi)[1]",
        "push(theta, psi)[0]",
        "my_alternating: ψ moves by G's push. push returns G's first: D's is [1].",
    ),
    Slip(
        "push(theta, psi)[0]",
        "push(theta, psi)[1]",
        "my_alternating: θ moves by D's push. push returns G's first, [0].",
    ),
    Slip(
        "psi = psi + h * push(theta, psi)[1]\n    ",
        "",
        "my_alternating: ψ stays where it was: D never moves.",
    ),
    Slip(
        "theta = theta + h * push(theta, psi)[0]",
        "pass",
        "my_alternating: θ stays where it was: G never moves.",
    ),
    Slip(
        "return theta, psi",
        "return psi, theta",
        "my_alternating: the results are exchanged: return theta first, then psi.",
    ),
    Slip(
        "return theta, psi",
        "return theta, psi + h * push(theta, psi)[1]",
        "my_alternating: D moves twice in one step, before G and after it. One push of ψ for each "
        "push of θ.",
    ),
    Slip(
        "psi = psi + h * push(theta, psi)[1]",
        "psi = psi + h * push(theta, psi)[1]\n    psi = psi + h * push(theta, psi)[1]",
        "my_alternating: D moves twice in one step before G does. One push of ψ for each push of "
        "θ.",
    ),
    Slip(
        "theta = theta + h * push(theta, psi)[0]",
        "push_g, push_d = push(theta, psi)\n    theta, psi = theta + h * push_g, psi + h * push_d",
        "my_alternating: D moves twice in one step, alone and then together with G. Of the second "
        "pushes take G's only.",
    ),
    Slip(
        TURNS,
        "push_g, push_d = push(theta, psi)\n    psi = psi + h * push_d\n"
        "    theta = theta + h * push(theta, psi)[0]\n    psi = psi + h * push_d",
        "my_alternating: D moves twice in one step by the same push. One push of ψ for each push "
        "of θ.",
    ),
    Slip(
        "return theta, psi",
        "return theta[0], psi[0]",
        "my_alternating: of several starts only the first one comes back: move every start by its "
        "own push.",
    ),
    Slip(
        "psi = psi + h",
        "psi += h",
        "my_alternating: your step changes the state it was given: `psi += …` or a method that "
        "ends in _ writes into the caller's tensor. Make a new one, `psi = psi + …`.",
    ),
)


def lopsided(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
    """Return pushes of no special form, so that every mistake leads to another place."""
    return 0.3 * theta + 1.7 * psi + 0.1, 0.4 * psi - 0.9 * theta - 0.2


def dirac(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
    """Return the pushes of the Dirac-GAN with the minimax loss."""
    slope = torch.sigmoid(theta * psi)
    return psi * slope, -theta * slope


def cases(seed: int) -> Sequence[Case]:
    """Return one start, and three starts in two games."""
    rng = torch.Generator().manual_seed(seed)
    theta, psi = torch.randn(2, 3, generator=rng, dtype=torch.float64)
    one = torch.ones(1, dtype=torch.float64)
    return [
        case(f"{name} from {where}", push, *state, part=part)
        for part, name in enumerate(("my_simultaneous", "my_alternating"))
        for where, push, *state in (
            ("one start", lopsided, one, 2 * one, 0.5),
            ("three starts", lopsided, theta, psi, 0.2),
            ("three starts of the Dirac-GAN", dirac, theta + 1, psi - 1, 0.1),
        )
    ]


def _moved(name: str, step: Callable, push: Callable, theta: Tensor, psi: Tensor, h: float):
    """Return the new θ and ψ, or say what is wrong with the form of a step."""
    asked = []

    def spy(theta: Tensor, psi: Tensor) -> tuple[Tensor, Tensor]:
        asked.append((theta, psi))
        return push(theta, psi)

    before = theta.clone(), psi.clone()
    found = step(spy, theta, psi, h)
    if found is None:
        raise Wrong(f"{name}: None comes back: the return is missing.")
    for kept, now, what in zip(before, (theta, psi), ("theta", "psi"), strict=True):
        if not torch.equal(kept, now):
            raise Wrong(
                f"{name}: your step changes the state it was given: `{what} += …` or a method that "
                f"ends in _ writes into the caller's tensor. Make a new one, `{what} = {what} + …`."
            )
    if not asked:
        raise Wrong(f"{name}: your step never calls push(theta, psi): it must work for any game.")
    if len(found) != 2:
        raise Wrong(f"{name}: return the two new numbers, `return theta, psi`, nothing else.")
    return found[0], found[1]


steps = Value(
    title="The two kinds of step",
    proves="each step starts from the state that it should, for one start and for three, in two "
    "games.",
    hints=(
        "push(theta, psi) returns two numbers: how G is pushed, how D is pushed. A step adds h "
        "times a push. What differs is the state at which you ask.",
        "Together: ask once, then move both. In turns: ask, move ψ, then ask again at the new ψ "
        "before you move θ.",
        "In turns: psi = psi + h * push(theta, psi)[1], then theta = theta + h * push(theta, "
        "psi)[0]. The second call sees the psi that the first line made.",
    ),
    asks="Check ``simultaneous(push, theta, psi, h)`` and ``alternating(push, theta, psi, h)``: "
    "any game, any number of starts, the caller's state untouched.",
    table=Table(
        RIGHT,
        SLIPS,
        also={
            G_FIRST: "Your G moves first. The course lets D move first, as its training loop does; "
            "what you will see of the distance is nearly the same."
        },
    ),
    cases=cases,
    observe=(
        lambda simultaneous, alternating, *args: _moved("my_simultaneous", simultaneous, *args),
        lambda simultaneous, alternating, *args: _moved("my_alternating", alternating, *args),
    ),
)
