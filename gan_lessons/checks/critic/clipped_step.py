"""Checks of lesson 11, Tame the critic: the steps of a Wasserstein GAN."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from gan_lessons import spies
from gan_lessons.checks.exercise import Wrong, ask, exercise

REFUSED = {  # what PyTorch says of a broken step, and what that means here
    "a leaf Variable that requires grad is being used in an in-place": "PyTorch refuses to change "
    "a weight in place while it records gradients. Clamp under torch.no_grad().",
    "backward through the graph a second time": "a graph is used twice. Every update of D needs "
    "fakes of its own, detached from G.",
    "only for scalar outputs": "a loss must be one number: take the mean over the batch.",
    "does not require grad": "a loss carries no gradient at all: what it is made of was detached, "
    "or computed under torch.no_grad().",
}


# -- one step with clipped weights -----------------------------------------------------------


def _small_critic() -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(2, 6), nn.LeakyReLU(0.2), nn.Linear(6, 1), nn.Flatten(0)
    ).double()


def _same(D: nn.Module, weights: Sequence[Tensor]) -> bool:
    return all(
        torch.allclose(p, w, atol=1e-9) for p, w in zip(D.parameters(), weights, strict=True)
    )


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
    if _same(D, right):
        return None
    if _same(D, [r if r.ndim > 1 else f for r, f in zip(right, free, strict=True)]):
        return "You leave the biases alone: the slope of D does not depend on them."

    def moved(by: list[Tensor], start: list[Tensor] = old) -> list[Tensor]:
        return [w - rate * x for w, x in zip(start, by, strict=True)]

    def cut(weights: list[Tensor]) -> list[Tensor]:
        return [w.clamp(-limit, limit) for w in weights]

    short = [x * min(1.0, limit / (length + 1e-6)) for x in g]
    if _same(D, old):
        raise Wrong("no weight of D changes: opt_d.step() is missing.")
    if _same(D, moved(short)):
        raise Wrong(
            "you clipped the gradient: its length is at most the limit when opt_d steps, and the "
            "weights go where they like. That calms a step; it is no WGAN. Clamp the weights."
        )
    if _same(D, moved([x.clamp(-limit, limit) for x in g])):
        raise Wrong(
            "you clamped every number of the gradient. The weights go where they like: clamp the "
            "weights, after opt_d.step()."
        )
    if _same(D, free):
        raise Wrong(
            f"the step is right, but weights beyond ±{limit} are left. clamp_ (with the "
            "underscore) changes a weight in place; clamp only returns a copy."
        )
    if _same(D, moved(g, clipped)) or _same(D, moved(slope(clipped), clipped)):
        raise Wrong(
            "you clip before opt_d.step(), and the step carries the weights out of the limits "
            "again. Clip last."
        )
    for kept, which in (({"max": limit}, f"below -{limit}"), ({"min": -limit}, f"above {limit}")):
        if _same(D, [w.clamp(**kept) for w in free]):
            raise Wrong(f"weights {which} are left: the limits are -limit and limit.")
    if _same(D, cut(moved([-x for x in g]))):
        raise Wrong("the sign is turned: D lowers D(real) and raises D(fake).")
    if _same(D, cut(moved([x + junk for x in g]))):
        raise Wrong("old gradients pile up in D: call opt_d.zero_grad() before backward().")
    if _same(D, clipped):
        raise Wrong(
            "D is clipped but never learns: opt_d.step() is missing, or backward() is, or "
            "zero_grad() comes after it."
        )
    if _same(D, cut([w - rate * junk for w in old])):
        raise Wrong("opt_d.step() follows old gradients only: zero_grad() and backward() first.")
    if _same(D, cut(moved(short))):
        raise Wrong(
            "you clip the gradient too. The weights' limit is the whole leash: leave the gradient "
            "as it is."
        )
    if _same(D, cut(moved([len(real) * x for x in g]))):
        raise Wrong("D's loss adds up over the batch: take the mean.")
    for sides, seen in (((1, 0), "fake"), ((0, 1), "real")):
        if _same(D, cut(moved(slope(old, sides)))):
            raise Wrong(f"D learns from the {seen} samples only: it wants the gap between both.")
    if _same(D, [w.clamp(0, limit) for w in free]):
        raise Wrong("weights below 0 are cut to 0: the limits are -limit and limit.")
    if _same(D, moved(slope(old, end=limit))):
        raise Wrong("you clamp what D answers. WGAN clamps D's *weights*, after the step.")
    most = max(float(p.detach().abs().max()) for p in D.parameters())
    if abs(most - limit) > 0.01 * limit and _same(D, [w.clamp(-most, most) for w in free]):
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


# -- several steps of the critic for one of the generator ------------------------------------

LATENT = 3
LOST = "D should raise D(real) and lower D(fake), all of them: D(fake).mean() - D(real).mean()."


@exercise(
    title="The critic moves more often",
    proves="D makes n_critic penalized steps, each on fresh real and fake samples, and then G "
    "makes one.",
    hints=(
        "D's half of the step goes into `for _ in range(n_critic):`, all of it: a new real batch, "
        "new fakes, loss, zero_grad, backward, step. G's half comes after the loop.",
        "In the loop: real = next(batches), fake = G(torch.randn(len(real), latent_dim)).detach(), "
        "loss_d = D(fake).mean() - D(real).mean() + penalty(D, real, fake).",
        "After the loop: loss_g = -D(G(torch.randn(len(real), latent_dim))).mean(), then "
        "zero_grad, backward and step of opt_g.",
    ),
)
def wasserstein_step(answer: Callable) -> str | None:
    """Check ``wasserstein_step(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty)``.

    By spies: the real batches have 5, 6, 7 … samples, so each look of D says which batch it saw.
    """
    with torch.random.fork_rng(devices=[]):
        remarks = [_watch_rounds(answer, *case) for case in ((3, 0), (1, 5), (2, -5))]
        _check_fresh(answer)
    return " ".join(dict.fromkeys(remark for remark in remarks if remark)) or None


class _Toll:
    """A penalty that notes its calls; ``marks[i].grad`` says with which factor call i counted."""

    def __init__(self):
        self.calls: list[tuple[Tensor, Tensor]] = []
        self.marks: list[Tensor] = []

    def __call__(self, *args: object) -> Tensor:
        if [isinstance(arg, nn.Module) for arg in args] != [True, False, False]:
            raise Wrong("the penalty is called as penalty(D, real, fake).")
        _, real, fake = args
        if real.ndim != 2 or fake.ndim != 2:
            raise Wrong("penalty(D, real, fake) takes samples, not what D says of them.")
        self.calls.append((real.detach(), fake.detach()))
        self.marks.append(torch.zeros((), requires_grad=True))
        return 1 * self.marks[-1]


def _watch_rounds(answer: Callable, n_critic: int, offset: float) -> str | None:
    """Watch one round. With an ``offset`` all of D's answers lie beyond a margin."""
    sizes = range(5, 5 + n_critic + 3)
    ready = [3 + torch.randn(n, 2) for n in sizes]
    stream, toll = iter(ready), _Toll()
    players, made = spies.small_players(LATENT, offset=offset), []
    players[0].register_forward_hook(lambda *call: made.append(call[-1].detach()))

    def step(G, D, opt_g, opt_d, real, latent_dim):
        ask(answer, G, D, opt_g, opt_d, stream, latent_dim, n_critic, toll, refused=REFUSED)

    try:
        report = spies.watch_step(step, *players, torch.cat(ready), LATENT)
    except StopIteration as error:
        raise Wrong(f"you take more than {n_critic} batches for {n_critic} steps of D.") from error
    _check_order(report, n_critic)
    if report.noise and torch.cat([z.flatten() for z in report.noise]).min() >= 0:
        raise Wrong(
            "z is never below 0: draw it with torch.randn. torch.rand is uniform on 0 to 1."
        )
    critics = [update for update in report.updates if update.owner == "D"]
    _check_batches(critics, list(sizes))
    for update in critics:
        _check_critic(update)
    _check_toll(toll, critics, ready)
    rows = {tuple(row) for fake in made for row in fake.tolist()}
    if any(tuple(row) not in rows for _, fake in toll.calls for row in fake.tolist()):
        raise Wrong("penalty(D, real, fake) gets fakes that G did not make.")
    _check_generator(next(update for update in report.updates if update.owner == "G"))
    if any(update.moved != {update.owner} for update in report.updates):
        raise Wrong("an update moves the other player too: one optimizer, one player.")
    wasteful = any(look.carries for update in critics for look in update.looks)
    return (
        "One thing is wasteful: D's backward() also computes gradients for G; fake.detach() saves "
        "that work."
        if wasteful
        else None
    )


