"""The exercises of lesson 21, Draw in one step: one file each."""

from gan_lessons.checks.one_step.over_cheapest import over_cheapest
from gan_lessons.checks.one_step.start import start
from gan_lessons.checks.one_step.toll import toll
from gan_lessons.checks.one_step.walk import walk

__all__ = [
    "over_cheapest",
    "start",
    "toll",
    "walk",
]
