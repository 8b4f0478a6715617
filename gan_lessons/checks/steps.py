"""Watch a training step from outside: who saw what, in which direction it was pushed, who moved.

The step under test is an ordinary function; the spies sit on the networks (forward hooks), on D's
logits (gradient hooks), on the optimizers (step hooks) and around the augmentation, if there is
one. So they see behavior and never read code. Introduced in lesson 04.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

LATENT = 3  # numbers of a noise vector where the exercise leaves the choice to the check

REFUSED = {  # what PyTorch says of a broken step, whatever the exercise, and what that means
    "only for scalar outputs": "a loss must be one number: take the mean over the batch.",
    "does not require grad": "a loss carries no gradient at all: what it is made of was detached, "
    "or computed under torch.no_grad().",
}

THROUGH_T = {"r": "R", "f": "F", "R": "2", "F": "2"}  # what a row's kind becomes; others stay


# -- the report ------------------------------------------------------------------------------


@dataclass
class Look:
    """One call of D: what kind of rows it saw and how its logits were pushed in backward.

    Attributes:
        kinds: (B,) of 'r' (a row of the real batch), 'f' (an output of G), 'R' and 'F' (the same,
            once through T), '2' (more than once through T) or '?' (anything else).
        carries: whether a gradient could flow from this input back to G.
        pull: (B,) the gradient of the loss at each logit so far; below 0 the logit is raised.
        x: (B, …) what D was called with. logits: (B,) what it said.
        hangs: whether its answer hangs on a graph at all.
        phase: how many updates there were before.
        pulls: each backward() that came by: how many updates there were before, and (B,) what it
            added to ``pull``.
    """

    kinds: list[str]
    carries: bool
    pull: Tensor
    x: Tensor
    logits: Tensor
    hangs: bool
    phase: int
    pulls: list[tuple[int, Tensor]] = field(default_factory=list)

    def of(self, kind: str) -> Tensor:
        """Return the gradients at the logits of one kind of row."""
        return self.pull[torch.tensor([k == kind for k in self.kinds], dtype=torch.bool)]


@dataclass
class Made:
    """One call of G: the noise z (B, latent_dim), what became of it, who came back.

    Attributes:
        phase: how many updates there were before.
        pulls: each backward() that reached G: how many updates there were before, and (B, …) the
            gradient at what G made.
    """

    z: Tensor
    out: Tensor
    phase: int
    pulls: list[tuple[int, Tensor]] = field(default_factory=list)


@dataclass
class Update:
    """One optimizer step: whose it was, what D saw before it, which gradients lay there, who moved.

    Attributes:
        owner: 'D' or 'G'.
        looks: the calls of D since the last update whose logits got a gradient.
        unused: the calls of D since the last update whose logits got none.
        weights: for 'D' and 'G', each parameter as it was before the step.
        gradients: for 'D' and 'G', the gradient of each parameter before the step, or None.
        moved: which of 'D' and 'G' changed at all.
    """

    owner: str
    looks: list[Look]
    unused: list[Look]
    weights: dict[str, list[Tensor]]
    gradients: dict[str, list[Tensor | None]]
    moved: set[str] = field(default_factory=set)

    @property
    def grads(self) -> dict[str, bool]:
        """For 'D' and 'G', whether any gradient is there and not zero."""
        return {
            name: any(grad is not None and bool(grad.any()) for grad in grads)
            for name, grads in self.gradients.items()
        }

    def pull(self, kind: str) -> Tensor:
        """Return the gradients at all logits of one kind of row."""
        return torch.cat([look.of(kind) for look in self.looks] or [torch.empty(0)])

    def pulled(self) -> set[str]:
        """Return the kinds of those rows at whose logits there is a gradient other than 0."""
        return {
            kind
            for look in self.looks
            for kind, pull in zip(look.kinds, look.pull.tolist(), strict=True)
            if pull
        }


@dataclass
class Report:
    """All that a training step did to two players, each list in the order of events.

    Attributes:
        updates: the steps of the optimizers.
        looks: the calls of D.
        noise: what G was called with. fakes: what it made of it. made: both, and who came back.
        before: for 'D' and 'G', the gradients that lay there when the step was called, or None.
        at_last: for 'D' and 'G', each parameter as the step left it.
        augmented: each call of T, what went in and what came out.
        returned: what the step returned.
    """

    updates: list[Update] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    noise: list[Tensor] = field(default_factory=list)
    fakes: list[Tensor] = field(default_factory=list)
    augmented: list[tuple[Tensor, Tensor]] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)
    before: dict[str, list[Tensor | None]] = field(default_factory=dict)
    at_last: dict[str, list[Tensor]] = field(default_factory=dict)
    returned: object = None

    def update_of(self, owner: str) -> Update | None:
        """Return the first update of 'D' or 'G', or None if there was none."""
        return next((u for u in self.updates if u.owner == owner), None)


# -- the spies -------------------------------------------------------------------------------


def watch_step(
    train_step: Callable,
    G: nn.Module,
    D: nn.Module,
    opt_g: Optimizer,
    opt_d: Optimizer,
    real: Tensor,
    latent_dim: int,
    *more: object,
    T: Callable[[Tensor], Tensor] | None = None,
) -> Report:
    """Run a training step once and report what happened.

    It is called as ``train_step(G, D, opt_g, opt_d, real, latent_dim, *more)``, and with T as one
    more argument if there is one.

    Args:
        real: (B, …) the real batch; its rows must differ from what G makes.
        more: further arguments of the step.
        T: an augmentation (lesson 13) that changes every row, or rows cannot be told apart.

    Returns:
        A :class:`Report`. Whatever the step raises is raised here; all hooks are removed.
    """
    players = {"D": D, "G": G}
    report = Report(before={name: _gradients(net) for name, net in players.items()})
    recent: list[Look] = []  # the calls of D that no update has used yet
    known = [(real, ["r"] * len(real))]  # all rows that D may meet, with their kinds

    def on_generate(module, args, output):
        report.noise.append(args[0].detach().clone())
        report.fakes.append(output.detach().clone())
        made = Made(report.noise[-1], report.fakes[-1], len(report.updates))
        report.made.append(made)
        if output.requires_grad:
            output.register_hook(
                lambda grad: made.pulls.append((len(report.updates), grad.detach().clone()))
            )
        known.append((report.fakes[-1], ["f"] * len(output)))

    def watched_t(x):
        out = T(x)
        report.augmented.append((x.detach().clone(), out.detach().clone()))
        kinds = [THROUGH_T.get(kind, kind) for kind in _kinds(x, known)]
        known.append((report.augmented[-1][1], kinds))
        return out

    def on_judge(module, args, logits):
        x, said = args[0], logits.detach().reshape(len(args[0]), -1).sum(1)
        look = Look(
            *(_kinds(x, known), x.requires_grad, torch.zeros(len(x)), x.detach().clone(), said),
            *(logits.requires_grad, len(report.updates)),
        )

        def on_backward(grad):
            pull = grad.detach().reshape(len(look.pull), -1).sum(1)
            look.pull.add_(pull)
            look.pulls.append((len(report.updates), pull))

        if logits.requires_grad:
            logits.register_hook(on_backward)
        recent.append(look)
        report.looks.append(look)

    def before_step(owner):
        def hook(optimizer, args, kwargs):
            closure = kwargs.get("closure", args[1] if len(args) > 1 else None)
            if closure is not None:  # what it fills is there before the weights move
                with torch.enable_grad():
                    loss = closure()
                args, kwargs = args[:1], {"closure": lambda: loss}
            used = [look for look in recent if look.pull.any()]
            unused = [look for look in recent if not look.pull.any()]
            weights = {name: _weights(net) for name, net in players.items()}
            gradients = {name: _gradients(net) for name, net in players.items()}
            report.updates.append(Update(owner, used, unused, weights, gradients))
            return args, kwargs

        return hook

    def after_step(optimizer, args, kwargs):
        update = report.updates[-1]
        update.moved = {n for n, net in players.items() if _differ(net, update.weights[n])}
        recent[:] = [look for look in recent if not look.pull.any()]

    hooks = [G.register_forward_hook(on_generate), D.register_forward_hook(on_judge)]
    for owner, optimizer in (("D", opt_d), ("G", opt_g)):
        hooks.append(optimizer.register_step_pre_hook(before_step(owner)))
        hooks.append(optimizer.register_step_post_hook(after_step))
    last = () if T is None else (watched_t,)
    try:
        report.returned = train_step(G, D, opt_g, opt_d, real, latent_dim, *more, *last)
    finally:
        for hook in hooks:
            hook.remove()
    report.at_last = {name: _weights(net) for name, net in players.items()}
    return report


def _kinds(rows: Tensor, known: list[tuple[Tensor, list[str]]]) -> list[str]:
    """Return the kind of each row, (B,): that of the known row that it is, the latest if several.

    A row that is none of them gets '?'.
    """
    flat, found = rows.detach().flatten(1).double(), ["?"] * len(rows)
    exact = "donot_use_mm_for_euclid_dist"  # the fast way is off by 1e-3 for equal rows
    for samples, kinds in known:
        if not len(samples) or samples[0].numel() != flat.shape[1]:
            continue
        table = torch.cdist(flat, samples.flatten(1).double(), compute_mode=exact)  # (B, samples)
        off, nearest = table.min(dim=1)
        same = zip(found, (off < 1e-4).tolist(), nearest.tolist(), strict=True)
        found = [kinds[i] if is_it else kind for kind, is_it, i in same]
    return found


def _weights(net: nn.Module) -> list[Tensor]:
    return [p.detach().clone() for p in net.parameters()]


def _gradients(net: nn.Module) -> list[Tensor | None]:
    return [None if p.grad is None else p.grad.detach().clone() for p in net.parameters()]


def _differ(net: nn.Module, weights: list[Tensor]) -> bool:
    return any(not torch.equal(p, w) for p, w in zip(net.parameters(), weights, strict=True))


# -- players for it --------------------------------------------------------------------------


class _Shift(nn.Module):
    def __init__(self, offset: float, scale: float):
        super().__init__()
        self.offset, self.scale = offset, scale

    def forward(self, logits: Tensor) -> Tensor:
        return self.scale * logits + self.offset


def small_players(
    latent_dim: int = LATENT, *, offset: float = 0.0, scale: float = 1.0
) -> tuple[nn.Module, nn.Module, Optimizer, Optimizer]:
    """Return fresh G, D, opt_g and opt_d for the plane; D's logits are scaled, then moved.

    With a small scale all logits are almost ``offset``: so a loss is asked for its slope there.
    """
    G = nn.Sequential(nn.Linear(latent_dim, 16), nn.ReLU(), nn.Linear(16, 2))
    end = nn.Flatten(0), _Shift(offset, scale)
    D = nn.Sequential(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1), *end)
    return G, D, *(torch.optim.Adam(net.parameters(), lr=1e-2) for net in (G, D))


def some_real(n: int) -> Tensor:
    """Return a batch of n real points for :func:`spread_players`, (n, 2)."""
    return 1 + 1.5 * torch.randn(n, 2)


def spread_players() -> tuple[nn.Module, nn.Module, Optimizer, Optimizer]:
    """Return players whose logits lie about 2 around 0, at real samples and at fakes."""
    G, D, *_ = small_players()
    with torch.no_grad():
        out = G(torch.randn(200, LATENT))
        spread = 1.5 / out.std(dim=0)
        G[-1].weight *= spread[:, None]  # as some_real is
        G[-1].bias.copy_(1 + spread * (G[-1].bias - out.mean(dim=0)))
        logits = D(some_real(200))
    D[-1].scale = 2 / float(logits.std())
    D[-1].offset = -float(logits.mean()) * D[-1].scale
    rate = 0.05 / D[-1].scale ** 2  # a step moves logits a little
    return G, D, *(torch.optim.SGD(net.parameters(), rate) for net in (G, D))


def frozen(G: nn.Module, D: nn.Module) -> str:
    """Return which players have weights that no gradient is kept for."""
    players = {"G": G, "D": D}.items()
    return " ".join(n for n, net in players if not all(p.requires_grad for p in net.parameters()))


def noise_is(first: list[Tensor], second: list[Tensor]) -> str:
    """Return what is wrong with the noise of two calls of a step, "" if nothing is.

    Args:
        first, second: what G was called with in each, (B, latent_dim); some hundred vectors in all.
    """
    if not first or not second:
        return "G is never called: its output is what D and G learn from."
    if any(len(z.unique(dim=0)) < len(z) for z in first):
        return "fakes of one batch share one z: draw len(real) different noise vectors."
    if any(z.shape == w.shape and torch.equal(z, w) for z in first for w in second):
        return "two steps used the same noise. Draw a new z in every step."
    z = torch.cat([z.flatten() for z in (*first, *second)]).double()
    if float(z.min()) >= 0:
        return "the noise is not N(0, 1): use torch.randn, not torch.rand."
    strange = abs(z.mean()) > 0.15 or abs(z.std() - 1) > 0.1 or not 2 < (z**4).mean() < 5
    if len(z) >= 1_000 and strange:
        return "the noise is spread otherwise than N(0, 1): take torch.randn as it is."
    return ""
