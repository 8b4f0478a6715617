"""Old names of exercises: they answer as ever, after a line that names the new one.

A learner's own copy of a lesson may be older than the course. Introduced in lesson 10.
"""

from types import ModuleType

from gan_lessons.checks.exercise import Exercise, speak


class Moved:
    """A lesson's exercises under the name they had before. Lesson 10."""

    def __init__(self, old: str, new: ModuleType):
        self._old, self._new = old, new

    def __getattr__(self, exercise: str) -> Exercise:
        found = getattr(self._new, exercise)
        home = self._new.__name__.rpartition(".")[2]
        speak(f"○ checks.{self._old}.{exercise} is called checks.{home}.{exercise} now.")
        return found
