"""The critic moves more often: an exercise of lesson 11, Tame the critic."""

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor, nn

from gan_lessons.checks import steps
from gan_lessons.checks.grader import Slip, Table
from gan_lessons.checks.grader_steps import (
    WASSERSTEIN,
    Fact,
    Felt,
    Sight,
    Step,
    beside_d,
    moved_otherwise,
)

RIGHT = """
def wasserstein_step(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty):
    for _ in range(n_critic):
        real = next(batches)
        fake = G(torch.randn(len(real), latent_dim)).detach()
        loss_d = D(fake).mean() - D(real).mean() + penalty(D, real, fake)
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
    loss_g = -D(G(torch.randn(len(real), latent_dim))).mean()
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
"""

LOSS = "D(fake).mean() - D(real).mean()"
G_LOSS = "-D(G(torch.randn(len(real), latent_dim))).mean()"
FAKE = "G(torch.randn(len(real), latent_dim)).detach()"
G_TURN = f"""    loss_g = {G_LOSS}
    opt_g.zero_grad()
    loss_g.backward()
    opt_g.step()
"""
LOST = "D should raise D(real) and lower D(fake), all of them: D(fake).mean() - D(real).mean()."
STALE = (
    "one stale {} batch: all steps of D see the same {}. {} inside the loop, anew for each step."
)
PILED = "old gradients pile up in {}: call opt_{}.zero_grad() before every backward() of its loss."
CUT = (
    "no gradient reaches G in its own step: call D on G's output, neither detached nor made under "
    "torch.no_grad()."
)
NEVER = (
    "penalty is never called: nothing holds the critic's slope, and its loss will run off. Add "
    "penalty(D, real, fake) to D's loss."
)
NOT_ADDED = (
    "the penalty is computed but never added to D's loss: nothing holds the critic's slope. Look "
    "at the sum that you call backward() on."
)
TWICE = "a graph is used twice. Every update of D needs fakes of its own, detached from G."
NOT_G = "G's loss is not -D(fake).mean(): it pulls every sample alike, with -1 in all."
ERASED = (
    "opt_{}.zero_grad() between backward() and step() erased the gradients that opt_{}.step() "
    "needs. The order is zero_grad, backward, step."
)

