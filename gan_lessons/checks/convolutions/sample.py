"""An image of its own: an exercise of lesson 07, Build a DCGAN."""

import copy
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Property, Slip, Table

RIGHT = """
def sample(G, z):
    before = G.training
    G.eval()
    with torch.no_grad():
        images = G(z)
    G.train(before)
    return images
"""

SLIPS = (
    Slip("G.eval()", "pass", "five batch mates"),
    Slip("G.eval()", "G.eval", "five batch mates"),
    Slip("G.eval()", "G.train()", "five batch mates"),
    Slip("    G.train(before)\n", "", "Put the mode back"),
    Slip("G.train(before)", "G.train", "Put the mode back"),
    Slip("G.train(before)", "G.train()", "put back what *was*"),
    Slip("before = G.training\n    G.eval()", "G.eval()\n    before = G.training", "Put the mode"),
    Slip("G.eval()", "G.eval().requires_grad_(False)", "G is frozen"),
    Slip("G(z)", "G(torch.randn_like(z))", "the z that you are given"),
    Slip("G(z)", "G(z[:1]).expand(len(z), -1, -1, -1)", "not what G makes in eval mode"),
    Slip("G(z)", "torch.stack([G(row) for row in z])", "G takes a batch"),
    Slip("G(z)", "(G(z) + 1) / 2", "not what G makes in eval mode"),
    Slip("G(z)", "G(z)[0]", "not (6, 1, 8, 8)"),
    Slip("return images", "return G", "not a tensor"),
    Slip("return images", "images", "not a tensor"),
)

ONE_VECTOR = (
    "G takes a batch (B, 8), and gets a single vector: keep the first axis, as in z[i : i + 1] or "
    "row[None]."
)


class _Seen(NamedTuple):
    """What an answer did to a small generator with batch norm."""

    images: Tensor
    again: Tensor  # of the same z once more
    mates: Tensor  # of the first z among five others
    alone: Tensor  # of the first z by itself
    right: Tensor  # what G makes in eval mode
    single: Tensor  # what it makes in train mode, one image at a time
    asleep: bool  # a layer of G was left in eval mode
    woken: bool  # a layer of a G in eval mode was put in train mode
    moved: list[str]  # names of what changed in G
    frozen: bool


def _make(sample: Callable) -> _Seen:
    G, z = _small_g(), torch.randn(6, 8)
    old = {name: value.clone() for name, value in G.state_dict().items()}
    images = sample(G, z)
    if not torch.is_grad_enabled():
        torch.set_grad_enabled(True)
        raise Wrong(
            "gradients are switched off for all that follows, and nothing would train any more: "
            "with torch.no_grad(): ends by itself."
        )
    if not isinstance(images, Tensor):
        raise Wrong(f"sample returns {type(images).__name__}, not a tensor of images.")
    if images.shape != (6, 1, 8, 8):
        raise Wrong(f"6 noise vectors become {tuple(images.shape)}, not (6, 1, 8, 8).")
    asleep = not all(layer.training for layer in G.modules())
    frozen = not all(p.requires_grad for p in G.parameters())
    moved = [name for name, value in G.state_dict().items() if not torch.equal(value, old[name])]
    again = sample(G.train(), z)
    mates = sample(G.train(), torch.cat([z[:1], 3 * torch.randn(5, 8)]))
    alone = sample(copy.deepcopy(G).train(), z[:1])
    G.load_state_dict(old)
    with torch.no_grad():
        right = G.eval()(z)
    sample(G, z)
    woken = any(layer.training for layer in G.modules())
    with torch.no_grad():
        single = torch.cat([G.train()(row[None]) for row in z])
    return _Seen(images, again, mates, alone, right, single, asleep, woken, moved, frozen)


def _small_g() -> nn.Sequential:
    """A generator with batch norm whose running statistics are not the first ones."""
    G = nn.Sequential(
        *(nn.Linear(8, 48), nn.Unflatten(1, (3, 4, 4)), nn.BatchNorm2d(3), nn.ReLU()),
        *(nn.ConvTranspose2d(3, 1, 4, stride=2, padding=1), nn.Tanh()),
    )
    for _ in range(20):
        G(2 * torch.randn(32, 8) + 1)
    return G


def _same(a: Tensor, b: Tensor) -> bool:
    return torch.allclose(a.double(), b.double(), atol=1e-4)


def _z_decides(seen: _Seen) -> str | None:
    if not _same(seen.images, seen.again):
        return "the same z makes other images the second time: use the z that you are given."
    return None


def _batch_mates_do_not_matter(seen: _Seen) -> str | None:
    if not _same(seen.images[0], seen.mates[0]):
        return (
            "the first image changes when its five batch mates change: batch norm is in train "
            "mode and subtracts the mean of the batch. Sample in eval mode."
        )
    return None


def _g_keeps_its_mode(seen: _Seen) -> str | None:
    if seen.asleep:
        return (
            "you leave G in eval mode: if training goes on, batch norm uses old statistics and "
            "collects no new ones. Put the mode back: G.train(before)."
        )
    return None


def _g_is_left_as_it_was(seen: _Seen) -> str | None:
    if seen.moved:
        return (
            f"sampling changes G ({seen.moved[0]}): in train mode batch norm takes note of every "
            "batch, also of those that you only look at."
        )
    if seen.frozen:
        return (
            "G is frozen afterwards: its weights no longer ask for a gradient, and it would never "
            "learn again. Leave requires_grad alone: torch.no_grad() saves the graph."
        )
    return None


def _running_statistics_normalize(seen: _Seen) -> str | None:
    if _same(seen.images[:1], seen.alone) and _same(seen.images, seen.right):
        return None
    if _same(seen.images, seen.single):
        return (
            "each image is the same in any company, yet not what G makes in eval mode: it is "
            "normalized by itself, not by the running statistics that G learned with."
        )
    if _same(seen.images, seen.images[:1].expand_as(seen.images)):
        return "all six images are the same one: not what G makes in eval mode of six different z."
    low, asked = float(seen.images.min()), float(seen.right.min())
    return (
        "each image is the same in any company, yet not what G makes in eval mode: its smallest "
        f"pixel is {asked:.2f}, yours {low:.2f}. Return G's images as they are, with the running "
        "statistics that G has."
    )


def _a_g_in_eval_mode_stays_so(seen: _Seen) -> str | None:
    if seen.woken:
        return "a G that was in eval mode comes back in train mode: put back what *was*."
    return None


def _remark(seen: _Seen) -> str | None:
    if seen.images.requires_grad:
        return "But the graph of every image is kept: torch.no_grad() saves that memory."
    return None


sample = Property(
    title="An image of its own",
    proves="the same z makes the same image in any company, and G is left as it was.",
    hints=(
        "In train mode batch norm subtracts the mean of *this* batch. G.eval() makes it use the "
        "running mean that it collected while training.",
        "Remember G.training before, put it back afterwards with G.train(before), and work under "
        "torch.no_grad().",
        "before = G.training; G.eval(); with torch.no_grad(): images = G(z); G.train(before); "
        "return images",
    ),
    asks="Check ``sample(G, z)``: images (B, 1, 8, 8) of noise (B, 8), each on its own.",
    table=Table(RIGHT, SLIPS),
    make=lambda answer: (_make(answer),),
    facts=(
        _z_decides,
        _batch_mates_do_not_matter,
        _g_keeps_its_mode,
        _g_is_left_as_it_was,
        _running_statistics_normalize,
        _a_g_in_eval_mode_stays_so,
    ),
    remark=_remark,
    refused={"unflatten": ONE_VECTOR, "Dimension out of range": ONE_VECTOR},
)
