"""A step through goggles: an exercise of lesson 13, Learn from little data."""

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor, nn

from gan_lessons.checks import steps
from gan_lessons.checks.grader import Slip, Table
from gan_lessons.checks.grader_steps import Fact, Felt, Sight, Step, moved_otherwise

RIGHT = """
def augmented_step(G, D, opt_g, opt_d, real, latent_dim, T):
    fake = G(torch.randn(len(real), latent_dim))
    loss_d = F.softplus(-D(T(real))).mean() + F.softplus(D(T(fake.detach()))).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    loss_g = F.softplus(-D(T(fake))).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
"""

NEVER = "T is never used: D sees every image as it is."
TWICE = "some images go through T twice: once, on their way into D."
BOTH = "D sees images both with T and without it in its step: only T of them."
LEAK = (
    "T on real only: this leaks. D then knows real images as changed ones, and G learns to draw "
    "them changed. T belongs on the fakes too."
)
ON_FAKE = "T on fake only: D tells them apart by T alone. T belongs on real images too."
NOT_G = (
    "G's step is without T: D there sees plain images, a kind it never learned from. It needs "
    "D(T(fake))."
)
ONLY_G = "D's step is without T: real and fake need it there, not in G's step only."
BLIND = (
    "no gradient reaches G in its own step: T(fake) is made under torch.no_grad() or from "
    "fake.detach(). G learns through T."
)
NO_GRADIENT = (
    "a loss carries no gradient at all: neither D's logits in its own turn nor D(T(fake)) in G's "
    "may be detached or come from torch.no_grad()."
)
OTHER = "T is given something else than images: it stands between them and D."
SIGN = "D should raise D(T(real)) and lower D(T(fake)): a sign is turned."
PILED = "old gradients pile up in {}: call opt_{}.zero_grad() before backward()."
ERASED = (
    "opt_{}.zero_grad() between backward() and step() erased the gradients that opt_{}.step() "
    "needs. The order is zero_grad, backward, step."
)
THEIRS = (
    "G's gradient holds a part that is not of its own loss: D's step runs into G as well. Give it "
    "fake.detach(), and call opt_g.zero_grad() before G's backward()."
)
SCALAR = "a loss must be one number: take the mean over the batch."
D_REAL, D_FAKE = "F.softplus(-D(T(real))).mean()", "F.softplus(D(T(fake.detach()))).mean()"
G_TURN = "F.softplus(-D(T(fake))).mean()\n    opt_g.zero_grad()"

