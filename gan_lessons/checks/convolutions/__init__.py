"""The exercises of lesson 07, Build a DCGAN: one file each."""

from gan_lessons.checks.convolutions.init import init
from gan_lessons.checks.convolutions.norm import norm
from gan_lessons.checks.convolutions.sample import sample
from gan_lessons.checks.convolutions.sizes import sizes

__all__ = [
    "init",
    "norm",
    "sample",
    "sizes",
]
