"""Watch a training step from outside: who saw what, in which direction it was pushed, who moved.

The step under test is an ordinary function; the spies sit on the networks
(forward hooks), on D's logits (gradient hooks) and on the optimizers (step hooks), so they see
behavior and never read code. Introduced in lesson 04.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

REFUSED = {  # what PyTorch says of a broken step, whatever the exercise, and what that means
    "only for scalar outputs": "a loss must be one number: take the mean over the batch.",
}


@dataclass
class Look:
    """One call of D: what kind of rows it saw and how its logits were pushed in backward.

    Attributes:
        kinds: (B,) of 'r' (a row of the real batch), 'f' (an output of G) or '?' (neither).
        carries: whether a gradient could flow from this input back to G.
        pull: (B,) the gradient of the loss at each logit so far; below 0 the logit is raised.
    """

    kinds: list[str]
    carries: bool
    pull: Tensor

    def of(self, kind: str) -> Tensor:
        """Return the gradients at the logits of one kind of row."""
        return self.pull[torch.tensor([k == kind for k in self.kinds], dtype=torch.bool)]


@dataclass
class Update:
    """One optimizer step: whose it was, what D saw before it, which gradients lay there, who moved.

    Attributes:
        owner: 'D' or 'G'.
        looks: the calls of D since the last update whose logits got a gradient.
        unused: the calls of D since the last update whose logits got none.
        grads: for 'D' and 'G', whether any gradient is there and not zero.
        moved: which of 'D' and 'G' changed at all.
    """

    owner: str
    looks: list[Look]
    unused: list[Look]
    grads: dict[str, bool]
    moved: set[str] = field(default_factory=set)

    def pull(self, kind: str) -> Tensor:
        """Return the gradients at all logits of one kind of row ('r' or 'f')."""
        return torch.cat([look.of(kind) for look in self.looks] or [torch.empty(0)])


@dataclass
class Report:
    """What a training step did: its updates in order, the noise it drew, what it returned."""

    updates: list[Update] = field(default_factory=list)
    noise: list[Tensor] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    returned: object = None

    def update_of(self, owner: str) -> Update | None:
        """Return the first update of 'D' or 'G', or None if there was none."""
        return next((u for u in self.updates if u.owner == owner), None)


class _Shift(nn.Module):
    def __init__(self, offset: float, scale: float):
        super().__init__()
        self.offset, self.scale = offset, scale

    def forward(self, logits: Tensor) -> Tensor:
        return self.scale * logits + self.offset


def small_players(
    latent_dim: int, *, offset: float = 0.0, scale: float = 1.0
) -> tuple[nn.Module, nn.Module, Optimizer, Optimizer]:
    """Return fresh G, D, opt_g and opt_d for the plane; D's logits are scaled, then moved.

    With a small scale all logits are almost ``offset``: so a loss is asked for its slope there.
    """
    G = nn.Sequential(nn.Linear(latent_dim, 16), nn.ReLU(), nn.Linear(16, 2))
    end = nn.Flatten(0), _Shift(offset, scale)
    D = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1), *end)
    return G, D, *(torch.optim.Adam(net.parameters(), lr=1e-2) for net in (G, D))


def _snapshot(net: nn.Module) -> list[Tensor]:
    return [p.detach().clone() for p in net.parameters()]


def _changed(net: nn.Module, before: list[Tensor]) -> bool:
    return any(not torch.equal(p, b) for p, b in zip(net.parameters(), before, strict=True))


def _kinds(rows: Tensor, real: Tensor, fakes: list[Tensor]) -> list[str]:
    """Say of each row of D's input whether it is one of the real rows or an output of G."""
    flat = rows.detach().flatten(1)

    def among(samples: Tensor) -> Tensor:
        if samples[0].numel() != flat.shape[1]:
            return torch.zeros(len(flat), dtype=torch.bool)
        exact = "donot_use_mm_for_euclid_dist"  # the fast way is off by 1e-3 for equal rows
        return (torch.cdist(flat, samples.flatten(1), compute_mode=exact) < 1e-4).any(dim=1)

    is_real = among(real)
    is_fake = among(torch.cat(fakes)) if fakes else torch.zeros(len(flat), dtype=torch.bool)
    pairs = zip(is_real.tolist(), is_fake.tolist(), strict=True)
    return ["r" if r else "f" if f else "?" for r, f in pairs]


def watch_step(
    train_step: Callable,
    G: nn.Module,
    D: nn.Module,
    opt_g: Optimizer,
    opt_d: Optimizer,
    real: Tensor,
    latent_dim: int,
) -> Report:
    """Run ``train_step(G, D, opt_g, opt_d, real, latent_dim)`` once and report what happened.

    Args:
        real: (B, …) the real batch; its rows must differ from what G makes.

    Returns:
        A :class:`Report`. Whatever the step raises is raised here; all hooks are removed.
    """
    report, fakes, recent = Report(), [], []

    def on_generate(module, args, output):
        report.noise.append(args[0].detach().clone())
        fakes.append(output.detach())

    def on_judge(module, args, logits):
        look = Look(_kinds(args[0], real, fakes), args[0].requires_grad, torch.zeros(len(args[0])))
        if logits.requires_grad:
            logits.register_hook(
                lambda grad: look.pull.add_(grad.detach().reshape(len(look.pull), -1).sum(1))
            )
        recent.append(look)
        report.looks.append(look)

    def before_step(owner):
        def hook(optimizer, args, kwargs):
            used = [look for look in recent if look.pull.any()]
            unused = [look for look in recent if not look.pull.any()]
            grads = {
                name: any(p.grad is not None and bool(p.grad.any()) for p in net.parameters())
                for name, net in (("D", D), ("G", G))
            }
            report.updates.append(Update(owner, used, unused, grads))
            states[:] = [("D", D, _snapshot(D)), ("G", G, _snapshot(G))]

        return hook

    def after_step(optimizer, args, kwargs):
        report.updates[-1].moved = {name for name, net, old in states if _changed(net, old)}
        recent[:] = [look for look in recent if not look.pull.any()]

    states: list = []
    hooks = [G.register_forward_hook(on_generate), D.register_forward_hook(on_judge)]
    for owner, optimizer in (("D", opt_d), ("G", opt_g)):
        hooks.append(optimizer.register_step_pre_hook(before_step(owner)))
        hooks.append(optimizer.register_step_post_hook(after_step))
    try:
        report.returned = train_step(G, D, opt_g, opt_d, real, latent_dim)
    finally:
        for hook in hooks:
            hook.remove()
    return report


def pulls_at(train_step: Callable, logit: float, real: Tensor, latent_dim: int) -> dict[str, float]:
    """Return the total pull of each of the three losses where all logits are ``logit``."""
    players = small_players(latent_dim, offset=logit, scale=1e-3)
    report = watch_step(train_step, *players, real, latent_dim)
    d, g = report.update_of("D"), report.update_of("G")
    pulls = {"D's loss on real samples": d.pull("r"), "D's loss on fakes": d.pull("f")}
    return {name: float(pull.sum()) for name, pull in (pulls | {"G's loss": g.pull("f")}).items()}
