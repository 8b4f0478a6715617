"""Write the training step: an exercise of lesson 04, Train your first GAN."""

import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons.checks import steps
from gan_lessons.checks.exercise import Wrong, exercise, understood

REFUSED = steps.REFUSED | {
    "backward through the graph a second time": "the fake batch of D's step is still tied to G: "
    "D's backward() walks through G and frees the graph of G's step. Cut it with .detach().",
    "does not require grad": "a loss carries no gradient at all. G's step must call D on G's own "
    "output, neither detached nor made under torch.no_grad().",
    "modified by an inplace operation": "a loss was computed before the other player's step "
    "changed the weights it needs. Call D(fake) anew for G's step, after opt_d.step().",
}


def _real(n: int) -> Tensor:
    return 3 + torch.randn(n, 2)


def _watch(train_step: Callable, n: int = 8, *, players=None) -> steps.Report:
    with understood(REFUSED):
        return steps.watch_step(
            train_step, *(players or steps.small_players()), _real(n), steps.LATENT
        )


def _check_turns(report: steps.Report) -> None:
    """Each player steps once, and no step finds the other player's loss in its gradients."""
    for owner, name in (("D", "opt_d"), ("G", "opt_g")):
        own = [update for update in report.updates if update.owner == owner]
        if not own:
            raise Wrong(f"{owner} is never updated: {name}.step() is missing.")
        apart = not all(len(update.pull("r")) and len(update.pull("f")) for update in own)
        if len(own) > 1 and owner == "D" and apart:
            raise Wrong(
                "opt_d steps on the real and on the fake batch apart: these are two steps of D. "
                "Add the two losses and step once."
            )
        if len(own) > 1:
            raise Wrong(f"{name}.step() runs {len(own)} times: each player steps once per call.")
    first = report.updates[0]
    fakes = [(look.carries, look.of("f")) for look in first.looks if "f" in look.kinds]
    helps = any(carries and (pull < 0).all() for carries, pull in fakes)
    if helps and any((pull > 0).all() for _, pull in fakes):
        raise Wrong(
            "both backward() come before the first step(): G's loss also filled D's gradients. "
            "Let D step before G's backward()."
        )


def _erased(owner: str) -> Wrong:
    name = f"opt_{owner.lower()}"
    return Wrong(
        f"{name}.zero_grad() between backward() and step() erased the gradients that {name}.step() "
        "needs. The order is zero_grad, backward, step."
    )


def _check_d(update: steps.Update, n: int) -> None:
    """What D's update must show: real raised, fake lowered, each on average."""
    real, fake = update.pull("r"), update.pull("f")
    if update.looks and not update.grads["D"]:
        raise _erased("D")
    if not len(fake) and (real < 0).all() and len(real):
        raise Wrong("D sees only real samples: nothing teaches it what a fake looks like.")
    if not len(real):
        if len(fake) and (fake < 0).all() and any(look.of("r").numel() for look in update.unused):
            raise Wrong("D's own loss has no part for real samples that reaches its weights.")
        if len(fake) and (fake < 0).all():
            raise Wrong(
                "opt_d steps on G's loss: it raises D(fake), so D helps G. Each optimizer belongs "
                "to its own loss."
            )
        raise Wrong("D never sees a real sample: nothing teaches it what real looks like.")
    if not len(fake):
        raise Wrong("D lowers D(real) and sees no fakes: the real term's sign is turned.")
    if (real < 0).all() and (fake < 0).all():
        raise Wrong(
            "D is told that the fakes are real too (label 1 for both): it raises D(fake) in its "
            "own step, and will say real to everything."
        )
    if (real > 0).all() and (fake < 0).all():
        raise Wrong("the roles are turned round: D lowers D(real) and raises D(fake).")
    if (real > 0).all() and (fake > 0).all():
        raise Wrong("D lowers D(real) as well as D(fake): the sign of the real term is turned.")
    if len(real) != len(fake):
        raise Wrong(
            f"D saw {len(real)} real and {len(fake)} fake samples. Draw as many fakes as real "
            "samples came, len(real): the last batch of a data set may be smaller."
        )
    if max(real.abs().sum(), fake.abs().sum()) > 1.5:
        raise Wrong(f"D's loss adds up over the {n} samples of a batch. Take the mean.")


