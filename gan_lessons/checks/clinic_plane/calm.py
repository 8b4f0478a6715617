"""Everything looks calm: a case of lesson 22a, Heal a GAN."""

from collections.abc import Callable

import torch

from gan_lessons.checks.clinic_plane import ring
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Patient, Thought, Visit

RIGHT = """
def calm(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        scores = D(torch.cat([real, fake.detach()]))  # (256,)
        on_real, on_fake = scores[:128], scores[128:]
        loss_d = F.softplus(-on_real).mean() + F.softplus(on_fake).mean()
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

SAME = "number for number: nothing of the data reaches G"

SLIPS = (
    Slip("on_real, on_fake = scores[:128]", "on_real, on_fake = scores[-128:]", SAME),
    Slip(
        "opt_d = torch.optim.Adam(D.parameters(), 8e-3",
        "opt_d = torch.optim.Adam(D.parameters(), 2e-3",
        SAME,
    ),
    Slip("plane_discriminator()", "plane_discriminator(width=128)", SAME),
    Slip("in range(steps)", "in range(2 * steps)", SAME),
    Slip("F.softplus(-on_real)", "0.9 * F.softplus(-on_real)", SAME),
)


def _symptom(seen: ring.RingVisit) -> bool:
    """D's loss lies at 2 ln 2 and hardly moves, and no mode is found."""
    late = seen.curves["D"][-200:]
    return abs(float(late.mean()) - 1.386) < 0.01 and float(late.std()) < 0.02 and seen.modes < 3


def _the_data_matter(program: Callable, seed: int) -> str | None:
    """On the ring moved away, a healthy program's samples move, too."""
    x = ring.a_ring(seed).x
    here, there = (Visit(program, y, steps=ring.PROBE, seed=seed).samples for y in (x, x + 5))
    if torch.allclose(here, there, atol=1e-3):
        return (
            "not healed. The ring was moved by (5, 5), all dice were kept, and the samples stayed "
            "the same, number for number: nothing of the data reaches G."
        )
    return None


calm = Patient(
    title="Everything looks calm",
    proves="the samples follow the data, on a ring that your program had not seen.",
    severity="silent",
    hints=(
        "At the end of a good game D's loss is near 2 ln 2 too. Give the program other data, with "
        "the same seed: what should change, and what does?",
        "D's loss has two terms. Of which samples does each of them speak? Print the mean of what "
        "each is computed from.",
        "on_real must hold the first 128 scores: on_real, on_fake = scores[:128], scores[128:]",
    ),
    asks="Examine ``calm(x, steps)``: samples and curves of a GAN trained on x.",
    thoughts={
        "a": Thought(
            "The players have met: D cannot tell real from fake.",
            "then the samples would lie on the ring. A loss of 2 ln 2 says that D does not tell "
            "apart what its loss compares, and no more than that.",
        ),
        "b": Thought(
            "D is too weak, or learns too slowly, to tell real from fake.",
            "make D twice as wide, or three times as fast: the curve stays where it is, to the "
            "third digit. A weak D would gain a little.",
        ),
        "c": Thought(
            "opt_d holds weights that D does not use: D is never updated.",
            "print a weight of D before and after the first steps: it moves. What D learns has "
            "nothing to do with the data.",
        ),
        "d": Thought(
            "What D's loss compares does not contain the data.",
            "with other data and the same seed the same samples come out.",
        ),
    },
    cause="d",
    chart=ring.chart(RIGHT, *SLIPS),
    quick=(_the_data_matter,),
    facts=(ring.the_modes_are_found,),
    visit=ring.visit,
    symptom=_symptom,
    recovery=ring.recovery,
)
