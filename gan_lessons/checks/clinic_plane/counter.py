"""No collapse, says the counter: a case of lesson 22a, Heal a GAN."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from gan_lessons import show
from gan_lessons.checks.clinic_plane import ring
from gan_lessons.checks.exercise import Wrong, a_float, calling
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Chart, Patient, Thought
from gan_lessons.runtime import generator

RIGHT = """
def counter(samples, centers, sigma):
    distances = torch.cdist(samples, centers)  # (N, 8)
    nearest = distances.argmin(1)
    found = nearest[distances.amin(1) <= 3 * sigma]
    return len(found.unique())
"""

SLIPS = (
    Slip("found = nearest[distances.amin(1) <= 3 * sigma]", "found = nearest", "between the modes"),
    Slip(
        "found = nearest",
        "found = (nearest.bincount() > 0.01 * len(samples)).nonzero()",
        "between the modes",
    ),
    Slip(
        "found = nearest",
        "found = nearest[distances.amin(1) <= distances.amin(1).median()]",
        "between the modes",
    ),
    Slip("found = nearest", "found = nearest[distances.amin(1) <= 3]", "between the modes"),
    Slip(
        "found = nearest",
        "found = nearest if distances.amin(1).mean() <= 3 * sigma else nearest[:0]",
        "half of the samples",
    ),
)


class Count:
    """What a counter says of clouds whose modes are known. Lesson 22a.

    Attributes:
        clouds: for each label a cloud (N, 2) and how many modes it has. said: what was counted.
    """

    def __init__(self, program: Callable, seed: int):
        self.program = program
        self.ring = ring.a_ring(seed)
        centers, sigma, x = self.ring.centers, self.ring.sigma, self.ring.x
        noise = 0.1 * sigma * torch.randn(1_000, 2, generator=generator(seed))
        between = (centers + centers.roll(-1, 0)) / 2
        halfway = between[torch.arange(1_000) % 8] + noise
        four = x[(self.ring.y % 2) == 0]
        self.clouds: Mapping[str, tuple[Tensor, int]] = {
            "samples between the modes": (halfway, 0),
            "the data themselves": (x, 8),
            "every second mode": (four, 4),
            "half of the samples on four modes, half between": (
                torch.cat([four[:500], halfway[:500]]),
                4,
            ),
            "one mode": (x[self.ring.y == 3], 1),
        }
        with calling((program,)):
            self.said = {
                label: _number(program(cloud.clone(), centers.clone(), sigma))
                for label, (cloud, _) in self.clouds.items()
            }


def _number(count: object) -> int:
    if count is None:
        raise Wrong("None comes back: the return is missing.")
    return round(a_float(count, "the count"))


def _the_count_is_right(seen: Count) -> str | None:
    for label, (_, modes) in seen.clouds.items():
        if seen.said[label] != modes:
            return (
                f"not healed. For {label} the counter says {seen.said[label]} of 8; {modes} of 8 "
                "have a sample within 3σ."
            )
    return None


def _symptom(seen: Count) -> bool:
    """Samples between the modes, and all modes are counted."""
    return seen.said["samples between the modes"] == 8


def _draw(before: Count, after: Count) -> show.Picture:
    """Draw the clouds, each with both counts above it."""
    panels = [
        (f"sick {before.said[label]}, healed {after.said[label]}", cloud)
        for label, (cloud, _) in after.clouds.items()
    ]
    return show.clouds(
        panels,
        real=after.ring.x,
        sentence="Five clouds of samples on the data, and how many of 8 modes each counter sees.",
    )


counter = Patient(
    title="No collapse, says the counter",
    proves="your counter sees a mode only where samples are.",
    severity="theory",
    hints=(
        "Feed it a cloud whose count you know: samples halfway between the modes, all in one "
        "place, "
        "or far away.",
        "Every sample has a nearest mode, wherever it is. What else must hold before that mode is "
        "found?",
        "found = nearest[distances.amin(1) <= 3 * sigma]",
    ),
    asks="Examine ``counter(samples, centers, sigma)``: how many modes have a sample within 3σ.",
    thoughts={
        "a": Thought(
            "Ties: a sample halfway between two modes is given to one of them.",
            "print the two smallest distances of a few samples: no two are equal. And moved a "
            "little to one side, the whole cloud is still counted as eight.",
        ),
        "b": Thought(
            "It counts modes by very few samples: it should ask for a share of them.",
            "each mode is the nearest of an eighth of the samples. A threshold on that number "
            "lets them pass, too.",
        ),
        "c": Thought(
            "It asks which mode is nearest, and never how near.",
            "move all samples ten times as far out: it still counts eight.",
        ),
        "d": Thought(
            "cdist compares the wrong axes.",
            "for the data themselves, and for one mode alone, it counts right.",
        ),
    },
    cause="c",
    chart=Chart(RIGHT, SLIPS),
    facts=(_the_count_is_right,),
    visit=Count,
    symptom=_symptom,
    recovery=lambda seen: {
        "modes seen between the modes": str(seen.said["samples between the modes"])
    },
    seconds=1,
    draw=_draw,
)
