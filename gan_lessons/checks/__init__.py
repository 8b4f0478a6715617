"""Exercises that answer back, one module per lesson. Floor 4 of the house."""

from gan_lessons.checks import (
    color,
    convolutions,
    critic,
    distances,
    first_gan,
    meaning,
    minimax,
    motion,
    objectives,
    pixels,
    reading,
    scoring,
    slopes,
    start,
)

__all__ = [
    "color",
    "convolutions",
    "critic",
    "distances",
    "first_gan",
    "meaning",
    "minimax",
    "motion",
    "objectives",
    "pixels",
    "reading",
    "scoring",
    "slopes",
    "start",
]