SLIPS = (
    Slip(
        "    for _ in range(n_critic):\n        real = next(batches)\n",
        "    real = next(batches)\n    for _ in range(n_critic):\n",
        STALE.format("real", "real samples", "Call next(batches)"),
    ),
    Slip(
        f"        fake = {FAKE}\n        loss_d",
        f"        fake = {FAKE} if _ == 0 else fake[: len(real)]\n        loss_d",
        STALE.format("fake", "fakes", "Draw new noise"),
    ),
    Slip(
        "next(batches)",
        "(next(batches), next(batches))[1]",
        "batches are skipped: D takes one from the stream for each of its steps.",
    ),
    Slip(
        G_TURN,
        "".join(f"    {line}\n" for line in G_TURN.splitlines()),
        "G moves n_critic times too: its step stands inside the loop. D makes n_critic steps, then "
        "G makes one.",
    ),
    Slip("range(n_critic)", "range(1)", "n_critic is not used: D makes 1 step, whatever you say."),
    Slip("range(n_critic)", "range(5)", "n_critic is not used: D makes 5 steps, whatever you say."),
    Slip(
        "range(n_critic)", "range(n_critic + 1)", "D makes one step too many: range(n_critic) has "
        "n_critic turns.",
    ),
    Slip(
        "range(n_critic)", "range(1, n_critic)", "D makes one step too few: range(n_critic) has "
        "n_critic turns, from 0 on.",
    ),
    Slip("        opt_d.step()\n", "", "D is never updated: opt_d.step() is missing."),
    Slip("    opt_g.step()\n", "", "G is never updated: opt_g.step() is missing."),
    Slip(
        "opt_g, opt_d, batches",
        "opt_d, opt_g, batches",
        "the optimizers are exchanged: opt_d belongs to D's loss, opt_g to G's.",
    ),
    Slip(
        "D(fake).mean() - D(real).mean() +",
        "D(fake).mean() +",
        "D never sees a real sample in its steps: its loss wants - D(real).mean() as well.",
    ),
    Slip(
        "D(fake).mean() - D(real).mean() +",
        "-D(real).mean() +",
        "D never sees a fake sample in its steps: its loss wants D(fake).mean() as well.",
    ),
    Slip(
        LOSS,
        "D(real).mean() - D(fake).mean()",
        "the sign is turned: D's loss is D(fake).mean() - D(real).mean().",
    ),
    Slip(LOSS, "D(fake).mean() + D(real).mean()", LOST),
    Slip(
        LOSS,
        "F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()",
        "D's loss is not the mean difference: a critic has no sigmoid, no softplus and no "
        "logarithm, only D(fake).mean() - D(real).mean().",
    ),
    Slip(
        LOSS,
        "F.relu(1 - D(real)).mean() + F.relu(1 + D(fake)).mean()",
        f"{LOST} With a hinge some samples pull at nothing.",
    ),
    Slip(
        LOSS,
        "D(fake).sum() - D(real).sum()",
        "D's loss adds up over the batch: take the mean.",
    ),
    Slip(LOSS, "D(fake) - D(real)", "a loss must be one number: take the mean over the batch."),
    Slip(" + penalty(D, real, fake)", "", NEVER),
    Slip(
        " + penalty(D, real, fake)", "\n        penalty(D, real, fake)", NOT_ADDED
    ),
    Slip("penalty(D, real, fake)\n", "penalty(D, real, fake).item()\n", NOT_ADDED),
    Slip(
        "+ penalty",
        "- penalty",
        "the penalty counts -1 times: it is subtracted. Add it to D's loss as it is.",
    ),
    Slip(
        "+ penalty",
        "+ 10 * penalty",
        "the penalty counts +10 times: its weight is inside already. Add it to D's loss as it is.",
    ),
    Slip(
        "(D, real, fake)",
        "(D, fake, real)",
        "penalty(D, real, fake) gets real and fake exchanged. This one would not notice, others "
        "do.",
    ),
    Slip(
        "penalty(D, real, fake)",
        "penalty(D, real, torch.randn_like(fake))",
        "penalty(D, real, fake) gets fakes that G did not make in this step.",
    ),
    Slip(
        "(D, real, fake)",
        "(D, D(real), D(fake))",
        "penalty(D, real, fake) takes samples, not what D says of them.",
    ),
    Slip("(D, real, fake)", "(real, fake)", "the penalty is called as penalty(D, real, fake)."),
    Slip(
        "latent_dim))).mean()",
        "latent_dim))).mean() + penalty(D, real, fake)",
        "the penalty is D's alone: G's loss has none.",
    ),
    Slip(G_LOSS, "-D(fake).mean()", CUT),
    Slip(
        "loss_g = -D(G",
        "loss_g = D(G",
        "G lowers D(fake): its loss is -D(fake).mean().",
    ),
    Slip(G_LOSS, f"F.softplus({G_LOSS.removesuffix('.mean()')}).mean()", NOT_G),
    Slip("        opt_d.zero_grad()\n", "", PILED.format("D", "d")),
    Slip(
        "    for _ in range(n_critic):\n        real = next(batches)\n"
        f"        fake = {FAKE}\n        loss_d = {LOSS} + penalty(D, real, fake)\n"
        "        opt_d.zero_grad()\n",
        "    opt_d.zero_grad()\n    for _ in range(n_critic):\n        real = next(batches)\n"
        f"        fake = {FAKE}\n        loss_d = {LOSS} + penalty(D, real, fake)\n",
        "old gradients pile up in D: opt_d.zero_grad() stands before the loop and runs once. Call "
        "it inside, before every backward().",
    ),
    Slip("    opt_g.zero_grad()\n", "", PILED.format("G", "g")),
    Slip(
        "opt_d.zero_grad()\n        loss_d.backward()",
        "loss_d.backward()\n        opt_d.zero_grad()",
        ERASED.format("d", "d"),
    ),
    Slip(
        "opt_g.zero_grad()\n    loss_g.backward()",
        "loss_g.backward()\n    opt_g.zero_grad()",
        ERASED.format("g", "g"),
    ),
    Slip(
        "        opt_d.step()\n",
        "        opt_d.step()\n        with torch.no_grad():\n            "
        "[weight.clamp_(-0.01, 0.01) for weight in D.parameters()]\n",
        "D's weights change outside of opt_d.step(): no clipping here, the penalty leashes D.",
    ),
    Slip(
        "    loss_g = ",
        "    D.requires_grad_(False)\n    loss_g = ",
        "D stays frozen when your step ends, and the next call cannot train it. After G's "
        "backward(): D.requires_grad_(True).",
    ),
    Slip(
        FAKE,
        "G(torch.rand(len(real), latent_dim)).detach()",
        "z is never below 0 in D's steps: draw it with torch.randn. torch.rand is uniform on 0 to "
        "1.",
    ),
    Slip(
        FAKE,
        "G(torch.randn(64, latent_dim)).detach()",
        "there are always 64 fakes: draw as many as real samples came, len(real). It may change.",
    ),
)  # fmt: skip

