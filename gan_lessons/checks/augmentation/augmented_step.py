"""Checks of lesson 13, Learn from little data: a measure, a step, a controller."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from numbers import Real

import torch
from torch import Tensor, nn

from gan_lessons.checks.exercise import Wrong, exercise

LATENT = 3
EXACT = "donot_use_mm_for_euclid_dist"  # the fast way is off by 1e-3 for equal rows


def _number(value: object, what: str) -> float:
    if isinstance(value, Tensor):
        if value.numel() != 1:
            raise Wrong(f"{what} should be one number, but has shape {tuple(value.shape)}.")
        value = value.detach().item()
    if not isinstance(value, Real) or isinstance(value, bool):
        raise Wrong(f"{what} should be a number, but {type(value).__name__} came back.")
    return float(value)


def _near(a: float, b: float) -> bool:
    return abs(a - b) < 1e-4 * max(1.0, abs(b))


# -- how much D knows by heart ---------------------------------------------------------------


@exercise(
    title="Known by heart",
    proves="0 where D treats unseen images like its own, 1 where it takes them for fakes, at any "
    "level and scale of its logits.",
    hints=(
        "Three means of logits: train, held out, fake. How far has held out come on the way from "
        "train to fake?",
        "Above: the gap between train and held out. Below: the gap between train and fake.",
        "return (train.mean() - held_out.mean()) / (train.mean() - fake.mean())",
    ),
)
def overfitting(answer: Callable) -> None:
    """Check ``overfitting(train, held_out, fake)``: logits of any number, level and scale."""
    with torch.random.fork_rng(devices=[]):
        for scale, level, sizes in ((1.0, 0.0, (40, 30, 50)), (8.0, -3.0, (5, 7, 1))):
            logits = [
                scale * (torch.randn(n) + at) + level
                for n, at in zip(sizes, (2.5, 1.6, -1.0), strict=True)
            ]
            _check_measure(answer, *logits)
        _check_measure(answer, torch.randn(40) + 1, torch.randn(30) + 2, torch.randn(50) - 3)


def _check_measure(answer: Callable, train: Tensor, held_out: Tensor, fake: Tensor) -> None:
    t, v, g = (float(x.mean()) for x in (train, held_out, fake))
    try:
        got = _number(answer(train, held_out, fake), "the measure")
    except RuntimeError as error:
        if "must match the size" in str(error):
            raise Wrong("the three need not be equally many: take each mean first.") from error
        raise
    right = (t - v) / (t - g)
    if _near(got, right):
        return
    if right < 0 and (_near(got, -right) or _near(got, 0.0)):
        raise Wrong("below 0 is an answer, too: unseen images look *more* real. No abs, no clamp.")
    p = [float(x.sigmoid().mean()) for x in (train, held_out, fake)]
    s = [float(x.sign().mean()) for x in (train, held_out, fake)]
    m = [float(x.median()) for x in (train, held_out, fake)]
    added = [float(x.sum()) for x in (train, held_out, fake)]

    def of(a: Sequence[float]) -> float:
        return (a[0] - a[1]) / (a[0] - a[2]) if a[0] != a[2] else torch.nan

    mistakes = {
        "upside down: the gap to held out stands above, the gap to fake below.": 1 / right,
        "the sign is turned: where D is surer of its training images the measure is positive.": (
            -right
        ),
        "this is how far fakes are from held out, not held out from train: 1 minus the measure.": (
            1 - right
        ),
        "the gap below is train to fake; yours is held out to fake.": (t - v) / (v - g),
        "the gap above is train to held out; yours is train to fake.": (t - g) / (v - g),
        "this is only the gap. Divide by train minus fake, or it grows with D's scale.": t - v,
        "train and held out are exchanged.": (v - t) / (v - g),
        "take logits as they are: a sigmoid flattens what is far from 0.": of(p),
        "signs are what the controller will use; here take the logits' means.": of(s),
        "take the mean, not the median.": of(m),
        "sums grow with the number of samples: take means.": of(added),
    }
    for said, value in mistakes.items():
        if _near(got, value):
            raise Wrong(said)
    raise Wrong(f"for means of {t:.2f}, {v:.2f} and {g:.2f} it is {right:.3f}; you say {got:.3f}.")


# -- a step through goggles ------------------------------------------------------------------

REFUSED = {  # what PyTorch says of a broken step, and what that means here
    "backward through the graph a second time": "G's graph is used twice. D's step takes "
    "fake.detach().",
    "modified by an inplace operation": "G's step goes back through logits that D gave before its "
    "update. Call D again, on T(fake).",
    "only for scalar outputs": "a loss must be one number: take the mean over the batch.",
    "does not require grad": "a loss carries no gradient at all. G's step needs D(T(fake)), "
    "neither detached nor under torch.no_grad().",
}


class _Goggles:
    """T for the spies: moves points far away, by other numbers at each call, and remembers."""

    def __init__(self):
        self.pairs: list[tuple[Tensor, Tensor]] = []

    def __call__(self, x: Tensor) -> Tensor:
        if not isinstance(x, Tensor):
            raise Wrong(f"T takes images, and you gave it {type(x).__name__}.")
        if x.ndim != 2 or x.shape[1] != 2:
            raise Wrong("T is given something else than images: it stands between them and D.")
        out = x + 100 + torch.rand_like(x)
        self.pairs.append((x.detach().clone(), out.detach().clone()))
        return out


@dataclass
class _Look:
    """One call of D: its rows' kinds (r, f raw; R, F through T; 2 twice; ? unknown)."""

    kinds: str
    carries: bool
    pull: Tensor

    def of(self, kind: str) -> Tensor:
        return self.pull[torch.tensor([k == kind for k in self.kinds], dtype=torch.bool)]


