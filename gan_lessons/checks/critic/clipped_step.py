"""One step of the first WGAN: an exercise of lesson 11, Tame the critic."""

from collections.abc import Callable, Iterator, Mapping

import torch
from torch import Tensor

from gan_lessons.checks import steps
from gan_lessons.checks.grader import Slip, Table
from gan_lessons.checks.grader_steps import WASSERSTEIN, Fact, Felt, Sight, Step

RIGHT = """
def clipped_step(D, opt_d, real, fake, limit):
    loss_d = D(fake).mean() - D(real).mean()
    opt_d.zero_grad()
    loss_d.backward()
    opt_d.step()
    with torch.no_grad():
        for weight in D.parameters():
            weight.clamp_(-limit, limit)
"""

WITHOUT_BIASES = RIGHT.replace(
    "            weight.clamp_(-limit, limit)",
    "            if weight.ndim > 1:\n                weight.clamp_(-limit, limit)",
)

LOSS = "D(fake).mean() - D(real).mean()"
CLIP = """    with torch.no_grad():
        for weight in D.parameters():
            weight.clamp_(-limit, limit)
"""
STEP = "    opt_d.step()\n"
BEFORE = (
    "you clip before opt_d.step(), and the step carries the weights out of the limits again. Clip "
    "last."
)
SCALED = (
    "the weights are scaled down together. Clipping cuts each weight for itself: what is beyond "
    "±limit ends at ±limit, the others stay."
)
PILED = "old gradients pile up in D: call opt_d.zero_grad() before backward()."
LEFT = (
    "the step is right, but weights beyond ±limit are left. clamp_ (with the underscore) changes a "
    "weight in place; clamp only returns a copy."
)
LIMITS = "weights {} are left: the limits are -limit and limit, clamp_(-limit, limit)."

