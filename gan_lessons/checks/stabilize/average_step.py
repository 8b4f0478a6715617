"""Average a generator with batch norm: an exercise of lesson 12, Stabilize the game."""

import copy
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from gan_lessons.checks.exercise import Wrong, ask, exercise

REFUSED = {  # what PyTorch says of a broken answer, and what that means here
    "a leaf Variable that requires grad is being used in an in-place": "PyTorch refuses to change "
    "a weight in place while it records gradients. Put @torch.no_grad() above the function.",
    "can't be cast to the desired output type": "one of the buffers, num_batches_tracked, is a "
    "whole number and cannot be averaged. Average parameters(); copy buffers().",
    "result type Float can't be cast to": "one of the buffers, num_batches_tracked, is a whole "
    "number and cannot be averaged. Average parameters(); copy buffers().",
    "expected dtype": "one of the buffers, num_batches_tracked, is a whole number and cannot be "
    "averaged. Average parameters(); copy buffers().",
}


@exercise(
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
)
def average_step(answer: Callable) -> None:
    """Check ``average_step(average, G, decay)`` against the closed form, on a G with batch norm.

    G's weights are set by hand before each call, and its batch norm sees a batch. No training.
    """
    with torch.random.fork_rng(devices=[]):
        for decay, steps in ((0.9, 1), (0.8, 4), (0.99, 3)):
            _check_average(answer, decay, steps)


class _Walk:
    """A generator that is pushed about, with all the weights and buffers it ever had."""

    def __init__(self):
        self.G = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.ReLU(), nn.Linear(3, 2))
        self.G(torch.randn(8, 2))  # its buffers have a past
        self.average = copy.deepcopy(self.G)
        self.start = [p.detach().clone() for p in self.G.parameters()]
        self.first = [b.clone() for b in self.G.buffers()]
        self.past: list[list[Tensor]] = []
        self.buffers: list[list[Tensor]] = []

    @torch.no_grad()
    def move(self) -> None:
        """Give G new weights; its batch norm sees another batch."""
        for p in self.G.parameters():
            p.add_(torch.randn_like(p))
        self.G(3 + 2 * torch.randn(8, 2))
        self.past.append([p.clone() for p in self.G.parameters()])
        self.buffers.append([b.clone() for b in self.G.buffers()])

    def follow(self, keep: float, add: float) -> list[Tensor]:
        """Return kept ← keep · kept + add · new over the whole past."""
        kept = self.start
        for weights in self.past:
            kept = [keep * k + add * w for k, w in zip(kept, weights, strict=True)]
        return kept


def _same(a: Sequence[Tensor], b: Sequence[Tensor]) -> bool:
    return len(a) == len(b) and all(
        x.shape == y.shape and torch.allclose(x.detach().float(), y.float(), atol=1e-5)
        for x, y in zip(a, b, strict=True)
    )


def _check_average(answer: Callable, decay: float, steps: int) -> None:
    walk = _Walk()
    for _ in range(steps):
        walk.move()
        ask(answer, walk.average, walk.G, decay, refused=REFUSED)
        _check_g(walk)
    kept = list(walk.average.parameters())
    _check_parameters(walk, kept, decay)
    if any(p.grad_fn is not None for p in walk.average.parameters()):
        raise Wrong(
            "the average drags along the graph of all its steps: memory grows with each. Work "
            "under torch.no_grad(), in place."
        )
    _check_buffers(walk, decay)
    before = [p.detach().clone() for p in kept] + [b.clone() for b in walk.average.buffers()]
    walk.move()
    if not _same([*kept, *walk.average.buffers()], before):
        raise Wrong(
            "the average moves when G moves, without being asked: both hold the same tensors. Copy "
            "numbers with copy_ or lerp_, do not hand over tensors."
        )


def _check_g(walk: _Walk) -> None:
    if not _same(list(walk.G.parameters()), walk.past[-1]):
        raise Wrong("G's own weights are changed. G plays on as if nobody followed it.")
    if not _same(list(walk.G.buffers()), walk.buffers[-1]):
        raise Wrong("G's own buffers are changed. Copy from G into the average.")
    if not all(p.requires_grad for p in walk.G.parameters()):
        raise Wrong("G's weights no longer require gradients: G has stopped learning.")
    if not walk.G.training:
        raise Wrong("G was put into eval mode and trains with frozen statistics from now on.")


def _check_parameters(walk: _Walk, kept: list[Tensor], decay: float) -> None:
    if _same(kept, walk.follow(decay, 1 - decay)):
        return
    if _same(kept, walk.start):
        raise Wrong(
            "the average never moves. Change its numbers in place (lerp_, with the underscore), "
            "toward G's, not toward its own."
        )
    if _same(kept, walk.past[-1]):
        raise Wrong("the average is a plain copy of G: nothing of its own past is kept.")
    if _same(kept, walk.follow(1 - decay, decay)):
        raise Wrong(
            "decay and 1 − decay are exchanged: decay is the share that is kept, and with 0.999 "
            "your average would be G itself but for a thousandth."
        )
    if _same(kept, walk.follow(1.0, 1 - decay)):
        raise Wrong("what is old is kept whole and grows without end: times decay.")
    if _same(kept, walk.follow(decay, 1.0)):
        raise Wrong("what is new counts whole, so the average grows too large: times 1 − decay.")
    if _same(kept, walk.follow(0.5, 0.5)):
        raise Wrong("the average goes half way each time, whatever the decay.")
    right = walk.follow(decay, 1 - decay)
    still = [
        i for i, (k, s) in enumerate(zip(kept, walk.start, strict=True)) if torch.allclose(k, s)
    ]
    good = [_same([k], [r]) for k, r in zip(kept, right, strict=True)]
    if still and all(good[i] or i in still for i in range(len(kept))):
        names = [list(dict(walk.G.named_parameters()))[i] for i in still]
        raise Wrong(f"some parameters stay behind: {', '.join(names)}. parameters() has them all.")
    raise Wrong(
        "after some steps the average is not βᵏ·start + Σ (1 − β)·βᵏ⁻ⁱ·weightsᵢ. One step: "
        "kept ← decay · kept + (1 − decay) · new."
    )


def _check_buffers(walk: _Walk, decay: float) -> None:
    found = list(walk.average.buffers())
    if _same(found, walk.buffers[-1]):
        return
    if _same(found, walk.first):
        raise Wrong(
            "the buffers are forgotten: batch norm's running mean and variance are no parameters, "
            "so in the average they stay as they were at the start. Its weights are G's of late, "
            "its statistics those of an untrained G. Copy them."
        )
    lagging = walk.first
    for now in walk.buffers:
        lagging = [decay * a + (1 - decay) * b for a, b in zip(lagging, now, strict=True)]
    if _same(found[:2], lagging[:2]):
        raise Wrong(
            "the buffers are averaged. They are running averages already, and averaged once more "
            "they lag behind the weights. Copy them."
        )
    if _same(found[:2], walk.buffers[-1][:2]):
        raise Wrong("one buffer is left out: num_batches_tracked, how many batches G has seen.")
    raise Wrong("the average's buffers are not G's: copy each of them.")
