"""The slow start: a case of lesson 22b, Heal pictures and critics."""

from gan_lessons.checks.clinic_images import pictures
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Patient, Thought

RIGHT = """
def slow_start(x, steps):
    def block(c_in, c_out):
        layers = nn.Linear(c_in, c_out), nn.BatchNorm1d(c_out), nn.ReLU()
        return nn.Sequential(*layers)

    last = nn.Linear(64, 196), nn.Tanh(), nn.Unflatten(1, (1, 14, 14))
    G = nn.Sequential(block(16, 64), block(64, 64), *last)
    D = models.image_discriminator(shape=(1, 14, 14), width=64)
    for layer in G.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, 0.0, 0.02)
    opt_g = torch.optim.Adam(G.parameters(), 5e-4, (0.5, 0.99), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 5e-4, (0.5, 0.99), fused=True)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = x[torch.randint(len(x), (64,))]
        fake = G(torch.randn(64, 16))
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
    return G(torch.randn(500, 16)).detach(), curves
"""

SLIPS = (
    Slip(
        "    for layer in G.modules():\n"
        "        if isinstance(layer, nn.Linear):\n"
        "            nn.init.normal_(layer.weight, 0.0, 0.02)",
        "    for weight in G.parameters():\n        nn.init.normal_(weight, 0.0, 0.02)",
        "(energy distance)",
    ),
    Slip(
        "0.0, 0.02",
        "0.0, 0.2",
        "(energy distance)",
    ),
    Slip(
        "opt_d = torch.optim.Adam(D.parameters(), 5e-4",
        "opt_d = torch.optim.Adam(D.parameters(), 1e-4",
        "(energy distance)",
    ),
    Slip(
        "nn.ReLU()",
        "nn.LeakyReLU(0.2)",
        "(energy distance)",
    ),
)


def _symptom(seen: pictures.PictureVisit) -> bool:
    """The first pictures are all alike, and 200 steps later they are far from digits."""
    first = float(seen.run(seen.x, 1)[0].std(0).mean())
    return first < 0.005 and seen.distance > 3.4


def _recovery(seen: pictures.PictureVisit) -> dict[str, str]:
    return {
        "spread of the first pictures": f"{float(seen.run(seen.x, 1)[0].std(0).mean()):.3f}",
        "energy distance": f"{seen.distance:.1f}",
    }


slow_start = Patient(
    title="The slow start",
    proves="on pictures it had not seen, G drew digits within the examination. Compare where the "
    "spread starts: a faster rate or more steps get there too, and leave the cause in place.",
    severity="silent",
    hints=(
        "Look at the pictures before the first step: by how much do two of them differ? Follow "
        "the spread layer by layer.",
        "DCGAN's N(0, 0.02) is for the weights of its linear and convolutional layers. Which "
        "other parameters does G have, and what do they do?",
        "Only for layer in G.modules() if isinstance(layer, nn.Linear): "
        "nn.init.normal_(layer.weight, 0.0, 0.02).",
    ),
    asks="Examine ``slow_start(x, steps)``: samples and curves of a GAN trained on pictures.",
    thoughts={
        "a": Thought(
            "The first weights are too small altogether.",
            "ten times as large, the samples are worse. In front of a batch norm a Linear layer "
            "may be as small as it likes: its output is brought to spread 1.",
        ),
        "b": Thought(
            "Something that should start near 1 starts near 0.",
            "print name, mean and deviation of each parameter of G: two of them should be 1 on "
            "the mean, and are 0.00 ± 0.02. They are factors: each divides the picture's spread "
            "by fifty.",
        ),
        "c": Thought(
            "D is too fast: it refuses everything before G has begun.",
            "with a fifth of D's rate G is no faster. The very first pictures, before any step, "
            "are already all alike.",
        ),
        "d": Thought(
            "ReLU cuts half of the signal away.",
            "with LeakyReLU the first pictures are as alike as before. Half of a signal does "
            "not explain a thousandth.",
        ),
    },
    cause="b",
    chart=pictures.chart(RIGHT, *SLIPS),
    facts=(pictures.like_digits(3.4),),
    visit=pictures.digits_visit(steps=200),
    symptom=_symptom,
    recovery=_recovery,
    seconds=2,
)