SLIPS = (
    Slip(
        STEP + CLIP,
        "    nn.utils.clip_grad_norm_(D.parameters(), limit)\n" + STEP,
        "you clipped the gradient: its length is at most the limit when opt_d steps, and the "
        "weights go where they like. That calms a step; it is no WGAN. Clamp the weights.",
    ),
    Slip(
        STEP + CLIP,
        "    nn.utils.clip_grad_value_(D.parameters(), limit)\n" + STEP,
        "you clamped every number of the gradient. The weights go where they like: clamp the "
        "weights, after opt_d.step().",
    ),
    Slip(
        STEP,
        "    nn.utils.clip_grad_norm_(D.parameters(), limit)\n" + STEP,
        "you clip the gradient too. The weights' limit is the whole leash: leave the gradient as "
        "it is.",
    ),
    Slip(CLIP, "", LEFT),
    Slip("weight.clamp_", "weight.clamp", LEFT),
    Slip(STEP + CLIP, CLIP + STEP, BEFORE),
    Slip("    loss_d.backward()\n" + STEP + CLIP, CLIP + "    loss_d.backward()\n" + STEP, BEFORE),
    Slip("clamp_(-limit, limit)", "clamp_(max=limit)", LIMITS.format("below -limit")),
    Slip("clamp_(-limit, limit)", "clamp_(min=-limit)", LIMITS.format("above limit")),
    Slip(
        "clamp_(-limit, limit)",
        "clamp_(0, limit)",
        "weights below 0 are cut to 0: the limits are -limit and limit.",
    ),
    Slip(
        "(-limit, limit)",
        "(-0.01, 0.01)",
        "the weights end within ±0.01, not within the limit you were given: clamp_(-limit, limit).",
    ),
    Slip("clamp_(-limit, limit)", "mul_((limit / weight.abs().max()).clamp(max=1))", SCALED),
    Slip("clamp_(-limit, limit)", "mul_((limit / weight.norm()).clamp(max=1))", SCALED),
    Slip(
        "D.parameters():",
        "list(D.parameters())[2:]:",
        "some layers of D still have weights beyond ±limit: clamp all of D.parameters().",
    ),
    Slip(
        LOSS, "D(real).mean() - D(fake).mean()", "the sign is turned: D lowers D(real) and raises "
        "D(fake). D's loss is D(fake).mean() - D(real).mean().",
    ),
    Slip(
        LOSS, "D(real).mean() + D(fake).mean()",
        "D lowers D(real) as well as D(fake): it wants the gap, D(fake).mean() - D(real).mean().",
    ),
    Slip("    opt_d.zero_grad()\n", "", PILED),
    Slip(
        "    loss_d.backward()\n" + STEP,
        STEP + "    loss_d.backward()\n",
        "opt_d.step() comes before backward(): D is clipped but never learns from this batch. The "
        "order is zero_grad, backward, step.",
    ),
    Slip(
        "    opt_d.zero_grad()\n    loss_d.backward()\n",
        "    loss_d.backward()\n    opt_d.zero_grad()\n",
        "D is clipped but never learns: opt_d.zero_grad() between backward() and step() erased the "
        "gradients. The order is zero_grad, backward, step.",
    ),
    Slip(
        "    opt_d.zero_grad()\n    loss_d.backward()\n",
        "",
        "opt_d.step() follows old gradients only: zero_grad() and backward() first.",
    ),
    Slip(
        STEP, "", "D is clipped but never learns: opt_d.step() is missing: call it."
    ),
    Slip(STEP + CLIP, "", "no weight of D changes: opt_d.step() is missing."),
    Slip(
        LOSS,
        "D(fake).sum() - D(real).sum()",
        "D's loss adds up over the batch: take the mean.",
    ),
    Slip(
        LOSS,
        "D(fake).mean()",
        "D learns from the fake samples only: it wants the gap between both.",
    ),
    Slip(
        LOSS,
        "-D(real).mean()",
        "D learns from the real samples only: it wants the gap between both.",
    ),
    Slip(
        LOSS,
        "D(fake).clamp(-limit, limit).mean() - D(real).clamp(-limit, limit).mean()",
        "D's loss does not pull at all samples alike: something (a clamp, a tanh, a power) stands "
        "between D's answer and the mean. WGAN takes the answers as they are, and clamps D's "
        "*weights* after the step.",
    ),
    Slip(
        LOSS,
        "F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()",
        "the step is along the cross entropy of lesson 04. A critic has no softplus: its loss is "
        "D(fake).mean() - D(real).mean().",
    ),
    Slip(LOSS, "D(fake) - D(real)", "a loss must be one number: take the mean over the batch."),
    Slip(
        "    with torch.no_grad():\n        for",
        "    if True:\n        for",
        "PyTorch refuses to change a weight in place while it records gradients. Clamp under "
        "torch.no_grad().",
    ),
)  # fmt: skip

# -- what is seen of a step ------------------------------------------------------------------

RATE, SAMPLES, JUNK = 0.05, 256, 0.7
LIMITS_ASKED = 0.3, 0.6


def _apart(real: Tensor) -> Tensor:
    """Move real points off the fakes, so that D's gradient is large."""
    return real + torch.tensor([2.0, -1.0])


def _players(sign: float) -> tuple:
    """Return players of whose D every layer has weights beyond all limits, old gradients in it.

    sign: of D(real) − D(fake).
    """
    G, D, *_ = steps.spread_players()
    with torch.no_grad():
        for _ in range(20):  # until D tells the two apart, in one direction or the other
            for weight in D.parameters():
                weight.uniform_(0.1, 1.0).mul_(torch.randn_like(weight).sign())
                weight.flatten()[0] = 0.9
                weight.flatten()[1:2] = -0.9
                weight.grad = torch.full_like(weight, JUNK)
            D[2].bias.fill_(50.0)  # no step carries it within a limit
            real, fake = _apart(steps.some_real(200)), G(torch.randn(200, steps.LATENT))
            logits = D(torch.cat([real, fake]))
            gap = logits[:200].mean() - logits[200:].mean()
            if gap.abs() > 0.5 * logits.std():
                break
        D[-1].scale *= sign * float(gap.sign()) * 4 / float(logits.std())
        D[-1].offset -= float(D(torch.cat([real, fake])).mean())
    return G, D, *(torch.optim.SGD(net.parameters(), RATE) for net in (G, D))