SLIPS = (
    Slip(
        f"{D_REAL} + {D_FAKE}\n    opt_d.zero_grad()\n    loss_d.backward()\n    opt_d.step()\n"
        "    loss_g = F.softplus(-D(T(fake)))",
        "F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()\n"
        "    opt_d.zero_grad()\n    loss_d.backward()\n    opt_d.step()\n"
        "    loss_g = F.softplus(-D(fake))",
        NEVER,
    ),
    Slip(
        "D(T(fake.detach()))).mean()\n    opt_d.zero_grad()\n    loss_d.backward()\n"
        "    opt_d.step()\n    loss_g = F.softplus(-D(T(fake)))",
        "D(fake.detach())).mean()\n    opt_d.zero_grad()\n    loss_d.backward()\n"
        "    opt_d.step()\n    loss_g = F.softplus(-D(fake))",
        LEAK,
    ),
    Slip("T(fake.detach())", "fake.detach()", LEAK),
    Slip("D(T(real))", "D(real)", ON_FAKE),
    Slip("D(T(fake))", "D(fake)", NOT_G),
    Slip(
        f"{D_REAL} + {D_FAKE}",
        "F.softplus(-D(real)).mean() + F.softplus(D(fake.detach())).mean()",
        ONLY_G,
    ),
    Slip("D(T(fake))", "D(T(fake.detach()))", BLIND),
    Slip("D(T(fake))", "D(T(T(fake)))", TWICE),
    Slip("D(T(real))", "D(T(T(real)))", TWICE),
    Slip("D(T(real))", "D(torch.cat([real, T(real)]))", BOTH),
    Slip("torch.randn(len(real), latent_dim)", "T(torch.randn(len(real), latent_dim))", OTHER),
    Slip("D(T(real))", "T(D(real))", OTHER),
    Slip(f"{D_REAL} + ", "", "D never sees a real image in its step: its loss has no such part."),
    Slip(f" + {D_FAKE}", "", "D never sees a fake image in its step: its loss has no such part."),
    Slip("softplus(-D(T(real)))", "softplus(D(T(real)))", SIGN),
    Slip("softplus(D(T(fake.detach())))", "softplus(-D(T(fake.detach())))", SIGN),
    Slip(
        "softplus(-D(T(fake)))",
        "softplus(D(T(fake)))",
        "G lowers D(T(fake)): its loss is softplus(-D(T(fake))).mean().",
    ),
    Slip(
        "fake.detach()",
        "fake",
        "G's graph is used twice: D's backward() walks through G as well. D's step takes "
        "fake.detach().",
    ),
    Slip(
        f"{D_FAKE}\n    opt_d.zero_grad()\n    loss_d.backward()\n    opt_d.step()\n    loss_g = "
        + G_TURN,
        "F.softplus(D(T(fake))).mean()\n    opt_d.zero_grad()\n    opt_g.zero_grad()\n"
        "    loss_d.backward()\n    opt_d.step()\n"
        "    loss_g = F.softplus(-D(T(G(torch.randn(len(real), latent_dim))))).mean()",
        THEIRS,
    ),
    Slip("    opt_d.zero_grad()\n", "", PILED.format("D", "d")),
    Slip("    opt_g.zero_grad()\n", "", PILED.format("G", "g")),
    Slip(
        "opt_d.zero_grad()\n    loss_d.backward()",
        "loss_d.backward()\n    opt_d.zero_grad()",
        ERASED.format("d", "d"),
    ),
    Slip(
        "opt_g.zero_grad()\n    loss_g.backward()",
        "loss_g.backward()\n    opt_g.zero_grad()",
        ERASED.format("g", "g"),
    ),
    Slip("    opt_d.step()\n", "", "D is never updated: opt_d.step() is missing."),
    Slip("    opt_g.step()\n", "", "G is never updated: opt_g.step() is missing."),
    Slip(
        "opt_g, opt_d, real",
        "opt_d, opt_g, real",
        "the optimizers are exchanged: opt_d belongs to D's loss, opt_g to G's.",
    ),
    Slip(
        f"{D_REAL} + {D_FAKE}",
        "F.softplus(-D(T(real))) + F.softplus(D(T(fake.detach())))",
        SCALAR,
    ),
    Slip("F.softplus(-D(T(fake))).mean()", "F.softplus(-D(T(fake)))", SCALAR),
    Slip(
        "F.softplus(-D(T(fake)))",
        "F.softplus(-D(T(fake)).detach())",
        NO_GRADIENT,
    ),
)  # fmt: skip

# -- what is seen of a step ------------------------------------------------------------------

SAMPLES = 16


def _goggles(x: object) -> Tensor:
    """T for the spies: moves points a little, by other numbers at each call."""
    if not isinstance(x, Tensor) or x.ndim != 2 or x.shape[1] != 2:
        raise RuntimeError(OTHER)
    return x + 0.5 + torch.rand_like(x) / 2


def observe(answer: Callable, seed: int) -> Sight:
    """Return what is seen of two calls, and of one with a smaller batch."""
    sight = Sight()
    for n in (SAMPLES, 5):
        players = steps.spread_players()
        nets: Mapping[str, nn.Module] = dict(zip("GD", players, strict=False))
        for turn in range(2 if n == SAMPLES else 1):
            where = "in the second call, with the same players" if turn else ""
            if n != SAMPLES:
                where = f"with a batch of {n}, after one of {SAMPLES}"
            real = steps.some_real(n)
            report = sight.run(where, answer, players, real, steps.LATENT, T=_goggles)
            if report is None:
                return sight
            if frozen := steps.frozen(*players[:2]):
                sight.facts["left frozen"] = frozen
                break
        owners = [update.owner for update in report.updates]
        sight.facts[f"steps, {n} samples"] = " ".join(sorted(owners))
        for owner in dict.fromkeys(owners):
            felt = Felt(report, owners.index(owner), nets)
            facts = _of(felt, report)
            sight.facts |= {f"{owner}: {name}, {n} samples": x for name, x in facts.items()}
        sight.facts["T is used"] = "yes" if report.augmented else "no"
        sight.facts["moved otherwise"] = moved_otherwise(report, *players[2:])
        of_d = [look for update in report.updates if update.owner == "D" for look in update.looks]
        sight.words["wasteful"] = any(
            look.carries and bool((look.of("F") > 0).any()) for look in of_d
        )
    return sight


