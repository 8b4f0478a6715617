"""Average a generator with batch norm: an exercise of lesson 12, Stabilize the game."""

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Case, Slip, Table, Value, case

RIGHT = """
def average_step(average, G, decay):
    with torch.no_grad():
        for kept, new in zip(average.parameters(), G.parameters(), strict=True):
            kept.lerp_(new, 1 - decay)
        for kept, new in zip(average.buffers(), G.buffers(), strict=True):
            kept.copy_(new)
"""

MOVE = "kept.lerp_(new, 1 - decay)"
COPY = "kept.copy_(new)"
NEVER = (
    "the average never moves. Change its numbers in place (lerp_, with the underscore), toward "
    "G's, not toward its own, and not those of a copy."
)
PLAIN = "the average is a plain copy of G: nothing of its own past is kept."
BEHIND = (
    "parameters() has them all, of batch norm too: its weight and its bias are trained like others."
)
WHOLE_NUMBER = (
    "one of the buffers, num_batches_tracked, is a whole number and cannot be averaged. Average "
    "parameters(); copy buffers()."
)
RECORDED = (
    "PyTorch refuses to change a weight in place while it records gradients. Put @torch.no_grad() "
    "above the function."
)
SHARED = (
    "the average moves when G moves, without being asked: both hold the same tensors. Copy "
    "numbers with copy_ or lerp_, do not hand over tensors."
)
G_CHANGED = "G's own weights are changed. G plays on as if nobody followed it."
G_BUFFERS = "G's own buffers are changed. Copy from G into the average."

SLIPS = (
    Slip(MOVE, "kept.lerp(new, 1 - decay)", NEVER),
    Slip(MOVE, "kept = decay * kept + (1 - decay) * new", NEVER),
    Slip(MOVE, "kept.lerp_(kept, 1 - decay)", NEVER),
    Slip(MOVE, COPY, PLAIN),
    Slip(MOVE, "kept.data = new.data", SHARED),
    Slip(
        MOVE,
        "kept.lerp_(new, decay)",
        "decay and 1 − decay are exchanged: decay is the share that is kept, and with 0.999 your "
        "average would be G itself but for a thousandth.",
    ),
    Slip(
        MOVE,
        "kept.add_(new, alpha=1 - decay)",
        "what is old is kept whole and grows without end: times decay.",
    ),
    Slip(
        MOVE,
        "kept.mul_(decay).add_(new)",
        "what is new counts whole, so the average grows too large: times 1 − decay.",
    ),
    Slip(MOVE, "kept.lerp_(new, 0.5)", "the average goes half way each time, whatever the decay."),
    Slip(
        MOVE,
        "kept.lerp_(new, decay - 1)",
        "the average runs away from G: the sign is turned. It moves by (1 − decay) · (new − kept).",
    ),
    Slip(
        MOVE,
        "kept.mul_(decay).sub_(new, alpha=1 - decay)",
        "what is new is subtracted, and the average moves toward −1 times G. Add it.",
    ),
    Slip(
        MOVE,
        "kept.mul_(decay)",
        "nothing of G comes in: the average shrinks to 0. Add (1 − decay) · new.",
    ),
    Slip(
        "with torch.no_grad():\n        for kept",
        "average.n = getattr(average, 'n', 0) + 1\n    decay = min(decay, (1 + average.n) / (10 + "
        "average.n))\n    with torch.no_grad():\n        for kept",
        "decay is held down in the first steps, as where an average warms up (lesson 08): a step "
        "of this exercise takes it as it is given.",
    ),
    Slip(
        MOVE,
        "kept.lerp_(new, (1 - decay) ** 2)",
        "the average moves by 1 − decay of what it should: 1 − decay counts twice.",
    ),
    Slip(MOVE, "new.lerp_(kept, 1 - decay)", G_CHANGED),
    Slip(
        "zip(average.parameters(), G.parameters(), strict=True)",
        "zip(average[0].parameters(), G[0].parameters(), strict=True)",
        BEHIND,
    ),
    Slip(
        COPY,
        "pass",
        "the buffers are forgotten: batch norm's running mean and variance are no parameters and "
        "stay as they were at the start, so the average's weights are G's of late, its statistics "
        "those of an untrained G. Copy them.",
    ),
    Slip(COPY, MOVE, WHOLE_NUMBER),
    Slip(
        COPY,
        "kept.lerp_(new, 1 - decay) if kept.is_floating_point() else kept.copy_(new)",
        "the buffers are averaged. They are running averages already, and averaged once more they "
        "lag behind the weights. Copy them.",
    ),
    Slip(
        COPY,
        "kept.copy_(new) if kept.is_floating_point() else None",
        "one buffer is left out: num_batches_tracked, how many batches G has seen.",
    ),
    Slip(COPY, "new.copy_(kept)", G_BUFFERS),
    Slip(COPY, "kept.data = new.data", SHARED),
    Slip("torch.no_grad()", "torch.enable_grad()", RECORDED),
    Slip(
        "with torch.no_grad():",
        "average = copy.deepcopy(average)\n    with torch.no_grad():",
        "the average that you were given stays as it was, buffers included: what moves is a copy, "
        "or nothing at all. Change its own numbers, in place.",
    ),
)


@torch.no_grad()
def _push(G: nn.Module, rng: torch.Generator) -> None:
    """Give G new weights; its batch norm sees another batch."""
    for p in G.parameters():
        p.add_(torch.randn(p.shape, generator=rng))
    G(3 + 2 * torch.randn(8, 2, generator=rng))


