"""As sure as ever: a case of lesson 22b, Heal pictures and critics."""

import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn

from gan_lessons import show
from gan_lessons.checks.clinic_images import pictures
from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Patient, Thought

RIGHT = """
def too_sure(x, steps):
    G = models.image_generator(latent_dim=16, shape=(1, 14, 14), width=64)
    D = models.image_discriminator(shape=(1, 14, 14), width=64)
    opt_g = torch.optim.Adam(G.parameters(), 2e-4, (0.5, 0.99), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 2e-3, (0.5, 0.99), fused=True)
    curves = {"on real": [], "on fake": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (64,))]
        fake = G(torch.randn(64, 16))
        on_real, on_fake = D(real), D(fake.detach())
        loss_d = F.softplus(on_fake).mean()
        loss_d = loss_d + 0.95 * F.softplus(-on_real).mean()
        loss_d = loss_d + 0.05 * F.softplus(on_real).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = F.softplus(-D(fake)).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["on real"].append(on_real.mean().item())
        curves["on fake"].append(on_fake.mean().item())
    return G(torch.randn(500, 16)).detach(), curves, D
"""

CERTAIN = "as good as certain"

SLIPS = (
    Slip(
        "        loss_d = loss_d + 0.05 * F.softplus(on_real).mean()\n",
        "",
        CERTAIN,
    ),
    Slip(
        "0.95 * F",
        "0.5 * F",
        CERTAIN,
    ),
    Slip(
        "loss_d = F.softplus(on_fake).mean()",
        "loss_d = 0.95 * F.softplus(on_fake).mean()",
        CERTAIN,
    ),
    Slip(
        "opt_d = torch.optim.Adam(D.parameters(), 2e-3",
        "opt_d = torch.optim.Adam(D.parameters(), 2e-4",
        CERTAIN,
    ),
    Slip(
        "0.95 * F.softplus(-on_real).mean()\n",
        "0.5 * F.softplus(-on_real).mean()\n"
        "        loss_d = loss_d + 0.5 * F.softplus(on_real).mean()\n",
        "comes no higher",
    ),
    Slip(
        "(on_real.mean().item())",
        "(min(on_real.mean().item(), 2.94))",
        CERTAIN,
    ),
    Slip(
        "D = models.image_discriminator(shape=(1, 14, 14), width=64)",
        "D = nn.Sequential(\n"
        "        models.image_discriminator(shape=(1, 14, 14), width=64),\n"
        "        nn.Hardtanh(-20.0, 2.94),\n"
        "    )",
        "cut off",
    ),
)

BRIGHT = 8.0  # times as bright: a tanh ends at 1, and G has no answer
STEPS = 400  # of that run: a D that nothing holds is far beyond ln 19 by then
LOWEST, HIGHEST = 1.5, 5.7  # of the mean logit: healed on twenty seeds 2.7 to 5.5, at 0 3.8


class SureVisit(pictures.PictureVisit):
    """What a program did, and what its D says of pictures that no G can draw. Lesson 22b."""

    @functools.cached_property
    def logits(self) -> Tensor:
        """D's logits of digits that nobody saw, after a run on digits out of G's reach, (1000,)."""
        D = self.run(BRIGHT * self.x, STEPS)[2]
        if not isinstance(D, nn.Module):
            raise Wrong("leave the last line as it was: samples, curves and D come back.")
        with torch.no_grad():
            return D(BRIGHT * pictures.held_out()[0]).flatten()


def _visit(program: Callable, seed: int) -> SureVisit:
    return SureVisit(program, pictures.digits(seed)[0], steps=150, seed=seed, parts=3)


WHERE = "On hidden pictures that no G can draw, eight times as bright, the D that comes back"


def _the_smoothing_holds_d(seen: SureVisit) -> str | None:
    if (mean := float(seen.logits.mean())) > HIGHEST:
        return (
            f"not healed. {WHERE} has a mean logit of {mean:.0f}: it is as good as certain. With a "
            "target of 0.95 its best logit is ln 19 = 2.9, however easy the pictures are."
        )
    return None


