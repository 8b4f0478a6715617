"""What is added to D's loss to keep its slope in check, and what is done to its weights instead.

Floor 2 of the house. Every penalty has one signature, ``penalty(D, real, fake)``; a strength is
bound with ``functools.partial``. Each looks at D's slope with respect to its *input*, which is what
pushes G's samples, and keeps the graph so that D can learn from it. Introduced in lesson 11.
"""

import torch
from torch import Tensor, nn


def slopes(D: nn.Module, x: Tensor) -> Tensor:
    """Return the gradient of D's logit with respect to each sample, (B, numbers per sample).

    D must not mix the samples of a batch (no batch norm). Differentiable, so that a penalty of it
    trains D. Lesson 11.
    """
    x = x.detach().requires_grad_(True)
    (slope,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    return slope.flatten(1)


def gradient_penalty(D: nn.Module, real: Tensor, fake: Tensor, *, weight: float = 10.0) -> Tensor:
    """Return weight · E(‖∇D(x̂)‖ − 1)², x̂ somewhere between a real and a fake sample.

    Args:
        real, fake: (B, …) samples; nothing flows back into fake.
        weight: how much it counts.

    Source: Gulrajani et al. 2017, Improved Training of Wasserstein GANs, equation 3. Lesson 11.
    """
    alpha = torch.rand(len(real), *[1] * (real.ndim - 1), device=real.device)
    between = alpha * real + (1 - alpha) * fake.detach()
    norms = (slopes(D, between).square().sum(1) + 1e-12).sqrt()  # (B,), no NaN at slope 0
    return weight * (norms - 1).square().mean()


def r1(D: nn.Module, real: Tensor, fake: Tensor | None = None, *, gamma: float) -> Tensor:
    """Return γ/2 · E‖∇D(real)‖²: D must be flat at the data. ``fake`` is not used.

    Source: Mescheder, Geiger and Nowozin 2018, Which Training Methods for GANs do actually
    Converge?, equation 9. Lesson 12; its effect on the smallest game: lesson 03.
    """
    return gamma / 2 * slopes(D, real).square().sum(1).mean()


def r2(D: nn.Module, real: Tensor | None, fake: Tensor, *, gamma: float) -> Tensor:
    """Return γ/2 · E‖∇D(fake)‖²: the same at G's samples. ``real`` is not used.

    Source: Mescheder, Geiger and Nowozin 2018, equation 10. Lesson 12.
    """
    return gamma / 2 * slopes(D, fake).square().sum(1).mean()


def zero_centered(D: nn.Module, real: Tensor, fake: Tensor, *, gamma: float) -> Tensor:
    """Return R1 + R2: D must be flat at the data and at G's samples.

    Source: Huang et al. 2024, The GAN is dead; long live the GAN! (R3GAN), section 2.2. Lesson 12.
    """
    return r1(D, real, gamma=gamma) + r2(D, real, fake, gamma=gamma)


@torch.no_grad()
def clip_weights(D: nn.Module, *, limit: float = 0.01) -> None:
    """Cut every weight of D to [-limit, limit], in place: the critic of the first WGAN.

    Source: Arjovsky, Chintala and Bottou 2017, Wasserstein GAN, algorithm 1. Lesson 11.
    """
    for weight in D.parameters():
        weight.clamp_(-limit, limit)
