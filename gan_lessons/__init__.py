"""Helpers of the GAN course: small files that a learner can read in one evening.

The modules stand on floors, and imports only point down: ``errors`` | ``runtime`` | ``data``,
``losses``, ``penalties``, ``models``, ``augment``, ``detectors``, ``intervals``, ``judge`` |
``metrics`` | ``training``, ``transport``, ``show`` | ``cockpit``, ``speed`` | ``checks``.
Import the module and not its names: ``losses.non_saturating`` tells the reader where to look.
"""

import os

# Idle threads should sleep, not spin: beside another busy process, spinning makes a training step
# of a small network up to 19 times as slow (measured on 2 cores). OpenMP reads this once, when
# torch is imported, so lessons import this package first; a value that is set already stays.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"
