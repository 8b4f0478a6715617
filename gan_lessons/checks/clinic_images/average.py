"""The average is worse than what it averages: a case of lesson 22b, Heal pictures and critics."""

import torch

from gan_lessons.checks.clinic_images import pictures
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Patient, Thought
from gan_lessons.runtime import generator

RIGHT = """
def average(x, steps):
    def block(c_in, c_out):
        layers = nn.Linear(c_in, c_out), nn.BatchNorm1d(c_out), nn.ReLU()
        return nn.Sequential(*layers)

    last = nn.Linear(64, 196), nn.Tanh(), nn.Unflatten(1, (1, 14, 14))
    G = nn.Sequential(block(16, 64), block(64, 64), *last)
    D = models.image_discriminator(shape=(1, 14, 14), width=64)
    mean = copy.deepcopy(G).eval()
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
        with torch.no_grad():
            for kept, new in zip(mean.parameters(), G.parameters()):
                kept.lerp_(new, 0.02)
            for kept, new in zip(mean.buffers(), G.buffers()):
                kept.copy_(new)
    return mean(torch.randn(500, 16)).detach(), curves, mean, G.eval()
"""

SLIPS = (
    Slip(
        "            for kept, new in zip(mean.buffers(), G.buffers()):\n"
        "                kept.copy_(new)\n",
        "",
        "(energy distance)",
    ),
    Slip(
        "0.02)",
        "0.2)",
        "(energy distance)",
    ),
    Slip(
        "deepcopy(G).eval()",
        "deepcopy(G)",
        "in other company",
    ),
    Slip(
        "    return mean(",
        "    mean = copy.deepcopy(G).eval()\n    return mean(",
        "it is G itself",
    ),
)


def _alone_and_in_company_a_picture_is_the_same(seen: pictures.PictureVisit) -> str | None:
    mean, _ = seen.more
    z = torch.randn(64, 16, generator=generator(seen.seed))
    with torch.no_grad():
        difference = float((mean(z)[:2] - mean(z[:2])).abs().max())
    if difference > 1e-3:
        return (
            "not healed. The average draws good sheets, but one z in other company gives another "
            f"picture: a pixel differs by {difference:.2f}. In which mode is it?"
        )
    return None


def _it_is_an_average(seen: pictures.PictureVisit) -> str | None:
    mean, G = seen.more
    pairs = zip(mean.parameters(), G.parameters(), strict=True)
    if all(torch.equal(kept, new) for kept, new in pairs):
        return (
            "not healed. Good pictures, but the average has the very weights that G ended with: it "
            "is G itself, and nothing is averaged."
        )
    return None


def _symptom(seen: pictures.PictureVisit) -> bool:
    """The average's pictures are more than twice as far from digits as G's own."""
    _, G = seen.more
    z = torch.randn(500, 16, generator=generator(seen.seed))
    with torch.no_grad():
        own = pictures.distance(G(z))
    return seen.distance > 2 * own


def _recovery(seen: pictures.PictureVisit) -> dict[str, str]:
    return {"energy distance of the average": f"{seen.distance:.1f}"}


average = Patient(
    title="The average is worse than what it averages",
    proves="the average draws digits, each from its z alone, and it is an average.",
    severity="silent",
    hints=(
        "Compare the average with G, entry by entry of state_dict(): which ones are close, and "
        "which are not?",
        "parameters() yields what an optimizer moves. Batch norm's running statistics are buffers.",
        "After the loop over parameters: for kept, new in zip(mean.buffers(), G.buffers()): "
        "kept.copy_(new)",
    ),
    asks="Examine ``average(x, steps)``: the average's samples, curves, the average and G.",
    thoughts={
        "a": Thought(
            "The average forgets too fast: 0.02 a step is too much.",
            "with 0.002 it is far worse, and with 0.2, nearly G's own weights, it is still far "
            "off. Weights are not what it lacks.",
        ),
        "b": Thought(
            "The average is drawn in eval mode; it should be drawn as G was trained.",
            "in training mode it does draw well, each picture leaning on its company (case 2). "
            "But G itself draws well in eval mode: ask what the average's eval mode lacks.",
        ),
        "c": Thought(
            "G has numbers that are no parameters, and the average still holds their first values.",
            "its running means are 0 and its running variances 1, as on the day it was made; "
            "G's have long moved on.",
        ),
        "d": Thought(
            "G was still far away when averaging began: it should begin later.",
            "what was far away has been forgotten: of a start 200 steps ago less than 2 % is "
            "left in the weights.",
        ),
    },
    cause="c",
    chart=pictures.chart(RIGHT, *SLIPS),
    facts=(
        pictures.like_digits(1.5),
        _alone_and_in_company_a_picture_is_the_same,
        _it_is_an_average,
    ),
    visit=pictures.digits_visit(steps=250, parts=4),
    symptom=_symptom,
    recovery=_recovery,
    seconds=2,
)
