"""Far off the ring: a case of lesson 22b, Heal pictures and critics."""

from gan_lessons.checks.clinic_images import pictures
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Patient, Thought

RIGHT = """
def far_off(x, steps):  # x: (N, 2)
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 4e-3, (0.5, 0.99), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 4e-3, (0.5, 0.99), fused=True)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        fake = G(torch.randn(128, 2))
        on_real, on_fake = D(real), D(fake.detach())
        loss_d = (on_real - 1).square().mean() + on_fake.square().mean()
        opt_d.zero_grad()
        loss_d.backward()
        opt_d.step()
        loss_g = (D(fake) - 1).square().mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["D"].append(loss_d.item())
        curves["G"].append(loss_g.item())
    return G(torch.randn(500, 2)).detach(), curves
"""

SLIPS = (
    Slip(
        "loss_d = (on_real - 1).square().mean() + on_fake.square().mean()",
        "loss_d = (on_real.mean() - 1).square() + on_fake.mean().square()",
        "samples end",
    ),
    Slip(
        "opt_d = torch.optim.Adam(D.parameters(), 4e-3",
        "opt_d = torch.optim.Adam(D.parameters(), 4e-4",
        "samples end",
    ),
    Slip(
        "(on_real.mean() - 1).square() + on_fake.mean().square()",
        "(on_real.sigmoid().mean() - 1).square() + on_fake.sigmoid().mean().square()",
        "samples end",
    ),
    Slip(
        "(128,)",
        "(512,)",
        "samples end",
    ),
    Slip(
        "on_fake.mean().square()",
        "on_fake.square().mean()",
        "samples end",
    ),
)


def _symptom(seen: pictures.PictureVisit) -> bool:
    """The losses are those of a game, and the samples are far away."""
    return pictures.away(seen) > 1.5


def _recovery(seen: pictures.PictureVisit) -> dict[str, str]:
    return {"W₁ to the ring": f"{pictures.away(seen):.1f}"}


far_off = Patient(
    title="Far off the ring",
    proves="the samples come to the ring, on data that your program had not seen.",
    severity="theory",
    hints=(
        "Make up scores for two real and two fake samples that are all wrong, and for which D's "
        "loss is 0. Can you?",
        "Least squares punishes each sample for its own distance from its target. What comes "
        "first here, the mean or the square?",
        "(on_real - 1).square().mean() + on_fake.square().mean()",
    ),
    asks="Examine ``far_off(x, steps)``: samples and curves of a least-squares GAN.",
    thoughts={
        "a": Thought(
            "D is asked to be right on the average only, and G can please that average anywhere.",
            "give D's loss the scores (3, −1) for real and (2, −2) for fake: every one is wrong "
            "by 2, and the loss is 0. It sees two means.",
        ),
        "b": Thought(
            "D learns too fast for G.",
            "with a tenth of D's rate the samples are as far away. The direction is wrong, not "
            "the pace.",
        ),
        "c": Thought(
            "Least squares needs a sigmoid at the end of D.",
            "it does not: its targets are 1 and 0 for raw scores, and with a sigmoid the "
            "samples stay away as well.",
        ),
        "d": Thought(
            "The targets are wrong: the paper has −1 for fake, 1 for real, and 0 for G.",
            "with these the samples are as far away. Targets move what D is to say; what is wrong "
            "is of whom it is to say it.",
        ),
    },
    cause="a",
    chart=pictures.chart(RIGHT, *SLIPS),
    facts=(pictures.near_the_ring(1.2),),
    visit=pictures.ring_visit(steps=500),
    symptom=_symptom,
    recovery=_recovery,
    seconds=2,
)
