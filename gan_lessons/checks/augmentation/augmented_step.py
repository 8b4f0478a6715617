"""A step through goggles: an exercise of lesson 13, Learn from little data."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gan_lessons.checks import steps
from gan_lessons.checks.exercise import Wrong, exercise, understood

REFUSED = steps.REFUSED | {
    "backward through the graph a second time": "G's graph is used twice. D's step takes "
    "fake.detach().",
    "modified by an inplace operation": "G's step goes back through logits that D gave before its "
    "update. Call D again, on T(fake).",
    "does not require grad": "a loss carries no gradient at all. G's step needs D(T(fake)), "
    "neither detached nor under torch.no_grad().",
}


def _goggles(x: Tensor) -> Tensor:
    """T for the spies: moves points far away, by other numbers at each call."""
    if not isinstance(x, Tensor):
        raise Wrong(f"T takes images, and you gave it {type(x).__name__}.")
    if x.ndim != 2 or x.shape[1] != 2:
        raise Wrong("T is given something else than images: it stands between them and D.")
    return x + 100 + torch.rand_like(x)


def _watch(answer: Callable, players: tuple, real: Tensor) -> list[steps.Update]:
    """Run one step and return its updates, with what D saw before each."""
    with understood(REFUSED):
        report = steps.watch_step(answer, *players, real, steps.LATENT, T=_goggles)
    if not report.augmented:
        raise Wrong("T is never used: D sees every image as it is.")
    return report.updates


def _players(rate: float = 0.01) -> tuple:
    G = nn.Sequential(nn.Linear(steps.LATENT, 8), nn.Tanh(), nn.Linear(8, 2))
    D = nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))  # its slope is its weight, everywhere
    nn.init.normal_(D[0].weight, 0.0, 0.003)  # T's numbers are large: keep D unsure
    slow = rate / 100  # or one step on such numbers makes D so sure that G's gradient is 0
    return G, D, torch.optim.SGD(G.parameters(), rate), torch.optim.SGD(D.parameters(), slow)


def _slope(update: steps.Update) -> Tensor:
    """Return D's slope before an update, (2,): its first parameter."""
    return update.weights["D"][0].flatten()


def _gradient(update: steps.Update, player: str) -> Tensor | None:
    """Return what lay there, before an update, at D's slope or at the bias of G's end."""
    gradients = update.gradients[player]
    return gradients[0] if player == "D" else gradients[-1]


@exercise(
    title="A step through goggles",
    proves="D meets real and fake images only through T, G learns through T as well, and each "
    "update moves its own player with fresh gradients.",
    hints=(
        "Lesson 04's step, with T around every image on its way into D: three places.",
        "D's step: D(T(real)) and D(T(fake.detach())). G's step: D(T(fake)), without detach, so "
        "that the gradient runs back through T into G.",
        "loss_d = softplus(-D(T(real))).mean() + softplus(D(T(fake.detach()))).mean(); zero_grad, "
        "backward, step; then loss_g = softplus(-D(T(fake))).mean() and the same for opt_g.",
    ),
)
def augmented_step(answer: Callable) -> str | None:
    """Check ``augmented_step(G, D, opt_g, opt_d, real, latent_dim, T)`` by what D sees when.

    Both players may see the same draw of T's fakes or two draws: either is right.
    """
    with torch.random.fork_rng(devices=[]):
        remarks = [_check_step(answer, n) for n in (7, 5)]
        _check_fresh(answer)
    return remarks[0]


def _check_step(answer: Callable, n: int) -> str | None:
    updates = _watch(answer, _players(), 3 + torch.randn(n, 2))
    owners = [update.owner for update in updates]
    for name in "DG":
        if name not in owners:
            raise Wrong(f"{name} is never updated: opt_{name.lower()}.step() is missing.")
        if owners.count(name) > 1:
            raise Wrong(f"{name} is updated {owners.count(name)} times in one step.")
    d, g = sorted(updates, key=lambda update: update.owner)
    _check_goggles(d, g)
    if (d.pull("R") > 0).any() or (d.pull("F") < 0).any():
        raise Wrong("D should raise D(T(real)) and lower D(T(fake)): a sign is turned.")
    if (g.pull("F") > 0).any():
        raise Wrong("G lowers D(T(fake)): its loss is softplus(-D(T(fake))).mean().")
    if any(update.moved - {update.owner} for update in updates):
        raise Wrong("an update moves the other player too: one optimizer, one player.")
    carried = torch.cat([x.pull for x in g.looks if x.carries])
    reached = carried.sum() * _slope(g)
    leaked = [x for x in d.looks if x.carries]
    if (_gradient(g, "G") - reached).abs().max() > 1e-3 * reached.abs().max() + 1e-7:
        raise Wrong(
            "G's gradient holds a part that is not of its own loss: D's step runs into G as well. "
            "Give it fake.detach(), and call opt_g.zero_grad() before G's backward()."
        )
    return (
        "One thing is wasteful: D's backward() also computes gradients for G; fake.detach() saves "
        "that work."
        if leaked
        else None
    )


def _check_goggles(d: steps.Update, g: steps.Update) -> None:
    """Who was seen through T, in which step."""
    seen, hers = d.pulled(), g.pulled() - {"R", "r"}
    if "2" in seen | hers:
        raise Wrong("some images go through T twice: once, on their way into D.")
    if "?" in seen | hers:
        raise Wrong("D sees something that is neither the real batch nor G's images nor T of them.")
    if not seen & {"R", "r"}:
        raise Wrong("D never sees a real image in its step.")
    if not seen & {"F", "f"}:
        raise Wrong("D never sees a fake image in its step.")
    if {"R", "r"} <= seen or {"F", "f"} <= seen:
        raise Wrong("D sees images both with T and without it in its step: only T of them.")
    if "R" in seen and "f" in seen:
        raise Wrong(
            "T on real only: this leaks. D then knows real images as changed ones, and G learns to "
            "draw them changed. T belongs on the fakes too."
        )
    if "r" in seen and "F" in seen:
        raise Wrong("T on fake only: D tells them apart by T alone. T belongs on real images too.")
    if not hers:
        raise Wrong("G's step shows no fake image to D, or no gradient reaches D's answer.")
    if "r" in seen:
        raise Wrong("D's step is without T: real and fake need it there, not in G's step only.")
    if "f" in hers:
        raise Wrong(
            "G's step is without T: D there sees plain images, a kind it never learned from. It "
            "needs D(T(fake))."
        )
    if not any(look.carries for look in g.looks if "F" in look.kinds) or _gradient(g, "G") is None:
        raise Wrong(
            "no gradient reaches G in its own step: T(fake) is made under torch.no_grad() or from "
            "fake.detach(). G learns through T."
        )


def _check_fresh(answer: Callable) -> None:
    """With learning rates of 0 and one repeated sample, two steps have equal gradients."""
    players, grads = _players(0.0), {"D": [], "G": []}
    nn.init.zeros_(players[0][-1].weight)
    nn.init.constant_(players[1][0].weight, 0.005)
    same = torch.full((6, 2), -200.0)  # beside the fakes the two pulls on D would cancel
    for _ in range(2):
        for update in _watch(answer, players, same):
            grads[update.owner].append(_gradient(update, update.owner))
    for name, (first, second) in grads.items():
        if (second - first).abs().max() > 0.2 * first.abs().max():
            raise Wrong(
                f"old gradients pile up in {name}: call opt_{name.lower()}.zero_grad() before "
                "backward()."
            )
