"""The cases of lesson 22b, Heal pictures and critics: one file each."""

from gan_lessons.checks.clinic_images.average import average
from gan_lessons.checks.clinic_images.exaggerates import exaggerates
from gan_lessons.checks.clinic_images.far_off import far_off
from gan_lessons.checks.clinic_images.first_batch import first_batch
from gan_lessons.checks.clinic_images.gray import gray
from gan_lessons.checks.clinic_images.one_picture import one_picture
from gan_lessons.checks.clinic_images.runaway import runaway
from gan_lessons.checks.clinic_images.slow_start import slow_start
from gan_lessons.checks.clinic_images.too_sure import too_sure
from gan_lessons.checks.clinic_images.zeros import zeros

__all__ = [
    "average",
    "exaggerates",
    "far_off",
    "first_batch",
    "gray",
    "one_picture",
    "runaway",
    "slow_start",
    "too_sure",
    "zeros",
]
