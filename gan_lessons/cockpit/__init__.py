"""The live view of a run, and its film. Floor 5 of the house."""

from gan_lessons.cockpit.film import Film
from gan_lessons.cockpit.frame import Frame
from gan_lessons.cockpit.live import Cockpit, progress
from gan_lessons.cockpit.page import Page

__all__ = ["Cockpit", "Film", "Frame", "Page", "progress"]
