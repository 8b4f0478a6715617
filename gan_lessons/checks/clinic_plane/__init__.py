"""The cases of lesson 22a, Heal a GAN: one file each."""

from gan_lessons.checks.clinic_plane.bottomless import bottomless
from gan_lessons.checks.clinic_plane.calm import calm
from gan_lessons.checks.clinic_plane.counter import counter
from gan_lessons.checks.clinic_plane.downhill import downhill
from gan_lessons.checks.clinic_plane.early import early
from gan_lessons.checks.clinic_plane.halfway import halfway
from gan_lessons.checks.clinic_plane.lukewarm import lukewarm
from gan_lessons.checks.clinic_plane.rooted import rooted
from gan_lessons.checks.clinic_plane.satisfied import satisfied
from gan_lessons.checks.clinic_plane.winners import winners

__all__ = [
    "bottomless",
    "calm",
    "counter",
    "downhill",
    "early",
    "halfway",
    "lukewarm",
    "rooted",
    "satisfied",
    "winners",
]
