"""How good are samples, and how sure is that number? Floor 1 of the house.

Where the truth is known (lesson 04): :func:`high_quality_share`, :func:`modes_covered`,
:func:`energy_distance`. For images (lesson 09) every metric takes *features*, (N, d) tensors that
a :class:`Judge` makes, and returns floats; :func:`interval` says how far to trust them.
"""

from gan_lessons.metrics.interval import Interval, interval
from gan_lessons.metrics.judge import Judge, train_judge
from gan_lessons.metrics.moments import (
    frechet_distance,
    frechet_gaussians,
    inception_score,
    kid,
)
from gan_lessons.metrics.neighbors import (
    birthday,
    classifier_test,
    density_coverage,
    memorization_ratio,
    nearest,
    precision_recall,
    radii,
)
from gan_lessons.metrics.plane import (
    HIGH_QUALITY_CEILING,
    energy_distance,
    high_quality_hits,
    high_quality_share,
    modes_covered,
)
from gan_lessons.metrics.samples import checked
from gan_lessons.metrics.seeds import STUDENT, over_seeds
from gan_lessons.metrics.transport import assignment, w1

__all__ = [
    "HIGH_QUALITY_CEILING",
    "STUDENT",
    "Interval",
    "Judge",
    "assignment",
    "birthday",
    "checked",
    "classifier_test",
    "density_coverage",
    "energy_distance",
    "frechet_distance",
    "frechet_gaussians",
    "high_quality_hits",
    "high_quality_share",
    "inception_score",
    "interval",
    "kid",
    "memorization_ratio",
    "modes_covered",
    "nearest",
    "over_seeds",
    "precision_recall",
    "radii",
    "train_judge",
    "w1",
]
