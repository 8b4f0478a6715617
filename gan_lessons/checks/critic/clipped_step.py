"""One step of the first WGAN: an exercise of lesson 11, Tame the critic."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gan_lessons.checks import steps
from gan_lessons.checks.exercise import Wrong, ask, exercise
from gan_lessons.checks.steps import same_weights

REFUSED = steps.REFUSED | {
    "a leaf Variable that requires grad is being used in an in-place": "PyTorch refuses to change "
    "a weight in place while it records gradients. Clamp under torch.no_grad().",
}


def _small_critic() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(2, 6), nn.LeakyReLU(0.2), nn.Linear(6, 1), nn.Flatten(0)
    ).double()


@exercise(
    title="One step of the first WGAN",
    proves="D climbs along E D(real) − E D(fake) with fresh gradients, and then every weight lies "
    "within the limit you were given.",
    hints=(
        "Lesson 04's update of D with another loss: the mean of D(fake) minus the mean of D(real). "
        "Then one more line, after opt_d.step().",
        "Clipping acts on the weights, not on the gradients: weight.clamp_(-limit, limit) for each "
        "weight of D.parameters(), with torch.no_grad() around it.",
        "loss_d = D(fake).mean() - D(real).mean(); opt_d.zero_grad(); loss_d.backward(); "
        "opt_d.step(); then `with torch.no_grad():` and the loop that clamps in place.",
    ),
)
def clipped_step(answer: Callable) -> str | None:
    """Check ``clipped_step(D, opt_d, real, fake, limit)``: the weights after it, to the digit.

    The optimizer is plain gradient descent, so the one right result is known, and so are the
    results of the usual mistakes. Old gradients lie in D when it is called.
    """
    with torch.random.fork_rng(devices=[]):
        remarks = {_after_one_step(answer, limit) for limit in (0.05, 0.3)}
    return next((remark for remark in remarks if remark), None)


def _after_one_step(answer: Callable, limit: float) -> str | None:
    D, rate = _small_critic(), 0.5
    real, fake = (2 * torch.randn(99, 2).double() + mean for mean in (1.0, -0.7))
    with torch.no_grad():  # some answers lie within every limit
        D[2].bias -= D(torch.cat([real, fake])).median()

    def slope(weights: list[Tensor], sides: tuple = (1, 1), end: float = torch.inf) -> list[Tensor]:
        call = torch.func.functional_call
        names = [name for name, _ in D.named_parameters()]
        at = [w.detach().clone().requires_grad_() for w in weights]
        of = dict(zip(names, at, strict=True))
        low, high = (call(D, of, (x,)).clamp(-end, end).mean() for x in (fake, real))
        loss = sides[0] * low - sides[1] * high
        return [
            g.detach()
            for g in torch.autograd.grad(loss, at, allow_unused=True, materialize_grads=True)
        ]

    old = [p.detach().clone() for p in D.parameters()]
    clipped = [w.clamp(-limit, limit) for w in old]
    g, junk = slope(old), 0.7
    length = torch.cat([x.flatten() for x in g]).norm()
    free = [w - rate * x for w, x in zip(old, g, strict=True)]
    right = [w.clamp(-limit, limit) for w in free]
    for p in D.parameters():
        p.grad = torch.full_like(p, junk)
    ask(answer, D, torch.optim.SGD(D.parameters(), lr=rate), real, fake, limit, refused=REFUSED)
    if same_weights(D, right):
        return None
    if same_weights(D, [r if r.ndim > 1 else f for r, f in zip(right, free, strict=True)]):
        return "You leave the biases alone: the slope of D does not depend on them."

    def moved(by: list[Tensor], start: list[Tensor] = old) -> list[Tensor]:
        return [w - rate * x for w, x in zip(start, by, strict=True)]

    def cut(weights: list[Tensor]) -> list[Tensor]:
        return [w.clamp(-limit, limit) for w in weights]

    short = [x * min(1.0, limit / (length + 1e-6)) for x in g]
    if same_weights(D, old):
        raise Wrong("no weight of D changes: opt_d.step() is missing.")
    if same_weights(D, moved(short)):
        raise Wrong(
            "you clipped the gradient: its length is at most the limit when opt_d steps, and the "
            "weights go where they like. That calms a step; it is no WGAN. Clamp the weights."
        )
    if same_weights(D, moved([x.clamp(-limit, limit) for x in g])):
        raise Wrong(
            "you clamped every number of the gradient. The weights go where they like: clamp the "
            "weights, after opt_d.step()."
        )
    if same_weights(D, free):
        raise Wrong(
            f"the step is right, but weights beyond ±{limit} are left. clamp_ (with the "
            "underscore) changes a weight in place; clamp only returns a copy."
        )
    if same_weights(D, moved(g, clipped)) or same_weights(D, moved(slope(clipped), clipped)):
        raise Wrong(
            "you clip before opt_d.step(), and the step carries the weights out of the limits "
            "again. Clip last."
        )
    for kept, which in (({"max": limit}, f"below -{limit}"), ({"min": -limit}, f"above {limit}")):
        if same_weights(D, [w.clamp(**kept) for w in free]):
            raise Wrong(f"weights {which} are left: the limits are -limit and limit.")
    if same_weights(D, cut(moved([-x for x in g]))):
        raise Wrong("the sign is turned: D lowers D(real) and raises D(fake).")
    if same_weights(D, cut(moved([x + junk for x in g]))):
        raise Wrong("old gradients pile up in D: call opt_d.zero_grad() before backward().")
    if same_weights(D, clipped):
        raise Wrong(
            "D is clipped but never learns: opt_d.step() is missing, or backward() is, or "
            "zero_grad() comes after it."
        )
    if same_weights(D, cut([w - rate * junk for w in old])):
        raise Wrong("opt_d.step() follows old gradients only: zero_grad() and backward() first.")
    if same_weights(D, cut(moved(short))):
        raise Wrong(
            "you clip the gradient too. The weights' limit is the whole leash: leave the gradient "
            "as it is."
        )
    if same_weights(D, cut(moved([len(real) * x for x in g]))):
        raise Wrong("D's loss adds up over the batch: take the mean.")
    for sides, seen in (((1, 0), "fake"), ((0, 1), "real")):
        if same_weights(D, cut(moved(slope(old, sides)))):
            raise Wrong(f"D learns from the {seen} samples only: it wants the gap between both.")
    if same_weights(D, [w.clamp(0, limit) for w in free]):
        raise Wrong("weights below 0 are cut to 0: the limits are -limit and limit.")
    if same_weights(D, moved(slope(old, end=limit))):
        raise Wrong("you clamp what D answers. WGAN clamps D's *weights*, after the step.")
    most = max(float(p.detach().abs().max()) for p in D.parameters())
    if abs(most - limit) > 0.01 * limit and same_weights(D, [w.clamp(-most, most) for w in free]):
        raise Wrong(f"the weights end within ±{most:.2g}, not within the limit you were given.")
    beyond = [p.abs().max() > limit + 1e-9 for p in D.parameters()]
    if all(beyond):
        raise Wrong(f"weights beyond ±{limit} are left. WGAN clamps each weight to ±limit.")
    if any(beyond):
        raise Wrong(f"some layers of D still have weights beyond ±{limit}: clamp all of them.")
    if most < 0.99 * limit or not _at_edge(D, right, limit):
        raise Wrong(
            "the weights are scaled down together. Clipping cuts each weight for itself: what is "
            "beyond ±limit ends at ±limit, the others stay."
        )
    raise Wrong(
        "the weights stay within the limits, but the step is not along the gradient of "
        "D(fake).mean() - D(real).mean()."
    )


def _at_edge(D: nn.Module, right: list[Tensor], limit: float) -> bool:
    """Say whether about as many weights lie at the limits as should."""
    ours = sum(int((p.abs() > 0.999 * limit).sum()) for p in D.parameters())
    return ours >= sum(int((w.abs() > 0.999 * limit).sum()) for w in right) // 2
