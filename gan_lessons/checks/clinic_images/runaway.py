"""The critic runs away: a case of lesson 22b, Heal pictures and critics."""

from gan_lessons.checks.clinic_images import pictures
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Patient, Thought

RIGHT = """
def runaway(x, steps):  # x: (N, 2)
    def penalty(D, real, fake):
        between = torch.lerp(real, fake, torch.rand(len(real), 1))
        between.requires_grad_()
        (slope,) = torch.autograd.grad(
            D(between).sum(), between, create_graph=True
        )
        return (slope.norm(dim=1) - 1).square().mean()

    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 1e-3, (0.5, 0.99), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 3e-3, (0.5, 0.99), fused=True)
    curves = {"D": [], "penalty": []}
    for step in range(steps):
        for _ in range(3):
            real = x[torch.randint(len(x), (64,))]
            fake = G(torch.randn(64, 2)).detach()
            loss_d = D(fake).mean() - D(real).mean()
            price = penalty(D, real, fake)
            total = loss_d + 1.0 * price
            opt_d.zero_grad()
            total.backward()
            opt_d.step()
        loss_g = -D(G(torch.randn(64, 2))).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(total.item())
        curves["penalty"].append(price.item())
    return G(torch.randn(500, 2)).detach(), curves, D
"""

SLIPS = (
    Slip(
        "            total.backward()",
        "            loss_d.backward()",
        "slope has a mean length",
    ),
    Slip(
        "1.0 * price",
        "100.0 * price",
        "slope has a mean length",
    ),
    Slip(
        "            opt_d.step()",
        "            opt_d.step()\n"
        "            for weight in D.parameters():\n"
        "                weight.data.clamp_(-0.1, 0.1)",
        "slope has a mean length",
    ),
    Slip(
        "            opt_d.step()",
        "            nn.utils.clip_grad_norm_(D.parameters(), 1.0)\n            opt_d.step()",
        "slope has a mean length",
    ),
)


def _symptom(seen: pictures.PictureVisit) -> bool:
    """The penalty that is drawn grows and grows, and the critic gets ever steeper."""
    penalty = seen.curves["penalty"]
    return seen.slope > 10 and float(penalty[-20:].mean()) > 20 * float(penalty[:5].mean())


def _recovery(seen: pictures.PictureVisit) -> dict[str, str]:
    return {"slope": f"{seen.slope:.1f}", "W₁ to the ring": f"{pictures.away(seen):.1f}"}


runaway = Patient(
    title="The critic runs away",
    proves="between real and fake the critic's slope is about 1, and the samples come to the ring.",
    severity="silent",
    hints=(
        "Turn the price: 1, 100, 0. What changes in the samples? What should?",
        "Follow the number: the penalty enters one variable. From which variable do the "
        "gradients come?",
        "total.backward() in place of loss_d.backward().",
    ),
    asks="Examine ``runaway(x, steps)``: samples, curves and the critic of a WGAN.",
    thoughts={
        "a": Thought(
            "λ is too small: the critic pays and goes on.",
            "make it 100, keep the seed: the same samples come out, number for number. A price "
            "that were paid would change *something*.",
        ),
        "b": Thought(
            "The critic never pays: the penalty is computed and drawn, and moves no weight.",
            "with λ at 1, at 100 and at 0 the samples are the same, number for number. What is "
            "drawn need not be what is lowered.",
        ),
        "c": Thought(
            "The critic's steps are too long; its gradients should be clipped.",
            "shorter steps, or clipped ones, make it run away more slowly. It still runs, "
            "because nothing calls it back.",
        ),
        "d": Thought(
            "Something in the penalty is no gradient any more: its value is right and its slope "
            "is 0.",
            "a good suspect, and easily tried: penalty(…).backward() alone does leave gradients "
            "in D. So it could teach, if it were asked.",
        ),
    },
    cause="b",
    chart=pictures.chart(RIGHT, *SLIPS),
    facts=(pictures.between(0.6, 1.45), pictures.near_the_ring(1.2)),
    visit=pictures.ring_visit(steps=100, parts=3),
    symptom=_symptom,
    recovery=_recovery,
    seconds=2,
)
