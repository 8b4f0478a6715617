"""It stops before it starts: a case of lesson 22a, Heal a GAN."""

from gan_lessons.checks.clinic_plane import ring
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Patient, Thought

RIGHT = """
def early(x, steps):
    G, D = models.plane_generator(), models.plane_discriminator()
    opt_g = torch.optim.Adam(G.parameters(), 8e-3, (0.5, 0.9), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 8e-3, (0.5, 0.9), fused=True)
    curves = {"D": [], "G": []}
    rng = np.random.default_rng(0)
    for _ in range(steps):
        real = x[torch.randint(len(x), (128,))]
        z = torch.from_numpy(rng.standard_normal((128, 2))).float()
        fake = G(z)
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

SAME = "same dtype"

SLIPS = (
    Slip(
        ".standard_normal((128, 2))).float()",
        ".standard_normal((128, 2)))",
        SAME,
    ),
    Slip(
        "models.plane_generator(), models",
        "models.plane_generator().double(), models",
        SAME,
    ),
    Slip(
        "models.plane_discriminator()",
        "models.plane_discriminator().double()",
        SAME,
    ),
    Slip(
        "standard_normal((128, 2)))",
        "standard_normal((128, 2))).long()",
        SAME,
    ),
    Slip(
        "torch.from_numpy(rng.standard_normal((128, 2)))",
        "torch.zeros(128, 2)",
        "not healed",
    ),
)


def _symptom(seen: object) -> bool:
    """It stops: nothing comes back."""
    return False


early = Patient(
    title="It stops before it starts",
    proves="the samples follow the data, on a ring that your program had not seen.",
    severity="crash",
    hints=(
        "Read the error from its end: it names two things that do not fit. Which tensor brings "
        "which?",
        "Print z.dtype, and the dtype of G's weights. NumPy draws in double precision, PyTorch's "
        "layers are made in single.",
        "z = torch.from_numpy(rng.standard_normal((128, 2))).float()",
    ),
    asks="Examine ``early(x, steps)``: samples and curves of a GAN trained on x.",
    thoughts={
        "a": Thought(
            "G's weights are in double precision, and the noise is single.",
            "the error names first what came in (mat1: Double), then the weights (mat2: Float): "
            "the other way round. PyTorch makes its layers in single precision.",
        ),
        "b": Thought(
            "The real batch is in double precision.",
            "D(real) was not reached yet: the error comes in the line above. (And x is float32: "
            "print it.)",
        ),
        "c": Thought(
            "The noise is in double precision, and G's weights are single.",
            "the error names both, in this order, and it comes in the first line that calls G.",
        ),
        "d": Thought(
            "from_numpy shares NumPy's memory, and that takes no part in gradients.",
            "an array of float32 shares it, too, and passes: try torch.from_numpy(np.ones((4, 2), "
            "np.float32)). Whose memory it is does not matter here.",
        ),
    },
    cause="c",
    chart=ring.chart(RIGHT, *SLIPS),
    facts=(ring.the_modes_are_found,),
    visit=ring.visit,
    symptom=_symptom,
    recovery=ring.recovery,
)
