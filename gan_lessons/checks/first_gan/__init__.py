"""The exercises of lesson 04, Train your first GAN: one file each."""

from gan_lessons.checks.first_gan.half_life import half_life
from gan_lessons.checks.first_gan.modes_covered import modes_covered
from gan_lessons.checks.first_gan.ratio import ratio
from gan_lessons.checks.first_gan.train_step import train_step

__all__ = [
    "half_life",
    "modes_covered",
    "ratio",
    "train_step",
]