def _check_order(report: spies.Report, n_critic: int) -> None:
    order = "".join(update.owner for update in report.updates)
    if order.count("D") == 0 or order.count("G") == 0:
        missing = "D" if "D" not in order else "G"
        raise Wrong(f"{missing} is never updated: opt_{missing.lower()}.step() is missing.")
    if order == "G" * n_critic + "D" and n_critic > 1:
        raise Wrong("the optimizers are exchanged: opt_d belongs to D's loss, opt_g to G's.")
    if order == "DG" * n_critic and n_critic > 1:
        raise Wrong(
            f"G moves {n_critic} times too: its step stands inside the loop. D makes n_critic "
            "steps, then G makes one."
        )
    if order == "D" + "G" * n_critic and n_critic > 1:
        raise Wrong("the loop is around G's step: it is D that makes n_critic steps.")
    if order.count("G") > 1:
        raise Wrong(f"G is updated {order.count('G')} times: once, after the loop.")
    if order.count("D") != n_critic:
        raise Wrong(f"with n_critic = {n_critic} D is updated {order.count('D')} times.")
    if order[-1] != "G":
        raise Wrong("G moves before D is done: G's step comes after the loop.")


def _check_batches(critics: list[spies.Update], sizes: list[int]) -> None:
    """The number of real samples that D saw in each step says which batches they were."""
    real = [len(update.pull("r")) for update in critics]
    fake = [len(update.pull("f")) for update in critics]
    for counts, kind in ((real, "real"), (fake, "fake")):
        unmoved = {k for update in critics for look in update.unused for k in look.kinds}
        if not all(counts) and kind[0] in unmoved:
            raise Wrong(f"{LOST} Your loss has no slope at its {kind} samples.")
        if not all(counts):
            raise Wrong(f"D never sees a {kind} sample in one of its steps.")
    if len(real) > 1 and len(set(real)) == 1:
        raise Wrong(
            f"one stale real batch: all {len(real)} steps of D see the same real samples. Call "
            "next(batches) inside the loop."
        )
    if real != sizes[: len(real)]:
        raise Wrong("batches are skipped: D takes one from the stream for each of its steps.")
    if len(fake) > 1 and len(set(fake)) == 1:
        raise Wrong(
            f"one stale fake batch: all {len(fake)} steps of D see the same fakes. Draw new noise "
            "inside the loop, as many as there are real samples."
        )
    if fake != real:
        raise Wrong("draw as many fakes as real samples came: len(real), it may change.")


