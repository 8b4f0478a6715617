"""An image of its own: an exercise of lesson 07, Build a DCGAN."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn

from gan_lessons.checks.exercise import Wrong, exercise


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
    return torch.allclose(a, b, atol=1e-4)


@exercise(
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
)
def sample(answer: Callable) -> str | None:
    """Check ``sample(G, z)``: images (B, 1, 8, 8) of noise (B, 8), each on its own."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        G, z = _small_g(), torch.randn(6, 8)
        old = {name: value.clone() for name, value in G.state_dict().items()}
        images = answer(G, z)
        if not isinstance(images, Tensor):
            raise Wrong(f"sample returns {type(images).__name__}, not a tensor of images.")
        if images.shape != (6, 1, 8, 8):
            raise Wrong(f"6 noise vectors become {tuple(images.shape)}, not (6, 1, 8, 8).")
        asleep = not all(layer.training for layer in G.modules())
        moved = [n for n, value in G.state_dict().items() if not torch.equal(value, old[n])]
        G.train()
        again, mates = answer(G, z), answer(G.train(), torch.cat([z[:1], 3 * torch.randn(5, 8)]))
        alone = answer(copy.deepcopy(G).train(), z[:1])
        G.load_state_dict(old)
        with torch.no_grad():
            right = G.eval()(z)
        answer(G, z)
    if not _same(images, again):
        raise Wrong("the same z makes other images the second time: use the z that you are given.")
    if not _same(images[0], mates[0]):
        raise Wrong(
            "the first image changes when its five batch mates change: batch norm is in train "
            "mode and subtracts the mean of the batch. Sample in eval mode."
        )
    if asleep:
        raise Wrong(
            "you leave G in eval mode: if training goes on, batch norm uses old statistics and "
            "collects no new ones. Put the mode back: G.train(before)."
        )
    if moved:
        raise Wrong(
            f"sampling changes G ({moved[0]}): in train mode batch norm takes note of every "
            "batch, also of those that you only look at."
        )
    if not (_same(images[:1], alone) and _same(images, right)):
        raise Wrong(
            "each image is the same in any company, yet not what G makes in eval mode: it is "
            "normalized by itself, not by the running statistics that G learned with."
        )
    if G.training:
        raise Wrong("a G that was in eval mode comes back in train mode: put back what *was*.")
    if images.requires_grad:
        return "But the graph of every image is kept: torch.no_grad() saves that memory."
    return None
