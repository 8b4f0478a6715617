"""G does not leave its place: a case of lesson 22a, Heal a GAN."""

from gan_lessons.checks.clinic_plane import ring
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Patient, Thought

RIGHT = """
def rooted(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        opt_d.zero_grad()
        opt_g.zero_grad()
        fake = G(torch.randn(128, 2)).detach()
        loss_d = F.softplus(-D(real)).mean() + F.softplus(D(fake)).mean()
        loss_d.backward()
        opt_d.step()
        loss_g = -F.softplus(D(G(torch.randn(128, 2)))).mean()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(2_000, 2)).detach(), curves
"""

STILL = "not healed"

SLIPS = (
    Slip(
        "fake = G(torch.randn(128, 2)).detach()",
        "fake = G(torch.randn(128, 2))",
        STILL,
    ),
    Slip(
        "opt_g = torch.optim.Adam(G.parameters(), 8e-3",
        "opt_g = torch.optim.Adam(G.parameters(), 3e-2",
        STILL,
    ),
    Slip(
        "opt_d = torch.optim.Adam(D.parameters(), 8e-3",
        "opt_d = torch.optim.Adam(D.parameters(), 2e-3",
        STILL,
    ),
    Slip(
        "models.plane_generator()",
        "models.plane_generator(width=128)",
        STILL,
    ),
)


def _symptom(seen: ring.RingVisit) -> bool:
    """The samples stay in a heap in the middle, and D's loss is near zero."""
    return float(seen.samples.std(0).mean()) < 0.6 and seen.modes < 3


rooted = Patient(
    title="G does not leave its place",
    proves="the samples follow the data, on a ring that your program had not seen.",
    severity="silent",
    hints=(
        "G's loss is right, G's optimizer steps, and nothing happens. Print the gradient of a "
        "weight of G right before opt_g.step(), and again with D's turn left out.",
        "A gradient is a sum of all that backward() has brought since it was erased. Which calls "
        "of backward() bring something to G?",
        "fake = G(torch.randn(128, 2)).detach()",
    ),
    asks="Examine ``rooted(x, steps)``: samples and curves of a GAN trained on x.",
    thoughts={
        "a": Thought(
            "D is too strong at once: its slope is gone, and G's gradient with it.",
            "make D four times slower: G stays in its place all the same. (In a game without "
            "this fault the same loss finds the ring.)",
        ),
        "b": Thought(
            "Something else pulls at G, against its own loss.",
            "G's gradient right before its step is near zero; leave out D's backward(), and it "
            "is not.",
        ),
        "c": Thought(
            "G's graph is cut somewhere: its own loss sends it no gradient.",
            "then .grad would be None, or backward() would stop. Print it after each of a step's "
            "two backward() calls: it is there both times, and in the first steps the second one "
            "makes it smaller.",
        ),
        "d": Thought(
            "The gradients of earlier steps pile up.",
            "both zero_grad() are called in every step: what piles up is of this step.",
        ),
    },
    cause="b",
    chart=ring.chart(RIGHT, *SLIPS),
    facts=(ring.the_modes_are_found,),
    visit=ring.visit,
    symptom=_symptom,
    recovery=ring.recovery,
)
