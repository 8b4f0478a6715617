"""Write the training step: an exercise of lesson 04, Train your first GAN."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import torch

from gan_lessons.checks import steps
from gan_lessons.checks.grader import Slip, Table
from gan_lessons.checks.grader_steps import (
    CROSS_ENTROPY,
    Fact,
    Felt,
    Sight,
    Step,
    beside_d,
    moved_otherwise,
)

RIGHT = """
def train_step(G, D, opt_g, opt_d, real, latent_dim):
    fake = G(torch.randn(len(real), latent_dim))
    loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = F.softplus(-D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
"""

HALF = """
def train_step(G, D, opt_g, opt_d, real, latent_dim):
    fake = G(torch.randn(len(real), latent_dim))
    loss_d = (F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()) / 2
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = F.softplus(-D(fake)).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
"""

D_REAL, D_FAKE = "F.softplus(-D(real)).mean()", "F.softplus(D(fake.detach())).mean()"
D_LOSS, D_TURN = f"{D_REAL} + {D_FAKE}", "opt_d.zero_grad()\n    loss_d.backward()\n"
G_LOSS, G_TURN = "F.softplus(-D(fake)).mean()", "opt_g.zero_grad()\n    loss_g.backward()\n"
NOISE = "torch.randn(len(real), latent_dim)"

TIED = (
    "the fake batch of D's step is still tied to G: D's backward() walks through G and frees the "
    "graph of G's step. Cut it with .detach()."
)
CUT = (
    "in G's step the fake batch carries no gradient back to G: it was detached, or made under "
    "torch.no_grad()."
)
ERASED = (
    "opt_{}.zero_grad() between backward() and step() erased the gradients that opt_{}.step() "
    "needs. The order is zero_grad, backward, step."
)
PILED = (
    "old gradients pile up in {}: those of the call before are still there when opt_{} steps. "
    "Call opt_{}.zero_grad() before its backward()."
)
LATE = (
    "opt_d.zero_grad() does not come right before D's backward(): what G's backward() left in D is "
    "still there when opt_d steps. D follows G's loss as well: zero_grad, backward, step."
)
SCALAR = "a loss must be one number: take the mean over the batch."
WGAN = (
    "{} is not the cross entropy of this lesson: it pulls alike at every logit, as the "
    "Wasserstein loss does. Take softplus of the logits."
)
TWICE = (
    "{}: a sigmoid is applied twice, or before a loss that wants logits. Where D is sure and wrong "
    "it hardly pulls: leave the sigmoid out."
)
ROUNDED = (
    "{} goes through a probability that is rounded to 0 or 1: where D is sure and wrong there is "
    "no slope, or NaN. Write it with softplus on logits."
)
SAME_NOISE = "two steps used the same noise. Draw a new z in every step."

SLIPS = (
    Slip(
        f"{D_REAL} + ",
        "",
        "D never sees a real sample: nothing teaches it what real looks like. Add "
        "softplus(-D(real)).mean() to its loss.",
    ),
    Slip(
        f" + {D_FAKE}",
        "",
        "D sees only real samples: nothing teaches it what a fake looks like. Add "
        "softplus(D(fake.detach())).mean() to its loss.",
    ),
    Slip(
        "F.softplus(D(fake.detach()))",
        "F.softplus(-D(fake.detach()))",
        "D is told that the fakes are real too (label 1 for both): it raises D(fake) in its own "
        "step, and will say real to everything.",
    ),
    Slip(
        D_LOSS,
        "F.softplus(D(real)).mean() + F.softplus(-D(fake.detach())).mean()",
        "the roles are turned round: D lowers D(real) and raises D(fake).",
    ),
    Slip(
        "F.softplus(-D(real))",
        "F.softplus(D(real))",
        "D lowers D(real) as well as D(fake): the sign of the real term is turned.",
    ),
    Slip("fake.detach()", "fake", TIED),
    Slip(
        D_LOSS + "\n    opt_d.zero_grad()\n    loss_d.backward()\n    opt_d.step()\n    loss_g = "
        "F.softplus(-D(fake)).mean()\n    opt_g.zero_grad()",
        "F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()\n    opt_d.zero_grad()\n"
        "    opt_g.zero_grad()\n    loss_d.backward()\n    opt_d.step()\n"
        "    loss_g = F.softplus(-D(G(torch.randn(len(real), latent_dim)))).mean()",
        "G is trained on D's loss as well: D's backward() ran into G, and nothing erased that. "
        "Give D fake.detach(), or call opt_g.zero_grad() right before G's backward().",
    ),
    Slip("F.softplus(-D(fake))", "F.softplus(-D(fake.detach()))", CUT),
    Slip(
        f"    fake = G({NOISE})",
        f"    with torch.no_grad():\n        fake = G({NOISE})",
        CUT,
    ),
    Slip(
        "opt_g, opt_d, real",
        "opt_d, opt_g, real",
        "opt_d steps on G's loss, and opt_g on nothing that is G's. Each optimizer belongs to its "
        "own loss: opt_d to D's, opt_g to G's.",
    ),
    Slip("    opt_d.zero_grad()\n", "", PILED.format("D", "d", "d")),
    Slip("    opt_g.zero_grad()\n", "", PILED.format("G", "g", "g")),
    Slip(
        "    opt_d.zero_grad()\n    loss_d.backward()\n    opt_d.step()\n",
        "    loss_d.backward()\n    opt_d.step()\n    opt_d.zero_grad()\n",
        LATE,
    ),
    Slip(D_TURN, "loss_d.backward()\n    opt_d.zero_grad()\n", ERASED.format("d", "d")),
    Slip(G_TURN, "loss_g.backward()\n    opt_g.zero_grad()\n", ERASED.format("g", "g")),
    Slip("    opt_d.step()\n", "", "D is never updated: opt_d.step() is missing."),
    Slip("    opt_g.step()\n", "", "G is never updated: opt_g.step() is missing."),
    Slip(
        "    loss_d.backward()\n",
        "",
        "opt_d steps and no backward() was called for D's loss: there is nothing to follow. Call "
        "loss_d.backward() before it.",
    ),
    Slip(
        "    loss_g.backward()\n",
        "",
        "opt_g steps and no backward() was called for G's loss: there is nothing to follow. Call "
        "loss_g.backward() before it.",
    ),
    Slip(
        "-D(fake))",
        "D(fake))",
        "G lowers D(fake): it works for D. The sign of G's loss is turned.",
    ),
    Slip(
        G_LOSS,
        "-F.softplus(D(fake)).mean()",
        "where D is sure (logit -10) G's gradient is almost 0: this is the saturating loss, "
        "log(1 - D(fake)). Use the non-saturating one, -log D(fake).",
    ),
    Slip(
        D_LOSS,
        "F.softplus(-D(real)).sum() + F.softplus(D(fake.detach())).sum()",
        "D's loss adds up over the samples of a batch: it pulls 32 times as hard with 32 of "
        "them. Take the mean.",
    ),
    Slip(
        G_LOSS,
        "F.softplus(-D(fake)).sum()",
        "G's loss adds up over the batch: it pulls 32 times as hard with 32. Take the mean.",
    ),
    Slip(D_LOSS, "F.softplus(-D(real)) + F.softplus(D(fake.detach()))", SCALAR),
    Slip(G_LOSS, "F.softplus(-D(fake))", SCALAR),
    Slip(D_LOSS, "D(fake.detach()).mean() - D(real).mean()", WGAN.format("D's loss")),
    Slip(G_LOSS, "-D(fake).mean()", WGAN.format("G's loss")),
    Slip(
        D_LOSS,
        "F.relu(1 - D(real)).mean() + F.relu(1 + D(fake.detach())).mean()",
        "D's loss is not the cross entropy of this lesson: its pull has a hard edge, as the hinge "
        "loss has. Take softplus of the logits.",
    ),
    Slip(
        D_LOSS,
        "(D(real) - 1).square().mean() + D(fake.detach()).square().mean()",
        "D's loss is not the cross entropy of this lesson: it pulls logits back to one value, as "
        "least squares does. Use softplus.",
    ),
    Slip(
        G_LOSS,
        "(D(fake) - 1).square().mean()",
        "G's loss is not the cross entropy of this lesson: it pulls logits back to one value, as "
        "least squares does. Use softplus.",
    ),
    Slip(
        D_LOSS,
        "F.softplus(-D(real).sigmoid()).mean() + F.softplus(D(fake.detach()).sigmoid()).mean()",
        TWICE.format("D's loss"),
    ),
    Slip(G_LOSS, "F.softplus(-D(fake).sigmoid()).mean()", TWICE.format("G's loss")),
    Slip(
        D_REAL,
        "(0.9 * F.softplus(-D(real)) + 0.1 * F.softplus(D(real))).mean()",
        "D is told that a real sample is real with 0.90 and fake with 0.10: smoothed labels are "
        "a trick of lesson 12. Here real samples have label 1.",
    ),
    Slip(
        D_LOSS,
        "-(D(real).sigmoid().log() + (1 - D(fake.detach()).sigmoid()).log()).mean()",
        ROUNDED.format("D's loss"),
    ),
    Slip(
        G_LOSS,
        "-D(fake).sigmoid().log().mean()",
        ROUNDED.format("G's loss"),
    ),
    Slip(
        NOISE,
        "torch.rand(len(real), latent_dim)",
        "the noise is not N(0, 1): use torch.randn, not torch.rand.",
    ),
    Slip(
        NOISE,
        "torch.randn(1, latent_dim).expand(len(real), latent_dim)",
        "fakes of one batch share one z: draw len(real) different noise vectors.",
    ),
    Slip(
        NOISE,
        "torch.randn(len(real), latent_dim, generator=torch.Generator().manual_seed(0))",
        SAME_NOISE,
    ),
    Slip(
        f"    fake = G({NOISE})",
        f"    torch.manual_seed(0)\n    fake = G({NOISE})",
        SAME_NOISE,
    ),
    Slip(
        NOISE,
        "torch.randn(8, latent_dim)",
        "there are always 8 fakes, however many real samples came. Draw as many fakes as real "
        "samples, len(real): the last batch of a data set may be smaller.",
    ),
    Slip(
        f"{D_TURN}    opt_d.step()\n    loss_g = {G_LOSS}\n    {G_TURN}",
        f"opt_d.zero_grad()\n    opt_g.zero_grad()\n    loss_g = {G_LOSS}\n"
        "    loss_d.backward()\n    loss_g.backward()\n    opt_d.step()\n",
        "both backward() come before the first step(): G's loss also filled D's gradients. Let D "
        "step before G's backward().",
    ),
    Slip(
        f"loss_d = {D_LOSS}\n    {D_TURN}    opt_d.step()\n    loss_g = {G_LOSS}\n    {G_TURN}",
        f"loss_g = {G_LOSS}\n    {G_TURN}    loss_d = {D_LOSS}\n    {D_TURN}    opt_d.step()\n",
        "G's backward() comes before opt_d.step(), and opt_g.step() after it: G follows what D "
        "said before it moved. Let one player finish its turn before the other begins.",
    ),
    Slip(
        f"loss_d = {D_LOSS}\n    {D_TURN}    opt_d.step()\n",
        f"opt_d.zero_grad()\n    {D_REAL}.backward()\n    opt_d.step()\n    opt_d.zero_grad()\n"
        f"    {D_FAKE}.backward()\n    opt_d.step()\n",
        "opt_d steps on the real and on the fake batch apart: these are two steps of D. Add the "
        "two losses and step once.",
    ),
    Slip(
        "    opt_g.step()\n",
        "    opt_g.step()\n    opt_g.step()\n",
        "opt_g.step() runs 2 times: each player steps once per call.",
    ),
    Slip(
        "    opt_d.step()\n",
        "    opt_d.step()\n    opt_d.step()\n",
        "opt_d.step() runs 2 times: each player steps once per call.",
    ),
    Slip(
        "    loss_g = ",
        "    D.requires_grad_(False)\n    loss_g = ",
        "D stays frozen when your step ends, and the second call cannot train it. After G's "
        "backward(): D.requires_grad_(True).",
    ),
    Slip(
        f"    loss_d = {D_LOSS}\n",
        f"    with torch.no_grad():\n        loss_d = {D_LOSS}\n    loss_d.requires_grad_(True)\n",
        "D's loss has no graph: it was made under torch.no_grad(), or from what was detached, and "
        "requires_grad on the loss only silences the error. Nothing reaches D's weights.",
    ),
    Slip(
        "D(fake))",
        "D(real))",
        "no gradient reaches G: its loss must be computed from D(fake).",
    ),
    Slip(
        f"    opt_d.step()\n    loss_g = {G_LOSS}\n",
        f"    loss_g = {G_LOSS}\n    opt_d.step()\n",
        "G's loss was computed before opt_d.step() changed the weights it needs. Call D(fake) anew "
        "for G's step, after opt_d.step().",
    ),
)

REFUSED = steps.REFUSED | {
    "backward through the graph a second time": TIED,
    "does not require grad": "a loss carries no gradient at all. G's step must call D on G's own "
    "output, neither detached nor made under torch.no_grad().",
    "modified by an inplace operation": "a loss was computed before the other player's step "
    "changed the weights it needs. Call D(fake) anew for G's step, after opt_d.step().",
}

# -- what is seen of a step ------------------------------------------------------------------

SIZES = 32, 24, 1  # samples of a batch; the first size is looked at closely
FAR = -100.0, -30.0, 30.0, 100.0
MANY = 250  # noise vectors whose distribution is looked at


def observe(answer: Callable, seed: int) -> Sight:
    """Return what is seen of a step: two calls, other sizes, logits far out, the noise."""
    sight, counts, report = Sight(), [], None
    first, second, _ = SIZES
    for n in SIZES:
        players = steps.spread_players()
        calls = ["", "in the second call, with the same players"]
        for where in calls if n == first else [f"with a batch of {n}, after one of {first}"]:
            before = report
            report = sight.run(where, answer, players, steps.some_real(n), steps.LATENT)
            if report is None:
                return sight
            if frozen := steps.frozen(*players[:2]):
                sight.facts["left frozen"] = frozen
                break
        counts.append(float(_fakes(report)))
        if n == first:
            sight.facts |= _closely(report, players, sight)
            if abs(sight.facts.get("D's old gradients", 0.0)) > 0.01:
                left = Felt.left(before, report, "D", dict(zip("GD", players, strict=False)))
                whose = "of both losses" if left.toward("r", old=True) else "of G's loss"
                sight.facts["D's old gradients are"] = whose
            if not {"D", "G"} <= {update.owner for update in report.updates}:
                return sight
        elif n == second:
            of_d = Felt(report, _first(report, "D"), dict(zip("GD", players, strict=False)))
            for kind, name in (("r", "D on real"), ("f", "D on fakes")):
                due = sight.facts[name], sight.facts[f"{name}, shape"]
                times = of_d.times(kind, CROSS_ENTROPY, *due)
                sight.facts[f"{name}, with {n} samples for {first}"] = times
    sight.facts["fakes that D learns from"] = counts
    if not frozen:
        _far_out(answer, sight)
        _noise(answer, sight)
    return sight


def _first(report: steps.Report, owner: str) -> int:
    return next(i for i, update in enumerate(report.updates) if update.owner == owner)


def _fakes(report: steps.Report) -> int:
    """Return from how many different fakes D learned."""
    update = report.update_of("D")
    looks = [] if update is None else update.looks + update.unused
    rows = [look.x[torch.tensor([k == "f" for k in look.kinds])] for look in looks]
    return len(torch.cat(rows).unique(dim=0)) if rows else 0


def _closely(report: steps.Report, players: tuple, sight: Sight) -> dict[str, Fact]:
    """Return what each player found in its gradients, and what happened beside the steps."""
    nets = dict(zip("GD", players, strict=False))
    owners = [update.owner for update in report.updates]
    sight.words |= {"owners": owners, "n": SIZES[0]}
    facts: dict[str, Fact] = {"steps": " ".join(sorted(owners))}
    facts["moved otherwise"] = moved_otherwise(report, *players[2:])
    for owner in sorted(set(owners)):
        felt = Felt(report, _first(report, owner), nets)
        sight.words[owner] = felt
        for kind, name in {"D": {"r": "real", "f": "fakes"}, "G": {"f": "fakes"}}[owner].items():
            for old in (False, True):
                numbers, shape = felt.told(kind, CROSS_ENTROPY, old=old)
                what = f"{owner} on {name}" + (", from an earlier turn" if old else "")
                facts |= {what: numbers, f"{what}, shape": shape}
            facts[f"{owner} on {name}, asked"] = felt.asked(report, kind)
        facts |= {f"{owner}'s old gradients": felt.junk, f"{owner}'s rest": felt.rest}
        sight.words[f"{owner} is scaled"] = felt.scaled
        facts[f"{owner}'s loss is lost"] = felt.lost(report)
    if "G" in owners:
        share = beside_d(report, _first(report, "G"), nets["D"])
        if share > 0.01:
            facts["G's pull beside D"] = share
    facts["D sees something else"] = sight.words["D"].toward("?") if "D" in owners else ""
    of_d = [look for update in report.updates if update.owner == "D" for look in update.looks]
    sight.words["wasteful"] = any(look.carries and (look.of("f") > 0).any() for look in of_d)
    return facts


def _far_out(answer: Callable, sight: Sight) -> None:
    """Note where, far from 0, a loss does not pull as it does near 0."""
    names = "D on real", "D on fakes", "G on fakes"
    lost: dict[str, list[str]] = {name: [] for name in names}
    for logit in FAR:
        players = steps.small_players(offset=logit, scale=1e-3)
        real, where = steps.some_real(SIZES[0]), f"at logits of {logit:+.0f}"
        report = sight.run(where, answer, players, real, steps.LATENT)
        if report is None:
            return
        nets = dict(zip("GD", players, strict=False))
        felt = {owner: Felt(report, _first(report, owner), nets) for owner in "DG"}
        for name in names:
            blind = name[0] == "G" and any(f"{logit:+.0f}" in lost[other] for other in names[:2])
            if sight.facts[f"{name}, shape"] or blind:
                continue
            slopes = (float(slope(torch.tensor(logit))) for slope in CROSS_ENTROPY.values())
            due = sum(x * slope for x, slope in zip(sight.facts[name], slopes, strict=True))
            kind = "r" if name == "D on real" else "f"
            there = sum(float(pull.sum()) for k, _, pull in felt[name[0]].own if k == kind)
            if not abs(there - due) <= 0.05 * max(1.0, abs(due)):
                lost[name].append(f"{logit:+.0f}")
    sight.facts |= {f"{name}, another pull far out": " ".join(x) for name, x in lost.items()}


def _noise(answer: Callable, sight: Sight) -> None:
    """Note what is wrong with the noise of two calls, if anything is."""
    players, calls = steps.spread_players(), []
    for _ in range(2):
        real = steps.some_real(MANY)
        report = sight.run(f"with a batch of {MANY}", answer, players, real, steps.LATENT)
        if report is None:
            return
        calls.append(report.noise)
    sight.facts["noise"] = steps.noise_is(*calls)


# -- what is different -----------------------------------------------------------------------


def _sum(numbers: list[float], who: str) -> str:
    """Say of what a loss on some rows is a sum: numbers of −ln D and −ln(1 − D)."""
    names = zip(numbers, (f"−ln D({who})", f"−ln(1 − D({who}))"), strict=True)
    terms = [f"{x:.2f} times {name}" for x, name in names if abs(x) > 0.005]
    return " and ".join(terms) or "nothing"


def reads(sight: Sight, right: Mapping[str, Fact]) -> Iterator[str]:
    """Yield what is different, the most telling first."""
    facts, owners = sight.facts, sight.words.get("owners", [])
    if not owners:
        yield "neither player moves: no optimizer's step() is called."
    for owner, name in (("D", "opt_d"), ("G", "opt_g")):
        if owner not in owners:
            yield f"{owner} is never updated: {name}.step() is missing."
        if owners.count(owner) > 1:
            times = owners.count(owner)
            yield f"{name}.step() runs {times} times: each player steps once per call."
    if frozen := facts.get("left frozen"):
        yield (
            f"{frozen} stays frozen when your step ends, and the second call cannot train it: "
            f"{frozen}.requires_grad_(True) at the end."
        )
    if moved := facts["moved otherwise"]:
        yield (
            f"the weights of {moved} change otherwise than by a step of its own optimizer: one "
            "optimizer, one player, and nothing else moves weights."
        )
    yield from _of_d(sight)
    yield from _of_g(sight)
    for n, fakes in zip(SIZES, facts["fakes that D learns from"], strict=True):
        if n == fakes:
            continue
        yield (
            f"D saw {n} real and {fakes:.0f} fake samples. Draw as many fakes as real samples "
            "came, len(real): the last batch of a data set may be smaller."
        )
    for name, which in (("D on real", "real samples"), ("D on fakes", "fakes")):
        times = facts.get(f"{name}, with {SIZES[1]} samples for {SIZES[0]}", 1.0)
        if abs(times - 1) > 0.01:
            yield (
                f"D's loss on {which} is right with {SIZES[0]} samples and {times:.2f} times as "
                f"large with {SIZES[1]}: divide by len(real), which may change, or take the mean."
            )
    for name in ("D on real", "D on fakes", "G on fakes"):
        if far := facts.get(f"{name}, another pull far out"):
            which = {"D on real": " on real samples", "D on fakes": " on fakes"}.get(name, "")
            yield (
                f"{name[0]}'s loss{which} pulls otherwise than near 0 at logits of {far}: a "
                "probability is rounded on the way. Write the loss with softplus on logits."
            )
    if noise := facts.get("noise"):
        yield str(noise)


def _of_d(sight: Sight) -> Iterator[str]:
    facts, d = sight.facts, sight.words["D"]
    lost, real, fake = facts["D's loss is lost"], facts["D on real"], facts["D on fakes"]
    if lost == "erased":
        yield ERASED.format("d", "d")
    if lost == "no graph":
        yield (
            "D's loss has no graph: it was made under torch.no_grad(), or from what was detached. "
            "Nothing reaches D's weights."
        )
    if lost == "no slope":
        yield "D's loss has no slope at any sample: is what D says cut off before the loss?"
    if lost:
        yield "opt_d steps, and no backward() has filled D's gradients since the last step."
    if facts["D's rest"]:
        yield (
            "D's gradient is no sum of its loss on real and on fake samples: something else is in "
            "it, or it was changed after backward(). Leave it as backward() made it."
        )
    early = d.toward("f", old=True) or d.toward("r", old=True)
    if early:
        yield (
            "D's gradient still holds what an earlier backward() of this call left there. Call "
            "opt_d.zero_grad() right before D's backward()."
        )
    if facts.get("D's old gradients are") == "of G's loss":
        yield LATE
    if abs(facts["D's old gradients"]) > 0.01:
        yield PILED.format("D", "d", "d")
    if facts["D sees something else"]:
        yield "D sees something that is neither the real batch nor what G made of noise."
    if not d.toward("r"):
        if d.toward("f") == "raised":
            yield (
                "opt_d steps on G's loss: it raises D(fake), so D helps G. Each optimizer belongs "
                "to its own loss."
            )
        if facts["D on real, asked"] == "yes":
            yield "D's own loss has no part for real samples that reaches its weights."
        yield "D never sees a real sample: nothing teaches it what real looks like."
    if not d.toward("f"):
        if d.toward("r") == "lowered":
            yield "D lowers D(real) and sees no fakes: the real term's sign is turned."
        if facts["D on fakes, asked"] == "yes":
            yield "D's own loss has no part for fakes that reaches its weights."
        yield "D sees only real samples: nothing teaches it what a fake looks like."
    if abs(fake[0] - 1) < 0.01 and abs(fake[1] - 1) < 0.01 and abs(real[0] - 1) < 0.01:
        yield (
            "both backward() come before the first step(): G's loss also filled D's gradients. Let "
            "D step before G's backward()."
        )
    both = d.toward("r"), d.toward("f")
    if both == ("lowered", "raised"):
        yield "the roles are turned round: D lowers D(real) and raises D(fake)."
    if both == ("raised", "raised"):
        yield (
            "D is told that the fakes are real too (label 1 for both): it raises D(fake) in its "
            "own step, and will say real to everything."
        )
    if both == ("lowered", "lowered"):
        yield "D lowers D(real) as well as D(fake): the sign of the real term is turned."
    for name, who, place in (("real", "real", 0), ("fakes", "fake", 1)):
        yield from _of_a_loss(sight, "D", name, who, place)


def _of_g(sight: Sight) -> Iterator[str]:
    facts, g = sight.facts, sight.words["G"]
    lost, own, old = (
        facts[x] for x in ("G's loss is lost", "G on fakes", "G on fakes, from an earlier turn")
    )
    if lost == "erased":
        yield ERASED.format("g", "g")
    if lost == "cut":
        yield CUT
    if lost == "no graph":
        yield "G's loss has no graph: it was made under torch.no_grad(), or from what was detached."
    if lost == "no slope":
        yield "G's loss has no slope at any fake: is what D says cut off before the loss?"
    if lost and old[0] > 0.01:
        yield (
            "G's backward() comes before opt_d.step(), and opt_g.step() after it: G follows what "
            "D said before it moved. Let one player finish its turn before the other begins."
        )
    if lost:
        yield "no gradient reaches G: its loss must be computed from D(fake)."
    if facts["G's rest"]:
        yield (
            "G's gradient is no sum of losses of D(fake): something else is in it, or it was "
            "changed after backward(). Leave it as backward() made it."
        )
    if share := facts.get("G's pull beside D"):
        yield (
            f"G follows more than what D says of its samples: {share:.0%} of the pull at them does "
            "not come through D. G's loss is softplus(-D(fake)).mean(), and no other term."
        )
    theirs = old[1] if g.toward("f", old=True) else own[1] if own[0] > 0.01 else 0.0
    if theirs > 0.01:
        yield (
            f"G is trained on D's loss as well: {own[0]:.2f} of its own loss and {theirs:.2f} of "
            "D's are in its gradient. Give D fake.detach(), or call opt_g.zero_grad() right before "
            "G's backward()."
        )
    if g.toward("f", old=True):
        yield (
            "G's gradient still holds what an earlier backward() of this call left there. Call "
            "opt_g.zero_grad() right before G's backward()."
        )
    if abs(facts["G's old gradients"]) > 0.01:
        yield PILED.format("G", "g", "g")
    if abs(own[0]) < 0.01 and own[1] < -0.01:
        yield (
            "where D is sure (logit -10) G's gradient is almost 0: this is the saturating loss, "
            "log(1 - D(fake)). Use the non-saturating one, -log D(fake)."
        )
    if g.toward("f") == "lowered":
        yield "G lowers D(fake): it works for D. The sign of G's loss is turned."
    yield from _of_a_loss(sight, "G", "fakes", "fake", 0)


def _of_a_loss(sight: Sight, owner: str, name: str, who: str, place: int) -> Iterator[str]:
    """Yield what is different about one loss: its shape, its factor, what else is in it."""
    facts, n = sight.facts, sight.words["n"]
    numbers, shape = facts[f"{owner} on {name}"], facts[f"{owner} on {name}, shape"]
    where = "real samples" if who == "real" else "fakes"
    whole = f"{owner}'s loss" + (f" on {where}" if owner == "D" else "")
    hint = f"−ln D({who})" if place == 0 else f"−ln(1 − D({who}))"
    right = f"It should be the mean of {hint}, softplus({'-' if place == 0 else ''}D({who}))."
    if "sigmoid twice" in shape:
        yield TWICE.format(whole)
    if "NaN" in shape:
        yield ROUNDED.format(whole)
    if "×" in shape:
        yield f"{whole} is another one: it pulls as {shape.split('× ')[1]} does. {right}"
    if shape:
        yield (
            f"{whole} is not the cross entropy of this lesson: it does not pull as softplus does. "
            + right
        )
    own, other = numbers[place], numbers[1 - place]
    if abs(own + other) < 0.01 < abs(own):
        yield WGAN.format(whole)
    if abs(own - n) < 0.01 * n and abs(other) < 0.01:
        yield f"{whole} adds up over the {n} samples of a batch. Take the mean."
    if abs(own - 1) > 0.01 or abs(other) > 0.01:
        yield f"{whole} is {_sum(numbers, who)}. {right}"


def remark(sight: Sight) -> str | None:
    """Return what may be said of a right step."""
    found = []
    if sight.words["wasteful"]:
        found.append(
            "One thing is wasteful: D's backward() also computes gradients for G. fake.detach() "
            "saves that work."
        )
    if min(sight.words["D is scaled"], sight.words["G is scaled"]) < 1:
        found.append(
            "You clip gradients before a step: nobody asked for it, and nothing forbids it."
        )
    if sight.words["owners"][0] == "G":
        found.append("Your G moves first: also a game in turns.")
    return " ".join(found) or None


RUNS = Path(__file__).with_name("mistakes.json")  # made by tools/play_mistakes.py


def what_runs_show() -> dict[str, str]:
    """Return for each slip, by its digest, how a short run on the ring ends with it."""
    kept = json.loads(RUNS.read_text(encoding="utf-8"))
    return {key: _shown(run, kept["steps"]) for key, run in kept["runs"].items()}


def _shown(run: Mapping[str, float | str], after: int) -> str:
    if "stops" in run:
        return f"it stops at step {run['stops']}"
    return (
        f"after {after:,} steps on the ring: {run['modes']} of 8 modes, {run['share']:.0%} of the "
        f"samples good, energy distance {run['distance']:.3f}"
    )


train_step = Step(
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
    asks="Check ``train_step(G, D, opt_g, opt_d, real, latent_dim)`` by spying on it: what D was "
    "told of real and fake samples, what lay in each player's gradients when it moved, the noise.",
    table=Table(
        RIGHT,
        SLIPS,
        also={
            HALF: "D's loss is halved, as many write it: with Adam next to nothing changes, with "
            "plain gradient descent D learns half as fast."
        },
    ),
    observe=observe,
    reads=reads,
    remark=remark,
    refused=REFUSED,
    shows=what_runs_show,
)
