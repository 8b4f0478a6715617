"""Zeros, and nothing but zeros: a case of lesson 22b, Heal pictures and critics."""

from collections.abc import Callable

from torch import Tensor

from gan_lessons.checks.clinic_images import pictures
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Patient, Thought
from gan_lessons.checks.watch import hash_of

RIGHT = """
def zeros(x, steps):  # x: (N, 1, 14, 14) in [-1, 1]
    G = models.image_generator(latent_dim=16, shape=(1, 14, 14), width=64)
    D = models.image_discriminator(shape=(1, 14, 14), width=64)
    opt_g = torch.optim.Adam(G.parameters(), 4e-3, (0.5, 0.99), fused=True)
    opt_d = torch.optim.Adam(D.parameters(), 4e-3, (0.5, 0.99), fused=True)
    loader = torch.utils.data.DataLoader(x, batch_size=64, shuffle=True)
    curves = {"D": [], "G": []}
    for _ in range(steps):
        real = next(iter(loader))
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
        ", shuffle=True",
        "",
        "of one class",
    ),
    Slip(
        "batch_size=64",
        "batch_size=192",
        "of one class",
    ),
    Slip(
        "next(iter(loader))",
        "x[torch.arange(64 * len(curves['D']), 64 * len(curves['D']) + 64) % len(x)]",
        "not healed",
    ),
    Slip(
        "torch.randn(500, 16)",
        "3 * torch.randn(500, 16)",
        "of one class",
    ),
    Slip(
        "opt_d = torch.optim.Adam(D.parameters(), 4e-3",
        "opt_d = torch.optim.Adam(D.parameters(), 1e-3",
        "of one class",
    ),
)


class _SortedVisit(pictures.PictureVisit):
    """What a program did with digits in the order of their classes.

    Attributes:
        kinds: of each real batch that a network got: how many classes are in it.
    """

    def __init__(self, program: Callable, seed: int):
        x, y = pictures.digits(seed)
        order = y.argsort(stable=True)
        self.class_of = {hash_of(row): int(k) for row, k in zip(x[order], y[order], strict=True)}
        self.kinds: list[int] = []
        super().__init__(program, x[order], steps=400, seed=seed)

    def saw(self, given: Tensor) -> None:
        """Count the classes of what is a batch of the data. Lesson 22b."""
        if found := {self.class_of.get(hash_of(row)) for row in given} - {None}:
            self.kinds.append(len(found))


def _a_batch_holds_several_digits(seen: _SortedVisit) -> str | None:
    kinds = sum(seen.kinds) / max(1, len(seen.kinds))
    if 0 < kinds < 3:
        return (
            f"not healed. D's real batches hold {kinds:.1f} kinds of digits in the mean, now one, "
            "now another: the data come folder by folder, and G runs after the one that is shown."
        )
    return None


def _several_digits_are_drawn(seen: pictures.PictureVisit) -> str | None:
    shares = pictures.classes(seen.samples)
    if shares.max() > 0.7:
        return (
            f"not healed. {shares.max():.0%} of the samples are of one class, {shares.argmax()} "
            "(by the nearest real digit); the data hold as many of each."
        )
    return None


def _symptom(seen: pictures.PictureVisit) -> bool:
    """Nearly all samples are zeros."""
    return float(pictures.classes(seen.samples)[0]) > 0.8


def _recovery(seen: pictures.PictureVisit) -> dict[str, str]:
    return {
        "classes with 3 % or more": f"{int((pictures.classes(seen.samples) >= 0.03).sum())} of 10",
        "energy distance": f"{seen.distance:.1f}",
    }


zeros = Patient(
    title="Zeros, and nothing but zeros",
    proves="the samples are of several classes, as the digits that your program got are.",
    severity="silent",
    hints=(
        "D's loss looks like a good game's. So ask what the game is about: what are the real "
        "batches, at step 1 and at step 100?",
        "Each step begins the loader anew and takes its first batch. The folders are in order, "
        "0, 1, 2 …",
        "DataLoader(x, batch_size=64, shuffle=True): then a new beginning is another batch.",
    ),
    asks="Examine ``zeros(x, steps)``: samples and curves of a GAN trained on sorted digits.",
    thoughts={
        "a": Thought(
            "G has collapsed: it found one digit that fools D and stays there.",
            "D would soon refuse it, and its loss would fall. Here D's loss is as high as in a "
            "good game: against what D was shown, G is right.",
        ),
        "b": Thought(
            "Every step sees the same 64 digits, and D has learned them by heart.",
            "the same 64, that is so. But a D that knows ten kinds of digits teaches G ten kinds, "
            "by heart or not: print the classes of that batch.",
        ),
        "c": Thought(
            "The data hold far more zeros than other digits.",
            "count them, strokes.y[:4_000].bincount(): about 400 of each.",
        ),
        "d": Thought(
            "D is shown zeros only.",
            "print the classes of the real batches: all 64 are zeros, at every step. The "
            "samples follow the data that arrive.",
        ),
    },
    cause="d",
    chart=pictures.chart(RIGHT, *SLIPS),
    facts=(
        _several_digits_are_drawn,
        _a_batch_holds_several_digits,
        pictures.like_digits(2.6),
    ),
    visit=_SortedVisit,
    symptom=_symptom,
    recovery=_recovery,
    seconds=2,
)