def observe(answer: Callable, seed: int) -> Sight:
    """Return what is seen of one step with each of two limits, old gradients lying in D."""
    sight = Sight()
    for limit, sign in zip(LIMITS_ASKED, (1.0, -1.0), strict=True):
        players = _players(sign)
        start = [p.detach().clone() for p in players[1].parameters()]

        def call(G, D, opt_g, opt_d, real, latent_dim, limit=limit):
            fake = G(torch.randn(len(real), latent_dim)).detach()
            return answer(D, opt_d, real, fake, limit)

        real = _apart(steps.some_real(SAMPLES))
        report = sight.run("", answer, players, real, steps.LATENT, call=call)
        if report is None:
            return sight
        sight.facts |= {f"{name}, limit {limit}": x for name, x in _of(report, players).items()}
        D = players[1]
        if report.updates:
            update = report.updates[-1]
            free = [
                w if g is None else w - RATE * g
                for w, g in zip(update.weights["D"], update.gradients["D"], strict=True)
            ]
            before = _clipped(start, report.updates[0].weights["D"], limit)
        else:
            free, before = start, "free free free free"
        sight.facts[f"weights before the step, limit {limit}"] = before
        sight.facts[f"weights, limit {limit}"] = _clipped(free, report.at_last["D"], limit)
        sight.facts["left frozen"] = steps.frozen(players[0], D)
    return sight


def _of(report: steps.Report, players: tuple) -> dict[str, Fact]:
    """Return what D found in its gradients."""
    facts: dict[str, Fact] = {"steps": " ".join(update.owner for update in report.updates)}
    if not report.updates:
        return facts
    felt = Felt(report, 0, dict(zip("GD", players, strict=False)))
    for kind, name in (("r", "real"), ("f", "fakes"), ("?", "something else")):
        (number,), shape = felt.told(kind, WASSERSTEIN)
        facts |= {f"D on {name}": number, f"D on {name}, shape": shape}
        facts[f"D on {name}, asked"] = felt.asked(report, kind)
    facts |= {"old gradients": felt.junk, "rest": felt.rest}
    facts["gradient is cut"] = "yes" if felt.scaled < 1 else ""
    facts["lost"] = felt.lost(report)
    return facts


def _clipped(free: list[Tensor], now: list[Tensor], limit: float) -> str:
    """Return for each layer's weights and biases what has become of them."""
    ways = {
        "free": lambda w: w,
        "clamped": lambda w: w.clamp(-limit, limit),
        "cut from above": lambda w: w.clamp(max=limit),
        "cut from below": lambda w: w.clamp(min=-limit),
        "cut below 0": lambda w: w.clamp(0, limit),
    }
    found = []
    for w, n in zip(free, now, strict=True):
        names = [name for name, way in ways.items() if torch.allclose(way(w), n, atol=1e-6)]
        most = float(n.abs().max())
        share = float((n.flatten() @ w.flatten()) / (w.flatten() @ w.flatten()))
        if "clamped" in names:
            found.append("clamped" if "free" not in names else "free")
        elif names:
            found.append(names[0])
        elif torch.allclose(w.clamp(-most, most), n, atol=1e-6):
            found.append("clamped elsewhere")
        elif torch.allclose(share * w, n, atol=1e-5):
            found.append("scaled")
        else:
            found.append("changed")
    return " · ".join(found)


# -- what is different -----------------------------------------------------------------------


def reads(sight: Sight, right: Mapping[str, Fact]) -> Iterator[str]:
    """Yield what is different, the most telling first."""
    for limit in LIMITS_ASKED:
        of = {n.split(", limit")[0]: x for n, x in sight.facts.items() if n.endswith(f"{limit}")}
        yield from _reads_one(of, limit)