# -- what is seen of a step ------------------------------------------------------------------


class _Toll:
    """A penalty with a known slope by D's weights, which notes how it was called."""

    def __init__(self, D: nn.Module):
        self.D, self.slopes = D, [torch.randn_like(p) for p in D.parameters()]
        self.calls: list[tuple[Tensor, Tensor]] = []
        self.strange = ""

    def __call__(self, *args: object) -> Tensor:
        if [isinstance(arg, nn.Module) for arg in args] != [True, False, False]:
            self.strange = "the penalty is called as penalty(D, real, fake)."
        elif any(not isinstance(arg, Tensor) or arg.ndim != 2 for arg in args[1:]):
            self.strange = "penalty(D, real, fake) takes samples, not what D says of them."
        else:
            self.calls.append((args[1].detach(), args[2].detach()))
        pairs = zip(self.D.parameters(), self.slopes, strict=True)
        return sum((p * slope).sum() for p, slope in pairs)

    def slope(self) -> Tensor:
        """Return its gradient by D's weights, as one vector."""
        return torch.cat([slope.flatten() for slope in self.slopes]).double()


OVER = "the stream of batches is empty"
SMALLEST = 24  # samples of the first batch; each one more than the last


def observe(answer: Callable, seed: int) -> Sight:
    """Return what is seen of two calls with n_critic = 3, then of one with n_critic = 1."""
    sight = Sight()
    for n_critic in (3, 1):
        players = steps.spread_players()
        noise = []
        for turn in range(2 if n_critic == 3 else 1):
            sizes = range(SMALLEST + 40 * turn, SMALLEST + 40 * turn + 4 * n_critic + 6)
            batches, toll = [steps.some_real(n) for n in sizes], _Toll(players[1])
            report = _call(answer, sight, players, batches, n_critic, toll, turn)
            if report is None:
                return sight
            noise.append(report.noise)
            if frozen := steps.frozen(*players[:2]):
                sight.facts["left frozen"] = frozen
                break
        order = "".join(update.owner for update in report.updates)
        sight.facts[f"order, n_critic {n_critic}"] = order
        if n_critic == 3:
            if not {"D", "G"} <= set(order):
                return sight
            sight.facts |= _of_d(report, players, toll, sizes[0], sight) | _of_g(report, players)
            sight.facts["moved otherwise"] = moved_otherwise(report, *players[2:])
            if len(noise) == 2:
                sight.facts["noise"] = _noise(*noise)
    return sight


def _call(answer, sight, players, batches, n_critic, toll, turn) -> steps.Report | None:
    """Run one round on a stream of real batches."""

    def stream():
        yield from batches
        raise RuntimeError(OVER)

    def call(G, D, opt_g, opt_d, real, *more):
        return answer(G, D, opt_g, opt_d, stream(), *more)

    where = "in the second call, with the same players" if turn else ""
    if n_critic == 1:
        where = "with n_critic = 1"
    more = steps.LATENT, n_critic, toll
    return sight.run(where, answer, players, torch.cat(batches), *more, call=call)


