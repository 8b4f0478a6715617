"""Five hundred pictures, but not one: a case of lesson 22b, Heal pictures and critics."""

from torch import Tensor

from gan_lessons.checks.clinic_images import pictures
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Patient, Thought

RIGHT = """
def one_picture(x, steps):
    def block(c_in, c_out):
        layers = nn.Linear(c_in, c_out), nn.BatchNorm1d(c_out), nn.ReLU()
        return nn.Sequential(*layers)

    def draw(z):
        G.eval()
        with torch.no_grad():
            pictures = G(z)
        G.train()
        return pictures

    last = nn.Linear(64, 196), nn.Tanh(), nn.Unflatten(1, (1, 14, 14))
    G = nn.Sequential(block(16, 64), block(64, 64), *last)
    D = models.image_discriminator(shape=(1, 14, 14), width=64)
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
    z = torch.randn(500, 16)
    singles = [draw(one) for one in z[:36].split(1)]
    return draw(z), curves, torch.cat(singles)
"""

SLIPS = (
    Slip(
        "        G.eval()\n"
        "        with torch.no_grad():\n"
        "            pictures = G(z)\n"
        "        G.train()\n"
        "        return pictures",
        "        with torch.no_grad():\n            return G(z)",
        "more than 1 value",
    ),
    Slip(
        "            return G(z)",
        "            return G(torch.cat([z, z]))[: len(z)]",
        "other company",
    ),
    Slip(
        "            return G(z)",
        "            return G(torch.cat([z, torch.randn(63, 16)]))[: len(z)]",
        "other company",
    ),
    Slip(
        "[draw(one) for one in z[:36].split(1)]",
        "draw(z)[:36].split(1)",
        "cut out of others",
    ),
    Slip(
        "nn.BatchNorm1d(c_out)",
        "nn.LayerNorm(c_out)",
        "(energy distance)",
    ),
)


def _difference(seen: pictures.PictureVisit) -> float:
    """Return how much, at most, a pixel changes when its picture is drawn in company."""
    singles = seen.more[0]
    return float((singles - seen.samples[: len(singles)]).abs().max())


def _alone_and_in_company_a_picture_is_the_same(seen: pictures.PictureVisit) -> str | None:
    singles = seen.more[0]
    if not isinstance(singles, Tensor) or singles.shape != (36, 1, 14, 14):
        return "leave the last line as it was: 36 pictures, drawn one by one, come back third."
    if 0 < seen.watch.drawn < len(singles):
        return (
            f"not healed. In {seen.watch.drawn} calls no network draws 36 pictures one by one: "
            "they are cut out of others. One picture alone is what stopped: draw them as before."
        )
    if (difference := _difference(seen)) > 1e-3:
        return (
            "not healed. One z, drawn alone and drawn in other company, gives two pictures: a "
            f"pixel differs by {difference:.2f} (white minus black is 2). What is it normalized by?"
        )
    return None


def _symptom(seen: pictures.PictureVisit) -> bool:
    """A program that stops has no visit: what comes here has run to its end."""
    return False


def _recovery(seen: pictures.PictureVisit) -> dict[str, str]:
    return {
        "alone against in company": f"{_difference(seen):.2f}",
        "energy distance": f"{seen.distance:.1f}",
    }


one_picture = Patient(
    title="Five hundred pictures, but not one",
    proves="a picture depends on its z alone, and G still learned with batch norm as it should.",
    severity="crash",
    hints=(
        "The message names the state that a layer is in. Draw z[:2], and then the first of them "
        "beside another mate: what do you see?",
        "Batch norm keeps statistics for the time after training. Which call makes G use them, "
        "and which one undoes it?",
        "In draw: G.eval() before the pictures are made, G.train() after.",
    ),
    asks="Examine ``one_picture(x, steps)``: a sheet, curves, and pictures drawn one by one.",
    thoughts={
        "a": Thought(
            "A z of shape (1, 16) lacks its batch axis.",
            "it has one, of length 1. The same call with z[:2] runs; what a layer does with one "
            "sample must differ from what it does with two.",
        ),
        "b": Thought(
            "G needs more than one picture to draw from, so a single z must be drawn with others.",
            "it runs then. But draw one z twice, among other mates each time: which of the two "
            "pictures is *the* picture of z?",
        ),
        "c": Thought(
            "One layer still measures each batch, as in training, and one picture has no spread.",
            "the same z in other company gives another picture, so the batch enters; in "
            "training that is meant, for a finished G it is not.",
        ),
        "d": Thought(
            "The running statistics are not there yet: G was trained too briefly.",
            "print G[0][1].running_var: they were gathered in every step. In the state that G is "
            "in, they are not what it uses.",
        ),
    },
    cause="c",
    chart=pictures.chart(RIGHT, *SLIPS),
    facts=(_alone_and_in_company_a_picture_is_the_same, pictures.like_digits(1.7)),
    visit=pictures.digits_visit(steps=250, parts=3),
    symptom=_symptom,
    recovery=_recovery,
    seconds=2,
)
