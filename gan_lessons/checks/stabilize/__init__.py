"""The exercises of lesson 12, Stabilize the game: one file each."""

from gan_lessons.checks.stabilize.average_step import average_step
from gan_lessons.checks.stabilize.smoothed_d import smoothed_d
from gan_lessons.checks.stabilize.verdicts import verdicts
from gan_lessons.checks.stabilize.zero_centered import zero_centered

__all__ = [
    "average_step",
    "smoothed_d",
    "verdicts",
    "zero_centered",
]