def _noise(first: list[Tensor], second: list[Tensor]) -> str:
    """Return what is wrong with any noise, "" if nothing is."""
    if any(float(z.min()) >= 0 for z in first + second):
        return "z is never below 0: draw it with torch.randn. torch.rand is uniform on 0 to 1."
    return steps.noise_is(first, second)


def _of_d(report, players, toll: _Toll, start: int, sight: Sight) -> dict[str, Fact]:
    """Return what D saw and found in its gradients, step by step."""
    nets = dict(zip("GD", players, strict=False))
    numbers = [i for i, update in enumerate(report.updates) if update.owner == "D"]
    felt = [Felt(report, i, nets, {"penalty": toll.slope()}) for i in numbers]
    facts: dict[str, Fact] = {}
    for kind, name in (("r", "real"), ("f", "fakes"), ("?", "something else")):
        each = [one.told(kind, WASSERSTEIN) for one in felt]
        facts[f"D on {name}"] = [number for (number,), _ in each]
        facts[f"D on {name}, shape"] = ", ".join(sorted({shape for _, shape in each if shape}))
        asked = {one.asked(report, kind) for one in felt}
        facts[f"D on {name}, asked"] = "yes" if asked == {"yes"} else "no"
    facts["penalty"] = [one.extra["penalty"] for one in felt]
    facts["old gradients in D"] = [one.junk for one in felt]
    older = [one.toward(kind, old=True) for one in felt for kind in "rf"]
    facts["from earlier steps of D"] = "yes" if any(older) else ""
    facts["rest of D"] = ", ".join(sorted({one.rest for one in felt} - {""}))
    facts["D's loss is lost"] = ", ".join(sorted({one.lost(report) for one in felt} - {""}))
    real, fake = ([_rows(u.looks, kind) for u in (one.update for one in felt)] for kind in "rf")
    facts["start"] = float(start)
    facts["batches"] = [float(len(x) - start) if len(x) else -1.0 for x in real]
    sight.words["wasteful"] = any(
        look.carries and bool(look.of("f").any()) for one in felt for look in one.update.looks
    )
    facts["fakes"] = [float(len(x)) for x in fake]
    everything = torch.cat(fake)
    facts["fakes anew"] = "yes" if len(everything.unique(dim=0)) == len(everything) else "no"
    return facts | _of_the_penalty(report, toll, real, len(numbers), sight)


def _of_the_penalty(report, toll: _Toll, real: list[Tensor], count: int, sight: Sight):
    """Return how the penalty was called."""
    made = {tuple(row) for fake in report.fakes for row in fake.tolist()}
    given = toll.strange
    for (x, y), batch in zip(toll.calls, real, strict=False):
        if given:
            break
        if not len(batch) or (len(x) == len(batch) and len(y) == len(batch)):
            ours = {tuple(row) for row in (batch if len(batch) else x).tolist()}
            if {tuple(row) for row in y.tolist()} == {tuple(row) for row in x.tolist()}:
                given = "penalty(D, real, fake) gets one batch twice: it compares real and fake."
            elif {tuple(row) for row in y.tolist()} == ours and len(batch):
                given = (
                    "penalty(D, real, fake) gets real and fake exchanged. This one would not "
                    "notice, others do."
                )
            elif any(tuple(row) not in made for row in y.tolist()):
                given = "penalty(D, real, fake) gets fakes that G did not make in this step."
            elif {tuple(row) for row in x.tolist()} != ours:
                given = "penalty(D, real, fake) needs the batches that D sees in this very step."
        elif len(x) != len(batch):
            given = "penalty(D, real, fake) needs the batches that D sees in this very step."
    more = len(toll.calls) - count
    calls = "never" if not toll.calls else "too often" if more > 0 else "seldom" if more else "yes"
    return {"penalty is given": given, "penalty is called": "" if toll.strange else calls}


def _rows(looks: list[steps.Look], kind: str) -> Tensor:
    """Return the different rows of a kind that were looked at, (n, 2)."""
    rows = [look.x[torch.tensor([k == kind for k in look.kinds])] for look in looks]
    return torch.cat([torch.empty(0, 2), *rows]).unique(dim=0)


