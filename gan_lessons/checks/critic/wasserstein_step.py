"""The critic moves more often: an exercise of lesson 11, Tame the critic."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from gan_lessons.checks import steps
from gan_lessons.checks.exercise import Wrong, exercise, understood

REFUSED = steps.REFUSED | {
    "backward through the graph a second time": "a graph is used twice. Every update of D needs "
    "fakes of its own, detached from G.",
}

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


def _watch(
    answer: Callable, players: tuple, batches: list[Tensor], n_critic: int, penalty: Callable
) -> steps.Report:
    """Run one round on a stream of real batches."""
    stream = iter(batches)

    def step(G, D, opt_g, opt_d, real, *more):
        return answer(G, D, opt_g, opt_d, stream, *more)

    more = steps.LATENT, n_critic, penalty
    with understood(REFUSED):
        return steps.watch_step(step, *players, torch.cat(batches), *more)


def _watch_rounds(answer: Callable, n_critic: int, offset: float) -> str | None:
    """Watch one round. With an ``offset`` all of D's answers lie beyond a margin."""
    sizes = range(5, 5 + n_critic + 3)
    ready, toll = [3 + torch.randn(n, 2) for n in sizes], _Toll()
    try:
        report = _watch(answer, steps.small_players(offset=offset), ready, n_critic, toll)
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
    rows = {tuple(row) for fake in report.fakes for row in fake.tolist()}
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


def _check_order(report: steps.Report, n_critic: int) -> None:
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


def _check_batches(critics: list[steps.Update], sizes: list[int]) -> None:
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


def _check_critic(update: steps.Update) -> None:
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


def _check_toll(toll: _Toll, critics: list[steps.Update], ready: list[Tensor]) -> None:
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


def _check_generator(update: steps.Update) -> None:
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
    G, D, *_ = steps.small_players()
    for p in G.parameters():
        nn.init.zeros_(p)
    nn.init.ones_(G[-1].bias)
    players = G, D, *(torch.optim.SGD(net.parameters(), lr=0.0) for net in (G, D))
    same, before = torch.randn(1, 2).repeat(6, 1) + 3, [p.clone() for p in D.parameters()]
    seen: dict[str, list[Tensor]] = {"D": [], "G": []}
    for _ in range(2):
        report = _watch(answer, players, [same] * 5, 2, lambda *_: torch.zeros(()))
        for update in report.updates:
            first, *_, last = update.gradients[update.owner]  # D's first weight, G's last bias
            seen[update.owner].append(first if update.owner == "D" else last)
    if not steps.same_weights(D, before):
        raise Wrong(
            "D's weights change outside of opt_d.step(): no clipping here, the penalty leashes D."
        )
    for owner, grads in seen.items():
        if any(not torch.allclose(grad, grads[0], atol=1e-6) for grad in grads):
            raise Wrong(
                f"old gradients pile up in {owner}: call opt_{owner.lower()}.zero_grad() before "
                "every backward()."
            )
