"""The game's loop and what belongs to it. Floor 2 of the house; introduced in lesson 04."""

from gan_lessons.training.clock import calibrate
from gan_lessons.training.history import CHECK_EVERY, NUMBERS, History, Moment
from gan_lessons.training.loop import falling_lr, frozen, train, update
from gan_lessons.training.probe import Speed, choose, probe
from gan_lessons.training.sweep import (
    Histories,
    each,
    noise,
    own_rates,
    side_by_side,
    steepness,
    sweep,
)

__all__ = [
    "CHECK_EVERY",
    "NUMBERS",
    "Histories",
    "History",
    "Moment",
    "Speed",
    "calibrate",
    "choose",
    "each",
    "falling_lr",
    "frozen",
    "noise",
    "own_rates",
    "probe",
    "side_by_side",
    "steepness",
    "sweep",
    "train",
    "update",
]