def _check_g(update: steps.Update) -> None:
    """What G's update must show: D(fake) raised, with a gradient that reaches G."""
    looks = update.looks + update.unused
    fakes = [look for look in looks if "f" in look.kinds]
    if not update.grads["G"]:
        if any(look.carries and look.pull.any() for look in fakes):
            raise _erased("G")
        if fakes and not any(look.carries for look in fakes):
            raise Wrong(
                "in G's step the fake batch carries no gradient back to G: it was detached, or "
                "made under torch.no_grad()."
            )
        raise Wrong("no gradient reaches G: its loss must be computed from D(fake).")
    fake = torch.cat([look.of("f") for look in fakes if look.carries] or [torch.empty(0)])
    if len(fake) and (fake > 0).all():
        raise Wrong("G lowers D(fake): it works for D. The sign of G's loss is turned.")
    if "G" not in update.moved:
        raise Wrong("opt_g.step() ran, but no weight of G changed.")


def _check_fresh(train_step: Callable, order: list[str]) -> None:
    """A second step must be as if the gradients were fresh; ``order``: who moves first."""
    players = steps.small_players()
    real = _real(8)
    train_step(*players, real, steps.LATENT)
    clean = copy.deepcopy(players[:2])
    optimizers = [torch.optim.Adam(net.parameters(), lr=1e-2) for net in clean]
    for new, old in zip(optimizers, players[2:], strict=True):
        new.load_state_dict(copy.deepcopy(old.state_dict()))
    for net in clean:
        net.zero_grad(set_to_none=True)
    torch.manual_seed(1)
    train_step(*players, real, steps.LATENT)
    torch.manual_seed(1)
    train_step(*clean, *optimizers, real, steps.LATENT)
    ours, fresh = (dict(zip("GD", nets, strict=True)) for nets in (players[:2], clean))
    late = [
        name
        for name in order
        if not steps.same_weights(ours[name], fresh[name].parameters(), off=1e-7)
    ]
    if late:  # the player that moves first misleads the other
        raise Wrong(
            f"old gradients pile up in {late[0]}: a second step is not what a fresh one would be. "
            "Call zero_grad() of each optimizer before its backward()."
        )


