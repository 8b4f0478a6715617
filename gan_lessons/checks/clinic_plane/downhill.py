"""The loss falls as it should: a case of lesson 22a, Heal a GAN."""

from collections.abc import Callable

from gan_lessons.checks.clinic_plane import ring
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Patient, Thought, Visit

RIGHT = """
def downhill(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        loss_d = F.softplus(-D(real)).mean()
        loss_d = loss_d + F.softplus(D(fake.detach())).mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = F.softplus(-D(fake)).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves
"""

EASY = "ever easier to tell from the data"

SLIPS = (
    Slip(
        "loss_g = F.softplus(-D(fake)).mean()",
        "loss_g = F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()",
        EASY,
    ),
    Slip(
        "loss_g = F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()",
        "loss_g = F.softplus(D(fake)).mean()",
        EASY,
    ),
    Slip(
        "opt_g = torch.optim.Adam(G.parameters(), 8e-3",
        "opt_g = torch.optim.Adam(G.parameters(), 1e-3",
        EASY,
    ),
    Slip(
        "opt_d = torch.optim.Adam(D.parameters(), 8e-3",
        "opt_d = torch.optim.Adam(D.parameters(), 1e-3",
        "not healed",
    ),
)


def _symptom(seen: ring.RingVisit) -> bool:
    """D's loss falls to zero, and no mode is found."""
    return float(seen.curves["D"][-50:].mean()) < 0.05 and seen.modes < 3


def _g_works_against_d(program: Callable, seed: int) -> str | None:
    """In a short run somebody loses."""
    seen = Visit(program, ring.a_ring(seed).x, steps=2 * ring.PROBE, seed=seed)
    if all(0 <= float(row[-20:].mean()) < 0.05 for row in seen.curves.values()):
        return (
            "not healed. Every loss falls below 0.05 within 120 steps: the samples become ever "
            "easier to tell from the data, and that is what G is rewarded for."
        )
    return None


downhill = Patient(
    title="The loss falls as it should",
    proves="the samples follow the data, on a ring that your program had not seen.",
    severity="silent",
    hints=(
        "The loss falls, and it should not fall this far. Who of the two gains from that, and "
        "who should?",
        "Ask what G would have to do to make its loss small. Would you call that a good sample?",
        "loss_g = F.softplus(-D(fake)).mean()",
    ),
    asks="Examine ``downhill(x, steps)``: samples and curves of a GAN trained on x.",
    thoughts={
        "a": Thought(
            "Both players walk down the same loss.",
            "G's samples become easier to tell from the data with every step: that lowers the "
            "loss for both.",
        ),
        "b": Thought(
            "D has learned its data by heart, and G gets no answer from it.",
            "points of the same ring that it has never seen get the same logits. And a G without "
            "an answer would pay for it: here its loss falls, too.",
        ),
        "c": Thought(
            "D is too strong, G has no slope left to follow.",
            "make D eight times slower: the curve falls all the same. Nobody works against it.",
        ),
        "d": Thought(
            "opt_g holds D's weights: both optimizers move D, and G stands still.",
            "print a weight of G before and after a step: it moves, in the first steps by much.",
        ),
    },
    cause="a",
    chart=ring.chart(RIGHT, *SLIPS),
    quick=(_g_works_against_d,),
    facts=(ring.the_modes_are_found,),
    visit=ring.visit,
    symptom=_symptom,
    recovery=ring.recovery,
)
