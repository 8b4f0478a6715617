"""The exercises of lesson 09, Score a generator: one file each."""

from gan_lessons.checks.scoring.frechet import frechet
from gan_lessons.checks.scoring.kid import kid
from gan_lessons.checks.scoring.memorization import memorization
from gan_lessons.checks.scoring.precision_recall import precision_recall

__all__ = [
    "frechet",
    "kid",
    "memorization",
    "precision_recall",
]
