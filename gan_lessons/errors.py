"""The errors a learner can meet, each told in three lines.

Line 1 says what is wrong (and with which file), line 2 what was kept, line 3 the one thing to do.
Floor 0 of the house: imports nothing of the package. Introduced in lesson 00.
"""


class LessonError(Exception):
    """Base of every error that this package raises on purpose.

    Args:
        what: what is wrong, naming the file or value.
        kept: what was kept or not touched, so that nobody fears for their work.
        todo: the one command or setting that mends it.

    Introduced in lesson 00.
    """

    def __init__(self, what: str, kept: str, todo: str):
        super().__init__(what, kept, todo)

    def __str__(self) -> str:
        return "\n".join(self.args)


class SettingError(LessonError, ValueError):
    """A setting or argument has a value that cannot work (a budget's name, a batch size …)."""


class DeviceError(LessonError):
    """The device that was asked for is not there or does not work."""


class DataFileError(LessonError):
    """A data file or folder is missing, damaged or not what its name says."""


class DownloadError(LessonError):
    """No mirror handed over the file that is pinned by its digest."""


class CheckpointError(LessonError):
    """A checkpoint is damaged, foreign, in use or cannot be written."""


class DiskFullError(LessonError):
    """The disk has no room for what is to be written."""


class TrainingDiverged(LessonError):
    """A loss or a weight is no longer a finite number."""
