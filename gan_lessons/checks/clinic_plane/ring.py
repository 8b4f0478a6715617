"""The clinic's ring and what a program makes of it: what the cases of lesson 22a share."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from gan_lessons import data, metrics, models
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Chart, Visit
from gan_lessons.runtime import generator

STEPS = 500  # of an examination
PROBE = 60  # steps that are enough to see what changes with the data
MODES, SHARE = 6, 0.3  # of a healthy one: 8, and half or more


def chart(right: str, *slips: Slip) -> Chart:
    """Return a case's programs, which may name the course's networks. Lesson 22a."""
    return Chart(right, slips, uses={"models": models})


def a_ring(seed: int) -> data.Dataset:
    """Return eight modes on a circle, turned by an angle that only the seed knows. Lesson 22a."""
    ring = data.ring(4_000, sigma=0.15, seed=100 + seed)
    angle = float(torch.rand((), generator=generator(seed))) * math.pi / 4
    turn = torch.tensor([[math.cos(angle), math.sin(angle)], [-math.sin(angle), math.cos(angle)]])
    return data.Dataset(
        x=ring.x @ turn,
        y=ring.y,
        name=ring.name,
        license=ring.license,
        centers=ring.centers @ turn,
        sigma=ring.sigma,
    )


class RingVisit(Visit):
    """What a program did on a turned ring. Lesson 22a.

    Attributes:
        ring: the data. modes: how many of its eight were found. share: of samples near a mode.
    """

    def __init__(self, program: Callable, seed: int, *, steps: int = STEPS):
        self.ring = a_ring(seed)
        super().__init__(program, self.ring.x, steps=steps, seed=seed)
        self.modes = metrics.modes_covered(self.samples, self.ring.centers, self.ring.sigma)
        self.share = metrics.high_quality_share(self.samples, self.ring.centers, self.ring.sigma)

    def elsewhere(self) -> tuple[Tensor, Tensor]:
        """Return a short run's samples on the ring, and on the ring moved by (5, 5). Lesson 22a."""
        runs = (self.run(x, PROBE) for x in (self.x, self.x + 5))
        here, there = (result[0].detach() for result in runs)
        return here, there


def visit(program: Callable, seed: int) -> RingVisit:
    """Return what a program does on the clinic's ring. Lesson 22a."""
    return RingVisit(program, seed)


def recovery(seen: RingVisit) -> dict[str, str]:
    """Return the numbers that a healing moves. Lesson 22a."""
    return {"modes": f"{seen.modes} of 8", "within 3σ of one": f"{seen.share:.0%}"}


def the_modes_are_found(seen: RingVisit) -> str | None:
    """A healthy program finds six modes of eight, and half of its samples are near one."""
    if seen.modes >= MODES and seen.share >= SHARE:
        return None
    middle, spread = seen.samples.mean(0), seen.samples.std(0).mean()
    return (
        f"not healed. On a ring that it has not seen, {seen.modes} of 8 modes are found, "
        f"{seen.share:.0%} of the samples lie within 3σ of one; a healthy program finds 8, and "
        "most of its samples lie there. Their middle is at "
        f"({middle[0]:.1f}, {middle[1]:.1f}), their spread {spread:.2f}."
    )


def the_data_matter(seen: RingVisit) -> str | None:
    """On the ring moved away, a healthy program's samples move, too."""
    here, there = seen.elsewhere()
    if torch.allclose(here, there, atol=1e-3):
        return (
            "not healed. The ring was moved by (5, 5), all dice were kept, and the samples stayed "
            "the same, number for number: nothing of the data reaches G."
        )
    return None
