"""The exercises of lesson 22c, Make five articles run: one file each.

The runs that the third one asks about are trained when it is first asked.
"""

from gan_lessons.checks.articles.drops import drops
from gan_lessons.checks.articles.first_cause import first_cause
from gan_lessons.checks.articles.moves import moves

__all__ = [
    "drops",
    "first_cause",
    "moves",
]