def _of_g(report, players) -> dict[str, Fact]:
    """Return what G found in its gradients."""
    nets = dict(zip("GD", players, strict=False))
    number = next(i for i, update in enumerate(report.updates) if update.owner == "G")
    g = Felt(report, number, nets)
    (own,), shape = g.told("f", WASSERSTEIN)
    facts: dict[str, Fact] = {"G on fakes": own, "G on fakes, shape": shape}
    facts |= {"old gradients in G": g.junk, "rest of G": g.rest}
    facts["D's losses in G"] = g.toward("f", old=True)
    facts["G's loss is lost"] = g.lost(report)
    share = beside_d(report, number, nets["D"])
    return facts | ({"G's pull beside D": share} if share > 0.01 else {})


# -- what is different -----------------------------------------------------------------------


def _order(order: str, n: int) -> Iterator[str]:
    """Yield what is wrong with the order in which the players moved, n_critic being n."""
    for player in "DG":
        if player not in order:
            yield f"{player} is never updated: opt_{player.lower()}.step() is missing."
    if n > 1 and order == "G" * n + "D":
        yield "the optimizers are exchanged: opt_d belongs to D's loss, opt_g to G's."
    if n > 1 and order == "DG" * n:
        yield (
            f"G moves {n} times too: its step stands inside the loop. D makes n_critic steps, then "
            "G makes one."
        )
    if n > 1 and order == "D" + "G" * n:
        yield "the loop is around G's step: it is D that makes n_critic steps."
    if order.count("G") > 1:
        yield f"G is updated {order.count('G')} times: once, after the loop."
    if order.count("D") != n:
        yield f"with n_critic = {n} D is updated {order.count('D')} times."
    if order[-1] != "G":
        yield "G moves before D is done: G's step comes after the loop."


def reads(sight: Sight, right: Mapping[str, Fact]) -> Iterator[str]:
    """Yield what is different, the most telling first."""
    facts = sight.facts
    if frozen := facts.get("left frozen"):
        yield (
            f"{frozen} stays frozen when your step ends, and the next call cannot train it: "
            f"{frozen}.requires_grad_(True) at the end."
        )
    for n in (3, 1):
        yield from _order(str(facts[f"order, n_critic {n}"]), n)
    if facts["moved otherwise"]:
        who = facts["moved otherwise"]
        yield (
            f"the weights of {who} change outside of its optimizer's step: no clipping here, the "
            "penalty leashes D."
        )
    if facts["penalty is given"]:
        yield str(facts["penalty is given"])
    yield from _reads_d(facts)
    yield from _reads_penalty(facts)
    yield from _reads_g(facts)
    if facts.get("noise"):
        yield str(facts["noise"])


