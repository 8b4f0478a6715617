"""As sure as ever: a case of lesson 22b, Heal pictures and critics."""

from gan_lessons.checks.clinic_images import pictures
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
    return G(torch.randn(500, 16)).detach(), curves
"""

SLIPS = (
    Slip(
        "        loss_d = loss_d + 0.05 * F.softplus(on_real).mean()\n",
        "",
        "goes up to",
    ),
    Slip(
        "0.95 * F",
        "0.5 * F",
        "goes up to",
    ),
    Slip(
        "loss_d = F.softplus(on_fake).mean()",
        "loss_d = 0.95 * F.softplus(on_fake).mean()",
        "goes up to",
    ),
    Slip(
        "opt_d = torch.optim.Adam(D.parameters(), 2e-3",
        "opt_d = torch.optim.Adam(D.parameters(), 2e-4",
        "comes no higher",
    ),
)


def _surest(seen: pictures.PictureVisit) -> float:
    """Return the highest mean of D's logit on real over twenty steps."""
    return float(seen.curves["on real"].unfold(0, 20, 20).mean(1).max())


def _the_smoothing_holds_d(seen: pictures.PictureVisit) -> str | None:
    if (surest := _surest(seen)) > 7:
        return (
            f"not healed. D's logit on real pictures goes up to {surest:.0f}: it is as good as "
            "certain. With a target of 0.95 its best logit is ln 19 = 2.9, however easy the "
            "pictures are."
        )
    return None


def _the_target_is_reached(seen: pictures.PictureVisit) -> str | None:
    if (surest := _surest(seen)) < 2.3:
        return (
            f"not healed. D's logit on real pictures comes no higher than {surest:.1f} now: D is "
            "too slow to be sure of anything, and whether the smoothing would hold it at ln 19 = "
            "2.9 is not seen. Leave D its rate."
        )
    return None


def _symptom(seen: pictures.PictureVisit) -> bool:
    """D's logit on real goes far beyond what a target of 0.95 allows."""
    return _surest(seen) > 10


def _recovery(seen: pictures.PictureVisit) -> dict[str, str]:
    return {"highest logit on real": f"{_surest(seen):.1f}"}


too_sure = Patient(
    title="As sure as ever",
    proves="by its curve, D comes to rest where the smoothed target puts it, near ln 19 = 2.94.",
    severity="theory",
    hints=(
        "Take one real picture and forget G. For which logit is D's loss on it least? Plot it.",
        "The cross-entropy of a label y has two terms, y · softplus(−logit) and (1 − y) · "
        "softplus(logit). How many are there here?",
        "loss_d = loss_d + 0.05 * F.softplus(on_real).mean()",
    ),
    asks="Examine ``too_sure(x, steps)``: samples and curves of a GAN with smoothed labels.",
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
    facts=(_the_smoothing_holds_d, _the_target_is_reached),
    visit=pictures.digits_visit(steps=200),
    symptom=_symptom,
    recovery=_recovery,
    seconds=2,
)
