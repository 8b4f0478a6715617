"""The game's loop and what belongs to it. Floor 2 of the house; introduced in lesson 04."""

from gan_lessons.training.clock import calibrate
from gan_lessons.training.history import CHECK_EVERY, NUMBERS, History, Moment
from gan_lessons.training.loop import falling_lr, frozen, train, update

__all__ = [
    "CHECK_EVERY",
    "NUMBERS",
    "History",
    "Moment",
    "calibrate",
    "falling_lr",
    "frozen",
    "train",
    "update",
]