@exercise(
    title="Write the training step",
    proves="D learns from real and fake, G from D, each moves alone, with fresh gradients and any "
    "batch size.",
    hints=(
        "Three parts: make one fake batch; update D on real and on fake; update G on the fakes. "
        "Each update is zero_grad, backward, step.",
        "D's loss is softplus(-D(real)).mean() + softplus(D(fake)).mean(). In D's step the fake "
        "batch must not lead back to G: fake.detach().",
        "After opt_d.step(), compute loss_g = softplus(-D(fake)).mean() with the same fake, not "
        "detached, then opt_g.zero_grad(), loss_g.backward(), opt_g.step().",
    ),
)
def train_step(answer: Callable) -> str | None:
    """Check ``train_step(G, D, opt_g, opt_d, real, latent_dim)`` by spying on it.

    Verified: D saw real and fake rows with the right targets; D's update left G bit-identical and
    the reverse; gradients reach G in its own step; nothing piles up; fresh N(0, 1) noise of the
    right shape each step; any batch size; finite at logits of ±100; G's loss does not saturate.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        report = _watch(answer)
        update_d, update_g = report.update_of("D"), report.update_of("G")
        if update_d is None and update_g is None:
            raise Wrong("neither player moves: no optimizer's step() is called.")
        _check_turns(report)
        pulls = {t: steps.pulls_at(answer, t, _real(8), steps.LATENT) for t in (-10.0, 0.0, 10.0)}
        _check_squares(pulls)
        _check_d(update_d, 8)
        _check_g(update_g)
        if update_d.moved != {"D"} or update_g.moved != {"G"}:
            raise Wrong("an update moves the other player too: one optimizer, one player.")
        _check_fresh(answer, [update.owner for update in report.updates])
        for n in (1, 7):
            _check_d(_watch(answer, n).update_of("D"), n)
        _check_noise(answer)
        _check_extremes(answer)
        _check_losses(pulls)
    remarks = []
    if any(look.carries for look in update_d.looks):
        remarks.append(
            "One thing is wasteful: D's backward() also computes gradients for G. fake.detach() "
            "saves that work."
        )
    if report.updates[0].owner == "G":
        remarks.append("Your G moves first: also a game in turns.")
    return " ".join(remarks) or None


def _check_noise(answer: Callable) -> None:
    players = steps.small_players()
    real = _real(400)
    first = steps.watch_step(answer, *players, real, steps.LATENT).noise
    second = steps.watch_step(answer, *players, real, steps.LATENT).noise
    if first[0].shape != (len(real), steps.LATENT):
        raise Wrong(f"G got noise of shape {tuple(first[0].shape)}, not (len(real), latent_dim).")
    if any(len(z.unique(dim=0)) < len(z) for z in first):
        raise Wrong("fakes of one batch share one z: draw len(real) different noise vectors.")
    if torch.equal(first[0], second[0]):
        raise Wrong("two steps used the same noise. Draw a new z in every step.")
    if abs(first[0].mean()) > 0.2 or abs(first[0].std() - 1) > 0.1:
        raise Wrong("the noise is not N(0, 1): use torch.randn, not torch.rand.")


def _check_extremes(answer: Callable) -> None:
    for offset in (100.0, -100.0):
        players = steps.small_players(offset=offset)
        _watch(answer, players=players)
        if not all(p.isfinite().all() for net in players[:2] for p in net.parameters()):
            raise Wrong(
                f"at a logit of {offset:+.0f} a weight becomes NaN: log of a probability that is "
                "rounded to 0. Write the loss with softplus on logits."
            )


def _check_squares(pulls: dict[float, dict[str, float]]) -> None:
    for name in pulls[0.0]:
        low, high = pulls[-10.0][name], pulls[10.0][name]
        if low * high < 0 and min(abs(low), abs(high)) > 2:
            raise Wrong(
                f"{name} is not the cross entropy of this lesson: it pulls logits of -10 and of "
                "+10 back to one value, as least squares does. Use softplus."
            )


def _check_losses(pulls: dict[float, dict[str, float]]) -> None:
    """Cross entropy pulls with 1 at a wrong logit, with 1/2 at 0 and with 0 at a right one."""
    for name, middle in pulls[0.0].items():
        ends = abs(pulls[-10.0][name]), abs(pulls[10.0][name])
        wrong, right = ends[::-1] if name == "D's loss on fakes" else ends
        middle = abs(middle)
        if wrong < middle and right < middle:
            raise Wrong(
                f"{name}: a sigmoid is applied twice, or before a loss that wants logits. Where D "
                f"is sure and wrong the pull should be 1, here it is {wrong:.4f}."
            )
        if wrong < middle and name == "G's loss":
            raise Wrong(
                "where D is sure (logit -10) G's gradient is almost 0: this is the saturating "
                "loss, log(1 - D(fake)). Use the non-saturating one, -log D(fake)."
            )
        if middle > 0.75 and math.isclose(wrong, 2 * middle, rel_tol=0.1):
            raise Wrong(f"{name} adds up over the batch: average it.")
        if abs(wrong - 2 * middle) > 0.2 * middle or right > 0.05 * middle:
            kind = "it does not pull as softplus does"
            if math.isclose(wrong, middle, rel_tol=0.1):
                kind = "it pulls alike at every logit, as the Wasserstein loss does"
                kind = kind if right else "its pull has a hard edge, as the hinge loss has"
            raise Wrong(f"{name} is not the cross entropy of this lesson: {kind}.")