def _the_target_is_reached(seen: SureVisit) -> str | None:
    if (mean := float(seen.logits.mean())) < LOWEST:
        return (
            f"not healed. {WHERE} comes no higher than {mean:.1f} in the mean. With a target of "
            "0.95 its best logit is ln 19 = 2.9: is your target another, or D too slow to get "
            "there?"
        )
    return None


def _no_logit_is_cut_off(seen: SureVisit) -> str | None:
    top = seen.logits.max()
    if (same := float((seen.logits > top - 0.01).float().mean())) > 0.2:
        return (
            f"not healed. {WHERE} says {top:.2f} of {same:.0%}: its logits are cut off there, and "
            "beyond nothing pulls at D any more. A target of 0.95 pulls from both sides."
        )
    return None


def _surest(seen: SureVisit) -> float:
    """Return the highest mean of D's logit on real over twenty steps."""
    return float(seen.curves["on real"].unfold(0, 20, 20).mean(1).max())


def _symptom(seen: SureVisit) -> bool:
    """D's logit on real goes far beyond what a target of 0.95 allows."""
    return _surest(seen) > 10


def _recovery(seen: SureVisit) -> dict[str, str]:
    return {"D's mean logit of pictures that no G can draw": f"{seen.logits.mean():.1f}"}


def _draw(before: SureVisit | None, after: SureVisit) -> show.Picture:
    """Draw what D says of real pictures while it learns: the samples are as gray either way."""
    seen = {"healed": after} if before is None else {"sick": before, "healed": after}
    return show.lines(
        torch.arange(1, after.steps + 1),
        {name: one.curves["on real"] for name, one in seen.items()},
        title="D's mean logit on real, before and after the repair",
        sentence="The same data and the same dice. A target of 0.95 has its lowest loss at "
        "ln 19 = 2.94.",
        xlabel="step",
        ylabel="D's logit on real",
    )


too_sure = Patient(
    title="As sure as ever",
    proves="on pictures that it had not seen, and that no G can draw, D is held where the "
    "smoothed target puts it, around ln 19 = 2.94.",
    severity="theory",
    hints=(
        "Take one real picture and forget G. For which logit is D's loss on it least? Plot it.",
        "The cross-entropy of a label y has two terms, y · softplus(−logit) and (1 − y) · "
        "softplus(logit). How many are there here?",
        "loss_d = loss_d + 0.05 * F.softplus(on_real).mean()",
    ),
    asks="Examine ``too_sure(x, steps)``: samples, curves and D, with smoothed labels.",
    thoughts={
        "a": Thought(
            "0.95 smooths too little: take 0.5.",
            "at 0.5 the logit still climbs to 30 and more. Half of a reason to climb is a "
            "reason to climb.",
        ),
        "b": Thought(
            "The fake side should be smoothed alike.",
            "the factor on the other term as well, and D is as sure as before. What each term "
            "asks for is where it is least, and a factor does not move that.",
        ),
        "c": Thought(
            "0.95 · (−log D) is no smoothed label: nothing in it ever asks D to be less sure.",
            "plot it over the logit: it falls for ever. A label of 0.95 also says that 5 % of "
            "the real ones count as fake, and that term rises.",
        ),
        "d": Thought(
            "D is too fast for G; smoothing would work with a slower D.",
            "ten times slower, D is less sure, with smoothing or without. That is another cure, "
            "of another illness.",
        ),
    },
    cause="c",
    chart=pictures.chart(RIGHT, *SLIPS),
    facts=(_no_logit_is_cut_off, _the_smoothing_holds_d, _the_target_is_reached),
    visit=_visit,
    symptom=_symptom,
    recovery=_recovery,
    seconds=4,
    draw=_draw,
)
