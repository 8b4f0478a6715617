"""DCGAN's first weights: an exercise of lesson 07, Build a DCGAN."""

import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Property, Slip, Table

RIGHT = """
def init(layer):
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.normal_(layer.weight, 0.0, 0.02)
        nn.init.zeros_(layer.bias)
    elif isinstance(layer, nn.BatchNorm2d):
        nn.init.normal_(layer.weight, 1.0, 0.02)
        layer.bias.data.fill_(0)
"""

SLIPS = (
    Slip("weight, 1.0, 0.02", "weight, 0.0, 0.02", "drawn around 0"),
    Slip("        nn.init.normal_(layer.weight, 1.0, 0.02)\n", "", "left at exactly 1"),
    Slip("normal_(layer.weight, 1.0, 0.02)", "ones_(layer.weight)", "left at exactly 1"),
    Slip("weight, 1.0, 0.02", "weight, 1.0, 0.02**0.5", "the root of 0.02"),
    Slip("weight, 1.0, 0.02", "weight, 1.0, 0.2", "not 1 and 0.02"),
    Slip("weight, 1.0, 0.02", "weight, 0.02, 1.0", "the mean comes first"),
    Slip("layer.bias.data.fill_(0)", "layer.bias.data.fill_(1)", "batch norm's bias is not 0"),
    Slip("BatchNorm2d", "BatchNorm1d", "left at exactly 1"),
    Slip(
        "layer.bias.data.fill_(0)",
        "layer.bias.data.fill_(0)\n        nn.init.normal_(layer.running_var, 1.0, 0.02)",
        "they are measurements",
    ),
    Slip("elif isinstance(layer, nn.BatchNorm2d):", "else:", "all layers that are left"),
    Slip(
        "isinstance(layer, nn.Conv2d |",
        "(type(layer) is nn.Conv2d) or isinstance(layer, ",
        "as isinstance knows",
    ),
    Slip("nn.ConvTranspose2d |", "", "ask for both"),
    Slip("nn.Conv2d |", "", "Conv2d keeps"),
    Slip("| nn.Linear", "", "Linear keeps"),
    Slip("weight, 0.0, 0.02", "weight, 0.0, 0.02**0.5", "the root of 0.02"),
    Slip("weight, 0.0, 0.02", "weight, 0.0, 0.02**2", "not the variance"),
    Slip("weight, 0.0, 0.02", "weight, 0.02", "the mean comes first"),
    Slip("weight, 0.0, 0.02", "weight, 1.0, 0.02", "around 1"),
    Slip("weight, 0.0, 0.02", "weight, 0.0, 0.2", "not 0 and 0.02"),
    Slip("normal_(layer.weight, 0.0, 0.02)", "uniform_(layer.weight, -0.02, 0.02)", "uniform"),
    Slip("normal_(layer.weight, 0.0, 0.02)", "constant_(layer.weight, 0.02)", "all the same"),
    Slip("normal_(layer.weight, 0.0, 0.02)", "xavier_normal_(layer.weight)", "not 0 and 0.02"),
    Slip("nn.init.normal_(layer.weight, 0.0, 0.02)", "layer.weight.normal_()", "torch.no_grad()"),
    Slip("        nn.init.zeros_(layer.bias)\n", "", "the bias of Conv2d is not 0"),
    Slip("nn.init.zeros_(layer.bias)", "layer.requires_grad_(False).bias.zero_()", "never learn"),
    Slip("isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear)", "False", "keeps"),
)


class _ConvBlock(nn.Module):
    """Has a convolution's name and no weight; its layer is of a kind of its own."""

    def __init__(self):
        super().__init__()
        self.inner = _Halving(16, 64, 4)


class _Halving(nn.Conv2d):
    """A convolution under another name."""


def _make(init: Callable) -> tuple[nn.Sequential, nn.Sequential]:
    """Return a net that ``init`` was applied to, and the net as it was before."""
    net = nn.Sequential(
        *(nn.Conv2d(16, 64, 4), nn.BatchNorm2d(4096), nn.LeakyReLU(0.2)),
        *(nn.ConvTranspose2d(64, 16, 4), nn.Linear(64, 256), _ConvBlock(), nn.Tanh()),
    )
    for parameter in net.parameters():  # so that the parameters of before can be told apart
        parameter.first = True
    before = copy.deepcopy(net)
    try:
        net.apply(init)
    except AttributeError as error:
        said = str(error).splitlines()[0]
        if "has no attribute 'weight'" not in said and "has no attribute 'bias'" not in said:
            raise
        touched = f"init touches a layer that has no weight or bias ({said}). "
        if "_ConvBlock" in said:
            raise Wrong(
                f"{touched}It is no convolution, only called so: ask with isinstance, not for a "
                "piece of its class's name."
            ) from error
        raise Wrong(
            f"{touched}An else, or a condition too wide, takes in all layers that are left: ask "
            "for each kind that has weights with isinstance."
        ) from error
    return net, before


def _kinds(net: nn.Sequential) -> dict[str, nn.Module]:
    kinds = {"Conv2d": net[0], "ConvTranspose2d": net[3], "Linear": net[4]}
    return kinds | {"a class derived from Conv2d": net[5].inner}


