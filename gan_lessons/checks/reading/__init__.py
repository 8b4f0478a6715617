"""The exercises of lesson 05, Read a GAN: one file each.

None of them trains: the runs they ask about ship.
"""

from gan_lessons.checks.reading.diagnose import diagnose
from gan_lessons.checks.reading.plateau import plateau
from gan_lessons.checks.reading.rolling_mean import rolling_mean
from gan_lessons.checks.reading.stopping import stopping

__all__ = [
    "diagnose",
    "plateau",
    "rolling_mean",
    "stopping",
]
