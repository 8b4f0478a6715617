"""A loss without a floor: a case of lesson 22a, Heal a GAN."""

from gan_lessons.checks.clinic_plane import ring
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Patient, Thought

RIGHT = """
def bottomless(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        value = F.logsigmoid(D(real)).mean()
        value = value + F.logsigmoid(-D(fake.detach())).mean()
        loss_d, sign = -value, 1
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = sign * F.logsigmoid(-D(fake)).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves
"""

SLIPS = (
    Slip(
        "loss_d, sign = -value, 1",
        "loss_d, sign = value, -1",
        "has no floor",
    ),
    Slip(
        "= value, -1",
        "= -value, -1",
        "not healed",
    ),
    Slip(
        "= value, -1",
        "= value, 1",
        "has no floor",
    ),
    Slip(
        "opt_d = torch.optim.Adam(D.parameters(), 8e-3",
        "opt_d = torch.optim.Adam(D.parameters(), 2e-3",
        "has no floor",
    ),
)


def _symptom(seen: ring.RingVisit) -> bool:
    """D's loss falls below any number, and the modes are not found."""
    return float(seen.curves["D"][-50:].mean()) < -20 and seen.modes < ring.MODES


def _the_value_has_a_floor(seen: ring.RingVisit) -> str | None:
    end = float(seen.curves["D"][-50:].mean()) if "D" in seen.curves else 0.0
    if end < -5:
        return (
            f"not healed. D's loss ends at {end:,.0f} and has no floor: what D minimizes in this "
            "game cannot be below 0."
        )
    return None


bottomless = Patient(
    title="A loss without a floor",
    proves="the samples follow the data, on a ring that your program had not seen.",
    severity="theory",
    hints=(
        "log D(x) is at most 0, and so is log(1 − D(G(z))). Which player wants their mean V as "
        "large as possible?",
        "Read the sign of each loss aloud: optimizers minimize. D's loss must be small where D "
        "says real to data; and G's?",
        "loss_d, sign = -value, 1",
    ),
    asks="Examine ``bottomless(x, steps)``: samples and curves of a GAN trained on x.",
    thoughts={
        "a": Thought(
            "The learning rate is too high: the losses explode.",
            "with a quarter of it D's loss falls without end as well, only later.",
        ),
        "b": Thought(
            "Each player's goal is the other's: the maximum and the minimum are exchanged.",
            "D lowers log D(x), which has no lower bound, so that it says fake to data, ever "
            "surer.",
        ),
        "c": Thought(
            "Only D's sign is wrong.",
            "turn it alone: D now works as it should, and G lowers D(fake): its samples run away "
            "from the data.",
        ),
        "d": Thought(
            "D lacks a Lipschitz constraint, as a Wasserstein critic does.",
            "a critic's loss has no floor without one; the cross entropy has a floor of 0, if "
            "each player has its own goal.",
        ),
    },
    cause="b",
    chart=ring.chart(RIGHT, *SLIPS),
    facts=(
        _the_value_has_a_floor,
        ring.the_modes_are_found,
    ),
    visit=ring.visit,
    symptom=_symptom,
    recovery=ring.recovery,
)
