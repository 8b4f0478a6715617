"""The critic exaggerates: a case of lesson 22b, Heal pictures and critics."""

from gan_lessons.checks.clinic_images import pictures
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Patient, Thought

RIGHT = """
def exaggerates(x, steps):
    def penalty(D, real, fake):
        share = torch.rand(len(real), 1, 1, 1)
        between = (share * real + (1 - share) * fake).requires_grad_()
        (slope,) = torch.autograd.grad(
            D(between).sum(), between, create_graph=True
        )  # (B, 1, 14, 14)
        return (slope.flatten(1).norm(dim=1) - 1).square().mean()

    G = models.image_generator(latent_dim=16, shape=(1, 14, 14), width=64)
    D = nn.Sequential(
        nn.Flatten(1),
        nn.Linear(196, 128),
        nn.LeakyReLU(0.2),
        nn.Linear(128, 64),
        nn.LeakyReLU(0.2),
        nn.Linear(64, 1),
    )
    opt_g = torch.optim.Adam(G.parameters(), 1e-3, (0.5, 0.99), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 1e-3, (0.5, 0.99), fused=True)
    curves = {"estimate": []}
    for step in range(steps):
        for _ in range(3):
            real = x[torch.randint(len(x), (64,))]
            fake = G(torch.randn(64, 16)).detach()
            estimate = D(real).mean() - D(fake).mean()
            loss_d = 10 * penalty(D, real, fake) - estimate
            opt_d.zero_grad()
            loss_d.backward()
            opt_d.step()
        loss_g = -D(G(torch.randn(64, 16))).mean()
        opt_g.zero_grad()
        loss_g.backward()
        opt_g.step()
        curves["estimate"].append(estimate.item())
    return G(torch.randn(500, 16)).detach(), curves, D
"""

SLIPS = (
    Slip(
        "slope.flatten(1).norm(dim=1)",
        "slope.norm(dim=1)",
        "slope has a mean length",
    ),
    Slip(
        "10 * penalty",
        "100 * penalty",
        "slope has a mean length",
    ),
    Slip(
        "slope.norm(dim=1)",
        "slope.norm()",
        "slope has a mean length",
    ),
    Slip(
        "(slope.norm(dim=1) - 1)",
        "(slope.norm(dim=1) - 1).clamp_min(0)",
        "slope has a mean length",
    ),
)


def _symptom(seen: pictures.PictureVisit) -> bool:
    """The critic is many times steeper than the penalty asks."""
    return seen.slope > 4


def _recovery(seen: pictures.PictureVisit) -> dict[str, str]:
    return {
        "slope": f"{seen.slope:.1f}",
        "largest estimate": f"{seen.curves['estimate'].max():.0f}",
        "energy distance": f"{seen.distance:.1f}",
    }


exaggerates = Patient(
    title="The critic exaggerates",
    proves="between real and fake the critic's slope is about 1, and the pictures follow digits.",
    severity="silent",
    hints=(
        "Ask the penalty, not the run: what does it return for a critic whose slope you know, "
        "such as D(x) = x.flatten(1).sum(1) / 14?",
        "Print the shape of the norm. One number for each sample is meant: over which axes must "
        "it sum?",
        "slope.flatten(1).norm(dim=1): (B, 196) becomes (B,).",
    ),
    asks="Examine ``exaggerates(x, steps)``: samples, curves and the critic of a WGAN.",
    thoughts={
        "a": Thought(
            "The penalty is too cheap: 10 should be 100.",
            "at 100 the critic is about as steep. A price that is paid in full changes nothing "
            "when it rises.",
        ),
        "b": Thought(
            "The critic is trained too often: three steps for one of G.",
            "that lets a critic be right sooner. No number of steps makes a *right* critic "
            "report more than the distance.",
        ),
        "c": Thought(
            "The penalty should charge slopes above 1 only.",
            "where the slope is many times 1 both sides charge the same. The critic stays as "
            "steep.",
        ),
        "d": Thought(
            "What the penalty holds near 1 is not the length of the slope.",
            "hand it a critic of known slope, D(x) = sum(w · x): it should be 0 when w has "
            "length 1. It is 0 when every single pixel of w is ±1, and such a w has length 14.",
        ),
    },
    cause="d",
    chart=pictures.chart(RIGHT, *SLIPS),
    facts=(pictures.between(0.7, 1.4), pictures.like_digits(4.2)),
    visit=pictures.digits_visit(steps=80, parts=3),
    symptom=_symptom,
    recovery=_recovery,
    seconds=2,
)