def _check_critic(update: spies.Update) -> None:
    """The mean difference pulls with -1 at real and with +1 at fake samples, whatever D says."""
    real, fake = update.pull("r"), update.pull("f")
    if (real > 0).all() and (fake < 0).all():
        raise Wrong("the sign is turned: D's loss is D(fake).mean() - D(real).mean().")
    if not ((real < 0).all() and (fake > 0).all()):
        raise Wrong(LOST)
    if max(float(-real.sum()), float(fake.sum())) > 1.5:
        raise Wrong("D's loss adds up over the batch: take the mean.")
    if real.std() > 1e-6 or fake.std() > 1e-6 or abs(float(fake.sum()) - 1) > 1e-3:
        raise Wrong(
            "D's loss is not the mean difference: a critic has no sigmoid, no softplus and no "
            "logarithm, only D(fake).mean() - D(real).mean()."
        )


def _check_toll(toll: _Toll, critics: list[spies.Update], ready: list[Tensor]) -> None:
    if not toll.calls:
        raise Wrong(
            "penalty is never called: nothing holds the critic's slope, and its loss will run off."
        )
    shares = [0.0 if mark.grad is None else float(mark.grad) for mark in toll.marks]
    if not any(shares):
        raise Wrong(
            "the penalty is computed but never added to D's loss: nothing holds the critic's "
            "slope. Look at the sum that you call backward() on."
        )
    if len(toll.calls) > len(critics):
        raise Wrong("the penalty is D's alone: G's loss has none.")
    if len(toll.calls) < len(critics) or not all(shares):
        raise Wrong("only some of D's steps are penalized: add penalty(D, real, fake) in each.")
    if any(abs(share - 1) > 1e-4 for share in shares):
        raise Wrong(f"the penalty counts {shares[0]:+g} times: add it to D's loss as it is.")
    for (real, fake), batch in zip(toll.calls, ready, strict=False):
        if torch.equal(fake, batch):
            raise Wrong(
                "penalty(D, real, fake) gets real and fake exchanged. This one would not notice, "
                "others do."
            )
        if not torch.equal(real, batch) or len(fake) != len(real):
            raise Wrong("penalty(D, real, fake) needs the batches that D sees in this very step.")


