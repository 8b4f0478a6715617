"""It stops at the first batch: a case of lesson 22b, Heal pictures and critics."""

from gan_lessons.checks.clinic_images import pictures
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Patient, Thought

RIGHT = """
def first_batch(x, steps):  # x: (N, 1, 14, 14) in [-1, 1]
    G = models.image_generator(latent_dim=16, shape=(1, 14, 14), width=64)
    D = nn.Sequential(
        nn.Flatten(1),
        nn.Linear(196, 128),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.3),
        nn.Linear(128, 64),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.3),
        nn.Linear(64, 1),
        nn.Flatten(0),
    )
    opt_g = torch.optim.Adam(G.parameters(), 4e-3, (0.5, 0.99), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 4e-3, (0.5, 0.99), fused=True)
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
        "        nn.Flatten(1),\n",
        "",
        "cannot be multiplied",
    ),
    Slip(
        "nn.Linear(196, 128)",
        "nn.Linear(14, 128)",
        "(energy distance)",
    ),
    Slip(
        "        real = x[torch.randint(len(x), (64,))]\n        fake = G(torch.randn(64, 16))",
        "        real = x[torch.randint(len(x), (64,))].reshape(196, 64).T\n"
        "        fake = G(torch.randn(64, 16)).reshape(196, 64).T",
        "(energy distance)",
    ),
    Slip(
        "        real = x[torch.randint(len(x), (64,))]\n        fake = G(torch.randn(64, 16))",
        "        real = x[torch.randint(len(x), (64,))].reshape(196, 64).T\n"
        "        fake = G(torch.randn(64, 16)).flatten(1)",
        "(energy distance)",
    ),
)


def _symptom(seen: pictures.PictureVisit) -> bool:
    """A program that stops has no visit: what comes here has run to its end."""
    return False


def _recovery(seen: pictures.PictureVisit) -> dict[str, str]:
    return {"energy distance": f"{seen.distance:.1f}"}


first_batch = Patient(
    title="It stops at the first batch",
    proves="D judges whole pictures, and the pictures follow digits that your program had not "
    "seen.",
    severity="crash",
    hints=(
        "The message names two shapes: what came in, as rows and columns, and the layer. Which "
        "of the numbers is a whole picture, and what is 896?",
        "A linear layer acts on the last axis alone. Say what D should see as one sample, and "
        "give it that; be sure that all numbers of one picture stay together.",
        "The first layer of D must be nn.Flatten(1): (64, 1, 14, 14) becomes (64, 196).",
    ),
    asks="Examine ``first_batch(x, steps)``: samples and curves of a GAN trained on pictures.",
    thoughts={
        "a": Thought(
            "The channel is in the way: D is built for 14 × 14 and gets 1 × 14 × 14.",
            "take it out, D(real[:, 0]): the same error comes, with the same 896x14. Whatever "
            "stands before the last axis is only counted.",
        ),
        "b": Thought(
            "The layer is given rows of pictures, 14 numbers each, where it expects a picture.",
            "896x14 is 64 pictures times 14 rows, of 14 pixels each. A linear layer looks at "
            "the last axis only, and takes all others for the batch.",
        ),
        "c": Thought(
            "The layer's two numbers are exchanged: 128 should come first, then 196.",
            "the error then names 896x14 and 128x196, and 14 fits neither. However the layer is "
            "turned, 14 numbers come in at a time.",
        ),
        "d": Thought(
            "The first layer should be built for 14 numbers.",
            "then it runs, and each row of a picture is judged alone, as if rows knew nothing "
            "of each other. Try it, and look at the samples.",
        ),
    },
    cause="b",
    chart=pictures.chart(RIGHT, *SLIPS),
    facts=(pictures.like_digits(2.7),),
    visit=pictures.digits_visit(steps=300),
    symptom=_symptom,
    recovery=_recovery,
    seconds=2,
)
