"""Exercises that answer back: one folder a lesson, one file an exercise. Floor 6 of the house.

``checks.first_gan.train_step(my_train_step)`` judges an answer to lesson 04,
``checks.claim("the average covers more modes", …)`` says whether a lesson's sentence holds for the
run at hand, and ``checks.report()`` shows how far you have come. What all exercises stand on:
``exercise`` (○, ✗ or ✓, and how that is said), ``steps`` (spies on a training step) and ``known``
(a D whose slope is known).
"""

from gan_lessons.checks import (
    articles,
    augmentation,
    budget,
    clinic_images,
    clinic_plane,
    color,
    conditions,
    convolutions,
    critic,
    distances,
    first_gan,
    minimax,
    motion,
    objectives,
    one_step,
    pixels,
    reading,
    repair,
    scoring,
    stabilize,
    start,
)
from gan_lessons.checks.claims import claim
from gan_lessons.checks.moved import Moved
from gan_lessons.checks.overview import report
from gan_lessons.checks.patient import stops, ward

__all__ = [
    "articles",
    "augmentation",
    "budget",
    "claim",
    "clinic_images",
    "clinic_plane",
    "color",
    "conditions",
    "convolutions",
    "critic",
    "distances",
    "first_gan",
    "minimax",
    "motion",
    "objectives",
    "one_step",
    "pixels",
    "reading",
    "repair",
    "report",
    "scoring",
    "stabilize",
    "start",
    "stops",
    "ward",
]

# Where exercises stood until version 0.2; these answer for one release.
ablation = Moved("ablation", stabilize)
goggles = Moved("goggles", augmentation)
meaning = Moved("meaning", objectives)
slopes = Moved("slopes", critic)
