"""DCGAN's first weights: an exercise of lesson 07, Build a DCGAN."""

import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from gan_lessons.checks.exercise import Wrong, exercise


class _ConvBlock(nn.Module):
    """Has a convolution's name and no weight; its layer is of a kind of its own."""

    def __init__(self):
        super().__init__()
        self.inner = _Halving(16, 64, 4)


class _Halving(nn.Conv2d):
    """A convolution under another name."""


def _spread(weight: Tensor) -> tuple[float, float]:
    return float(weight.mean()), float(weight.std())


@exercise(
    title="DCGAN's first weights",
    proves="layers start at N(0, 0.02), batch norm around 1, biases at 0.",
    hints=(
        "net.apply(init) calls init once for every layer. Ask with isinstance(layer, nn.Conv2d) "
        "what it is; a tuple asks for several kinds at once.",
        "nn.init.normal_(layer.weight, 0.0, 0.02) for convolutions, transposed ones and linear "
        "layers; nn.init.normal_(layer.weight, 1.0, 0.02) for nn.BatchNorm2d.",
        "And nn.init.zeros_(layer.bias) in both branches. Other layers (ReLU, Tanh) have no "
        "weight: leave them alone.",
    ),
)
def init(answer: Callable) -> str | None:
    """Check ``init(layer)`` by applying it to a net and measuring what the weights are then."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        net = nn.Sequential(
            nn.Conv2d(16, 64, 4),
            nn.BatchNorm2d(4096),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(64, 16, 4),
            nn.Linear(64, 256),
            _ConvBlock(),
            nn.Tanh(),
        )
        own = {id(parameter) for parameter in net.parameters()}
        before = copy.deepcopy(net)
        try:
            net.apply(answer)
        except AttributeError as error:
            if "weight" not in str(error) and "bias" not in str(error):
                raise
            raise Wrong(
                f"init touches a layer that has no weight or bias ({str(error).splitlines()[0]}). "
                "Ask for the kind of layer with isinstance, not for a piece of its class's name."
            ) from error
    conv, norm, _, up, linear, block, _ = net
    _check_norm(norm, before[1])
    kinds = {
        "Conv2d": (conv, before[0]),
        "ConvTranspose2d": (up, before[3]),
        "Linear": (linear, before[4]),
        "a class derived from Conv2d": (block.inner, before[5].inner),
    }
    for name, (layer, old) in kinds.items():
        _check_weight(name, layer, old)
    for name, (layer, _) in kinds.items():
        if layer.bias.abs().max() > 0:
            raise Wrong(f"the bias of {name} is not 0. nn.init.zeros_(layer.bias)")
    if not all(parameter.requires_grad for parameter in net.parameters()):
        raise Wrong("some weights no longer ask for a gradient: they would never learn.")
    if any(id(parameter) not in own for parameter in net.parameters()):
        return "But you put new parameters in the place of the old: an optimizer that was made "
        "before would go on moving the old ones. nn.init works in place."
    return None


def _check_norm(norm: nn.BatchNorm2d, old: nn.BatchNorm2d) -> None:
    mean, std = _spread(norm.weight.detach())
    if not torch.equal(norm.running_mean, old.running_mean) or norm.running_var.min() <= 0:
        raise Wrong(
            "batch norm's running statistics were overwritten too, and a variance below 0 has no "
            "root: they are measurements, not weights. Use layer.weight and layer.bias."
        )
    if abs(mean) < 0.1 and 0 < std < 0.1:
        raise Wrong(
            "batch norm's weight is drawn around 0. It is a factor: with N(0, 0.02) every map "
            "comes out about 50 times fainter, and half of them upside down. Draw it around 1."
        )
    if std == 0 and mean == 1:
        raise Wrong("batch norm's weight is left at exactly 1; DCGAN draws it from N(1, 0.02).")
    if abs(mean - 1) > 0.01 or abs(std - 0.02) > 0.002:
        raise Wrong(
            f"batch norm's weight has mean {mean:.2f} and deviation {std:.4f}, not 1 and 0.02."
        )
    if norm.bias.abs().max() > 0:
        raise Wrong("batch norm's bias is not 0.")


def _check_weight(name: str, layer: nn.Module, old: nn.Module) -> None:
    if torch.equal(layer.weight, old.weight):
        also = {
            "ConvTranspose2d": " It is no subclass of Conv2d, so ask for both.",
            "a class derived from Conv2d": " Its name does not matter to isinstance.",
        }
        raise Wrong(f"{name} keeps PyTorch's own first weights.{also.get(name, '')}")
    mean, std = _spread(layer.weight.detach())
    if math.isclose(std, 0.02**0.5, rel_tol=0.1):
        raise Wrong(f"{name}: the deviation is 0.14, the root of 0.02: 0.02 is the deviation.")
    if math.isclose(std, 0.02**2, rel_tol=0.1):
        raise Wrong(f"{name}: the deviation is 0.0004: normal_ takes it, not the variance.")
    if math.isclose(std, 0.02 / 3**0.5, rel_tol=0.1) and layer.weight.abs().max() <= 0.02:
        raise Wrong(f"{name}: the weights are uniform between ±0.02, not normal.")
    if abs(mean) > 0.002 or not math.isclose(std, 0.02, rel_tol=0.1):
        raise Wrong(f"{name}: mean {mean:.3f} and deviation {std:.4f}, not 0 and 0.02.")
