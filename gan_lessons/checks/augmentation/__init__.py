"""The exercises of lesson 13, Learn from little data: one file each."""

from gan_lessons.checks.augmentation.augmented_step import augmented_step
from gan_lessons.checks.augmentation.color import color
from gan_lessons.checks.augmentation.controller import controller
from gan_lessons.checks.augmentation.cutout import cutout
from gan_lessons.checks.augmentation.overfitting import overfitting
from gan_lessons.checks.augmentation.translation import translation

__all__ = [
    "augmented_step",
    "color",
    "controller",
    "cutout",
    "overfitting",
    "translation",
]
