"""The clinic's small digits and its ring, and what a program makes of them: lesson 22b."""

import copy
import functools
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from gan_lessons import data, metrics, models, transport
from gan_lessons.checks.exercise import Wrong
from gan_lessons.checks.grader import Slip
from gan_lessons.checks.patient import Chart, Visit, samples_of
from gan_lessons.runtime import generator

COUNT = 2_000  # digits that a program gets
HELD = 1_000  # digits that no program gets, to compare with


def chart(right: str, *slips: Slip) -> Chart:
    """Return a case's programs, which may name copy and the course's networks. Lesson 22b."""
    return Chart(right, slips, uses={"models": models, "copy": copy})


@functools.cache
def small_strokes() -> tuple[Tensor, Tensor]:
    """Return all strokes at half their size, (24000, 1, 14, 14) in [-1, 1], and their classes."""
    strokes = data.strokes()
    return F.avg_pool2d(data.to_model_range(strokes.x), 2), strokes.y


def digits(seed: int) -> tuple[Tensor, Tensor]:
    """Return digits that the lesson does not show, (2000, 1, 14, 14), and their classes."""
    x, y = small_strokes()
    pick = torch.randperm(len(x) - HELD - 8_000, generator=generator(seed))[:COUNT] + 8_000
    return x[pick], y[pick]


def held_out() -> tuple[Tensor, Tensor]:
    """Return the digits that no program gets, (1000, 1, 14, 14), and their classes."""
    x, y = small_strokes()
    return x[-HELD:], y[-HELD:]


def distance(samples: Tensor) -> float:
    """Return the energy distance of pictures to digits that no program got: 0 is best."""
    real = held_out()[0][:500]
    return metrics.energy_distance(real.flatten(1), samples[:500].flatten(1))


def classes(samples: Tensor) -> Tensor:
    """Return the share of each digit among pictures, (10,), by the nearest real picture."""
    x, y = held_out()
    nearest = torch.cdist(samples.flatten(1), x.flatten(1)).argmin(1)
    return y[nearest].bincount(minlength=10) / len(samples)


def slope_between(D: Callable, real: Tensor, fake: Tensor) -> float:
    """Return the mean length of D's slope at points between real and fake samples."""
    count = min(len(real), len(fake), 500)
    share = torch.rand(count, *[1] * (real.ndim - 1), generator=generator(0))
    x = torch.lerp(real[:count], fake[:count], share).detach().requires_grad_(True)
    (slope,) = torch.autograd.grad(D(x).sum(), x)
    return float(slope.flatten(1).norm(dim=1).mean())


class PictureVisit(Visit):
    """What a program did: samples, curves, and what else it handed back. Lesson 22b.

    Attributes:
        more: what the program returned behind samples and curves.
    """

    def __init__(self, program: Callable, x: Tensor, *, steps: int, seed: int, parts: int = 2):
        super().__init__(program, x, steps=steps, seed=seed)
        several = isinstance(self.result, tuple | list)
        if self.result is not None and not (several and len(self.result) == parts):
            raise Wrong(f"leave the last line as it was: {parts} things come back.")
        self.more = self.result[2:] if several else ()
        samples_of(self.result and self.result[:2], x)  # says what is wrong with their form

    @property
    def samples(self) -> Tensor:
        """The generated samples, (N, …). Lesson 22b."""
        return samples_of(self.result[:2], self.x)

    @functools.cached_property
    def distance(self) -> float:
        """How far the pictures are from digits that no program got. Lesson 22b."""
        return distance(self.samples)

    @functools.cached_property
    def slope(self) -> float:
        """The mean length of the slope of the critic that came back. Lesson 22b."""
        return slope_between(self.more[0], self.x, self.samples)


def digits_visit(*, steps: int, parts: int = 2) -> Callable[[Callable, int], PictureVisit]:
    """Return what sends a program to the clinic's digits. Lesson 22b."""

    def visit(program: Callable, seed: int) -> PictureVisit:
        return PictureVisit(program, digits(seed)[0], steps=steps, seed=seed, parts=parts)

    return visit


def ring_visit(*, steps: int, parts: int = 2) -> Callable[[Callable, int], PictureVisit]:
    """Return what sends a program to a ring of the clinic's. Lesson 22b."""

    def visit(program: Callable, seed: int) -> PictureVisit:
        x = data.ring(4_000, sigma=0.1, seed=100 + seed).x
        return PictureVisit(program, x, steps=steps, seed=seed, parts=parts)

    return visit


def like_digits(limit: float) -> Callable[[PictureVisit], str | None]:
    """Return the fact that the pictures come as near to digits as a healthy program's."""

    def the_pictures_are_like_digits(seen: PictureVisit) -> str | None:
        if seen.distance <= limit:
            return None
        return (
            f"not healed. The pictures lie {seen.distance:.1f} (energy distance) from digits that "
            f"no program got; in as many steps a healthy program comes below {limit:g}."
        )

    return the_pictures_are_like_digits


def away(seen: PictureVisit) -> float:
    """Return the exact distance between 200 samples and 200 points of the data. Lesson 22b."""
    return transport.w1(seen.x[:200], seen.samples[:200])


def near_the_ring(limit: float) -> Callable[[PictureVisit], str | None]:
    """Return the fact that the samples come as near to the ring as a healthy program's."""

    def the_samples_are_near_the_ring(seen: PictureVisit) -> str | None:
        if (far := away(seen)) <= limit:
            return None
        return (
            f"not healed. On a ring that it has not seen, the samples end {far:.1f} away (W₁, "
            f"exact); a healthy program's end below {limit:g}."
        )

    return the_samples_are_near_the_ring


def between(low: float, high: float) -> Callable[[PictureVisit], str | None]:
    """Return the fact that the critic is about as steep as the penalty asks, 1."""

    def the_critic_is_as_steep_as_asked(seen: PictureVisit) -> str | None:
        if low <= seen.slope <= high:
            return None
        return (
            f"not healed. Between real and fake the critic's slope has a mean length of "
            f"{seen.slope:.3g}; the penalty asks for 1, and a healthy critic has {low:g} to "
            f"{high:g}."
        )

    return the_critic_is_as_steep_as_asked
