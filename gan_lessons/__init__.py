"""Helpers of the GAN course: what its lessons teach, and the machines behind that.

Eleven files are what the lessons teach, and can be read in one evening: ``losses``, ``penalties``,
``models``, ``training``, ``augment``, ``metrics``, ``transport``, ``intervals``, ``judge``,
``detectors`` and ``triage``. The machines behind them (``data``, ``show``, ``cockpit``,
``runtime``, ``speed``, ``launch``, ``checkpoint``, ``progress``, ``files``, ``errors``), what
judges the exercises (``checks``) and the command ``gan-lessons`` (``door``, ``__main__``) are
longer, and nobody needs to read them to follow a lesson.

The modules stand on floors, counted from 0, and imports only point down: ``errors``,
``files`` | ``runtime``, ``progress`` | ``data``, ``losses``, ``penalties``, ``models``,
``augment``, ``detectors``, ``intervals``, ``judge``, ``checkpoint``, ``launch`` | ``metrics`` |
``training``, ``transport``, ``show`` | ``cockpit``, ``speed``, ``triage`` | ``checks`` |
``door`` | ``__main__``.
Import the module and not its names: ``losses.non_saturating`` tells the reader where to look.
"""

import os

# Idle threads should sleep, not spin: beside another busy process, spinning makes a training step
# of a small network up to 19 times as slow (measured on 2 cores). OpenMP reads this once, when
# torch is imported, so lessons import this package first; a value that is set already stays.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"