def _reads_one(of: Mapping[str, Fact], limit: float) -> Iterator[str]:
    after = str(of["weights"]).split(" · ")
    if not of["steps"]:
        yield (
            "no weight of D changes: opt_d.step() is missing."
            if set(after) == {"free"}
            else "D is clipped but never learns: opt_d.step() is missing."
        )
    if of["steps"] != "D":
        yield f"the optimizers step {len(str(of['steps']).split())} times: once is asked."
    if of["lost"] == "no graph":
        yield steps.REFUSED["does not require grad"]
    if of["lost"] == "no slope":
        yield "D's loss has no slope at any sample: is what D says cut off before the loss?"
    if of["lost"] and abs(of["old gradients"]) > 0.01:
        yield "opt_d.step() follows old gradients only: zero_grad() and backward() first."
    if of["lost"]:
        yield (
            "D is clipped but never learns: opt_d steps, and no gradient of this batch is there. "
            "The order is zero_grad, backward, step."
        )
    if "clamped" in str(of["weights before the step"]) and "clamped" not in after:
        yield BEFORE
    if of["gradient is cut"]:
        yield (
            "you clip the gradient: its length is cut before opt_d steps. The weights' limit is "
            "the whole leash: leave the gradient as it is."
        )
    if of["rest"]:
        yield (
            "the step is not along the gradient of D(fake).mean() - D(real).mean(): something "
            "else is in it, or it was changed after backward()."
        )
    if abs(of["old gradients"]) > 0.01:
        yield PILED
    if of["D on something else"] or of["D on something else, shape"]:
        yield "D sees something that is neither the real nor the fake batch."
    yield from _reads_loss(of)
    if "clamped elsewhere" in after:
        yield "the weights end within a limit of your own, not within the one you were given."
    if "cut from above" in after or "cut from below" in after or "cut below 0" in after:
        yield "one of the limits is wrong: each weight is cut to what lies within -limit and limit."
    if "scaled" in after:
        yield SCALED
    if set(after) == {"free"}:
        yield LEFT
    if set(after) == {"free", "clamped"}:
        yield f"some layers of D still have weights beyond ±{limit}: clamp all of them."
    if set(after) != {"clamped"}:
        yield (
            "after opt_d.step() weights change in another way than by clamp_(-limit, limit): what "
            "is beyond ±limit ends at ±limit, the others stay."
        )


def _reads_loss(of: Mapping[str, Fact]) -> Iterator[str]:
    for name, due in (("real", -1.0), ("fakes", 1.0)):
        mine, shape = of[f"D on {name}"], of[f"D on {name}, shape"]
        which = "real samples" if name == "real" else name
        if "×" in str(shape):
            like = str(shape).split("× ")[1]
            yield (
                f"D's loss on {which} is another one: it pulls as {like} does. A critic's loss is "
                f"{LOSS}."
            )
        if shape:
            yield (
                f"the step is not along the gradient of {LOSS}: D's loss on {which} does not pull "
                "at all samples alike."
            )
        if abs(mine) < 0.01 and of[f"D on {name}, asked"] == "yes":
            yield (
                f"D is asked about the {which}, and its loss has no slope at any of them: is its "
                f"answer cut off, or left out of the sum? It is {LOSS}."
            )
        if abs(mine) < 0.01:
            yield f"D's loss has no {which} in it: it wants the gap, {LOSS}."
        if abs(mine - due) > 0.01:
            yield (
                f"D's loss holds {mine:+.2f} times the mean of D at {which}, and {due:+.0f} is "
                f"right: {LOSS}."
            )


clipped_step = Step(
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
    asks="Check ``clipped_step(D, opt_d, real, fake, limit)``: what lay in D's gradients when it "
    "moved, and what became of each weight. Old gradients lie in D when it is called.",
    table=Table(
        RIGHT,
        SLIPS,
        also={
            WITHOUT_BIASES: "You leave the biases alone: the bound on D's slope does not depend on "
            "them."
        },
    ),
    observe=observe,
    reads=reads,
    refused=steps.REFUSED
    | {
        "a leaf Variable that requires grad is being used in an in-place": "PyTorch refuses to "
        "change a weight in place while it records gradients. Clamp under torch.no_grad().",
    },
)