def _of(felt: Felt, report: steps.Report) -> dict[str, Fact]:
    """Return in which direction a player's gradient moves each kind of row."""
    kinds = {"R": "T(real)", "F": "T(fake)", "r": "real", "f": "fake", "2": "T(T)", "?": "other"}
    facts: dict[str, Fact] = {name: felt.toward(kind) for kind, name in kinds.items()}
    old = {felt.toward(kind, old=True) for kind in kinds} - {""}
    facts |= {"from an earlier turn": ", ".join(sorted(old)), "rest": felt.rest}
    return facts | {"old gradients": felt.junk, "lost": felt.lost(report)}


# -- what is different -----------------------------------------------------------------------


def reads(sight: Sight, right: Mapping[str, Fact]) -> Iterator[str]:
    """Yield what is different, the most telling first."""
    facts = sight.facts
    if frozen := facts.get("left frozen"):
        yield (
            f"{frozen} stays frozen when your step ends, and the next call cannot train it: "
            f"{frozen}.requires_grad_(True) at the end."
        )
    for n in (SAMPLES, 5):
        owners = str(facts[f"steps, {n} samples"]).split()
        for owner in "DG":
            if owner not in owners:
                yield f"{owner} is never updated: opt_{owner.lower()}.step() is missing."
            if owners.count(owner) > 1:
                yield f"{owner} is updated {owners.count(owner)} times in one step."
        if facts["T is used"] == "no":
            yield NEVER
        parts = (
            {
                name.split(": ")[1].removesuffix(f", {n} samples"): fact
                for name, fact in facts.items()
                if name.startswith(f"{owner}: ") and name.endswith(f", {n} samples")
            }
            for owner in "DG"
        )
        yield from _reads_one(*parts)
    if who := facts["moved otherwise"]:
        yield f"the weights of {who} change otherwise than by a step of its own optimizer."


def _reads_one(d: Mapping[str, Fact], g: Mapping[str, Fact]) -> Iterator[str]:
    """Yield what is different in D's and in G's step."""
    for of, who in ((d, "d"), (g, "g")):
        if of["lost"] == "erased":
            yield ERASED.format(who, who)
    if d["T(T)"] or g["T(T)"]:
        yield TWICE
    if d["other"] or g["other"]:
        yield "D sees something that is neither the real batch nor G's images nor T of them."
    if not (d["T(real)"] or d["real"]):
        yield "D never sees a real image in its step."
    if not (d["T(fake)"] or d["fake"]):
        yield "D never sees a fake image in its step."
    if (d["T(real)"] and d["real"]) or (d["T(fake)"] and d["fake"]):
        yield BOTH
    if d["T(real)"] and d["fake"]:
        yield LEAK
    if d["real"] and d["T(fake)"]:
        yield ON_FAKE
    if g["lost"] in ("cut", "no graph"):
        yield BLIND
    if g["from an earlier turn"]:
        yield THEIRS
    if g["lost"]:
        yield "G's step shows no fake image to D, or no gradient reaches D's answer."
    if d["real"]:
        yield ONLY_G
    if g["fake"]:
        yield NOT_G
    if d["T(real)"] != "raised" or d["T(fake)"] != "lowered":
        yield SIGN
    if g["T(fake)"] != "raised":
        yield "G lowers D(T(fake)): its loss is softplus(-D(T(fake))).mean()."
    for of, who in ((d, "D"), (g, "G")):
        if abs(of["old gradients"]) > 0.01:
            yield PILED.format(who, who.lower())
        if of["from an earlier turn"]:
            yield (
                f"{who}'s gradient still holds what an earlier backward() of this call left there: "
                f"opt_{who.lower()}.zero_grad() comes right before its backward()."
            )
        if of["rest"]:
            yield (
                f"{who}'s gradient is no sum of its loss on T of images: something else is in it, "
                "or it was changed after backward()."
            )


def remark(sight: Sight) -> str | None:
    """Return what may be said of a right step."""
    if sight.words["wasteful"]:
        return (
            "One thing is wasteful: D's backward() also computes gradients for G; fake.detach() "
            "saves that work."
        )
    return None


augmented_step = Step(
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
    asks="Check ``augmented_step(G, D, opt_g, opt_d, real, latent_dim, T)`` by what D sees when, "
    "and in which direction it is moved. Both players may see the same draw of T's fakes or two.",
    table=Table(RIGHT, SLIPS),
    observe=observe,
    reads=reads,
    remark=remark,
    refused=steps.REFUSED
    | {
        OTHER: OTHER,
        "backward through the graph a second time": "G's graph is used twice. D's step takes "
        "fake.detach().",
        "modified by an inplace operation": "G's step goes back through logits that D gave before "
        "its update. Call D again, on T(fake).",
        "does not require grad": NO_GRADIENT,
    },
)