@dataclass
class _Update:
    owner: str
    looks: list[_Look]
    grads: dict[str, Tensor | None]
    slope: Tensor  # D's
    moved: set[str] = field(default_factory=set)

    def pull(self, kind: str) -> Tensor:
        return torch.cat([look.of(kind) for look in self.looks] or [torch.empty(0)])

    def kinds(self) -> set[str]:
        return {k for look in self.looks for k, g in zip(look.kinds, look.pull, strict=True) if g}


def _kinds(rows: Tensor, real: Tensor, fakes: list[Tensor], pairs: list) -> str:
    """Name each row of what D saw: where it comes from and how often it went through T."""
    rows, names = rows.detach(), ["?"] * len(rows)

    def mark(samples: Tensor, kinds: str) -> None:
        if samples.shape[1:] == rows.shape[1:]:
            near, which = torch.cdist(rows, samples, compute_mode=EXACT).min(1)
            for i in (near < 1e-3).nonzero().flatten().tolist():
                names[i] = kinds[which[i]]

    mark(real, "r" * len(real))
    for fake in fakes:
        mark(fake, "f" * len(fake))
    for before, after in pairs:
        kinds = _kinds(before, real, fakes, []).upper()
        outs = torch.cat([out for _, out in pairs])
        twice = torch.cdist(before, outs, compute_mode=EXACT).amin(1) < 1e-3
        mark(after, "".join("2" if t else k for t, k in zip(twice, kinds, strict=True)))
    return "".join(names)


def _watch(answer: Callable, players: tuple, real: Tensor) -> list[_Update]:
    """Run one step and return its updates, with what D saw before each."""
    G, D, opt_g, opt_d = players
    T, fakes, recent, updates = _Goggles(), [], [], []

    def on_judge(module: nn.Module, args: tuple, logits: Tensor) -> None:
        kinds = _kinds(args[0], real, fakes, T.pairs)
        look = _Look(kinds, args[0].requires_grad, torch.zeros(len(args[0])))
        if logits.requires_grad:
            logits.register_hook(lambda grad: look.pull.add_(grad.detach().flatten()))
        recent.append(look)

    def before(owner: str) -> Callable:
        def hook(*_) -> None:
            grads = {n: None if w.grad is None else w.grad.clone() for n, w in last.items()}
            old.update({name: w.detach().clone() for name, w in last.items()})
            looks = [x for x in recent if x.pull.any()]
            updates.append(_Update(owner, looks, grads, old["D"].flatten()))

        return hook

    def after(*_) -> None:
        updates[-1].moved = {name for name, w in last.items() if not torch.equal(w, old[name])}
        recent[:] = [look for look in recent if not look.pull.any()]

    last, old = {"D": D[0].weight, "G": G[-1].bias}, {}
    hooks = [G.register_forward_hook(lambda m, a, out: fakes.append(out.detach().clone()))]
    hooks.append(D.register_forward_hook(on_judge))
    for owner, opt in (("D", opt_d), ("G", opt_g)):
        hooks += [opt.register_step_pre_hook(before(owner)), opt.register_step_post_hook(after)]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            answer(G, D, opt_g, opt_d, real, LATENT, T)
    except RuntimeError as error:
        for said, meaning in REFUSED.items():
            if said in str(error):
                raise Wrong(meaning) from error
        raise
    finally:
        for hook in hooks:
            hook.remove()
    if not T.pairs:
        raise Wrong("T is never used: D sees every image as it is.")
    return updates


