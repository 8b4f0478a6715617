"""D never becomes sure: a case of lesson 22a, Heal a GAN."""

from gan_lessons.checks.clinic_plane import ring
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Patient, Thought

RIGHT = """
def lukewarm(x, steps):
    G = models.plane_generator()
    D = nn.Sequential(models.plane_discriminator())  # (B,)
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    one, zero = torch.ones(128), torch.zeros(128)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        loss_d = F.binary_cross_entropy_with_logits(D(real), one)
        loss_d = loss_d + F.binary_cross_entropy_with_logits(
            D(fake.detach()), zero
        )
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = F.binary_cross_entropy_with_logits(D(fake), one)
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves
"""

UNSURE = "not healed"

SLIPS = (
    Slip(
        "nn.Sequential(models.plane_discriminator())",
        "nn.Sequential(models.plane_discriminator(), nn.Sigmoid())",
        UNSURE,
    ),
    Slip(
        "models.plane_discriminator(), ",
        "models.plane_discriminator(width=128), ",
        UNSURE,
    ),
    Slip(
        "opt_d = torch.optim.Adam(D.parameters(), 8e-3",
        "opt_d = torch.optim.Adam(D.parameters(), 2e-3",
        UNSURE,
    ),
    Slip(
        "torch.zeros(128)",
        "torch.full((128,), 0.1)",
        UNSURE,
    ),
)


def _symptom(seen: ring.RingVisit) -> bool:
    """D's loss never goes below 1, and the modes are not found."""
    return float(seen.curves["D"].min()) > 1.0 and seen.modes < ring.MODES


lukewarm = Patient(
    title="D never becomes sure",
    proves="the samples follow the data, on a ring that your program had not seen.",
    severity="silent",
    hints=(
        "In a game that begins, D soon tells data from samples, and its loss dips below 1. "
        "What is the smallest loss that this D could reach?",
        "What does D return: any number, or numbers between 0 and 1? And what does its loss "
        "expect?",
        "D = nn.Sequential(models.plane_discriminator())",
    ),
    asks="Examine ``lukewarm(x, steps)``: samples and curves of a GAN trained on x.",
    thoughts={
        "a": Thought(
            "The game is at rest: D's loss is 2 ln 2.",
            "the samples are not where the data are, and a fresh D would tell them apart at once.",
        ),
        "b": Thought(
            "D learns too slowly: G has answered before D can be sure.",
            "let G stand still, without opt_g.step(): nobody answers, and D's loss stays above 1 "
            "all the same.",
        ),
        "c": Thought(
            "D's outputs are (128, 1) and the labels (128,): each output meets every label.",
            "print D(real).shape: it is (128,), as the comment says. And this loss stops where "
            "two shapes differ.",
        ),
        "d": Thought(
            "D's outputs are squeezed before a loss that squeezes them again.",
            "print D(real) and D(fake): all lie between 0 and 1, so that the loss takes them for "
            "logits near 0: its least value is 1.006.",
        ),
    },
    cause="d",
    chart=ring.chart(RIGHT, *SLIPS),
    facts=(ring.the_modes_are_found,),
    visit=ring.visit,
    symptom=_symptom,
    recovery=ring.recovery,
)