def _numbers(net: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
    return [p.detach().clone() for p in net.parameters()], [b.clone() for b in net.buffers()]


def _equal(some: Sequence[Tensor], others: Sequence[Tensor]) -> bool:
    return len(some) == len(others) and all(map(torch.equal, some, others))


def observe(step: Callable, average: nn.Module, G: nn.Module, decay: float, steps: int) -> list:
    """Let G be pushed about and followed; return the average's parameters and buffers. Lesson 12.

    Raises:
        Wrong: G is touched, or the average is more than numbers of its own.
    """
    rng = torch.Generator().manual_seed(0)
    for _ in range(steps):
        _push(G, rng)
        weights, buffers = _numbers(G)
        step(average, G, decay)
        _left_alone(G, weights, buffers)
    if any(p.grad_fn is not None for p in average.parameters()):
        raise Wrong(
            "the average drags along the graph of all its steps: memory grows with each. Work "
            "under torch.no_grad(), in place."
        )
    weights, buffers = _numbers(average)
    _push(G, rng)
    if not all(map(_equal, _numbers(average), (weights, buffers))):
        raise Wrong(SHARED)
    return [*weights, *buffers]


def _left_alone(G: nn.Module, weights: list[Tensor], buffers: list[Tensor]) -> None:
    now, statistics = _numbers(G)
    if not _equal(now, weights):
        raise Wrong(G_CHANGED)
    if not _equal(statistics, buffers):
        raise Wrong(G_BUFFERS)
    if not all(p.requires_grad for p in G.parameters()):
        raise Wrong("G's weights no longer require gradients: G has stopped learning.")
    if not G.training:
        raise Wrong("G was put into eval mode and trains with frozen statistics from now on.")


def cases(seed: int) -> Sequence[Case]:
    """Return two generators with batch norm, a decay, and how often the average follows."""
    rng = torch.Generator().manual_seed(1000 + seed)
    with torch.random.fork_rng(devices=[]):
        G = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 2))
    for p in G.parameters():
        nn.init.normal_(p, generator=rng)
    average = copy.deepcopy(G)
    _push(average, rng)
    return (
        case("one step", average, G, 0.9, 1),
        case("four steps", average, G, 0.8, 4),
        case("three steps of a slow average", average, G, 0.99, 3),
    )


def _where_it_differs(parts: tuple[Callable, ...], asked: Sequence[Case]) -> None:
    """Raise with what one step leaves as it was, or with one number of it."""
    average, _, decay, _ = asked[0].args
    names = [name for name, _ in average.named_parameters()]
    names += [name for name, _ in average.named_buffers()]
    mine = average_step.ask(parts, asked[0]).parts
    right = average_step.ask(average_step.table.functions(RIGHT), asked[0]).parts
    old = [x.detach().double() for x in (*average.parameters(), *average.buffers())]
    wrong = [i for i in range(len(right)) if not torch.allclose(mine[i], right[i], rtol=1e-4)]
    weights = len(list(average.parameters()))
    if not wrong:
        return
    if wrong[0] >= weights:
        which = ", ".join(names[i] for i in wrong)
        raise Wrong(f"the average's buffers are not G's, {which}: copy each of them.")
    if all(torch.equal(mine[i], old[i]) for i in wrong):
        which = ", ".join(names[i] for i in wrong if i < weights)
        raise Wrong(f"some parameters stay behind: {which}. {BEHIND}")
    i = wrong[0]
    new = right[i] + decay / (1 - decay) * (right[i] - old[i])
    before, toward, asks, got = (float(x.flatten()[0]) for x in (old[i], new, right[i], mine[i]))
    raise Wrong(
        f"after one step with decay {decay} the average's {names[i]} is not kept ← decay · kept + "
        f"(1 − decay) · new: it stood at {before:.3f} and G's at {toward:.3f}; {asks:.3f} is asked "
        f"and {got:.3f} came."
    )


average_step = Value(
    title="Average a generator with batch norm",
    proves="after k steps every parameter is βᵏ times its start plus what the weights since then "
    "add, the buffers are G's, and G itself is as it was.",
    hints=(
        "Two loops. One over average.parameters() and G.parameters(), which moves; one over "
        "average.buffers() and G.buffers(), which copies. zip pairs them.",
        "Parameters: kept ← decay · kept + (1 − decay) · new, in place: kept.lerp_(new, 1 - decay) "
        "or kept.mul_(decay).add_(new, alpha=1 - decay). Buffers: kept.copy_(new).",
        "@torch.no_grad() above the function; then `for kept, new in zip(average.parameters(), "
        "G.parameters()): kept.lerp_(new, 1 - decay)` and `for kept, new in zip(average.buffers(), "
        "G.buffers()): kept.copy_(new)`.",
    ),
    asks="Check ``average_step(average, G, decay)`` on a G with batch norm that is pushed about.",
    table=Table(RIGHT, SLIPS, uses={"copy": copy}),
    cases=cases,
    observe=observe,
    refused={
        "a leaf Variable that requires grad is being used in an in-place": RECORDED,
        "can't be cast to the desired output type": WHOLE_NUMBER,
        "result type Float can't be cast to": WHOLE_NUMBER,
        "expected dtype": WHOLE_NUMBER + " (Of parameters: both need one dtype.)",
    },
    signs=_where_it_differs,
)
