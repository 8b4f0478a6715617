"""The exercises of lesson 08, Paint in color: one file each."""

from gan_lessons.checks.color.fast_logits import fast_logits
from gan_lessons.checks.color.mean_hue import mean_hue
from gan_lessons.checks.color.networks import networks
from gan_lessons.checks.color.never_seen import never_seen

__all__ = [
    "fast_logits",
    "mean_hue",
    "networks",
    "never_seen",
]
