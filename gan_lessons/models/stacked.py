"""Many small networks of one shape, computed at once. Introduced in lesson 10.

n networks lie side by side: their samples are (n, B, …), run i's only meet the weights of run i.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gan_lessons.errors import SettingError


class StackedLinear(nn.Module):
    """Linear layers side by side, one for each run: x (n, B, in) becomes (n, B, out). Lesson 10."""

    def __init__(self, layers: Sequence[nn.Linear]):
        super().__init__()
        weights = torch.stack([layer.weight.detach().T for layer in layers])
        self.weight = nn.Parameter(weights)  # (n, in, out)
        biases = torch.stack([layer.bias.detach() for layer in layers])
        self.bias = nn.Parameter(biases[:, None])  # (n, 1, out)

    def forward(self, x: Tensor) -> Tensor:
        """Return x @ weight + bias for every run. Lesson 10."""
        return torch.baddbmm(self.bias, x, self.weight)


def stack(nets: Sequence[nn.Sequential]) -> nn.Sequential:
    """Return one network that computes all of ``nets``: (n, B, …) in, run i through nets[i].

    The weights are copied. Layers without weights must act on every number alone (ReLU, Tanh,
    dropout, noise) and are the first net's own; ``Flatten(0)``, which made logits (B,), makes them
    (n, B).

    Args:
        nets: n networks of the same layers, such as :func:`plane_generator` or
            :func:`plane_discriminator` made n times.

    Raises:
        SettingError: the networks differ, or have a layer that cannot be stacked (batch norm,
            convolution, a linear layer without bias).

    Introduced in lesson 10.
    """
    kinds = [[str(layer) for layer in net] for net in nets]
    if not kinds or any(kind != kinds[0] for kind in kinds):
        raise SettingError(
            f"{len(nets)} networks can only be stacked if all have the same layers and sizes.",
            "The networks are as they were.",
            "Make them with one function and one width; only their weights may differ.",
        )
    return nn.Sequential(*[_side_by_side(layers) for layers in zip(*nets, strict=True)])


def unstack(stacked: nn.Sequential, run: int) -> nn.Sequential:
    """Return a copy of one run's network, as it would be without the others. Lesson 10."""
    return nn.Sequential(*[_alone(layer, run) for layer in stacked])


def _side_by_side(layers: Sequence[nn.Module]) -> nn.Module:
    first = layers[0]
    if isinstance(first, nn.Linear) and first.bias is not None:
        return StackedLinear(layers)
    if isinstance(first, nn.Flatten) and first.start_dim == 0:
        return nn.Flatten(1)  # (n, B, 1) -> (n, B)
    if isinstance(first, nn.Flatten | nn.Unflatten) or first.state_dict():
        raise SettingError(
            f"{first} cannot be stacked: only linear layers with a bias can.",
            "The networks are as they were.",
            "Train such networks one after the other with training.train.",
        )
    return first


def _alone(layer: nn.Module, run: int) -> nn.Module:
    if isinstance(layer, nn.Flatten):
        return nn.Flatten(0)
    if not isinstance(layer, StackedLinear):
        return layer
    weight, bias = layer.weight[run].detach(), layer.bias[run, 0].detach()
    alone = nn.Linear(*weight.shape, device=weight.device, dtype=weight.dtype)
    with torch.no_grad():
        alone.weight.copy_(weight.T)
        alone.bias.copy_(bias)
    return alone
