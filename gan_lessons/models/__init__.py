"""The networks of the course. Floor 1 of the house.

Every D returns logits of shape (B,): a probability exists only after an explicit sigmoid.
"""

from gan_lessons.models.average import update_average
from gan_lessons.models.dcgan import (
    dcgan_discriminator,
    dcgan_generator,
    dcgan_init,
    map_sizes,
    shape_trace,
    transposed,
    upsampled,
)
from gan_lessons.models.images import image_discriminator, image_generator
from gan_lessons.models.plane import InstanceNoise, plane_discriminator, plane_generator
from gan_lessons.models.stacked import StackedLinear, stack, unstack

__all__ = [
    "InstanceNoise",
    "StackedLinear",
    "dcgan_discriminator",
    "dcgan_generator",
    "dcgan_init",
    "image_discriminator",
    "image_generator",
    "map_sizes",
    "plane_discriminator",
    "plane_generator",
    "shape_trace",
    "stack",
    "transposed",
    "unstack",
    "update_average",
    "upsampled",
]