def _players(rate: float = 0.01) -> tuple:
    G = nn.Sequential(nn.Linear(LATENT, 8), nn.Tanh(), nn.Linear(8, 2))
    D = nn.Sequential(nn.Linear(2, 1), nn.Flatten(0))  # its slope is its weight, everywhere
    nn.init.normal_(D[0].weight, 0.0, 0.003)  # T's numbers are large: keep D unsure
    slow = rate / 100  # or one step on such numbers makes D so sure that G's gradient is 0
    return G, D, torch.optim.SGD(G.parameters(), rate), torch.optim.SGD(D.parameters(), slow)


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
    reached = carried.sum() * g.slope
    leaked = [x for x in d.looks if x.carries]
    if (g.grads["G"] - reached).abs().max() > 1e-3 * reached.abs().max() + 1e-7:
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


def _check_goggles(d: _Update, g: _Update) -> None:
    """Who was seen through T, in which step."""
    seen, hers = d.kinds(), g.kinds() - {"R", "r"}
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
    if not any(look.carries for look in g.looks if "F" in look.kinds) or g.grads["G"] is None:
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
            grads[update.owner].append(update.grads[update.owner])
    for name, (first, second) in grads.items():
        if (second - first).abs().max() > 0.2 * first.abs().max():
            raise Wrong(
                f"old gradients pile up in {name}: call opt_{name.lower()}.zero_grad() before "
                "backward()."
            )


# -- the controller --------------------------------------------------------------------------


@exercise(
    title="The controller",
    proves="p climbs by one speed while the mean sign of D(real) is above the target, falls by it "
    "otherwise, and stays between 0 and 1.",
    hints=(
        "r = mean of the signs of the real logits, between -1 and 1. Above the target D is too "
        "sure: p goes up by speed. Otherwise down.",
        "real_logits.sign().mean(). Then keep p in 0 … 1, as min(max(p, 0), 1) does.",
        "step = speed if real_logits.sign().mean() > target else -speed; return min(max(p + step, "
        "0.0), 1.0)",
    ),
)
def controller(answer: Callable) -> None:
    """Check ``controller(p, real_logits, fake_logits, target, speed)`` on logits of known sign."""
    ask = _Controller(answer)
    sure, unsure, low = [1.0] * 9 + [-1.0], [1.0] * 6 + [-1.0] * 4, [-2.0] * 10
    up, down = ask(sure, low), ask(unsure, low)
    if _near(up, 0.49) and _near(down, 0.51):
        raise Wrong(
            "the sign is wrong: where D is sure of its training images (r above the target), p "
            "goes up."
        )
    if _near(up, 0.5) and _near(down, 0.5):
        raise Wrong("p never moves.")
    if _near(ask(low, sure), 0.51):
        raise Wrong("p follows the fake logits: overfitting shows on the real ones.")
    if _near(ask([90.0] + [-1.0] * 9, low), 0.51):
        raise Wrong("the mean of the logits decides: take each one's sign first, then the mean.")
    some = [2.0] * 7 + [-1.0] * 3
    if _near(ask(some, low), 0.51) and _near(ask(some, low, target=0.95), 0.49):
        raise Wrong(
            "r is 0.4 for 7 positive and 3 negative logits, and your p goes up at a target of 0.6: "
            "take the mean of signs (-1 or 1), not the share of positive ones or the sign of the "
            "mean."
        )
    if _near(ask(unsure, low, target=0.1), 0.49) or _near(ask(sure, low, target=0.9), 0.51):
        raise Wrong("the target is ignored: compare r with the one you are given.")
    if not (_near(up, 0.51) and _near(down, 0.49)):
        if abs(up - 0.5) > 1e-9 and not _near(abs(up - 0.5), abs(down - 0.5)):
            raise Wrong("p moves by another amount each time: always by speed, up or down.")
        raise Wrong(f"from p = 0.5 with a speed of 0.01 your p goes to {up:.3f} and {down:.3f}.")
    if not _near(ask(sure, low, speed=0.2), 0.7):
        raise Wrong("the speed is ignored: p moves by the one you are given.")
    for start, logits, end in ((0.995, sure, 1.0), (0.004, unsure, 0.0)):
        if not _near(got := ask(logits, low, p=start), end):
            raise Wrong(f"from p = {start} your p goes to {got:.3f}: keep it between 0 and 1.")


class _Controller:
    """Ask for the next p with all but a few things as usual."""

    def __init__(self, answer: Callable):
        self.answer = answer

    def __call__(self, real: list, fake: list, *, p=0.5, target=0.6, speed=0.01) -> float:
        logits = torch.tensor(real), torch.tensor(fake)
        return _number(self.answer(p, *logits, target, speed), "the next p")
