"""The exercises of lesson 10, Choose a loss: one file each."""

from gan_lessons.checks.objectives.best_outputs import best_outputs
from gan_lessons.checks.objectives.hinge import hinge
from gan_lessons.checks.objectives.least_squares import least_squares
from gan_lessons.checks.objectives.relativistic import relativistic

__all__ = [
    "best_outputs",
    "hinge",
    "least_squares",
    "relativistic",
]
