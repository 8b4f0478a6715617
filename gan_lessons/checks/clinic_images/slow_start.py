"""The slow start: a case of lesson 22b, Heal pictures and critics."""

from collections.abc import Callable

from torch import Tensor

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

AWAKE = 0.03  # spread of the first pictures: sick 0.001, healed 0.09 a pixel
ALIKE = "two of its pictures differ"

SLIPS = (
    Slip(
        "    for layer in G.modules():\n"
        "        if isinstance(layer, nn.Linear):\n"
        "            nn.init.normal_(layer.weight, 0.0, 0.02)",
        "    for weight in G.parameters():\n        nn.init.normal_(weight, 0.0, 0.02)",
        ALIKE,
    ),
    Slip(
        "0.0, 0.02",
        "0.0, 0.2",
        "(energy distance)",
    ),
    Slip(
        "opt_d = torch.optim.Adam(D.parameters(), 5e-4",
        "opt_d = torch.optim.Adam(D.parameters(), 1e-4",
        ALIKE,
    ),
    Slip(
        "nn.ReLU()",
        "nn.LeakyReLU(0.2)",
        ALIKE,
    ),
    Slip(
        "    opt_g = torch.optim.Adam(G.parameters(), 5e-4, (0.5, 0.99), fused=True)\n"
        "    opt_d = torch.optim.Adam(D.parameters(), 5e-4, (0.5, 0.99), fused=True)",
        "    opt_g = torch.optim.Adam(G.parameters(), 2e-3, (0.5, 0.99), fused=True)\n"
        "    opt_d = torch.optim.Adam(D.parameters(), 2e-3, (0.5, 0.99), fused=True)",
        ALIKE,
    ),
    Slip(
        "in range(steps)",
        "in range(2 * steps)",
        "Asked for one step",
    ),
)


def _the_start_is_well(program: Callable, seed: int) -> str | None:
    """After its first step a healthy G draws pictures that differ: the fault is in the start."""
    first = pictures.PictureVisit(program, pictures.digits(seed)[0], steps=1, seed=seed)
    made = max(len(row) for row in first.curves.values())
    if made > 1:
        return (
            f"not healed. Asked for one step, your program makes {made}. A longer run gets over a "
            "bad start and leaves it as it is; from a good one the steps that it gets are enough."
        )
    if (spread := _spread(first.samples)) < AWAKE:
        return (
            f"not healed. After one step two of its pictures differ by {spread:.4f} a pixel, in a "
            "healthy start by 0.09. Faster or longer training gets over that and leaves the cause "
            "where it is: in the first weights."
        )
    return None


def _spread(samples: Tensor) -> float:
    return float(samples.std(0).mean())


def _symptom(seen: pictures.PictureVisit) -> bool:
    """The first pictures are all alike, and 200 steps later they are far from digits."""
    return _spread(seen.run(seen.x, 1)[0]) < 0.005 and seen.distance > 3.4


def _recovery(seen: pictures.PictureVisit) -> dict[str, str]:
    return {
        "spread of the first pictures": f"{_spread(seen.run(seen.x, 1)[0]):.3f}",
        "energy distance": f"{seen.distance:.1f}",
    }


slow_start = Patient(
    title="The slow start",
    proves="its first pictures differ from one another, and on pictures it had not seen, G drew "
    "digits in the steps that it was given.",
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
            "may be small: its output is brought to a spread of 1, or near it.",
        ),
        "b": Thought(
            "Something that should start near 1 starts near 0.",
            "print name, mean and deviation of each parameter of G: two of them should be 1 on "
            "the mean, and are 0.00 ± 0.02. They are factors: each makes its layer's output "
            "fifty times fainter.",
        ),
        "c": Thought(
            "D is too fast: it refuses everything before G has begun.",
            "with a fifth of D's rate G is no faster. The very first pictures, before any step, "
            "are already all alike.",
        ),
        "d": Thought(
            "The last layer starts too small: N(0, 0.02) under a tanh draws gray, whatever comes "
            "in.",
            "start it alone from N(0, 0.2): two first pictures then differ by 0.01 a pixel in "
            "place of 0.001, and a healthy start has 0.09. Most is lost before it.",
        ),
    },
    cause="b",
    chart=pictures.chart(RIGHT, *SLIPS),
    quick=(_the_start_is_well,),
    facts=(pictures.like_digits(3.4),),
    visit=pictures.digits_visit(steps=200),
    symptom=_symptom,
    recovery=_recovery,
    seconds=2,
)
