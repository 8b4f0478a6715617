"""What is added to D's loss to keep its slope in check, and what is done to its weights instead.

Floor 2 of the house. Every penalty has one signature, ``penalty(D, real, fake)``, and
:class:`ZeroCentered` takes conditions, too (lesson 14); a strength is bound with
``functools.partial``. Each looks at D's slope with respect to its *input*, which is what
pushes G's samples, and keeps the graph so that D can learn from it. Introduced in lesson 11.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn


def logits_of(answer: Tensor | tuple[Tensor, ...]) -> Tensor:
    """Return D's logits: its answer, or the first of several (``models.AuxiliaryD``). Lesson 14."""
    return answer[0] if isinstance(answer, tuple) else answer


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
        real, fake: (B, …) samples, as many of both; nothing flows back into fake.
        weight: how much it counts.

    Source: Gulrajani et al. 2017, Improved Training of Wasserstein GANs, equation 3. Lesson 11.
    """
    ones = [1] * (real.ndim - 1)
    alpha = torch.rand(len(real), *ones, device=real.device)  # (B, 1, …)
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


class ZeroCentered:
    """R1 and R2 from the logits that the loss has computed: D runs over no sample twice. Lesson 12.

    As a penalty of ``training.train`` it is :func:`r1` plus :func:`r2` with a γ for each, but for
    rounding, and for about half of their work. Called without logits it computes them itself. With
    noise or dropout in D the slope is that of the very look the loss had.

    Args:
        real: γ of R1, at real samples; 0 for none. fake: γ of R2, at G's samples; 0 for none.
    """

    def __init__(self, *, real: float = 0.0, fake: float = 0.0):
        self.gammas = real, fake
        self.takes_logits = real > 0, fake > 0

    def __call__(
        self,
        D: nn.Module,
        real: Tensor,
        fake: Tensor,
        *given: Tensor,
        logits: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor:
        """Return γ/2 · E‖∇D‖² at both kinds of samples.

        Args:
            real, fake: (B, …); with ``logits`` D has seen them, and where ``takes_logits`` says so
                they require a gradient.
            given: conditions that D takes after the samples.
            logits: D's answers, (B,) each.
        """
        samples = real, fake
        if logits is None:
            samples = [x.detach().requires_grad_(True) for x in samples]
            logits = [logits_of(D(x, *given)) for x in samples]
        penalty = logits[0].new_zeros(())
        for gamma, x, answer in zip(self.gammas, samples, logits, strict=True):
            if gamma:
                (slope,) = torch.autograd.grad(answer.sum(), x, create_graph=True)
                penalty = penalty + gamma / 2 * slope.flatten(1).square().sum(1).mean()
        return penalty


class lazy:
    """A penalty that is asked at every so-manieth step only and then counts so many times.

    ``penalty=penalties.lazy(penalty, every=4)``: the same mean for a quarter of the work. The first
    step asks. It counts its calls: one object for one run.

    Source: Karras et al. 2020, Analyzing and Improving the Image Quality of StyleGAN, appendix B.
    Lesson 12.

    Args:
        penalty: a function of (D, real, fake). every: the steps from one asking to the next.
    """

    def __init__(self, penalty: Callable[..., Tensor], *, every: int):
        self.penalty, self.every, self.calls = penalty, every, 0

    @property
    def due(self) -> bool:
        """Whether the next call asks."""
        return self.asks(1)[0]

    def asks(self, calls: int) -> tuple[bool, ...]:
        """Return for each of the next calls whether it asks. Lesson 12."""
        return tuple((self.calls + call) % self.every == 0 for call in range(calls))

    @property
    def takes_logits(self) -> tuple[bool, bool]:
        """Whether the next call takes the loss's logits, as :class:`ZeroCentered` does."""
        asked = getattr(self.penalty, "takes_logits", (False, False))
        return asked if self.due else (False, False)

    def __call__(self, *seen: object, **more: object) -> Tensor | float:
        """Return ``every`` times the penalty, or 0 at the steps between."""
        due = self.due
        self.calls += 1
        return self.every * self.penalty(*seen, **more) if due else 0.0

    def state_dict(self) -> dict[str, int]:
        """Return what a run that goes on elsewhere needs: the calls so far. Lesson 12."""
        return {"calls": self.calls}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Take over what :meth:`state_dict` returned. Lesson 12."""
        self.calls = state["calls"]


@torch.no_grad()
def clip_weights(D: nn.Module, *, limit: float = 0.01) -> None:
    """Cut every weight of D to [-limit, limit], in place: the critic of the first WGAN.

    Source: Arjovsky, Chintala and Bottou 2017, Wasserstein GAN, algorithm 1. Lesson 11.
    """
    for weight in D.parameters():
        weight.clamp_(-limit, limit)