def _check_generator(update: spies.Update) -> None:
    looks = [look for look in update.looks + update.unused if "f" in look.kinds]
    pulls = [look.of("f") for look in looks if look.carries]
    if not update.grads["G"] or not pulls:
        raise Wrong(
            "no gradient reaches G in its own step: call D on G's output, neither detached nor "
            "made under torch.no_grad()."
        )
    pull = torch.cat(pulls)
    if (pull > 0).all():
        raise Wrong("G lowers D(fake): its loss is -D(fake).mean().")
    if abs(float(pull.sum()) + 1) > 1e-3 or pull.std() > 1e-6:
        raise Wrong("G's loss is not -D(fake).mean(): it pulls every sample alike, with -1 in all.")


def _check_fresh(answer: Callable) -> None:
    """Where nothing moves and all batches are alike, all gradients of a player are alike."""
    G, D, *_ = spies.small_players(LATENT)
    for p in G.parameters():
        nn.init.zeros_(p)
    nn.init.ones_(G[-1].bias)
    opt_g, opt_d = (torch.optim.SGD(net.parameters(), lr=0.0) for net in (G, D))
    seen: dict[str, list[Tensor]] = {"D": [], "G": []}

    def note(owner: str, weight: Tensor) -> Callable:
        return lambda *_: seen[owner].append(weight.grad.clone())

    opt_d.register_step_pre_hook(note("D", D[0].weight))
    opt_g.register_step_pre_hook(note("G", G[-1].bias))
    same, before = torch.randn(1, 2).repeat(6, 1) + 3, [p.clone() for p in D.parameters()]
    for _ in range(2):
        stream = iter([same] * 5)
        answer(G, D, opt_g, opt_d, stream, LATENT, 2, lambda *_: torch.zeros(()))
    if not _same(D, before):
        raise Wrong(
            "D's weights change outside of opt_d.step(): no clipping here, the penalty leashes D."
        )
    for owner, grads in seen.items():
        if any(not torch.allclose(grad, grads[0], atol=1e-6) for grad in grads):
            raise Wrong(
                f"old gradients pile up in {owner}: call opt_{owner.lower()}.zero_grad() before "
                "every backward()."
            )
