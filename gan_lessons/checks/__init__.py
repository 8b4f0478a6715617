"""Exercises that answer back, one module per lesson. Floor 4 of the house."""

from gan_lessons.checks import (
    ablation,
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
    stabilize,
    start,
)

__all__ = [
    "ablation",
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
    "stabilize",
    "start",
]