def _reads_d(facts: Mapping[str, Fact]) -> Iterator[str]:
    real, fake = facts["D on real"], facts["D on fakes"]
    lost = str(facts["D's loss is lost"])
    if "erased" in lost:
        yield ERASED.format("d", "d")
    if "no slope" in lost:
        yield "D's loss has no slope at any sample: is what D says cut off before the loss?"
    if lost:
        yield "opt_d steps, and in one of its steps no backward() has filled D's gradients."
    if facts["D on something else, shape"] or any(facts["D on something else"]):
        yield "D sees something that is neither a real batch nor what G made of noise."
    for name in ("real", "fakes"):
        if not any(facts[f"D on {name}"]) and not facts[f"D on {name}, shape"]:
            kind = name.removesuffix("s")
            if facts[f"D on {name}, asked"] == "yes":
                yield f"{LOST} Your loss has no slope at its {kind} samples."
            yield f"D never sees a {kind} sample in its steps. {LOST}"
    batches = facts["batches"]
    if len(set(batches)) == 1:
        yield STALE.format("real", "real samples", "Call next(batches)")
    if batches != [float(i) for i in range(len(batches))]:
        yield "batches are skipped: D takes one from the stream for each of its steps."
    if facts["fakes anew"] == "no":
        yield STALE.format("fake", "fakes", "Draw new noise")
    if facts["fakes"] != [x + facts["start"] for x in batches]:
        yield (
            f"D saw {facts['fakes'][0]:.0f} fakes beside {batches[0] + facts['start']:.0f} real "
            "samples: draw as many fakes as real samples came, len(real), it may change."
        )
    if facts["from earlier steps of D"] or any(abs(x) > 0.01 for x in facts["old gradients in D"]):
        yield PILED.format("D", "d")
    if facts["rest of D"]:
        yield (
            "D's gradient is no sum of its loss and the penalty: something else is in it, or it "
            "was changed after backward()."
        )
    shapes = {facts["D on real, shape"], facts["D on fakes, shape"]} - {""}
    if shapes:
        yield (
            f"D's loss is not the mean difference, {LOSS}: it does not pull at all samples alike. "
            "A critic has no sigmoid, no softplus and no logarithm."
        )
    if all(x > 0 for x in real) and all(x < 0 for x in fake):
        yield f"the sign is turned: D's loss is {LOSS}."
    if any(x > 0 for x in real) or any(x < 0 for x in fake):
        yield LOST
    if any(abs(x + 1) > 0.01 for x in real) or any(abs(x - 1) > 0.01 for x in fake):
        yield (
            f"D's loss holds {real[0]:+.2f} times the mean of D(real) and {fake[0]:+.2f} times "
            f"that of D(fake): it is {LOSS}, with means."
        )


def _reads_penalty(facts: Mapping[str, Fact]) -> Iterator[str]:
    shares = facts["penalty"]
    if facts["penalty is called"] == "never":
        yield NEVER
    if not any(abs(x) > 0.01 for x in shares):
        yield NOT_ADDED
    if facts["penalty is called"] == "too often":
        yield "the penalty is called too often: it is D's alone, once for each of its steps."
    if any(abs(x) < 0.01 for x in shares):
        yield "only some of D's steps are penalized: add penalty(D, real, fake) in each."
    if any(abs(x - 1) > 0.01 for x in shares):
        yield f"the penalty counts {shares[0]:+.3g} times: add it to D's loss as it is."


def _reads_g(facts: Mapping[str, Fact]) -> Iterator[str]:
    lost, own = facts["G's loss is lost"], facts["G on fakes"]
    if lost == "erased":
        yield ERASED.format("g", "g")
    if lost:
        yield CUT
    if facts["rest of G"]:
        yield "G's gradient is no sum of losses of D(fake): it was changed after backward()."
    if share := facts.get("G's pull beside D"):
        yield (
            f"G follows more than what D says of its samples: {share:.0%} of the pull at them does "
            "not come through D. G's loss is -D(fake).mean(), and no other term."
        )
    if facts["D's losses in G"]:
        yield (
            "G is trained on D's losses as well: they ran into G, and nothing erased that. Give D "
            "fakes that are detached, or call opt_g.zero_grad() right before G's backward()."
        )
    if abs(facts["old gradients in G"]) > 0.01:
        yield PILED.format("G", "g")
    if own > 0.01:
        yield "G lowers D(fake): its loss is -D(fake).mean()."
    if facts["G on fakes, shape"] or abs(own + 1) > 0.01:
        yield NOT_G


def remark(sight: Sight) -> str | None:
    """Return what may be said of a right step."""
    if sight.words["wasteful"]:
        return (
            "One thing is wasteful: D's backward() also computes gradients for G; fake.detach() "
            "saves that work."
        )
    return None


wasserstein_step = Step(
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
    asks="Check ``wasserstein_step(G, D, opt_g, opt_d, batches, latent_dim, n_critic, penalty)``: "
    "who moved when, which batches D saw, what lay in the gradients. Each real batch has another "
    "size, and the penalty a slope that is known.",
    table=Table(RIGHT, SLIPS),
    observe=observe,
    reads=reads,
    remark=remark,
    refused=steps.REFUSED
    | {
        "backward through the graph a second time": TWICE,
        OVER: "you take more batches from the stream than D makes steps: one for each.",
    },
)
