"""Both losses fall to zero: a case of lesson 22a, Heal a GAN."""

from collections.abc import Callable

from gan_lessons.checks.clinic_plane import ring
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Patient, Thought, Visit

RIGHT = """
def winners(x, steps):
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

BOTH = "says real to whatever"

SLIPS = (
    Slip(
        "loss_d = loss_d + F.softplus(D(",
        "loss_d = loss_d + F.softplus(-D(",
        BOTH,
    ),
    Slip(
        "opt_d = torch.optim.Adam(D.parameters(), 8e-3",
        "opt_d = torch.optim.Adam(D.parameters(), 2e-3",
        "not healed",
    ),
    Slip(
        "loss_d = F.softplus(-D(real)).mean()",
        "loss_d = 0.9 * F.softplus(-D(real)).mean()",
        BOTH,
    ),
    Slip(
        "loss_g = F.softplus(-D(fake))",
        "loss_g = -F.softplus(D(fake))",
        "not healed",
    ),
)


def _symptom(seen: ring.RingVisit) -> bool:
    """Both losses end near zero, and no mode is found."""
    return all(float(row[-50:].mean()) < 0.05 for row in seen.curves.values()) and seen.modes < 3


def _d_refuses_something(program: Callable, seed: int) -> str | None:
    """In a short run somebody loses."""
    seen = Visit(program, ring.a_ring(seed).x, steps=2 * ring.PROBE, seed=seed)
    if all(0 <= float(row[-20:].mean()) < 0.05 for row in seen.curves.values()):
        return (
            "not healed. Both losses fall below 0.05 within 120 steps, and no sample has found the "
            "data: in a contest somebody loses. D says real to whatever it is shown, so G has "
            "nothing to learn."
        )
    return None


winners = Patient(
    title="Both losses fall to zero",
    proves="the samples follow the data, on a ring that your program had not seen.",
    severity="silent",
    hints=(
        "Two opponents, and both lose nothing. What does D say of data, and what of samples?",
        "Write D's two targets beside its loss: which label does it learn for data, and which "
        "for samples?",
        "loss_d = loss_d + F.softplus(D(fake.detach())).mean()",
    ),
    asks="Examine ``winners(x, steps)``: samples and curves of a GAN trained on x.",
    thoughts={
        "a": Thought(
            "D has won: it tells data and samples apart so well that its loss is zero.",
            "then G's loss would be large, as D would refuse all samples. It is zero as well.",
        ),
        "b": Thought(
            "G has found a place far out where D, never trained there, says real to everything.",
            "D is trained on just these samples in every step, wherever they are. A D that is "
            "told that they are fake refuses them within a few steps.",
        ),
        "c": Thought(
            "D learns the same answer for data and for samples.",
            "D(real) and D(fake) are both far above 0, and D refuses nothing.",
        ),
        "d": Thought(
            "Both players lower one and the same loss: they help each other.",
            "then D would tell the samples apart ever better, with D(fake) far below 0. Print it: "
            "it is far above 0, even above D(real).",
        ),
    },
    cause="c",
    chart=ring.chart(RIGHT, *SLIPS),
    quick=(_d_refuses_something,),
    facts=(ring.the_modes_are_found,),
    visit=ring.visit,
    symptom=_symptom,
    recovery=ring.recovery,
)
