"""The cases of lesson 22a, Heal a GAN: one file each."""

from gan_lessons.checks.clinic_plane.calm import calm

__all__ = [
    "calm",
]
