"""The cases of lesson 22a, Heal a GAN: one file each."""

from gan_lessons.checks.clinic_plane.believer import believer
from gan_lessons.checks.clinic_plane.calm import calm
from gan_lessons.checks.clinic_plane.counter import counter
from gan_lessons.checks.clinic_plane.dtypes import dtypes
from gan_lessons.checks.clinic_plane.friends import friends
from gan_lessons.checks.clinic_plane.stopped import stopped
from gan_lessons.checks.clinic_plane.tied import tied
from gan_lessons.checks.clinic_plane.turns import turns
from gan_lessons.checks.clinic_plane.twice import twice
from gan_lessons.checks.clinic_plane.wrong_way import wrong_way

__all__ = [
    "believer",
    "calm",
    "counter",
    "dtypes",
    "friends",
    "stopped",
    "tied",
    "turns",
    "twice",
    "wrong_way",
]
