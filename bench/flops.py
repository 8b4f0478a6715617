"""The least work a training step can do, counted in FLOPs: no clock, no noise.

A network of L layers costs F forward. Backward costs F for the gradients of its weights and F for
those of its inputs, layer by layer; f is the first layer's part of F. Nobody needs the gradient
of what goes into a network's first layer, unless another network made it.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry


class Counter(TorchDispatchMode):
    """Adds up what torch's own table says of every operation, in backward passes too.

    torch's FlopCounterMode does the same by module, but cannot look into a gradient's gradient.
    """

    total = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **kwargs or {})
        if func._overloadpacket in flop_registry:
            self.total += flop_registry[func._overloadpacket](*args, **kwargs or {}, out_val=out)
        return out


def executed(work: Callable[[], object]) -> int:
    """Return the FLOPs of all matrix products and convolutions that ``work()`` runs."""
    with Counter() as counter:
        work()
    return counter.total


@torch.no_grad()
def forward(net: nn.Module, x: Tensor) -> tuple[int, int]:
    """Return the FLOPs of net(x): F of all layers, f of the first one that has a weight matrix."""
    counts = []

    def count(layer: nn.Module, inputs: tuple[Tensor, ...], out: Tensor) -> None:
        if not counts:
            hook.remove()
            counts.append(executed(lambda: layer(*inputs)))

    first = next(m for m in net.modules() if getattr(m, "weight", torch.zeros(0)).ndim > 1)
    hook = first.register_forward_hook(count)
    was_training = net.training  # batch norm's running statistics must not move
    whole = executed(lambda: net.eval()(x))
    net.train(was_training)
    return whole - counts[0], counts[0]  # the first layer ran twice


def minimal(
    G: nn.Module, D: nn.Module, z: Tensor, *, g_needs_real: bool = False, n_critic: int = 1
) -> int:
    """Return the FLOPs of a step without penalty: each player once, with the same fake batch.

    D learns from a real and a fake batch: both forward, weight gradients of both, input gradients
    of both but of D's first layer: 6·F_D − 2·f_D. G learns through D: D(fake) forward and its
    input gradients, then G's own backward, its forward being shared: 2·F_D + 3·F_G − f_G. A game
    that compares with real logits in G's step adds D(real) forward: F_D. Every further update of D
    (``n_critic``) needs a fresh fake batch: F_G + 6·F_D − 2·f_D.
    """
    with torch.no_grad():
        was_training = G.training
        fake = G.eval()(z)
        G.train(was_training)
    (F_G, f_G), (F_D, f_D) = forward(G, z), forward(D, fake)
    step_d, step_g = 6 * F_D - 2 * f_D, 2 * F_D + 3 * F_G - f_G
    return step_d + step_g + F_D * g_needs_real + (n_critic - 1) * (F_G + step_d)
