"""The exercises of lesson 00, Start here: one file each."""

from gan_lessons.checks.start.mean_log import mean_log
from gan_lessons.checks.start.slope import slope

__all__ = [
    "mean_log",
    "slope",
]