def _spread(weight: Tensor) -> tuple[float, float]:
    return float(weight.detach().mean()), float(weight.detach().std())


def _of_spread(mean: float, std: float, right: float) -> str | None:
    """Return what is known of weights that are not drawn from N(right, 0.02)."""
    if math.isclose(std, 0.02**0.5, rel_tol=0.1):
        return f"the deviation is {std:.2f}, the root of 0.02: 0.02 is the deviation."
    if math.isclose(std, 0.02**2, rel_tol=0.1):
        return "the deviation is 0.0004: normal_ takes it, not the variance."
    if math.isclose(std, 1, rel_tol=0.1):
        return (
            f"the deviation is {std:.2f} and the mean {mean:.2f}. In normal_(weight, mean, std) "
            "the mean comes first, and std is 1 if it is left out."
        )
    if abs(mean - right) > 0.002 or not math.isclose(std, 0.02, rel_tol=0.1):
        return f"mean {mean:.3f} and deviation {std:.4f}, not {right:g} and 0.02."
    return None


def _something_changes(net: nn.Sequential, before: nn.Sequential) -> str | None:
    if all(torch.equal(a, b) for a, b in zip(net.parameters(), before.parameters(), strict=True)):
        return (
            "after net.apply(init) every weight of Conv2d, BatchNorm2d … keeps its value. Either "
            "no condition ever holds (ask with isinstance), or what you draw is a new tensor: the "
            "functions of nn.init that end in _ work in place."
        )
    return None


def _running_statistics_stay(net: nn.Sequential, before: nn.Sequential) -> str | None:
    pairs = zip(net[1].buffers(), before[1].buffers(), strict=True)
    if not all(torch.equal(a, b) for a, b in pairs):
        return (
            "batch norm's running statistics were overwritten too: they are measurements, not "
            "weights, and a variance below 0 has no root. Use layer.weight and layer.bias."
        )
    return None


def _batch_norm_starts_around_one(net: nn.Sequential, before: nn.Sequential) -> str | None:
    mean, std = _spread(net[1].weight)
    if abs(mean) < 0.1 and 0 < std < 0.1:
        return (
            "batch norm's weight is drawn around 0. It is a factor: with N(0, 0.02) every map "
            "comes out about 50 times fainter, and half of them upside down. Draw it around 1."
        )
    if std == 0 and mean == 1:
        return "batch norm's weight is left at exactly 1; DCGAN draws it from N(1, 0.02)."
    said = _of_spread(mean, std, 1.0)
    return said and f"batch norm's weight: {said}"


def _other_layers_start_at_deviation_002(net: nn.Sequential, before: nn.Sequential) -> str | None:
    first = _kinds(before)
    for name, layer in _kinds(net).items():
        if torch.equal(layer.weight, first[name].weight):
            also = {
                "ConvTranspose2d": " It is no subclass of Conv2d, so ask for both.",
                "a class derived from Conv2d": " It is a convolution, too, as isinstance knows; "
                "type(layer) is …, or a name, is too narrow.",
            }
            return f"{name} keeps PyTorch's own first weights.{also.get(name, '')}"
        mean, std = _spread(layer.weight)
        if std < 1e-6:
            return f"{name}: the weights are all the same: {mean:.2f}. Draw them: nn.init.normal_."
        uniform = math.isclose(std, 0.02 / 3**0.5, rel_tol=0.1) and layer.weight.abs().max() <= 0.02
        if uniform:
            return f"{name}: the weights are uniform between ±0.02, not normal."
        if math.isclose(mean, 1, rel_tol=0.1) and std < 0.1:
            return f"{name}: drawn around 1. That is for batch norm only, not 0 and 0.02."
        if said := _of_spread(mean, std, 0.0):
            return f"{name}: {said}"
    return None


def _biases_are_zero(net: nn.Sequential, before: nn.Sequential) -> str | None:
    if net[1].bias.abs().max() > 0:
        return "batch norm's bias is not 0. nn.init.zeros_(layer.bias)"
    for name, layer in _kinds(net).items():
        if layer.bias.abs().max() > 0:
            return f"the bias of {name} is not 0. nn.init.zeros_(layer.bias)"
    return None


def _all_can_learn(net: nn.Sequential, before: nn.Sequential) -> str | None:
    if not all(parameter.requires_grad for parameter in net.parameters()):
        return "some weights no longer ask for a gradient: they would never learn."
    return None


def _remark(net: nn.Sequential, before: nn.Sequential) -> str | None:
    if all(hasattr(parameter, "first") for parameter in net.parameters()):
        return None
    return (
        "But you put new parameters in the place of the old: an optimizer that was made before "
        "would go on moving the old ones. nn.init works in place."
    )


init = Property(
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
    asks="Check ``init(layer)`` by applying it to a net and measuring what the weights are then.",
    table=Table(RIGHT, SLIPS),
    make=_make,
    facts=(
        _something_changes,
        _running_statistics_stay,
        _batch_norm_starts_around_one,
        _other_layers_start_at_deviation_002,
        _biases_are_zero,
        _all_can_learn,
    ),
    remark=_remark,
    refused={
        "a leaf Variable that requires grad": "a weight that learns is changed in place, and "
        "autograd watches: use nn.init's functions, or work under torch.no_grad()."
    },
)
