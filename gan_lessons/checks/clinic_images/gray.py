"""Gray where white should be: a case of lesson 22b, Heal pictures and critics."""

from collections.abc import Callable
from types import SimpleNamespace

from gan_lessons import show
from gan_lessons.checks.clinic_images import pictures
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Patient, Thought

RIGHT = """
def gray(x, steps):  # x: (N, 1, 14, 14), black 0, white 1
    mean, deviation = 0.5, 0.5

    def prepare(pixels):
        return (pixels - mean) / deviation

    def as_pixels(pictures):
        return deviation * pictures + mean

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
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = prepare(x[torch.randint(len(x), (64,))])
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
    return as_pixels(G(torch.randn(500, 16)).detach()), curves
"""

SLIPS = (
    Slip(
        "mean, deviation = 0.5, 0.5",
        "mean, deviation = 0.1307, 0.3081",
        "the brightest pixel",
    ),
    Slip(
        "opt_d = torch.optim.Adam(D.parameters(), 1e-3",
        "opt_d = torch.optim.Adam(D.parameters(), 1e-4",
        "the brightest pixel",
    ),
    Slip(
        "return (pixels - mean) / deviation",
        "return ((pixels - mean) / deviation).clamp(-1, 1)",
        "the brightest pixel",
    ),
    Slip(
        "return deviation * pictures + mean",
        "return 0.5 * pictures + 0.5",
        "(energy distance)",
    ),
)


def _visit(program: Callable, seed: int) -> pictures.PictureVisit:
    x = (pictures.digits(seed)[0] + 1) / 2  # black 0, white 1
    return pictures.PictureVisit(program, x, steps=300, seed=seed)


def _brightest(seen: pictures.PictureVisit) -> float:
    return float(seen.samples.flatten(1).amax(1).mean())


def _distance(seen: pictures.PictureVisit) -> float:
    return pictures.distance(2 * seen.samples - 1)


def _white_is_reached(seen: pictures.PictureVisit) -> str | None:
    if (brightest := _brightest(seen)) >= 0.7:
        return None
    real = float(seen.x.flatten(1).amax(1).mean())
    return (
        f"not healed. In the mean over the samples the brightest pixel is {brightest:.2f}; of real "
        f"digits it is {real:.2f}. Black is 0, white is 1."
    )


def _the_pictures_are_like_digits(seen: pictures.PictureVisit) -> str | None:
    if (far := _distance(seen)) <= 5.5:
        return None
    return (
        f"not healed. White is there, but the pictures lie {far:.1f} (energy distance) from digits "
        "that no program got; a healthy program comes below 5.5. Is black still black?"
    )


def _d_does_not_win(seen: pictures.PictureVisit) -> str | None:
    if (late := float(seen.curves["D"][-50:].mean())) >= 0.6:
        return None
    return (
        f"not healed. The pictures have white and black, but D's loss still sinks to {late:.2f}: D "
        "tells real from fake by something that G cannot reach. Compare the ranges of what D is "
        "shown."
    )


def _in_range(seen: pictures.PictureVisit | None) -> SimpleNamespace | None:
    """Return what can be drawn: pictures in [-1, 1]."""
    if seen is None:
        return None
    shown = 2 * seen.samples - 1
    return SimpleNamespace(samples=shown, curves=seen.curves, x=2 * seen.x - 1)


def _draw(before: pictures.PictureVisit | None, after: pictures.PictureVisit) -> show.Picture:
    return show.recovered(_in_range(before), _in_range(after))


def _symptom(seen: pictures.PictureVisit) -> bool:
    """No pixel is bright, and D's loss is on its way to 0."""
    return _brightest(seen) < 0.5 and float(seen.curves["D"][-50:].mean()) < 0.6


def _recovery(seen: pictures.PictureVisit) -> dict[str, str]:
    return {
        "brightest pixel": f"{_brightest(seen):.2f}",
        "D's loss": f"{seen.curves['D'][-50:].mean():.2f}",
    }


gray = Patient(
    title="Gray where white should be",
    proves="white is reached, and the pictures follow digits that your program had not seen.",
    severity="silent",
    hints=(
        "The brightest pixel of every sample is 0.44, whatever the seed. Where would such a "
        "number come from? Turn it back into what G made.",
        "0.44 is 0.3081 · 1 + 0.1307, and no tanh goes above 1. What does a white pixel become "
        "when it is prepared?",
        "mean, deviation = 0.5, 0.5: black becomes −1 and white 1, and back.",
    ),
    asks="Examine ``gray(x, steps)``: samples, black 0 and white 1, and curves.",
    thoughts={
        "a": Thought(
            "G cannot reach the numbers that the data have.",
            "print the largest number of real and of fake: 2.82 and 1.00. D can tell them apart "
            "by any white pixel, however well G draws.",
        ),
        "b": Thought(
            "D learns too fast: it wins, and G gets no answer.",
            "D does win, but with a tenth of its rate the samples are as gray: see why it wins "
            "before you slow it down.",
        ),
        "c": Thought(
            "The way back is wrong: a tanh is turned back by 0.5 · pictures + 0.5, whatever went "
            "in.",
            "then white comes out white, and black (−0.42 for D) gray. D's loss sinks as before, "
            "because D sees the pictures before they are turned back.",
        ),
        "d": Thought(
            "The samples are right and only shown too dark.",
            "brighten them as you like: D, which sees them as they are, has told them from the "
            "data long ago. Its loss says so.",
        ),
    },
    cause="a",
    chart=pictures.chart(RIGHT, *SLIPS),
    facts=(_white_is_reached, _the_pictures_are_like_digits, _d_does_not_win),
    visit=_visit,
    symptom=_symptom,
    recovery=_recovery,
    draw=_draw,
    seconds=2,
)
