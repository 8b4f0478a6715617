"""The exercises of lesson 03, Watch the game move: one file each."""

from gan_lessons.checks.motion.critical_gamma import critical_gamma
from gan_lessons.checks.motion.eigenvalues import eigenvalues
from gan_lessons.checks.motion.least_gamma import least_gamma
from gan_lessons.checks.motion.steps import steps

__all__ = [
    "critical_gamma",
    "eigenvalues",
    "least_gamma",
    "steps",
]
