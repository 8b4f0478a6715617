"""The exercises of lesson 06, Generate images with an MLP: one file each."""

from gan_lessons.checks.pixels.model_range import model_range
from gan_lessons.checks.pixels.nearest import nearest
from gan_lessons.checks.pixels.networks import networks
from gan_lessons.checks.pixels.slerp import slerp

__all__ = [
    "model_range",
    "nearest",
    "networks",
    "slerp",
]
