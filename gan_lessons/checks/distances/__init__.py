"""The exercises of lesson 01, Measure the gap: one file each."""

from gan_lessons.checks.distances.js import js
from gan_lessons.checks.distances.kl import kl
from gan_lessons.checks.distances.lopsided import lopsided
from gan_lessons.checks.distances.optimal_d import optimal_d
from gan_lessons.checks.distances.w1 import w1

__all__ = [
    "js",
    "kl",
    "lopsided",
    "optimal_d",
    "w1",
]
